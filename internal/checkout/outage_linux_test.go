package checkout_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"regulars/internal/checkout"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

// TestDiskFull places orders on a small disk until it is full: writes are
// refused whole, reads go on, and with room again so does the shop.
func TestDiskFull(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=6m"); err != nil {
		t.Skipf("no small disk can be mounted here, which takes root: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(disk, syscall.MNT_DETACH) })
	if err := dbtest.SQLite(t).Backup(ctx, filepath.Join(disk, "shop.db")); err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(ctx, db.Options{Path: filepath.Join(disk, "shop.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	s := open(t, d)
	bottle := s.sell("BOTTLE", 1200, 1000)
	p := s.guest()
	c := s.fill(p, 1, bottle)
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 16<<20), 0o600); err == nil {
		t.Fatal("the disk holds more than it should")
	}
	f := form()
	for range 3 {
		if _, err := s.desk.Place(ctx, p, i18n.English, c.ID, f, checkout.NotShown); !errors.Is(err, fault.Unavailable) {
			t.Fatalf("an order on a full disk: %v", err)
		}
		if n := s.count("SELECT count(*) FROM cart_lines"); n != 1 || s.count("SELECT count(*) FROM orders") != 0 {
			t.Fatal("reads do not go on as before")
		}
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if _, err := s.desk.Place(ctx, p, i18n.English, c.ID, f, checkout.NotShown); err != nil {
		t.Errorf("with room again: %v", err)
	}
	s.stock(bottle, 1000, 1)
	s.healthy()
}

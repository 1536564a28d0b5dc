package picture_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/picture"
)

func TestAPictureStaysWhileAProductNamesItAndAWeekLonger(t *testing.T) {
	made, err := picture.Make(asPNG(t, halves(400, 300)))
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, now := context.Background(), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
		tx := func(do func(tx *db.Tx) error) {
			t.Helper()
			if err := d.InTx(ctx, do); err != nil {
				t.Fatal(err)
			}
		}
		sweep := func(days int) (gone int64) {
			tx(func(tx *db.Tx) (err error) {
				gone, err = picture.Sweep(ctx, tx, now.AddDate(0, 0, days), 10)
				return err
			})
			return gone
		}
		keep := func(tx *db.Tx) error { return picture.Keep(ctx, tx, made, now) }
		tx(keep)
		tx(keep) // the same file again
		for side, want := range made.Files {
			if got, err := picture.Read(ctx, d, made.Name, side); err != nil || !bytes.Equal(got, want) {
				t.Errorf("side %d: %d bytes, %v", side, len(got), err)
			}
		}
		tx(func(tx *db.Tx) error {
			if err := picture.Use(ctx, tx, []picture.Name{made.Name}); err != nil {
				return err
			}
			return tx.Query(ctx).Exec(`INSERT INTO products (id, code, slug, name, line, about, created_at, updated_at) VALUES (1, 'P', 'p', '{"en":"P"}', '{"en":""}', '{"en":""}', 0, 0);
				INSERT INTO product_images (product_id, position, src) VALUES (1, 0, '` + made.Name.Src() + `')`).Error
		})
		if sweep(0); sweep(30) != 0 {
			t.Error("a picture in use was let go")
		}
		tx(func(tx *db.Tx) error { return tx.Query(ctx).Exec("DELETE FROM product_images").Error })
		if sweep(31)+sweep(37) != 0 {
			t.Error("let go before its week was over")
		}
		if n := sweep(38); n != 1 {
			t.Errorf("%d were let go after a week", n)
		}
		if _, err := picture.Read(ctx, d, made.Name, 0); !errors.Is(err, fault.NotFound) {
			t.Errorf("its file is still there: %v", err)
		}
		err := d.InTx(ctx, func(tx *db.Tx) error { return picture.Use(ctx, tx, []picture.Name{made.Name}) })
		if !errors.Is(err, fault.Invalid) {
			t.Errorf("one that is gone was used: %v", err)
		}
	})
}

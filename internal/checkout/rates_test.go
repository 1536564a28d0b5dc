package checkout_test

import (
	"io/fs"
	"path/filepath"
	"testing"
	"testing/fstest"

	"regulars/internal/db"
	"regulars/migrations"
)

// Rates were kept in hundredths of a percent before migration 0021. The new unit
// means the same, and no amount of an order moves.
func TestRatesOfEarlierOrdersMeanTheSame(t *testing.T) {
	old := fstest.MapFS{}
	err := fs.WalkDir(migrations.Files, "sqlite", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Base(path) >= "0021" {
			return err
		}
		b, err := fs.ReadFile(migrations.Files, path)
		old[path] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(ctx, db.Options{Path: filepath.Join(t.TempDir(), "shop.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Migrate(ctx, old); err != nil {
		t.Fatal(err)
	}
	run := func(sql string) {
		t.Helper()
		if err := d.InTx(ctx, func(tx *db.Tx) error { return tx.Query(ctx).Exec(sql).Error }); err != nil {
			t.Fatal(err)
		}
	}
	run("INSERT INTO products (code, slug, name, created_at, updated_at) VALUES ('lamp', 'lamp', '{}', 1, 1)")
	run("INSERT INTO variants (product_id, sku, created_at, updated_at) VALUES (1, 'LAMP', 1, 1)")
	run(`INSERT INTO orders (number, place_key, access_hash, email, currency, subtotal, total, placed_at, delivery_rate, tax) VALUES ('A', 'k', 'h', 'x', 'USD', 1200, 1200, 1, 725, 87)`)
	for _, rate := range []string{"725", "0", "-1"} {
		run("INSERT INTO order_lines (order_id, position, product_id, variant_id, sku, name, qty, unit_price, tax, total, tax_rate) SELECT 1, coalesce(max(position), 0) + 1, 1, 1, 'LAMP', '{}', 1, 1200, 87, 1200, " + rate + " FROM order_lines")
	}
	if err := d.Migrate(ctx, migrations.Files); err != nil {
		t.Fatal(err)
	}
	var got string
	if err := d.Query(ctx).Raw(`SELECT group_concat(tax_rate || ':' || tax || ':' || total, ' ') || ' ' || (SELECT delivery_rate || ':' || tax || ':' || total FROM orders) FROM order_lines`).Scan(&got).Error; err != nil {
		t.Fatal(err)
	}
	if got != "7250:87:1200 0:87:1200 -1:87:1200 7250:87:1200" {
		t.Errorf("the rates are %s", got)
	}
}

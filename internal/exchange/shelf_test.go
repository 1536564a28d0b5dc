package exchange_test

import (
	"strings"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/exchange"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
)

func TestABundleMayStandBeforeWhatIsInIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		file := "code,name_en,sku,price,currency,stock,components\nset,Tea set,SET,20,USD,,POT CUP*2\npot,Pot,POT,9,USD,3,\ncup,Cup,CUP,5,USD,5,\n"
		did(t, imported(t, d, exchange.Products, file, exchange.Options{DryRun: true}), 3, 0, 0, 0)
		did(t, imported(t, d, exchange.Products, file, exchange.Options{}), 3, 0, 0, 0)
		did(t, imported(t, d, exchange.Products, file, exchange.Options{Now: noon.Add(1)}), 0, 0, 3, 0)
		set, err := catalog.VariantBySKU(ctx, d, "SET")
		if err != nil {
			t.Fatal(err)
		}
		if left, err := inventory.Available(ctx, d, []catalog.VariantID{set.ID}); err != nil || left[set.ID] != 2 {
			t.Errorf("%v, %v: five cups make two sets", left, err)
		}
		if out := exported(t, d, exchange.Products); !strings.Contains(out, ",POT CUP*2\n") {
			t.Error(out)
		}
		did(t, imported(t, d, exchange.Products, "code,name_en\nset,Tea set\n", exchange.Options{}), 0, 0, 1, 0) // the column is not there: kept
		sum := imported(t, d, exchange.Products, "code,sku,components\nset,SET,CUP*0\npot,POT,SET\nset2,SET2,NOWHERE\n", exchange.Options{})
		if sum.ErrorsTotal != 3 {
			t.Errorf("%v", sum.Errors)
		}
		did(t, imported(t, d, exchange.Products, "code,sku,components\nset,SET,\n", exchange.Options{}), 0, 1, 0, 0)
		if n := count(t, d, "SELECT count(*) FROM components"); n != 0 {
			t.Errorf("%d components are left", n)
		}
	})
}

func TestStockFilesNamePlacesAndWhatIsOnItsWay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		furnish(t, d)
		if err := d.InTx(ctx, func(tx *db.Tx) error {
			return inventory.PutLocation(ctx, tx, inventory.Location{Code: "back", Name: i18n.Text{En: "Back", Zh: "后仓"}, Sells: true, Position: 1}, noon)
		}); err != nil {
			t.Fatal(err)
		}
		file := "sku,on_hand,location,incoming,expected,supplier\nCAN-R,4,back,6,2026-12-03,Mill\nCAN-R,2,main,,,\nCAN-W,,main,3,,\n"
		did(t, imported(t, d, exchange.Stock, file, exchange.Options{}), 0, 3, 0, 0)
		did(t, imported(t, d, exchange.Stock, file, exchange.Options{Now: noon.Add(time.Second)}), 0, 0, 3, 0)
		for query, want := range map[string]int{
			"SELECT on_hand FROM stock s JOIN variants v ON v.id = s.variant_id WHERE sku = 'CAN-R'":                          6,
			"SELECT qty FROM incoming i JOIN variants v ON v.id = i.variant_id WHERE sku = 'CAN-R' AND supplier = 'Mill'":     6,
			"SELECT count(*) FROM stock s JOIN variants v ON v.id = s.variant_id WHERE sku = 'CAN-R' AND expected_at > 0":     1,
			"SELECT qty FROM incoming i JOIN variants v ON v.id = i.variant_id WHERE sku = 'CAN-W' AND i.expected_at = 0":     3,
			"SELECT on_hand FROM stock_places p JOIN locations l ON l.id = p.location_id WHERE l.code = 'back'":               4,
			"SELECT count(*) FROM stock_movements m JOIN locations l ON l.id = m.location_id WHERE l.code = 'back'":           1,
			"SELECT on_hand FROM stock_places p JOIN locations l ON l.id = p.location_id WHERE l.code = 'main' AND on_hand>0": 2,
		} {
			if n := count(t, d, query); n != want {
				t.Errorf("%s: %d, want %d", query, n, want)
			}
		}
		did(t, imported(t, d, exchange.Stock, "sku,on_hand,location\nCAN-R,5,back\n", exchange.Options{Now: noon.Add(time.Hour)}), 0, 1, 0, 0)
		if n := count(t, d, "SELECT count(*) FROM incoming WHERE closed_at = 0"); n != 2 {
			t.Errorf("no column about it, but %d are open", n)
		}
		did(t, imported(t, d, exchange.Stock, "sku,on_hand,location,incoming,expected\nCAN-R,5,back,0,\nCAN-R,2,moon,,\nCAN-W,,main,1,soon\n", exchange.Options{Now: noon.Add(time.Hour)}), 0, 1, 0, 2)
		if wrong, err := inventory.Check(ctx, d, noon); err != nil || len(wrong) > 0 {
			t.Errorf("%v, %v", wrong, err)
		}
	})
}

func TestTheFeedSaysWhenThingsShip(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		furnish(t, d)
		imported(t, d, exchange.Stock, "sku,on_hand\nCAN-R,0\nCAN-W,0\n", exchange.Options{})
		for sku, p := range map[string]inventory.Policy{"CAN-R": {Kind: catalog.Preorder, Beyond: 3, Ready: noon.AddDate(0, 0, 20)}, "CAN-W": {Kind: catalog.Backorder, Beyond: 3}} {
			v, err := catalog.VariantBySKU(ctx, d, sku)
			if err != nil {
				t.Fatal(err)
			}
			if err := d.InTx(ctx, func(tx *db.Tx) error { return inventory.SetPolicy(ctx, tx, v.ID, p, noon) }); err != nil {
				t.Fatal(err)
			}
		}
		feed := exported(t, d, exchange.Feed)
		day := noon.AddDate(0, 0, 20).UTC().Format(time.RFC3339)
		if !strings.Contains(feed, "<g:availability>preorder</g:availability>\n<g:availability_date>"+day) {
			t.Error(feed)
		}
		if !strings.Contains(feed, "<g:availability>out_of_stock</g:availability>") { // a back-order without a day
			t.Error(feed)
		}
		imported(t, d, exchange.Stock, "sku,on_hand,incoming,expected\nCAN-W,0,5,2027-01-09\n", exchange.Options{})
		if feed = exported(t, d, exchange.Feed); !strings.Contains(feed, "<g:availability>backorder</g:availability>\n<g:availability_date>2027-01-09T00:00:00Z") {
			t.Error(feed)
		}
	})
}

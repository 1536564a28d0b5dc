package inventory_test

import (
	"errors"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/money"
)

func TestGoodsToldTogetherStayInBalance(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, at := t.Context(), time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
		var v catalog.VariantID
		in := func(do func(tx *db.Tx) error) error { return d.InTx(ctx, do) }
		err := in(func(tx *db.Tx) error {
			_, _, ids, err := catalog.Put(ctx, tx, catalog.Draft{Product: catalog.Product{Code: "TOLD", Name: i18n.Text{En: "Cup"}, Published: true},
				Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: "TOLD", Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: 100}}}}}, at)
			if err != nil {
				return err
			}
			v = ids["TOLD"]
			return inventory.Count(ctx, tx, v, 4, "opening", at)
		})
		if err != nil {
			t.Fatal(err)
		}
		goods := func(order int64, qty int, state string) inventory.Told {
			return inventory.Told{Order: order, Lines: []inventory.Line{{Variant: v, Qty: qty}}, At: at, Expires: at.Add(time.Hour), Ended: at.Add(time.Hour), State: state}
		}
		receive := func(tx *db.Tx) error {
			return inventory.ReceiveMany(ctx, tx, []inventory.Line{{Variant: v, Qty: 2}}, "delivery", at)
		}
		for range 2 { // told twice, it came once
			if err := in(receive); err != nil {
				t.Fatal(err)
			}
		}
		err = in(func(tx *db.Tx) error {
			return inventory.TellMany(ctx, tx, []inventory.Told{goods(1, 2, "shipped"), goods(2, 1, "committed"), goods(3, 9, inventory.Expired)}, at)
		})
		if err != nil {
			t.Fatal(err)
		}
		if left, err := inventory.Available(ctx, d, []catalog.VariantID{v}); err != nil || left[v] != 3 {
			t.Errorf("6 units, 2 shipped and 1 promised leave %d, %v", left[v], err)
		}
		var short *inventory.OutOfStockError
		err = in(func(tx *db.Tx) error {
			return inventory.TellMany(ctx, tx, []inventory.Told{goods(4, 4, "shipped")}, at)
		})
		if !errors.As(err, &short) || short.Left != 3 {
			t.Errorf("more shipped than there was: %v", err)
		}
		if wrong, err := inventory.Check(ctx, d, at); err != nil || len(wrong) > 0 {
			t.Errorf("%v, %v", wrong, err)
		}
	})
}

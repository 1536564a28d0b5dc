package catalog_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/money"
)

// Every change keeps what was there before, whole: restoring it ends where it
// began, prices and facts included. The fifty newest stay.
func TestWhatAProductWasCanBeRestored(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		shelf := category(t, d, catalog.Category{Slug: "baby", Name: text("Baby", "")})
		put(t, d, bottle(&shelf))
		was := said(t, d)
		change := func(n int) {
			k := plain("BB01", nil, 900)
			k.Slug, k.Name.En = fmt.Sprint("bottle-", n), fmt.Sprint("Bottle ", n)
			inTx(t, d, func(tx *db.Tx) error {
				_, _, _, err := catalog.Put(catalog.By(catalog.By(ctx, 7, "office"), 0, "import"), tx, k, now)
				return err
			})
		}
		change(1)
		change(1) // the same again is no change
		list, at := versions(t, d)
		if len(list) != 1 || list[0].ByStaff != 7 || list[0].Way != "office" {
			t.Fatalf("versions %+v", list)
		}
		inTx(t, d, func(tx *db.Tx) error { _, err := list[0].Restore(ctx, tx, at, now); return err })
		got := said(t, d)
		// What came since stays, and is not sold.
		got.Variants = slices.DeleteFunc(got.Variants, func(v catalog.DraftVariant) bool { return v.SKU == "BB01" && !v.Active })
		if a, b := asJSON(t, got), asJSON(t, was); a != b {
			t.Errorf("restored\n%s\nwant\n%s", a, b)
		}
		if slug, ok, err := catalog.Moved(ctx, d, "product", "bottle-1"); slug != "calm-bottle" || !ok || err != nil {
			t.Errorf("the address in between leads to %q %v %v", slug, ok, err)
		}
		inTx(t, d, func(tx *db.Tx) error {
			for n := range catalog.MostVersions + 3 {
				if _, _, _, err := catalog.Put(ctx, tx, plain("BB01", nil, money.Amount(1000+n)), now); err != nil {
					return err
				}
			}
			return nil
		})
		if list, at := versions(t, d); len(list) != catalog.MostVersions || list[0].Number != at-1 || count(t, d, "product_versions") != catalog.MostVersions {
			t.Errorf("%d versions, the newest %d of %d", len(list), list[0].Number, at)
		}
	})
}

func versions(t *testing.T, d *db.DB) ([]catalog.Version, int) {
	t.Helper()
	k, err := catalog.ByCode(ctx, d, "BB01")
	if err != nil {
		t.Fatal(err)
	}
	list, err := catalog.Versions(ctx, d, k.ID)
	if err != nil {
		t.Fatal(err)
	}
	return list, k.Version
}

// said is the product without the numbers that only grow.
func said(t *testing.T, d *db.DB) catalog.Draft {
	t.Helper()
	k, err := catalog.AsDraft(ctx, d, "BB01")
	if err != nil {
		t.Fatal(err)
	}
	k.Version = 0
	return k
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

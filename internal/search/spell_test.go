package search_test

import (
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/search"
)

func TestMisspeltWordsLeadToWhatTheShopHas(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r, _ := stocked(t, d)
		if _, err := r.RunDue(ctx, time.Now()); err != nil {
			t.Fatal(err)
		}
		var s search.Speller
		for typed, want := range map[string]string{
			"bottel":         "bottle",
			"botle warmer":   "bottle warmer",
			"bttle":          "bottle",
			"bootlle":        "", // two mistakes in seven letters are a guess
			"baterries":      "batteries",
			"bateriess":      "batteries", // nine letters may have two
			"bottle":         "",          // as it should be
			"bottles":        "",
			"dril":           "", // too short to be sure
			"xottle":         "", // the first letter is rarely the wrong one
			"奶瓶 botlle":      "奶瓶 bottle",
			"bb01 12345 ???": "",
			"":               "",
		} {
			got, mended, err := s.Mend(ctx, d, typed, now)
			if err != nil || mended != (want != "") || mended && got != want {
				t.Errorf("%q became %q (%v, %v), want %q", typed, got, mended, err, want)
			}
		}
		inTx(t, d, func(tx *db.Tx) error {
			id, _, _, err := catalog.Put(ctx, tx, catalog.Draft{Product: catalog.Product{Code: "ZZ1", Name: i18n.Text{En: "Theodolite"}, Published: true},
				Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: "ZZ1", Active: true}}}}, now)
			if err != nil {
				return err
			}
			return search.Index(ctx, tx, id)
		})
		if got, mended, _ := s.Mend(ctx, d, "teodolite", now); mended {
			t.Errorf("a word of a moment ago is known as %q; it may take a minute", got)
		}
		if got, mended, _ := s.Mend(ctx, d, "teodolite", now.Add(2*time.Minute)); !mended || got != "theodolite" {
			t.Errorf("after two minutes %q, %v", got, mended)
		}
	})
}

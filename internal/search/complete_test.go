package search_test

import (
	"slices"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/event"
	"regulars/internal/i18n"
	"regulars/internal/search"
)

func TestTypingIsCompletedByNamesShelvesAndWhatManyLookedFor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r, ids := stocked(t, d)
		looked := func(words string, visitors int, more event.Event) {
			var all []event.Event
			for i := range visitors {
				e := more
				e.At, e.Kind, e.Lang, e.Detail = db.At(now.Add(-time.Hour)), event.SearchDone, "en", words
				if e.VisitorID == 0 {
					e.VisitorID = int64(i + 1)
				}
				all = append(all, e)
			}
			inTx(t, d, func(tx *db.Tx) error { return event.Write(ctx, tx, all) })
		}
		looked("Bottle brush", search.LeastAsked, event.Event{})
		looked("bottle of a rare illness", search.LeastAsked-1, event.Event{})
		looked("bottle of one person", 3*search.LeastAsked, event.Event{VisitorID: 7})
		looked("bottle of a robot", search.LeastAsked, event.Event{Bot: true})
		tree, err := catalog.LoadTree(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		s := &search.Completer{}
		typed := func(lang i18n.Lang, words string, at time.Time) search.Completion {
			t.Helper()
			out, err := s.Complete(ctx, d, tree, lang, words, 3, at)
			if err != nil {
				t.Fatalf("%q: %v", words, err)
			}
			return out
		}
		if got := typed("en", "Bott", now); !slices.Equal(got.Queries, []string{"bottle brush"}) || !slices.Equal(got.Products, []catalog.ProductID{ids["BB01"], ids["BB02"]}) {
			t.Errorf("Bott: %+v", got)
		}
		for words, want := range map[string]string{"bottle w": "BB02", "creme": "TL01", "奶瓶": "BB01", "暖奶": "BB02", "drill": "TL01"} {
			if got := typed("en", words, now); len(got.Products) != 1 || got.Products[0] != ids[want] {
				t.Errorf("%s: %+v, want %s", words, got, want)
			}
		}
		if got := typed("zh", "喂", now); len(got.Shelves) != 1 || len(got.Queries) != 0 {
			t.Errorf("喂: %+v", got)
		}
		for _, nothing := range []string{"", " -", "secret", "ottle", "%"} {
			if got := typed("en", nothing, now); len(got.Products)+len(got.Queries)+len(got.Shelves) > 0 {
				t.Errorf("%q: %+v", nothing, got)
			}
		}
		inTx(t, d, func(tx *db.Tx) error {
			_, _, _, err := catalog.Put(ctx, tx, catalog.Draft{Product: catalog.Product{Code: "BB01", Name: i18n.Text{En: "Serene Flask", Zh: "水壶"}, Published: true},
				Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: "BB01-SAGE", Active: true}}}}, now)
			return err
		})
		drain(t, r)
		later := now.Add(time.Minute)
		if got := typed("en", "calm", later); len(got.Products) != 0 {
			t.Errorf("the old name still leads somewhere: %+v", got)
		}
		if got := typed("en", "flask", later); !slices.Equal(got.Products, []catalog.ProductID{ids["BB01"]}) {
			t.Errorf("the new name leads nowhere: %+v", got)
		}
	})
}

package search_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/search"
)

func TestWhatTheShopSaysOfItsWordsHoldsAtTheNextSearch(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		_, ids := stocked(t, d)
		e := search.NewEmbedded(d)
		first := func(typed string) string {
			t.Helper()
			codes, _ := foundFirst(t, e, d, "en", typed)
			if len(codes) == 0 {
				return ""
			}
			return codes[0]
		}
		if got := first("whirligig"); got != "" {
			t.Fatalf("whirligig finds %s before anybody said what it is", got)
		}
		inTx(t, d, func(tx *db.Tx) error { return search.AddRule(ctx, tx, "", "whirligig > drill", now) })
		if got := first("whirligig"); got != "TL01" {
			t.Errorf("whirligig finds %q", got)
		}
		for text, kind := range map[string]error{"whirligig > drill": fault.Conflict, "alone": fault.Invalid, "a > b > c": fault.Invalid, " = ": fault.Invalid} {
			if err := d.InTx(ctx, func(tx *db.Tx) error { return search.AddRule(ctx, tx, "", text, now) }); !errors.Is(err, kind) {
				t.Errorf("%q gives %v", text, err)
			}
		}
		if got := first("bottle"); got != "BB01" {
			t.Fatalf("bottle finds %q first", got)
		}
		pin := search.Pin{Typed: "Bottles", Products: []catalog.ProductID{ids["TL01"]}, ToAt: db.At(now.Add(time.Hour))}
		inTx(t, d, func(tx *db.Tx) error { return search.PutPin(ctx, tx, pin) })
		codes, u := foundFirst(t, e, d, "en", "bottle")
		if !slices.Equal(codes, []string{"TL01", "BB01", "BB02"}) || !u.Chosen {
			t.Errorf("with the drill chosen, bottle finds %v", codes)
		}
		pin.ToAt = db.At(now.Add(-time.Hour))
		inTx(t, d, func(tx *db.Tx) error { return search.PutPin(ctx, tx, pin) })
		if got := first("bottle"); got != "BB01" {
			t.Errorf("after its last day the pin still puts %q first", got)
		}
		rules, err := search.AllRules(ctx, d)
		if err != nil || len(rules) != 1 {
			t.Fatalf("%v, %v", rules, err)
		}
		inTx(t, d, func(tx *db.Tx) error { _, err := search.DropRule(ctx, tx, rules[0].ID); return err })
		if got := first("whirligig"); got != "" {
			t.Errorf("whirligig still finds %s", got)
		}
		if err := d.InTx(ctx, func(tx *db.Tx) error { _, err := search.DropRule(ctx, tx, rules[0].ID); return err }); !errors.Is(err, fault.NotFound) {
			t.Errorf("a rule dropped twice gives %v", err)
		}
	})
}

func TestWhatSoldMoreStandsFirstAmongEquals(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		_, ids := stocked(t, d)
		e := search.NewEmbedded(d)
		order := func() []string { codes, _ := foundFirst(t, e, d, "en", "feeding"); return codes }
		if got := order(); !slices.Equal(got, []string{"BB01", "BB02"}) {
			t.Fatalf("feeding finds %v", got)
		}
		if err := search.SetSold(ctx, d, map[catalog.ProductID]int{ids["BB02"]: 40, ids["BB01"]: 3}); err != nil {
			t.Fatal(err)
		}
		if got := order(); !slices.Equal(got, []string{"BB02", "BB01"}) {
			t.Errorf("after 40 warmers and 3 bottles feeding finds %v", got)
		}
		last, err := search.LastNumber(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		if err := search.SetSold(ctx, d, map[catalog.ProductID]int{ids["BB02"]: 41, ids["BB01"]: 3}); err != nil {
			t.Fatal(err)
		}
		if now, err := search.LastNumber(ctx, d); err != nil || now != last {
			t.Errorf("one more sale made documents anew: %d after %d, %v", now, last, err)
		}
		if err := search.SetSold(ctx, d, nil); err != nil {
			t.Fatal(err)
		}
		if got := order(); !slices.Equal(got, []string{"BB01", "BB02"}) {
			t.Errorf("with nothing sold feeding finds %v", got)
		}
	})
}

func TestOneVisitorsSearchIsNotTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var m search.Misses
		note := func(words, visitor string, day int) {
			t.Helper()
			if err := m.Note(ctx, d, &search.Understood{Typed: words}, "en", search.Vain, visitor, now.AddDate(0, 0, day)); err != nil {
				t.Fatal(err)
			}
		}
		for day := range 5 { // the same person, again and again
			note("An Illness", "one", day)
		}
		for _, visitor := range []string{"a", "b", "c"} {
			note("kayak", visitor, 0)
		}
		list, err := search.Missed(ctx, d, 10)
		if err != nil || len(list) != 0 {
			t.Errorf("told too early: %v, %v", list, err)
		}
		note("Kayaks", "d", 2)
		note("kayak", "e", 2)
		list, err = search.Missed(ctx, d, 10)
		if err != nil || len(list) != 1 || list[0].Words != "kayak" || list[0].Times != 5 {
			t.Errorf("told: %+v, %v", list, err)
		}
		var ill int
		if err := d.Query(ctx).Raw("SELECT count(*) FROM search_misses WHERE words <> 'kayak'").Scan(&ill).Error; err != nil || ill != 0 {
			t.Errorf("what one visitor alone typed is written down in %d rows, %v", ill, err)
		}
		inTx(t, d, func(tx *db.Tx) error {
			n, err := search.DropMisses(ctx, tx, now.AddDate(0, 0, 2), 100)
			if n == 0 {
				t.Error("nothing was old enough")
			}
			return err
		})
		var left []string
		if err := d.Query(ctx).Raw("SELECT DISTINCT words FROM search_misses ORDER BY words").Scan(&left).Error; err != nil || !slices.Equal(left, []string{"kayak"}) {
			t.Errorf("left: %v, %v", left, err)
		}
	})
}

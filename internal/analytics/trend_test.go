package analytics_test

import (
	"context"
	"testing"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/event"
)

func TestWhatRisesIsToldFromWhatIsUsual(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, now := context.Background(), time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC)
		var all []event.Event
		look := func(words string, product int64, daysAgo, visitors int, more event.Event) {
			for v := range visitors {
				e := more
				if e.Kind = event.ItemSeen; words != "" {
					e.Kind = event.SearchDone
				}
				e.Detail, e.ProductID, e.At = words, product, db.At(now.Add(-time.Duration(daysAgo)*24*time.Hour-time.Hour))
				if e.VisitorID == 0 && e.CustomerID == 0 {
					e.VisitorID = int64(v + 1)
				}
				all = append(all, e)
			}
		}
		for day := range 29 {
			look("", 1, day, 12+day%3, event.Event{}) // steady
			weekly := 2
			if day%7 == 0 {
				weekly = 18
			}
			look("cake tin", 0, day, weekly, event.Event{}) // each Sunday
			look("", 2, day, []int{1, 20, 0, 14, 3}[day%5], event.Event{})
		}
		look("", 2, 0, 20, event.Event{})                                 // scatters as much as ever
		look("Yo-yo", 0, 0, 9, event.Event{})                             // the craze
		look("yo-yo", 0, 1, 1, event.Event{VisitorID: 99})                //
		look("one loud person", 0, 0, 40, event.Event{VisitorID: 5})      // is one visitor
		look("a robot's", 0, 0, 40, event.Event{Bot: true})               //
		look("made up", 0, 0, 40, event.Event{Simulated: true})           //
		look("four of them", 0, 0, analytics.TrendLeast-1, event.Event{}) //
		look("", 3, 1, 15, event.Event{})                                 // two days already
		look("", 3, 0, 16, event.Event{})                                 //
		if err := d.InTx(ctx, func(tx *db.Tx) error { return event.Write(ctx, tx, all) }); err != nil {
			t.Fatal(err)
		}
		found, err := analytics.Trends(ctx, d, false, now)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) != 2 || found[0].ProductID != 3 && found[1].ProductID != 3 {
			t.Fatalf("rising: %+v", found)
		}
		for _, f := range found {
			days := map[bool]int{true: 1, false: 2}[f.Words == "yo-yo"]
			if want := now.AddDate(0, 0, -days); !f.Since.Equal(want) {
				t.Errorf("%q %d began %s, want %s", f.Words, f.ProductID, f.Since, want)
			}
			if f.Words == "yo-yo" && (f.Visitors != 9 || f.Before != 1 || f.Days[1] != 1) {
				t.Errorf("the craze: %+v", f)
			}
		}
		if before, err := analytics.Trends(ctx, d, false, now.Add(-48*time.Hour)); err != nil || len(before) != 0 {
			t.Errorf("two days earlier: %+v %v", before, err)
		}
		if made, err := analytics.Trends(ctx, d, true, now); err != nil || len(made) != 1 || made[0].Words != "made up" {
			t.Errorf("simulated: %+v %v", made, err)
		}
	})
}

func TestABusyDayOfTheWholeShopIsNoTrend(t *testing.T) {
	d := dbtest.SQLite(t)
	ctx, now := context.Background(), time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC)
	var all []event.Event
	for day := range 29 {
		for product := range int64(10) {
			n := 8
			if day == 0 {
				n = 24 // a sale
			}
			for v := range n {
				all = append(all, event.Event{At: db.At(now.Add(-time.Duration(day)*24*time.Hour - time.Hour)), Kind: event.ItemSeen, ProductID: product + 1, VisitorID: int64(v + 1)})
			}
		}
	}
	if err := d.InTx(ctx, func(tx *db.Tx) error { return event.Write(ctx, tx, all) }); err != nil {
		t.Fatal(err)
	}
	if found, err := analytics.Trends(ctx, d, false, now); err != nil || len(found) != 0 {
		t.Errorf("rising: %+v %v", found, err)
	}
}

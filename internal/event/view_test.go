package event_test

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/event"
)

func products(views []event.View) (out []int64) {
	for _, v := range views {
		out = append(out, v.Product)
	}
	return out
}

func TestLooksOfAPersonUpToAMomentAgo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, at := t.Context(), time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
		log := event.NewLog(d, slog.New(slog.DiscardHandler))
		see := func(visitor, customer, product int64, after time.Duration) {
			at = at.Add(after)
			log.Add(event.Event{At: db.At(at), Kind: event.ItemSeen, VisitorID: visitor, CustomerID: customer, ProductID: product})
		}
		of := func(visitor, customer int64) []int64 {
			t.Helper()
			views, err := log.ViewsOf(ctx, d, visitor, customer, 5)
			if err != nil {
				t.Fatal(err)
			}
			return products(views)
		}
		for p := range int64(4) {
			see(1, 0, 10+p, time.Minute)
		}
		see(1, 7, 20, time.Minute) // the same browser, signed in
		see(0, 0, 30, time.Minute) // nobody who may be known
		want := func(when string) {
			t.Helper()
			if got := of(1, 0); !slices.Equal(got, []int64{10, 11, 12, 13}) {
				t.Errorf("%s: the browser looked at %v", when, got)
			}
			if got := of(1, 7); !slices.Equal(got, []int64{20}) {
				t.Errorf("%s: the account looked at %v", when, got)
			}
			if got := of(0, 0); got != nil {
				t.Errorf("%s: nobody looked at %v", when, got)
			}
		}
		want("before anything is written")
		if err := log.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		want("when all is written")
		see(1, 0, 14, time.Hour)
		see(1, 0, 15, time.Minute)
		if got := of(1, 0); !slices.Equal(got, []int64{11, 12, 13, 14, 15}) {
			t.Errorf("half written: %v", got)
		}
		views, err := log.ViewsOf(ctx, d, 1, 0, 5)
		if got := products(event.Session(views, 30*time.Minute)); err != nil || !slices.Equal(got, []int64{14, 15}) {
			t.Errorf("the newest visit is %v, %v", got, err)
		}

		all, err := event.ViewsAfter(ctx, d, 0, 100)
		if err != nil || !slices.Equal(products(all), []int64{10, 11, 12, 13, 20}) {
			t.Errorf("written looks: %v, %v", products(all), err)
		}
		rest, err := event.ViewsAfter(ctx, d, all[2].ID, 1)
		if err != nil || !slices.Equal(products(rest), []int64{13}) || rest[0].Who != 1 {
			t.Errorf("after the third: %+v, %v", rest, err)
		}
	})
}

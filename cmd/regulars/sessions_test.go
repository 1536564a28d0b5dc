package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/event"
	"regulars/internal/exchange"
	"regulars/internal/recommend"
	"regulars/internal/shoptest"
)

// Two processes follow one log, each a look at a time; who did not allow it,
// bots, and what is sensitive teach neither.
func TestSessionsFollowTheLog(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		s := shoptest.New(t, d)
		at := s.Now()
		see := func(events ...event.Event) {
			t.Helper()
			for i := range events {
				at = at.Add(20 * time.Second)
				events[i].At, events[i].Kind = db.At(at), event.ItemSeen
			}
			s.Tx(func(ctx context.Context, tx *db.Tx) error { return event.Write(ctx, tx, events) })
		}
		by := func(visitor, customer int64, code string) event.Event {
			return event.Event{VisitorID: visitor, CustomerID: customer, ProductID: int64(s.Products[code])}
		}
		id := func(code string) recommend.ProductID { return recommend.ProductID(s.Products[code]) }
		see(by(1, 0, "BB01"), by(1, 0, "BB03"))
		see(by(0, 0, "BB01"), by(0, 0, "BK02")) // nobody who may be known
		crawler := by(2, 0, "BB01")
		crawler.Bot = true
		see(crawler, by(2, 0, "BK02"))
		see(by(3, 0, "BB01"), by(3, 0, "BB07"), by(3, 0, "BB09")) // infant formula is sensitive

		first, second := &viewer{index: &recommend.Sessions{}}, &viewer{index: &recommend.Sessions{}}
		look := func(v *viewer) {
			t.Helper()
			if err := v.look(ctx, d, s.Now()); err != nil {
				t.Fatal(err)
			}
		}
		then := func(v *viewer, a, b string) int { return v.index.Then(id(a), id(b))[0].Then }
		look(first)
		if then(first, "BB01", "BB03") != 1 || then(first, "BB01", "BK02") != 0 {
			t.Errorf("bottle, then teats %d, then book %d; want 1, 0", then(first, "BB01", "BB03"), then(first, "BB01", "BK02"))
		}
		if then(first, "BB01", "BB07") != 0 || then(first, "BB01", "BB09") != 1 {
			t.Errorf("bottle, then formula %d, then bodies %d; want 0, 1", then(first, "BB01", "BB07"), then(first, "BB01", "BB09"))
		}
		see(by(0, 7, "BB01"), by(0, 7, "BB03")) // signed in, no cookie
		look(first)
		look(first) // what was read is not learned twice
		look(second)
		for _, v := range []*viewer{first, second} {
			if c := v.index.Then(id("BB01"), id("BB03"))[0]; c.Then != 2 || c.Of != 3 {
				t.Errorf("bottle, then teats: %+v, want 2 of 3", c)
			}
		}

		// Weights are chosen once and taken by all.
		if _, err := weigh(ctx, d, s.Now); err != nil {
			t.Fatal(err)
		}
		w := recommend.Choice{Weights: recommend.Weights{Decay: 1, Near: 2, Before: .3}}
		s.Tx(func(ctx context.Context, tx *db.Tx) error { return recommend.SaveChoice(ctx, tx, w, 3, 6, s.Now()) })
		look(first)
		if got := first.index.Weights(); got.Decay != 1 || got.Before != .3 {
			t.Errorf("weights in use: %+v", got)
		}
	})
}

func TestClicksAreExportedAsSessions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		at := s.Now()
		var log []event.Event
		for _, e := range []struct {
			who   int64
			after time.Duration
			code  string
		}{{1, 0, "BB01"}, {2, time.Minute, "BB01"}, {1, time.Minute, "BB03"}, {2, time.Minute, "BB07"}, {1, time.Hour, "BB09"}, {0, 0, "BK02"}} {
			at = at.Add(e.after)
			log = append(log, event.Event{At: db.At(at), Kind: event.ItemSeen, VisitorID: e.who, ProductID: int64(s.Products[e.code])})
		}
		s.Tx(func(ctx context.Context, tx *db.Tx) error { return event.Write(ctx, tx, log) })
		var out strings.Builder
		if err := export(t.Context(), d, &out); err != nil {
			t.Fatal(err)
		}
		var got []string
		for line := range strings.Lines(out.String()) {
			f := strings.Split(line, ",")
			got = append(got, f[0]+" "+f[2])
		}
		if want := []string{"order_id product_id", "1 calm-bottle", "2 calm-bottle", "1 spare-teats", "3 cotton-bodies"}; !slices.Equal(got, want) {
			t.Errorf("exported %q, want %q", got, want)
		}
	})
}

func export(ctx context.Context, d *db.DB, w *strings.Builder) error {
	return exchange.Export(ctx, d, exchange.Clicks, w, exchange.ExportOptions{BaseURL: "http://shop.example"})
}

// BenchmarkSessionsFromLog fills an index from a database as a start does: a
// million looks and as many other events. VIEWS=200000 asks for another size.
func BenchmarkSessionsFromLog(b *testing.B) {
	n := 1_000_000
	if v, err := strconv.Atoi(os.Getenv("VIEWS")); err == nil {
		n = v
	}
	d := dbtest.SQLite(b)
	ctx := b.Context()
	r := rand.New(rand.NewPCG(1, 2))
	at := time.Now().Add(-90 * 24 * time.Hour)
	var log []event.Event
	for i := range 2 * n {
		at = at.Add(time.Duration(r.IntN(4000)) * time.Millisecond)
		e := event.Event{At: db.At(at), Kind: event.ItemSeen, VisitorID: int64(i/600*100 + r.IntN(100) + 1), ProductID: int64(r.IntN(20_000)/(1+r.IntN(40)) + 1)}
		if i%2 == 1 {
			e.Kind, e.ProductID = event.ListShown, 0
		}
		if log = append(log, e); len(log) == 20_000 || i == 2*n-1 {
			if err := d.InTx(ctx, func(tx *db.Tx) error { return event.Write(ctx, tx, log) }); err != nil {
				b.Fatal(err)
			}
			log = log[:0]
		}
	}
	for b.Loop() {
		v := &viewer{index: &recommend.Sessions{}}
		start := time.Now()
		for !v.full {
			if err := v.look(ctx, d, at); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(time.Since(start).Seconds()*1e6/float64(n), "s/Mviews")
		_, clicks := v.index.Size()
		b.ReportMetric(float64(v.index.Bytes())/float64(clicks), "bytes/click")
		start = time.Now()
		if err := v.look(ctx, d, at); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(time.Since(start).Microseconds()), "µs/look")
	}
}

// What the demo's pages say of visits is recounted from the exported file, by
// nothing of the index; and that file measures the index.
func TestVisitsOfTheDemoAreCountedTruly(t *testing.T) {
	a, base := town(t, 300, 300)
	var out strings.Builder
	if err := export(t.Context(), a.db, &out); err != nil {
		t.Fatal(err)
	}
	path := file(t, "clicks.csv", []byte(out.String()))
	var order []string
	visits := map[string][]string{}
	for line := range strings.Lines(out.String()) {
		f := strings.Split(line, ",")
		if visits[f[0]] == nil {
			order = append(order, f[0])
		}
		visits[f[0]] = append(visits[f[0]], f[2])
	}
	count := func(first, next string) (then, of int) {
		for _, name := range order {
			if v := visits[name]; len(v) > 1 {
				if i := slices.Index(v, first); i >= 0 {
					of++
					if slices.Contains(v[i+1:], next) {
						then++
					}
				}
			}
		}
		return then, of
	}
	guest, checked := newShopper(base), 0
	for _, slug := range []string{"calculus-slowly", "margin-notebook-x3", "circuits-from-scratch", "clay-teapot", "calm-bottle", "corvane-14"} {
		for _, f := range ask[struct{ Suggestions []chained }](t, guest, "/api/v1/products/"+slug+"/suggestions?limit=24").Suggestions {
			var n, m int
			if _, err := fmt.Sscanf(f.Reason, "Afterwards in %d of %d simulated visits", &n, &m); err != nil {
				continue
			}
			checked++
			if then, of := count(slug, f.Slug); then != n || of != m {
				t.Errorf("%s, then %s: the page says %d of %d, the file %d of %d", slug, f.Slug, n, m, then, of)
			}
		}
	}
	if checked < 5 {
		t.Errorf("%d reasons were found to check", checked)
	}
	r, err := recommend.Evaluate(t.Context(), recommend.Session, path, recommend.EvalOptions{K: 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d visits, %d cases, recall %.3f (most seen %.3f); held out: %+v", len(order), r.Cases, r.Recall, r.PopularityRecall, *r.Choice)
	if r.Choice.Cases < 100 || r.Choice.Recall < .5 {
		t.Errorf("held out: %+v", *r.Choice)
	}
}

package demo

import (
	"context"
	"math"
	"testing"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/setting"
)

// report asks the abandonment report of a made world, as its page does.
type report struct {
	t   *testing.T
	d   *db.DB
	set setting.Values
}

func (r *report) sums(from, to time.Time, filters ...analytics.Filter) analytics.Sums {
	r.t.Helper()
	s, err := analytics.Total(context.Background(), r.d, analytics.Question{From: from.Format(time.DateOnly), To: to.Format(time.DateOnly), Simulated: true, Filters: filters})
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

func part(n, of int) float64 { return 100 * float64(n) / float64(max(1, of)) }

// lossAt is the share, in percent, of the carts at a step that did not come to
// the next.
func lossAt(s analytics.Sums, step int) float64 {
	return part(s.Reached(step)-s.Reached(step+1), s.Reached(step))
}

// The report finds what the simulator planted (demo-world.md 7), within the
// smaller of a twentieth and two points, in the whole world: a quarter of it has
// too few carts for that.
func TestTheReportFindsThePlantedTruths(t *testing.T) {
	d, ctx := dbtest.SQLite(t), context.Background()
	made(t, d, usualShoppers, usualDays)
	set, err := setting.Read(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := analytics.Recount(ctx, d, "", "", set, firstStart); err != nil {
		t.Fatal(err)
	}
	t.Logf("counted in %v", time.Since(began))
	r := &report{t, d, set}
	finds := func(what string, got, want float64) {
		t.Helper()
		within := math.Min(want/20, 2)
		t.Logf("%s: %.1f, planted %.1f ± %.1f", what, got, want, within)
		if math.Abs(got-want) > within {
			t.Errorf("%s: %.2f, planted %.1f ± %.2f", what, got, want, within)
		}
	}
	day := func(weeks int) time.Time { return firstStart.AddDate(0, 0, -7*weeks) }
	begin, end := firstStart.AddDate(0, 0, -usualDays-3), firstStart
	all := r.sums(begin, end)
	finds("1 abandonment", part(all.Started-all.Converted, all.Started), 70)
	finds("1 just looking", part(r.sums(begin, end, analytics.Filter{Key: "cause", Value: "looking"}).Lost, all.Lost), 42)
	for _, q := range []struct {
		asked string
		want  float64
	}{{"quick", 41}, {"late", 80}} {
		s := r.sums(begin, end, analytics.Filter{Key: "asked", Value: q.asked})
		finds("2 abandoned, answered "+q.asked, part(s.Started-s.Converted, s.Started), q.want)
	}
	slow, err := analytics.Slowest(ctx, d, analytics.Question{From: begin.Format(time.DateOnly), To: end.Format(time.DateOnly), Simulated: true}, 8)
	if err != nil || len(slow) != 8 {
		t.Fatalf("slowest %v, %v", slow, err)
	}
	t.Logf("2 slowest %+v", slow)
	if slow[0].Product != "CO04" || slow[1].Product != "HT05" {
		t.Errorf("2 the slowest answers are about %+v", slow)
	}
	usual := r.sums(day(50), day(15))
	dear := r.sums(day(14).AddDate(0, 0, 1), day(10).AddDate(0, 0, -1))
	t.Logf("3 usual %v of %d, dear %v of %d", lossAt(usual, 3), usual.Delivery, lossAt(dear, 3), dear.Delivery)
	finds("3 loss at the payment, points more", lossAt(dear, 3)-lossAt(usual, 3), 17)
	there := r.sums(day(14).AddDate(0, 0, 1), day(10).AddDate(0, 0, -1), analytics.Filter{Key: "step", Value: "3"})
	costs := r.sums(day(14).AddDate(0, 0, 1), day(10).AddDate(0, 0, -1), analytics.Filter{Key: "cause", Value: "cost"}, analytics.Filter{Key: "step", Value: "3"})
	if share := part(costs.Lost, there.Lost); share < 50 {
		t.Errorf("3 the cost is the cause of %.0f %% of what was left at these weeks' payments", share)
	}
	zh := []analytics.Filter{{Key: "device", Value: "phone"}, {Key: "lang", Value: "zh"}}
	others := []analytics.Filter{{Key: "device", Value: "phone"}, {Key: "lang", Value: "en"}}
	finds("4 loss at the address, points more", lossAt(r.sums(begin, day(6).AddDate(0, 0, -1), zh...), 1)-lossAt(r.sums(begin, day(6).AddDate(0, 0, -1), others...), 1), 9)
	steps, err := analytics.Reminders(ctx, d, begin.Format(time.DateOnly), end.Format(time.DateOnly), true, set)
	if err != nil || len(steps) != 3 {
		t.Fatalf("7 steps %+v, %v", steps, err)
	}
	t.Logf("7 steps %+v", steps)
	for i, want := range []float64{7.5, 3, 1} {
		finds("7 came back after a reminder", part(steps[i].Returned, steps[i].Sent), want)
	}
	finds("7 unsubscribed at the third", part(steps[2].Unsubscribed, steps[2].Sent), .6)
	if keep, _ := analytics.Enough(steps); keep != 2 || steps[0].Bought < 10 || steps[0].Unsubscribed+steps[1].Unsubscribed > 0 {
		t.Errorf("7 the report suggests %d steps of %+v", keep, steps)
	}
	shared, err := analytics.SharedUses(ctx, d, "", end)
	people := 0
	for _, s := range shared {
		people += s.People
		if !s.Simulated || s.By != "address" {
			t.Errorf("9 %+v", s)
		}
	}
	if err != nil || len(shared) != 2 || people != 14 {
		t.Errorf("9 the code is seen at %d addresses by %d people, %v", len(shared), people, err)
	}
	gone, err := analytics.Gone(ctx, d, day(8).Format(time.DateOnly), end.Format(time.DateOnly), true, 0, 3, set)
	if err != nil || len(gone) == 0 {
		t.Fatalf("10 nothing was gone: %v", err)
	}
	if g := gone[0]; g.Tried != 900 || g.Pieces != 60 || g.Orders != 60 || g.Within != 40*time.Second {
		t.Errorf("10 the flash sale is seen as %+v", g)
	}
	holdsLetter(t, d, set)
	holdsBanners(t, d, set)
	if wrong, err := analytics.Astray(ctx, d, set); err != nil || len(wrong) > 0 {
		t.Errorf("astray: %v, %v", wrong, err)
	}
}

package main

import (
	"context"
	"log/slog"
	"math"
	"net/netip"
	"slices"
	"testing"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/demo"
	"regulars/internal/setting"
	"regulars/internal/slot"
	"regulars/migrations"
)

// TestWhatWasPlantedInPlacesIsFoundAgain reads truths 5 and 6 of the demo world
// out of the reports: how much better the home pages of segments are clicked
// than everybody's, and what the blocks on product pages add.
func TestWhatWasPlantedInPlacesIsFoundAgain(t *testing.T) {
	ctx := context.Background()
	f := folder{Data: t.TempDir()}
	env := environment{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}
	d, err := f.open(ctx, env, migrateAlways, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Migrate(ctx, migrations.Files); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	began := time.Now()
	if err := populate(ctx, d, f, env, demo.Options{Now: now}, func(string) {}); err != nil {
		t.Fatal(err)
	}
	slog.Debug("demo made", "took", time.Since(began))
	set, err := setting.Read(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	r, err := analytics.Slots(ctx, d, true, set, now)
	if err != nil {
		t.Fatal(err)
	}
	places := map[slot.Key]analytics.SlotFigures{}
	for _, p := range r.Slots {
		places[p.Slot.Key] = p
		t.Logf("%-22s %+v; %s, %d and %d people, %+v, %d weeks", p.Slot.Key, p.Total, p.Test.Verdict, p.Test.Shown.N, p.Test.Result.Held.N, p.Test.Caused(), p.Test.Weeks)
	}

	want := map[string]float64{"student": 2.1, "engineer": 1.8, "gift-giver": 1}
	for _, a := range places[slot.Home].Audiences {
		t.Logf("home page of %s: %.3f times the clicks; %+v; %+v", a.Segment, a.Ratio(), a.Arms, a.Test.Clicks)
		if w, planted := want[a.Segment]; planted {
			if math.Abs(a.Ratio()-w) > .05*w {
				t.Errorf("the home page of %s is clicked %.3f times as often as everybody's, planted was %v", a.Segment, a.Ratio(), w)
			}
			delete(want, a.Segment)
		}
		if a.Segment == "gift-giver" && a.Test.ClicksOK && !a.Test.Clicks.Zero() {
			t.Errorf("an effect is claimed for gift-givers: %+v", a.Test.Clicks)
		}
	}
	if len(want) > 0 {
		t.Errorf("not reported: %v", want)
	}

	pages := func(key slot.Key) map[string]analytics.SlotPage {
		all, err := analytics.SlotPages(ctx, d, key, true, 1000, set, now)
		if err != nil {
			t.Fatal(err)
		}
		by := map[string]analytics.SlotPage{}
		for _, p := range all {
			by[p.Page] = p
		}
		return by
	}
	simple, chain := pages(slot.Complements), pages(slot.Complex)
	bottle := simple["BB01"]
	t.Logf("bottle %.3f of %+v worth %v", bottle.More(), bottle.Arms, bottle.Worth)
	if math.Abs(bottle.More()-.46) > .02 { // two points, of a rate
		t.Errorf("the block on the bottle's page adds %.3f things each time it is shown, planted was 0.46", bottle.More())
	}
	var laptop analytics.SlotPage
	laptop.Arms = map[slot.Arm]analytics.Placed{}
	worth, adds := int64(0), 0
	for _, code := range []string{"CO01", "CO02"} {
		for arm, p := range chain[code].Arms {
			sum := laptop.Arms[arm]
			sum.Shown, sum.Adds, sum.Clicks = sum.Shown+p.Shown, sum.Adds+p.Adds, sum.Clicks+p.Clicks
			laptop.Arms[arm] = sum
			worth, adds = worth+int64(chain[code].Worth[arm]), adds+p.Adds
		}
	}
	t.Logf("laptops %.3f of %+v, each worth %d", laptop.More(), laptop.Arms, worth/int64(max(1, adds)))
	if math.Abs(laptop.More()-.07) > .012 { // one thing more or less is a hundredth here
		t.Errorf("the complex chain of the laptops adds %.3f, planted was 0.07", laptop.More())
	}
	each := func(p analytics.SlotPage) (sum int64, n int) {
		for arm, x := range p.Arms {
			sum, n = sum+int64(p.Worth[arm]), n+x.Adds
		}
		return sum, n
	}
	if sum, n := each(bottle); n == 0 || adds == 0 || worth/int64(adds) < 5*sum/int64(n) {
		t.Errorf("what the chain of laptops adds is worth %d cents a piece, what the bottle's block adds %d", worth/int64(max(1, adds)), sum/int64(max(1, n)))
	}

	// What is for a baby of another age is never clicked: the crowd clicks what
	// suits, so each click on the bottle's page fits its shopper's baby.
	goods, err := analytics.SlotGoods(ctx, d, slot.Complements, "BB01", true, set, now)
	if err != nil {
		t.Fatal(err)
	}
	clicked := 0
	for _, g := range goods {
		for _, p := range g.Arms {
			clicked += p.Clicks
		}
		if slices.Contains([]string{"BB07", "HC12"}, g.Page) {
			t.Errorf("%s stands in the block", g.Page)
		}
	}
	if clicked == 0 {
		t.Error("nothing on the bottle's page was clicked")
	}
}

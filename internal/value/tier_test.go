package value_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"regulars/internal/money"
	"regulars/internal/value"
)

func day(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 12, 0, 0, 0, time.UTC)
}

var usual = value.Rules{Since: day(2024, 1, 1), Loyal: value.Rule{Orders: 2},
	Very: value.Rule{Orders: 6, Spend: map[money.Currency]money.Amount{"USD": 900_00, "CNY": 6300_00}}}

func bought(number string, at time.Time, amount money.Amount) value.Purchase {
	return value.Purchase{Number: number, Paid: at, Currency: "USD", Goods: amount}
}

// A year of Grace's, as the shop's clock goes through it: up at once, down only
// when a month begins, and only sixty days after she was told.
func TestAYearOfATier(t *testing.T) {
	f := value.Facts{Rules: []value.Rules{usual}, Zone: time.UTC, Purchases: []value.Purchase{
		bought("A", day(2025, 1, 10), 40_00), bought("B", day(2025, 1, 20), 40_00), bought("C", day(2025, 3, 5), 850_00)}}
	for _, at := range []struct {
		when   time.Time
		tier   value.Tier
		falls  value.Tier
		lapses time.Time
	}{
		{day(2025, 1, 1), value.Occasional, "", time.Time{}},
		{day(2025, 1, 15), value.Occasional, "", time.Time{}},
		{time.Date(2025, 1, 20, 12, 0, 0, 0, time.UTC), value.Loyal, "", time.Time{}}, // the very moment of the payment
		{day(2025, 3, 4), value.Loyal, "", time.Time{}},
		{day(2025, 3, 5), value.VeryLoyal, "", time.Time{}}, // 930 spent
		{day(2026, 1, 9), value.VeryLoyal, "", time.Time{}},
		{day(2026, 1, 25), value.VeryLoyal, "", time.Time{}},                                              // 850 only, but no review yet
		{day(2026, 2, 2), value.VeryLoyal, value.Occasional, time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)}, // told: 1 February + 60 d = 2 April, the review of May
		{time.Date(2026, 4, 30, 23, 59, 0, 0, time.UTC), value.VeryLoyal, value.Occasional, time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)},
		{time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), value.Occasional, "", time.Time{}},
	} {
		s := f.At(at.when)
		if s.Tier != at.tier || s.FallsTo != at.falls || !s.FallsAt.Equal(at.lapses) {
			t.Errorf("%v: %s, falls to %q at %v; want %s, %q, %v", at.when, s.Tier, s.FallsTo, s.FallsAt, at.tier, at.falls, at.lapses)
		}
	}
	f.Purchases = append(f.Purchases, bought("D", day(2026, 4, 20), 900_00))
	if s := f.At(day(2026, 6, 1)); s.Tier != value.VeryLoyal || s.FallsTo != "" || len(s.Steps) != 2 {
		t.Errorf("bought in time, and yet: %+v", s)
	}
}

// What goes back counts against a tier at the next review, and never below
// nothing.
func TestARefundTakesNoTierBeforeItsReview(t *testing.T) {
	p := bought("A", day(2025, 1, 10), 1000_00)
	p.Back = []value.Back{{At: day(2025, 1, 12), Amount: 5000_00}}
	f := value.Facts{Rules: []value.Rules{usual}, Zone: time.UTC, Purchases: []value.Purchase{p}}
	for _, c := range []struct {
		at    time.Time
		tier  value.Tier
		falls value.Tier
	}{{day(2025, 1, 11), value.VeryLoyal, ""}, {day(2025, 1, 13), value.VeryLoyal, ""}, {day(2025, 2, 2), value.VeryLoyal, value.Occasional}, {day(2025, 5, 2), value.Occasional, ""}} {
		if s := f.At(c.at); s.Tier != c.tier || s.FallsTo != c.falls || s.Counts.Spend["USD"] < 0 {
			t.Errorf("%v: %+v", c.at, s)
		}
	}
	if s := f.At(day(2025, 1, 13)); s.Counts.Orders != 0 || s.Counts.Spend["USD"] != 0 {
		t.Errorf("what is left of an order that came back: %+v", s.Counts)
	}
	f.Purchases[0].Gone = day(2025, 1, 12)
	if s := f.At(day(2025, 6, 1)); s.Tier != value.Occasional {
		t.Errorf("a cancelled order still counts: %+v", s)
	}
}

func TestAGrantEndsByItself(t *testing.T) {
	f := value.Facts{Rules: []value.Rules{usual}, Zone: time.UTC,
		Grants: []value.Grant{{Tier: value.VeryLoyal, Reason: "a parcel lost twice", From: day(2025, 3, 1), Until: day(2025, 6, 1)}}}
	for at, want := range map[time.Time]value.Tier{day(2025, 2, 1): value.Occasional, day(2025, 3, 1): value.VeryLoyal, day(2025, 5, 31): value.VeryLoyal, day(2025, 6, 1): value.Occasional} {
		if s := f.At(at); s.Tier != want || s.Earned != value.Occasional || (s.Grant != nil) != (want == value.VeryLoyal) {
			t.Errorf("%v: %+v", at, s)
		}
	}
}

// Thresholds that rise take nothing from anybody before their review and
// notice; thresholds that fall lift people at once.
func TestChangedThresholds(t *testing.T) {
	f := value.Facts{Rules: []value.Rules{usual}, Zone: time.UTC, Purchases: []value.Purchase{bought("A", day(2025, 1, 10), 40_00), bought("B", day(2025, 1, 20), 40_00)}}
	harder := usual
	harder.Since, harder.Loyal = day(2025, 2, 10), value.Rule{Orders: 4}
	f.Rules = append(f.Rules, harder)
	for at, want := range map[time.Time]value.Tier{day(2025, 2, 11): value.Loyal, day(2025, 4, 29): value.Loyal, day(2025, 5, 1): value.Occasional} {
		if s := f.At(at); s.Tier != want {
			t.Errorf("%v: %+v", at, s)
		}
	}
	easier := usual
	easier.Since, easier.Loyal = day(2025, 2, 10), value.Rule{Orders: 1}
	f = value.Facts{Rules: []value.Rules{usual, easier}, Zone: time.UTC, Purchases: []value.Purchase{bought("A", day(2025, 1, 10), 40_00)}}
	if s := f.At(day(2025, 2, 11)); s.Tier != value.Loyal || s.Steps[0].Cause != value.ByRules {
		t.Errorf("%+v", s)
	}
}

// Any life: the walk to an instant never disagrees with the walk beyond it, no
// tier falls but at a review with sixty days' notice, and more purchases never
// mean less.
func TestTiersOfAnyLife(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	zone := time.FixedZone("far", 8*3600)
	for range 60 {
		f := value.Facts{Rules: []value.Rules{usual}, Zone: zone}
		at := day(2023, 1, 1)
		for range rng.IntN(14) {
			at = at.Add(time.Duration(rng.IntN(100*24)) * time.Hour)
			p := bought(at.String(), at, money.Amount(rng.IntN(500_00)))
			if rng.IntN(4) == 0 {
				p.Back = []value.Back{{At: at.AddDate(0, 0, rng.IntN(40)), Amount: money.Amount(rng.IntN(600_00))}}
			}
			f.Purchases = append(f.Purchases, p)
		}
		last := f.At(day(2022, 12, 31))
		var told time.Time
		var steps []value.Step
		for now := day(2023, 1, 1); now.Before(day(2027, 1, 1)); now = now.Add(24 * time.Hour) {
			s := f.At(now)
			if slices.Index(value.Tiers, s.Tier) < slices.Index(value.Tiers, last.Tier) {
				local := s.Since.In(zone)
				if local.Day() != 1 || local.Hour() != 0 || told.IsZero() || s.Since.Sub(told) < 60*24*time.Hour {
					t.Fatalf("fell at %v, told at %v: %+v", s.Since, told, f.Purchases)
				}
			}
			if len(s.Steps) < len(steps) || !slices.Equal(s.Steps[:len(steps)], steps) {
				t.Fatalf("the past changed at %v: %v, then %v", now, steps, s.Steps)
			}
			told, last, steps = s.Noticed, s, s.Steps
		}
	}
}

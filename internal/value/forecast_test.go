package value_test

import (
	"math"
	"sort"
	"testing"
	"time"

	"regulars/internal/value"
)

// known is what is known of people at the end of a day, and what the weeks
// after it brought.
func known(people map[string]*history, end time.Time, weeks float64) (all []value.Person, days, later, laterSpent []float64) {
	var names []string
	for who := range people {
		names = append(names, who)
	}
	sort.Strings(names)
	counts, spent, later, laterSpent := split(people, end, weeks)
	before := end.Add(-time.Duration(weeks * float64(week)))
	for _, who := range names {
		h := people[who]
		if h.days[0].After(end) {
			continue
		}
		p := value.Person{Count: counts[len(all)], Spent: spent[len(all)]}
		for i, day := range h.days {
			if day.After(end) {
				break
			}
			p.Days, p.Total = p.Days+1, p.Total+h.amount[i]
			days = append(days, h.amount[i])
			if day.After(before) {
				p.Recent, p.RecentSpent = p.Recent+1, p.RecentSpent+h.amount[i]
			}
		}
		all = append(all, p)
	}
	return all, days, later, laterSpent
}

// The protocol of the design: what Online Retail II knows at the end of
// 2011-06-10 of everybody who had bought by then, against the 26 weeks that
// the file goes on. A purchase is a day; returns are not in the cleaned file.
// The past rate is further purchases per week of age.
func TestAHalfYearOfOnlineRetail(t *testing.T) {
	people := read(t, "online_retail_orders.csv.gz", "customer_id", "ordered_at", func(row map[string]string) float64 {
		return number(t, row["quantity"]) * number(t, row["unit_price"])
	})
	all, days, later, laterSpent := known(people, time.Date(2011, 6, 10, 0, 0, 0, 0, time.UTC), 26)
	f, err := value.Learn(all, days, 26, 1)
	if err != nil {
		t.Fatal(err)
	}
	rate := func(i int) float64 { return float64(all[i].X) / max(all[i].Age, 1./7) * 26 }
	t.Logf("%d people, %+v %+v, cap %.0f, related %.2f", len(all), *f.Buying, *f.Worth, f.Cap, f.Related)
	figure := func(what string, forecast func(i int) float64, truth []float64) float64 {
		mae, total := off(forecast, truth)
		t.Logf("%-40s mean error %.4f, in all %+.1f %%", what, mae, 100*total)
		return mae
	}
	figure("purchases, past rate", rate, later)
	figure("purchases, BG/NBD alone", func(i int) float64 { return f.Buying.Expected(all[i].Count, 26) }, later)
	figure("purchases, mean", func(i int) float64 { return f.Purchases(all[i]) }, later)
	whole := figure("purchases, whole", func(i int) float64 { return float64(f.Whole(all[i])) }, later)
	past := figure("spending, past rate", func(i int) float64 { return rate(i) * all[i].Spent.Mean }, laterSpent)
	spending := figure("spending", func(i int) float64 { return f.Spending(all[i]) }, laterSpent)
	if whole > 1 {
		t.Errorf("purchases are off by %.3f, want 1 at most", whole)
	}
	if spending >= past || spending >= 609.9 {
		t.Errorf("spending is off by %.1f, the past rate by %.1f", spending, past)
	}
	for i, p := range all {
		for _, v := range []float64{f.Purchases(p), f.PerPurchase(p), f.Spending(p), f.Alive(p), f.Silent(p, 13), f.Years(p)} {
			if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
				t.Fatalf("person %d: %v of %+v", i, v, p)
			}
		}
	}
}

func TestFourOfFiveLieInTheirRange(t *testing.T) {
	all, days, later, _ := known(cdnow(t, "cdnow_sample.csv.gz", "sample_customer"), cdnowEnd, 39)
	f, err := value.Learn(all, days, 39, 1)
	if err != nil {
		t.Fatal(err)
	}
	in, again, of := 0., 0., 0.
	for i, p := range all {
		r, s := f.Ranges(p)
		if s.Low < 0 || s.High < s.Low || r.High < r.Low || math.IsNaN(s.High) {
			t.Fatalf("%+v: %v %v", p, r, s)
		}
		inside := later[i] >= math.Floor(r.Low) && later[i] <= math.Ceil(r.High)
		if inside {
			in++
		}
		if p.X > 0 {
			of++
			if inside {
				again++
			}
		}
	}
	t.Logf("%.1f %% of all and %.1f %% of repeat buyers lie in their range", 100*in/float64(len(all)), 100*again/of)
	if in/float64(len(all)) < .8 || again/of < .77 {
		t.Error("fewer than four of five")
	}
}

// Somebody who bought once is not sure to be here, and the longer they are
// silent the less; BG/NBD alone would say 1.
func TestOneTimeBuyersAreNotAllAlive(t *testing.T) {
	m := &value.Model{Kind: value.Leaving, R: .525, Alpha: 6.18, A: .891, B: 1.614}
	before := 1.0
	for _, age := range []float64{1, 10, 30, 100, 1000} {
		alive := m.Alive(value.Count{Age: age})
		if alive >= before || alive <= 0 {
			t.Errorf("%v weeks after the only purchase: %v, before %v", age, alive, before)
		}
		before = alive
	}
	if (&value.Model{Kind: value.Buying, R: .243, Alpha: 4.414, A: .793, B: 2.426}).Alive(value.Count{Age: 1000}) != 1 {
		t.Error("BG/NBD knows no end before the second purchase")
	}
}

// Whatever the numbers, a forecast is a number, and not below nothing.
func TestForecastsAreNeverNegative(t *testing.T) {
	for _, kind := range []value.Kind{value.Buying, value.Leaving} {
		for _, a := range []float64{.02, .5, .999999, 1, 1.000001, 2, 50} {
			for _, b := range []float64{.02, 1, 60} {
				for _, r := range []float64{.02, 1, 50} {
					m := &value.Model{Kind: kind, R: r, Alpha: 4, A: a, B: b}
					for _, c := range []value.Count{{}, {Age: 500}, {X: 1, Last: 1, Age: 1}, {X: 400, Last: 99, Age: 100}, {X: 400, Last: 1, Age: 100}, {X: 3, Last: 0.1, Age: 2000}} {
						before := 0.0
						for _, weeks := range []float64{0, .1, 1, 52, 520} {
							e := m.Expected(c, weeks)
							if math.IsNaN(e) || e < before-1e-6*before-1e-9 || math.IsInf(e, 0) {
								t.Fatalf("%+v %+v %v weeks: %v after %v", *m, c, weeks, e, before)
							}
							before = e
						}
						if p := m.Alive(c); math.IsNaN(p) || p < 0 || p > 1 {
							t.Fatalf("%+v %+v alive %v", *m, c, p)
						}
					}
				}
			}
		}
	}
}

func TestTooFewPeopleGetACohortInstead(t *testing.T) {
	people := make([]value.Person, 40)
	if _, err := value.Learn(people, nil, 52, 1); err != value.ErrTooFew {
		t.Errorf("40 people who never came back: %v", err)
	}
	c := value.Together([]float64{10, 20, 30, 40})
	near(t, "the mean", c.Mean, 25, 0)
	near(t, "low", c.Range.Low, 12.349, .001)
	near(t, "high", c.Range.High, 37.651, .001)
	if c := value.Together([]float64{5}); c.Range != (value.Range{}) || c.Mean != 5 {
		t.Errorf("one person: %+v", c)
	}
}

func TestASeasonNeedsTwoYearsThatAgree(t *testing.T) {
	year := func(high float64) []float64 {
		weeks := make([]float64, 52)
		for i := range weeks {
			weeks[i] = 100
			if i < 13 {
				weeks[i] = 100 * high
			}
		}
		return weeks
	}
	for _, c := range []struct {
		name   string
		weekly []float64
		want   float64
	}{
		{"one year", year(2), 1},
		{"two that agree", append(year(2), year(2)...), 1.55},
		{"two that do not", append(year(.5), year(2)...), 1},
		{"the smaller counts", append(year(1.2), year(2)...), 1.13},
	} {
		near(t, c.name, value.SeasonOf(c.weekly, 13), c.want, .02)
	}
}

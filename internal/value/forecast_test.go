package value_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"regulars/internal/customer"
	"regulars/internal/money"
	"regulars/internal/value"
)

// known is what is known of people at the end of a day, and what the weeks
// after it brought. Their accounts go on after that day: what looks at them
// must not look there.
func known(people map[string]*history, end time.Time, weeks float64) (accounts []value.Account, all []value.Person, later, laterSpent []float64) {
	var names []string
	for who := range people {
		names = append(names, who)
	}
	sort.Strings(names)
	_, _, later, laterSpent = split(people, end, weeks)
	for _, who := range names {
		h := people[who]
		if h.days[0].After(end) {
			continue
		}
		a := value.Account{Customer: customer.ID(len(accounts) + 1)}
		for i, day := range h.days {
			a.Days = append(a.Days, value.Day{At: day, Net: money.Amount(math.Round(100 * h.amount[i]))})
		}
		accounts, all = append(accounts, a), append(all, a.Known(end, weeks))
	}
	return accounts, all, later, laterSpent
}

// coverage is how many lie in their range, and how many would by a range that
// is drawn at the borders so that whole numbers do not matter (the randomized
// probability integral transform); said is what the ranges themselves promise.
func coverage(f *value.Forecast, all []value.Person, later []float64) (in, smooth, said float64) {
	for i, p := range all {
		r, _ := f.Ranges(p)
		if later[i] >= r.Low && later[i] <= r.High {
			in++
		}
		said += r.Chance
		chances, below := f.Chances(p), 0.0
		for n, c := range chances {
			if float64(n) == later[i] && c > 0 {
				smooth += max(0, min(below+c, .9)-max(below, .1)) / c
			}
			below += c
		}
	}
	n := float64(len(all))
	return in / n, smooth / n, said / n
}

// The protocol of the design: what Online Retail II knows at the end of
// 2011-06-10 of everybody who had bought by then, against the 26 weeks that
// the file goes on. A purchase is a day; returns are not in the cleaned file.
// The past rate is further purchases per week of age.
func TestAHalfYearOfOnlineRetail(t *testing.T) {
	people := read(t, "online_retail_orders.csv.gz", "customer_id", "ordered_at", func(row map[string]string) float64 {
		return number(t, row["quantity"]) * number(t, row["unit_price"])
	})
	end := time.Date(2011, 6, 10, 0, 0, 0, 0, time.UTC)
	accounts, all, later, laterSpent := known(people, end, 26)
	f, err := value.Learn(accounts, end, 26, 1)
	if err != nil {
		t.Fatal(err)
	}
	rate := func(i int) float64 { return float64(all[i].X) / max(all[i].Age, 1./7) * 26 }
	t.Logf("%d people, %+v %+v, cap %.0f, related %.2f; chosen by a trial of %.0f weeks: leaving %.1f, past %.1f, level %.2f", len(all), *f.Buying, *f.Worth, f.Cap, f.Related, f.TriedWeeks, f.Left, f.Past, f.Level)
	figure := func(what string, forecast func(i int) float64, truth []float64) float64 {
		mae, total := off(forecast, truth)
		t.Logf("%-40s mean error %.4f, in all %+.1f %%", what, mae, 100*total)
		return mae
	}
	figure("purchases, past rate", rate, later)
	figure("purchases, BG/NBD alone", func(i int) float64 { return f.Buying.Expected(all[i].Count, 26) }, later)
	mean := figure("purchases, mean", func(i int) float64 { return f.Purchases(all[i]) }, later)
	likely := figure("purchases, most likely", func(i int) float64 { return float64(f.Likely(all[i])) }, later)
	past := figure("spending, past rate", func(i int) float64 { return rate(i) * all[i].Spent.Mean / 100 }, laterSpent)
	spending := figure("spending", func(i int) float64 { return f.Spending(all[i]) / 100 }, laterSpent)
	if mean > 1 || likely > mean {
		t.Errorf("purchases are off by %.3f as a mean and %.3f as the most likely number, want 1 at most and less", mean, likely)
	}
	if spending >= past || spending >= 609.9 {
		t.Errorf("spending is off by %.1f, the past rate by %.1f", spending, past)
	}
	in, smooth, said := coverage(f, all, later)
	t.Logf("%.1f %% lie in their range, which promised %.1f; %.1f with whole numbers drawn apart", 100*in, 100*said, 100*smooth)
	if smooth < .77 || smooth > .83 {
		t.Error("the chances are not those of what came")
	}
	for i, p := range all {
		for _, v := range []float64{f.Purchases(p), f.PerPurchase(p), f.Spending(p), f.Alive(p), f.Silent(p, 13), f.Years(p)} {
			if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
				t.Fatalf("person %d: %v of %+v", i, v, p)
			}
		}
	}
}

// The same of CDNOW: 39 weeks, held against the 39 after.
func TestFourOfFiveLieInTheirRange(t *testing.T) {
	accounts, all, later, laterSpent := known(cdnow(t, "cdnow_sample.csv.gz", "sample_customer"), cdnowEnd, 39)
	f, err := value.Learn(accounts, cdnowEnd, 39, 1)
	if err != nil {
		t.Fatal(err)
	}
	mean, total := off(func(i int) float64 { return f.Purchases(all[i]) }, later)
	likely, _ := off(func(i int) float64 { return float64(f.Likely(all[i])) }, later)
	t.Logf("chosen by a trial of %.1f weeks: leaving %.1f, past %.1f, level %.2f", f.TriedWeeks, f.Left, f.Past, f.Level)
	t.Logf("39 weeks: mean error %.4f (in all %+.1f %%), of the most likely number %.4f", mean, 100*total, likely)
	if mean > .785 || likely > mean {
		t.Errorf("the 39 weeks after are off by %.4f, most likely %.4f; want .785 at most and less", mean, likely)
	}
	in, smooth, said := coverage(f, all, later)
	t.Logf("%.1f %% lie in their range, which promised %.1f; %.1f with whole numbers drawn apart", 100*in, 100*said, 100*smooth)
	if in < .77 || in > .83 || smooth < .77 || smooth > .83 {
		t.Error("these are not four of five")
	}
	spent := 0.
	for i, p := range all {
		r, s := f.Ranges(p)
		if s.Low < 0 || s.High < s.Low || r.High < r.Low || math.IsNaN(s.High) || r.Chance <= 0 || r.Chance > 1 {
			t.Fatalf("%+v: %v %v", p, r, s)
		}
		if v := 100 * laterSpent[i]; v >= s.Low-1 && v <= s.High+1 {
			spent++
		}
	}
	t.Logf("of spending %.1f %% lie in their range; tenths: %s", 100*spent/float64(len(all)), tenths(f, all, later))
}

// tenths are the errors of the sums of ten groups, the best customers first.
func tenths(f *value.Forecast, all []value.Person, later []float64) (words string) {
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool { return f.Purchases(all[order[i]]) > f.Purchases(all[order[j]]) })
	for k := range 10 {
		var told, came float64
		for _, i := range order[k*len(order)/10 : (k+1)*len(order)/10] {
			told, came = told+f.Purchases(all[i]), came+later[i]
		}
		words += fmt.Sprintf("%.0f for %.0f (%+.0f %%) ", told, came, 100*(told/came-1))
	}
	return words
}

// Chances are chances, and their mean is what sums are made of; what is chosen
// is chosen from what was known: histories that go on after the day, and
// differently, change nothing.
func TestNothingIsLearnedFromAfterTheDay(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 8))
	var whole, cut []value.Account
	for i := range 600 {
		a := value.Account{Customer: customer.ID(i + 1)}
		for d := 700 - rng.IntN(300); d > -200 && len(a.Days) < 40; d -= 5 + rng.IntN(20+i) {
			a.Days = append(a.Days, value.Day{At: today.AddDate(0, 0, -d), Net: money.Amount(500 + rng.IntN(5000))})
		}
		c := value.Account{Customer: a.Customer}
		for _, d := range a.Days {
			if !d.At.After(today) {
				c.Days = append(c.Days, d)
			}
		}
		whole, cut = append(whole, a), append(cut, c)
	}
	f, err := value.Learn(whole, today, 26, 1)
	if err != nil {
		t.Fatal(err)
	}
	g, err := value.Learn(cut, today, 26, 1)
	if err != nil || f.Tried == 0 || !cmp.Equal(f, g) {
		t.Errorf("%v\n%+v\n%+v", err, f, g)
	}
	for i := range cut {
		p := cut[i].Known(today, 26)
		sum, mean := 0.0, 0.0
		for n, c := range f.Chances(p) {
			if c < 0 {
				t.Fatalf("%+v: a chance of %v", p, c)
			}
			sum, mean = sum+c, mean+float64(n)*c
		}
		near(t, "all chances", sum, 1, 1e-9)
		near(t, "their mean", mean, f.Purchases(p), 1e-3*(1+f.Purchases(p)))
		r, _ := f.Ranges(p)
		if likely := float64(f.Likely(p)); likely < 0 || r.Chance < f.Level {
			t.Fatalf("%+v: %v in %+v", p, likely, r)
		}
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
	people := make([]value.Account, 40)
	for i := range people {
		people[i].Days = []value.Day{{At: today.AddDate(0, 0, -i), Net: 100}}
	}
	if _, err := value.Learn(people, today, 52, 1); err != value.ErrTooFew {
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

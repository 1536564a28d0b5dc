package analytics

import (
	"cmp"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/mathext"
)

// Trends are told from days of 24 hours that end now: the last one against the
// four weeks before it.
const (
	trendWeeks = 4
	// TrendDays is how many days are looked at, the last one included.
	TrendDays = trendWeeks*7 + 1
	// TrendLeast is from how many different visitors of the last day something
	// can be a trend at all.
	TrendLeast = 5
	// trendTimes is how many times the usual it must be, however sure the rise:
	// less is for nobody to act upon.
	trendTimes = 2
	// trendAlarms is how often a day without anything new may flag something.
	trendAlarms = 0.01
	// leastUsual stands for what was never asked for before: never is not known.
	leastUsual = 0.1
)

// Trend is something that more people look for or at than usual.
type Trend struct {
	Words     string  // looked for; or
	ProductID int64   // looked at
	Visitors  int     // of the last day
	Before    int     // visitors of the four weeks before, each day's added up
	Usual     float64 // what they let expect of the last day
	Times     float64 // Visitors over Usual
	Days      [TrendDays]int
	Since     time.Time // when the first of these days with so many began
}

// interest is how many different visitors something had on each day, the last
// day first.
type interest struct {
	words   string
	product int64
	days    [TrendDays]int
}

// rising are those of all that rise beyond chance, the most certain first. What
// is usual for a thing is the mean of its four weeks, or of the same days of
// the week where that is more, so that a weekly rhythm is no trend; times what
// the whole shop has more of on the last day, so that a busy day is none
// either. Counts scatter more than a Poisson's: by as much as they did around
// their days of the week. The bar is shared by all that could be flagged
// (Bonferroni).
func rising(all []interest, now time.Time) []Trend {
	var shop [TrendDays]int
	could := 0
	for _, i := range all {
		for d, n := range i.days {
			shop[d] += n
		}
		if i.days[0] >= TrendLeast {
			could++
		}
	}
	busy := math.Max(1, float64(shop[0])/math.Max(1, usual(shop)))
	type sure struct {
		Trend
		p float64
	}
	var found []sure
	for _, i := range all {
		expected := math.Max(usual(i.days), leastUsual)
		// A thing that is most of the shop's interest must not hide behind the
		// busy day that it makes itself.
		others := math.Max(1, float64(shop[0]-i.days[0])/math.Max(1, usual(without(shop, i.days))))
		expected *= math.Min(busy, others)
		n := i.days[0]
		if n < TrendLeast || float64(n) < trendTimes*expected {
			continue
		}
		scatter := scattered(i.days)
		p := mathext.GammaIncReg(float64(n)/scatter, expected/scatter) // P(X ≥ n) of a Poisson, both by the scatter
		if p > trendAlarms/float64(could) {
			continue
		}
		t := Trend{Words: i.words, ProductID: i.product, Visitors: n, Usual: expected, Times: float64(n) / expected, Days: i.days}
		for d := 1; d < TrendDays; d++ {
			t.Before += i.days[d]
		}
		began := 0
		for began+1 < TrendDays && i.days[began+1] >= TrendLeast && float64(i.days[began+1]) >= trendTimes*expected {
			began++
		}
		t.Since = now.Add(-time.Duration(began+1) * 24 * time.Hour)
		found = append(found, sure{t, p})
	}
	slices.SortStableFunc(found, func(a, b sure) int {
		return cmp.Or(cmp.Compare(a.p, b.p), cmp.Compare(b.Visitors, a.Visitors), cmp.Compare(a.Words, b.Words), cmp.Compare(a.ProductID, b.ProductID))
	})
	out := make([]Trend, len(found))
	for i, f := range found {
		out[i] = f.Trend
	}
	return out
}

func without(all, part [TrendDays]int) [TrendDays]int {
	for d := range all {
		all[d] -= part[d]
	}
	return all
}

// usual is what the days before let one expect of the last.
func usual(days [TrendDays]int) float64 {
	total, same := 0, 0
	for d := 1; d < TrendDays; d++ {
		total += days[d]
		if d%7 == 0 {
			same += days[d]
		}
	}
	return math.Max(float64(total)/(trendWeeks*7), float64(same)/trendWeeks)
}

// scattered is how many times a Poisson's variance the days before had around
// the means of their days of the week; at least once.
func scattered(days [TrendDays]int) float64 {
	sum := 0.0
	for weekday := range 7 {
		mean := 0.0
		for d := weekday; d < TrendDays; d += 7 {
			if d > 0 {
				mean += float64(days[d]) / trendWeeks
			}
		}
		for d := weekday; d < TrendDays; d += 7 {
			if d > 0 {
				sum += (float64(days[d]) - mean) * (float64(days[d]) - mean) / math.Max(mean, 0.25)
			}
		}
	}
	return math.Max(1, sum/(7*(trendWeeks-1)))
}

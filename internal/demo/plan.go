package demo

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// visit is one session that will be told.
type visit struct {
	at     time.Time
	who    int
	aim    int8 // look, leave or buy
	signed bool // a cart left behind that belongs to the account
	first  *good
}

const (
	look int8 = iota
	leave
	buy
)

// The figures of the usual crowd; others are in proportion.
const (
	usualSessions  = 60_000
	usualCarts     = 18_300
	usualOrders    = 5_500
	usualQuestions = 800 // asked from a cart; the authored ones come on top
	usualOldOwners = 96  // of the program whose next version is out
	oldProgram     = "SW02"
)

func (b *builder) scaled(n int) int {
	return int(math.Round(float64(n) * float64(b.opt.Shoppers) / usualShoppers * float64(b.opt.Days) / usualDays))
}

// spread shares total out in proportion to weights; the parts sum up exactly.
func spread(total int, weights []float64) []int {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	parts := make([]int, len(weights))
	if sum == 0 {
		return parts
	}
	run, given := 0.0, 0
	for i, w := range weights {
		run += w
		parts[i] = int(math.Round(run/sum*float64(total))) - given
		given += parts[i]
	}
	return parts
}

// plan lays down who comes when and what for, in the order of time.
func (b *builder) plan() []visit {
	n := len(b.shoppers)
	orders := b.scaled(usualOrders)
	yearAgo := b.now.AddDate(0, 0, -365)
	recent, early := make([]int, n), make([]int, n)
	lively, old := make([]float64, n), make([]float64, n)
	sum := 0
	for i := range b.shoppers {
		s := &b.shoppers[i]
		recent[i] = s.yearly
		sum += s.yearly
		lively[i] = float64(s.yearly) + .05
		if s.joined.Before(yearAgo.AddDate(0, 0, -14)) {
			old[i] = float64(s.yearly) + .25
		}
	}
	if b.opt.Days > 365 && sum <= orders {
		early = spread(orders-sum, old)
	} else {
		recent = spread(orders, lively)
	}
	var visits []visit
	add := func(who int, aim int8, count int, from, to time.Time) {
		for range count {
			visits = append(visits, visit{at: b.moment(from, to), who: who, aim: aim})
		}
	}
	// Carts that are left and visits that only look fall into the two years as
	// the orders do, or the abandon rate would jump where the last year begins.
	ofLate := 1.0
	if bought := total(recent) + total(early); bought > 0 {
		ofLate = float64(total(recent)) / float64(bought)
	}
	left, leftOld := make([]float64, n), make([]float64, n)
	for i := range left {
		left[i] = 1 + .5*float64(b.shoppers[i].yearly)
		if old[i] > 0 {
			leftOld[i] = left[i]
		}
	}
	end := b.now.Add(-20 * time.Minute)
	halves := func(count int) (late, before []int) {
		lately := int(math.Round(float64(count) * ofLate))
		if late = spread(lately, left); lately == count {
			return late, make([]int, n)
		}
		return late, spread(count-lately, leftOld)
	}
	lateCarts, earlyCarts := halves(b.scaled(usualCarts) - orders)
	lateLooks, earlyLooks := halves(b.scaled(usualSessions) - b.scaled(usualCarts))
	for i := range b.shoppers {
		from := latest(b.shoppers[i].joined, b.start)
		late := from
		if total(early) > 0 {
			late = latest(from, yearAgo)
		}
		add(i, buy, recent[i], latest(from, yearAgo), end)
		add(i, buy, early[i], from, yearAgo)
		add(i, leave, lateCarts[i], late, end)
		add(i, leave, earlyCarts[i], from, yearAgo)
		add(i, look, lateLooks[i], late, end)
		add(i, look, earlyLooks[i], from, yearAgo)
	}
	slices.SortStableFunc(visits, func(a, c visit) int {
		return cmp.Or(a.at.Compare(c.at), cmp.Compare(a.who, c.who), cmp.Compare(a.aim, c.aim))
	})
	b.mark(visits)
	return visits
}

func total(counts []int) (sum int) {
	for _, n := range counts {
		sum += n
	}
	return sum
}

func latest(a, c time.Time) time.Time {
	if c.After(a) {
		return c
	}
	return a
}

// mark says which visits are special: the purchases of the old program and of
// the upgrade by its owners, and the carts that lie in an account now. An account has one open cart, the
// last; all others were left by a browser that nobody was signed in with.
func (b *builder) mark(visits []visit) {
	old, next := b.byCode[oldProgram], b.byCode["SW01"]
	owners := b.scaled(usualOldOwners)
	has, renewed := map[int]bool{}, map[int]bool{}
	for i := range visits {
		v := &visits[i]
		kind := kinds[b.shoppers[v.who].kind].segment
		drafts := kind == "engineer" || kind == "maker" || kind == "teacher"
		if v.aim == buy && drafts && !has[v.who] && len(has) < owners && v.at.Before(next.from) {
			v.first, has[v.who] = old, true
		} else if v.aim == buy && has[v.who] && !v.at.Before(next.from) && v.who%2 == 0 && !renewed[v.who] {
			v.first, renewed[v.who] = next, true
		}
	}
	seen := map[int]bool{}
	for i := len(visits) - 1; i >= 0; i-- {
		v := &visits[i]
		if v.aim != look && !seen[v.who] {
			seen[v.who] = true
			v.signed = v.aim == leave && v.who%2 == 0
		}
	}
}

// busy is how full the shop is in each month, against the quietest.
var busy = [13]float64{0, 1, 1, 1, 1, 1.25, 1, 1, 1, 1.15, 1, 1.35, 1.35}

// hours holds a day of visits by the hour, most in the evening.
var hours = []int{7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 12, 13, 13, 14, 15, 16, 17, 18, 18, 19, 19, 19, 20, 20, 20, 20, 21, 21, 21, 22, 22, 23, 0}

// moment is a time between two, by the rhythm of year, week and day.
func (b *builder) moment(from, to time.Time) time.Time {
	span := max(to.Sub(from), time.Minute)
	at := from
	for range 6 {
		at = from.Add(time.Duration(b.rng.Int64N(int64(span))))
		full := busy[at.Month()]
		if at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
			full *= 1.15
		}
		if b.rng.Float64()*1.6 < full {
			break
		}
	}
	clock := at.Truncate(24 * time.Hour).Add(time.Duration(hours[b.rng.IntN(len(hours))]) * time.Hour)
	clock = clock.Add(time.Duration(b.rng.IntN(3600)) * time.Second)
	if clock.Before(from) || clock.After(to) {
		return at.Truncate(time.Second)
	}
	return clock
}

package value

import (
	"cmp"
	"math"
	"math/big"
	"slices"
	"time"

	"regulars/internal/customer"
	"regulars/internal/money"
)

// Definition names how values are counted. It changes with the counting, so
// that nobody compares figures of two.
const Definition = "2: order days in the shop's zone; goods after discounts and refunds, no delivery, no gift cards; other currencies by the median of the shop's own prices; goods by the cost frozen with the order, else by the margin; 365 days"

// Class is what a customer contributes, among all. It is for staff alone.
type Class string

const (
	ClassA Class = "A"
	ClassB Class = "B"
	ClassC Class = "C"
	ClassN Class = "N" // younger than 90 days: too early to tell
	ClassD Class = "D" // costs more than they bring
)

// Classes lists every class in the order of reading.
var Classes = []Class{ClassA, ClassB, ClassC, ClassN, ClassD}

// young is for how many days somebody is new.
const young = 90

// Day is a day on which somebody bought, with what stayed of it, in minor
// units of the shop's currency. Of Net, Costed is what has a cost frozen with
// its order; it left Earned after tax and goods.
type Day struct {
	At             time.Time // midnight of the shop
	Net            money.Amount
	Costed, Earned money.Amount
}

func (d *Day) add(o Day) {
	d.Net, d.Costed, d.Earned = d.Net+o.Net, d.Costed+o.Costed, d.Earned+o.Earned
}

// Account is what a value is counted from: days in order, and what the person
// cost in the last 365 days.
type Account struct {
	Customer           customer.ID
	Days               []Day
	Lost               []Day // goods that left and whose money went back: Net is what they cost
	Returns, Questions int
	Departments        int
}

// Terms are the shop's own words about worth.
type Terms struct {
	Margin                   money.BasisPoints
	ReturnCost, QuestionCost money.Amount
	ByPeople                 bool // A and B end at shares of the people, not of the contribution
	A, B                     int  // in percent
}

// Score is what one customer is worth.
type Score struct {
	Customer     customer.ID
	Class        Class
	Recency      int // days since the last order day
	Frequency    int // order days in 365
	Net          money.Amount
	NetBefore    money.Amount // of the 365 days before these
	NetEver      money.Amount
	Contribution money.Amount // of 365 days
	Costed       money.Amount // of Net: with a cost frozen with the order
	Earned       money.Amount // what that left after tax and goods
	Lost         money.Amount // what goods cost whose money went back
	Returns      int          // of 365 days
	Questions    int
	R, F, M      int // 1 to 5, 5 is best
	Counts       Person
	Spending     money.Amount // forecast of 365 days
	Alive        float64
	Departments  int
}

// Cuts are where a score steps up: 5 for a recency of at most R[0] days, 4 up
// to R[1] and so on; for frequency and spending 1 up to F[0], 2 up to F[1] …
// FixedF says that too many people share one frequency for quintiles.
type Cuts struct {
	R, F, M [4]float64
	FixedF  bool
}

// fixedF is used where more than a fifth share one frequency.
var fixedF = [4]float64{0, 1, 2, 4}

// Found is what a count of everybody found, for the pages that explain it.
type Found struct {
	Definition string
	Made       time.Time
	Currency   money.Currency
	Rates      map[money.Currency]float64 // minor units of the shop's currency for one of that
	People     int
	Repeaters  int
	Costed     float64           // share of what was bought in 365 days whose costs are frozen with the orders
	Margin     money.BasisPoints // what all of it left after the goods, the rest by the margin as set
	Cuts       Cuts
	LastA      money.Amount // the least contribution of an A, and of a B
	LastB      money.Amount
	Forecast   *Forecast // nil below the limits of the data
	Season90   float64   // of the coming 13 weeks
	Cohort     Cohort    // what people spent in their first 365 days, or so far
	WholeYear  bool      // of the cohort: it had its 365 days
}

// Known are a person's numbers as the models ask for them on a day, for a
// stretch of weeks: what came after the day is not known.
func (a *Account) Known(today time.Time, weeks float64) (p Person) {
	if len(a.Days) == 0 || a.Days[0].At.After(today) {
		return p
	}
	first := a.Days[0].At
	p.Age = max(0, weeksBetween(first, today))
	from := today.Add(-time.Duration(weeks * 7 * 24 * float64(time.Hour)))
	for i, d := range a.Days {
		if d.At.After(today) {
			break
		}
		p.Days, p.Total = p.Days+1, p.Total+float64(d.Net)
		if i > 0 {
			p.X, p.Last = p.X+1, min(p.Age, weeksBetween(first, d.At))
			p.Spent.N, p.Spent.Mean = p.Spent.N+1, p.Spent.Mean+float64(d.Net)
		}
		if i > 0 && d.At.After(from) {
			p.Recent, p.RecentSpent = p.Recent+1, p.RecentSpent+float64(d.Net)
		}
	}
	if p.Spent.N > 0 {
		p.Spent.Mean /= float64(p.Spent.N)
	}
	return p
}

// year is the stretch of a forecast, in weeks.
const year = float64(Window) / 7

// Grade counts what everybody is worth on a day of the shop. The same accounts
// always get the same scores.
func Grade(accounts []Account, today time.Time, terms Terms) ([]Score, Found) {
	var scores []Score
	var people []Person
	weekly := weeksOf(accounts, today)
	for _, a := range accounts {
		if len(a.Days) == 0 {
			continue
		}
		s := a.score(today, terms)
		scores, people = append(scores, s), append(people, s.Counts)
	}
	found := Found{Definition: Definition, Made: today, People: len(scores), Season90: SeasonOf(weekly, 13)}
	for _, p := range people {
		if p.X > 0 {
			found.Repeaters++
		}
	}
	found.Margin = terms.Margin
	var net, costed, earned money.Amount
	for _, s := range scores {
		net, costed, earned = net+s.Net, costed+s.Costed, earned+s.Earned
	}
	if net > 0 && costed > 0 {
		found.Costed = float64(costed) / float64(net)
		found.Margin = money.BasisPoints(math.Round(float64(max(0, earned+terms.Margin.Of(net-costed))) / float64(net) * 10_000))
	}
	if len(weekly) >= 26 { // half a year
		if f, err := Learn(accounts, today, year, 1); err == nil {
			found.Forecast = f
			for i := range scores {
				scores[i].Alive = f.Alive(people[i])
				scores[i].Spending = money.Amount(math.Round(f.Spending(people[i])))
			}
		}
	}
	found.Cohort, found.WholeYear = firstYears(accounts, today)
	found.Cuts = cutsOf(scores)
	for i := range scores {
		scores[i].R, scores[i].F, scores[i].M = found.Cuts.of(&scores[i])
	}
	found.LastA, found.LastB = classify(scores, terms)
	slices.SortFunc(scores, func(a, b Score) int { return cmp.Compare(a.Customer, b.Customer) })
	return scores, found
}

func (a *Account) score(today time.Time, terms Terms) Score {
	s := Score{Customer: a.Customer, Counts: a.Known(today, year), Departments: a.Departments, Alive: 1}
	from, before := today.AddDate(0, 0, -Window), today.AddDate(0, 0, -2*Window)
	for _, d := range a.Days {
		s.NetEver += d.Net
		switch {
		case d.At.After(from):
			s.Net, s.Frequency = s.Net+d.Net, s.Frequency+1
			s.Costed, s.Earned = s.Costed+d.Costed, s.Earned+d.Earned
		case d.At.After(before):
			s.NetBefore += d.Net
		}
	}
	s.Recency = int(today.Sub(a.Days[len(a.Days)-1].At).Hours()/24 + .5)
	for _, d := range a.Lost {
		if d.At.After(from) {
			s.Lost += d.Net
		}
	}
	s.Returns, s.Questions = a.Returns, a.Questions
	s.Contribution = s.Earned + terms.Margin.Of(s.Net-s.Costed) - s.Lost - terms.ReturnCost.Times(a.Returns) - terms.QuestionCost.Times(a.Questions)
	switch {
	case s.Contribution < 0:
		s.Class = ClassD
	case s.Counts.Age*7 < young:
		s.Class = ClassN
	}
	return s
}

// classify sorts those who are neither new nor a cost into A, B and C. Equal
// contributions are of one class.
func classify(scores []Score, terms Terms) (lastA, lastB money.Amount) {
	slices.SortStableFunc(scores, func(a, b Score) int {
		return cmp.Or(cmp.Compare(b.Contribution, a.Contribution), cmp.Compare(a.Customer, b.Customer))
	})
	var all money.Amount
	n := 0
	for _, s := range scores {
		if s.Class == "" {
			all, n = all+s.Contribution, n+1
		}
	}
	var sum, last money.Amount
	at, class := 0, ClassA
	for i := range scores {
		s := &scores[i]
		if s.Class != "" {
			continue
		}
		// What those before brought decides, so that the one who crosses a cut
		// is still of the better class.
		done, whole := float64(sum), float64(all)
		if terms.ByPeople {
			done, whole = float64(at), float64(n)
		}
		if at == 0 || s.Contribution != last || terms.ByPeople { // shares of the people are exact, whatever is equal
			switch {
			case s.Contribution == 0 && !terms.ByPeople || done*100 >= whole*float64(terms.B):
				class = ClassC
			case done*100 >= whole*float64(terms.A):
				class = ClassB
			}
		}
		s.Class, last = class, s.Contribution
		sum, at = sum+s.Contribution, at+1
		switch class {
		case ClassA:
			lastA = s.Contribution
		case ClassB:
			lastB = s.Contribution
		}
	}
	return lastA, lastB
}

func cutsOf(scores []Score) (c Cuts) {
	if len(scores) == 0 {
		return c
	}
	var r, f, m []float64
	shared := map[int]int{}
	for _, s := range scores {
		r, f, m = append(r, float64(s.Recency)), append(f, float64(s.Frequency)), append(m, float64(s.Net))
		shared[s.Frequency]++
	}
	c.R, c.F, c.M = quintiles(r), quintiles(f), quintiles(m)
	for _, n := range shared {
		if n*5 > len(scores) {
			c.F, c.FixedF = fixedF, true
		}
	}
	return c
}

// quintiles are the values up to which the first four fifths reach.
func quintiles(all []float64) (cuts [4]float64) {
	slices.Sort(all)
	for i := range cuts {
		cuts[i] = all[(len(all)*(i+1)+4)/5-1]
	}
	return cuts
}

func step(v float64, cuts [4]float64) (over int) {
	for _, c := range cuts {
		if v > c {
			over++
		}
	}
	return over
}

// of scores one customer; equal values get equal scores.
func (c Cuts) of(s *Score) (r, f, m int) {
	return 5 - step(float64(s.Recency), c.R), 1 + step(float64(s.Frequency), c.F), 1 + step(float64(s.Net), c.M)
}

// weeksOf counts purchase days by week, the newest last, back to the first.
func weeksOf(accounts []Account, today time.Time) []float64 {
	first := today
	for _, a := range accounts {
		if len(a.Days) > 0 && a.Days[0].At.Before(first) {
			first = a.Days[0].At
		}
	}
	weeks := make([]float64, int(weeksBetween(first, today)))
	for _, a := range accounts {
		for _, d := range a.Days {
			if ago := int(weeksBetween(d.At, today)); ago >= 0 && ago < len(weeks) {
				weeks[len(weeks)-1-ago]++
			}
		}
	}
	return weeks
}

// firstYears is what people spent in their first 365 days; if nobody had so
// many yet, what they spent so far.
func firstYears(accounts []Account, today time.Time) (Cohort, bool) {
	var whole, sofar []float64
	for _, a := range accounts {
		if len(a.Days) == 0 {
			continue
		}
		end := a.Days[0].At.AddDate(0, 0, Window)
		sum := 0.0
		for _, d := range a.Days {
			if d.At.Before(end) {
				sum += float64(d.Net)
			}
		}
		sofar = append(sofar, sum)
		if !end.After(today) {
			whole = append(whole, sum)
		}
	}
	if len(whole) > 1 {
		return Together(whole), true
	}
	return Together(sofar), false
}

// Parts is a customer's value taken apart: what they bring = order value ×
// orders a year × years × (1 + word of mouth). Each part is rounded as people
// read it, and the total is of the rounded parts, so that it can be checked.
type Parts struct {
	PerOrder money.Amount
	PerYear  float64 // two digits
	Years    float64 // one digit
	Factor   float64 // two digits
	Total    money.Amount
	Margin   money.Amount // of the total
}

// PartsOf takes the value of somebody apart, from today on. The total is made of
// the parts as they are read, in whole numbers: half a cent goes up, nothing
// else is rounded.
func (f *Forecast) PartsOf(p Person, referral, margin money.BasisPoints) Parts {
	whole := func(v, digits float64) int64 { return int64(math.Round(v * digits)) }
	rate := (f.Leaving.R + float64(p.X)) / (f.Leaving.Alpha + p.Age) * year
	each, often, years, factor := whole(f.PerPurchase(p), 1), whole(rate, 100), whole(f.Years(p), 10), whole(1+float64(referral)/10_000, 100)
	const digits = 100 * 10 * 100
	total := big.NewInt(each)
	for _, n := range []int64{often, years, factor} {
		total.Mul(total, big.NewInt(n))
	}
	total.Add(total, big.NewInt(digits/2)).Div(total, big.NewInt(digits))
	parts := Parts{PerOrder: money.Amount(each), PerYear: float64(often) / 100, Years: float64(years) / 10, Factor: float64(factor) / 100, Total: money.Amount(total.Int64())}
	parts.Margin = margin.Of(parts.Total)
	return parts
}

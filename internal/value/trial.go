package value

import (
	"math"
	"time"
)

// Fewest buyers that must have come back in a trial for it to choose anything.
const fewestTried = 50

// Parts of a forecast where no trial could choose them.
const (
	usualLeft = 0
	usualPast = .25
)

// Learn fits the models to everybody as known on a day, for a stretch of weeks
// whose season is told. How much each part counts, and how wide ranges are, is
// chosen by a trial inside of what is known: the same is learned of an earlier
// day, as far back as the stretch is long or half of all time, and held
// against what came after. What comes after today is in none of it. Below the
// limits of the data it is ErrTooFew.
func Learn(accounts []Account, today time.Time, weeks, season float64) (*Forecast, error) {
	first := today
	for _, a := range accounts {
		if len(a.Days) > 0 && a.Days[0].At.Before(first) {
			first = a.Days[0].At
		}
	}
	f, people, err := fitted(accounts, today, weeks, season)
	if err != nil {
		return nil, err
	}
	f.Left, f.Past, f.Level = usualLeft, usualPast, usualLevel
	back := min(weeks, weeksBetween(first, today)/2)
	before := today.Add(-time.Duration(back * 7 * 24 * float64(time.Hour)))
	if back < 4 || before.After(today) {
		return f, nil
	}
	past, known, err := fitted(accounts, before, back, 1)
	if err != nil {
		return f, nil // too young for a trial
	}
	t := trial{past, known, cameAfter(accounts, before, today), 0, 0}
	for _, n := range t.came {
		if n > 0 {
			t.buyers++
		}
	}
	if t.buyers < fewestTried {
		return f, nil
	}
	t.choose()
	f.Left, f.Past, f.Level, f.Tried, f.TriedWeeks = past.Left, past.Past, t.level(), len(known), back
	f.Level = max(f.Level, f.claims(people))
	return f, nil
}

// fitted is a forecast whose parts are not chosen yet, with those it is of.
func fitted(accounts []Account, today time.Time, weeks, season float64) (*Forecast, []Person, error) {
	var people []Person
	var counts []Count
	var spent []Spent
	var days []float64
	for i := range accounts {
		p := accounts[i].Known(today, weeks)
		if p.Days == 0 {
			continue
		}
		people, counts = append(people, p), append(counts, p.Count)
		if p.Spent.N > 0 {
			spent = append(spent, p.Spent)
		}
		for _, d := range accounts[i].Days[:p.Days] {
			days = append(days, float64(d.Net))
		}
	}
	f := &Forecast{Weeks: weeks, Season: season, Related: Related(spent), Cap: Quantile(days, capShare)}
	var err error
	if f.Buying, err = Fit(Buying, counts); err != nil {
		return nil, nil, err
	}
	if f.Leaving, err = Fit(Leaving, counts); err != nil {
		return nil, nil, err
	}
	for i := range spent {
		spent[i].Mean = min(spent[i].Mean, f.Cap)
	}
	f.Worth, err = FitWorth(spent)
	return f, people, err
}

// cameAfter counts the purchase days of those known before, up to an end.
func cameAfter(accounts []Account, before, end time.Time) (came []int) {
	for _, a := range accounts {
		if len(a.Days) == 0 || a.Days[0].At.After(before) {
			continue
		}
		n := 0
		for _, d := range a.Days {
			if d.At.After(before) && !d.At.After(end) {
				n++
			}
		}
		came = append(came, n)
	}
	return came
}

// trial is a forecast of an earlier day beside what came.
type trial struct {
	f      *Forecast
	people []Person
	came   []int
	buyers int
	off    float64 // mean error of the parts chosen
}

// choose finds the parts whose forecast was off the least in the mean. At most
// half is "the same again": a shop changes.
func (t *trial) choose() {
	n := len(t.people)
	buying, leaving := make([]float64, n), make([]float64, n)
	for i, p := range t.people {
		buying[i], leaving[i] = t.f.Buying.Expected(p.Count, t.f.ahead()), t.f.Leaving.Expected(p.Count, t.f.ahead())
	}
	t.off = math.Inf(1)
	for left := 0; left <= 2; left++ {
		for past := 0; past <= 5; past++ {
			l, p, sum := float64(left)/2, float64(past)/10, 0.0
			for i := range t.people {
				sum += math.Abs((1-p)*((1-l)*buying[i]+l*leaving[i]) + p*float64(t.people[i].Recent) - float64(t.came[i]))
			}
			if off := sum / float64(n); off < t.off-1e-9 {
				t.off, t.f.Left, t.f.Past = off, l, p
			}
		}
	}
}

// Levels a range may have.
const (
	lowestLevel  = .4
	highestLevel = .96
	levelStep    = .02
)

// level is the one at which four of five people of the trial lay in their
// range (split conformal prediction, with the range's own chance as the score).
func (t *trial) level() float64 {
	all := make([][]float64, len(t.people))
	for i, p := range t.people {
		all[i] = t.f.Chances(p)
	}
	for level := lowestLevel; level < highestLevel; level += levelStep {
		in := 0
		for i := range all {
			if r := shortest(all[i], level); float64(t.came[i]) >= r.Low && float64(t.came[i]) <= r.High {
				in++
			}
		}
		if in*5 >= len(all)*4 {
			return level
		}
	}
	return highestLevel
}

// claims is the level at which the ranges of these people hold four of five by
// the forecast itself; a lucky trial must not make them narrower.
func (f *Forecast) claims(people []Person) float64 {
	all := make([][]float64, len(people))
	for i, p := range people {
		all[i] = f.Chances(p)
	}
	for level := lowestLevel; level < highestLevel; level += levelStep {
		sum := 0.0
		for i := range all {
			sum += shortest(all[i], level).Chance
		}
		if sum >= .8*float64(len(all)) {
			return level
		}
	}
	return highestLevel
}

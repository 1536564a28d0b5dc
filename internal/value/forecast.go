package value

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Person is what a forecast looks at: the counts of their days with a purchase,
// and what these were worth after returns.
type Person struct {
	Count
	Days        int     // with a purchase, the first one too
	Total       float64 // of all days
	Spent       Spent   // of the days after the first
	Recent      int     // days with a purchase in the last stretch as long as the forecast
	RecentSpent float64
}

// Forecast is the fitted models together, over one stretch of time.
type Forecast struct {
	Weeks   float64
	Buying  *Model // how often
	Leaving *Model // whether still
	Worth   *Worth // how much
	Related float64
	Cap     float64 // more than this a day did not count as more when Worth was fitted
	Season  float64 // of the coming stretch, 1 is a mean one
}

// pastShare is how much of a forecast is "as in the last such stretch again".
// The models see a whole life evenly; what changed of late they see too little
// of. A quarter was the best of several on the half year before the one that
// TestAHalfYearOfOnlineRetail measures.
const pastShare = .25

// capShare is the share of purchase days that count as they are when what
// purchases are worth is fitted: a few wholesalers must not speak for all.
const capShare = .99

// mostRelated is from where on frequency and spending are too closely bound
// for Gamma-Gamma, which takes them to be apart.
const mostRelated = .3

// Learn fits the models to everybody. days are the worth of single purchase
// days of all, from which the cap comes; season is of the coming stretch. Below
// the limits of the data it is ErrTooFew.
func Learn(people []Person, days []float64, weeks, season float64) (*Forecast, error) {
	counts, spent := make([]Count, len(people)), make([]Spent, 0, len(people))
	for i, p := range people {
		counts[i] = p.Count
		if p.Spent.N > 0 {
			spent = append(spent, p.Spent)
		}
	}
	f := &Forecast{Weeks: weeks, Season: season, Related: Related(spent), Cap: Quantile(days, capShare)}
	var err error
	if f.Buying, err = Fit(Buying, counts); err != nil {
		return nil, err
	}
	if f.Leaving, err = Fit(Leaving, counts); err != nil {
		return nil, err
	}
	for i := range spent {
		spent[i].Mean = min(spent[i].Mean, f.Cap)
	}
	f.Worth, err = FitWorth(spent)
	return f, err
}

// Quantile is the value below which a share of all lies; 0 of none.
func Quantile(all []float64, share float64) float64 {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[int(share*float64(len(sorted)-1))]
}

// ahead is the coming stretch in mean weeks.
func (f *Forecast) ahead() float64 { return f.Weeks * f.Season }

// Purchases is how many days with a purchase the stretch will bring, as a mean
// over people like this one; sums are made of it.
func (f *Forecast) Purchases(p Person) float64 {
	return (1-pastShare)*f.Buying.Expected(p.Count, f.ahead()) + pastShare*float64(p.Recent)
}

// Whole is the same for one person in whole purchases.
func (f *Forecast) Whole(p Person) int { return int(math.Round(f.Purchases(p))) }

// PerPurchase is what a purchase of theirs is worth.
func (f *Forecast) PerPurchase(p Person) float64 {
	s := p.Spent
	if s.Mean < 0 {
		s.Mean = 0
	}
	return f.Worth.Mean(s)
}

// Spending is what they will spend in the stretch.
func (f *Forecast) Spending(p Person) float64 {
	return (1-pastShare)*f.Buying.Expected(p.Count, f.ahead())*f.PerPurchase(p) + pastShare*max(0, p.RecentSpent)
}

// Alive is the chance that they still buy here at all, by the model that lets
// people leave after their first purchase.
func (f *Forecast) Alive(p Person) float64 { return f.Leaving.Alive(p.Count) }

// Silent is the chance of no purchase in so many weeks.
func (f *Forecast) Silent(p Person, weeks float64) float64 {
	return f.Leaving.Silent(p.Count, weeks)
}

// Weeks for which somebody stays a customer from today, in the mean and
// discounted to nothing by the horizon: the lifetime in a value's parts is
// what the models say of the coming years, at most this many.
const mostYears = 5

// Years is how many of the next years they are likely to buy in: the time
// until they stop, cut at five years.
func (f *Forecast) Years(p Person) float64 {
	year := f.Leaving.Expected(p.Count, 52)
	if year <= 0 {
		return 0
	}
	rate := (f.Leaving.R + float64(p.X)) / (f.Leaving.Alpha + p.Age) * 52
	return min(mostYears, f.Leaving.Expected(p.Count, mostYears*52)/rate)
}

// Range is an interval.
type Range struct{ Low, High float64 }

// draws a range is read from.
const draws = 2000

// Ranges are where purchases and spending of a person will lie in four of five
// cases. It simulates people like this one from the models, always the same
// ones for the same person.
func (f *Forecast) Ranges(p Person) (purchases, spending Range) {
	rng := rand.New(rand.NewPCG(uint64(p.X)<<32^math.Float64bits(p.Last), math.Float64bits(p.Age)))
	m, w := f.Buying, f.Worth
	alive, x := m.Alive(p.Count), float64(p.X)
	s := p.Spent
	counts, sums := make([]float64, draws), make([]float64, draws)
	for i := range counts {
		if rng.Float64() >= alive {
			continue
		}
		rate := gamma(rng, m.R+x) / (m.Alpha + p.Age)
		stop := beta(rng, m.A, m.B+x)
		n := 0.0
		for t := rng.ExpFloat64() / rate; t <= f.ahead(); t += rng.ExpFloat64() / rate {
			n++
			if rng.Float64() < stop {
				break
			}
		}
		counts[i] = n
		if n > 0 {
			scale := gamma(rng, w.Q+w.P*float64(s.N)) / (w.V + float64(s.N)*max(0, s.Mean))
			sums[i] = gamma(rng, w.P*n) / scale
		}
	}
	return around(counts, f.Purchases(p)), around(sums, f.Spending(p))
}

func around(all []float64, mean float64) Range {
	slices.Sort(all)
	return Range{min(mean, all[draws/10]), max(mean, all[draws-1-draws/10])}
}

// gamma draws from Gamma(shape, 1) (Marsaglia and Tsang 2000).
func gamma(rng *rand.Rand, shape float64) float64 {
	if shape < 1 {
		return gamma(rng, shape+1) * math.Pow(1-rng.Float64(), 1/shape)
	}
	d := shape - 1./3
	c := 1 / math.Sqrt(9*d)
	for {
		x := rng.NormFloat64()
		v := 1 + c*x
		if v = v * v * v; v > 0 && math.Log(1-rng.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

func beta(rng *rand.Rand, a, b float64) float64 {
	x, y := gamma(rng, a), gamma(rng, b)
	if x+y == 0 {
		return a / (a + b)
	}
	return x / (x + y)
}

// SeasonOf is how much busier the coming stretch of weeks is than a mean one,
// from purchases per week, the newest last: the same weeks of last year against
// that whole year, where the year before agrees that the shop has such a
// season, and drawn to 1 where there are few purchases. Less than two years
// say nothing: 1.
func SeasonOf(weekly []float64, weeks int) float64 {
	const year, few = 52, 100
	if len(weekly) < 2*year || weeks < 1 || weeks >= year {
		return 1
	}
	share := func(ago int) (factor, n float64) { // the stretch that began ago weeks before the end
		from := len(weekly) - ago
		var in, all float64
		for i, v := range weekly[from : from+year] {
			all += v
			if i < weeks {
				in += v
			}
		}
		mean := all * float64(weeks) / year
		return (in + few) / (mean + few), in
	}
	last, _ := share(year)
	before, _ := share(2 * year)
	if (last-1)*(before-1) <= 0 {
		return 1
	}
	if math.Abs(before-1) < math.Abs(last-1) { // the smaller of the two is what both vouch for
		return before
	}
	return last
}

// Cohort is what can be said below the limits of the models: the mean of a
// group and where it lies in 95 of 100 cases; with fewer than two people the
// range is open (0 to 0).
type Cohort struct {
	People int
	Mean   float64
	Range  Range
}

// Together takes the mean of what people spent.
func Together(spent []float64) Cohort {
	c := Cohort{People: len(spent)}
	if len(spent) == 0 {
		return c
	}
	var sum, squares float64
	for _, s := range spent {
		sum += s
	}
	c.Mean = sum / float64(len(spent))
	for _, s := range spent {
		squares += (s - c.Mean) * (s - c.Mean)
	}
	if len(spent) > 1 {
		wide := 1.96 * math.Sqrt(squares/float64(len(spent)-1)/float64(len(spent)))
		c.Range = Range{max(0, c.Mean-wide), c.Mean + wide}
	}
	return c
}

// Weeks between two instants.
func weeksBetween(from, to time.Time) float64 { return to.Sub(from).Hours() / (7 * 24) }

// Doubtful reports whether people who buy often spend so differently from
// others that the worth of a purchase should be read with care.
func (f *Forecast) Doubtful() bool { return math.Abs(f.Related) > mostRelated }

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
	Recent      int     // days with a further purchase in the last stretch as long as the forecast
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

	Left       float64 // share of Leaving beside Buying in what the models expect
	Past       float64 // share of "as in the last such stretch again" beside the models
	Level      float64 // of ranges
	Tried      int     // people of the trial that chose these three; 0: none could, and the usual ones stand
	TriedWeeks float64 // its length
}

// capShare is the share of purchase days that count as they are when what
// purchases are worth is fitted: a few wholesalers must not speak for all.
const capShare = .99

// mostRelated is from where on frequency and spending are too closely bound
// for Gamma-Gamma, which takes them to be apart.
const mostRelated = .3

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

// expected is what the models say of the stretch. They see a whole life evenly;
// what changed of late they see too little of, and a part of the forecast is
// therefore "as in the last such stretch again". The first purchase is no part
// of that: a newcomer's would be foretold twice.
func (f *Forecast) expected(p Person) float64 {
	return (1-f.Left)*f.Buying.Expected(p.Count, f.ahead()) + f.Left*f.Leaving.Expected(p.Count, f.ahead())
}

// Purchases is how many days with a purchase the stretch will bring, as a mean
// over people like this one; sums are made of it. For one person see Likely.
func (f *Forecast) Purchases(p Person) float64 {
	return (1-f.Past)*f.expected(p) + f.Past*float64(p.Recent)
}

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
	return (1-f.Past)*f.expected(p)*f.PerPurchase(p) + f.Past*max(0, p.RecentSpent)
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

// Range is an interval, and how likely people like this one lie in it, where
// that is known.
type Range struct{ Low, High, Chance float64 }

// draws a range of spending is read from.
const draws = 2000

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
		c.Range = Range{Low: max(0, c.Mean-wide), High: c.Mean + wide}
	}
	return c
}

// Weeks between two instants.
func weeksBetween(from, to time.Time) float64 { return to.Sub(from).Hours() / (7 * 24) }

// Doubtful reports whether people who buy often spend so differently from
// others that the worth of a purchase should be read with care.
func (f *Forecast) Doubtful() bool { return math.Abs(f.Related) > mostRelated }

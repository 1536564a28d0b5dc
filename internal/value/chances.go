package value

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Chances are how likely so many days with a purchase are within some weeks,
// from none on: whoever still is a customer buys by a rate of their own, and
// may stop after each purchase. The mean of them is Expected.
func (m *Model) Chances(c Count, weeks float64, most int) []float64 {
	alive := m.Alive(c)
	shape, b := m.R+float64(c.X), m.B+float64(c.X)+m.Kind.after()
	z := max(0, weeks) / (m.Alpha + c.Age + max(0, weeks))
	exactly := math.Exp(shape * math.Log1p(-z)) // so many, if nobody ever stopped
	all := make([]float64, most+1)
	all[0] = 1 - alive + alive*exactly
	stays, below := 1.0, 0.0
	for n := 1; n <= most; n++ {
		k := float64(n)
		below += exactly
		leaves := stays * m.A / (m.A + b + k - 1)
		stays *= (b + k - 1) / (m.A + b + k - 1)
		exactly *= (shape + k - 1) / k * z
		all[n] = alive * (stays*exactly + leaves*max(0, 1-below))
	}
	return all
}

// again are the chances of somebody who goes on as in the last stretch: their
// mean is what that brought, and they are wider than Poisson's, since a count
// of one stretch is a guess of a rate.
func again(mean float64, most int) []float64 {
	all := make([]float64, most+1)
	k := 1 + mean/2
	z := mean / (mean + k)
	all[0] = math.Exp(k * math.Log1p(-z))
	for n := 1; n <= most; n++ {
		all[n] = all[n-1] * (k + float64(n) - 1) / float64(n) * z
	}
	return all
}

// Chances are how likely so many purchases in the stretch are, from none on,
// by all parts of the forecast. Their mean is Purchases.
func (f *Forecast) Chances(p Person) []float64 {
	most := 30 + int(4*f.Purchases(p))
	all := f.Buying.Chances(p.Count, f.ahead(), most)
	leaving := f.Leaving.Chances(p.Count, f.ahead(), most)
	past := again(float64(p.Recent), most)
	sum := 0.0
	for n := range all {
		all[n] = (1-f.Past)*((1-f.Left)*all[n]+f.Left*leaving[n]) + f.Past*past[n]
		sum += all[n]
	}
	for n := range all { // what lies beyond the last is next to nothing
		all[n] /= sum
	}
	return all
}

// Likely is how many purchases are most to be reckoned with of one person: as
// many or more are as likely as as many or fewer. It is the forecast with the
// smallest error in the mean, and 0 for most people, who will not come; sums
// are made of Purchases.
func (f *Forecast) Likely(p Person) int {
	sum := 0.0
	for n, c := range f.Chances(p) {
		if sum += c; sum >= .5 {
			return n
		}
	}
	return 0
}

// usualLevel is the level of ranges where none could be learned.
const usualLevel = .8

// shortest is the narrowest range of whole numbers that holds a share of the
// chances, and the one with more of them among equals.
func shortest(chances []float64, share float64) Range {
	best := Range{0, float64(len(chances) - 1), 1}
	sum, high := 0.0, -1
	for low := range chances {
		for sum < share && high+1 < len(chances) {
			high++
			sum += chances[high]
		}
		if sum < share {
			break
		}
		wide := float64(high - low)
		if wide < best.High-best.Low || wide == best.High-best.Low && sum > best.Chance {
			best = Range{float64(low), float64(high), sum}
		}
		sum -= chances[low]
	}
	best.Chance = min(1, best.Chance)
	return best
}

// Ranges are where purchases and spending of a person will lie: the narrowest
// ranges at the level at which four of five people of the trial lay in theirs.
// Counts are whole, so a range holds more or less than that of people like this
// one: Chance says how many. Spending simulates people like this one, always
// the same ones for the same person.
func (f *Forecast) Ranges(p Person) (purchases, spending Range) {
	level := f.Level
	if level <= 0 {
		level = usualLevel // kept by an earlier release
	}
	chances := f.Chances(p)
	rng := rand.New(rand.NewPCG(uint64(p.X)<<32^math.Float64bits(p.Last), math.Float64bits(p.Age)))
	w, s := f.Worth, p.Spent
	sums := make([]float64, draws)
	n, below := 0, chances[0]
	for i := range sums { // as many of each count as its chance
		for n+1 < len(chances) && (float64(i)+.5)/draws > below {
			n++
			below += chances[n]
		}
		if n > 0 {
			scale := gamma(rng, w.Q+w.P*float64(s.N)) / (w.V + float64(s.N)*max(0, s.Mean))
			sums[i] = gamma(rng, w.P*float64(n)) / scale
		}
	}
	return shortest(chances, level), narrowest(sums, level)
}

// narrowest is the smallest range that holds a share of all.
func narrowest(all []float64, share float64) Range {
	slices.Sort(all)
	k := min(len(all), max(1, int(math.Ceil(share*float64(len(all))))))
	best := Range{all[0], all[k-1], share}
	for i := 1; i+k <= len(all); i++ {
		if all[i+k-1]-all[i] < best.High-best.Low {
			best.Low, best.High = all[i], all[i+k-1]
		}
	}
	in := 0
	for _, v := range all {
		if v >= best.Low && v <= best.High {
			in++
		}
	}
	best.Chance = float64(in) / float64(len(all))
	return best
}

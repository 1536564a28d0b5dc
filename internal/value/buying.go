package value

import (
	"cmp"
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/optimize"
)

// Count is what a model of buying needs of somebody: X days with a further
// purchase after the first, the last of them Last weeks after the first, seen
// for Age weeks. 0 ≤ Last ≤ Age, and Last is 0 where X is.
type Count struct {
	X         int
	Last, Age float64
}

// Kind is a model of how people buy and stop.
type Kind string

const (
	// Buying is BG/NBD (Fader, Hardie, Lee 2005): whoever bought may stop after
	// each further purchase. It forecasts best, but thinks that nobody stops
	// after the very first one.
	Buying Kind = "bg/nbd"
	// Leaving is MBG/NBD (Batislam, Denizel, Filiztekin 2007): people may stop
	// after the first purchase, too. Words about leaving come from it.
	Leaving Kind = "mbg/nbd"
)

// Model is a fitted model of buying: rates are Gamma(R, Alpha) a week over
// people, chances to stop after a purchase Beta(A, B).
type Model struct {
	Kind           Kind
	R, Alpha, A, B float64
	LL             float64 // log-likelihood of the counts it was fitted on
	People         int
}

// ErrTooFew says that there are too few people, or too few who came back, for
// a model to mean anything.
var ErrTooFew = errors.New("too few repeat buyers to fit a model")

// after is by how much purchases are counted ahead: in MBG/NBD the first one
// is a chance to stop as well.
func (k Kind) after() float64 {
	if k == Leaving {
		return 1
	}
	return 0
}

// group is people who look the same.
type group struct {
	Count
	n float64
}

// grouped joins people with the same numbers, ordered by X: most shops have
// many who bought once on the same day.
func grouped(all []Count) []group {
	sorted := slices.Clone(all)
	slices.SortFunc(sorted, func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.X, b.X), cmp.Compare(a.Age, b.Age), cmp.Compare(a.Last, b.Last))
	})
	var groups []group
	for _, c := range sorted {
		if n := len(groups); n > 0 && groups[n-1].Count == c {
			groups[n-1].n++
			continue
		}
		groups = append(groups, group{c, 1})
	}
	return groups
}

// fewest people, and of them who came back, that a fit is tried on.
const (
	fewestPeople  = 50
	fewestRepeats = 20
)

// Fit finds the model under which the counts are most likely. Parameters are
// searched as logarithms, so none can be negative; between 1/55 and 55 (Alpha:
// of the mean age) they are free, beyond that a weak prior holds them, since
// few people with nothing in common say that a parameter is endless.
func Fit(kind Kind, all []Count) (*Model, error) {
	groups := grouped(all)
	repeats, age := 0, 0.0
	for _, c := range all {
		if c.X < 0 || c.Last < 0 || c.Last > c.Age || math.IsNaN(c.Age) || math.IsInf(c.Age, 0) {
			return nil, errors.New("a count that cannot be: purchases after the end of time")
		}
		if c.X > 0 {
			repeats++
		}
		age += c.Age
	}
	if len(all) < fewestPeople || repeats < fewestRepeats || age == 0 {
		return nil, ErrTooFew
	}
	unit := age / float64(len(all)) // time is measured in mean ages while searching
	for i := range groups {
		groups[i].Last, groups[i].Age = groups[i].Last/unit, groups[i].Age/unit
	}
	p, ll, err := climb(likelihood{kind, groups}, [][]float64{{-1, -1, 0, 1}, {0, 0, -1, 1}, {1, 1, -1, 0}})
	if err != nil {
		return nil, err
	}
	purchases := 0.0 // a density in another unit of time
	for _, c := range all {
		purchases += float64(c.X)
	}
	return &Model{Kind: kind, R: math.Exp(p[0]), Alpha: math.Exp(p[1]) * unit, A: math.Exp(p[2]), B: math.Exp(p[3]),
		LL: ll - purchases*math.Log(unit), People: len(all)}, nil
}

// target is a log-likelihood over logarithms of parameters, with its slope.
type target interface {
	at(p, slope []float64) float64
}

// climb searches from several places and keeps the best.
func climb(t target, starts [][]float64) (best []float64, most float64, err error) {
	n := len(starts[0])
	slope := make([]float64, n)
	var last []float64
	var value float64
	ask := func(p []float64) { // Func and Grad ask at the same place
		if last != nil && slices.Equal(last, p) {
			return
		}
		value = -t.at(p, slope) + leash(p, nil)
		last = append(last[:0], p...)
	}
	problem := optimize.Problem{
		Func: func(p []float64) float64 { ask(p); return value },
		Grad: func(grad, p []float64) {
			ask(p)
			for i := range grad {
				grad[i] = -slope[i]
			}
			leash(p, grad)
		},
	}
	low := math.Inf(1)
	for _, start := range starts {
		last = nil
		got, err := optimize.Minimize(problem, start, &optimize.Settings{GradientThreshold: 1e-5, MajorIterations: 300, FuncEvaluations: 600,
			Converger: &optimize.FunctionConverge{Relative: 1e-13, Iterations: 8}}, &optimize.BFGS{})
		if got == nil || math.IsNaN(got.F) || math.IsInf(got.F, 0) || err != nil && got.F >= low { // a line search that ends at the top says so as a failure
			continue
		}
		if got.F < low {
			low, best = got.F, slices.Clone(got.X)
		}
	}
	if best == nil {
		return nil, 0, errors.New("no place was found where the counts are likely")
	}
	return best, t.at(best, slope), nil
}

// free is how far the logarithm of a parameter goes without being held.
const free = 4

func leash(p, grad []float64) (pull float64) {
	for i, v := range p {
		if over := math.Abs(v) - free; over > 0 {
			pull += over * over / 2
			if grad != nil {
				grad[i] += math.Copysign(over, v)
			}
		}
	}
	return pull
}

type likelihood struct {
	kind   Kind
	groups []group // ordered by X
}

func (l likelihood) at(p, slope []float64) (ll float64) {
	clear(slope)
	for _, v := range p {
		if math.Abs(v) > 30 {
			return math.Inf(-1)
		}
	}
	r, alpha, a, b := math.Exp(p[0]), math.Exp(p[1]), math.Exp(p[2]), math.Exp(p[3])
	gr, _ := math.Lgamma(r)
	gb, _ := math.Lgamma(b)
	gab, _ := math.Lgamma(a + b)
	dr, db, dab, logAlpha, logA := mathext.Digamma(r), mathext.Digamma(b), mathext.Digamma(a+b), p[1], p[2]
	var of, y, base, sr, sa, sb, stop float64 // what depends on X alone
	of = -1
	for _, g := range l.groups {
		if x := float64(g.X); x != of {
			of, y = x, x+l.kind.after()
			grx, _ := math.Lgamma(r + x)
			gby, _ := math.Lgamma(b + y)
			gaby, _ := math.Lgamma(a + b + y)
			base = grx - gr + r*logAlpha + gby - gaby - gb + gab
			daby := mathext.Digamma(a + b + y)
			sr, sa, sb = mathext.Digamma(r+x)-dr+logAlpha, dab-daby, mathext.Digamma(b+y)-daby-db+dab
			stop = logA - math.Log(b+y-1)
		}
		end := math.Log(alpha + g.Age)
		one := base - (r+of)*end
		s1, s2, s3, s4 := sr-end, r/alpha-(r+of)/(alpha+g.Age), sa, sb
		if y > 0 {
			since := end - math.Log(alpha+g.Last)
			d := stop + (r+of)*since
			one += softplus(d)
			w := 1 / (1 + math.Exp(-d))
			s1 += w * since
			s2 += w * (r + of) * (1/(alpha+g.Age) - 1/(alpha+g.Last))
			s3 += w / a
			s4 -= w / (b + y - 1)
		}
		ll += g.n * one
		slope[0] += g.n * s1 * r
		slope[1] += g.n * s2 * alpha
		slope[2] += g.n * s3 * a
		slope[3] += g.n * s4 * b
	}
	if b <= 0 || math.IsNaN(ll) {
		return math.Inf(-1)
	}
	return ll
}

// softplus is ln(1 + e^d) without overflow.
func softplus(d float64) float64 {
	if d > 30 {
		return d
	}
	return math.Log1p(math.Exp(d))
}

// Alive is the chance that somebody still is a customer, from 0 to 1.
func (m *Model) Alive(c Count) float64 {
	y := float64(c.X) + m.Kind.after()
	if y == 0 {
		return 1
	}
	d := math.Log(m.A) - math.Log(m.B+y-1) + (m.R+float64(c.X))*(math.Log(m.Alpha+c.Age)-math.Log(m.Alpha+c.Last))
	return 1 / (1 + math.Exp(d))
}

// Expected is how many more days with a purchase the next weeks will bring.
// It is never negative, and never more than without anybody ever stopping.
func (m *Model) Expected(c Count, weeks float64) float64 {
	if weeks <= 0 {
		return 0
	}
	x, after := float64(c.X), m.Kind.after()
	most := (m.R + x) / (m.Alpha + c.Age) * weeks
	// The published form, by Euler's transformation of its 2F1: a series whose
	// terms stay small however often somebody bought.
	v := m.A - 1
	if math.Abs(v) < 1e-5 {
		v = math.Copysign(1e-5, v)
	}
	top := m.A + m.B + x + after - 1
	z := weeks / (m.Alpha + c.Age + weeks)
	f := hyper(m.A+m.B+after-1-m.R, v, top, z)
	e := top / v * (1 - math.Pow(1-z, v)*f) * m.Alive(c)
	if math.IsNaN(e) || e < 0 {
		return 0
	}
	return min(e, most)
}

// hyper is Gauss's 2F1(a, b; c; z) for 0 ≤ z < 1 and c > 0, by its series.
func hyper(a, b, c, z float64) float64 {
	sum, term := 1.0, 1.0
	for k := 0.0; k < 20_000; k++ {
		term *= (a + k) * (b + k) / ((c + k) * (k + 1)) * z
		sum += term
		if math.Abs(term) < 1e-14*math.Abs(sum) && k > math.Abs(a)+math.Abs(b) {
			break
		}
	}
	return sum
}

// Silent is the chance that the next weeks bring no purchase at all.
func (m *Model) Silent(c Count, weeks float64) float64 {
	alive := m.Alive(c)
	none := math.Exp((m.R + float64(c.X)) * (math.Log(m.Alpha+c.Age) - math.Log(m.Alpha+c.Age+max(0, weeks))))
	return 1 - alive + alive*none
}

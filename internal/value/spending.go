package value

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Spent is the mean of N purchases of somebody, in any unit of money.
type Spent struct {
	N    int
	Mean float64
}

// Worth is a fitted Gamma-Gamma model (Fader, Hardie 2013): what a purchase is
// worth varies around a mean of each person's own by Gamma(P), the means over
// people by Q and V.
type Worth struct {
	P, Q, V float64
	LL      float64
	People  int
}

// FitWorth finds the Gamma-Gamma model under which the spending of repeat
// buyers is most likely. Q stays above 1, so that a mean exists. Whoever spent
// nothing is left out.
func FitWorth(all []Spent) (*Worth, error) {
	var used []Spent
	var sum, n float64
	for _, s := range all {
		if s.N > 0 && s.Mean > 0 && !math.IsInf(s.Mean, 0) {
			used = append(used, s)
			sum, n = sum+s.Mean*float64(s.N), n+float64(s.N)
		}
	}
	if len(used) < fewestRepeats {
		return nil, ErrTooFew
	}
	unit := sum / n
	scaled := make(worths, len(used))
	logs := 0.0
	for i, s := range used {
		scaled[i] = Spent{s.N, s.Mean / unit}
		logs += math.Log(unit)
	}
	p, ll, err := climb(scaled, [][]float64{{1, 1, -1}, {0, 0, 0}, {2, 1, -2}})
	if err != nil {
		return nil, err
	}
	return &Worth{P: math.Exp(p[0]), Q: 1 + math.Exp(p[1]), V: math.Exp(p[2]) * unit, LL: ll - logs, People: len(used)}, nil
}

type worths []Spent

func (all worths) at(l, slope []float64) (ll float64) {
	clear(slope)
	for _, v := range l {
		if math.Abs(v) > 30 {
			return math.Inf(-1)
		}
	}
	p, q1, v := math.Exp(l[0]), math.Exp(l[1]), math.Exp(l[2])
	q := 1 + q1
	gq, _ := math.Lgamma(q)
	dq := mathext.Digamma(q)
	for _, s := range all {
		x := float64(s.N)
		gpq, _ := math.Lgamma(p*x + q)
		gp, _ := math.Lgamma(p * x)
		whole := math.Log(v + x*s.Mean)
		ll += gpq - gp - gq + q*l[2] + (p*x-1)*math.Log(s.Mean) + p*x*math.Log(x) - (p*x+q)*whole
		dpq := mathext.Digamma(p*x + q)
		slope[0] += p * x * (dpq - mathext.Digamma(p*x) + math.Log(s.Mean) + math.Log(x) - whole)
		slope[1] += q1 * (dpq - dq + l[2] - whole)
		slope[2] += q - (p*x+q)*v/(v+x*s.Mean)
	}
	if math.IsNaN(ll) {
		return math.Inf(-1)
	}
	return ll
}

// Mean is what a purchase of somebody is worth in the long run: their own mean,
// drawn towards everybody's the less they bought. N may be 0.
func (w *Worth) Mean(s Spent) float64 {
	x := float64(s.N)
	return w.P * (w.V + x*s.Mean) / (w.P*x + w.Q - 1)
}

// Related is the correlation of how often people bought and what a purchase of
// theirs was worth; Gamma-Gamma asks that it is small.
func Related(all []Spent) float64 {
	var n, sx, sy, sxx, syy, sxy float64
	for _, s := range all {
		x, y := float64(s.N), s.Mean
		n, sx, sy, sxx, syy, sxy = n+1, sx+x, sy+y, sxx+x*x, syy+y*y, sxy+x*y
	}
	below := (n*sxx - sx*sx) * (n*syy - sy*sy)
	if n < 2 || below <= 0 {
		return 0
	}
	return (n*sxy - sx*sy) / math.Sqrt(below)
}

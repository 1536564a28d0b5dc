package recommend

import (
	"context"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// Settings of the linear model, chosen on the last tenth of the training part
// of Online Retail II.
const (
	easeHalfLife = 240 * 24 * 3600. // seconds
	easeSize     = -.75             // a basket's weight is its size to this power
	easeLambda   = 3.
	// easeUnit is how finely weights are kept: 1/8192, from -1 to 1, in 14 bits.
	// Four of them lie in a word, with room for the sum of four rows: one
	// addition adds four products, on any machine to the same result.
	easeUnit = 1 << 13
	// easeDebias takes a little from what sells everywhere: a score is divided by
	// the orders of the last months to this power.
	easeDebias = .1
	// foldAfter is how many learned orders ride beside the matrix before they are
	// worked into it: each costs every answer one more walk over a row.
	foldAfter = 32
	// leastLeft keeps rounding from making much of a basket that is taken back.
	leastLeft = .05
)

// ease is EASE^R (Steck, "Embarrassingly Shallow Autoencoders for Sparse Data",
// WWW 2019) over the best sold products, the head. With P the inverse of the
// weighted co-occurrence matrix plus lambda, a basket foretells product j by the
// sum of -P(i,j)/P(j,j) over its products i. It never changes; learn returns
// another one.
//
// An order more is a rank-one change of the matrix, so P loses f u uᵀ
// (Sherman and Morrison). These are kept as patches until foldAfter of them are
// folded in: learning costs a walk over a few rows, not over the matrix.
type ease struct {
	products []uint32  // head number to product
	number   []int32   // product to head number, -1 outside the head
	size     int       // products the matrix knows; later ones live in patches
	weights  []uint64  // size rows of words, row i: -P(i,j)/P(j,j) in units above easeUnit, 0 on the diagonal
	base     []float32 // P(j,j) of the matrix
	diag     []float32 // P(j,j) with the patches
	orders   []float32 // the orders of each, fading
	damp     []float32 // the debiasing factor of each
	patches  []patch
	ref      int64 // the time at which a basket weighs size^easeSize, Unix seconds
}

type patch struct {
	f float32
	u []float32
}

// head chooses the products of the linear model: all, or the best sold.
func (m *Model) head() []uint32 {
	n := len(m.products)
	all := make([]uint32, n)
	for i := range all {
		all[i] = uint32(i)
	}
	if n <= m.opt.Head {
		return all
	}
	best := make([]candidate, n)
	for i := range best {
		best[i] = candidate{product: uint32(i), score: float32(len(m.holding[i]))}
	}
	best = cut(best, m.opt.Head)
	all = all[:len(best)]
	for i, c := range best {
		all[i] = c.product
	}
	return all
}

// fit computes the linear model of the baskets learned, as of the newest or of
// until, if that is later.
func (m *Model) fit(ctx context.Context, until time.Time) error {
	e := &ease{products: m.head(), number: make([]int32, len(m.products)), ref: max(m.newest.Unix(), until.Unix())}
	for p := range e.number {
		e.number[p] = -1
	}
	for i, p := range e.products {
		e.number[p] = int32(i)
	}
	e.size = len(e.products)
	e.orders = make([]float32, e.size)
	if e.size == 0 {
		m.ease = e
		return nil
	}
	gram := m.gram(e)
	e.dampen()
	if err := ctx.Err(); err != nil {
		return err
	}
	t, ok := lapack64.Potrf(blas64.Symmetric{N: e.size, Stride: e.size, Data: gram, Uplo: blas.Upper})
	if ok {
		_, ok = lapack64.Potri(t)
	}
	if !ok {
		// lambda on the diagonal makes the matrix positive definite
		panic("recommend: a matrix that must have an inverse has none")
	}
	e.keep(gram)
	m.ease = e
	return ctx.Err()
}

func (e *ease) dampen() {
	e.damp = make([]float32, len(e.orders))
	for i, n := range e.orders {
		e.damp[i] = dampOf(n)
	}
}

func dampOf(orders float32) float32 { return float32(math.Pow(float64(orders)+1, -easeDebias)) }

// grown is what age makes of a basket's weight. One built counts as of now when
// it is dated later; one learned since weighs the more, the later it is.
func (e *ease) grown(at int64, built bool) float64 {
	since := float64(at - e.ref)
	if built {
		since = min(0, since)
	}
	return math.Exp2(since / easeHalfLife)
}

// sizeWeight is what size makes of a basket's weight.
func sizeWeight(size int) float64 {
	if size < len(sizeWeights) {
		return sizeWeights[size]
	}
	return math.Pow(float64(size), easeSize)
}

var sizeWeights = func() (of [256]float64) {
	for n := range of {
		of[n] = math.Pow(float64(n), easeSize)
	}
	return of
}()

// gram is the upper half of the weighted co-occurrence matrix of the head, plus
// lambda. It counts the orders of each product on the way.
func (m *Model) gram(e *ease) []float64 {
	n := e.size
	g := make([]float64, n*n)
	var lines []int32
	var lent []uint32
	for i, b := range m.baskets {
		grown := e.grown(m.times[i], true)
		w := grown * sizeWeight(len(b))
		lines = lines[:0]
		heard := m.heard(i, lent)
		if m.buyers[i] != 0 {
			lent = heard
		}
		for _, p := range heard { // ascending, and so are their head numbers
			if h := e.number[p]; h >= 0 {
				lines = append(lines, h)
				e.orders[h] += float32(grown)
			}
		}
		for at, p := range lines {
			row := g[int(p)*n : int(p+1)*n]
			for _, q := range lines[at:] {
				row[q] += w
			}
		}
	}
	for i := range n {
		g[i*n+i] += easeLambda
	}
	return g
}

// keep turns the upper half of an inverse into weights.
func (e *ease) keep(p []float64) {
	n := e.size
	e.base, e.diag = make([]float32, n), make([]float32, n)
	for i := range n {
		e.base[i] = float32(p[i*n+i])
		e.diag[i] = e.base[i]
	}
	e.weights = make([]uint64, n*words(n))
	for i := range n {
		for j := range n {
			v := 0.
			if i < j {
				v = -p[i*n+j] / p[j*n+j]
			} else if i > j {
				v = -p[j*n+i] / p[j*n+j]
			}
			put(e.weights[i*words(n):], j, float32(v*easeUnit))
		}
	}
}

// words is how many words a row of n weights takes.
func words(n int) int { return (n + 3) / 4 }

// put writes a weight, in units, at place j of an empty row.
func put(row []uint64, j int, v float32) {
	v = max(-easeUnit, min(easeUnit-1, v)) + easeUnit
	row[j/4] |= uint64(v+.5) << (j % 4 * 16)
}

// weight is one weight of the matrix.
func (e *ease) weight(i, j int) float32 {
	w := e.weights[i*words(e.size)+j/4] >> (j % 4 * 16) & 0xffff
	return (float32(w) - easeUnit) * (1. / easeUnit)
}

const halves = 0x0000ffff0000ffff

// sum adds up the rows of the given head numbers: the weights of every head
// number into out, which is cleared first. s lends the memory of two rows.
func (e *ease) sum(of []int32, s *sums, out []float32) {
	n := words(e.size)
	s.grow(n)
	even, odd := s.even[:n], s.odd[:n]
	clear(even)
	clear(odd)
	var four [4][]uint64
	rows, had := 0, 0
	for at, i := range of {
		if int(i) < e.size {
			four[had] = e.weights[int(i)*n:][:n]
			rows++
			had++
		}
		if had == 0 || had < len(four) && at+1 < len(of) {
			continue
		}
		for ; had < len(four); had++ {
			four[had] = s.none[:n]
		}
		had = 0
		a, b, c, d := four[0][:n], four[1][:n], four[2][:n], four[3][:n]
		for k := range even {
			v := a[k] + b[k] + c[k] + d[k] // four times 14 bits: no lane runs over
			even[k] += v & halves
			odd[k] += v >> 16 & halves
		}
	}
	clear(out)
	zero := float32(rows * easeUnit)
	for j := range e.size / 4 {
		x, y, o := even[j], odd[j], out[4*j:4*j+4]
		o[0] = (float32(uint32(x)) - zero) * (1. / easeUnit)
		o[1] = (float32(uint32(y)) - zero) * (1. / easeUnit)
		o[2] = (float32(uint32(x>>32)) - zero) * (1. / easeUnit)
		o[3] = (float32(uint32(y>>32)) - zero) * (1. / easeUnit)
	}
	for j := e.size / 4 * 4; j < e.size; j++ {
		v := [2]uint64{even[j/4], odd[j/4]}[j%2] >> (j % 4 / 2 * 32)
		out[j] = (float32(uint32(v)) - zero) * (1. / easeUnit)
	}
}

// sums is what adding up rows needs: sums of even and of odd places, two of 32
// bits in a word, and a row of nothing.
type sums struct{ even, odd, none []uint64 }

func (s *sums) grow(n int) {
	if len(s.even) < n {
		n += n / 8
		s.even, s.odd, s.none = make([]uint64, n), make([]uint64, n), make([]uint64, n)
	}
}

// score computes what the products of a cart (head numbers) foretell for each of
// the head; out is as long as the head.
func (e *ease) score(cart []int32, s *sums, out []float32) {
	e.sum(cart, s, out)
	if len(e.patches) == 0 { // base and diag are the same
		for j := range out {
			out[j] *= e.damp[j]
		}
		return
	}
	for j := range e.size {
		out[j] *= e.base[j]
	}
	for _, p := range e.patches {
		var on float32
		for _, i := range cart {
			if int(i) < len(p.u) {
				on += p.u[i]
			}
		}
		blas32.Axpy(p.f*on, blas32.Vector{N: len(p.u), Inc: 1, Data: p.u}, blas32.Vector{N: len(p.u), Inc: 1, Data: out})
	}
	for j := range out {
		out[j] *= e.damp[j] / e.diag[j]
	}
}

// share is what product i of a cart adds to the score of j, damping apart.
func (e *ease) share(i, j int32) float32 {
	var v float32
	if int(i) < e.size && int(j) < e.size {
		v = e.weight(int(i), int(j)) * e.base[j]
	}
	for _, p := range e.patches {
		if int(i) < len(p.u) && int(j) < len(p.u) {
			v += p.f * p.u[i] * p.u[j]
		}
	}
	return v / e.diag[j]
}

// learn is the model with one basket more, or less when sign is -1: head numbers
// of its products, its full size, what age makes of it; head are the products
// of the head by now.
func (e *ease) learn(lines []int32, size int, sign, grown float64, head []uint32) *ease {
	n := *e
	for len(n.diag) < len(head) { // new to the head: nothing is known of them but lambda
		n.diag = append(n.diag[:len(n.diag):len(n.diag)], 1/easeLambda)
		n.orders = append(n.orders[:len(n.orders):len(n.orders)], 0)
	}
	n.products = head
	u := make([]float32, len(head))
	n.times(lines, u)
	var s float64
	for _, i := range lines {
		s += float64(u[i])
	}
	n.orders = slices.Clone(n.orders)
	n.damp = append(slices.Clone(n.damp), make([]float32, len(head)-len(n.damp))...)
	for _, i := range lines {
		n.orders[i] = max(0, n.orders[i]+float32(sign*grown))
		n.damp[i] = dampOf(n.orders[i])
	}
	w := sign * grown * sizeWeight(size)
	// Without rounding 1+ws is above 0 for whatever was learned before; lambda sees to it.
	f := float32(w / max(leastLeft, 1+w*s))
	n.diag = slices.Clone(n.diag)
	for j, v := range u {
		n.diag[j] -= f * v * v
	}
	n.patches = append(n.patches[:len(n.patches):len(n.patches)], patch{f: f, u: u})
	if len(n.patches) >= foldAfter {
		n.fold()
	}
	return &n
}

// times puts P x into u, x being 1 for the given head numbers.
func (e *ease) times(lines []int32, u []float32) {
	e.sum(lines, &sums{}, u)
	for j := range e.size {
		u[j] *= -e.base[j]
	}
	for _, i := range lines {
		if int(i) < e.size {
			u[i] += e.base[i]
		} else {
			u[i] += 1 / easeLambda
		}
	}
	for _, p := range e.patches {
		var s float32
		for _, i := range lines {
			if int(i) < len(p.u) {
				s += p.u[i]
			}
		}
		blas32.Axpy(-p.f*s, blas32.Vector{N: len(p.u), Inc: 1, Data: p.u}, blas32.Vector{N: len(p.u), Inc: 1, Data: u})
	}
}

// fold works the patches into a new matrix, and products met since with them.
func (e *ease) fold() {
	n := len(e.products)
	weights := make([]uint64, n*words(n))
	per := make([]float32, n)
	for j := range per {
		per[j] = easeUnit / e.diag[j]
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), 8) {
		wait.Go(func() {
			row, lent := make([]float32, n), sums{}
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				clear(row)
				if i < e.size {
					e.sum([]int32{int32(i)}, &lent, row)
					for j := range e.size {
						row[j] *= e.base[j]
					}
				}
				for _, p := range e.patches {
					if i < len(p.u) && p.u[i] != 0 {
						blas32.Axpy(p.f*p.u[i], blas32.Vector{N: len(p.u), Inc: 1, Data: p.u}, blas32.Vector{N: len(p.u), Inc: 1, Data: row})
					}
				}
				row[i] = 0
				for j, v := range row {
					put(weights[i*words(n):], j, v*per[j])
				}
			}
		})
	}
	wait.Wait()
	e.weights, e.size, e.patches = weights, n, nil
	e.base = e.diag
}

func (e *ease) bytes() int {
	n := 4*len(e.products) + 4*len(e.number) + 8*len(e.weights) + 4*(len(e.base)+len(e.diag)+len(e.orders)+len(e.damp))
	for _, p := range e.patches {
		n += 4 * len(p.u)
	}
	return n
}

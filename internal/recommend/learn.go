package recommend

import (
	"math"
	"slices"
)

// Learner keeps a model current basket by basket. It holds every pair, not
// only the best neighbours, so it needs several times the model's memory; and
// it changes its model in place: Learn must not run while the model answers.
//
// Counts are always exact. Scores are too for the products just bought; the row
// of another is made anew only when its own product is bought, so its scores
// may lag a little behind the sums of its neighbours. The next Build evens it out.
type Learner struct {
	m     *Model
	ref   int64 // the time at which a basket weighs 1/size, Unix seconds
	sums  []float64
	pairs [][]pair // per product by the other product
	order []candidate
}

// pair is everything two products have together, weights growing with time
// from the reference.
type pair struct {
	product  uint32
	weight   float32
	together uint32
	people   uint32
}

// NewLearner starts from a model, which stays as it is.
func NewLearner(m *Model) *Learner {
	c := *m
	l := &Learner{m: &c, ref: m.newest.Unix()}
	c.products = slices.Clone(m.products)
	c.table = slices.Clone(m.table)
	c.late = map[ProductID]uint32{}
	c.baskets, c.buyers, c.times = slices.Clone(m.baskets), slices.Clone(m.buyers), slices.Clone(m.times)
	c.recent, c.rows, c.tallies = slices.Clone(m.recent), slices.Clone(m.rows), slices.Clone(m.tallies)
	c.holding = make([][]uint32, len(m.holding))
	for i, h := range m.holding {
		c.holding[i] = h[:len(h):len(h)] // appending copies, the old model keeps its own
	}
	c.pool()
	w := m.weights()
	l.sums = make([]float64, len(m.products))
	for i, b := range m.baskets {
		for _, p := range b {
			l.sums[p] += float64(w[i])
		}
	}
	n := counter{m: m, weights: w, cells: make([]cell, len(m.products))}
	l.pairs = make([][]pair, len(m.products))
	for p := range m.products {
		n.count(uint32(p))
		slices.Sort(n.touched)
		row := make([]pair, 0, len(n.touched))
		for _, q := range n.touched {
			if q != uint32(p) {
				x := n.cells[q]
				row = append(row, pair{product: q, weight: x.weight, together: x.together, people: x.people})
			}
		}
		l.pairs[p] = row
	}
	return l
}

// Model is the model kept current; the same one after every Learn.
func (l *Learner) Model() *Model { return l.m }

// Bytes is the memory of the model and of all pairs.
func (l *Learner) Bytes() int {
	n := l.m.Bytes()
	for _, row := range l.pairs {
		n += 16 * cap(row)
	}
	return n
}

// Learn adds one basket; the next answer knows it.
func (l *Learner) Learn(b Basket) {
	lines := l.lines(b)
	if len(lines) == 0 || len(lines) > l.m.opt.MaxBasket {
		return
	}
	at := b.At.Unix()
	grown := math.Exp2(float64(at-l.ref) / l.m.opt.HalfLife.Seconds())
	if grown > 1<<40 {
		l.rescale(at)
		grown = 1
	}
	w := grown / float64(len(lines))
	l.keep(b, lines)
	for _, p := range lines {
		l.sums[p] += w
	}
	now := 1 / math.Exp2(float64(max(at, l.m.newest.Unix())-l.ref)/l.m.opt.HalfLife.Seconds())
	for _, p := range lines {
		l.merge(p, lines, float32(w))
		l.refresh(p, now)
	}
}

// lines are the different products of a basket by position; new ones get one.
func (l *Learner) lines(b Basket) []uint32 {
	var lines []uint32
	for _, it := range b.Items {
		at, ok := l.m.position(it.Product)
		if !ok {
			at = uint32(len(l.m.products))
			l.m.products = append(l.m.products, it.Product)
			l.m.late[it.Product] = at
			l.m.holding = append(l.m.holding, nil)
			l.m.recent = append(l.m.recent, 0)
			l.m.rows, l.m.tallies = append(l.m.rows, nil), append(l.m.tallies, nil)
			l.sums, l.pairs = append(l.sums, 0), append(l.pairs, nil)
		}
		lines = append(lines, at)
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// keep files the basket itself. Its buyer is not told apart from others: the
// model keeps no customer ids to find earlier baskets by, so the pairs it
// touches say 0 people, which is "not known".
func (l *Learner) keep(b Basket, lines []uint32) {
	m := l.m
	n := uint32(len(m.baskets))
	m.baskets, m.buyers, m.times = append(m.baskets, lines), append(m.buyers, 0), append(m.times, b.At.Unix())
	for _, p := range lines {
		m.holding[p] = append(m.holding[p], n)
	}
	if len(m.baskets) == 1 || b.At.After(m.newest) {
		if len(m.baskets) > 1 {
			f := float32(math.Exp2(-float64(b.At.Unix()-m.newest.Unix()) / m.opt.PopularHalfLife.Seconds()))
			for p := range m.recent {
				m.recent[p] *= f
			}
		}
		m.newest = b.At.UTC()
	}
	r := float32(math.Exp2(-m.age(int(n)) / m.opt.PopularHalfLife.Seconds()))
	for _, p := range lines {
		m.recent[p] += r
	}
	m.popular = nil // ranked again when asked for
}

// merge adds a basket to one product's pairs; both lists are in order.
func (l *Learner) merge(p uint32, lines []uint32, w float32) {
	row := l.pairs[p]
	fresh := 0
	at := 0
	for _, q := range lines {
		if q == p {
			continue
		}
		for at < len(row) && row[at].product < q {
			at++
		}
		if at < len(row) && row[at].product == q {
			row[at].weight += w
			row[at].together++
			row[at].people = 0
		} else {
			fresh++
		}
	}
	if fresh == 0 {
		return
	}
	from := len(row) - 1
	row = append(row, make([]pair, fresh)...)
	to := len(row) - 1
	for i := len(lines) - 1; i >= 0 && fresh > 0; i-- {
		q := lines[i]
		if q == p {
			continue
		}
		for from >= 0 && row[from].product > q {
			row[to] = row[from]
			from, to = from-1, to-1
		}
		if from >= 0 && row[from].product == q {
			continue
		}
		row[to] = pair{product: q, weight: w, together: 1}
		to--
		fresh--
	}
	l.pairs[p] = row
}

// refresh makes one product's neighbours anew from its pairs.
func (l *Learner) refresh(p uint32, now float64) {
	asked := normOf(l.sums[p] * now)
	l.order = l.order[:0]
	for _, x := range l.pairs[p] {
		if int(x.together) < l.m.opt.MinTogether {
			continue
		}
		if s := score(x.weight*float32(now), asked, norm{answer: float32(math.Sqrt(l.sums[x.product] * now))}); s > 0 {
			l.order = append(l.order, candidate{product: x.product, score: s})
		}
	}
	best := cut(l.order, l.m.opt.Neighbours)
	row, counts := make([]near, len(best)), make([]tally, len(best))
	at := 0
	for i, c := range best {
		for l.pairs[p][at].product != c.product {
			at++
		}
		row[i] = near(c)
		counts[i] = tally{together: l.pairs[p][at].together, people: l.pairs[p][at].people}
	}
	l.m.rows[p], l.m.tallies[p] = row, counts
}

// rescale moves the reference so that growing weights stay in range; with a
// half-life of 120 days it happens every 13 years.
func (l *Learner) rescale(to int64) {
	f := math.Exp2(-float64(to-l.ref) / l.m.opt.HalfLife.Seconds())
	for p := range l.pairs {
		l.sums[p] *= f
		for i := range l.pairs[p] {
			l.pairs[p][i].weight *= float32(f)
		}
	}
	l.ref = to
}

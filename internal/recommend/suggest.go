package recommend

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"time"
)

// How the parts of a score weigh, chosen on the last tenth of the training part
// of Online Retail II. The linear model's own figure, which is near a
// probability, is the measure of the others.
const (
	// tailWeight is what the best neighbour outside the linear model gets, of the
	// model's own best.
	tailWeight = .7
	// cartDamp: of large carts each product says less.
	cartDamp = .2
	// ownWeight is the most that the asker's own purchases add, reached slowly:
	// one just made adds half of it.
	ownWeight   = .15
	ownHalfLife = 300 * 24 * time.Hour
	// ownMost bounds the work for a wholesaler with ten thousand lines behind him.
	ownMost = 1500
	// cartMost bounds it for a cart: of a larger one every so many lines are read,
	// and neighbours of nearMost.
	cartMost = 100
	nearMost = 30
)

// mostAnswers caps K: a page shows ten, and slots are 16 bits wide.
const mostAnswers = 1000

// perCategory is the most suggestions of one category.
const perCategory = 2

// scratch is what a query needs besides the model; pooled, so that a query
// allocates its answer and nothing else.
type scratch struct {
	sums    []float32 // per product, all 0 between queries
	near    []float32 // likewise
	own     []float32 // likewise
	barred  []bool    // per product, all false between queries
	lent    sums
	head    []float32 // per product of the head
	touched []uint32  // the products with a score
	f       float32   // what the size of the cart makes of the linear model's scores
	cut     []uint32  // the answers that lost what one person alone says
	met     []uint32  // the products in the rows of the cart
	cart    []uint32
	asked   []uint32 // the products of the cart that are asked by
	heads   []int32  // and their numbers in the head
	mine    []uint32
	best    []candidate
	shares  []candidate
	kinds   []int64
}

func (s *scratch) grow(n int) {
	if len(s.sums) < n {
		n += n / 8
		s.sums, s.near, s.own, s.barred = make([]float32, n), make([]float32, n), make([]float32, n), make([]bool, n)
		s.head = make([]float32, n)
	}
}

// Suggest answers what goes with q.Cart, best first, without what the cart
// holds. It is empty when nothing real is known: no score is above 0 without
// an order that held both products, or the asker having bought it before.
func (m *Model) Suggest(q Query) []Suggestion {
	if m == nil || q.K <= 0 || len(m.products) == 0 {
		return nil
	}
	q.K = min(q.K, mostAnswers)
	s := m.scratch.Get().(*scratch)
	defer m.scratch.Put(s)
	s.grow(len(m.products))
	for _, p := range q.Cart {
		if at, ok := m.position(p); ok && !s.barred[at] {
			s.barred[at] = true
			s.cart = append(s.cart, at)
		}
	}
	s.thin()
	m.foretell(s)
	m.addOwn(s, q)
	for _, c := range m.less {
		s.sums[c.product] *= c.score
	}
	out := m.pick(s, q)
	s.clear()
	return out
}

// thin leaves cartMost products of a large cart to ask by, evenly over it.
func (s *scratch) thin() {
	s.asked = s.asked[:0]
	n := len(s.cart)
	for i := range min(n, cartMost) {
		s.asked = append(s.asked, s.cart[i*n/min(n, cartMost)])
	}
}

// foretell scores every product by what the cart holds.
func (m *Model) foretell(s *scratch) {
	e := m.ease
	s.heads = s.heads[:0]
	for _, p := range s.asked {
		if h := e.number[p]; h >= 0 {
			s.heads = append(s.heads, h)
		}
	}
	var most float32
	if len(s.heads) > 0 {
		head := s.head[:len(e.products)]
		e.score(s.heads, &s.lent, head)
		s.f = float32(math.Pow(float64(len(s.heads))/10, -cartDamp))
		for j, v := range head {
			if v > 0 {
				s.add(e.products[j], s.f*v)
				most = max(most, v)
			}
		}
		most *= s.f
	}
	if len(e.products) < len(m.products) {
		m.foretellTail(s, most)
	}
}

// foretellTail scores the products outside the linear model by their place
// among the neighbours of the cart. most is the best score inside.
func (m *Model) foretellTail(s *scratch, most float32) {
	near, best := s.near[:len(m.products)], float32(0)
	for _, p := range s.asked[:min(len(s.asked), nearMost)] {
		for _, x := range m.rows[p] {
			if m.ease.number[x.product] >= 0 && most > 0 {
				continue
			}
			if near[x.product] == 0 {
				s.met = append(s.met, x.product)
			}
			near[x.product] += x.score
		}
	}
	for _, p := range s.met {
		if !s.barred[p] {
			best = max(best, near[p])
		}
	}
	w := float32(1)
	if most > 0 {
		w = tailWeight * most
	}
	for _, p := range s.met {
		s.add(p, w*near[p]/best)
		near[p] = 0
	}
}

// add puts more on a product's score, unless it is in the cart.
func (s *scratch) add(p uint32, v float32) {
	if s.barred[p] {
		return
	}
	if s.sums[p] == 0 {
		s.touched = append(s.touched, p)
	}
	s.sums[p] += v
}

func (s *scratch) clear() {
	for _, p := range s.touched {
		s.sums[p] = 0
	}
	for _, p := range s.mine {
		s.own[p] = 0
	}
	for _, p := range s.cart {
		s.barred[p] = false
	}
	s.touched, s.met, s.mine, s.cart, s.best, s.kinds, s.cut = s.touched[:0], s.met[:0], s.mine[:0], s.cart[:0], s.best[:0], s.kinds[:0], s.cut[:0]
}

// addOwn blends in what the asker bought before.
func (m *Model) addOwn(s *scratch, q Query) {
	if len(q.Owned) == 0 {
		return
	}
	owned, when := q.Owned, q.OwnedAt
	if len(when) != len(owned) {
		when = nil
	}
	if cutoff := len(owned) - ownMost; cutoff > 0 {
		owned = owned[cutoff:]
		if when != nil {
			when = when[cutoff:]
		}
	}
	asked := q.At
	if when != nil && asked.IsZero() {
		asked = when[len(when)-1]
	}
	var at time.Time
	w := float32(1)
	for i, p := range owned {
		if when != nil && (i == 0 || !when[i].Equal(at)) {
			at = when[i]
			w = float32(math.Exp2(-max(0, float64(asked.Sub(at))) / float64(ownHalfLife)))
		}
		if pos, ok := m.position(p); ok {
			if s.own[pos] == 0 {
				s.mine = append(s.mine, pos)
			}
			s.own[pos] += w
		}
	}
	for _, p := range s.mine {
		s.add(p, ownWeight*s.own[p]/(s.own[p]+1))
	}
}

// firstMost is how many candidates are put in order at first; a query rarely
// needs more.
const firstMost = 32

// foremost puts the k best candidates into best, in order. Nearly all of the
// others cost one comparison, which the processor foresees.
func (s *scratch) foremost(k int) {
	h := s.best[:0]
	if s.best = h; k == 0 {
		return
	}
	for _, p := range s.touched {
		c := candidate{product: p, score: s.sums[p]}
		if c.score <= 0 || len(h) == k && !before(c, h[k-1]) {
			continue
		}
		if len(h) < k {
			h = append(h, c)
		}
		at := len(h) - 1
		for ; at > 0 && before(c, h[at-1]); at-- {
			h[at] = h[at-1]
		}
		h[at] = c
	}
	s.best = h
}

// behind adds all candidates after the last to those left, and heaps them up.
func (s *scratch) behind(h []candidate, last candidate) []candidate {
	for _, p := range s.touched {
		if c := (candidate{product: p, score: s.sums[p]}); c.score > 0 && before(last, c) {
			h = append(h, c)
		}
	}
	for i := len(h)/2 - 1; i >= 0; i-- {
		sift(h, i)
	}
	return h
}

// pick takes the best candidates in order, asking the caller's rules of each
// only when its turn comes.
func (m *Model) pick(s *scratch, q Query) []Suggestion {
	first := max(firstMost, 2*q.K)
	if first > 4*firstMost {
		first = 0 // so many are asked for that a heap of all is quicker
	}
	s.foremost(first)
	h, last, more := s.best, candidate{score: math.MaxFloat32}, true
	if len(h) > 0 {
		last, more = h[len(h)-1], len(h) == first
	}
	out := make([]Suggestion, 0, min(q.K, len(s.touched)))
	for len(out) < q.K {
		if more && (len(h) == 0 || before(last, h[0])) {
			h, more = s.behind(h, last), false
		}
		if len(h) == 0 {
			break
		}
		c := h[0]
		a := Suggestion{Product: m.products[c.product], Score: float64(c.score)}
		kind := int64(0)
		if q.Category != nil {
			kind = q.Category(a.Product)
		}
		if kind == 0 || count(s.kinds, kind) < perCategory {
			if q.Exclude == nil || !q.Exclude(a.Product) {
				lost, ok := m.explain(s, q, c.product, &a)
				if lost > leastLost*c.score && !slices.Contains(s.cut, c.product) {
					s.cut = append(s.cut, c.product)
					h[0].score -= lost
					sift(h, 0) // and its turn comes again
					continue
				}
				if ok && c.score > 0 {
					out = append(out, a)
					if kind != 0 {
						s.kinds = append(s.kinds, kind)
					}
				}
			}
		}
		h[0] = h[len(h)-1]
		h = h[:len(h)-1]
		sift(h, 0)
	}
	return out
}

func count(in []int64, what int64) (n int) {
	for _, v := range in {
		if v == what {
			n++
		}
	}
	return n
}

const (
	// tries is how many products of a cart are looked at for a reason.
	tries = 3
	// leastLost is which part of a score may be one person's voice unheard.
	leastLost = .05
)

// explain finds the product of the cart that carried most of an answer's score
// and that orders held with it. An answer without one, which the asker did not
// buy before either, is none: it rests on chains of others that nobody could
// check. lost is what of the score rests on one person's orders beyond
// voiceMost, unless it is the asker who buys the two: an answer must not rest
// on a single voice, and the sums of the linear model do not know whose they are.
func (m *Model) explain(s *scratch, q Query, p uint32, a *Suggestion) (lost float32, ok bool) {
	if s.own[p] > 0 {
		for _, o := range q.Owned {
			if o == a.Product {
				a.Own++
			}
		}
	}
	s.shares = s.shares[:0]
	h := m.ease.number[p]
	for _, from := range s.asked {
		var v float32
		if g := m.ease.number[from]; h >= 0 && g >= 0 {
			v = m.ease.share(g, h)
		} else {
			v = m.closeness(from, p)
		}
		if v > 0 {
			s.shares = append(s.shares, candidate{product: from, score: v})
		}
	}
	if len(s.shares) > tries {
		partition(s.shares, tries)
		s.shares = s.shares[:tries]
	}
	slices.SortFunc(s.shares, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.product, b.product))
	})
	for _, from := range s.shares {
		t := m.tally(from.product, p)
		trust := t.trust()
		if s.own[p] > 0 && s.own[from.product] > 0 {
			trust = 1
		}
		if h >= 0 && trust < 1 {
			lost += from.score * (1 - trust)
		}
		if a.Because == 0 && trust > 0 && int(t.together) >= m.opt.MinTogether {
			a.Because = m.products[from.product]
			a.Together, a.People = int(t.together), int(t.people())
			a.Of = len(m.holding[from.product])
		}
	}
	if lost > 0 {
		lost *= s.f * m.ease.damp[h] * m.kept(p)
	}
	return lost, a.Because != 0 || a.Own > 0
}

// closeness is the score of product p in the row of another, 0 when it is not there.
func (m *Model) closeness(from, p uint32) float32 {
	row := m.rows[from]
	if at, ok := slices.BinarySearchFunc(row, p, func(n near, p uint32) int { return cmp.Compare(n.product, p) }); ok {
		return row[at].score
	}
	return 0
}

// common goes over what two ascending lists share.
func common(x, y []uint32) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for len(x) > 0 && len(y) > 0 {
			switch {
			case x[0] < y[0]:
				x = x[1:]
			case x[0] > y[0]:
				y = y[1:]
			default:
				if !yield(x[0]) {
					return
				}
				x, y = x[1:], y[1:]
			}
		}
	}
}

// Popular lists what sells now, best first: orders with a half-life of 14 days
// back from the newest, nobody counting for more than freshMost of them. Score
// is the decayed count, Of the plain one. What mostly comes back is left out.
func (m *Model) Popular(k int, exclude func(ProductID) bool) []Suggestion {
	if m == nil || k <= 0 {
		return nil
	}
	ranked := m.popular
	if ranked == nil {
		ranked = m.ranked() // a learned model changes too often to keep it
	}
	var out []Suggestion
	for _, p := range ranked {
		if len(out) == k {
			break
		}
		id := m.products[p]
		if m.recent[p] <= 0 || m.kept(p) <= 0 || exclude != nil && exclude(id) {
			continue
		}
		out = append(out, Suggestion{Product: id, Score: float64(m.recent[p]), Of: len(m.holding[p])})
	}
	return out
}

// Pair counts from the baskets themselves how many orders held both products,
// how many held each, and how many times more often they meet than chance
// would have it (1 = chance, 0 = never).
func (m *Model) Pair(a, b ProductID) (together, ofA, ofB int, lift float64) {
	i, okA := m.position(a)
	j, okB := m.position(b)
	if okA {
		ofA = len(m.holding[i])
	}
	if okB {
		ofB = len(m.holding[j])
	}
	if !okA || !okB {
		return 0, ofA, ofB, 0
	}
	for range common(m.holding[i], m.holding[j]) {
		together++
	}
	return together, ofA, ofB, float64(together) * float64(len(m.baskets)) / (float64(ofA) * float64(ofB))
}

package recommend

import (
	"math"
	"time"
)

// How much the asker's own purchases weigh beside the cart, whose best candidate
// counts 1, and how fast they fade. Chosen on the last tenth of the training
// part of Online Retail II, where what goes with earlier purchases (rather than
// the purchases themselves) only did harm.
const (
	ownWeight   = .5
	ownHalfLife = 120 * 24 * time.Hour
	// ownMost bounds the work for a wholesaler with ten thousand lines behind him.
	ownMost = 1000
)

// mostAnswers caps K: a page shows ten, and slots are 16 bits wide.
const mostAnswers = 1000

// perCategory is the most suggestions of one category.
const perCategory = 2

// scratch is what a query needs besides the model; pooled, so that a query
// allocates its answer and nothing else.
type scratch struct {
	sums    []float32 // per product, all 0 between queries
	own     []float32 // likewise
	barred  []bool    // per product, all false between queries
	touched []uint32
	mine    []candidate
	cart    []uint32
	best    []candidate
	kinds   []int64
	slot    []uint16 // per product its place in the answer + 1, all 0 between queries
	reasons []reason
}

// reason is where an answer's largest share stands.
type reason struct {
	score       float32
	from, place uint32
}

func (s *scratch) grow(n int) {
	if len(s.sums) < n {
		s.sums, s.own, s.barred = make([]float32, n), make([]float32, n), make([]bool, n)
		s.slot = make([]uint16, n)
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
	m.addRows(s, s.cart)
	s.scale()
	m.addOwn(s, q)
	for _, t := range s.touched {
		if v := s.sums[t]; v > 0 && !s.barred[t] {
			s.best = append(s.best, candidate{product: t, score: v})
		}
	}
	out := m.pick(s, q)
	m.explain(s, q, out)
	s.clear()
	return out
}

func (s *scratch) clear() {
	for _, t := range s.touched {
		s.sums[t] = 0
	}
	for _, c := range s.mine {
		s.own[c.product] = 0
	}
	for _, p := range s.cart {
		s.barred[p] = false
	}
	s.touched, s.mine, s.cart, s.best, s.kinds = s.touched[:0], s.mine[:0], s.cart[:0], s.best[:0], s.kinds[:0]
}

// addRows sums the rows of the given products.
func (m *Model) addRows(s *scratch, of []uint32) {
	sums := s.sums
	for _, p := range of {
		for _, n := range m.rows[p] {
			v := sums[n.product]
			if v == 0 {
				s.touched = append(s.touched, n.product)
			}
			sums[n.product] = v + n.score
		}
	}
}

// scale brings the best of the sums that may be shown to 1.
func (s *scratch) scale() {
	var most float32
	for _, t := range s.touched {
		if s.sums[t] > most && !s.barred[t] {
			most = s.sums[t]
		}
	}
	if most == 0 {
		return
	}
	f := 1 / most
	for _, t := range s.touched {
		s.sums[t] *= f
	}
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
	var at time.Time
	w, most := float32(1), float32(0)
	for i, p := range owned {
		if when != nil && (i == 0 || !when[i].Equal(at)) {
			at = when[i]
			w = float32(math.Exp2(-float64(when[len(when)-1].Sub(at)) / float64(ownHalfLife)))
		}
		pos, ok := m.position(p)
		if !ok {
			continue
		}
		if s.own[pos] == 0 {
			s.mine = append(s.mine, candidate{product: pos})
		}
		s.own[pos] += w
		if !s.barred[pos] {
			most = max(most, s.own[pos])
		}
	}
	if most == 0 {
		return
	}
	for i := range s.mine {
		c := &s.mine[i]
		c.score = s.own[c.product] / most
		if s.barred[c.product] {
			continue
		}
		if s.sums[c.product] == 0 {
			s.touched = append(s.touched, c.product)
		}
		s.sums[c.product] += ownWeight * c.score
	}
}

// pick takes the best candidates in order, asking the caller's rules of each
// only when its turn comes.
func (m *Model) pick(s *scratch, q Query) []Suggestion {
	h := s.best
	for i := len(h)/2 - 1; i >= 0; i-- {
		sift(h, i)
	}
	out := make([]Suggestion, 0, min(q.K, len(h)))
	for len(h) > 0 && len(out) < q.K {
		c := h[0]
		h[0] = h[len(h)-1]
		h = h[:len(h)-1]
		sift(h, 0)
		id := m.products[c.product]
		if q.Exclude != nil && q.Exclude(id) {
			continue
		}
		if q.Category != nil {
			if kind := q.Category(id); kind != 0 {
				if count(s.kinds, kind) >= perCategory {
					continue
				}
				s.kinds = append(s.kinds, kind)
			}
		}
		out = append(out, Suggestion{Product: id, Score: float64(c.score)})
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

// explain finds for each answer the product of the cart that carried most of its
// score. One more walk over the rows beats a search per answer and row.
func (m *Model) explain(s *scratch, q Query, out []Suggestion) {
	s.reasons = append(s.reasons[:0], make([]reason, len(out))...)
	for i := range out {
		p, _ := m.position(out[i].Product)
		s.slot[p] = uint16(i + 1)
		if s.own[p] > 0 {
			for _, o := range q.Owned {
				if o == out[i].Product {
					out[i].Own++
				}
			}
		}
	}
	for _, from := range s.cart {
		for place, n := range m.rows[from] {
			if at := s.slot[n.product]; at != 0 {
				if r := &s.reasons[at-1]; n.score > r.score {
					*r = reason{score: n.score, from: from, place: uint32(place)}
				}
			}
		}
	}
	for i, r := range s.reasons {
		p, _ := m.position(out[i].Product)
		s.slot[p] = 0
		if r.score == 0 {
			continue
		}
		t := m.tallies[r.from][r.place]
		out[i].Because = m.products[r.from]
		out[i].Together, out[i].People = int(t.together), int(t.people)
		out[i].Of = len(m.holding[r.from])
	}
}

// Popular lists what sells now, best first: orders with a half-life of 14 days
// back from the newest. Score is the decayed count, Of the plain one.
func (m *Model) Popular(k int, exclude func(ProductID) bool) []Suggestion {
	if m == nil || k <= 0 {
		return nil
	}
	ranked := m.popular
	if ranked == nil {
		ranked = m.ranked() // a Learner's model changes too often to keep it
	}
	var out []Suggestion
	for _, p := range ranked {
		if len(out) == k {
			break
		}
		id := m.products[p]
		if m.recent[p] <= 0 || exclude != nil && exclude(id) {
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
	x, y := m.holding[i], m.holding[j]
	for len(x) > 0 && len(y) > 0 {
		switch {
		case x[0] < y[0]:
			x = x[1:]
		case x[0] > y[0]:
			y = y[1:]
		default:
			together++
			x, y = x[1:], y[1:]
		}
	}
	return together, ofA, ofB, float64(together) * float64(len(m.baskets)) / (float64(ofA) * float64(ofB))
}

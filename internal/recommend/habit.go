package recommend

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Settings of the next-basket answer: how fast a habit fades, how fast a
// fashion does, and how much the fashion weighs beside the habit. A habit also
// follows the fashion: it is multiplied by the root of what share of orders the
// product has now, over usualShare, never quite by nothing; a Christmas habit
// rests in May. Chosen on the customers' orders before their last of Online
// Retail II.
const (
	habitHalfLife   = 240 * 24 * time.Hour
	fashionHalfLife = 14 * 24 * time.Hour
	fashionWeight   = .4
	usualShare      = .02
	leastFashion    = .02
)

// habit is the next-basket score of a product: own is the share of the person's
// orders that held it, fading, now the share of everybody's orders these weeks.
func habit(own float32, now float64) float32 {
	v := float32(fashionWeight * now)
	if own > 0 {
		v += own * float32(math.Sqrt(now/usualShare+leastFashion))
	}
	return v
}

// habits walks over somebody's purchases, newest last, with how much each still
// says, and returns what all their orders say together; those of one moment are
// one order. The one walk behind what `eval` measures and what pages show.
func habits(at []time.Time, asked time.Time, each func(i int, w float64)) (orders float64) {
	var w float64
	for i := range at {
		if i == 0 || !at[i].Equal(at[i-1]) {
			w = math.Exp2(-max(0, float64(asked.Sub(at[i]))) / float64(habitHalfLife))
			orders += w
		}
		each(i, w)
	}
	return orders
}

// fashion counts what everybody buys, fading with time. Baskets must come in
// order of time. Not safe for concurrent use.
type fashion struct {
	counts []float64 // growing weights from ref
	ref    int64
	total  float64
}

// add counts one order's different products.
func (f *fashion) add(lines []uint32, at int64) {
	if f.ref == 0 {
		f.ref = at
	}
	w := math.Exp2(float64(at-f.ref) / float64(fashionHalfLife.Milliseconds()))
	if w > 1e12 {
		for p := range f.counts {
			f.counts[p] /= w
		}
		f.total /= w
		f.ref, w = at, 1
	}
	for _, p := range lines {
		for int(p) >= len(f.counts) {
			f.counts = append(f.counts, 0)
		}
		f.counts[p] += w
	}
	f.total += w
}

// again is the next-basket answer for one customer: their own purchases,
// fading, plus what everybody buys now, each as a share of orders.
type again struct {
	sums []float32
	mine []uint32
	best []candidate
}

func (a *again) next(who *owned, f *fashion, at int64, k int) []Suggestion {
	for len(a.sums) < len(f.counts) {
		a.sums = append(a.sums, 0)
	}
	orders := habits(who.at, time.UnixMilli(at), func(i int, w float64) {
		p := who.products[i]
		for int(p-1) >= len(a.sums) {
			a.sums = append(a.sums, 0)
		}
		if a.sums[p-1] == 0 {
			a.mine = append(a.mine, uint32(p-1))
		}
		a.sums[p-1] += float32(w)
	})
	a.best = a.best[:0]
	share := 0.
	if f.total > 0 {
		share = 1 / f.total
	}
	scale := float32(0)
	if orders > 0 {
		scale = float32(1 / orders)
	}
	for p, c := range f.counts {
		v := habit(a.sums[p]*scale, c*share)
		if v > 0 {
			a.best = append(a.best, candidate{product: uint32(p), score: v})
		}
	}
	for _, p := range a.mine {
		a.sums[p] = 0
	}
	a.mine = a.mine[:0]
	return topSuggestions(a.best, k)
}

// Again orders what the asker bought before by how likely it comes next: the
// next-basket answer of `eval`, without what was never bought. Own is how often
// it was; Of the orders of everybody that held it.
func (m *Model) Again(q Query) []Suggestion {
	if m == nil || q.K <= 0 || len(q.Owned) == 0 || len(q.OwnedAt) != len(q.Owned) {
		return nil
	}
	asked := q.At
	if asked.IsZero() {
		asked = q.OwnedAt[len(q.OwnedAt)-1]
	}
	own, times := map[uint32]float32{}, map[uint32]int{}
	orders := float32(habits(q.OwnedAt, asked, func(i int, w float64) {
		if pos, ok := m.position(q.Owned[i]); ok {
			own[pos] += float32(w)
			times[pos]++
		}
	}))
	var all []candidate
	for pos, v := range own {
		share := 0.
		if m.lately > 0 {
			share = float64(m.recent[pos]) / m.lately
		}
		all = append(all, candidate{product: pos, score: habit(v/orders, share)})
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.product, b.product))
	})
	var out []Suggestion
	for _, c := range all {
		if id := m.products[c.product]; len(out) < q.K && (q.Exclude == nil || !q.Exclude(id)) {
			out = append(out, Suggestion{Product: id, Score: float64(c.score), Own: times[c.product], Of: len(m.holding[c.product])})
		}
	}
	return out
}

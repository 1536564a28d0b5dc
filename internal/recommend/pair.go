package recommend

import (
	"cmp"
	"math"
	"slices"
)

// One person is one voice. What somebody orders time and again says a lot about
// that person (addOwn and Again use it) and little about everybody, and it is
// also what a shill or a runaway program looks like.
const (
	// voiceMost is how many orders of one person count for a pair.
	voiceMost = 3
	// freshMost is the same for what sells now, in orders of today.
	freshMost = 3
)

// hearMost is how much of one person with a product the linear model hears of,
// as a sum of basket weights (four small orders, twenty of twenty lines); the product is then left out of that person's baskets. Without it one
// voice, even if no answer may rest on it, would drown the others.
const hearMost = 2.

// heard is what of a basket the linear model hears, by how much it heard of its
// buyer with each product before.
func (m *Model) heard(basket int, lent []uint32) []uint32 {
	buyer, lines := m.buyers[basket], m.baskets[basket]
	if buyer == 0 {
		return lines
	}
	lent = lent[:0]
	for _, p := range lines {
		if m.heardBefore(p, buyer, basket) < hearMost {
			lent = append(lent, p)
		}
	}
	return lent
}

// heardBefore sums up a buyer's baskets before this one that held a product.
func (m *Model) heardBefore(p, buyer uint32, basket int) (sum float64) {
	all := m.holding[p]
	at, _ := slices.BinarySearchFunc(all, buyer, func(b, buyer uint32) int { // those built stand in order of their buyers
		if int(b) >= m.built {
			return 1
		}
		return cmp.Compare(m.buyers[b], buyer)
	})
	for ; at < len(all) && int(all[at]) < m.built && m.buyers[all[at]] == buyer; at++ {
		if int(all[at]) < basket {
			sum += sizeWeight(len(m.baskets[all[at]]))
		}
	}
	late, _ := slices.BinarySearch(all, uint32(m.built))
	for _, b := range all[late:] {
		if m.buyers[b] == buyer && int(b) < basket {
			sum += sizeWeight(len(m.baskets[b]))
		}
	}
	return sum
}

// roll numbers customers while a model is built or learned. The numbers mean
// nothing outside and the roll is not kept with the model, so that its bytes
// name nobody: after a restart people count from the orders learned since. One
// line of models shares it, as it shares its baskets.
type roll struct {
	of   map[CustomerID]uint32
	last uint32
}

func (r *roll) number(c CustomerID) uint32 {
	if c == 0 {
		return 0
	}
	if n, ok := r.of[c]; ok {
		return n
	}
	if r.of == nil {
		r.of = map[CustomerID]uint32{}
	}
	r.last++
	r.of[c] = r.last
	return r.last
}

// tally is what stands behind a near: plain counts, kept apart because only
// the winners of a query need them.
type tally struct {
	together uint32
	who      uint32 // people in the upper 24 bits, trust in the lower 8
}

const mostPeople = 1<<24 - 1

// tallied sums up a pair: orders that held both, known people among them, and
// orders when each person counts voiceMost times at most.
func tallied(together, people, heard uint32) tally {
	trust := (255*heard + together/2) / max(1, together)
	if people == 1 && heard == voiceMost && together > voiceMost { // nobody else ever did
		trust = 0
	} else if trust == 0 {
		trust = 1
	}
	return tally{together, min(people, mostPeople)<<8 | min(trust, 255)}
}

func (t tally) people() uint32 { return t.who >> 8 }

// trust is what is left of a pair's say when each person counts voiceMost times
// at most: 1 for nearly all, 0 for one person's own.
func (t tally) trust() float32 { return float32(t.who&255) / 255 }

// cell gathers what one product has with another.
type cell struct {
	weight   float32
	together uint32
	people   uint32
	heard    uint32
	last     uint32 // the buyer counted last
	times    uint32 // and how often
}

// counter goes over all baskets of one product at a time. One row of cells
// stays in the nearest cache, which is why rows are cheaper than pairs.
type counter struct {
	m       *Model
	cells   []cell
	touched []uint32
	order   []candidate
	lent    []uint32
}

// byBuyer lists the baskets that held a product person by person. It may use
// and return lent.
func (m *Model) byBuyer(p uint32, lent *[]uint32) []uint32 {
	all := m.holding[p]
	at, _ := slices.BinarySearch(all, uint32(m.built))
	if at == len(all) {
		return all
	}
	sorted := append((*lent)[:0], all...)
	slices.SortFunc(sorted, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(m.buyers[a], m.buyers[b]), cmp.Compare(a, b))
	})
	*lent = sorted
	return sorted
}

// count fills the cells for product p.
func (c *counter) count(p uint32) {
	c.clear()
	for _, b := range c.m.byBuyer(p, &c.lent) {
		w, buyer := c.m.weights[b], c.m.buyers[b]
		for _, q := range c.m.baskets[b] {
			x := &c.cells[q]
			if x.together == 0 {
				c.touched = append(c.touched, q)
			}
			x.weight += w
			x.together++
			if buyer == 0 || x.last != buyer {
				x.last, x.times = buyer, 0
				if buyer != 0 {
					x.people++
				}
			}
			if x.times++; x.times <= voiceMost {
				x.heard++
			}
		}
	}
}

func (c *counter) clear() {
	for _, t := range c.touched {
		c.cells[t] = cell{}
	}
	c.touched = c.touched[:0]
}

// best cuts the counted cells down to the neighbours that serving keeps.
func (c *counter) best(p uint32) ([]near, []tally) {
	c.order = c.order[:0]
	now := 1 / math.Exp2(float64(c.m.newest.Unix()-c.m.since)/c.m.opt.HalfLife.Seconds())
	asked := normOf(c.m.sums[p] * now)
	for _, q := range c.touched {
		x := c.cells[q]
		if q == p || int(x.together) < c.m.opt.MinTogether {
			continue
		}
		t := tallied(x.together, x.people, x.heard)
		if s := t.trust() * score(x.weight*float32(now), asked, norm{answer: float32(math.Sqrt(c.m.sums[q] * now))}); s > 0 {
			c.order = append(c.order, candidate{product: q, score: s})
		}
	}
	c.order = cut(c.order, c.m.opt.Neighbours)
	row, counts := make([]near, len(c.order)), make([]tally, len(c.order))
	for i, o := range c.order {
		x := c.cells[o.product]
		row[i], counts[i] = near(o), tallied(x.together, x.people, x.heard)
	}
	return row, counts
}

// tally counts what two products have together: from the row when p stands in
// it, else from the baskets.
func (m *Model) tally(from, p uint32) tally {
	row := m.rows[from]
	if at, ok := slices.BinarySearchFunc(row, p, func(n near, p uint32) int { return cmp.Compare(n.product, p) }); ok {
		return m.tallies[from][at]
	}
	var room [64]uint32
	buyers, sorted := room[:0], true
	for b := range common(m.holding[from], m.holding[p]) {
		buyer := m.buyers[b]
		sorted = sorted && (len(buyers) == 0 || buyers[len(buyers)-1] <= buyer)
		buyers = append(buyers, buyer)
	}
	if !sorted {
		slices.Sort(buyers)
	}
	var people, heard, times uint32
	for i, buyer := range buyers {
		if i == 0 || buyer == 0 || buyer != buyers[i-1] {
			times = 0
			if buyer != 0 {
				people++
			}
		}
		if times++; times <= voiceMost {
			heard++
		}
	}
	return tallied(uint32(len(buyers)), people, heard)
}

// fresh is how much a product sells now: its orders, each by how fresh it is,
// and no person with more than freshMost.
func (m *Model) fresh(p uint32, of func(basket uint32) float32) float32 {
	var lent []uint32
	var sum, one float32
	last := uint32(0)
	for _, b := range m.byBuyer(p, &lent) {
		buyer, f := m.buyers[b], of(b)
		if buyer == 0 {
			sum += f
			continue
		}
		if buyer != last {
			last, one = buyer, 0
		}
		f = min(f, freshMost-one)
		one += f
		sum += f
	}
	return sum
}

// What comes back: a product's scores lose twice the share of its orders that
// came back, counted from backFew on and beside backPrior orders that did not.
const (
	backFew   = 3
	backPrior = 10
)

// mind derives less from back.
func (m *Model) mind() {
	m.less = nil
	count := map[uint32]int{}
	for _, all := range m.back {
		for _, id := range all {
			if p, ok := m.position(id); ok {
				count[p]++
			}
		}
	}
	for p, n := range count {
		if n >= backFew {
			share := float32(n) / float32(len(m.holding[p])+n+backPrior)
			m.less = append(m.less, candidate{product: p, score: max(0, 1-2*share)})
		}
	}
	slices.SortFunc(m.less, func(a, b candidate) int { return cmp.Compare(a.product, b.product) })
}

// kept is what is left of the score of a product that may come back often.
func (m *Model) kept(p uint32) float32 {
	if at, ok := slices.BinarySearchFunc(m.less, p, func(c candidate, p uint32) int { return cmp.Compare(c.product, p) }); ok {
		return m.less[at].score
	}
	return 1
}

package recommend

import (
	"math"
	"slices"
)

// Learn is the model with one basket more; the next answer knows it. The old
// model stays as it is and goes on answering whoever holds it, so that a process
// may learn while it serves. Only one line of models may be learned at a time:
// the new one shares memory with the old.
//
// Counts and the linear model are exact. The neighbours of a product are made
// anew when it is bought, so what stands in the rows of others may lag a little
// behind; the next Build evens it out. Baskets with more than MaxBasket products
// change nothing.
func (m *Model) Learn(b Basket) *Model {
	n := *m
	lines := n.positions(b)
	if len(lines) == 0 || len(lines) > n.opt.MaxBasket {
		return m
	}
	n.file(b, lines)
	n.ease = n.learned(lines, b.At.Unix())
	n.recount(lines)
	return &n
}

// positions are the different products of a basket; new ones get one.
func (m *Model) positions(b Basket) []uint32 {
	var lines []uint32
	known := len(m.products)
	for _, it := range b.Items {
		at, ok := m.position(it.Product)
		if !ok {
			at = uint32(len(m.products))
			if len(m.products) == known { // the first new one: whoever reads the old model must not see it
				late := make(map[ProductID]uint32, len(m.late)+1)
				for p, at := range m.late {
					late[p] = at
				}
				m.late = late
			}
			m.products = append(m.products, it.Product)
			m.late[it.Product] = at
		}
		lines = append(lines, at)
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// file keeps the basket itself. Its buyer is not told apart from others: the
// model keeps no customer ids to find earlier baskets by.
func (m *Model) file(b Basket, lines []uint32) {
	at := uint32(len(m.baskets))
	newer := len(m.baskets) > 0 && b.At.After(m.newest)
	fade := float32(1)
	if newer {
		fade = float32(math.Exp2(-float64(b.At.Unix()-m.newest.Unix()) / m.opt.PopularHalfLife.Seconds()))
	}
	m.baskets, m.buyers, m.times = append(m.baskets, lines), append(m.buyers, 0), append(m.times, b.At.Unix())
	if newer || at == 0 {
		m.newest = b.At.UTC()
	}
	n := len(m.products)
	holding, recent := make([][]uint32, n), make([]float32, n)
	copy(holding, m.holding)
	for p, r := range m.recent {
		recent[p] = r * fade
	}
	now := float32(math.Exp2(-m.age(int(at)) / m.opt.PopularHalfLife.Seconds()))
	m.lately = m.lately*float64(fade) + float64(now)
	for _, p := range lines {
		holding[p] = append(holding[p], at)
		recent[p] += now
	}
	m.holding, m.recent = holding, recent
	sums := make([]float64, n)
	copy(sums, m.sums)
	w := float32(math.Exp2(float64(b.At.Unix()-m.since)/m.opt.HalfLife.Seconds()) / float64(len(lines)))
	for _, p := range lines {
		sums[p] += float64(w)
	}
	m.weights, m.sums = append(m.weights, w), sums
	m.popular = nil // ranked again when asked for
}

// learned is the linear model with the basket.
func (m *Model) learned(lines []uint32, at int64) *ease {
	e := m.ease
	head, number := e.products, e.number
	for p := len(number); p < len(m.products); p++ {
		h := int32(-1)
		if len(head) < m.opt.Head {
			h = int32(len(head))
			head = append(head[:len(head):len(head)], uint32(p))
		}
		number = append(number[:len(number):len(number)], h)
	}
	var inside []int32
	for _, p := range lines {
		if h := number[p]; h >= 0 {
			inside = append(inside, h)
		}
	}
	n := e.learn(inside, len(lines), at, head)
	n.number = number
	return n
}

// recount makes the neighbours of the products just bought anew from the baskets.
func (m *Model) recount(lines []uint32) {
	n := len(m.products)
	rows, tallies := make([][]near, n), make([][]tally, n)
	copy(rows, m.rows)
	copy(tallies, m.tallies)
	m.rows, m.tallies = rows, tallies
	c := counter{m: m, cells: make([]cell, n)}
	for _, p := range lines {
		c.count(p)
		rows[p], tallies[p] = c.best(p)
	}
}

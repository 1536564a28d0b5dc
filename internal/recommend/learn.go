package recommend

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
)

// Learn is the model with one basket more; the next answer knows it. The old
// model stays as it is and goes on answering whoever holds it, so that a process
// may learn while it serves. Only one line of models may be learned at a time:
// the new one shares memory with the old.
//
// A named basket that the model has is first taken back, so that teaching it
// again with what is left of an order brings the model to what it would be had
// the order been so from the start; with nothing left, the order is gone. The
// same again changes nothing.
//
// Counts and the linear model are exact. The neighbours of a product are made
// anew when it is bought or taken back, so what stands in the rows of others may
// lag a little behind; the next Build evens it out. Baskets with more than
// MaxBasket products change nothing.
func (m *Model) Learn(b Basket) *Model {
	n := *m
	changed, any := n.learn(b)
	if !any {
		return m
	}
	n.recount(changed)
	return &n
}

// LearnAll is the model with many baskets more, at once: as Learn one by one,
// but all neighbours and what sells now are made anew at the end. A model that
// was built with Options.Until ends where one built of all baskets is, to the
// rounding of its numbers.
func (m *Model) LearnAll(ctx context.Context, baskets iter.Seq2[Basket, error]) (*Model, error) {
	n := *m
	some := false
	for b, err := range baskets {
		if err != nil {
			return nil, fmt.Errorf("read baskets: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		_, any := n.learn(b)
		some = some || any
	}
	if !some {
		return m, nil
	}
	n.settle()
	n.derive()
	return &n, n.relate(ctx)
}

// learn changes the model, which is a copy, by one basket, and lists the
// products whose neighbours that concerns; false: nothing changes.
func (m *Model) learn(b Basket) ([]uint32, bool) {
	had := m.find(b.Order)
	if len(b.Items) > m.opt.MaxBasket && distinct(b.Items) > m.opt.MaxBasket {
		b.Items = nil
	}
	lines := m.positions(b)
	sameBack := b.Order == 0 || slices.Equal(m.back[b.Order], b.Back)
	if had >= 0 && m.times[had] == b.At.Unix() && slices.Equal(m.baskets[had], lines) || had < 0 && len(lines) == 0 {
		if !sameBack {
			m.noteBack(b)
		}
		return nil, !sameBack
	}
	changed := slices.Clone(lines)
	if had >= 0 {
		changed = append(changed, m.baskets[had]...)
		m.drop(had)
	}
	if len(lines) > 0 {
		m.file(b, lines)
		m.ease = m.learned(len(m.baskets)-1, +1)
	}
	slices.Sort(changed)
	changed = slices.Compact(changed)
	m.refresh(changed)
	if !sameBack {
		m.noteBack(b)
	}
	m.popular = nil // ranked again when asked for
	return changed, true
}

func distinct(items []Item) int {
	ids := make([]ProductID, len(items))
	for i, it := range items {
		ids[i] = it.Product
	}
	slices.Sort(ids)
	return len(slices.Compact(ids))
}

// find is the place of a named basket, -1 when it is not there. The newest are
// asked for most.
func (m *Model) find(name OrderID) int {
	if name != 0 {
		for i := len(m.names) - 1; i >= 0; i-- {
			if m.names[i] == name {
				return i
			}
		}
	}
	return -1
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

// file keeps the basket itself.
func (m *Model) file(b Basket, lines []uint32) {
	at := uint32(len(m.baskets))
	newer := len(m.baskets) > 0 && b.At.After(m.newest)
	fade := float32(1)
	if newer {
		fade = float32(math.Exp2(-float64(b.At.Unix()-m.newest.Unix()) / m.opt.PopularHalfLife.Seconds()))
	}
	m.baskets, m.times = append(m.baskets, lines), append(m.times, b.At.Unix())
	m.buyers, m.names = append(m.buyers, m.known.number(b.Customer)), append(m.names, b.Order)
	if newer || at == 0 {
		m.newest = b.At.UTC()
	}
	n := len(m.products)
	holding, recent := make([][]uint32, n), make([]float32, n)
	copy(holding, m.holding)
	for p, r := range m.recent {
		recent[p] = r * fade
	}
	m.lately = m.lately*float64(fade) + m.freshness(at)
	for _, p := range lines {
		holding[p] = append(holding[p], at)
	}
	m.holding, m.recent = holding, recent
	sums := make([]float64, n)
	copy(sums, m.sums)
	w := float32(math.Exp2(float64(b.At.Unix()-m.since)/m.opt.HalfLife.Seconds()) / float64(len(lines)))
	for _, p := range lines {
		sums[p] += float64(w)
	}
	m.weights, m.sums = append(m.weights, w), sums
}

// drop takes a basket back: out of the counts, the sums and the linear model.
func (m *Model) drop(i int) {
	lines := m.baskets[i]
	m.ease = m.learned(i, -1)
	m.lately = max(0, m.lately-m.freshness(uint32(i)))
	m.baskets, m.names, m.holding, m.sums = slices.Clone(m.baskets), slices.Clone(m.names), slices.Clone(m.holding), slices.Clone(m.sums)
	m.baskets[i], m.names[i] = nil, 0
	m.gone++
	for _, p := range lines {
		left := make([]uint32, 0, len(m.holding[p]))
		for _, b := range m.holding[p] {
			if b != uint32(i) {
				left = append(left, b)
			}
		}
		m.holding[p] = left
		m.sums[p] = max(0, m.sums[p]-float64(m.weights[i]))
	}
}

func (m *Model) freshness(b uint32) float64 {
	return math.Exp2(-m.age(int(b)) / m.opt.PopularHalfLife.Seconds())
}

// refresh counts anew how much products sell now.
func (m *Model) refresh(products []uint32) {
	m.recent = slices.Clone(m.recent)
	for _, p := range products {
		m.recent[p] = m.fresh(p, func(b uint32) float32 { return float32(m.freshness(b)) })
	}
}

// noteBack keeps what came back of an order, in place of what was noted before.
func (m *Model) noteBack(b Basket) {
	back := make(map[OrderID][]ProductID, len(m.back)+1)
	for name, of := range m.back {
		back[name] = of
	}
	if back[b.Order] = slices.Clone(b.Back); len(b.Back) == 0 {
		delete(back, b.Order)
	}
	m.back = back
	m.mind()
}

// learned is the linear model with a basket more (+1) or less (-1).
func (m *Model) learned(basket int, sign float64) *ease {
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
	for _, p := range m.heard(basket, nil) {
		if h := number[p]; h >= 0 {
			inside = append(inside, h)
		}
	}
	if len(inside) == 0 && len(head) == len(e.products) {
		n := *e
		n.number = number
		return &n
	}
	n := e.learn(inside, len(m.baskets[basket]), sign, e.grown(m.times[basket], basket < m.built), head)
	n.number = number
	return n
}

// recount makes the neighbours of the given products anew from the baskets.
func (m *Model) recount(products []uint32) {
	n := len(m.products)
	rows, tallies := make([][]near, n), make([][]tally, n)
	copy(rows, m.rows)
	copy(tallies, m.tallies)
	m.rows, m.tallies = rows, tallies
	c := counter{m: m, cells: make([]cell, n)}
	for _, p := range products {
		c.count(p)
		rows[p], tallies[p] = c.best(p)
	}
}

// settle lays the baskets out as Build does, by buyer and then time and without
// those taken back, so that people can be counted in one pass.
func (m *Model) settle() {
	if m.built == len(m.baskets) && m.gone == 0 {
		return
	}
	order := make([]int, 0, len(m.baskets))
	for i, b := range m.baskets {
		if len(b) > 0 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(m.buyers[a], m.buyers[b]), cmp.Compare(m.times[a], m.times[b]))
	})
	n := len(order)
	baskets, buyers, times, names := make([][]uint32, n), make([]uint32, n), make([]int64, n), make([]OrderID, n)
	for at, i := range order {
		baskets[at], buyers[at], times[at], names[at] = m.baskets[i], m.buyers[i], m.times[i], m.names[i]
	}
	m.baskets, m.buyers, m.times, m.names = baskets, buyers, times, names
	m.built, m.gone = n, 0
}

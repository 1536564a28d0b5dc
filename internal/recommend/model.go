package recommend

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// near is one neighbour of a product with its share of the score, ready to add.
type near struct {
	product uint32
	score   float32
}

// Model is what Build learned. It never changes and may be read by any number
// of goroutines. Inside, a product is its position in products.
type Model struct {
	opt      Options
	products []ProductID // sorted, but for those met later by Learn
	table    []uint32    // ProductID to position+1 when the ids are dense enough
	late     map[ProductID]uint32
	newest   time.Time

	// The baskets, by customer and then time (Learn appends): what was in
	// them (nothing in one that was taken back), who bought (a number without
	// meaning outside, 0 unknown), when, and their names. They make Pair exact and
	// let Learn recount; no customer id is kept, known serves while learning.
	baskets [][]uint32
	buyers  []uint32
	times   []int64 // Unix seconds
	names   []OrderID
	gone    int // baskets taken back
	known   *roll
	back    map[OrderID][]ProductID // what came back of an order
	less    []candidate             // products that come back often, with what is left of their scores
	holding [][]uint32              // per product the baskets that held it, ascending
	recent  []float32               // per product orders decayed by PopularHalfLife
	lately  float64                 // all orders decayed likewise
	popular []uint32                // products by recent, best first
	rows    [][]near                // per product its neighbours by position
	tallies [][]tally               // beside rows
	ease    *ease
	prior   *tastes    // nil: nobody told anything
	weights []float32  // per basket 2^(age/HalfLife)/size, the age from since on
	sums    []float64  // per product the weights of its baskets
	since   int64      // Unix seconds
	built   int        // baskets from this number on were learned one by one
	scratch *sync.Pool // *scratch
}

// Products is the number of different products in the baskets learned.
func (m *Model) Products() int {
	if m == nil {
		return 0
	}
	return len(m.products)
}

// Orders is the number of baskets learned.
func (m *Model) Orders() int {
	if m == nil {
		return 0
	}
	return len(m.baskets) - m.gone
}

// Newest is the time of the newest basket learned.
func (m *Model) Newest() time.Time {
	if m == nil {
		return time.Time{}
	}
	return m.newest
}

// Knows tells whether some learned basket held the product.
func (m *Model) Knows(p ProductID) bool {
	_, ok := m.position(p)
	return ok
}

// Bytes is the memory that serving needs: the arrays behind the model.
func (m *Model) Bytes() int {
	if m == nil {
		return 0
	}
	n := 8*len(m.products) + 4*len(m.table) + 24*len(m.baskets) + 12*len(m.recent) + 4*len(m.popular)
	n += 24 * (len(m.baskets) + len(m.holding) + len(m.rows) + len(m.tallies))
	for i := range m.rows {
		n += 16 * len(m.rows[i])
	}
	for i := range m.holding {
		n += 4 * len(m.holding[i])
	}
	for i := range m.baskets {
		n += 4 * len(m.baskets[i])
	}
	if m.prior != nil {
		n += m.prior.bytes()
	}
	return n + m.ease.bytes()
}

func (m *Model) position(p ProductID) (uint32, bool) {
	if m == nil {
		return 0, false
	}
	if m.table != nil {
		if p > 0 && int64(p) < int64(len(m.table)) {
			if at := m.table[p]; at != 0 {
				return at - 1, true
			}
		}
	} else if at, ok := slices.BinarySearch(m.products[:len(m.products)-len(m.late)], p); ok {
		return uint32(at), true
	}
	at, ok := m.late[p]
	return at, ok
}

// index makes position quick: ids out of a database are dense, so a plain
// table beats a search; ids that are not fall back to one.
func (m *Model) index() {
	m.pool()
	sorted := m.products[:len(m.products)-len(m.late)]
	if len(sorted) == 0 {
		return
	}
	first, last := sorted[0], sorted[len(sorted)-1]
	if first > 0 && int64(last) < 16*int64(len(sorted))+1024 {
		m.table = make([]uint32, last+1)
		for at, p := range sorted {
			m.table[p] = uint32(at) + 1
		}
	}
}

func (m *Model) pool() {
	m.scratch = &sync.Pool{New: func() any { return &scratch{} }}
}

// hold derives holding from the baskets.
func (m *Model) hold() {
	counts := make([]int, len(m.products))
	lines := 0
	for _, b := range m.baskets {
		lines += len(b)
		for _, p := range b {
			counts[p]++
		}
	}
	flat := make([]uint32, lines)
	m.holding = make([][]uint32, len(m.products))
	at := 0
	for p, n := range counts {
		m.holding[p] = flat[at : at : at+n]
		at += n
	}
	for i, b := range m.baskets {
		for _, p := range b {
			m.holding[p] = append(m.holding[p], uint32(i))
		}
	}
}

// ranked lists the products by recent, ties by position so that the answer is
// always the same.
func (m *Model) ranked() []uint32 {
	out := make([]uint32, len(m.products))
	for i := range out {
		out[i] = uint32(i)
	}
	slices.SortStableFunc(out, func(a, b uint32) int { return cmp.Compare(m.recent[b], m.recent[a]) })
	return out
}

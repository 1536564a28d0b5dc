package recommend_test

import (
	"slices"
	"testing"

	"regulars/internal/recommend"
)

func TestLearnedOrdersShowAtOnce(t *testing.T) {
	old := build(t, recommend.Options{}, camping()...)
	m := old
	for range 3 {
		m = m.Learn(basket(4, sock, tent))
	}
	m = m.Learn(basket(4, 77, sock)) // 77 is new to the model
	got := m.Suggest(recommend.Query{Cart: []recommend.ProductID{sock}, K: 5})
	if !slices.Equal(products(got), []recommend.ProductID{tent, 77}) || got[0].Together != 3 || got[0].Of != 5 {
		t.Errorf("after four orders the sock goes with %+v", got)
	}
	if n, of, _, _ := m.Pair(77, sock); n != 1 || of != 1 {
		t.Errorf("the new product: %d of %d", n, of)
	}
	if got := old.Suggest(recommend.Query{Cart: []recommend.ProductID{sock}, K: 5}); len(got) != 0 || old.Knows(77) {
		t.Errorf("the model learned from was changed: %v", products(got))
	}
	if p := m.Popular(1, nil); p[0].Product != tent || p[0].Of != 6 {
		t.Errorf("most popular is %+v", p)
	}
	back, err := recommend.Decode(m.Encode())
	if err != nil || !back.Knows(77) {
		t.Fatalf("a learned model does not come back: %v", err)
	}
	if again := back.Suggest(recommend.Query{Cart: []recommend.ProductID{sock}, K: 5}); !slices.Equal(products(again), products(got)) {
		t.Errorf("it came back with other answers: %v", products(again))
	}
}

// Learning one by one ends where building at once does, whether an order still
// rides beside the matrix or was folded in, and for products met on the way.
func TestLearningAgreesWithBuilding(t *testing.T) {
	all := atOnce(crowd(400, 40))
	m := build(t, recommend.Options{}, all[:3]...)
	for i, b := range all[3:] {
		m = m.Learn(b)
		if n := i + 4; n == 100 || n == 131 || n == 400 {
			for _, cart := range [][]recommend.ProductID{{b.Items[0].Product}, {5, 9, 21}} {
				agree(t, m, all[:n], 40, cart)
			}
		}
	}
	at := build(t, recommend.Options{}, all...)
	last := all[len(all)-1].Items[0].Product
	for _, s := range m.Suggest(recommend.Query{Cart: []recommend.ProductID{last}, K: 40}) {
		if n, _, _, _ := at.Pair(s.Because, s.Product); n != s.Together {
			t.Fatalf("%d with %d: %d learned, %d built", s.Because, s.Product, s.Together, n)
		}
	}
}

package storefront

import (
	"slices"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/recommend"
)

// The guess from what was told leads at first; with each order the person's own
// history has n/(n+2) of the say.
func TestHistoryTakesOverFromTheGuess(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	m, err := recommend.Build(t.Context(), func(yield func(recommend.Basket, error) bool) {
		for i := range 80 { // even people are smiths and buy 2, the others buy 1
			b := recommend.Basket{Customer: recommend.CustomerID(i + 1), At: noon, Items: []recommend.Item{{Product: recommend.ProductID(2 - i%2)}, {Product: 5}}}
			if !yield(b, nil) {
				return
			}
		}
	}, recommend.Options{})
	if err == nil {
		m, err = m.WithPrior(t.Context(), func(yield func(recommend.Person, error) bool) {
			for i := range 80 {
				if !yield(recommend.Person{Customer: recommend.CustomerID(i + 1), Features: []string{[]string{"trade=smith", "trade=baker"}[i%2]}}, nil) {
					return
				}
			}
		})
	}
	smith := m.Prior([]string{"trade=smith"})
	if err != nil || smith == nil {
		t.Fatalf("nothing foretold: %+v, %v", m.ProfileGain(), err)
	}
	shelf := []catalog.ProductID{9, 1, 2, 3}
	for orders, want := range map[int][]catalog.ProductID{
		0: {2, 1, 9, 3}, // what smiths buy, what others buy, and the shelf's own order
		1: {2, 1, 3, 9},
		6: {3, 2, 1, 9}, // what their own purchases call for has come to the front
	} {
		l := &leaning{prior: smith, warm: float64(orders) / float64(orders+2), history: map[catalog.ProductID]float64{3: 1}}
		if got := l.order(shelf); !slices.Equal(got, want) {
			t.Errorf("after %d orders %v, want %v", orders, got, want)
		}
	}
	if got := (&leaning{}).order(shelf); !slices.Equal(got, shelf) {
		t.Errorf("who leans nowhere sees %v", got)
	}
}

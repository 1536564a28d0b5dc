package recommend_test

import (
	"testing"

	"regulars/internal/recommend"
)

func TestCheckAgainstPopular(t *testing.T) {
	m := build(t, recommend.Options{}, camping()...)
	// Tent hidden: the stove's best is the tent. Stove hidden: likewise. The
	// lamp's only companion is the tent, the tent's best is the stove, not the lamp.
	held := []recommend.Basket{basket(7, tent, stove, tent), basket(8, tent, lamp), basket(9, sock), basket(9, tent, 99)}
	s, err := m.Check(t.Context(), each(held), 1)
	if err != nil {
		t.Fatal(err)
	}
	if s.Cases != 5 || s.Recall != 3./5 {
		t.Errorf("%+v, want 3 of 5 found: an unknown product is no case", s)
	}
	// Tent and stove sell most: each is found but for the lamp, and both passes
	// over what stands in the cart.
	if s.Popularity != 4./5 {
		t.Errorf("popular products find %v, want 4 of 5", s.Popularity)
	}
	for name, c := range map[string]struct {
		s, inUse recommend.Score
		good     bool
	}{
		"better":              {recommend.Score{Cases: 100, Recall: .3, Popularity: .1}, recommend.Score{Recall: .2}, true},
		"worse than popular":  {recommend.Score{Cases: 100, Recall: .1, Popularity: .2}, recommend.Score{}, false},
		"worse than in use":   {recommend.Score{Cases: 100, Recall: .2, Popularity: .1}, recommend.Score{Recall: .3}, false},
		"too little to judge": {recommend.Score{Cases: 10, Popularity: .2}, recommend.Score{Recall: .3}, true},
	} {
		if c.s.Good(c.inUse) != c.good {
			t.Errorf("%s: %+v against %+v", name, c.s, c.inUse)
		}
	}
}

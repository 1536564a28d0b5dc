package recommend

import (
	"context"
	"fmt"
	"iter"
)

// Score is how well a model foretold orders it had not seen, beside the floor
// that popular products set on the same cases.
type Score struct {
	Cases      int     `json:"cases"`
	Recall     float64 `json:"recall"`
	Popularity float64 `json:"popularity"`
}

// Good tells whether a model with this score may serve: not when popular
// products do better, nor when it falls more than a tenth behind the score of
// the model in use on the same orders. With too few cases to tell (under 50) it may.
func (s Score) Good(inUse Score) bool {
	return s.Cases < 50 || s.Recall >= s.Popularity && s.Recall >= .9*inUse.Recall
}

// Check scores the model on baskets it was not built from: in each, every
// product it knows is hidden in turn and asked for among the best k.
func (m *Model) Check(ctx context.Context, held iter.Seq2[Basket, error], k int) (Score, error) {
	var s Score
	var hits, floor int
	for b, err := range held {
		if err != nil {
			return Score{}, fmt.Errorf("read held-out baskets: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return Score{}, err
		}
		inside := map[ProductID]bool{}
		var all []ProductID
		for _, it := range b.Items {
			if !inside[it.Product] {
				inside[it.Product] = true
				all = append(all, it.Product)
			}
		}
		if len(all) < 2 {
			continue
		}
		popular := m.Popular(k+len(all), nil)
		for i, hidden := range all {
			if !m.Knows(hidden) {
				continue
			}
			s.Cases++
			cart := append(append(make([]ProductID, 0, len(all)), all[:i]...), all[i+1:]...)
			if place(m.Suggest(Query{Cart: cart, K: k}), hidden, nil) < k {
				hits++
			}
			if place(popular, hidden, inside) < k {
				floor++
			}
		}
	}
	if s.Cases > 0 {
		s.Recall, s.Popularity = float64(hits)/float64(s.Cases), float64(floor)/float64(s.Cases)
	}
	return s, nil
}

// place is where hidden stands in the answer when the other products of without
// are passed over; beyond any k when it is not there.
func place(in []Suggestion, hidden ProductID, without map[ProductID]bool) int {
	at := 0
	for _, s := range in {
		if s.Product == hidden {
			return at
		}
		if !without[s.Product] {
			at++
		}
	}
	return 1 << 30
}

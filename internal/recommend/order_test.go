package recommend_test

import (
	"slices"
	"testing"

	"regulars/internal/recommend"
)

// However many are asked for and however many are barred, the answer is the
// same list, cut.
func TestFewAreTheFirstOfMany(t *testing.T) {
	m := build(t, recommend.Options{}, crowd(600, 300)...)
	for n := range 40 {
		cart := []recommend.ProductID{recommend.ProductID(n*7 + 1), recommend.ProductID(n*5 + 3)}
		all := products(m.Suggest(recommend.Query{Cart: cart, K: 300}))
		for _, k := range []int{1, 10, 30, 70} {
			if got := products(m.Suggest(recommend.Query{Cart: cart, K: k})); !slices.Equal(got, all[:min(k, len(all))]) {
				t.Fatalf("cart %v: the first %d are %v, of all %v", cart, k, got, all)
			}
		}
		barred := map[recommend.ProductID]bool{}
		for _, p := range all[:min(60, len(all))] {
			barred[p] = true
		}
		got := products(m.Suggest(recommend.Query{Cart: cart, K: 10, Exclude: func(p recommend.ProductID) bool { return barred[p] }}))
		if want := all[min(60, len(all)):min(70, len(all))]; !slices.Equal(got, want) {
			t.Fatalf("cart %v without the first 60: %v, want %v", cart, got, want)
		}
	}
}

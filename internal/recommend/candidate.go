package recommend

import (
	"cmp"
	"slices"
)

// candidate is a product with its score while a query or a row is made.
type candidate struct {
	product uint32
	score   float32
}

// before puts the better first, ties by position, so that every order is total.
func before(a, b candidate) bool {
	return a.score > b.score || a.score == b.score && a.product < b.product
}

func sift(h []candidate, i int) {
	for {
		kid := 2*i + 1
		if kid >= len(h) {
			return
		}
		if kid+1 < len(h) && before(h[kid+1], h[kid]) {
			kid++
		}
		if !before(h[kid], h[i]) {
			return
		}
		h[i], h[kid] = h[kid], h[i]
		i = kid
	}
}

// cut keeps the k best candidates and orders them by product, so that adding a
// row up walks the memory forward.
func cut(of []candidate, k int) []candidate {
	if len(of) > k {
		partition(of, k)
		of = of[:k]
	}
	slices.SortFunc(of, func(a, b candidate) int { return cmp.Compare(a.product, b.product) })
	return of
}

// partition brings the k best to the front, in no order. Sorting a full row to
// keep 200 of its 1,500 pairs was most of the time an order took to learn.
func partition(of []candidate, k int) {
	lo, hi := 0, len(of)-1
	for lo < hi {
		mid := lo + (hi-lo)/2
		if before(of[mid], of[lo]) {
			of[mid], of[lo] = of[lo], of[mid]
		}
		if before(of[hi], of[lo]) {
			of[hi], of[lo] = of[lo], of[hi]
		}
		if before(of[hi], of[mid]) {
			of[hi], of[mid] = of[mid], of[hi]
		}
		pivot := of[mid]
		i, j := lo, hi
		for i <= j {
			for before(of[i], pivot) {
				i++
			}
			for before(pivot, of[j]) {
				j--
			}
			if i <= j {
				of[i], of[j] = of[j], of[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case k-1 <= j:
			hi = j
		case k-1 >= i:
			lo = i
		default:
			return
		}
	}
}

// topSuggestions orders the k best candidates, which are products of the file.
func topSuggestions(of []candidate, k int) []Suggestion {
	if len(of) > k {
		partition(of, k)
		of = of[:k]
	}
	slices.SortFunc(of, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.product, b.product))
	})
	out := make([]Suggestion, len(of))
	for i, c := range of {
		out[i] = Suggestion{Product: ProductID(c.product) + 1, Score: float64(c.score)}
	}
	return out
}

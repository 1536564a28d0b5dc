package recommend

import (
	"cmp"
	"math"
	"slices"
)

// Content is what a catalog says of a product. The package knows no catalog:
// the caller hands it in, and gives shelves and departments any numbers it
// likes, 0 for none.
type Content struct {
	Product           ProductID
	Shelf, Department int64
	Tier              string
	Price             int64    // of one currency, 0 unknown
	Moments           []string // of life, that it is made for
	Facts             []string // attributes with their values
}

// Likeness is a product that resembles the ones at hand, and in what. It rests
// on the catalog alone: no number of it counts people or orders.
type Likeness struct {
	Product        ProductID
	Score          float64 // from 0 to 1
	To             ProductID
	SameShelf      bool
	SameDepartment bool
	Moment         string // one that both are made for, "" if none
}

// What counts for how much of a likeness.
const (
	likeShelf      = .4
	likeDepartment = .1
	likeMoment     = .2
	likeFacts      = .15
	likeTier       = .05
	likePrice      = .1
)

// Alike lists up to k of the given products that resemble those at hand, best
// first: the answer for a product nobody has bought yet, and for a new shop. A
// product that shares neither department nor moment with any at hand is none.
func Alike(at, all []Content, k int, exclude func(ProductID) bool) []Likeness {
	rare := rarity(all)
	var out []Likeness
	for i := range all {
		c := &all[i]
		if exclude != nil && exclude(c.Product) || slices.ContainsFunc(at, func(a Content) bool { return a.Product == c.Product }) {
			continue
		}
		best := Likeness{Product: c.Product}
		for j := range at {
			if l := at[j].like(c, rare); l.Score > best.Score {
				best = l
			}
		}
		if best.SameShelf || best.SameDepartment || best.Moment != "" {
			out = append(out, best)
		}
	}
	slices.SortFunc(out, func(a, b Likeness) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Product, b.Product))
	})
	return out[:min(k, len(out))]
}

// rarity is how much a fact or a moment tells: what all have tells nothing.
func rarity(all []Content) map[string]float64 {
	count := map[string]int{}
	for i := range all {
		for _, f := range slices.Concat(all[i].Facts, all[i].Moments) {
			count[f]++
		}
	}
	rare := make(map[string]float64, len(count))
	for f, n := range count {
		rare[f] = math.Log(1 + float64(len(all))/float64(n))
	}
	return rare
}

func (a *Content) like(c *Content, rare map[string]float64) Likeness {
	l := Likeness{Product: c.Product, To: a.Product, SameShelf: a.Shelf != 0 && a.Shelf == c.Shelf}
	if l.SameShelf {
		l.Score += likeShelf
	}
	if l.SameDepartment = a.Department != 0 && a.Department == c.Department; l.SameDepartment {
		l.Score += likeDepartment
	}
	top := 0.
	for _, m := range a.Moments {
		if slices.Contains(c.Moments, m) && rare[m] > top {
			top, l.Moment = rare[m], m
		}
	}
	l.Score += likeMoment*overlap(a.Moments, c.Moments, rare) + likeFacts*overlap(a.Facts, c.Facts, rare)
	if a.Tier != "" && a.Tier == c.Tier {
		l.Score += likeTier
	}
	if a.Price > 0 && c.Price > 0 {
		l.Score += likePrice * math.Exp(-math.Abs(math.Log(float64(a.Price)/float64(c.Price))))
	}
	return l
}

// overlap is what two sets share of all they have, by rarity.
func overlap(a, b []string, rare map[string]float64) float64 {
	var both, all float64
	for _, f := range a {
		all += rare[f]
		if slices.Contains(b, f) {
			both += rare[f]
		}
	}
	for _, f := range b {
		if !slices.Contains(a, f) {
			all += rare[f]
		}
	}
	if all == 0 {
		return 0
	}
	return both / all
}

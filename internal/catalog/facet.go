package catalog

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"regulars/internal/i18n"
	"regulars/internal/money"
)

// candidate is what choosing, sorting and counting need to know of a product.
type candidate struct {
	id          ProductID
	position    int
	publishedAt int64
	price       money.Amount
	priced      bool
	inStock     bool
	rating      Rating
	name        string // filled for the sort by name only
	facts       map[string][]string
}

// facetSet gathers the facts of the candidates while they are read.
type facetSet struct {
	facets []*Facet
	byKey  map[string]*Facet
	seen   map[string]map[string]int // key → code → index in Values
}

func (s *facetSet) add(c *candidate, key, code string, name, value func() i18n.Text) {
	f := s.byKey[key]
	if f == nil {
		f = &Facet{Key: key, Name: name()}
		s.facets = append(s.facets, f)
		s.byKey[key] = f
		s.seen[key] = map[string]int{}
	}
	if _, ok := s.seen[key][code]; !ok {
		s.seen[key][code] = len(f.Values)
		f.Values = append(f.Values, FacetValue{Code: code, Value: value()})
	}
	if c.facts == nil {
		c.facts = map[string][]string{}
	}
	c.facts[key] = append(c.facts[key], code)
}

// copy is the set with counts of its own; what was read stays shared.
func (s *facetSet) copy() *facetSet {
	own := &facetSet{facets: make([]*Facet, len(s.facets)), byKey: make(map[string]*Facet, len(s.facets)), seen: s.seen}
	for i, f := range s.facets {
		own.facets[i] = &Facet{Key: f.Key, Name: f.Name, Values: slices.Clone(f.Values)}
		own.byKey[f.Key] = own.facets[i]
	}
	return own
}

// wanted is the facet filter of a query, less the keys that nothing here has:
// a link from another shelf narrows by what applies and ignores the rest.
func (s *facetSet) wanted(asked map[string][]string) map[string][]string {
	wanted := map[string][]string{}
	for key, codes := range asked {
		if s.byKey[key] != nil && len(codes) > 0 {
			wanted[key] = codes
		}
	}
	return wanted
}

// misses counts the facets that reject c, and names one of them.
func misses(c *candidate, wanted map[string][]string) (n int, key string) {
	for k, codes := range wanted {
		if !slices.ContainsFunc(c.facts[k], func(code string) bool { return slices.Contains(codes, code) }) {
			n, key = n+1, k
		}
	}
	return n, key
}

// choose returns the candidates that pass every filter, and counts for each
// facet value and price band how many would remain if it were chosen: a
// product rejected by exactly one facet still counts in that facet.
func (s *facetSet) choose(all []*candidate, q ListQuery) (passed []*candidate, facets []Facet, bands []Band) {
	wanted := s.wanted(q.Facets)
	bands = priceBands(all, q)
	for _, c := range all {
		if q.InStock && !c.inStock {
			continue
		}
		n, missed := misses(c, wanted)
		inPrice := c.price >= q.Min && (q.Max == 0 || c.price <= q.Max)
		if n == 0 {
			for i, b := range bands {
				if c.priced && c.price >= b.Min && (b.Max == 0 || c.price <= b.Max) {
					bands[i].Count++
				}
			}
		}
		if !inPrice || n > 1 {
			continue
		}
		if n == 0 {
			passed = append(passed, c)
		}
		for key, codes := range c.facts {
			if n == 1 && key != missed {
				continue
			}
			for _, code := range codes {
				s.byKey[key].Values[s.seen[key][code]].Count++
			}
		}
	}
	for _, f := range s.facets {
		s.finish(f, wanted[f.Key])
		facets = append(facets, *f)
	}
	return passed, facets, bands
}

// finish marks what is chosen, keeps a chosen value in sight even when no
// product here has it, and orders the values as people read them.
func (s *facetSet) finish(f *Facet, chosen []string) {
	for _, code := range chosen {
		if i, ok := s.seen[f.Key][code]; ok {
			f.Values[i].Chosen = true
		} else if !slices.ContainsFunc(f.Values, func(v FacetValue) bool { return v.Code == code }) {
			f.Values = append(f.Values, FacetValue{Code: code, Value: i18n.Text{En: code}, Chosen: true})
		}
	}
	slices.SortStableFunc(f.Values, func(a, b FacetValue) int {
		return cmp.Or(natural(a.Value.En, b.Value.En), strings.Compare(a.Code, b.Code))
	})
}

// natural compares texts with numbers in them by the number: 90 ml, 240 ml.
func natural(a, b string) int {
	for a != "" && b != "" {
		na, nb := leadingDigits(a), leadingDigits(b)
		if na > 0 && nb > 0 {
			x, _ := strconv.ParseFloat(a[:na], 64)
			y, _ := strconv.ParseFloat(b[:nb], 64)
			if x != y {
				return cmp.Compare(x, y)
			}
			a, b = a[na:], b[nb:]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func leadingDigits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// priceBands cuts the prices of all candidates into at most four ranges with
// round edges. They do not move while filters are chosen, so a chosen band
// stays where it was.
func priceBands(all []*candidate, q ListQuery) []Band {
	prices := make([]money.Amount, 0, len(all))
	for _, c := range all {
		if c.priced {
			prices = append(prices, c.price)
		}
	}
	if len(prices) < 6 {
		return nil
	}
	slices.Sort(prices)
	lowest, highest := prices[0], prices[len(prices)-1]
	var edges []money.Amount
	for quarter := 1; quarter <= 3; quarter++ {
		e := roundEdge(prices[len(prices)*quarter/4], q.Currency.Digits())
		if e > lowest && e <= highest && !slices.Contains(edges, e) {
			edges = append(edges, e)
		}
	}
	if len(edges) == 0 {
		return nil
	}
	slices.Sort(edges)
	bands := make([]Band, 0, len(edges)+1)
	var from money.Amount
	for _, e := range edges {
		bands = append(bands, Band{Min: from, Max: e - 1})
		from = e
	}
	bands = append(bands, Band{Min: from})
	for i := range bands {
		bands[i].Chosen = (q.Min != 0 || q.Max != 0) && bands[i].Min == q.Min && bands[i].Max == q.Max
	}
	return bands
}

// roundEdge rounds to 1, 2 or 5 times a power of ten whole units, and down to
// the unit where less would be nothing.
func roundEdge(a money.Amount, digits int) money.Amount {
	unit := money.Amount(1)
	for range digits {
		unit *= 10
	}
	step := unit
	for step*10 <= a {
		step *= 10
	}
	for _, m := range []money.Amount{5, 2, 1} {
		if a >= step*m {
			return step * m
		}
	}
	return unit
}

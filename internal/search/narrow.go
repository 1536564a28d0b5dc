package search

import (
	"cmp"
	"slices"
	"strings"

	"regulars/internal/catalog"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

const (
	usualPage = 24
	mostPage  = 240
)

// find is a page of the picture. ranked are the products that the words of the
// query found, best first; nil = there were no words.
func (p *picture) find(q Query, ranked []catalog.ProductID) *Result {
	base := p.base(q)
	var best []uint32
	if ranked != nil {
		best = p.places.findAll(ranked, len(p.ids), base)
		base = newOrdinals(len(p.ids))
		for _, i := range best {
			base.add(i)
		}
	}
	n := p.narrow(q, base)
	r := &Result{Facets: n.facets(), Bands: n.bands()}
	hits := n.passed(true, "")
	if ranked != nil {
		r.Under = p.under(q, ranked, hits)
	}
	if r.Total = hits.count(); ranked != nil && q.Sort == "" {
		best = slices.DeleteFunc(best, func(i uint32) bool { // an id given twice counts once
			had := hits.has(i)
			hits.drop(i)
			return !had
		})
	} else {
		best = p.inOrder(hits, r.Total, q.Sort, q.Currency)
	}
	per := min(cmp.Or(max(q.PerPage, 0), usualPage), mostPage)
	r.Page = 1
	if pages := (r.Total + per - 1) / per; pages > 0 {
		r.Page = min(max(q.Page, 1), pages)
	}
	from := min((r.Page-1)*per, r.Total)
	for _, i := range best[from:min(from+per, r.Total)] {
		r.IDs = append(r.IDs, p.ids[i])
	}
	return r
}

// under counts hits by shelf; where some shelves were asked for, what would
// be hits without them.
func (p *picture) under(q Query, ranked []catalog.ProductID, hits ordinals) map[catalog.CategoryID]int {
	if len(q.Shelves) > 0 {
		q.Shelves = nil
		all := newOrdinals(len(p.ids))
		for _, i := range p.places.findAll(ranked, len(p.ids), p.base(q)) {
			all.add(i)
		}
		hits = p.narrow(q, all).passed(true, "")
	}
	out := map[catalog.CategoryID]int{}
	for shelf, s := range p.shelves {
		if n := s.count(hits); n > 0 {
			out[shelf] = n
		}
	}
	return out
}

// base is everything on the shelves of a query that has a price.
func (p *picture) base(q Query) ordinals {
	base := newOrdinals(len(p.ids))
	priced := p.priced[q.Currency]
	if priced == nil {
		return base
	}
	priced.into(base)
	if len(q.Shelves) == 0 {
		return base
	}
	there := newOrdinals(len(p.ids))
	for _, shelf := range q.Shelves {
		if s := p.shelves[shelf]; s != nil {
			s.into(there)
		}
	}
	return base.and(there)
}

// narrowing is a query over what it may show at most. What every count has in
// common is made once.
type narrowing struct {
	p      *picture
	q      Query
	base   ordinals            // before any filter
	there  ordinals            // base, less Without
	prices ordinals            // there, in the range of prices
	wanted map[string]ordinals // of the keys that are filtered by, who has one of the codes
	asked  []string            // their keys
}

func (p *picture) narrow(q Query, base ordinals) *narrowing {
	n := &narrowing{p: p, q: q, base: base, there: base, wanted: map[string]ordinals{}}
	if len(q.Without) > 0 {
		n.there = slices.Clone(base)
		for _, i := range p.places.findAll(q.Without, len(p.ids), base) {
			n.there.drop(i)
		}
	}
	n.prices = n.there
	if q.Min != 0 || q.Max != 0 {
		n.prices = n.within(n.there, q.Min, q.Max)
	}
	for key, codes := range q.Facets {
		v := p.facets[key]
		if v == nil || len(codes) == 0 || !v.meets(base) {
			continue // a link from another shelf narrows by what applies and ignores the rest
		}
		have := newOrdinals(len(p.ids))
		for f, s := range v.all {
			if slices.Contains(codes, f.code) {
				s.into(have)
			}
		}
		n.wanted[key] = have
		n.asked = append(n.asked, key)
	}
	return n
}

func (v *values) meets(o ordinals) bool {
	for _, s := range v.all {
		if s.meets(o) {
			return true
		}
	}
	return false
}

func (n *narrowing) within(o ordinals, low, high money.Amount) ordinals {
	in, column := newOrdinals(len(n.p.ids)), n.p.prices[n.q.Currency]
	for _, i := range o.all(0) {
		if a := column[i]; a >= low && (high == 0 || a <= high) {
			in.add(i)
		}
	}
	return in
}

// passed is what every filter lets through but that of one key, and the range
// of prices where that is asked for.
func (n *narrowing) passed(priced bool, but string) ordinals {
	hits := n.there
	if priced {
		hits = n.prices
	}
	own := false
	for _, key := range n.asked {
		switch {
		case key == but:
		case own:
			for i, w := range n.wanted[key] {
				hits[i] &= w
			}
		default:
			hits, own = hits.and(n.wanted[key]), true
		}
	}
	if !own {
		hits = slices.Clone(hits)
	}
	return hits
}

// facets counts for each value how many would remain if it were chosen instead
// of the others of its key. Values are those of base, whatever is filtered by,
// so that what may be chosen does not come and go.
func (n *narrowing) facets() []catalog.Facet {
	type placed struct {
		catalog.Facet
		position int
	}
	var list []placed
	all := n.passed(true, "")
	for key, v := range n.p.facets {
		among := all
		if n.wanted[key] != nil {
			among = n.passed(true, key)
		}
		f := placed{Facet: catalog.Facet{Key: key}}
		at, most := map[string]int{}, map[string]int{}
		named := 0
		for one, s := range v.all {
			here := s.count(n.base)
			if here == 0 {
				continue
			}
			if len(f.Values) == 0 || one.position < f.position {
				f.position = one.position
			}
			if here > named || here == named && one.name.En < f.Name.En { // the words that most products use
				f.Name, named = one.name, here
			}
			i, known := at[one.code]
			if !known {
				i = len(f.Values)
				at[one.code] = i
				f.Values = append(f.Values, catalog.FacetValue{Code: one.code, Chosen: n.wanted[key] != nil && slices.Contains(n.q.Facets[key], one.code)})
			}
			if v := &f.Values[i]; here > most[one.code] || here == most[one.code] && one.value.En < v.Value.En {
				v.Value, most[one.code] = one.value, here
			}
			f.Values[i].Count += s.count(among)
		}
		if len(f.Values) == 0 {
			continue
		}
		var chosen []string
		if n.wanted[key] != nil {
			chosen = n.q.Facets[key]
		}
		keepChosen(&f.Facet, chosen)
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.position, b.position), strings.Compare(a.Key, b.Key))
	})
	facets := make([]catalog.Facet, len(list))
	for i, f := range list {
		facets[i] = f.Facet
	}
	return facets
}

// keepChosen keeps a chosen value in sight even when no product here has it,
// and orders the values as people read them.
func keepChosen(f *catalog.Facet, chosen []string) {
	for _, code := range chosen {
		if !slices.ContainsFunc(f.Values, func(v catalog.FacetValue) bool { return v.Code == code }) {
			f.Values = append(f.Values, catalog.FacetValue{Code: code, Value: i18n.Text{En: code}, Chosen: true})
		}
	}
	slices.SortFunc(f.Values, func(a, b catalog.FacetValue) int {
		return cmp.Or(catalog.Natural(a.Value.En, b.Value.En), strings.Compare(a.Code, b.Code))
	})
}

// inOrder lists n products as a sort has them. A few are sorted; many are
// picked out of the order of all, which is made once.
func (p *picture) inOrder(o ordinals, n int, sort string, currency money.Currency) []uint32 {
	if n*8 < len(p.ids) {
		list := o.all(n)
		p.order(list, sort, currency)
		return list
	}
	all := p.orders.get(orderOf(sort, currency), func() []uint32 {
		all := make([]uint32, len(p.ids))
		for i := range all {
			all[i] = uint32(i)
		}
		p.order(all, sort, currency)
		return all
	})
	list := make([]uint32, 0, n)
	for _, i := range all {
		if o.has(i) {
			list = append(list, i)
		}
	}
	return list
}

// order sorts products. Ties go by position and id, so pages never overlap.
func (p *picture) order(list []uint32, sort string, currency money.Currency) {
	column := p.prices[currency]
	by := func(a, b uint32) int { return 0 }
	switch sort {
	case "price":
		by = func(a, b uint32) int { return cmp.Compare(column[a], column[b]) }
	case "price-desc":
		by = func(a, b uint32) int { return cmp.Compare(column[b], column[a]) }
	case "new":
		by = func(a, b uint32) int { return cmp.Compare(p.published[b], p.published[a]) }
	case "name":
		by = func(a, b uint32) int { return catalog.Natural(p.names[a], p.names[b]) }
	case "rating":
		by = func(a, b uint32) int { return catalog.BetterRated(p.ratings[a], p.ratings[b]) }
	}
	slices.SortFunc(list, func(a, b uint32) int {
		if first := by(a, b); first != 0 {
			return first
		}
		if first := cmp.Compare(p.position[a], p.position[b]); first != 0 {
			return first
		}
		return cmp.Compare(p.ids[a], p.ids[b])
	})
}

// bands cuts the prices of base into at most four ranges with round edges.
// They do not move while filters are chosen, so a chosen band stays where it
// was; their counts leave the range of prices out of account.
func (n *narrowing) bands() []catalog.Band {
	column := n.p.prices[n.q.Currency]
	cheapest := n.p.inOrder(n.base, n.base.count(), "price", n.q.Currency)
	prices := make([]money.Amount, len(cheapest))
	for at, i := range cheapest {
		prices[at] = column[i]
	}
	bands := cutBands(prices, n.q.Currency)
	if bands == nil {
		return nil
	}
	hits := n.passed(false, "")
	for _, i := range hits.all(0) {
		a := column[i]
		for at := range bands {
			if a >= bands[at].Min && (bands[at].Max == 0 || a <= bands[at].Max) {
				bands[at].Count++
				break
			}
		}
	}
	for i, b := range bands {
		bands[i].Chosen = (n.q.Min != 0 || n.q.Max != 0) && b.Min == n.q.Min && b.Max == n.q.Max
	}
	return bands
}

// cutBands cuts prices into at most four ranges with round edges; few prices
// are not cut.
func cutBands(prices []money.Amount, currency money.Currency) []catalog.Band {
	if len(prices) < 6 {
		return nil
	}
	slices.Sort(prices)
	lowest, highest := prices[0], prices[len(prices)-1]
	var edges []money.Amount
	for quarter := 1; quarter <= 3; quarter++ {
		e := roundEdge(prices[len(prices)*quarter/4], currency.Digits())
		if e > lowest && e <= highest && !slices.Contains(edges, e) {
			edges = append(edges, e)
		}
	}
	if len(edges) == 0 {
		return nil
	}
	slices.Sort(edges)
	bands := make([]catalog.Band, 0, len(edges)+1)
	var from money.Amount
	for _, e := range edges {
		bands = append(bands, catalog.Band{Min: from, Max: e - 1})
		from = e
	}
	return append(bands, catalog.Band{Min: from})
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

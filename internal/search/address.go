package search

import (
	"net/url"
	"slices"
	"strings"

	"regulars/internal/i18n"
	"regulars/internal/money"
)

// Address is what the query of an address asks of a list. What cannot be
// understood in it is passed over: a mistyped filter shows more, never an error.
type Address struct {
	Values  url.Values // what was understood, as it was written
	Query   Query
	InStock bool
}

// NotFacets are the names in an address that are not facets; vs carries what is
// being compared.
var NotFacets = []string{"q", "exact", "page", "per_page", "sort", "min", "max", "stock", "currency", "category", "in", "vs"}

// Sorts are the orders that an address may ask for.
var Sorts = []string{"", "rating", "price", "price-desc", "new", "name"}

// Bounds of what is read of an address.
const (
	mostKeys  = 20
	mostCodes = 20
)

// ReadAddress reads the query of an address; words, shelf and page are for
// whoever knows them.
func ReadAddress(asked url.Values, lang i18n.Lang, cur money.Currency) Address {
	a := Address{Values: url.Values{}, Query: Query{Lang: lang, Currency: cur, Facets: map[string][]string{}}}
	facets := 0
	for name, codes := range asked {
		if slices.Contains(NotFacets, name) || len(name) > 60 || facets == mostKeys {
			continue
		}
		for _, code := range codes[:min(len(codes), mostCodes)] {
			if code != "" && len(code) <= 100 && Clean(code) {
				a.Query.Facets[name] = append(a.Query.Facets[name], code)
				a.Values.Add(name, code)
			}
		}
		facets++
	}
	amount := func(name string) money.Amount {
		v, err := money.Parse(asked.Get(name), cur)
		if err != nil || v <= 0 {
			return 0
		}
		a.Values.Set(name, asked.Get(name))
		return v
	}
	a.Query.Min, a.Query.Max = amount("min"), amount("max")
	if asked.Get("stock") != "" {
		a.InStock = true
		a.Values.Set("stock", "1")
	}
	if sort := asked.Get("sort"); sort != "" && slices.Contains(Sorts, sort) {
		a.Query.Sort = sort
		a.Values.Set("sort", sort)
	}
	return a
}

// Filters are what narrows the list, in one spelling: the same filters are the
// same text, in whatever order they were clicked. How it is sorted is none.
func (a *Address) Filters() string {
	v := url.Values{}
	for name, codes := range a.Query.Facets {
		v[name] = slices.Compact(slices.Sorted(slices.Values(codes)))
	}
	for name, bound := range map[string]money.Amount{"min": a.Query.Min, "max": a.Query.Max} {
		if bound > 0 {
			v.Set(name, bound.Decimal(a.Query.Currency))
		}
	}
	if a.InStock {
		v.Set("stock", "1")
	}
	return v.Encode()
}

// Clean refuses what no database takes as text.
func Clean(text string) bool { return !strings.ContainsAny(text, "\x00\ufffd") }

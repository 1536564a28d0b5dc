package search

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/meilisearch/meilisearch-go"

	"regulars/internal/catalog"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// mostHits is the largest total that is exact, and how many values of a facet
// or different prices are counted.
const mostHits = 200_000

// settings are how the index searches: they are written here, never at the
// server. Words arrive cut and folded as the lexicon has them, so that both
// engines mean the same by a word; the server adds its tolerance for slips.
// Synonyms are the shop's rules, and part of a query before it is asked.
func settings() *meilisearch.Settings {
	s := &meilisearch.Settings{
		DisplayedAttributes:  []string{"id"},
		SearchableAttributes: placeNames[:],
		FilterableAttributes: []string{"id", "shelves", "facets"},
		SortableAttributes:   []string{"id", "position", "published_at", "rating", "order_name"},
		RankingRules:         []string{"sort", "words", "typo", "attribute", "exactness", "sold:desc", "position:asc", "id:asc"},
		TypoTolerance: &meilisearch.TypoTolerance{Enabled: true, MinWordSizeForTypos: meilisearch.MinWordSizeForTypos{OneTypo: 5, TwoTypos: 9},
			DisableOnWords: []string{}, DisableOnAttributes: []string{placeNames[inCode]}, DisableOnNumbers: true},
		LocalizedAttributes: []*meilisearch.LocalizedAttributes{{Locales: []string{"eng"}, AttributePatterns: []string{"*"}}}, // nothing to guess
		Pagination:          &meilisearch.Pagination{MaxTotalHits: mostHits},
		Faceting:            &meilisearch.Faceting{MaxValuesPerFacet: mostHits, SortFacetValuesBy: map[string]meilisearch.SortFacetType{"*": meilisearch.SortFacetTypeAlpha}},
	}
	for _, c := range money.Currencies() {
		s.FilterableAttributes = append(s.FilterableAttributes, priceAttribute(c))
		s.SortableAttributes = append(s.SortableAttributes, priceAttribute(c))
	}
	return s
}

// placeNames are the attributes that words stand in, the most telling first.
var placeNames = [placesOf]string{"code", "name", "called", "shelf", "line", "about"}

// latin is a token as the server keeps it in one piece: Chinese characters as
// letters and digits, which no dictionary cuts in another way than we did.
func latin(token string) string {
	if !isHan(token) {
		return token
	}
	var b strings.Builder
	for _, r := range token {
		fmt.Fprintf(&b, "u%x", r)
	}
	return b.String()
}

func priceAttribute(c money.Currency) string { return "price_" + string(c) }

func facetAttribute(key string) string { return "facets." + token(key) }

// token is a code as the server can hold any: it compares without regard to
// case, cuts what is long and reads dots as a way into objects. What is not
// plain is written in another way that is as unlike as the codes are.
func token(code string) string {
	plain := code != "" && len(code) <= 60 && !strings.HasPrefix(code, "x-")
	for _, r := range code {
		plain = plain && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	}
	if plain {
		return code
	}
	sum := sha256.Sum256([]byte(code))
	return "x-" + hex.EncodeToString(sum[:16])
}

// flat is a document as the server is given it.
func (d *Document) flat() map[string]any {
	shelves, facets := []int64{}, map[string][]string{}
	flat := map[string]any{"id": int64(d.ID), "position": d.Position, "published_at": d.PublishedAt,
		"rating": catalog.Rating{Count: d.RatingCount, Sum: d.RatingSum}.Leaning(), "order_name": orderName(strings.ToLower(d.Name.In(i18n.English))),
		"sold": d.Sold}
	var words [placesOf][]string
	NewLexicon().say(d, func(place int, token string) {
		if token = latin(token); token != "" && !slices.Contains(words[place], token) {
			words[place] = append(words[place], token)
		}
	})
	for place, name := range placeNames {
		flat[name] = strings.Join(words[place], " ")
	}
	for _, s := range d.Shelves {
		shelves = append(shelves, int64(s.ID))
	}
	for _, f := range d.Facts {
		if key := token(f.Key); f.Facet && !slices.Contains(facets[key], token(f.ValueCode)) {
			facets[key] = append(facets[key], token(f.ValueCode))
		}
	}
	flat["shelves"], flat["facets"] = shelves, facets
	for c, amount := range d.Prices {
		flat[priceAttribute(c)] = int64(amount)
	}
	return flat
}

// orderName is a key whose bytes order as catalog.Natural does: numbers by
// their length first. It is hexadecimal, which no folding of the server's
// touches, and short enough not to be cut.
func orderName(name string) string {
	var key []byte
	for i := 0; i < len(name); {
		end := i
		for end < len(name) && name[end] >= '0' && name[end] <= '9' {
			end++
		}
		if end == i {
			key = append(key, name[i])
			i++
			continue
		}
		digits := strings.TrimLeft(name[i:end], "0")
		key = append(append(key, '5', byte(min(len(digits), 255))), digits...)
		i = end
	}
	return hex.EncodeToString(key[:min(len(key), 230)])
}

// labels are what keys and codes are called.
type labels struct {
	of    *picture
	keys  []string
	byKey map[string]*label
}

type label struct {
	name     i18n.Text
	position int
	values   map[string]i18n.Text
}

// known are the labels of everything that can be filtered by now: the words
// that most products use.
func (m *Meili) known(ctx context.Context) (*labels, error) {
	p, err := m.names.current(ctx)
	if err != nil {
		return nil, err
	}
	if l := m.labels.Load(); l != nil && l.of == p {
		return l, nil
	}
	l := &labels{of: p, byKey: map[string]*label{}}
	for key, v := range p.facets {
		one, named, most := &label{values: map[string]i18n.Text{}}, -1, map[string]int{}
		for f, s := range v.all {
			if named < 0 || f.position < one.position {
				one.position = f.position
			}
			if s.n > named || s.n == named && f.name.En < one.name.En {
				one.name, named = f.name, s.n
			}
			if was, known := one.values[f.code]; !known || s.n > most[f.code] || s.n == most[f.code] && f.value.En < was.En {
				one.values[f.code], most[f.code] = f.value, s.n
			}
		}
		l.byKey[key] = one
		l.keys = append(l.keys, key)
	}
	slices.SortFunc(l.keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(l.byKey[a].position, l.byKey[b].position), strings.Compare(a, b))
	})
	m.labels.Store(l)
	return l, nil
}

// facets are the values that are there before any filter, counted as if each
// were chosen instead of the others of its key.
func (l *labels) facets(p *question, counts []counted) []catalog.Facet {
	facets := []catalog.Facet{}
	for _, key := range l.keys {
		one, attribute := l.byKey[key], facetAttribute(key)
		among, chosen := p.hits, p.asked[key]
		if chosen != nil {
			among = p.keys[key]
		}
		f := catalog.Facet{Key: key, Name: one.name}
		for code, value := range one.values {
			if counts[p.base][attribute][token(code)] > 0 {
				f.Values = append(f.Values, catalog.FacetValue{Code: code, Value: value, Count: counts[among][attribute][token(code)], Chosen: slices.Contains(chosen, code)})
			}
		}
		if len(f.Values) == 0 {
			continue
		}
		keepChosen(&f, chosen)
		facets = append(facets, f)
	}
	return facets
}

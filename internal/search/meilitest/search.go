package meilitest

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

var searchFields = []string{"q", "vector", "media", "offset", "limit", "page", "hitsPerPage", "attributesToRetrieve", "retrieveVectors", "attributesToCrop", "cropLength",
	"attributesToHighlight", "showMatchesPosition", "showRankingScore", "showRankingScoreDetails", "filter", "sort", "distinct", "facets", "highlightPreTag",
	"highlightPostTag", "cropMarker", "matchingStrategy", "attributesToSearchOn", "hybrid", "rankingScoreThreshold", "locales"}

type searchRequest struct {
	IndexUID             string   `json:"indexUid"`
	Q                    string   `json:"q"`
	Offset               int      `json:"offset"`
	Limit                *int     `json:"limit"`
	Page                 *int     `json:"page"`
	HitsPerPage          *int     `json:"hitsPerPage"`
	AttributesToRetrieve []string `json:"attributesToRetrieve"`
	AttributesToSearchOn []string `json:"attributesToSearchOn"`
	MatchingStrategy     string   `json:"matchingStrategy"`
	Filter               any      `json:"filter"`
	Sort                 []string `json:"sort"`
	Facets               []string `json:"facets"`
}

func (s *Server) multiSearch(body []byte) (int, any, *failure) {
	var in struct {
		Queries []json.RawMessage `json:"queries"`
	}
	if failed := read(body, &in, []string{"queries"}, ""); failed != nil { // one answer for several queries (federation) is not made here
		return 0, nil, failed
	}
	results := []any{}
	for i, raw := range in.Queries {
		inside := " inside `.queries[" + strconv.Itoa(i) + "]`"
		var q searchRequest
		failed := read(raw, &q, append([]string{"indexUid", "federationOptions"}, searchFields...), inside)
		if failed != nil {
			return 0, nil, failed
		}
		x := s.indexes[q.IndexUID]
		var found map[string]any
		if x == nil {
			failed = notFound(q.IndexUID)
			failed.status = 400
		} else {
			found, failed = x.search(q)
		}
		if failed != nil {
			failed.Message = "Inside `.queries[" + strconv.Itoa(i) + "]`: " + failed.Message
			return 0, nil, failed
		}
		found["indexUid"] = q.IndexUID
		results = append(results, found)
	}
	return 200, map[string]any{"results": results}, nil
}

// hit is a document that was found, with what it is ranked by.
type hit struct {
	id    string
	doc   document
	score map[string]float64 // rule → less is better
}

func (x *index) search(q searchRequest) (map[string]any, *failure) {
	pass, failed := x.filter(q.Filter)
	if failed != nil {
		return nil, failed
	}
	if !slices.Contains([]string{"", "last", "all", "frequency"}, q.MatchingStrategy) {
		return nil, refused(400, "invalid_search_matching_strategy", "Unknown value `%s` at `.matchingStrategy`: expected one of `last`, `all`, `frequency`", q.MatchingStrategy)
	}
	for _, s := range q.Sort {
		name, way, _ := strings.Cut(s, ":")
		if way != "asc" && way != "desc" {
			return nil, refused(400, "invalid_search_sort", "Invalid syntax for the sort parameter: expected expression ending by `:asc` or `:desc`, found `%s`.", s)
		}
		if !x.may("sortableAttributes", name) {
			return nil, refused(400, "invalid_search_sort", "Index `%s`: Attribute `%s` is not sortable. Available sortable attributes are: `%s`.", x.uid, name, strings.Join(list(x.settings["sortableAttributes"]), ", "))
		}
		if !slices.Contains(list(x.settings["rankingRules"]), "sort") {
			return nil, refused(400, "invalid_search_sort", "Index `%s`: You must specify where `sort` is listed in the rankingRules setting to use the sort parameter at search time.", x.uid)
		}
	}
	for _, f := range q.Facets {
		if f != "*" && !x.may("filterableAttributes", f) {
			return nil, refused(400, "invalid_search_facets", "Index `%s`: Invalid facet distribution: Attribute `%s` is not filterable. Available filterable attribute patterns are: `%s`.", x.uid, f, strings.Join(list(x.settings["filterableAttributes"]), ", "))
		}
	}
	for _, a := range q.AttributesToSearchOn {
		if !x.may("searchableAttributes", a) {
			return nil, refused(400, "invalid_search_attributes_to_search_on", "Index `%s`: Attribute `%s` is not searchable. Available searchable attributes are: `%s`.", x.uid, a, strings.Join(list(x.settings["searchableAttributes"]), ", "))
		}
	}
	words := x.words(q.Q)
	var hits []hit
	for _, id := range x.order {
		d := x.docs[id]
		if !pass(d) {
			continue
		}
		if score, ok := x.match(d, words, q); ok {
			hits = append(hits, hit{id, d, score})
		}
	}
	x.rank(hits, q)
	return x.page(hits, q), nil
}

// page cuts the answer, by pages with an exact total or by offset and limit.
func (x *index) page(hits []hit, q searchRequest) map[string]any {
	out := map[string]any{"query": q.Q, "processingTimeMs": 1}
	x.distribute(hits, q.Facets, out)
	most := int(x.settings["pagination"].(map[string]any)["maxTotalHits"].(float64))
	total := min(len(hits), most)
	hits = hits[:total]
	if q.HitsPerPage != nil || q.Page != nil {
		per, page := 20, 1
		if q.HitsPerPage != nil {
			per = *q.HitsPerPage
		}
		if q.Page != nil {
			page = *q.Page
		}
		pages := 0
		if per > 0 {
			pages = (total + per - 1) / per
		}
		from := min(max(page-1, 0)*per, total)
		to := min(from+per, total)
		if page == 0 {
			to = from
		}
		hits = hits[from:to]
		out["totalHits"], out["totalPages"], out["hitsPerPage"], out["page"] = total, pages, per, page
	} else {
		limit := 20
		if q.Limit != nil {
			limit = *q.Limit
		}
		from := min(q.Offset, total)
		hits = hits[from:min(from+limit, total)]
		out["estimatedTotalHits"], out["offset"], out["limit"] = total, q.Offset, limit
	}
	shown := []any{}
	for _, h := range hits {
		d := document{}
		for k, v := range h.doc {
			if x.may("displayedAttributes", k) && (q.AttributesToRetrieve == nil || slices.Contains(q.AttributesToRetrieve, k) || slices.Contains(q.AttributesToRetrieve, "*")) {
				d[k] = v
			}
		}
		shown = append(shown, d)
	}
	out["hits"] = shown
	return out
}

// distribute counts the values of facets among all that was found.
func (x *index) distribute(hits []hit, facets []string, out map[string]any) {
	if len(facets) == 0 {
		return
	}
	most := int(x.settings["faceting"].(map[string]any)["maxValuesPerFacet"].(float64))
	distribution, stats := map[string]map[string]int{}, map[string]map[string]float64{}
	for _, f := range facets {
		counts, names := map[string]int{}, map[string]string{}
		low, high := math.Inf(1), math.Inf(-1)
		for _, h := range hits {
			seen := map[string]bool{}
			v, _ := at(h.doc, f)
			for _, one := range each(v) {
				n, isNumber := number(one)
				key := folded(text(one))
				if isNumber {
					low, high, key = min(low, n), max(high, n), strconv.FormatFloat(n, 'f', -1, 64)
				}
				if !seen[key] {
					seen[key] = true
					counts[key]++
					if names[key] == "" || text(one) < names[key] {
						names[key] = text(one)
					}
				}
			}
		}
		distribution[f] = map[string]int{}
		for i, key := range slices.Sorted(keysOf(counts)) {
			if i < most {
				distribution[f][cmp.Or(names[key], key)] = counts[key]
			}
		}
		if low <= high {
			stats[f] = map[string]float64{"min": low, "max": high}
		}
	}
	out["facetDistribution"], out["facetStats"] = distribution, stats
}

func keysOf(m map[string]int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// word is one word of a query, or several in quotes.
type word struct {
	parts  []string
	prefix bool // the last one, where nothing stands behind it
	exact  bool // it stood in quotes
}

func (x *index) words(q string) (words []word) {
	for i, part := range strings.Split(q, `"`) {
		tokens := cut(part)
		if i%2 == 1 {
			if len(tokens) > 0 {
				words = append(words, word{parts: tokens, exact: true})
			}
			continue
		}
		for _, t := range tokens {
			words = append(words, word{parts: []string{t}})
		}
	}
	if len(words) > 10 { // the server reads ten words of a query
		words = words[:10]
	}
	if n := len(words); n > 0 && !strings.HasSuffix(q, " ") && !strings.HasSuffix(q, `"`) && !words[n-1].exact {
		words[n-1].prefix = true
	}
	return words
}

// cut takes a text apart into words in lower case.
func cut(s string) (tokens []string) {
	var run []rune
	end := func() {
		if len(run) > 0 {
			tokens, run = append(tokens, string(run)), nil
		}
	}
	for _, r := range strings.ToLower(s) {
		switch {
		case unicode.Is(unicode.Han, r):
			end()
			tokens = append(tokens, string(r))
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			run = append(run, r)
		default:
			end()
		}
	}
	end()
	return tokens
}

// match says whether a document holds what is looked for, and how well.
func (x *index) match(d document, words []word, q searchRequest) (map[string]float64, bool) {
	score := map[string]float64{}
	if len(words) == 0 {
		return score, true
	}
	fields := list(x.settings["searchableAttributes"])
	last := -1
	for i, w := range words {
		best, found := [3]float64{}, false // typos, attribute, not exact
		for f, name := range fields {
			if q.AttributesToSearchOn != nil && !slices.Contains(q.AttributesToSearchOn, name) {
				continue
			}
			v, there := at(d, name)
			if !there {
				continue
			}
			tokens := cut(text(v))
			if typos, exact, ok := x.holds(tokens, w); ok {
				now := [3]float64{typos, float64(f), exact}
				if !found || slices.Compare(now[:], best[:]) < 0 {
					best, found = now, true
				}
			}
		}
		if !found {
			if q.MatchingStrategy == "all" || i == 0 {
				return nil, false
			}
			break // by "last" words are let go from the end
		}
		last = i
		score["typo"] += best[0]
		score["attribute"] += best[1]
		score["exactness"] += best[2]
	}
	score["words"] = float64(len(words) - 1 - last)
	return score, true
}

// holds looks for a word, its synonyms and its near misses.
func (x *index) holds(tokens []string, w word) (typos, inexact float64, ok bool) {
	alternatives := [][]string{w.parts}
	if synonyms, is := x.settings["synonyms"].(map[string]any); is {
		for _, s := range list(synonyms[strings.Join(w.parts, " ")]) {
			alternatives = append(alternatives, cut(s))
		}
	}
	for i, parts := range alternatives {
		for at := range tokens {
			if at+len(parts) <= len(tokens) && slices.Equal(tokens[at:at+len(parts)], parts) {
				return 0, float64(min(i, 1)), true
			}
		}
	}
	if w.exact {
		return 0, 0, false
	}
	term := []rune(w.parts[0])
	most := x.typos(w.parts[0])
	least := math.Inf(1)
	for _, t := range tokens {
		runes := []rune(t)
		if w.prefix && len(runes) >= len(term) {
			if strings.HasPrefix(t, w.parts[0]) {
				least = 0
			}
			for n := max(1, len(term)-most); n <= min(len(runes), len(term)+most); n++ {
				least = min(least, distance(term, runes[:n]))
			}
		} else {
			least = min(least, distance(term, runes))
		}
	}
	return least, 1, least <= float64(most)
}

// typos are how many slips a word may hold: none in short ones, none in
// numbers where that is set.
func (x *index) typos(word string) int {
	t := x.settings["typoTolerance"].(map[string]any)
	sizes := t["minWordSizeForTypos"].(map[string]any)
	n := float64(len([]rune(word)))
	numeric := strings.IndexFunc(word, func(r rune) bool { return !unicode.IsDigit(r) }) < 0
	switch {
	case t["enabled"] == false || slices.Contains(list(t["disableOnWords"]), word) || t["disableOnNumbers"] == true && numeric:
		return 0
	case n >= sizes["twoTypos"].(float64):
		return 2
	case n >= sizes["oneTypo"].(float64):
		return 1
	}
	return 0
}

// distance counts slips: letters left out, added, wrong or swapped. One at the
// first letter counts twice.
func distance(a, b []rune) float64 {
	if d := len(a) - len(b); d > 2 || d < -2 {
		return math.Inf(1)
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	d := rows[len(a)][len(b)]
	if d > 0 && len(a) > 0 && len(b) > 0 && a[0] != b[0] {
		d++
	}
	return float64(d)
}

// rank orders by the ranking rules, one after the other.
func (x *index) rank(hits []hit, q searchRequest) {
	slices.SortStableFunc(hits, func(a, b hit) int {
		for _, rule := range list(x.settings["rankingRules"]) {
			by := cmp.Compare(a.score[rule], b.score[rule])
			if rule == "sort" {
				for _, s := range q.Sort {
					by = cmp.Or(by, byField(a.doc, b.doc, s))
				}
			} else if strings.Contains(rule, ":") {
				by = byField(a.doc, b.doc, rule)
			}
			if by != 0 {
				return by
			}
		}
		return 0
	})
}

// byField compares by "name:asc"; numbers come before texts, what has neither
// comes last either way.
func byField(a, b document, s string) int {
	name, way, _ := strings.Cut(s, ":")
	left, _ := at(a, name)
	right, _ := at(b, name)
	n, isN := number(left)
	m, isM := number(right)
	kind := func(v any, numeric bool) int {
		if numeric {
			return 0
		} else if v != nil {
			return 1
		}
		return 2
	}
	if by := cmp.Compare(kind(left, isN), kind(right, isM)); by != 0 {
		return by
	}
	by := cmp.Compare(n, m)
	if !isN && left != nil {
		by = cmp.Compare(folded(text(left)), folded(text(right)))
	}
	if way == "desc" {
		by = -by
	}
	return by
}

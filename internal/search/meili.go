package search

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/meilisearch/meilisearch-go"

	"regulars/internal/catalog"
	"regulars/internal/money"
)

// Meili is the engine of a Meilisearch server (1.18 or later): it asks one
// multi-search a question. The words of facets come from the embedded engine's
// picture, since the server counts codes.
type Meili struct {
	server  meilisearch.ServiceManager
	url     string
	index   string
	names   *Embedded
	labels  atomic.Pointer[labels]
	PollFor time.Duration // between two looks at a task
}

// MeiliAt is where a server is. HTTP is for tests.
type MeiliAt struct {
	URL, Key, Index string
	HTTP            *http.Client
}

// NewMeili is an engine that has asked nothing yet. names knows what the codes
// are called.
func NewMeili(at MeiliAt, names *Embedded) *Meili {
	if at.HTTP == nil {
		at.HTTP = &http.Client{Timeout: 30 * time.Second} // of the pusher; a question has its own
	}
	// The key goes to this address and nowhere else.
	at.HTTP.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	url := strings.TrimRight(at.URL, "/")
	return &Meili{url: url, index: cmp.Or(at.Index, "products"), names: names, PollFor: 100 * time.Millisecond,
		server: meilisearch.New(url, meilisearch.WithAPIKey(at.Key), meilisearch.WithCustomClient(at.HTTP), meilisearch.DisableRetries())}
}

var (
	// errBeyond is a question that the server's language has no words for.
	errBeyond = errors.New("beyond what Meilisearch can be asked")
	// errEmpty is a server that holds nothing while the shop has products.
	errEmpty = errors.New("the index of Meilisearch is empty")
)

// A query may hold ten words; the server passes over what comes behind.
const mostTokens = 10

// mostWays are how many ways of saying a query are asked, where its words have
// several forms.
const mostWays = 12

// Find is of Engine.
func (m *Meili) Find(ctx context.Context, q Query) (*Result, error) {
	l, err := m.known(ctx)
	if err != nil {
		return nil, err
	}
	w := q.Words
	if len(w.Terms) == 0 && len(w.First) == 0 {
		if w.Text != "" {
			return &Result{Page: 1}, nil
		}
		return m.narrow(ctx, l, q, said{})
	}
	ways := w.ways()
	if len(ways) > mostWays || slices.ContainsFunc(ways, func(way string) bool { return len(strings.Fields(way)) > mostTokens }) {
		return nil, errBeyond
	}
	if len(ways) == 1 && len(w.First) == 0 {
		return m.narrow(ctx, l, q, said{q: ways[0]})
	}
	ids, err := m.anyWay(ctx, w.First, ways)
	if err != nil {
		return nil, err
	}
	return m.narrow(ctx, l, q, said{ids: ids})
}

// said is what is asked for in words: q, or the products that its ways led to.
type said struct {
	q   string
	ids []catalog.ProductID // best first; nil = q is asked
}

// ways are the queries that a query stands for: one form of each term, which
// is all of its tokens. Quotes around a token say that it has no slips in it,
// a blank at the end that the last one is finished.
func (w Words) ways() []string {
	if len(w.Terms) == 0 {
		return nil
	}
	terms := slices.Clone(w.Terms)
	slices.SortStableFunc(terms, func(a, b Term) int { // what is unfinished must stand last
		return map[bool]int{true: 1}[a.Prefix] - map[bool]int{true: 1}[b.Prefix]
	})
	ways := []string{""}
	for i, t := range terms {
		var next []string
		for _, way := range ways {
			for _, form := range t.Any {
				next = append(next, way+asked(form, t.Prefix && i == len(terms)-1))
			}
			if len(next) > mostWays {
				return next
			}
		}
		ways = next
	}
	return ways
}

// asked is a form as the server is asked for it.
func asked(form string, prefix bool) string {
	var b strings.Builder
	tokens := tokensOf(form)
	for i, t := range tokens {
		open := prefix && i == len(tokens)-1 && !isHan(t) && !isNumber(t)
		plain := strings.IndexFunc(t, func(r rune) bool { return r < 'a' || r > 'z' }) < 0
		if t = strings.ReplaceAll(latin(t), `"`, ""); !open && !plain {
			t = `"` + t + `"`
		}
		if b.WriteString(t); !open {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// anyWay finds what one of the ways leads to, behind what stands first.
func (m *Meili) anyWay(ctx context.Context, first []catalog.ProductID, ways []string) ([]catalog.ProductID, error) {
	ids, seen := []catalog.ProductID{}, map[catalog.ProductID]bool{}
	for _, id := range first {
		if !seen[id] {
			ids, seen[id] = append(ids, id), true
		}
	}
	if len(ways) == 0 {
		return ids, nil
	}
	ask := &meilisearch.MultiSearchRequest{}
	for _, way := range ways {
		r := m.request(said{q: way}, nil)
		r.HitsPerPage, r.Page = nil, 0
		r.Limit = mostHits
		ask.Queries = append(ask.Queries, r)
	}
	got, err := m.server.MultiSearchWithContext(ctx, ask)
	if err != nil {
		return nil, fmt.Errorf("ask Meilisearch: %w", err)
	}
	for _, r := range got.Results {
		found, err := idsOf(r.Hits)
		if err != nil {
			return nil, err
		}
		for _, id := range found {
			if !seen[id] {
				ids, seen[id] = append(ids, id), true
			}
		}
	}
	return ids, nil
}

func idsOf(hits meilisearch.Hits) ([]catalog.ProductID, error) {
	var ids []catalog.ProductID
	for _, h := range hits {
		var id catalog.ProductID
		if err := json.Unmarshal(h["id"], &id); err != nil {
			return nil, fmt.Errorf("read what Meilisearch found: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// request is a search for what was said, narrowed by conditions.
func (m *Meili) request(s said, conditions []string) *meilisearch.SearchRequest {
	none := int64(0)
	r := &meilisearch.SearchRequest{IndexUID: m.index, HitsPerPage: &none, Page: 1, AttributesToRetrieve: []string{"id"}, MatchingStrategy: meilisearch.All}
	if s.ids != nil {
		conditions = append([]string{in("id", s.ids)}, conditions...)
	} else {
		r.Query = s.q
	}
	if len(conditions) > 0 {
		r.Filter = strings.Join(conditions, " AND ")
	}
	return r
}

func in[T any](attribute string, values []T) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s IN [", quoted(attribute))
	for i, v := range values {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quoted(fmt.Sprint(v)))
	}
	return b.String() + "]"
}

// quoted is a value that can be nothing but a value.
func quoted(v string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) + `"`
}

// question is one multi-search, with the places of its answers.
type question struct {
	ask             meilisearch.MultiSearchRequest
	whole           int
	hits, base      int
	bands           int
	keys            map[string]int // of facets that are filtered by
	facets          []string       // attributes
	price           string
	asked           map[string][]string
	where, narrowed []string // what everything has in common; with Without
	within          []string // the range of prices
}

func (p *question) add(r *meilisearch.SearchRequest) int {
	p.ask.Queries = append(p.ask.Queries, r)
	return len(p.ask.Queries) - 1
}

// facetsBut are the conditions of all keys but one.
func (p *question) facetsBut(key string) (conditions []string) {
	for _, k := range slices.Sorted(maps.Keys(p.asked)) {
		if k == key {
			continue
		}
		var tokens []string
		for _, code := range p.asked[k] {
			tokens = append(tokens, token(code))
		}
		conditions = append(conditions, in(facetAttribute(k), tokens))
	}
	return conditions
}

// ask puts a query as searches: the page with the counts of the keys that are
// not filtered by, everything before any filter, and each key that is filtered
// by without its own choice.
func (m *Meili) question(l *labels, q Query, s said, asked map[string][]string, page, per int) *question {
	p := &question{asked: asked, price: priceAttribute(q.Currency), keys: map[string]int{}}
	p.where = []string{p.price + " EXISTS"}
	if len(q.Shelves) > 0 {
		p.where = append(p.where, in("shelves", q.Shelves))
	}
	p.narrowed = p.where
	if len(q.Without) > 0 {
		p.narrowed = append(slices.Clip(p.where), "NOT "+in("id", q.Without))
	}
	if q.Min != 0 {
		p.within = append(p.within, fmt.Sprintf("%s >= %d", p.price, q.Min))
	}
	if q.Max != 0 {
		p.within = append(p.within, fmt.Sprintf("%s <= %d", p.price, q.Max))
	}
	for _, key := range l.keys {
		p.facets = append(p.facets, facetAttribute(key))
	}
	p.whole = p.add(m.request(said{}, nil))
	all := slices.Concat(p.narrowed, p.within, p.facetsBut(""))
	hits := m.request(s, all)
	n := int64(per)
	hits.HitsPerPage, hits.Page, hits.Sort = &n, int64(page), sorting(q, s)
	hits.Facets = append(slices.Clone(p.facets), p.price)
	p.hits = p.add(hits)
	p.base, p.bands = p.hits, p.hits
	if len(all) > len(p.where) {
		base := m.request(s, p.where)
		base.Facets = hits.Facets
		p.base = p.add(base)
	}
	if len(p.within) > 0 {
		bands := m.request(s, slices.Concat(p.narrowed, p.facetsBut("")))
		bands.Facets = []string{p.price}
		p.bands = p.add(bands)
	}
	for key := range p.asked {
		but := m.request(s, slices.Concat(p.narrowed, p.within, p.facetsBut(key)))
		but.Facets = []string{facetAttribute(key)}
		p.keys[key] = p.add(but)
	}
	return p
}

// sorting is the order of a page; ties go as everywhere, by position and id.
func sorting(q Query, s said) []string {
	by := map[string]string{"price": priceAttribute(q.Currency) + ":asc", "price-desc": priceAttribute(q.Currency) + ":desc",
		"new": "published_at:desc", "name": "order_name:asc", "rating": "rating:desc"}[q.Sort]
	switch {
	case by != "":
		return []string{by, "position:asc", "id:asc"}
	case s.q == "" || s.ids != nil:
		return []string{"position:asc", "id:asc"}
	}
	return nil // best first
}

// narrow asks and puts the answers together.
func (m *Meili) narrow(ctx context.Context, l *labels, q Query, s said) (*Result, error) {
	asked := map[string][]string{}
	for key, codes := range q.Facets {
		if l.byKey[key] != nil && len(codes) > 0 {
			asked[key] = codes
		}
	}
	per, page := min(cmp.Or(max(q.PerPage, 0), usualPage), mostPage), max(q.Page, 1)
	ranked := s.ids != nil && q.Sort == ""
	if ranked {
		per, page = max(len(s.ids), 1), 1 // put in their order here
	}
	for range 3 { // again where a key is in nothing that was found, or the page behind the last
		p := m.question(l, q, s, asked, page, per)
		got, err := m.server.MultiSearchWithContext(ctx, &p.ask)
		if err != nil {
			return nil, fmt.Errorf("ask Meilisearch: %w", err)
		}
		if len(got.Results) != len(p.ask.Queries) {
			return nil, fmt.Errorf("ask Meilisearch: %d answers to %d questions", len(got.Results), len(p.ask.Queries))
		}
		if got.Results[p.whole].TotalHits == 0 && m.names.Holds() > 0 {
			return nil, errEmpty
		}
		counts, err := countsOf(got.Results)
		if err != nil {
			return nil, err
		}
		again := false
		for key := range asked {
			if len(counts[p.base][facetAttribute(key)]) == 0 {
				delete(asked, key) // a link from another shelf narrows by what applies and ignores the rest
				again = true
			}
		}
		hits := got.Results[p.hits]
		if pages := int(hits.TotalPages); page > 1 && pages > 0 && page > pages {
			page, again = pages, true
		}
		if again {
			continue
		}
		ids, err := idsOf(hits.Hits)
		if err != nil {
			return nil, err
		}
		r := &Result{IDs: ids, Total: int(hits.TotalHits), Page: page}
		if r.Total == 0 {
			r.Page = 1
		}
		if ranked {
			r.inOrder(q, s.ids)
		}
		r.Facets = l.facets(p, counts)
		r.Bands = bandsOf(q, counts[p.base][p.price], counts[p.bands][p.price])
		return r, nil
	}
	return nil, errBeyond
}

// inOrder cuts the page out of everything that passed.
func (r *Result) inOrder(q Query, ranked []catalog.ProductID) {
	passed := make(map[catalog.ProductID]bool, len(r.IDs))
	for _, id := range r.IDs {
		passed[id] = true
	}
	list := slices.DeleteFunc(slices.Clone(ranked), func(id catalog.ProductID) bool { return !passed[id] })
	per := min(cmp.Or(max(q.PerPage, 0), usualPage), mostPage)
	if pages := (r.Total + per - 1) / per; pages > 0 {
		r.Page = min(max(q.Page, 1), pages)
	}
	from := min((r.Page-1)*per, len(list))
	r.IDs = list[from:min(from+per, len(list))]
}

type counted map[string]map[string]int // attribute → value → products

func countsOf(results []meilisearch.SearchResponse) ([]counted, error) {
	counts := make([]counted, len(results))
	for i, r := range results {
		if len(r.FacetDistribution) == 0 {
			continue
		}
		if err := json.Unmarshal(r.FacetDistribution, &counts[i]); err != nil {
			return nil, fmt.Errorf("read what Meilisearch counted: %w", err)
		}
	}
	return counts, nil
}

// bandsOf cuts the prices before any filter into ranges, and counts in them
// what passed every filter but the range.
func bandsOf(q Query, base, passed map[string]int) []catalog.Band {
	var prices []money.Amount
	for value, n := range base {
		for range n {
			prices = append(prices, amountOf(value))
		}
	}
	bands := cutBands(prices, q.Currency)
	for value, n := range passed {
		a := amountOf(value)
		for i, b := range bands {
			if a >= b.Min && (b.Max == 0 || a <= b.Max) {
				bands[i].Count += n
				break
			}
		}
	}
	for i, b := range bands {
		bands[i].Chosen = (q.Min != 0 || q.Max != 0) && b.Min == q.Min && b.Max == q.Max
	}
	return bands
}

// amountOf reads a number as the server writes it: 1099 or 1099.0.
func amountOf(value string) money.Amount {
	f, _ := strconv.ParseFloat(value, 64)
	return money.Amount(f)
}

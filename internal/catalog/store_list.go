package catalog

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// perPage is what a page of a listing shows (ux.md C9); mostPerPage what an
// API caller may ask for.
const (
	perPage     = 24
	mostPerPage = 100
)

// List reads a page of products with what can narrow it, in four queries:
// the candidates with price and stock, their facets, the cards of the page
// and their stock. Inside a facet values are joined by OR, facets among each
// other by AND; a facet's counts leave its own choice out of account.
func List(ctx context.Context, q db.Q, lq ListQuery) (*Listing, error) {
	return list(ctx, q, lq, readGathered, cards)
}

// gathering is every product that a list could show. It is not changed once
// it is read.
type gathering struct {
	all []*candidate
	set *facetSet
}

type (
	gatherer    func(context.Context, db.Q, ListQuery) (*gathering, error)
	cardsReader func(ctx context.Context, q db.Q, ids []ProductID, currency money.Currency, all bool) ([]Card, error)
)

func readGathered(ctx context.Context, q db.Q, lq ListQuery) (*gathering, error) {
	all, err := candidates(ctx, q, lq)
	if err != nil {
		return nil, err
	}
	g := &gathering{all, &facetSet{byKey: map[string]*Facet{}, seen: map[string]map[string]int{}}}
	if lq.All {
		return g, nil
	}
	return g, readFacets(ctx, q, lq, all, g.set)
}

func list(ctx context.Context, q db.Q, lq ListQuery, gather gatherer, cards cardsReader) (*Listing, error) {
	lq.Page = max(1, lq.Page)
	if lq.PerPage <= 0 {
		lq.PerPage = perPage
	}
	lq.PerPage = min(lq.PerPage, mostPerPage)
	l := &Listing{Page: 1, PerPage: lq.PerPage}
	if lq.IDs != nil && len(lq.IDs) == 0 || !clean(lq.Text) {
		return l, nil
	}
	g, err := gather(ctx, q, lq)
	if err != nil {
		return nil, err
	}
	passed, facets, bands := g.set.copy().choose(g.all, lq)
	order(passed, lq)
	l.Total, l.Facets, l.Bands = len(passed), facets, bands
	if pages := (l.Total + lq.PerPage - 1) / lq.PerPage; pages > 0 {
		l.Page = min(lq.Page, pages)
	}
	from := min((l.Page-1)*lq.PerPage, l.Total)
	ids := make([]ProductID, 0, lq.PerPage)
	for _, c := range passed[from:min(from+lq.PerPage, l.Total)] {
		ids = append(ids, c.id)
	}
	if l.Cards, err = cards(ctx, q, ids, lq.Currency, lq.All); err != nil {
		return nil, err
	}
	return l, nil
}

// where is the part of the query that facets and prices do not change.
func (lq ListQuery) where() (string, []any) {
	var parts []string
	var args []any
	if !lq.All {
		parts = append(parts, "p.published = TRUE")
	}
	if len(lq.Categories) > 0 {
		parts, args = append(parts, "p.category_id IN ?"), append(args, lq.Categories)
	}
	if lq.IDs != nil {
		parts, args = append(parts, "p.id IN ?"), append(args, lq.IDs)
	}
	if text := strings.TrimSpace(lq.Text); text != "" {
		like := likePattern(text)
		inJSON, _ := json.Marshal(text) // the name column is JSON, so its quotes and signs are escaped there
		likeJSON := likePattern(strings.Trim(string(inJSON), `"`))
		parts = append(parts, `(lower(p.code) LIKE ? ESCAPE '!' OR lower(p.name) LIKE ? ESCAPE '!'
			OR EXISTS (SELECT 1 FROM variants sv WHERE sv.product_id = p.id AND lower(sv.sku) LIKE ? ESCAPE '!'))`)
		args = append(args, like, likeJSON, like)
	}
	if len(parts) == 0 {
		return "TRUE", nil
	}
	return strings.Join(parts, " AND "), args
}

func likePattern(text string) string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(text)) + "%"
}

// forEverybody leaves out variants that only owners of something may buy: a
// list's prices are for strangers. Package owner writes the rows.
const forEverybody = " AND NOT EXISTS (SELECT 1 FROM upgrades u WHERE u.variant_id = v.id)"

func candidates(ctx context.Context, q db.Q, lq ListQuery) ([]*candidate, error) {
	where, args := lq.where()
	join, name := "JOIN", "''"
	open := forEverybody
	if lq.All {
		join, open = "LEFT JOIN", ""
	}
	if lq.Sort == "name" {
		name = "p.name"
	}
	rows, err := q.Query(ctx).Raw(`SELECT p.id, p.position, p.published_at, p.rating_count, p.rating_sum, `+name+`, coalesce(min(pr.amount), 0),
		max(CASE WHEN pr.amount IS NULL THEN 0 ELSE 1 END),
		max(CASE WHEN pr.amount IS NULL THEN 0 WHEN s.tracked = TRUE AND (s.on_hand <= s.reserved OR s.policy = 'preorder') THEN 0
			WHEN EXISTS (SELECT 1 FROM components c JOIN stock cs ON cs.variant_id = c.variant_id AND cs.tracked = TRUE
				WHERE c.bundle_id = v.id AND (cs.on_hand - cs.reserved < c.qty OR cs.policy = 'preorder')) THEN 0 ELSE 1 END)
		FROM products p
		`+join+` variants v ON v.product_id = p.id AND v.active = TRUE`+open+`
		`+join+` prices pr ON pr.variant_id = v.id AND pr.currency = ?
		LEFT JOIN stock s ON s.variant_id = v.id
		WHERE `+where+` GROUP BY p.id`, append([]any{string(lq.Currency)}, args...)...).Rows()
	if err != nil {
		return nil, fmt.Errorf("list products: %w", err)
	}
	defer rows.Close()
	var all []*candidate
	for rows.Next() {
		c := &candidate{}
		var priced, inStock int
		if err := rows.Scan(&c.id, &c.position, &c.publishedAt, &c.rating.Count, &c.rating.Sum, &c.name, &c.price, &priced, &inStock); err != nil {
			return nil, fmt.Errorf("list products: %w", err)
		}
		c.priced, c.inStock = priced == 1, inStock == 1
		if lq.Sort == "name" {
			var t i18n.Text
			if err := t.Scan(c.name); err != nil {
				return nil, fmt.Errorf("list products: %w", err)
			}
			c.name = strings.ToLower(t.In(i18n.English))
		}
		all = append(all, c)
	}
	return all, rows.Err()
}

func readFacets(ctx context.Context, q db.Q, lq ListQuery, all []*candidate, set *facetSet) error {
	byID := make(map[ProductID]*candidate, len(all))
	for _, c := range all {
		byID[c.id] = c
	}
	where, args := lq.where()
	rows, err := q.Query(ctx).Raw(`SELECT f.product_id, f.key, f.value_code, f.name, f.value
		FROM products p JOIN product_facts f ON f.product_id = p.id AND f.facet = TRUE
		WHERE `+where+` ORDER BY f.position, f.key, f.product_id, f.value_code`, args...).Rows()
	if err != nil {
		return fmt.Errorf("list facets: %w", err)
	}
	defer rows.Close()
	var broken error
	parse := func(s string) func() i18n.Text {
		return func() (t i18n.Text) {
			broken = cmp.Or(broken, t.Scan(s))
			return t
		}
	}
	for rows.Next() {
		var id ProductID
		var key, code, name, value string
		if err := rows.Scan(&id, &key, &code, &name, &value); err != nil {
			return fmt.Errorf("list facets: %w", err)
		}
		if c := byID[id]; c != nil {
			set.add(c, key, code, parse(name), parse(value))
		}
	}
	return cmp.Or(broken, rows.Err())
}

// order sorts what passed. Ties go by position and id, so pages never overlap.
func order(list []*candidate, lq ListQuery) {
	rank := map[ProductID]int{}
	for i, id := range slices.Backward(lq.IDs) {
		rank[id] = i // the first place of an id given twice
	}
	slices.SortFunc(list, func(a, b *candidate) int {
		tie := cmp.Or(cmp.Compare(a.position, b.position), cmp.Compare(a.id, b.id))
		switch lq.Sort {
		case "price":
			return cmp.Or(byPrice(a, b, cmp.Compare[money.Amount]), tie)
		case "price-desc":
			return cmp.Or(byPrice(a, b, func(x, y money.Amount) int { return cmp.Compare(y, x) }), tie)
		case "new":
			return cmp.Or(cmp.Compare(b.publishedAt, a.publishedAt), tie)
		case "name":
			return cmp.Or(natural(a.name, b.name), tie)
		case "rating":
			return cmp.Or(byRating(a.rating, b.rating), tie)
		}
		return cmp.Or(cmp.Compare(rank[a.id], rank[b.id]), tie)
	})
}

// byPrice puts what has no price last in either direction.
func byPrice(a, b *candidate, compare func(x, y money.Amount) int) int {
	switch {
	case a.priced && b.priced:
		return compare(a.price, b.price)
	case a.priced:
		return -1
	case b.priced:
		return 1
	}
	return 0
}

// Reduced lists the products that a running sale made cheaper in a currency.
func Reduced(ctx context.Context, q db.Q, currency money.Currency) (map[ProductID]bool, error) {
	var ids []ProductID
	err := q.Query(ctx).Raw(`SELECT DISTINCT v.product_id FROM prices r JOIN variants v ON v.id = r.variant_id
		WHERE r.currency = ? AND r.sale_id <> 0 AND r.was > r.amount AND v.active = TRUE`, string(currency)).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("read what a sale made cheaper: %w", err)
	}
	all := make(map[ProductID]bool, len(ids))
	for _, id := range ids {
		all[id] = true
	}
	return all, nil
}

// PriceOf is what the cheapest variant of a product costs in a currency.
type PriceOf struct {
	ProductID ProductID
	Currency  money.Currency
	Amount    money.Amount
}

// Cheapest reads for products what lists show as their price, in each currency.
func Cheapest(ctx context.Context, q db.Q, ids []ProductID) ([]PriceOf, error) {
	var prices []PriceOf
	err := q.Query(ctx).Raw(`SELECT v.product_id, pr.currency, min(pr.amount) AS amount FROM variants v JOIN prices pr ON pr.variant_id = v.id
		WHERE v.active = TRUE AND v.product_id IN ?`+forEverybody+` GROUP BY v.product_id, pr.currency`, ids).Scan(&prices).Error
	if err != nil {
		return nil, fmt.Errorf("read the lowest prices: %w", err)
	}
	return prices, nil
}

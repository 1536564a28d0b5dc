package catalog

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// perPage is what a page of a list shows, mostPerPage at most.
const (
	perPage     = 24
	mostPerPage = 100
)

// candidate is what choosing and sorting need to know of a product.
type candidate struct {
	id          ProductID
	position    int
	publishedAt int64
	price       money.Amount
	priced      bool
	inStock     bool
	rating      Rating
	name        string // filled for the sort by name only
}

// List reads a page of products: for staff, and for whoever wants some of a
// few. Shoppers' lists, which narrow and count, are package search's.
func List(ctx context.Context, q db.Q, lq ListQuery) (*Listing, error) {
	lq.Page = max(1, lq.Page)
	if lq.PerPage <= 0 {
		lq.PerPage = perPage
	}
	lq.PerPage = min(lq.PerPage, mostPerPage)
	l := &Listing{Page: 1, PerPage: lq.PerPage}
	if lq.IDs != nil && len(lq.IDs) == 0 || !clean(lq.Text) {
		return l, nil
	}
	all, err := candidates(ctx, q, lq)
	if err != nil {
		return nil, err
	}
	if lq.InStock {
		all = slices.DeleteFunc(all, func(c *candidate) bool { return !c.inStock })
	}
	order(all, lq)
	l.Total = len(all)
	if pages := (l.Total + lq.PerPage - 1) / lq.PerPage; pages > 0 {
		l.Page = min(lq.Page, pages)
	}
	from := min((l.Page-1)*lq.PerPage, l.Total)
	ids := make([]ProductID, 0, lq.PerPage)
	for _, c := range all[from:min(from+lq.PerPage, l.Total)] {
		ids = append(ids, c.id)
	}
	if l.Cards, err = cards(ctx, q, ids, lq.Currency, lq.All); err != nil {
		return nil, err
	}
	return l, nil
}

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

// SoldOut lists the published products of which nothing that has a price in a
// currency can be sent at once. It is what List leaves out with InStock, read
// from what is not there rather than from what is.
func SoldOut(ctx context.Context, q db.Q, currency money.Currency) ([]ProductID, error) {
	const gone = `(s.tracked = TRUE AND (s.on_hand <= s.reserved OR s.policy = 'preorder')
		OR EXISTS (SELECT 1 FROM components c JOIN stock cs ON cs.variant_id = c.variant_id AND cs.tracked = TRUE
			WHERE c.bundle_id = v.id AND (cs.on_hand - cs.reserved < c.qty OR cs.policy = 'preorder')))`
	var ids []ProductID
	err := q.Query(ctx).Raw(`SELECT DISTINCT p.id FROM (
			SELECT variant_id FROM stock WHERE tracked = TRUE AND (on_hand <= reserved OR policy = 'preorder')
			UNION SELECT bundle_id FROM components) x
		JOIN variants xv ON xv.id = x.variant_id AND xv.active = TRUE JOIN products p ON p.id = xv.product_id AND p.published = TRUE
		WHERE NOT EXISTS (SELECT 1 FROM variants v JOIN prices pr ON pr.variant_id = v.id AND pr.currency = ? LEFT JOIN stock s ON s.variant_id = v.id
			WHERE v.product_id = p.id AND v.active = TRUE`+forEverybody+` AND NOT coalesce(`+gone+`, FALSE))`, string(currency)).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("read what is sold out: %w", err)
	}
	return ids, nil
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
			return cmp.Or(Natural(a.name, b.name), tie)
		case "rating":
			return cmp.Or(BetterRated(a.rating, b.rating), tie)
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

// Natural compares texts with numbers in them by the number: 90 ml, 240 ml.
func Natural(a, b string) int {
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

package segment

import (
	"strings"

	"regulars/internal/catalog"
)

// deedSource is where deeds are written: rows ends in its WHERE, and who, at and
// one are columns of it. Fields of one name count the same rows.
type deedSource struct {
	name, rows, who, at, one string
	goods                    bool // rows join products p
	byDay                    bool
}

const paidOrders = "o.customer_id IS NOT NULL AND o.state <> 'cancelled' AND o.payment_state IN ('paid', 'partly-refunded')"

var (
	bought = deedSource{"bought", "FROM orders o JOIN order_lines l ON l.order_id = o.id AND l.qty > l.cancelled_qty JOIN products p ON p.id = l.product_id AND p.sensitive = FALSE WHERE " + paidOrders,
		"o.customer_id", "o.placed_at", "o.id", true, false}
	boughtDays = deedSource{bought.name, bought.rows, bought.who, bought.at, bought.one, true, true}
	ordered    = deedSource{"ordered", "FROM orders o WHERE " + paidOrders, "o.customer_id", "o.placed_at", "o.id", false, false}
	returned   = deedSource{"returned", "FROM returns r JOIN orders o ON o.id = r.order_id WHERE o.customer_id IS NOT NULL AND r.state <> 'refused'", "o.customer_id", "r.asked_at", "r.id", false, false}
	viewed     = deedSource{"viewed", "FROM events e JOIN products p ON p.id = e.product_id AND p.sensitive = FALSE WHERE e.kind = 'item.seen' AND e.customer_id <> 0 AND e.bot = FALSE", "e.customer_id", "e.at", "e.id", true, false}
	searched   = deedSource{"searched", "FROM events e WHERE e.kind IN ('search', 'search.empty') AND e.customer_id <> 0 AND e.bot = FALSE", "e.customer_id", "e.at", "e.id", false, false}
)

// wide is the source as a statement over everybody reads it.
func (d *deedSource) wide() *deedSource {
	if d.name != bought.name {
		return d
	}
	return &deedSource{d.name, "FROM person_bought b JOIN products p ON p.id = b.product_id AND p.sensitive = FALSE WHERE 1 = 1", "b.customer_id", "b.at", "b.order_id", true, d.byDay}
}

// of narrows the rows by filters.
func (d *deedSource) of(b *Book, where []Filter) (sql string, args []any) {
	sql = d.rows
	for _, f := range where {
		switch f.By {
		case "product":
			sql, args = sql+" AND p.code IN ?", append(args, f.In)
		case "brand":
			sql, args = sql+" AND p.brand IN ?", append(args, f.In)
		default:
			ids := b.shelves(f)
			if len(ids) == 0 {
				ids = []catalog.CategoryID{0}
			}
			sql, args = sql+" AND p.category_id IN ?", append(args, ids)
		}
	}
	return sql, args
}

// column is a field that stands in the customer's own row.
func column(sql string) func(*builder, *Clause) string {
	return func(*builder, *Clause) string { return sql }
}

const openCarts = `SELECT t.customer_id, t.currency, t.active_at, t.checkout_at, sum(l.qty) AS pieces, sum(l.qty * l.seen_price) AS worth
	FROM carts t JOIN cart_lines l ON l.cart_id = t.id WHERE t.state = 'open' AND t.customer_id IS NOT NULL`

// spent is a column of the sums of orders in the clause's currency.
func spent(sql string) func(*builder, *Clause) string {
	return func(w *builder, c *Clause) string {
		currency := currencyOf(c)
		alias := "spent_" + strings.ToLower(currency) // three letters, read as a currency before
		w.once(alias, "LEFT JOIN person_spent "+alias+" ON "+alias+".currency = ? AND "+alias+".customer_id = f.customer_id", currency)
		return strings.ReplaceAll(sql, "%s", alias)
	}
}

// setRows finds who has one of the values.
func setRows(sql, column string) func([]string) (string, []any) {
	return func(values []string) (string, []any) {
		if values == nil {
			return sql, nil
		}
		return sql + " AND " + column + " IN ?", []any{values}
	}
}

package segment

import (
	"strings"

	"regulars/internal/catalog"
)

// deedSource is where deeds are written. Rows has {what} for the columns and
// ends in its WHERE; who, at and one are columns of it. Fields of one name
// count the same rows.
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

var sources = map[string]string{
	"o": "SELECT o.customer_id, count(*) AS n, min(o.placed_at) AS first_at, max(o.placed_at) AS last_at FROM orders o WHERE " + paidOrders + " GROUP BY o.customer_id",
	"k": openCarts + " GROUP BY t.customer_id, t.currency, t.active_at, t.checkout_at",
	"u": "SELECT customer_id, count(*) AS n FROM questions WHERE answered_at = 0 AND customer_id IS NOT NULL GROUP BY customer_id",
}

const openCarts = `SELECT t.customer_id, t.currency, t.active_at, t.checkout_at, sum(l.qty) AS pieces, sum(l.qty * l.seen_price) AS worth
	FROM carts t JOIN cart_lines l ON l.cart_id = t.id WHERE t.state = 'open' AND t.customer_id IS NOT NULL`

// joined is a column of one of the sources.
func joined(source, sql string) func(*builder, *Clause) string {
	return func(w *builder, _ *Clause) string {
		w.once(source, "LEFT JOIN ("+sources[source]+") "+source+" ON "+source+".customer_id = c.id")
		return sql
	}
}

func cartWorth(w *builder, c *Clause) string {
	return w.join("SELECT t.customer_id, sum(l.qty * l.seen_price) AS worth FROM carts t JOIN cart_lines l ON l.cart_id = t.id "+
		"WHERE t.state = 'open' AND t.customer_id IS NOT NULL AND t.currency = ? GROUP BY t.customer_id", currencyOf(c)) + ".worth"
}

// spent is a column of the sums of orders in the clause's currency.
func spent(sql string) func(*builder, *Clause) string {
	return func(w *builder, c *Clause) string {
		alias := w.join(`SELECT o.customer_id, count(*) AS n, sum(o.total - coalesce(b.back, 0)) AS net FROM orders o
			LEFT JOIN (SELECT order_id, sum(refunded) AS back FROM payments WHERE refunded > 0 GROUP BY order_id) b ON b.order_id = o.id
			WHERE `+paidOrders+" AND o.currency = ? GROUP BY o.customer_id", currencyOf(c))
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

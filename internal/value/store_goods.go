package value

import (
	"context"
	"fmt"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/money"
)

// goods are the lines of an order as they count for a contribution: what was
// kept of them, in the order's currency, and of that what has a cost; Cost is in
// the shop's currency.
type goods struct {
	OrderID          int64
	Kept, Known, Tax money.Amount // Tax: inside of Known
	Cost             money.Amount
}

// part says what of a day that is one order has a cost, and what it left. What
// the goods cost is returned where nothing of the money stayed.
func (g goods) part(d *Day) (lost money.Amount) {
	if d.Net <= 0 || g.Kept <= 0 {
		return g.Cost
	}
	d.Costed = d.Net.Part(int64(g.Known), int64(g.Kept))
	d.Earned = d.Costed - d.Net.Part(int64(g.Tax), int64(g.Kept)) - g.Cost
	return 0
}

// goodsOf reads what the goods of paid orders cost, of one customer or of all
// for 0; only of orders in which something has a cost. Units whose money went
// back do not count, gift cards are money for later, and prices without tax have
// none inside.
func goodsOf(ctx context.Context, q db.Q, id customer.ID) (map[int64]goods, error) {
	const left = "(CASE WHEN l.qty > l.cancelled_qty + l.refunded_qty THEN l.qty - l.cancelled_qty - l.refunded_qty ELSE 0 END)"
	only, args := justOne("o.customer_id", id)
	var rows []goods
	err := q.Query(ctx).Raw(`SELECT o.id AS order_id, CAST(sum(l.total * `+left+` / l.qty) AS BIGINT) AS kept,
		CAST(sum(CASE WHEN l.unit_cost IS NULL THEN 0 ELSE l.total * `+left+` / l.qty END) AS BIGINT) AS known,
		CAST(sum(CASE WHEN l.unit_cost IS NULL OR o.tax_included = FALSE THEN 0 ELSE l.tax * `+left+` / l.qty END) AS BIGINT) AS tax,
		CAST(sum(coalesce(l.unit_cost, 0) * `+left+`) AS BIGINT) AS cost
		FROM orders o JOIN order_lines l ON l.order_id = o.id AND l.qty > 0 JOIN products p ON p.id = l.product_id AND p.gift_card = FALSE
		WHERE o.customer_id IS NOT NULL AND o.paid_at > 0 AND o.replaces = 0`+only+`
		GROUP BY o.id HAVING max(l.unit_cost) IS NOT NULL`, args...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read what goods cost: %w", err)
	}
	all := make(map[int64]goods, len(rows))
	for _, r := range rows {
		all[r.OrderID] = r
	}
	return all, nil
}

package value

import (
	"context"
	"fmt"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
)

// departments of what people paid for and kept; sensitive goods are of none.
const departments = `WITH RECURSIVE under (id, root) AS (SELECT id, id FROM categories WHERE parent_id IS NULL
	UNION ALL SELECT c.id, under.root FROM categories c JOIN under ON c.parent_id = under.id),
	bought AS (SELECT DISTINCT o.customer_id, under.root FROM orders o JOIN order_lines l ON l.order_id = o.id AND l.qty > l.cancelled_qty + l.returned_qty
		JOIN products p ON p.id = l.product_id AND p.sensitive = FALSE JOIN under ON under.id = p.category_id
		JOIN customer_values v ON v.customer_id = o.customer_id WHERE o.paid_at > 0 AND o.state <> 'cancelled') `

// Missing names, for each of some customers, the departments that most other
// customers buy from and they do not, at most so many, with how many do.
func Missing(ctx context.Context, q db.Q, ids []customer.ID, most int) (map[customer.ID][]Gap, error) {
	var all []Gap
	err := q.Query(ctx).Raw(departments + `SELECT b.root, c.name, count(*) AS people FROM bought b JOIN categories c ON c.id = b.root
		GROUP BY b.root, c.name ORDER BY count(*) DESC, b.root`).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("count departments: %w", err)
	}
	var rows []struct {
		CustomerID customer.ID
		Root       int64
	}
	if len(ids) > 0 {
		if err := q.Query(ctx).Raw(departments+"SELECT customer_id, root FROM bought WHERE customer_id IN ?", ids).Scan(&rows).Error; err != nil {
			return nil, fmt.Errorf("read departments of customers: %w", err)
		}
	}
	has := map[customer.ID]map[int64]bool{}
	for _, r := range rows {
		if has[r.CustomerID] == nil {
			has[r.CustomerID] = map[int64]bool{}
		}
		has[r.CustomerID][r.Root] = true
	}
	gaps := map[customer.ID][]Gap{}
	for _, id := range ids {
		for _, g := range all {
			if !has[id][g.Root] && len(gaps[id]) < most {
				gaps[id] = append(gaps[id], g)
			}
		}
	}
	return gaps, nil
}

// Gap is a department somebody does not buy from, and how many do.
type Gap struct {
	Root   int64
	Name   i18n.Text
	People int
}

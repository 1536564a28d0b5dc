package order

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
)

// Sold counts the units of each product in paid orders since a moment, less
// what was cancelled or came back.
func Sold(ctx context.Context, q db.Q, since time.Time) (map[catalog.ProductID]int, error) {
	var rows []struct {
		ProductID catalog.ProductID
		Units     int
	}
	err := q.Query(ctx).Raw(`SELECT v.product_id, CAST(sum(l.qty - l.cancelled_qty - l.returned_qty) AS BIGINT) AS units
		FROM orders o JOIN order_lines l ON l.order_id = o.id JOIN variants v ON v.id = l.variant_id
		WHERE o.paid_at >= ? GROUP BY v.product_id HAVING sum(l.qty - l.cancelled_qty - l.returned_qty) > 0`, db.At(since)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count what sold: %w", err)
	}
	sold := make(map[catalog.ProductID]int, len(rows))
	for _, r := range rows {
		sold[r.ProductID] = r.Units
	}
	return sold, nil
}

package person

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
)

// Habit is how somebody buys: on how many days, with how many days between
// them (the median), and what of.
type Habit struct {
	Days   int
	Gap    int       // days; 0 while fewer than three days are known
	Next   time.Time // the last day and the gap; zero without one
	Shelve []Shelf   // the departments they bought most of
}

// Shelf is a department and how many pieces of it somebody kept.
type Shelf struct {
	Name   i18n.Text
	Pieces int
}

// HabitOf counts it from paid orders; sensitive goods are of no department.
func HabitOf(ctx context.Context, q db.Q, id customer.ID, zone *time.Location) (h Habit, err error) {
	var paid []db.Time
	err = q.Query(ctx).Raw("SELECT placed_at FROM orders WHERE customer_id = ? AND paid_at > 0 AND state <> 'cancelled' ORDER BY placed_at", int64(id)).Scan(&paid).Error
	if err != nil {
		return h, fmt.Errorf("read when customer %d bought: %w", id, err)
	}
	var days []time.Time
	for _, p := range paid {
		y, m, d := p.In(zone).Date()
		days = append(days, time.Date(y, m, d, 0, 0, 0, 0, time.UTC))
	}
	days = slices.CompactFunc(days, time.Time.Equal)
	h.Days = len(days)
	if len(days) >= 3 {
		var gaps []int
		for i := 1; i < len(days); i++ {
			gaps = append(gaps, int(days[i].Sub(days[i-1]).Hours()/24))
		}
		slices.SortFunc(gaps, func(a, b int) int { return cmp.Compare(a, b) })
		h.Gap = gaps[len(gaps)/2]
		h.Next = days[len(days)-1].AddDate(0, 0, h.Gap)
	}
	err = q.Query(ctx).Raw(`WITH RECURSIVE under (id, root) AS (SELECT id, id FROM categories WHERE parent_id IS NULL
		UNION ALL SELECT c.id, under.root FROM categories c JOIN under ON c.parent_id = under.id)
		SELECT c.name, CAST(sum(l.qty - l.cancelled_qty - l.returned_qty) AS BIGINT) AS pieces FROM orders o JOIN order_lines l ON l.order_id = o.id AND l.qty > l.cancelled_qty + l.returned_qty
		JOIN products p ON p.id = l.product_id AND p.sensitive = FALSE JOIN under ON under.id = p.category_id JOIN categories c ON c.id = under.root
		WHERE o.customer_id = ? AND o.paid_at > 0 AND o.state <> 'cancelled' GROUP BY c.id, c.name ORDER BY pieces DESC, c.id LIMIT 3`, int64(id)).Scan(&h.Shelve).Error
	if err != nil {
		return h, fmt.Errorf("read what customer %d bought: %w", id, err)
	}
	return h, nil
}

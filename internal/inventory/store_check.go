package inventory

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
)

// Check looks for broken invariants of the stock: S1, S2 with its places, S10,
// and S4 as far as rows can show it (a hold open longer than a day past its
// end). Sound stock gives none.
func Check(ctx context.Context, q db.Q, now time.Time) ([]Wrong, error) {
	var wrong []Wrong
	for _, rule := range []struct {
		name, query string
		args        []any
	}{
		{"S1", `SELECT 'variant ' || variant_id || ': on hand ' || on_hand || ', reserved ' || reserved FROM stock
			WHERE on_hand < 0 OR reserved < 0 OR reserved > on_hand + beyond ORDER BY variant_id LIMIT 100`, nil},
		{"S2", `SELECT 'variant ' || s.variant_id || ': on hand ' || s.on_hand || ', movements say ' || coalesce(m.units, 0)
			FROM stock s LEFT JOIN (SELECT m.variant_id, sum(m.qty) AS units FROM stock_movements m JOIN locations l ON l.id = m.location_id AND l.sells = TRUE
				GROUP BY m.variant_id) m ON m.variant_id = s.variant_id
			WHERE s.on_hand <> coalesce(m.units, 0) ORDER BY s.variant_id LIMIT 100`, nil},
		{"S2", `SELECT 'variant ' || s.variant_id || ': reserved ' || s.reserved || ', holds say ' || coalesce(h.units, 0)
			FROM stock s LEFT JOIN (SELECT variant_id, sum(qty - shipped) AS units FROM holds WHERE state IN ('open','committed') GROUP BY variant_id) h ON h.variant_id = s.variant_id
			WHERE s.reserved <> coalesce(h.units, 0) ORDER BY s.variant_id LIMIT 100`, nil},
		{"S9", `SELECT 'variant ' || v || ' at place ' || l || ': ' || sum(units) || ' apart' FROM (
				SELECT variant_id AS v, location_id AS l, on_hand AS units FROM stock_places
				UNION ALL SELECT variant_id, location_id, -qty FROM stock_movements) b GROUP BY v, l HAVING sum(units) <> 0 ORDER BY v, l LIMIT 100`, nil},
		{"S10", `SELECT 'incoming ' || i.token || ': ' || i.received || ' of ' || i.qty || ' received, movements say ' || coalesce(m.units, 0)
			FROM incoming i LEFT JOIN (SELECT ref, sum(qty) AS units FROM stock_movements WHERE ref LIKE 'incoming:%' GROUP BY ref) m ON m.ref = 'incoming:' || i.token
			WHERE i.received > i.qty OR i.received <> coalesce(m.units, 0) ORDER BY i.id LIMIT 100`, nil},
		{"S4", `SELECT 'order ' || order_id || ': hold of variant ' || variant_id || ' is open past its end' FROM holds
			WHERE state = 'open' AND expires_at < ? ORDER BY order_id LIMIT 100`, []any{db.At(now.Add(-24 * time.Hour))}},
	} {
		var found []string
		if err := q.Query(ctx).Raw(rule.query, rule.args...).Scan(&found).Error; err != nil {
			return nil, fmt.Errorf("check stock rule %s: %w", rule.name, err)
		}
		for _, detail := range found {
			wrong = append(wrong, Wrong{rule.name, detail})
		}
	}
	return wrong, nil
}

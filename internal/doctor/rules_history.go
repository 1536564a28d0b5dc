package doctor

// historyRules lists invariants of the counts that stand for old purchases.
func historyRules() []rule {
	return []rule{
		{"Q1", "what somebody bought long ago is what their orders of that time hold", `
			WITH kept AS (SELECT o.customer_id, l.product_id, count(DISTINCT o.id) AS times, CAST(sum(l.qty - l.cancelled_qty - l.returned_qty) AS BIGINT) AS units
				FROM history_people p JOIN orders o ON o.customer_id = p.customer_id AND o.placed_at < p.through AND o.state <> 'cancelled' AND o.payment_state IN ('paid', 'partly-refunded')
				JOIN order_lines l ON l.order_id = o.id AND l.qty > l.cancelled_qty + l.returned_qty GROUP BY o.customer_id, l.product_id)
			SELECT DISTINCT 'customer ' || CAST(p.customer_id AS TEXT) AS id FROM history_people p WHERE p.through > 0 AND (
				EXISTS (SELECT 1 FROM kept k LEFT JOIN history_goods g ON g.customer_id = k.customer_id AND g.product_id = k.product_id
					WHERE k.customer_id = p.customer_id AND (g.times IS NULL OR g.times <> k.times OR g.units <> k.units))
				OR (SELECT count(*) FROM kept k WHERE k.customer_id = p.customer_id) <> (SELECT count(*) FROM history_goods g WHERE g.customer_id = p.customer_id))
			UNION SELECT 'customer ' || CAST(g.customer_id AS TEXT) FROM history_goods g WHERE NOT EXISTS (SELECT 1 FROM history_people p WHERE p.customer_id = g.customer_id)`, nil},
		{"Q2", "nobody who was erased, or does not let their purchases be used, has counts of them", `
			SELECT 'customer ' || CAST(p.customer_id AS TEXT) AS id FROM history_people p JOIN customers c ON c.id = p.customer_id WHERE c.erased_at > 0
				OR (SELECT count(*) FROM consents s WHERE s.customer_id = c.id AND s.purpose IN ('history', 'personalize') AND s.given = TRUE) < 2`, nil},
	}
}

package doctor

// stockRules are the invariants of places, bundles and goods on their way.
func stockRules() []rule {
	return []rule{
		{"S6", "an order holds of each variant what its lines and the parts of its bundles ask for, and bundles have no stock and no bundle in them", `
			SELECT DISTINCT o.number AS id FROM holds h JOIN orders o ON o.id = h.order_id LEFT JOIN (
				SELECT w.order_id, w.variant_id, sum(w.qty) AS qty FROM (
					SELECT l.order_id, l.variant_id, l.qty FROM order_lines l
						WHERE NOT EXISTS (SELECT 1 FROM hold_parts p WHERE p.order_id = l.order_id AND p.bundle_id = l.variant_id)
					UNION ALL SELECT l.order_id, p.variant_id, l.qty * p.qty FROM order_lines l
						JOIN hold_parts p ON p.order_id = l.order_id AND p.bundle_id = l.variant_id) w
				GROUP BY w.order_id, w.variant_id) l ON l.order_id = h.order_id AND l.variant_id = h.variant_id
			WHERE l.qty IS NULL OR l.qty <> h.qty
			UNION SELECT o.number FROM hold_parts p JOIN orders o ON o.id = p.order_id
				WHERE NOT EXISTS (SELECT 1 FROM order_lines l WHERE l.order_id = p.order_id AND l.variant_id = p.bundle_id)
			UNION SELECT v.sku FROM components k JOIN variants v ON v.id = k.bundle_id
				WHERE EXISTS (SELECT 1 FROM components n WHERE n.bundle_id = k.variant_id)
				OR EXISTS (SELECT 1 FROM stock s WHERE s.variant_id = k.bundle_id AND (s.tracked OR s.on_hand > 0 OR s.reserved > 0))`, nil},
		{"S9", "what lies at each place is the sum of the movements there", `
			SELECT v.sku || ' at ' || l.code AS id FROM (
				SELECT variant_id, location_id, on_hand AS units FROM stock_places
				UNION ALL SELECT variant_id, location_id, -qty FROM stock_movements) b
			JOIN variants v ON v.id = b.variant_id JOIN locations l ON l.id = b.location_id
			GROUP BY v.sku, l.code HAVING sum(b.units) <> 0`, nil},
		{"S10", "of incoming goods at most what was ordered was received, as movements say, and pages name the next of them", `
			SELECT i.token AS id FROM incoming i
			LEFT JOIN (SELECT ref, sum(qty) AS units FROM stock_movements WHERE ref LIKE 'incoming:%' GROUP BY ref) m ON m.ref = 'incoming:' || i.token
			WHERE i.received > i.qty OR i.received <> coalesce(m.units, 0) OR i.closed_at = 0 AND i.received = i.qty
			UNION SELECT v.sku FROM stock s JOIN variants v ON v.id = s.variant_id
			LEFT JOIN (SELECT variant_id, min(expected_at) AS at FROM incoming WHERE closed_at = 0 AND expected_at > 0 GROUP BY variant_id) i ON i.variant_id = s.variant_id
			WHERE s.expected_at <> coalesce(i.at, 0)`, nil},
		{"S11", "a move takes from one place what it brings to another", `
			SELECT ref AS id FROM stock_movements WHERE reason = 'moved' GROUP BY ref, variant_id HAVING sum(qty) <> 0 OR count(*) <> 2`, nil},
	}
}

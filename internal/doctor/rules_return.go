package doctor

import "regulars/internal/order"

// claimed is how many units of a line lie in returns that may still come, or
// came.
const claimed = `(SELECT l.line_id, sum(CASE WHEN r.state IN ('asked','approved') THEN l.qty WHEN r.state = 'refused' THEN 0 ELSE l.good + l.lost END) AS units
	FROM return_lines l JOIN returns r ON r.id = l.return_id GROUP BY l.line_id)`

// cameBack is what arrived of an order's counted goods by its returns, bundles
// by their components.
const cameBack = `(SELECT w.order_id, w.variant_id, sum(w.units) AS units, sum(w.lost) AS lost FROM (
		SELECT o.order_id, coalesce(p.variant_id, o.variant_id) AS variant_id, (l.good + l.lost) * coalesce(p.qty, 1) AS units, l.lost * coalesce(p.qty, 1) AS lost
		FROM return_lines l JOIN order_lines o ON o.id = l.line_id LEFT JOIN hold_parts p ON p.order_id = o.order_id AND p.bundle_id = o.variant_id
		WHERE l.good + l.lost > 0) w
	WHERE EXISTS (SELECT 1 FROM holds h WHERE h.order_id = w.order_id AND h.variant_id = w.variant_id) GROUP BY w.order_id, w.variant_id)`

// broughtBack is the same as the ledger of the stock has it.
const broughtBack = `(SELECT ref, variant_id, sum(CASE WHEN reason = 'returned' THEN qty ELSE 0 END) AS units, sum(CASE WHEN reason = 'written-off' THEN -qty ELSE 0 END) AS lost
	FROM stock_movements WHERE key LIKE 'return:%' GROUP BY ref, variant_id)`

// returnRules are the invariants of goods that come back.
func returnRules() []rule {
	return []rule{
		{"R1", "no more units of a line come back than left the house, and the line counts them", `
			SELECT o.number AS id FROM order_lines l JOIN orders o ON o.id = l.order_id JOIN ` + claimed + ` c ON c.line_id = l.id WHERE l.returned_qty <> c.units
			UNION SELECT o.number FROM order_lines l JOIN orders o ON o.id = l.order_id LEFT JOIN ` + claimed + ` c ON c.line_id = l.id
				LEFT JOIN (SELECT line_id, sum(qty) AS units FROM shipment_lines GROUP BY line_id) p ON p.line_id = l.id
				WHERE l.returned_qty > 0 AND (c.units IS NULL OR l.returned_qty > CASE WHEN o.delivery_state = 'unshipped' THEN coalesce(p.units, 0) ELSE l.qty - l.cancelled_qty END)
			UNION SELECT r.number FROM returns r JOIN return_lines k ON k.return_id = r.id JOIN order_lines l ON l.id = k.line_id WHERE l.order_id <> r.order_id`, nil},
		{"R2", "a return takes legal steps only, stands where the last one led, and ends in a way that was written down", `
			SELECT DISTINCT x.number AS id FROM (
				SELECT r.number, r.state, s.from_state, s.to_state, lead(s.id) OVER (PARTITION BY s.return_id ORDER BY s.id) AS later,
					coalesce(lag(s.to_state) OVER (PARTITION BY s.return_id ORDER BY s.id), '') AS earlier
				FROM return_steps s JOIN returns r ON r.id = s.return_id) x
			WHERE x.from_state <> x.earlier OR x.later IS NULL AND x.to_state <> x.state OR x.from_state || ':' || x.to_state NOT IN ?
			UNION SELECT r.number FROM returns r WHERE NOT EXISTS (SELECT 1 FROM return_steps s WHERE s.return_id = r.id)
				OR (r.state IN ('closed','refused')) <> (r.closed_at > 0) OR (r.state = 'closed') <> (r.outcome <> '')
				OR r.outcome = 'replacement' AND NOT EXISTS (SELECT 1 FROM orders n WHERE n.id = r.replacement AND n.replaces = r.order_id AND n.total = 0)
				OR r.outcome IN ('refund','credit') AND NOT EXISTS (SELECT 1 FROM refunds b WHERE b.key = CAST(r.order_id AS TEXT) || ':return:' || r.number AND b.amount = r.amount)
			UNION SELECT r.number FROM returns r JOIN orders o ON o.id = r.order_id WHERE r.outcome = 'cancelled' AND o.state <> 'cancelled'`, []any{order.ReturnLegals()}},
		{"R4", "credit for a return is what its payments did not send, and stands in the ledger once", `
			SELECT b.key AS id FROM refunds b
				LEFT JOIN (SELECT x.refund_id, sum(CASE WHEN p.provider NOT IN ('gift','credit') THEN x.amount ELSE 0 END) AS kept,
					sum(CASE WHEN x.state <> 'known' OR x.ref <> '' THEN 1 ELSE 0 END) AS sent
					FROM payment_ops x JOIN payments p ON p.id = x.payment_id WHERE x.kind = 'refund' GROUP BY x.refund_id) k ON k.refund_id = b.id
				LEFT JOIN (SELECT e.credit_id, e.order_id, e.amount, CASE WHEN c.kind = 'card' THEN '' ELSE substr(e.key, 7) END AS reason, count(*) AS times
					FROM credit_entries e JOIN credits c ON c.id = e.credit_id WHERE e.kind = 'issued' AND (c.kind = 'credit' OR e.key = 'issued:' || c.token)
					GROUP BY e.credit_id, e.order_id, e.amount, CASE WHEN c.kind = 'card' THEN '' ELSE substr(e.key, 7) END) e
					ON e.credit_id = b.credit_id AND e.order_id = b.order_id AND e.amount = b.credited
					AND (e.reason = '' OR b.key = CAST(b.order_id AS TEXT) || ':' || e.reason)
				WHERE b.credited > 0 AND (coalesce(k.kept, 0) <> b.credited OR k.sent > 0 OR coalesce(e.times, 0) <> 1) OR (b.credited > 0) <> (b.credit_id > 0)
			UNION SELECT e.key FROM credit_entries e WHERE e.kind = 'issued' AND e.key LIKE 'grant:return:R-%'
				AND NOT EXISTS (SELECT 1 FROM refunds b WHERE b.credit_id = e.credit_id AND b.key = CAST(e.order_id AS TEXT) || ':' || substr(e.key, 7))
			UNION SELECT r.number FROM returns r JOIN orders o ON o.id = r.order_id JOIN refunds b ON b.key = CAST(r.order_id AS TEXT) || ':return:' || r.number
				WHERE b.credited > 0 AND r.outcome <> 'credit' OR r.outcome = 'credit' AND r.kind = 'withdrawal'`, nil},
		{"R3", "what came back is what the stock's ledger took back, and what of it was lost was written off", `
			SELECT o.number AS id FROM ` + cameBack + ` c JOIN orders o ON o.id = c.order_id LEFT JOIN ` + broughtBack + ` b ON b.ref = CAST(c.order_id AS TEXT) AND b.variant_id = c.variant_id
				WHERE c.units <> coalesce(b.units, 0) OR c.lost <> coalesce(b.lost, 0)
			UNION SELECT v.sku FROM ` + broughtBack + ` b JOIN variants v ON v.id = b.variant_id LEFT JOIN ` + cameBack + ` c ON b.ref = CAST(c.order_id AS TEXT) AND b.variant_id = c.variant_id
				WHERE c.units IS NULL`, nil},
	}
}

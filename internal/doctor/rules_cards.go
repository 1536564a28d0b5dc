package doctor

// cardRules lists invariants of refills and of the week's specials.
func cardRules() []rule {
	return []rule{
		{"Y3", "a reminder of a refill is about a purchase of its person", `
			SELECT s.key AS id FROM sends s WHERE s.template = 'refill' AND s.state = 'sent' AND s.customer_id IS NOT NULL AND NOT EXISTS (
				SELECT 1 FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE o.customer_id = s.customer_id
					AND s.key LIKE 'refill:%:' || CAST(l.product_id AS TEXT) || ':' || CAST(o.id AS TEXT))
				AND EXISTS (SELECT 1 FROM customers c WHERE c.id = s.customer_id AND c.erased_at = 0)`, nil},
		{"Y4", "nobody was sent the specials twice in a week, and a week that is done keeps no address", `
			SELECT min(key) AS id FROM sends WHERE template = 'specials' AND state = 'sent' AND email NOT LIKE 'erased:%' GROUP BY email, substr(key, 10, 8) HAVING count(*) > 1
			UNION SELECT week FROM special_weeks WHERE done_at > 0 AND after_key <> ''`, nil},
	}
}

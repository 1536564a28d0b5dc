package doctor

// proofRules lists invariants that hold two nouns against each other: what a
// cart said against its order, an order against its goods and its money.
func proofRules() []rule {
	return []rule{
		{"M10", "an order that ended keeps no money but what its provider refused to send back", `
			SELECT o.number AS id FROM orders o JOIN payments p ON p.order_id = o.id
			LEFT JOIN (SELECT payment_id, sum(amount) AS owed FROM payment_ops WHERE kind = 'refund' AND state = 'refused' GROUP BY payment_id) x ON x.payment_id = p.id
			WHERE o.state = 'cancelled' GROUP BY o.number HAVING sum(p.captured - p.refunded - coalesce(x.owed, 0)) > 0`, nil},
		{"D1", "a delivery can be offered as it stands: its days, its price and its bands make sense", `
			SELECT code || ' ' || currency AS id FROM delivery_methods WHERE days_min < 0 OR days_max < days_min OR price < 0 OR free_from < 0 OR version < 1
				OR code = '' OR tax_class NOT IN ('standard','reduced','zero')
			UNION SELECT b.code || ' ' || b.currency FROM delivery_bands b LEFT JOIN delivery_methods m ON m.code = b.code AND m.currency = b.currency WHERE m.code IS NULL
			UNION SELECT m.code || ' ' || m.currency FROM delivery_bands b JOIN delivery_methods m ON m.code = b.code AND m.currency = b.currency
				WHERE m.free_from > 0 AND b.from_amount >= m.free_from AND b.price > 0`, nil},
		{"S5", "an order of goods that were counted when it was placed has held them", `
			SELECT DISTINCT o.number AS id FROM orders o JOIN order_lines l ON l.order_id = o.id
			JOIN stock s ON s.variant_id = l.variant_id AND s.tracked = TRUE AND s.counted_since < o.placed_at
			WHERE o.imported = FALSE AND o.simulated = FALSE
				AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.order_id = o.id AND h.variant_id = l.variant_id AND h.qty >= l.qty)`, nil},
		{"O2", "an order keeps the key and the digest of the form that placed it", `
			SELECT number AS id FROM orders WHERE imported = FALSE AND simulated = FALSE AND (length(place_key) < 16 OR length(place_hash) <> 64)`, nil},
		{"O4", "a cart that became an order holds what the order does", `
			SELECT o.number AS id FROM orders o JOIN carts c ON c.id = o.cart_id WHERE o.imported = FALSE AND (
				EXISTS (SELECT 1 FROM cart_lines k WHERE k.cart_id = c.id AND NOT EXISTS (
					SELECT 1 FROM order_lines l WHERE l.order_id = o.id AND l.variant_id = k.variant_id AND l.qty = k.qty))
				OR EXISTS (SELECT 1 FROM order_lines l WHERE l.order_id = o.id AND NOT EXISTS (
					SELECT 1 FROM cart_lines k WHERE k.cart_id = c.id AND k.variant_id = l.variant_id AND k.qty = l.qty)))`, nil},
		{"P1", "no account holds more places than a promotion gives a person, whatever the address", `
			SELECT p.token AS id FROM redemptions r JOIN promotions p ON p.id = r.promotion_id WHERE r.state = 'held' AND r.customer_id <> 0
			GROUP BY p.token, r.customer_id HAVING min(r.limit_person) > 0 AND count(*) > max(r.limit_person)`, nil},
		{"V1", "no value is kept of anybody who said no to it, or is gone", `
			SELECT DISTINCT 'customer ' || CAST(v.customer_id AS TEXT) AS id FROM customer_values v JOIN customers c ON c.id = v.customer_id
			WHERE c.erased_at > 0 OR EXISTS (SELECT 1 FROM consents n WHERE n.customer_id = v.customer_id AND n.purpose IN ('personalize','history') AND n.given = FALSE)`, nil},
		{"V2", "the last noted change of a class and of a tier is what is kept of them", `
			SELECT 'customer ' || CAST(v.customer_id AS TEXT) AS id FROM customer_values v WHERE v.class <> coalesce((
				SELECT m.became FROM value_moves m WHERE m.customer_id = v.customer_id AND m.kind = 'class' ORDER BY m.id DESC LIMIT 1), '')
			UNION SELECT 'customer ' || CAST(t.customer_id AS TEXT) FROM customer_tiers t WHERE t.tier <> coalesce((
				SELECT m.became FROM value_moves m WHERE m.customer_id = t.customer_id AND m.kind = 'tier' ORDER BY m.id DESC LIMIT 1), 'occasional')`, nil},
		{"F1", "nothing is noted of a fact that is gone, or of anybody who is, and no browser's forms are filled in for them", `
			SELECT DISTINCT 'customer ' || CAST(f.customer_id AS TEXT) AS id FROM profile_facts f JOIN customers c ON c.id = f.customer_id
			WHERE c.erased_at > 0 OR f.fact LIKE 'date:%' AND NOT EXISTS (SELECT 1 FROM important_dates d WHERE 'date:' || d.token = f.fact AND d.customer_id = f.customer_id)
				OR f.fact LIKE 'address:%' AND NOT EXISTS (SELECT 1 FROM addresses a WHERE 'address:' || a.token = f.fact AND a.customer_id = f.customer_id)
			UNION SELECT 'visitor ' || CAST(r.visitor_id AS TEXT) FROM remembered r JOIN visitors v ON v.id = r.visitor_id JOIN customers c ON c.id = v.customer_id WHERE c.erased_at > 0`, nil},
		{"W3", "no operation has an answer before it was asked, and a payment's page is the one its operation got", `
			SELECT key AS id FROM payment_ops WHERE state = 'planned' AND ref <> '' OR kind = 'refund' AND amount = 0
			UNION SELECT p.token FROM payments p JOIN payment_ops x ON x.payment_id = p.id AND x.kind = 'start' AND x.ref <> ''
				WHERE p.provider_ref <> x.ref`, nil},
		{"H1", "what a home page shows is the last version kept of it, versions are counted without a gap, and the default is there", `
			SELECT v.key AS id FROM home_variants v WHERE v.version > 0 AND NOT EXISTS (
				SELECT 1 FROM home_versions h WHERE h.variant = v.key AND h.number = v.version AND h.page = v.page)
			UNION SELECT variant FROM home_versions GROUP BY variant HAVING min(number) <> 1 OR max(number) <> count(*)
				OR max(number) <> (SELECT v.version FROM home_variants v WHERE v.key = variant)
			UNION SELECT 'default' AS id WHERE NOT EXISTS (SELECT 1 FROM home_variants WHERE key = 'default')`, nil},
	}
}

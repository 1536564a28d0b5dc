package doctor

// shelfRules lists invariants of reviews, of who waits for goods, and of what
// products were.
func shelfRules() []rule {
	return []rule{
		{"B1", "the stars on a product's card are those of its published reviews", `
			SELECT p.code AS id FROM products p LEFT JOIN (SELECT product_id, count(*) AS n, sum(stars) AS s FROM reviews WHERE state = 'published' GROUP BY product_id) r ON r.product_id = p.id
			WHERE p.rating_count <> coalesce(r.n, 0) OR p.rating_sum <> coalesce(r.s, 0)`, nil},
		{"B2", "the mark of a buyer rests on a paid order of that person, with that product in it", `
			SELECT 'review ' || r.token AS id FROM reviews r WHERE r.verified = TRUE AND (r.customer_id IS NOT NULL OR r.email <> '') AND NOT EXISTS (
				SELECT 1 FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE o.id = r.order_id AND l.product_id = r.product_id AND (o.paid_at > 0 OR o.payment_state IN ('paid','partly-refunded'))
				AND (r.customer_id IS NOT NULL AND o.customer_id = r.customer_id OR lower(o.email) = r.email AND r.email <> ''))`, nil},
		{"B3", "a refused review has one of the shop's reasons, and who decided; what was not decided is not shown", `
			SELECT 'review ' || token AS id FROM reviews WHERE state = 'refused' AND (decided_at = 0 OR reason NOT IN ('off-topic','insult','personal','advertising','unlawful','not-real'))
				OR state = 'published' AND (decided_at = 0 OR reason <> '') OR state = 'waiting' AND (decided_at > 0 OR reason <> '')`, nil},
		{"B4", "whoever was told that goods are there again was told by one mail, and their address went with it", `
			SELECT 'wish ' || CAST(a.id AS TEXT) AS id FROM restock_asks a WHERE a.state = 'told' AND NOT EXISTS (SELECT 1 FROM sends s WHERE s.key = 'back-in-stock:' || CAST(a.id AS TEXT))
			UNION SELECT 'wish ' || CAST(a.id AS TEXT) FROM restock_asks a WHERE a.state <> 'waiting' AND a.email <> '' OR a.state = 'waiting' AND (a.email = '') = (a.customer_id IS NULL)`, nil},
		{"B5", "nobody who was erased reviews, waits or has something saved", `
			SELECT DISTINCT 'customer ' || CAST(c.id AS TEXT) AS id FROM customers c WHERE c.erased_at > 0 AND (EXISTS (SELECT 1 FROM reviews r WHERE r.customer_id = c.id)
				OR EXISTS (SELECT 1 FROM restock_asks a WHERE a.customer_id = c.id) OR EXISTS (SELECT 1 FROM saved_lines s WHERE s.customer_id = c.id) OR EXISTS (SELECT 1 FROM saved_searches s WHERE s.customer_id = c.id))`, nil},
		{"B6", "every photograph that a product names is there, in each of its sizes", `
			SELECT p.code || ' ' || i.src AS id FROM product_images i JOIN products p ON p.id = i.product_id
			WHERE i.src LIKE 'media:%x%.jpg' AND substr(i.src, 39, 1) = '-' AND NOT EXISTS (
				SELECT 1 FROM pictures k WHERE k.name = substr(i.src, 7) AND (SELECT count(*) FROM picture_files f WHERE f.name = k.name) =
					1 + CASE WHEN k.width > 320 OR k.height > 320 THEN 1 ELSE 0 END + CASE WHEN k.width > 640 OR k.height > 640 THEN 1 ELSE 0 END)`, nil},
		{"I3", "what a product was has a number below the present one, and no more than fifty are kept", `
			SELECT p.code AS id FROM products p JOIN product_versions v ON v.product_id = p.id GROUP BY p.id, p.code, p.version HAVING max(v.number) >= p.version OR count(*) > 50`, nil},
		{"B7", "a saved search looks for something; one that is watched says since when and is asked again, and no person is told of theirs twice within a week", `
			SELECT 'search ' || token AS id FROM saved_searches WHERE words = '' AND (shelf = 0 OR filters = '') OR tell AND (seen_at = 0 OR next_at = 0) OR NOT tell AND (seen_at > 0 OR seen <> '[]')
			UNION SELECT 'mail ' || a.key FROM sends a JOIN sends b ON b.customer_id = a.customer_id AND b.email = a.email AND b.template = 'search-news' AND b.state = 'sent' AND b.sent_at > a.sent_at AND b.sent_at < a.sent_at + 518400000
				WHERE a.template = 'search-news' AND a.state = 'sent'`, nil},
	}
}

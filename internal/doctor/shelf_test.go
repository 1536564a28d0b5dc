package doctor_test

// shelfBreaks are the plants for shelfRules.
var shelfBreaks = []struct{ code, sql string }{
	{"B1", "UPDATE products SET rating_count = 3, rating_sum = 15 WHERE id = (SELECT min(id) FROM products)"},
	{"B1", "INSERT INTO reviews (token, product_id, stars, state, decided_at, created_at, written_at) SELECT 'r', min(id), 5, 'published', 1, 1, 1 FROM products"},
	{"B2", "INSERT INTO reviews (token, product_id, customer_id, verified, stars, created_at, written_at) SELECT 'r', min(p.id), max(c.id), TRUE, 5, 1, 1 FROM products p, customers c"},
	{"B3", "INSERT INTO reviews (token, product_id, stars, state, reason, decided_at, created_at, written_at) SELECT 'r', min(id), 1, 'refused', 'bad', 1, 1, 1 FROM products"},
	{"B4", "INSERT INTO restock_asks (token, variant_id, email, state, asked_at) SELECT 'w', min(id), '', 'told', 1 FROM variants"},
	{"B4", "INSERT INTO restock_asks (token, variant_id, email, asked_at) SELECT 'w', min(id), '', 1 FROM variants"},
	{"B6", "INSERT INTO product_images (product_id, position, src) SELECT min(id), 39, 'media:0123456789abcdef0123456789abcdef-700x500.jpg' FROM products"},
	{"B7", "INSERT INTO saved_searches (token, customer_id, print, name, lang, currency, created_at) SELECT 's', min(id), 'p', 'n', 'en', 'USD', 1 FROM customers"},
	{"B7", "INSERT INTO saved_searches (token, customer_id, print, name, lang, currency, words, tell, created_at) SELECT 's', min(id), 'p', 'n', 'en', 'USD', 'tent', TRUE, 1 FROM customers"},
	{"B5", "INSERT INTO restock_asks (token, variant_id, customer_id, asked_at) SELECT 'w', min(v.id), min(c.id), 1 FROM variants v, customers c; UPDATE customers SET erased_at = 1 WHERE id = (SELECT min(id) FROM customers)"},
	{"I3", "INSERT INTO product_versions (product_id, number, at, body) SELECT id, version, 1, '{}' FROM products WHERE id = (SELECT min(id) FROM products)"},
}

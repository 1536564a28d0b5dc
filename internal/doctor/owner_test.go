package doctor_test

// ownerBreaks are the plants for ownerRules.
var ownerBreaks = []struct{ code, sql string }{
	{"U1", "INSERT INTO notices (token, kind, product_id, title, body, steps, state, created_at, created_by, updated_at, started_at) SELECT 'n', 'recall', min(id), '{}', '{}', '{}', 'sending', 1, 'staff:1', 1, 1 FROM products;" +
		"INSERT INTO notice_people (notice_id, customer_id, state, due_at, decided_at) SELECT max(n.id), min(c.id), 'told', 1, 9000000000000 FROM notices n, customers c"},
	{"U2", "INSERT INTO notices (token, kind, product_id, title, body, steps, state, created_at, created_by, updated_at, started_at) SELECT 'n', 'fix', min(id), '{}', '{}', '{}', 'done', 1, 'staff:1', 1, 1 FROM products;" +
		"INSERT INTO notice_people (notice_id, customer_id, due_at) SELECT max(n.id), min(c.id), 1 FROM notices n, customers c"},
	{"U2", "INSERT INTO notices (token, kind, product_id, title, body, steps, created_at, created_by, updated_at, started_at) SELECT 'n', 'fix', min(id), '{}', '{}', '{}', 1, 'staff:1', 1, 1 FROM products"},
	{"U3", "INSERT INTO owned_elsewhere (token, customer_id, product_id, created_at) SELECT 'e', min(c.id), min(p.id), 1 FROM customers c, products p; UPDATE customers SET erased_at = 1 WHERE id = (SELECT min(id) FROM customers)"},
	{"U3", "INSERT INTO owned_away (line_id, customer_id, at) SELECT min(l.id), min(c.id), 1 FROM order_lines l JOIN orders o ON o.id = l.order_id, customers c WHERE o.customer_id IS NULL OR o.customer_id <> c.id"},
}

package doctor_test

// listBreaks are the plants for listRules.
var listBreaks = []struct{ code, sql string }{
	{"I1", `INSERT INTO shop_lists (token, customer_id, name, created_at, updated_at) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 21)
		SELECT 'l' || CAST(n.i AS TEXT), (SELECT min(id) FROM customers), 'a', 1, 1 FROM n`},
	{"I2", "INSERT INTO shop_lists (token, customer_id, name, weeks, created_at, updated_at) SELECT 'l', min(id), 'a', 4, 1, 1 FROM customers"},
	{"I2", "INSERT INTO shop_lists (token, customer_id, name, created_at, updated_at) SELECT 'l', min(id), 'a', 1, 1 FROM customers; UPDATE customers SET erased_at = 1 WHERE id = (SELECT min(id) FROM customers)"},
}

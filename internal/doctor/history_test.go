package doctor_test

// historyBreaks are the plants for historyRules.
var historyBreaks = []struct{ code, sql string }{
	{"Q1", "INSERT INTO history_goods (customer_id, product_id, times, units, first_month, last_month) SELECT min(c.id), min(p.id), 1, 1, 202001, 202001 FROM customers c, products p"},
	{"Q2", "INSERT INTO history_people (customer_id, through, orders, counted_at) SELECT max(id), 1, 1, 1 FROM customers"},
}

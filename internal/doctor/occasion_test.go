package doctor_test

// occasionBreaks are the plants for occasionRules.
var occasionBreaks = []struct{ code, sql string }{
	{"Y1", "INSERT INTO occasions (token, customer_id, source, state, years, created_at, updated_at) SELECT 'o', max(id), 'found', 'candidate', 2, 1, 1 FROM customers"},
	{"Y2", "INSERT INTO occasion_years (occasion_id, customer_id, year, on_day, answer_hash, told_at) SELECT 1, max(id), 2026, 1778803200000, 'h', 1778803200000 FROM customers"},
	{"Y2", "INSERT INTO occasion_years (occasion_id, customer_id, year, on_day, answer_hash, told_at) SELECT 1, max(id), 2026, 1778803200000, 'h', 1777161600000 FROM customers; INSERT INTO occasion_years (occasion_id, customer_id, year, on_day, answer_hash, told_at) SELECT 2, max(id), 2026, 1778889600000, 'i', 1777248000000 FROM customers"},
}

package doctor_test

// personBreaks are the plants for personRules.
var personBreaks = []struct{ code, sql string }{
	{"K1", goneCustomer + "INSERT INTO customer_keys (customer_id, kind, key) VALUES (99002, 'name', 'ghost')"},
	{"K1", "INSERT INTO customers (id, email, email_key, created_at, updated_at) VALUES (99002, 'new@mail.test', 'new@mail.test', 1, 1);" +
		"INSERT INTO key_tails (source, entry) VALUES ('profiles', 99999); INSERT INTO customer_keys (customer_id, kind, key) VALUES (99002, 'email', 'old@mail.test')"},
	{"K2", goneCustomer + "INSERT INTO promises (key, kind, customer_id, what, until, made_by, made_at) VALUES ('p', 'promise', 99002, 'To call', 1, 1, 1)"},
}

const goneCustomer = "INSERT INTO customers (id, email, email_key, created_at, updated_at, erased_at) VALUES (99002, 'erased:99002', 'erased:99002', 1, 1, 1);"

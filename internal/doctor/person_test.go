package doctor_test

// personBreaks are the plants for personRules.
var personBreaks = []struct{ code, sql string }{
	{"K1", goneCustomer + "INSERT INTO customer_keys (customer_id, kind, key) VALUES (99002, 'name', 'ghost')"},
	{"K1", "INSERT INTO customers (id, email, email_key, created_at, updated_at) VALUES (99002, 'new@mail.test', 'new@mail.test', 1, 1);" +
		"INSERT INTO key_tails (source, entry) VALUES ('profiles', 99999); INSERT INTO customer_keys (customer_id, kind, key) VALUES (99002, 'email', 'old@mail.test')"},
	{"K2", goneCustomer + "INSERT INTO promises (key, kind, customer_id, what, until, made_by, made_at) VALUES ('p', 'promise', 99002, 'To call', 1, 1, 1)"},
	{"A2", followUpRun + "INSERT INTO followup_arms (cart_id, active_at, run_id, person, arm, share, simulated, assigned_at) VALUES (99007, 1, 99001, 'p', 'held', 5000, FALSE, 1);" +
		"INSERT INTO sends (key, class, template, cart_id, email, lang, message_id, state, due_at, created_at, updated_at) VALUES ('followup:99007:1:1', 'marketing', 'followup', 99007, 'x@mail.test', 'en', 'm1@x', 'sent', 1, 1, 1)"},
	{"A3", followUpRun + "INSERT INTO followup_arms (cart_id, active_at, run_id, person, arm, share, simulated, assigned_at) VALUES (99007, 1, 99001, 'p', 'held', 5000, FALSE, 1), (99007, 2, 99001, 'p', 'treat', 5000, FALSE, 1)"},
}

const followUpRun = "INSERT INTO carts (id, token, currency, created_at, active_at) VALUES (99007, 't99007', 'USD', 1, 1);" +
	"INSERT INTO followup_runs (id, number, simulated, held, planned, salt, why, since) VALUES (99001, 1, FALSE, 5000, 0, 's', 'chosen', 1);"

const goneCustomer = "INSERT INTO customers (id, email, email_key, created_at, updated_at, erased_at) VALUES (99002, 'erased:99002', 'erased:99002', 1, 1, 1);"

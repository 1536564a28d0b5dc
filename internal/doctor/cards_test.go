package doctor_test

const special = `INSERT INTO sends (key, class, template, email, lang, message_id, state, due_at, sent_at, created_at, updated_at, content) VALUES `

// cardBreaks are the plants for cardRules.
var cardBreaks = []struct{ code, sql string }{
	{"Y3", "INSERT INTO sends (key, class, template, customer_id, email, lang, message_id, state, due_at, sent_at, created_at, updated_at) SELECT 'refill:1:1:999999', 'marketing', 'refill', max(id), 'x@mail.example', 'en', 'r', 'sent', 1, 1, 1, 1 FROM customers"},
	{"Y4", special + "('specials:2026-W10:c1', 'marketing', 'specials', 'x@mail.example', 'en', 'a', 'sent', 1, 1, 1, 1, 'a'), ('specials:2026-W10:gx', 'marketing', 'specials', 'x@mail.example', 'en', 'b', 'sent', 1, 1, 1, 1, 'b')"},
	{"Y4", "INSERT INTO special_weeks (week, after_key, began_at, done_at) VALUES ('2026-W10', 'x@mail.example', 1, 2)"},
}

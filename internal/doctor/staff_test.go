package doctor_test

// staffBreaks are the plants for staffRules.
var staffBreaks = []struct{ code, sql string }{
	{"V1", "INSERT INTO staff (email, email_key, role, password_hash, active, created_at, updated_at) VALUES ('gone@shop.example', 'gone@shop.example', 'support', 'x', FALSE, 1, 1); INSERT INTO staff_sessions (key, staff_id, began_at, seen_at) SELECT 'k', max(id), 1, 1 FROM staff"},
}

package doctor_test

var registerBreaks = []struct{ code, sql string }{
	{"E4", "UPDATE customers SET contact = 'dead', contact_at = 1000 WHERE email_key = 'ann@mail.test';" + send + "VALUES ('f', 'required', 'order-paid', 0, 0, 'ann@mail.test', 'en', 'm', 'sent', 1, 900000, 1, 1)"},
	{"E4", "UPDATE customers SET contact = 'bouncing', contact_at = 1000 WHERE email_key = 'ann@mail.test';" + send + "VALUES ('f', 'marketing', 'followup', 0, 0, 'ann@mail.test', 'en', 'm', 'sent', 1, 900000, 1, 1)"},
	{"E4", "INSERT INTO questions (token, kind, email, body, created_at, due_at, escalated_at) VALUES ('c', 'product', 'Bo@mail.example', 'Late', 1, 900, 1000);" + send + "VALUES ('f', 'marketing', 'followup', 0, 0, 'bo@mail.example', 'en', 'm', 'sent', 1, 900000, 1, 1)"},
	{"E4", "INSERT INTO questions (token, kind, email, body, created_at, due_at) VALUES ('c', 'product', 'Bo@mail.example', 'Late', 1, 900)"},
	{"E4", "INSERT INTO questions (token, kind, email, body, created_at, thread_id) VALUES ('c', 'product', 'Bo@mail.example', 'Said back', 1, 12345)"},
	{"E5", "INSERT INTO mail_preferences (email_key, off_topics, updated_at) VALUES ('bo@mail.example', 'cards reminders', 1000);" + send + "VALUES ('f', 'marketing', 'followup', 0, 0, 'bo@mail.example', 'en', 'm', 'sent', 1, 900000, 1, 1); UPDATE sends SET topic = 'reminders' WHERE key = 'f'"},
	{"E5", "INSERT INTO mail_preferences (email_key, paused_until, updated_at) VALUES ('bo@mail.example', 900001, 1000);" + send + "VALUES ('f', 'marketing', 'followup', 0, 0, 'bo@mail.example', 'en', 'm', 'sent', 1, 900000, 1, 1)"},
	{"E6", send + "VALUES ('f', 'marketing', 'followup', 0, 0, 'bo@mail.example', 'en', 'm', 'sent', 1, 900000, 1, 1), ('g', 'marketing', 'followup', 0, 0, 'bo@mail.example', 'en', 'n', 'sent', 1, 31535000000, 1, 1); UPDATE sends SET content = 'lamp' WHERE key IN ('f', 'g')"},
	{"E7", "INSERT INTO suppressions (email_key, purpose, reason, at) VALUES ('bo@mail.example', 'mail.offers', 'unsubscribed', 1000);" + send + "VALUES ('f', 'marketing', 'campaign', 0, 0, 'bo@mail.example', 'en', 'm', 'sent', 1, 900000, 1, 1); UPDATE sends SET purpose = 'mail.offers' WHERE key = 'f'"},
	{"X8", "INSERT INTO rests (customer_id, cause, since, due_at) SELECT id, 'unreachable', 1, 2 FROM customers WHERE erased_at = 0 AND id NOT IN (SELECT coalesce(customer_id, 0) FROM orders) AND id NOT IN (SELECT coalesce(customer_id, 0) FROM credits) LIMIT 1"},
	{"X9", "INSERT INTO customers (email, email_key, erased_at, erased_for, merged_into, created_at, updated_at) SELECT 'merged:0', 'merged:0', 1, 'merged', min(id), 1, 1 FROM customers WHERE erased_at = 0;" +
		"INSERT INTO segment_moves (customer_id, segment, entered, cause, at) SELECT id, 'x', TRUE, 'order', 1 FROM customers WHERE email_key = 'merged:0'"},
	{"X9", "INSERT INTO customers (email, email_key, erased_at, erased_for, merged_into, created_at, updated_at) VALUES ('merged:0', 'merged:0', 1, 'merged', 0, 1, 1)"},
}

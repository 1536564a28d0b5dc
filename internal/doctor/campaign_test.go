package doctor_test

const aCampaign = "INSERT INTO campaigns (token, name, state, subject, words, salt, held, started_at, ended_at, created_at, updated_at) VALUES ('t', 'Spring', 'done', '{}', '{}', 's', 0, 1, 2, 1, 1); "

// campaignBreaks are the plants for campaignRules.
var campaignBreaks = []struct{ code, sql string }{
	{"J1", aCampaign + "INSERT INTO campaign_orders (order_id, campaign_id, touch, touched_at) SELECT min(o.id), min(c.id), 'link', 1 FROM orders o, campaigns c"},
	{"J2", aCampaign + "INSERT INTO campaign_people (campaign_id, customer_id, send_key, arm, due_at) SELECT min(c.id), min(k.id), 'x', 'held', 0 FROM campaigns c, customers k"},
	{"J3", aCampaign + "INSERT INTO campaign_people (campaign_id, customer_id, send_key, due_at) SELECT min(c.id), min(k.id), 'x', 5 FROM campaigns c, customers k"},
	{"J4", aCampaign + "INSERT INTO campaign_people (campaign_id, customer_id, send_key, due_at) SELECT min(c.id), min(k.id), 'x', 0 FROM campaigns c, customers k; UPDATE customers SET erased_at = 1 WHERE id = (SELECT min(id) FROM customers)"},
	{"E9", "INSERT INTO mail_holdout_runs (number, held, salt, since) VALUES (1, 500, 's', 1); INSERT INTO mail_holdout (run_id, person, customer_id, arm, assigned_at) SELECT min(r.id), 'p', min(k.id), 'held', 1 FROM mail_holdout_runs r, customers k; INSERT INTO sends (key, class, template, customer_id, email, lang, message_id, state, due_at, sent_at, created_at, updated_at) SELECT 'e9', 'marketing', 'campaign', min(id), 'e9@x.example', 'en', 'e9', 'sent', 1, 1771000000000, 1, 1 FROM customers"},
	{"E10", aCampaign + "INSERT INTO campaign_sums (campaign_id, people, sums, done, at) SELECT id, 1, '{}', TRUE, 1 FROM campaigns; INSERT INTO campaign_people (campaign_id, customer_id, send_key, due_at) SELECT min(c.id), min(k.id), 'x', 0 FROM campaigns c, customers k"},
	{"J5", aCampaign + "INSERT INTO promotion_codes (promotion_id, code, batch, limit_all, created_at) SELECT min(id), 'JFIVE', 'b', 1, 1 FROM promotions; INSERT INTO campaign_people (campaign_id, customer_id, send_key, due_at) SELECT min(c.id), min(k.id), 'x', 0 FROM campaigns c, customers k; INSERT INTO campaign_codes (code_id, campaign_id, person_id, at) SELECT max(k.id), max(c.id), max(p.id), 1 FROM promotion_codes k, campaigns c, campaign_people p"},
}

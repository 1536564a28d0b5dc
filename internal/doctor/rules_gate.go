package doctor

// gateRules lists invariants of what people wished for: what was so when a
// message left, as far as the rows still say it.
func gateRules() []rule {
	return []rule{
		{"E5", "nothing left that its reader had switched off, or while they paused", `
			SELECT s.message_id AS id FROM sends s JOIN mail_preferences p ON p.email_key = s.email
			WHERE s.state = 'sent' AND s.class IN ('relationship','marketing') AND s.sent_at > p.updated_at + ?
				AND (s.topic <> '' AND ' ' || p.off_topics || ' ' LIKE '% ' || s.topic || ' %' OR p.paused_until > s.sent_at)`, []any{onItsWay.Milliseconds()}},
		{"E6", "nobody was told the same twice within a year", `
			SELECT s.message_id AS id FROM sends s JOIN sends e ON e.content = s.content AND e.id <> s.id AND e.email = s.email
			WHERE s.content <> '' AND s.state = 'sent' AND e.state = 'sent' AND s.class IN ('relationship','marketing') AND e.class IN ('relationship','marketing')
				AND s.email NOT LIKE 'erased:%' AND (e.sent_at < s.sent_at OR e.sent_at = s.sent_at AND e.id < s.id) AND s.sent_at - e.sent_at < 31536000000`, nil},
		{"E7", "no message of consent left for a purpose that its reader had stopped or withdrawn", `
			SELECT s.message_id AS id FROM sends s WHERE s.state = 'sent' AND s.class IN ('relationship','marketing') AND s.purpose <> '' AND (
				EXISTS (SELECT 1 FROM consents c WHERE c.customer_id = s.customer_id AND c.purpose = s.purpose AND c.given = FALSE AND c.at < s.sent_at - ?)
				OR EXISTS (SELECT 1 FROM suppressions x WHERE x.email_key = s.email AND x.purpose = s.purpose AND x.at < s.sent_at - ?
					AND NOT EXISTS (SELECT 1 FROM consents c WHERE c.customer_id = s.customer_id AND c.purpose = s.purpose AND c.given = TRUE AND c.at > x.at)))`,
			[]any{onItsWay.Milliseconds(), onItsWay.Milliseconds()}},
		{"E9", "whoever was drawn to get no mail of consent was sent none", `
			SELECT s.message_id AS id FROM mail_holdout h JOIN mail_holdout_runs r ON r.id = h.run_id
			JOIN sends s ON s.customer_id = h.customer_id AND s.state = 'sent' AND s.class IN ('relationship','marketing') AND s.sent_at > h.assigned_at + ?
			WHERE h.arm = 'held' AND h.mixed = FALSE AND NOT EXISTS (SELECT 1 FROM mail_holdout_runs n WHERE n.number > r.number AND n.since <= s.sent_at)`, []any{onItsWay.Milliseconds()}},
	}
}

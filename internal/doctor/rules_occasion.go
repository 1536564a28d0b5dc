package doctor

// occasionRules lists invariants of needs that come back each year.
func occasionRules() []rule {
	return []rule{
		{"Y1", "nothing is concluded about the yearly needs of who does not allow it, or is erased, and what was concluded has two years of purchases behind it", `
			SELECT 'customer ' || CAST(o.customer_id AS TEXT) AS id FROM occasions o WHERE o.source = 'found' AND o.state IN ('candidate','asked') AND o.deleted_at = 0
				AND (o.years < 2 OR (SELECT count(*) FROM consents c WHERE c.customer_id = o.customer_id AND c.purpose IN ('history','personalize') AND c.given = TRUE) < 2)
			UNION SELECT 'customer ' || CAST(o.customer_id AS TEXT) FROM occasions o JOIN customers c ON c.id = o.customer_id AND c.erased_at > 0`, nil},
		{"Y2", "a reminder of a yearly need went 14 to 21 days before its day, once for the same weeks, and has its mail", `
			SELECT 'customer ' || CAST(y.customer_id AS TEXT) AS id FROM occasion_years y WHERE y.told_at > y.on_day - 12 * 86400000 OR y.told_at < y.on_day - 23 * 86400000
			UNION SELECT 'customer ' || CAST(y.customer_id AS TEXT) FROM occasion_years y JOIN occasion_years z ON z.customer_id = y.customer_id AND z.id > y.id
				AND z.on_day BETWEEN y.on_day - 15 * CAST(86400000 AS BIGINT) AND y.on_day + 15 * CAST(86400000 AS BIGINT)
			UNION SELECT 'mail ' || s.key FROM sends s WHERE s.template = 'occasion' AND s.state = 'sent' AND s.customer_id IS NOT NULL
				AND NOT EXISTS (SELECT 1 FROM occasion_years y WHERE y.customer_id = s.customer_id AND y.told_at <= s.sent_at AND y.told_at > s.sent_at - 86400000)`, nil},
	}
}

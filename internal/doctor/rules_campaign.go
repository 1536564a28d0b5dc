package doctor

// campaignRules lists invariants of campaigns and of the orders credited to them.
func campaignRules() []rule {
	return []rule{
		{"J1", "an order belongs to a campaign only within its days after a touch of it", `
			SELECT o.number AS id FROM campaign_orders b JOIN campaigns c ON c.id = b.campaign_id JOIN orders o ON o.id = b.order_id
			WHERE b.touched_at > o.placed_at OR o.placed_at >= b.touched_at + c.credit_days * 86400000 OR o.simulated <> c.simulated OR o.imported = TRUE
			OR b.touch = 'mail' AND o.customer_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM campaign_people p JOIN sends s ON s.key = p.send_key AND s.state = 'sent' AND s.sent_at = b.touched_at WHERE p.campaign_id = c.id)
				AND NOT EXISTS (SELECT 1 FROM campaign_sums z WHERE z.campaign_id = c.id)`, nil},
		{"J2", "whoever goes without a campaign got no mail of it, and nobody is drawn where nobody goes without", `
			SELECT c.name AS id FROM campaign_people p JOIN campaigns c ON c.id = p.campaign_id JOIN sends s ON s.key = p.send_key AND s.state IN ('sent', 'claimed') WHERE p.arm = 'held'
			UNION SELECT c.name FROM campaign_people p JOIN campaigns c ON c.id = p.campaign_id WHERE p.arm = 'held' AND c.held = 0`, nil},
		{"J3", "a campaign that was stopped or is over sends nothing more", `
			SELECT DISTINCT c.name AS id FROM campaigns c JOIN campaign_people p ON p.campaign_id = c.id LEFT JOIN sends s ON s.key = p.send_key
			WHERE c.state IN ('stopped', 'done') AND (p.due_at > 0 OR s.state = 'deferred' OR s.sent_at > c.ended_at + 60000)
			UNION SELECT c.name FROM campaigns c JOIN campaign_people p ON p.campaign_id = c.id WHERE c.state IN ('draft', 'scheduled')`, nil},
		{"J4", "campaigns name nobody who is gone", `
			SELECT DISTINCT 'customer ' || CAST(p.customer_id AS TEXT) AS id FROM campaign_people p JOIN customers k ON k.id = p.customer_id WHERE k.erased_at > 0`, nil},
		{"E10", "a campaign that let its people go names none of them, and its sums are of all its rows", `
			SELECT c.name AS id FROM campaign_sums z JOIN campaigns c ON c.id = z.campaign_id WHERE z.people <> (SELECT count(*) FROM campaign_people p WHERE p.campaign_id = c.id)
				OR z.done = TRUE AND EXISTS (SELECT 1 FROM campaign_people p WHERE p.campaign_id = c.id AND (p.customer_id IS NOT NULL OR p.send_key NOT LIKE 'past:%'))`, nil},
		{"J5", "a personal code is of its campaign's batch and went to somebody who gets the campaign", `
			SELECT k.code AS id FROM campaign_codes g JOIN promotion_codes k ON k.id = g.code_id JOIN campaigns c ON c.id = g.campaign_id JOIN campaign_people p ON p.id = g.person_id
			WHERE k.batch <> c.batch OR k.promotion_id <> c.batch_of OR k.limit_all <> 1 OR p.campaign_id <> c.id OR p.arm = 'held'`, nil},
	}
}

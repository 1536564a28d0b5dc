package doctor

// personRules lists invariants of what staff find people by and write about
// them.
func personRules() []rule {
	return []rule{
		{"K1", "nobody is found who is gone, and nobody by an address they do not have any more", `
			SELECT DISTINCT 'customer ' || CAST(c.id AS TEXT) AS id FROM customers c JOIN customer_keys k ON k.customer_id = c.id WHERE c.erased_at > 0
			UNION SELECT 'customer ' || CAST(c.id AS TEXT) FROM customers c JOIN customer_keys k ON k.customer_id = c.id AND k.kind = 'email' AND k.key <> c.email_key
				WHERE c.erased_at = 0 AND c.updated_at < (SELECT coalesce(max(entry), 0) FROM key_tails WHERE source = 'profiles') - 5000
			UNION SELECT o.number FROM orders o JOIN order_keys k ON k.order_id = o.id WHERE o.email = '' AND o.phone = '' AND o.name = ''`, nil},
		{"K2", "what was promised to somebody goes with them", `
			SELECT DISTINCT 'customer ' || CAST(p.customer_id AS TEXT) AS id FROM promises p JOIN customers c ON c.id = p.customer_id WHERE c.erased_at > 0`, nil},
		{"A2", "whoever goes without follow-up got none", `
			SELECT DISTINCT 'cart ' || CAST(a.cart_id AS TEXT) AS id FROM followup_arms a JOIN sends s ON s.cart_id = a.cart_id AND s.state IN ('claimed', 'sent') AND s.class = 'marketing'
				AND s.key LIKE 'followup:' || CAST(a.cart_id AS TEXT) || ':' || CAST(a.active_at AS TEXT) || ':%' WHERE a.arm = 'held'`, nil},
		{"A3", "a person stays on one side of a run of the follow-up, and nobody is held back where nobody goes without", `
			SELECT person AS id FROM followup_arms WHERE merged = FALSE AND person NOT LIKE 'erased:%' GROUP BY run_id, person HAVING count(DISTINCT arm) > 1
			UNION SELECT person FROM followup_arms WHERE arm = 'held' AND share = 0`, nil},
	}
}

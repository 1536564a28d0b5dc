package doctor

import "regulars/internal/shoplist"

// listRules lists invariants of what accounts keep by name.
func listRules() []rule {
	return []rule{
		{"I1", "an account keeps no more lists than it may (unless another was merged into it), and a list no more goods, each of them one that is in the catalog", `
			SELECT 'customer ' || CAST(l.customer_id AS TEXT) AS id FROM shop_lists l WHERE l.dropped_at = 0 AND NOT EXISTS (SELECT 1 FROM customers m WHERE m.merged_into = l.customer_id)
				GROUP BY l.customer_id HAVING count(*) > ?
			UNION SELECT 'list ' || CAST(i.list_id AS TEXT) FROM shop_list_lines i GROUP BY i.list_id HAVING count(*) > ?
			UNION SELECT 'list ' || CAST(i.list_id AS TEXT) FROM shop_list_lines i WHERE NOT EXISTS (SELECT 1 FROM variants v WHERE v.id = i.variant_id) OR NOT EXISTS (SELECT 1 FROM shop_lists l WHERE l.id = i.list_id)`,
			[]any{shoplist.MostLists, shoplist.MostLines}},
		{"I2", "a list is brought up only while it stands and somebody set its weeks, and nobody who was erased keeps one", `
			SELECT 'list ' || CAST(l.id AS TEXT) AS id FROM shop_lists l JOIN customers c ON c.id = l.customer_id
			WHERE (l.due_at > 0) <> (l.weeks > 0 AND l.dropped_at = 0) OR (l.look_at > 0) <> (l.due_at > 0) OR l.look_at < l.due_at OR c.erased_at > 0`, nil},
	}
}

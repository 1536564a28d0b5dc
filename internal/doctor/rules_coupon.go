package doctor

import "time"

// couponRules are the guards of codes that were given to one person.
func couponRules() []rule {
	return []rule{
		{"P6", "a code given to somebody was used by them, in its time, on its goods, none of them below what it must bring; nobody got a second within half a year", `
			SELECT c.code AS id FROM code_bounds b JOIN promotion_codes c ON c.id = b.code_id JOIN redemptions r ON r.code_id = b.code_id
				WHERE r.state <> 'released' AND (r.at > b.until OR (b.person <> '' OR b.customer_id > 0) AND r.person <> b.person AND (b.customer_id = 0 OR r.customer_id <> b.customer_id))
			UNION SELECT c.code FROM code_bounds b JOIN promotion_codes c ON c.id = b.code_id JOIN redemptions r ON r.code_id = b.code_id AND r.state <> 'released'
				JOIN line_discounts d ON d.order_id = r.order_id AND d.promotion_id = r.promotion_id
				JOIN order_lines l ON l.order_id = d.order_id AND l.position = d.position
				LEFT JOIN code_goods g ON g.code_id = b.code_id AND g.variant_id = l.variant_id
				WHERE g.least IS NULL OR l.total < g.least * l.qty
			UNION SELECT c.code FROM code_bounds b JOIN promotion_codes c ON c.id = b.code_id WHERE c.limit_all <> 1
			UNION SELECT c.code FROM code_bounds b JOIN promotion_codes c ON c.id = b.code_id JOIN code_bounds a ON a.person = b.person AND a.code_id < b.code_id
				WHERE b.person <> '' AND b.made_at - a.made_at < ?`, []any{(180 * 24 * time.Hour).Milliseconds()}},
	}
}

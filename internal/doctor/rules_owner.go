package doctor

import (
	"time"

	"regulars/internal/db"
)

// ownerRules lists invariants of what people own and are told of it.
// Of the first one it asks only while the book of mails surely goes back so far.
func ownerRules(now time.Time) []rule {
	return []rule{
		{"U1", "whom a notice counts as told was told by a mail of its own", `
			SELECT 'notice ' || n.token || ', person ' || CAST(p.id AS TEXT) AS id FROM notice_people p JOIN notices n ON n.id = p.notice_id WHERE p.state = 'told' AND p.decided_at > ? AND NOT EXISTS (
				SELECT 1 FROM sends s WHERE s.key = 'owner-' || n.kind || ':' || CAST(n.id AS TEXT) || ':' || CAST(p.id AS TEXT))
			AND NOT (n.kind = 'release' AND EXISTS (SELECT 1 FROM sends s WHERE s.customer_id = p.customer_id AND s.template = 'owner-release' AND s.key LIKE 'owner-release:' || CAST(n.to_id AS TEXT) || ':%'))`, []any{db.At(now.AddDate(0, -6, 0))}},
		{"U2", "a draft has nobody yet, and of a notice that is done nobody waits", `
			SELECT DISTINCT 'notice ' || n.token AS id FROM notices n JOIN notice_people p ON p.notice_id = n.id WHERE n.state = 'draft' OR n.state = 'done' AND p.state = 'waiting'
			UNION SELECT 'notice ' || token FROM notices WHERE (state = 'draft') <> (started_at = 0)`, nil},
		{"U3", "nobody who was erased owns or is told anything, and what was given away had been that person's", `
			SELECT DISTINCT 'customer ' || CAST(c.id AS TEXT) AS id FROM customers c WHERE c.erased_at > 0 AND (EXISTS (SELECT 1 FROM owned_elsewhere e WHERE e.customer_id = c.id)
				OR EXISTS (SELECT 1 FROM owned_away a WHERE a.customer_id = c.id) OR EXISTS (SELECT 1 FROM notice_people p WHERE p.customer_id = c.id))
			UNION SELECT 'order ' || o.number FROM owned_away a JOIN order_lines l ON l.id = a.line_id JOIN orders o ON o.id = l.order_id WHERE o.customer_id IS NULL OR o.customer_id <> a.customer_id`, nil},
	}
}

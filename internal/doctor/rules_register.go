package doctor

import (
	"time"

	"regulars/internal/db"
)

// registerRules lists invariants of the register of customers: who can be
// reached, who rests, and who was found to be somebody else.
func registerRules(now time.Time) []rule {
	return []rule{
		{"E4", "nothing was sent to an address after it was known to be dead, and no offer to one that bounces", `
			SELECT DISTINCT s.message_id AS id FROM sends s JOIN customers c ON c.email_key = s.email AND c.erased_at = 0
			WHERE s.state = 'sent' AND c.contact_at > 0 AND s.sent_at > c.contact_at + ?
				AND (c.contact = 'dead' OR c.contact = 'bouncing' AND s.class IN ('relationship','marketing'))`, []any{onItsWay.Milliseconds()}},
		{"E4", "no offer was decided on while its reader waited past the limit of an answer", `
			SELECT s.message_id AS id FROM sends s JOIN questions q ON q.escalated_at > 0 AND (q.customer_id = s.customer_id OR q.email <> '' AND lower(q.email) = s.email)
			WHERE s.state = 'sent' AND s.class IN ('relationship','marketing') AND s.sent_at > q.escalated_at + ? AND (q.answered_at = 0 OR s.sent_at < q.answered_at)`, []any{onItsWay.Milliseconds()}},
		{"E4", "a question past its limit was passed up, and what is said back belongs to a conversation", `
			SELECT token AS id FROM questions WHERE answered_at = 0 AND due_at > 0 AND due_at < ? AND escalated_at = 0 AND simulated = FALSE
			UNION SELECT q.token FROM questions q LEFT JOIN questions f ON f.id = q.thread_id WHERE q.thread_id > 0 AND (f.id IS NULL OR f.thread_id > 0)`, []any{db.At(now.Add(-time.Hour))}},
	}
}

package doctor

import (
	"time"
)

// registerRules lists invariants of the register of customers: who can be
// reached, who rests, and who was found to be somebody else.
func registerRules(now time.Time) []rule {
	return []rule{
		{"E4", "nothing was sent to an address after it was known to be dead, and no offer to one that bounces", `
			SELECT DISTINCT s.message_id AS id FROM sends s JOIN customers c ON c.email_key = s.email AND c.erased_at = 0
			WHERE s.state = 'sent' AND c.contact_at > 0 AND s.sent_at > c.contact_at + ?
				AND (c.contact = 'dead' OR c.contact = 'bouncing' AND s.class IN ('relationship','marketing'))`, []any{onItsWay.Milliseconds()}},
	}
}

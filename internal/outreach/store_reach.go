package outreach

import (
	"context"
	"errors"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/segment"
	"regulars/internal/setting"
)

// The parts of a segment that Reach tells apart.
const (
	ReachNone   = "none"   // no address, or one that takes no mail
	ReachOut    = "out"    // did not allow mail about offers, or stopped it
	ReachMatrix = "matrix" // their tier gets no offers
	ReachHeld   = "held"   // something of theirs is unsettled
	ReachCapped = "capped" // was written to lately, as often as may be
)

// Reach says whom of a segment a mail about offers does not reach now, and why:
// what the gate would say, asked of everybody at once. Quiet hours are left
// out, since they pass by morning. Who is in none of the parts is reached.
func Reach(set setting.Values, now time.Time) []segment.Part {
	parts := []segment.Part{
		{Key: ReachNone, SQL: "SELECT customer_id FROM person_facts WHERE contact IN ('dead', 'bouncing') UNION ALL SELECT id FROM customers WHERE rest_until > ?", Args: []any{db.At(now)}},
		{Key: ReachOut, SQL: `SELECT f.customer_id FROM person_facts f WHERE NOT EXISTS (SELECT 1 FROM consents k WHERE k.customer_id = f.customer_id AND k.purpose = ? AND k.given = TRUE)
			UNION ALL SELECT c.id FROM suppressions s JOIN customers c ON c.email_key = s.email_key WHERE s.purpose IN (?, '*') AND NOT (s.reason = ? AND c.email_verified_at > 0
				AND EXISTS (SELECT 1 FROM consents k WHERE k.customer_id = c.id AND k.purpose = ? AND k.given = TRUE AND k.at > s.at AND k.source NOT IN ('sign-up', 'import')))`,
			Args: []any{string(customer.MailOffers), string(customer.MailOffers), stopUnsubscribed, string(customer.MailOffers)}},
	}
	switch gets := set.ContactTiers(string(Recommendations)); {
	case len(gets) == 0:
		parts = append(parts, segment.Part{Key: ReachMatrix, SQL: "SELECT customer_id FROM person_facts"})
	case len(gets) < len(setting.ContactTiers):
		parts = append(parts, segment.Part{Key: ReachMatrix, SQL: `SELECT f.customer_id FROM person_facts f LEFT JOIN customer_tiers t ON t.customer_id = f.customer_id
			WHERE coalesce(nullif(t.tier, ''), 'occasional') NOT IN ?`, Args: []any{gets}})
	}
	parts = append(parts, inTrouble(set, now))
	capped := segment.Part{Key: ReachCapped}
	for i, limit := range caps(set) {
		if i > 0 {
			capped.SQL += " UNION ALL "
		}
		capped.SQL += `SELECT s.customer_id FROM sends s WHERE s.class IN ('marketing','relationship') AND (s.state IN ('sent','claimed') OR s.state = 'failed' AND s.reason LIKE 'unknown-outcome%') AND s.customer_id IS NOT NULL AND s.updated_at > ?
			GROUP BY s.customer_id HAVING count(*) >= ?`
		capped.Args = append(capped.Args, db.At(now.Add(-limit.window)), limit.count)
	}
	return append(parts, capped)
}

// excluded names the exclusion that holds the person: it beats every audience
// and every leave to write. A guest with the address of an account counts as
// its owner.
func excluded(ctx context.Context, q db.Q, c Candidate, now time.Time) (string, error) {
	id, err := c.owner(ctx, q)
	if err != nil || id == 0 {
		return "", err
	}
	key, err := segment.Excluded(ctx, q, id, now)
	if err != nil || key == "" {
		return "", err
	}
	return "excluded: " + key, nil
}

// owner is the account of the address, 0 if there is none.
func (c Candidate) owner(ctx context.Context, q db.Q) (customer.ID, error) {
	if c.Customer != nil {
		return c.Customer.ID, nil
	}
	account, err := customer.ByEmail(ctx, q, c.Email)
	if errors.Is(err, fault.NotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return account.ID, nil
}

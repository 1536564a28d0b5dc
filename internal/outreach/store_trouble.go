package outreach

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
)

// disputeFor is how long a disputed payment counts as trouble: the provider
// tells of its beginning only, and banks have decided by then.
const disputeFor = 120 * 24 * time.Hour

// troubled keeps offers away from somebody whose trouble is still open: a
// complaint that nobody closed, a return under way, a disputed payment. It is
// asked at the moment of sending, so closing it lets the next one pass.
func troubled(ctx context.Context, q db.Q, c Candidate, now time.Time) (string, error) {
	var owner int64
	if c.Customer != nil {
		owner = int64(c.Customer.ID)
	}
	var n struct{ Complaint, Back, Dispute int }
	err := q.Query(ctx).Raw(`SELECT
		(SELECT count(*) FROM questions q WHERE q.complaint_at > 0 AND q.closed_at = 0 AND (q.customer_id = @id OR q.email <> '' AND lower(q.email) = @key)) AS complaint,
		(SELECT count(*) FROM returns r JOIN orders o ON o.id = r.order_id WHERE r.state IN ('asked','approved','received') AND (o.customer_id = @id OR o.email <> '' AND lower(o.email) = @key)) AS back,
		(SELECT count(*) FROM payment_events e JOIN payments p ON p.id = e.payment_id JOIN orders o ON o.id = p.order_id
			WHERE e.kind = 'dispute' AND e.at > @since AND (o.customer_id = @id OR o.email <> '' AND lower(o.email) = @key)) AS dispute`,
		map[string]any{"id": owner, "key": customer.EmailKey(c.Email), "since": db.At(now.Add(-disputeFor)).Milli()}).Scan(&n).Error
	switch {
	case err != nil:
		return "", fmt.Errorf("look for open trouble: %w", err)
	case n.Complaint > 0:
		return "complaint", nil
	case n.Back > 0:
		return "return-open", nil
	case n.Dispute > 0:
		return "dispute-open", nil
	}
	return "", nil
}

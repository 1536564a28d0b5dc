package outreach

import (
	"context"
	"fmt"
	"strings"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/segment"
)

// disputeFor is how long a disputed payment counts as trouble: the provider
// tells of its beginning only, and banks have decided by then.
const disputeFor = 120 * 24 * time.Hour

// troubles are what keeps offers away from a person while it is open, as rows
// of account and address; the first that is so is the reason that is told.
var troubles = []struct{ reason, sql string }{
	{"complaint", "SELECT q.customer_id, lower(q.email) AS email FROM questions q WHERE q.complaint_at > 0 AND q.closed_at = 0"},
	{"letter-open", "SELECT q.customer_id, lower(q.email) AS email FROM questions q WHERE q.kind = 'contact' AND q.answered_at = 0"},
	{"answer-late", "SELECT q.customer_id, lower(q.email) AS email FROM questions q WHERE q.answered_at = 0 AND q.due_at > 0 AND q.due_at < @now"},
	{"return-open", "SELECT o.customer_id, lower(o.email) AS email FROM returns r JOIN orders o ON o.id = r.order_id WHERE r.state IN ('asked','approved','received')"},
	{"dispute-open", `SELECT o.customer_id, lower(o.email) AS email FROM payment_events e JOIN payments p ON p.id = e.payment_id JOIN orders o ON o.id = p.order_id
		WHERE e.kind = 'dispute' AND e.at > @since`},
	badReviews,
}

// troubled keeps offers away from somebody whose trouble is still open. It is
// asked at the moment of sending, so closing it lets the next one pass.
func troubled(ctx context.Context, q db.Q, c Candidate, now time.Time) (string, error) {
	for _, one := range troubles {
		var found bool
		err := q.Query(ctx).Raw("SELECT EXISTS (SELECT 1 FROM ("+one.sql+") x WHERE x.customer_id IN @ids OR x.email <> '' AND x.email = @key)",
			map[string]any{"ids": c.ids(), "key": customer.EmailKey(c.Email), "since": db.At(now.Add(-disputeFor)).Milli(), "now": db.At(now).Milli()}).Scan(&found).Error
		if err != nil {
			return "", fmt.Errorf("look for open trouble: %w", err)
		}
		if found {
			return one.reason, nil
		}
	}
	return "", nil
}

// inTrouble is the same of everybody at once.
func inTrouble(now time.Time) segment.Part {
	part := segment.Part{Key: ReachHeld}
	for i, one := range troubles {
		if i > 0 {
			part.SQL += " UNION ALL "
		}
		sql, at := one.sql, db.At(now)
		if strings.Contains(sql, "@since") {
			at = db.At(now.Add(-disputeFor))
		}
		sql = strings.NewReplacer("@since", "?", "@now", "?").Replace(sql)
		part.SQL += "SELECT x.customer_id FROM (" + sql + ") x WHERE x.customer_id IS NOT NULL UNION ALL SELECT c.id FROM (" + sql + ") x JOIN customers c ON c.email_key = x.email WHERE x.email <> ''"
		for range 2 * (strings.Count(one.sql, "@since") + strings.Count(one.sql, "@now")) {
			part.Args = append(part.Args, at)
		}
	}
	return part
}

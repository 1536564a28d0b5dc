package outreach

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/segment"
	"regulars/internal/setting"
)

// disputeFor is how long a disputed payment counts as trouble: the provider
// tells of its beginning only, and banks have decided by then.
const disputeFor = 120 * 24 * time.Hour

// troubles are what keeps offers away from a person while it is open, and some
// days longer, as rows of account and address; the first that is so is the
// reason that is told.
var troubles = []struct{ reason, sql string }{
	{"complaint", "SELECT q.customer_id, lower(q.email) AS email FROM questions q WHERE q.complaint_at > 0 AND q.closed_at = 0"},
	{"letter-open", "SELECT q.customer_id, lower(q.email) AS email FROM questions q WHERE q.kind = 'contact' AND q.answered_at = 0"},
	{"answer-late", "SELECT q.customer_id, lower(q.email) AS email FROM questions q WHERE q.answered_at = 0 AND q.due_at > 0 AND q.due_at < @now"},
	{"return-open", "SELECT o.customer_id, lower(o.email) AS email FROM returns r JOIN orders o ON o.id = r.order_id WHERE r.state IN ('asked','approved','received')"},
	{"dispute-open", `SELECT o.customer_id, lower(o.email) AS email FROM payment_events e JOIN payments p ON p.id = e.payment_id JOIN orders o ON o.id = p.order_id
		WHERE e.kind = 'dispute' AND e.at > @since`},
	badReviews,
	{"complaint-rest", "SELECT q.customer_id, lower(q.email) AS email FROM questions q WHERE q.complaint_at > 0 AND q.closed_at > @rest"},
	{"return-rest", "SELECT o.customer_id, lower(o.email) AS email FROM returns r JOIN orders o ON o.id = r.order_id WHERE r.closed_at > @rest"},
}

// troubleTimes are the moments that troubles are asked by, each under its name:
// now, since when a dispute counts, and since when what was settled still rests.
func troubleTimes(set setting.Values, now time.Time) map[string]any {
	return map[string]any{"now": db.At(now).Milli(), "since": db.At(now.Add(-disputeFor)).Milli(), "rest": db.At(now.Add(-set.ComplaintRest())).Milli()}
}

// troubled keeps offers away from somebody whose trouble is still open, and for
// some days after it was settled. It is asked at the moment of sending.
func (d *Desk) troubled(ctx context.Context, q db.Q, c Candidate, now time.Time) (string, error) {
	values := troubleTimes(d.Settings.Now(), now)
	values["ids"], values["key"] = c.ids(), customer.EmailKey(c.Email)
	for _, one := range troubles {
		var found bool
		err := q.Query(ctx).Raw("SELECT EXISTS (SELECT 1 FROM ("+one.sql+") x WHERE x.customer_id IN @ids OR x.email <> '' AND x.email = @key)", values).Scan(&found).Error
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
func inTrouble(set setting.Values, now time.Time) segment.Part {
	part, times := segment.Part{Key: ReachHeld}, troubleTimes(set, now)
	for i, one := range troubles {
		if i > 0 {
			part.SQL += " UNION ALL "
		}
		both := "SELECT x.customer_id FROM (" + one.sql + ") x WHERE x.customer_id IS NOT NULL UNION ALL SELECT c.id FROM (" + one.sql + ") x JOIN customers c ON c.email_key = x.email WHERE x.email <> ''"
		part.SQL += moments.ReplaceAllStringFunc(both, func(name string) string {
			part.Args = append(part.Args, times[name[1:]])
			return "?"
		})
	}
	return part
}

var moments = regexp.MustCompile("@[a-z]+")

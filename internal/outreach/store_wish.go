package outreach

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"regulars/internal/cart"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/setting"
)

const (
	// sameContentFor is how long nobody gets the same twice (crm.md 4.2).
	sameContentFor = 365 * 24 * time.Hour
	// outrankedFor is when a message that let a worthier one go first is asked
	// about again.
	outrankedFor = 10 * time.Minute
	// waitsStill is for how long a message that is due is believed to be asked
	// about by its sender. One whose cause has gone is asked about no more, and
	// must not hold back the others for ever.
	waitsStill = 6 * time.Hour
)

// counted are the rows of messages of consent that reached somebody, or may have.
const counted = `s.class IN ('marketing','relationship') AND (s.state IN ('sent','claimed') OR s.state = 'failed' AND s.reason LIKE 'unknown-outcome%')`

// limit is how many messages of consent fit into a window.
type limit struct {
	count  int
	window time.Duration
	reason string
}

// caps are the shop's limits, the narrowest first.
func caps(set setting.Values) []limit {
	day, week, month := set.MailCaps()
	return []limit{{day, 24 * time.Hour, "cap-day"}, {week, 7 * 24 * time.Hour, "cap-week"}, {month, 30 * 24 * time.Hour, "cap-month"}}
}

// wished asks what the address wished for, as far as that does not pass: a
// topic switched off, one nobody asked for, an occasion not to be spoken of.
func wished(_ context.Context, _ db.Q, c Candidate, _ time.Time) (string, error) {
	topic, err := c.topicOf()
	switch {
	case err != nil:
		return "", err
	case slices.Contains(c.wish.Off, topic):
		return "topic-off", nil
	case topic.Asked() && !slices.Contains(c.wish.On, topic):
		return "not-asked", nil
	case c.wish.Shuns(c.Occasion):
		return "occasion-avoided", nil
	}
	return "", nil
}

// overdue is a message that came too late to be worth anything.
func overdue(_ context.Context, _ db.Q, c Candidate, now time.Time) (string, error) {
	if !c.Expires.IsZero() && !c.Expires.After(now) {
		return "expired", nil
	}
	return "", nil
}

// told asks whether the person was told the same within a year, under whatever
// of their accounts and addresses and by whatever part of the shop.
func told(ctx context.Context, q db.Q, c Candidate, now time.Time) (string, error) {
	if c.Content == "" {
		return "", nil
	}
	var found bool
	err := q.Query(ctx).Raw(`SELECT EXISTS (SELECT 1 FROM sends s WHERE s.content = ? AND s.content <> '' AND s.updated_at > ? AND s.id <> ? AND `+counted+` AND (s.email = ? OR s.customer_id IN ?
			OR s.email IN (SELECT k.email_key FROM customers k WHERE k.id IN ? AND k.email_key <> '')))`,
		c.Content, db.At(now.Add(-sameContentFor)), c.Except, customer.EmailKey(c.Email), c.ids(), c.ids()).Scan(&found).Error
	if err != nil {
		return "", fmt.Errorf("look for the same said before: %w", err)
	}
	if found {
		return "same-content", nil
	}
	return "", nil
}

// capped counts what the person was sent before, by account and by address.
func (d *Desk) capped(ctx context.Context, q db.Q, c Candidate, now time.Time) (Decision, error) {
	limits := caps(d.Settings.Now())
	longest := limits[len(limits)-1]
	if own := c.wish.PerMonth; own > 0 && own < longest.count {
		limits = append(limits, limit{own, longest.window, "cap-own"})
	}
	var rows []struct{ UpdatedAt db.Time }
	err := q.Query(ctx).Raw(`SELECT s.updated_at FROM sends s WHERE `+counted+` AND s.updated_at > ? AND s.id <> ? AND (s.email = ? OR s.customer_id IN ?) ORDER BY s.updated_at DESC LIMIT ?`,
		db.At(now.Add(-longest.window)), c.Except, customer.EmailKey(c.Email), c.ids(), longest.count).Scan(&rows).Error
	if err != nil {
		return Decision{}, fmt.Errorf("count mails of a person: %w", err)
	}
	decision := Decision{Verdict: Allow}
	for _, l := range limits {
		if len(rows) < l.count {
			continue
		}
		free := rows[l.count-1].UpdatedAt.Add(l.window)
		if free.After(now) && free.After(decision.Until) {
			decision = Decision{Defer, l.reason, free}
		}
	}
	return decision, nil
}

// outranked asks, where there is room for a message, whether another one of the
// person's that waits is worth more; of equals the older goes first. Only what
// is due competes: what waits for tomorrow does not stop today's.
func outranked(ctx context.Context, q db.Q, c Candidate, now time.Time) (Decision, error) {
	var better bool
	err := q.Query(ctx).Raw(`SELECT EXISTS (SELECT 1 FROM sends s WHERE s.state = 'deferred' AND s.class IN ('marketing','relationship') AND s.id <> @self AND (s.email = @key OR s.customer_id IN @ids)
			AND s.due_at <= @soon AND s.due_at > @lately AND (s.expires_at = 0 OR s.expires_at > @now) AND (s.worth > @worth OR s.worth = @worth AND (@self = 0 OR s.id < @self)))`,
		map[string]any{"self": c.Except, "key": customer.EmailKey(c.Email), "ids": c.ids(), "now": db.At(now), "soon": db.At(now.Add(time.Minute)),
			"lately": db.At(now.Add(-waitsStill)), "worth": c.Worth}).Scan(&better).Error
	if err != nil {
		return Decision{}, fmt.Errorf("look for what is worth more: %w", err)
	}
	if better {
		return Decision{Defer, "outranked", now.Add(outrankedFor)}, nil
	}
	return Decision{Verdict: Allow}, nil
}

// EndOverdue withholds what was put off for so long that it is worth nothing
// any more. The reason keeps what it waited for.
func (d *Desk) EndOverdue(ctx context.Context, now time.Time) error {
	err := d.DB.InTx(ctx, func(tx *db.Tx) error {
		return tx.Query(ctx).Exec(`UPDATE sends SET state = 'withheld', reason = CASE WHEN reason = '' OR reason LIKE '%: %' THEN 'expired' ELSE 'expired: ' || reason END, updated_at = ?
			WHERE state = 'deferred' AND expires_at > 0 AND expires_at <= ?`, db.At(now), db.At(now)).Error
	})
	if err != nil {
		return fmt.Errorf("end what came too late: %w", err)
	}
	return nil
}

// lateAfter is how long the mail server may take over what is owed before
// staff are told (crm.md 4.2).
const lateAfter = 5 * time.Minute

// reminderBrings is how many of a hundred reminders bring back an order that
// would not have come by itself: a cautious figure, to rank by and to claim nothing.
const reminderBrings = 3

// reminderWorth is the margin that a reminder is expected to bring; 0 where the
// cart is not in the shop's currency.
func (d *Desk) reminderWorth(ctx context.Context, q db.Q, c *cart.Cart) (int64, error) {
	set := d.Settings.Now()
	if c.Currency != set.Currency() {
		return 0, nil
	}
	var sum int64
	if err := q.Query(ctx).Raw("SELECT coalesce(sum(qty * seen_price), 0) FROM cart_lines WHERE cart_id = ?", int64(c.ID)).Scan(&sum).Error; err != nil {
		return 0, fmt.Errorf("say what a reminder is worth: %w", err)
	}
	margin, _ := strconv.Atoi(set.Get("value.margin"))
	return sum * int64(margin) * reminderBrings / 10000, nil
}

// TellLate raises an alarm for each message that is owed and that no mail
// server has taken within five minutes, once a message.
func (d *Desk) TellLate(ctx context.Context, now time.Time) error {
	var late []struct{ Template string }
	err := d.DB.InTx(ctx, func(tx *db.Tx) error {
		late = nil
		return tx.Query(ctx).Raw(`UPDATE sends SET late_at = ? WHERE id IN (SELECT id FROM sends WHERE class = 'required' AND state IN ('queued','failed') AND late_at = 0
			AND created_at <= ? AND created_at > ? AND simulated = FALSE) AND late_at = 0 RETURNING template`,
			db.At(now), db.At(now.Add(-lateAfter)), db.At(now.Add(-24*time.Hour))).Scan(&late).Error
	})
	if err != nil {
		return fmt.Errorf("look for mails that are late: %w", err)
	}
	for _, one := range late {
		d.alarm(AlarmLate, one.Template)
	}
	return nil
}

// Kinds of alarm that mail raises.
const (
	AlarmLate    = "mail-late"    // what is owed was not taken by the mail server in time
	AlarmUngated = "mail-ungated" // a message without class or topic, which cannot be sent
)

func (d *Desk) alarm(kind, subject string) {
	if d.Alarm != nil {
		d.Alarm(kind, subject)
	}
}

// standsStill asks once more, right before a claimed message of consent is
// handed over, whether it may still go: a stop since takes it back.
func standsStill(ctx context.Context, q db.Q, s *Send) (bool, error) {
	if s.Class != Relationship && s.Class != Marketing {
		return true, nil
	}
	var found bool
	err := q.Query(ctx).Raw(`SELECT EXISTS (SELECT 1 FROM sends s WHERE s.id = ? AND s.state = 'claimed'
			AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.email_key = s.email AND x.purpose IN (s.purpose, '*') AND x.at >= s.updated_at)
			AND (s.customer_id IS NULL OR s.purpose = '' OR EXISTS (SELECT 1 FROM consents k WHERE k.customer_id = s.customer_id AND k.purpose = s.purpose AND k.given = TRUE)))`, s.ID).Scan(&found).Error
	if err != nil {
		return false, fmt.Errorf("ask once more about mail %d: %w", s.ID, err)
	}
	return found, nil
}

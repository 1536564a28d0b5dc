package campaign

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
	"regulars/internal/money"
)

// What a mail of a campaign is expected to bring, by which it is ranked against
// a person's other mails where not all may go.
const (
	// asMany is how many mails the guess before them weighs: a campaign of 50
	// mails says little of its own, one of 5,000 nearly all.
	asMany = 500
	// ripe is how old a mail is before it says anything: what goes out now has
	// brought nothing yet, and is no worse for that.
	ripe = 3 * 24 * time.Hour
	// weighedFor is how long a worth stands.
	weighedFor = time.Hour
	// learnFrom is how far back other campaigns teach.
	learnFrom = 365 * 24 * time.Hour
)

// brought is what mails brought by the orders credited to their campaigns:
// sales of the shop's currency.
type brought struct {
	Mails int64
	Sales money.Amount
}

// per is the margin of a mail, the guess counting as asMany mails.
func (b brought) per(guess int64, margin money.BasisPoints) int64 {
	return (int64(margin.Of(b.Sales)) + guess*asMany) / (b.Mails + asMany)
}

// Weigh says what a mail of the campaign is expected to bring, at most once in
// an hour: from its own mails of three days and more, as far as they are many,
// else from the shop's other campaigns of a year, else from the guess, all in
// minor units of the shop's currency. What campaigns are credited with is more
// than they cause; it is so for all of them alike.
func (c *Campaign) Weigh(ctx context.Context, d *db.DB, guess int64, margin money.BasisPoints, currency money.Currency, now time.Time) error {
	if c.WeighedAt.Milli() > 0 && now.Sub(c.WeighedAt.Time) < weighedFor {
		return nil
	}
	others, err := broughtBy(ctx, d, "c.id <> ? AND c.simulated = ? AND c.started_at > ?", currency, now, int64(c.ID), c.Simulated, db.At(now.Add(-learnFrom)))
	if err != nil {
		return err
	}
	own, err := broughtBy(ctx, d, "c.id = ?", currency, now, int64(c.ID))
	if err != nil {
		return err
	}
	c.Worth, c.WeighedAt = own.per(others.per(guess, margin), margin), db.At(now)
	err = d.InTx(ctx, func(tx *db.Tx) error {
		return tx.Query(ctx).Exec("UPDATE campaigns SET worth = ?, weighed_at = ? WHERE id = ?", c.Worth, c.WeighedAt, int64(c.ID)).Error
	})
	if err != nil {
		return fmt.Errorf("note what campaign %s is worth: %w", c.Name, err)
	}
	return nil
}

func broughtBy(ctx context.Context, q db.Q, which string, currency money.Currency, now time.Time, args ...any) (b brought, err error) {
	old := db.At(now.Add(-ripe))
	which += " AND NOT EXISTS (SELECT 1 FROM campaign_sums z WHERE z.campaign_id = c.id)" // their mails are no longer counted
	err = q.Query(ctx).Raw("SELECT count(*) AS mails FROM campaigns c JOIN campaign_people p ON p.campaign_id = c.id JOIN sends s ON s.key = p.send_key AND s.state = 'sent' AND s.sent_at <= ? WHERE "+which,
		append([]any{old}, args...)...).Scan(&b.Mails).Error
	if err == nil {
		// Order by order, so that no lines are read but those of campaigns.
		err = q.Query(ctx).Raw(`SELECT coalesce(sum((SELECT sum(l.total) FROM orders o JOIN order_lines l ON l.order_id = o.id
			WHERE o.id = b.order_id AND o.state <> 'cancelled' AND o.payment_state IN ('paid', 'partly-refunded') AND o.currency = ?)), 0)
			FROM campaigns c JOIN campaign_orders b ON b.campaign_id = c.id AND b.touched_at <= ? WHERE `+which,
			append([]any{string(currency), old}, args...)...).Scan(&b.Sales).Error
	}
	if err != nil {
		return b, fmt.Errorf("count what campaigns brought: %w", err)
	}
	return b, nil
}

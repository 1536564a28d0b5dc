package outreach

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/campaign"
	"regulars/internal/db"
	"regulars/internal/money"
	"regulars/internal/segment"
	"regulars/internal/setting"
)

// dropDeferred withholds for good what was put off of the mails whose keys a
// statement lists.
func dropDeferred(ctx context.Context, tx *db.Tx, keys string, arg any, reason string, now time.Time) error {
	err := tx.Query(ctx).Exec("UPDATE sends SET state = 'withheld', reason = ?, updated_at = ? WHERE state = 'deferred' AND key IN ("+keys+")", reason, db.At(now), arg).Error
	if err != nil {
		return fmt.Errorf("let mails go that waited: %w", err)
	}
	return nil
}

// More parts of an audience that a campaign does not reach.
const (
	ReachYoung = "young" // under 18
	ReachWish  = "wish"  // switched this kind of mail off
	ReachTold  = "told"  // was told the same within a year
)

// ReachOf is Reach for the mail of a campaign: besides, who is too young for
// offers, who wants none of this kind, and who was told the same before.
func ReachOf(set setting.Values, c *campaign.Campaign, now time.Time) []segment.Part {
	born := now.In(set.Zone()).AddDate(-18, 0, 0).Format(time.DateOnly)
	parts := []segment.Part{
		{Key: ReachYoung, SQL: "SELECT id FROM customers WHERE length(birth_date) = 10 AND birth_date > ?", Args: []any{born}},
		{Key: ReachWish, SQL: "SELECT k.id FROM customers k JOIN mail_preferences w ON w.email_key = k.email_key WHERE ' ' || w.off_topics || ' ' LIKE ?", Args: []any{"% " + string(Recommendations) + " %"}},
		{Key: ReachTold, SQL: `SELECT s.customer_id FROM sends s WHERE s.content = ? AND s.content <> '' AND s.customer_id IS NOT NULL AND s.updated_at > ? AND ` + counted + ` AND s.key NOT LIKE ?`,
			Args: []any{c.Content(), db.At(now.Add(-sameContentFor)), fmt.Sprintf("campaign:%d:%%", c.ID)}},
	}
	return append(parts, Reach(set, now)...)
}

// meanOrder is what an order of the last 90 days brought, in one currency.
func meanOrder(ctx context.Context, q db.Q, currency money.Currency, simulated bool, now time.Time) (mean money.Amount, err error) {
	err = q.Query(ctx).Raw("SELECT CAST(coalesce(avg(total), 0) AS BIGINT) FROM orders WHERE placed_at > ? AND placed_at <= ? AND state <> 'cancelled' AND simulated = ? AND currency = ?",
		db.At(now.AddDate(0, 0, -90)), db.At(now), simulated, string(currency)).Scan(&mean).Error
	if err != nil {
		return 0, fmt.Errorf("say what an order brings: %w", err)
	}
	return mean, nil
}

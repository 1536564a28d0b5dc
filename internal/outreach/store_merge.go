package outreach

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/jobs"
)

// Merge puts the book of mails of one customer under another who is the same
// person (a customer.Merge; before the address of from goes). A stop that either
// address asked for binds both: it is copied to the survivor's, and lives on
// under the other's hash.
func Merge(ctx context.Context, tx *db.Tx, from, into customer.ID, _ time.Time) error {
	a, b, err := customer.LockTwo(ctx, tx, from, into)
	if err != nil {
		return err
	}
	values := map[string]any{"from": int64(from), "into": int64(into), "old": a.EmailKey, "key": b.EmailKey, "hash": tombstone(a.EmailKey), "newhash": tombstone(b.EmailKey)}
	for _, sql := range []string{
		"UPDATE sends SET customer_id = @into WHERE customer_id = @from",
		"UPDATE mail_links SET email_key = @key WHERE email_key = @old", // a link in an old mail stops the mail they get now
		`INSERT INTO suppressions (email_key, purpose, reason, at) SELECT @key, purpose, reason, at FROM suppressions WHERE email_key = @old
			ON CONFLICT (email_key, purpose) DO UPDATE SET at = CASE WHEN excluded.at > suppressions.at THEN excluded.at ELSE suppressions.at END, reason = CASE WHEN suppressions.reason = '` + stopUnsubscribed + `' THEN excluded.reason ELSE suppressions.reason END
			WHERE excluded.at > suppressions.at OR excluded.reason <> suppressions.reason`,
		"DELETE FROM suppressions WHERE email_key = @hash AND purpose IN (SELECT s.purpose FROM suppressions s WHERE s.email_key = @old)",
		"UPDATE suppressions SET email_key = @hash WHERE email_key = @old",
		"UPDATE mail_stops SET email_key = @newhash WHERE email_key = @hash",
		"UPDATE mail_preferences SET email_key = @key WHERE email_key = @old AND NOT EXISTS (SELECT 1 FROM mail_preferences p WHERE p.email_key = @key)",
		"DELETE FROM mail_preferences WHERE email_key = @old",
	} {
		if err := tx.Query(ctx).Exec(sql, values).Error; err != nil {
			return fmt.Errorf("put the mails of customer %d under %d: %w", from, into, err)
		}
	}
	if err := mergeArms(ctx, tx, values); err != nil {
		return err
	}
	if err := mergeKept(ctx, tx, values); err != nil {
		return err
	}
	const addressed = "CAST(args ->> 'customer' AS BIGINT) = @from"
	if err := jobs.Drop(ctx, tx, CartMail{}, addressed, values); err != nil {
		return err
	}
	return jobs.Drop(ctx, tx, AccountMail{}, addressed, values)
}

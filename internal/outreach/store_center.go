package outreach

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
)

// allowedBy is what the account of an address allows; nil for a guest's.
func allowedBy(ctx context.Context, q db.Q, key string) (map[customer.Purpose]bool, error) {
	var rows []struct {
		Purpose customer.Purpose
		Given   bool
	}
	err := q.Query(ctx).Raw("SELECT c.purpose, c.given FROM consents c JOIN customers k ON k.id = c.customer_id WHERE k.email_key = ? AND k.erased_at = 0", key).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read what an address allows: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	all := map[customer.Purpose]bool{}
	for _, r := range rows {
		all[r.Purpose] = r.Given
	}
	return all, nil
}

// blockedOf lists the messages of consent that were not sent to an address
// since a day, the newest first, and how many there are.
func blockedOf(ctx context.Context, q db.Q, key string, since time.Time, limit int) (all []Blocked, total int, err error) {
	const kept = "FROM sends WHERE email = ? AND email <> '' AND state = 'withheld' AND class IN ('relationship','marketing') AND updated_at > ?"
	if err = q.Query(ctx).Raw("SELECT count(*) "+kept, key, db.At(since)).Scan(&total).Error; err == nil {
		err = q.Query(ctx).Raw("SELECT topic, updated_at AS at, reason "+kept+" ORDER BY updated_at DESC, id DESC LIMIT ?", key, db.At(since), limit).Scan(&all).Error
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read what was kept back: %w", err)
	}
	return all, total, nil
}

// stoppedAt is when an address asked to stop everything; zero: it did not, or
// allowed something since.
func stoppedAt(ctx context.Context, q db.Q, key string) (time.Time, error) {
	var n struct {
		Purposes int
		At       db.Time
	}
	err := q.Query(ctx).Raw(`SELECT count(*) AS purposes, coalesce(max(s.at), 0) AS at FROM suppressions s WHERE s.email_key = ? AND s.purpose IN ?
		AND NOT EXISTS (SELECT 1 FROM consents c JOIN customers k ON k.id = c.customer_id
			WHERE k.email_key = s.email_key AND c.purpose = s.purpose AND c.given = TRUE AND c.at > s.at)`, key, mailPurposes).Scan(&n).Error
	if err != nil {
		return time.Time{}, fmt.Errorf("read whether an address stopped everything: %w", err)
	}
	if n.Purposes < len(mailPurposes) {
		return time.Time{}, nil
	}
	return n.At.Time, nil
}

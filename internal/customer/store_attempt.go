package customer

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
)

// Try counts one try under key in the running window and says whether it is
// within the limit, and if not how long until the next window. It commits by
// itself, so that a failed request counts too; all replicas share the count.
// The key is stored as a hash, since it may name a person.
func Try(ctx context.Context, d *db.DB, key string, limit int, window time.Duration, now time.Time) (allowed bool, retryAfter time.Duration, err error) {
	var count int
	end := slotEnd(now, window)
	err = d.InTx(ctx, func(tx *db.Tx) error {
		return tx.Query(ctx).Raw(`INSERT INTO attempts (key, slot, count) VALUES (?, ?, 1)
			ON CONFLICT (key, slot) DO UPDATE SET count = attempts.count + 1 RETURNING count`, tokenHash(key), end).Scan(&count).Error
	})
	if err != nil {
		return false, 0, fmt.Errorf("count a try: %w", err)
	}
	if count > limit {
		return false, time.UnixMilli(end).Sub(now), nil
	}
	return true, 0, nil
}

func forgive(ctx context.Context, d *db.DB, key string, window time.Duration, now time.Time) error {
	err := d.InTx(ctx, func(tx *db.Tx) error {
		return tx.Query(ctx).Exec("UPDATE attempts SET count = count - 1 WHERE key = ? AND slot = ? AND count > 0", tokenHash(key), slotEnd(now, window)).Error
	})
	if err != nil {
		return fmt.Errorf("give back a try: %w", err)
	}
	return nil
}

// slotEnd is when the window that now lies in is over, in Unix milliseconds.
func slotEnd(now time.Time, window time.Duration) int64 {
	w := window.Milliseconds()
	return (now.UnixMilli()/w + 1) * w
}

// Sweep takes away what has run out: counted tries, links, sessions. It
// returns how many rows went.
func Sweep(ctx context.Context, tx *db.Tx, now time.Time) (int64, error) {
	var gone int64
	for _, sql := range []string{
		"DELETE FROM attempts WHERE slot < ?",
		"DELETE FROM person_tokens WHERE expires_at < ?",
		"DELETE FROM sessions WHERE expires_at < ?",
	} {
		done := tx.Query(ctx).Exec(sql, db.At(now).Milli())
		if done.Error != nil {
			return gone, fmt.Errorf("sweep what has run out: %w", done.Error)
		}
		gone += done.RowsAffected
	}
	// Links to confirm: those of today still count against the limit a day.
	done := tx.Query(ctx).Exec("DELETE FROM consent_asks WHERE used_at = 0 AND expires_at < ? AND created_at < ? OR used_at > 0 AND used_at < ?",
		db.At(now), db.At(now.Add(-24*time.Hour)), db.At(now.Add(-guestYes)))
	if done.Error != nil {
		return gone, fmt.Errorf("sweep what has run out: %w", done.Error)
	}
	return gone + done.RowsAffected, nil
}

// Turn makes transactions of one name wait for each other until they end. Its
// row counts nothing: Sweep takes it away, and the next one makes it anew.
func Turn(ctx context.Context, tx *db.Tx, name string) error {
	err := tx.Query(ctx).Exec(`INSERT INTO attempts (key, slot, count) VALUES (?, 0, 1) ON CONFLICT (key, slot) DO UPDATE SET count = attempts.count + 1`, name).Error
	if err != nil {
		return fmt.Errorf("wait for the turn of %s: %w", name, err)
	}
	return nil
}

package cart

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
)

// Unlink takes the person out of at most limit carts that rested since before:
// carts and their steps stay, as the reports count them, and are nobody's.
func Unlink(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int64, error) {
	return aged(ctx, tx, "UPDATE carts SET customer_id = NULL, visitor_id = NULL, email = '', mail_ok = FALSE",
		"active_at < ? AND simulated = FALSE AND (customer_id IS NOT NULL OR visitor_id IS NOT NULL OR email <> '')", before, limit)
}

// DropContacts takes the address out of at most limit carts that were left
// since before by guests who did not allow mail about them.
func DropContacts(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int64, error) {
	return aged(ctx, tx, "UPDATE carts SET email = ''",
		"active_at < ? AND simulated = FALSE AND email <> '' AND mail_ok = FALSE AND customer_id IS NULL AND state <> 'converted'", before, limit)
}

func aged(ctx context.Context, tx *db.Tx, change, where string, before time.Time, limit int) (int64, error) {
	done := tx.Query(ctx).Exec(change+" WHERE id IN (SELECT id FROM carts WHERE "+where+" ORDER BY id LIMIT ?)", db.At(before), limit)
	if done.Error != nil {
		return 0, fmt.Errorf("take people out of old carts: %w", done.Error)
	}
	return done.RowsAffected, nil
}

// LeaveVisitors takes browsers that are forgotten out of their carts.
func LeaveVisitors(ctx context.Context, tx *db.Tx, visitors []int64) error {
	for _, sql := range []string{"UPDATE carts SET visitor_id = NULL WHERE visitor_id IN ?", "DELETE FROM saved_lines WHERE visitor_id IN ?"} {
		if err := tx.Query(ctx).Exec(sql, append(visitors, -1)).Error; err != nil {
			return fmt.Errorf("leave browsers: %w", err)
		}
	}
	return nil
}

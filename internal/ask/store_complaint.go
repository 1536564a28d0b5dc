package ask

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
)

// Complain marks a question as a complaint, or takes the mark away. While it is
// open the gate of package outreach says nothing that is meant to sell.
func Complain(ctx context.Context, tx *db.Tx, token string, is bool, now time.Time) error {
	at := db.At(now)
	if !is {
		at = db.Time{}
	}
	return change(ctx, tx, token, "complaint_at = ?, closed_at = 0, closed_by = 0", "(complaint_at > 0) <> ? OR ? AND closed_at > 0", at.Milli(), is, is)
}

// Close ends a complaint; answering alone does not.
func Close(ctx context.Context, tx *db.Tx, token string, staffID int64, now time.Time) error {
	return change(ctx, tx, token, "closed_at = ?, closed_by = ?", "complaint_at > 0 AND closed_at = 0", db.At(now).Milli(), staffID)
}

// change is guarded: what is so already stays with its first time.
func change(ctx context.Context, tx *db.Tx, token, set, where string, args ...any) error {
	done := tx.Query(ctx).Exec("UPDATE questions SET "+set+" WHERE ("+where+") AND token = ?", append(args, token)...)
	if done.Error != nil {
		return fmt.Errorf("change complaint %s: %w", token, done.Error)
	}
	if done.RowsAffected == 0 {
		if _, err := ByToken(ctx, tx, token); err != nil {
			return err
		}
		return fault.New(fault.Conflict, "ask.complaint.already")
	}
	return nil
}

// Complaints counts the open ones.
func Complaints(ctx context.Context, q db.Q) (n int, err error) {
	if err = q.Query(ctx).Raw("SELECT count(*) FROM questions WHERE complaint_at > 0 AND closed_at = 0").Scan(&n).Error; err != nil {
		return 0, fmt.Errorf("count complaints: %w", err)
	}
	return n, nil
}

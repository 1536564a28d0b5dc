package shoplist

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
)

// Remind sets after how many weeks a list is brought up, again and again; 0
// ends it. The weeks begin now; said again unchanged, the days stay.
func Remind(ctx context.Context, tx *db.Tx, owner customer.ID, token string, weeks int, now time.Time) error {
	if weeks < 0 || weeks > MostWeeks {
		var form fault.Form
		form.Wrong("weeks", "lists.weeks", "most", MostWeeks)
		return form.Err()
	}
	l, err := ByToken(ctx, tx, owner, token)
	if err != nil || l.Weeks == weeks {
		return err
	}
	due := db.Time{}
	if weeks > 0 {
		due = db.At(now.AddDate(0, 0, 7*weeks))
	}
	return change(ctx, tx, owner, token, "weeks = ?, due_at = ?, look_at = ?, updated_at = ?", weeks, due, due, db.At(now))
}

// Due lists the lists to be brought up by now, from an id on.
func Due(ctx context.Context, q db.Q, now time.Time, after int64, limit int) ([]List, error) {
	var all []List
	err := q.Query(ctx).Where("look_at > 0 AND look_at <= ? AND id > ?", db.At(now), after).Order("id").Limit(limit).Find(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read lists to be brought up: %w", err)
	}
	return all, nil
}

// Stands reports whether a list still asks for what the sweep read of it.
func Stands(ctx context.Context, tx *db.Tx, l *List) (bool, error) {
	var n int
	err := tx.Query(ctx).Raw("SELECT count(*) FROM shop_lists WHERE id = ? AND due_at = ? AND weeks = ? AND dropped_at = 0", l.ID, l.DueAt, l.Weeks).Scan(&n).Error
	if err != nil {
		return false, fmt.Errorf("look at list %d again: %w", l.ID, err)
	}
	return n == 1, nil
}

// Pass goes on to the list's next day, unless it was set anew meanwhile.
func Pass(ctx context.Context, tx *db.Tx, l *List, now time.Time) error {
	next := db.At(l.next(now))
	return move(ctx, tx, l, "due_at = ?, look_at = ?", next, next)
}

// PutOff has the sweep look at the list later, at the same day of it.
func PutOff(ctx context.Context, tx *db.Tx, l *List, at time.Time) error {
	return move(ctx, tx, l, "look_at = ?", db.At(at))
}

func move(ctx context.Context, tx *db.Tx, l *List, set string, args ...any) error {
	err := tx.Query(ctx).Exec("UPDATE shop_lists SET "+set+" WHERE id = ? AND due_at = ? AND weeks = ? AND dropped_at = 0", append(args, l.ID, l.DueAt, l.Weeks)...).Error
	if err != nil {
		return fmt.Errorf("move the day of list %d: %w", l.ID, err)
	}
	return nil
}

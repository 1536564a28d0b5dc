package analytics

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/setting"
)

// AddNote keeps a note about a day.
func AddNote(ctx context.Context, tx *db.Tx, n Note, now time.Time) error {
	if err := n.check(); err != nil {
		return err
	}
	n.Token, n.CreatedAt = token(), db.At(now)
	if err := tx.Query(ctx).Create(&n).Error; err != nil {
		return fmt.Errorf("keep a note about %s: %w", n.Day, err)
	}
	return nil
}

// DropNote takes a note away, and says what it said; fault.NotFound if it is gone.
func DropNote(ctx context.Context, tx *db.Tx, token string) (string, error) {
	var found []Note
	if err := tx.Query(ctx).Where("token = ?", token).Find(&found).Error; err != nil {
		return "", fmt.Errorf("find a note: %w", err)
	}
	if len(found) == 0 {
		return "", fault.New(fault.NotFound, "analytics.note.gone")
	}
	if err := tx.Query(ctx).Exec("DELETE FROM report_notes WHERE token = ?", token).Error; err != nil {
		return "", fmt.Errorf("take a note away: %w", err)
	}
	return found[0].Day + ": " + found[0].Body, nil
}

// Notes lists the notes about the days from..to.
func Notes(ctx context.Context, q db.Q, from, to string) ([]Note, error) {
	var all []Note
	if err := q.Query(ctx).Where("day >= ? AND day <= ?", from, to).Order("day, id").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read notes: %w", err)
	}
	return all, nil
}

// Bands holds the newest finished week of every step against the eight weeks
// before it.
func Bands(ctx context.Context, q db.Q, simulated bool, v setting.Values, now time.Time) ([]Band, error) {
	day := func(back int) string { return nextDay(now.Add(-Window).In(v.Zone()), -back).Format(time.DateOnly) }
	week, err := Total(ctx, q, Question{From: day(7), To: day(1), Simulated: simulated})
	if err != nil {
		return nil, err
	}
	before, err := Total(ctx, q, Question{From: day(63), To: day(8), Simulated: simulated})
	return BandsOf(week, before), err
}

package staff

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
)

// alarmsFor is how long alarms are kept.
const alarmsFor = 90 * 24 * time.Hour

// ring adds counts to the record; what rings again was not seen.
func ring(ctx context.Context, tx *db.Tx, rows []Alarm) error {
	var last db.Time
	for _, r := range rows {
		err := tx.Query(ctx).Exec(`INSERT INTO alarms (kind, subject, day, times, first_at, last_at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (kind, subject, day) DO UPDATE SET times = alarms.times + excluded.times, last_at = excluded.last_at, seen_at = 0`,
			r.Kind, r.Subject, r.Day, r.Times, r.FirstAt, r.LastAt).Error
		if err != nil {
			return fmt.Errorf("write alarm %s: %w", r.Kind, err)
		}
		if r.LastAt.After(last.Time) {
			last = r.LastAt
		}
	}
	if err := tx.Query(ctx).Exec("DELETE FROM alarms WHERE last_at < ?", db.At(last.Add(-alarmsFor))).Error; err != nil {
		return fmt.Errorf("end old alarms: %w", err)
	}
	return nil
}

// RecentAlarms lists the newest alarms.
func RecentAlarms(ctx context.Context, q db.Q, limit int) ([]Alarm, error) {
	var all []Alarm
	if err := q.Query(ctx).Order("last_at DESC, kind, subject").Limit(limit).Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read alarms: %w", err)
	}
	return all, nil
}

// UnseenAlarms counts those that nobody has seen yet.
func UnseenAlarms(ctx context.Context, q db.Q) (n int, err error) {
	if err := q.Query(ctx).Raw("SELECT count(*) FROM alarms WHERE seen_at = 0").Scan(&n).Error; err != nil {
		return 0, fmt.Errorf("count alarms: %w", err)
	}
	return n, nil
}

// SeeAlarms marks as seen what rang until then, and returns how many that were.
func SeeAlarms(ctx context.Context, tx *db.Tx, until, now time.Time) (int, error) {
	done := tx.Query(ctx).Exec("UPDATE alarms SET seen_at = ? WHERE seen_at = 0 AND last_at <= ?", db.At(now), db.At(until))
	if done.Error != nil {
		return 0, fmt.Errorf("see alarms: %w", done.Error)
	}
	return int(done.RowsAffected), nil
}

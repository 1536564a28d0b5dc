package keep

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
)

// Ran says when a term was last looked at, and how much went: then, and ever.
type Ran struct {
	Term        string
	At, Through db.Time // Through: everything from before is gone
	Last, Total int64
}

// TableName is retention_runs.
func (Ran) TableName() string { return "retention_runs" }

func note(ctx context.Context, tx *db.Tx, term string, gone int64, through, now time.Time) error {
	err := tx.Query(ctx).Exec(`INSERT INTO retention_runs (term, at, last, total, through) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (term) DO UPDATE SET at = excluded.at, last = excluded.last, total = retention_runs.total + excluded.last, through = excluded.through`,
		term, db.At(now), gone, gone, db.At(through)).Error
	if err != nil {
		return fmt.Errorf("note a run of %s: %w", term, err)
	}
	return nil
}

// Runs returns the last run of each term, by its setting.
func Runs(ctx context.Context, q db.Q) (map[string]Ran, error) {
	var rows []Ran
	if err := q.Query(ctx).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read runs of retention: %w", err)
	}
	all := map[string]Ran{}
	for _, r := range rows {
		all[r.Term] = r
	}
	return all, nil
}

package event

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
)

// Empty is what people searched for and did not find, counted.
type Empty struct {
	Words string
	N     int
	Last  db.Time
}

// Missed is one such search; whose it was is not told.
type Missed struct {
	At     db.Time
	Lang   string
	Device string
}

const missed = "kind = 'search.empty' AND bot = FALSE AND at >= ? AND detail <> ''"

// MissedMost lists searches without a hit since then, most frequent first.
func MissedMost(ctx context.Context, q db.Q, since time.Time, limit int) (all []Empty, err error) {
	err = q.Query(ctx).Raw("SELECT lower(detail) AS words, count(*) AS n, max(at) AS last FROM events WHERE "+missed+
		" GROUP BY lower(detail) ORDER BY n DESC, last DESC, words LIMIT ?", db.At(since), limit).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("count searches without a hit: %w", err)
	}
	return all, nil
}

// MissedFor lists the searches behind one row, newest first.
func MissedFor(ctx context.Context, q db.Q, words string, since time.Time, limit int) (all []Missed, err error) {
	err = q.Query(ctx).Raw("SELECT at, lang, device FROM events WHERE "+missed+" AND lower(detail) = lower(?) ORDER BY at DESC, id DESC LIMIT ?",
		db.At(since), words, limit).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("list searches without a hit: %w", err)
	}
	return all, nil
}

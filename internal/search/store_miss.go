package search

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync"
	"time"

	"regulars/internal/db"
	"regulars/internal/i18n"
)

// Kinds of queries that say what the shop's words lack.
const (
	Vain   = "vain"   // nothing was found
	Mended = "mended" // a word was misspelt
	Loose  = "loose"  // a word was left out
)

// Misses counts what was looked for in vain, a row a day and words, without a
// trace of who typed it. To know different visitors of a day apart, it
// remembers until midnight and in memory alone, under a seed nobody keeps, who
// typed what.
type Misses struct {
	mu   sync.Mutex
	day  string
	seed maphash.Seed
	seen map[uint64]bool
}

// mostMisses of a day are remembered; more than that is a machine trying words.
const mostMisses = 5000

// first says whether a visitor typed the words for the first time on a day, and
// whether they may be counted at all.
func (m *Misses) first(day, visitor, words string) (first, counted bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.day != day {
		m.day, m.seed, m.seen = day, maphash.MakeSeed(), map[uint64]bool{}
	}
	key := maphash.String(m.seed, visitor+"\x00"+words)
	if m.seen[key] {
		return false, true
	}
	if len(m.seen) >= mostMisses {
		return false, false
	}
	m.seen[key] = true
	return true, true
}

// Note counts a query that found nothing as it was typed. visitor tells people
// of one day apart and is not kept.
func (m *Misses) Note(ctx context.Context, d *db.DB, u *Understood, lang i18n.Lang, kind, visitor string, now time.Time) error {
	words := normal(u.Typed)
	day := now.UTC().Format(time.DateOnly)
	first, counted := m.first(day, visitor, string(lang)+words+kind)
	if words == "" || !counted {
		return nil
	}
	visitors := 0
	if first {
		visitors = 1
	}
	nearest := ""
	if kind != Vain {
		nearest = u.Words.Text
	}
	return d.InTx(ctx, func(tx *db.Tx) error {
		err := tx.Query(ctx).Exec(`INSERT INTO search_misses (day, lang, words, kind, times, visitors, nearest, last_at) VALUES (?, ?, ?, ?, 1, ?, ?, ?)
			ON CONFLICT (words, lang, kind, day) DO UPDATE SET times = search_misses.times + 1, visitors = search_misses.visitors + excluded.visitors, nearest = excluded.nearest, last_at = excluded.last_at`,
			day, string(lang), words, kind, visitors, nearest, db.At(now)).Error
		if err != nil {
			return fmt.Errorf("count a search in vain: %w", err)
		}
		return nil
	})
}

// Miss is what several people looked for in vain.
type Miss struct {
	Lang           i18n.Lang
	Words, Nearest string
	Kind           string
	Times          int
	LastAt         db.Time
}

// Words are told when two or more visitors typed them on one day, and they came
// on two or more days: a single query may name an illness, and who asks for it
// each week would be told were days alone counted.
const (
	leastVisitors = 2
	leastDays     = 2
)

// Missed lists what was looked for, most often first. Words that fewer people
// typed are not told.
func Missed(ctx context.Context, q db.Q, limit int) (list []Miss, err error) {
	err = q.Query(ctx).Raw(`SELECT lang, words, kind, max(nearest) AS nearest, CAST(sum(times) AS BIGINT) AS times, max(last_at) AS last_at FROM search_misses
		GROUP BY lang, words, kind HAVING max(visitors) >= ? AND count(*) >= ? ORDER BY 5 DESC, words LIMIT ?`, leastVisitors, leastDays, limit).Scan(&list).Error
	if err != nil {
		return nil, fmt.Errorf("read what was looked for in vain: %w", err)
	}
	return list, nil
}

// DropMisses forgets what was looked for on days before a moment, at most most
// rows at once.
func DropMisses(ctx context.Context, tx *db.Tx, before time.Time, most int) (int64, error) {
	done := tx.Query(ctx).Exec(`DELETE FROM search_misses WHERE day < ? AND (words, lang, kind, day) IN (SELECT words, lang, kind, day FROM search_misses WHERE day < ? ORDER BY day LIMIT ?)`,
		before.UTC().Format(time.DateOnly), before.UTC().Format(time.DateOnly), most)
	if done.Error != nil {
		return 0, fmt.Errorf("forget what was looked for: %w", done.Error)
	}
	return done.RowsAffected, nil
}

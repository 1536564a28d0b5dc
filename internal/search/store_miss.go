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
// trace of who typed it. Until midnight it remembers, in memory alone and under
// a seed nobody keeps, who typed what: words are written down only once a
// second visitor of the day typed them, since those of one may be a name.
type Misses struct {
	mu    sync.Mutex
	day   string
	seed  maphash.Seed
	seen  map[uint64]bool // visitor and words
	words map[uint64]*typed
}

// typed is how often words came on a day, and from how many visitors.
type typed struct{ times, visitors int }

// mostMisses of a day are remembered; more than that is a machine trying words.
const mostMisses = 5000

// count takes in that a visitor typed words, and says what is to be added to
// what is written down: nothing while one visitor alone typed them.
func (m *Misses) count(day, visitor, words string) (add typed) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.day != day {
		m.day, m.seed, m.seen, m.words = day, maphash.MakeSeed(), map[uint64]bool{}, map[uint64]*typed{}
	}
	who, what := maphash.String(m.seed, visitor+"\x00"+words), maphash.String(m.seed, words)
	first := !m.seen[who]
	if first && len(m.seen) >= mostMisses {
		return typed{}
	}
	so := m.words[what]
	if so == nil {
		so = &typed{}
		m.words[what] = so
	}
	so.times++
	if first {
		m.seen[who] = true
		so.visitors++
	}
	switch {
	case so.visitors < leastVisitors:
		return typed{}
	case first && so.visitors == leastVisitors:
		return *so
	case first:
		return typed{1, 1}
	}
	return typed{1, 0}
}

// Note counts a query that found nothing as it was typed. visitor tells people
// of one day apart and is not kept.
func (m *Misses) Note(ctx context.Context, d *db.DB, u *Understood, lang i18n.Lang, kind, visitor string, now time.Time) error {
	words := normal(u.Typed)
	day := now.UTC().Format(time.DateOnly)
	add := m.count(day, visitor, string(lang)+words+kind)
	if words == "" || add.times == 0 {
		return nil
	}
	nearest := ""
	if kind != Vain {
		nearest = u.Words.Text
	}
	return d.InTx(ctx, func(tx *db.Tx) error {
		err := tx.Query(ctx).Exec(`INSERT INTO search_misses (day, lang, words, kind, times, visitors, nearest, last_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (words, lang, kind, day) DO UPDATE SET times = search_misses.times + excluded.times, visitors = search_misses.visitors + excluded.visitors, nearest = excluded.nearest, last_at = excluded.last_at`,
			day, string(lang), words, kind, add.times, add.visitors, nearest, db.At(now)).Error
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

// Words are told when two or more visitors typed them on a day, on two or more
// days: a single query may name an illness, and who asks for it each week would
// be told were days alone counted.
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

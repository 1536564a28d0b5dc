package lookout

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
)

// Keep saves a search of a person. Saved again it is the same one, with the name
// it had; kept says that it is a new row. More than Most is fault.Conflict.
func Keep(ctx context.Context, tx *db.Tx, s Search, now time.Time) (kept bool, err error) {
	if err := s.check(); err != nil {
		return false, err
	}
	// Two at once would both find room for the last.
	if err := customer.Turn(ctx, tx, fmt.Sprint("searches-of:", int64(s.CustomerID))); err != nil {
		return false, err
	}
	var have, same int
	if err := tx.Query(ctx).Raw("SELECT count(*), coalesce(sum(CASE WHEN print = ? THEN 1 ELSE 0 END), 0) FROM saved_searches WHERE customer_id = ?", s.Print, int64(s.CustomerID)).Row().Scan(&have, &same); err != nil {
		return false, fmt.Errorf("count saved searches: %w", err)
	}
	if same == 0 && have >= Most {
		return false, fault.New(fault.Conflict, "lookout.many", "count", Most)
	}
	var b [16]byte
	rand.Read(b[:])
	s.ID, s.Token, s.Tell, s.Seen, s.CreatedAt = 0, base64.RawURLEncoding.EncodeToString(b[:]), false, "[]", db.At(now)
	put := db.IgnoreConflict(tx.Query(ctx)).Create(&s)
	if put.Error != nil {
		return false, fmt.Errorf("save a search: %w", put.Error)
	}
	return put.RowsAffected == 1, nil
}

// OfCustomer lists the searches of a person, the last saved first.
func OfCustomer(ctx context.Context, q db.Q, id customer.ID) (all []Search, err error) {
	err = q.Query(ctx).Where("customer_id = ?", int64(id)).Order("created_at DESC, id DESC").Find(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read saved searches: %w", err)
	}
	return all, nil
}

// ByToken returns a search of a person; fault.NotFound if they have none by it.
func ByToken(ctx context.Context, q db.Q, id customer.ID, token string) (*Search, error) {
	var s []Search
	err := q.Query(ctx).Where("token = ? AND customer_id = ?", token, int64(id)).Limit(1).Find(&s).Error
	if err != nil {
		return nil, fmt.Errorf("read a saved search: %w", err)
	}
	if len(s) == 0 {
		return nil, fault.New(fault.NotFound, "lookout.gone")
	}
	return &s[0], nil
}

// Rename gives a search another name.
func (s *Search) Rename(ctx context.Context, tx *db.Tx, name string) error {
	renamed := *s
	renamed.Name = name
	if err := renamed.check(); err != nil {
		return err
	}
	return s.set(ctx, tx, "UPDATE saved_searches SET name = ? WHERE id = ?", renamed.Name, s.ID)
}

// Drop removes a search.
func (s *Search) Drop(ctx context.Context, tx *db.Tx) error {
	return s.set(ctx, tx, "DELETE FROM saved_searches WHERE id = ?", s.ID)
}

// Watch has its person told of what the search finds from now on: what it
// finds now is seen. Watched already it stays as it is.
func (s *Search) Watch(ctx context.Context, tx *db.Tx, found *Found, now time.Time) error {
	if found.Wide {
		return fault.New(fault.Conflict, "lookout.wide", "count", Widest)
	}
	return s.set(ctx, tx, "UPDATE saved_searches SET tell = TRUE, seen = ?, seen_at = ?, next_at = ? WHERE id = ? AND tell = FALSE",
		written(found.IDs), db.At(now), db.At(now.Add(Daily)), s.ID)
}

// Rest has nobody told any more.
func (s *Search) Rest(ctx context.Context, tx *db.Tx) error {
	return s.set(ctx, tx, "UPDATE saved_searches SET tell = FALSE, seen = '[]', seen_at = 0, next_at = 0 WHERE id = ?", s.ID)
}

func (s *Search) set(ctx context.Context, tx *db.Tx, sql string, args ...any) error {
	if err := tx.Query(ctx).Exec(sql, args...).Error; err != nil {
		return fmt.Errorf("change saved search %d: %w", s.ID, err)
	}
	return nil
}

// Due lists who may have something to be told of by now, who waits longest
// first.
func Due(ctx context.Context, q db.Q, now time.Time, limit int) (ids []customer.ID, err error) {
	err = q.Query(ctx).Raw("SELECT customer_id FROM (SELECT customer_id, next_at FROM saved_searches WHERE tell AND next_at <= ? ORDER BY next_at LIMIT ?) AS due GROUP BY customer_id ORDER BY min(next_at), customer_id",
		db.At(now), limit).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("read whose searches are due: %w", err)
	}
	return ids, nil
}

// Later has all watched searches of a person asked again at a moment.
func Later(ctx context.Context, tx *db.Tx, id customer.ID, at time.Time) error {
	if err := tx.Query(ctx).Exec("UPDATE saved_searches SET next_at = ? WHERE customer_id = ? AND tell", db.At(at), int64(id)).Error; err != nil {
		return fmt.Errorf("put off the searches of customer %d: %w", id, err)
	}
	return nil
}

// Told notes what its person has seen of a search once the mail that is being
// written has gone; false: somebody else told them, or it is not watched any
// more.
func (s *Search) Told(ctx context.Context, tx *db.Tx, seen []catalog.ProductID, now time.Time) (bool, error) {
	done := tx.Query(ctx).Exec("UPDATE saved_searches SET seen = ?, seen_at = ? WHERE id = ? AND customer_id = ? AND tell AND seen_at = ?", written(seen), db.At(now), s.ID, int64(s.CustomerID), s.SeenAt)
	if done.Error != nil {
		return false, fmt.Errorf("note what saved search %d told: %w", s.ID, done.Error)
	}
	return done.RowsAffected == 1, nil
}

// Untell takes back what Told noted at a moment with a mail that has not gone
// and will be written again; s is the search as it was before.
func (s *Search) Untell(ctx context.Context, tx *db.Tx, at time.Time) error {
	return s.set(ctx, tx, "UPDATE saved_searches SET seen = ?, seen_at = ? WHERE id = ? AND tell AND seen_at = ?", s.Seen, s.SeenAt, s.ID, db.At(at))
}

// Forget takes a person's searches away (a customer.Forget).
func Forget(ctx context.Context, tx *db.Tx, id customer.ID, _ string, _ time.Time) error {
	if err := tx.Query(ctx).Exec("DELETE FROM saved_searches WHERE customer_id = ?", int64(id)).Error; err != nil {
		return fmt.Errorf("forget the searches of customer %d: %w", id, err)
	}
	return nil
}

// Merge puts the searches of one customer under another who is the same person
// (a customer.Merge). Of two that are the same the survivor's stays.
func Merge(ctx context.Context, tx *db.Tx, from, into customer.ID, _ time.Time) error {
	for _, sql := range []string{
		"DELETE FROM saved_searches WHERE customer_id = @from AND print IN (SELECT print FROM saved_searches WHERE customer_id = @into)",
		"UPDATE saved_searches SET customer_id = @into WHERE customer_id = @from",
	} {
		if err := tx.Query(ctx).Exec(sql, map[string]any{"from": int64(from), "into": int64(into)}).Error; err != nil {
			return fmt.Errorf("put the searches of customer %d under %d: %w", from, into, err)
		}
	}
	return nil
}

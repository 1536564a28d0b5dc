package segment

import (
	"context"
	"fmt"
	"slices"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
)

// The causes of a move, as segment_moves keeps them.
const (
	ByProfile   = "profile"
	ByOrder     = "order"
	ByCart      = "cart"
	ByBehaviour = "behaviour"
	ByQuestion  = "question"
	ByTime      = "time"
	ByRule      = "rule"
	ByRebuild   = "rebuild"
)

// member is where a customer was put, why and since when.
type member struct {
	CustomerID customer.ID
	Segment    string
	Reason     i18n.Text
	Since      db.Time
}

// Refresh decides one customer again, after they changed what we know or may
// use.
func Refresh(ctx context.Context, tx *db.Tx, id customer.ID, now time.Time) error {
	return decide(ctx, tx, []customer.ID{id}, ByProfile, now)
}

// Forget takes a person out of every segment and snapshot, out of the log of
// moves and out of the copy of facts.
func Forget(ctx context.Context, tx *db.Tx, id customer.ID, _ string, _ time.Time) error {
	for _, sql := range []string{"DELETE FROM segment_members WHERE customer_id = ?", "DELETE FROM segment_moves WHERE customer_id = ?", "DELETE FROM segment_turns WHERE customer_id = ?",
		"DELETE FROM person_facts WHERE customer_id = ?", "DELETE FROM person_spent WHERE customer_id = ?", "DELETE FROM person_bought WHERE customer_id = ?", "DELETE FROM snapshot_people WHERE customer_id = ?"} {
		if err := tx.Query(ctx).Exec(sql, int64(id)).Error; err != nil {
			return fmt.Errorf("take customer %d out of their segments: %w", id, err)
		}
	}
	return nil
}

// together is how many people are decided at once.
const together = 400

// Rebuild decides everybody again in one transaction, to the same rows as the
// single decisions gave. Who stays in a segment keeps the day they came in.
func Rebuild(ctx context.Context, tx *db.Tx, now time.Time) error {
	if err := everybody(ctx, tx, func(ids []customer.ID) error { return decide(ctx, tx, ids, ByRebuild, now) }); err != nil {
		return err
	}
	b, err := Read(ctx, tx)
	if err != nil {
		return err
	}
	return b.markGathered(ctx, tx)
}

// Renew decides everybody again, some hundred people a transaction: nobody
// waits for a long one.
func Renew(ctx context.Context, d *db.DB, cause string, now time.Time) error {
	b, err := Read(ctx, d)
	if err != nil {
		return err
	}
	err = everybody(ctx, d, func(ids []customer.ID) error {
		return d.InTx(ctx, func(tx *db.Tx) error { return decide(ctx, tx, ids, cause, now) })
	})
	if err != nil {
		return err
	}
	return d.InTx(ctx, func(tx *db.Tx) error { return b.markGathered(ctx, tx) })
}

func everybody(ctx context.Context, q db.Q, do func([]customer.ID) error) error {
	for from := customer.ID(0); ; {
		var ids []customer.ID
		if err := q.Query(ctx).Raw("SELECT id FROM customers WHERE id > ? AND erased_at = 0 ORDER BY id LIMIT ?", int64(from), together).Scan(&ids).Error; err != nil {
			return fmt.Errorf("list customers: %w", err)
		}
		if len(ids) == 0 {
			return nil
		}
		if err := do(ids); err != nil {
			return err
		}
		from = ids[len(ids)-1]
	}
}

// wanted is what the rules say about some people.
func (b *Book) wanted(ctx context.Context, q db.Q, ids []customer.ID, now time.Time) (want map[customer.ID][]Member, due map[customer.ID]int64, all map[customer.ID]*Known, err error) {
	if all, err = b.facts(ctx, q, ids, copying(b.needs(func(*Segment) bool { return true })), now); err != nil {
		return nil, nil, nil, err
	}
	want, due = map[customer.ID][]Member{}, map[customer.ID]int64{}
	for id, k := range all {
		in, flips := b.Members(k)
		want[id] = in
		if !flips.IsZero() {
			due[id] = flips.UnixMilli()
		}
	}
	return want, due, all, nil
}

// decide is the one function that writes memberships and the copy of facts.
// Whom a rebuild decides for the first time (a new shop's people, imported
// ones) was in their segments before anybody counted: since stays 0, and that
// is no move. The rows in segment_turns
// are locked first, in the order of ids, so that two decisions about one person
// follow each other and each move is told once.
func decide(ctx context.Context, tx *db.Tx, ids []customer.ID, cause string, now time.Time) error {
	b, err := Read(ctx, tx)
	if err != nil {
		return err
	}
	slices.Sort(ids)
	was, fresh, err := lock(ctx, tx, ids)
	if err != nil {
		return err
	}
	want, due, all, err := b.wanted(ctx, tx, ids, now)
	if err != nil {
		return err
	}
	if err := keepFacts(ctx, tx, ids, all); err != nil {
		return err
	}
	var had []member
	if err := tx.Query(ctx).Raw("SELECT customer_id, segment, reason, since FROM segment_members WHERE customer_id IN ? ORDER BY customer_id, segment", ids).Scan(&had).Error; err != nil {
		return fmt.Errorf("read members: %w", err)
	}
	moves, gone, err := compareMembers(ctx, tx, had, want, cause, now)
	if err != nil {
		return err
	}
	if cause == ByRebuild {
		moves = slices.DeleteFunc(moves, func(m []any) bool { return fresh[customer.ID(m[0].(int64))] })
	}
	for _, m := range gone {
		if err := one(tx.Query(ctx).Exec("DELETE FROM segment_members WHERE customer_id = ? AND segment = ?", int64(m.CustomerID), m.Segment), "drop a member"); err != nil {
			return err
		}
	}
	since := func(id customer.ID) int64 {
		if cause == ByRebuild && fresh[id] {
			return 0
		}
		return db.At(now).Milli()
	}
	if err := enter(ctx, tx, ids, want, since); err != nil {
		return err
	}
	if _, err := tx.Insert(ctx, "segment_moves", []string{"customer_id", "segment", "entered", "cause", "at"}, moves, false); err != nil {
		return err
	}
	for _, id := range ids {
		if was[id] != due[id] {
			if err := one(tx.Query(ctx).Exec("UPDATE segment_turns SET due_at = ?, at = ? WHERE customer_id = ?", due[id], db.At(now), int64(id)), "note when segments change next"); err != nil {
				return err
			}
		}
	}
	return nil
}

// lock takes the rows of these people and returns when each was due, and who
// was never decided before.
func lock(ctx context.Context, tx *db.Tx, ids []customer.ID) (was map[customer.ID]int64, fresh map[customer.ID]bool, err error) {
	fresh = map[customer.ID]bool{}
	var rows []struct {
		CustomerID customer.ID
		DueAt      int64
	}
	read := func() error {
		rows = rows[:0]
		return db.ForUpdate(tx.Query(ctx).Table("segment_turns").Select("customer_id, due_at").Where("customer_id IN ?", ids).Order("customer_id")).Scan(&rows).Error
	}
	if err := read(); err != nil {
		return nil, nil, fmt.Errorf("lock who is decided: %w", err)
	}
	if len(rows) < len(ids) {
		var missing [][]any
		for _, id := range ids {
			if !slices.ContainsFunc(rows, func(r struct {
				CustomerID customer.ID
				DueAt      int64
			}) bool {
				return r.CustomerID == id
			}) {
				missing = append(missing, []any{int64(id)})
				fresh[id] = true
			}
		}
		if _, err := tx.Insert(ctx, "segment_turns", []string{"customer_id"}, missing, true); err != nil {
			return nil, nil, err
		}
		if err := read(); err != nil {
			return nil, nil, fmt.Errorf("lock who is decided: %w", err)
		}
	}
	was = make(map[customer.ID]int64, len(rows))
	for _, r := range rows {
		was[r.CustomerID] = r.DueAt
	}
	return was, fresh, nil
}

// compareMembers takes out of want who is in already with the same words, and
// returns who left, and the moves. One whose words changed is written anew and
// keeps the day they came in.
func compareMembers(ctx context.Context, tx *db.Tx, had []member, want map[customer.ID][]Member, cause string, now time.Time) (moves [][]any, gone []member, err error) {
	in := map[customer.ID]map[string]bool{}
	for _, h := range had {
		if in[h.CustomerID] == nil {
			in[h.CustomerID] = map[string]bool{}
		}
		in[h.CustomerID][h.Segment] = true
		i := slices.IndexFunc(want[h.CustomerID], func(m Member) bool { return m.Segment.Key == h.Segment })
		if i < 0 {
			gone = append(gone, h)
			moves = append(moves, []any{int64(h.CustomerID), h.Segment, false, cause, db.At(now).Milli()})
			continue
		}
		if w := want[h.CustomerID][i]; w.Reason != h.Reason {
			if err := one(tx.Query(ctx).Exec("UPDATE segment_members SET reason = ? WHERE customer_id = ? AND segment = ?", w.Reason, int64(h.CustomerID), h.Segment), "say why somebody is a member"); err != nil {
				return nil, nil, err
			}
		}
		want[h.CustomerID] = slices.Delete(want[h.CustomerID], i, i+1)
	}
	for _, id := range sorted(want) {
		for _, m := range want[id] {
			moves = append(moves, []any{int64(id), m.Segment.Key, true, cause, db.At(now).Milli()})
		}
	}
	return moves, gone, nil
}

func sorted(want map[customer.ID][]Member) []customer.ID {
	ids := make([]customer.ID, 0, len(want))
	for id := range want {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// enter writes who came in.
func enter(ctx context.Context, tx *db.Tx, ids []customer.ID, want map[customer.ID][]Member, since func(customer.ID) int64) error {
	var rows [][]any
	for _, id := range ids {
		for _, m := range want[id] {
			reason, err := m.Reason.Value()
			if err != nil {
				return fmt.Errorf("write a reason: %w", err)
			}
			rows = append(rows, []any{int64(id), m.Segment.Key, reason, since(id)})
		}
	}
	_, err := tx.Insert(ctx, "segment_members", []string{"customer_id", "segment", "reason", "since"}, rows, true)
	return err
}

// Counts returns how many customers each segment holds.
func Counts(ctx context.Context, q db.Q) (map[string]int, error) {
	var rows []struct {
		Segment string
		N       int
	}
	if err := q.Query(ctx).Raw("SELECT segment, count(*) AS n FROM segment_members GROUP BY segment").Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("count members: %w", err)
	}
	counts := make(map[string]int, len(rows))
	for _, r := range rows {
		counts[r.Segment] = r.N
	}
	return counts, nil
}

// Merge puts the log of moves of one customer under another who is the same
// person (a customer.Merge). Whoever calls it also calls Refresh, which decides
// the survivor anew.
func Merge(ctx context.Context, tx *db.Tx, from, into customer.ID, _ time.Time) error {
	for _, s := range []struct {
		sql  string
		args []any
	}{
		{"UPDATE segment_moves SET customer_id = ? WHERE customer_id = ?", []any{int64(into), int64(from)}},
		{"DELETE FROM segment_members WHERE customer_id = ?", []any{int64(from)}},
		{"DELETE FROM segment_turns WHERE customer_id = ?", []any{int64(from)}},
	} {
		if err := tx.Query(ctx).Exec(s.sql, s.args...).Error; err != nil {
			return fmt.Errorf("put the segments of customer %d under %d: %w", from, into, err)
		}
	}
	return nil
}

package segment

import (
	"context"
	"fmt"
	"slices"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
)

// Turner keeps memberships in step with what happens and with the clock: it
// follows the logs that orders, carts, behaviour and questions leave anyway, so
// that none of them waits for it, and takes from the due-time queue whose time
// has come. Several may run at once; deciding twice changes nothing.
type Turner struct {
	DB   *db.DB
	Now  func() time.Time
	seen map[string]map[entry]bool // entries of each log at its end, taken already
}

// tail is a log: its entries are (id, customer_id), in order, behind an id.
type tail struct {
	name, cause, sql, last string
	needs                  []string // followed only where a rule asks for one of these; nil: always
	back                   int64    // how far behind its place it is read again
}

var tails = []tail{
	{"orders", ByOrder, "SELECT e.id, o.customer_id FROM order_history e JOIN orders o ON o.id = e.order_id WHERE e.id > ? AND o.customer_id IS NOT NULL",
		"SELECT coalesce(max(id), 0) FROM order_history", nil, lookBack},
	{"refunds", ByOrder, "SELECT e.id, o.customer_id FROM refunds e JOIN orders o ON o.id = e.order_id WHERE e.id > ? AND o.customer_id IS NOT NULL",
		"SELECT coalesce(max(id), 0) FROM refunds", nil, lookBack},
	{"returns", ByOrder, "SELECT e.id, o.customer_id FROM return_steps e JOIN returns r ON r.id = e.return_id JOIN orders o ON o.id = r.order_id WHERE e.id > ? AND o.customer_id IS NOT NULL",
		"SELECT coalesce(max(id), 0) FROM return_steps", []string{"returned"}, lookBack},
	{"carts", ByCart, "SELECT e.id, t.customer_id FROM cart_steps e JOIN carts t ON t.id = e.cart_id WHERE e.id > ? AND t.customer_id IS NOT NULL",
		"SELECT coalesce(max(id), 0) FROM cart_steps", nil, lookBack},
	{"events", ByBehaviour, "SELECT e.id, e.customer_id FROM events e WHERE e.id > ? AND e.customer_id <> 0",
		"SELECT coalesce(max(id), 0) FROM events", []string{"viewed", "searched"}, lookBack},
	{"questions", ByQuestion, "SELECT e.id, e.customer_id FROM questions e WHERE e.id > ? AND e.customer_id IS NOT NULL",
		"SELECT coalesce(max(id), 0) FROM questions", nil, lookBack},
	{"answers", ByQuestion, "SELECT e.answered_at AS id, e.customer_id FROM questions e WHERE e.answered_at > ? AND e.customer_id IS NOT NULL",
		"SELECT coalesce(max(answered_at), 0) FROM questions", nil, lookBackTime},
	{"tiers", ByOrder, "SELECT e.since AS id, e.customer_id FROM customer_tiers e WHERE e.since > ?", "SELECT coalesce(max(since), 0) FROM customer_tiers", []string{"field:tier"}, lookBackTime},
	{"consents", ByProfile, "SELECT e.id, e.customer_id FROM consent_log e WHERE e.id > ?", "SELECT coalesce(max(id), 0) FROM consent_log", nil, lookBack},
	{"profiles", ByProfile, "SELECT e.updated_at AS id, e.id AS customer_id FROM customers e WHERE e.updated_at > ? AND e.erased_at = 0", "SELECT coalesce(max(updated_at), 0) FROM customers", nil, lookBackTime},
}

const (
	// lookBack is how many entries of a log are read again: on Postgres an
	// entry may become visible after a later one.
	lookBack = 100
	// lookBackTime is the same for logs in order of their times: five seconds.
	lookBackTime = 5000
	// swamped is when following a log costs more than deciding everybody.
	swamped = 5000
	// renewed is the time that deciding everybody after a change may take.
	renewed = 10 * time.Minute
)

type entry struct {
	ID         int64
	CustomerID customer.ID
}

// Turn decides again everybody of whom something happened or whose time has
// come. It is called each second.
func (t *Turner) Turn(ctx context.Context) error {
	b, err := Read(ctx, t.DB)
	if err != nil {
		return err
	}
	done, err := b.Gathered(ctx, t.DB)
	if err != nil {
		return err
	}
	n := b.needs(func(*Segment) bool { return true })
	if !done {
		for _, l := range tails {
			if err := t.mark(ctx, l, -1); err != nil {
				return err
			}
		}
		if err := Renew(ctx, t.DB, ByRebuild, t.Now()); err != nil {
			return err
		}
	}
	for _, l := range tails {
		if l.needed(n) {
			if err := t.follow(ctx, l); err != nil {
				return err
			}
		}
	}
	for range 20 {
		ids, err := due(ctx, t.DB, together, t.Now())
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := t.decide(ctx, ids, ByTime); err != nil {
			return err
		}
	}
	return nil
}

func (t *Turner) decide(ctx context.Context, ids []customer.ID, cause string) error {
	return t.DB.InTx(ctx, func(tx *db.Tx) error { return decide(ctx, tx, ids, cause, t.Now()) })
}

// due lists whose segments change by now.
func due(ctx context.Context, q db.Q, limit int, now time.Time) (ids []customer.ID, err error) {
	err = q.Query(ctx).Raw("SELECT customer_id FROM segment_turns WHERE due_at > 0 AND due_at <= ? ORDER BY due_at LIMIT ?", db.At(now), limit).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("read whose segments are due: %w", err)
	}
	return ids, nil
}

// follow takes what a log holds behind the place it was followed to. The first
// time it begins at the end: everybody is decided at the start.
func (t *Turner) follow(ctx context.Context, l tail) error {
	at, known, err := followed(ctx, t.DB, l.name)
	if err != nil {
		return err
	}
	if !known {
		return t.mark(ctx, l, -1)
	}
	rows, err := l.behind(ctx, t.DB, max(0, at-l.back))
	if err != nil {
		return err
	}
	if len(rows) > swamped {
		if err := t.mark(ctx, l, -1); err != nil {
			return err
		}
		return Renew(ctx, t.DB, l.cause, t.Now())
	}
	seen, ids, end := map[entry]bool{}, []customer.ID{}, at
	for _, r := range rows {
		seen[r], end = true, max(end, r.ID)
		// What lies before the place is new only if this process has looked
		// before and did not see it.
		if r.ID > at || t.seen[l.name] != nil && !t.seen[l.name][r] {
			ids = append(ids, r.CustomerID)
		}
	}
	if t.seen == nil {
		t.seen = map[string]map[entry]bool{}
	}
	slices.Sort(ids)
	for part := range slices.Chunk(slices.Compact(ids), together) {
		if err := t.decide(ctx, part, l.cause); err != nil {
			return err
		}
	}
	t.seen[l.name] = seen
	if end == at {
		return nil
	}
	return t.mark(ctx, l, end)
}

func (l tail) needed(n needs) bool {
	return l.needs == nil || slices.ContainsFunc(l.needs, func(need string) bool { return n[need] })
}

func (l tail) behind(ctx context.Context, q db.Q, id int64) (rows []entry, err error) {
	if err := q.Query(ctx).Raw("SELECT id, customer_id FROM ("+l.sql+") x ORDER BY id LIMIT ?", id, swamped+1).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("follow %s: %w", l.name, err)
	}
	return rows, nil
}

func followed(ctx context.Context, q db.Q, source string) (at int64, known bool, err error) {
	var rows []int64
	if err := q.Query(ctx).Raw("SELECT entry FROM segment_tails WHERE source = ?", source).Scan(&rows).Error; err != nil {
		return 0, false, fmt.Errorf("read how far %s were followed: %w", source, err)
	}
	if len(rows) == 0 {
		return 0, false, nil
	}
	return rows[0], true, nil
}

// mark notes how far a log was followed, -1 for its end.
func (t *Turner) mark(ctx context.Context, l tail, at int64) error {
	return t.DB.InTx(ctx, func(tx *db.Tx) error {
		if at < 0 {
			if err := tx.Query(ctx).Raw(l.last).Scan(&at).Error; err != nil {
				return fmt.Errorf("find the end of %s: %w", l.name, err)
			}
		}
		return one(tx.Query(ctx).Exec(`INSERT INTO segment_tails (source, entry) VALUES (?, ?)
			ON CONFLICT (source) DO UPDATE SET entry = excluded.entry WHERE segment_tails.entry < excluded.entry`, l.name, at), "note how far a log was followed")
	})
}

// Misplaced names by their addresses the people whose segments are not what the
// rules say: of whoever waits for the next turn nothing is asked, and nothing
// of anybody while everybody is decided again after a rule was changed.
func Misplaced(ctx context.Context, q db.Q, now time.Time) (emails []string, err error) {
	b, err := Read(ctx, q)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(b.Segments, func(s Segment) bool { return s.UpdatedAt.After(now.Add(-renewed)) }) {
		return nil, nil
	}
	if at, known, err := followed(ctx, q, "facts"); err != nil || known && at != b.mark() {
		return nil, err // the zone was changed: the next turn decides everybody
	}
	waiting, err := b.waiting(ctx, q, now)
	if err != nil {
		return nil, err
	}
	err = everybody(ctx, q, func(ids []customer.ID) error {
		var had []member
		if err := q.Query(ctx).Raw("SELECT customer_id, segment FROM segment_members WHERE customer_id IN ?", ids).Scan(&had).Error; err != nil {
			return fmt.Errorf("read members: %w", err)
		}
		want, _, _, err := b.wanted(ctx, q, ids, now)
		if err != nil {
			return err
		}
		var wrong []customer.ID
		for _, id := range ids {
			is, should := keysOf(had, id), []string{}
			for _, m := range want[id] {
				should = append(should, m.Segment.Key)
			}
			slices.Sort(should)
			if !slices.Equal(is, should) && !waiting[id] {
				wrong = append(wrong, id)
			}
		}
		if len(wrong) == 0 {
			return nil
		}
		var found []string
		if err := q.Query(ctx).Raw("SELECT email FROM customers WHERE id IN ? ORDER BY id", wrong).Scan(&found).Error; err != nil {
			return fmt.Errorf("name who is misplaced: %w", err)
		}
		emails = append(emails, found...)
		return nil
	})
	return emails, err
}

func keysOf(had []member, id customer.ID) []string {
	keys := []string{}
	for _, m := range had {
		if m.CustomerID == id {
			keys = append(keys, m.Segment)
		}
	}
	slices.Sort(keys)
	return keys
}

// waiting are the people whom the next turn will decide, and those nobody has
// decided yet.
func (b *Book) waiting(ctx context.Context, q db.Q, now time.Time) (map[customer.ID]bool, error) {
	all := map[customer.ID]bool{}
	ids, err := due(ctx, q, 1_000_000, now)
	if err != nil {
		return nil, err
	}
	n := b.needs(func(*Segment) bool { return true })
	for _, l := range tails {
		if !l.needed(n) {
			continue
		}
		at, _, err := followed(ctx, q, l.name)
		if err != nil {
			return nil, err
		}
		rows, err := l.behind(ctx, q, max(0, at-l.back))
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			ids = append(ids, r.CustomerID)
		}
	}
	var undecided []customer.ID
	err = q.Query(ctx).Raw("SELECT c.id FROM customers c LEFT JOIN segment_turns t ON t.customer_id = c.id WHERE c.erased_at = 0 AND t.customer_id IS NULL").Scan(&undecided).Error
	if err != nil {
		return nil, fmt.Errorf("read who was never decided: %w", err)
	}
	for _, id := range append(ids, undecided...) {
		all[id] = true
	}
	return all, nil
}

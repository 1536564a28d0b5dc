package person

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
)

// Promise keeps what staff promised; false: the same form was sent before.
func (w Who) Promise(ctx context.Context, tx *db.Tx, p *Promise, now time.Time) (bool, error) {
	if err := p.check(now); err != nil {
		return false, err
	}
	p.State, p.MadeAt, p.CustomerID, p.OrderID = Open, db.At(now), nil, nil
	if w.Guest() {
		p.OrderID = &w.Orders[0]
	} else {
		p.CustomerID = &w.Customer
	}
	made := db.IgnoreConflict(tx.Query(ctx)).Create(p)
	if made.Error != nil {
		return false, fmt.Errorf("keep a promise: %w", made.Error)
	}
	return made.RowsAffected == 1, nil
}

// End says that a promise was kept, or why it will not be; false: it had ended.
func End(ctx context.Context, tx *db.Tx, key, state, words string, by int64, now time.Time) (bool, error) {
	if state != Kept && state != Dropped {
		return false, fault.New(fault.Invalid, "person.promise.kind")
	}
	done := tx.Query(ctx).Exec("UPDATE promises SET state = ?, words = ?, ended_by = ?, ended_at = ? WHERE key = ? AND state = 'open'",
		state, words, by, db.At(now), key)
	if done.Error != nil {
		return false, fmt.Errorf("end promise %s: %w", key, done.Error)
	}
	return done.RowsAffected == 1, nil
}

// whose is the condition for rows about somebody, on two columns.
func (w Who) whose(customerID, orderID string) (string, []any) {
	if w.Guest() {
		return orderID + " IN ?", []any{w.Orders}
	}
	return customerID + " = ?", []any{int64(w.Customer)}
}

// Promises are what was promised to somebody: the open ones first, by their
// day, then those that ended; notes last.
func (w Who) Promises(ctx context.Context, q db.Q, most int) ([]Promise, error) {
	where, args := w.whose("customer_id", "order_id")
	var all []Promise
	err := q.Query(ctx).Where(where, args...).Order("CASE WHEN kind = 'note' THEN 2 WHEN state = 'open' THEN 0 ELSE 1 END, CASE WHEN state = 'open' THEN until ELSE -ended_at END, id DESC").Limit(most).Find(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read promises: %w", err)
	}
	return all, nil
}

// ByKey reads a promise.
func ByKey(ctx context.Context, q db.Q, key string) (*Promise, error) {
	var p Promise
	if err := q.Query(ctx).Where("key = ?", key).Take(&p).Error; err != nil {
		if db.NotFound(err) {
			return nil, fault.New(fault.NotFound, "error.not-found")
		}
		return nil, fmt.Errorf("read promise %s: %w", key, err)
	}
	return &p, nil
}

// Standing is an open promise in the list of all, with whose it is.
type Standing struct {
	Promise
	Number, Name string // of the customer; of the guest's order
	Simulated    bool
}

// Due lists open promises and tasks by their day, and counts those that are
// past it.
func Due(ctx context.Context, q db.Q, page int, now time.Time) (all []Standing, total, late int, err error) {
	err = q.Query(ctx).Raw("SELECT count(*) FROM promises WHERE state = 'open' AND kind <> 'note'").Scan(&total).Error
	if err == nil {
		late, err = Late(ctx, q, now)
	}
	if err == nil {
		err = q.Query(ctx).Raw(`SELECT p.*, coalesce(c.number, o.number) AS number, coalesce(c.name, o.name) AS name, coalesce(c.simulated, o.simulated) AS simulated
			FROM promises p LEFT JOIN customers c ON c.id = p.customer_id LEFT JOIN orders o ON o.id = p.order_id
			WHERE p.state = 'open' AND p.kind <> 'note' ORDER BY p.until, p.id LIMIT 50 OFFSET ?`, 50*(max(1, page)-1)).Scan(&all).Error
	}
	if err != nil {
		err = fmt.Errorf("list promises: %w", err)
	}
	return all, total, late, err
}

// Late counts promises and tasks that are past their day.
func Late(ctx context.Context, q db.Q, now time.Time) (n int, err error) {
	if err := q.Query(ctx).Raw("SELECT count(*) FROM promises WHERE state = 'open' AND kind <> 'note' AND until < ?", db.At(now)).Scan(&n).Error; err != nil {
		return 0, fmt.Errorf("count promises: %w", err)
	}
	return n, nil
}

// TaskEach makes one task about each of some customers, once for a list and a
// day: asking again adds those who came since. It returns how many were made.
func TaskEach(ctx context.Context, tx *db.Tx, list string, ids []customer.ID, what string, until time.Time, by int64, now time.Time) (int, error) {
	probe := Promise{Key: "task:" + list + ":0000000000", Kind: Task, What: what, Until: db.At(until)}
	if err := probe.check(now); err != nil {
		return 0, err
	}
	rows := make([][]any, len(ids))
	for i, id := range ids {
		rows[i] = []any{fmt.Sprintf("task:%s:%d:%s", list, id, until.UTC().Format(time.DateOnly)), Task, int64(id), probe.What, db.At(until), Open, by, db.At(now)}
	}
	n, err := tx.Insert(ctx, "promises", []string{"key", "kind", "customer_id", "what", "until", "state", "made_by", "made_at"}, rows, true)
	if err != nil {
		return 0, fmt.Errorf("make tasks: %w", err)
	}
	return int(n), nil
}

package roster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/setting"
)

// TableName is rests.
func (Rest) TableName() string { return "rests" }

// Who rests, each as a condition on customers c. A way that was never tried
// counts as one; what the person did last is the account, a change of it, or a
// browser of theirs that came back.
const (
	unreachable = `c.erased_at = 0 AND c.contact = 'dead' AND (c.phone = '' OR c.phone_contact = 'dead' AND c.phone_judged = c.phone)`
	inactive    = `c.erased_at = 0 AND c.created_at <= @quiet AND c.updated_at <= @quiet AND c.seen_at <= @quiet
		AND NOT EXISTS (SELECT 1 FROM visitors v WHERE v.customer_id = c.id AND v.seen_at > @quiet)
		AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id OR o.customer_id IS NULL AND o.email <> '' AND lower(o.email) = c.email_key)`
)

// What keeps a file from going, by name. Each asks of customers c whether
// something is still open between the person and the shop.
var open = []struct{ name, sql string }{
	{"order", `SELECT 1 FROM orders o WHERE (o.customer_id = c.id OR o.customer_id IS NULL AND o.email <> '' AND lower(o.email) = c.email_key) AND o.state = 'placed' AND o.imported = FALSE`},
	{"return", `SELECT 1 FROM returns r JOIN orders o ON o.id = r.order_id WHERE (o.customer_id = c.id OR o.customer_id IS NULL AND o.email <> '' AND lower(o.email) = c.email_key) AND r.state NOT IN ('refused', 'closed')`},
	{"refund", `SELECT 1 FROM orders o JOIN payments p ON p.order_id = o.id JOIN payment_ops x ON x.payment_id = p.id AND x.kind = 'refund' AND x.state IN ('planned', 'sent')
		WHERE o.customer_id = c.id OR o.customer_id IS NULL AND o.email <> '' AND lower(o.email) = c.email_key`},
	{"credit", `SELECT 1 FROM credits k WHERE (k.customer_id = c.id OR k.email <> '' AND lower(k.email) = c.email_key) AND k.balance > 0`},
	{"question", `SELECT 1 FROM questions q WHERE (q.customer_id = c.id OR q.email <> '' AND lower(q.email) = c.email_key) AND q.answered_at = 0`},
}

// held names what is still open with each of them.
func held(ctx context.Context, q db.Q, ids ...customer.ID) (map[customer.ID][]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	parts := make([]string, len(open))
	for i, o := range open {
		parts[i] = "SELECT c.id, '" + o.name + "' AS name FROM customers c WHERE c.id IN @ids AND EXISTS (" + o.sql + ")"
	}
	var rows []struct {
		ID   customer.ID
		Name string
	}
	if err := q.Query(ctx).Raw(strings.Join(parts, " UNION ALL "), map[string]any{"ids": ids}).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("ask what is open with customers: %w", err)
	}
	all := make(map[customer.ID][]string)
	for _, r := range rows {
		all[r.ID] = append(all[r.ID], r.Name)
	}
	return all, nil
}

// terms are the settings and the day in numbers.
func terms(set setting.Values, now time.Time) map[string]any {
	days := int64(set.UnreachableDays()) * (24 * time.Hour).Milliseconds()
	quiet := now.AddDate(0, -set.InactiveMonths(), set.UnreachableDays())
	return map[string]any{"now": now.UnixMilli(), "days": days, "quiet": quiet.UnixMilli()}
}

// Tend does the day's round: who can no longer be reached, and who went quiet
// without ever buying, begins to rest; who is back, rests no more; whose time
// is over and with whom nothing is open, goes. Each person that goes is a
// transaction of their own, and the round may be stopped and begun again at any
// point.
func Tend(ctx context.Context, d *db.DB, set setting.Values, now time.Time) (Tended, error) {
	var done Tended
	values := terms(set, now)
	err := d.InTx(ctx, func(tx *db.Tx) error {
		done = Tended{}
		for _, s := range []struct {
			n   *int
			sql string
		}{
			{&done.Back, `DELETE FROM rests WHERE NOT EXISTS (SELECT 1 FROM customers c WHERE c.id = rests.customer_id AND (
				rests.cause = 'unreachable' AND ` + unreachable + ` OR rests.cause = 'inactive' AND ` + inactive + `))`},
			{&done.Resting, `INSERT INTO rests (customer_id, cause, since, due_at) SELECT c.id, 'unreachable', CAST(@now AS BIGINT), CAST(@now AS BIGINT) + CAST(@days AS BIGINT) FROM customers c WHERE ` + unreachable + ` ON CONFLICT (customer_id) DO NOTHING`},
			{&done.Resting, `INSERT INTO rests (customer_id, cause, since, due_at) SELECT c.id, 'inactive', CAST(@now AS BIGINT), CAST(@now AS BIGINT) + CAST(@days AS BIGINT) FROM customers c WHERE ` + inactive + ` ON CONFLICT (customer_id) DO NOTHING`},
			{nil, `UPDATE rests SET due_at = since + CAST(@days AS BIGINT) WHERE due_at <> since + CAST(@days AS BIGINT)`},
		} {
			r := tx.Query(ctx).Exec(s.sql, values)
			if r.Error != nil {
				return fmt.Errorf("tend the file of customers: %w", r.Error)
			}
			if s.n != nil {
				*s.n += int(r.RowsAffected)
			}
		}
		return nil
	})
	if err != nil {
		return done, err
	}
	var due []customer.ID
	if err := d.Query(ctx).Raw("SELECT customer_id FROM rests WHERE due_at <= ? AND kept_at = 0 ORDER BY due_at, customer_id", db.At(now)).Scan(&due).Error; err != nil {
		return done, fmt.Errorf("read whose time is over: %w", err)
	}
	var failures error
	for _, id := range due {
		if ctx.Err() != nil {
			break
		}
		gone, err := release(ctx, d, set, id, now)
		switch {
		case err != nil:
			failures = errors.Join(failures, err)
		case gone:
			done.Gone++
		default:
			done.Held++
		}
	}
	return done, failures
}

// release blanks one file whose time is over; false: something spoke against
// it at the last moment. What the law of accounts asks for stays, under a
// number that leads to nobody.
func release(ctx context.Context, d *db.DB, set setting.Values, id customer.ID, now time.Time) (gone bool, err error) {
	err = d.InTx(ctx, func(tx *db.Tx) error {
		gone = false
		if err := customer.Lock(ctx, tx, id); err != nil { // placing, asking and signing in take the same row
			return err
		}
		values := terms(set, now)
		values["id"] = int64(id)
		var causes []string
		err := tx.Query(ctx).Raw(`SELECT r.cause FROM rests r JOIN customers c ON c.id = r.customer_id WHERE c.id = @id AND r.kept_at = 0 AND r.due_at <= @now
			AND (r.cause = 'unreachable' AND `+unreachable+` OR r.cause = 'inactive' AND `+inactive+`)`, values).Scan(&causes).Error
		if err != nil || len(causes) == 0 {
			return err
		}
		if names, err := held(ctx, tx, id); err != nil || len(names[id]) > 0 {
			return err
		}
		gone = true
		return customer.Retire(ctx, tx, id, causes[0], now, forgets...)
	})
	if err != nil {
		return false, fmt.Errorf("let customer %d go: %w", id, err)
	}
	return gone, nil
}

// Resting is a file that rests, as the list for staff shows it.
type Resting struct {
	Rest
	Number, Email, Name string
	Orders              int
	Open                []string `gorm:"-"` // what is still open, and holds it
}

// Rests lists the files that rest, those that go first on top, and how many
// there are.
func Rests(ctx context.Context, q db.Q, page, per int) ([]Resting, int, error) {
	var total int
	if err := q.Query(ctx).Raw("SELECT count(*) FROM rests").Scan(&total).Error; err != nil {
		return nil, 0, fmt.Errorf("count who rests: %w", err)
	}
	var all []Resting
	err := q.Query(ctx).Raw(`SELECT r.*, c.number, c.email, c.name, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) AS orders FROM rests r JOIN customers c ON c.id = r.customer_id
		ORDER BY r.kept_at > 0, r.due_at, r.customer_id LIMIT ? OFFSET ?`, per, (max(1, page)-1)*per).Scan(&all).Error
	if err != nil {
		return nil, 0, fmt.Errorf("read who rests: %w", err)
	}
	ids := make([]customer.ID, len(all))
	for i, r := range all {
		ids[i] = r.CustomerID
	}
	held, err := held(ctx, q, ids...)
	if err != nil {
		return nil, 0, err
	}
	for i, r := range all {
		all[i].Open = held[r.CustomerID]
	}
	return all, total, nil
}

// Keep takes a file out of those that go, with a reason; an empty one lets it
// go again, after its whole time. Who does not rest is NotFound.
func Keep(ctx context.Context, tx *db.Tx, id customer.ID, reason, by string, now time.Time) error {
	reason = strings.TrimSpace(reason)
	if len([]rune(reason)) > 200 || strings.ContainsAny(reason, "\r\n\x00") {
		var form fault.Form
		form.Wrong("reason", "customer.text.long", "most", 200)
		return form.Err()
	}
	sql, args := "UPDATE rests SET kept_at = ?, kept_by = ?, kept_reason = ? WHERE customer_id = ?", []any{db.At(now), by, reason, int64(id)}
	if reason == "" {
		sql, args = "UPDATE rests SET kept_at = 0, kept_by = '', kept_reason = '', since = ? WHERE customer_id = ?", []any{db.At(now), int64(id)}
	}
	r := tx.Query(ctx).Exec(sql, args...)
	if r.Error != nil {
		return fmt.Errorf("keep customer %d: %w", id, r.Error)
	}
	if r.RowsAffected == 0 {
		return fault.New(fault.NotFound, "customer.unknown")
	}
	return nil
}

// forget takes a person out of what this package holds.
func forget(ctx context.Context, tx *db.Tx, id customer.ID, _ string, _ time.Time) error {
	for _, sql := range []string{"DELETE FROM rests WHERE customer_id = @id", "DELETE FROM duplicates WHERE low_id = @id OR high_id = @id"} {
		if err := tx.Query(ctx).Exec(sql, map[string]any{"id": int64(id)}).Error; err != nil {
			return fmt.Errorf("forget customer %d: %w", id, err)
		}
	}
	return nil
}

// Overdue names the customers that rest beyond their time although nobody
// keeps them and nothing is open: the daily round has missed them.
func Overdue(ctx context.Context, q db.Q, now time.Time) ([]string, error) {
	var due []customer.ID
	if err := q.Query(ctx).Raw("SELECT customer_id FROM rests WHERE due_at < ? AND kept_at = 0 ORDER BY customer_id", db.At(now.Add(-48*time.Hour))).Scan(&due).Error; err != nil {
		return nil, fmt.Errorf("read who rests too long: %w", err)
	}
	var ids []string
	for some := range slices.Chunk(due, 500) {
		held, err := held(ctx, q, some...)
		if err != nil {
			return nil, err
		}
		for _, id := range some {
			if len(held[id]) == 0 {
				ids = append(ids, fmt.Sprint("customer ", id))
			}
		}
	}
	return ids, nil
}

package person

import (
	"context"
	"fmt"
	"slices"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
)

// The logs that are followed, and how far behind their place they are read
// again: on Postgres a row may become visible after a later one.
const (
	newcomers = "newcomers"   // by id
	profiles  = "profiles"    // by updated_at
	ordered   = "placed"      // by id
	moved     = "order-moves" // by their history

	backRows = 100
	backTime = 5000 // milliseconds

	together = 400 // rows a transaction
	mostNew  = 500 // rows a search looks through itself
)

// named is a row with what people are found by.
type named struct {
	ID                 int64
	Email, Name, Phone string
	At                 int64
	Guest, Erased      bool
}

var follows = []struct{ source, table, id, sql string }{
	{newcomers, "customer_keys", "customer_id", "SELECT id, email, name, phone, id AS at, TRUE AS guest, erased_at <> 0 AS erased FROM customers WHERE id > ? ORDER BY id LIMIT ?"},
	{profiles, "customer_keys", "customer_id", "SELECT id, email, name, phone, updated_at AS at, TRUE AS guest, erased_at <> 0 AS erased FROM customers WHERE updated_at > ? ORDER BY updated_at, id LIMIT ?"},
	{ordered, "order_keys", "order_id", "SELECT id, email, name, phone, id AS at, customer_id IS NULL AS guest, FALSE AS erased FROM orders WHERE id > ? ORDER BY id LIMIT ?"},
	{moved, "order_keys", "order_id", "SELECT o.id, o.email, o.name, o.phone, h.id AS at, o.customer_id IS NULL AS guest, FALSE AS erased FROM order_history h JOIN orders o ON o.id = h.order_id WHERE h.id > ? ORDER BY h.id LIMIT ?"},
}

// keys are those of a row: of an order of an account the telephone alone, since
// the account has the rest.
func (n named) keys() [][2]string {
	switch {
	case n.Erased:
		return nil
	case !n.Guest:
		return keysOf("", "", n.Phone)
	}
	return keysOf(n.Email, n.Name, n.Phone)
}

func tailOf(ctx context.Context, q db.Q, source string) (at int64, err error) {
	if err := q.Query(ctx).Raw("SELECT coalesce(max(entry), 0) FROM key_tails WHERE source = ?", source).Scan(&at).Error; err != nil {
		return 0, fmt.Errorf("read how far %s were followed: %w", source, err)
	}
	return at, nil
}

// fresh looks through the rows that nobody followed yet.
func (a Asked) fresh(ctx context.Context, q db.Q, h hits) error {
	for _, f := range follows {
		at, err := tailOf(ctx, q, f.source)
		if err != nil {
			return err
		}
		var rows []named
		if err := q.Query(ctx).Raw(f.sql, at, mostNew).Scan(&rows).Error; err != nil {
			return fmt.Errorf("read the newest %s: %w", f.source, err)
		}
		into := h.customers
		if f.table == "order_keys" {
			into = h.orders
		}
		for _, r := range rows {
			switch {
			case r.Erased:
			case r.Guest && a.fits(r.Email, r.Name, r.Phone), !r.Guest && a.fits("", "", r.Phone):
				into[r.ID] = true
			}
		}
	}
	return nil
}

// Follow makes the keys of whoever came or changed since it was last called.
// Several may run at once; making them twice changes nothing.
func Follow(ctx context.Context, d *db.DB) error {
	for _, f := range follows {
		back := int64(backRows)
		if f.source == profiles {
			back = backTime
		}
		at, err := tailOf(ctx, d, f.source)
		if err != nil {
			return err
		}
		if last := map[string]string{profiles: "SELECT coalesce(max(updated_at), 0) FROM customers", moved: "SELECT coalesce(max(id), 0) FROM order_history"}[f.source]; last != "" && at == 0 {
			// whoever is there is new, and was found as such
			if err := d.Query(ctx).Raw(last).Scan(&at).Error; err != nil {
				return fmt.Errorf("follow %s: %w", f.source, err)
			}
			if err := mark(ctx, d, f.source, at); err != nil {
				return err
			}
		}
		for from := max(0, at-back); ; {
			var rows []named
			if err := d.Query(ctx).Raw(f.sql, from, together).Scan(&rows).Error; err != nil {
				return fmt.Errorf("follow %s: %w", f.source, err)
			}
			if len(rows) == 0 {
				break
			}
			end := rows[len(rows)-1].At
			if err := d.InTx(ctx, func(tx *db.Tx) error { return write(ctx, tx, f.table, f.id, rows) }); err != nil {
				return err
			}
			if end > at {
				if err := mark(ctx, d, f.source, end); err != nil {
					return err
				}
			}
			if len(rows) < together {
				break
			}
			if end == from { // a thousand of one moment; the rest is found by its id, as new
				end++
			}
			from = end
		}
	}
	return nil
}

func mark(ctx context.Context, d *db.DB, source string, at int64) error {
	return d.InTx(ctx, func(tx *db.Tx) error {
		err := tx.Query(ctx).Exec(`INSERT INTO key_tails (source, entry) VALUES (?, ?)
			ON CONFLICT (source) DO UPDATE SET entry = excluded.entry WHERE key_tails.entry < excluded.entry`, source, at).Error
		if err != nil {
			return fmt.Errorf("note how far %s were followed: %w", source, err)
		}
		return nil
	})
}

// write brings the keys of some rows to what the rows say.
func write(ctx context.Context, tx *db.Tx, table, id string, rows []named) error {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	var had []struct {
		ID        int64
		Kind, Key string
	}
	if err := tx.Query(ctx).Raw("SELECT "+id+" AS id, kind, key FROM "+table+" WHERE "+id+" IN ?", ids).Scan(&had).Error; err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	is := map[int64][][2]string{}
	for _, k := range had {
		is[k.ID] = append(is[k.ID], [2]string{k.Kind, k.Key})
	}
	var add [][]any
	for _, r := range rows {
		want := r.keys()
		for _, k := range is[r.ID] {
			if !slices.Contains(want, k) {
				if err := tx.Query(ctx).Exec("DELETE FROM "+table+" WHERE "+id+" = ? AND kind = ? AND key = ?", r.ID, k[0], k[1]).Error; err != nil {
					return fmt.Errorf("take out a key: %w", err)
				}
			}
		}
		for _, k := range want {
			if !slices.Contains(is[r.ID], k) {
				add = append(add, []any{r.ID, k[0], k[1]})
			}
		}
	}
	var err error
	if table == "customer_keys" {
		_, err = tx.Insert(ctx, "customer_keys", []string{"customer_id", "kind", "key"}, add, true)
	} else {
		_, err = tx.Insert(ctx, "order_keys", []string{"order_id", "kind", "key"}, add, true)
	}
	if err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	return nil
}

// Forget takes out by what somebody is found, and what was promised to them,
// when their account is erased (a customer.Forget; before order.Forget, which
// blanks what it looks for).
func Forget(ctx context.Context, tx *db.Tx, id customer.ID, email string, _ time.Time) error {
	const whose = "(SELECT id FROM orders WHERE customer_id = ? OR customer_id IS NULL AND email <> '' AND lower(email) = ?)"
	for _, part := range []struct {
		sql  string
		args []any
	}{
		{"DELETE FROM customer_keys WHERE customer_id = ?", []any{int64(id)}},
		{"DELETE FROM promises WHERE customer_id = ?", []any{int64(id)}},
		{"DELETE FROM order_keys WHERE order_id IN " + whose, []any{int64(id), customer.EmailKey(email)}},
		{"DELETE FROM promises WHERE order_id IN " + whose, []any{int64(id), customer.EmailKey(email)}},
	} {
		if err := tx.Query(ctx).Exec(part.sql, part.args...).Error; err != nil {
			return fmt.Errorf("forget what customer %d is found by: %w", id, err)
		}
	}
	return nil
}

var _ customer.Forget = Forget

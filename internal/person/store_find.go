package person

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"regulars/internal/customer"
	"regulars/internal/db"
)

// Most is how many people one search finds at most.
const Most = 50

// Guest is somebody who bought without an account.
type Guest struct {
	Number     string // of the newest order; it names their card
	Email      string
	Name       string
	Phone      string
	Orders     int
	LastAt     db.Time
	Simulated  bool
	CustomerID *customer.ID `gorm:"column:customer_id"`
	ID         int64
	PlacedAt   db.Time
}

// Found is whom a search leads to. More says that there are others beyond.
type Found struct {
	Customers []customer.ID
	Guests    []Guest
	More      bool
}

// hits are rows that a search came upon.
type hits struct{ customers, orders map[int64]bool }

func (h hits) add(of map[int64]bool, ids []int64) {
	for _, id := range ids {
		of[id] = true
	}
}

// Find looks for people by an address, a number, a telephone or a name. Those
// whom the keys do not know yet are looked through themselves.
func Find(ctx context.Context, q db.Q, a Asked) (*Found, error) {
	h := hits{map[int64]bool{}, map[int64]bool{}}
	if a.Number != "" {
		var ids []int64
		if err := q.Query(ctx).Raw("SELECT id FROM customers WHERE number = ? AND number <> ''", a.Number).Scan(&ids).Error; err != nil {
			return nil, fmt.Errorf("find a customer by number: %w", err)
		}
		h.add(h.customers, ids)
		ids = nil
		if err := q.Query(ctx).Raw("SELECT id FROM orders WHERE number = ?", a.Number).Scan(&ids).Error; err != nil {
			return nil, fmt.Errorf("find an order by number: %w", err)
		}
		h.add(h.orders, ids)
	}
	for _, side := range []struct {
		table, id string
		into      map[int64]bool
	}{{"customer_keys", "customer_id", h.customers}, {"order_keys", "order_id", h.orders}} {
		ids, err := a.byKeys(ctx, q, side.table, side.id)
		if err != nil {
			return nil, err
		}
		h.add(side.into, ids)
	}
	if err := a.fresh(ctx, q, h); err != nil {
		return nil, err
	}
	return h.people(ctx, q)
}

// beyond is a text behind all that begin with another.
func beyond(prefix string) string { return prefix + "\U0010FFFF" }

// byKeys asks one table of keys.
func (a Asked) byKeys(ctx context.Context, q db.Q, table, id string) (all []int64, err error) {
	const limit = Most*4 + 1
	if a.Email != "" {
		err := q.Query(ctx).Raw("SELECT "+id+" FROM "+table+" WHERE kind = 'email' AND key >= ? AND key < ? LIMIT ?", a.Email, beyond(a.Email), limit).Scan(&all).Error
		if err != nil {
			return nil, fmt.Errorf("find people by address: %w", err)
		}
	}
	if a.Digits != "" {
		// The last digits find; what stands before them is compared here, since
		// countries and people write it differently.
		from := backwards(a.Digits)
		from = from[:min(len(from), 8)]
		var rows []struct {
			ID  int64
			Key string
		}
		err := q.Query(ctx).Raw("SELECT "+id+" AS id, key FROM "+table+" WHERE kind = 'phone' AND key >= ? AND key < ? LIMIT ?", from, beyond(from), limit).Scan(&rows).Error
		if err != nil {
			return nil, fmt.Errorf("find people by telephone: %w", err)
		}
		for _, r := range rows {
			if sameLine(backwards(r.Key), a.Digits) {
				all = append(all, r.ID)
			}
		}
	}
	if len(a.Words) > 0 {
		words := slices.SortedStableFunc(slices.Values(a.Words), func(x, y string) int { return cmp.Compare(len(y), len(x)) })
		where, args := "kind = 'name' AND key >= ? AND key < ?", []any{words[0], beyond(words[0])}
		for _, w := range words[1:min(len(words), 5)] {
			where += " AND " + id + " IN (SELECT " + id + " FROM " + table + " WHERE kind = 'name' AND key >= ? AND key < ?)"
			args = append(args, w, beyond(w))
		}
		var ids []int64
		if err := q.Query(ctx).Raw("SELECT DISTINCT "+id+" FROM "+table+" WHERE "+where+" LIMIT ?", append(args, limit)...).Scan(&ids).Error; err != nil {
			return nil, fmt.Errorf("find people by name: %w", err)
		}
		all = append(all, ids...)
	}
	return all, nil
}

// fits reports whether what is asked for finds somebody of these.
func (a Asked) fits(email, name, phone string) bool {
	if a.Email != "" && strings.HasPrefix(customer.EmailKey(email), a.Email) {
		return true
	}
	if a.Digits != "" && sameLine(Digits(phone), a.Digits) {
		return true
	}
	keys := nameKeys(name)
	return len(a.Words) > 0 && !slices.ContainsFunc(a.Words, func(w string) bool {
		return !slices.ContainsFunc(keys, func(k string) bool { return strings.HasPrefix(k, w) })
	})
}

// people makes of what was come upon the people behind it, accounts newest
// first, then guests.
func (h hits) people(ctx context.Context, q db.Q) (*Found, error) {
	found := &Found{}
	var guests []Guest
	if len(h.orders) > 0 {
		err := q.Query(ctx).Raw(`SELECT id, number, email, name, phone, customer_id, placed_at, simulated FROM orders WHERE id IN ? ORDER BY placed_at DESC, id DESC`, list(h.orders)).Scan(&guests).Error
		if err != nil {
			return nil, fmt.Errorf("read whose orders were found: %w", err)
		}
	}
	at := map[string]int{}
	for _, g := range guests {
		if g.CustomerID != nil {
			h.customers[int64(*g.CustomerID)] = true
			continue
		}
		key := cmp.Or(customer.EmailKey(g.Email), g.Number)
		if i, known := at[key]; known {
			found.Guests[i].Orders++
			continue
		}
		g.Orders, g.LastAt = 1, g.PlacedAt
		at[key] = len(found.Guests)
		found.Guests = append(found.Guests, g)
	}
	if len(h.customers) > 0 {
		err := q.Query(ctx).Raw("SELECT id FROM customers WHERE id IN ? AND erased_at = 0 ORDER BY created_at DESC, id DESC LIMIT ?", list(h.customers), Most+1).Scan(&found.Customers).Error
		if err != nil {
			return nil, fmt.Errorf("read who was found: %w", err)
		}
	}
	if len(found.Customers) > Most {
		found.Customers, found.More = found.Customers[:Most], true
	}
	if len(found.Guests) > Most {
		found.Guests, found.More = found.Guests[:Most], true
	}
	return found, nil
}

func list(of map[int64]bool) []int64 {
	ids := make([]int64, 0, len(of))
	for id := range of {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// GuestOf is the guest whose order has that number, with all that was ordered
// by guests under the same address; known is the account if there is one of
// that address, which nobody has proved to be the same person.
func GuestOf(ctx context.Context, q db.Q, number string) (w Who, owner customer.ID, err error) {
	var rows []struct {
		ID         int64
		Email      string
		CustomerID *customer.ID
	}
	if err := q.Query(ctx).Raw("SELECT id, email, customer_id FROM orders WHERE number = ?", number).Scan(&rows).Error; err != nil {
		return w, 0, fmt.Errorf("read the order of a guest: %w", err)
	}
	if len(rows) == 0 {
		return w, 0, nil
	}
	if rows[0].CustomerID != nil {
		return w, *rows[0].CustomerID, nil
	}
	w = Who{Email: rows[0].Email, Orders: []int64{rows[0].ID}}
	if w.Email != "" {
		if w.Orders, err = guestOrders(ctx, q, w.Email); err != nil {
			return w, 0, err
		}
	}
	return w, 0, nil
}

func guestOrders(ctx context.Context, q db.Q, email string) (ids []int64, err error) {
	err = q.Query(ctx).Raw("SELECT id FROM orders WHERE lower(email) = ? AND customer_id IS NULL ORDER BY placed_at DESC, id DESC LIMIT 200", customer.EmailKey(email)).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("read the orders of a guest: %w", err)
	}
	return ids, nil
}

// GuestNumber is the number of the newest order that was placed as a guest
// under an address; "" if there is none.
func GuestNumber(ctx context.Context, q db.Q, email string) (number string, orders int, err error) {
	ids, err := guestOrders(ctx, q, email)
	if err != nil || len(ids) == 0 {
		return "", 0, err
	}
	if err := q.Query(ctx).Raw("SELECT number FROM orders WHERE id = ?", ids[0]).Scan(&number).Error; err != nil {
		return "", 0, fmt.Errorf("read the order of a guest: %w", err)
	}
	return number, len(ids), nil
}

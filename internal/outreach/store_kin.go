package outreach

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
)

// kin is an account of the person a message goes to: the one it is for, the
// one of its address, and, for a guest, the one that uses the same browser.
type kin struct {
	ID        int64
	BirthDate string
	Staff     bool
}

// everybody finds them. A guest who became a member, or ordered under another
// address, is known by one of them.
func (c *Candidate) everybody(ctx context.Context, q db.Q) (all []kin, err error) {
	var own, visitor int64
	if c.Customer != nil {
		own = int64(c.Customer.ID)
	}
	if c.Cart != nil && c.Cart.CustomerID == nil && c.Cart.VisitorID != nil {
		visitor = int64(*c.Cart.VisitorID)
	}
	err = q.Query(ctx).Raw(`SELECT k.id, k.birth_date, FALSE AS staff FROM customers k WHERE k.id = ? OR k.email_key = ? AND k.erased_at = 0
			OR k.id = (SELECT v.customer_id FROM visitors v WHERE v.id = ?) AND k.erased_at = 0
		UNION ALL SELECT 0, '', TRUE FROM staff WHERE email_key = ? AND active = TRUE`,
		own, customer.EmailKey(c.Email), visitor, customer.EmailKey(c.Email)).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("find the accounts of %s: %w", masked(c.Email), err)
	}
	return all, nil
}

// ids are their rows; never empty, so that it can stand in a list.
func (c *Candidate) ids() []int64 {
	ids := []int64{0}
	for _, k := range c.people {
		ids = append(ids, k.ID)
	}
	return ids
}

// ofAge keeps what sells away from anybody who said to be under eighteen, and
// reminders from those who work here.
func (d *Desk) ofAge(_ context.Context, _ db.Q, c Candidate, now time.Time) (string, error) {
	for _, k := range c.people {
		if k.Staff && c.Cart != nil {
			return "staff", nil
		}
		age, known := (&customer.Customer{BirthDate: k.BirthDate}).Age(now.In(d.Settings.Now().Zone()))
		if known && age < 18 && c.Class == Marketing {
			return "under-age", nil
		}
	}
	return "", nil
}

// since looks for what the person did after they left the cart: any order, on
// whatever device and under whatever address we know to be theirs, and any
// newer cart.
func since(ctx context.Context, q db.Q, c Candidate) (string, error) {
	key, ids := customer.EmailKey(c.Email), c.ids()
	var visitor int64
	if c.Cart.VisitorID != nil {
		visitor = int64(*c.Cart.VisitorID)
	}
	var n struct{ Orders, Carts bool }
	err := q.Query(ctx).Raw(`SELECT EXISTS (SELECT 1 FROM orders o WHERE o.placed_at >= @at AND lower(o.email) = @key)
			OR EXISTS (SELECT 1 FROM orders o WHERE o.placed_at >= @at AND o.customer_id IN @ids)
			OR EXISTS (SELECT 1 FROM carts k JOIN orders o ON o.cart_id = k.id WHERE k.visitor_id = @visitor AND o.placed_at >= @at AND (o.customer_id IS NULL OR @guest)) AS orders,
		EXISTS (SELECT 1 FROM carts k WHERE k.id <> @cart AND k.state IN ('open','converted') AND k.kind = 'shopper' AND k.started_at > 0 AND k.active_at > @at
			AND (k.customer_id IN @ids OR k.email <> '' AND lower(k.email) = @key OR k.visitor_id = @visitor)) AS carts`,
		map[string]any{"at": c.Cart.ActiveAt, "key": key, "ids": ids, "visitor": visitor, "cart": int64(c.Cart.ID), "guest": c.Cart.CustomerID == nil}).Scan(&n).Error
	switch {
	case err != nil:
		return "", err
	case n.Orders:
		return "ordered", nil
	case n.Carts:
		return "newer-cart", nil
	}
	return "", nil
}

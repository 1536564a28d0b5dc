package cart

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
)

// Forget takes a person out of their carts when their account is erased (a
// customer.Forget): the address, the permission to write to it, and the
// browser. The carts and their steps stay, as the report counts them. With the
// address, if it was proved, go the carts a guest left with it.
func Forget(ctx context.Context, tx *db.Tx, id customer.ID, email string, _ time.Time) error {
	for _, s := range []struct {
		sql string
		arg any
	}{
		{"DELETE FROM saved_lines WHERE customer_id = ?", int64(id)},
		{"DELETE FROM saved_lines WHERE visitor_id IN (SELECT v.id FROM visitors v WHERE v.customer_id = ?)", int64(id)},
		// A guest's cart that was merged at sign-in belongs to nobody but still knows the address.
		{"UPDATE carts SET email = '', mail_ok = FALSE, visitor_id = NULL WHERE state = 'merged' AND merged_into IN (SELECT own.id FROM carts own WHERE own.customer_id = ?)", int64(id)},
		{"UPDATE carts SET email = '', mail_ok = FALSE, visitor_id = NULL WHERE customer_id = ?", int64(id)},
		{"UPDATE carts SET email = '', mail_ok = FALSE WHERE customer_id IS NULL AND email <> '' AND lower(email) = ?", customer.EmailKey(email)},
	} {
		if err := tx.Query(ctx).Exec(s.sql, s.arg).Error; err != nil {
			return fmt.Errorf("forget the carts of customer %d: %w", id, err)
		}
	}
	return nil
}

// shopper is the kind of the carts that reports count.
const shopper = "shopper"

func kindOf(p *customer.Person) string {
	switch {
	case p == nil:
		return shopper
	case p.Staff:
		return "staff"
	case p.Bot || p.Visitor != nil && p.Visitor.Bot:
		return "bot"
	}
	return shopper
}

// SetKind takes an open shopper's cart out of the reports, as one of staff or
// of a bot. A cart of such a kind never becomes a shopper's again.
func SetKind(ctx context.Context, tx *db.Tx, id ID, kind string) error {
	if err := tx.Query(ctx).Exec("UPDATE carts SET kind = ? WHERE id = ? AND state = 'open' AND kind = 'shopper'", kind, int64(id)).Error; err != nil {
		return fmt.Errorf("make cart %d one of %s: %w", id, kind, err)
	}
	return nil
}

// Unite puts the carts of one customer under another who is the same person (a
// customer.Merge). Of two open ones the older survives, as at sign-in.
func Unite(ctx context.Context, tx *db.Tx, from, into customer.ID, now time.Time) error {
	var found []Cart
	err := db.ForUpdate(tx.Query(ctx)).Where("state = 'open' AND customer_id IN (?, ?)", int64(from), int64(into)).Order("id").Find(&found).Error
	if err != nil {
		return fmt.Errorf("lock carts of customers %d and %d: %w", from, into, err)
	}
	if len(found) == 2 {
		if err := found[0].absorb(ctx, tx, &found[1], now); err != nil {
			return err
		}
	}
	if err := tx.Query(ctx).Exec("UPDATE carts SET customer_id = ? WHERE customer_id = ?", int64(into), int64(from)).Error; err != nil {
		return fmt.Errorf("put the carts of customer %d under %d: %w", from, into, err)
	}
	return uniteSaved(ctx, tx, from, into)
}

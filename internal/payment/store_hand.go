package payment

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
	"regulars/internal/money"
	"regulars/internal/order"
)

// receive writes a receipt once, and returns what arrived in all. The caller
// has locked the order, so no other receipt comes between.
func (p *Payment) receive(ctx context.Context, tx *db.Tx, r Receipt, now time.Time) (fresh bool, sum money.Amount, err error) {
	done := tx.Query(ctx).Exec("INSERT INTO payment_receipts (payment_id, key, amount, actor, note, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		int64(p.ID), r.Key, int64(r.Amount), r.By, r.Words, db.At(now))
	if done.Error != nil || done.RowsAffected == 0 {
		return false, 0, wrapNote(p, done.Error)
	}
	err = tx.Query(ctx).Raw("SELECT sum(amount) FROM payment_receipts WHERE payment_id = ?", int64(p.ID)).Scan(&sum).Error
	return true, sum, wrapNote(p, err)
}

func wrapNote(p *Payment, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("note money for payment %d: %w", p.ID, err)
}

// arrived is what staff saw arrive for an order that did not make it paid.
func arrived(ctx context.Context, tx *db.Tx, id order.ID) (sum money.Amount, err error) {
	err = tx.Query(ctx).Raw(`SELECT coalesce(sum(r.amount), 0) FROM payment_receipts r JOIN payments p ON p.id = r.payment_id
		WHERE p.order_id = ? AND p.captured = 0`, int64(id)).Scan(&sum).Error
	if err != nil {
		return 0, fmt.Errorf("read receipts of order %d: %w", id, err)
	}
	return sum, nil
}

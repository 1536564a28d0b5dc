package payment

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/order"
)

// Forget blanks what staff noted about a person's money where it names the
// person (a customer.Forget; before order.Forget, which blanks the names it
// looks for). Amounts, times and what a provider calls them stay.
func Forget(ctx context.Context, tx *db.Tx, id customer.ID, email string, _ time.Time) error {
	words, err := order.Names(ctx, tx, id, email)
	if err != nil {
		return err
	}
	for _, w := range words {
		for _, sql := range []string{
			"UPDATE refunds SET reason = '' WHERE reason <> '' AND lower(reason) LIKE ? ESCAPE '\\' AND order_id IN (SELECT id FROM orders WHERE " + order.Whose + ")",
			"UPDATE payment_receipts SET note = '' WHERE note <> '' AND lower(note) LIKE ? ESCAPE '\\' AND payment_id IN (SELECT p.id FROM payments p WHERE p.order_id IN (SELECT id FROM orders WHERE " + order.Whose + "))",
		} {
			if err := tx.Query(ctx).Exec(sql, order.Like(w), int64(id), customer.EmailKey(email)).Error; err != nil {
				return fmt.Errorf("forget the notes about the money of customer %d: %w", id, err)
			}
		}
	}
	return nil
}

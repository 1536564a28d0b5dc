package order

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
)

// owed are the orders that are paid for, or will be at the door, and were not
// sent yet.
const owed = "state = 'placed' AND delivery_state = 'unshipped' AND line1 <> '' AND (payment_state IN ('paid', 'partly-refunded', 'processing') OR at_door AND payment_state = 'pending')"

// Owed counts a customer's orders that are paid for and were not sent yet.
func Owed(ctx context.Context, q db.Q, id customer.ID) (int, error) {
	var n int
	if err := q.Query(ctx).Raw("SELECT count(*) FROM orders WHERE customer_id = ? AND "+owed, int64(id)).Scan(&n).Error; err != nil {
		return 0, fmt.Errorf("count what customer %d waits for: %w", id, err)
	}
	return n, nil
}

// Forget takes a person out of their orders when their account is erased (a
// customer.Forget): the account's own, and those a guest placed with the
// address, if it was proved. What the law of accounts asks for stays: number,
// lines, amounts, country, times. An order paid for and not sent yet has no
// address any more; its history says so to the staff, who refund it.
func Forget(ctx context.Context, tx *db.Tx, id customer.ID, email string, now time.Time) error {
	const whose = "customer_id = ? OR customer_id IS NULL AND email <> '' AND lower(email) = ?"
	var stuck []Order
	err := tx.Query(ctx).Where("("+whose+") AND "+owed,
		int64(id), customer.EmailKey(email)).Order("id").Find(&stuck).Error
	if err != nil {
		return fmt.Errorf("forget the orders of customer %d: %w", id, err)
	}
	err = tx.Query(ctx).Exec(`UPDATE shipments SET tracking = '', url = '' WHERE order_id IN (SELECT id FROM orders WHERE `+whose+`)`, int64(id), customer.EmailKey(email)).Error
	if err != nil {
		return fmt.Errorf("forget the parcels of customer %d: %w", id, err)
	}
	err = tx.Query(ctx).Exec(`UPDATE returns SET name = '', email = '', words = '', answer = '' WHERE order_id IN (SELECT id FROM orders WHERE `+whose+`)`, int64(id), customer.EmailKey(email)).Error
	if err != nil {
		return fmt.Errorf("forget the returns of customer %d: %w", id, err)
	}
	// A blank address also stops a confirmation that still waits.
	err = tx.Query(ctx).Exec(`UPDATE orders SET email = '', phone = '', name = '', line1 = '', line2 = '', city = '', region = '', postcode = '' WHERE `+whose,
		int64(id), customer.EmailKey(email)).Error
	if err != nil {
		return fmt.Errorf("forget the orders of customer %d: %w", id, err)
	}
	for i := range stuck {
		if err := Remark(ctx, tx, &stuck[i], Flag+"the person erased their account before this was sent; there is no address, refund it", "shopper", now); err != nil {
			return err
		}
	}
	return nil
}

// Merge puts the orders of one customer under another who is the same person (a
// customer.Merge). What stands in the orders stays as it was.
func Merge(ctx context.Context, tx *db.Tx, from, into customer.ID, _ time.Time) error {
	if err := tx.Query(ctx).Exec("UPDATE orders SET customer_id = ? WHERE customer_id = ?", int64(into), int64(from)).Error; err != nil {
		return fmt.Errorf("put the orders of customer %d under %d: %w", from, into, err)
	}
	return nil
}

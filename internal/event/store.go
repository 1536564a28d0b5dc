package event

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
)

var columns = []string{"at", "kind", "visitor_id", "customer_id", "cart_id", "order_id", "product_id", "lang", "device", "detail", "key", "bot", "simulated"}

// Write writes events in one go; one whose key is already there is passed over.
func Write(ctx context.Context, tx *db.Tx, events []Event) error {
	rows := make([][]any, len(events))
	for i, e := range events {
		rows[i] = []any{e.At.Milli(), string(e.Kind), e.VisitorID, e.CustomerID, e.CartID, e.OrderID, e.ProductID, e.Lang, e.Device, e.Detail, e.Key, e.Bot, e.Simulated}
	}
	_, err := tx.Insert(ctx, "events", columns, rows, true)
	return err
}

// Join puts the events of a visitor under a customer. It is called at sign-in,
// and only when that customer lets the shop remember (package customer).
func Join(ctx context.Context, tx *db.Tx, visitorID, customerID int64) error {
	err := tx.Query(ctx).Exec("UPDATE events SET customer_id = ? WHERE visitor_id = ? AND customer_id = 0", customerID, visitorID).Error
	if err != nil {
		return fmt.Errorf("join events of visitor %d to customer %d: %w", visitorID, customerID, err)
	}
	return nil
}

// Forget takes a person out of what they did, signed in or in browsers of
// theirs before: the counts stay. Which place of the shop was shown says nothing
// of anybody.
func Forget(ctx context.Context, tx *db.Tx, customerID int64, visitorIDs []int64) error {
	err := tx.Query(ctx).Exec("UPDATE events SET visitor_id = 0, customer_id = 0, detail = CASE WHEN kind IN ('slot.shown', 'slot.click') THEN detail ELSE '' END WHERE customer_id <> 0 AND customer_id = ?", customerID).Error
	if err == nil && len(visitorIDs) > 0 {
		err = tx.Query(ctx).Exec("UPDATE events SET visitor_id = 0, customer_id = 0, detail = CASE WHEN kind IN ('slot.shown', 'slot.click') THEN detail ELSE '' END WHERE visitor_id <> 0 AND customer_id = 0 AND visitor_id IN ?", visitorIDs).Error
	}
	if err != nil {
		return fmt.Errorf("forget the events of customer %d: %w", customerID, err)
	}
	return nil
}

// DropSlots lets impressions and clicks of the shop's places go that are older:
// what they add up to is kept by the day (package analytics).
func DropSlots(ctx context.Context, tx *db.Tx, before time.Time) error {
	if err := tx.Query(ctx).Exec("DELETE FROM events WHERE kind IN (?, ?) AND at < ?", string(SlotShown), string(SlotClick), db.At(before)).Error; err != nil {
		return fmt.Errorf("drop old impressions: %w", err)
	}
	return nil
}

// Merge puts what one customer did under another, who is the same person.
func Merge(ctx context.Context, tx *db.Tx, from, into int64) error {
	if err := tx.Query(ctx).Exec("UPDATE events SET customer_id = ? WHERE customer_id <> 0 AND customer_id = ?", into, from).Error; err != nil {
		return fmt.Errorf("put the events of customer %d under %d: %w", from, into, err)
	}
	return nil
}

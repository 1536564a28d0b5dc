package event

import (
	"context"
	"fmt"

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

// After reads up to limit events with an id above after, in order.
func After(ctx context.Context, q db.Q, after int64, limit int) ([]Event, error) {
	var events []Event
	if err := q.Query(ctx).Where("id > ?", after).Order("id").Limit(limit).Find(&events).Error; err != nil {
		return nil, fmt.Errorf("read events after %d: %w", after, err)
	}
	return events, nil
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

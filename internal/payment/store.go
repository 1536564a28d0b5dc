package payment

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/money"
	"regulars/internal/order"
)

// TableName is payments.
func (Payment) TableName() string { return "payments" }

// ByToken reads the payment of that token; fault.NotFound if there is none.
func ByToken(ctx context.Context, q db.Q, token string) (*Payment, error) {
	var found []Payment
	if err := q.Query(ctx).Where("token = ?", token).Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read payment: %w", err)
	}
	if len(found) == 0 {
		return nil, fault.New(fault.NotFound, "payment.unknown")
	}
	return &found[0], nil
}

// Of reads every attempt to pay an order, the first one first.
func Of(ctx context.Context, q db.Q, id order.ID) ([]Payment, error) {
	var all []Payment
	if err := q.Query(ctx).Where("order_id = ?", int64(id)).Order("attempt").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read payments of order %d: %w", id, err)
	}
	return all, nil
}

// Latest is the newest attempt to pay an order at a provider, nil if there is
// none: what credit paid is decided already.
func Latest(ctx context.Context, q db.Q, id order.ID) (*Payment, error) {
	var found []Payment
	if err := q.Query(ctx).Where("order_id = ? AND provider NOT IN ('gift','credit')", int64(id)).Order("attempt DESC").Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read payments of order %d: %w", id, err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return &found[0], nil
}

// Plan writes the first attempt to pay what is due of an order that was
// created in this transaction, after those attempts that credit made. Its ID is
// known once another statement or the commit has followed.
func Plan(ctx context.Context, tx *db.Tx, o *order.Order, provider string, due money.Amount, after int, now time.Time) (*Payment, error) {
	return plan(ctx, tx, o, provider, due, after+1, now)
}

// Again returns the attempt that the shopper can still decide, or plans the
// next one. The caller has locked the order.
func Again(ctx context.Context, tx *db.Tx, o *order.Order, provider string, now time.Time) (*Payment, error) {
	last, err := Latest(ctx, tx, o.ID)
	if err != nil {
		return nil, err
	}
	if last == nil {
		return plan(ctx, tx, o, provider, o.Total, 1, now)
	}
	if !last.Live() {
		return plan(ctx, tx, o, provider, last.Amount, last.Attempt+1, now)
	}
	// Its time counts from here: the shopper is on the way back to it.
	if err := tx.Query(ctx).Exec("UPDATE payments SET updated_at = ? WHERE id = ?", db.At(now), int64(last.ID)).Error; err != nil {
		return nil, fmt.Errorf("take up payment %d: %w", last.ID, err)
	}
	last.UpdatedAt = db.At(now)
	return last, nil
}

func plan(ctx context.Context, tx *db.Tx, o *order.Order, provider string, due money.Amount, attempt int, now time.Time) (*Payment, error) {
	p := Payment{OrderID: o.ID, Provider: provider, Token: newToken(), Attempt: attempt, Amount: due, Currency: o.Currency,
		State: Planned, CreatedAt: db.At(now), UpdatedAt: db.At(now)}
	err := tx.LaterRow(ctx, fmt.Sprintf("plan payment %d of order %s", attempt, o.Number), func(scan func(...any) error) error { return scan(&p.ID) },
		`INSERT INTO payments (order_id, provider, token, attempt, amount, currency, state, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		int64(o.ID), provider, p.Token, attempt, int64(due), string(o.Currency), string(Planned), p.CreatedAt, p.UpdatedAt)
	if err != nil {
		return nil, err
	}
	return &p, nil
}

// MarkSent notes that the provider has been told of the payment.
func MarkSent(ctx context.Context, tx *db.Tx, p *Payment, now time.Time) error {
	err := tx.Query(ctx).Exec("UPDATE payments SET state = 'sent', updated_at = ? WHERE id = ? AND state = 'planned'", db.At(now), int64(p.ID)).Error
	if err != nil {
		return fmt.Errorf("note payment %d as sent: %w", p.ID, err)
	}
	return nil
}

// move takes a payment from one of the states to another; the row decides.
func (p *Payment) move(ctx context.Context, tx *db.Tx, to State, now time.Time, from ...State) (bool, error) {
	set := "state = ?, updated_at = ?"
	if to == Succeeded {
		set += ", captured = amount"
	}
	result := tx.Query(ctx).Exec("UPDATE payments SET "+set+" WHERE id = ? AND state IN ?", string(to), db.At(now), int64(p.ID), from)
	if result.Error != nil {
		return false, fmt.Errorf("move payment %d to %s: %w", p.ID, to, result.Error)
	}
	if result.RowsAffected == 0 {
		return false, nil
	}
	p.State, p.UpdatedAt = to, db.At(now)
	if to == Succeeded {
		p.Captured = p.Amount
	}
	return true, nil
}

// voidLive ends every other attempt that could still bring money.
func voidLive(ctx context.Context, tx *db.Tx, id order.ID, now time.Time) error {
	err := tx.Query(ctx).Exec("UPDATE payments SET state = 'void', updated_at = ? WHERE order_id = ? AND state IN ('planned','sent','processing')",
		db.At(now), int64(id)).Error
	if err != nil {
		return fmt.Errorf("end payments of order %d: %w", id, err)
	}
	return nil
}

// first notes a provider's event; false: it was told before.
func first(ctx context.Context, tx *db.Tx, provider, eventID string, outcome Outcome, p *Payment, now time.Time) (bool, error) {
	result := tx.Query(ctx).Exec("INSERT INTO payment_events (provider, event_id, kind, payment_id, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		provider, eventID, string(outcome), int64(p.ID), db.At(now))
	if result.Error != nil {
		return false, fmt.Errorf("note event %s of %s: %w", eventID, provider, result.Error)
	}
	return result.RowsAffected == 1, nil
}

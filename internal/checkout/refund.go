package checkout

import (
	"context"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/order"
	"regulars/internal/payment"
)

// RefundIn sends a part of an order's money back. shown is the amount that a
// person saw and agreed to, as payment.Part.Of made it: if it is another by
// now nothing happens (fault.Conflict). key names the request; the same again
// is false.
func (d *Desk) RefundIn(ctx context.Context, tx *db.Tx, id order.ID, part payment.Part, shown, key, by, why string, now time.Time) (bool, error) {
	o, err := order.Lock(ctx, tx, id)
	if err != nil {
		return false, err
	}
	if done, err := payment.Given(ctx, tx, id, key); err != nil || done {
		return false, err
	}
	lines, err := order.Lines(ctx, tx, id)
	if err != nil {
		return false, err
	}
	all, err := payment.Of(ctx, tx, id)
	if err != nil {
		return false, err
	}
	r, err := part.Of(o, lines, payment.Stand(all).Left())
	if err != nil {
		return false, err
	}
	if r.Amount.Decimal(o.Currency) != shown {
		return false, fault.New(fault.Conflict, "order.refund.changed", "number", o.Number)
	}
	r.Key, r.Actor, r.Reason = key, by, why
	return payment.Give(ctx, tx, o, r, now)
}

// RefundAgainIn asks a provider once more for a refund that it refused.
// fault.Conflict if there is no such refund.
func (d *Desk) RefundAgainIn(ctx context.Context, tx *db.Tx, id order.ID, op int64, by string, now time.Time) error {
	o, err := order.Lock(ctx, tx, id)
	if err != nil {
		return err
	}
	again, err := payment.TryAgain(ctx, tx, o, op, by, now)
	if err == nil && !again {
		err = fault.New(fault.Conflict, "order.refund.going", "number", o.Number)
	}
	return err
}

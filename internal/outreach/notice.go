package outreach

import (
	"context"
	"time"

	"regulars/internal/db"
	"regulars/internal/order"
	"regulars/internal/payment"
)

// service is the gate's answer for a service: whether what it tells is still
// so, by the transaction that sends it, and the hour, unless they wait for it.
func (d *Desk) service(ctx context.Context, tx *db.Tx, c Candidate, now time.Time) (Decision, error) {
	if c.stands != nil {
		if reason, err := c.stands(ctx, tx); err != nil || reason != "" {
			return withhold(reason), err
		}
	}
	if c.Asked {
		return Decision{Verdict: Allow}, nil
	}
	return d.whenAwake(ctx, tx, c, now)
}

// stillUnpaid is asked before somebody is told that their payment did not work:
// not where the shop switched it off, and not once any money came. The order is
// locked, so that a payment on its way is seen or waits.
func (d *Desk) stillUnpaid(id order.ID) func(context.Context, *db.Tx) (string, error) {
	return func(ctx context.Context, tx *db.Tx) (string, error) {
		o, err := order.Lock(ctx, tx, id)
		if err != nil {
			return "", err
		}
		payments, err := payment.Of(ctx, tx, id)
		switch {
		case err != nil:
			return "", err
		case !d.Settings.Now().TellsFailedPayment(o.Country):
			return "notice-off", nil
		case o.PaymentState != order.Failed || o.State != order.StatePlaced:
			return "paid-since", nil
		}
		for _, p := range payments {
			if p.State == payment.Succeeded && !p.FromCredit() || p.State == payment.Processing {
				return "paid-since", nil
			}
		}
		return "", nil
	}
}

package payment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"regulars/internal/cart"
	"regulars/internal/credit"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/fault"
	"regulars/internal/inventory"
	"regulars/internal/jobs"
	"regulars/internal/order"
)

const actor = "payment"

// Settle takes a provider's news about a payment in, in one transaction.
// eventID names the news at the provider: told again, it does nothing.
func Settle(ctx context.Context, d *db.DB, provider, eventID, token string, outcome Outcome, now time.Time) (*Settled, error) {
	var done *Settled
	err := d.InTx(ctx, func(tx *db.Tx) (err error) {
		done, err = SettleIn(ctx, tx, provider, eventID, token, outcome, now)
		return err
	})
	if err != nil {
		return nil, err
	}
	return done, nil
}

// SettleIn is Settle inside a transaction.
func SettleIn(ctx context.Context, tx *db.Tx, provider, eventID, token string, outcome Outcome, now time.Time) (*Settled, error) {
	p, err := ByToken(ctx, tx, token)
	if err != nil {
		return nil, err
	}
	if p.Provider != provider {
		return nil, fault.New(fault.NotFound, "payment.unknown")
	}
	o, err := order.Lock(ctx, tx, p.OrderID)
	if err != nil {
		return nil, err
	}
	return take(ctx, tx, o, p, eventID, outcome, now)
}

// take settles with the order locked. In which state the payment is by now is
// asked of its row by the guarded move, not of p.
func take(ctx context.Context, tx *db.Tx, o *order.Order, p *Payment, eventID string, outcome Outcome, now time.Time) (*Settled, error) {
	done := &Settled{Order: o, Payment: p}
	fresh, err := first(ctx, tx, p.Provider, eventID, outcome, p, now)
	if err != nil {
		return nil, err
	}
	if !fresh {
		done.Seen = true
		return done, nil
	}
	switch outcome {
	case OutcomePaid:
		err = done.paid(ctx, tx, now)
	case OutcomeDeclined:
		err = done.declined(ctx, tx, now)
	case OutcomeLater:
		err = done.later(ctx, tx, now)
	default:
		err = fault.New(fault.Invalid, "payment.outcome")
	}
	if err != nil {
		return nil, fmt.Errorf("settle payment of order %s: %w", o.Number, err)
	}
	return done, nil
}

func (s *Settled) paid(ctx context.Context, tx *db.Tx, now time.Time) error {
	moved, err := s.Payment.move(ctx, tx, Succeeded, now, Planned, Sent, Processing, Failed, Void)
	if err != nil || !moved {
		return err
	}
	switch {
	case s.Order.AtDoor && s.Order.State == order.StatePlaced && unpaid(s.Order): // its goods are its own already
		return s.bought(ctx, tx, "", now)
	case s.Order.State == order.StatePlaced && unpaid(s.Order):
		kept, err := inventory.Commit(ctx, tx, int64(s.Order.ID), now)
		if err != nil {
			return err
		}
		if !kept {
			return s.late(ctx, tx, now)
		}
		return s.bought(ctx, tx, "", now)
	case s.Order.State == order.Cancelled && s.Order.PaymentState == order.Void:
		by, err := order.ActorOf(ctx, tx, s.Order.ID, order.OrderAxis, string(order.Cancelled))
		if err != nil {
			return err
		}
		if by != order.ActorHold {
			return s.giveBack(ctx, tx, "paid after it was cancelled; the payment went back", now)
		}
		return s.late(ctx, tx, now)
	}
	return s.giveBack(ctx, tx, "paid twice; the second payment went back", now)
}

func unpaid(o *order.Order) bool {
	return o.PaymentState == order.Pending || o.PaymentState == order.Processing || o.PaymentState == order.Failed
}

// bought makes the order paid and writes the purchase where the funnel reads
// it.
func (s *Settled) bought(ctx context.Context, tx *db.Tx, words string, now time.Time) error {
	if err := s.step(ctx, tx, order.PaymentAxis, string(order.Paid), words, now); err != nil {
		return err
	}
	if s.Payment != nil {
		if err := closePages(ctx, tx, s.Order.ID, now); err != nil {
			return err
		}
	}
	if err := credit.Issue(ctx, tx, int64(s.Order.ID), now); err != nil {
		return err
	}
	if s.Order.AtDoor && s.Order.DeliveryState == order.Delivered {
		if err := s.step(ctx, tx, order.OrderAxis, string(order.Completed), "", now); err != nil {
			return err
		}
	}
	if s.Payment != nil && s.Payment.Provider == TransferCode && !s.Order.Simulated { // they waited for it far from our pages
		told := order.Moved{Order: int64(s.Order.ID), Axis: order.PaymentAxis, To: string(order.Paid), At: now.UnixMilli()}
		if err := jobs.Enqueue(ctx, tx, told); err != nil {
			return err
		}
	}
	if err := counted(ctx, tx, s.Order, now); err != nil {
		return err
	}
	return tell(ctx, tx, s.Order, event.Bought, BoughtKey(s.Order.ID), now)
}

// late is money for an order whose hold had run out: the goods, and what
// credit had paid, are taken again if they are still there, else the money
// goes back and staff are told.
func (s *Settled) late(ctx context.Context, tx *db.Tx, now time.Time) error {
	drawn, err := s.drawAgain(ctx, tx, now)
	if err != nil {
		return err
	}
	if !drawn {
		return s.tooLate(ctx, tx, "credit used meanwhile", "paid after its time ran out, and the credit that paid a part was used; the payment went back", now)
	}
	err = inventory.Retake(ctx, tx, int64(s.Order.ID), now)
	if out := (*inventory.OutOfStockError)(nil); errors.As(err, &out) {
		return s.tooLate(ctx, tx, "goods sold meanwhile", "paid after its time ran out, and the goods were sold; the payment went back", now)
	}
	if err != nil {
		return err
	}
	if s.Order.State != order.StatePlaced {
		if err := s.step(ctx, tx, order.OrderAxis, string(order.StatePlaced), "paid late, goods taken again", now); err != nil {
			return err
		}
	}
	return s.bought(ctx, tx, "late", now)
}

// tooLate ends the order, if it has not ended, and sends the money back.
func (s *Settled) tooLate(ctx context.Context, tx *db.Tx, words, why string, now time.Time) error {
	if _, err := s.Order.Move(ctx, tx, order.OrderAxis, string(order.Cancelled), order.ActorHold, words, now); err != nil {
		return err
	}
	if err := Abandon(ctx, tx, s.Order, order.ActorHold, now); err != nil {
		return err
	}
	return s.giveBack(ctx, tx, why, now)
}

// giveBack returns money that no order can take. The order's own payment
// axis follows only if it had no money yet.
func (s *Settled) giveBack(ctx context.Context, tx *db.Tx, why string, now time.Time) error {
	s.Returned = true
	if s.Order.PaymentState != order.Void {
		if err := s.Payment.sendBack(ctx, tx, s.Order, s.Payment.Captured, "all", overpaid, now); err != nil {
			return err
		}
		return order.Remark(ctx, tx, s.Order, order.Flag+why, actor, now)
	}
	if err := s.step(ctx, tx, order.PaymentAxis, string(order.Paid), "", now); err != nil {
		return err
	}
	if err := s.Payment.sendBack(ctx, tx, s.Order, s.Payment.Captured, "all", 0, now); err != nil {
		return err
	}
	return s.step(ctx, tx, order.PaymentAxis, string(order.Refunded), order.Flag+why, now)
}

// step is a move that has to be possible here: money and order are told
// together or not at all.
func (s *Settled) step(ctx context.Context, tx *db.Tx, axis order.Axis, to, words string, now time.Time) error {
	moved, err := s.Order.Move(ctx, tx, axis, to, actor, words, now)
	if err == nil && !moved {
		err = fmt.Errorf("order %s is %s %s and cannot become %s", s.Order.Number, s.Order.State, s.Order.PaymentState, to)
	}
	return err
}

// declined never undoes success: only a payment that still waited can fail.
func (s *Settled) declined(ctx context.Context, tx *db.Tx, now time.Time) error {
	moved, err := s.Payment.move(ctx, tx, Failed, now, Planned, Sent, Processing)
	if err != nil || !moved {
		return err
	}
	if s.Order.PaymentState == order.Processing {
		if _, err := inventory.Extend(ctx, tx, int64(s.Order.ID), now.Add(Grace), now); err != nil {
			return err
		}
	}
	failed, err := s.Order.Move(ctx, tx, order.PaymentAxis, string(order.Failed), actor, "", now)
	if err != nil || !failed || s.Order.CartID == nil {
		return err
	}
	if err := cart.Step(ctx, tx, *s.Order.CartID, cart.StepFailed, 0, 0, s.Payment.Provider, now); err != nil {
		return err
	}
	return tell(ctx, tx, s.Order, event.PaymentFail, fmt.Sprintf("payment.fail:%s:%d", s.Payment.Token, s.Order.ID), now)
}

func (s *Settled) later(ctx context.Context, tx *db.Tx, now time.Time) error {
	moved, err := s.Payment.move(ctx, tx, Processing, now, Planned, Sent)
	if err != nil || !moved {
		return err
	}
	if _, err := s.Order.Move(ctx, tx, order.PaymentAxis, string(order.Processing), actor, "", now); err != nil {
		return err
	}
	if _, err := inventory.Extend(ctx, tx, int64(s.Order.ID), now.Add(Patience), now); err != nil {
		return err
	}
	if s.Order.Simulated || s.Payment.Provider != TestCode {
		return nil
	}
	return jobs.Enqueue(ctx, tx, Later{s.Payment.Token}, jobs.At(now.Add(LaterAfter)))
}

// Free makes an order that costs nothing paid at once; no provider hears of
// it.
func Free(ctx context.Context, tx *db.Tx, o *order.Order, now time.Time) error {
	if o.Total != 0 {
		return fmt.Errorf("order %s is not free", o.Number)
	}
	return outright(ctx, tx, o, "nothing to pay", now)
}

func outright(ctx context.Context, tx *db.Tx, o *order.Order, words string, now time.Time) error {
	if _, err := inventory.Commit(ctx, tx, int64(o.ID), now); err != nil {
		return err
	}
	return (&Settled{Order: o}).bought(ctx, tx, words, now)
}

// Abandon ends every attempt of an order that will not be paid any more, and
// says so on its payment axis; what credit paid goes back to it. The caller
// has locked the order.
func Abandon(ctx context.Context, tx *db.Tx, o *order.Order, by string, now time.Time) error {
	if err := closePages(ctx, tx, o.ID, now); err != nil {
		return err
	}
	if err := unspend(ctx, tx, o, now); err != nil {
		return err
	}
	if sum, err := arrived(ctx, tx, o.ID); err != nil {
		return err
	} else if sum > 0 {
		words := fmt.Sprintf("%s%s %s had arrived; send it back by hand", order.Flag, sum.Decimal(o.Currency), o.Currency)
		if err := order.Remark(ctx, tx, o, words, by, now); err != nil {
			return err
		}
	}
	_, err := o.Move(ctx, tx, order.PaymentAxis, string(order.Void), by, "", now)
	return err
}

// closePages has the providers close every page on which an order could still
// be paid.
func closePages(ctx context.Context, tx *db.Tx, id order.ID, now time.Time) error {
	live, err := liveOf(ctx, tx, id)
	if err != nil {
		return err
	}
	for i := range live {
		if p := &live[i]; p.Provider == StripeCode && p.State != Planned {
			if _, err := planOp(ctx, tx, p, opExpire, "", now); err != nil {
				return err
			}
		}
	}
	return voidLive(ctx, tx, id, now)
}

// tell writes an order's event once. It carries the customer only if they let
// the shop remember; the order itself is the record in any case.
func tell(ctx context.Context, tx *db.Tx, o *order.Order, kind event.Kind, key string, now time.Time) error {
	e := event.Event{At: db.At(now), Kind: kind, OrderID: int64(o.ID), Lang: string(o.Lang), Key: &key, Simulated: o.Simulated}
	if o.CartID != nil {
		e.CartID = int64(*o.CartID)
	}
	if o.CustomerID != nil {
		given, err := customer.Consents(ctx, tx, *o.CustomerID)
		if err != nil {
			return err
		}
		if given[customer.Personalize] {
			e.CustomerID = int64(*o.CustomerID)
		}
	}
	return event.Write(ctx, tx, []event.Event{e})
}

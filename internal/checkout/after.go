package checkout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"regulars/internal/cart"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/inventory"
	"regulars/internal/jobs"
	"regulars/internal/order"
	"regulars/internal/payment"
	"regulars/internal/pricing"
)

// Retry leads a shopper back to paying: to the attempt they left, or after a
// decline to a new one; its goods are held as long again. An order that is paid gets no PayURL; one that ended,
// or whose payment the provider still looks at, is fault.Conflict in words.
func (d *Desk) Retry(ctx context.Context, id order.ID) (*Placed, error) {
	done, err := d.retry(ctx, id)
	if err != nil || done.PayURL != "" || !done.Order.Open() {
		return done, err
	}
	// The attempt turned out to be over at its provider: one more is made. If
	// it was paid, or the provider is away, the order's page says so.
	if o, err := order.ByID(ctx, d.DB, id); err != nil || o.PaymentState != order.Failed {
		return done, err
	}
	return d.retry(ctx, id)
}

func (d *Desk) retry(ctx context.Context, id order.ID) (*Placed, error) {
	var done *Placed
	err := d.DB.InTx(ctx, func(tx *db.Tx) error {
		o, err := order.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		done = d.again(o)
		return d.payAgain(ctx, tx, o, d.Now())
	})
	if err != nil {
		return nil, err
	}
	return done, d.toPay(ctx, done)
}

func (d *Desk) payAgain(ctx context.Context, tx *db.Tx, o *order.Order, now time.Time) error {
	switch {
	case o.State == order.Cancelled:
		return fault.New(fault.Conflict, "checkout.ended", "number", o.Number)
	case o.PaymentState == order.Processing:
		return fault.New(fault.Conflict, "checkout.processing")
	case !o.Open():
		return nil
	}
	if err := mayPayAgain(ctx, tx, o); err != nil {
		return err
	}
	if _, err := payment.Again(ctx, tx, o, o.PaymentCode, now); err != nil {
		return err
	}
	if err := d.holdOn(ctx, tx, o, now); err != nil {
		return err
	}
	if o.PaymentState != order.Failed {
		return nil
	}
	if _, err := o.Move(ctx, tx, order.PaymentAxis, string(order.Pending), "shopper", "", now); err != nil {
		return err
	}
	if o.CartID == nil {
		return nil
	}
	return cart.Step(ctx, tx, *o.CartID, cart.StepPayment, 0, 0, o.PaymentCode, now)
}

// holdOn keeps the goods of an order until its shopper had time to pay again.
func (d *Desk) holdOn(ctx context.Context, tx *db.Tx, o *order.Order, now time.Time) error {
	ends, held, err := inventory.Until(ctx, tx, int64(o.ID))
	if err != nil || !held {
		return err
	}
	if until := holdUntil(o.PlacedAt.Time, now, d.Settings.Now().Hold()); until.After(ends) {
		_, err = inventory.Extend(ctx, tx, int64(o.ID), until, now)
	}
	return err
}

// holdUntil is the end of a hold asked for at now. Nobody keeps the last unit
// from others for ever by coming back to pay: four times as long is the most.
func holdUntil(placed, now time.Time, hold time.Duration) time.Time {
	until, most := now.Add(hold), placed.Add(4*hold)
	if until.After(most) {
		return most
	}
	return until
}

// sweepAtOnce bounds one sweep; the next one goes on.
const sweepAtOnce = 500

// Sweep ends what was not paid in time: the hold expires, the order is
// cancelled, its payment void. Payments that the provider still looks at get
// until payment.Patience. It returns how many orders it ended. Promotions of
// orders that money revived since are told, too.
func (d *Desk) Sweep(ctx context.Context) (int, error) {
	now := d.Now()
	due, err := inventory.Due(ctx, d.DB, now, sweepAtOnce)
	if err != nil {
		return 0, err
	}
	// Orders of goods nobody counts have no hold; their own age is their end.
	slow := map[string]time.Time{}
	for code, keep := range d.Pay.Patient(d.Settings.Now()) {
		if slow[code] = (time.Time{}); keep > 0 {
			slow[code] = now.Add(-keep)
		}
	}
	old, err := order.Overdue(ctx, d.DB, now.Add(-d.Settings.Now().Hold()), now.Add(-payment.Patience), slow, sweepAtOnce)
	if err != nil {
		return 0, err
	}
	for _, id := range old {
		due = append(due, int64(id))
	}
	ended := 0
	var failed error
	for _, id := range due {
		var did bool
		err := d.DB.InTx(ctx, func(tx *db.Tx) (err error) {
			did, err = d.end(ctx, tx, order.ID(id), now)
			return err
		})
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("end order %d: %w", id, err))
		} else if did {
			ended++
		}
	}
	return ended, errors.Join(failed, pricing.Follow(ctx, d.DB, now))
}

// end cancels one order whose time is up, unless its money came first.
func (d *Desk) end(ctx context.Context, tx *db.Tx, id order.ID, now time.Time) (bool, error) {
	o, err := order.Lock(ctx, tx, id)
	if err != nil {
		return false, err
	}
	if !o.Open() && o.PaymentState != order.Processing || o.State != order.StatePlaced {
		return false, nil
	}
	if up, err := d.timeUp(ctx, tx, o, now); err != nil || !up {
		return false, err
	}
	moved, err := o.Move(ctx, tx, order.OrderAxis, string(order.Cancelled), order.ActorHold, "not paid in time", now)
	if err != nil || !moved {
		return false, err
	}
	if err := payment.Abandon(ctx, tx, o, order.ActorHold, now); err != nil {
		return false, err
	}
	if _, err = inventory.Release(ctx, tx, int64(o.ID), "expired", now); err != nil {
		return false, err
	}
	return true, pricing.Release(ctx, tx, int64(o.ID))
}

// timeUp asks again, with the order locked, whether its time is over: since
// the sweep made its list the shopper may have come back to pay.
func (d *Desk) timeUp(ctx context.Context, tx *db.Tx, o *order.Order, now time.Time) (bool, error) {
	last, err := payment.Latest(ctx, tx, o.ID)
	if err != nil {
		return false, err
	}
	since := o.PlacedAt.Time
	if last != nil {
		since = latest(since, last.UpdatedAt.Time)
	}
	if o.PaymentState == order.Processing {
		until := since.Add(payment.Patience)
		if !until.After(now) {
			return true, nil
		}
		_, err := inventory.Extend(ctx, tx, int64(o.ID), until, now)
		return false, err
	}
	until, held, err := inventory.Until(ctx, tx, int64(o.ID))
	if err != nil {
		return false, err
	}
	if !held {
		until = since.Add(d.keep(o.PaymentCode))
	}
	return !until.After(now), nil
}

// Ship notes that a paid order left the house; by is "staff:<id>".
func (d *Desk) Ship(ctx context.Context, id order.ID, by string) error {
	return d.DB.InTx(ctx, func(tx *db.Tx) error { return d.ShipIn(ctx, tx, id, by, d.Now()) })
}

// ShipIn is Ship inside a transaction.
func (d *Desk) ShipIn(ctx context.Context, tx *db.Tx, id order.ID, by string, now time.Time) error {
	return d.SendIn(ctx, tx, id, Parcel{}, by, now)
}

// Parcel is what staff put into one box: units by a line's position, or all
// that is left if Units is nil.
type Parcel struct {
	Carrier, Tracking, URL string
	Units                  map[int]int
	From                   inventory.LocationID // 0 = the first places that have the goods
}

// SendIn notes that a parcel of a paid order left the house; the order is on
// its way once its last one did. Errors: fault.Invalid with fields;
// fault.Conflict when the order cannot be sent, or not so much of it.
func (d *Desk) SendIn(ctx context.Context, tx *db.Tx, id order.ID, p Parcel, by string, now time.Time) error {
	if err := order.CheckParcel(p.Carrier, p.Tracking, p.URL); err != nil {
		return err
	}
	o, err := order.Lock(ctx, tx, id)
	if err != nil {
		return err
	}
	if o.State != order.StatePlaced || o.DeliveryState != order.Unshipped || !o.MayLeave() {
		return fault.New(fault.Conflict, "order.step.ship", "number", o.Number)
	}
	lines, err := order.Lines(ctx, tx, id)
	if err != nil {
		return err
	}
	earlier, err := order.Parcels(ctx, tx, id)
	if err != nil {
		return err
	}
	left, s := order.Left(lines, earlier), &order.Shipment{Carrier: p.Carrier, Tracking: p.Tracking, URL: p.URL, Actor: by}
	var goods []inventory.Line
	for _, l := range lines {
		units := p.Units[l.Position]
		if p.Units == nil {
			units = left[l.ID]
		}
		if units != 0 {
			s.Lines = append(s.Lines, order.ShipmentLine{LineID: l.ID, Qty: units})
			goods = append(goods, inventory.Line{Variant: l.VariantID, Qty: units})
		}
	}
	whole, err := o.Ship(ctx, tx, s, lines, now)
	if err != nil {
		return err
	}
	if err := inventory.ShipLines(ctx, tx, int64(o.ID), goods, p.From, now); err != nil || !whole {
		return err
	}
	moved, err := o.Move(ctx, tx, order.DeliveryAxis, string(order.Shipped), by, "", now)
	if err == nil && !moved {
		err = fault.New(fault.Conflict, "order.step.ship", "number", o.Number)
	}
	return err
}

// Deliver notes that the goods arrived, which completes the order.
func (d *Desk) Deliver(ctx context.Context, id order.ID, by string) error {
	return d.DB.InTx(ctx, func(tx *db.Tx) error { return d.DeliverIn(ctx, tx, id, by, d.Now()) })
}

// DeliverIn is Deliver inside a transaction.
func (d *Desk) DeliverIn(ctx context.Context, tx *db.Tx, id order.ID, by string, now time.Time) error {
	o, err := order.Lock(ctx, tx, id)
	if err != nil {
		return err
	}
	steps := []order.Step{
		{Axis: order.DeliveryAxis, To: string(order.Delivered), By: by, At: now},
		{Axis: order.OrderAxis, To: string(order.Completed), By: by, At: now},
	}
	if o.AtDoor && o.PaymentState == order.Pending { // complete once the courier has brought the money
		steps = steps[:1]
	}
	moved, err := o.Walk(ctx, tx, steps)
	if err == nil && !moved {
		err = fault.New(fault.Conflict, "order.step.deliver", "number", o.Number)
	}
	return err
}

// Cancel ends an order that has not left the house: its units are free again,
// and what was paid goes back.
func (d *Desk) Cancel(ctx context.Context, id order.ID, by, why string) error {
	return d.DB.InTx(ctx, func(tx *db.Tx) error { return d.CancelIn(ctx, tx, id, by, why, d.Now()) })
}

// CancelIn is Cancel inside a transaction.
func (d *Desk) CancelIn(ctx context.Context, tx *db.Tx, id order.ID, by, why string, now time.Time) error {
	o, err := order.Lock(ctx, tx, id)
	if err != nil {
		return err
	}
	if o.DeliveryState != order.Unshipped || o.State != order.StatePlaced {
		return fault.New(fault.Conflict, "order.step.cancel", "number", o.Number)
	}
	parcels, err := order.Parcels(ctx, tx, id)
	if err != nil {
		return err
	}
	if len(parcels) > 0 {
		return fault.New(fault.Conflict, "order.step.cancel", "number", o.Number)
	}
	if _, err := o.Move(ctx, tx, order.OrderAxis, string(order.Cancelled), by, cut(why, 500), now); err != nil {
		return err
	}
	if o.PaymentState == order.Paid || o.PaymentState == order.PartlyRefunded {
		err = payment.GiveBack(ctx, tx, o, by, "order cancelled", now)
	} else {
		err = payment.Abandon(ctx, tx, o, by, now)
	}
	if err != nil {
		return err
	}
	if _, err = inventory.Release(ctx, tx, int64(o.ID), "released", now); err != nil {
		return err
	}
	return pricing.Release(ctx, tx, int64(o.ID))
}

// Settle takes news of a payment in; see payment.Settle.
func (d *Desk) Settle(ctx context.Context, provider, eventID, token string, outcome payment.Outcome) (*payment.Settled, error) {
	return payment.Settle(ctx, d.DB, provider, eventID, token, outcome, d.Now())
}

// Register takes on the desk's periodic work and the payments' jobs.
func (d *Desk) Register(r *jobs.Runner) {
	d.Pay.Register(r, d.DB, d.Now)
	r.Every("checkout.sweep", time.Minute, func(ctx context.Context) error {
		_, err := d.Sweep(ctx)
		return err
	})
	r.Every("checkout.preorders", time.Minute, func(ctx context.Context) error {
		return d.DB.InTx(ctx, func(tx *db.Tx) error {
			_, err := inventory.OpenPreorders(ctx, tx, d.Now())
			return err
		})
	})
}

package payment

import (
	"context"
	"errors"
	"slices"
	"time"

	"regulars/internal/credit"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/fault"
	"regulars/internal/jobs"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/value"
)

// Refund is what staff decided to send back of an order, and its row. Key
// names the request within its order: the same again does nothing. Lines and Delivery say what
// it is for; what Amount has beyond them (or lacks) is for nothing in
// particular.
type Refund struct {
	ID       int64
	OrderID  order.ID
	Key      string
	Amount   money.Amount
	Delivery money.Amount
	Tax      money.Amount // inside Amount
	Credited money.Amount // of Amount: kept, and owed to the shopper as CreditID
	CreditID credit.ID
	Reason   string
	Actor    string
	At       db.Time
	Lines    []RefundLine `gorm:"-"`
	keep     bool         // nothing is sent: what would be becomes store credit
}

// RefundLine is units of a line of an order, with what was paid for them.
type RefundLine struct {
	RefundID int64
	LineID   int64
	Qty      int
	Amount   money.Amount
}

// Part is what a member of staff asks to send back: units by a line's
// position and the delivery, or an amount alone.
type Part struct {
	Units    map[int]int
	Delivery bool
	Free     money.Amount
}

// Money is how an order's payments stand: what came in, what of it was
// promised back, and what is left of it.
type Money struct{ Captured, Refunded money.Amount }

// Left is what can still be sent back.
func (m Money) Left() money.Amount { return m.Captured - m.Refunded }

// Stand adds up the attempts to pay an order.
func Stand(all []Payment) (m Money) {
	for i := range all {
		m.Captured, m.Refunded = m.Captured+all[i].Captured, m.Refunded+all[i].Refunded
	}
	return m
}

// Of is what the part comes to: what the shopper paid for these units, never
// more than is left. More units than were not refunded yet are fault.Conflict.
func (p Part) Of(o *order.Order, lines []order.Line, left money.Amount) (Refund, error) {
	r := Refund{OrderID: o.ID, Amount: p.Free, Tax: o.TaxOf(p.Free)}
	if p.Free != 0 {
		return r, nil
	}
	tax := o.Tax
	for i := range lines {
		l := &lines[i]
		tax -= l.Tax
		units := p.Units[l.Position]
		if units == 0 {
			continue
		}
		if units < 0 || units > l.Qty-l.CancelledQty-l.RefundedQty {
			return r, fault.New(fault.Conflict, "order.refund.units", "number", o.Number)
		}
		paid, inside := l.Price(o, l.RefundedQty, units)
		r.Lines = append(r.Lines, RefundLine{LineID: l.ID, Qty: units, Amount: paid})
		r.Amount, r.Tax = r.Amount+paid, r.Tax+inside
	}
	if p.Delivery && o.Delivery > o.DeliveryRefunded {
		r.Delivery = o.Delivery - o.DeliveryRefunded
		r.Amount, r.Tax = r.Amount+r.Delivery, r.Tax+tax.Clamp0()
		if !o.TaxIncluded {
			r.Amount += tax.Clamp0()
		}
	}
	r.Amount = min(r.Amount, left)
	return r, nil
}

// GiveBack refunds everything that was paid for an order, once. The caller
// has locked the order.
func GiveBack(ctx context.Context, tx *db.Tx, o *order.Order, by, words string, now time.Time) error {
	if err := recall(ctx, tx, o, true, 0, by, now); err != nil {
		return err
	}
	all, err := Of(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	for i := range slices.Backward(all) {
		if p := &all[i]; p.State == Succeeded {
			if err := p.sendBack(ctx, tx, o, p.Captured-p.Refunded, "all", 0, now); err != nil {
				return err
			}
		}
	}
	moved, err := o.Move(ctx, tx, order.PaymentAxis, string(order.Refunded), by, words, now)
	if err != nil || !moved {
		return err
	}
	return tell(ctx, tx, o, event.Refunded, RefundedKey(o.ID), now)
}

// Give refunds an amount of what was paid for an order, and says what it is
// for. Its key names the request: the same again (a double click) does nothing
// and returns false. More than is left of the payments is fault.Conflict, as
// is a unit or the delivery for a second time; both spoil the transaction.
// Where an order was paid in several ways the last one is drawn on first:
// credit gets back what its provider's money does not cover. The caller has
// locked the order.
func Give(ctx context.Context, tx *db.Tx, o *order.Order, r Refund, now time.Time) (bool, error) {
	return r.give(ctx, tx, o, now)
}

func (r *Refund) give(ctx context.Context, tx *db.Tx, o *order.Order, now time.Time) (bool, error) {
	more := fault.New(fault.Conflict, "payment.refund-more", "number", o.Number)
	if r.Amount <= 0 || unpaid(o) || o.PaymentState == order.Void { // what credit paid goes back with the order
		return false, more
	}
	r.OrderID, r.At = o.ID, db.At(now)
	fresh, err := r.write(ctx, tx)
	if err != nil || !fresh {
		return false, err
	}
	all, err := Of(ctx, tx, o.ID)
	if err != nil {
		return false, err
	}
	if err := o.TakeBack(ctx, tx, r.units(), r.Delivery); err != nil {
		return false, err
	}
	left := Stand(all).Left()
	if r.Amount > left {
		return false, more
	}
	if err := recall(ctx, tx, o, r.Amount == left, left-r.Amount, r.Actor, now); err != nil {
		return false, err
	}
	rest := r.Amount
	for i := range slices.Backward(all) {
		p := &all[i]
		part := min(rest, p.Captured-p.Refunded)
		if p.State != Succeeded || part <= 0 {
			continue
		}
		if r.keep && !p.FromCredit() {
			r.Credited += part
			err = p.keep(ctx, tx, o, part, r, now)
		} else {
			err = p.sendBack(ctx, tx, o, part, r.Key, r.ID, now)
		}
		if err != nil {
			return false, err
		}
		rest -= part
	}
	if rest > 0 {
		return false, more
	}
	return true, follow(ctx, tx, o, r.Actor, r.Reason, now)
}

func (r *Refund) units() []order.Units {
	units := make([]order.Units, len(r.Lines))
	for i, l := range r.Lines {
		units[i] = order.Units{Line: l.LineID, Qty: l.Qty}
	}
	return units
}

// counted decides the tier of the order's customer anew, since its money moved.
func counted(ctx context.Context, tx *db.Tx, o *order.Order, now time.Time) error {
	if o.CustomerID == nil {
		return nil
	}
	return value.Moved(ctx, tx, *o.CustomerID, now)
}

// follow has the order's payment axis say how its money stands.
func follow(ctx context.Context, tx *db.Tx, o *order.Order, by, words string, now time.Time) error {
	all, err := Of(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	m, to := Stand(all), order.PartlyRefunded
	switch {
	case m.Left() == 0:
		to = order.Refunded
	case m.Refunded == 0 || m.Left() >= o.Total:
		to = order.Paid
	}
	if to == o.PaymentState {
		return order.Remark(ctx, tx, o, words, by, now)
	}
	moved, err := o.Move(ctx, tx, order.PaymentAxis, string(to), by, words, now)
	if err == nil && !moved {
		err = order.Remark(ctx, tx, o, words, by, now)
	}
	if err != nil || o.PaymentState != order.Refunded {
		return err
	}
	return tell(ctx, tx, o, event.Refunded, RefundedKey(o.ID), now)
}

// overpaid stands in place of a refund's row where money goes back that was
// never the order's: a second payment.
const overpaid = -1

// sendBack counts money as refunded and has its provider send it after commit.
// What was promised here counts at once, so that nothing is promised twice.
func (p *Payment) sendBack(ctx context.Context, tx *db.Tx, o *order.Order, amount money.Amount, detail string, refund int64, now time.Time) error {
	ok, err := p.promise(ctx, tx, amount, now)
	if err != nil {
		return err
	}
	if ok {
		err = errors.Join(p.refill(ctx, tx, amount, detail, now), p.handBack(ctx, tx, o, amount, now))
	}
	if err != nil {
		return err
	}
	op := Op{PaymentID: p.ID, Kind: opRefund, Key: opKey(opRefund, p, detail), Amount: amount, RefundID: refund, State: opPlanned, CreatedAt: db.At(now), UpdatedAt: db.At(now)}
	if p.Provider != StripeCode {
		op.State = opKnown
	}
	if ok {
		ok, err = writeOp(ctx, tx, op)
	}
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.Conflict, "payment.refund-more", "number", o.Number)
	}
	if err := counted(ctx, tx, o, now); err != nil {
		return err
	}
	if op.State == opPlanned {
		return enqueueAct(ctx, tx, op.Key)
	}
	done, err := opByKey(ctx, tx, op.Key)
	if err != nil {
		return err
	}
	return done.wentBack(ctx, tx, o, now)
}

// sent notes that the provider sent the money of a refund.
func (op *Op) sent(ctx context.Context, tx *db.Tx, ref string, now time.Time) error {
	o, _, err := op.order(ctx, tx)
	if err != nil {
		return err
	}
	ours, err := op.finish(ctx, tx, opKnown, ref, "", now)
	if err != nil || !ours {
		return err
	}
	return op.wentBack(ctx, tx, o, now)
}

// wentBack follows money that is known to be on its way to the shopper: the
// credit note, and the mail.
func (op *Op) wentBack(ctx context.Context, tx *db.Tx, o *order.Order, now time.Time) error {
	if err := op.note(ctx, tx, o, now); err != nil {
		return err
	}
	if o.Simulated || o.Imported {
		return nil
	}
	return jobs.Enqueue(ctx, tx, order.Moved{Order: int64(o.ID), Axis: order.RefundAxis, To: order.GoneBack, At: now.UnixMilli(), Ref: op.ID})
}

// note draws the credit note for money that is the shopper's again.
func (op *Op) note(ctx context.Context, tx *db.Tx, o *order.Order, now time.Time) error {
	if op.RefundID == overpaid {
		return nil
	}
	tax, err := op.tax(ctx, tx, o)
	if err != nil {
		return err
	}
	return o.Credit(ctx, tx, op.ID, op.Amount, tax, now)
}

// refuse ends a refund that its provider will not send. The money counts as
// the shop's again, so that it can be promised once more, and staff are told.
func (op *Op) refuse(ctx context.Context, tx *db.Tx, words string, now time.Time) error {
	o, p, err := op.order(ctx, tx)
	if err != nil {
		return err
	}
	ours, err := op.finish(ctx, tx, opRefused, "", words, now)
	if err != nil || !ours {
		return err
	}
	if err := p.countBack(ctx, tx, op.Amount, now); err != nil {
		return err
	}
	if err := counted(ctx, tx, o, now); err != nil {
		return err
	}
	return follow(ctx, tx, o, actor, order.Flag+cut("the provider refused to send money back, look at its dashboard: "+words, 400), now)
}

// order locks the order that the operation belongs to.
func (op *Op) order(ctx context.Context, tx *db.Tx) (*order.Order, *Payment, error) {
	p, err := byID(ctx, tx, op.PaymentID)
	if err != nil {
		return nil, nil, err
	}
	o, err := order.Lock(ctx, tx, p.OrderID)
	return o, p, err
}

// TryAgain promises once more what a provider refused to send, and asks it
// under another key. false: it is not refused (any more). The caller has
// locked the order.
func TryAgain(ctx context.Context, tx *db.Tx, o *order.Order, op int64, by string, now time.Time) (bool, error) {
	again, err := replan(ctx, tx, o, op, now)
	if err != nil || again == nil {
		return false, err
	}
	p, err := byID(ctx, tx, again.PaymentID)
	if err != nil {
		return false, err
	}
	ok, err := p.promise(ctx, tx, again.Amount, now)
	if err == nil && !ok {
		err = fault.New(fault.Conflict, "payment.refund-more", "number", o.Number)
	}
	if err != nil {
		return false, err
	}
	if err := counted(ctx, tx, o, now); err != nil {
		return false, err
	}
	if err := follow(ctx, tx, o, by, "refund asked for again", now); err != nil {
		return false, err
	}
	return true, enqueueAct(ctx, tx, again.Key)
}

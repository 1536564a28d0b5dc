package checkout

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/cart"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/order"
	"regulars/internal/payment"
	"regulars/internal/pricing"
)

// Past is a purchase whose whole story is known, from the cart to the door. A
// zero time means that it did not happen (yet). Ended is when it was
// cancelled: unpaid, its hold ran out; paid, staff gave the money back.
type Past struct {
	Cart  cart.Cart // with the steps before the order in Steps; Tell closes it
	Lines []cart.Line
	Steps []cart.Trace
	Quote *pricing.Quote
	Form  Form
	Lang  i18n.Lang

	Placed, Declined, Paid, Shipped, Delivered, Ended time.Time

	Order order.Order // filled in by Tell
}

// Tell writes purchases of the past with few statements, so that they stand
// in every table as if Place, Settle, Ship, Deliver, Cancel and Sweep had
// been called then; by is the staff who did their part. Forms are checked as
// ever. The quotes are the caller's, made by pricing.Make with the prices of
// the time. Nothing is enqueued: past orders are confirmed to nobody. The
// events of purchase and refund are the caller's to write, under
// payment.BoughtKey and payment.RefundedKey.
func (d *Desk) Tell(ctx context.Context, tx *db.Tx, all []Past, by string, now time.Time) error {
	n := len(all)
	carts, cartLines, steps := make([]cart.Cart, n), make([][]cart.Line, n), make([][]cart.Trace, n)
	orders, lines, past := make([]order.Order, n), make([][]order.Line, n), make([][]order.History, n)
	offered := d.Pay.Methods(d.Settings.Now(), payment.Bill{})
	for i := range all {
		p := &all[i]
		if err := p.sound(offered); err != nil {
			return err
		}
		f := p.Form.clean()
		o := d.compose(&p.Cart, p.Quote, f, p.Lang, p.Placed)
		o.CartID = nil // until the cart has its id
		o.AccessHash = d.access(o.Number)
		past[i] = p.story(o, by)
		orders[i], lines[i] = *o, linesOf(p.Quote, p.Lines)
		p.close(o.Number, f)
		carts[i], cartLines[i], steps[i] = p.Cart, p.Lines, p.Steps
	}
	if err := cart.CreateMany(ctx, tx, carts, cartLines, steps); err != nil {
		return err
	}
	for i := range all {
		all[i].Cart = carts[i]
		orders[i].CartID = &all[i].Cart.ID
	}
	if err := order.CreateMany(ctx, tx, orders, lines, past); err != nil {
		return err
	}
	var money []payment.Told
	stock := make([]inventory.Told, n)
	hold := d.Settings.Now().Hold()
	for i := range all {
		all[i].Order = orders[i]
		money = append(money, all[i].money()...)
		stock[i] = all[i].stock(hold)
	}
	if err := payment.CreateMany(ctx, tx, money); err != nil {
		return err
	}
	return inventory.TellMany(ctx, tx, stock, now)
}

// sound refuses a form that Place would refuse, and a story out of order.
func (p *Past) sound(offered []payment.Method) error {
	var form fault.Form
	offer := Offer{Payments: offered}
	carried := p.Quote.Method != nil
	if carried {
		offer.Methods = []pricing.Method{*p.Quote.Method}
	}
	p.Form.clean().check(&form, &offer, carried)
	if err := form.Err(); err != nil {
		return fmt.Errorf("tell a purchase by %s: %w", p.Form.Email, err)
	}
	last := p.Placed
	for _, at := range []time.Time{p.Declined, p.Paid, p.Shipped, p.Delivered} {
		if !at.IsZero() && at.Before(last) {
			return fmt.Errorf("tell a purchase by %s: %v comes before %v", p.Form.Email, at, last)
		}
		last = latest(last, at)
	}
	if p.Quote.Total == 0 || p.Cart.State != cart.StateOpen || p.Paid.IsZero() && !p.Shipped.IsZero() || p.Shipped.IsZero() && !p.Delivered.IsZero() ||
		!p.Ended.IsZero() && (p.Ended.Before(last) || !p.Shipped.IsZero()) {
		return fmt.Errorf("tell a purchase by %s: such a story cannot be", p.Form.Email)
	}
	return nil
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// story moves the order to where it is and returns the steps.
func (p *Past) story(o *order.Order, by string) []order.History {
	o.State, o.PaymentState, o.DeliveryState, o.PlacedAt = order.StatePlaced, order.Pending, order.Unshipped, db.At(p.Placed)
	past := []order.History{{Axis: order.OrderAxis, ToState: string(order.StatePlaced), Actor: "shopper", At: o.PlacedAt}}
	step := func(axis order.Axis, from, to, actor, note string, at time.Time) {
		past = append(past, order.History{Axis: axis, FromState: from, ToState: to, Actor: actor, Note: note, At: db.At(at)})
	}
	pay := func(to order.Payment, actor, note string, at time.Time) {
		step(order.PaymentAxis, string(o.PaymentState), string(to), actor, note, at)
		o.PaymentState = to
	}
	if !p.Declined.IsZero() {
		pay(order.Failed, "payment", "", p.Declined)
	}
	if !p.Paid.IsZero() {
		if o.PaymentState == order.Failed {
			pay(order.Pending, "shopper", "", p.Paid)
		}
		pay(order.Paid, "payment", "", p.Paid)
		o.PaidAt = db.At(p.Paid)
	}
	if !p.Shipped.IsZero() {
		step(order.DeliveryAxis, string(order.Unshipped), string(order.Shipped), by, "", p.Shipped)
		o.DeliveryState = order.Shipped
	}
	end := func(to order.State, actor, note string, at time.Time) {
		step(order.OrderAxis, string(order.StatePlaced), string(to), actor, note, at)
		o.State, o.ClosedAt = to, db.At(at)
	}
	switch {
	case !p.Delivered.IsZero():
		step(order.DeliveryAxis, string(order.Shipped), string(order.Delivered), by, "", p.Delivered)
		o.DeliveryState = order.Delivered
		end(order.Completed, by, "", p.Delivered)
	case !p.Ended.IsZero() && p.Paid.IsZero():
		end(order.Cancelled, order.ActorHold, "not paid in time", p.Ended)
		pay(order.Void, order.ActorHold, "", p.Ended)
	case !p.Ended.IsZero():
		end(order.Cancelled, by, "", p.Ended)
		pay(order.Refunded, by, "order cancelled", p.Ended)
	}
	return past
}

// close makes the cart what Convert makes of it.
func (p *Past) close(number string, f Form) {
	at := db.At(p.Placed)
	c := &p.Cart
	take := func(kind cart.Kind, detail string, at db.Time) {
		p.Steps = append(p.Steps, cart.Trace{Kind: kind, Detail: detail, At: at})
	}
	if c.CheckoutAt.IsZero() {
		c.CheckoutAt = at
		take(cart.StepCheckout, "", at)
	}
	if c.Email != f.Email {
		take(cart.StepContact, "", at)
	}
	if f.Delivery != "" {
		take(cart.StepDelivery, f.Delivery, at)
	}
	take(cart.StepPayment, f.Payment, at)
	take(cart.StepConverted, number, at)
	if !p.Declined.IsZero() {
		take(cart.StepFailed, f.Payment, db.At(p.Declined))
		if !p.Paid.IsZero() {
			take(cart.StepPayment, f.Payment, db.At(p.Paid))
		}
	}
	c.State, c.ClosedAt, c.ActiveAt, c.Email, c.MailOK = cart.Converted, at, at, f.Email, f.MailOK
	c.Version++
}

func (p *Past) money() []payment.Told {
	first := payment.Told{Order: &p.Order, Provider: p.Form.Payment, Attempt: 1, Planned: p.Placed}
	all := []payment.Told{first}
	if !p.Declined.IsZero() {
		all[0].News = []payment.News{{Outcome: payment.OutcomeDeclined, At: p.Declined}}
		if !p.Paid.IsZero() {
			first.Attempt, first.Planned = 2, p.Paid
			all = append(all, first)
		}
	}
	last := &all[len(all)-1]
	switch {
	case !p.Paid.IsZero():
		last.News = append(last.News, payment.News{Outcome: payment.OutcomePaid, At: p.Paid})
		if !p.Ended.IsZero() {
			last.End, last.EndAt = payment.Refunded, p.Ended
		}
	case !p.Ended.IsZero() && p.Declined.IsZero():
		last.End, last.EndAt = payment.Void, p.Ended
	}
	return all
}

func (p *Past) stock(hold time.Duration) inventory.Told {
	t := inventory.Told{Order: int64(p.Order.ID), At: p.Placed, Expires: p.Placed.Add(hold), State: "open"}
	if !p.Declined.IsZero() && !p.Paid.IsZero() { // came back to pay again
		t.Expires = latest(t.Expires, holdUntil(p.Placed, p.Paid, hold))
	}
	for _, l := range p.Quote.Lines {
		t.Lines = append(t.Lines, inventory.Line{Variant: l.Variant, Qty: l.Qty})
	}
	switch {
	case !p.Shipped.IsZero():
		t.State, t.Ended = "shipped", p.Shipped
	case !p.Ended.IsZero() && p.Paid.IsZero():
		t.State, t.Ended = inventory.Expired, p.Ended
	case !p.Ended.IsZero():
		t.State, t.Ended = inventory.Released, p.Ended
	case !p.Paid.IsZero():
		t.State = "committed"
	}
	return t
}

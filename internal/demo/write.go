package demo

import (
	"cmp"
	"context"
	"slices"
	"time"

	"regulars/internal/ask"
	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/payment"
)

// write puts a batch into the database. Events of later days wait for their
// batch, so that the log stays in the order of time.
func (t *teller) write(ctx context.Context, tx *db.Tx, from, to time.Time) error {
	if err := customer.SeeMany(ctx, tx, t.guests); err != nil {
		return err
	}
	if err := t.known(); err != nil {
		return err
	}
	t.made.Visitors += len(t.guests)
	if err := t.writeLeft(ctx, tx); err != nil {
		return err
	}
	if err := t.writeBought(ctx, tx, from); err != nil {
		return err
	}
	if err := t.writeApart(ctx, tx, from); err != nil {
		return err
	}
	questions := make([]ask.Question, len(t.question))
	for i, q := range t.question {
		if q.guest >= 0 {
			q.VisitorID = t.guests[q.guest].ID
		}
		questions[i] = q.Question
	}
	if err := ask.KeepMany(ctx, tx, questions); err != nil {
		return err
	}
	t.made.Questions += len(questions)
	log := append(t.log, t.late...)
	slices.SortStableFunc(log, func(a, c event.Event) int { return a.At.Compare(c.At.Time) })
	cut, _ := slices.BinarySearchFunc(log, to, func(e event.Event, to time.Time) int { return cmp.Or(e.At.Compare(to), -1) })
	t.late = slices.Clone(log[cut:])
	t.made.Events += cut
	return event.Write(ctx, tx, log[:cut])
}

func (t *teller) writeLeft(ctx context.Context, tx *db.Tx) error {
	carts, lines, steps := make([]cart.Cart, len(t.left)), make([][]cart.Line, len(t.left)), make([][]cart.Trace, len(t.left))
	for i := range t.left {
		c := &t.left[i]
		if c.guest >= 0 {
			c.cart.VisitorID = &t.guests[c.guest].ID
		}
		carts[i], lines[i], steps[i] = c.cart, c.lines, c.steps
	}
	if err := cart.CreateMany(ctx, tx, carts, lines, steps); err != nil {
		return err
	}
	for i := range t.left {
		t.left[i].cart.ID = carts[i].ID
		t.log = append(t.log, t.left[i].named()...)
	}
	t.made.Carts += len(carts)
	if err := t.writeArrivals(ctx, tx, t.left); err != nil {
		return err
	}
	if err := t.writeReminders(ctx, tx, t.left); err != nil {
		return err
	}
	return t.writeTrails(ctx, tx)
}

// named are a cart's events with the ids they may carry.
func (c *told) named() []event.Event {
	for i := range c.events {
		e := &c.events[i]
		e.CartID = int64(c.cart.ID)
		if e.Kind == event.ItemSeen || e.Kind == event.SlotShown || e.Kind == event.SlotClick {
			e.CartID = 0 // seen before there was a cart
		}
		if c.personal {
			e.VisitorID = int64(*c.cart.VisitorID)
			if c.cart.CustomerID != nil {
				e.CustomerID = int64(*c.cart.CustomerID)
			}
		}
	}
	return c.events
}

func (t *teller) writeBought(ctx context.Context, tx *db.Tx, from time.Time) error {
	past := make([]checkout.Past, len(t.bought))
	wanted := map[catalog.VariantID]int{}
	for i := range t.bought {
		c := &t.bought[i]
		past[i] = c.past
		past[i].Cart.CustomerID, past[i].Cart.VisitorID = c.cart.CustomerID, c.cart.VisitorID
		if past[i].Ended.IsZero() {
			for _, l := range past[i].Quote.Lines {
				for _, piece := range t.pieces(l.Variant) {
					wanted[piece] += l.Qty
				}
			}
		}
		t.made.Lines += len(past[i].Quote.Lines)
	}
	if err := t.refill(ctx, tx, wanted, from); err != nil {
		return err
	}
	if err := t.desk.Tell(ctx, tx, past, t.by(), t.now); err != nil {
		return err
	}
	for i := range t.bought {
		c, p := &t.bought[i], &past[i]
		c.cart = p.Cart
		log := c.named()
		if !p.Paid.IsZero() {
			log = append(log, c.money(event.Bought, payment.BoughtKey(p.Order.ID), p, p.Paid))
			if !p.Ended.IsZero() {
				log = append(log, c.money(event.Refunded, payment.RefundedKey(p.Order.ID), p, p.Ended))
			}
		}
		t.log = append(t.log, log...)
	}
	t.made.Carts += len(past)
	t.made.Orders += len(past)
	if err := t.writeReminders(ctx, tx, t.bought); err != nil {
		return err
	}
	return t.writeArrivals(ctx, tx, t.bought)
}

// money is the event of a purchase or a refund.
func (c *told) money(kind event.Kind, key string, p *checkout.Past, at time.Time) event.Event {
	e := event.Event{At: db.At(at), Kind: kind, CartID: int64(c.cart.ID), OrderID: int64(p.Order.ID), Lang: string(p.Lang), Key: &key, Simulated: true}
	if c.personal {
		e.CustomerID = int64(*c.cart.CustomerID)
	}
	return e
}

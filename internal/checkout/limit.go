package checkout

import (
	"context"
	"errors"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/order"
	"regulars/internal/payment"
)

// What one shopper may ask of the shop, so that nobody tries stolen cards on
// it or keeps its goods from others without paying.
const (
	MostAttempts = 5  // payments of one order
	MostDeclined = 20 // payments after a decline from one address, an hour
	MostOpen     = 5  // orders of one browser or account that hold goods and wait for money
)

// mayPayAgain refuses another payment of an order that was tried often enough.
// The one that is still open is no other.
func mayPayAgain(ctx context.Context, tx *db.Tx, o *order.Order) error {
	last, err := payment.Latest(ctx, tx, o.ID)
	if err != nil || last == nil || last.Live() || last.Attempt < MostAttempts {
		return err
	}
	return fault.New(fault.Conflict, "checkout.tries", "number", o.Number, "count", MostAttempts)
}

// TriedOut reports whether an error is that refusal.
func TriedOut(err error) bool {
	var f *fault.Fault
	return errors.As(err, &f) && f.Words == "checkout.tries"
}

// Admit refuses a new order, in words, to whoever has MostOpen that wait for
// their money. Orders older than any hold hold nothing and do not count.
func (d *Desk) Admit(ctx context.Context, person *customer.Person) error {
	n, err := order.Waiting(ctx, d.DB, person, d.Now().Add(-4*d.Settings.Now().Hold()))
	if err == nil && n >= MostOpen {
		err = fault.New(fault.Conflict, "checkout.open", "count", n)
	}
	return err
}

// AdmitPayment counts a payment after a decline against the address it comes
// from.
func (d *Desk) AdmitPayment(ctx context.Context, from string) error {
	ok, wait, err := customer.Try(ctx, d.DB, "pay again from "+from, MostDeclined, time.Hour, d.Now())
	if err == nil && !ok {
		err = fault.New(fault.TooMany, "checkout.tries-here", "count", up(wait, time.Minute), "seconds", up(wait, time.Second))
	}
	return err
}

// up is how many of a unit a time takes, the last one begun counted whole.
func up(d, unit time.Duration) int { return int((d + unit - 1) / unit) }

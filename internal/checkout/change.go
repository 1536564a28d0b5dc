package checkout

import (
	"context"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/order"
)

// Address is what a shopper may change of an order that nobody packs yet. The
// country stays: delivery and tax were counted for it.
type Address struct {
	Name     string `form:"name,max=500"`
	Line1    string `form:"line1,max=500"`
	Line2    string `form:"line2,max=500"`
	City     string `form:"city,max=500"`
	Region   string `form:"region,max=500"`
	Postcode string `form:"postcode,max=100"`
	Phone    string `form:"phone,max=100"`
}

// AddressOf is the address an order goes to.
func AddressOf(o *order.Order) Address {
	return Address{o.Name, o.Line1, o.Line2, o.City, o.Region, o.Postcode, o.Phone}
}

// Readdress changes where an order goes, at its shopper's wish. Errors:
// fault.Invalid with fields; fault.Conflict once packing has begun.
func (d *Desk) Readdress(ctx context.Context, id order.ID, a Address) error {
	return d.DB.InTx(ctx, func(tx *db.Tx) error {
		o, err := order.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		f := Form{Name: a.Name, Country: o.Country, Line1: a.Line1, Line2: a.Line2, City: a.City, Region: a.Region, Postcode: a.Postcode, Phone: a.Phone}.clean()
		var form fault.Form
		f.text(&form, "name", f.Name, 120, true)
		f.address(&form)
		f.phone(&form)
		if err := form.Err(); err != nil {
			return err
		}
		to := order.Order{Name: f.Name, Line1: f.Line1, Line2: f.Line2, City: f.City, Region: f.Region, Postcode: f.Postcode, Phone: f.Phone}
		moved, err := o.Readdress(ctx, tx, to, order.ActorShopper, d.Now())
		if err == nil && !moved {
			err = fault.New(fault.Conflict, "order.step.change", "number", o.Number)
		}
		return err
	})
}

// Withdraw cancels an order at its shopper's wish: what was paid goes back.
// fault.Conflict once packing has begun, or when it ended already.
func (d *Desk) Withdraw(ctx context.Context, id order.ID) error {
	return d.DB.InTx(ctx, func(tx *db.Tx) error {
		o, err := order.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if !o.Changeable() {
			return fault.New(fault.Conflict, "order.step.change", "number", o.Number)
		}
		return d.CancelIn(ctx, tx, id, order.ActorShopper, "", d.Now())
	})
}

// PackIn notes that staff began to pack a paid order; from then on only staff
// can change or cancel it.
func (d *Desk) PackIn(ctx context.Context, tx *db.Tx, id order.ID, by string, now time.Time) error {
	o, err := order.Lock(ctx, tx, id)
	if err != nil {
		return err
	}
	moved, err := o.Pack(ctx, tx, by, now)
	if err == nil && !moved {
		err = fault.New(fault.Conflict, "order.step.pack", "number", o.Number)
	}
	return err
}

package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"regulars/internal/cart"
	"regulars/internal/checkout"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/payment"
	"regulars/internal/pricing"
)

// Planted: a code that was for each once was used by fourteen people at two
// addresses.
const (
	abuseCode   = "LATE10"
	abusePeople = 14
	abuseSKU    = "BK09"
)

// abuse goes the shop's own way: it is a handful of orders, each some
// statements.
func (b *builder) abuse(ctx context.Context) error {
	from := b.now.AddDate(0, 0, -45)
	if len(b.shoppers) == 0 || b.opt.Days < 60 {
		return nil
	}
	return b.db.InTx(ctx, func(tx *db.Tx) error {
		p := pricing.Promotion{Name: i18n.Text{En: "Ten percent for late deliveries", Zh: "迟到补偿九折"}, Kind: pricing.Percent, Value: 1000, NeedsCode: true, LimitPerson: 1}
		if err := pricing.Put(ctx, tx, &p, from); err != nil {
			return err
		}
		if err := pricing.AddCode(ctx, tx, p.ID, abuseCode, from); err != nil {
			return err
		}
		if err := inventory.ReceiveMany(ctx, tx, []inventory.Line{{Variant: b.variants[abuseSKU], Qty: abusePeople}}, "demo:late", from); err != nil {
			return err
		}
		for i := range abusePeople {
			if err := b.lateBuyer(ctx, tx, i, from.AddDate(0, 0, 1+2*i).Add(time.Duration(i)*time.Hour)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *builder) lateBuyer(ctx context.Context, tx *db.Tx, i int, at time.Time) error {
	guests := []customer.Visitor{{Lang: i18n.English, Simulated: true, CreatedAt: db.At(at), SeenAt: db.At(at)}}
	if err := customer.SeeMany(ctx, tx, guests); err != nil {
		return err
	}
	who := customer.NewPerson(&guests[0], nil, nil, nil)
	c, err := cart.Ensure(ctx, tx, who, "USD", i18n.English, "phone", at)
	if err != nil {
		return err
	}
	if err := cart.Add(ctx, tx, c.ID, b.variants[abuseSKU], 1, at); err != nil {
		return err
	}
	home := places[i%2]
	form := home.form(fmt.Sprintf("late%02d@people.example", i+1), fmt.Sprintf("Late Reader %d", i+1), 77)
	if i%3 == 0 { // written another way each time
		form.Line1 = strings.ToUpper(form.Line1) + "."
	}
	form.Key, form.Coupon, form.Delivery = fmt.Sprintf("demo-late-reader-%08d", i), abuseCode, "standard"
	placed, err := b.desk.PlaceIn(ctx, tx, who, i18n.English, c.ID, form, checkout.NotShown, at.Add(4*time.Minute))
	if err != nil {
		return err
	}
	attempt, err := payment.Latest(ctx, tx, placed.Order.ID)
	if err != nil {
		return err
	}
	if _, err := payment.SettleIn(ctx, tx, payment.TestCode, payment.EventID(attempt.Token, payment.OutcomePaid), attempt.Token, payment.OutcomePaid, at.Add(5*time.Minute)); err != nil {
		return err
	}
	b.made.Carts++
	b.made.Orders++
	b.made.Lines++
	return b.bring(ctx, tx, placed.Order.ID, at)
}

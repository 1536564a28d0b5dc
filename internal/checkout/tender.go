package checkout

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/credit"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/payment"
	"regulars/internal/pricing"
)

// shown is what the page said that credit would pay of a quote.
func (o *Offer) shown(s *Shown, q *pricing.Quote) money.Amount {
	then := &Offer{Cards: []credit.Account{{Balance: s.Cards}}, Own: &credit.Account{Balance: s.Own}, UseOwn: o.UseOwn}
	return then.Credit(q)
}

// coverCode names the way that an order is paid by which credit pays whole.
func coverCode(o *Offer) string {
	if len(o.Cards) > 0 {
		return payment.GiftCode
	}
	return payment.CreditCode
}

// keep is how long goods are kept for an order paid that way.
func (d *Desk) keep(code string) time.Duration {
	set := d.Settings.Now()
	if t := d.Pay.Terms(set, code); t.Keep > 0 {
		return t.Keep
	}
	return set.Hold()
}

// plan writes the payment of what is due. Goods that are paid at the door are
// the order's at once; who pays by bank is reminded.
func (d *Desk) plan(ctx context.Context, tx *db.Tx, o *order.Order, due money.Amount, drawn int, now time.Time) (*payment.Payment, error) {
	p, err := payment.Plan(ctx, tx, o, o.PaymentCode, due, drawn, now)
	if err != nil {
		return nil, err
	}
	if o.AtDoor {
		_, err = inventory.Commit(ctx, tx, int64(o.ID), now)
		return p, err
	}
	return p, payment.RemindOf(ctx, tx, o, d.Pay.Terms(d.Settings.Now(), o.PaymentCode), now)
}

// planCards writes the gift cards that an order buys.
func (d *Desk) planCards(ctx context.Context, tx *db.Tx, o *order.Order, q *pricing.Quote, f Form, now time.Time) error {
	for i, l := range q.Lines {
		if !l.GiftCard || l.Unit <= 0 {
			continue
		}
		w := credit.Wish{Price: money.Price{Amount: l.Unit, Currency: q.Currency}, Position: i + 1, Email: f.CardEmail, Words: f.CardWords, Lang: o.Lang, Simulated: o.Simulated}
		if w.Email == "" {
			w.Email = o.Email
		}
		if err := credit.Plan(ctx, tx, d.Secret, int64(o.ID), w, l.Qty, now); err != nil {
			return err
		}
	}
	return nil
}

// CardFor finds the gift card of a code that somebody wants to pay a cart
// with; the caller has counted the try. Errors: fault.NotFound, the same for
// every code that is not good; fault.Invalid for one that is no use here.
func (d *Desk) CardFor(ctx context.Context, q db.Q, code string, c money.Currency) (*credit.Account, error) {
	card, err := credit.ByCode(ctx, q, code)
	if err != nil {
		return nil, err
	}
	var form fault.Form
	switch {
	case card.Currency != c:
		form.Wrong("gift", "credit.currency", "currency", i18n.CurrencyName(i18n.English, card.Currency))
	case card.Balance == 0:
		form.Wrong("gift", "credit.empty")
	}
	return card, form.Err()
}

// ReceiveIn takes money in that staff saw arrive for an order; see
// payment.NoteIn.
func (d *Desk) ReceiveIn(ctx context.Context, tx *db.Tx, id order.ID, r payment.Receipt, now time.Time) (payment.Noted, error) {
	o, err := order.Lock(ctx, tx, id)
	if err != nil {
		return "", err
	}
	return payment.NoteIn(ctx, tx, o, r, now)
}

// RefusedIn notes that a parcel to be paid at the door came back unpaid: its
// units are on the shelf again and the order is over. Errors: fault.Conflict
// if it is not on its way, or paid.
func (d *Desk) RefusedIn(ctx context.Context, tx *db.Tx, id order.ID, by, words string, now time.Time) error {
	o, err := order.Lock(ctx, tx, id)
	if err != nil {
		return err
	}
	if !o.AtDoor || o.State != order.StatePlaced || o.PaymentState != order.Pending || o.DeliveryState != order.Shipped && o.DeliveryState != order.Delivered {
		return fault.New(fault.Conflict, "order.step.refused", "number", o.Number)
	}
	moved, err := o.Walk(ctx, tx, []order.Step{
		{Axis: order.DeliveryAxis, To: string(order.Returned), By: by, Words: "refused at the door", At: now},
		{Axis: order.OrderAxis, To: string(order.Cancelled), By: by, Words: cut(words, 500), At: now},
	})
	if err == nil && !moved {
		err = fault.New(fault.Conflict, "order.step.refused", "number", o.Number)
	}
	if err == nil {
		err = payment.Abandon(ctx, tx, o, by, now)
	}
	if err != nil {
		return err
	}
	if err := d.putBack(ctx, tx, o, now); err != nil {
		return err
	}
	return pricing.Release(ctx, tx, int64(o.ID))
}

// putBack takes what an order's parcels held onto the shelf again, in the
// order of the variants, as every other hand does.
func (d *Desk) putBack(ctx context.Context, tx *db.Tx, o *order.Order, now time.Time) error {
	lines, err := order.Lines(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	units := map[catalog.VariantID]int{}
	for _, l := range lines {
		units[l.VariantID] += l.Qty - l.CancelledQty
	}
	for _, v := range slices.Sorted(maps.Keys(units)) {
		if units[v] == 0 {
			continue
		}
		if err := inventory.Return(ctx, tx, int64(o.ID), v, units[v], 0, fmt.Sprintf("refused:%d:%d", o.ID, v), now); err != nil {
			return err
		}
	}
	return nil
}

package payment

import (
	"context"
	"errors"
	"strings"
	"time"

	"regulars/internal/credit"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/order"
)

// GiveCredit is Give without sending money: what providers took stays with the
// shop and is owed to the shopper, as store credit of their account or, without
// one, as a gift card that is mailed to the order's address. What a gift card
// or store credit had paid goes back to it. words stand on the card. fault.Conflict
// if nobody is left to owe it to.
func GiveCredit(ctx context.Context, tx *db.Tx, o *order.Order, r Refund, secret []byte, words string, now time.Time) (bool, error) {
	if o.CustomerID == nil && o.Email == "" {
		return false, fault.New(fault.Conflict, "order.return.credit-nobody", "number", o.Number)
	}
	r.keep = true
	fresh, err := r.give(ctx, tx, o, now)
	if err != nil || !fresh || r.Credited == 0 {
		return fresh, err
	}
	price := money.Price{Amount: r.Credited, Currency: o.Currency}
	if o.CustomerID != nil {
		_, err := credit.Grant(ctx, tx, *o.CustomerID, price, r.Key, int64(o.ID), r.Actor, r.Reason, now)
		if errors.Is(err, fault.NotFound) { // erased meanwhile
			err = fault.New(fault.Conflict, "order.return.credit-nobody", "number", o.Number)
		}
		if err != nil {
			return false, err
		}
		a, err := credit.Of(ctx, tx, *o.CustomerID, o.Currency)
		if err != nil {
			return false, err
		}
		return true, r.owe(ctx, tx, a.ID)
	}
	wish := credit.Wish{Price: price, Email: strings.TrimSpace(o.Email), Words: words, Lang: i18n.ParseLang(string(o.Lang)), Simulated: o.Simulated}
	card, err := credit.GiveFor(ctx, tx, secret, int64(o.ID), wish, r.Actor, r.Reason, now)
	if err != nil {
		return false, err
	}
	return true, r.owe(ctx, tx, card)
}

// keep counts money as the shopper's again without sending it: it is known at
// once, no provider hears of it, and the mail is the return's.
func (p *Payment) keep(ctx context.Context, tx *db.Tx, o *order.Order, amount money.Amount, r *Refund, now time.Time) error {
	ok, err := p.promise(ctx, tx, amount, now)
	if err != nil {
		return err
	}
	op := Op{PaymentID: p.ID, Kind: opRefund, Key: opKey(opRefund, p, r.Key), Amount: amount, RefundID: r.ID, State: opKnown, CreatedAt: db.At(now), UpdatedAt: db.At(now)}
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
	done, err := opByKey(ctx, tx, op.Key)
	if err != nil {
		return err
	}
	return done.note(ctx, tx, o, now)
}

package admin

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/checkout"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/payment"
	"regulars/internal/web"
)

// handForm is where staff note money that arrived for an order by hand.
type handForm struct {
	Key, Amount, Words string // Key names the form: sent twice, it counts once
	Whole              bool
	Errors             web.FormErrors
}

// tender fills what staff may do about the money of an order that no provider
// tells of.
func (o *Office) tender(p *orderPage, all []payment.Payment) {
	k := p.Order
	terms := o.Desk.Pay.Terms(o.Settings.Now(), k.PaymentCode)
	if !p.Can["write"] || !terms.ByHand || k.Imported {
		return
	}
	p.Can["receive"] = true
	p.Can["refused"] = k.AtDoor && k.State == order.StatePlaced && k.PaymentState == order.Pending && (k.DeliveryState == order.Shipped || k.DeliveryState == order.Delivered)
	p.Hand.Key = checkout.NewKey()
	for i := range all {
		if a := &all[i]; !a.FromCredit() {
			p.Hand.Amount = a.Amount.Decimal(k.Currency)
		}
	}
}

// receiveMoney notes money that arrived by bank or from the courier.
func (o *Office) receiveMoney(c echo.Context) error {
	var in struct {
		Key    string `form:"key,max=100"`
		Amount string `form:"amount,max=40"`
		Words  string `form:"words,max=300"`
		Whole  bool   `form:"whole"`
	}
	k, err := order.ByNumber(c.Request().Context(), o.DB, c.Param("number"))
	if err != nil {
		return err
	}
	failed := web.Form(c, &in)
	var amount money.Amount
	if failed == nil {
		if text := strings.TrimSpace(in.Amount); text == "" && in.Whole {
			amount = 0 // what came before is enough
		} else if amount, failed = money.Parse(text, k.Currency); failed != nil || amount <= 0 {
			var form fault.Form
			form.Wrong("amount", "payment.receipt.amount")
			failed = form.Err()
		}
	}
	var noted payment.Noted
	if failed == nil {
		failed = o.change(c, "order.received", k.Number, func(ctx context.Context, tx *db.Tx, now time.Time) (detail string, err error) {
			noted, err = o.Desk.ReceiveIn(ctx, tx, k.ID, payment.Receipt{Key: in.Key, Amount: amount, By: o.by(c), Words: in.Words, Whole: in.Whole}, now)
			if noted == payment.NotedSeen {
				return "", err
			}
			return strings.TrimSpace(in.Amount + " " + string(k.Currency) + " " + string(noted) + " " + in.Words), err
		})
	}
	switch {
	case errors.Is(failed, fault.Conflict):
		return o.refused(c, k.ID, failed)
	case errors.Is(failed, fault.Invalid):
		p, err := o.orderPage(c, k)
		if err != nil {
			return err
		}
		p.Hand = handForm{p.Hand.Key, in.Amount, in.Words, in.Whole, wrong(c, failed)}
		return web.Render(c, http.StatusUnprocessableEntity, "admin/order", p)
	case failed != nil:
		return failed
	}
	return done(c, "/admin/orders/"+k.Number, "admin.received."+string(noted), "number", k.Number)
}

// parcelRefused notes that a parcel came back from the door unpaid.
func (o *Office) parcelRefused(c echo.Context) error {
	var in struct {
		Why string `form:"why,max=300"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	return o.step(c, "order.refused", "admin.order.came-back", func(ctx context.Context, tx *db.Tx, k *order.Order, now time.Time) error {
		return o.Desk.RefusedIn(ctx, tx, k.ID, o.by(c), in.Why, now)
	})
}

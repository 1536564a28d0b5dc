package outreach

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"regulars/internal/credit"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/jobs"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/payment"
)

// cardWords are what a mail says of a gift card.
type cardWords struct{ Code, Worth, Words string }

// tender adds what gift cards and credit paid, and what the shopper has to do
// for the rest.
func (d *Desk) tender(o *order.Order, payments []payment.Payment, price func(money.Amount) string, w *letter) {
	due := o.Total
	for i := range payments {
		if p := &payments[i]; p.FromCredit() {
			due -= p.Captured - p.Refunded
		}
	}
	if due < o.Total {
		w.Order.Credit, w.Order.Due = price(o.Total-due), price(due)
	}
	w.Order.Door = o.AtDoor
	after := d.Pay.AfterOf(d.Settings.Now(), o, money.Price{Amount: due, Currency: o.Currency})
	w.Order.After = after.Lead.In(o.Lang)
	for _, r := range after.Rows {
		label := headerLine(r.Label.In(o.Lang))
		if label != "" {
			label += i18n.T(o.Lang, "mail.label")
		}
		w.Order.Pay = append(w.Order.Pay, label+headerLine(r.Value.In(o.Lang)))
	}
}

// remindOfTransfer mails once that a transfer has not arrived, if it has not.
func (d *Desk) remindOfTransfer(ctx context.Context, id order.ID, now time.Time) error {
	o, err := order.ByID(ctx, d.DB, id)
	if errors.Is(err, fault.NotFound) || err == nil && (!o.Open() || o.Email == "") {
		return nil
	}
	if err != nil {
		return err
	}
	return d.tell(ctx, o, OrderReminder, fmt.Sprintf("%s:%d", OrderReminder, o.ID), now)
}

// card mails a gift card's code to whom it is for. A card that was taken out
// of use meanwhile is not sent.
func (d *Desk) card(ctx context.Context, j credit.Mail, now time.Time) error {
	a, err := credit.ByID(ctx, d.DB, credit.ID(j.Card))
	if errors.Is(err, fault.NotFound) || err == nil && (a.Email == "" || a.Blocked || a.IssuedAt.IsZero()) {
		return nil
	}
	if err != nil {
		return err
	}
	if d.CardCode == nil {
		return errors.New("mail a gift card: nobody here knows codes")
	}
	key := GiftCard + ":" + a.Token
	if j.Again > 0 {
		key += fmt.Sprintf(":%d", j.Again)
	}
	s := &Send{Key: key, Class: Required, Template: GiftCard, Email: customer.EmailKey(a.Email), Lang: a.Lang}
	worth := money.Price{Amount: a.Value, Currency: a.Currency}
	w := letter{Card: &cardWords{d.CardCode(a.Token), i18n.Money(a.Lang, worth), strings.Join(strings.Fields(a.Words), " ")},
		Link: d.url(a.Lang, "/gift-cards"), footer: footer{why: "mail.foot.why.card"}}
	return d.owe(ctx, s, Candidate{Class: Required, Email: a.Email}, Address{Email: a.Email}, w, now)
}

// CardAgain has a gift card's mail sent once more, at the wish of staff.
func CardAgain(ctx context.Context, tx *db.Tx, a *credit.Account) error {
	if a.Email == "" || a.Blocked || a.Kind != credit.Card {
		return fault.New(fault.Conflict, "credit.no-mail")
	}
	var sent int
	if err := tx.Query(ctx).Raw("SELECT count(*) FROM sends WHERE template = ? AND key LIKE ? ESCAPE '!'", GiftCard, strings.ReplaceAll(GiftCard+":"+a.Token, "_", "!_")+"%").Scan(&sent).Error; err != nil {
		return fmt.Errorf("count mails of a gift card: %w", err)
	}
	return jobs.Enqueue(ctx, tx, credit.Mail{Card: int64(a.ID), Again: sent})
}

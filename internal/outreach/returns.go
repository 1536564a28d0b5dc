package outreach

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/payment"
)

// returnMails says which step of a return each mail tells of.
var returnMails = map[string]string{
	ReturnAsked:    string(order.Asked),
	ReturnApproved: string(order.Approved),
	ReturnRefused:  string(order.ReturnRefused),
	ReturnReceived: string(order.ReturnReceived),
	ReturnCredited: string(order.ReturnClosed),
	OrderWithdrawn: order.Withdrawn,
}

// returned mails a step of a return, once. How it ended is told by the refund
// or the replacing order, and only of credit by a mail of its own.
func (d *Desk) returned(ctx context.Context, o *order.Order, j order.Moved, now time.Time) error {
	for template, step := range returnMails {
		if step == j.To && o.Email != "" {
			return d.tell(ctx, o, template, fmt.Sprintf("%s:%d:%d", template, o.ID, j.Ref), now)
		}
	}
	return nil
}

// returns makes the letter one about a return of the order, and says whom it
// goes to: a receipt to whoever declared, as they asked. nil: the person was
// erased meanwhile.
func (d *Desk) returns(ctx context.Context, o *order.Order, lines []order.Line, template string, id int64, w *letter) (*Address, error) {
	r, err := order.ReturnByID(ctx, d.DB, id)
	if err != nil {
		return nil, err
	}
	if r.OrderID != o.ID {
		return nil, fmt.Errorf("mail %s: return %s is of another order", template, r.Number)
	}
	values := d.Settings.Now()
	at := r.AskedAt.In(values.Zone())
	w.Return = &returnWords{Number: r.Number, Answer: r.Answer, Address: headerLine(values.Get("shop.address")),
		At: i18n.DateTime(o.Lang, at), Zone: at.Format("MST"), By: headerLine(r.Name), Whole: r.Outcome == order.EndCancelled}
	if template == ReturnCredited {
		given, err := payment.GivenFor(ctx, d.DB, o.ID, "return:"+r.Number)
		if err != nil || r.Outcome != order.EndCredit || given == nil || given.Credited == 0 {
			return nil, err // all of it went back to the card or the credit that had paid
		}
		w.Return.Credit = i18n.Money(o.Lang, money.Price{Amount: given.Credited, Currency: o.Currency})
		w.Return.Card = o.CustomerID == nil
	}
	if r.Wish != "" {
		w.Return.Wish = i18n.T(o.Lang, "order.return.end."+r.Wish)
	}
	if r.Reason != "" {
		w.Return.Reason = i18n.T(o.Lang, "order.return.reason."+r.Reason)
	}
	w.Goods = nil
	for _, k := range r.Lines {
		units := k.Qty
		if template == ReturnReceived || template == ReturnCredited {
			units = k.Came()
		}
		for _, l := range lines {
			if l.ID == k.LineID && units > 0 {
				w.Goods = append(w.Goods, parcelLine(o.Lang, l.Name, l.Choices, units))
			}
		}
	}
	if template != OrderWithdrawn {
		return &Address{o.Name, o.Email}, nil
	}
	if r.Email == "" {
		return nil, nil
	}
	return &Address{r.Name, r.Email}, nil
}

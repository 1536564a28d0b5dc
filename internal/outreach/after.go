package outreach

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/jobs"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/payment"
)

// Repeated are the mails an order may have several of, one an event.
var Repeated = []string{OrderShipped, OrderRefunded, OrderReaddressed, ReturnAsked, ReturnApproved, ReturnRefused, ReturnReceived, ReturnCredited, OrderWithdrawn}

// OrderMailAgain is the job of a mail about an order that staff send again.
type OrderMailAgain struct {
	Send  int64 `json:"send"`
	Order int64 `json:"order"`
}

// Kind names the job.
func (OrderMailAgain) Kind() string { return "mail.order.again" }

// moved mails a step of an order, once. A step that is no longer true when
// its turn comes (paid meanwhile, taken back) is not told.
func (d *Desk) moved(ctx context.Context, j order.Moved, now time.Time) error {
	o, err := order.ByID(ctx, d.DB, order.ID(j.Order))
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	template, holds := "", false
	switch {
	case j.Axis == order.RefundAxis:
		return d.wentBack(ctx, o, j.Ref, now)
	case j.Axis == order.ReturnAxis:
		return d.returned(ctx, o, j, now)
	case j.Axis == order.AddressAxis:
		if o.State != order.StatePlaced || o.Email == "" {
			return nil
		}
		return d.tell(ctx, o, OrderReaddressed, fmt.Sprintf("%s:%d:%d", OrderReaddressed, o.ID, j.At), now)
	case j.Axis == order.OrderAxis && j.To == string(order.Cancelled):
		template, holds = OrderCancelled, o.State == order.Cancelled
	case j.Axis == order.DeliveryAxis && j.To == string(order.Delivered):
		template, holds = OrderDelivered, o.DeliveryState == order.Delivered
	case j.To == string(order.Paid):
		template, holds = OrderPaid, o.PaymentState == order.Paid && o.State == order.StatePlaced
	case j.To == string(order.Failed):
		template, holds = OrderFailed, o.PaymentState == order.Failed && o.State == order.StatePlaced
	}
	if template == "" || !holds || o.Email == "" {
		return nil
	}
	return d.tell(ctx, o, template, fmt.Sprintf("%s:%d", template, o.ID), now)
}

// wentBack mails that money is on its way, once an operation of a refund. What
// went back with the cancelling was told in its mail, unless it had to be
// asked for twice.
func (d *Desk) wentBack(ctx context.Context, o *order.Order, op int64, now time.Time) error {
	back, err := payment.BackOf(ctx, d.DB, op)
	if err != nil || back == nil || !back.Gone() || o.Email == "" {
		return err
	}
	if o.State == order.Cancelled && o.ClosedAt == back.At {
		return nil
	}
	return d.tell(ctx, o, OrderRefunded, fmt.Sprintf("%s:%d:%d", OrderRefunded, o.ID, op), now)
}

// sent mails that a parcel is on its way, once a parcel.
func (d *Desk) sent(ctx context.Context, j order.Sent, now time.Time) error {
	o, err := order.ByID(ctx, d.DB, order.ID(j.Order))
	if errors.Is(err, fault.NotFound) || err == nil && o.Email == "" {
		return nil
	}
	if err != nil {
		return err
	}
	return d.tell(ctx, o, OrderShipped, fmt.Sprintf("%s:%d:%d", OrderShipped, o.ID, j.Position), now)
}

// last is the number at the end of a mail's key; 0 if there is none.
func last(key string) int64 {
	n, _ := strconv.ParseInt(key[strings.LastIndexByte(key, ':')+1:], 10, 64)
	return n
}

// parcel makes the letter one about the parcel that the key names.
func (d *Desk) parcel(ctx context.Context, o *order.Order, lines []order.Line, key string, w *letter) error {
	parcels, err := order.Parcels(ctx, d.DB, o.ID)
	if err != nil {
		return err
	}
	position := int(last(key))
	if position < 1 || position > len(parcels) {
		return fmt.Errorf("mail %s: there is no such parcel", key)
	}
	p := parcels[position-1]
	w.Goods = nil
	for _, k := range p.Lines {
		for _, l := range lines {
			if l.ID == k.LineID {
				w.Goods = append(w.Goods, parcelLine(o.Lang, l.Name, l.Choices, k.Qty))
			}
		}
	}
	left := 0
	for _, n := range order.Left(lines, parcels[:position]) {
		left += n
	}
	w.More, w.Order.Carrier, w.Order.Tracking, w.Order.Track = left, headerLine(p.Carrier), headerLine(p.Tracking), headerLine(p.URL)
	w.Order.Part = position > 1 || left > 0
	return nil
}

// Notify tells the merchant of a new order, once, if the shop wants it. The
// mail names no shopper: who that is stands behind the sign-in.
func (d *Desk) Notify(ctx context.Context, id order.ID, now time.Time) error {
	o, err := order.ByID(ctx, d.DB, id)
	if errors.Is(err, fault.NotFound) || err == nil && (o.Simulated || o.Imported || !d.Settings.Now().NotifyOrders()) {
		return nil
	}
	if err != nil {
		return err
	}
	return d.tell(ctx, o, OrderNew, fmt.Sprintf("%s:%d", OrderNew, o.ID), now)
}

// tell sends one mail about an order under its key.
func (d *Desk) tell(ctx context.Context, o *order.Order, template, key string, now time.Time) error {
	lines, err := order.Lines(ctx, d.DB, o.ID)
	if err != nil {
		return err
	}
	s := &Send{Key: key, Class: Required, Template: template, CustomerID: o.CustomerID, OrderID: o.ID, Email: customer.EmailKey(o.Email), Lang: o.Lang}
	to := Address{o.Name, o.Email}
	if template == OrderNew {
		values := d.Settings.Now()
		s.CustomerID, s.Email, s.Lang = nil, customer.EmailKey(values.Get("shop.email")), i18n.ParseLang(values.Get("notify.lang"))
		to = Address{Email: values.Get("shop.email")}
		reader := *o
		reader.Lang = s.Lang
		o = &reader
	}
	sums, err := order.Sums(ctx, d.DB, o)
	if err != nil {
		return err
	}
	w := d.orderLetter(o, lines, sums)
	if template == OrderConfirmation {
		if err := d.depictOrder(ctx, &w, lines, o.Currency); err != nil {
			return err
		}
	}
	if err := d.supply(ctx, o, lines, &w, now); err != nil {
		return err
	}
	if template == OrderNew {
		w.Name, w.Order.Address, w.footer.why = "", nil, "mail.foot.why.notify"
		w.Link = d.BaseURL + "/admin/orders/" + o.Number
	}
	if template == OrderShipped {
		if err := d.parcel(ctx, o, lines, key, &w); err != nil {
			return err
		}
	}
	if _, ok := returnMails[template]; ok {
		declared, err := d.returns(ctx, o, lines, template, last(key), &w)
		if err != nil || declared == nil {
			return err
		}
		if to = *declared; template == OrderWithdrawn {
			s.Email = customer.EmailKey(to.Email)
		}
	}
	if err := d.fill(ctx, o, key, &w); err != nil {
		return err
	}
	who := Candidate{Class: Required, Email: to.Email}
	if template == OrderFailed { // what they set off minutes ago: a service, and nobody is woken by it
		s.Class, who.Class, who.Asked, who.stands = Service, Service, true, d.stillUnpaid(o.ID)
	}
	return d.owe(ctx, s, who, to, w, now)
}

// fill adds what became of the money and who ended the order. A mail about one
// refund, as its key says, names that one.
func (d *Desk) fill(ctx context.Context, o *order.Order, key string, w *letter) error {
	payments, err := payment.Of(ctx, d.DB, o.ID)
	if err != nil {
		return err
	}
	price := func(a money.Amount) string { return i18n.Money(o.Lang, money.Price{Amount: a, Currency: o.Currency}) }
	m := payment.Stand(payments)
	if m.Refunded > 0 {
		w.Order.Back = price(m.Refunded)
	}
	d.tender(o, payments, price, w)
	if m.Left() > 0 {
		w.Order.Owed = price(m.Left())
	}
	if strings.HasPrefix(key, OrderRefunded+":") {
		back, err := payment.BackOf(ctx, d.DB, last(key))
		if err != nil {
			return err
		}
		if back != nil && back.OrderID == o.ID { // keys of earlier releases end in a time
			w.Order.Back, w.Order.How = price(back.Amount), i18n.T(o.Lang, "payment."+back.Provider)
		}
	}
	if o.State != order.Cancelled {
		return nil
	}
	by, err := order.ActorOf(ctx, d.DB, o.ID, order.OrderAxis, string(order.Cancelled))
	w.Order.Cause = "shop"
	if by == order.ActorHold || by == "shopper" {
		w.Order.Cause = by
	}
	return err
}

// SendAgain puts a mail about an order back into the queue, at the wish of
// staff. It goes out as a new message, so that no mail program takes it for
// the one it has.
func SendAgain(ctx context.Context, tx *db.Tx, id int64, o order.ID, now time.Time) error {
	s, err := byID(ctx, tx, id)
	if err != nil {
		return err
	}
	if s == nil || s.OrderID != o || !strings.HasPrefix(s.Template, "order-") {
		return fault.New(fault.NotFound, "error.not-found")
	}
	if s.State != Sent && s.State != Failed {
		return fault.New(fault.Conflict, "outreach.again", "email", s.Email)
	}
	set := map[string]any{"state": Queued, "reason": "", "message_id": nextID(s.MessageID, s.Attempts)}
	if moved, err := move(ctx, tx, id, s.State, set, now); err != nil || !moved {
		return err
	}
	return jobs.Enqueue(ctx, tx, OrderMailAgain{id, int64(o)})
}

func (d *Desk) again(ctx context.Context, j OrderMailAgain, now time.Time) error {
	s, err := byID(ctx, d.DB, j.Send)
	if err != nil || s == nil || s.State == Sent || s.State == Withheld {
		return err
	}
	o, err := order.ByID(ctx, d.DB, s.OrderID)
	if errors.Is(err, fault.NotFound) || err == nil && o.Email == "" {
		return nil
	}
	if err != nil {
		return err
	}
	return d.tell(ctx, o, s.Template, s.Key, now)
}

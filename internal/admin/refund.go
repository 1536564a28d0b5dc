package admin

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/checkout"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/payment"
	"regulars/internal/staff"
	"regulars/internal/web"
)

type (
	// moneyRow is money that goes or went back; Again is the operation to ask
	// for once more, where its provider refused it.
	moneyRow struct {
		At           db.Time
		Amount, Text string
		Refused      bool
		Again        string
	}
	refundLine struct {
		Field, Name, Paid, Value string
		Left                     int
		Error                    web.FieldError
	}
	refundPage struct {
		*orderPage
		Units       []refundLine
		Delivery    string // what was paid for it, while that is not refunded
		DeliveryOn  bool
		Key         string
		Amount, Why string
		Shown, Sum  string // what was shown to go back, and in words
		Proof       bool   // the password is wanted
		Errors      web.FormErrors
	}
)

// money fills in how the order's payments stand.
func (o *Office) money(ctx context.Context, c echo.Context, p *orderPage) error {
	k := p.Order
	all, err := payment.Of(ctx, o.DB, k.ID)
	if err != nil {
		return err
	}
	p.Money = payment.Stand(all)
	o.tender(p, all)
	if p.Money.Captured == 0 {
		return nil
	}
	for _, row := range []struct {
		key    string
		amount money.Amount
	}{{"admin.money.captured", p.Money.Captured}, {"admin.money.refunded", p.Money.Refunded}, {"admin.money.left", p.Money.Left()}} {
		p.MoneySums = append(p.MoneySums, sum{Name: t(c, row.key), Value: cash(c, row.amount, k.Currency)})
	}
	p.Can["refund"] = o.may(c, "orders.write") && p.Money.Left() > 0 && !k.Imported && !k.PaidAt.IsZero()
	p.Proof = !web.Session(c).StaffProved()
	backs, err := payment.Backs(ctx, o.DB, k.ID)
	for _, b := range backs {
		row := moneyRow{At: b.At, Amount: cash(c, b.Amount, k.Currency), Text: t(c, "admin.money.asked")}
		switch {
		case b.Kept:
			row.Text = t(c, "admin.money.kept")
		case b.Gone():
			row.Text = t(c, "admin.money.gone")
		case b.Refused():
			row.Text, row.Refused = t(c, "admin.money.refused", "why", b.Words), true
			if p.Can["refund"] {
				row.Again = strconv.FormatInt(b.Op, 10)
			}
		}
		p.Backs = append(p.Backs, row)
	}
	return err
}

// credits are the credit notes of an order as links to what the shopper sees.
func (o *Office) credits(ctx context.Context, c echo.Context, k *order.Order) ([]chip, error) {
	notes, err := order.CreditNotes(ctx, o.DB, k.ID)
	var all []chip
	for _, n := range notes {
		all = append(all, chip{URL: web.In(lang(c), "/orders/"+k.Number+"/credit/"+n.Number()+"?key="+order.AccessKey(o.Desk.Secret, k.Number)),
			Text: t(c, "admin.order.credit", "number", n.Number(), "amount", money.Price{Amount: n.Amount, Currency: k.Currency})})
	}
	return all, err
}

// prove asks for the password of who is at work before money goes back,
// unless it was typed in this session a moment ago. Tries count like those of
// signing in. A wrong one is fault.Invalid at field password.
func (o *Office) prove(c echo.Context, password string) error {
	if web.Session(c).StaffProved() {
		return nil
	}
	who, err := o.who(c)
	if err != nil {
		return err
	}
	wrong := func(key string) error {
		var form fault.Form
		form.Wrong("password", key)
		return form.Err()
	}
	if password == "" {
		return wrong("admin.proof.empty")
	}
	_, err = staff.SignIn(c.Request().Context(), o.DB, o.Door, who.Email, password, c.RealIP(), o.Now())
	action := "staff.proved"
	if errors.Is(err, fault.Invalid) {
		action, err = "staff.unproved", wrong("admin.proof.wrong")
	} else if err != nil {
		return err
	}
	noted := o.change(c, action, web.Path(c), func(context.Context, *db.Tx, time.Time) (string, error) { return who.Email, nil })
	if err != nil || noted != nil {
		return errors.Join(err, noted)
	}
	return web.Session(c).ProveStaff()
}

// proveIfPaid is prove where cancelling the order would send money back.
func (o *Office) proveIfPaid(c echo.Context, password string) error {
	ctx := c.Request().Context()
	k, err := order.ByNumber(ctx, o.DB, c.Param("number"))
	if err != nil {
		return err
	}
	all, err := payment.Of(ctx, o.DB, k.ID)
	if err != nil || payment.Stand(all).Left() == 0 || k.State != order.StatePlaced {
		return err
	}
	return o.prove(c, password)
}

// askRefund shows what can be sent back of an order.
func (o *Office) askRefund(c echo.Context) error {
	k, err := order.ByNumber(c.Request().Context(), o.DB, c.Param("number"))
	if err != nil {
		return err
	}
	return o.showRefund(c, k, http.StatusOK, inputs{"key": checkout.NewKey()}, "", nil)
}

// showRefund draws the form as it was filled in; shown is the amount that the
// next sending confirms, "" while there is none.
func (o *Office) showRefund(c echo.Context, k *order.Order, status int, in inputs, shown string, failure error) error {
	p, err := o.orderPage(c, k)
	if err != nil {
		return err
	}
	if !p.Can["refund"] {
		return o.refused(c, k.ID, fault.New(fault.Conflict, "payment.refund-more", "number", k.Number))
	}
	lines, err := order.Lines(c.Request().Context(), o.DB, k.ID)
	if err != nil {
		return err
	}
	p.Page = page(c, "admin.refund", "number", k.Number)
	v := refundPage{orderPage: p, Key: in["key"], Amount: in["amount"], Why: in["why"], DeliveryOn: in.On("delivery"), Shown: shown,
		Proof: p.Proof && shown != "", Errors: wrong(c, failure)}
	for i := range lines {
		l := &lines[i]
		if left := l.Qty - l.CancelledQty - l.RefundedQty; left > 0 {
			paid, _ := l.Price(k, l.RefundedQty, left)
			field := "units-" + strconv.Itoa(l.Position)
			v.Units = append(v.Units, refundLine{field, strings.TrimSpace(l.Name.In(p.Lang) + " " + l.Choices.In(p.Lang)), cash(c, paid, k.Currency), in[field], left, v.Errors.At(field)})
		}
	}
	if k.Delivery > k.DeliveryRefunded {
		v.Delivery = t(c, "admin.refund.delivery", "amount", money.Price{Amount: k.Delivery - k.DeliveryRefunded, Currency: k.Currency})
	}
	if shown != "" {
		amount, _ := money.Parse(shown, k.Currency)
		v.Sum = t(c, "admin.refund.sum", "amount", money.Price{Amount: amount, Currency: k.Currency})
	}
	return web.Render(c, status, "admin/order-refund", v)
}

// refundOrder shows the amount first, and sends it back once it was shown, the
// password typed, and nothing changed in between.
func (o *Office) refundOrder(c echo.Context) error {
	ctx := c.Request().Context()
	k, err := order.ByNumber(ctx, o.DB, c.Param("number"))
	if err != nil {
		return err
	}
	lines, err := order.Lines(ctx, o.DB, k.ID)
	if err != nil {
		return err
	}
	in, part, err := refundForm(c, k, lines)
	if err != nil {
		return o.showRefund(c, k, http.StatusUnprocessableEntity, in, "", err)
	}
	all, err := payment.Of(ctx, o.DB, k.ID)
	if err != nil {
		return err
	}
	r, err := part.Of(k, lines, payment.Stand(all).Left())
	if err != nil {
		return o.refused(c, k.ID, err)
	}
	if shown := r.Amount.Decimal(k.Currency); in["shown"] != shown && !o.refundDone(ctx, k.ID, in["key"]) {
		return o.showRefund(c, k, http.StatusOK, in, shown, nil)
	}
	if err := o.prove(c, in["password,raw"]); errors.Is(err, fault.Invalid) {
		return o.showRefund(c, k, http.StatusUnprocessableEntity, in, in["shown"], err)
	} else if err != nil {
		return err
	}
	return o.refund(c, k, part, in)
}

// refundDone reports whether the form was sent before: its second click is
// answered like the first.
func (o *Office) refundDone(ctx context.Context, id order.ID, key string) bool {
	done, err := payment.Given(ctx, o.DB, id, key)
	return err == nil && done
}

func (o *Office) refund(c echo.Context, k *order.Order, part payment.Part, in inputs) error {
	err := o.change(c, "order.refund", k.Number, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		done, err := o.Desk.RefundIn(ctx, tx, k.ID, part, in["shown"], in["key"], o.by(c), in["why"], now)
		if err != nil || !done {
			return "", err
		}
		return in["shown"] + " " + string(k.Currency) + ": " + in["why"], nil
	})
	if errors.Is(err, fault.Conflict) {
		return o.refused(c, k.ID, err)
	}
	if err != nil {
		return err
	}
	amount, _ := money.Parse(in["shown"], k.Currency)
	return done(c, "/admin/orders/"+k.Number, "admin.refund.done", "amount", money.Price{Amount: amount, Currency: k.Currency})
}

// refundForm reads what is asked to go back: units and delivery, or an amount.
func refundForm(c echo.Context, k *order.Order, lines []order.Line) (inputs, payment.Part, error) {
	names := []string{"key", "amount", "why", "delivery", "shown", "password,raw"}
	for _, l := range lines {
		names = append(names, "units-"+strconv.Itoa(l.Position))
	}
	part := payment.Part{Units: map[int]int{}}
	in, err := read(c, names)
	if err != nil {
		return in, part, err
	}
	var form fault.Form
	some := in.On("delivery")
	part.Delivery = some
	for _, l := range lines {
		field := "units-" + strconv.Itoa(l.Position)
		if in[field] == "" || in[field] == "0" {
			continue
		}
		n, wrong := strconv.Atoi(in[field])
		if most := l.Qty - l.CancelledQty - l.RefundedQty; wrong != nil || n < 1 || n > most {
			form.Wrong(field, "admin.refund.units.wrong", "most", most)
			continue
		}
		part.Units[l.Position], some = n, true
	}
	switch amount, wrong := money.Parse(in["amount"], k.Currency); {
	case in["amount"] == "" && !some:
		form.Wrong("amount", "admin.refund.nothing")
	case in["amount"] == "":
	case some:
		form.Wrong("amount", "admin.refund.both")
	case wrong != nil || amount <= 0:
		form.Wrong("amount", "admin.refund.amount.wrong")
	default:
		part.Free = amount
	}
	if in["why"] == "" || len([]rune(in["why"])) > 300 {
		form.Wrong("why", "admin.refund.why.wrong")
	}
	if in["key"] == "" || len(in["key"]) > 100 {
		form.Wrong("amount", "error.unreadable")
	}
	return in, part, form.Err()
}

// refundAgain has a refund asked for once more that its provider refused.
func (o *Office) refundAgain(c echo.Context) error {
	op, err := strconv.ParseInt(c.Param("op"), 10, 64)
	if err != nil {
		return nowhere()
	}
	var in struct {
		Password string `form:"password,raw,max=200"`
	}
	err = web.Form(c, &in)
	if err == nil {
		err = o.prove(c, in.Password)
	}
	if errors.Is(err, fault.Invalid) {
		return o.unproved(c, err)
	}
	if err != nil {
		return err
	}
	return o.step(c, "order.refund.again", "admin.money.again.done", func(ctx context.Context, tx *db.Tx, k *order.Order, now time.Time) error {
		return o.Desk.RefundAgainIn(ctx, tx, k.ID, op, o.by(c), now)
	})
}

// unproved shows the order with what was wrong with the password.
func (o *Office) unproved(c echo.Context, failure error) error {
	k, err := order.ByNumber(c.Request().Context(), o.DB, c.Param("number"))
	if err != nil {
		return err
	}
	p, err := o.orderPage(c, k)
	if err != nil {
		return err
	}
	for _, f := range fault.Fields(failure) {
		p.Notice = t(c, f.Words, f.Args...)
	}
	return web.Render(c, http.StatusUnprocessableEntity, "admin/order", p)
}

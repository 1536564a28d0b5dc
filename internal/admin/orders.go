package admin

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/checkout"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/outreach"
	"regulars/internal/payment"
	"regulars/internal/web"
)

// orderStates are the saved views of the list.
var orderStates = []string{"", "waiting", "confirming", "to-ship", "shipped", "completed", "cancelled", "flagged"}

func orderFilter(state string) order.Filter {
	switch state {
	case "waiting":
		return order.Filter{State: order.StatePlaced, Payment: order.Pending}
	case "confirming":
		return order.Filter{State: order.StatePlaced, Payment: order.Processing}
	case "to-ship":
		return order.Filter{ToShip: true}
	case "shipped":
		return order.Filter{State: order.StatePlaced, Delivery: order.Shipped}
	case "completed":
		return order.Filter{State: order.Completed}
	case "cancelled":
		return order.Filter{State: order.Cancelled}
	case "flagged":
		return order.Filter{Flagged: true}
	}
	return order.Filter{}
}

type ordersPage struct {
	web.Page
	Write     bool
	Here      string
	Saved     saved
	In        listing
	Chips     []chip
	Simulated []chip
	Rows      []orderRow
	Pager     pager
	Of        []chip // whose orders alone, and since when; the way back to all
}

type orderRow struct {
	URL, Number, Name, Email, Total string
	At                              db.Time
	State, Payment, Delivery        tag
	Simulated                       bool
}

// tag is a state in a word, in the colour of good or bad news.
type tag struct{ Kind, Text string }

func (o *Office) orders(c echo.Context) error {
	if to, err := o.opensWith(c, "orders"); to != "" || err != nil {
		return errors.Join(err, redirect(c, to))
	}
	in, err := list(c)
	if err != nil {
		return err
	}
	f := orderFilter(in.State)
	f.Text, f.Simulated, f.Page = in.Q, in.simulated(), in.Page
	of, err := o.ordersOf(c, &f)
	if err != nil {
		return err
	}
	found, err := order.List(c.Request().Context(), o.DB, f)
	if err != nil {
		return err
	}
	p := ordersPage{Page: page(c, "staff.area.orders"), In: in, Chips: chips(c, "state", in.State, "admin.orders.", orderStates...),
		Simulated: chips(c, "simulated", in.Simulated, "admin.simulated.", "", "no", "yes"), Pager: bounded(c, found)}
	p.Rows, p.Of = orderRows(c, found.Orders), of
	p.Write, p.Here = o.may(c, "orders.write"), with(c, "", "")
	if p.Saved, err = o.views(c, "orders"); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, "admin/orders", p)
}

// bounded is the pager of a list that counts to order.CountTo and leafs on.
func bounded(c echo.Context, found *order.Page) pager {
	if !found.More {
		return pages(c, found.Page, found.PerPage, found.Total)
	}
	total := max(found.Total, (found.Page-1)*found.PerPage+len(found.Orders))
	if len(found.Orders) == found.PerPage {
		total = max(total, found.Page*found.PerPage+1)
	}
	p := pages(c, found.Page, found.PerPage, total)
	p.Status = t(c, "desk.pages.many", "page", found.Page, "total", found.Total)
	return p
}

func orderRows(c echo.Context, orders []order.Order) []orderRow {
	rows := make([]orderRow, len(orders))
	for i := range orders {
		k := &orders[i]
		rows[i] = orderRow{URL: "/admin/orders/" + k.Number, Number: k.Number, Name: k.Name, Email: k.Email, Total: i18n.Money(lang(c), k.Price()),
			At: k.PlacedAt, State: stateTag(c, order.OrderAxis, string(k.State)), Payment: stateTag(c, order.PaymentAxis, string(k.PaymentState)),
			Delivery: stateTag(c, order.DeliveryAxis, string(k.DeliveryState)), Simulated: k.Simulated}
	}
	return rows
}

func stateTag(c echo.Context, axis order.Axis, state string) tag {
	key := map[order.Axis]string{order.OrderAxis: "order.state.", order.PaymentAxis: "order.payment.", order.DeliveryAxis: "order.delivery."}[axis]
	k := tag{"info", t(c, key+state)}
	switch state {
	case "paid", "completed", "delivered":
		k.Kind = "ok"
	case "failed", "cancelled", "returned", "refunded", "partly-refunded":
		k.Kind = "warn"
	}
	return k
}

type orderPage struct {
	web.Page
	Order       *order.Order
	Notice      string
	State       []tag
	Lines       []orderLine
	Sums        []sum
	Steps       []moment
	Address     []string
	Customer    string // address of the customer's page, if there is an account
	Can         map[string]bool
	Flagged     bool
	Holds       []string // what keeps it here, or wants care, in words
	Note        string   // what was typed, if it was refused
	NoteWrong   web.FormErrors
	Cancelled   bool
	RefundWords string
	Mails       []mailAgain
	Invoice     string // its page as the shopper sees it
	InvoiceText string
	Credits     []chip
	Returns     []returnRow
	Parcels     []parcelRow
	Send        []sendLine // what is left to send, while it may be sent
	Parcel      checkout.Parcel
	Hand        handForm // money that nobody tells of
	From        []choice // places to send from, if there is a choice
	Money       payment.Money
	MoneySums   []sum
	Backs       []moneyRow
	Proof       bool // the password is wanted before money goes back
}

// parcelRow is a parcel that left the house; sendLine a line that can still
// be put into one.
type (
	parcelRow struct {
		Title, Carrier, Tracking, URL string
		At                            db.Time
		Lines                         []string
	}
	sendLine struct {
		Field, Name string
		Left        int
	}
)

// mailAgain is a mail about the order that can be sent once more.
type mailAgain struct{ ID, Text, To string }

type orderLine struct {
	SKU, Name, Choices, Unit, Total string
	Qty, Cancelled                  int
	Says                            string // what of it has yet to come, and what a bundle holds
}

type sum struct {
	Name, Value string
	Total       bool
}

func (o *Office) order(c echo.Context) error {
	k, err := order.ByNumber(c.Request().Context(), o.DB, c.Param("number"))
	if err != nil {
		return err
	}
	p, err := o.orderPage(c, k)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, "admin/order", p)
}

// orderSums names the amounts of an order.
func (o *Office) orderSums(c echo.Context, k *order.Order) ([]sum, error) {
	all, err := order.Sums(c.Request().Context(), o.DB, k)
	var sums []sum
	for _, a := range all {
		name := a.Name.In(lang(c))
		if name == "" || a.Kind == "delivery" {
			key := map[string]string{"goods": "subtotal", "less": "discount", "tax": "tax.added"}[a.Kind]
			if a.Kind == "tax" && k.TaxIncluded {
				key = "tax"
			}
			name = t(c, "admin.sum."+cmp.Or(key, a.Kind))
		}
		sums = append(sums, sum{Name: name, Value: cash(c, a.Amount, k.Currency), Total: a.Kind == "total"})
	}
	return sums, err
}

func (o *Office) orderPage(c echo.Context, k *order.Order) (*orderPage, error) {
	ctx := c.Request().Context()
	p := &orderPage{Page: page(c, "admin.order", "number", k.Number), Order: k, Cancelled: k.State == order.Cancelled,
		State: []tag{stateTag(c, order.OrderAxis, string(k.State)), stateTag(c, order.PaymentAxis, string(k.PaymentState)), stateTag(c, order.DeliveryAxis, string(k.DeliveryState))}}
	lines, err := order.Lines(ctx, o.DB, k.ID)
	if err != nil {
		return nil, err
	}
	says, err := o.waitsFor(ctx, c, int64(k.ID))
	if err != nil {
		return nil, err
	}
	for _, l := range lines {
		p.Lines = append(p.Lines, orderLine{l.SKU, l.Name.In(p.Lang), l.Choices.In(p.Lang), cash(c, l.UnitPrice, k.Currency), cash(c, l.Total, k.Currency), l.Qty, l.CancelledQty, says[l.VariantID]})
	}
	if p.Sums, err = o.orderSums(c, k); err != nil {
		return nil, err
	}
	for _, line := range []string{k.Name, k.Line1, k.Line2, strings.TrimSpace(k.Postcode + " " + k.City), k.Region, k.Country, k.Phone} {
		if line != "" {
			p.Address = append(p.Address, line)
		}
	}
	write, paid := o.may(c, "orders.write"), k.PaymentState == order.Paid || k.PaymentState == order.PartlyRefunded
	p.Can = map[string]bool{
		"pack":    write && k.Packable(),
		"write":   write,
		"receive": false,
		"refused": false,
		"ship":    write && k.State == order.StatePlaced && k.MayLeave() && k.DeliveryState == order.Unshipped,
		"deliver": write && k.State == order.StatePlaced && k.DeliveryState == order.Shipped,
		"cancel":  write && k.State == order.StatePlaced && k.DeliveryState == order.Unshipped,
	}
	bill, err := order.InvoiceOf(ctx, o.DB, k.ID)
	if err != nil {
		return nil, err
	}
	if bill != nil {
		p.Invoice = web.In(p.Lang, "/orders/"+k.Number+"/invoice?key="+order.AccessKey(o.Desk.Secret, k.Number))
		p.InvoiceText = t(c, "admin.order.invoice", "number", bill.Number())
		if p.Credits, err = o.credits(ctx, c, k); err != nil {
			return nil, err
		}
	}
	if err := o.parcels(ctx, c, p, lines); err != nil {
		return nil, err
	}
	if err := o.money(ctx, c, p); err != nil {
		return nil, err
	}
	if p.Returns, err = o.returnsOf(ctx, c, k); err != nil {
		return nil, err
	}
	p.RefundWords = t(c, "admin.cancel.unpaid")
	if left := p.Money.Left(); paid && left > 0 {
		p.RefundWords = t(c, "admin.cancel.refund", "total", money.Price{Amount: left, Currency: k.Currency})
	}
	if k.CustomerID == nil && k.Email+k.Name != "" && o.may(c, "customers.read") {
		p.Customer = guestPath(k.Number)
	}
	if k.CustomerID != nil && o.may(c, "customers.read") {
		if person, err := customer.ByID(ctx, o.DB, *k.CustomerID); err == nil {
			p.Customer = customerPath(person.Number)
		} else if !errors.Is(err, fault.NotFound) {
			return nil, err
		}
	}
	if write {
		if p.Mails, err = o.mailsAgain(ctx, c, k); err != nil {
			return nil, err
		}
	}
	if p.Steps, err = o.timeline(ctx, c, p); err != nil {
		return nil, err
	}
	p.Flagged = slices.ContainsFunc(p.Steps, func(m moment) bool { return m.Flag })
	p.Holds, err = o.holds(ctx, c, k)
	return p, err
}

// mailsAgain lists the mails about an order that went out, or failed to.
func (o *Office) mailsAgain(ctx context.Context, c echo.Context, k *order.Order) ([]mailAgain, error) {
	sends, err := outreach.Sends(ctx, o.DB, outreach.Filter{Order: k.ID})
	if err != nil {
		return nil, err
	}
	var all []mailAgain
	for _, s := range slices.Backward(sends.Sends) {
		if strings.HasPrefix(s.Template, "order-") && (s.State == outreach.Sent || s.State == outreach.Failed) && k.Email != "" {
			all = append(all, mailAgain{strconv.FormatInt(s.ID, 10), t(c, "admin.mail.again", "mail", t(c, "admin.mail."+s.Template)), t(c, "admin.mail.again.to", "email", s.Email)})
		}
	}
	return all, nil
}

// mailOrder sends a mail about an order once more.
func (o *Office) mailOrder(c echo.Context) error {
	id, err := strconv.ParseInt(c.Param("mail"), 10, 64)
	if err != nil {
		return nowhere()
	}
	return o.step(c, "order.mail", "admin.mail.again.done", func(ctx context.Context, tx *db.Tx, k *order.Order, now time.Time) error {
		return outreach.SendAgain(ctx, tx, id, k.ID, now)
	})
}

func (o *Office) packOrder(c echo.Context) error {
	return o.step(c, "order.pack", "admin.order.packed", func(ctx context.Context, tx *db.Tx, k *order.Order, now time.Time) error {
		return o.Desk.PackIn(ctx, tx, k.ID, o.by(c), now)
	})
}

func (o *Office) deliverOrder(c echo.Context) error {
	return o.step(c, "order.deliver", "admin.order.delivered", func(ctx context.Context, tx *db.Tx, k *order.Order, now time.Time) error {
		return o.Desk.DeliverIn(ctx, tx, k.ID, o.by(c), now)
	})
}

// step takes an order one step on. One that cannot be taken any more shows the
// order as it is now, with the reason.
func (o *Office) step(c echo.Context, action, key string, do func(context.Context, *db.Tx, *order.Order, time.Time) error) error {
	k, err := order.ByNumber(c.Request().Context(), o.DB, c.Param("number"))
	if err != nil {
		return err
	}
	err = o.change(c, action, k.Number, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		return k.Number, do(ctx, tx, k, now)
	})
	if errors.Is(err, fault.Conflict) {
		return o.refused(c, k.ID, err)
	}
	if err != nil {
		return err
	}
	return done(c, "/admin/orders/"+k.Number, key, "number", k.Number)
}

func (o *Office) refused(c echo.Context, id order.ID, why error) error {
	k, err := order.ByID(c.Request().Context(), o.DB, id)
	if err != nil {
		return err
	}
	p, err := o.orderPage(c, k)
	if err != nil {
		return err
	}
	p.Notice = words(c, why)
	return web.Render(c, http.StatusConflict, "admin/order", p)
}

type cancelPage struct {
	*orderPage
	Why       string
	Errors    web.FormErrors
	WantProof bool
}

// askCancel shows what cancelling would do before anybody does it.
func (o *Office) askCancel(c echo.Context) error { return o.showCancel(c, http.StatusOK, "", nil) }

func (o *Office) showCancel(c echo.Context, status int, why string, failure error) error {
	k, err := order.ByNumber(c.Request().Context(), o.DB, c.Param("number"))
	if err != nil {
		return err
	}
	p, err := o.orderPage(c, k)
	if err != nil {
		return err
	}
	if !p.Can["cancel"] {
		return o.refused(c, k.ID, fault.New(fault.Conflict, "order.step.cancel", "number", k.Number))
	}
	p.Page = page(c, "admin.cancel", "number", k.Number)
	return web.Render(c, status, "admin/order-cancel", cancelPage{p, why, wrong(c, failure), p.Proof && p.Money.Left() > 0})
}

func (o *Office) cancelOrder(c echo.Context) error {
	var in struct {
		Why      string `form:"why,max=300"`
		Confirm  bool   `form:"confirm"`
		Password string `form:"password,raw,max=200"`
	}
	err := web.Form(c, &in)
	if err == nil && !in.Confirm {
		var form fault.Form
		form.Wrong("confirm", "admin.cancel.confirm.wrong")
		err = form.Err()
	}
	if err == nil {
		err = o.proveIfPaid(c, in.Password)
	}
	if errors.Is(err, fault.Invalid) {
		return o.showCancel(c, http.StatusUnprocessableEntity, in.Why, err)
	}
	if err != nil {
		return err
	}
	return o.step(c, "order.cancel", "admin.order.cancelled", func(ctx context.Context, tx *db.Tx, k *order.Order, now time.Time) error {
		return o.Desk.CancelIn(ctx, tx, k.ID, o.by(c), in.Why, now)
	})
}

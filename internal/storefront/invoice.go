package storefront

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/payment"
	"regulars/internal/web"
)

type (
	invoiceLine struct {
		SKU, Name, Unit, Discount, Tax, Total string
		Qty                                   int
	}
	invoiceRate struct{ Rate, Net, Tax, Gross string }
	invoicePage struct {
		web.Page
		Number, Order, Issued, From, Mail, Back string
		To                                      []string
		Lines                                   []invoiceLine
		Sums                                    []sum
		Rates                                   []invoiceRate
		Note                                    string
		Credits                                 []link
	}
	link       struct{ URL, Text string }
	creditPage struct {
		web.Page
		Number, Order, Bill, BillURL, Issued, From, Mail, Back string
		To                                                     []string
		Lines                                                  []invoiceLine
		Sums                                                   []sum
	}
)

// invoice shows the bill of a paid order for print, to whoever may see the
// order. What stands on it is what was frozen when the order was placed.
func (s *Shop) invoice(c echo.Context) error {
	key := c.QueryParam("key")
	o, err := s.orderFor(c, key)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	bill, err := order.InvoiceOf(ctx, s.DB, o.ID)
	if err != nil {
		return err
	}
	if bill == nil {
		return ended()
	}
	lines, err := order.Lines(ctx, s.DB, o.ID)
	if err != nil {
		return err
	}
	set := s.Settings.Now()
	p := &invoicePage{Page: s.page(c, "shop.invoice.title", "number", bill.Number()), Number: bill.Number(), Order: o.Number,
		From: set.Get("shop.address"), Mail: set.Get("shop.email"), Back: web.URL(c, "/orders/"+o.Number) + query(key)}
	p.NoIndex, p.Other = true, web.In(other(p.Lang), "/orders/"+o.Number+"/invoice"+query(key))
	if p.Issued, err = p.Date(bill.IssuedAt); err != nil {
		return err
	}
	p.To = billedTo(c, o)
	if p.Credits, err = s.credits(c, o, key); err != nil {
		return err
	}
	for _, l := range lines {
		v := invoiceLine{SKU: l.SKU, Name: strings.TrimSpace(in(c, l.Name) + " " + in(c, l.Choices)), Qty: l.Qty,
			Unit: s.money(c, l.UnitPrice, o.Currency), Tax: s.money(c, l.Tax, o.Currency), Total: s.money(c, l.Total, o.Currency)}
		if l.Discount > 0 {
			v.Discount = s.money(c, -l.Discount, o.Currency)
		}
		p.Lines = append(p.Lines, v)
	}
	if p.Sums, err = s.orderSums(c, o); err != nil {
		return err
	}
	for _, r := range o.ByRate(lines) {
		p.Rates = append(p.Rates, invoiceRate{percent(c, r.Rate), s.money(c, r.Net, o.Currency), s.money(c, r.Tax, o.Currency), s.money(c, r.Gross, o.Currency)})
	}
	if o.PaymentState == order.Refunded || o.PaymentState == order.PartlyRefunded {
		p.Note = t(c, "order.payment."+string(o.PaymentState))
	}
	web.Private(c)
	return web.Render(c, http.StatusOK, "storefront/invoice", p)
}

func billedTo(c echo.Context, o *order.Order) (to []string) {
	for _, text := range []string{o.Name, o.Line1, o.Line2, strings.TrimSpace(o.Postcode + " " + o.City), o.Region, countryName(c, o.Country)} {
		if text != "" {
			to = append(to, text)
		}
	}
	return to
}

// credits are the credit notes of an order as links.
func (s *Shop) credits(c echo.Context, o *order.Order, key string) ([]link, error) {
	notes, err := order.CreditNotes(c.Request().Context(), s.DB, o.ID)
	var all []link
	for _, n := range notes {
		all = append(all, link{web.URL(c, "/orders/"+o.Number+"/credit/"+n.Number()) + query(key),
			t(c, "shop.credit.open", "number", n.Number(), "amount", s.money(c, n.Amount, o.Currency))})
	}
	return all, err
}

// credit shows a credit note for print, to whoever may see the order.
func (s *Shop) credit(c echo.Context) error {
	ctx, key := c.Request().Context(), c.QueryParam("key")
	o, err := s.orderFor(c, key)
	if err != nil {
		return err
	}
	bill, err := order.InvoiceOf(ctx, s.DB, o.ID)
	if err != nil {
		return err
	}
	notes, err := order.CreditNotes(ctx, s.DB, o.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(notes, func(n order.CreditNote) bool { return n.Number() == c.Param("note") })
	if i < 0 || bill == nil {
		return ended()
	}
	n, set := &notes[i], s.Settings.Now()
	p := &creditPage{Page: s.page(c, "shop.credit.title", "number", n.Number()), Number: n.Number(), Order: o.Number, Bill: bill.Number(), From: set.Get("shop.address"),
		Mail: set.Get("shop.email"), To: billedTo(c, o), Back: web.URL(c, "/orders/"+o.Number) + query(key), BillURL: web.URL(c, "/orders/"+o.Number+"/invoice") + query(key)}
	p.NoIndex, p.Other = true, web.In(other(p.Lang), "/orders/"+o.Number+"/credit/"+n.Number()+query(key))
	if p.Issued, err = p.Date(n.IssuedAt); err != nil {
		return err
	}
	if p.Lines, err = s.creditLines(c, o, n); err != nil {
		return err
	}
	p.Sums = []sum{{t(c, "shop.credit.total"), s.money(c, n.Amount, o.Currency), "sums-total"}}
	if n.Tax > 0 {
		p.Sums = append(p.Sums, sum{Name: t(c, "shop.sum.tax"), Value: s.money(c, n.Tax, o.Currency)})
	}
	web.Private(c)
	return web.Render(c, http.StatusOK, "storefront/credit", p)
}

// creditLines are what a credit note is for: the units and the delivery of the
// refund, and what it has beyond them; one line where it was for nothing in
// particular.
func (s *Shop) creditLines(c echo.Context, o *order.Order, n *order.CreditNote) (all []invoiceLine, err error) {
	ctx, rest := c.Request().Context(), n.Amount
	add := func(l invoiceLine, amount money.Amount) {
		l.Total = s.money(c, amount, o.Currency)
		all, rest = append(all, l), rest-amount
	}
	back, err := payment.BackOf(ctx, s.DB, n.OpID)
	if err != nil || back == nil {
		return nil, err
	}
	r, err := payment.RefundByID(ctx, s.DB, back.RefundID)
	if err != nil {
		return nil, err
	}
	if r != nil && r.Amount == n.Amount {
		lines, err := order.Lines(ctx, s.DB, o.ID)
		if err != nil {
			return nil, err
		}
		for _, u := range r.Lines {
			for _, l := range lines {
				if l.ID == u.LineID {
					add(invoiceLine{SKU: l.SKU, Name: strings.TrimSpace(in(c, l.Name) + " " + in(c, l.Choices)), Qty: u.Qty}, u.Amount)
				}
			}
		}
		if r.Delivery > 0 {
			add(invoiceLine{Name: in(c, o.DeliveryName)}, r.Delivery)
		}
	}
	switch {
	case len(all) == 0:
		add(invoiceLine{Name: t(c, "shop.credit.of", "number", o.Number)}, rest)
	case rest != 0:
		add(invoiceLine{Name: t(c, "shop.credit.rest")}, rest)
	}
	return all, nil
}

// percent writes a tax rate: 19 %, 8.875 %.
func percent(c echo.Context, rate money.Rate) string {
	return t(c, "shop.percent", "value", rate.String())
}

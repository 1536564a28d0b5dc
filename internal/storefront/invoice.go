package storefront

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/money"
	"regulars/internal/order"
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
		Number, Order, Date, From, Mail, Back string
		To                                    []string
		Lines                                 []invoiceLine
		Sums                                  []sum
		Rates                                 []invoiceRate
		Note                                  string
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
	if p.Date, err = p.Page.Date(bill.IssuedAt); err != nil {
		return err
	}
	for _, text := range []string{o.Name, o.Line1, o.Line2, strings.TrimSpace(o.Postcode + " " + o.City), o.Region, countryName(c, o.Country)} {
		if text != "" {
			p.To = append(p.To, text)
		}
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

// percent writes a tax rate: 19 %, 7.25 %.
func percent(c echo.Context, rate money.BasisPoints) string {
	return t(c, "shop.percent", "value", strings.TrimSuffix(strings.TrimRight(money.Amount(rate).Decimal("USD"), "0"), "."))
}

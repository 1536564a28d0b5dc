package storefront

import (
	"github.com/labstack/echo/v4"

	"regulars/internal/order"
	"regulars/internal/payment"
	"regulars/internal/web"
)

// moneyBack is money that goes or went back, in one line.
type moneyBack struct{ Amount, Date, Stamp, Text string }

// moneyBacks fills in what went back of an order, and corrects what its state says
// where the provider has not sent what was promised.
func (s *Shop) moneyBacks(c echo.Context, p *orderPage, o *order.Order, key string) error {
	ctx := c.Request().Context()
	bill, err := order.InvoiceOf(ctx, s.DB, o.ID)
	if err != nil {
		return err
	}
	if bill != nil {
		p.Invoice = web.URL(c, "/orders/"+o.Number+"/invoice") + query(key)
	}
	if p.Credits, err = s.credits(c, o, key); err != nil {
		return err
	}
	backs, err := payment.Backs(ctx, s.DB, o.ID)
	if err != nil {
		return err
	}
	zone := s.Settings.Now().Zone()
	for _, b := range backs {
		v := moneyBack{Amount: s.money(c, b.Amount, o.Currency), Date: s.stamp(c, b.At), Stamp: b.At.In(zone).Format("2006-01-02T15:04:05Z07:00")}
		switch {
		case b.Kept:
			v.Text = t(c, "shop.back.kept")
		case b.Gone():
			v.Text = t(c, "shop.back.gone", "way", t(c, "payment."+b.Provider))
		case b.Refused():
			v.Text = t(c, "shop.back.refused")
		default:
			v.Text = t(c, "shop.back.asked")
		}
		p.Backs = append(p.Backs, v)
	}
	if o.State == order.Cancelled && (o.PaymentState == order.Paid || o.PaymentState == order.PartlyRefunded) {
		p.Lead = t(c, "shop.order.cancelled.owed")
	}
	return nil
}

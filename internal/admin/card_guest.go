package admin

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/order"
	"regulars/internal/outreach"
	"regulars/internal/person"
	"regulars/internal/web"
)

// lookedAtGuest writes down who looked at the card of somebody without an
// account, whose looks have no row of their own.
func (o *Office) lookedAtGuest(c echo.Context, number string) error {
	return o.change(c, "customer.look", "guest "+number, func(context.Context, *db.Tx, time.Time) (string, error) { return "card", nil })
}

// guestOrders tells of orders without the account under its address; nobody has
// proved that they are the same person's.
func (o *Office) guestOrders(c echo.Context, p *personPage, k *customer.Customer) error {
	number, n, err := person.GuestNumber(c.Request().Context(), o.DB, k.Email)
	if err == nil && n > 0 {
		p.GuestURL, p.GuestText = guestPath(number), t(c, "person.also-guest", "count", n)
	}
	return err
}

// guest is the card of somebody without an account, found by one order.
func (o *Office) guest(c echo.Context) error {
	ctx, number := c.Request().Context(), order.CleanNumber(param(c, "guest"))
	who, owner, err := person.GuestOf(ctx, o.DB, number)
	if err != nil {
		return err
	}
	if owner != 0 {
		k, err := customer.ByID(ctx, o.DB, owner)
		if err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, customerPath(k.Number))
	}
	if len(who.Orders) == 0 {
		return nowhere()
	}
	if err := o.lookedAtGuest(c, number); err != nil {
		return err
	}
	return o.showGuest(c, http.StatusOK, number, who, inputs{}, nil)
}

func (o *Office) showGuest(c echo.Context, status int, number string, who person.Who, in inputs, failed error) error {
	ctx := c.Request().Context()
	all := make([]order.Order, 0, len(who.Orders))
	for _, id := range who.Orders {
		k, err := order.ByID(ctx, o.DB, order.ID(id))
		if err != nil {
			return err
		}
		all = append(all, *k)
	}
	last := all[0]
	p := &personPage{Page: web.NewPage(c, cmp.Or(last.Name, o.address(c, last.Email), last.Number)), Guest: true, Number: number, Name: last.Name, Base: guestPath(number),
		Simulated: last.Simulated, Write: o.may(c, "customers.write"), Personal: o.personal(c), Errors: wrong(c, failed), Tags: []tag{{"info", t(c, "person.guest")}}}
	for _, f := range []cardFact{{t(c, "admin.col.email"), o.address(c, last.Email)}, {t(c, "admin.customer.phone"), o.telephone(c, last.Phone)}, {t(c, "person.place"), last.Country}} {
		if f.Value != "" {
			p.Facts = append(p.Facts, f)
		}
	}
	mails := outreach.Filter{Order: last.ID}
	if last.Email != "" {
		mails = outreach.Filter{Text: last.Email}
		if k, err := customer.ByEmail(ctx, o.DB, last.Email); err == nil {
			p.GuestURL, p.GuestText = customerPath(k.Number), t(c, "person.also-account")
		} else if fault.Kind(err) != fault.NotFound {
			return err
		}
	}
	for _, fill := range []func() error{
		func() error { return o.cardOrders(c, p, func() ([]order.Order, error) { return all, nil }) },
		func() error { return o.cardAsked(c, p, who) },
		func() error { return o.cardPromises(c, p, who, in) },
		func() error { return o.cardMails(c, p, mails) },
		func() error { return o.moments(c, p, who) },
	} {
		if err := fill(); err != nil {
			return err
		}
	}
	return web.Render(c, status, "admin/customer", p)
}

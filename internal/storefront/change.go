package storefront

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"regulars/internal/checkout"
	"regulars/internal/fault"
	"regulars/internal/order"
	"regulars/internal/web"
)

// cancelOrder ends an order at its shopper's wish while nobody packs it.
func (s *Shop) cancelOrder(c echo.Context) error {
	var in struct {
		Key string `form:"key,max=100"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	o, err := s.orderFor(c, in.Key)
	if err != nil {
		return err
	}
	if err := s.Desk.Withdraw(c.Request().Context(), o.ID); err != nil {
		return s.notChanged(c, o.ID, in.Key, nil, err)
	}
	web.Flash(c, "ok", "shop.order.cancel.done", "number", o.Number)
	return web.Redirect(c, "/orders/"+o.Number+query(in.Key))
}

// readdressOrder changes where an order goes while nobody packs it.
func (s *Shop) readdressOrder(c echo.Context) error {
	var in struct {
		Key string `form:"key,max=100"`
	}
	var to checkout.Address
	if err := web.Form(c, &in); err != nil {
		return err
	}
	o, err := s.orderFor(c, in.Key)
	if err != nil {
		return err
	}
	failed := web.Form(c, &to)
	if failed == nil {
		failed = s.Desk.Readdress(c.Request().Context(), o.ID, to)
	}
	if failed != nil {
		return s.notChanged(c, o.ID, in.Key, &to, failed)
	}
	web.Flash(c, "ok", "shop.order.change.done")
	return web.Redirect(c, "/orders/"+o.Number+query(in.Key))
}

// notChanged shows the order as it is now, with why it stayed so and what was
// typed.
func (s *Shop) notChanged(c echo.Context, id order.ID, key string, typed *checkout.Address, failed error) error {
	if kind := fault.Kind(failed); kind != fault.Conflict && kind != fault.Invalid && kind != fault.TooMany {
		return failed
	}
	o, err := order.ByID(c.Request().Context(), s.DB, id)
	if err != nil {
		return err
	}
	page, err := s.orderPage(c, o, key)
	if err != nil {
		return err
	}
	text, status := words(c, failed)
	var many *fault.Fault
	if errors.As(failed, &many) && many.Kind == fault.TooMany { // the page of the order says when, not one of its own
		text, status = t(c, many.Words, many.Args...), http.StatusTooManyRequests
		web.RetryLater(c, failed)
	}
	if page.ChangeErrors = web.Errors(c, failed); len(page.ChangeErrors.Items) == 0 {
		page.Notice = text
	} else if typed != nil {
		page.Change = *typed
		status = http.StatusUnprocessableEntity
	}
	web.Private(c)
	return web.Render(c, status, "storefront/order", page)
}

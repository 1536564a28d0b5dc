package storefront

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/cart"
	"regulars/internal/checkout"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/fault"
	"regulars/internal/pricing"
	"regulars/internal/staff"
	"regulars/internal/web"
)

// couponBox is the folded field for a code.
type couponBox struct {
	Value string
	Error web.FieldError
}

// asks says who looks at a cart, for its price.
func (s *Shop) asks(c echo.Context, open *cart.Cart) (checkout.Ask, error) {
	p, err := s.person(c)
	a := checkout.Ask{Person: p, Credit: true}
	if open != nil {
		a.Coupon, a.Email = open.Coupon, open.Email
	}
	return a, err
}

// Codes may be tried this often from one address and for one cart, so that
// nobody finds one by trying.
const (
	couponTries  = 10
	couponWindow = time.Hour
)

// mayTry counts a try at a code that the cart does not hold already.
func (s *Shop) mayTry(c echo.Context, open *cart.Cart, code string) error {
	if code == "" || open == nil || pricing.CodeKey(code) == pricing.CodeKey(open.Coupon) {
		return nil
	}
	for _, key := range []string{"coupon from " + c.RealIP(), "coupon for " + open.Token} {
		ok, wait, err := customer.Try(c.Request().Context(), s.DB, key, couponTries, couponWindow, s.Now())
		if err != nil {
			return err
		}
		if !ok {
			s.Alarms.Sound(staff.AlarmCodes, staff.Network(c.RealIP()), s.Now())
			var form fault.Form
			form.Wrong("coupon", "pricing.coupon.slow", "count", int(wait.Minutes())+1)
			return form.Err()
		}
	}
	return nil
}

// setCoupon keeps a code with the cart, if it does something there; an empty
// one takes it off.
func (s *Shop) setCoupon(c echo.Context) error {
	var in struct {
		Coupon string `form:"coupon,max=200"`
	}
	formErr := web.Form(c, &in)
	open, count, err := s.openCart(c)
	if err != nil {
		return err
	}
	if count == 0 {
		return web.Redirect(c, "/cart")
	}
	if formErr == nil {
		formErr = s.mayTry(c, open, in.Coupon)
	}
	if formErr == nil {
		formErr = s.tryCoupon(c, open, in.Coupon)
	}
	if formErr != nil {
		return s.couponRefused(c, open, in.Coupon, formErr)
	}
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		return cart.SetCoupon(ctx, tx, open.ID, in.Coupon, s.Now())
	})
	if err != nil {
		return err
	}
	if in.Coupon == "" {
		web.Flash(c, "ok", "shop.coupon.off")
	} else {
		web.Flash(c, "ok", "shop.coupon.on")
	}
	return web.Redirect(c, "/cart")
}

// tryCoupon prices the cart with a code, and says in a field's words why it
// does nothing.
func (s *Shop) tryCoupon(c echo.Context, open *cart.Cart, code string) error {
	if code == "" {
		return nil
	}
	view, err := cart.Items(c.Request().Context(), s.DB, open)
	if err != nil {
		return err
	}
	with := *open
	with.Coupon = code
	view.Cart = &with
	quote, err := s.quoted(c, view)
	if err != nil || quote.Refused == nil {
		return err
	}
	var form fault.Form
	form.Wrong("coupon", quote.Refused.Words, quote.Refused.Args...)
	return form.Err()
}

func (s *Shop) couponRefused(c echo.Context, open *cart.Cart, code string, failed error) error {
	text, status := words(c, failed)
	if status == 0 {
		return failed
	}
	s.note(c, event.Event{Kind: event.CouponNo, CartID: int64(open.ID)})
	if fields := fault.Fields(failed); len(fields) > 0 {
		if err := s.met(c, cart.CouponRefused, fields[0].Words); err != nil {
			return err
		}
	}
	page, _, err := s.cartPage(c)
	if err != nil {
		return err
	}
	page.Coupon = couponBox{code, web.FieldError{Field: "coupon", Text: text, Prefix: t(c, "web.errors.prefix")}}
	if len(fault.Fields(failed)) > 0 && fault.Fields(failed)[0].Words == "pricing.coupon.slow" {
		status = http.StatusTooManyRequests
	}
	return web.Render(c, status, "storefront/cart", page)
}

// keepCoupon keeps with the cart what the checkout's field says, once it is
// known to be good, so that it is asked for once only.
func (s *Shop) keepCoupon(c echo.Context, open *cart.Cart, code string, quote *pricing.Quote) error {
	if code == open.Coupon || quote.Refused != nil {
		return nil
	}
	err := s.InTx(c, func(ctx context.Context, tx *db.Tx) error { return cart.SetCoupon(ctx, tx, open.ID, code, s.Now()) })
	if fault.Kind(err) == fault.Conflict { // it became an order meanwhile
		return nil
	}
	return err
}

package storefront

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/cart"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/outreach"
	"regulars/internal/web"
)

// mailBox offers to mail the cart. Known is the account's own address, where no
// other is asked for.
type mailBox struct {
	Known, Value string
	Error        web.FieldError
}

// A cart may be mailed so often, for the cart, from one address of the net, and
// to one mailbox, which anybody could have typed.
var mailTries = []struct {
	what   string
	limit  int
	window time.Duration
}{{"cart mail for ", 6, time.Hour}, {"cart mail from ", 12, time.Hour}, {"cart mail to ", 4, 24 * time.Hour}}

func (s *Shop) mailBox(c echo.Context) (mailBox, error) {
	p, err := s.person(c)
	if err != nil {
		return mailBox{}, err
	}
	if p.SignedIn() {
		return mailBox{Known: p.Customer.Email}, nil
	}
	e, err := s.entered(c)
	return mailBox{Value: e.Email}, err
}

// mailCart mails the cart to whoever asks for it: at once, once an hour for the
// same goods. The answer is the same whether the address has an account or not.
func (s *Shop) mailCart(c echo.Context) error {
	var in struct {
		Email string `form:"mail_to,max=254"`
	}
	failed := web.Form(c, &in)
	open, count, err := s.openCart(c)
	if err != nil {
		return err
	}
	if count == 0 {
		return web.Redirect(c, "/cart")
	}
	p, err := s.person(c)
	if err != nil {
		return err
	}
	var owner *customer.Customer
	to := in.Email
	if p.SignedIn() {
		owner, to = p.Customer, p.Customer.Email
	}
	if failed == nil && owner == nil {
		failed = customer.CheckEmail(to)
	}
	status := http.StatusUnprocessableEntity
	if failed == nil {
		if failed, err = s.mayMailCart(c, open, to); err != nil {
			return err
		}
		if failed != nil {
			status = http.StatusTooManyRequests
		}
	}
	if failed == nil {
		failed = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
			view, err := cart.Items(ctx, tx, open)
			if err != nil {
				return err
			}
			return outreach.MailCart(ctx, tx, view, owner, to, web.Lang(c), s.Now())
		})
	}
	if failed == nil {
		web.Flash(c, "ok", "shop.mailed-cart.done", "email", to)
		return web.Redirect(c, "/cart")
	}
	fields := fault.Fields(failed)
	if len(fields) == 0 {
		return failed
	}
	page, _, err := s.cartPage(c)
	if err != nil {
		return err
	}
	page.Mail.Value, page.Mail.Error = in.Email, web.FieldError{Field: "mail_to", Text: t(c, fields[0].Words, fields[0].Args...), Prefix: t(c, "web.errors.prefix")}
	return web.Render(c, status, "storefront/cart", page)
}

// mayMailCart counts a mail of a cart; refused says in a field's words how long to
// wait.
func (s *Shop) mayMailCart(c echo.Context, open *cart.Cart, to string) (refused, err error) {
	for i, whose := range []string{open.Token, c.RealIP(), customer.EmailKey(to)} {
		try := mailTries[i]
		ok, wait, err := customer.Try(c.Request().Context(), s.DB, try.what+whose, try.limit, try.window, s.Now())
		if err != nil {
			return nil, err
		}
		if !ok {
			var form fault.Form
			form.Wrong("mail_to", "shop.mailed-cart.slow", "count", int(wait.Minutes())+1)
			return form.Err(), nil
		}
	}
	return nil, nil
}

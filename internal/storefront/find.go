package storefront

import (
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/fault"
	"regulars/internal/order"
	"regulars/internal/web"
)

// How often one address of the net, and one order number, may be tried.
const (
	findTries  = 10
	findWindow = time.Hour
)

type findPage struct {
	web.Page
	Number, Email, Postcode string
	Errors                  web.FormErrors
}

// findForm asks a guest without their mail for what leads to an order.
func (s *Shop) findForm(c echo.Context) error {
	e, err := s.entered(c)
	if err != nil {
		return err
	}
	return s.findPage(c, http.StatusOK, findPage{Email: e.Email, Postcode: e.Postcode})
}

func (s *Shop) findPage(c echo.Context, status int, p findPage) error {
	p.Page = s.page(c, "shop.find.title")
	p.NoIndex = true
	web.Private(c)
	return web.Render(c, status, "storefront/find", p)
}

// findOrder leads to an order whose number, e-mail and postcode were all
// given. Whatever is wrong gets one and the same answer.
func (s *Shop) findOrder(c echo.Context) error {
	var in struct {
		Number   string `form:"number,max=40"`
		Email    string `form:"email,max=254"`
		Postcode string `form:"postcode,max=40"`
	}
	err := web.Form(c, &in)
	if err != nil {
		return s.findPage(c, http.StatusUnprocessableEntity, findPage{Number: in.Number, Email: in.Email, Postcode: in.Postcode, Errors: web.Errors(c, err)})
	}
	ctx, number := c.Request().Context(), order.CleanNumber(in.Number)
	for _, key := range []string{"find from " + c.RealIP(), "find " + number} {
		ok, after, err := customer.Try(ctx, s.DB, key, findTries, findWindow, s.Now())
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.TooMany, "shop.find.many", "count", max(1, int((after+time.Minute-1)/time.Minute)))
		}
	}
	o, err := order.ByNumber(ctx, s.DB, number)
	if err != nil && fault.Kind(err) != fault.NotFound {
		return err
	}
	if err == nil && found(o, in.Email, in.Postcode) {
		if key := order.AccessKey(s.Desk.Secret, o.Number); o.AccessHash == order.HashAccess(key) {
			return web.Redirect(c, "/orders/"+o.Number+"?key="+key)
		}
	}
	var form fault.Form
	form.Wrong("number", "shop.find.none")
	return s.findPage(c, http.StatusUnprocessableEntity, findPage{Number: in.Number, Email: in.Email, Postcode: in.Postcode, Errors: web.Errors(c, form.Err())})
}

// found reports whether address and postcode are the order's. An order whose
// person was erased has neither and is found by nobody.
func found(o *order.Order, email, postcode string) bool {
	return o.Email != "" && customer.EmailKey(o.Email) == customer.EmailKey(email) && plainCode(o.Postcode) == plainCode(postcode)
}

// plainCode is a postcode without what people type differently.
func plainCode(s string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(s))
}

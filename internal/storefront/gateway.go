package storefront

import (
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"regulars/internal/event"
	"regulars/internal/fault"
	"regulars/internal/order"
	"regulars/internal/payment"
	"regulars/internal/web"
)

type gatewayPage struct {
	web.Page
	Number, Amount string
	Token          string
	Note           string
}

// attempt is the test payment of the address with its order.
func (s *Shop) attempt(c echo.Context) (*payment.Payment, *order.Order, error) {
	ctx := c.Request().Context()
	if _, err := s.Desk.Pay.For(payment.TestCode); err != nil {
		return nil, nil, ended() // a shop that takes money pretends nothing
	}
	p, err := payment.ByToken(ctx, s.DB, c.Param("token"))
	if err != nil {
		return nil, nil, err
	}
	if p.Provider != payment.TestCode {
		return nil, nil, ended()
	}
	o, err := order.ByID(ctx, s.DB, p.OrderID)
	return p, o, err
}

// gateway behaves like the page of a payment provider. A payment that is
// decided leads on to its order.
func (s *Shop) gateway(c echo.Context) error {
	p, o, err := s.attempt(c)
	if err != nil {
		return err
	}
	if !p.Live() {
		return web.Redirect(c, s.statusPath(o))
	}
	return s.gatewayPage(c, http.StatusOK, p, o, "")
}

func (s *Shop) gatewayPage(c echo.Context, status int, p *payment.Payment, o *order.Order, note string) error {
	page := gatewayPage{Page: s.page(c, "shop.gateway.title"), Number: o.Number, Amount: s.money(c, p.Amount, p.Currency), Token: p.Token, Note: note}
	page.NoIndex = true
	web.Private(c)
	return web.Render(c, status, "storefront/gateway", page)
}

func (s *Shop) statusPath(o *order.Order) string {
	return "/orders/" + o.Number + "?key=" + order.AccessKey(s.Desk.Secret, o.Number)
}

// gatewayOutcome is the provider telling us what became of the payment. Told
// twice it changes nothing, and leads to the same page.
func (s *Shop) gatewayOutcome(c echo.Context) error {
	var in struct {
		Outcome string `form:"outcome,max=20"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	p, o, err := s.attempt(c)
	if err != nil {
		return err
	}
	outcome, err := payment.ParseOutcome(in.Outcome)
	if err != nil {
		text, _ := words(c, err)
		return s.gatewayPage(c, http.StatusUnprocessableEntity, p, o, text)
	}
	settled, err := s.Desk.Settle(c.Request().Context(), payment.TestCode, payment.EventID(p.Token, outcome), p.Token, outcome)
	if err != nil && fault.Kind(err) != fault.Conflict {
		return err
	}
	if err == nil && !settled.Seen && outcome == payment.OutcomeDeclined {
		s.note(c, event.Event{Kind: event.PaymentFail, OrderID: int64(o.ID)})
	}
	return web.Redirect(c, s.statusPath(o))
}

// leadToProviders lets the page's forms end at the providers' pages: browsers
// hold the redirect after a form against the policy of the page it stood on.
func (s *Shop) leadToProviders(c echo.Context) { web.FormsLeadTo(c, s.Desk.Pay.FormTargets()...) }

// stripeEvent takes Stripe's webhook in. Only what was stored is acknowledged.
func (s *Shop) stripeEvent(c echo.Context) error {
	body, err := io.ReadAll(io.LimitReader(c.Request().Body, payment.MostEvent+1))
	if err != nil {
		return fault.New(fault.Invalid, "payment.event")
	}
	if len(body) > payment.MostEvent {
		return fault.New(fault.TooLarge, "payment.event")
	}
	err = s.Desk.Pay.Receive(c.Request().Context(), s.DB, body, c.Request().Header.Get("Stripe-Signature"), s.Now())
	if fault.Kind(err) == fault.Invalid {
		s.Log.Warn("webhook refused", "error", err)
		return c.String(http.StatusBadRequest, "not an event of ours\n")
	}
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusOK)
}

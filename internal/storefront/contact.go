package storefront

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"regulars/internal/ask"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/fault"
	"regulars/internal/outreach"
	"regulars/internal/search"
	"regulars/internal/web"
)

type (
	contactForm struct {
		Name     string `form:"name,max=200"`
		Email    string `form:"email,max=254"`
		Order    string `form:"order,max=40"`
		Body     string `form:"body,max=5000"`
		Remember bool   `form:"remember"`

		Complaint bool `form:"complaint"`
	}
	contactPage struct {
		web.Page
		Form   contactForm
		Errors web.FormErrors
		Email  string // the shop's own

		Service service
	}
)

func (s *Shop) contactForm(c echo.Context) error {
	e, err := s.entered(c)
	if err != nil {
		return err
	}
	f := contactForm{Order: c.QueryParam("order"), Name: e.Name, Email: e.Email, Remember: e.Remembered, Complaint: c.QueryParam("complaint") != ""}
	if about := []rune(c.QueryParam("about")); len(about) > 0 && len(about) <= queryRunes && search.Clean(string(about)) {
		f.Body = t(c, "shop.contact.looking", "words", string(about))
	}
	return s.contactPage(c, http.StatusOK, f, nil)
}

func (s *Shop) contactPage(c echo.Context, status int, f contactForm, failed error) error {
	p := contactPage{Page: s.page(c, "shop.contact.title"), Form: f, Errors: web.Errors(c, failed), Email: s.Settings.Now().Get("shop.email")}
	var err error
	if p.Service, err = s.serviceFor(c, "", false); err != nil {
		return err
	}
	return web.Render(c, status, "storefront/contact", p)
}

func (s *Shop) contact(c echo.Context) error {
	var in contactForm
	failed := web.Form(c, &in)
	p, err := s.person(c)
	if err != nil {
		return err
	}
	m := ask.Message{Person: p, Name: in.Name, Email: in.Email, OrderNumber: in.Order, Lang: web.Lang(c), Body: in.Body, Complaint: in.Complaint, Shop: s.Settings.Now()}
	var q *ask.Question
	if failed == nil {
		q, failed = s.write(c, m)
	}
	if failed != nil {
		if fault.Kind(failed) != fault.Invalid {
			return failed
		}
		return s.contactPage(c, http.StatusUnprocessableEntity, in, failed)
	}
	s.keep(c, customer.AtQuestion, entered{Email: in.Email, Name: in.Name, Remembered: in.Remember})
	s.note(c, event.Event{Kind: event.Asked})
	s.keepToken(c, q)
	web.Flash(c, "ok", "shop.contact.done", "email", q.Email)
	return web.Redirect(c, "/questions/"+q.Token)
}

// write keeps a letter to the shop, once a form, with its receipt.
func (s *Shop) write(c echo.Context, m ask.Message) (q *ask.Question, err error) {
	receipt, err := s.mayReceipt(c, m)
	if err != nil {
		return nil, err
	}
	m.FormKey = s.formKey(c, "contact", 0, m)
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		if q, err = ask.Contact(ctx, tx, m, s.Now()); err != nil || !receipt {
			return err
		}
		return outreach.EnqueueQuestion(ctx, tx, q.ID, outreach.ContactReceived, s.Now())
	})
	return q, err
}

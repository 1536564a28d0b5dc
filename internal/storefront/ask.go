package storefront

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/ask"
	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/fault"
	"regulars/internal/outreach"
	"regulars/internal/web"
)

type (
	// questionPage is a conversation: Ask.Sent is its last turn.
	questionPage struct {
		web.Page
		Turns          []sentView // what came before
		Ask            askBox
		Back, BackText string
		Reply, Key     string // where to say something back; "" while the shop is to answer
		Body           string
		Errors         web.FormErrors
		unseen         bool
	}
	// askBox is the box that asks, wherever it stands: what was typed, and what
	// became of it.
	askBox struct {
		Action            string // with the box as its anchor, which is where the answer is read
		Nested            bool   // in a form of its page, which keeps all else that is typed there
		Body, Name, Email string
		Goods             []choice // what it may be about, where there are several
		Errors            web.FormErrors
		Answer            *answerView
		Sent              *sentView
	}
	answerView struct{ Key, Asked, Text, Title, URL string }
	nearView   struct{ Body, Answer, Name, URL string }
	// sentView is a question that is with staff, for whoever asked it.
	sentView struct {
		URL, Body, Answer, By string
		Number                string
		Parts                 []ask.Piece // the answer, with goods as links
		Expect                string      // "" once it is answered
		Mail                  string      // where the answer goes, too
		Near                  *nearView
	}
	askInput struct {
		Body   string `form:"body,max=5000"`
		Name   string `form:"name,max=200"`
		Email  string `form:"email,max=254"`
		About  string `form:"about,max=200"` // slug of one of the cart's goods
		Person bool   `form:"person"`        // the answer was not what was meant
	}
)

// The cookie that leads a browser, and nobody else, to the answers of what was
// asked with it.
const (
	askedCookie = "asked"
	askedMost   = 8
	askedAge    = 30 * 24 * time.Hour
)

// So many questions an hour reach staff from one address of the net.
const (
	askTries  = 30
	askWindow = time.Hour
)

func (s *Shop) message(c echo.Context, in askInput, p *customer.Person) ask.Message {
	return ask.Message{Person: p, Name: in.Name, Email: in.Email, Lang: web.Lang(c), Body: in.Body, Shop: s.Settings.Now()}
}

// askAboutProduct answers from what is written, or passes the question on; it
// shows under the product once staff answered and published it.
func (s *Shop) askAboutProduct(c echo.Context) error {
	product, now, err := s.found(c)
	if err != nil {
		return err
	}
	if now != "" {
		return ended()
	}
	var in askInput
	formErr := web.Form(c, &in)
	d, err := s.shelves.Detailed(c.Request().Context(), s.DB, product.ID, s.currency(c))
	if err != nil {
		return err
	}
	box := askBox{Action: web.URL(c, "/p/"+product.Slug+"/questions#questions"), Body: in.Body, Name: in.Name, Email: in.Email}
	show := func(status int, box askBox) error {
		if web.Fragment(c) == "ask" {
			return s.onlyBox(c, status, box)
		}
		page, err := s.productPage(c, product.ID, nil)
		if err != nil {
			return err
		}
		page.Ask = box
		web.Private(c)
		return web.Render(c, status, "storefront/product", page)
	}
	lib, err := s.ofProduct(c, d)
	if err != nil {
		return err
	}
	return s.answered(c, in, formErr, ask.AtProduct, product.ID, lib, box, show)
}

// askInCart does the same for the cart.
func (s *Shop) askInCart(c echo.Context) error {
	var in askInput
	formErr := web.Form(c, &in)
	view, err := s.cartView(c)
	if err != nil {
		return err
	}
	if view == nil {
		return web.Redirect(c, "/contact")
	}
	about := asksAbout(view, in.About, in.Body)
	lib, err := s.ofCart(c, view, "", about)
	if err != nil {
		return err
	}
	box := s.cartBox(c, view, in)
	return s.answered(c, in, formErr, ask.AtCart, about, lib, box, func(status int, box askBox) error {
		if web.Fragment(c) == "ask" {
			return s.onlyBox(c, status, box)
		}
		page, _, err := s.cartPage(c)
		if err != nil {
			return err
		}
		page.Ask = box
		web.Private(c)
		return web.Render(c, status, "storefront/cart", page)
	})
}

// askAtCheckout keeps all that was typed: its button stands in checkout's own
// form and leads here.
func (s *Shop) askAtCheckout(c echo.Context) error {
	var f checkoutForm
	formErr := web.Form(c, &f)
	view, err := s.cartView(c)
	if err != nil {
		return err
	}
	if view == nil || len(view.Items) == 0 {
		return web.Redirect(c, "/cart")
	}
	in := askInput{Body: f.Body, About: f.About, Person: f.Person}
	if customer.CheckEmail(f.Email) == nil {
		in.Email, in.Name = f.Email, f.Name
	}
	if r := []rune(in.Name); len(r) > 80 {
		in.Name = string(r[:80])
	}
	about := asksAbout(view, in.About, in.Body)
	lib, err := s.ofCart(c, view, f.Country, about)
	if err != nil {
		return err
	}
	box := s.cartBox(c, view, in)
	box.Nested, box.Action = true, web.URL(c, "/checkout/questions#ask")
	return s.answered(c, in, formErr, ask.AtCheckout, about, lib, box, func(status int, box askBox) error {
		if web.Fragment(c) == "ask" {
			return s.onlyBox(c, status, box)
		}
		typed := f.Coupon
		f.Coupon = view.Cart.Coupon // a code is tried by placing alone
		page, err := s.checkoutPage(c, view, f)
		if err != nil {
			return err
		}
		page.Form.Coupon, page.Ask = typed, box
		web.Private(c)
		s.leadToProviders(c)
		return web.Render(c, status, "storefront/checkout", page)
	})
}

// cartView is the open cart with its goods, nil without one.
func (s *Shop) cartView(c echo.Context) (*cart.View, error) {
	open, _, err := s.openCart(c)
	if err != nil || open == nil {
		return nil, err
	}
	return cart.Items(c.Request().Context(), s.DB, open)
}

// cartBox is the box in cart and checkout, with the goods a question may be
// about.
func (s *Shop) cartBox(c echo.Context, view *cart.View, in askInput) askBox {
	box := askBox{Action: web.URL(c, "/cart/questions#ask"), Body: in.Body, Name: in.Name, Email: in.Email}
	seen := map[string]bool{}
	for _, item := range view.Items {
		if b := item.Buyable; !seen[b.Slug] {
			seen[b.Slug] = true
			box.Goods = append(box.Goods, choice{Code: b.Slug, Text: b.Name.In(web.Lang(c)), Chosen: b.Slug == in.About})
		}
	}
	if len(box.Goods) < 2 {
		box.Goods = nil
	}
	return box
}

// answered is the way of every question: what is wrong with it, else what is
// written down about it, else a person.
func (s *Shop) answered(c echo.Context, in askInput, formErr error, place string, about catalog.ProductID, lib *library, box askBox, show func(int, askBox) error) error {
	p, err := s.person(c)
	if err != nil {
		return err
	}
	m := s.message(c, in, p)
	if place == ask.AtCheckout {
		formErr = nil // checkout's own inputs are judged when it is placed
	}
	if formErr == nil {
		formErr = m.Check()
	}
	if formErr != nil {
		if fault.Kind(formErr) != fault.Invalid || len(fault.Fields(formErr)) == 0 {
			return formErr
		}
		box.Errors = web.Errors(c, formErr)
		return show(http.StatusUnprocessableEntity, box)
	}
	trail, err := s.trailOf(c, place, about)
	if err != nil {
		return err
	}
	if found := s.instant(c, m.Body, lib); found != nil {
		trail.Source = found.Key
		if !in.Person {
			err := s.InTx(c, func(ctx context.Context, tx *db.Tx) error { return ask.Note(ctx, tx, trail, s.Now()) })
			if err != nil {
				return err
			}
			s.note(c, event.Event{Kind: event.Asked, ProductID: int64(about), CartID: trail.CartID, Detail: place + " " + found.Key})
			box.Answer = found
			return show(http.StatusOK, box)
		}
	}
	q, err := s.passOn(c, about, m, trail)
	if err != nil {
		return err
	}
	if place != ask.AtCheckout {
		to := "/questions/" + q.Token
		if place == ask.AtCart {
			to += "?from=cart"
		}
		return web.Redirect(c, to)
	}
	box.Body = ""
	if box.Sent, err = s.sent(c, q, true); err != nil {
		return err
	}
	return show(http.StatusOK, box)
}

// onlyBox answers the page's script, which puts the box in place of the old.
func (s *Shop) onlyBox(c echo.Context, status int, box askBox) error {
	web.Private(c)
	return web.Render(c, status, "storefront/question", questionPage{Page: s.page(c, "shop.ask"), Ask: box})
}

func (s *Shop) trailOf(c echo.Context, place string, about catalog.ProductID) (ask.Asked, error) {
	open, _, err := s.openCart(c)
	a := ask.Asked{Place: place, Lang: web.Lang(c), ProductID: about}
	if open != nil {
		a.CartID, a.Simulated = int64(open.ID), open.Simulated
	}
	return a, err
}

// passOn gives the question to staff and its answer to this browser.
func (s *Shop) passOn(c echo.Context, about catalog.ProductID, m ask.Message, trail ask.Asked) (*ask.Question, error) {
	ok, after, err := customer.Try(c.Request().Context(), s.DB, "question from "+c.RealIP(), askTries, askWindow, s.Now())
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.New(fault.TooMany, "shop.ask.many", "count", max(1, int((after+time.Minute-1)/time.Minute)))
	}
	receipt, err := s.mayReceipt(c, m)
	if err != nil {
		return nil, err
	}
	m.CartID, m.FormKey = trail.CartID, s.formKey(c, trail.Place, about, m)
	var q *ask.Question
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		var err error
		if q, err = ask.Here(ctx, tx, about, m, s.Now()); err != nil {
			return err
		}
		trail.QuestionID = q.ID
		if err := ask.Note(ctx, tx, trail, s.Now()); err != nil || !receipt {
			return err
		}
		return outreach.EnqueueQuestion(ctx, tx, q.ID, outreach.ContactReceived, s.Now())
	})
	if err != nil {
		return nil, err
	}
	if trail.Place != ask.AtCheckout { // which keeps what it was told when it is placed
		s.keepAsked(c, entered{Email: m.Email, Name: m.Name})
	}
	s.note(c, event.Event{Kind: event.Asked, ProductID: int64(about), CartID: trail.CartID, Detail: trail.Place})
	s.keepToken(c, q)
	return q, nil
}

// formKey makes one of the same words from the same browser on one day: a
// double click, and a page that is loaded again, ask once.
func (s *Shop) formKey(c echo.Context, place string, about catalog.ProductID, m ask.Message) string {
	mac := hmac.New(sha256.New, s.Desk.Secret)
	fmt.Fprintf(mac, "ask\x00%s\x00%s\x00%s\x00%d\x00%s\x00%s\x00%d", c.RealIP(), c.Request().UserAgent(), s.Now().UTC().Format(time.DateOnly), about,
		m.Email, m.Body, m.Person.CustomerID())
	return place + ":" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

// lasting writes how long something takes, to the unit people would say.
func lasting(c echo.Context, d time.Duration) string {
	switch {
	case d < 90*time.Minute:
		return t(c, "shop.ask.minutes", "count", max(1, int(d/time.Minute)))
	case d < 36*time.Hour:
		return t(c, "shop.ask.hours", "count", int((d+time.Hour/2)/time.Hour))
	}
	return t(c, "shop.ask.days", "count", int((d+12*time.Hour)/(24*time.Hour)))
}

package storefront

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
	"regulars/internal/cart"
	"regulars/internal/checkout"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/fault"
	"regulars/internal/outreach"
	"regulars/internal/pricing"
	"regulars/internal/staff"
	"regulars/internal/web"
)

type (
	checkoutForm struct {
		Key      string `form:"key,max=200"`
		Seen     string `form:"seen,max=1000"` // the totals the page showed
		Email    string `form:"email,max=254"`
		Name     string `form:"name,max=500"`
		Country  string `form:"country,max=10"`
		Line1    string `form:"line1,max=500"`
		Line2    string `form:"line2,max=500"`
		City     string `form:"city,max=500"`
		Region   string `form:"region,max=500"`
		Postcode string `form:"postcode,max=100"`
		Phone    string `form:"phone,max=100"`
		Delivery string `form:"delivery,max=100"`
		Payment  string `form:"payment,max=100"`
		Coupon   string `form:"coupon,max=200"`
		MailOK   bool   `form:"mail_ok"`
		Specials bool   `form:"specials"` // the week's, by mail
		Remember bool   `form:"remember"` // a guest's wish
		AllHere  bool   `form:"all_here"` // the page said that nothing has yet to come

		Gift      string `form:"gift,max=200"`     // a gift card's code, to be put to the others
		TakeOff   string `form:"take_off,max=100"` // the button that takes one off
		Apply     string `form:"apply,max=10"`     // the button that only puts it in
		Credit    string `form:"credit,max=50"`    // what the page showed of cards and credit
		UseCredit bool   `form:"use_credit"`
		CardEmail string `form:"card_email,max=254"`
		CardWords string `form:"card_words,max=2000"`

		Body   string `form:"body,max=5000"` // a question, asked by another button (askAtCheckout)
		About  string `form:"about,max=200"`
		Person bool   `form:"person"`
	}
	choice struct {
		Code, Text, Note, End string
		Chosen                bool
	}
	countryChoice struct {
		Code, Name string
		Chosen     bool
	}
	miniLine struct {
		Name, Note, Total string
		Picture           picture
	}
	checkoutPage struct {
		web.Page
		Form       checkoutForm
		Errors     web.FormErrors
		Note       string
		Countries  []countryChoice
		Deliveries []choice
		Payments   []choice
		Lines      []miniLine
		Sums       []sum
		Total      string
		PayText    string
		HoldText   string
		Tender     tender
		HasCards   bool // gift cards are bought
		Ask        askBox
		MayAsk     bool // for the week's specials: they do not get them yet
		quote      *pricing.Quote
	}
)

func (f checkoutForm) form() checkout.Form {
	return checkout.Form{Key: f.Key, Email: f.Email, Name: f.Name, Country: f.Country, Line1: f.Line1, Line2: f.Line2, City: f.City,
		Region: f.Region, Postcode: f.Postcode, Phone: f.Phone, Delivery: f.Delivery, Payment: f.Payment, Coupon: f.Coupon, MailOK: f.MailOK, AllHere: f.AllHere,
		CardEmail: f.CardEmail, CardWords: f.CardWords, UseOwn: f.UseCredit, Credit: shown(f.Credit)}
}

// checkout shows the one page on which an order is placed. A cart that cannot
// be ordered as it stands leads back to the cart, which says why.
func (s *Shop) checkout(c echo.Context) error {
	open, count, err := s.openCart(c)
	if err != nil {
		return err
	}
	if count == 0 {
		return web.Redirect(c, "/cart")
	}
	ctx := c.Request().Context()
	view, err := cart.Items(ctx, s.DB, open)
	if err != nil {
		return err
	}
	if view.Blocked() {
		err := s.InTx(c, func(ctx context.Context, tx *db.Tx) error { return s.meet(ctx, tx, inTheWay(view, "checkout")...) })
		if err != nil {
			return err
		}
		web.Flash(c, "warn", "shop.checkout.blocked")
		return web.Redirect(c, "/cart")
	}
	form, err := s.prefilled(c, open)
	if err != nil {
		return err
	}
	page, err := s.checkoutPage(c, view, form)
	if err != nil {
		return err
	}
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		if err := cart.Begin(ctx, tx, open.ID, s.Now()); err != nil {
			return err
		}
		return s.meet(ctx, tx, s.costs(open.ID, "checkout", page.quote, s.waitOf(view.Items)))
	})
	if err != nil {
		return err
	}
	s.note(c, event.Event{Kind: event.Checkout, CartID: int64(open.ID)})
	web.Private(c)
	s.leadToProviders(c)
	return web.Render(c, http.StatusOK, "storefront/checkout", page)
}

// prefilled is the form as far as it is known already.
func (s *Shop) prefilled(c echo.Context, open *cart.Cart) (checkoutForm, error) {
	f := checkoutForm{Key: checkout.NewKey(), Country: s.country(c, open.Currency), Email: open.Email, MailOK: open.MailOK, Coupon: open.Coupon}
	e, err := s.entered(c)
	if err != nil {
		return f, err
	}
	f.Email, f.Country, f.Remember = cmp.Or(e.Email, f.Email), cmp.Or(e.Country, f.Country), e.Remembered
	f.Name, f.Phone, f.Line1, f.Line2, f.City, f.Region, f.Postcode = cmp.Or(e.Recipient, e.Name), e.Phone, e.Line1, e.Line2, e.City, e.Region, e.Postcode
	return f, nil
}

func (s *Shop) checkoutPage(c echo.Context, view *cart.View, f checkoutForm) (*checkoutPage, error) {
	l := web.Lang(c)
	who, err := s.asks(c, view.Cart)
	if err != nil {
		return nil, err
	}
	who.Country, who.Region, who.Coupon, who.Email, who.UseOwn = f.Country, f.Region, f.Coupon, f.Email, f.UseCredit
	offer, err := s.Desk.OfferTo(c.Request().Context(), s.DB, view, who)
	if err != nil {
		return nil, err
	}
	f.Seen = offer.Seen()
	p := &checkoutPage{Page: s.page(c, "shop.checkout.title"), Form: f, HoldText: t(c, "shop.checkout.hold", "count", int(s.Settings.Now().Hold().Minutes()))}
	p.NoIndex = true
	for _, k := range checkout.Countries(l) {
		p.Countries = append(p.Countries, countryChoice{k.Code, k.Name.In(l), k.Code == strings.ToUpper(f.Country)})
	}
	if offer.Nowhere() {
		p.Note = t(c, "shop.checkout.no-delivery", "country", countryName(c, strings.ToUpper(f.Country)))
	}
	quote, waits := offer.With(f.Delivery), s.waitOf(view.Items)
	p.Form.AllHere = !waits.late
	for i := range offer.Methods {
		m := &offer.Methods[i]
		q := offer.With(m.Code)
		if q == nil || q.Method == nil {
			continue // nothing has to be carried
		}
		end := s.money(c, q.Delivery, q.Currency)
		if q.Delivery == 0 {
			end = t(c, "shop.sum.free")
		}
		p.Deliveries = append(p.Deliveries, choice{m.Code, in(c, m.Name), t(c, "shop.checkout.delivery-note", "when", s.arrival(c, m, waits), "total", s.money(c, q.Total, q.Currency)),
			end, quote.Method != nil && quote.Method.Code == m.Code})
	}
	for i, m := range offer.Payments {
		p.Payments = append(p.Payments, choice{Code: m.Code, Text: in(c, m.Name), Note: in(c, m.Note), Chosen: m.Code == f.Payment || f.Payment == "" && i == 0})
	}
	for _, item := range view.Items {
		note := t(c, "shop.checkout.qty", "count", item.Line.Qty)
		if text := in(c, item.Buyable.Choices); text != "" {
			note = text + " · " + note
		}
		if text := s.waitText(c, item.Buyable.Supply, item.Line.Qty); text != "" {
			note += " · " + text
		}
		p.Lines = append(p.Lines, miniLine{in(c, item.Buyable.Name), note, s.money(c, item.Total(), quote.Currency), s.picture(c, item.Buyable.Image, art.Whole)})
	}
	p.quote = quote
	p.Sums, p.Total = s.sums(c, quote, waits, t(c, "shop.sum.tax.added")), s.money(c, quote.Total, quote.Currency)
	p.HasCards = slices.ContainsFunc(quote.Lines, func(l pricing.Line) bool { return l.GiftCard })
	p.Tender = s.tender(c, offer, quote)
	if p.MayAsk, err = s.maySubscribe(c); err != nil {
		return nil, err
	}
	p.Ask = s.cartBox(c, view, askInput{Body: f.Body, About: f.About})
	p.Ask.Nested, p.Ask.Action = true, web.URL(c, "/checkout/questions#ask")
	p.Sums, p.Form.Credit = append(p.Sums, p.Tender.Sums...), p.Tender.Shown
	s.payText(c, p, offer.Due(quote))
	return p, nil
}

// placeOrder turns the cart into an order and leads to the page that takes the
// money. The same form sent twice leads to the same order.
func (s *Shop) placeOrder(c echo.Context) error {
	var in checkoutForm
	formErr := web.Form(c, &in)
	p, err := s.person(c)
	if err != nil {
		return err
	}
	open, _, err := s.openCart(c)
	if err != nil {
		return err
	}
	var id cart.ID
	if open != nil {
		id = open.ID
	}
	if formErr == nil {
		formErr = s.mayTry(c, open, in.Coupon)
	}
	if formErr == nil && open != nil && (in.Gift != "" || in.TakeOff != "" || in.Apply != "") {
		return s.tenderAtCheckout(c, open, in)
	}
	if formErr != nil {
		if len(in.Coupon) > 0 && open != nil {
			in.Coupon = open.Coupon // nothing is looked up for a form that is refused
		}
		return s.notPlaced(c, open, in, formErr)
	}
	if open != nil {
		if err := s.Desk.Admit(c.Request().Context(), p); err != nil {
			if fault.Kind(err) == fault.Conflict {
				s.Alarms.Sound(staff.AlarmHoard, staff.Network(c.RealIP()), s.Now())
			}
			return s.notPlaced(c, open, in, err)
		}
	}
	placed, err := s.Desk.Place(c.Request().Context(), p, web.Lang(c), id, in.form(), checkout.SeenTotal(in.Seen, in.Delivery))
	if err != nil {
		return s.notPlaced(c, open, in, err)
	}
	if o := placed.Order; !placed.Again {
		s.keep(c, customer.AtCheckout, entered{Email: o.Email, Name: o.Name, Phone: o.Phone, Country: o.Country, Line1: o.Line1, Line2: o.Line2,
			City: o.City, Region: o.Region, Postcode: o.Postcode, Remembered: in.Remember})
		if err := s.subscribe(c, in.Specials, o.Email); err != nil {
			s.Log.Error("tick for the specials not kept", "order", o.Number, "error", err) // the order stands
		}
	}
	s.note(c, event.Event{Kind: event.PaymentTry, OrderID: int64(placed.Order.ID), Detail: placed.Order.PaymentCode})
	return s.toPayment(c, placed)
}

// toPayment leads to where the shopper pays: a page of ours, a provider's, or
// the order's own when there is nothing to pay now.
func (s *Shop) toPayment(c echo.Context, placed *checkout.Placed) error {
	switch {
	case placed.PayURL == "":
		return web.Redirect(c, placed.StatusPath())
	case strings.HasPrefix(placed.PayURL, "/"):
		return web.Redirect(c, placed.PayURL)
	}
	return c.Redirect(http.StatusSeeOther, placed.PayURL)
}

// notPlaced shows the form again with everything that was typed. A valid
// address is kept with the cart even so: who asked to be reminded shall be.
func (s *Shop) notPlaced(c echo.Context, open *cart.Cart, f checkoutForm, failed error) error {
	text, status := words(c, failed)
	if status == 0 || status == http.StatusNotFound || open == nil {
		return failed
	}
	if customer.CheckEmail(f.Email) == nil {
		err := s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
			if err := cart.NoteContact(ctx, tx, open.ID, f.Email, f.MailOK, s.Now()); err != nil || !f.MailOK || open.CustomerID != nil {
				return err
			}
			return outreach.AskGuestLater(ctx, tx, open.ID, s.Now().Add(s.Settings.Now().CheckoutIdle()))
		})
		if err != nil && fault.Kind(err) != fault.Conflict {
			return err
		}
	}
	if err := s.noteFailure(c, open, failed, f); err != nil {
		return err
	}
	view, err := cart.Items(c.Request().Context(), s.DB, open)
	if err != nil {
		return err
	}
	if len(view.Items) == 0 {
		return failed
	}
	page, err := s.checkoutPage(c, view, f)
	if err != nil {
		return err
	}
	if err := s.keepCoupon(c, open, f.Coupon, page.quote); err != nil {
		return err
	}
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		return s.meet(ctx, tx, s.costs(open.ID, "checkout", page.quote, s.waitOf(view.Items)))
	})
	if err != nil {
		return err
	}
	if page.Errors = web.Errors(c, failed); len(page.Errors.Items) == 0 {
		page.Note = text
	}
	web.Private(c)
	s.leadToProviders(c)
	return web.Render(c, status, "storefront/checkout", page)
}

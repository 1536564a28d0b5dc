package storefront

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/cart"
	"regulars/internal/checkout"
	"regulars/internal/credit"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/payment"
	"regulars/internal/pricing"
	"regulars/internal/staff"
	"regulars/internal/web"
)

type (
	// tender is what a cart is paid with besides money, as a page shows it.
	tender struct {
		Shown   string // hidden field: what the page shows to be left of each
		Cards   []tenderCard
		OwnText string // offers the customer's store credit; "" if there is none
		UseOwn  bool
		Sums    []sum
		Covered bool // nothing is left to pay
	}
	tenderCard struct{ Token, Text string }
)

// tender words what pays a quote: each card with what it holds, and the sums
// below the total, which stays what it is.
func (s *Shop) tender(c echo.Context, o *checkout.Offer, q *pricing.Quote) tender {
	var v tender
	var cards, own money.Amount
	for _, k := range o.Cards {
		cards += k.Balance
		v.Cards = append(v.Cards, tenderCard{k.Token, t(c, "shop.tender.card", "last", k.Last4, "price", k.Price())})
	}
	if o.Own != nil {
		own, v.UseOwn = o.Own.Balance, o.UseOwn
		v.OwnText = t(c, "shop.tender.own", "price", o.Own.Price())
	}
	if cards+own > 0 {
		v.Shown = strconv.FormatInt(int64(cards), 10) + ":" + strconv.FormatInt(int64(own), 10)
	}
	if pays := o.Credit(q); pays > 0 {
		due := o.Due(q)
		v.Covered = due == 0
		v.Sums = []sum{{t(c, "shop.sum.credit"), s.money(c, -pays, q.Currency), "sums-less"}, {t(c, "shop.sum.due"), s.money(c, due, q.Currency), "sums-total"}}
	}
	return v
}

// shown reads the hidden field of tender; nil if the page showed none.
func shown(field string) *checkout.Shown {
	a, b, ok := strings.Cut(field, ":")
	cards, err1 := strconv.ParseInt(a, 10, 64)
	own, err2 := strconv.ParseInt(b, 10, 64)
	if !ok || err1 != nil || err2 != nil || cards < 0 || own < 0 {
		return nil
	}
	return &checkout.Shown{Cards: money.Amount(cards), Own: money.Amount(own)}
}

// payText is what the button of the checkout does: it pays, or where the
// shopper pays elsewhere it only orders.
func (s *Shop) payText(c echo.Context, p *checkoutPage, due money.Amount) {
	set, hand := s.Settings.Now(), false
	for _, m := range p.Payments {
		hand = hand || s.Desk.Pay.Terms(set, m.Code).ByHand
	}
	switch {
	case p.Tender.Covered || hand:
		p.PayText = t(c, "shop.checkout.place")
	case len(p.Deliveries) < 2:
		p.PayText = t(c, "shop.checkout.pay-total", "total", money.Price{Amount: due, Currency: p.quote.Currency})
	default:
		p.PayText = t(c, "shop.checkout.pay")
	}
	if p.Tender.Covered {
		p.Payments, p.HoldText = nil, t(c, "shop.tender.covered")
	}
}

// mayTryCard counts a try at a gift card's code.
func (s *Shop) mayTryCard(c echo.Context, of string) error {
	for _, key := range []string{"gift card from " + c.RealIP(), "gift card for " + of} {
		ok, wait, err := customer.Try(c.Request().Context(), s.DB, key, couponTries, couponWindow, s.Now())
		if err != nil {
			return err
		}
		if !ok {
			s.Alarms.Sound(staff.AlarmCodes, staff.Network(c.RealIP()), s.Now())
			return giftWrong("credit.slow", "count", int(wait.Minutes())+1)
		}
	}
	return nil
}

func giftWrong(words string, args ...any) error {
	var form fault.Form
	form.Wrong("gift", words, args...)
	return form.Err()
}

// setTender puts the card of a code to a cart, or takes one off by its token.
func (s *Shop) setTender(c echo.Context, open *cart.Cart, code, off string) error {
	ctx := c.Request().Context()
	if off != "" {
		return s.InTx(c, func(ctx context.Context, tx *db.Tx) error { return credit.Detach(ctx, tx, int64(open.ID), off) })
	}
	if err := s.mayTryCard(c, open.Token); err != nil {
		return err
	}
	card, err := s.Desk.CardFor(ctx, s.DB, code, open.Currency)
	if fault.Kind(err) == fault.NotFound {
		return giftWrong("credit.code")
	}
	if err != nil {
		return err
	}
	return s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		return credit.Attach(ctx, tx, int64(open.ID), card.ID, s.Now())
	})
}

// tenderAtCheckout changes what pays and shows the page again with everything
// that was typed: nothing is placed before its new sum was seen.
func (s *Shop) tenderAtCheckout(c echo.Context, open *cart.Cart, f checkoutForm) error {
	failed := s.setTender(c, open, f.Gift, f.TakeOff)
	if failed != nil {
		if fault.Kind(failed) == fault.Invalid {
			return s.notPlaced(c, open, f, failed)
		}
		return failed
	}
	view, err := cart.Items(c.Request().Context(), s.DB, open)
	if err != nil {
		return err
	}
	f.Gift, f.TakeOff, f.Apply = "", "", ""
	if f.Coupon != open.Coupon {
		f.Coupon = open.Coupon // it is judged with the order
	}
	page, err := s.checkoutPage(c, view, f)
	if err != nil {
		return err
	}
	web.Private(c)
	s.leadToProviders(c)
	return web.Render(c, http.StatusOK, "storefront/checkout", page)
}

// cartCard puts a gift card to the cart, or takes it off, from the cart's page.
func (s *Shop) cartCard(c echo.Context) error {
	var in struct {
		Gift    string `form:"gift,max=200"`
		TakeOff string `form:"take_off,max=100"`
	}
	failed := web.Form(c, &in)
	open, count, err := s.openCart(c)
	if err != nil {
		return err
	}
	if count == 0 {
		return web.Redirect(c, "/cart")
	}
	if failed == nil {
		failed = s.setTender(c, open, in.Gift, in.TakeOff)
	}
	if failed == nil {
		return web.Redirect(c, "/cart")
	}
	text, status := words(c, failed)
	if status == 0 {
		return failed
	}
	page, _, err := s.cartPage(c)
	if err != nil {
		return err
	}
	page.Gift = couponBox{in.Gift, web.FieldError{Field: "gift", Text: text, Prefix: t(c, "web.errors.prefix")}}
	return web.Render(c, status, "storefront/cart", page)
}

// paidBy tells how an order was paid, or is to be: what credit paid of it, and
// what its shopper has to do for the rest.
func (s *Shop) paidBy(c echo.Context, p *orderPage, o *order.Order) error {
	all, err := payment.Of(c.Request().Context(), s.DB, o.ID)
	if err != nil {
		return err
	}
	due := o.Total
	for i := range all {
		if k := &all[i]; k.FromCredit() && k.Captured > k.Refunded {
			due -= k.Captured - k.Refunded
			p.Sums = append(p.Sums, sum{t(c, "payment."+k.Provider), s.money(c, k.Refunded-k.Captured, o.Currency), "sums-less"})
		}
	}
	if due < o.Total && o.PaidAt.IsZero() && o.State == order.StatePlaced {
		p.Sums = append(p.Sums, sum{t(c, "shop.sum.due"), s.money(c, due, o.Currency), ""})
	}
	set, price := s.Settings.Now(), money.Price{Amount: due, Currency: o.Currency}
	if o.Open() && asksWhy(o) {
		p.Stopped = whatStopped(c, "/orders/"+o.Number+"/why", p.Key)
	}
	p.CanPay = o.Open() && !s.Desk.Pay.Terms(set, o.PaymentCode).ByHand
	p.PayText = t(c, "shop.order.pay", "total", price)
	after := s.Desk.Pay.AfterOf(set, o, price)
	if after.Lead.En == "" {
		return nil
	}
	p.After = in(c, after.Lead)
	for _, r := range after.Rows {
		p.AfterRows = append(p.AfterRows, sum{Name: in(c, r.Label), Value: in(c, r.Value)})
	}
	if o.DeliveryState == order.Unshipped && len(p.Parcels) == 0 {
		p.Heading, p.Lead = t(c, "shop.order.byhand.title"), p.After
		p.After = ""
	}
	return nil
}

type cardPage struct {
	web.Page
	Code   string
	Errors web.FormErrors
	Found  []sum // a card's facts
	Own    []sum // the customer's store credit
}

// giftCards is where anybody reads what is left on a card.
func (s *Shop) giftCards(c echo.Context) error { return s.showCards(c, http.StatusOK, "", nil, nil) }

func (s *Shop) showCards(c echo.Context, status int, code string, found *credit.Account, failed error) error {
	p := cardPage{Page: s.page(c, "shop.cards.title"), Code: code, Errors: web.Errors(c, failed)}
	if found != nil {
		p.Found = []sum{{Name: t(c, "shop.cards.which"), Value: t(c, "shop.cards.last", "last", found.Last4)}, {Name: t(c, "shop.cards.left"), Value: s.money(c, found.Balance, found.Currency), Class: "sums-total"}}
	}
	who, err := s.person(c)
	if err != nil {
		return err
	}
	if who.SignedIn() {
		for _, k := range s.Settings.Now().Currencies() {
			own, err := credit.Of(c.Request().Context(), s.DB, who.CustomerID(), k)
			if err != nil {
				return err
			}
			if own != nil {
				p.Own = append(p.Own, sum{Name: t(c, "shop.cards.own.in", "currency", string(k)), Value: s.money(c, own.Balance, k)})
			}
		}
	}
	web.Private(c)
	return web.Render(c, status, "storefront/gift-cards", p)
}

// readCard answers a code with what is left on its card. The code travels in
// the form only, and what is not good gets one answer.
func (s *Shop) readCard(c echo.Context) error {
	var in struct {
		Code string `form:"gift,max=200"`
	}
	failed := web.Form(c, &in)
	if failed == nil {
		failed = s.mayTryCard(c, c.RealIP())
	}
	var card *credit.Account
	if failed == nil {
		card, failed = credit.ByCode(c.Request().Context(), s.DB, in.Code)
		if fault.Kind(failed) == fault.NotFound {
			failed = giftWrong("credit.code")
		}
	}
	if failed != nil {
		if fault.Kind(failed) != fault.Invalid {
			return failed
		}
		return s.showCards(c, http.StatusUnprocessableEntity, in.Code, nil, failed)
	}
	return s.showCards(c, http.StatusOK, "", card, nil)
}

package storefront

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/money"
	"regulars/internal/pricing"
	"regulars/internal/slot"
	"regulars/internal/web"
)

type (
	sum      struct{ Name, Value, Class string }
	cartLine struct {
		ID, URL, Name, Choices, Unit, Less, Change, Total string
		OwnURL                                            string // the shopper's own order that keeps it
		Wait                                              string // not all of it is here yet
		Qty                                               int
		Picture                                           picture
	}
	cartPage struct {
		web.Page
		Lines     []cartLine
		Sums      []sum
		FreeText  string
		NoWay     string // nothing is delivered to where it would go
		Stuck     bool   // nor anywhere else
		Note      string // what could not be done, in words
		Undo      *undo
		Blocked   bool
		Cross     *shelf
		CountText string
		Coupon    couponBox
		Gift      couponBox
		Tender    tender
		Ask       askBox
		Often     []pickRow
		Saved     []savedLine
		Stopped   *stopped
		Mail      mailBox
		Banner    *strip
		quote     *pricing.Quote
	}
	undo struct{ SKU, Qty, Text string }
)

func (s *Shop) cart(c echo.Context) error {
	page, view, err := s.cartPage(c)
	if err != nil {
		return err
	}
	if view.Cart != nil && len(view.Items) > 0 {
		err := s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
			if err := cart.Seen(ctx, tx, view, s.Now()); err != nil {
				return err
			}
			return s.meet(ctx, tx, append(inTheWay(view, "cart"), s.costs(view.Cart.ID, "cart", page.quote, s.waitOf(view.Items)))...)
		})
		if err != nil && fault.Kind(err) != fault.Conflict { // closed in another tab: the page still tells what was in it
			return err
		}
		s.note(c, event.Event{Kind: event.CartSeen, CartID: int64(view.Cart.ID)})
		if web.Cookie(c, restoredCookie) != "" {
			web.SetCookie(c, restoredCookie, "", 0)
			page.Stopped = whatStopped(c, "/cart/why", "")
		}
	}
	if web.Fragment(c) == "" {
		if len(page.Lines) > 0 {
			if page.Banner, err = s.banner(c, slot.BannerCart, ""); err != nil {
				return err
			}
		}
		s.showed(c)
	}
	return web.Render(c, http.StatusOK, "storefront/cart", page)
}

func (s *Shop) cartPage(c echo.Context) (*cartPage, *cart.View, error) {
	ctx := c.Request().Context()
	open, _, err := s.openCart(c)
	if err != nil {
		return nil, nil, err
	}
	view, err := cart.Items(ctx, s.DB, open)
	if err != nil {
		return nil, nil, err
	}
	p := &cartPage{Page: s.page(c, "shop.cart.title"), Blocked: view.Blocked(), CountText: t(c, "shop.cart.count", "count", view.Count)}
	p.NoIndex = true
	for _, item := range view.Items {
		line := s.cartLine(c, open, item)
		if item.Problem == cart.SoldOut || item.Problem == cart.Less {
			own, err := s.ownOrder(c, item.Line.VariantID)
			if err != nil {
				return nil, nil, err
			}
			if own != nil {
				line.Change, line.OwnURL = t(c, "shop.own", "number", own.Number), s.ownURL(c, own)
			}
		}
		p.Lines = append(p.Lines, line)
	}
	if err := s.withoutRight(c, p, view); err != nil {
		return nil, nil, err
	}
	if len(view.Items) > 0 {
		if err := s.total(c, p, view); err != nil {
			return nil, nil, err
		}
		p.Ask = s.cartBox(c, view, askInput{})
		if err := s.askForm(c, &p.Ask); err != nil {
			return nil, nil, err
		}
		if p.Mail, err = s.mailBox(c); err != nil {
			return nil, nil, err
		}
	}
	if p.Often, err = s.oftenBeside(c, view); err != nil {
		return nil, nil, err
	}
	if p.Saved, err = s.savedLines(c); err != nil {
		return nil, nil, err
	}
	if open != nil && p.Coupon.Error.Text == "" {
		p.Coupon.Value = open.Coupon
	}
	if p.Undo, err = s.undone(c); err != nil {
		return nil, nil, err
	}
	if p.Cross, err = s.withAdded(c, view); err != nil || p.Cross != nil {
		return p, view, err
	}
	found, err := s.suggest(c, view.Products(), shelfCards)
	if err != nil {
		return nil, nil, err
	}
	if len(found) >= leastToShow {
		p.Cross, err = s.row(c, slot.CartChain, t(c, "shop.cart.goes-with"), found)
	}
	return p, view, err
}

func (s *Shop) cartLine(c echo.Context, open *cart.Cart, item cart.Item) cartLine {
	b := item.Buyable
	l := cartLine{ID: item.Line.Token, Name: in(c, b.Name), Choices: in(c, b.Choices), Qty: item.Line.Qty,
		Unit:    t(c, "shop.cart.each", "price", b.Price),
		Total:   s.money(c, item.Total(), open.Currency),
		Picture: s.picture(c, b.Image, art.Whole).as(lineWide)}
	if b.Sale != (i18n.Text{}) {
		l.Unit += " · " + t(c, "shop.price.sale", "name", b.Sale)
	}
	if !item.Problem.Blocks() {
		l.Wait = s.waitText(c, b.Supply, item.Line.Qty)
	}
	if b.Published {
		l.URL = web.URL(c, "/p/"+b.Slug+"?"+url.Values{"v": {b.SKU}}.Encode())
	}
	if item.Problem != cart.NoProblem {
		l.Change = t(c, "cart.problem."+string(item.Problem), "count", max(b.Available, 0),
			"was", money.Price{Amount: item.Line.SeenPrice, Currency: open.Currency})
	}
	return l
}

// total words the sums with the first delivery to the usual country: what
// checkout will show, unless the shopper chooses otherwise there.
func (s *Shop) total(c echo.Context, p *cartPage, view *cart.View) error {
	offer, err := s.offered(c, view)
	if err != nil {
		return err
	}
	quote := offer.With("")
	p.quote = quote
	p.Sums = s.sums(c, quote, s.waitOf(view.Items), t(c, "shop.sum.tax.estimate", "country", countryName(c, s.country(c, quote.Currency))))
	p.Tender = s.tender(c, offer, quote)
	p.Sums = append(p.Sums, p.Tender.Sums...)
	if no := quote.Refused; no != nil {
		p.Coupon.Error = web.FieldError{Field: "coupon", Text: t(c, no.Words, no.Args...), Prefix: t(c, "web.errors.prefix")}
	}
	at := 0
	for i, item := range view.Items { // what cannot be bought is in no quote
		if item.Problem.Blocks() {
			continue
		}
		for _, part := range quote.Lines[at].Parts {
			p.Lines[i].Less += t(c, "shop.cart.less", "name", part.Name, "price", money.Price{Amount: part.Amount, Currency: quote.Currency})
		}
		at++
	}
	if offer.Nowhere() {
		if err := s.noWay(c, p, quote.Currency); err != nil {
			return err
		}
	}
	if m := quote.Method; m != nil {
		if more := m.ToFree(quote.Subtotal - quote.Discount); more > 0 {
			p.FreeText = t(c, "shop.cart.to-free", "price", money.Price{Amount: more, Currency: quote.Currency})
		}
	}
	return nil
}

// noWay says that no delivery goes to the shopper's country, before checkout
// does. Where others are served, checkout may still name one of these.
func (s *Shop) noWay(c echo.Context, p *cartPage, currency money.Currency) error {
	all, err := pricing.Methods(c.Request().Context(), s.DB, currency, "", "")
	if p.Stuck = len(all) == 0; p.Stuck {
		p.NoWay = t(c, "shop.cart.no-delivery", "currency", string(currency))
	} else {
		p.NoWay = t(c, "shop.cart.no-delivery.country", "country", countryName(c, s.country(c, currency)))
	}
	return err
}

func (s *Shop) quoted(c echo.Context, view *cart.View) (*pricing.Quote, error) {
	offer, err := s.offered(c, view)
	if err != nil {
		return nil, err
	}
	return offer.With(""), nil
}

func (s *Shop) offered(c echo.Context, view *cart.View) (*checkout.Offer, error) {
	currency := s.currency(c)
	if view.Cart != nil {
		currency = view.Cart.Currency
	}
	who, err := s.asks(c, view.Cart)
	if err != nil {
		return nil, err
	}
	who.Country = s.country(c, currency)
	return s.Desk.OfferTo(c.Request().Context(), s.DB, view, who)
}

// sums are the amounts of a quote; w is how long its goods wait, tax what is
// said of tax on top.
func (s *Shop) sums(c echo.Context, q *pricing.Quote, w wait, tax string) []sum {
	out := []sum{{Name: t(c, "shop.sum.subtotal"), Value: s.money(c, q.Subtotal, q.Currency)}}
	for _, m := range q.Members {
		out = append(out, sum{in(c, m.Name), s.money(c, -m.Amount, q.Currency), "sums-less"})
	}
	delivery, spared := q.Delivery, []sum{}
	for _, a := range q.Applied {
		less := sum{in(c, a.Name), s.money(c, -a.Amount, q.Currency), "sums-less"}
		if a.Kind == pricing.Delivery {
			delivery, spared = delivery+a.Amount, append(spared, less)
		} else {
			out = append(out, less)
		}
	}
	if m := q.Method; m != nil {
		value := s.money(c, delivery, q.Currency)
		if delivery == 0 {
			value = t(c, "shop.sum.free")
		}
		out = append(out, sum{Name: t(c, "shop.sum.delivery", "method", m.Name, "when", s.arrival(c, m, w)), Value: value})
	}
	out = append(out, spared...)
	total := sum{t(c, "shop.sum.total"), s.money(c, q.Total, q.Currency), "sums-total"}
	switch {
	case q.Tax == 0:
		return append(out, total)
	case q.TaxIncluded:
		return append(out, total, sum{Name: t(c, "shop.sum.tax"), Value: s.money(c, q.Tax, q.Currency)})
	}
	return append(out, sum{Name: tax, Value: s.money(c, q.Tax, q.Currency)}, total)
}

// undone offers to put back what was just taken out; the address carries it,
// so that it is there without script and gone with the next step.
func (s *Shop) undone(c echo.Context) (*undo, error) {
	sku := c.QueryParam("undo")
	if sku == "" {
		return nil, nil
	}
	ctx := c.Request().Context()
	v, err := catalog.VariantBySKU(ctx, s.DB, sku)
	if err != nil {
		if fault.Kind(err) == fault.NotFound {
			return nil, nil
		}
		return nil, err
	}
	product, err := catalog.ByID(ctx, s.DB, v.ProductID)
	if err != nil || !product.Published {
		return nil, err
	}
	qty, err := strconv.Atoi(c.QueryParam("qty"))
	if err != nil || qty < 1 || qty > cart.MostOf {
		qty = 1
	}
	return &undo{v.SKU, strconv.Itoa(qty), t(c, "shop.cart.removed", "name", product.Name)}, nil
}

// addItem puts a variant into the cart. Without script it leads to the cart;
// the page's script gets the product's buy form back with what became of it.
func (s *Shop) addItem(c echo.Context) error {
	in := struct {
		SKU  string `form:"sku,max=80"`
		Qty  int    `form:"qty"`
		Step int    `form:"step"`
		Via  string `form:"via,max=100"`
	}{Qty: 1}
	formErr := web.Form(c, &in)
	ctx := c.Request().Context()
	v, err := catalog.VariantBySKU(ctx, s.DB, in.SKU)
	if err != nil {
		return err
	}
	if in.Step != 0 {
		return s.stepped(c, v, in.Qty, in.Step)
	}
	if formErr == nil {
		formErr = s.add(c, v, in.Qty)
	}
	s.forget(c)
	if formErr != nil {
		return s.notAdded(c, v, formErr)
	}
	s.note(c, event.Event{Kind: event.CartAdd, ProductID: int64(v.ProductID), Detail: v.SKU})
	if web.Fragment(c) != "buy" {
		product, err := catalog.ByID(ctx, s.DB, v.ProductID)
		if err != nil {
			return err
		}
		web.Flash(c, "ok", "shop.cart.added", "name", product.Name)
		web.SetCookie(c, addedCookie, v.SKU, time.Minute)
		return web.Redirect(c, "/cart")
	}
	page, err := s.productPage(c, v.ProductID, url.Values{"v": {v.SKU}})
	if err != nil {
		return err
	}
	page.Added = true
	s.visit(c).shown = nil // only the form is sent, with what goes along
	if page.Along, err = s.along(c, t(c, "shop.chain.title", "name", page.Name), v.ProductID); err != nil {
		return err
	}
	page.Note = &web.Notice{Kind: "ok", Text: t(c, "shop.cart.added", "name", page.Name)}
	if page.Drawer, err = s.drawer(c, v, page.Note.Text); err != nil {
		return err
	}
	s.showed(c)
	return web.Render(c, http.StatusOK, "storefront/product", page)
}

func (s *Shop) add(c echo.Context, v *catalog.Variant, qty int) error {
	if qty < 1 || qty > cart.MostOf { // before anybody becomes a visitor over it
		var form fault.Form
		form.Wrong("qty", "cart.qty", "most", cart.MostOf)
		return form.Err()
	}
	if err := s.mayOwn(c, v.ID, qty); err != nil {
		return err
	}
	p, err := s.someone(c)
	if err != nil {
		return err
	}
	from, _ := s.via(c)
	led, err := s.ledBy(c)
	if err != nil {
		return err
	}
	return s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		open, err := s.ensure(ctx, tx, c, p, led)
		if err != nil {
			return err
		}
		return cart.AddFrom(ctx, tx, open.ID, v.ID, qty, from.String(), s.Now())
	})
}

// ensure is the cart of a person, with what led to it if it is a new one.
func (s *Shop) ensure(ctx context.Context, tx *db.Tx, c echo.Context, p *customer.Person, led cart.Arrival) (*cart.Cart, error) {
	open, err := cart.Ensure(ctx, tx, p, s.currency(c), web.Lang(c), device(c), s.Now())
	if err != nil || !open.StartedAt.IsZero() {
		return open, err
	}
	led.CartID = open.ID
	return open, cart.Arrive(ctx, tx, led)
}

// notAdded shows the product again with what stood in the way.
func (s *Shop) notAdded(c echo.Context, v *catalog.Variant, failed error) error {
	text, status := words(c, failed)
	if status == 0 {
		return failed
	}
	product, err := catalog.ByID(c.Request().Context(), s.DB, v.ProductID)
	if err != nil {
		return err
	}
	if !product.Published {
		return ended()
	}
	var out *inventory.OutOfStockError
	if errors.As(failed, &out) {
		if err := s.met(c, cart.StockLost, v.SKU); err != nil {
			return err
		}
		s.note(c, event.Event{Kind: event.StockLost, ProductID: int64(v.ProductID), Detail: "add"})
	}
	page, err := s.productPage(c, v.ProductID, url.Values{"v": {v.SKU}})
	if err != nil {
		return err
	}
	page.Note = &web.Notice{Kind: "error", Text: text}
	page.Qty = c.FormValue("qty")
	return web.Render(c, status, "storefront/product", page)
}

// words is what a refusal says to the shopper, and its status; 0 for a failure
// that is no refusal.
func words(c echo.Context, err error) (string, int) {
	status := map[error]int{fault.Invalid: http.StatusUnprocessableEntity, fault.Conflict: http.StatusConflict, fault.NotFound: http.StatusNotFound}[fault.Kind(err)]
	if status == 0 {
		return "", 0
	}
	var out *inventory.OutOfStockError
	if errors.As(err, &out) {
		if out.Left <= 0 {
			return t(c, "shop.cart.none-left"), status
		}
		return t(c, "shop.cart.only-left", "count", out.Left), status
	}
	if fields := fault.Fields(err); len(fields) > 0 {
		return t(c, fields[0].Words, fields[0].Args...), status
	}
	var f *fault.Fault
	if errors.As(err, &f) && f.Words != "" {
		return t(c, f.Words, f.Args...), status
	}
	return "", 0
}

// setItem changes the quantity of a line; 0 takes it out.
func (s *Shop) setItem(c echo.Context) error {
	in := struct {
		Qty  int `form:"qty"`
		Step int `form:"step"`
	}{Qty: -1}
	formErr := web.Form(c, &in)
	in.Qty = step(in.Qty, in.Step)
	ctx, token := c.Request().Context(), c.Param("id")
	open, _, err := s.openCart(c)
	if err != nil {
		return err
	}
	if open == nil {
		return fault.New(fault.NotFound, "cart.line.unknown")
	}
	before, err := cart.Items(ctx, s.DB, open)
	if err != nil {
		return err
	}
	if formErr == nil {
		formErr = s.InTx(c, func(ctx context.Context, tx *db.Tx) error { return cart.Set(ctx, tx, open.ID, token, in.Qty, s.Now()) })
	}
	s.forget(c)
	if formErr != nil {
		return s.notSet(c, formErr)
	}
	if in.Qty > 0 {
		return web.Redirect(c, "/cart")
	}
	for _, item := range before.Items {
		if item.Line.Token == token {
			s.note(c, event.Event{Kind: event.CartRemove, CartID: int64(open.ID), ProductID: int64(item.Buyable.ProductID)})
			return web.Redirect(c, "/cart?"+url.Values{"undo": {item.Buyable.SKU}, "qty": {strconv.Itoa(item.Line.Qty)}}.Encode())
		}
	}
	return web.Redirect(c, "/cart")
}

func (s *Shop) notSet(c echo.Context, failed error) error {
	text, status := words(c, failed)
	if status == 0 || status == http.StatusNotFound {
		return failed
	}
	var out *inventory.OutOfStockError
	if errors.As(failed, &out) {
		if err := s.met(c, cart.StockLost, "cart"); err != nil {
			return err
		}
	}
	page, _, err := s.cartPage(c)
	if err != nil {
		return err
	}
	page.Note = text
	return web.Render(c, status, "storefront/cart", page)
}

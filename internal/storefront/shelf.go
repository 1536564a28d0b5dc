package storefront

import (
	"context"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/fault"
	"regulars/internal/money"
	"regulars/internal/restock"
	"regulars/internal/web"
)

type (
	// backBox asks to be told when something is there again.
	backBox struct {
		SKU, Email string
		Hint       string
		Err        web.FieldError
		Done, Stop string
	}
	backPage struct {
		web.Page
		Name, Lead, Action, Product string
		Waiting                     bool
	}
	savedLine struct {
		ID, URL, Name, Choices, Unit, Change string
		Picture                              picture
		Can                                  bool // it can be put into the cart
	}
	awaitedRow struct{ URL, Name, Note, Stop string }
	savedPage  struct {
		accountPage
		Lines        []savedLine
		Awaited      []awaitedRow
		Said, Unsaid []reviewRow
	}
)

func (s *Shop) shelfRoutes(slow, door echo.MiddlewareFunc) {
	e := s.Web.Echo
	e.POST("/back", s.askBack, door)
	e.GET("/back/:token", s.backForm)
	e.POST("/back/:token", s.stopBack, slow)
	e.POST("/cart/items/:id/save", s.saveItem, slow)
	e.POST("/cart/saved/:id", s.savedItem, slow)
	e.GET("/account/saved", s.saved)
}

// askBack notes that somebody wants to be told, and says so on the product's
// own page.
func (s *Shop) askBack(c echo.Context) error {
	var f struct {
		SKU   string `form:"of,max=80"`
		Email string `form:"email,max=254"`
	}
	failed := web.Form(c, &f)
	ctx := c.Request().Context()
	v, err := catalog.VariantBySKU(ctx, s.DB, f.SKU)
	if err != nil {
		return err
	}
	p, err := s.person(c)
	if err != nil {
		return err
	}
	by := restock.Asker{Email: f.Email, Lang: web.Lang(c)}
	if p.SignedIn() {
		by.Customer = p.Customer
	}
	page, err := s.productPage(c, v.ProductID, url.Values{"v": {v.SKU}})
	if err != nil {
		return err
	}
	if page.Back == nil { // it came meanwhile
		return c.Redirect(http.StatusSeeOther, withQuery(page.SelfURL, url.Values{"v": {v.SKU}}))
	}
	var wish *restock.Ask
	if failed == nil {
		failed = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
			wish, err = restock.Want(ctx, tx, v.ID, by, s.Now())
			return err
		})
	}
	web.Private(c)
	if failed != nil {
		if fault.Kind(failed) != fault.Invalid {
			return failed
		}
		page.Back.Email, page.Back.Err = f.Email, web.Errors(c, failed).At("email")
		page.Back.Err.Field = "back-email"
		return web.Render(c, http.StatusUnprocessableEntity, "storefront/product", page)
	}
	page.Back.Stop = web.URL(c, "/back/"+wish.Token)
	where := f.Email
	if p.SignedIn() {
		where = p.Customer.Email
	}
	page.Back.Done = t(c, "restock.noted", "email", where)
	return web.Render(c, http.StatusOK, "storefront/product", page)
}

// backForm shows what somebody waits for, to whoever holds the link; it names
// no person.
func (s *Shop) backForm(c echo.Context) error {
	wish, err := restock.ByToken(c.Request().Context(), s.DB, c.Param("token"))
	if err != nil {
		return err
	}
	p := &backPage{Page: s.page(c, "restock.title", "name", wish.Name), Name: in(c, wish.Name), Waiting: wish.State == restock.Waiting, Action: web.URL(c, "/back/"+wish.Token),
		Product: web.URL(c, "/p/"+wish.Slug+"?"+url.Values{"v": {wish.SKU}}.Encode()), Lead: t(c, "restock.since", "date", wish.AskedAt.In(s.Settings.Now().Zone()))}
	p.NoIndex = true
	web.Private(c)
	return web.Render(c, http.StatusOK, "storefront/back", p)
}

func (s *Shop) stopBack(c echo.Context) error {
	token := c.Param("token")
	err := s.InTx(c, func(ctx context.Context, tx *db.Tx) error { return restock.Stop(ctx, tx, token, s.Now()) })
	if err != nil {
		return err
	}
	web.Flash(c, "ok", "restock.stopped")
	return web.Redirect(c, "/back/"+token)
}

// saveItem takes a line out of the cart, to be bought another time.
func (s *Shop) saveItem(c echo.Context) error {
	open, _, err := s.openCart(c)
	if err != nil {
		return err
	}
	if open == nil {
		return fault.New(fault.NotFound, "cart.line.unknown")
	}
	p, err := s.person(c)
	if err != nil {
		return err
	}
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		return cart.Save(ctx, tx, open.ID, c.Param("id"), p, s.Now())
	})
	s.forget(c)
	if err != nil {
		return s.notSet(c, err)
	}
	s.note(c, event.Event{Kind: event.CartRemove, CartID: int64(open.ID)})
	return web.Redirect(c, "/cart#saved")
}

// savedItem puts a saved line into the cart, or takes it away for good.
func (s *Shop) savedItem(c echo.Context) error {
	var f struct {
		Drop bool   `form:"drop"`
		Back string `form:"back,max=100"`
	}
	if err := web.Form(c, &f); err != nil {
		return err
	}
	p, err := s.person(c)
	if err != nil {
		return err
	}
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		if f.Drop {
			return cart.DropSaved(ctx, tx, c.Param("id"), p)
		}
		if p.VisitorID() == 0 && !p.SignedIn() {
			return fault.New(fault.NotFound, "cart.line.unknown")
		}
		open, err := cart.Ensure(ctx, tx, p, s.currency(c), web.Lang(c), device(c), s.Now())
		if err != nil {
			return err
		}
		return cart.MoveBack(ctx, tx, open.ID, c.Param("id"), p, s.Now())
	})
	s.forget(c)
	if err != nil {
		return s.notSet(c, err)
	}
	if f.Back != "" && f.Drop {
		return web.Redirect(c, web.LocalPath(f.Back))
	}
	return web.Redirect(c, "/cart")
}

// savedLines are what whoever asks saved for later; a browser that nobody
// knows has none and is not asked about.
func (s *Shop) savedLines(c echo.Context) ([]savedLine, error) {
	p, err := s.person(c)
	if err != nil {
		return nil, err
	}
	currency := s.currency(c)
	items, err := cart.SavedItems(c.Request().Context(), s.DB, p, currency)
	if err != nil {
		return nil, err
	}
	var out []savedLine
	for _, item := range items {
		b := item.Buyable
		l := savedLine{ID: item.Saved.Token, Name: in(c, b.Name), Choices: in(c, b.Choices), Picture: s.picture(c, b.Image, art.Whole).as(lineWide), Can: !item.Problem.Blocks()}
		if b.Priced {
			l.Unit = t(c, "shop.cart.each", "price", b.Price)
		}
		if l.Name == "" {
			l.Name = t(c, "shop.saved.gone")
		}
		if b.Published {
			l.URL = web.URL(c, "/p/"+b.Slug+"?"+url.Values{"v": {b.SKU}}.Encode())
		}
		if item.Problem != cart.NoProblem {
			l.Change = t(c, "cart.problem."+string(item.Problem), "count", max(b.Available, 0), "was", money.Price{Amount: item.Saved.SeenPrice, Currency: currency})
		}
		out = append(out, l)
	}
	return out, nil
}

// saved is the room of the account for goods of another time: kept for later,
// waited for, and bought, to be reviewed.
func (s *Shop) saved(c echo.Context) error {
	base, p, err := s.accountPage(c, "later")
	if err != nil {
		return err
	}
	page := &savedPage{accountPage: base}
	if page.Lines, err = s.savedLines(c); err != nil {
		return err
	}
	waits, err := restock.OfCustomer(c.Request().Context(), s.DB, p.CustomerID())
	if err != nil {
		return err
	}
	for _, w := range waits {
		page.Awaited = append(page.Awaited, awaitedRow{URL: web.URL(c, "/p/"+w.Slug+"?"+url.Values{"v": {w.SKU}}.Encode()), Name: in(c, w.Name), Stop: web.URL(c, "/back/"+w.Token),
			Note: t(c, "restock.since", "date", w.AskedAt.In(base.Zone))})
	}
	if page.Said, page.Unsaid, err = s.ownReviews(c, p.CustomerID()); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, "storefront/saved", page)
}

package storefront

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/occasion"
	"regulars/internal/order"
	"regulars/internal/pricing"
	"regulars/internal/segment"
	"regulars/internal/trait"
	"regulars/internal/value"
	"regulars/internal/web"
)

// visit is what was already read for this request, so that frame and page ask
// the database once.
type visit struct {
	asked    bool
	person   *customer.Person
	tree     *catalog.Tree
	carted   bool
	cart     *cart.Cart
	count    int
	currency money.Currency
	mine     *trait.Mine
	past     *past
	shown    []impression
	audience string              // whose home page it is, as marks name it
	goods    []catalog.ProductID // in the cart goodsOf
	goodsOf  *cart.Cart
	viewed   bool
	views    []event.View
	looked   []catalog.ProductID // of the home page's section
	leant    bool
	leaning  *leaning
	look     *looking
}

func (s *Shop) visit(c echo.Context) *visit {
	if v, ok := c.Get("storefront").(*visit); ok {
		return v
	}
	v := &visit{}
	c.Set("storefront", v)
	return v
}

// person is who is asking; nil for a stranger, which all its methods take. A
// session from before a password change is ended here.
func (s *Shop) person(c echo.Context) (*customer.Person, error) {
	v := s.visit(c)
	if v.asked {
		return v.person, nil
	}
	token, session := web.VisitorToken(c), web.Session(c)
	id := customer.ID(session.CustomerID())
	if token == "" && id == 0 {
		v.asked = true
		return nil, nil
	}
	ctx := c.Request().Context()
	p, err := customer.Read(ctx, s.DB, token, id)
	if err != nil {
		return nil, err
	}
	if id != 0 && (!p.SignedIn() || int64(p.Customer.Epoch) != session.CustomerEpoch()) {
		if err := session.SignOut(); err != nil {
			return nil, err
		}
		if p, err = customer.Read(ctx, s.DB, token, 0); err != nil {
			return nil, err
		}
	}
	v.asked, v.person = true, s.reckoned(c, p)
	return p, nil
}

// reckoned says whether the person is a shopper at all, for the reports.
func (s *Shop) reckoned(c echo.Context, p *customer.Person) *customer.Person {
	p.Staff, p.Bot = web.Session(c).StaffID() != 0, crawler(c)
	return p
}

// member is the person if an account is signed in, else fault.SignIn.
func (s *Shop) member(c echo.Context) (*customer.Person, error) {
	p, err := s.person(c)
	if err == nil && !p.SignedIn() {
		err = fault.New(fault.SignIn, "error.sign-in")
	}
	return p, err
}

// someone is the person, made known by a visitor cookie if nobody was: only
// what changes something calls it, so that looking around leaves no trace.
func (s *Shop) someone(c echo.Context) (*customer.Person, error) {
	p, err := s.person(c)
	if err == nil && p.VisitorID() != 0 && s.Now().Sub(p.Visitor.SeenAt.Time) >= 24*time.Hour {
		// Here something is written anyway; a page view never comes by.
		err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
			return customer.SeeVisitor(ctx, tx, p.VisitorID(), s.Now())
		})
	}
	if err != nil || p.SignedIn() || p.VisitorID() != 0 {
		return p, err
	}
	var token string
	var visitor *customer.Visitor
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		token, visitor, err = customer.NewVisitor(ctx, tx, web.Lang(c), s.Now())
		return err
	})
	if err != nil {
		return nil, err
	}
	web.SetVisitorToken(c, token)
	v := s.visit(c)
	v.person, v.asked, v.carted = s.reckoned(c, customer.NewPerson(visitor, nil, nil, nil)), true, false
	return v.person, nil
}

// decide puts a person into their traits and segments again, in the transaction
// that changed what we know of them or may use.
func (s *Shop) decide(ctx context.Context, tx *db.Tx, id customer.ID) error {
	if err := trait.Refresh(ctx, tx, id, s.Settings.Now().Currency(), s.Now()); err != nil {
		return err
	}
	if err := value.Refresh(ctx, tx, id); err != nil {
		return err
	}
	if err := occasion.Refresh(ctx, tx, id, s.Settings.Now().Zone(), s.Now()); err != nil {
		return err
	}
	if err := order.LetGo(ctx, tx, id); err != nil {
		return err
	}
	return segment.Refresh(ctx, tx, id, s.Now())
}

// InTx runs fn in a transaction under the request's context.
func (s *Shop) InTx(c echo.Context, fn func(ctx context.Context, tx *db.Tx) error) error {
	ctx := c.Request().Context()
	return s.DB.InTx(ctx, func(tx *db.Tx) error { return fn(ctx, tx) })
}

// forget drops what was read, after a change that the same answer shows.
func (s *Shop) forget(c echo.Context) { c.Set("storefront", &visit{currency: s.visit(c).currency}) }

// openCart is the person's cart, nil if there is none, with its pieces counted.
func (s *Shop) openCart(c echo.Context) (*cart.Cart, int, error) {
	v := s.visit(c)
	if v.carted {
		return v.cart, v.count, nil
	}
	p, err := s.person(c)
	if err != nil || p == nil {
		return nil, 0, err
	}
	ctx := c.Request().Context()
	open, err := cart.Open(ctx, s.DB, p)
	if err != nil {
		return nil, 0, err
	}
	v.cart, v.count = open, 0
	if open != nil {
		lines, err := cart.Lines(ctx, s.DB, open.ID)
		if err != nil {
			return nil, 0, err
		}
		for _, l := range lines {
			v.count += l.Qty
		}
	}
	v.carted = true
	return v.cart, v.count, nil
}

const currencyCookie = "currency"

// currency is what prices are shown in: the visitor's choice, else the shop's.
func (s *Shop) currency(c echo.Context) money.Currency {
	v := s.visit(c)
	if v.currency == "" {
		set := s.Settings.Now()
		v.currency = set.Currency()
		for _, offered := range set.Currencies() {
			if string(offered) == web.Cookie(c, currencyCookie) {
				v.currency = offered
			}
		}
	}
	return v.currency
}

// chooseCurrency takes ?currency= as the choice from now on. One that the shop
// does not offer is passed over: an old link must still show its page.
func (s *Shop) chooseCurrency(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		asked := strings.ToUpper(c.QueryParam("currency"))
		for _, offered := range s.Settings.Now().Currencies() {
			if asked == string(offered) {
				s.visit(c).currency = offered
				web.SetCookie(c, currencyCookie, asked, 365*24*time.Hour)
			}
		}
		return next(c)
	}
}

// country is where delivery is estimated to before an address is known.
func (s *Shop) country(c echo.Context, currency money.Currency) string {
	if p, err := s.person(c); err == nil && p.SignedIn() && p.Customer.Country != "" {
		return p.Customer.Country
	}
	return pricing.Home(currency)
}

// device is the class of the browser's machine, as reports cut by it.
func device(c echo.Context) string {
	ua := strings.ToLower(c.Request().UserAgent())
	switch {
	case strings.Contains(ua, "ipad") || strings.Contains(ua, "tablet"):
		return "tablet"
	case strings.Contains(ua, "mobi") || strings.Contains(ua, "android") || strings.Contains(ua, "iphone"):
		return "phone"
	case ua == "":
		return ""
	}
	return "desktop"
}

// bots are words by which programs name themselves.
var bots = []string{"bot", "crawl", "spider", "slurp", "preview", "curl/", "wget/", "python-", "go-http-client", "headless", "monitor", "facebookexternalhit"}

func bot(c echo.Context) bool {
	ua := strings.ToLower(c.Request().UserAgent())
	for _, word := range bots {
		if strings.Contains(ua, word) {
			return true
		}
	}
	return false
}

// crawlers are words by which programs that only gather pages name themselves.
// Tools that somebody may shop with (curl, a script) are not among them: their
// carts count.
var crawlers = []string{"bot", "crawl", "spider", "slurp", "facebookexternalhit"}

func crawler(c echo.Context) bool {
	ua := strings.ReplaceAll(strings.ToLower(c.Request().UserAgent()), "cubot", "") // a maker of phones
	for _, word := range crawlers {
		if strings.Contains(ua, word) {
			return true
		}
	}
	return false
}

// ended answers a request for a thing that is not there in this language's
// words; every page of the shop uses the same.
func ended() error { return fault.New(fault.NotFound, "error.not-found") }

func moved(c echo.Context, path string) error {
	if q := c.Request().URL.RawQuery; q != "" {
		path += "?" + q
	}
	return c.Redirect(http.StatusMovedPermanently, web.URL(c, path))
}

// other is the language the page is not in.
func other(l i18n.Lang) i18n.Lang {
	if l == i18n.Chinese {
		return i18n.English
	}
	return i18n.Chinese
}

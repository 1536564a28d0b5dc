// Package storefront is the shop as its shoppers see it: every public page,
// the account, and the read-only JSON that says the same as the pages. A
// handler here reads the form, calls one noun, and answers; what is allowed,
// what things cost and what is kept is decided by the nouns below.
package storefront

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/campaign"
	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/homepage"
	"regulars/internal/i18n"
	"regulars/internal/owner"
	"regulars/internal/recommend"
	"regulars/internal/search"
	"regulars/internal/segment"
	"regulars/internal/setting"
	"regulars/internal/slot"
	"regulars/internal/staff"
	"regulars/internal/trait"
	"regulars/internal/web"
)

// Shop is what the public pages need. Folder, Mails and People may be empty.
type Shop struct {
	DB       *db.DB
	Web      *web.Server
	Engine   *recommend.Engine
	Finder   search.Engine       // nil: the embedded one
	Reader   *search.Embedded    // says what is meant; nil: the one made for this shop
	Sessions *recommend.Sessions // what visits foretell; may be nil
	Events   *event.Log
	Settings *setting.Live
	Desk     *checkout.Desk
	Hasher   *customer.Hasher
	Alarms   *staff.Alarms // may be nil
	Folder   string        // the data folder; pictures lie in its media/
	Demo     bool          // the ribbon, one-click sign-ins, "simulated" in reasons
	People   []DemoSignIn
	Version  string // of the program, as carts note it
	Now      func() time.Time
	Log      *slog.Logger

	shelves catalog.Live
	misses  search.Misses
	homes   homepage.Live
	kinds   segment.Live
	traits  trait.Live
	types   search.Completer
	drawn   drawings
	prints  prints
	photos  recent // files of uploaded pictures
	slots   slot.Live
	banners campaign.LiveBanners
	owners  owner.Live
}

// DemoSignIn is a person of the tour whom a click signs in. Label is the name,
// and after a comma who they are: "Chen Yu, student". All share DemoPassword.
type DemoSignIn struct {
	Label i18n.Text
	Email string
}

// DemoPassword is the password of everybody whom the demo names.
const DemoPassword = "demo-regulars"

// Routes registers every public address.
func (s *Shop) Routes() {
	if s.Reader == nil {
		s.Reader = search.NewEmbedded(s.DB)
	}
	if s.Finder == nil {
		s.Finder = s.Reader
	}
	s.Web.OnPage(s.dress)
	s.types.Simulated = s.Demo
	// RFC 8058: the mail program posts from nowhere, with no token of ours; the
	// one in the address is the proof.
	s.Web.ExemptOrigin("/u/:token")

	e := s.Web.Echo
	slow := s.Web.Limit(600, 200) // what writes or costs a search; a whole office may share one address
	door := s.Web.Limit(60, 40)   // what tries a password or sends a mail; accounts have limits of their own besides

	e.Use(s.chooseCurrency, s.arrive, s.followed, s.broken)
	e.GET("/", s.home)
	e.GET("/home/preview", s.previewHome)
	e.GET("/c/:slug", s.category)
	e.GET("/p/:slug", s.product)
	e.POST("/p/:slug/questions", s.askAboutProduct, door)
	e.POST("/cart/questions", s.askInCart, door)
	e.POST("/checkout/questions", s.askAtCheckout, door)
	e.GET("/questions/:token", s.question)
	e.POST("/questions/:token", s.sayBack, door)
	e.GET("/help", s.help)
	e.GET("/help/:slug", s.helpArticle)
	e.POST("/help/:slug", s.voteHelp, slow)
	e.GET("/search", s.search)
	e.GET(comparePath, s.compare)
	e.GET("/search/suggest", s.searchSuggest, slow)
	e.GET("/cart", s.cart)
	e.POST("/cart/items", s.addItem, slow)
	e.POST("/cart/items/:id", s.setItem, slow)
	e.POST("/cart/coupon", s.setCoupon, slow)
	e.POST("/cart/why", s.cartWhy, slow)
	e.POST("/cart/mail", s.mailCart, door)
	e.POST("/cart/later", s.putAway, slow)
	e.POST("/cart/gift-cards", s.cartCard, slow)
	e.GET("/gift-cards", s.giftCards)
	e.POST("/gift-cards", s.readCard, door)
	e.GET("/checkout", s.checkout)
	e.POST("/checkout", s.placeOrder, slow)
	e.GET("/gateway/test/:token", s.gateway)
	e.POST("/gateway/test/:token", s.gatewayOutcome, slow)
	if len(s.Desk.Pay.FormTargets()) > 0 { // only a shop with its keys can tell an event from a forgery
		e.POST("/webhooks/stripe", s.stripeEvent)
		s.Web.ExemptOrigin("/webhooks/stripe")
	}
	e.GET("/orders", s.findForm)
	e.POST("/orders", s.findOrder, door)
	e.GET("/orders/:number", s.order)
	e.POST("/orders/:number/payments", s.payAgain, slow)
	e.POST("/orders/:number/again", s.orderAgain, slow)
	e.POST("/orders/:number/why", s.orderWhy, slow)
	e.GET("/orders/:number/invoice", s.invoice)
	e.GET("/orders/:number/credit/:note", s.credit)
	e.POST("/orders/:number/cancel", s.cancelOrder, slow)
	e.POST("/orders/:number/address", s.readdressOrder, slow)
	e.GET("/orders/:number/return", s.askReturn)
	e.POST("/orders/:number/return", s.sendReturn, slow)
	e.GET("/orders/:number/withdraw", s.askWithdraw)
	e.POST("/orders/:number/withdraw", s.sendWithdraw, slow)
	e.POST("/orders/:number/account", s.accountFromOrder, door)

	e.GET("/signup", s.signUpForm)
	e.POST("/signup", s.signUp, door)
	e.GET("/signin", s.signInForm)
	e.POST("/signin", s.signIn, door)
	e.GET("/signout", s.signOutForm)
	e.POST("/signout", s.signOut)
	e.GET("/forgot", s.forgotForm)
	e.POST("/forgot", s.forgot, door)
	e.GET("/reset/:token", s.resetForm)
	e.POST("/reset/:token", s.reset, door)
	e.GET("/signin/code", s.codeForm)
	e.POST("/signin/code", s.code, door)
	e.GET("/team/:token", s.staffLinkForm)
	e.POST("/team/:token", s.staffLink, door)
	e.GET("/verify/:token", s.verifyForm)
	e.POST("/verify/:token", s.verify, door)
	e.GET("/change-email/:token", s.changeEmailForm)
	e.POST("/change-email/:token", s.changeEmail, door)
	s.accountRoutes(slow, door)
	s.reviewRoutes(slow, door)
	s.shelfRoutes(slow, door)
	s.lookoutRoutes(slow)
	s.surveyRoutes(slow)
	s.ownedRoutes(slow)
	s.listRoutes(slow)
	s.keptRoutes(slow)

	e.GET("/r/:token", s.restoreForm)
	e.POST("/r/:token", s.restore, slow)
	e.POST("/r/:token/why", s.linkWhy, slow)
	e.GET("/u/:token", s.mails)
	e.POST("/u/:token", s.choose, slow)

	for _, name := range policies {
		e.GET("/"+name, s.policy(name))
	}
	e.GET("/policies/:name", s.policyMoved)
	e.GET("/privacy", s.privacyPage)
	e.POST("/privacy", s.choosePrivacy, slow)
	e.POST("/privacy/forget", s.forgetBrowser, slow)
	e.GET("/contact", s.contactForm)
	e.POST("/contact", s.contact, door)
	e.POST("/scheme", s.scheme)
	e.GET("/sitemap.xml", s.sitemap)
	e.GET("/sitemap/:file", s.sitemapFile)
	e.GET("/robots.txt", s.robots)
	e.GET("/art/:spec", s.art)
	e.GET("/media/:file", s.media)
	s.apiRoutes()
}

// page is the frame of a page with a title from the catalogue.
func (s *Shop) page(c echo.Context, key string, args ...any) web.Page {
	return web.NewPage(c, t(c, key, args...))
}

// titled is the frame of a page whose title is content, not a message.
func (s *Shop) titled(c echo.Context, title i18n.Text) web.Page {
	return web.NewPage(c, title.In(web.Lang(c)))
}

func t(c echo.Context, key string, args ...any) string { return i18n.T(web.Lang(c), key, args...) }

func in(c echo.Context, text i18n.Text) string { return text.In(web.Lang(c)) }

// dress fills what every page shows around its content: departments, the
// cart's count, who is signed in.
func (s *Shop) dress(c echo.Context, p *web.Page) {
	set := s.Settings.Now()
	p.ShopName, p.Zone, p.Demo = set.Get("shop.name"), set.Zone(), s.Demo
	if web.Lang(c) == i18n.Chinese && set.Get("shop.name.zh") != "" {
		p.ShopName = set.Get("shop.name.zh")
	}
	p.Empties = func(kind string) web.Picture { return quietly(c, kind) }
	if isAdmin(p.Path) {
		return
	}
	tree, err := s.tree(c)
	if err != nil {
		s.Log.Warn("departments not shown", "error", err)
		return
	}
	for _, d := range tree.Roots() {
		p.Departments = append(p.Departments, web.Department{Slug: d.Slug, Name: shortName(web.Lang(c), d)})
	}
	if offered := set.Currencies(); len(offered) > 1 {
		for _, o := range offered {
			p.Currencies = append(p.Currencies, web.Currency{Code: string(o), Name: i18n.CurrencyName(web.Lang(c), o), Current: o == s.currency(c)})
		}
	}
	person, err := s.person(c)
	if err != nil {
		s.Log.Warn("person not read", "error", err)
		return
	}
	p.SignedIn = person.SignedIn()
	open, count, err := s.openCart(c)
	if err == nil {
		p.CartCount = count
		p.LeftCart, err = s.waiting(c, open, count)
	}
	if err != nil {
		s.Log.Warn("cart not read", "error", err)
	}
}

func isAdmin(path string) bool {
	return path == "/admin" || len(path) > 7 && path[:7] == "/admin/"
}

// shortName is what the header calls a department: twelve full names would not
// stand on one line.
func shortName(l i18n.Lang, d catalog.Category) string {
	if key := "shop.dept." + d.Slug; i18n.Has(l, key) {
		return i18n.T(l, key)
	}
	return d.Name.In(l)
}

// tree is every category, one and the same throughout a request.
func (s *Shop) tree(c echo.Context) (*catalog.Tree, error) {
	v := s.visit(c)
	if v.tree == nil {
		tree, err := s.shelves.Tree(c.Request().Context(), s.DB)
		if err != nil {
			return nil, err
		}
		v.tree = tree
	}
	return v.tree, nil
}

// note writes an event of this request; whose it is passes the consent gate.
func (s *Shop) note(c echo.Context, e event.Event) {
	person, err := s.person(c)
	if err != nil {
		return // the page itself has failed over it
	}
	visitor, id := person.Tracked()
	e.At, e.VisitorID, e.CustomerID = db.At(s.Now()), int64(visitor), int64(id)
	if visitor == 0 && id == 0 {
		e.CartID, e.OrderID = 0, 0 // they would lead to the person as surely
	}
	e.Lang, e.Device, e.Bot = string(web.Lang(c)), device(c), bot(c)
	if person.SignedIn() && person.Customer.Simulated {
		e.Simulated = true
	}
	s.Events.Add(e)
}

// scheme keeps the colours the shopper chose and leads back to the page.
func (s *Shop) scheme(c echo.Context) error {
	var in struct {
		Scheme string `form:"scheme,max=10"`
		Back   string `form:"back,max=2000"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	web.SetScheme(c, in.Scheme)
	return c.Redirect(http.StatusSeeOther, web.LocalPath(in.Back))
}

func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

func withQuery(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

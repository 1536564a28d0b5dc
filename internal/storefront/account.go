package storefront

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/outreach"
	"regulars/internal/web"
)

// accountRooms are the pages of the account in the order of its menu; each is
// shop.account.<name> in words.
var accountRooms = []struct{ name, path string }{
	{"overview", "/account"}, {"details", "/account/details"}, {"interests", "/account/interests"}, {"dates", "/account/dates"},
	{"messages", "/account/messages"}, {"addresses", "/account/addresses"}, {"lists", "/account/lists"}, {"later", "/account/saved"}, {"searches", "/account/searches"}, {"often", "/account/often"}, {"owned", "/account/owned"}, {"loyalty", "/account/loyalty"}, {"preferences", "/account/preferences"}, {"privacy", "/account/privacy"},
}

func (s *Shop) accountRoutes(slow, door echo.MiddlewareFunc) {
	e := s.Web.Echo
	e.GET("/account", s.account)
	e.POST("/account/verify", s.verifyAgain, door)
	e.POST("/account/confirm", s.confirmFacts, slow)
	e.GET("/account/details", s.details)
	e.POST("/account/details", s.saveDetails, slow)
	e.POST("/account/email", s.askEmailChange, door)
	e.POST("/account/password", s.changePassword, door)
	e.POST("/account/signout", s.signOutEverywhere, slow)
	e.GET("/account/interests", s.interests)
	e.POST("/account/interests", s.saveInterests, slow)
	e.GET("/account/dates", s.dates)
	e.POST("/account/dates", s.saveDate, slow)
	e.POST("/account/dates/:token", s.dropDate, slow)
	s.occasionRoutes(slow)
	e.GET("/account/often", s.often)
	e.POST("/account/often", s.takePicks, slow)
	e.GET("/account/addresses", s.addresses)
	e.POST("/account/addresses", s.saveAddress, slow)
	e.POST("/account/addresses/:token", s.dropAddress, slow)
	e.GET("/account/messages", s.messages)
	e.GET("/account/loyalty", s.loyalty)
	e.GET("/account/preferences", s.preferences)
	e.POST("/account/preferences", s.savePreferences, slow)
	e.POST("/account/preferences/confirm", s.confirmAgain, door)
	e.POST("/account/preferences/mails", s.saveWishes, slow)
	e.GET("/confirm/:token", s.confirmForm)
	e.POST("/confirm/:token", s.confirm, door)
	e.GET("/account/consents", s.consents)
	e.GET("/account/privacy", s.known)
	e.POST("/account/privacy/forget", s.forgetFact, slow)
	e.POST("/account/privacy/trait", s.forgetTrait, slow)
	e.GET("/account/export", s.export)
	e.POST("/account/erase", s.erase, door)
}

type (
	room struct {
		URL, Name string
		Current   bool
	}
	// accountPage is what every page of the account shows; pages embed it.
	accountPage struct {
		web.Page
		Heading string
		Rooms   []room
		Errors  web.FormErrors
	}
	orderRow struct {
		URL, Number, Date, State, Tag, Total string
	}
	overviewPage struct {
		accountPage
		Name, Email string
		Unverified  bool
		Back        string  // in words, where mail to the person comes back
		Tries       bool    // and they may have it tried again
		Still       *asking // what was said long ago
		Refills     []refillRow
		Orders      []orderRow
		Older       string // in words, orders too old to be listed
		Returns     []returnRow
		Service     service
	}
)

// accountPage is the frame of a room, for the person signed in.
func (s *Shop) accountPage(c echo.Context, name string) (accountPage, *customer.Person, error) {
	web.Private(c)
	p, err := s.member(c)
	if err != nil {
		return accountPage{}, nil, err
	}
	page := accountPage{Page: s.page(c, "shop.account."+name), Heading: t(c, "shop.account."+name)}
	page.NoIndex = true
	for _, r := range accountRooms {
		page.Rooms = append(page.Rooms, room{web.URL(c, r.path), t(c, "shop.account."+r.name), r.name == name})
	}
	return page, p, nil
}

func (s *Shop) account(c echo.Context) error {
	base, p, err := s.accountPage(c, "overview")
	if err != nil {
		return err
	}
	page := overviewPage{accountPage: base, Name: p.Customer.Name, Email: p.Customer.Email, Unverified: !p.Customer.Verified()}
	if page.Back, page.Tries, err = s.comesBack(c, p.Customer); err != nil {
		return err
	}
	page.Unverified = page.Unverified && page.Back == ""
	if page.Still, err = s.stillRight(c, p.Customer); err != nil {
		return err
	}
	if page.Refills, err = s.refills(c); err != nil {
		return err
	}
	from := s.historyFrom()
	orders, before, err := order.Since(c.Request().Context(), s.DB, p.CustomerID(), from, 50)
	if err != nil {
		return err
	}
	if before > 0 {
		page.Older = t(c, "often.older", "count", before, "date", i18n.Date(web.Lang(c), from))
	}
	for i := range orders {
		o := &orders[i]
		state := t(c, "order.payment."+string(o.PaymentState))
		switch {
		case o.State == order.Cancelled:
			state = t(c, "order.state.cancelled")
		case o.DeliveryState != order.Unshipped:
			state = t(c, "order.delivery."+string(o.DeliveryState))
		}
		date, err := base.Date(o.PlacedAt)
		if err != nil {
			return err
		}
		page.Orders = append(page.Orders, orderRow{web.URL(c, "/orders/"+o.Number), o.Number, date, state, stateTag(o), s.money(c, o.Total, o.Currency)})
	}
	sent, err := order.ReturnsOfCustomer(c.Request().Context(), s.DB, p.CustomerID(), 50)
	if err != nil {
		return err
	}
	page.Returns = s.accountReturns(c, sent)
	if page.Service, err = s.serviceFor(c, "", true); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, "storefront/account", page)
}

// comesBack says in words that mail to the account comes back and what to do,
// and whether a mail with a link would mend it.
func (s *Shop) comesBack(c echo.Context, k *customer.Customer) (words string, tries bool, err error) {
	kind, at := k.Contact, k.ContactAt
	switch {
	case kind == "bouncing" || kind == "dead":
		tries = true
	case k.RestUntil.After(s.Now()):
		kind, at = "resting", k.RestUntil
	default:
		return "", false, nil
	}
	if at.IsZero() {
		at = k.UpdatedAt
	}
	return t(c, "shop.account.back."+kind, "email", k.Email, "day", i18n.Date(web.Lang(c), at.In(s.Settings.Now().Zone()))), tries, nil
}

func (s *Shop) verifyAgain(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	k := p.Customer
	may, err := s.mayMail(c.Request().Context(), k.Email)
	if err != nil {
		return err
	}
	tried := true
	if may && (!k.Verified() || k.Contact != "verified") {
		err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
			if k.Contact == "dead" { // once a day it gets another chance; whether it takes mail, the next mail says
				n := customer.News{Key: fmt.Sprintf("again:%d:%s", k.ID, s.Now().UTC().Format(time.DateOnly)), Email: k.Email, Kind: customer.NewsAgain, Source: customer.FromPerson}
				if tried, err = customer.Hear(ctx, tx, n, s.Now()); err != nil || !tried {
					return err
				}
			}
			return s.askToVerify(ctx, tx, k, web.Lang(c))
		})
		if err != nil {
			return err
		}
	}
	if !tried {
		web.Flash(c, "info", "shop.account.back.tomorrow")
		return web.Redirect(c, "/account")
	}
	web.Flash(c, "ok", "shop.account.verify-sent", "email", k.Email)
	return web.Redirect(c, "/account")
}

// passworded checks the password again before a grave change; its tries count
// like those of a sign-in.
func (s *Shop) passworded(c echo.Context, p *customer.Person, password, field string) error {
	_, err := customer.SignInFrom(c.Request().Context(), s.DB, s.Hasher, p.Customer.Email, password, c.RealIP(), s.Now())
	if fault.Kind(err) == fault.Invalid {
		var form fault.Form
		form.Wrong(field, "shop.password.wrong")
		return form.Err()
	}
	return err
}

// askEmailChange mails a link to the new address; until it is followed nothing
// changes. Whether somebody else has that address is not told here.
func (s *Shop) askEmailChange(c echo.Context) error {
	var in struct {
		Email    string `form:"email,max=254"`
		Password string `form:"password,raw,max=1000"`
	}
	p, err := s.member(c)
	if err != nil {
		return err
	}
	failed := web.Form(c, &in)
	if failed == nil {
		failed = customer.CheckEmail(in.Email)
	}
	if failed == nil {
		failed = s.passworded(c, p, in.Password, "password")
	}
	if failed != nil {
		return s.detailsAgain(c, nil, in.Email, failed)
	}
	ctx := c.Request().Context()
	may, err := s.mayMail(ctx, in.Email)
	if err != nil {
		return err
	}
	taken, err := customer.ByEmail(ctx, s.DB, in.Email)
	if err != nil && fault.Kind(err) != fault.NotFound {
		return err
	}
	if may {
		err := s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
			if taken != nil {
				return outreach.Enqueue(ctx, tx, outreach.AccountMail{Email: in.Email, Template: outreach.AccountExists, Lang: string(web.Lang(c))}, s.Now())
			}
			return s.mailLink(ctx, tx, p.Customer, customer.PurposeChangeEmail, in.Email, outreach.ChangeEmail, in.Email, web.Lang(c))
		})
		if err != nil {
			return err
		}
	}
	web.Flash(c, "ok", "shop.account.email-sent", "email", in.Email)
	return web.Redirect(c, "/account/details")
}

func (s *Shop) changePassword(c echo.Context) error {
	var in struct {
		Old string `form:"old,raw,max=1000"`
		New string `form:"new,raw,max=1000"`
	}
	p, err := s.member(c)
	if err != nil {
		return err
	}
	failed := web.Form(c, &in)
	if failed == nil && customer.CheckPassword(in.New, p.Customer.Email) != nil {
		var form fault.Form
		for _, f := range fault.Fields(customer.CheckPassword(in.New, p.Customer.Email)) {
			form.Wrong("new", f.Words, f.Args...)
		}
		failed = form.Err()
	}
	if failed == nil {
		failed = s.passworded(c, p, in.Old, "old")
	}
	if failed != nil {
		return s.detailsAgain(c, nil, "", failed)
	}
	hash, err := s.Hasher.Hash(c.Request().Context(), in.New)
	if err != nil {
		return err
	}
	var now *customer.Customer
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		if err := customer.SetPassword(ctx, tx, p.CustomerID(), hash, s.Now()); err != nil {
			return err
		}
		now, err = customer.ByID(ctx, tx, p.CustomerID())
		return err
	})
	if err != nil {
		return err
	}
	if err := web.Session(c).RenewEpoch(int64(now.Epoch)); err != nil {
		return err
	}
	web.Flash(c, "ok", "shop.account.password-changed")
	return web.Redirect(c, "/account/details")
}

func (s *Shop) signOutEverywhere(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		return customer.SignOutEverywhere(ctx, tx, p.CustomerID(), s.Now())
	})
	if err != nil {
		return err
	}
	return s.signOut(c)
}

// Package admin is the back office: what staff see and change. A page here
// reads the form, calls one noun, and answers; every change is one transaction
// that also writes who did it into the audit. Which role reaches which room is
// staff's table alone: the menu, the pages and the buttons all ask it.
package admin

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/ask"
	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/outreach"
	"regulars/internal/search"
	"regulars/internal/setting"
	"regulars/internal/staff"
	"regulars/internal/web"
)

// Office is the back office and what it works with. Mailer is asked only
// whether mail goes to a folder, which /admin/mail then shows; it may be nil.
type Office struct {
	DB       *db.DB
	Web      *web.Server
	Settings *setting.Live
	Desk     *checkout.Desk
	Mailer   outreach.Mailer
	Search   *search.Either    // nil: the shop searches by itself
	Mails    *outreach.Desk    // writes what a page shows before it is sent
	Names    outreach.Resolver // asked when staff look at the sender's records, and never else
	Reader   *search.Embedded  // says what is meant; nil: one of its own
	Door     staff.Door        // asked for the password before money goes back
	Now      func() time.Time
	Log      *slog.Logger
	Demo     bool

	listening listeners
}

// guard lets in who is staff and whose role the table admits. A room that is
// not for a role looks like one that does not exist.
func (o *Office) guard(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		web.Private(c)
		who, err := o.who(c)
		if err != nil {
			return err
		}
		if who == nil {
			return fault.New(fault.SignIn, "error.sign-in")
		}
		if !staff.Allowed(who.Role, c.Request().Method, web.Path(c)) {
			return nowhere()
		}
		if o.Web.Attended(c) {
			if err := staff.NoteUse(c.Request().Context(), o.DB, web.Session(c).StaffKey(), o.Now()); err != nil {
				o.Log.Warn("not noted that staff are at work", "error", err) // reading goes on where nothing can be written
			}
		}
		if away, err := o.factorFirst(c, who); err != nil || away {
			return err
		}
		if l := c.QueryParam("lang"); l == string(i18n.English) || l == string(i18n.Chinese) {
			c.Set(langKey, i18n.Lang(l))
			web.SetCookie(c, langCookie, l, 365*24*time.Hour)
		}
		return next(c)
	}
}

const (
	whoKey     = "admin.who"
	langKey    = "admin.lang"
	langCookie = "staff-lang"
)

// who is the member of staff at work, nil for nobody. A session from before a
// change of password, one that was ended, and one of an account switched off,
// is nobody's.
func (o *Office) who(c echo.Context) (*staff.Staff, error) {
	if v, ok := c.Get(whoKey).(*staff.Staff); ok {
		return v, nil
	}
	session := web.Session(c)
	if session.StaffID() == 0 {
		return nil, nil
	}
	who, err := staff.AtWork(c.Request().Context(), o.DB, staff.ID(session.StaffID()), session.StaffEpoch(), session.StaffKey())
	if errors.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c.Set(whoKey, who)
	return who, nil
}

// may reports whether who is at work may do something; buttons ask it, so that
// no page offers what the guard refuses.
func (o *Office) may(c echo.Context, p staff.Permission) bool {
	who, err := o.who(c)
	return err == nil && who != nil && staff.May(who.Role, p)
}

// dress fills the frame of every page under /admin, the failure page included.
func (o *Office) dress(c echo.Context, p *web.Page) {
	if p.Path != "/admin" && !strings.HasPrefix(p.Path, "/admin/") {
		return
	}
	set := o.Settings.Now()
	p.Lang, p.ShopName, p.Zone, p.Demo, p.NoIndex = lang(c), set.Get("shop.name"), set.Zone(), o.Demo, true
	if p.Lang == i18n.Chinese {
		p.ShopName = set.Get("shop.name.zh")
	}
	who, err := o.who(c)
	if err != nil || who == nil {
		return
	}
	p.Staff = web.Staff{Name: who.Name, Role: who.Role.Name(p.Lang)}
	if p.Staff.Name == "" {
		p.Staff.Name = who.Email
	}
	waiting, _, err := ask.Unanswered(c.Request().Context(), o.DB)
	if err != nil {
		o.Log.Warn("waiting questions not counted", "error", err)
	}
	for _, area := range staff.Menu(who.Role) {
		item := web.MenuItem{Path: area.Path, Label: i18n.T(p.Lang, "staff.area."+area.Name),
			Current: p.Path == area.Path || area.Path != "/admin" && strings.HasPrefix(p.Path, area.Path+"/"), Key: areaKeys[area.Name]}
		if area.Name == "questions" {
			item.Count = waiting
		}
		p.Menu = append(p.Menu, item)
	}
	p.Menu = append(p.Menu, web.MenuItem{Path: "?lang=" + string(other(p.Lang)), Label: i18n.T(p.Lang, "admin.other-language")})
}

// lang is the language the member of staff reads; the addresses of the back
// office carry none.
func lang(c echo.Context) i18n.Lang {
	if l, ok := c.Get(langKey).(i18n.Lang); ok {
		return l
	}
	return i18n.ParseLang(web.Cookie(c, langCookie))
}

func other(l i18n.Lang) i18n.Lang {
	if l == i18n.Chinese {
		return i18n.English
	}
	return i18n.Chinese
}

func t(c echo.Context, key string, args ...any) string { return i18n.T(lang(c), key, args...) }

func nowhere() error { return fault.New(fault.NotFound, "error.not-found") }

// page is the frame of a page with a title from the catalogue.
func page(c echo.Context, key string, args ...any) web.Page {
	return web.NewPage(c, t(c, key, args...))
}

// wrong writes what is wrong with a form in the language of the reader.
func wrong(c echo.Context, err error) web.FormErrors {
	var out web.FormErrors
	for _, f := range fault.Fields(err) {
		out.Items = append(out.Items, web.FieldError{Field: f.Name, Text: t(c, f.Words, f.Args...), Prefix: t(c, "web.errors.prefix")})
	}
	if len(out.Items) > 0 {
		out.Title = t(c, "web.errors.title", "count", len(out.Items))
	}
	return out
}

// words is what a failure says to a person.
func words(c echo.Context, err error) string {
	var f *fault.Fault
	if errors.As(err, &f) && f.Words != "" {
		return t(c, f.Words, f.Args...)
	}
	return t(c, "error.conflict")
}

// done leads on to a page after a change, with a notice in the catalogue's
// words.
func done(c echo.Context, path, key string, args ...any) error {
	web.Flash(c, "ok", "admin.flash", "text", t(c, key, args...))
	return c.Redirect(http.StatusSeeOther, path)
}

// change runs one change in a transaction and notes in it who did what to
// what; do returns the detail for the record. An empty detail means that there
// was nothing to change, and nothing is noted.
func (o *Office) change(c echo.Context, action, subject string, do func(ctx context.Context, tx *db.Tx, now time.Time) (string, error)) error {
	who, err := o.who(c)
	if err != nil {
		return err
	}
	ctx, now := catalog.By(c.Request().Context(), int64(who.ID), "office"), o.Now()
	return o.DB.InTx(ctx, func(tx *db.Tx) error {
		detail, err := do(ctx, tx, now)
		if err != nil || detail == "" {
			return err
		}
		return staff.Note(ctx, tx, who.ID, action, subject, detail, now)
	})
}

// by is who is at work, as histories name them.
func (o *Office) by(c echo.Context) string {
	who, err := o.who(c)
	if err != nil || who == nil {
		return "staff"
	}
	return "staff:" + strconv.FormatInt(int64(who.ID), 10)
}

// inputs is a form whose inputs are known only when it is drawn: one a
// setting, several a variant.
type inputs map[string]string

// read takes the named inputs out of the form; what was not sent is "".
func read(c echo.Context, names []string) (inputs, error) {
	fields := make([]reflect.StructField, len(names))
	for i, name := range names {
		fields[i] = reflect.StructField{Name: "F" + strconv.Itoa(i), Type: reflect.TypeFor[string](), Tag: reflect.StructTag(`form:` + strconv.Quote(name))}
	}
	form := reflect.New(reflect.StructOf(fields))
	err := web.Form(c, form.Interface())
	in := inputs{}
	for i, name := range names {
		in[name] = form.Elem().Field(i).String()
	}
	return in, err
}

// On reports whether a box was ticked.
func (in inputs) On(name string) bool { return in[name] != "" }

// Get is for templates, where an input may be absent.
func (in inputs) Get(name string) string { return in[name] }

// chip is a filter as a link.
type chip struct {
	URL, Text string
	Current   bool
}

// with is this page's address with one part of its query changed, and back on
// its first page; an empty value takes the part out.
func with(c echo.Context, name, value string) string {
	q := c.Request().URL.Query()
	q.Del("page")
	q.Del("lang")
	if value == "" {
		q.Del(name)
	} else {
		q.Set(name, value)
	}
	if len(q) == 0 {
		return web.Path(c)
	}
	return web.Path(c) + "?" + q.Encode()
}

// chips are the values of one filter, each the end of a message key; "" is all.
func chips(c echo.Context, name, chosen, key string, values ...string) []chip {
	out := make([]chip, len(values))
	for i, v := range values {
		word := v
		if v == "" {
			word = "all"
		}
		out[i] = chip{with(c, name, v), t(c, key+word), v == chosen}
	}
	return out
}

// pager is the data of the part of that name.
type pager struct {
	Label, Prev, PrevText, Next, NextText, Status string
	Pages                                         []pagerStep
}

type pagerStep struct {
	Text, URL    string
	Current, Gap bool
}

func pages(c echo.Context, now, per, total int) pager {
	last := max(1, (total+per-1)/per)
	to := func(n int) string {
		u := with(c, "", "")
		sep := "?"
		if strings.Contains(u, "?") {
			sep = "&"
		}
		return u + sep + "page=" + strconv.Itoa(n)
	}
	p := pager{Label: t(c, "admin.pages"), PrevText: t(c, "admin.pages.prev"), NextText: t(c, "admin.pages.next"),
		Status: t(c, "admin.pages.status", "page", now, "pages", last, "total", total)}
	if now > 1 {
		p.Prev = to(now - 1)
	}
	if now < last {
		p.Next = to(now + 1)
	}
	return p
}

// listing is what most lists take from their address.
type listing struct {
	Q         string `form:"q,max=200"`
	State     string `form:"state,max=40"`
	Simulated string `form:"simulated,max=5"`
	Page      int    `form:"page"`
}

func list(c echo.Context) (listing, error) {
	var in listing
	err := web.Query(c, &in)
	in.Page = min(max(in.Page, 1), 1_000_000)
	return in, err
}

// simulated is the choice of a list: yes, no, or nil for both.
func (in listing) simulated() *bool {
	switch in.Simulated {
	case "yes", "no":
		yes := in.Simulated == "yes"
		return &yes
	}
	return nil
}

// param is a part of the address as it was meant: a router that matched the
// escaped address hands it over escaped.
func param(c echo.Context, name string) string {
	s := c.Param(name)
	if c.Request().URL.RawPath != "" {
		if plain, err := url.PathUnescape(s); err == nil {
			return plain
		}
	}
	return s
}

func cash(c echo.Context, a money.Amount, currency money.Currency) string {
	return i18n.Money(lang(c), money.Price{Amount: a, Currency: currency})
}

// span writes how long something took or waits, in its largest unit.
func span(c echo.Context, d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return t(c, "admin.span.days", "count", int(d/(24*time.Hour)))
	case d >= time.Hour:
		return t(c, "admin.span.hours", "count", int(d/time.Hour))
	}
	return t(c, "admin.span.minutes", "count", int(d/time.Minute))
}

package web

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// Page is what every page shows around its own content. A page's data embeds
// it; NewPage fills what web knows, the OnPage hooks the rest.
type Page struct {
	Title, Description string
	Lang               i18n.Lang
	Path               string // without language prefix and query
	Other              string // this page in the other language
	OtherLang          string // its hreflang
	OtherName          string // that language, by its own name
	Canonical          string // absolute; empty without a base URL
	Preview            string // absolute address of a picture 1200 × 630 for whoever shares the page; may be empty
	PreviewSize        [2]int // what it measures instead
	NoIndex            bool
	Demo               bool
	CartCount          int
	LeftCart           *Waiting // a cart of theirs that was left; nil: none to speak of
	SignedIn           bool
	Departments        []Department
	Currencies         []Currency // what prices may be shown in; empty when there is no choice
	Query              string     // the search field's words
	Flash              []Notice
	Scheme             string // auto, light or dark
	ShopName           string
	Zone               *time.Location // where the shop's days begin; UTC unless a hook says more

	// Empties draws what stands above the words of a page that has nothing to
	// show: cart, orders, search, saved, questions, reports, lost. May be nil.
	Empties func(kind string) Picture

	Staff Staff
	Menu  []MenuItem

	c echo.Context
}

// Waiting is the line about a cart that was left, between a page's header and
// its content.
type Waiting struct {
	Count int // pieces
	Goods []WaitingGoods
	More  int    // lines not named here
	Back  string // the page it stands on
}

// WaitingGoods is one line of such a cart, with what changed about it since.
type WaitingGoods struct{ Name, Change string }

// Picture is a drawing by its address; Dark is the one for a device in dark
// mode, "" where the shopper chose a scheme.
type Picture struct{ Src, Dark string }

// Empty is Empties for templates; without a hook it draws nothing.
func (p Page) Empty(kind string) Picture {
	if p.Empties == nil {
		return Picture{}
	}
	return p.Empties(kind)
}

// Department is a root category in the header.
type Department struct{ Slug, Name string }

// Currency is one that prices may be shown in.
type Currency struct {
	Code, Name string
	Current    bool
}

// Notice is one line above a page's content; Kind is info, ok, warn or error.
type Notice struct{ Kind, Text string }

// Staff is who is at work in the back office.
type Staff struct{ Name, Role string }

// MenuItem is one entry of the back office's rail.
type MenuItem struct {
	Path, Label string
	Current     bool
	Count       int    // what waits there; 0 shows nothing
	Key         string // the letter that leads there after "g"; "" for none
}

// Alternate is this page in a language, as crawlers are told of it.
type Alternate struct{ Lang, URL string }

// Alternates are this page in every language, absolute, and the one for
// everybody else; none without a base URL.
func (p Page) Alternates() []Alternate {
	if p.Canonical == "" {
		return nil
	}
	_, query, has := strings.Cut(p.Canonical, "?")
	if has {
		query = "?" + query
	}
	return Alternates(func(l i18n.Lang) string {
		return of(p.c).server.AbsoluteURL(l, p.c.Request().URL.EscapedPath()) + query
	})
}

// Alternates are the addresses of one thing in every language.
func Alternates(at func(i18n.Lang) string) []Alternate {
	return []Alternate{{"en", at(i18n.English)}, {"zh-Hans", at(i18n.Chinese)}, {"x-default", at(i18n.English)}}
}

// NewPage is the page of this request with a title in its language.
func NewPage(c echo.Context, title string) Page {
	v := of(c)
	p := Page{Title: title, Lang: v.lang, Path: v.path, OtherLang: "zh-Hans", OtherName: "中文", Scheme: Scheme(c),
		ShopName: "Regulars", Zone: time.UTC, SignedIn: Session(c).CustomerID() != 0, Flash: takeFlash(c), c: c}
	other := i18n.Chinese
	if v.lang == i18n.Chinese {
		other, p.OtherLang, p.OtherName = i18n.English, "en", "English"
	}
	here := c.Request().URL.EscapedPath()
	p.Other = In(other, here)
	if query := c.Request().URL.RawQuery; query != "" && c.Request().Method == http.MethodGet {
		p.Other += "?" + query
	}
	if v.server.base != nil {
		p.Canonical = v.server.AbsoluteURL(v.lang, here)
	}
	for _, hook := range v.server.hooks {
		hook(c, &p)
	}
	return p
}

// T writes a message in the page's language.
func (p Page) T(key string, args ...any) string { return i18n.T(p.Lang, key, args...) }

// URL is path in the page's language.
func (p Page) URL(path string) string { return In(p.Lang, path) }

// Asset is the address of a static file.
func (p Page) Asset(name string) string { return Asset(p.c, name) }

// CSRF is the token that forms carry.
func (p Page) CSRF() string { return CSRF(p.c) }

// Money writes a price.
func (p Page) Money(price money.Price) string { return i18n.Money(p.Lang, price) }

// Date, DateTime and ShortDate write a time.Time or db.Time in the shop's zone.
func (p Page) Date(t any) (string, error) { return dated(i18n.Date, p.Lang, t, p.Zone) }

// DateTime writes day and minute.
func (p Page) DateTime(t any) (string, error) { return dated(i18n.DateTime, p.Lang, t, p.Zone) }

// ShortDate writes a near day.
func (p Page) ShortDate(t any) (string, error) { return dated(i18n.ShortDate, p.Lang, t, p.Zone) }

// FieldError is what is wrong with one input, for the template "field-error".
type FieldError struct{ Field, Text, Prefix string }

// FormErrors is what is wrong with a form, for the template "error-summary".
// The zero value is a form with nothing wrong.
type FormErrors struct {
	Title string
	Items []FieldError
}

// Errors writes the wrong inputs that err carries in the language of the
// request; nothing for a failure without fields.
func Errors(c echo.Context, err error) FormErrors {
	l := Lang(c)
	var out FormErrors
	for _, f := range fault.Fields(err) {
		out.Items = append(out.Items, FieldError{f.Name, i18n.T(l, f.Words, f.Args...), i18n.T(l, "web.errors.prefix")})
	}
	if len(out.Items) > 0 {
		out.Title = i18n.T(l, "web.errors.title", "count", len(out.Items))
	}
	return out
}

// At is what is wrong with one input; its Text is empty when nothing is.
func (e FormErrors) At(field string) FieldError {
	for _, item := range e.Items {
		if item.Field == field {
			return item
		}
	}
	return FieldError{Field: field}
}

func dated(write func(i18n.Lang, time.Time) string, l i18n.Lang, v any, zone *time.Location) (string, error) {
	var t time.Time
	switch x := v.(type) {
	case time.Time:
		t = x
	case interface{ UTC() time.Time }: // db.Time
		t = x.UTC()
	default:
		return "", fmt.Errorf("%T is not a time", v)
	}
	if t.IsZero() {
		return "", nil
	}
	return write(l, t.In(zone)), nil
}

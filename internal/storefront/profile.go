package storefront

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
	"regulars/internal/checkout"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/web"
)

type (
	detailsPage struct {
		accountPage
		Form        detailsForm
		NewEmail    string
		Email       string
		Occupations []option
	}
	detailsForm struct {
		Name       string `form:"name,max=500"`
		BirthDate  string `form:"birth_date,max=40"`
		Occupation string `form:"occupation,max=200"`
		Phone      string `form:"phone,max=100"`
	}
	option struct {
		Value, Text string
		Chosen      bool
	}
	tile struct {
		Value, Name, Effect string
		Chosen              bool
		Picture             picture
	}
	tileGroup struct {
		Kind, Legend string
		Tiles        []tile
	}
	interestsPage struct {
		accountPage
		Groups []tileGroup
	}
	dateRow struct {
		Token, Name, When string
	}
	datesPage struct {
		accountPage
		Rows   []dateRow
		Form   dateForm
		Kinds  []option
		Months []option
	}
	dateForm struct {
		Kind   string `form:"kind,max=40"`
		Label  string `form:"label,max=200"`
		Month  int    `form:"month"`
		Day    *int   `form:"day"`
		Year   *int   `form:"year"`
		Remind bool   `form:"remind"`
	}
	addressesPage struct {
		accountPage
		Rows      []addressRow
		Form      addressForm
		Countries []countryChoice
	}
	addressRow struct {
		Token string
		Lines []string
		First bool
	}
	addressForm struct {
		Token    string `form:"token,max=100"`
		Name     string `form:"name,max=500"`
		Country  string `form:"country,max=10"`
		Line1    string `form:"line1,max=500"`
		Line2    string `form:"line2,max=500"`
		City     string `form:"city,max=500"`
		Region   string `form:"region,max=500"`
		Postcode string `form:"postcode,max=100"`
		Phone    string `form:"phone,max=100"`
		First    bool   `form:"first"`
	}
)

func (s *Shop) details(c echo.Context) error {
	return s.detailsPage(c, http.StatusOK, nil, "", nil)
}

// detailsAgain shows the page with what was typed and what was wrong with it.
func (s *Shop) detailsAgain(c echo.Context, form *detailsForm, email string, failed error) error {
	switch fault.Kind(failed) {
	case fault.Invalid:
		return s.detailsPage(c, http.StatusUnprocessableEntity, form, email, failed)
	}
	return failed
}

func (s *Shop) detailsPage(c echo.Context, status int, form *detailsForm, email string, failed error) error {
	base, p, err := s.accountPage(c, "details")
	if err != nil {
		return err
	}
	k := p.Customer
	base.Errors = web.Errors(c, failed)
	page := detailsPage{accountPage: base, NewEmail: email, Email: k.Email, Form: detailsForm{k.Name, k.BirthDate, k.Occupation, k.Phone}}
	if form != nil {
		page.Form = *form
	}
	page.Occupations = []option{{"", t(c, "shop.choose-none"), page.Form.Occupation == ""}}
	list := customer.Occupations
	if o := page.Form.Occupation; o != "" && !slices.Contains(list, o) {
		list = append([]string{o}, list...)
	}
	for _, o := range list {
		page.Occupations = append(page.Occupations, option{o, in(c, customer.OccupationName(o)), o == page.Form.Occupation})
	}
	return web.Render(c, status, "storefront/details", page)
}

func (s *Shop) saveDetails(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	var in detailsForm
	failed := web.Form(c, &in)
	if failed == nil {
		failed = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
			if err := customer.SetProfile(ctx, tx, p.CustomerID(), customer.Profile{Name: in.Name, BirthDate: in.BirthDate, Occupation: in.Occupation, Phone: in.Phone}, s.Now()); err != nil {
				return err
			}
			return s.decide(ctx, tx, p.CustomerID())
		})
	}
	if failed != nil {
		return s.detailsAgain(c, &in, "", failed)
	}
	web.Flash(c, "ok", "shop.account.saved")
	return web.Redirect(c, "/account/details")
}

// tileForms draw each tile with a thing of the shop; what is not here gets a
// plain box.
var tileForms = map[string]string{
	"student": "book", "engineer": "instrument", "teacher": "notebook", "parent": "bottle", "retired": "lamp", "maker": "case", "designer": "pad", "office": "laptop",
	"books": "book", "sport": "racket", "games": "box", "music": "keys", "tools": "pistol", "instruments": "instrument", "baby": "bottle", "computers": "tower",
	"cameras": "camera", "home-theatre": "speaker", "software": "card", "gifts": "gift", "home": "pot", "cooking": "pot", "plants": "plant",
	"self": "garment", "partner": "flower", "child": "toy", "parents": "tin", "friend": "gift", "colleague": "notebook",
	"reading": "book", "running": "shoe", "camping": "tent", "photography": "camera", "playing-music": "strings", "gaming": "pad", "coding": "laptop",
	"gardening": "plant", "baking": "pot", "woodwork": "case", "drawing": "pad", "films": "screen",
}

func tilePicture(c echo.Context, value string) picture {
	form := tileForms[value]
	if !slices.Contains(art.Forms(), form) {
		form = plain.Form
	}
	hue := 0
	for _, r := range value {
		hue = (hue*31 + int(r)) % 360
	}
	return drawn(c, art.Piece{Form: form, Hue: hue}, art.Whole, picture{Size: 240})
}

func (s *Shop) interests(c echo.Context) error {
	return s.interestsPage(c, http.StatusOK, nil)
}

func (s *Shop) interestsPage(c echo.Context, status int, failed error) error {
	base, p, err := s.accountPage(c, "interests")
	if err != nil {
		return err
	}
	base.Errors = web.Errors(c, failed)
	page := interestsPage{accountPage: base}
	said, err := customer.Interests(c.Request().Context(), s.DB, p.CustomerID())
	if err != nil {
		return err
	}
	for _, kind := range customer.Kinds {
		g := tileGroup{Kind: kind, Legend: t(c, "customer.kind."+kind)}
		for _, v := range customer.Tiles(kind) {
			is := slices.ContainsFunc(said, func(i customer.Interest) bool { return i.Kind == kind && i.Value == v && i.Source == "said" })
			effect := ""
			if key := "customer.effect." + v; i18n.Has(base.Lang, key) {
				effect = t(c, key)
			}
			g.Tiles = append(g.Tiles, tile{v, in(c, customer.TileName(kind, v)), effect, is, tilePicture(c, v)})
		}
		page.Groups = append(page.Groups, g)
	}
	return web.Render(c, status, "storefront/interests", page)
}

func (s *Shop) saveInterests(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	var in struct {
		Life     []string `form:"life,max=60"`
		Interest []string `form:"interest,max=60"`
		For      []string `form:"for,max=60"`
		Hobby    []string `form:"hobby,max=60"`
	}
	failed := web.Form(c, &in)
	if failed == nil {
		failed = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
			for i, values := range [][]string{in.Life, in.Interest, in.For, in.Hobby} {
				if err := customer.SetInterests(ctx, tx, p.CustomerID(), customer.Kinds[i], values, s.Now()); err != nil {
					return err
				}
			}
			return s.decide(ctx, tx, p.CustomerID())
		})
	}
	if failed != nil {
		if fault.Kind(failed) != fault.Invalid {
			return failed
		}
		return s.interestsPage(c, http.StatusUnprocessableEntity, failed)
	}
	key := "shop.account.interests-saved"
	if !p.Personalized() {
		key = "shop.account.interests-saved.off"
	}
	web.Flash(c, "ok", key)
	return web.Redirect(c, "/account/interests")
}

func (s *Shop) dates(c echo.Context) error {
	return s.datesPage(c, http.StatusOK, dateForm{}, nil)
}

func (s *Shop) datesPage(c echo.Context, status int, form dateForm, failed error) error {
	base, p, err := s.accountPage(c, "dates")
	if err != nil {
		return err
	}
	base.Errors = web.Errors(c, failed)
	page := datesPage{accountPage: base, Form: form}
	list, err := customer.Dates(c.Request().Context(), s.DB, p.CustomerID())
	if err != nil {
		return err
	}
	for _, d := range list {
		name := t(c, "customer.date.kind."+d.Kind)
		if d.Label != "" {
			name += " · " + d.Label
		}
		page.Rows = append(page.Rows, dateRow{d.Token, name, dateWords(c, d)})
	}
	for _, k := range customer.DateKinds {
		page.Kinds = append(page.Kinds, option{k, t(c, "customer.date.kind."+k), k == form.Kind})
	}
	for m := 1; m <= 12; m++ {
		page.Months = append(page.Months, option{strconv.Itoa(m), monthName(base.Lang, m), m == form.Month})
	}
	return web.Render(c, status, "storefront/dates", page)
}

func monthName(l i18n.Lang, m int) string {
	if l == i18n.Chinese {
		return strconv.Itoa(m) + "月"
	}
	return time.Month(m).String()
}

func dateWords(c echo.Context, d customer.Date) string {
	l := web.Lang(c)
	text := monthName(l, d.Month)
	switch {
	case l == i18n.Chinese && d.Day > 0:
		text += strconv.Itoa(d.Day) + "日"
	case d.Day > 0:
		text = strconv.Itoa(d.Day) + " " + text
	}
	switch {
	case d.Year > 0 && l == i18n.Chinese:
		text = fmt.Sprintf("%d年%s", d.Year, text)
	case d.Year > 0:
		text = fmt.Sprintf("%s %d", text, d.Year)
	}
	if d.Remind {
		text += t(c, "shop.date.reminded")
	}
	return text
}

func (s *Shop) saveDate(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	var in dateForm
	failed := web.Form(c, &in)
	if failed == nil {
		d := customer.Date{Kind: in.Kind, Label: in.Label, Month: in.Month, Remind: in.Remind}
		if in.Day != nil {
			d.Day = *in.Day
		}
		if in.Year != nil {
			d.Year = *in.Year
		}
		failed = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
			_, err := customer.PutDate(ctx, tx, p.CustomerID(), d, s.Now())
			return err
		})
	}
	if failed != nil {
		if fault.Kind(failed) != fault.Invalid {
			return failed
		}
		return s.datesPage(c, http.StatusUnprocessableEntity, in, failed)
	}
	web.Flash(c, "ok", "shop.account.saved")
	return web.Redirect(c, "/account/dates")
}

func (s *Shop) dropDate(c echo.Context) error {
	return s.drop(c, "/account/dates", customer.DropDate)
}

func (s *Shop) dropAddress(c echo.Context) error {
	return s.drop(c, "/account/addresses", customer.DropAddress)
}

func (s *Shop) drop(c echo.Context, back string, drop func(context.Context, *db.Tx, customer.ID, string) error) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error { return drop(ctx, tx, p.CustomerID(), c.Param("token")) })
	if err != nil {
		return err
	}
	web.Flash(c, "ok", "shop.account.removed")
	return web.Redirect(c, back)
}

func (s *Shop) addresses(c echo.Context) error {
	return s.addressesPage(c, http.StatusOK, nil, nil)
}

func (s *Shop) addressesPage(c echo.Context, status int, form *addressForm, failed error) error {
	base, p, err := s.accountPage(c, "addresses")
	if err != nil {
		return err
	}
	base.Errors = web.Errors(c, failed)
	page := addressesPage{accountPage: base, Form: addressForm{Name: p.Customer.Name, Country: s.country(c, s.currency(c))}}
	if form != nil {
		page.Form = *form
	}
	list, err := customer.Addresses(c.Request().Context(), s.DB, p.CustomerID())
	if err != nil {
		return err
	}
	for _, a := range list {
		row := addressRow{Token: a.Token, First: a.First}
		for _, text := range []string{a.Name, a.Line1, a.Line2, a.Postcode + " " + a.City, a.Region, countryName(c, a.Country), a.Phone} {
			if text != "" && text != " " {
				row.Lines = append(row.Lines, text)
			}
		}
		page.Rows = append(page.Rows, row)
	}
	for _, k := range checkout.Countries(base.Lang) {
		page.Countries = append(page.Countries, countryChoice{k.Code, k.Name.In(base.Lang), k.Code == page.Form.Country})
	}
	return web.Render(c, status, "storefront/addresses", page)
}

func (s *Shop) saveAddress(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	var in addressForm
	failed := web.Form(c, &in)
	if failed == nil {
		if _, known := checkout.CountryOf(in.Country); !known {
			var form fault.Form
			form.Wrong("country", "checkout.country")
			failed = form.Err()
		}
	}
	if failed == nil {
		a := customer.Address{Token: in.Token, Name: in.Name, Country: in.Country, Line1: in.Line1, Line2: in.Line2, City: in.City,
			Region: in.Region, Postcode: in.Postcode, Phone: in.Phone, First: in.First}
		failed = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
			_, err := customer.PutAddress(ctx, tx, p.CustomerID(), a, s.Now())
			return err
		})
	}
	if failed != nil {
		if fault.Kind(failed) != fault.Invalid {
			return failed
		}
		return s.addressesPage(c, http.StatusUnprocessableEntity, &in, failed)
	}
	web.Flash(c, "ok", "shop.account.saved")
	return web.Redirect(c, "/account/addresses")
}

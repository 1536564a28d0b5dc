package storefront

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

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
		Countries   []countryChoice
		Langs       []option
		Channels    []option
		AgeText     string
	}
	detailsForm struct {
		Name       string `form:"name,max=500"`
		BirthDate  string `form:"birth_date,max=40"`
		Occupation string `form:"occupation,max=200"`
		Phone      string `form:"phone,max=100"`
		Country    string `form:"country,max=10"`
		Lang       string `form:"lang,max=10"`
		Channel    string `form:"channel,max=20"`
	}
	option struct {
		Value, Text string
		Chosen      bool
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
	page := detailsPage{accountPage: base, NewEmail: email, Email: k.Email, Form: detailsForm{k.Name, k.BirthDate, k.Occupation, k.Phone, k.Country, string(k.Lang), k.Channel}}
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
	page.AgeText = t(c, "shop.birth-date.hint")
	if age, ok := k.Age(s.today()); ok {
		page.AgeText = t(c, "shop.birth-date.age", "count", age)
	}
	for _, l := range i18n.Langs {
		page.Langs = append(page.Langs, option{string(l), t(c, "shop.lang."+string(l)), string(l) == page.Form.Lang})
	}
	page.Channels = []option{{"", t(c, "shop.channel.any"), page.Form.Channel == ""}}
	for _, ch := range customer.Channels {
		page.Channels = append(page.Channels, option{ch, t(c, "customer.channel."+ch), ch == page.Form.Channel})
	}
	page.Countries = countryChoices(base.Lang, page.Form.Country)
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
		failed = knownCountry(in.Country, true)
	}
	if in.Lang == "" {
		in.Lang = string(p.Customer.Lang)
	}
	if failed == nil {
		failed = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
			if err := customer.SetProfile(ctx, tx, p.CustomerID(), customer.Profile{Name: in.Name, BirthDate: in.BirthDate, Occupation: in.Occupation, Phone: in.Phone}, s.Now()); err != nil {
				return err
			}
			if err := customer.SetReach(ctx, tx, p.CustomerID(), i18n.Lang(in.Lang), in.Country, in.Channel, s.Now()); err != nil {
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

// countryChoices are the countries a form offers, with one chosen.
func countryChoices(l i18n.Lang, chosen string) (all []countryChoice) {
	for _, k := range checkout.Countries(l) {
		all = append(all, countryChoice{k.Code, k.Name.In(l), k.Code == chosen})
	}
	return all
}

func knownCountry(code string, optional bool) error {
	var form fault.Form
	if _, known := checkout.CountryOf(code); !known && !(optional && code == "") {
		form.Wrong("country", "checkout.country")
	}
	return form.Err()
}

// today is the day it is in the shop, by which ages are counted.
func (s *Shop) today() time.Time { return s.Now().In(s.Settings.Now().Zone()) }

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
	page := addressesPage{accountPage: base, Form: addressForm{Name: p.Customer.Name, Country: s.country(c, s.currency(c)), Phone: p.Customer.Phone}}
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
	page.Countries = countryChoices(base.Lang, page.Form.Country)
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
		failed = knownCountry(in.Country, false)
	}
	if failed == nil {
		a := customer.Address{Token: in.Token, Name: in.Name, Country: in.Country, Line1: in.Line1, Line2: in.Line2, City: in.City,
			Region: in.Region, Postcode: in.Postcode, Phone: in.Phone, First: in.First}
		failed = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
			if _, err := customer.PutAddress(ctx, tx, p.CustomerID(), a, s.Now()); err != nil {
				return err
			}
			changed, err := customer.Fill(ctx, tx, p.CustomerID(), customer.AtAccount, customer.Typed{Name: a.Name, Phone: a.Phone, Country: a.Country}, s.Now())
			if err != nil || !changed {
				return err
			}
			return s.decide(ctx, tx, p.CustomerID())
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

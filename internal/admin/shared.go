package admin

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"regulars/internal/analytics"
	"regulars/internal/i18n"
	"regulars/internal/web"
)

type (
	sharedPage struct {
		web.Page
		Rows []sharedRow
		All  string // the list of every promotion, where this is of one
	}
	sharedRow struct {
		Name, URL, By, Where, People, Amount, Span string
		Simulated                                  bool
		Orders                                     []sharedOrder
	}
	sharedOrder struct{ Number, URL string }
)

const sharedPath = "/admin/promotions/shared"

// mostSharedOrders is how many orders a row names.
const mostSharedOrders = 20

// shared lists addresses and telephones at which many people used a promotion.
func (o *Office) shared(c echo.Context) error {
	token := c.QueryParam("promotion")
	all, err := analytics.SharedUses(c.Request().Context(), o.DB, token, o.Now())
	if err != nil {
		return err
	}
	p := sharedPage{Page: page(c, "admin.shared")}
	if token != "" {
		p.All = sharedPath
	}
	personal, zone := o.may(c, "customers.read"), o.Settings.Now().Zone()
	for _, s := range all {
		row := sharedRow{Name: s.Name.In(lang(c)), URL: promotionPath(s.Token), By: t(c, "admin.shared.by."+s.By), Where: s.Place, People: t(c, "admin.shared.people", "count", s.People, "orders", len(s.Orders)),
			Amount: cash(c, s.Amount, s.Currency), Span: i18n.Date(lang(c), s.First.In(zone)) + " – " + i18n.Date(lang(c), s.Last.In(zone)), Simulated: s.Simulated}
		if personal {
			row.Where = s.Where
		}
		for _, number := range s.Orders[:min(len(s.Orders), mostSharedOrders)] {
			one := sharedOrder{Number: number}
			if o.may(c, "orders.read") {
				one.URL = "/admin/orders/" + number
			}
			row.Orders = append(row.Orders, one)
		}
		p.Rows = append(p.Rows, row)
	}
	return web.Render(c, http.StatusOK, "admin/shared", p)
}

// sharedNote says on another page how much there is to look at, "" for nothing
// or for who may not.
func (o *Office) sharedNote(c echo.Context, token string) (text, url string, err error) {
	if !o.may(c, "promotions.read") {
		return "", "", nil
	}
	all, err := analytics.SharedUses(c.Request().Context(), o.DB, token, o.Now())
	if err != nil || len(all) == 0 {
		return "", "", err
	}
	people := 0
	for _, s := range all {
		if s.By == "address" {
			people += s.People
		}
	}
	if url = sharedPath; token != "" {
		url += "?promotion=" + token
	}
	if people == 0 {
		people = all[0].People
	}
	return t(c, "admin.shared.note", "count", len(all), "people", people), url, nil
}

package admin

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"regulars/internal/analytics"
	"regulars/internal/catalog"
	"regulars/internal/i18n"
	"regulars/internal/web"
)

const trendsPath = "/admin/products/trends"

type (
	trendsPage struct {
		web.Page
		IsSimulated bool
		Other       string // the same page over the other shoppers
		Least       int
		Rows        []risingRow
	}
	risingRow struct {
		Name, Kind, URL, Goods, Label, Says string
		analytics.Trend
		Bars []trendBar
	}
	trendBar struct {
		X, Y, High int
		Day        string
		N          int
		Last       bool
	}
)

// Of the small chart of a row.
const (
	trendHigh  = 60
	trendStep  = 12
	trendWidth = 9
)

// trends is what more people look for and at since yesterday than usual.
func (o *Office) trends(c echo.Context) error {
	ctx := c.Request().Context()
	p := trendsPage{Page: page(c, "trend.title"), IsSimulated: o.simulated(c.QueryParam("simulated")), Least: analytics.TrendLeast}
	p.Other = trendsPath + "?simulated=" + yesNo(!p.IsSimulated)
	found, err := analytics.Trends(ctx, o.DB, p.IsSimulated, o.Now())
	if err != nil {
		return err
	}
	var ids []catalog.ProductID
	for _, f := range found {
		if f.ProductID != 0 {
			ids = append(ids, catalog.ProductID(f.ProductID))
		}
	}
	cards, err := o.named(ctx, ids)
	if err != nil {
		return err
	}
	for _, f := range found {
		row := risingRow{Trend: f, Name: f.Words, Kind: t(c, "trend.searched"), Goods: "/search?" + url.Values{"q": {f.Words}}.Encode(),
			Says: t(c, "trend.says.new", "count", f.Visitors)}
		if f.Before > 0 {
			row.Says = t(c, "trend.says", "count", f.Visitors, "usual", px(f.Usual), "times", px(f.Times))
		}
		if f.ProductID != 0 {
			k, ok := cards[catalog.ProductID(f.ProductID)]
			if !ok {
				continue // gone since
			}
			row.Name, row.Kind, row.URL, row.Goods = k.Name.In(lang(c)), t(c, "trend.seen"), productPath(k.Code), ""
		}
		row.Label = t(c, "trend.chart", "name", row.Name)
		o.drawTrend(c, &row)
		p.Rows = append(p.Rows, row)
	}
	return web.Render(c, http.StatusOK, "admin/trends", p)
}

// drawTrend draws the days of a row, the oldest first.
func (o *Office) drawTrend(c echo.Context, row *risingRow) {
	most := 1
	for _, n := range row.Days {
		most = max(most, n)
	}
	now := o.Now().In(o.Settings.Now().Zone())
	for d := analytics.TrendDays - 1; d >= 0; d-- {
		n := row.Days[d]
		b := trendBar{X: (analytics.TrendDays - 1 - d) * trendStep, High: n * trendHigh / most, N: n, Last: d == 0, Day: i18n.ShortDate(lang(c), now.AddDate(0, 0, -d))}
		b.Y = trendHigh - b.High
		row.Bars = append(row.Bars, b)
	}
}

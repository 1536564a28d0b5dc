package admin

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/analytics"
	"regulars/internal/inventory"
	"regulars/internal/order"
	"regulars/internal/staff"
)

const (
	homeWeeks   = 8
	homeNumbers = 5
	weekBarHigh = 24
)

type (
	// weekly is a number with its last eight weeks, the oldest first.
	weekly struct {
		stat
		Weeks []weekBar
		Says  string // the weeks in words
	}
	weekBar struct{ X, Y, High int }
)

// homeOrder is which numbers a role begins with; the first five that it may
// see are shown.
var homeOrder = map[staff.Role][]string{
	staff.Owner:    {"orders", "revenue", "mean", "abandoned", "to-ship"},
	staff.Merchant: {"orders", "revenue", "mean", "to-ship", "low"},
	staff.Marketer: {"abandoned", "orders", "revenue", "mean", "units"},
	staff.Support:  {"to-ship", "flagged", "orders", "low"},
	staff.Analyst:  {"abandoned", "revenue", "orders", "mean", "units"},
}

// week is seven finished days, the last of them yesterday or that many weeks
// before.
type week struct {
	from, to string
	sold     analytics.Sold
	carts    analytics.Figures
}

func (o *Office) weeks(ctx context.Context) ([]week, error) {
	today := day(o.Now().In(o.Settings.Now().Zone()))
	all := make([]week, homeWeeks)
	for i := range all {
		last := today.AddDate(0, 0, -1-7*(homeWeeks-1-i))
		all[i].from, all[i].to = last.AddDate(0, 0, -6).Format(time.DateOnly), last.Format(time.DateOnly)
	}
	from, to := all[0].from, all[homeWeeks-1].to
	sold, err := analytics.SoldDays(ctx, o.DB, analytics.Whole, from, to, o.Demo)
	if err != nil {
		return nil, err
	}
	carts, err := analytics.Abandonment(ctx, o.DB, from, to, o.Demo, o.Settings.Now(), o.Now())
	if err != nil {
		return nil, err
	}
	for i := range all {
		w := &all[i]
		for _, d := range sold {
			if d.Day >= w.from && d.Day <= w.to {
				w.sold = w.sold.Plus(d.Sold)
			}
		}
		var days []analytics.Day
		for _, d := range carts.Days {
			if d.Day >= w.from && d.Day <= w.to {
				days = append(days, d)
			}
		}
		w.carts = finished(days)
	}
	return all, nil
}

// stats are the numbers of whoever looks.
func (o *Office) stats(ctx context.Context, c echo.Context) ([]weekly, error) {
	who, err := o.who(c)
	if err != nil || who == nil {
		return nil, err
	}
	weeks, err := o.weeks(ctx)
	if err != nil {
		return nil, err
	}
	var out []weekly
	for _, name := range homeOrder[who.Role] {
		w, err := o.homeNumber(ctx, c, name, weeks)
		if err != nil {
			return nil, err
		}
		if w.Name != "" && len(out) < homeNumbers {
			out = append(out, w)
		}
	}
	return out, nil
}

// homeNumber is one of them; without a name where the role may not see it.
func (o *Office) homeNumber(ctx context.Context, c echo.Context, name string, weeks []week) (weekly, error) {
	last, currency := weeks[homeWeeks-1], o.Settings.Now().Currency()
	span := func(path string) string {
		return path + "?" + url.Values{"from": {last.from}, "to": {last.to}, "simulated": {yesNo(o.Demo)}}.Encode()
	}
	waiting := func(may staff.Permission, path string, n int) weekly {
		if !o.may(c, may) {
			return weekly{}
		}
		return weekly{stat: stat{path, t(c, "admin.stat."+name), number(n), t(c, "admin.stat."+name+".what")}}
	}
	switch name {
	case "to-ship":
		found, err := order.List(ctx, o.DB, order.Filter{ToShip: true, PerPage: 1})
		if err != nil {
			return weekly{}, err
		}
		return waiting("orders.read", "/admin/orders?state=to-ship", found.Total), nil
	case "flagged":
		found, err := order.List(ctx, o.DB, order.Filter{Flagged: true, PerPage: 1})
		if err != nil {
			return weekly{}, err
		}
		return waiting("orders.read", "/admin/orders?state=flagged", found.Total), nil
	case "low":
		low := lowStock
		_, few, err := inventory.Levels(ctx, o.DB, inventory.LevelQuery{Low: &low, PerPage: 1})
		return waiting("stock.read", "/admin/stock?state=low", few), err
	case "abandoned":
		if !o.may(c, "abandonment.read") {
			return weekly{}, nil
		}
		return o.homeRate(c, weeks, span(reportPath)), nil
	}
	if !o.may(c, "reports.read") && !(name == "orders" && o.may(c, "orders.read")) {
		return weekly{}, nil
	}
	to := span(reportsPath)
	if name == "orders" && o.may(c, "orders.read") {
		to = "/admin/orders?" + url.Values{"since": {last.from}, "until": {last.to}, "simulated": {yesNo(o.Demo)}}.Encode()
	}
	worth := func(w week) int64 {
		if name == "mean" {
			return int64(w.sold.Mean())
		}
		return worthOf(w.sold, name)
	}
	write := func(w week) string {
		s := w.sold
		if name == "mean" {
			s.Revenue = s.Mean()
		}
		return soldCell(c, currency)(s, name)
	}
	before := weeks[homeWeeks-2]
	number := weekly{stat: stat{to, t(c, "admin.stat."+name), write(last), compared(c, worth(last), worth(before), before.sold.Orders, write(before), 7)}}
	number.line(c, weeks, func(w week) (int64, string) { return worth(w), write(w) })
	return number, nil
}

// homeRate is the newest week of which a day is finished, and the weeks before.
func (o *Office) homeRate(c echo.Context, weeks []week, to string) weekly {
	last := len(weeks) - 1
	for last > 0 && weeks[last].carts.Started == 0 {
		last--
	}
	a := weeks[last].carts.Abandonment()
	w := weekly{stat: stat{to, t(c, "admin.stat.abandoned"), share(c, a), t(c, "admin.abandonment.rate.of", "part", a.Part, "of", a.Of)}}
	w.line(c, weeks[:last+1], func(w week) (int64, string) {
		a := w.carts.Abandonment()
		if a.Of == 0 {
			return 0, "–"
		}
		return int64(a.Part) * 1000 / int64(a.Of), share(c, a)
	})
	return w
}

// line draws the weeks as bars from zero, and says them.
func (w *weekly) line(c echo.Context, weeks []week, value func(week) (int64, string)) {
	most := int64(1)
	for _, one := range weeks {
		n, _ := value(one)
		most = max(most, n)
	}
	says := ""
	for i, one := range weeks {
		n, text := value(one)
		high := int(max(n, 0) * weekBarHigh / most)
		w.Weeks = append(w.Weeks, weekBar{i * 12, weekBarHigh - high, high})
		if i > 0 {
			says += ", "
		}
		says += text
	}
	w.Says = t(c, "admin.stat.weeks", "weeks", len(weeks), "values", says)
}

// compared says how a sum differs from the days before. A share of few orders
// says nothing: there the sum alone stands.
func compared(c echo.Context, is, was int64, orders int, says string, days int) string {
	if orders < fewCases || was <= 0 || is == was {
		return t(c, "report.before", "was", says, "days", days)
	}
	change := (is - was) * 1000 / was
	sign := "+"
	if change < 0 {
		sign, change = "−", -change
	}
	return t(c, "report.change", "change", fmt.Sprintf("%s%d.%d %%", sign, change/10, change%10), "was", says, "days", days)
}

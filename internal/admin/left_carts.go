package admin

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/analytics"
	"regulars/internal/cart"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/outreach"
	"regulars/internal/staff"
	"regulars/internal/web"
)

type (
	leftCartsPage struct {
		web.Page
		Back   string
		Chips  []chip
		Period string
		Hidden bool
		Rows   []leftCartRow
		Pager  pager
	}
	leftCartRow struct {
		URL, Started, Value, Step, Cause, Rule, Device, Who string
		Simulated                                           bool
	}
	leftCartPage struct {
		web.Page
		Back, Who, Card string
		Simulated       bool
		Facts           []sumRow
		Why             string
		FollowUp        string
		Steps           []cartMoment
	}
	sumRow     struct{ Name, Value string }
	cartMoment struct{ Date, Stamp, Text, Note string }
)

const leftCartsAPage = 50

// asked reads a report's question from the address, for its lists and files.
func (o *Office) asked(c echo.Context) (*reader, analytics.Sums, error) {
	in, err := o.period(c)
	if err != nil {
		return nil, analytics.Sums{}, err
	}
	r, err := o.reader(c, in, o.simulated(in.Simulated))
	if err != nil {
		return nil, analytics.Sums{}, err
	}
	all, err := analytics.Total(r.ctx(), o.DB, r.ask)
	return r, all, err
}

// leftCarts lists the carts behind a cell, masked.
func (o *Office) leftCarts(c echo.Context) error {
	r, all, err := o.asked(c)
	if err != nil {
		return err
	}
	p := leftCartsPage{Page: page(c, "admin.abandonment.carts"), Back: r.to(reportPath, r.ask.Filters), Period: t(c, "admin.abandonment.carts.of", "count", all.Started, "from", r.ask.From, "to", r.ask.To)}
	for _, f := range r.ask.Filters {
		p.Chips = append(p.Chips, chip{"", t(c, "admin.dim."+f.Key) + ": " + r.word(f.Key, f.Value), true})
	}
	if p.Hidden = !r.personal && all.Started < fewPeople; p.Hidden {
		return web.Render(c, http.StatusOK, "admin/left-carts", p)
	}
	at, _ := strconv.Atoi(c.QueryParam("page"))
	at = max(1, min(at, (all.Started+leftCartsAPage-1)/leftCartsAPage))
	list, err := analytics.Carts(r.ctx(), o.DB, r.ask, (at-1)*leftCartsAPage, leftCartsAPage)
	if err != nil {
		return err
	}
	for i := range list {
		p.Rows = append(p.Rows, r.row(&list[i]))
	}
	p.Pager = pages(c, at, leftCartsAPage, all.Started)
	return web.Render(c, http.StatusOK, "admin/left-carts", p)
}

func (r *reader) row(k *analytics.Left) leftCartRow {
	row := leftCartRow{URL: cartsPath + "/" + k.Token, Started: i18n.DateTime(lang(r.c), k.StartedAt.In(r.o.Settings.Now().Zone())), Value: cash(r.c, k.Value, r.currency),
		Step: r.word("step", strconv.Itoa(k.Reach)), Device: r.word("device", k.Device), Who: r.who(k), Simulated: k.Simulated}
	if k.Lost == 1 {
		row.Cause, row.Rule = r.word("cause", k.Cause), r.word("rule", k.Rule)
	}
	return row
}

// who is whose cart it is, for whoever may know, and masked even so.
func (r *reader) who(k *analytics.Left) string {
	switch {
	case k.Email == "":
		return t(r.c, "admin.abandonment.guest")
	case !r.personal:
		return t(r.c, "admin.abandonment.hidden")
	}
	return masked(k.Email)
}

// leftCart is the story of one cart.
func (o *Office) leftCart(c echo.Context) error {
	today := day(o.Now())
	r, err := o.reader(c, period{From: today.Format(time.DateOnly), To: today.Format(time.DateOnly)}, false)
	if err != nil {
		return err
	}
	k, err := analytics.CartOf(r.ctx(), o.DB, c.Param("cart"))
	if err != nil {
		return err
	}
	if k == nil {
		return fault.New(fault.NotFound, "cart.unknown")
	}
	if err := o.lookedAtCart(r, k); err != nil {
		return err
	}
	story, err := analytics.Timeline(r.ctx(), o.DB, &k.Fact)
	if err != nil {
		return err
	}
	p := leftCartPage{Page: page(c, "admin.abandonment.cart"), Back: reportPath, Who: r.who(k), Simulated: k.Simulated}
	if k.Customer != "" && r.personal {
		p.Card = customerPath(k.Customer)
	}
	p.Why = t(c, "admin.abandonment.why.not")
	switch {
	case k.Excluded != "":
		p.Why = t(c, "admin.abandonment.why.excluded", "why", r.word("excluded", k.Excluded))
	case k.Lost == 1:
		p.Why = t(c, "admin.abandonment.why", "cause", r.word("cause", k.Cause), "rule", r.word("rule", k.Rule)) + r.more(k)
	}
	for _, f := range []struct{ dim, value string }{{"step", strconv.Itoa(k.Reach)}, {"department", k.Department}, {"device", k.Device}, {"lang", k.Lang}, {"country", k.Country},
		{"buyer", k.Buyer}, {"login", k.Login}, {"delivery", k.Delivery}, {"payment", k.Payment}, {"coupon", k.Coupon}, {"asked", k.Asked},
		{"channel", k.Channel}, {"referrer", k.Referrer}, {"campaign", k.Campaign}, {"landing", k.Landing}, {"promise", k.Promise}, {"browser", k.Browser}, {"version", k.Version}} {
		p.Facts = append(p.Facts, sumRow{t(c, "admin.dim."+f.dim), r.word(f.dim, f.value)})
	}
	p.Facts = append(p.Facts, sumRow{t(c, "admin.abandonment.cart.value"), cash(c, k.Value, r.currency)}, sumRow{t(c, "admin.abandonment.cart.net"), cash(c, k.Net, r.currency)})
	if p.FollowUp, err = o.course(c, cart.ID(k.CartID)); err != nil {
		return err
	}
	for _, m := range story {
		p.Steps = append(p.Steps, r.told(m, money.Currency(k.Currency)))
	}
	return web.Render(c, http.StatusOK, "admin/left-cart", p)
}

// lookedAtCart writes down who looked at the cart of somebody by name, for
// whoever may know the name.
func (o *Office) lookedAtCart(r *reader, k *analytics.Left) error {
	switch {
	case !r.personal || k.Email == "" || k.Simulated:
		return nil
	case k.CustomerID != 0:
		return o.looked(r.c, customer.ID(k.CustomerID), staff.LookCart)
	}
	return o.change(r.c, "customer.look", "cart "+k.Token, func(context.Context, *db.Tx, time.Time) (string, error) { return "cart", nil })
}

func (r *reader) more(k *analytics.Left) (text string) {
	if k.About != "" {
		text = " · " + r.about(k.Cause, k.About)
	}
	if k.Amount > 0 {
		text += " · +" + cash(r.c, k.Amount, r.currency)
	}
	return text
}

// about words what of a friction was met; codes that nobody wrote words for
// are shown as they are.
func (r *reader) about(kind, detail string) string {
	l, key := lang(r.c), ""
	switch kind {
	case "coupon":
		key = "admin.refused." + strings.TrimPrefix(detail, "pricing.coupon.")
	case "form":
		key = "shop." + strings.TrimPrefix(detail, "checkout ")
	case "terms", "policy":
		key = "shop.policy." + detail + ".title"
	case "dear", "elsewhere", "other":
		key = "shop.stopped." + detail
	}
	if i18n.Has(l, key) {
		return i18n.T(l, key)
	}
	return detail
}

// told words one moment of a cart.
func (r *reader) told(m analytics.Moment, currency money.Currency) cartMoment {
	at := m.At.In(r.o.Settings.Now().Zone())
	out := cartMoment{Date: i18n.DateTime(lang(r.c), at), Stamp: at.Format(time.RFC3339), Note: m.Detail}
	key := "admin.moment." + m.Source
	if m.Kind != "" {
		key += "." + m.Kind
	}
	out.Text = t(r.c, key)
	if m.Source == "trail" {
		out.Note = r.about(m.Kind, m.Detail)
	}
	switch {
	case m.Source == "step":
		if name := m.Name.In(lang(r.c)); name != "" {
			out.Note = t(r.c, "admin.moment.line", "qty", m.Qty, "name", name)
		}
	case m.Source == "trail" && m.Kind == "shown":
		out.Note = t(r.c, "admin.moment.shown", "total", money.Price{Amount: m.Amount, Currency: currency}, "extra", money.Price{Amount: m.Extra, Currency: currency}, "days", m.Days, "step", m.Detail)
	case m.Source == "trail" && m.Kind == "told":
		out.Note = t(r.c, "shop.stopped."+m.Detail)
	case m.Source == "trail" && m.Amount != 0:
		out.Note += " · " + cash(r.c, m.Amount, currency)
	case m.Source == "answer":
		out.Note = span(r.c, time.Duration(m.Days)*time.Minute)
	case m.Source == "mail":
		out.Note = (&outreach.Send{Reason: m.Detail}).Words(lang(r.c))
	}
	return out
}

// crossFile is the table of two dimensions as a file, with the page's figures;
// small cells are as together as on the page.
func (o *Office) crossFile(c echo.Context) error {
	r, all, err := o.asked(c)
	if err != nil {
		return err
	}
	a, b := c.QueryParam("a"), c.QueryParam("b")
	if a == "" {
		a = "device"
	}
	cells, err := analytics.Cross(r.ctx(), o.DB, r.ask, a, b)
	if err != nil {
		return err
	}
	cells, small := r.shown(cells)
	if len(small) > 0 {
		rest := analytics.Merge(small)
		rest.A, rest.B = "(fewer than 10)", ""
		cells = append(cells, rest)
	}
	if !r.personal && all.Started < fewPeople {
		cells = nil
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	line := func(cells ...string) {
		for i := range cells {
			cells[i] = guarded(cells[i])
		}
		w.Write(cells) // a buffer takes everything
	}
	line(a, b, "started", "checkout", "converted", "abandoned", "recovered", "after_mail", "by_link", "lost", "lost_value", "net", "refunded", "currency", "excluded", "simulated", "definition", "filters")
	var filters []string
	for _, f := range r.ask.Filters {
		filters = append(filters, f.Key+":"+f.Value)
	}
	for _, k := range cells {
		line(k.A, k.B, strconv.Itoa(k.Started), strconv.Itoa(k.Checkout), strconv.Itoa(k.Converted), strconv.Itoa(k.Abandoned), strconv.Itoa(k.Recovered), strconv.Itoa(k.ByMail), strconv.Itoa(k.ByLink),
			strconv.Itoa(k.Lost), k.LostValue.Decimal(r.currency), k.Net.Decimal(r.currency), k.Refunded.Decimal(r.currency), string(r.currency), strconv.Itoa(k.Excluded), yesNo(r.ask.Simulated),
			strconv.Itoa(analytics.DefinitionVersion), strings.Join(filters, " "))
	}
	w.Flush()
	c.Response().Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="abandonment-%s-%s-%s.csv"`, a, r.ask.From, r.ask.To))
	return c.Blob(http.StatusOK, "text/csv; charset=utf-8", out.Bytes())
}

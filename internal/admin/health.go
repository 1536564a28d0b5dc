package admin

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/i18n"
	"regulars/internal/roster"
	"regulars/internal/segment"
	"regulars/internal/web"
)

type (
	healthPage struct {
		web.Page
		Kinds  []chip
		People string
		Rows   []healthRow
		Stale  []staleRow
		Days   int
		Months []string
		Trend  []trendRow
		Links  []chip
		Write  bool
	}
	healthRow struct {
		Name, Have, Lack, Percent, HaveURL, LackURL string
	}
	staleRow struct {
		Name, Known, Stale, URL string
	}
	trendRow struct {
		Name  string
		Cells []string
	}
	healthRowsPage struct {
		web.Page
		Rows   []healthPerson
		Masked bool
		Pager  pager
	}
	healthPerson struct {
		Name, URL, Since string
		Simulated        bool
	}
)

// health shows how complete the file of customers is; each number opens the
// people behind it.
func (o *Office) health(c echo.Context) error {
	in, err := list(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	simulated := in.Simulated == "yes"
	all, err := roster.Health(ctx, o.DB, simulated)
	if err != nil {
		return err
	}
	p := healthPage{Page: page(c, "staff.area.health"), Write: o.may(c, "health.write"), Kinds: chips(c, "simulated", in.Simulated, "admin.health.people.", "", "yes"), Days: int(o.Settings.Now().FactsOld() / (24 * time.Hour))}
	rows := func(name, have string) string {
		q := "?have=" + have
		if simulated {
			q += "&simulated=yes"
		}
		return "/admin/health/" + name + q
	}
	for _, s := range all {
		p.People = i18n.Number(all[0].People)
		p.Rows = append(p.Rows, healthRow{t(c, "admin.health.measure."+s.Measure), i18n.Number(s.Have), i18n.Number(s.People - s.Have), t(c, "admin.health.percent", "n", s.Percent()),
			rows(s.Measure, "yes"), rows(s.Measure, "no")})
	}
	counted, err := customer.StaleCounts(ctx, o.DB, o.staleBefore(), simulated)
	if err != nil {
		return err
	}
	for _, k := range counted {
		p.Stale = append(p.Stale, staleRow{t(c, "admin.health.fact."+k.Kind), i18n.Number(k.Known), i18n.Number(k.Stale), rows("stale", "") + "&fact=" + k.Kind})
	}
	if err := o.healthTrend(c, &p); err != nil {
		return err
	}
	if o.may(c, "customers.read") {
		p.Links = []chip{{duplicatesPath, t(c, "admin.duplicates.title"), false}, {"/admin/customers/rests", t(c, "admin.rests.title"), false}}
	}
	return web.Render(c, http.StatusOK, "admin/health", p)
}

func (o *Office) staleBefore() time.Time { return o.Now().Add(-o.Settings.Now().FactsOld()) }

func (o *Office) healthTrend(c echo.Context, p *healthPage) error {
	months, err := roster.Trend(c.Request().Context(), o.DB, 12)
	if err != nil {
		return err
	}
	for _, m := range months {
		p.Months = append(p.Months, m.Month)
	}
	for _, m := range roster.Measures {
		row := trendRow{Name: t(c, "admin.health.measure."+m.Name)}
		for _, month := range months {
			cell := "–"
			if s, ok := month.Shares[m.Name]; ok {
				cell = t(c, "admin.health.percent", "n", s.Percent())
			}
			row.Cells = append(row.Cells, cell)
		}
		p.Trend = append(p.Trend, row)
	}
	return nil
}

// countHealth counts the running month at once; each night it is done anyway.
func (o *Office) countHealth(c echo.Context) error {
	if err := roster.Count(c.Request().Context(), o.DB, o.Settings.Now(), o.Now()); err != nil {
		return err
	}
	return done(c, "/admin/health", "admin.health.counted")
}

// healthRows lists the people behind a number, masked for those who may not
// read customers.
func (o *Office) healthRows(c echo.Context) error {
	in, err := list(c)
	if err != nil {
		return err
	}
	ctx, name := c.Request().Context(), param(c, "measure")
	have := c.QueryParam("have") == "yes"
	if name != "stale" && !roster.IsMeasure(name) {
		return nowhere()
	}
	p := healthRowsPage{Page: page(c, "admin.health.rows.lack", "what", t(c, "admin.health.measure."+name)), Masked: !o.personal(c)}
	if name == "stale" {
		return o.staleRows(c, in, p)
	}
	if have {
		p.Page = page(c, "admin.health.rows.have", "what", t(c, "admin.health.measure."+name))
	}
	all, total, err := roster.Rows(ctx, o.DB, name, have, in.Simulated == "yes", in.Page, 50)
	if err != nil {
		return err
	}
	p.Pager = pages(c, in.Page, 50, total)
	for _, k := range all {
		p.Rows = append(p.Rows, o.healthPerson(k.Name, k.Email, k.Number, k.Simulated, p.Masked))
	}
	return web.Render(c, http.StatusOK, "admin/health-rows", p)
}

func (o *Office) healthPerson(name, email, number string, simulated, mask bool) healthPerson {
	if mask {
		return healthPerson{Name: masked(email), Simulated: simulated}
	}
	row := healthPerson{Name: name, URL: customerPath(number), Simulated: simulated}
	if name == "" {
		row.Name = email
	}
	return row
}

// staleRows lists whose fact was not said or confirmed for longer than it should.
func (o *Office) staleRows(c echo.Context, in listing, p healthRowsPage) error {
	ctx, kind := c.Request().Context(), c.QueryParam("fact")
	p.Page = page(c, "admin.health.rows.stale", "what", t(c, "admin.health.fact."+kind))
	if !slices.Contains(customer.FactKinds(), kind) {
		return nowhere()
	}
	all, err := customer.Stale(ctx, o.DB, o.staleBefore(), c.QueryParam("simulated") == "yes", 0)
	if err != nil {
		return err
	}
	var old []customer.Old
	for _, k := range all {
		if of, _, _ := strings.Cut(k.Fact, ":"); of == kind {
			old = append(old, k)
		}
	}
	p.Pager = pages(c, in.Page, 50, len(old))
	from := min((in.Page-1)*50, len(old))
	shown := old[from:min(from+50, len(old))]
	ids := make([]customer.ID, len(shown))
	for i, k := range shown {
		ids[i] = k.CustomerID
	}
	people, err := customer.ByIDs(ctx, o.DB, ids)
	if err != nil {
		return err
	}
	for _, k := range shown {
		who := people[k.CustomerID]
		if who == nil {
			continue // erased a moment ago
		}
		row := o.healthPerson(who.Name, who.Email, who.Number, who.Simulated, p.Masked)
		row.Since = i18n.Date(lang(c), k.Since.In(o.Settings.Now().Zone()))
		p.Rows = append(p.Rows, row)
	}
	return web.Render(c, http.StatusOK, "admin/health-rows", p)
}

// sureness says of how many people a segment's rule could be decided when it
// was last counted; "" before.
func (o *Office) sureness(c echo.Context, s segment.Segment) string {
	all, err := roster.Confidence(c.Request().Context(), o.DB)
	if err != nil || all[s.Key].People == 0 {
		return ""
	}
	return " · " + t(c, "admin.health.segment", "percent", all[s.Key].Percent())
}

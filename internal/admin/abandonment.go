package admin

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/analytics"
	"regulars/internal/fault"
	"regulars/internal/web"
)

// fewCases is the size below which a share says nothing: the page shows counts.
const fewCases = 30

// longestPeriod keeps the chart and the table within what a person can read.
const longestPeriod = 366

type abandonmentPage struct {
	web.Page
	From, To    string
	Errors      web.FormErrors
	Simulated   []chip
	IsSimulated bool
	Report      *analytics.Report
	Definition  []string
	Stats       []stat
	Chart       []bar
	ChartLabel  string
	Rules       []rule
	Days        []periodRow
	Departments []periodRow
	File, Cross string
	Young       bool
	leaving
	remarks
	Mailed *mailed
	missed
}

type periodRow struct {
	Name  string
	Young bool
	analytics.Figures
	Rate  string // in words: a share with its cases, or the counts alone
	Meter int    // percent, -1 where there are too few cases
	Value string
}

// bar is one day of the chart: what became an order below, what did not above.
type bar struct {
	X, Width, OrderedY, OrderedHeight, LostY, LostHeight string
	Young                                                bool
	Label, Tick, TickX, URL, Mark                        string
}

// rule is a line across the chart with its number.
type rule struct{ Y, TextY, Text string }

type period struct {
	From      string `form:"from,max=10"`
	To        string `form:"to,max=10"`
	Simulated string `form:"simulated,max=5"`
	from, to  time.Time
}

// period reads the days of the address; without any, the last four weeks.
func (o *Office) period(c echo.Context) (period, error) {
	var in period
	if err := web.Query(c, &in); err != nil {
		return in, err
	}
	today := o.Now().In(o.Settings.Now().Zone())
	in.from, in.to = day(today).AddDate(0, 0, -27), day(today)
	var form fault.Form
	for _, d := range []struct {
		name, typed string
		into        *time.Time
	}{{"from", in.From, &in.from}, {"to", in.To, &in.to}} {
		if d.typed == "" {
			continue
		}
		at, err := time.Parse(time.DateOnly, d.typed)
		if err != nil {
			form.Wrong(d.name, "analytics.day", "day", d.typed)
			continue
		}
		*d.into = at
	}
	if err := form.Err(); err != nil {
		return in, err
	}
	in.From, in.To = in.from.Format(time.DateOnly), in.to.Format(time.DateOnly)
	switch days := int(in.to.Sub(in.from)/(24*time.Hour)) + 1; {
	case days < 1:
		form.Wrong("to", "analytics.days", "from", in.From, "to", in.To)
	case days > longestPeriod:
		form.Wrong("from", "admin.abandonment.long", "days", longestPeriod)
	}
	return in, form.Err()
}

// day is the calendar day of t as a date without zone, for counting days.
func day(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }

// simulated: the demo's figures are its crowd's unless asked otherwise.
func (o *Office) simulated(choice string) bool {
	return choice == "yes" || o.Demo && choice != "no"
}

func (o *Office) abandonment(c echo.Context) error {
	if to, err := o.opensWith(c, "abandonment"); to != "" || err != nil {
		return errors.Join(err, redirect(c, to))
	}
	return o.report(c, http.StatusOK, remarks{})
}

// report shows the page, with what somebody just typed beside it.
func (o *Office) report(c echo.Context, status int, typed remarks) error {
	in, wrongDays := o.period(c)
	if wrongDays != nil && len(fault.Fields(wrongDays)) == 0 {
		return wrongDays
	}
	p := abandonmentPage{Page: page(c, "staff.area.abandonment"), From: in.From, To: in.To, Errors: wrong(c, wrongDays), IsSimulated: o.simulated(in.Simulated), remarks: typed}
	chosen := "no"
	if p.IsSimulated {
		chosen = "yes"
	}
	p.Simulated = chips(c, "simulated", chosen, "admin.simulated.", "no", "yes")
	if wrongDays != nil {
		return web.Render(c, http.StatusUnprocessableEntity, "admin/abandonment", p)
	}
	var err error
	p.Report, err = analytics.Abandonment(c.Request().Context(), o.DB, in.From, in.To, p.IsSimulated, o.Settings.Now(), o.Now())
	if err != nil {
		return err
	}
	p.Definition = p.Report.Definition.Text(p.Lang)
	if err := p.ask(c, o, in); err != nil {
		return err
	}
	p.File = "/admin/abandonment/days.csv?" + url.Values{"from": {in.From}, "to": {in.To}, "simulated": {chosen}}.Encode()
	return web.Render(c, status, "admin/abandonment", p)
}

// ask asks the facts what the page shows of the period under its filters.
func (p *abandonmentPage) ask(c echo.Context, o *Office, in period) error {
	r, err := o.reader(c, in, p.IsSimulated)
	if err != nil {
		return err
	}
	all, err := analytics.Total(r.ctx(), o.DB, r.ask)
	if err != nil {
		return err
	}
	if len(r.ask.Filters) > 0 {
		p.Report.Totals, p.Report.Departments = all.Figures, nil
		cells, err := analytics.Cross(r.ctx(), o.DB, r.ask, "day", "")
		if err != nil {
			return err
		}
		cells, _ = r.shown(cells)
		p.Report.Days = analytics.DaysOf(cells, o.Settings.Now(), o.Now())
	}
	before, err := r.compared(in)
	if err != nil {
		return err
	}
	if err := p.leaving.fill(r, all); err != nil {
		return err
	}
	if err := p.remarks.fill(r); err != nil {
		return err
	}
	if p.Mailed, err = o.mailedTo(c); err != nil {
		return err
	}
	if err := p.missed.fill(r); err != nil {
		return err
	}
	p.Cross = r.to("/admin/abandonment/cross.csv", r.ask.Filters)
	if p.Hidden {
		p.Report.Days = nil
		return nil
	}
	effect, err := r.tiles()
	if err != nil {
		return err
	}
	p.fill(c, effect, before)
	return nil
}

func (p *abandonmentPage) fill(c echo.Context, effect []stat, before string) {
	r := p.Report
	done := finished(r.Days)
	all := r.Totals
	p.Stats = []stat{
		{"", t(c, "admin.abandonment.rate"), share(c, done.Abandonment()), t(c, "admin.abandonment.rate.of", "part", done.Abandonment().Part, "of", done.Abandonment().Of) + before},
		{"", t(c, "admin.abandonment.started"), number(all.Started), t(c, "admin.abandonment.excluded", "count", all.Excluded)},
		{"", t(c, "admin.abandonment.drop"), share(c, done.Drop()), t(c, "admin.abandonment.rate.of", "part", done.Drop().Part, "of", done.Drop().Of)},
		{"", t(c, "admin.abandonment.till"), share(c, done.CheckoutAbandonment()), t(c, "admin.abandonment.rate.of", "part", done.CheckoutAbandonment().Part, "of", done.CheckoutAbandonment().Of)},
		{"", t(c, "admin.abandonment.abandoned"), number(all.Abandoned), of(c, all.EverAbandoned())},
		{"", t(c, "admin.abandonment.value"), cash(c, all.AbandonedValue, r.Currency), t(c, "admin.abandonment.value.what")},
	}
	p.Stats = append(p.Stats, effect...)
	for _, d := range r.Days {
		p.Young = p.Young || d.Young
		p.Days = append(p.Days, periodRow{d.Day, d.Young, d.Figures, of(c, d.Abandonment()), meter(d.Abandonment()), cash(c, d.AbandonedValue, r.Currency)})
	}
	for _, d := range r.Departments {
		p.Departments = append(p.Departments, periodRow{cmp.Or(d.Name.In(p.Lang), d.Code), false, d.Figures, of(c, d.Abandonment()), meter(d.Abandonment()), cash(c, d.AbandonedValue, r.Currency)})
	}
	p.ChartLabel = t(c, "admin.abandonment.chart")
	p.draw(c)
}

// finished adds up the days whose carts have had their whole window: younger
// ones would make the rate look worse than it is.
func finished(days []analytics.Day) analytics.Figures {
	var f analytics.Figures
	for _, d := range days {
		if !d.Young {
			f.Started += d.Started
			f.Checkout += d.Checkout
			f.Converted += d.Converted
		}
	}
	return f
}

func share(c echo.Context, r analytics.Rate) string {
	if r.Of < fewCases {
		return t(c, "admin.abandonment.few", "part", r.Part, "of", r.Of)
	}
	return r.Percent()
}

// of writes a share with its cases, or only the cases where they are few.
func of(c echo.Context, r analytics.Rate) string {
	if r.Of < fewCases {
		return share(c, r)
	}
	return t(c, "admin.abandonment.of", "percent", r.Percent(), "part", r.Part, "of", r.Of)
}

func meter(r analytics.Rate) int {
	if r.Of < fewCases {
		return -1
	}
	return (200*r.Part + r.Of) / (2 * r.Of)
}

// The chart's own measures; the frame's styles expect the width.
const (
	chartWidth, chartLeft = 960, 40
	chartTop, chartFoot   = 16, 210
)

// draw lays out one bar a day, the oldest first, from zero.
func (p *abandonmentPage) draw(c echo.Context) {
	most := 1
	for _, d := range p.Days {
		most = max(most, d.Started)
	}
	most = roundUp(most)
	scale := float64(chartFoot-chartTop) / float64(most)
	for _, n := range []int{most / 2, most} {
		if n > 0 {
			y := chartFoot - float64(n)*scale
			p.Rules = append(p.Rules, rule{px(y), px(y + 4), number(n)})
		}
	}
	step := float64(chartWidth-chartLeft) / float64(max(1, len(p.Days)))
	every := max(1, (len(p.Days)+15)/16) // at most 16 labels stand side by side
	days := slices.Clone(p.Days)
	slices.SortFunc(days, func(a, b periodRow) int { return cmp.Compare(a.Name, b.Name) }) // time runs to the right
	for i, d := range days {
		ordered, lost := float64(d.Converted)*scale, float64(d.Started-d.Converted)*scale
		x := chartLeft + float64(i)*step
		b := bar{X: px(x + step*.15), Width: px(step * .7), OrderedY: px(chartFoot - ordered), OrderedHeight: px(ordered),
			LostY: px(chartFoot - ordered - lost), LostHeight: px(lost), Young: d.Young, TickX: px(x + step/2),
			URL:   web.Path(c) + "?" + url.Values{"from": {d.Name}, "to": {d.Name}, "simulated": {yesNo(p.IsSimulated)}, "f": c.QueryParams()["f"]}.Encode(),
			Label: t(c, "admin.abandonment.bar", "day", d.Name, "started", d.Started, "converted", d.Converted)}
		if i%every == 0 {
			b.Tick = strings.TrimPrefix(d.Name[5:], "0")
		}
		for _, n := range p.Notes {
			if n.Day == d.Name {
				b.Label, b.Mark = b.Label+". "+n.Body, "▼"
			}
		}
		p.Chart = append(p.Chart, b)
	}
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func px(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }

// roundUp is the next number that reads well at the edge of a chart.
func roundUp(n int) int {
	for size := 1; ; size *= 10 {
		for _, k := range []int{2, 4, 6, 10} {
			if n <= k*size {
				return k * size
			}
		}
	}
}

// abandonmentFile is the report as a file, with the same figures as the page.
func (o *Office) abandonmentFile(c echo.Context) error {
	in, err := o.period(c)
	if err != nil {
		return err
	}
	simulated := o.simulated(in.Simulated)
	r, err := analytics.Abandonment(c.Request().Context(), o.DB, in.From, in.To, simulated, o.Settings.Now(), o.Now())
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	line := func(cells ...string) {
		for i := range cells {
			cells[i] = guarded(cells[i])
		}
		w.Write(cells) // a buffer takes everything
	}
	line("by", "key", "name", "started", "checkout", "converted", "abandoned", "recovered", "by_link", "abandoned_value", "currency", "excluded", "unfinished", "simulated", "definition")
	row := func(by, key, name string, f analytics.Figures, young bool) {
		line(by, key, name, strconv.Itoa(f.Started), strconv.Itoa(f.Checkout), strconv.Itoa(f.Converted), strconv.Itoa(f.Abandoned), strconv.Itoa(f.Recovered),
			strconv.Itoa(f.ByLink), f.AbandonedValue.Decimal(r.Currency), string(r.Currency), strconv.Itoa(f.Excluded), yesNo(young), yesNo(simulated), strconv.Itoa(r.Definition.Version))
	}
	row("total", in.From+"/"+in.To, "", r.Totals, false)
	for _, d := range r.Days {
		row("day", d.Day, "", d.Figures, d.Young)
	}
	for _, d := range r.Departments {
		row("department", d.Code, d.Name.In(lang(c)), d.Figures, false)
	}
	w.Flush()
	h := c.Response().Header()
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="abandonment-%s-%s.csv"`, in.From, in.To))
	return c.Blob(http.StatusOK, "text/csv; charset=utf-8", b.Bytes())
}

// guarded keeps a spreadsheet from running a cell as a formula.
func guarded(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

package admin

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/analytics"
	"regulars/internal/checkout"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// fewPeople is the size below which a cell points at persons: roles that may
// not read customers see such cells only together.
const fewPeople = 10

// leaving is the part of the abandonment report that says where, when and why
// carts are left. Everything in it is counted from the same facts.
type leaving struct {
	Chips   []chip // filters in force, each the way out of it
	Hidden  bool   // too few carts for this role
	Funnel  []funnelStep
	Causes  []causeRow
	Unknown string
	Decided []groupRow
	Waits   []groupRow
	Slow    []groupRow
	Heat    []heatRow
	Hours   []string
	A, B    []choice
	Cells   []groupRow
	Heads   [2]string
	Carts   string   // the list of all of them
	Kept    []string // the filters as the address has them
}

type (
	funnelStep struct {
		Name, Reached, Share, Lost, Value, Pace string
		Y, TextY, Width, LostX, LostWidth       string
	}
	causeRow struct {
		groupRow
		Money, Sum string // share of the money, and with all before
		Meter      int
	}
	// groupRow is one line of a table of groups of carts.
	groupRow struct {
		Name, Second, URL   string
		Only                string // the report of this group alone
		Started, Lost       int
		Rate, Value, Waited string
		Meter               int
	}
	heatRow struct {
		Name  string
		Cells []heatCell
	}
	heatCell struct{ X, Y, Opacity, Label, Text, URL string }
)

// reader asks the report's questions for one request.
type reader struct {
	c        echo.Context
	o        *Office
	ask      analytics.Question
	currency money.Currency
	names    map[string]map[string]i18n.Text // of codes, by dimension
	personal bool
}

func (o *Office) reader(c echo.Context, in period, simulated bool) (*reader, error) {
	r := &reader{c: c, o: o, ask: analytics.Question{From: in.From, To: in.To, Simulated: simulated}, currency: o.Settings.Now().Currency(),
		personal: o.may(c, "customers.read")}
	for _, f := range c.QueryParams()["f"] {
		key, value, ok := strings.Cut(f, ":")
		if ok && len(r.ask.Filters) < 6 {
			r.ask.Filters = append(r.ask.Filters, analytics.Filter{Key: key, Value: value})
		}
	}
	return r, r.learn()
}

// learn reads the names that codes stand for.
func (r *reader) learn() error {
	r.names = map[string]map[string]i18n.Text{}
	for dim, query := range map[string]string{
		"department": "SELECT CASE WHEN code = '' THEN slug ELSE code END AS code, name FROM categories WHERE parent_id IS NULL",
		"product":    "SELECT code, name FROM products", "segment": "SELECT key AS code, name FROM segments"} {
		var rows []struct {
			Code string
			Name i18n.Text
		}
		if err := namesOf(r.c.Request().Context(), r.o.DB, query, &rows); err != nil {
			return err
		}
		r.names[dim] = map[string]i18n.Text{}
		for _, row := range rows {
			r.names[dim][row.Code] = row.Name
		}
	}
	return nil
}

func (r *reader) ctx() context.Context { return r.c.Request().Context() }

func (r *reader) db() db.Q { return r.o.DB }

// word is what a value of a dimension is called.
func (r *reader) word(dim, value string) string {
	l := lang(r.c)
	if name, ok := r.names[dim][value]; ok && name.In(l) != "" {
		return name.In(l)
	}
	switch dim {
	case "country":
		if k, ok := checkout.CountryOf(value); ok {
			return k.Name.In(l)
		}
	case "hour":
		return value + ":00"
	}
	if key := "admin.dim." + dim + "." + value; value != "" && i18n.Has(l, key) {
		return i18n.T(l, key)
	}
	if value == "" && i18n.Has(l, "admin.dim."+dim+".-") { // there may well be none
		return i18n.T(l, "admin.dim."+dim+".-")
	}
	if value == "" || value == analytics.NoDepartment {
		if dim == "cause" || dim == "rule" {
			return t(r.c, "admin.dim.not-lost")
		}
		return t(r.c, "admin.dim.unknown")
	}
	return value
}

// to is the address of this report with other filters.
func (r *reader) to(path string, filters []analytics.Filter) string {
	q := url.Values{"from": {r.ask.From}, "to": {r.ask.To}, "simulated": {yesNo(r.ask.Simulated)}}
	for _, f := range filters {
		q.Add("f", f.Key+":"+f.Value)
	}
	for _, name := range []string{"a", "b"} {
		if v := r.c.QueryParam(name); v != "" {
			q.Set(name, v)
		}
	}
	return path + "?" + q.Encode()
}

func (r *reader) plus(more ...analytics.Filter) []analytics.Filter {
	out := slices.Clone(r.ask.Filters)
	for _, f := range more {
		if !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

const (
	reportPath = "/admin/abandonment"
	cartsPath  = "/admin/abandonment/carts"
)

// fill asks everything that the page shows below the days.
func (p *leaving) fill(r *reader, all analytics.Sums) error {
	for i, f := range r.ask.Filters {
		p.Chips = append(p.Chips, chip{r.to(reportPath, slices.Delete(slices.Clone(r.ask.Filters), i, i+1)), t(r.c, "admin.dim."+f.Key) + ": " + r.word(f.Key, f.Value), true})
	}
	p.Carts = r.to(cartsPath, r.ask.Filters)
	for _, f := range r.ask.Filters {
		p.Kept = append(p.Kept, f.Key+":"+f.Value)
	}
	if p.Hidden = !r.personal && len(r.ask.Filters) > 0 && all.Started < fewPeople; p.Hidden {
		return nil
	}
	for _, part := range []func(*reader, analytics.Sums) error{p.funnel, p.causes, p.clock, p.heat, p.cross} {
		if err := part(r, all); err != nil {
			return err
		}
	}
	return nil
}

// funnel draws a bar a step: what came so far, and what was left there.
func (p *leaving) funnel(r *reader, all analytics.Sums) error {
	pace, err := analytics.Pace(r.ctx(), r.db(), r.ask)
	if err != nil {
		return err
	}
	cells, err := analytics.Cross(r.ctx(), r.db(), r.ask, "step", "")
	if err != nil {
		return err
	}
	value := map[string]money.Amount{}
	for _, c := range cells {
		value[c.A] = c.LostValue
	}
	scale := 600 / float64(max(1, all.Started))
	for step := range analytics.Steps {
		n, y := all.Reached(step), 8+step*36
		f := funnelStep{Name: t(r.c, "admin.dim.step."+strconv.Itoa(step)), Reached: number(n), Share: "–", Lost: "–", Value: "–", Pace: "–",
			Y: strconv.Itoa(y), TextY: strconv.Itoa(y + 16), Width: px(float64(n) * scale), LostX: px(200 + float64(n)*scale), LostWidth: "0"}
		if step > 0 {
			f.Share = share(r.c, analytics.Rate{Part: n, Of: all.Reached(step - 1)})
			f.LostWidth = px(float64(all.Reached(step-1)-n) * scale)
		}
		if step+1 < len(analytics.Steps) {
			f.Lost, f.Value = number(n-all.Reached(step+1)), cash(r.c, value[strconv.Itoa(step)], r.currency)
		}
		if pace[step] > 0 {
			f.Pace = span(r.c, max(time.Minute, time.Duration(pace[step])*time.Millisecond))
		}
		p.Funnel = append(p.Funnel, f)
	}
	return nil
}

// causes is the Pareto: what cost most first, with the running share.
func (p *leaving) causes(r *reader, all analytics.Sums) error {
	cells, err := analytics.Cross(r.ctx(), r.db(), r.ask, "cause", "")
	if err != nil {
		return err
	}
	cells = slices.DeleteFunc(cells, func(c analytics.Cell) bool { return c.A == "" })
	slices.SortStableFunc(cells, func(a, b analytics.Cell) int {
		return cmp.Or(cmp.Compare(b.LostValue, a.LostValue), cmp.Compare(b.Lost, a.Lost), cmp.Compare(a.A, b.A))
	})
	cells, together := r.together(cells)
	run := money.Amount(0)
	for _, c := range cells {
		run += c.LostValue
		part := analytics.Rate{Part: int(c.LostValue), Of: int(all.LostValue)}
		p.Causes = append(p.Causes, causeRow{groupRow{Name: r.word("cause", c.A), URL: r.to(cartsPath, r.plus(analytics.Filter{Key: "cause", Value: c.A})), Lost: c.Lost,
			Rate: analytics.Rate{Part: c.Lost, Of: all.Lost}.Percent(), Value: cash(r.c, c.LostValue, r.currency)},
			part.Percent(), analytics.Rate{Part: int(run), Of: int(all.LostValue)}.Percent(), max(0, meterOf(part))})
		if c.A == "unknown" {
			p.Unknown = of(r.c, analytics.Rate{Part: c.Lost, Of: all.Lost})
		}
	}
	if p.Unknown == "" {
		p.Unknown = of(r.c, analytics.Rate{Of: all.Lost})
	}
	if together != nil {
		p.Causes = append(p.Causes, causeRow{groupRow: groupRow{Name: together.A, Lost: together.Lost, Value: cash(r.c, together.LostValue, r.currency)}})
	}
	cells, err = analytics.Cross(r.ctx(), r.db(), r.ask, "rule", "")
	cells, _ = r.shown(cells)
	for _, rule := range analytics.CauseRules {
		if i := slices.IndexFunc(cells, func(c analytics.Cell) bool { return c.A == rule }); i >= 0 {
			p.Decided = append(p.Decided, groupRow{Name: r.word("rule", rule), Lost: cells[i].Lost, URL: r.to(cartsPath, r.plus(analytics.Filter{Key: "rule", Value: rule}))})
		}
	}
	return err
}

func meterOf(r analytics.Rate) int {
	if r.Of == 0 {
		return -1
	}
	return (200*r.Part + r.Of) / (2 * r.Of)
}

// clock holds carts whose question was answered at once against those that
// waited, and names the goods whose questions wait longest.
func (p *leaving) clock(r *reader, _ analytics.Sums) error {
	cells, err := analytics.Cross(r.ctx(), r.db(), r.ask, "asked", "")
	if err != nil {
		return err
	}
	cells, together := r.together(cells)
	if together != nil {
		g := r.group(*together, "asked", "")
		g.Name, g.URL = together.A, ""
		defer func() { p.Waits = append(p.Waits, g) }()
	}
	for _, key := range []string{"quick", "hours", "late", "never", "none"} {
		if i := slices.IndexFunc(cells, func(c analytics.Cell) bool { return c.A == key }); i >= 0 {
			p.Waits = append(p.Waits, r.group(cells[i], "asked", ""))
		}
	}
	slow, err := analytics.Slowest(r.ctx(), r.db(), r.ask, 5)
	for _, s := range slow {
		if !r.personal && s.Late < fewPeople {
			continue
		}
		p.Slow = append(p.Slow, groupRow{Name: r.word("product", s.Product), Started: s.Late, Lost: s.Lost, Value: cash(r.c, s.Value, r.currency),
			Rate: of(r.c, analytics.Rate{Part: s.Lost, Of: s.Late}), URL: r.to(cartsPath, r.plus(analytics.Filter{Key: "product", Value: s.Product}))})
	}
	return err
}

// group words one cell of a table.
func (r *reader) group(c analytics.Cell, a, b string) groupRow {
	filters := []analytics.Filter{{Key: a, Value: c.A}}
	g := groupRow{Name: r.word(a, c.A), Started: c.Started, Lost: c.Lost, Rate: of(r.c, c.Abandonment()), Meter: meter(c.Abandonment()), Value: cash(r.c, c.LostValue, r.currency)}
	if b != "" {
		g.Second, filters = r.word(b, c.B), append(filters, analytics.Filter{Key: b, Value: c.B})
	}
	g.URL, g.Only = r.to(cartsPath, r.plus(filters...)), r.to(reportPath, r.plus(filters...))
	return g
}

// heat is the hour by the weekday on which carts were started: darker where
// more of them were lost.
func (p *leaving) heat(r *reader, _ analytics.Sums) error {
	cells, err := analytics.Cross(r.ctx(), r.db(), r.ask, "weekday", "hour")
	if err != nil {
		return err
	}
	most := 1
	by := map[[2]int]analytics.Cell{}
	for _, c := range cells {
		day, _ := strconv.Atoi(c.A)
		hour, _ := strconv.Atoi(c.B)
		by[[2]int{day, hour}], most = c, max(most, c.Lost)
	}
	for hour := range 24 {
		p.Hours = append(p.Hours, strconv.Itoa(hour))
	}
	for day := 1; day <= 7; day++ {
		row := heatRow{Name: r.word("weekday", strconv.Itoa(day))}
		for hour := range 24 {
			c := by[[2]int{day, hour}]
			text := number(c.Lost)
			if !r.personal && c.Started > 0 && c.Started < fewPeople {
				text, c.Lost = t(r.c, "admin.abandonment.fewer"), 0
			}
			row.Cells = append(row.Cells, heatCell{X: px(100 + float64(hour)*35.5), Y: strconv.Itoa(24 + (day-1)*26), Opacity: strconv.FormatFloat(.06+.94*float64(c.Lost)/float64(most), 'f', 2, 64), Text: text,
				Label: t(r.c, "admin.abandonment.heat.cell", "day", row.Name, "hour", hour, "lost", text)})
		}
		p.Heat = append(p.Heat, row)
	}
	return nil
}

// mostCells keeps a crossing within what a person can read.
const mostCells = 60

// cross is the table of two dimensions of one's own choice.
func (p *leaving) cross(r *reader, _ analytics.Sums) error {
	a, b := cmp.Or(r.c.QueryParam("a"), "device"), r.c.QueryParam("b")
	p.B = append(p.B, choice{"", t(r.c, "admin.abandonment.cross.none"), b == ""})
	for _, d := range analytics.Dimensions {
		name := t(r.c, "admin.dim."+d.Key)
		p.A, p.B = append(p.A, choice{d.Key, name, d.Key == a}), append(p.B, choice{d.Key, name, d.Key == b})
	}
	cells, err := analytics.Cross(r.ctx(), r.db(), r.ask, a, b)
	if err != nil {
		return err
	}
	cells = slices.DeleteFunc(cells, func(c analytics.Cell) bool { return c.Started == 0 })
	slices.SortStableFunc(cells, func(x, y analytics.Cell) int {
		return cmp.Or(cmp.Compare(y.LostValue, x.LostValue), cmp.Compare(y.Started, x.Started), cmp.Compare(x.A, y.A), cmp.Compare(x.B, y.B))
	})
	cells, small := r.shown(cells)
	cells, rest := cells[:min(len(cells), mostCells)], cells[min(len(cells), mostCells):]
	p.Heads[0] = t(r.c, "admin.dim."+a)
	if b != "" {
		p.Heads[1] = t(r.c, "admin.dim."+b)
	}
	for _, c := range cells {
		p.Cells = append(p.Cells, r.group(c, a, b))
	}
	for _, left := range []struct {
		key   string
		cells []analytics.Cell
	}{{"admin.abandonment.cross.rest", rest}, {"admin.abandonment.cross.small", small}} {
		if len(left.cells) > 0 {
			g := r.group(analytics.Merge(left.cells), a, "")
			g.Name, g.URL, g.Only = t(r.c, left.key, "count", len(left.cells)), "", ""
			p.Cells = append(p.Cells, g)
		}
	}
	return nil
}

// shown parts cells that this role may see from those that point at persons.
// One small cell alone would be told by what is missing from the total, so
// that the smallest of the others goes with it.
func (r *reader) shown(cells []analytics.Cell) (big, small []analytics.Cell) {
	if r.personal {
		return cells, nil
	}
	people := 0
	for _, c := range cells {
		if c.Started < fewPeople {
			small, people = append(small, c), people+c.Started
		} else {
			big = append(big, c)
		}
	}
	if len(small) > 0 && people < fewPeople && len(big) > 0 {
		least := 0
		for i := range big {
			if big[i].Started < big[least].Started {
				least = i
			}
		}
		small, big = append(small, big[least]), slices.Delete(big, least, least+1)
	}
	return big, small
}

// together is shown with the small cells as one, named so; nil without any.
func (r *reader) together(cells []analytics.Cell) ([]analytics.Cell, *analytics.Cell) {
	big, small := r.shown(cells)
	if len(small) == 0 {
		return big, nil
	}
	all := analytics.Merge(small)
	all.A = t(r.c, "admin.abandonment.cross.small", "count", len(small))
	return big, &all
}

// compared is the rate of the same days before, and of a year ago.
func (r *reader) compared(in period) (string, error) {
	days := in.to.Sub(in.from)
	text := ""
	for _, then := range []struct {
		key      string
		from, to time.Time
	}{{"admin.abandonment.before", in.from.Add(-days - 24*time.Hour), in.from.Add(-24 * time.Hour)}, {"admin.abandonment.year", in.from.AddDate(-1, 0, 0), in.to.AddDate(-1, 0, 0)}} {
		ask := r.ask
		ask.From, ask.To = then.from.Format(time.DateOnly), then.to.Format(time.DateOnly)
		s, err := analytics.Total(r.ctx(), r.db(), ask)
		if err != nil {
			return "", err
		}
		if s.Started > 0 {
			text += " · " + t(r.c, then.key, "rate", share(r.c, s.Abandonment()))
		}
	}
	return text, nil
}

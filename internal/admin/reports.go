package admin

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/analytics"
	"regulars/internal/catalog"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/pricing"
	"regulars/internal/segment"
	"regulars/internal/web"
)

const (
	reportsPath  = "/admin/reports"
	reportRows   = 50 // rows of the page; the file has them all
	mostColumns  = 12 // weeks or months side by side
	soldBarsHigh = 150
	soldBarsWide = 960
)

// What a report of sales is asked by, and what stands in its columns.
var (
	soldBy   = []string{"product", "category", "segment", "promotion", "day"}
	soldPer  = []string{"", "week", "month"}
	soldSums = []string{"revenue", "orders", "units", "margin", "off"}
)

type (
	reportsPage struct {
		web.Page
		From, To, File, Note string
		Errors               web.FormErrors
		IsSimulated          bool
		Simulated            []chip
		By, Per, Sum         []choice
		Stats                []stat
		Bars                 []soldBar
		First                string // the head of the table's first column
		Columns              []string
		Rows                 []soldRow
		More                 int // rows that only the file has
		Chart, Most, Twin    string
	}
	soldBar struct {
		X, Y, Width, High int
		URL, Label, Tick  string
		TickX             int
		Young             bool
	}
	soldRow struct {
		URL, Name string
		Meter     int // of the largest row, in percent
		Cells     []string
	}
	// askedSales is one question to the sales.
	askedSales struct {
		period
		By, Per, Sum string
		simulated    bool
	}
)

// sales reads the question from the address.
func (o *Office) sales(c echo.Context) (askedSales, error) {
	in, err := o.period(c)
	ask := askedSales{period: in, By: oneOf(c.QueryParam("by"), soldBy), Per: oneOf(c.QueryParam("per"), soldPer), Sum: oneOf(c.QueryParam("sum"), soldSums), simulated: o.simulated(in.Simulated)}
	if ask.By == "day" {
		ask.Per = "" // a day lies in one column
	}
	return ask, err
}

// within is the same question to other days.
func (ask askedSales) within(from, to time.Time) string {
	return reportsPath + "?" + url.Values{"from": {from.Format(time.DateOnly)}, "to": {to.Format(time.DateOnly)}, "simulated": {yesNo(ask.simulated)}, "by": {ask.By}, "per": {ask.Per}, "sum": {ask.Sum}}.Encode()
}

// oneOf is the value if the list has it, else the list's first.
func oneOf(value string, list []string) string {
	if slices.Contains(list, value) {
		return value
	}
	return list[0]
}

// reports shows what was sold, along one thing and, if asked, week by week.
func (o *Office) reports(c echo.Context) error {
	ask, wrongDays := o.sales(c)
	if wrongDays != nil && len(fault.Fields(wrongDays)) == 0 {
		return wrongDays
	}
	word := func(key string) func(string) string {
		return func(v string) string { return t(c, "report."+key+"."+v) }
	}
	p := reportsPage{Page: page(c, "staff.area.reports"), From: ask.From, To: ask.To, Errors: wrong(c, wrongDays), IsSimulated: ask.simulated,
		Simulated: chips(c, "simulated", yesNo(ask.simulated), "admin.simulated.", "no", "yes"),
		By:        choices(ask.By, soldBy, word("by")), Per: choices(ask.Per, soldPer, func(v string) string {
			if v == "" {
				v = "whole"
			}
			return t(c, "report.per."+v)
		}), Sum: choices(ask.Sum, soldSums, word("sum"))}
	if wrongDays != nil {
		return web.Render(c, http.StatusUnprocessableEntity, "admin/reports", p)
	}
	if err := p.fill(c, o, ask); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, "admin/reports", p)
}

func (p *reportsPage) fill(c echo.Context, o *Office, ask askedSales) error {
	ctx := c.Request().Context()
	whole, err := analytics.SoldDays(ctx, o.DB, analytics.Whole, ask.From, ask.To, ask.simulated)
	if err != nil {
		return err
	}
	days := int(ask.to.Sub(ask.from)/(24*time.Hour)) + 1
	before, err := analytics.SoldDays(ctx, o.DB, analytics.Whole, ask.from.AddDate(0, 0, -days).Format(time.DateOnly), ask.from.AddDate(0, 0, -1).Format(time.DateOnly), ask.simulated)
	if err != nil {
		return err
	}
	p.Stats = soldStats(c, o, ask, analytics.Sum(whole), analytics.Sum(before), days)
	p.bars(c, o, ask, whole)
	p.File = strings.Replace(ask.within(ask.from, ask.to), reportsPath, reportsPath+"/sales.csv", 1)
	table, err := o.soldTable(ctx, c, ask)
	if err != nil {
		return err
	}
	p.First, p.Columns = table.head[0], table.head[1:]
	most := int64(1)
	for _, r := range table.rows {
		most = max(most, worthOf(r.total, ask.Sum))
	}
	p.More = max(0, len(table.rows)-reportRows)
	for _, r := range table.rows[:len(table.rows)-p.More] {
		p.Rows = append(p.Rows, soldRow{r.url, r.name, int(max(worthOf(r.total, ask.Sum), 0) * 100 / most), r.cells(ask, soldCell(c, o.Settings.Now().Currency()))})
	}
	if ask.By == "promotion" || ask.By == "segment" {
		p.Note = t(c, "report.note."+ask.By)
	}
	return nil
}

// soldStats are the five sums with what they were in the same number of days
// before. Shares of few orders say nothing, so there stand the counts alone.
func soldStats(c echo.Context, o *Office, ask askedSales, now, before analytics.Sold, days int) []stat {
	currency := o.Settings.Now().Currency()
	orders := "/admin/orders?" + url.Values{"since": {ask.From}, "until": {ask.To}, "simulated": {yesNo(ask.simulated)}}.Encode()
	if !o.may(c, "orders.read") {
		orders = ""
	}
	sum := func(key string, is, was money.Amount) stat {
		return stat{"", t(c, "report.sum."+key), cash(c, is, currency), compared(c, int64(is), int64(was), before.Orders, cash(c, was, currency), days)}
	}
	return []stat{
		{orders, t(c, "report.sum.orders"), number(now.Orders), compared(c, int64(now.Orders), int64(before.Orders), before.Orders, number(before.Orders), days)},
		sum("revenue", now.Revenue, before.Revenue), sum("mean", now.Mean(), before.Mean()),
		{"", t(c, "report.sum.units"), number(now.Units), compared(c, int64(now.Units), int64(before.Units), before.Orders, number(before.Units), days)},
		{"", t(c, "report.sum.margin"), cash(c, now.Margin, currency), t(c, "report.costed", "share", percentOf(int64(now.Costed), int64(now.Revenue)))},
	}
}

// bars draw the revenue by week, or by day where the span is short; each opens
// its own days.
func (p *reportsPage) bars(c echo.Context, o *Office, ask askedSales, days []analytics.SoldDay) {
	step := 1
	if ask.to.Sub(ask.from) > 45*24*time.Hour {
		step = 7
	}
	sums, most := map[int]analytics.Sold{}, money.Amount(1)
	for _, d := range days {
		at, err := time.Parse(time.DateOnly, d.Day)
		if err != nil {
			continue
		}
		i := int(at.Sub(ask.from)/(24*time.Hour)) / step
		s := sums[i]
		s.Revenue += d.Revenue
		s.Orders += d.Orders
		sums[i] = s
		most = max(most, s.Revenue)
	}
	n := (int(ask.to.Sub(ask.from)/(24*time.Hour)) + step) / step
	wide, currency, today := soldBarsWide/n, o.Settings.Now().Currency(), day(o.Now().In(o.Settings.Now().Zone()))
	p.Chart, p.Most = t(c, "report.chart."+strconv.Itoa(step)), t(c, "report.most", "most", cash(c, most, currency))
	twin := ask
	twin.By, twin.Per = "day", ""
	p.Twin = twin.within(ask.from, ask.to)
	for i := range n {
		from := ask.from.AddDate(0, 0, i*step)
		to := from.AddDate(0, 0, step-1)
		if to.After(ask.to) {
			to = ask.to
		}
		s := sums[i]
		b := soldBar{X: i * wide, Width: max(wide-2, 1), High: int(s.Revenue.Clamp0() * soldBarsHigh / most), TickX: i*wide + wide/2, Young: !to.Before(today),
			URL:   ask.within(from, to),
			Label: t(c, "report.bar", "day", i18n.ShortDate(p.Lang, from), "revenue", cash(c, s.Revenue, currency), "count", s.Orders)}
		b.Y = soldBarsHigh - b.High
		if i%max(1, n/8) == 0 && b.X < soldBarsWide-80 {
			b.Tick = i18n.ShortDate(p.Lang, from)
		}
		p.Bars = append(p.Bars, b)
	}
}

// soldTable is a report before it is a page or a file.
type soldTable struct {
	head []string
	rows []soldLine
}

// soldLine is one row: its sums over the span, and over each column's days.
type soldLine struct {
	key, url, name string
	total          analytics.Sold
	parts          []analytics.Sold
}

// cells are the row's columns in words: the asked sum column by column, or
// every sum where there are no columns.
func (r soldLine) cells(ask askedSales, write func(analytics.Sold, string) string) (cells []string) {
	if ask.Per == "" {
		for _, sum := range soldSums {
			cells = append(cells, write(r.total, sum))
		}
		return cells
	}
	for _, part := range append(r.parts, r.total) {
		cells = append(cells, write(part, ask.Sum))
	}
	return cells
}

func (o *Office) soldTable(ctx context.Context, c echo.Context, ask askedSales) (soldTable, error) {
	dim := analytics.Dim(ask.By)
	if ask.By == "day" {
		dim = analytics.Whole
	}
	days, err := analytics.SoldDays(ctx, o.DB, dim, ask.From, ask.To, ask.simulated)
	if err != nil {
		return soldTable{}, err
	}
	if ask.By == "day" {
		for i := range days {
			days[i].Key = days[i].Day
		}
	}
	table := soldTable{head: []string{t(c, "report.by."+ask.By)}}
	heads, spans := columns(c, ask)
	if ask.Per == "" {
		for _, sum := range soldSums {
			heads = append(heads, t(c, "report.sum."+sum))
		}
	} else {
		heads = append(heads, t(c, "report.whole"))
	}
	table.head = append(table.head, heads...)
	at := map[string]int{}
	for i, d := range analytics.Fold(days) {
		at[d.Key] = i
		table.rows = append(table.rows, soldLine{key: d.Key, total: d.Sold, parts: make([]analytics.Sold, len(spans))})
	}
	for _, d := range days {
		for i, span := range spans {
			if d.Day >= span[0] && d.Day <= span[1] {
				part := &table.rows[at[d.Key]].parts[i]
				*part = part.Plus(d.Sold)
			}
		}
	}
	if ask.By == "segment" && !o.personal(c) { // what so few bought says what one of them did
		table.rows = slices.DeleteFunc(table.rows, func(r soldLine) bool { return r.total.Orders < smallCell })
	}
	slices.SortStableFunc(table.rows, func(a, b soldLine) int {
		if ask.By == "day" {
			return cmp.Compare(b.key, a.key)
		}
		return cmp.Compare(worthOf(b.total, ask.Sum), worthOf(a.total, ask.Sum))
	})
	return table, o.nameSold(ctx, c, ask, table.rows)
}

func worthOf(s analytics.Sold, sum string) int64 {
	switch sum {
	case "orders":
		return int64(s.Orders)
	case "units":
		return int64(s.Units)
	case "margin":
		return int64(s.Margin)
	case "off":
		return int64(s.Off)
	}
	return int64(s.Revenue)
}

// soldCell writes one sum for people, soldFigure for a file.
func soldCell(c echo.Context, currency money.Currency) func(analytics.Sold, string) string {
	return func(s analytics.Sold, sum string) string {
		if sum == "orders" || sum == "units" {
			return number(int(worthOf(s, sum)))
		}
		return cash(c, money.Amount(worthOf(s, sum)), currency)
	}
}

func soldFigure(currency money.Currency) func(analytics.Sold, string) string {
	return func(s analytics.Sold, sum string) string {
		if sum == "orders" || sum == "units" {
			return strconv.FormatInt(worthOf(s, sum), 10)
		}
		return money.Amount(worthOf(s, sum)).Decimal(currency)
	}
}

// columns are the newest twelve weeks (from Mondays) or months of the span.
func columns(c echo.Context, ask askedSales) (heads []string, spans [][2]string) {
	if ask.Per == "" {
		return nil, nil
	}
	for to := ask.to; !to.Before(ask.from) && len(spans) < mostColumns; {
		from := to.AddDate(0, 0, -(int(to.Weekday())+6)%7)
		if ask.Per == "month" {
			from = time.Date(to.Year(), to.Month(), 1, 0, 0, 0, 0, time.UTC)
		}
		if from.Before(ask.from) {
			from = ask.from
		}
		heads = append(heads, i18n.ShortDate(lang(c), from))
		spans = append(spans, [2]string{from.Format(time.DateOnly), to.Format(time.DateOnly)})
		to = from.AddDate(0, 0, -1)
	}
	slices.Reverse(heads)
	slices.Reverse(spans)
	return heads, spans
}

// nameSold gives the rows the names of what their keys stand for, and the way
// there.
func (o *Office) nameSold(ctx context.Context, c echo.Context, ask askedSales, rows []soldLine) error {
	none := t(c, "report.none."+ask.By)
	name := func(of func(key string) (string, string)) {
		for i := range rows {
			rows[i].name, rows[i].url = none, ""
			if text, to := of(rows[i].key); text != "" {
				rows[i].name, rows[i].url = text, to
			}
		}
	}
	switch ask.By {
	case "day":
		name(func(key string) (string, string) {
			at, err := time.Parse(time.DateOnly, key)
			if err != nil {
				return key, ""
			}
			return i18n.Date(lang(c), at), "/admin/orders?" + url.Values{"since": {key}, "until": {key}, "simulated": {yesNo(ask.simulated)}}.Encode()
		})
	case "category":
		tree, err := catalog.LoadTree(ctx, o.DB)
		if err != nil {
			return err
		}
		name(func(key string) (string, string) {
			id, _ := strconv.ParseInt(key, 10, 64)
			k, ok := tree.ByID(catalog.CategoryID(id))
			if !ok {
				return "", ""
			}
			return k.Name.In(lang(c)), web.In(lang(c), "/c/"+k.Slug)
		})
	case "segment":
		all, err := segment.List(ctx, o.DB)
		if err != nil {
			return err
		}
		names := map[string]string{}
		for _, s := range all {
			names[s.Key] = s.Name.In(lang(c))
		}
		name(func(key string) (string, string) {
			if names[key] == "" {
				return "", ""
			}
			return names[key], "/admin/segments/" + key
		})
	case "promotion":
		all, err := pricing.Promotions(ctx, o.DB)
		if err != nil {
			return err
		}
		of := map[string]*pricing.Promotion{}
		for i := range all {
			of[strconv.FormatInt(int64(all[i].ID), 10)] = &all[i]
		}
		name(func(key string) (string, string) {
			if of[key] == nil {
				return "", ""
			}
			return of[key].Name.In(lang(c)), "/admin/promotions/" + of[key].Token
		})
	default:
		return o.nameGoods(ctx, c, rows, name)
	}
	return nil
}

func (o *Office) nameGoods(ctx context.Context, c echo.Context, rows []soldLine, name func(func(string) (string, string))) error {
	var ids []catalog.ProductID
	for _, r := range rows {
		if id, err := strconv.ParseInt(r.key, 10, 64); err == nil {
			ids = append(ids, catalog.ProductID(id))
		}
	}
	cards, err := o.named(ctx, ids)
	if err != nil {
		return err
	}
	name(func(key string) (string, string) {
		id, _ := strconv.ParseInt(key, 10, 64)
		k, ok := cards[catalog.ProductID(id)]
		if !ok {
			return "", ""
		}
		return k.Name.In(lang(c)), productPath(k.Code)
	})
	return nil
}

// reportsFile is the whole report as a file, amounts as plain decimals.
func (o *Office) reportsFile(c echo.Context) error {
	ask, err := o.sales(c)
	if err != nil {
		return err
	}
	table, err := o.soldTable(c.Request().Context(), c, ask)
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
	line(table.head...)
	for _, r := range table.rows {
		line(append([]string{r.name}, r.cells(ask, soldFigure(o.Settings.Now().Currency()))...)...)
	}
	w.Flush()
	c.Response().Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="sales-by-%s-%s-%s.csv"`, ask.By, ask.From, ask.To))
	return c.Blob(http.StatusOK, "text/csv; charset=utf-8", b.Bytes())
}

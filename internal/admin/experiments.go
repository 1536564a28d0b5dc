package admin

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"regulars/internal/analytics"
	"regulars/internal/experiment"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/segment"
	"regulars/internal/slot"
	"regulars/internal/web"
)

type (
	experimentsPage struct {
		web.Page
		Simulated   []chip
		IsSimulated bool
		Period      string
		Stats       []stat
		Rows        []slotRow
		Homes       []audienceRow
		Chart       []slotLine
		Zero        string // where the chart's line of no difference stands
		Foot        string // where that line ends
		Height      string
		Axis        []rule
		ChartLabel  string
		Counted     []string
		File        string
		FollowUp    *followUpRow
	}
	// followUpRow is the test of the follow-up, which has a page of its own.
	followUpRow struct {
		URL, Says string
		Verdict   tag
	}
	// slotRow is a place in words.
	slotRow struct {
		URL, Name, Caused, Range     string
		Verdict                      tag
		Margin, Orders, Adds, Clicks string
		Shown, Held                  string
		Empty                        bool
	}
	// audienceRow is the home page of one segment.
	audienceRow struct {
		Name, Shown, Held, Ratio, Caused string
		Verdict                          tag
	}
	// slotLine is one interval of the chart.
	slotLine struct{ URL, Label, Name, TextY, Y, X, Width, DotX, DotY, Value string }
)

func (o *Office) experiments(c echo.Context) error {
	simulated := o.simulated(c.QueryParam("simulated"))
	r, err := analytics.Slots(c.Request().Context(), o.DB, simulated, o.Settings.Now(), o.Now())
	if err != nil {
		return err
	}
	segments, err := segment.List(c.Request().Context(), o.DB)
	if err != nil {
		return err
	}
	names := map[string]i18n.Text{}
	for _, s := range segments {
		names[s.Key] = s.Name
	}
	p := experimentsPage{Page: page(c, "staff.area.experiments"), IsSimulated: simulated, Simulated: chips(c, "simulated", yesNo(simulated), "admin.simulated.", "no", "yes"),
		Period: t(c, "admin.experiments.period", "from", r.From, "to", r.To), ChartLabel: t(c, "admin.experiments.chart"),
		File: "/admin/experiments/days.csv?" + url.Values{"simulated": {yesNo(simulated)}}.Encode()}
	for _, key := range []string{"caused", "credited", "arms", "held", "first", "money", "cap", "interval", "limits", "blocked", "privacy", "simulated"} {
		p.Counted = append(p.Counted, t(c, "admin.experiments.counted."+key, "days", analytics.SlotDays, "people", experiment.FewestPeople, "buyers", experiment.FewestBuyers,
			"visitors", experiment.FewestVisitors, "clickers", experiment.FewestClickers))
	}
	p.fill(c, r, names)
	if p.FollowUp, err = o.followUpRow(c, simulated); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, "admin/experiments", p)
}

func (p *experimentsPage) fill(c echo.Context, r *analytics.SlotReport, names map[string]i18n.Text) {
	var margin, revenue, costed money.Amount
	answers, tests := 0, 0
	for _, f := range r.Slots {
		row := slotRow{URL: slotURL(f.Slot.Key, r.Simulated), Name: f.Slot.Key.Name(lang(c)), Margin: cash(c, f.Total.Margin, r.Currency), Orders: number(f.Total.Orders),
			Adds: number(f.Total.Adds), Clicks: number(f.Total.Clicks), Shown: number(f.Total.Shown), Held: "–", Empty: f.Total == analytics.Placed{}}
		if f.Slot.Held == slot.Always {
			row.Verdict = tag{Text: t(c, "admin.experiments.verdict.untested")}
		} else {
			row.Verdict, row.Held = verdict(c, f.Test), shareText(f.Test.Held)
			row.Caused, row.Range = caused(c, f.Test, r.Currency)
			tests++
			if f.Test.Verdict == experiment.Gain || f.Test.Verdict == experiment.Loss {
				answers++
			}
		}
		p.Rows = append(p.Rows, row)
		if f.Slot.Key != slot.Home { // its sections are in the list by themselves
			margin, revenue, costed = margin+f.Total.Margin, revenue+f.Total.Revenue, costed+f.Total.Costed
		}
		for _, a := range f.Audiences {
			p.Homes = append(p.Homes, audienceOf(c, a, names, r.Currency))
		}
	}
	p.Stats = []stat{
		{"", t(c, "admin.experiments.answers"), number(answers), t(c, "admin.experiments.answers.of", "count", tests)},
		{"", t(c, "admin.experiments.margin"), cash(c, margin, r.Currency), t(c, "admin.experiments.credited")},
		{"", t(c, "admin.experiments.revenue"), cash(c, revenue, r.Currency), t(c, "admin.experiments.costed", "percent", percentOf(int64(costed), int64(revenue)))},
	}
	p.draw(c, r)
}

func audienceOf(c echo.Context, a analytics.Audience, names map[string]i18n.Text, currency money.Currency) audienceRow {
	row := audienceRow{Name: cmp.Or(names[a.Segment].In(lang(c)), a.Segment), Shown: clicksOf(c, a.Arms[slot.Shown]), Held: clicksOf(c, a.Arms[slot.Without]), Ratio: "–"}
	if ratio := a.Ratio(); ratio > 0 {
		row.Ratio = t(c, "admin.experiments.times", "times", strconv.FormatFloat(ratio, 'f', 2, 64))
	}
	switch {
	case a.Test.Verdict == experiment.Uneven:
		row.Verdict = verdict(c, a.Test)
	case !a.Test.ClicksOK:
		row.Verdict = tag{Text: t(c, "admin.experiments.verdict.early")}
	case a.Test.Clicks.Zero():
		row.Verdict = tag{Text: t(c, "admin.experiments.verdict.none")}
	case a.Test.Clicks.Est > 0:
		row.Verdict = tag{"ok", t(c, "admin.experiments.verdict.more")}
	default:
		row.Verdict = tag{"warn", t(c, "admin.experiments.verdict.fewer")}
	}
	row.Caused, _ = caused(c, a.Test, currency)
	return row
}

// clicksOf writes clicks each time a page was shown, and what that is made of.
func clicksOf(c echo.Context, p analytics.Placed) string {
	if p.Shown < fewCases {
		return t(c, "admin.experiments.few", "part", p.Clicks, "of", p.Shown)
	}
	return t(c, "admin.experiments.rate", "rate", strconv.FormatFloat(float64(p.Clicks)/float64(p.Shown), 'f', 2, 64), "part", p.Clicks, "of", p.Shown)
}

// verdict is what may be said of a test, as a tag.
func verdict(c echo.Context, v analytics.Tested) tag {
	kind := map[experiment.Verdict]string{experiment.Gain: "ok", experiment.Loss: "warn", experiment.Uneven: "error"}[v.Verdict]
	if v.Held == 0 {
		return tag{Text: t(c, "admin.experiments.verdict.off")}
	}
	return tag{kind, t(c, "admin.experiments.verdict."+string(v.Verdict))}
}

// caused writes what a place brought beside what would have come anyway, with
// the range that holds the truth; "" while nothing may be said.
func caused(c echo.Context, v analytics.Tested, currency money.Currency) (est, within string) {
	if v.Verdict != experiment.Gain && v.Verdict != experiment.Loss && v.Verdict != experiment.None {
		return "", ""
	}
	i := v.Caused()
	return cash(c, rounded(i.Est), currency), t(c, "admin.experiments.range", "low", cash(c, rounded(i.Low), currency), "high", cash(c, rounded(i.High), currency))
}

func rounded(f float64) money.Amount { return money.Amount(math.Round(f)) }

// shareText writes a share without digits that say nothing.
func shareText(share float64) string {
	return strconv.FormatFloat(math.Round(share*1e4)/1e2, 'f', -1, 64) + " %"
}

func percentOf(part, of int64) string {
	if of <= 0 {
		return "–"
	}
	return strconv.FormatInt((200*part+of)/(2*of), 10) + " %"
}

func slotURL(key slot.Key, simulated bool) string {
	return "/admin/experiments/" + string(key) + "?simulated=" + yesNo(simulated)
}

// The chart's own measures beside those of chart.
const (
	slotLeft, slotRowHeight = 300, 34
	slotRight               = 900
)

// draw lays out one interval a test that has an answer, around the line of no
// difference.
func (p *experimentsPage) draw(c echo.Context, r *analytics.SlotReport) {
	type bar struct {
		f analytics.SlotFigures
		i experiment.Interval
	}
	var bars []bar
	low, high := 0.0, 0.0
	for _, f := range r.Slots {
		if est, _ := caused(c, f.Test, r.Currency); est != "" && f.Slot.Held != slot.Always {
			i := f.Test.Caused()
			bars, low, high = append(bars, bar{f, i}), min(low, i.Low), max(high, i.High)
		}
	}
	if len(bars) == 0 {
		return
	}
	x := func(v float64) float64 { return slotLeft + (v-low)/(high-low)*(slotRight-slotLeft) }
	p.Zero, p.Foot, p.Height = px(x(0)), strconv.Itoa(slotRowHeight*len(bars)+8), strconv.Itoa(slotRowHeight*len(bars)+30)
	for n, b := range bars {
		y := float64(slotRowHeight*n) + 18
		est, within := caused(c, b.f.Test, r.Currency)
		name := b.f.Slot.Key.Name(lang(c))
		p.Chart = append(p.Chart, slotLine{URL: slotURL(b.f.Slot.Key, r.Simulated), Name: name, Label: name + ": " + est + " " + within, TextY: px(y + 4),
			Y: px(y - 2), X: px(x(b.i.Low)), Width: px(x(b.i.High) - x(b.i.Low)), DotX: px(x(b.i.Est) - 4), DotY: px(y - 8)})
	}
	foot := float64(slotRowHeight*len(bars)) + 24
	for _, v := range []float64{low, 0, high} {
		if v != 0 && math.Abs(x(v)-x(0)) < 90 {
			continue
		}
		p.Axis = append(p.Axis, rule{Y: px(x(v)), TextY: px(foot), Text: cash(c, rounded(v), r.Currency)})
	}
}

// experimentsFile is the report by day, with the same figures as the page.
func (o *Office) experimentsFile(c echo.Context) error {
	simulated := o.simulated(c.QueryParam("simulated"))
	days, err := analytics.SlotFile(c.Request().Context(), o.DB, simulated, o.Settings.Now(), o.Now())
	if err != nil {
		return err
	}
	currency := o.Settings.Now().Currency()
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	line := func(cells ...string) {
		for i := range cells {
			if _, err := strconv.ParseFloat(cells[i], 64); err != nil { // a loss is a number, not a formula
				cells[i] = guarded(cells[i])
			}
		}
		w.Write(cells) // a buffer takes everything
	}
	line("day", "slot", "segment", "arm", "shown", "clicks", "adds", "orders", "units", "net_revenue", "margin", "revenue_with_known_cost", "currency", "simulated")
	for _, d := range days {
		line(d.Day, string(d.Slot), d.Page, cmp.Or(string(d.Arm), "outside"), strconv.Itoa(d.Shown), strconv.Itoa(d.Clicks), strconv.Itoa(d.Adds), strconv.Itoa(d.Orders), strconv.Itoa(d.Units),
			d.Revenue.Decimal(currency), d.Margin.Decimal(currency), d.Costed.Decimal(currency), string(currency), yesNo(simulated))
	}
	w.Flush()
	c.Response().Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="experiments-%s.csv"`, o.Now().In(o.Settings.Now().Zone()).Format("2006-01-02")))
	return c.Blob(http.StatusOK, "text/csv; charset=utf-8", b.Bytes())
}

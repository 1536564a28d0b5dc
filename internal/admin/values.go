package admin

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/value"
	"regulars/internal/web"
)

type (
	classRow struct {
		Name, URL, Means, Contribution string
		People                         int
	}
	memberRow struct {
		URL, Email, Name, Tier, Class, Scores, Net, Before, Forecast, Alive, Recency, Contribution, Misses string
		Simulated                                                                                          bool
	}
	valuesPage struct {
		web.Page
		Made, Model                  string
		Cuts                         []string
		Classes                      []classRow
		Lists, Tiers, ByClass, Sorts []chip
		Rows                         []memberRow
		Pager                        pager
		Narrow                       bool
	}
	valueBox struct {
		Shown, Refused                                            bool
		Class, Means, Made, Cuts, Scores, Parts, Forecast, Likely string
		Contribution, Limits, None                                string
		Moves                                                     []changeRow
	}
)

// values lists customers by what they are worth.
func (o *Office) values(c echo.Context) error {
	in, err := list(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	f := value.Filter{Class: value.Class(c.QueryParam("class")), Tier: value.Tier(c.QueryParam("tier")), List: c.QueryParam("list"), Sort: c.QueryParam("sort"), Page: in.Page}
	found, err := value.Kept(ctx, o.DB)
	if err != nil {
		return err
	}
	people, total, err := value.People(ctx, o.DB, f)
	if err != nil {
		return err
	}
	p := valuesPage{Page: page(c, "staff.area.values"), Pager: pages(c, in.Page, 50, total), Narrow: f.List == value.Narrow,
		Lists:   chips(c, "list", f.List, "value.list.", append([]string{""}, value.Lists...)...),
		ByClass: chips(c, "class", string(f.Class), "value.class.", "", "A", "B", "C", "N", "D"),
		Tiers:   chips(c, "tier", string(f.Tier), "value.tier.", "", string(value.VeryLoyal), string(value.Loyal), string(value.Occasional)),
		Sorts:   chips(c, "sort", f.Sort, "value.sort.", "", "forecast", "contribution", "alive", "recency")}
	if found == nil {
		p.Made = t(c, "value.none-yet")
		return web.Render(c, http.StatusOK, "admin/values", p)
	}
	p.Made = t(c, "value.made", "when", i18n.DateTime(p.Lang, found.Made.In(o.Settings.Now().Zone())), "people", found.People)
	p.Cuts, p.Model = append(cutWords(c, found), t(c, "value.contribution.costs", "share", inHundred(found.Costed))), o.modelWords(c, found)
	if p.Classes, err = o.classRows(c, found); err != nil {
		return err
	}
	p.Rows, err = o.memberRows(c, found, people, p.Narrow)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, "admin/values", p)
}

func (o *Office) classRows(c echo.Context, found *value.Found) ([]classRow, error) {
	people, sum, err := value.ClassCounts(c.Request().Context(), o.DB)
	if err != nil {
		return nil, err
	}
	var rows []classRow
	for _, k := range value.Classes {
		rows = append(rows, classRow{string(k), with(c, "class", string(k)), o.classWords(c, k, found), cash(c, sum[k], found.Currency), people[k]})
	}
	return rows, nil
}

// classWords says what a class is, with the cut that was found.
func (o *Office) classWords(c echo.Context, k value.Class, found *value.Found) string {
	least := found.LastA
	if k == value.ClassB {
		least = found.LastB
	}
	byPeople, a, b := o.Settings.Now().ValueCuts()
	key := "value.class.means." + string(k)
	if byPeople && (k == value.ClassA || k == value.ClassB) {
		key += ".people"
	}
	return t(c, key, "a", a, "b", b, "least", cash(c, least, found.Currency))
}

func (o *Office) memberRows(c echo.Context, found *value.Found, people []value.Member, narrow bool) ([]memberRow, error) {
	var gaps map[customer.ID][]value.Gap
	if narrow {
		ids := make([]customer.ID, len(people))
		for i := range people {
			ids[i] = people[i].Customer
		}
		var err error
		if gaps, err = value.Missing(c.Request().Context(), o.DB, ids, 3); err != nil {
			return nil, err
		}
	}
	ids := make([]customer.ID, len(people))
	for i := range people {
		ids[i] = people[i].Customer
	}
	numbers, err := customer.Numbers(c.Request().Context(), o.DB, ids)
	if err != nil {
		return nil, err
	}
	rows := make([]memberRow, len(people))
	for i := range people {
		m := &people[i]
		r := memberRow{URL: customerPath(numbers[m.Customer]) + "#value", Email: o.address(c, m.Email), Name: m.Name, Simulated: m.Simulated, Tier: t(c, "value.tier."+string(m.Tier)), Class: string(m.Class),
			Scores: fmt.Sprintf("%d-%d-%d", m.R, m.F, m.M), Net: cash(c, m.Net, found.Currency), Before: cash(c, m.NetBefore, found.Currency),
			Contribution: cash(c, m.Contribution, found.Currency), Recency: t(c, "value.days-ago", "count", m.Recency), Forecast: "–", Alive: "–"}
		if found.Forecast != nil {
			r.Forecast, r.Alive = cash(c, m.Spending, found.Currency), inPercent(m.Alive)
		}
		var misses []string
		for _, g := range gaps[m.Customer] {
			misses = append(misses, t(c, "value.misses", "what", g.Name.In(lang(c)), "count", g.People))
		}
		r.Misses = strings.Join(misses, t(c, "shop.comma"))
		rows[i] = r
	}
	return rows, nil
}

func inHundred(share float64) int { return int(share*100 + .5) }

func inPercent(share float64) string { return strconv.Itoa(int(share*100+.5)) + " %" }

// cutWords say where scores step up.
func cutWords(c echo.Context, found *value.Found) []string {
	k := found.Cuts
	f := "value.cuts.f"
	if k.FixedF {
		f = "value.cuts.f.fixed"
	}
	whole := func(all [4]float64) []any {
		return []any{"a", strconv.Itoa(int(all[0])), "b", strconv.Itoa(int(all[1])), "c", strconv.Itoa(int(all[2])), "d", strconv.Itoa(int(all[3]))}
	}
	price := func(v float64) string { return cash(c, money.Amount(v), found.Currency) }
	return []string{t(c, "value.cuts.r", whole(k.R)...), t(c, f, whole(k.F)...),
		t(c, "value.cuts.m", "a", price(k.M[0]), "b", price(k.M[1]), "c", price(k.M[2]), "d", price(k.M[3]))}
}

// modelWords say what the forecasts are made of, or why there are none.
func (o *Office) modelWords(c echo.Context, found *value.Found) string {
	if f := found.Forecast; f != nil {
		words := t(c, "value.model", "people", found.People, "repeaters", found.Repeaters, "r", fmt.Sprintf("%.3f", f.Buying.R), "alpha", fmt.Sprintf("%.3f", f.Buying.Alpha),
			"a", fmt.Sprintf("%.3f", f.Buying.A), "b", fmt.Sprintf("%.3f", f.Buying.B), "p", fmt.Sprintf("%.2f", f.Worth.P), "q", fmt.Sprintf("%.2f", f.Worth.Q))
		if f.Tried > 0 {
			words += " " + t(c, "value.model.trial", "weeks", int(f.TriedWeeks+.5), "people", f.Tried, "left", inHundred(f.Left), "past", inHundred(f.Past), "level", fmt.Sprintf("%.2f", f.Level))
		} else {
			words += " " + t(c, "value.model.untried")
		}
		if f.Doubtful() {
			words += " " + t(c, "value.model.related", "share", fmt.Sprintf("%.2f", f.Related))
		}
		return words
	}
	return o.cohortWords(c, found)
}

// cohortWords are what can be said below the limits of the data.
func (o *Office) cohortWords(c echo.Context, found *value.Found) string {
	if found.Cohort.People == 0 {
		return t(c, "value.limits.nobody")
	}
	key := "value.limits.sofar"
	if found.WholeYear {
		key = "value.limits.year"
	}
	price := func(v float64) string { return cash(c, money.Amount(v), found.Currency) }
	return t(c, key, "count", found.Cohort.People, "mean", price(found.Cohort.Mean), "low", price(found.Cohort.Range.Low), "high", price(found.Cohort.Range.High))
}

// valueOf is what somebody is worth, for those who may see it.
func (o *Office) valueOf(c echo.Context, id customer.ID) (b valueBox, err error) {
	if b.Shown = o.may(c, "values.read"); !b.Shown {
		return b, nil
	}
	ctx := c.Request().Context()
	score, no, err := value.Of(ctx, o.DB, id)
	if err != nil {
		return b, err
	}
	found, err := value.Kept(ctx, o.DB)
	switch {
	case err != nil:
		return b, err
	case no:
		b.Refused, b.None = true, t(c, "value.refused")
		return b, nil
	case score == nil || found == nil:
		b.None = t(c, "value.nobody")
		return b, nil
	}
	price := func(v money.Amount) string { return cash(c, v, found.Currency) }
	set := o.Settings.Now()
	b.Class, b.Means = t(c, "value.class.name", "class", string(score.Class)), o.classWords(c, score.Class, found)
	b.Contribution = t(c, "value.contribution", "amount", price(score.Contribution), "earned", price(score.Earned), "costed", price(score.Costed), "rest", price(score.Net-score.Costed),
		"margin", percent(int64(set.ValueMargin())), "returns", price(set.ValueReturnCost().Times(score.Returns)), "questions", price(set.ValueQuestionCost().Times(score.Questions)), "lost", price(score.Lost))
	if b.Moves, err = o.moves(c, id, true); err != nil {
		return b, err
	}
	b.Scores = t(c, "value.scores", "r", score.R, "f", score.F, "m", score.M, "recency", score.Recency, "orders", score.Frequency, "net", price(score.Net))
	b.Cuts = strings.Join(cutWords(c, found), " ")
	b.Made = t(c, "value.made", "when", i18n.DateTime(lang(c), found.Made.In(set.Zone())), "people", found.People)
	if found.Forecast == nil {
		b.Limits = o.cohortWords(c, found)
		return b, nil
	}
	f, person := found.Forecast, score.Counts
	orders, spending := f.Ranges(person)
	parts := f.PartsOf(person, set.ValueReferral(), cmp.Or(found.Margin, set.ValueMargin()))
	b.Parts = t(c, "value.parts", "order", price(parts.PerOrder), "year", fmt.Sprintf("%.2f", parts.PerYear), "years", fmt.Sprintf("%.1f", parts.Years),
		"factor", fmt.Sprintf("%.2f", parts.Factor), "total", price(parts.Total), "margin", price(parts.Margin), "percent", percent(int64(cmp.Or(found.Margin, set.ValueMargin()))))
	if set.ValueReferral() > 0 {
		b.Parts += " " + t(c, "value.parts.referred", "percent", percent(int64(set.ValueReferral())))
	} else {
		b.Parts += " " + t(c, "value.parts.alone")
	}
	b.Forecast = t(c, "value.forecast", "count", f.Likely(person), "low", int(orders.Low), "high", int(orders.High), "chance", inHundred(orders.Chance),
		"mean", fmt.Sprintf("%.1f", f.Purchases(person)), "amount", price(score.Spending), "least", price(money.Amount(spending.Low)), "most", price(money.Amount(spending.High)), "sure", inHundred(spending.Chance))
	b.Likely = t(c, "value.likely", "alive", inPercent(score.Alive), "order", inPercent(1-f.Silent(person, 13*found.Season90)))
	if f.Doubtful() {
		b.Limits = t(c, "value.model.related", "share", fmt.Sprintf("%.2f", f.Related))
	}
	return b, nil
}

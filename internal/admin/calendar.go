package admin

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/fault"
	"regulars/internal/pricing"
)

type (
	// dated is a sale or a promotion as the calendar sees it.
	dated struct {
		url, name, starts, ends string
		sale, coded, alone      bool
		priority                int
		categories              []catalog.CategoryID // with all below them
		products                []catalog.ProductID
		variants                []catalog.VariantID
	}
	calendarRow struct {
		URL, Name, Days string
		Weeks           []bool
	}
	calendar struct {
		Weeks []string
		Rows  []calendarRow
		Notes []string
	}
)

func below(tree *catalog.Tree, ids []catalog.CategoryID) (all []catalog.CategoryID) {
	for _, id := range ids {
		all = append(all, tree.Under(id)...)
	}
	return all
}

func datedSale(c echo.Context, s *catalog.Sale, tree *catalog.Tree) dated {
	return dated{url: salePath(s.Token), name: s.Name.In(lang(c)), starts: s.StartsOn, ends: s.EndsOn, sale: true, priority: s.Priority,
		categories: below(tree, s.Categories), products: s.Products, variants: s.Variants}
}

// datedRules are the live sales and promotions that are not over yet, by
// their first day.
func (o *Office) datedRules(c echo.Context, tree *catalog.Tree) ([]dated, error) {
	ctx, today := c.Request().Context(), o.today()
	sales, err := catalog.Sales(ctx, o.DB)
	if err != nil {
		return nil, err
	}
	promotions, err := pricing.Promotions(ctx, o.DB)
	if err != nil {
		return nil, err
	}
	var all []dated
	for i := range sales {
		if sales[i].State == catalog.SaleLive {
			all = append(all, datedSale(c, &sales[i], tree))
		}
	}
	for _, p := range promotions {
		if p.State == pricing.Live {
			all = append(all, dated{url: promotionPath(p.Token), name: p.Name.In(lang(c)), starts: p.StartsOn, ends: p.EndsOn, coded: p.NeedsCode, alone: p.Exclusive,
				priority: p.Priority, categories: below(tree, p.Categories), products: p.Products})
		}
	}
	all = slices.DeleteFunc(all, func(d dated) bool { return d.ends != "" && d.ends < today })
	slices.SortStableFunc(all, func(a, b dated) int { return cmp.Compare(a.starts, b.starts) })
	return all, nil
}

func (d *dated) everything() bool { return len(d.categories)+len(d.products)+len(d.variants) == 0 }

// meets reports whether two rules may be on one thing. A product named by one
// and a category named by the other count as meeting: a warning too many is
// read, one too few is not.
func (d *dated) meets(e *dated) bool {
	if d.everything() || e.everything() {
		return true
	}
	return slices.ContainsFunc(d.categories, func(id catalog.CategoryID) bool { return slices.Contains(e.categories, id) }) ||
		slices.ContainsFunc(d.products, func(id catalog.ProductID) bool { return slices.Contains(e.products, id) }) ||
		slices.ContainsFunc(d.variants, func(id catalog.VariantID) bool { return slices.Contains(e.variants, id) }) ||
		len(d.categories) > 0 && len(e.products)+len(e.variants) > 0 || len(e.categories) > 0 && len(d.products)+len(d.variants) > 0
}

// overlap says in words what happens on the days that two rules share; "" if
// they share none, or no goods.
func (d *dated) overlap(c echo.Context, e dated) string {
	from, until := max(d.starts, e.starts), d.ends
	if until == "" || e.ends != "" && e.ends < until {
		until = e.ends
	}
	if until != "" && from > until || !d.meets(&e) {
		return ""
	}
	key := "admin.calendar.both-promotions"
	switch {
	case d.sale && e.sale && d.priority == e.priority:
		key = "admin.calendar.both-sales"
	case d.sale && e.sale:
		key = "admin.calendar.sale-first"
		if e.priority > d.priority {
			d, e = &e, *d
		}
	case d.sale || e.sale:
		key = "admin.calendar.on-top"
		if !d.sale {
			d, e = &e, *d
		}
	case d.alone || e.alone:
		key = "admin.calendar.alone"
	}
	return t(c, key, "name", d.name, "other", e.name, "days", days(c, from, until))
}

func days(c echo.Context, from, until string) string {
	switch {
	case from == "" && until == "":
		return t(c, "admin.calendar.always")
	case from == "":
		return t(c, "admin.promotion.says.until", "day", until)
	case until == "":
		return t(c, "admin.promotion.says.from", "day", from)
	}
	return t(c, "admin.calendar.days", "from", from, "until", until)
}

// shownWeeks is how far the calendar looks ahead.
const shownWeeks = 8

// calendar shows which rule is in force in which of the next weeks, and what
// happens where two of them meet.
func (o *Office) calendar(c echo.Context, tree *catalog.Tree) (*calendar, error) {
	all, err := o.datedRules(c, tree)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	cal := &calendar{}
	now := o.Now().In(o.Settings.Now().Zone())
	monday := now.AddDate(0, 0, -(int(now.Weekday())+6)%7)
	for w := range shownWeeks {
		cal.Weeks = append(cal.Weeks, monday.AddDate(0, 0, 7*w).Format("01-02"))
	}
	for i, d := range all {
		row := calendarRow{URL: d.url, Name: d.name, Days: days(c, d.starts, d.ends)}
		for w := range shownWeeks {
			from, until := monday.AddDate(0, 0, 7*w).Format(time.DateOnly), monday.AddDate(0, 0, 7*w+6).Format(time.DateOnly)
			row.Weeks = append(row.Weeks, d.starts <= until && (d.ends == "" || d.ends >= from))
		}
		cal.Rows = append(cal.Rows, row)
		for _, e := range all[i+1:] {
			if words := d.overlap(c, e); words != "" && len(cal.Notes) < 12 {
				cal.Notes = append(cal.Notes, words)
			}
		}
	}
	return cal, nil
}

// rehearsedDays of orders are what a promotion is tried on.
const rehearsedDays = 30

// rehearse shows what the promotion of the form would have cost lately; it
// stores nothing.
func (o *Office) rehearse(c echo.Context, p *pricing.Promotion, in inputs) error {
	ctx := c.Request().Context()
	var form fault.Form
	tried := *p
	if err := o.fillPromotion(ctx, o.DB, &form, &tried, in); err != nil {
		return err
	}
	if err := form.Err(); err != nil {
		return err
	}
	now := o.Now()
	r, err := checkout.Rehearse(ctx, o.DB, tried, o.Settings.Now().Currency(), now.AddDate(0, 0, -rehearsedDays), now)
	if err != nil {
		return err
	}
	words := t(c, "admin.promotion.tried", "hits", r.Hits, "count", r.Orders, "cost", cash(c, r.Cost, r.Currency), "days", rehearsedDays)
	if r.Cut {
		words += " " + t(c, "admin.promotion.tried.cut", "count", r.Orders)
	}
	if len(tried.Segments) > 0 {
		words += " " + t(c, "admin.promotion.tried.segment")
	}
	if p.ID == 0 {
		p = nil
	}
	return o.showPromotion(c, http.StatusOK, p, in, nil, words)
}

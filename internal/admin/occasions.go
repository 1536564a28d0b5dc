package admin

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/occasion"
	"regulars/internal/staff"
	"regulars/internal/web"
)

const (
	occasionsPath = "/admin/messages/occasions"
	occasionsSpan = 60 // days ahead that are listed
	occasionsPage = 50
)

type (
	needRow struct {
		URL, Who, Name, Why, When, Mail string
		State                           tag
		Simulated                       bool
	}
	kindRow struct {
		Name, Pairs, Again, Chance, Lift, Recurs string
	}
	needsPage struct {
		web.Page
		In      inputs
		Errors  web.FormErrors
		Found   string // whose preview it is, "" for none
		FoundAt string
		Card    string
		Plans   []needRow
		Once    []string
		Rows    []needRow
		Total   string
		Kinds   []kindRow
		Pager   pager
	}
)

// occasions lists what is brought up soon, what the shop learned of its kinds,
// and, for one person, what would be as of any day.
func (o *Office) occasions(c echo.Context) error {
	in, err := list(c)
	if err != nil {
		return err
	}
	p := &needsPage{Page: page(c, "admin.occasions.title"), In: inputs{"who": c.QueryParam("who"), "on": c.QueryParam("on")}}
	ctx := c.Request().Context()
	tree, err := catalog.LoadTree(ctx, o.DB)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if p.In.Get("who") != "" {
		err := o.previewNeeds(c, p, tree)
		if fault.Kind(err) == fault.Invalid {
			p.Errors, status, err = wrong(c, err), http.StatusUnprocessableEntity, nil
		}
		if err != nil {
			return err
		}
	}
	if p.In.Get("on") == "" {
		p.In["on"] = occasion.Today(o.Now(), o.Settings.Now().Zone()).Format(time.DateOnly)
	}
	rows, total, err := occasion.Upcoming(ctx, o.DB, o.Now().AddDate(0, 0, occasionsSpan), (max(in.Page, 1)-1)*occasionsPage, occasionsPage)
	if err != nil {
		return err
	}
	if p.Rows, err = o.needRows(c, tree, rows); err != nil {
		return err
	}
	p.Total, p.Pager = t(c, "admin.occasions.total", "count", total, "days", occasionsSpan), pages(c, in.Page, occasionsPage, total)
	if p.Kinds, err = o.kindRows(ctx, c, tree); err != nil {
		return err
	}
	return web.Render(c, status, "admin/occasions", p)
}

// needRows are needs of several people with whose they are.
func (o *Office) needRows(c echo.Context, tree *catalog.Tree, rows []occasion.Occasion) ([]needRow, error) {
	ids := make([]customer.ID, len(rows))
	for i := range rows {
		ids[i] = rows[i].CustomerID
	}
	people, err := customer.ByIDs(c.Request().Context(), o.DB, ids)
	if err != nil {
		return nil, err
	}
	zone := o.Settings.Now().Zone()
	var out []needRow
	for i := range rows {
		r := o.needRow(c, tree, &rows[i])
		if k := people[rows[i].CustomerID]; k != nil {
			r.URL, r.Who, r.Simulated = customerPath(k.Number), cmp.Or(k.Name, o.address(c, k.Email)), k.Simulated
		}
		if on, ok := rows[i].Next(occasion.Today(o.Now(), zone).AddDate(0, 0, occasion.RemindTo)); ok {
			r.Mail = spanWords(c, on, zone)
		}
		out = append(out, r)
	}
	return out, nil
}

func spanWords(c echo.Context, on time.Time, zone *time.Location) string {
	from, until := occasion.Span(on, zone)
	return t(c, "admin.occasions.span", "from", i18n.ShortDate(lang(c), from), "until", i18n.ShortDate(lang(c), until.AddDate(0, 0, -1)))
}

// needRow is a need in the words that its person reads as well.
func (o *Office) needRow(c echo.Context, tree *catalog.Tree, n *occasion.Occasion) needRow {
	r := needRow{Name: cmp.Or(n.Name, n.KindNames(lang(c), tree)), Why: n.Why(lang(c), tree), State: tag{"info", t(c, "occasion.state."+string(n.State))}}
	if r.Name == "" {
		r.Name = t(c, "admin.occasions.told")
	}
	if on, ok := n.Next(occasion.Today(o.Now(), o.Settings.Now().Zone())); ok {
		r.When = i18n.Date(lang(c), on)
	}
	if f, ok := occasion.FeastOf(n.Anchor().Feast); ok {
		r.When += " · " + f.Name.In(lang(c))
	}
	if n.Source == occasion.FromOrders {
		r.Why += " " + t(c, "admin.occasions.sure", "years", n.Years, "of", n.OfYears, "percent", int(100*n.Confidence+0.5))
	}
	return r
}

// previewNeeds is what one person would hear as of a day.
func (o *Office) previewNeeds(c echo.Context, p *needsPage, tree *catalog.Tree) error {
	ctx, zone := c.Request().Context(), o.Settings.Now().Zone()
	var form fault.Form
	day, err := time.Parse(time.DateOnly, cmp.Or(p.In.Get("on"), occasion.Today(o.Now(), zone).Format(time.DateOnly)))
	if err != nil || day.Year() < occasion.FirstYear || day.Year() > occasion.LastYear-1 {
		form.Wrong("on", "admin.occasions.day")
		return form.Err()
	}
	who := strings.TrimSpace(p.In.Get("who"))
	var k *customer.Customer
	if strings.Contains(who, "@") {
		k, err = customer.ByEmail(ctx, o.DB, who)
	} else {
		k, err = customer.ByNumber(ctx, o.DB, customer.CleanNumber(who))
	}
	if fault.Kind(err) == fault.NotFound {
		form.Wrong("who", "admin.occasions.nobody")
		return form.Err()
	}
	if err != nil {
		return err
	}
	if err := o.looked(c, k.ID, staff.LookCard); err != nil {
		return err
	}
	at := time.Date(day.Year(), day.Month(), day.Day(), 10, 0, 0, 0, zone)
	plans, once, err := occasion.AsOf(ctx, o.DB, k.ID, zone, at)
	if err != nil {
		return err
	}
	p.Found, p.FoundAt, p.Card = cmp.Or(k.Name, o.address(c, k.Email)), i18n.Date(lang(c), at), customerPath(k.Number)
	for i := range plans {
		n := &plans[i]
		r := o.needRow(c, tree, &n.Occasion)
		kind := map[string]string{occasion.PlanNow: "ok", occasion.PlanLater: "info"}[n.Verdict]
		r.State = tag{cmp.Or(kind, "warn"), t(c, "admin.occasions.plan."+n.Verdict)}
		if !n.On.IsZero() {
			r.When, r.Mail = i18n.Date(lang(c), n.On), spanWords(c, n.On, zone)
			if f, ok := occasion.FeastOf(n.Anchor().Feast); ok {
				r.When += " · " + f.Name.In(lang(c))
			}
		}
		p.Plans = append(p.Plans, r)
	}
	for _, e := range once {
		if shelf, ok := tree.ByID(e.Kind); ok {
			p.Once = append(p.Once, t(c, "admin.occasions.once", "kind", shelf.Name.In(lang(c)), "date", i18n.Date(lang(c), e.Day)))
		}
	}
	return nil
}

// kindRows are what the shop learned of its kinds, those first of which it
// knows most.
func (o *Office) kindRows(ctx context.Context, c echo.Context, tree *catalog.Tree) ([]kindRow, error) {
	shop, err := occasion.Learned(ctx, o.DB)
	if err != nil {
		return nil, err
	}
	var kinds []catalog.CategoryID
	for k, h := range shop {
		if h.Pairs > 0 {
			kinds = append(kinds, k)
		}
	}
	slices.SortFunc(kinds, func(a, b catalog.CategoryID) int {
		return cmp.Or(cmp.Compare(shop[b].Pairs, shop[a].Pairs), cmp.Compare(a, b))
	})
	var rows []kindRow
	for _, k := range kinds {
		h := shop[k]
		shelf, _ := tree.ByID(k)
		r := kindRow{Name: shelf.Name.In(lang(c)), Pairs: i18n.Number(h.Pairs), Again: i18n.Number(h.Again), Chance: i18n.Number(int(h.Chance + 0.5)), Lift: "–", Recurs: fmt.Sprintf("%.0f%%", 100*h.Recurs)}
		if h.Chance >= 1 {
			r.Lift = fmt.Sprintf("%.2f", float64(h.Again)/h.Chance)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// cardNeeds are somebody's yearly needs on their card.
func (o *Office) cardNeeds(c echo.Context, p *personPage, id customer.ID) error {
	ctx := c.Request().Context()
	all, err := occasion.OfCustomer(ctx, o.DB, id)
	if err != nil || len(all) == 0 {
		return err
	}
	tree, err := catalog.LoadTree(ctx, o.DB)
	if err != nil {
		return err
	}
	occasion.InOrder(all, occasion.Today(o.Now(), o.Settings.Now().Zone()))
	for i := range all {
		p.Needs = append(p.Needs, o.needRow(c, tree, &all[i]))
	}
	return nil
}

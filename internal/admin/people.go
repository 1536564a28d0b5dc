package admin

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/i18n"
	"regulars/internal/segment"
	"regulars/internal/web"
)

type segmentsPage struct {
	web.Page
	Rows []segmentRow
}

type segmentRow struct {
	segment.Segment
	Who     string // who belongs to it, in a sentence
	Members int    // -1 for everybody else
	URL     string // its members
}

func (o *Office) segments(c echo.Context) error {
	p := segmentsPage{Page: page(c, "staff.area.segments")}
	if err := o.fillSegments(c, &p); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, "admin/segments", p)
}

func (o *Office) fillSegments(c echo.Context, p *segmentsPage) error {
	ctx := c.Request().Context()
	all, err := segment.List(ctx, o.DB)
	if err != nil {
		return err
	}
	members, err := segment.Counts(ctx, o.DB)
	if err != nil {
		return err
	}
	tree, err := catalog.LoadTree(ctx, o.DB)
	if err != nil {
		return err
	}
	for _, s := range all {
		row := segmentRow{Segment: s, Members: members[s.Key], Who: ruleWords(c, s.Rule, tree)}
		if s.Key == segment.Default {
			row.Members, row.Who = -1, t(c, "admin.rule.default")
		} else if o.may(c, "customers.read") {
			row.URL = "/admin/customers?state=" + s.Key
		}
		p.Rows = append(p.Rows, row)
	}
	return nil
}

// ruleWords says a rule as a sentence.
func ruleWords(c echo.Context, r segment.Rule, tree *catalog.Tree) string {
	var parts []string
	for _, k := range r.Any {
		value := customer.TileName(k.Fact, k.Is)
		switch k.Fact {
		case "occupation":
			value = customer.OccupationName(k.Is)
		case "bought":
			value = i18n.Text{En: k.Is}
			for _, d := range tree.Roots() {
				if d.Code == k.Is {
					value = d.Name
				}
			}
		}
		parts = append(parts, t(c, "admin.rule."+k.Fact, "what", value, "count", max(1, k.AtLeast), "days", k.Days))
	}
	if len(parts) == 0 {
		return t(c, "admin.rule.nobody")
	}
	return strings.Join(parts, t(c, "admin.rule.or"))
}

type chainsPage struct {
	web.Page
	In     listing
	Traits []traitRow
	Write  bool
	Rows   []chainRow
	Pager  pager
}

type chainRow struct {
	Name, URL, Picture string
	To                 []relationRow
}

type relationRow struct{ Kind, Name, Reason, Premise, Source string }

// chains lists what is said to go with what, product by product.
func (o *Office) chains(c echo.Context) error {
	in, err := list(c)
	if err != nil {
		return err
	}
	ctx, currency := c.Request().Context(), o.Settings.Now().Currency()
	found, err := catalog.List(ctx, o.DB, catalog.ListQuery{Currency: currency, All: true, Text: in.Q, Page: in.Page, PerPage: 25, Sort: "name"})
	if err != nil {
		return err
	}
	ids := make([]catalog.ProductID, len(found.Cards))
	for i, k := range found.Cards {
		ids[i] = k.ID
	}
	relations, err := catalog.RelationsFrom(ctx, o.DB, ids)
	if err != nil {
		return err
	}
	ends := make([]catalog.ProductID, len(relations))
	for i, r := range relations {
		ends[i] = r.ToID
	}
	named, err := o.named(ctx, ends)
	if err != nil {
		return err
	}
	p := chainsPage{Page: page(c, "staff.area.chains"), In: in, Pager: pages(c, found.Page, found.PerPage, found.Total)}
	p.Write = o.may(c, "chains.write")
	if p.Traits, err = o.traitRows(c); err != nil {
		return err
	}
	l := p.Lang
	for _, k := range found.Cards {
		row := chainRow{Name: k.Name.In(l), URL: web.In(l, "/p/"+k.Slug), Picture: thumb(k.Image.Src)}
		for _, r := range relations {
			if r.FromID == k.ID {
				row.To = append(row.To, relationRow{t(c, "admin.relation."+r.Kind), named[r.ToID].Name.In(l), r.Reason.In(l), r.Premise.In(l), t(c, "admin.source."+r.Source)})
			}
		}
		p.Rows = append(p.Rows, row)
	}
	return web.Render(c, http.StatusOK, "admin/chains", p)
}

package admin

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/web"
)

type chainsPage struct {
	web.Page
	In     listing
	Traits []traitRow
	Write  bool
	Rows   []chainRow
	Pager  pager
}

type chainRow struct {
	Name, URL string
	Picture   thumb
	To        []relationRow
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
	pictures := thumbs(c, sources(found.Cards))
	for i, k := range found.Cards {
		row := chainRow{Name: k.Name.In(l), URL: web.In(l, "/p/"+k.Slug), Picture: pictures[i]}
		for _, r := range relations {
			if r.FromID == k.ID {
				row.To = append(row.To, relationRow{t(c, "admin.relation."+r.Kind), named[r.ToID].Name.In(l), r.Reason.In(l), r.Premise.In(l), t(c, "admin.source."+r.Source)})
			}
		}
		p.Rows = append(p.Rows, row)
	}
	return web.Render(c, http.StatusOK, "admin/chains", p)
}

package admin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/i18n"
	"regulars/internal/web"
)

type productsPage struct {
	web.Page
	Saved  saved
	In     listing
	Chips  []chip
	Rows   []productRow
	Pager  pager
	Write  bool
	Total  int
	Clear  string
	Sorted map[string]sorted
}

type productRow struct {
	URL, Code, Price, Stock, Category string
	Picture                           thumb
	Name                              i18n.Text
	Published, Out                    bool
}

// sorted is the head of a column that can be ordered by.
type sorted struct{ URL, Aria string }

// products lists the goods; state says which, sort in what order.
func (o *Office) products(c echo.Context) error {
	if to, err := o.opensWith(c, "products"); to != "" || err != nil {
		return errors.Join(err, redirect(c, to))
	}
	in, err := list(c)
	if err != nil {
		return err
	}
	q := catalog.ListQuery{Currency: o.Settings.Now().Currency(), All: true, Text: in.Q, Page: in.Page, PerPage: 50, Sort: sorting(c)}
	switch in.State {
	case "published":
		q.All = false
	case "in-stock":
		q.All, q.InStock = false, true
	}
	ctx := c.Request().Context()
	found, err := catalog.List(ctx, o.DB, q)
	if err != nil {
		return err
	}
	tree, err := catalog.LoadTree(ctx, o.DB)
	if err != nil {
		return err
	}
	p := productsPage{Page: page(c, "staff.area.products"), In: in, Total: found.Total, Write: o.may(c, "products.write"), Clear: "/admin/products",
		Chips: chips(c, "state", in.State, "admin.products.", "", "published", "in-stock"),
		Pager: pages(c, found.Page, found.PerPage, found.Total), Sorted: map[string]sorted{}}
	for _, name := range []string{"name", "price"} {
		s := sorted{URL: with(c, "sort", name)}
		switch q.Sort {
		case name:
			s.Aria = "ascending"
			if name == "price" {
				s.URL = with(c, "sort", "price-desc")
			}
		case name + "-desc":
			s.Aria = "descending"
		}
		p.Sorted[name] = s
	}
	pictures := thumbs(c, sources(found.Cards))
	for i, k := range found.Cards {
		row := o.productRow(c, k, tree)
		row.Picture = pictures[i]
		p.Rows = append(p.Rows, row)
	}
	if p.Saved, err = o.views(c, "products"); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, "admin/products", p)
}

func sources(cards []catalog.Card) (all []string) {
	for _, k := range cards {
		all = append(all, k.Image.Src)
	}
	return all
}

func sorting(c echo.Context) string {
	switch s := c.QueryParam("sort"); s {
	case "name", "price", "price-desc", "new":
		return s
	}
	return "name"
}

func (o *Office) productRow(c echo.Context, k catalog.Card, tree *catalog.Tree) productRow {
	row := productRow{URL: productPath(k.Code), Code: k.Code, Name: k.Name, Published: k.Published, Out: !k.InStock}
	if category, ok := tree.ByID(k.CategoryID); ok {
		row.Category = category.Name.In(lang(c))
	}
	row.Price = t(c, "admin.none")
	if k.Priced {
		row.Price = i18n.Money(lang(c), k.Price)
		if k.From {
			row.Price = t(c, "admin.price.from", "price", row.Price)
		}
	}
	switch {
	case !k.Priced:
		row.Stock = t(c, "admin.none")
	case k.Left < 0:
		row.Stock = t(c, "admin.stock.uncounted")
	default:
		row.Stock = number(k.Left)
	}
	return row
}

// named reads products by id, published or not, for lists that only name them.
func (o *Office) named(ctx context.Context, ids []catalog.ProductID) (map[catalog.ProductID]catalog.Card, error) {
	all := make(map[catalog.ProductID]catalog.Card, len(ids))
	slices.Sort(ids)
	for chunk := range slices.Chunk(slices.Compact(ids), 100) {
		found, err := catalog.List(ctx, o.DB, catalog.ListQuery{IDs: chunk, All: true, Currency: o.Settings.Now().Currency(), PerPage: 100})
		if err != nil {
			return nil, err
		}
		for _, k := range found.Cards {
			all[k.ID] = k
		}
	}
	return all, nil
}

func productPath(code string) string { return "/admin/products/" + url.PathEscape(code) }

func number(n int) string { return i18n.Number(n) }

// choice is one entry of a select.
type choice struct {
	Value, Text string
	Chosen      bool
}

func choices(chosen string, values []string, text func(string) string) []choice {
	out := make([]choice, len(values))
	for i, v := range values {
		out[i] = choice{v, text(v), v == chosen}
	}
	return out
}

// categoryChoices lists the category tree, each with the way to it.
func categoryChoices(c echo.Context, tree *catalog.Tree, chosen string) []choice {
	out := []choice{{"", t(c, "admin.category.none"), chosen == ""}}
	var walk func(list []catalog.Category, before string)
	walk = func(list []catalog.Category, before string) {
		for _, k := range list {
			name := before + k.Name.In(lang(c))
			out = append(out, choice{k.Slug, name, k.Slug == chosen})
			walk(tree.Children(k.ID), name+" › ")
		}
	}
	walk(tree.Roots(), "")
	return out
}

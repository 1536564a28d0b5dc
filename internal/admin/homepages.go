package admin

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/homepage"
	"regulars/internal/i18n"
	"regulars/internal/web"
)

type homepagesPage struct {
	web.Page
	Rows []homeRow
}

type homeRow struct {
	Name, Title, Why i18n.Text
	Sections         []shelfRow
}

type shelfRow struct{ Kind, Category, Title, Reason string }

// homepages lists the home pages in the order in which they are asked.
func (o *Office) homepages(c echo.Context) error {
	ctx := c.Request().Context()
	all, err := homepage.List(ctx, o.DB)
	if err != nil {
		return err
	}
	tree, err := catalog.LoadTree(ctx, o.DB)
	if err != nil {
		return err
	}
	p := homepagesPage{Page: page(c, "staff.area.homepages")}
	for _, v := range all {
		row := homeRow{Name: v.Name, Title: v.Page.Title, Why: v.Page.Lead}
		for _, s := range v.Page.Sections {
			one := shelfRow{Kind: t(c, "admin.shelf."+s.Kind), Title: s.Title.In(lang(c)), Reason: s.Reason.In(lang(c))}
			if k, ok := tree.ByID(s.Category); ok {
				one.Category = k.Name.In(lang(c))
			}
			row.Sections = append(row.Sections, one)
		}
		p.Rows = append(p.Rows, row)
	}
	return web.Render(c, http.StatusOK, "admin/homepages", p)
}

package admin

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/segment"
	"regulars/internal/web"
)

type segmentsPage struct {
	web.Page
	Rows []segmentRow
}

type segmentRow struct {
	segment.Segment
	Who      string // who belongs to it, in a sentence
	Members  int    // -1 for everybody else
	URL      string // its members
	Sections []shelfRow
}

type shelfRow struct{ Kind, Category, Title, Reason string }

func (o *Office) homepages(c echo.Context) error {
	p := segmentsPage{Page: page(c, "staff.area.homepages")}
	if err := o.fillSegments(c, &p, true); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, "admin/homepages", p)
}

func (o *Office) fillSegments(c echo.Context, p *segmentsPage, shelves bool) error {
	ctx := c.Request().Context()
	book, err := segment.Read(ctx, o.DB)
	if err != nil {
		return err
	}
	all, tree := book.Segments, book.Tree
	members, err := segment.Counts(ctx, o.DB)
	if err != nil {
		return err
	}
	for _, s := range all {
		row := segmentRow{Segment: s, Members: members[s.Key], Who: book.Sentence(lang(c), s.Rule)}
		if s.Key == segment.Default {
			row.Members, row.Who = -1, t(c, "admin.rule.default")
		} else if o.may(c, "customers.read") {
			row.URL = "/admin/customers?state=" + s.Key
		}
		if shelves {
			if row.Sections, err = o.shelves(c, s.Key, tree); err != nil {
				return err
			}
		}
		p.Rows = append(p.Rows, row)
	}
	return nil
}

func (o *Office) shelves(c echo.Context, key string, tree *catalog.Tree) ([]shelfRow, error) {
	sections, err := segment.Sections(c.Request().Context(), o.DB, key)
	if err != nil {
		return nil, err
	}
	var rows []shelfRow
	for _, s := range sections {
		row := shelfRow{Kind: t(c, "admin.shelf."+s.Kind), Title: s.Title.In(lang(c)), Reason: s.Reason.In(lang(c))}
		if s.CategoryID != nil {
			if k, ok := tree.ByID(*s.CategoryID); ok {
				row.Category = k.Name.In(lang(c))
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
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

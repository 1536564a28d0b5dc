package admin

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/homepage"
	"regulars/internal/segment"
	"regulars/internal/web"
)

const (
	homeVersions = 20
	homeFound    = 8
)

func urlQuery(s string) string { return url.QueryEscape(s) }

// showHome draws the editor with page p (nil: the draft, else what is public);
// in is what a refused form held.
func (o *Office) showHome(c echo.Context, status int, v *homepage.Variant, p *homepage.Page, in inputs, failure error) error {
	ctx := c.Request().Context()
	tree, err := catalog.LoadTree(ctx, o.DB)
	if err != nil {
		return err
	}
	kinds, err := segment.List(ctx, o.DB)
	if err != nil {
		return err
	}
	e := &homeEditor{Page: web.NewPage(c, v.Name.In(lang(c))), Path: homePath(v.Key), Key: v.Key, State: o.homeState(c, v, kinds), Write: o.may(c, "homepages.write"),
		Fixed: v.Key == homepage.Default, Active: v.Active, Written: v.Written(), Draft: !v.DraftAt.IsZero(), DraftAt: v.DraftAt.Milli(), In: in,
		Errors: wrong(c, failure), Viewer: viewers(c, kinds), MayLook: o.may(c, "customers.read")}
	e.Audience, e.Who = audience(c, v, kinds, tree)
	if p == nil {
		now := current(v)
		p = &now
	}
	if e.In == nil {
		e.In = inputs{}
	}
	if _, refused := e.In["audience"]; !refused {
		e.In["name_en"], e.In["name_zh"], e.In["audience"], e.In["starts_on"], e.In["ends_on"] = v.Name.En, v.Name.Zh, v.Audience, v.StartsOn, v.EndsOn
	}
	e.Audiences = audienceChoices(c, kinds, e.In["audience"])
	if err := o.homeWords(ctx, e, p); err != nil {
		return err
	}
	if err := o.homeSections(c, e, p, tree); err != nil {
		return err
	}
	var slugs []string
	for _, d := range homepage.Arranged(tree.Roots(), p.Departments) {
		slugs, e.Departments = append(slugs, d.Slug), append(e.Departments, deptRow{d.Slug, d.Name.In(lang(c))})
	}
	if len(p.Departments) > 0 {
		e.Names = strings.Join(slugs, " ")
	}
	for _, kind := range homepage.Kinds {
		e.Kinds = append(e.Kinds, choice{kind, t(c, "admin.shelf."+kind), false})
	}
	if err := o.homeVersions(c, e, v); err != nil {
		return err
	}
	return web.Render(c, status, "admin/homepage", e)
}

// homeWords fills the inputs of the page and its sections.
func (o *Office) homeWords(ctx context.Context, e *homeEditor, p *homepage.Page) error {
	e.In["title_en"], e.In["title_zh"], e.In["lead_en"], e.In["lead_zh"] = p.Title.En, p.Title.Zh, p.Lead.En, p.Lead.Zh
	for i, s := range p.Sections {
		at := "_" + strconv.Itoa(i)
		e.In["title_en"+at], e.In["title_zh"+at], e.In["reason_en"+at], e.In["reason_zh"+at] = s.Title.En, s.Title.Zh, s.Reason.En, s.Reason.Zh
		var en, zh []string
		for _, w := range s.Words {
			en, zh = append(en, w.En), append(zh, w.Zh)
		}
		e.In["words_en"+at], e.In["words_zh"+at] = strings.Join(en, "\n"), strings.TrimRight(strings.Join(zh, "\n"), "\n")
	}
	if p.Hero == 0 {
		return nil
	}
	named, err := o.named(ctx, []catalog.ProductID{p.Hero})
	e.In["hero"] = named[p.Hero].Code
	return err
}

func (o *Office) homeSections(c echo.Context, e *homeEditor, p *homepage.Page, tree *catalog.Tree) error {
	at, err := strconv.Atoi(c.QueryParam("at"))
	if err != nil {
		at = -1
	}
	for i, s := range p.Sections {
		row, err := o.sectionRow(c, e, i, s, tree)
		if err != nil {
			return err
		}
		row.First, row.Last = i == 0, i == len(p.Sections)-1
		if i == at {
			if err := o.findFor(c, &row, s); err != nil {
				return err
			}
		}
		e.Sections = append(e.Sections, row)
	}
	return nil
}

func (o *Office) sectionRow(c echo.Context, e *homeEditor, i int, s homepage.Section, tree *catalog.Tree) (sectionRow, error) {
	row := sectionRow{At: strconv.Itoa(i), N: i + 1, Name: sectionName(c, s), Kind: t(c, "admin.shelf."+s.Kind), Own: homepage.Own(s.Kind), Cards: s.HasProducts(),
		Shelf: !homepage.Own(s.Kind) && s.Kind != homepage.Picked && s.Kind != homepage.Searches, Words: s.Kind == homepage.Searches, Picks: s.Kind == homepage.Picked}
	for _, kind := range homepage.Kinds {
		row.Kinds = append(row.Kinds, choice{kind, t(c, "admin.shelf."+kind), kind == s.Kind})
	}
	k, _ := tree.ByID(s.Category)
	row.Categories = categoryChoices(c, tree, k.Slug)
	row.Categories[0].Text = t(c, "admin.home.all")
	for _, n := range []int{2, 3, 4, 6, 8, 12} {
		row.Most = append(row.Most, choice{strconv.Itoa(n), strconv.Itoa(n), n == s.Most()})
	}
	if row.Picks {
		named, err := o.named(c.Request().Context(), append([]catalog.ProductID(nil), s.Products...))
		if err != nil {
			return row, err
		}
		var codes []string
		for _, id := range s.Products {
			if k, ok := named[id]; ok {
				codes, row.Products = append(codes, k.Code), append(row.Products, pickRow{k.Code, k.Name.In(lang(c)), o.unseen(c, k)})
			}
		}
		row.Codes = strings.Join(codes, " ")
	}
	warn, err := o.warnings(c, s, tree, row)
	row.Warn = warn
	for _, w := range warn {
		e.Warnings = append(e.Warnings, t(c, "admin.home.warning", "n", row.N, "name", row.Name, "why", w))
	}
	return row, err
}

// unseen says why a product would not be shown, "" if it would.
func (o *Office) unseen(c echo.Context, k catalog.Card) string {
	switch {
	case !k.Published:
		return t(c, "admin.home.unseen.hidden")
	case k.Sensitive:
		return t(c, "admin.home.unseen.sensitive")
	case !k.Priced:
		return t(c, "admin.home.unseen.priceless")
	case !k.InStock:
		return t(c, "admin.home.unseen.out")
	}
	return ""
}

// warnings says what is wrong with a section that can be published all the
// same: it would stay away, or show less than it says.
func (o *Office) warnings(c echo.Context, s homepage.Section, tree *catalog.Tree, row sectionRow) (all []string, err error) {
	if s.Title.Zh == "" && s.Title.En != "" && !row.Own {
		all = append(all, t(c, "admin.home.warn.zh"))
	}
	if _, there := tree.ByID(s.Category); s.Category != 0 && !there {
		return append(all, t(c, "admin.home.warn.gone")), nil
	}
	if row.Picks {
		out := 0
		for _, k := range row.Products {
			if k.Why != "" {
				out++
			}
		}
		if gone := len(s.Products) - len(row.Products); gone > 0 {
			all = append(all, t(c, "admin.home.warn.lost", "count", gone))
		}
		switch {
		case out > 0 && out == len(row.Products):
			all = append(all, t(c, "admin.home.warn.all-out"))
		case out > 0:
			all = append(all, t(c, "admin.home.warn.some-out", "count", out, "of", len(row.Products)))
		}
		return all, nil
	}
	if !row.Cards || row.Own {
		return all, nil
	}
	return o.shelfWarning(c, s, tree, all)
}

func (o *Office) shelfWarning(c echo.Context, s homepage.Section, tree *catalog.Tree, all []string) ([]string, error) {
	ctx, q := c.Request().Context(), catalog.ListQuery{Currency: o.Settings.Now().Currency(), PerPage: 1}
	if s.Category != 0 {
		q.Categories = tree.Under(s.Category)
	}
	any, err := catalog.List(ctx, o.DB, q)
	if err != nil {
		return all, err
	}
	q.InStock = true
	there, err := catalog.List(ctx, o.DB, q)
	if err != nil {
		return all, err
	}
	switch {
	case any.Total == 0:
		all = append(all, t(c, "admin.home.warn.empty"))
	case there.Total == 0:
		all = append(all, t(c, "admin.home.warn.sold-out", "count", any.Total))
	case there.Total < s.Most() && s.Kind == homepage.Category:
		all = append(all, t(c, "admin.home.warn.few", "count", there.Total, "most", s.Most()))
	}
	if s.Kind == homepage.Reduced {
		cheaper, err := catalog.Reduced(ctx, o.DB, q.Currency)
		if err != nil {
			return all, err
		}
		if len(cheaper) == 0 {
			all = append(all, t(c, "admin.home.warn.not-reduced"))
		}
	}
	return all, nil
}

// findFor lists products that hold the words somebody looked for.
func (o *Office) findFor(c echo.Context, row *sectionRow, s homepage.Section) error {
	row.Find = c.QueryParam("find")
	if row.Find == "" || !row.Picks {
		return nil
	}
	found, err := catalog.List(c.Request().Context(), o.DB, catalog.ListQuery{All: true, Text: row.Find, Currency: o.Settings.Now().Currency(), PerPage: homeFound})
	if err != nil {
		return err
	}
	for _, k := range found.Cards {
		row.Found = append(row.Found, pickRow{k.Code, k.Name.In(lang(c)), o.unseen(c, k)})
	}
	row.NotFound = len(row.Found) == 0
	return nil
}

func (o *Office) homeVersions(c echo.Context, e *homeEditor, v *homepage.Variant) error {
	all, err := homepage.Versions(c.Request().Context(), o.DB, v.Key, homeVersions)
	if err != nil {
		return err
	}
	for _, old := range all {
		by := old.Name
		if by == "" {
			by = old.Email
		}
		if by == "" {
			by = t(c, "admin.home.version.shop")
		}
		e.Versions = append(e.Versions, versionRow{old.Number, old.PublishedAt, by, old.Number == v.Version})
	}
	return nil
}

package storefront

import (
	"cmp"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/fault"
	"regulars/internal/search"
	"regulars/internal/web"
)

const (
	// mostCompared is how many stand side by side: more cannot be read.
	mostCompared = 4
	comparePath  = "/compare"
	// trayName carries what is being compared through the lists, in the address:
	// nothing of it is kept anywhere.
	trayName = "vs"
)

type comparePage struct {
	web.Page
	Notes    []string
	Products []comparedView
	Differ   []compareRow // price, stock, rating, and what sets them apart
	Same     []compareRow
	SameText string
	More     []crumb // of the same shelf, to add
	MoreURL  string  // the shelf itself, with what is here kept in mind
	MoreText string
	Bare     bool
}

type (
	comparedView struct {
		Name, URL, Remove string
		Picture           picture
	}
	compareRow struct {
		Name  string
		Cells []compareCell
	}
	compareCell struct {
		Text    string
		Missing bool
	}
	// tray is what a list page says of products that are being compared.
	tray struct {
		Slugs []string // of products that are not on the page
		Text  string
	}
)

// compare puts up to four products of the address side by side. The address is
// all there is, so it can be sent to somebody else.
func (s *Shop) compare(c echo.Context) error {
	asked := c.QueryParams()["p"]
	all, gone, err := s.compared(c, asked)
	if err != nil {
		return err
	}
	p := comparePage{Page: s.page(c, "compare.title"), Bare: len(all) == 0}
	p.NoIndex = true
	if gone {
		p.Notes = append(p.Notes, t(c, "compare.gone"))
	}
	if len(asked) > mostCompared && len(all) == mostCompared {
		p.Notes = append(p.Notes, t(c, "compare.most", "count", mostCompared))
	}
	if p.Bare {
		return web.Render(c, http.StatusOK, "storefront/compare", &p)
	}
	alike := true
	for _, d := range all {
		alike = alike && d.Card.CategoryID == all[0].Card.CategoryID
		words := s.worded(c, d.Card)
		p.Products = append(p.Products, comparedView{words.Name, words.URL, compareURL(c, slugsOf(all, d.Slug)), words.Picture})
	}
	if !alike {
		p.Notes = append(p.Notes, t(c, "compare.kinds"))
	}
	p.Differ = s.compareHead(c, all)
	for _, row := range compareFacts(c, all, alike) {
		if row.same() && len(all) > 1 {
			p.Same = append(p.Same, row)
		} else {
			p.Differ = append(p.Differ, row)
		}
	}
	p.SameText = t(c, "compare.same", "count", len(p.Same))
	if err := s.compareMore(c, &p, all); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, "storefront/compare", &p)
}

// compared are the products of these slugs, each once, in their order; gone
// says that one is not there any more.
func (s *Shop) compared(c echo.Context, slugs []string) (all []*catalog.Detail, gone bool, err error) {
	ctx := c.Request().Context()
	for _, slug := range slugs[:min(len(slugs), 5*mostCompared)] {
		if len(all) == mostCompared {
			break
		}
		if len(slug) > 200 || !search.Clean(slug) {
			gone = true
			continue
		}
		p, err := s.shelves.BySlug(ctx, s.DB, slug)
		if fault.Kind(err) == fault.NotFound {
			now, is, moveErr := catalog.Moved(ctx, s.DB, "product", slug)
			if moveErr != nil {
				return nil, false, moveErr
			}
			if is {
				p, err = s.shelves.BySlug(ctx, s.DB, now)
			}
		}
		if fault.Kind(err) == fault.NotFound {
			gone = true
			continue
		}
		if err != nil {
			return nil, false, err
		}
		if slices.ContainsFunc(all, func(d *catalog.Detail) bool { return d.ID == p.ID }) {
			continue
		}
		d, err := s.shelves.Detailed(ctx, s.DB, p.ID, s.currency(c))
		if err != nil {
			return nil, false, err
		}
		all = append(all, d)
	}
	return all, gone, nil
}

func slugsOf(all []*catalog.Detail, without string) (slugs []string) {
	for _, d := range all {
		if d.Slug != without {
			slugs = append(slugs, d.Slug)
		}
	}
	return slugs
}

func compareURL(c echo.Context, slugs []string) string {
	return withQuery(web.URL(c, comparePath), url.Values{"p": slugs})
}

// compareHead are the rows that every product has.
func (s *Shop) compareHead(c echo.Context, all []*catalog.Detail) []compareRow {
	price, stock, rating := compareRow{Name: t(c, "compare.price")}, compareRow{Name: t(c, "compare.stock")}, compareRow{Name: t(c, "compare.rating")}
	for _, d := range all {
		words := s.worded(c, d.Card)
		cost := compareCell{Text: words.Price.Now}
		if !d.Card.Priced {
			cost = compareCell{t(c, "shop.not-sold"), true}
		}
		there := compareCell{Text: t(c, "compare.there")}
		switch {
		case !d.Card.InStock || d.Card.Waits || d.Card.Left > 0 && d.Card.Left <= lowStock:
			there.Text = words.Note
		case d.Digital:
			there.Text = t(c, "compare.digital")
		}
		price.Cells, stock.Cells = append(price.Cells, cost), append(stock.Cells, there)
		rating.Cells = append(rating.Cells, compareCell{cmp.Or(words.Rated, t(c, "compare.unrated")), words.Rated == ""})
	}
	return []compareRow{price, stock, rating}
}

// compareFacts lays facts of one key and name side by side: all of them where
// the products are of one kind, else those that each one states.
func compareFacts(c echo.Context, all []*catalog.Detail, alike bool) []compareRow {
	type about struct{ key, name string }
	var order []about
	rows := map[about]*compareRow{}
	for i, d := range all {
		for _, f := range d.Facts {
			at := about{f.Key, f.Name.En}
			row := rows[at]
			if row == nil {
				row = &compareRow{Name: in(c, f.Name), Cells: make([]compareCell, len(all))}
				rows[at] = row
				order = append(order, at)
			}
			if row.Cells[i].Text != "" {
				row.Cells[i].Text += t(c, "shop.comma")
			}
			row.Cells[i].Text += in(c, f.Value)
		}
	}
	var out []compareRow
	for _, at := range order {
		row := *rows[at]
		lacks := false
		for i := range row.Cells {
			if row.Cells[i].Text == "" {
				row.Cells[i], lacks = compareCell{t(c, "compare.unsaid"), true}, true
			}
		}
		if alike || !lacks {
			out = append(out, row)
		}
	}
	return out
}

func (r compareRow) same() bool {
	for _, k := range r.Cells {
		if k != r.Cells[0] {
			return false
		}
	}
	return true
}

// compareMore offers others of the first product's shelf.
func (s *Shop) compareMore(c echo.Context, p *comparePage, all []*catalog.Detail) error {
	if len(all) == mostCompared {
		return nil
	}
	shelf := all[0].Card.CategoryID
	tree, err := s.tree(c)
	if err != nil {
		return err
	}
	k, ok := tree.ByID(shelf)
	if !ok {
		return nil
	}
	slugs := slugsOf(all, "")
	ids, err := s.shelves.Order(c.Request().Context(), s.DB, []catalog.CategoryID{shelf}, "", s.currency(c))
	if err != nil {
		return err
	}
	cards, err := s.shelves.Cards(c.Request().Context(), s.DB, ids[:min(len(ids), 6+mostCompared)], s.currency(c))
	if err != nil {
		return err
	}
	for _, k := range cards {
		if k.InStock && !slices.Contains(slugs, k.Slug) && len(p.More) < 6 {
			p.More = append(p.More, crumb{in(c, k.Name), compareURL(c, append(slices.Clone(slugs), k.Slug))})
		}
	}
	if len(p.More) == 0 { // the shelf has no other
		k = tree.Path(k.ID)[0]
	}
	p.MoreURL, p.MoreText = withQuery(web.URL(c, "/c/"+k.Slug), url.Values{trayName: slugs}), t(c, "compare.more.all", "shelf", k.Name)
	return nil
}

// ticked puts a box to compare by on the cards of a list. It belongs to the
// form behind the list, and is put into cards that are drawn already: other
// places show the same cards without it.
func ticked(c echo.Context, cards []card, list []catalog.Card, chosen []string) []card {
	for i, k := range list {
		before, ok := strings.CutSuffix(strings.TrimSpace(string(cards[i].HTML)), "</li>")
		if !ok {
			continue
		}
		box := `<label class="card-tick"><input type="checkbox" name="p" form="compare" value="` + template.HTMLEscapeString(k.Slug) + `"`
		if slices.Contains(chosen, k.Slug) {
			box += " checked"
		}
		cards[i].HTML = template.HTML(before + box + `><span>` + template.HTMLEscapeString(t(c, "compare.tick")) +
			`<span class="hidden-text"> ` + template.HTMLEscapeString(in(c, k.Name)) + `</span></span></label></li>`)
	}
	return cards
}

// trayOf says which products the address carries through the lists.
func (s *Shop) trayOf(c echo.Context, n narrowing, list []catalog.Card) (*tray, error) {
	all, _, err := s.compared(c, n.values[trayName])
	if err != nil || len(all) == 0 {
		return nil, err
	}
	var names []string
	out := &tray{}
	for _, d := range all {
		names = append(names, d.Name.In(web.Lang(c)))
		if !slices.ContainsFunc(list, func(k catalog.Card) bool { return k.ID == d.ID }) {
			out.Slugs = append(out.Slugs, d.Slug)
		}
	}
	if len(all) == mostCompared {
		out.Text = t(c, "compare.tray.full", "names", strings.Join(names, t(c, "shop.comma")))
		return out, nil
	}
	out.Text = t(c, "compare.tray", "names", strings.Join(names, t(c, "shop.comma")), "count", mostCompared-len(all))
	return out, nil
}

package storefront

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/search"
	"regulars/internal/shoplist"
	"regulars/internal/web"
)

const (
	offersMost  = 3  // matches of a line
	offersAsked = 12 // found, of which some cannot be had
)

type (
	orderListPage struct {
		web.Page
		Heading, Text string
		Read          bool
		Found, Asks   string // in words, how many lines need no click, and how many do
		More          string // lines beyond those that are read
		Lines         []listLine
		Any           bool // something can be chosen
		Lists         string
	}
	// listLine is a line of a paste with what it may mean.
	listLine struct {
		Text, Note, Search string
		Rows               []pickRow
	}
)

func (s *Shop) listRoutes(slow echo.MiddlewareFunc) {
	e := s.Web.Echo
	e.GET("/order-list", s.orderList)
	e.POST("/order-list", s.readOrderList, slow)
	e.POST("/order-list/cart", s.takePicks, slow)
}

func (s *Shop) orderListPage(c echo.Context) *orderListPage {
	p := &orderListPage{Page: s.page(c, "paste.title"), Heading: t(c, "paste.title")}
	p.Description = t(c, "paste.lead", "most", shoplist.MostLines)
	return p
}

func (s *Shop) orderList(c echo.Context) error {
	return web.Render(c, http.StatusOK, "storefront/order-list", s.orderListPage(c))
}

// readOrderList finds what each line of a paste means. Nothing is written.
func (s *Shop) readOrderList(c echo.Context) error {
	var f struct {
		Text string `form:"text,raw,max=20000"`
	}
	if err := web.Form(c, &f); err != nil {
		return err
	}
	p := s.orderListPage(c)
	p.NoIndex = true
	lines, more := shoplist.Read(f.Text)
	p.Text, p.Read = f.Text, true
	if more > 0 {
		p.More = t(c, "paste.more", "most", shoplist.MostLines, "count", more)
	}
	var err error
	if p.Lines, err = s.matchLines(c, lines); err != nil {
		return err
	}
	sure, offers := 0, 0
	for _, l := range p.Lines {
		switch {
		case slices.ContainsFunc(l.Rows, func(r pickRow) bool { return r.Chosen }):
			sure++
		case len(l.Rows) > 0:
			offers++
		}
		p.Any = p.Any || slices.ContainsFunc(l.Rows, func(r pickRow) bool { return r.Out == "" })
	}
	p.Found, p.Asks = t(c, "paste.found", "count", sure, "all", len(lines)), ""
	if offers > 0 {
		p.Asks = t(c, "paste.asks", "count", offers)
	}
	return web.Render(c, http.StatusOK, "storefront/order-list", p)
}

// offer is what a line may mean: a variant, and whether that needs no click.
type offer struct {
	variant catalog.VariantID
	qty     int
	sure    bool
}

// matchLines finds for each line its SKU, or up to three goods by the search.
func (s *Shop) matchLines(c echo.Context, lines []shoplist.Line) ([]listLine, error) {
	ctx := c.Request().Context()
	var skus []string
	for _, l := range lines {
		skus = append(append(skus, l.Cells...), l.Whole)
	}
	known, err := catalog.VariantsBySKU(ctx, s.DB, skus)
	if err != nil {
		return nil, err
	}
	found := make([][]offer, len(lines))
	goods := make([][]catalog.ProductID, len(lines))
	var products []catalog.ProductID
	asked := map[string][]catalog.ProductID{}
	for i, l := range lines {
		if v, ok := known[strings.ToUpper(l.Whole)]; ok {
			found[i] = []offer{{v.ID, 1, true}}
			continue
		}
		if at := slices.IndexFunc(l.Cells, func(cell string) bool { _, ok := known[strings.ToUpper(cell)]; return ok }); at >= 0 {
			found[i] = []offer{{known[strings.ToUpper(l.Cells[at])].ID, l.Qty, true}}
			continue
		}
		ids, seen := asked[l.Words]
		if !seen {
			for _, words := range []string{l.Words, l.Bare()} {
				if len(ids) > 0 || words == "" {
					break
				}
				if ids, err = s.meant(c, words, offersAsked); err != nil {
					return nil, err
				}
			}
			asked[l.Words] = ids
		}
		goods[i], products = ids, append(products, ids...)
	}
	variants, err := catalog.VariantsOf(ctx, s.DB, unique(products))
	if err != nil {
		return nil, err
	}
	var all []catalog.VariantID
	for _, ids := range variants {
		all = append(all, ids...)
	}
	for _, f := range found {
		for _, o := range f {
			all = append(all, o.variant)
		}
	}
	there, err := catalog.Buyables(ctx, s.DB, all, s.currency(c))
	if err != nil {
		return nil, err
	}
	rows := make([]listLine, len(lines))
	for i, l := range lines {
		if found[i] == nil {
			found[i] = offers(l, goods[i], variants, there)
		}
		rows[i] = s.listLine(c, l, found[i], there)
	}
	return rows, nil
}

// offers chooses what a line that names no SKU may mean: of one product its
// variants whose choices the line names, of several one each. A product called
// exactly so, that has one variant, needs no click.
func offers(l shoplist.Line, goods []catalog.ProductID, variants map[catalog.ProductID][]catalog.VariantID, there map[catalog.VariantID]catalog.Buyable) (all []offer) {
	words := search.Terms(l.Words)
	for _, id := range goods {
		var can []catalog.Buyable
		for _, v := range variants[id] {
			if b := there[v]; b.Published && b.Active && b.Priced && !b.GiftCard {
				can = append(can, b)
			}
		}
		if len(can) == 0 {
			continue
		}
		whole, named := called(can[0], l.Whole), called(can[0], l.Words)
		if whole || named {
			qty := l.Qty
			if whole && !named {
				qty = 1
			}
			all = nil
			for _, b := range best(can, words, offersMost) {
				all = append(all, offer{b.VariantID, qty, len(can) == 1})
			}
			return all
		}
		most := 1
		if len(goods) == 1 {
			most = offersMost
		}
		for _, b := range best(can, words, most) {
			if len(all) < offersMost {
				all = append(all, offer{b.VariantID, l.Qty, false})
			}
		}
	}
	return all
}

// called reports whether a product's name, in either language, is these words.
func called(b catalog.Buyable, words string) bool {
	return strings.EqualFold(b.Name.En, words) || b.Name.Zh != "" && b.Name.Zh == words
}

// best are the variants whose choices the words name most of, then those that
// are there, in the product's order.
func best(can []catalog.Buyable, words []string, most int) []catalog.Buyable {
	score := func(b catalog.Buyable) (n int) {
		for _, w := range append(search.Terms(b.Choices.En), search.Terms(b.Choices.Zh)...) {
			if slices.Contains(words, w) {
				n += 2
			}
		}
		if b.Available != 0 {
			n++
		}
		return n
	}
	can = slices.Clone(can)
	slices.SortStableFunc(can, func(a, b catalog.Buyable) int { return score(b) - score(a) })
	return can[:min(most, len(can))]
}

func (s *Shop) listLine(c echo.Context, l shoplist.Line, found []offer, there map[catalog.VariantID]catalog.Buyable) listLine {
	row := listLine{Text: l.Text}
	for _, o := range found {
		b, ok := there[o.variant]
		if !ok {
			continue
		}
		r := s.pickRow(c, b, o.qty)
		r.Name = t(c, "paste.row", "count", o.qty, "name", r.Name, "sku", b.SKU)
		r.Chosen = o.sure && r.Out == ""
		row.Rows = append(row.Rows, r)
	}
	switch {
	case len(row.Rows) == 0:
		row.Note, row.Search = t(c, "paste.unknown"), web.URL(c, "/search")+"?"+url.Values{"q": {l.Words}}.Encode()
	case len(found) > 0 && !found[0].sure:
		row.Note = t(c, "paste.choose")
	}
	return row
}

package storefront

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
	"regulars/internal/catalog"
	"regulars/internal/event"
	"regulars/internal/money"
	"regulars/internal/search"
	"regulars/internal/slot"
	"regulars/internal/web"
)

const (
	perPage    = 24
	queryRunes = 200
)

// narrowing is what an address asks of a list. What cannot be understood in it
// is passed over: a mistyped filter shows more, never an error.
type narrowing struct {
	values  url.Values
	query   search.Query
	inStock bool
	scoped  string // the department a search is narrowed to
	page    int    // as asked; 0 = a page that cannot be
	yours   *yours // nil where nobody may be known
}

func (s *Shop) narrowing(c echo.Context) narrowing {
	asked, _ := url.ParseQuery(c.Request().URL.RawQuery)
	a := search.ReadAddress(asked, web.Lang(c), s.currency(c))
	n := narrowing{values: a.Values, query: a.Query, inStock: a.InStock, page: 1}
	n.query.PerPage = perPage
	if carried := asked[trayName]; len(carried) > 0 {
		// Each link of the page says them again: what is no slug is not carried on.
		for _, slug := range carried[:min(len(carried), mostCompared)] {
			if len(slug) <= 200 && search.Clean(slug) {
				n.values.Add(trayName, slug)
			}
		}
	}
	if p := asked.Get("page"); p != "" {
		if i, err := strconv.Atoi(p); err == nil {
			n.page = max(i, 0)
		}
	}
	n.query.Page = n.page
	return n
}

// list asks the engine for a page and the database for its cards. What may not
// be shown any more since the engine heard of it is left out; the total may
// count it for that moment.
func (s *Shop) list(c echo.Context, q search.Query) (*catalog.Listing, error) {
	ctx := c.Request().Context()
	found, err := s.Finder.Find(ctx, q)
	if err != nil {
		return nil, err
	}
	l := &catalog.Listing{Total: found.Total, Page: found.Page, PerPage: q.PerPage, Facets: found.Facets, Bands: found.Bands, Under: found.Under}
	l.Cards, err = s.shelves.Cards(ctx, s.DB, found.IDs, q.Currency)
	return l, err
}

// narrowed is the list that an address asks for.
func (s *Shop) narrowed(c echo.Context, n narrowing) (l *catalog.Listing, err error) {
	if n.inStock {
		if n.query.Without, err = catalog.SoldOut(c.Request().Context(), s.DB, n.query.Currency); err != nil {
			return nil, err
		}
	}
	if n.yours != nil && n.yours.on {
		return s.listYours(c, n.query, n.yours)
	}
	return s.list(c, n.query)
}

func (n narrowing) filtered() bool {
	return len(n.query.Facets) > 0 || n.query.Min > 0 || n.query.Max > 0 || n.inStock || n.scoped != ""
}

// link is the address of the same list with names set (or, to "", taken out);
// it always leads to the first page.
func (n narrowing) link(path string, pairs ...string) string {
	v := url.Values{}
	for name, values := range n.values {
		v[name] = values
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Del(pairs[i])
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

func (n narrowing) without(path, name, value string) string {
	v := url.Values{}
	for k, values := range n.values {
		for _, x := range values {
			if k != name || x != value {
				v.Add(k, x)
			}
		}
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// The data of the list's parts (templates/storefront/parts-list.html).
type (
	chip       struct{ URL, Text string }
	facetValue struct {
		Code, Text    string
		Count         int
		Chosen, Empty bool
	}
	facet struct {
		Key, Name string
		Values    []facetValue
	}
	band struct {
		URL, Text string
		Count     int
		Chosen    bool
	}
	hidden    struct{ Name, Value string }
	pagerLink struct {
		Text, URL    string
		Current, Gap bool
	}
	pager struct {
		Label, Prev, PrevText, Next, NextText, Status string
		Pages                                         []pagerLink
	}
	sortChoice struct {
		Value, Text string
		Chosen      bool
	}
	listing struct {
		Path, CountText, ShowText string
		Cards                     []card
		Facets                    []facet
		Bands                     []band
		InUse                     []chip
		ClearURL                  string
		Min, Max                  string
		InStock                   bool
		Sorts                     []sortChoice
		Yours                     *yoursLine // why the list is in this order
		Tray                      *tray      // what is being compared already
		ForSort, ForFacets        []hidden
		Pager                     pager
		Keep                      *keeping // to save what was asked; nil where there is nothing to save
	}
)

// firstRow has the pictures that stand in the first window asked for at once: a
// browser finds out late which of the lazy ones are seen.
func firstRow(cards []card) []card {
	for i := range cards[:min(len(cards), 4)] {
		cards[i].Picture.Eager = true
		cards[i].HTML = template.HTML(strings.Replace(string(cards[i].HTML), ` loading="lazy"`, ` fetchpriority="high"`, 1))
	}
	return cards
}

// listing words a list for its page; path is in the page's language.
func (s *Shop) listing(c echo.Context, n narrowing, l *catalog.Listing, path string) (listing, error) {
	yours, err := s.yoursLine(c, n, path)
	if err != nil {
		return listing{}, err
	}
	tray, err := s.trayOf(c, n, l.Cards)
	if err != nil {
		return listing{}, err
	}
	out := listing{Path: path, Tray: tray, CountText: t(c, "shop.list.count", "count", l.Total), ShowText: t(c, "shop.list.show", "count", l.Total),
		Cards: ticked(c, firstRow(s.cards(c, l.Cards)), l.Cards, n.values[trayName]), Min: n.values.Get("min"), Max: n.values.Get("max"), InStock: n.inStock}
	cur := n.query.Currency
	for _, f := range l.Facets {
		if len(f.Values) < 2 && !f.Values[0].Chosen || slices.Contains(search.NotFacets, f.Key) {
			continue // one value for all narrows nothing
		}
		view := facet{Key: f.Key, Name: in(c, f.Name)}
		for _, v := range f.Values {
			view.Values = append(view.Values, facetValue{v.Code, in(c, v.Value), v.Count, v.Chosen, v.Count == 0 && !v.Chosen})
			if v.Chosen {
				out.InUse = append(out.InUse, chip{n.without(path, f.Key, v.Code), in(c, v.Value)})
			}
		}
		out.Facets = append(out.Facets, view)
	}
	for _, b := range l.Bands {
		link := n.link(path, "min", decimal(b.Min, cur), "max", decimal(b.Max, cur))
		if b.Chosen {
			link = n.link(path, "min", "", "max", "")
		}
		out.Bands = append(out.Bands, band{link, s.span(c, b.Min, b.Max, cur), b.Count, b.Chosen})
	}
	if n.query.Min > 0 || n.query.Max > 0 {
		out.InUse = append(out.InUse, chip{n.link(path, "min", "", "max", ""), s.span(c, n.query.Min, n.query.Max, cur)})
	}
	if n.inStock {
		out.InUse = append(out.InUse, chip{n.link(path, "stock", ""), t(c, "shop.list.in-stock")})
	}
	kept := url.Values{}
	for _, name := range []string{"q", trayName} {
		if len(n.values[name]) > 0 && n.values[name][0] != "" {
			kept[name] = n.values[name]
		}
	}
	out.ClearURL = withQuery(path, kept)
	out.Yours = yours
	out.Sorts = s.sortsFor(c, n, yours)
	for name, values := range n.values {
		for _, v := range values {
			if name != "sort" {
				out.ForSort = append(out.ForSort, hidden{name, v})
			}
			if name == "sort" || name == "q" || name == "exact" || name == "in" || name == trayName {
				out.ForFacets = append(out.ForFacets, hidden{name, v})
			}
		}
	}
	slices.SortFunc(out.ForSort, func(a, b hidden) int { return strings.Compare(a.Name+a.Value, b.Name+b.Value) })
	slices.SortFunc(out.ForFacets, func(a, b hidden) int { return strings.Compare(a.Name+a.Value, b.Name+b.Value) })
	out.Pager = pages(c, n, l, path)
	out.Keep = s.keeping(c, n, path, out.InUse)
	return out, nil
}

func decimal(a money.Amount, cur money.Currency) string {
	if a == 0 {
		return ""
	}
	return a.Decimal(cur)
}

func (s *Shop) span(c echo.Context, low, high money.Amount, cur money.Currency) string {
	switch {
	case high == 0:
		return t(c, "shop.list.from", "price", money.Price{Amount: low, Currency: cur})
	case low == 0:
		return t(c, "shop.list.to", "price", money.Price{Amount: high, Currency: cur})
	}
	return t(c, "shop.list.range", "from", money.Price{Amount: low, Currency: cur}, "to", money.Price{Amount: high, Currency: cur})
}

func pages(c echo.Context, n narrowing, l *catalog.Listing, path string) pager {
	return leafed(c, l.Page, (l.Total+l.PerPage-1)/l.PerPage, func(i int) string {
		if i == 1 {
			return n.link(path)
		}
		return n.link(path, "page", strconv.Itoa(i))
	})
}

// leafed leads through pages: page is the one that is shown.
func leafed(c echo.Context, page, total int, to func(int) string) pager {
	p := pager{Label: t(c, "shop.pager"), PrevText: t(c, "shop.pager.prev"), NextText: t(c, "shop.pager.next"),
		Status: t(c, "shop.pager.status", "page", page, "pages", total)}
	if page > 1 {
		p.Prev = to(page - 1)
	}
	if page < total {
		p.Next = to(page + 1)
	}
	last := 0
	for i := 1; i <= total; i++ {
		if i != 1 && i != total && (i < page-1 || i > page+1) {
			continue
		}
		if i > last+1 {
			p.Pages = append(p.Pages, pagerLink{Gap: true})
		}
		p.Pages = append(p.Pages, pagerLink{Text: strconv.Itoa(i), URL: to(i), Current: i == page})
		last = i
	}
	return p
}

type categoryPage struct {
	web.Page
	Heading, Help string
	Crumbs        crumbs
	Shelves       []shelfChip
	Still         *picture // where nothing is narrowed yet: then what was found comes first
	List          listing
	Banner        *strip
	LD            []map[string]any // where nothing is narrowed: crumbs and list as schema.org has them
}

func (s *Shop) category(c echo.Context) error {
	ctx, slug := c.Request().Context(), c.Param("slug")
	tree, err := s.tree(c)
	if err != nil {
		return err
	}
	k, ok := tree.BySlug(slug)
	if !ok {
		now, is, err := catalog.Moved(ctx, s.DB, "category", slug)
		if err != nil {
			return err
		}
		if is {
			return moved(c, "/c/"+now)
		}
		return ended()
	}
	n := s.narrowing(c)
	if err := s.offerYours(c, &n); err != nil {
		return err
	}
	n.query.Shelves = tree.Under(k.ID)
	l, err := s.narrowed(c, n)
	if err != nil {
		return err
	}
	if l.Page != n.page {
		return ended()
	}
	path := web.URL(c, "/c/"+k.Slug)
	p := categoryPage{Page: s.titled(c, k.Name), Heading: in(c, k.Name), Help: in(c, k.Help), Crumbs: s.trail(c, tree.Path(k.ID), "")}
	if p.List, err = s.listing(c, n, l, path); err != nil {
		return err
	}
	p.Description = p.Help
	if l.Page > 1 && !n.filtered() && p.Canonical != "" {
		p.Canonical += "?page=" + strconv.Itoa(l.Page)
	}
	p.Shelves = shelfChips(c, tree, k)
	if !n.filtered() {
		p.LD = []map[string]any{s.linkedTrail(c, tree.Path(k.ID), ""), s.linkedList(c, l)}
	}
	pieces := arranged(fromEachShelf(l.Cards), 5)
	s.preview(&p.Page, k.Hue, pieces)
	if l.Page == 1 && !n.filtered() {
		p.Still = still(c, art.Wide, k.Hue, pieces)
	}
	if l.Page == 1 && !n.filtered() {
		if p.Banner, err = s.banner(c, slot.BannerShelf, k.Slug); err != nil {
			return err
		}
	}
	s.note(c, event.Event{Kind: event.ListShown, Detail: k.Slug})
	s.showed(c)
	return web.Render(c, http.StatusOK, "storefront/category", &p)
}

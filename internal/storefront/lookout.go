package storefront

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/lookout"
	"regulars/internal/outreach"
	"regulars/internal/search"
	"regulars/internal/web"
)

type (
	// keeping is a list as it would be saved as a search.
	keeping struct{ Shelf, Query, Name string }

	searchRow struct {
		Token, URL, Name, Note, Told string
		Tell, Can                    bool // it tells of new ones; it can
		Errors                       web.FormErrors
	}
	searchesPage struct {
		accountPage
		Rows []searchRow
		New  *keeping // what somebody is about to save
		Off  string   // in words, why nobody is told of anything
	}
)

func (s *Shop) lookoutRoutes(slow echo.MiddlewareFunc) {
	e := s.Web.Echo
	e.GET("/account/searches", s.searches)
	e.POST("/account/searches", s.keepSearch, slow)
	e.POST("/account/searches/:token", s.changeSearch, slow)
}

// keeping is what saves the list at path; nil where there is nothing to look
// for: a shelf without filters.
func (s *Shop) keeping(c echo.Context, n narrowing, path string, chips []chip) *keeping {
	words, shelf, bare := n.values.Get("q"), "", strings.TrimPrefix(path, "/zh")
	if slug, ok := strings.CutPrefix(bare, "/c/"); ok {
		if !n.filtered() {
			return nil
		}
		shelf = slug
	} else if strings.TrimSpace(words) == "" {
		return nil
	}
	var parts []string
	if words != "" {
		parts = append(parts, words)
	} else if tree, err := s.tree(c); err == nil {
		if k, ok := tree.BySlug(shelf); ok {
			parts = append(parts, in(c, k.Name))
		}
	}
	for _, ch := range chips {
		parts = append(parts, ch.Text)
	}
	k := &keeping{Shelf: shelf, Query: n.values.Encode(), Name: cutTo(strings.Join(parts, t(c, "shop.searches.and")), lookout.MostName)}
	return k
}

// URL leads to where the list is saved: a link, the same for everybody, since
// a form's token would make a page that is everybody's their own.
func (k *keeping) URL() string {
	return "/account/searches?" + url.Values{"shelf": {k.Shelf}, "query": {k.Query}, "name": {k.Name}}.Encode()
}

// keepSearch saves a list. A guest signs in first and is led back to the list,
// to press again: nothing is saved of a browser that nobody knows.
func (s *Shop) keepSearch(c echo.Context) error {
	var f struct {
		Shelf string `form:"shelf,max=200"`
		Query string `form:"query,max=4000"`
		Name  string `form:"name,max=400"`
	}
	if err := web.Form(c, &f); err != nil {
		return err
	}
	asked, err := url.ParseQuery(f.Query)
	if err != nil {
		return fault.New(fault.Invalid, "lookout.nothing")
	}
	tree, err := s.tree(c)
	if err != nil {
		return err
	}
	kept := lookout.Search{Name: f.Name, Lang: web.Lang(c), Currency: s.currency(c), Words: asked.Get("q"), Exact: asked.Get("exact") == "1"}
	a := search.ReadAddress(asked, kept.Lang, kept.Currency)
	kept.Filters = a.Filters()
	slug := f.Shelf
	if kept.Words != "" {
		slug = asked.Get("in")
	}
	if k, ok := tree.BySlug(slug); ok {
		kept.Shelf = k.ID
	}
	p, err := s.person(c)
	if err != nil {
		return err
	}
	back := kept.Path(tree)
	if !p.SignedIn() {
		if back == "" {
			return fault.New(fault.Invalid, "lookout.nothing")
		}
		web.Flash(c, "info", "shop.searches.sign-in")
		return web.Redirect(c, "/signin?"+url.Values{"next": {web.URL(c, back)}}.Encode())
	}
	kept.CustomerID = p.CustomerID()
	var fresh bool
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		fresh, err = lookout.Keep(ctx, tx, kept, s.Now())
		return err
	})
	if err != nil && fault.Kind(err) == fault.Conflict {
		web.Flash(c, "warn", "lookout.many", "count", lookout.Most)
		return web.Redirect(c, "/account/searches")
	}
	if err != nil {
		return err
	}
	if fresh {
		web.Flash(c, "ok", "shop.searches.kept")
	} else {
		web.Flash(c, "info", "shop.searches.same")
	}
	return web.Redirect(c, "/account/searches")
}

// searches lists what somebody saved, with what each finds now.
func (s *Shop) searches(c echo.Context) error {
	return s.searchesPage(c, http.StatusOK, "", "", nil)
}

// searchesPage shows the list; the row of token carries what is wrong with the
// name that was typed for it.
func (s *Shop) searchesPage(c echo.Context, status int, token, typed string, wrong error) error {
	base, p, err := s.accountPage(c, "searches")
	if err != nil {
		return err
	}
	ctx, page := c.Request().Context(), &searchesPage{accountPage: base}
	if q := c.QueryParams(); q.Get("query") != "" && len(c.Request().URL.RawQuery) <= 4000 {
		page.New = &keeping{q.Get("shelf"), q.Get("query"), q.Get("name")}
	}
	all, err := lookout.OfCustomer(ctx, s.DB, p.CustomerID())
	if err != nil {
		return err
	}
	tree, err := s.tree(c)
	if err != nil {
		return err
	}
	for i := range all {
		row, err := s.searchRow(c, &all[i], tree)
		if err != nil {
			return err
		}
		if row.Token == token {
			row.Name, row.Errors = typed, web.Errors(c, wrong)
			for k := range row.Errors.Items {
				row.Errors.Items[k].Field = "name-" + token
			}
		}
		page.Rows = append(page.Rows, row)
	}
	may, err := customer.MayMail(ctx, s.DB, p.CustomerID(), customer.MailOffers)
	if err != nil {
		return err
	}
	off, err := s.topicOff(c, p, outreach.Searches)
	if err != nil {
		return err
	}
	switch {
	case !may:
		page.Off = t(c, "shop.searches.off")
	case off:
		page.Off = t(c, "shop.searches.off.topic")
	}
	return web.Render(c, status, "storefront/searches", page)
}

// searchRow words one saved search.
func (s *Shop) searchRow(c echo.Context, k *lookout.Search, tree *catalog.Tree) (searchRow, error) {
	row := searchRow{Token: k.Token, Name: k.Name, Tell: k.Tell, Note: t(c, "shop.searches.gone")}
	path := k.Path(tree)
	if path == "" {
		return row, nil
	}
	// Asked as the page that the link leads to asks it.
	row.URL = web.URL(c, path)
	here := *k
	here.Lang = web.Lang(c)
	found, err := here.Find(c.Request().Context(), s.DB, s.Reader, tree, s.Now())
	if err != nil {
		return row, err
	}
	row.Note, row.Can = t(c, "shop.searches.finds", "count", found.Total), !found.Wide
	switch {
	case found.Wide:
		row.Told = t(c, "shop.searches.wide", "count", lookout.Widest)
	case k.Tell:
		row.Told = t(c, "shop.searches.told", "date", i18n.Date(web.Lang(c), k.SeenAt.In(s.Settings.Now().Zone())))
	}
	return row, nil
}

// changeSearch renames, removes, or switches telling on or off.
func (s *Shop) changeSearch(c echo.Context) error {
	var f struct {
		Do   string `form:"do,max=10"`
		Name string `form:"name,max=400"`
	}
	if err := web.Form(c, &f); err != nil {
		return err
	}
	p, err := s.member(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	k, err := lookout.ByToken(ctx, s.DB, p.CustomerID(), c.Param("token"))
	if err != nil {
		return err
	}
	var found *lookout.Found
	if f.Do == "tell" {
		tree, err := s.tree(c)
		if err != nil {
			return err
		}
		if found, err = k.Find(ctx, s.DB, s.Reader, tree, s.Now()); err != nil {
			return err
		}
	}
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		switch f.Do {
		case "name":
			return k.Rename(ctx, tx, f.Name)
		case "drop":
			return k.Drop(ctx, tx)
		case "tell":
			return k.Watch(ctx, tx, found, s.Now())
		case "rest":
			return k.Rest(ctx, tx)
		}
		return fault.New(fault.Invalid, "error.invalid")
	})
	switch {
	case err != nil && fault.Kind(err) == fault.Conflict:
		web.Flash(c, "warn", "lookout.wide", "count", lookout.Widest)
	case err != nil && len(fault.Fields(err)) > 0:
		return s.searchesPage(c, http.StatusUnprocessableEntity, k.Token, f.Name, err)
	case err != nil:
		return err
	default:
		web.Flash(c, "ok", "shop.searches.done."+f.Do)
	}
	return web.Redirect(c, "/account/searches")
}

// cutTo is the beginning of a text of at most so many characters.
func cutTo(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return strings.TrimSpace(string(r[:most-1])) + "…"
	}
	return text
}

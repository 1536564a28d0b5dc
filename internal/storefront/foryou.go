package storefront

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/recommend"
	"regulars/internal/search"
	"regulars/internal/web"
)

const (
	sortYou  = "you"  // in addresses of people whom the shop may know
	sortShop = "shop" // the same list without them, remembered by their browser

	orderCookie = "order"

	// yoursDeep is how much of a list is put in a person's order: what one
	// question to the engine may bring, and ten whole pages, so that the list
	// goes on behind them as everybody's does.
	yoursDeep = 10 * perPage
	// yoursRise is how many places a product may rise among what words found:
	// a third of a page. What was typed says more than what was bought.
	yoursRise = 8
)

// yours is "for you" as the order of a list: offered to whom pages may know and
// who told or bought something, and on until they say otherwise.
type yours struct {
	*leaning
	on                 bool
	byHistory, byWords bool // what the order that is shown follows from
}

// offerYours gives a list the person's own order, unless another is asked for.
// For everybody else the address says nothing new: "you" and "shop" are then
// passed over like any mistyped sort.
func (s *Shop) offerYours(c echo.Context, n *narrowing) error {
	l, err := s.leaning(c)
	if err != nil || l == nil {
		return err
	}
	n.yours = &yours{leaning: l, on: n.query.Sort == "" && web.Cookie(c, orderCookie) != sortShop}
	switch asked := c.QueryParam("sort"); asked {
	case sortShop:
		web.SetCookie(c, orderCookie, sortShop, 365*24*time.Hour)
		n.yours.on = false
		n.values.Set("sort", asked) // a browser without cookies goes on like this, too
	case sortYou:
		web.SetCookie(c, orderCookie, "", 0)
		n.yours.on = true
		n.values.Set("sort", asked)
	}
	return nil
}

// listYours is a page of the list in the person's own order. Counts, total and
// what is behind yoursDeep are everybody's.
func (s *Shop) listYours(c echo.Context, q search.Query, y *yours) (*catalog.Listing, error) {
	if q.PerPage != perPage || q.Page*perPage > yoursDeep {
		return s.list(c, q)
	}
	wide := q
	wide.Page, wide.PerPage = 1, yoursDeep
	found, err := s.Finder.Find(c.Request().Context(), wide)
	if err != nil {
		return nil, err
	}
	last := max(1, (found.Total+perPage-1)/perPage)
	l := &catalog.Listing{Total: found.Total, Page: min(max(q.Page, 1), last), PerPage: perPage, Facets: found.Facets, Bands: found.Bands, Under: found.Under}
	y.follow(found.IDs)
	ids := y.order(found.IDs)
	if len(q.Words.Terms) > 0 || len(q.Words.First) > 0 {
		ids = y.lift(found.IDs, q.Words.First)
	}
	from := min((l.Page-1)*perPage, len(ids))
	l.Cards, err = s.shelves.Cards(c.Request().Context(), s.DB, ids[from:min(from+perPage, len(ids))], q.Currency)
	return l, err
}

// follow notes what the order of these follows from; nothing, and it is the
// shop's own order.
func (y *yours) follow(ids []catalog.ProductID) {
	for _, id := range ids {
		y.byHistory = y.byHistory || y.warm*y.history[id] > 0
		y.byWords = y.byWords || (1-y.warm)*y.prior.Score(recommend.ProductID(id)) > 0
	}
}

// lift moves what the person leans to up among what words found, by at most
// yoursRise places; what the shop chose for these words stays first.
func (y *yours) lift(found, first []catalog.ProductID) []catalog.ProductID {
	score := y.scores(found)
	place := make(map[catalog.ProductID]float64, len(found))
	for i, id := range found {
		if place[id] = float64(i) - yoursRise*score[id]; slices.Contains(first, id) {
			place[id] = float64(i - len(found) - yoursRise)
		}
	}
	ids := slices.Clone(found)
	slices.SortStableFunc(ids, func(a, b catalog.ProductID) int { return cmp.Compare(place[a], place[b]) })
	return ids
}

// yoursLine says in one sentence what the order follows from, and leads to the
// list without it; nil where the list is in everybody's order.
type yoursLine struct{ Why, Without, WithoutText string }

func (s *Shop) yoursLine(c echo.Context, n narrowing, path string) (*yoursLine, error) {
	y := n.yours
	if y == nil || !y.on || !y.byHistory && !y.byWords {
		return nil, nil
	}
	line := &yoursLine{Why: t(c, "shop.yours.told"), Without: n.link(path, "sort", sortShop), WithoutText: t(c, "shop.yours.without")}
	if !y.byHistory {
		return line, nil
	}
	tree, err := s.tree(c)
	if err != nil {
		return nil, err
	}
	cards, err := s.shelves.Cards(c.Request().Context(), s.DB, y.last, s.currency(c))
	if err != nil {
		return nil, err
	}
	var shelves []string
	for _, k := range cards {
		if at, ok := tree.ByID(k.CategoryID); ok && !slices.Contains(shelves, in(c, at.Name)) && len(shelves) < 2 {
			shelves = append(shelves, in(c, at.Name))
		}
	}
	key := "shop.yours.bought"
	if y.byWords {
		key += ".told"
	}
	if len(shelves) == 0 {
		return &yoursLine{Why: t(c, key+".all"), Without: line.Without, WithoutText: line.WithoutText}, nil
	}
	line.Why = t(c, key, "shelves", strings.Join(shelves, t(c, "shop.comma")))
	return line, nil
}

// sortsFor are the orders that a list offers: whom pages may know gets one more,
// and a name for the shop's own order, which is nobody's default then.
func (s *Shop) sortsFor(c echo.Context, n narrowing, line *yoursLine) []sortChoice {
	var out []sortChoice
	if n.yours != nil {
		out = append(out, sortChoice{sortYou, t(c, "shop.sort.you"), line != nil})
	}
	for _, name := range search.Sorts {
		choice := sortChoice{name, t(c, "shop.sort."+cmp.Or(name, "featured")), n.query.Sort == name}
		if name == "" && n.yours != nil {
			choice.Value, choice.Chosen = sortShop, n.query.Sort == "" && line == nil
		}
		out = append(out, choice)
	}
	return out
}

package storefront

import (
	"slices"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/i18n"
	"regulars/internal/recommend"
)

// resembling fills up the answer where nobody wrote and nobody bought enough,
// as for a new product and in a new shop: what is like the product at hand by
// the catalog, and then what sells now. Nothing more is claimed of it.
func (s *Shop) resembling(c echo.Context, at []catalog.ProductID, chosen []suggestion, barred excluded, limit int) ([]suggestion, error) {
	like, err := s.alikeByNature(c, at)
	if err != nil {
		return nil, err
	}
	ids := make([]catalog.ProductID, len(like))
	reasons := map[catalog.ProductID]suggestion{}
	for i, l := range like {
		ids[i] = catalog.ProductID(l.Product)
		reasons[ids[i]] = l.words
	}
	if len(ids) < leastToShow*4 { // some of them may be sold out
		now := idsOf(s.Engine.Model().Popular(bestAsked, nil))
		key := "shop.suggest.now"
		if len(now) == 0 { // nothing was sold yet
			key = "shop.suggest.here"
			if now, err = s.shelves.Order(c.Request().Context(), s.DB, nil, "", s.currency(c)); err != nil {
				return nil, err
			}
		}
		for _, id := range now[:min(len(now), bestAsked)] {
			if _, known := reasons[id]; !known {
				ids = append(ids, id)
				reasons[id] = suggestion{Group: "now", Reason: both(key)}
			}
		}
	}
	cards, err := s.shelves.Cards(c.Request().Context(), s.DB, ids, s.currency(c))
	if err != nil {
		return nil, err
	}
	for _, k := range cards {
		taken := slices.ContainsFunc(chosen, func(f suggestion) bool { return f.Card.ID == k.ID })
		if f := reasons[k.ID]; !taken && k.InStock && !k.Sensitive && !barred.holds(k) && len(chosen) < limit && (f.Group != "now" || len(chosen) < leastToShow) {
			f.Card, f.Kind, f.nature = k, "simple", true
			chosen = append(chosen, f)
		}
	}
	return chosen, nil
}

// byNature is a product that is like one at hand, and the words for it.
type byNature struct {
	recommend.Likeness
	words suggestion
}

func (s *Shop) alikeByNature(c echo.Context, at []catalog.ProductID) ([]byNature, error) {
	ctx := c.Request().Context()
	tree, err := s.tree(c)
	if err != nil {
		return nil, err
	}
	cards, err := s.shelves.Cards(ctx, s.DB, at, s.currency(c))
	if err != nil {
		return nil, err
	}
	var shelves []catalog.CategoryID
	for _, k := range cards {
		if path := tree.Path(k.CategoryID); len(path) > 0 {
			shelves = append(shelves, tree.Under(path[0].ID)...)
		}
	}
	hand, others, err := s.shelves.Natures(ctx, s.DB, at, shelves)
	if err != nil {
		return nil, err
	}
	ids := make([]catalog.ProductID, len(others))
	for i, n := range others {
		ids[i] = n.ID
	}
	list, err := s.shelves.Cards(ctx, s.DB, ids, s.currency(c))
	if err != nil {
		return nil, err
	}
	price := map[catalog.ProductID]int64{}
	for _, k := range slices.Concat(cards, list) {
		price[k.ID] = int64(k.Price.Amount)
	}
	content := func(all []catalog.Nature) []recommend.Content {
		out := make([]recommend.Content, len(all))
		for i, n := range all {
			out[i] = recommend.Content{Product: recommend.ProductID(n.ID), Shelf: int64(n.CategoryID), Tier: n.Tier, Price: price[n.ID], Moments: n.Moments, Facts: n.Facts}
			if path := tree.Path(n.CategoryID); len(path) > 0 {
				out[i].Department = int64(path[0].ID)
			}
		}
		return out
	}
	var out []byNature
	for _, l := range recommend.Alike(content(hand), content(others), suggestMost*2, nil) {
		out = append(out, byNature{l, inWords(l, hand, tree)})
	}
	return out, nil
}

// inWords says what a likeness is: the shelf, the moment both are made for, or
// at least the department.
func inWords(l recommend.Likeness, hand []catalog.Nature, tree *catalog.Tree) suggestion {
	for _, h := range hand {
		if path := tree.Path(h.CategoryID); h.ID == catalog.ProductID(l.To) && len(path) > 0 && (l.SameShelf || l.Moment == "") {
			where, group := path[len(path)-1], "shelf"
			if !l.SameShelf {
				where, group = path[0], "near"
			}
			return suggestion{Group: group, Reason: both("shop.suggest.also", "category", where.Name)}
		}
	}
	moment := i18n.Text{En: l.Moment}
	if key := "shop.moment." + l.Moment; i18n.Has(i18n.English, key) {
		moment = both(key)
	}
	return suggestion{Group: "moment", Reason: both("shop.suggest.moment", "moment", moment)}
}

package storefront

import (
	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/search"
	"regulars/internal/slot"
)

// alternatives is what to take instead of something sold out: what the author
// named, then what stands on the same shelf.
func (s *Shop) alternatives(c echo.Context, d *catalog.Detail) (*shelf, error) {
	ctx := c.Request().Context()
	relations, err := s.shelves.Relations(ctx, s.DB, []catalog.ProductID{d.ID})
	if err != nil {
		return nil, err
	}
	var ids []catalog.ProductID
	for _, r := range relations {
		if r.Kind == "instead" || r.Kind == "replaced" || r.Kind == "next" {
			ids = append(ids, r.ToID)
		}
	}
	cards, err := s.shelves.Cards(ctx, s.DB, unique(ids), s.currency(c))
	if err != nil {
		return nil, err
	}
	if d.CategoryID != nil {
		l, err := s.narrowed(c, narrowing{inStock: true, query: search.Query{Shelves: []catalog.CategoryID{*d.CategoryID}, PerPage: 8, Currency: s.currency(c)}})
		if err != nil {
			return nil, err
		}
		cards = append(cards, l.Cards...)
	}
	sh := &shelf{ID: "instead", Title: t(c, "shop.instead"), Why: t(c, "shop.instead.why")}
	seen := map[catalog.ProductID]bool{d.ID: true}
	var list []catalog.Card
	for _, k := range cards {
		if k.InStock && !seen[k.ID] && len(list) < shelfCards {
			seen[k.ID] = true
			list = append(list, k)
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	sh.Cards = s.placed(c, s.stand(c, slot.Alternatives, slot.Page(d.Code), list), list)
	return sh, nil
}

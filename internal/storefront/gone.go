package storefront

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/fault"
	"regulars/internal/owner"
	"regulars/internal/web"
)

// gonePage is what stands at the address of a product that is gone for good.
type gonePage struct {
	web.Page
	Name         string
	Crumbs       crumbs
	Next         *crumb // what followed it
	Shelf        *crumb
	Alternatives *shelf
}

// gone is what the address of an ended product fails with.
func (s *Shop) gone(c echo.Context, before error) error {
	_, is, err := catalog.Ended(c.Request().Context(), s.DB, c.Param("slug"))
	if err != nil {
		return err
	}
	if is {
		return fault.New(fault.Gone, "shop.gone")
	}
	return before
}

// showGone says that the product of the address is not sold any more, what
// followed it and what is like it.
func (s *Shop) showGone(c echo.Context) error {
	ctx := c.Request().Context()
	id, is, err := catalog.Ended(ctx, s.DB, c.Param("slug"))
	if err != nil || !is {
		return ended()
	}
	d, err := catalog.Detailed(ctx, s.DB, id, s.currency(c))
	if err != nil {
		return err
	}
	tree, err := s.tree(c)
	if err != nil {
		return err
	}
	p := gonePage{Page: s.titled(c, d.Name), Name: in(c, d.Name)}
	var path []catalog.Category
	if d.CategoryID != nil {
		path = tree.Path(*d.CategoryID)
	}
	if len(path) > 0 {
		k := path[len(path)-1]
		p.Shelf = &crumb{in(c, k.Name), web.URL(c, "/c/"+k.Slug)}
	}
	p.Crumbs = s.trail(c, path, p.Name)
	follows, err := owner.Successors(ctx, s.DB, []catalog.ProductID{id})
	if err != nil {
		return err
	}
	if next, ok := follows[id]; ok {
		k, err := catalog.ByID(ctx, s.DB, next)
		if err != nil {
			return err
		}
		p.Next = &crumb{in(c, k.Name), web.URL(c, "/p/"+k.Slug)}
	}
	if p.Alternatives, err = s.alternatives(c, d); err != nil {
		return err
	}
	if p.Alternatives != nil {
		p.Alternatives.Why = t(c, "shop.gone.why")
	}
	s.showed(c)
	return web.Render(c, http.StatusGone, "storefront/gone", p)
}

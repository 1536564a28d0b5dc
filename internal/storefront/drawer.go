package storefront

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/web"
)

// drawer is the cart in short, laid over the product's page by script after
// adding: what is in it, what it comes to, and two ways out. Without script
// the cart's own page is where adding leads.
type drawer struct {
	Title, More string
	Lines       []cartLine
	Sums        []sum
	FreeText    string
	NoWay       string
}

// mostInDrawer are the lines shown, what was added first.
const mostInDrawer = 4

func (s *Shop) drawer(c echo.Context, v *catalog.Variant, title string) (*drawer, error) {
	open, _, err := s.openCart(c)
	if err != nil || open == nil {
		return nil, err
	}
	view, err := cart.Items(c.Request().Context(), s.DB, open)
	if err != nil {
		return nil, err
	}
	p := &cartPage{}
	added := 0
	for i, item := range view.Items {
		if item.Line.VariantID == v.ID {
			added = i
		}
		p.Lines = append(p.Lines, s.cartLine(c, open, item))
	}
	if len(p.Lines) == 0 {
		return nil, nil
	}
	if err := s.total(c, p, view); err != nil {
		return nil, err
	}
	d := &drawer{Title: title, Sums: p.Sums, FreeText: p.FreeText, NoWay: p.NoWay}
	d.Lines = append(slices.Clone(p.Lines[added:added+1]), slices.Delete(p.Lines, added, added+1)...)
	if more := len(d.Lines) - mostInDrawer; more > 0 {
		d.Lines, d.More = d.Lines[:mostInDrawer], t(c, "shop.drawer.more", "count", more)
	}
	return d, nil
}

// step is what the buttons beside a quantity make of it: one more or one
// fewer, never none, which is another button's work.
func step(qty, by int) int {
	if by == 0 || qty < 1 {
		return qty
	}
	return max(1, min(qty, cart.MostOf)+max(-1, min(by, 1)))
}

// stepped shows the product again with another quantity in the form: without
// script the buttons beside it send the form, which then adds nothing.
func (s *Shop) stepped(c echo.Context, v *catalog.Variant, qty, by int) error {
	product, err := catalog.ByID(c.Request().Context(), s.DB, v.ProductID)
	if err != nil {
		return err
	}
	if !product.Published {
		return ended()
	}
	qty = min(step(max(qty, 1), by), cart.MostOf)
	return web.Redirect(c, withQuery("/p/"+product.Slug, s.kept(c, url.Values{"v": {v.SKU}, "qty": {strconv.Itoa(qty)}}))+"#qty")
}

// wanted is the quantity that an address of a product names.
func wanted(query url.Values) string {
	if n, err := strconv.Atoi(query.Get("qty")); err == nil && n >= 1 && n <= cart.MostOf {
		return strconv.Itoa(n)
	}
	return "1"
}

package storefront

import (
	"context"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/cart"
	"regulars/internal/db"
	"regulars/internal/web"
)

// mostWaiting is how many goods of a cart that was left the pages name.
const mostWaiting = 3

// waiting is the quiet line that a cart, left for as long as counts as left, is
// still here. It is about the cart alone, as the counter beside it: it needs no
// permission, stands outside of what a page is about, and goes with one click.
// On pages of the cart itself, of orders and of who signs in or out there is
// none.
func (s *Shop) waiting(c echo.Context, open *cart.Cart, count int) (*web.Waiting, error) {
	set := s.Settings.Now()
	if count == 0 || c.Request().Method != http.MethodGet || web.Fragment(c) != "" || !tells(web.Path(c)) || !open.Waits(set.CartIdle(), set.CheckoutIdle(), s.Now()) {
		return nil, nil
	}
	view, err := cart.Items(c.Request().Context(), s.DB, open)
	if err != nil {
		return nil, err
	}
	w := &web.Waiting{Count: count, Back: web.Path(c)}
	for _, item := range view.Items {
		// Somebody else may be at the screen by now.
		if item.Buyable.Sensitive || len(w.Goods) == mostWaiting {
			w.More++
			continue
		}
		g := web.WaitingGoods{Name: in(c, item.Buyable.Name)}
		if item.Problem != cart.NoProblem && item.Problem != cart.Less {
			g.Change = s.cartLine(c, open, item).Change
		}
		w.Goods = append(w.Goods, g)
	}
	return w, nil
}

// tells reports whether a page may say that a cart waits.
func tells(path string) bool {
	if path == "/" || path == "/search" || path == "/help" {
		return true
	}
	return strings.HasPrefix(path, "/c/") || strings.HasPrefix(path, "/p/") || strings.HasPrefix(path, "/help/")
}

// putAway ends the line until the cart is used again.
func (s *Shop) putAway(c echo.Context) error {
	var in struct {
		Back string `form:"back,max=2000"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	open, _, err := s.openCart(c)
	if err != nil {
		return err
	}
	if open != nil {
		if err := s.InTx(c, func(ctx context.Context, tx *db.Tx) error { return cart.Quiet(ctx, tx, open.ID) }); err != nil {
			return err
		}
	}
	return web.Redirect(c, web.LocalPath(in.Back))
}

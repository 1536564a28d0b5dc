package storefront

import (
	"context"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/order"
	"regulars/internal/web"
)

// orderAgain puts what somebody ordered once into their cart, for whoever may
// see the order. What is sold out or not sold any more is left out and named;
// of what is there in part, that part comes.
func (s *Shop) orderAgain(c echo.Context) error {
	var f struct {
		Key string `form:"key,max=200"`
	}
	if err := web.Form(c, &f); err != nil {
		return err
	}
	o, err := s.orderFor(c, f.Key)
	if err != nil {
		return err
	}
	lines, err := order.Lines(c.Request().Context(), s.DB, o.ID)
	if err != nil {
		return err
	}
	var wishes []cart.Wish
	names := map[catalog.VariantID]string{}
	for _, l := range lines {
		wishes = append(wishes, cart.Wish{Variant: l.VariantID, Qty: l.Qty})
		names[l.VariantID] = strings.TrimSpace(in(c, l.Name) + " " + in(c, l.Choices))
	}
	held, short, err := s.bring(c, wishes)
	if err != nil {
		return err
	}
	if len(short) == 0 {
		web.Flash(c, "ok", "shop.again.all", "count", held)
		return web.Redirect(c, "/cart")
	}
	var missing []string
	for _, w := range short {
		missing = append(missing, names[w.Variant])
	}
	list := some(c, missing)
	if held == 0 {
		web.Flash(c, "warn", "shop.again.none", "names", list)
	} else {
		web.Flash(c, "warn", "shop.again.some", "count", held, "names", list)
	}
	return web.Redirect(c, "/cart")
}

// bring puts several things into the cart of whoever asks, see cart.Bring.
func (s *Shop) bring(c echo.Context, wishes []cart.Wish) (held int, short []cart.Wish, err error) {
	p, err := s.someone(c)
	if err != nil {
		return 0, nil, err
	}
	led, err := s.ledBy(c)
	if err != nil {
		return 0, nil, err
	}
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		open, err := s.ensure(ctx, tx, c, p, led)
		if err != nil {
			return err
		}
		held, short, err = cart.Bring(ctx, tx, open.ID, wishes, s.Now())
		return err
	})
	s.forget(c)
	return held, short, err
}

package storefront

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
	"regulars/internal/cart"
	"regulars/internal/db"
	"regulars/internal/outreach"
	"regulars/internal/web"
)

// restoredCookie tells the cart for a minute that its goods came back by a
// mail's link: only then it asks what stopped the shopper.
const restoredCookie = "restored"

type restorePage struct {
	web.Page
	Token   string
	Lines   []miniLine
	Stopped *stopped
}

// restoreForm shows the goods that a mailed link leads to, and a button: mail
// scanners open every link, so opening changes nothing.
func (s *Shop) restoreForm(c echo.Context) error {
	view, err := outreach.RestorePreview(c.Request().Context(), s.DB, c.Param("token"), s.Now())
	if err != nil {
		return err
	}
	page := restorePage{Page: s.page(c, "shop.restore.title"), Token: c.Param("token"), Stopped: whatStopped(c, "/r/"+c.Param("token")+"/why", "")}
	page.NoIndex = true
	for _, item := range view.Items {
		note := t(c, "shop.checkout.qty", "count", item.Line.Qty)
		if text := in(c, item.Buyable.Choices); text != "" {
			note = text + " · " + note
		}
		l := miniLine{Name: in(c, item.Buyable.Name), Note: note, Picture: s.picture(c, item.Buyable.Image, art.Whole)}
		if item.Buyable.Priced {
			l.Total = s.money(c, item.Total(), item.Buyable.Price.Currency)
		}
		page.Lines = append(page.Lines, l)
	}
	web.Private(c)
	return web.Render(c, http.StatusOK, "storefront/restore", page)
}

func (s *Shop) restore(c echo.Context) error {
	ctx, token := c.Request().Context(), c.Param("token")
	if _, err := outreach.RestorePreview(ctx, s.DB, token, s.Now()); err != nil {
		return err // before a forged link makes anybody a visitor
	}
	p, err := s.someone(c)
	if err != nil {
		return err
	}
	var into *cart.Cart
	lines := 0
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) (err error) {
		into, lines, err = outreach.Restore(ctx, tx, token, p, s.currency(c), web.Lang(c), device(c), s.Now())
		return err
	})
	if err != nil {
		return err
	}
	if into != nil {
		web.Flash(c, "ok", "shop.restore.done", "count", lines)
		web.SetCookie(c, restoredCookie, "1", time.Minute)
	}
	return web.Redirect(c, "/cart")
}

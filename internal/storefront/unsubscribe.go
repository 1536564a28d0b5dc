package storefront

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"regulars/internal/db"
	"regulars/internal/outreach"
	"regulars/internal/web"
)

type unsubscribePage struct {
	web.Page
	Token   string
	Lead    string
	Done    bool
	Stopped bool
}

func (s *Shop) unsubscribeForm(c echo.Context) error {
	l, err := outreach.UnsubscribePreview(c.Request().Context(), s.DB, c.Param("token"))
	if err != nil {
		return err
	}
	return s.unsubscribePage(c, l, false)
}

func (s *Shop) unsubscribePage(c echo.Context, l *outreach.Leaving, done bool) error {
	key := "shop.unsubscribe.lead"
	if done || l.Stopped {
		key = "shop.unsubscribe.done"
	}
	p := unsubscribePage{Page: s.page(c, "shop.unsubscribe.title"), Token: c.Param("token"), Done: done, Stopped: l.Stopped || done,
		Lead: t(c, key, "email", l.Address, "kind", t(c, "customer.purpose."+string(l.Purpose)))}
	p.NoIndex = true
	web.Private(c)
	return web.Render(c, http.StatusOK, "storefront/unsubscribe", p)
}

// unsubscribe stops the mail at once. Mail programs post here by themselves
// (RFC 8058), so the answer is a page and no redirect.
func (s *Shop) unsubscribe(c echo.Context) error {
	var in struct {
		Everything bool   `form:"everything"`
		OneClick   string `form:"List-Unsubscribe,max=40"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	var l *outreach.Leaving
	err := s.InTx(c, func(ctx context.Context, tx *db.Tx) (err error) {
		l, err = outreach.Unsubscribe(ctx, tx, c.Param("token"), in.Everything, s.Now())
		return err
	})
	if err != nil {
		return err
	}
	return s.unsubscribePage(c, l, true)
}

package storefront

import (
	"context"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/cart"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/staff"
	"regulars/internal/web"
)

// staffIn makes this browser a member of staff's and leads to the page of the
// back office that was asked for.
func (s *Shop) staffIn(c echo.Context, who *staff.Staff, next string) error {
	var key string
	err := s.InTx(c, func(ctx context.Context, tx *db.Tx) (err error) {
		key, err = staff.Begin(ctx, tx, who.ID, c.RealIP(), c.Request().UserAgent(), s.Now())
		return err
	})
	if err != nil {
		return err
	}
	if err := web.Session(c).SignInStaff(int64(who.ID), int64(who.Epoch), key); err != nil {
		return err
	}
	if err := s.countOut(c); err != nil {
		return err
	}
	to := web.LocalPath(next)
	if !isAdmin(strings.Split(to, "?")[0]) {
		to = "/admin"
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// countOut takes the cart of a browser in which staff have just signed in out
// of the reports.
func (s *Shop) countOut(c echo.Context) error {
	open, _, err := s.openCart(c)
	if err != nil || open == nil {
		return err
	}
	return s.InTx(c, func(ctx context.Context, tx *db.Tx) error { return cart.SetKind(ctx, tx, open.ID, "staff") })
}

// staffLinkForm is where the mail to a member of staff leads: they choose their
// password. Looking at it changes nothing.
func (s *Shop) staffLinkForm(c echo.Context) error {
	if _, err := staff.PeekLink(c.Request().Context(), s.DB, c.Param("token"), s.Now()); err != nil {
		return err
	}
	return s.tokenPage(c, http.StatusOK, "team", "/team/"+c.Param("token"), nil)
}

func (s *Shop) staffLink(c echo.Context) error {
	var in struct {
		Password string `form:"password,raw,max=1000"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	ctx, token := c.Request().Context(), c.Param("token")
	who, err := staff.PeekLink(ctx, s.DB, token, s.Now())
	if err != nil {
		return err
	}
	if err := customer.CheckPassword(in.Password, who.Email); err != nil {
		if fault.Kind(err) != fault.Invalid {
			return err
		}
		return s.tokenPage(c, http.StatusUnprocessableEntity, "team", "/team/"+token, err)
	}
	hash, err := s.Hasher.Hash(ctx, in.Password)
	if err != nil {
		return err
	}
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		id, err := staff.SpendLink(ctx, tx, token, hash, s.Now())
		if err != nil {
			return err
		}
		return staff.Note(ctx, tx, id, "staff.password", who.Email, "by the link in a mail", s.Now())
	})
	if err != nil {
		return err
	}
	web.Flash(c, "ok", "shop.team.done")
	return web.Redirect(c, "/signin")
}

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
	"regulars/internal/setting"
	"regulars/internal/staff"
	"regulars/internal/web"
)

// staffKnown goes on after a right password: to the second factor of whoever
// has one, else in.
func (s *Shop) staffKnown(c echo.Context, who *staff.Staff, next string) error {
	has, err := staff.HasFactor(c.Request().Context(), s.DB, who.ID)
	if err != nil {
		return err
	}
	if !has || s.Settings.Now().SecondFactor() == setting.FactorOff {
		return s.staffIn(c, who, next)
	}
	if err := web.Session(c).HalfSignInStaff(int64(who.ID), int64(who.Epoch), next); err != nil {
		return err
	}
	return web.Redirect(c, "/signin/code")
}

type codePage struct {
	web.Page
	Errors web.FormErrors
}

// half is who typed a right password a moment ago, nil for nobody.
func (s *Shop) half(c echo.Context) (*staff.Staff, string, error) {
	id, epoch, next := web.Session(c).HalfStaff()
	if id == 0 {
		return nil, "", nil
	}
	who, err := staff.ByID(c.Request().Context(), s.DB, staff.ID(id))
	if fault.Kind(err) == fault.NotFound || err == nil && int64(who.Epoch) != epoch {
		return nil, "", nil
	}
	return who, next, err
}

func (s *Shop) codeForm(c echo.Context) error { return s.codePage(c, http.StatusOK, nil) }

func (s *Shop) codePage(c echo.Context, status int, failed error) error {
	who, _, err := s.half(c)
	if err != nil {
		return err
	}
	if who == nil {
		return web.Redirect(c, "/signin")
	}
	p := codePage{Page: s.page(c, "factor.title"), Errors: web.Errors(c, failed)}
	p.NoIndex = true
	web.Private(c)
	return web.Render(c, status, "storefront/code", p)
}

// code takes the second factor. Wrong ones count like wrong passwords.
func (s *Shop) code(c echo.Context) error {
	who, next, err := s.half(c)
	if err != nil {
		return err
	}
	if who == nil {
		return web.Redirect(c, "/signin")
	}
	var in struct {
		Code string `form:"code,max=60"`
	}
	ctx := c.Request().Context()
	if err = web.Form(c, &in); err == nil {
		err = s.Hasher.Admit(ctx, s.DB, who.Email, c.RealIP(), s.Now())
	}
	recovery := false
	if err == nil {
		err = s.InTx(c, func(ctx context.Context, tx *db.Tx) (err error) {
			recovery, err = staff.PassFactor(ctx, tx, s.Desk.Secret, who.ID, in.Code, s.Now())
			if err != nil || !recovery {
				return err
			}
			return staff.Note(ctx, tx, who.ID, "staff.recovery", who.Email, "signed in with a recovery code", s.Now())
		})
	}
	switch fault.Kind(err) {
	case fault.Invalid:
		return s.codePage(c, http.StatusUnprocessableEntity, err)
	case fault.TooMany:
		c.Response().Header().Set("Retry-After", "60")
		var form fault.Form
		form.Wrong("code", "factor.many")
		return s.codePage(c, http.StatusTooManyRequests, form.Err())
	}
	if err == nil {
		err = s.Hasher.Forgive(ctx, s.DB, who.Email, c.RealIP(), s.Now())
	}
	if err != nil {
		return err
	}
	if recovery {
		next = "/admin/me"
	}
	return s.staffIn(c, who, next)
}

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

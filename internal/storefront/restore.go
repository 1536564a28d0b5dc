package storefront

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
	"regulars/internal/cart"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/outreach"
	"regulars/internal/pricing"
	"regulars/internal/web"
)

// restoredCookie tells the cart for a minute that its goods came back by a
// mail's link: only then it asks what stopped the shopper.
const restoredCookie = "restored"

type restorePage struct {
	web.Page
	Token   string
	Lines   []restoreLine
	Coupon  string // what the mail brought besides; "" nothing
	Besides int    // pieces in the cart of this browser that the link does not lead to
	Stopped *stopped
}

// restoreLine is a line as it was left; Change says what became of it since.
type restoreLine struct {
	miniLine
	Change string
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
		page.Lines = append(page.Lines, s.restoreLine(c, item))
	}
	if page.Coupon, err = s.couponText(c, view); err != nil {
		return err
	}
	open, _, err := s.openCart(c)
	if err != nil {
		return err
	}
	if page.Besides, err = s.besides(c, open, view); err != nil {
		return err
	}
	web.Private(c)
	return web.Render(c, http.StatusOK, "storefront/restore", page)
}

func (s *Shop) restoreLine(c echo.Context, item cart.Item) restoreLine {
	b := item.Buyable
	note := t(c, "shop.checkout.qty", "count", item.Line.Qty)
	if text := in(c, b.Choices); text != "" {
		note = text + " · " + note
	}
	l := restoreLine{miniLine: miniLine{Name: in(c, b.Name), Note: note, Picture: s.picture(c, b.Image, art.Whole)}}
	if b.Priced {
		l.Total = s.money(c, item.Total(), b.Price.Currency)
	}
	if item.Problem != cart.NoProblem {
		l.Change = t(c, "cart.problem."+string(item.Problem), "count", max(b.Available, 0), "was", money.Price{Amount: item.Line.SeenPrice, Currency: b.Price.Currency})
	}
	return l
}

// couponText says what the coupon of the mail is good for: how much, on what,
// until when.
func (s *Shop) couponText(c echo.Context, view *cart.View) (string, error) {
	g, err := outreach.CouponBehind(c.Request().Context(), s.DB, c.Param("token"), s.Now())
	if err != nil || g == nil {
		return "", err
	}
	var names []string
	for _, item := range view.Items {
		if slices.ContainsFunc(g.Goods, func(b pricing.BoundGoods) bool { return b.Variant == item.Line.VariantID }) {
			names = append(names, in(c, item.Buyable.Name))
		}
	}
	return t(c, "shop.restore.coupon", "percent", g.Percent, "goods", strings.Join(names, t(c, "shop.restore.and")), "until", i18n.DateTime(web.Lang(c), g.Until.In(s.Settings.Now().Zone()))), nil
}

// besides counts the pieces of a cart that are not in another: what would be
// lost if that one took its place.
func (s *Shop) besides(c echo.Context, open *cart.Cart, view *cart.View) (n int, err error) {
	if open == nil {
		return 0, nil
	}
	own, err := cart.Lines(c.Request().Context(), s.DB, open.ID)
	for _, l := range own {
		if !slices.ContainsFunc(view.Items, func(i cart.Item) bool { return i.Line.VariantID == l.VariantID }) {
			n += l.Qty
		}
	}
	return n, err
}

// restore puts the goods into the cart of this browser: to those in it, or in
// their place, as the shopper says.
func (s *Shop) restore(c echo.Context) error {
	var in struct {
		Instead bool `form:"instead"`
		Coupon  bool `form:"coupon"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	ctx, token := c.Request().Context(), c.Param("token")
	left, err := outreach.RestorePreview(ctx, s.DB, token, s.Now())
	if err != nil {
		return err // before a forged link makes anybody a visitor
	}
	given, err := outreach.CouponBehind(ctx, s.DB, token, s.Now())
	if err != nil {
		return err
	}
	if !in.Coupon {
		given = nil
	}
	p, err := s.someone(c)
	if err != nil {
		return err
	}
	var into *cart.Cart
	lines := 0
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) (err error) {
		into, lines, err = outreach.Restore(ctx, tx, token, p, s.currency(c), web.Lang(c), device(c), s.Now())
		if err == nil && in.Instead {
			err = s.only(ctx, tx, into, left)
		}
		if err != nil {
			return err
		}
		return outreach.UseCoupon(ctx, tx, into, given, s.Now())
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

// only takes out of a cart what another does not hold, and makes of the rest
// as many as that one holds.
func (s *Shop) only(ctx context.Context, tx *db.Tx, into *cart.Cart, left *cart.View) error {
	lines, err := cart.Lines(ctx, tx, into.ID)
	if err != nil {
		return err
	}
	for _, l := range lines {
		at := slices.IndexFunc(left.Items, func(i cart.Item) bool { return i.Line.VariantID == l.VariantID })
		switch {
		case at < 0:
			err = cart.Set(ctx, tx, into.ID, l.Token, 0, s.Now())
		case left.Items[at].Line.Qty != l.Qty && !left.Items[at].Problem.Blocks():
			err = cart.Set(ctx, tx, into.ID, l.Token, left.Items[at].Line.Qty, s.Now())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

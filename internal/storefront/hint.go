package storefront

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/occasion"
	"regulars/internal/web"
)

// hint asks on the home page whether a gift of a year ago comes back.
type hint struct{ Title, Why, Order string }

// hint is nil for everybody but people signed in who allow their purchases to
// be used and bought a gift a year before the days to come.
func (s *Shop) hint(c echo.Context) (*hint, error) {
	p, err := s.person(c)
	if err != nil || !p.SignedIn() || !p.MayUseHistory() || s.visit(c).look != nil {
		return nil, err
	}
	past, err := s.past(c)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	if !slices.ContainsFunc(past.at, func(at time.Time) bool { // most people need no further look
		ahead := at.AddDate(1, 0, 0).Sub(now)
		return ahead > -48*time.Hour && ahead < (occasion.HintAhead+2)*24*time.Hour
	}) {
		return nil, nil
	}
	e, err := occasion.Hint(c.Request().Context(), s.DB, p.CustomerID(), s.Settings.Now().Zone(), now)
	if err != nil || e == nil {
		return nil, err
	}
	tree, err := s.tree(c)
	if err != nil {
		return nil, err
	}
	kind, ok := tree.ByID(e.Kind)
	if !ok {
		return nil, nil
	}
	return &hint{Title: t(c, "hint.title", "shelf", in(c, kind.Name), "month", monthName(web.Lang(c), int(e.Day.Month())), "year", strconv.Itoa(e.Day.Year())),
		Why: t(c, "hint.why", "number", e.Order, "day", i18n.Date(web.Lang(c), e.Day)), Order: e.Order}, nil
}

// answerHint keeps yes or no; either way the question is not asked again.
func (s *Shop) answerHint(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	var f struct {
		Order  string `form:"order,max=40"`
		Answer string `form:"answer,max=10"`
	}
	if err := web.Form(c, &f); err != nil {
		return err
	}
	if f.Answer != "yes" && f.Answer != "no" {
		return fault.New(fault.Invalid, "error.invalid")
	}
	if !p.MayUseHistory() {
		return fault.New(fault.NotFound, "occasion.unknown")
	}
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		return occasion.AnswerHint(ctx, tx, p.CustomerID(), f.Order, f.Answer == "yes", s.Settings.Now().Zone(), s.Now())
	})
	if fault.Kind(err) == fault.NotFound {
		return web.Redirect(c, "/") // answered already, as by a second click
	}
	if err != nil {
		return err
	}
	if f.Answer == "no" {
		web.Flash(c, "ok", "hint.no.done")
		return web.Redirect(c, "/")
	}
	web.Flash(c, "ok", "hint.yes.done")
	return web.Redirect(c, "/account/dates#occasions")
}

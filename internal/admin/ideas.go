package admin

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/segment"
	"regulars/internal/web"
)

type (
	ideaRow  struct{ Idea, Says, Figures, Sure string }
	ideaPage struct {
		web.Page
		Rows      []ideaRow
		Write     bool
		Simulated bool
		Waits     bool
	}
)

// ideas suggests segments from the shop's own figures.
func (o *Office) ideas(c echo.Context) error {
	ctx := c.Request().Context()
	book, err := segment.Read(ctx, o.DB)
	if err != nil {
		return err
	}
	p := ideaPage{Page: page(c, "admin.ideas"), Write: o.may(c, "segments.write")}
	ready, err := book.Gathered(ctx, o.DB)
	if err != nil {
		return err
	}
	if p.Waits = !ready; p.Waits {
		return web.Render(c, http.StatusOK, "admin/ideas", p)
	}
	currency := o.Settings.Now().Currency()
	found, simulated, err := book.Ideas(ctx, o.DB, currency, o.Now())
	if err != nil {
		return err
	}
	p.Simulated = simulated
	for _, i := range found {
		p.Rows = append(p.Rows, ideaRow{i.Key(), headline(book.Sentence(p.Lang, i.Rule)), figures(c, &i, currency), t(c, "admin.idea.sure", "low", tenths(i.Low), "high", tenths(i.High), "looked", i18n.Number(i.Looked))})
	}
	return web.Render(c, http.StatusOK, "admin/ideas", p)
}

// figures says what sets a group apart, with how many people stand behind it.
func figures(c echo.Context, i *segment.Idea, currency money.Currency) string {
	return t(c, "admin.idea."+i.Measure, "value", tenths(i.Value), "people", i18n.Number(i.People), "other", tenths(i.Other), "others", i18n.Number(i.Others),
		"middle", i18n.Money(lang(c), money.Price{Amount: money.Amount(i.Middle), Currency: currency}))
}

// tenths writes parts of a thousand as a percentage.
func tenths(n int) string { return strconv.FormatFloat(float64(n)/10, 'f', 1, 64) }

// answerIdea takes an idea over as a rule to go on with, or puts it away.
func (o *Office) answerIdea(c echo.Context) error {
	in, err := read(c, []string{"idea", "do"})
	if err != nil {
		return err
	}
	who, err := o.who(c)
	if err != nil {
		return err
	}
	answer := "dismissed"
	if in["do"] == "adopt" {
		answer = "adopted"
	}
	err = o.change(c, "segment.idea", answer, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		return in["idea"], segment.Answer(ctx, tx, in["idea"], answer, who.Email, now)
	})
	if err != nil {
		return err
	}
	if answer == "adopted" {
		return c.Redirect(http.StatusSeeOther, "/admin/segments/new?rule="+url.QueryEscape(in["idea"]))
	}
	return done(c, "/admin/segments/ideas", "admin.idea.dismissed")
}

// headline begins a sentence's part as a line of its own does.
func headline(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[n:]
}

package admin

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/web"
)

// The data of templates/layout/parts.html, as far as the page of components
// shows it.
type (
	shownPicture struct {
		Src, Dark, Alt string
		Set, Sizes     string // of a photograph
		Size, Height   int
		Eager          bool
	}
	shownPrice struct{ Now, Was, NowLabel, WasLabel, Note string }
	shownCard  struct {
		HTML, URL, Name, Fact, Rated, Reason, Note, Mark string
		Out                                              bool
		Picture                                          shownPicture
		Price                                            shownPrice
	}
	shownRow    struct{ Class, Order, State string }
	shownNotice struct{ Kind, Text string }

	componentsPage struct {
		web.Page
		Self, Twin, TwinText, Price string
		Errors                      web.FormErrors
		Art                         shownPicture
		Cards                       []shownCard
		Rows                        []shownRow
		Notices                     []shownNotice
	}
)

const componentsPath = "/admin/_components"

// components shows every part of the pages in every state, in the frame of the
// back office or of the shop. A demo has the page, a shop does not.
func (o *Office) components(c echo.Context) error {
	if !o.Demo {
		return nowhere()
	}
	p := o.parts(c)
	p.Self, p.Twin, p.TwinText = componentsPath, componentsPath+"/shop", t(c, "components.shop")
	return web.Render(c, http.StatusOK, "admin/components", p)
}

func (o *Office) shopComponents(c echo.Context) error {
	if !o.Demo {
		return nowhere()
	}
	p := o.parts(c)
	p.Self, p.Twin, p.TwinText = componentsPath+"/shop", componentsPath, t(c, "components.office")
	return web.Render(c, http.StatusOK, "admin/components-shop", p)
}

func (o *Office) parts(c echo.Context) componentsPage {
	cost := func(minor money.Amount) string {
		return i18n.Money(lang(c), money.Price{Amount: minor, Currency: "USD"})
	}
	drawing := func(form string, hue int) shownPicture {
		a := art.Piece{Form: form, Hue: hue, Seed: "1"}
		return shownPicture{Src: "/art/" + a.Path(art.Whole, false) + ".svg", Dark: "/art/" + a.Path(art.Whole, true) + ".svg", Size: 600, Height: 600}
	}
	say := func(key string) string { return t(c, "components."+key) }
	p := componentsPage{Page: page(c, "components.title"), Price: cost(80_20), Art: drawing("plant", 140),
		Errors: web.FormErrors{Title: say("summary"), Items: []web.FieldError{{Field: "c-wrong", Text: say("wrong.text"), Prefix: say("wrong.prefix")}}}}
	now := shownPrice{Now: cost(12_00), NowLabel: say("now"), WasLabel: say("was")}
	less := now
	less.Was, less.Note = cost(15_00), say("from-30")
	p.Cards = []shownCard{
		{URL: p.Self, Name: say("bottle"), Fact: say("bottle.fact"), Picture: drawing("bottle", 25), Price: now},
		{URL: p.Self, Name: say("teat"), Reason: say("teat.reason"), Note: say("two-left"), Picture: drawing("bottle", 25), Price: less},
		{URL: p.Self, Name: say("pot"), Note: say("pot.note"), Out: true, Picture: drawing("pot", 70), Price: now},
		{URL: p.Self, Name: say("bottle"), Mark: say("in-cart"), Picture: drawing("bottle", 200), Price: now},
	}
	p.Rows = []shownRow{{"", "W-10412", say("row.rest")}, {"is-selected", "W-10413", say("row.selected")}, {"is-stale", "W-10414", say("row.stale")}, {"is-failed", "W-10415", say("row.failed")}}
	for _, kind := range []string{"info", "ok", "warn", "error"} {
		p.Notices = append(p.Notices, shownNotice{kind, say(kind)})
	}
	return p
}

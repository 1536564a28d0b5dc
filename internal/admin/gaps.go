package admin

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"regulars/internal/ask"
	"regulars/internal/event"
	"regulars/internal/web"
)

// gapDays is how far back gaps are looked for: as long as single looks are kept.
const gapDays = 90

type (
	gapsPage struct {
		web.Page
		Days     int
		Words    string // of one row that was opened
		Searches []searchRow
		Empty    []emptyRow
		Goods    []goodsRow
		Votes    []voteRow
		Replies  []repliesRow
		Write    bool
	}
	voteRow struct {
		ask.Helped
		Name, URL string
	}
	searchRow struct {
		event.Missed
		Lang string
	}
	emptyRow struct {
		event.Empty
		URL, Write string
	}
	goodsRow struct {
		ask.Gap
		Name, URL, Write string
	}
)

// gaps is what people looked for and asked and nobody has written down: each
// row opens what it counts.
func (o *Office) gaps(c echo.Context) error {
	ctx, since := c.Request().Context(), o.Now().AddDate(0, 0, -gapDays)
	p := gapsPage{Page: page(c, "admin.gaps"), Days: gapDays, Words: c.QueryParam("q"), Write: o.may(c, "questions.write")}
	if p.Words != "" {
		list, err := event.MissedFor(ctx, o.DB, p.Words, since, 200)
		if err != nil {
			return err
		}
		for _, m := range list {
			p.Searches = append(p.Searches, searchRow{m, t(c, "admin.lang."+m.Lang)})
		}
		return web.Render(c, http.StatusOK, "admin/gaps", p)
	}
	empty, err := event.MissedMost(ctx, o.DB, since, 100)
	if err != nil {
		return err
	}
	for _, e := range empty {
		p.Empty = append(p.Empty, emptyRow{e, "/admin/questions/gaps?" + url.Values{"q": {e.Words}}.Encode(), articlesPath + "/new?" + url.Values{"title": {e.Words}}.Encode()})
	}
	goods, err := ask.Gaps(ctx, o.DB, since, 100)
	if err != nil {
		return err
	}
	for _, g := range goods {
		p.Goods = append(p.Goods, goodsRow{g, g.ProductName.In(p.Lang), "/admin/questions?" + url.Values{"product": {g.ProductSlug}}.Encode(),
			articlesPath + "/new?" + url.Values{"about": {g.ProductSlug}}.Encode()})
	}
	votes, err := ask.Votes(ctx, o.DB, since)
	if err != nil {
		return err
	}
	for _, v := range votes {
		p.Votes = append(p.Votes, voteRow{v, v.Title.In(p.Lang), articlesPath + "/" + v.Slug})
	}
	if p.Replies, err = o.replies(c); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, "admin/gaps", p)
}

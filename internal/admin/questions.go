package admin

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/ask"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/outreach"
	"regulars/internal/web"
)

type questionsPage struct {
	web.Page
	In    listing
	Chips []chip
	Kinds []chip
	Rows  []questionRow
	Pager pager
	Usual string
	Pulse string // of the list as it stands; the stream tells of another
	Open  int
	AsOf  string
	Where string // the path of the list without its query
	Write bool
}

type questionRow struct {
	ask.Listed
	URL, Short, Wait, About string
	Open                    bool
	Trouble                 bool
	Late                    bool
	Due, Tier               string
}

func (o *Office) questions(c echo.Context) error {
	in, err := list(c)
	if err != nil {
		return err
	}
	who, err := o.who(c)
	if err != nil {
		return err
	}
	kind := c.QueryParam("kind")
	if kind != "contact" && kind != "product" {
		kind = ""
	}
	ctx := c.Request().Context()
	pulse, waiting, err := ask.Pulse(ctx, o.DB) // before the list: what changes in between is told
	if err != nil {
		return err
	}
	filter := ask.Filter{Kind: kind, Open: in.State == "open", Late: in.State == "late", Trouble: in.State == "complaint", Product: c.QueryParam("product"),
		Number: ask.ParseNumber(in.Q), Now: o.Now(), Page: in.Page}
	if in.State == "mine" {
		filter.Owner = int64(who.ID)
	}
	found, total, err := ask.List(ctx, o.DB, filter)
	if err != nil {
		return err
	}
	p := questionsPage{Page: page(c, "staff.area.questions"), In: in, Pager: pages(c, in.Page, 50, total), Write: o.may(c, "questions.write"),
		AsOf:  i18n.DateTime(lang(c), o.Now().In(o.Settings.Now().Zone())),
		Chips: chips(c, "state", in.State, "admin.questions.", "", "open", "late", "mine", "complaint"), Kinds: chips(c, "kind", kind, "admin.question.", "", "contact", "product")}
	p.Pulse, p.Open = pulse, waiting
	usual, ok, err := ask.Usual(ctx, o.DB, o.Now().AddDate(0, 0, -90))
	if err != nil {
		return err
	}
	if ok {
		p.Usual = span(c, usual)
	}
	for _, q := range found {
		row := questionRow{Listed: q, URL: "/admin/questions/" + url.PathEscape(q.Token), Short: q.Body, Wait: span(c, q.Waiting(o.Now())), Open: q.AnsweredAt.IsZero(), Trouble: q.Trouble(),
			About: t(c, "admin.question."+q.Kind)}
		if row.Open && !q.DueAt.IsZero() {
			row.Late, row.Due = q.Late(o.Now()), i18n.DateTime(p.Lang, q.DueAt.In(o.Settings.Now().Zone()))
		}
		if q.Tier != "" {
			row.Tier = t(c, "value.tier."+q.Tier)
		}
		if q.ProductSlug != "" {
			row.About = q.ProductName.In(p.Lang)
		}
		if runes := []rune(row.Short); len(runes) > 140 {
			row.Short = string(runes[:140]) + "…"
		}
		p.Rows = append(p.Rows, row)
	}
	return web.Render(c, http.StatusOK, "admin/questions", p)
}

func (o *Office) keepAnswer(c echo.Context, q *ask.Question, answer string, publish bool) (mailed bool, err error) {
	who, err := o.who(c)
	if err != nil {
		return false, err
	}
	err = o.change(c, "question.answer", q.Token, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		before, err := ask.ByToken(ctx, tx, q.Token)
		if err != nil {
			return "", err
		}
		kept, err := ask.Answer(ctx, tx, q.Token, int64(who.ID), answer, publish, now)
		if err != nil {
			return "", err
		}
		if mailed = kept.Email != "" && before.AnsweredAt.IsZero(); mailed {
			err = outreach.EnqueueQuestion(ctx, tx, kept.ID, outreach.QuestionAnswered, now)
		}
		return "published: " + strconv.FormatBool(kept.Published), err
	})
	return mailed, err
}

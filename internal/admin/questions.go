package admin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/ask"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/jobs"
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
}

type questionRow struct {
	ask.Listed
	URL, Short, Wait, About string
	Open                    bool
}

func (o *Office) questions(c echo.Context) error {
	in, err := list(c)
	if err != nil {
		return err
	}
	kind := c.QueryParam("kind")
	if kind != "contact" && kind != "product" {
		kind = ""
	}
	ctx := c.Request().Context()
	found, total, err := ask.List(ctx, o.DB, ask.Filter{Kind: kind, Open: in.State == "open", Page: in.Page})
	if err != nil {
		return err
	}
	p := questionsPage{Page: page(c, "staff.area.questions"), In: in, Pager: pages(c, in.Page, 50, total),
		Chips: chips(c, "state", in.State, "admin.questions.", "", "open"), Kinds: chips(c, "kind", kind, "admin.question.", "", "contact", "product")}
	usual, ok, err := ask.Usual(ctx, o.DB, o.Now().AddDate(0, 0, -90))
	if err != nil {
		return err
	}
	if ok {
		p.Usual = span(c, usual)
	}
	for _, q := range found {
		row := questionRow{Listed: q, URL: "/admin/questions/" + url.PathEscape(q.Token), Short: q.Body, Wait: span(c, q.Waiting(o.Now())), Open: q.AnsweredAt.IsZero(),
			About: t(c, "admin.question."+q.Kind)}
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

type questionPage struct {
	web.Page
	Question *ask.Question
	Lines    []string
	Wait     string
	Answer   string
	Publish  bool
	Errors   web.FormErrors
	Write    bool
	Wish     string // how who asked would like to be answered
}

func (o *Office) question(c echo.Context) error {
	q, err := ask.ByToken(c.Request().Context(), o.DB, c.Param("token"))
	if err != nil {
		return err
	}
	return o.showQuestion(c, http.StatusOK, q, q.Answer, q.Published || q.AnsweredAt.IsZero(), nil)
}

func (o *Office) showQuestion(c echo.Context, status int, q *ask.Question, answer string, publish bool, failure error) error {
	wish, err := o.wish(c, q)
	if err != nil {
		return err
	}
	return web.Render(c, status, "admin/question", questionPage{Page: page(c, "admin.question."+q.Kind), Question: q, Lines: strings.Split(q.Body, "\n"), Wait: span(c, q.Waiting(o.Now())),
		Answer: answer, Publish: publish, Errors: wrong(c, failure), Write: o.may(c, "questions.write"), Wish: wish})
}

// wish words how the account that asked would like to be answered; "" if it
// did not say, and for guests.
func (o *Office) wish(c echo.Context, q *ask.Question) (string, error) {
	if q.CustomerID == nil {
		return "", nil
	}
	k, err := customer.ByID(c.Request().Context(), o.DB, *q.CustomerID)
	if errors.Is(err, fault.NotFound) || err == nil && k.Channel == "" {
		return "", nil
	} else if err != nil {
		return "", err
	}
	words := t(c, "customer.channel."+k.Channel)
	if k.Channel == "phone" && k.Phone != "" {
		words += " · " + k.Phone
	}
	return words, nil
}

// answer keeps the answer and mails it to who asked, if they left an address;
// a corrected answer is not mailed again.
func (o *Office) answer(c echo.Context) error {
	q, err := ask.ByToken(c.Request().Context(), o.DB, c.Param("token"))
	if err != nil {
		return err
	}
	var in struct {
		Answer  string `form:"answer"`
		Publish bool   `form:"publish"`
	}
	mailed := false
	err = web.Form(c, &in)
	if err == nil {
		mailed, err = o.keepAnswer(c, q, in.Answer, in.Publish)
	}
	switch {
	case errors.Is(err, fault.Invalid):
		return o.showQuestion(c, http.StatusUnprocessableEntity, q, in.Answer, in.Publish, err)
	case err != nil:
		return err
	case mailed:
		return done(c, "/admin/questions", "admin.answer.mailed")
	}
	return done(c, "/admin/questions", "admin.answer.kept")
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
			err = jobs.Enqueue(ctx, tx, outreach.QuestionMail{Question: kept.ID, Template: outreach.QuestionAnswered})
		}
		return "published: " + strconv.FormatBool(kept.Published), err
	})
	return mailed, err
}

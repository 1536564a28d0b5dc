package admin

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/survey"
	"regulars/internal/web"
)

type (
	surveysPage struct {
		web.Page
		Rows  []surveyRow
		Write bool
	}
	surveyRow struct {
		survey.Listed
		URL, Name, State, Rate string
	}
	surveyPage struct {
		web.Page
		Path, Slug, Shown string // "" for a new one
		In                inputs
		Errors            web.FormErrors
		Write             bool
		Parts             []surveyPart
		Warn              string // what typed questions cost, "" without one
		Fixed             bool   // somebody began: the questions stand
		Report            *surveyReport
		File              string
	}
	surveyPart struct {
		N     int
		Name  string // q1_
		Kinds []choice
		Typed bool
	}
	surveyReport struct {
		Began, Done int
		Rate        string
		Rows        []surveyCount
	}
	surveyCount struct {
		N                                         int
		Words, Kind                               string
		Reached, Answered, Skipped, Stopped, Here int
		Quit                                      string
		Options                                   []surveyOption
		Typed                                     []string
	}
	surveyOption struct {
		Text, Share string
		N           int
	}
)

const surveysPath = "/admin/surveys"

// typedMost is how many typed answers the page lists; the file has all.
const typedMost = 50

func (o *Office) surveyRoutes(g *echo.Group) {
	g.GET("/surveys", o.surveys)
	g.GET("/surveys/new", o.newSurvey)
	g.POST("/surveys/new", o.saveSurvey)
	g.GET("/surveys/:slug", o.survey)
	g.POST("/surveys/:slug", o.saveSurvey)
	g.GET("/surveys/:slug/answers.csv", o.surveyFile)
}

// stateOf words where a survey stands.
func (o *Office) surveyState(c echo.Context, s *survey.Survey) string {
	switch {
	case s.PublishedAt.IsZero():
		return t(c, "survey.state.draft")
	case s.Open(o.Now()):
		return t(c, "survey.state.open")
	}
	return t(c, "survey.state.closed")
}

func (o *Office) surveys(c echo.Context) error {
	list, err := survey.List(c.Request().Context(), o.DB)
	if err != nil {
		return err
	}
	p := surveysPage{Page: page(c, "staff.area.surveys"), Write: o.may(c, "surveys.write")}
	for _, s := range list {
		p.Rows = append(p.Rows, surveyRow{s, surveysPath + "/" + s.Slug, s.Title.In(p.Lang), o.surveyState(c, &s.Survey), partOf(c, s.Done, s.Began)})
	}
	return web.Render(c, http.StatusOK, "admin/surveys", p)
}

// partOf is a share with its number of people; none where there are none.
func partOf(c echo.Context, part, of int) string {
	if of == 0 {
		return t(c, "survey.nobody")
	}
	return t(c, "survey.share", "percent", (200*part+of)/(2*of), "part", part, "of", of)
}

func (o *Office) newSurvey(c echo.Context) error {
	return o.showSurvey(c, http.StatusOK, nil, inputs{"q1_kind": survey.One}, nil)
}

// survey shows the form and, once somebody began, what came of it.
func (o *Office) survey(c echo.Context) error {
	s, err := survey.BySlug(c.Request().Context(), o.DB, param(c, "slug"))
	if err != nil {
		return err
	}
	in := inputs{"slug": s.Slug, "title_en": s.Title.En, "title_zh": s.Title.Zh, "intro_en": s.Intro.En, "intro_zh": s.Intro.Zh, "place": s.Place}
	if !s.PublishedAt.IsZero() {
		in["published"] = "1"
	}
	if !s.ClosesAt.IsZero() {
		in["closes"] = s.ClosesAt.Add(-time.Second).In(o.Settings.Now().Zone()).Format(time.DateOnly)
	}
	for i, q := range s.Questions {
		name := "q" + strconv.Itoa(i+1) + "_"
		in[name+"kind"], in[name+"words_en"], in[name+"words_zh"], in[name+"options"] = q.Kind, q.Words.En, q.Words.Zh, q.Options.String()
	}
	return o.showSurvey(c, http.StatusOK, s, in, nil)
}

func (o *Office) showSurvey(c echo.Context, status int, s *survey.Survey, in inputs, failed error) error {
	ctx := c.Request().Context()
	p := surveyPage{Page: page(c, "survey.one"), In: in, Errors: wrong(c, failed), Write: o.may(c, "surveys.write"), Path: surveysPath + "/new"}
	typed := false
	for n := 1; n <= o.Settings.Now().SurveyQuestions(); n++ {
		part := surveyPart{N: n, Name: "q" + strconv.Itoa(n) + "_"}
		for _, k := range survey.Kinds {
			part.Kinds = append(part.Kinds, choice{k, t(c, "survey.kind."+k), in[part.Name+"kind"] == k})
		}
		part.Typed = in[part.Name+"kind"] == survey.Text
		typed = typed || part.Typed
		p.Parts = append(p.Parts, part)
	}
	if typed {
		quits, err := survey.CountQuits(ctx, o.DB, o.Now())
		if err != nil {
			return err
		}
		p.Warn = t(c, "survey.warn")
		if quits.TypedOf > 0 && quits.ClickedOf > 0 {
			p.Warn += " " + t(c, "survey.warn.own", "typed", partOf(c, quits.Typed, quits.TypedOf), "clicked", partOf(c, quits.Clicked, quits.ClickedOf))
		}
	}
	if s != nil && s.ID != 0 {
		p.Path, p.Slug, p.Shown, p.File = surveysPath+"/"+s.Slug, s.Slug, o.Web.AbsoluteURL(i18n.English, "/s/"+s.Slug), surveysPath+"/"+s.Slug+"/answers.csv"
		report, err := survey.Count(ctx, o.DB, s, false, o.Now())
		if err != nil {
			return err
		}
		p.Fixed = report.Began > 0
		if p.Fixed {
			p.Report = o.surveyReport(c, report)
		}
	}
	return web.Render(c, status, "admin/survey", p)
}

// surveyReport words the counts: of each question how many it was shown to and
// how many of these stopped there. What people typed may name them, and is for
// those alone who may see addresses.
func (o *Office) surveyReport(c echo.Context, r *survey.Report) *surveyReport {
	out := &surveyReport{Began: r.Began, Done: r.Done, Rate: partOf(c, r.Done, r.Began)}
	l := lang(c)
	for _, q := range r.Questions {
		row := surveyCount{N: q.Position, Words: q.Words.In(l), Kind: t(c, "survey.kind."+q.Kind), Reached: q.Reached, Answered: q.Answered, Skipped: q.Skipped, Stopped: q.Stopped, Here: q.Here,
			Quit: partOf(c, q.Stopped, q.Reached)}
		for i, n := range q.Chosen {
			text := strconv.Itoa(i + 1)
			if q.Kind != survey.Scale {
				text = q.Options[i].In(l)
			}
			row.Options = append(row.Options, surveyOption{text, partOf(c, n, q.Answered), n})
		}
		if o.may(c, "personal.read") {
			row.Typed = q.Typed[:min(len(q.Typed), typedMost)]
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

func surveyInputs(most int) []string {
	names := []string{"slug", "title_en", "title_zh", "intro_en", "intro_zh", "place", "published", "closes"}
	for n := 1; n <= most; n++ {
		for _, field := range []string{"kind", "words_en", "words_zh", "options"} {
			names = append(names, "q"+strconv.Itoa(n)+"_"+field)
		}
	}
	return names
}

func (o *Office) saveSurvey(c echo.Context) error {
	most := o.Settings.Now().SurveyQuestions()
	in, err := read(c, surveyInputs(most))
	if err != nil {
		return err
	}
	slug := param(c, "slug")
	s := &survey.Survey{Slug: in["slug"], Title: i18n.Text{En: in["title_en"], Zh: in["title_zh"]}, Intro: i18n.Text{En: in["intro_en"], Zh: in["intro_zh"]}, Place: in["place"]}
	if slug != "" {
		s.Slug = slug
	}
	var shown *survey.Survey
	if slug != "" {
		if shown, err = survey.BySlug(c.Request().Context(), o.DB, slug); err != nil {
			return err
		}
		most = max(most, len(shown.Questions)) // a bound that was lowered since takes no question away
		if in, err = read(c, surveyInputs(most)); err != nil {
			return err
		}
	}
	for n := 1; n <= most; n++ {
		name := "q" + strconv.Itoa(n) + "_"
		if in[name+"words_en"] == "" && in[name+"words_zh"] == "" && in[name+"options"] == "" {
			continue
		}
		s.Questions = append(s.Questions, survey.Question{Kind: in[name+"kind"], Words: i18n.Text{En: in[name+"words_en"], Zh: in[name+"words_zh"]}, Options: survey.ParseOptions(in[name+"options"])})
	}
	err = o.change(c, "survey.save", s.Slug, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		if in["closes"] != "" {
			last, err := time.ParseInLocation(time.DateOnly, in["closes"], o.Settings.Now().Zone())
			if err != nil {
				var form fault.Form
				form.Wrong("closes", "survey.day")
				return "", form.Err()
			}
			s.ClosesAt = db.At(last.AddDate(0, 0, 1))
		}
		if in["published"] != "" {
			s.PublishedAt = db.At(now)
		}
		return s.Title.En, survey.Put(ctx, tx, s, slug == "", most, now)
	})
	switch {
	case errors.Is(err, fault.Invalid):
		return o.showSurvey(c, http.StatusUnprocessableEntity, shown, in, err)
	case err != nil:
		return err
	}
	return done(c, surveysPath+"/"+s.Slug, "survey.saved")
}

// surveyFile is every response as a table, one row each; who answered and what
// they typed only for those who may see addresses.
func (o *Office) surveyFile(c echo.Context) error {
	ctx := c.Request().Context()
	s, err := survey.BySlug(ctx, o.DB, param(c, "slug"))
	if err != nil {
		return err
	}
	l, personal := lang(c), o.may(c, "personal.read")
	rows, err := survey.Rows(ctx, o.DB, s, l, o.Settings.Now().Zone())
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	head := []string{"day", "customer", "language", "done"}
	for _, q := range s.Questions {
		head = append(head, guarded(q.Words.In(l)))
	}
	w.Write(head)
	for _, r := range rows {
		if !personal {
			r.Customer = ""
		}
		line := []string{r.Day, guarded(r.Customer), string(r.Lang), strconv.FormatBool(r.Done)}
		for i, a := range r.Answers {
			if !personal && s.Questions[i].Kind == survey.Text {
				a = ""
			}
			line = append(line, guarded(a))
		}
		w.Write(line)
	}
	w.Flush()
	err = o.change(c, "survey.export", s.Slug, func(context.Context, *db.Tx, time.Time) (string, error) {
		return strconv.Itoa(len(rows)), nil
	})
	if err != nil {
		return err
	}
	c.Response().Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="survey-%s.csv"`, s.Slug))
	return c.Blob(http.StatusOK, "text/csv; charset=utf-8", b.Bytes())
}

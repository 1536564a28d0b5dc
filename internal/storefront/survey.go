package storefront

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/survey"
	"regulars/internal/web"
)

type (
	// surveyPage is a survey before, at one of its questions, or after.
	surveyPage struct {
		web.Page
		Heading, Lead string
		Begin         string // where to begin; "" once begun
		Ask           *surveyAsk
		Done          bool
		Keep          string   // where what was chosen is put into the profile
		Tiles         []string // of what was chosen, in words
		Linked        bool     // the answers are linked to the account
		Ends          string
		Count         int
		Typed         int // how many of them are typed
		Errors        web.FormErrors
	}
	surveyAsk struct {
		Action, Back, Kind, Words, Typed string
		At, Of                           int
		Type                             string // of its inputs: radio, checkbox
		Options                          []choice
	}
	surveyLink struct {
		URL, Title string
		Count      int
	}
)

func (s *Shop) surveyRoutes(slow echo.MiddlewareFunc) {
	e := s.Web.Echo
	e.GET("/s/:slug", s.survey)
	e.POST("/s/:slug", s.beginSurvey, slow)
	e.GET("/s/:slug/:token", s.surveyStep)
	e.POST("/s/:slug/:token", s.answerSurvey, slow)
	e.POST("/s/:slug/:token/keep", s.keepSurvey, slow)
}

// openSurvey is the survey that a request is about, while it is open.
func (s *Shop) openSurvey(c echo.Context) (*survey.Survey, error) {
	v, err := survey.BySlug(c.Request().Context(), s.DB, c.Param("slug"))
	if err == nil && !v.Open(s.Now()) {
		err = fault.New(fault.NotFound, "survey.unknown")
	}
	return v, err
}

func (s *Shop) surveyFrame(c echo.Context, v *survey.Survey) *surveyPage {
	p := &surveyPage{Page: s.titled(c, v.Title), Heading: in(c, v.Title), Lead: in(c, v.Intro), Count: len(v.Questions)}
	p.NoIndex = true
	web.Private(c)
	for _, q := range v.Questions {
		if q.Kind == survey.Text {
			p.Typed++
		}
	}
	if !v.ClosesAt.IsZero() {
		p.Ends = i18n.Date(web.Lang(c), v.ClosesAt.Add(-time.Second).In(s.Settings.Now().Zone()))
	}
	return p
}

// survey is its first page: what it is about, how long it is, and whose the
// answers will be.
func (s *Shop) survey(c echo.Context) error {
	v, err := s.openSurvey(c)
	if err != nil {
		return err
	}
	p := s.surveyFrame(c, v)
	p.Begin = web.URL(c, "/s/"+v.Slug)
	return web.Render(c, http.StatusOK, "storefront/survey", p)
}

// beginSurvey begins: as nobody, unless somebody signed in ticks that their
// account may know.
func (s *Shop) beginSurvey(c echo.Context) error {
	var in struct {
		Link bool `form:"link"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	v, err := s.openSurvey(c)
	if err != nil {
		return err
	}
	p, err := s.person(c)
	if err != nil {
		return err
	}
	var who *customer.Customer
	if in.Link && p.SignedIn() {
		who = p.Customer
	}
	var r *survey.Response
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		r, err = survey.Begin(ctx, tx, v, who, web.Lang(c), s.Now())
		return err
	})
	if err != nil {
		return err
	}
	return web.Redirect(c, "/s/"+v.Slug+"/"+r.Token)
}

// surveyStep shows a question, by default the furthest that was reached.
func (s *Shop) surveyStep(c echo.Context) error {
	at, _ := strconv.Atoi(c.QueryParam("q"))
	return s.showStep(c, http.StatusOK, at, nil, "", nil)
}

func (s *Shop) showStep(c echo.Context, status, at int, chosen []string, typed string, failed error) error {
	v, err := s.openSurvey(c)
	if err != nil {
		return err
	}
	r, given, err := survey.ByToken(c.Request().Context(), s.DB, v, c.Param("token"))
	if err != nil {
		return err
	}
	p := s.surveyFrame(c, v)
	p.Errors, p.Linked = web.Errors(c, failed), r.CustomerID != nil
	here := web.URL(c, "/s/"+v.Slug+"/"+r.Token)
	if at == 0 && !r.DoneAt.IsZero() {
		p.Done, p.Keep = true, here+"/keep"
		if p.Tiles, err = s.mayKeep(c, v, given); err != nil {
			return err
		}
		return web.Render(c, status, "storefront/survey", p)
	}
	if at < 1 || at > r.Reached {
		at = r.Reached
	}
	q := &v.Questions[at-1]
	a := &surveyAsk{Action: here + "?q=" + strconv.Itoa(at), Kind: q.Kind, Words: in(c, q.Words), At: at, Of: len(v.Questions), Type: "radio", Typed: typed}
	if at > 1 {
		a.Back = here + "?q=" + strconv.Itoa(at-1)
	}
	if q.Kind == survey.Many {
		a.Type = "checkbox"
	}
	if g, ok := given[q.ID]; ok && failed == nil {
		chosen, a.Typed = strings.Split(g.Chosen, ","), g.Words
	}
	n := len(q.Options)
	if q.Kind == survey.Scale {
		n = survey.ScaleTo
	}
	for i := 1; i <= n && q.Kind != survey.Text; i++ {
		code := strconv.Itoa(i)
		text := code
		if q.Kind != survey.Scale {
			text = in(c, q.Options[i-1].Text)
		} else if len(q.Options) == 2 && (i == 1 || i == n) {
			text += " · " + in(c, q.Options[min(i-1, 1)].Text)
		}
		a.Options = append(a.Options, choice{Code: code, Text: text, Chosen: slices.Contains(chosen, code)})
	}
	p.Ask = a
	return web.Render(c, status, "storefront/survey", p)
}

// answerSurvey keeps an answer and leads on.
func (s *Shop) answerSurvey(c echo.Context) error {
	var in struct {
		Chosen []string `form:"chosen"`
		Words  string   `form:"words,max=5000"`
		Skip   bool     `form:"skip"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	at, _ := strconv.Atoi(c.QueryParam("q"))
	v, err := s.openSurvey(c)
	if err != nil {
		return err
	}
	r, _, err := survey.ByToken(c.Request().Context(), s.DB, v, c.Param("token"))
	if err != nil {
		return err
	}
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		return survey.Give(ctx, tx, v, r, at, in.Chosen, in.Words, in.Skip, s.Now())
	})
	if fault.Kind(err) == fault.Invalid && len(fault.Fields(err)) > 0 {
		return s.showStep(c, http.StatusUnprocessableEntity, at, in.Chosen, in.Words, err)
	}
	if err != nil {
		return err
	}
	to := "/s/" + v.Slug + "/" + r.Token
	if at < len(v.Questions) {
		to += "?q=" + strconv.Itoa(at+1)
	}
	return web.Redirect(c, to)
}

// chosenTiles are the tiles that somebody's answers speak for and their
// profile does not hold, by kind.
func chosenTiles(v *survey.Survey, given map[int64]survey.Given, p *customer.Person) map[string][]string {
	tiles := map[string][]string{}
	for i := range v.Questions {
		q := &v.Questions[i]
		for _, tile := range q.Tiles(given[q.ID]) {
			kind, value, _ := strings.Cut(tile, ":")
			has := slices.ContainsFunc(p.Interests, func(i customer.Interest) bool { return i.Kind == kind && i.Value == value })
			if !has && !slices.Contains(tiles[kind], value) {
				tiles[kind] = append(tiles[kind], value)
			}
		}
	}
	return tiles
}

// mayKeep words what the answers could add to the profile of whoever is signed
// in and allows personal pages. Nothing is added before they say so.
func (s *Shop) mayKeep(c echo.Context, v *survey.Survey, given map[int64]survey.Given) (words []string, err error) {
	p, err := s.person(c)
	if err != nil || !p.SignedIn() || !p.Personalized() {
		return nil, err
	}
	tiles := chosenTiles(v, given, p)
	for _, kind := range []string{"interest", "hobby", "for", "life"} {
		for _, value := range tiles[kind] {
			words = append(words, in(c, customer.TileName(kind, value)))
		}
	}
	return words, nil
}

// keepSurvey puts what was chosen into the profile of whoever asks for it.
func (s *Shop) keepSurvey(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	v, err := s.openSurvey(c)
	if err != nil {
		return err
	}
	_, given, err := survey.ByToken(c.Request().Context(), s.DB, v, c.Param("token"))
	if err != nil {
		return err
	}
	tiles := chosenTiles(v, given, p)
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		for kind, values := range tiles {
			for _, i := range p.Interests {
				if i.Kind == kind && i.Source == "said" {
					values = append(values, i.Value)
				}
			}
			if err := customer.SetInterests(ctx, tx, p.CustomerID(), kind, values, s.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	web.Flash(c, "ok", "survey.kept")
	return web.Redirect(c, "/account/interests")
}

// afterOrder is the survey that is asked where an order was just placed.
func (s *Shop) afterOrder(c echo.Context) (*surveyLink, error) {
	v, err := survey.At(c.Request().Context(), s.DB, survey.AfterOrder, s.Now())
	if err != nil || v == nil {
		return nil, err
	}
	return &surveyLink{web.URL(c, "/s/"+v.Slug), in(c, v.Title), len(v.Questions)}, nil
}

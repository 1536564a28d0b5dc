package storefront

import (
	"context"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/occasion"
	"regulars/internal/web"
)

type (
	// occasionRow is a need that was found in somebody's orders, on the page of
	// their dates.
	occasionRow struct {
		Token, Name, When, Why, State, Mail string
		Yes, No                             bool // what they may still answer
		Own                                 string
		Months, Days                        []option
		Errors                              web.FormErrors
	}
	occasionForm struct {
		Name  string `form:"name,max=300"`
		Month int    `form:"month"`
		Day   int    `form:"day"`
	}
	occasionPage struct {
		web.Page
		Token, Lead, Why string
		Answered         string // in words, after an answer
		Gone             bool
	}
)

func (s *Shop) occasionRoutes(slow echo.MiddlewareFunc) {
	e := s.Web.Echo
	e.GET("/account/occasions", s.dates)
	e.POST("/account/occasions/:token", s.changeOccasion, slow)
	e.POST("/account/occasions/:token/answer", s.answerOccasion, slow)
	e.POST("/account/occasions/hint", s.answerHint, slow)
	e.GET("/occasions/:token", s.occasionLink)
	e.POST("/occasions/:token", s.answerOccasionLink, slow)
}

// occasionRows are the needs that were found for the person signed in, those
// first that come up first. form and failed are a change that was refused.
func (s *Shop) occasionRows(c echo.Context, p *customer.Person, token string, form occasionForm, failed error) ([]occasionRow, error) {
	ctx := c.Request().Context()
	list, err := occasion.OfCustomer(ctx, s.DB, p.CustomerID())
	if err != nil || len(list) == 0 {
		return nil, err
	}
	tree, err := s.tree(c)
	if err != nil {
		return nil, err
	}
	occasion.InOrder(list, occasion.Today(s.Now(), s.Settings.Now().Zone()))
	var rows []occasionRow
	for i := range list {
		o := &list[i]
		if o.Source == occasion.FromPerson {
			continue // it stands among their own dates
		}
		r := occasionRow{Token: o.Token, Own: o.Name, Why: o.Why(web.Lang(c), tree), State: t(c, "occasion.state."+string(o.State)), Yes: o.State != occasion.Confirmed, No: o.State != occasion.NotAgain}
		if r.Name, err = occasion.NameOf(ctx, s.DB, o); err != nil {
			return nil, err
		}
		if r.Name == "" {
			r.Name = o.KindNames(web.Lang(c), tree)
		}
		r.When = s.occasionWhen(c, o)
		r.Mail = s.occasionMail(c, p, o)
		month, day := o.MovedMonth, o.MovedDay
		if o.Token == token {
			r.Own, month, day, r.Errors = form.Name, form.Month, form.Day, web.Errors(c, failed)
		}
		r.pick(c, month, day)
		rows = append(rows, r)
	}
	return rows, nil
}

// occasionWhen words the next day of a need, and what it goes by.
func (s *Shop) occasionWhen(c echo.Context, o *occasion.Occasion) string {
	l := web.Lang(c)
	on, ok := o.Next(occasion.Today(s.Now(), s.Settings.Now().Zone()))
	if !ok {
		return ""
	}
	words := t(c, "occasion.when", "date", on)
	if f, ok := occasion.FeastOf(o.Anchor().Feast); ok {
		key := "occasion.when.feast"
		if f.Approximate {
			key = "occasion.when.about"
		}
		words = t(c, key, "date", on, "feast", f.Name.In(l))
	}
	return words
}

// occasionMail words when a mail comes, or why none does.
func (s *Shop) occasionMail(c echo.Context, p *customer.Person, o *occasion.Occasion) string {
	zone := s.Settings.Now().Zone()
	on, ok := o.Next(occasion.Today(s.Now(), zone).AddDate(0, 0, occasion.RemindTo))
	switch {
	case !o.Speaks() || !ok:
		return t(c, "occasion.mail.none")
	case !p.Given(customer.MailOccasions):
		return t(c, "occasion.mail.off")
	}
	from, until := occasion.Span(on, zone)
	return t(c, "occasion.mail.between", "from", from, "until", until.AddDate(0, 0, -1))
}

func (r *occasionRow) pick(c echo.Context, month, day int) {
	l := web.Lang(c)
	r.Months = []option{{"0", t(c, "occasion.as-found"), month == 0}}
	for m := 1; m <= 12; m++ {
		r.Months = append(r.Months, option{strconv.Itoa(m), monthName(l, m), m == month})
	}
	for n := 1; n <= 31; n++ {
		r.Days = append(r.Days, option{strconv.Itoa(n), strconv.Itoa(n), n == max(day, 1)})
	}
}

// changeOccasion keeps the person's own name and day for a need.
func (s *Shop) changeOccasion(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	var in occasionForm
	failed := web.Form(c, &in)
	if failed == nil {
		failed = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
			return occasion.Change(ctx, tx, p.CustomerID(), c.Param("token"), in.Name, in.Month, in.Day, s.Settings.Now().Zone(), s.Now())
		})
	}
	if fault.Kind(failed) == fault.Invalid {
		return s.datesAgain(c, c.Param("token"), in, failed)
	}
	if failed != nil {
		return failed
	}
	web.Flash(c, "ok", "shop.account.saved")
	return web.Redirect(c, "/account/dates#occasions")
}

// answerOccasion keeps yes, not again, or that the need is taken out.
func (s *Shop) answerOccasion(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	var in struct {
		Answer string `form:"answer,max=10"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	zone, now := s.Settings.Now().Zone(), s.Now()
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		switch in.Answer {
		case "yes", "no":
			return occasion.Answer(ctx, tx, p.CustomerID(), c.Param("token"), in.Answer == "yes", zone, now)
		case "delete":
			return occasion.Delete(ctx, tx, p.CustomerID(), c.Param("token"), zone, now)
		}
		return fault.New(fault.Invalid, "error.invalid")
	})
	if err != nil {
		return err
	}
	web.Flash(c, "ok", "shop.account.saved")
	return web.Redirect(c, "/account/dates#occasions")
}

// occasionLink shows what a mailed link answers. Looking changes nothing:
// programs that open every link of a mail must not answer for the person.
func (s *Shop) occasionLink(c echo.Context) error { return s.occasionPage(c, "") }

func (s *Shop) occasionPage(c echo.Context, answered string) error {
	web.Private(c)
	y, o, err := occasion.ByLink(c.Request().Context(), s.DB, c.Param("token"))
	if err != nil {
		return err
	}
	page := occasionPage{Page: s.page(c, "occasion.link.title"), Token: c.Param("token"), Lead: t(c, "occasion.link.lead", "day", occasion.DayWords(web.Lang(c), y.OnDay.Time.UTC())), Answered: answered, Gone: o == nil}
	page.NoIndex = true
	if o != nil {
		tree, err := s.tree(c)
		if err != nil {
			return err
		}
		page.Why = o.Why(web.Lang(c), tree)
	}
	return web.Render(c, http.StatusOK, "storefront/occasion", page)
}

func (s *Shop) answerOccasionLink(c echo.Context) error {
	var in struct {
		Answer string `form:"answer,max=10"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	if in.Answer != "yes" && in.Answer != "no" {
		return fault.New(fault.Invalid, "error.invalid")
	}
	err := s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		return occasion.AnswerLink(ctx, tx, c.Param("token"), in.Answer == "yes", s.Settings.Now().Zone(), s.Now())
	})
	if err != nil {
		return err
	}
	return s.occasionPage(c, i18n.T(web.Lang(c), "occasion.link."+in.Answer))
}

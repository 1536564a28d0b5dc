package storefront

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/occasion"
	"regulars/internal/web"
)

type (
	dateRow struct {
		Token, Name, When string
		Grows             string // of a child: age and size today, and what comes next
	}
	datesPage struct {
		accountPage
		Rows                       []dateRow
		Form                       dateForm
		Kinds, Months, Days, Years []option
		Sizes                      []tile
		Grows                      *crumb // where a child's size shows
		Found                      []occasionRow
	}
	dateForm struct {
		Kind   string `form:"kind,max=40"`
		Label  string `form:"label,max=200"`
		Month  int    `form:"month"`
		Day    *int   `form:"day"`
		Year   *int   `form:"year"`
		Size   string `form:"size,max=20"`
		Remind bool   `form:"remind"`
	}
)

func (s *Shop) dates(c echo.Context) error {
	return s.datesPage(c, http.StatusOK, dateForm{}, nil)
}

func (s *Shop) datesPage(c echo.Context, status int, form dateForm, failed error) error {
	return s.datesWith(c, status, form, failed, "", occasionForm{}, nil)
}

// datesAgain is the page with a change of an occasion that was refused.
func (s *Shop) datesAgain(c echo.Context, token string, form occasionForm, failed error) error {
	return s.datesWith(c, http.StatusUnprocessableEntity, dateForm{}, nil, token, form, failed)
}

func (s *Shop) datesWith(c echo.Context, status int, form dateForm, failed error, token string, moved occasionForm, refused error) error {
	base, p, err := s.accountPage(c, "dates")
	if err != nil {
		return err
	}
	base.Errors = web.Errors(c, failed)
	page := datesPage{accountPage: base, Form: form}
	list, err := customer.Dates(c.Request().Context(), s.DB, p.CustomerID())
	if err != nil {
		return err
	}
	for i := range list {
		d := &list[i]
		page.Rows = append(page.Rows, dateRow{d.Token, dateName(c, d), dateWords(c, *d), s.growth(c, d)})
	}
	page.Grows, err = s.childShelf(c)
	if err != nil {
		return err
	}
	if page.Found, err = s.occasionRows(c, p, token, moved, refused); err != nil {
		return err
	}
	page.pick(c, form, s.today())
	return web.Render(c, status, "storefront/dates", page)
}

func monthName(l i18n.Lang, m int) string {
	if l == i18n.Chinese {
		return strconv.Itoa(m) + "月"
	}
	return time.Month(m).String()
}

func dateWords(c echo.Context, d customer.Date) string {
	l := web.Lang(c)
	text := monthName(l, d.Month)
	switch {
	case l == i18n.Chinese && d.Day > 0:
		text += strconv.Itoa(d.Day) + "日"
	case d.Day > 0:
		text = strconv.Itoa(d.Day) + " " + text
	}
	switch {
	case d.Year > 0 && l == i18n.Chinese:
		text = fmt.Sprintf("%d年%s", d.Year, text)
	case d.Year > 0:
		text = fmt.Sprintf("%s %d", text, d.Year)
	}
	if d.Remind {
		text += t(c, "shop.date.reminded")
	}
	return text
}

func (s *Shop) saveDate(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	var in dateForm
	failed := web.Form(c, &in)
	if failed == nil && in.Kind == "child" && in.Month == 0 && in.Size == "" {
		var form fault.Form
		form.Wrong("size", "customer.size.unknown")
		failed = form.Err()
	}
	if failed == nil {
		d := customer.Date{Kind: in.Kind, Label: in.Label, Month: in.Month, Size: in.Size, Remind: in.Remind}
		if in.Day != nil {
			d.Day = *in.Day
		}
		if in.Year != nil {
			d.Year = *in.Year
		}
		failed = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
			if _, err := customer.PutDate(ctx, tx, p.CustomerID(), d, s.Now()); err != nil {
				return err
			}
			return occasion.Refresh(ctx, tx, p.CustomerID(), s.Settings.Now().Zone(), s.Now())
		})
	}
	if failed != nil {
		if fault.Kind(failed) != fault.Invalid {
			return failed
		}
		return s.datesPage(c, http.StatusUnprocessableEntity, in, failed)
	}
	web.Flash(c, "ok", "shop.account.saved")
	return web.Redirect(c, "/account/dates")
}

func (s *Shop) dropDate(c echo.Context) error {
	return s.drop(c, "/account/dates", func(ctx context.Context, tx *db.Tx, id customer.ID, token string) error {
		if err := customer.DropDate(ctx, tx, id, token); err != nil {
			return err
		}
		return occasion.Refresh(ctx, tx, id, s.Settings.Now().Zone(), s.Now())
	})
}

func dateName(c echo.Context, d *customer.Date) string {
	name := t(c, "customer.date.kind."+d.Kind)
	if d.Label != "" {
		name += " · " + d.Label
	}
	return name
}

// pick lists what the pickers offer: nothing has to be typed.
func (p *datesPage) pick(c echo.Context, form dateForm, today time.Time) {
	number := func(n *int) int {
		if n == nil {
			return 0
		}
		return *n
	}
	for _, k := range customer.DateKinds {
		p.Kinds = append(p.Kinds, option{k, t(c, "customer.date.kind."+k), k == form.Kind})
	}
	for m := 1; m <= 12; m++ {
		p.Months = append(p.Months, option{strconv.Itoa(m), monthName(p.Lang, m), m == form.Month})
	}
	p.Days = []option{{"", t(c, "shop.date.just-month"), number(form.Day) == 0}}
	for n := 1; n <= 31; n++ {
		p.Days = append(p.Days, option{strconv.Itoa(n), strconv.Itoa(n), n == number(form.Day)})
	}
	p.Years = []option{{"", t(c, "shop.date.any-year"), number(form.Year) == 0}}
	for y := today.Year() + 1; y >= today.Year()-100; y-- {
		p.Years = append(p.Years, option{strconv.Itoa(y), strconv.Itoa(y), y == number(form.Year)})
	}
	for _, size := range customer.Sizes {
		p.Sizes = append(p.Sizes, tile{Value: size.Key, Name: t(c, "customer.size."+size.Key), Chosen: size.Key == form.Size})
	}
}

// ageOf words a child's age: in months below two years.
func ageOf(c echo.Context, months int) string {
	if months < 24 {
		return t(c, "shop.child.months", "count", months)
	}
	return t(c, "shop.child.years", "count", months/12)
}

// growth words how old a child is today, what it wears and when it grows out of
// it; "" of other days.
func (s *Shop) growth(c echo.Context, d *customer.Date) string {
	months, ok := d.Months(s.today())
	if !ok {
		return ""
	}
	size, fits := customer.SizeAt(months)
	if !fits {
		return t(c, "shop.child.grown", "age", ageOf(c, months))
	}
	born, _ := d.Born()
	next, more := customer.SizeAt(size.To)
	words := t(c, "shop.child.wears", "age", ageOf(c, months), "size", t(c, "customer.size."+size.Key))
	if more {
		words += t(c, "shop.child.next", "size", t(c, "customer.size."+next.Key), "date", born.AddDate(0, size.To, 0))
	}
	if d.Size != "" {
		words += t(c, "shop.child.guess", "size", t(c, "customer.size."+d.Size), "date", d.At.In(s.Settings.Now().Zone()))
	}
	return words
}

// ages are those of the children of whoever asks, in months, the youngest
// first; none where pages may not be personal.
func (s *Shop) ages(c echo.Context) ([]int, error) {
	p, err := s.person(c)
	if err != nil || !p.SignedIn() || !p.Personalized() {
		return nil, err
	}
	dates, err := customer.Dates(c.Request().Context(), s.DB, p.CustomerID())
	if err != nil {
		return nil, err
	}
	var all []int
	for i := range dates {
		if months, ok := dates[i].Months(s.today()); ok {
			all = append(all, months)
		}
	}
	slices.Sort(all)
	return all, nil
}

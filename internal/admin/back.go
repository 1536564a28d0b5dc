package admin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/checkout"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/outreach"
	"regulars/internal/web"
)

type (
	backPage struct {
		web.Page
		In     listing
		Form   backForm
		Errors web.FormErrors
		Write  bool
		Kinds  []choice
		Rows   []backRow
		Pager  pager
	}
	// backForm is what staff hand in: a report as it came, or an address and
	// what they know of it.
	backForm struct {
		Key    string `form:"key,max=60"`
		Report string `form:"report,max=250000"`
		Email  string `form:"email,max=254"`
		Kind   string `form:"kind,max=20"`
	}
	backRow struct {
		Email, What, From string
		At                db.Time
		State             tag
	}
)

// The answers of the form: what happened, as news of an address.
var backKinds = []struct{ name, kind, code string }{
	{"nobody", customer.NewsHard, "5.1.1"},
	{"refused", customer.NewsHard, "5.0.0"},
	{"full", customer.NewsSoft, "4.2.2"},
	{"again", customer.NewsAgain, ""},
}

// mailBack lists what came back, and takes in what mail servers tell later.
func (o *Office) mailBack(c echo.Context) error {
	return o.showBack(c, http.StatusOK, backForm{Key: checkout.NewKey(), Kind: "nobody"}, nil)
}

func (o *Office) showBack(c echo.Context, status int, form backForm, failed error) error {
	in, err := list(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	all, total, err := customer.NewsOf(ctx, o.DB, in.Q, in.Page, 50)
	if err != nil {
		return err
	}
	p := backPage{Page: page(c, "admin.back.title"), In: in, Form: form, Errors: wrong(c, failed), Write: o.may(c, "mail.write"), Pager: pages(c, in.Page, 50, total)}
	var names []string
	for _, k := range backKinds {
		names = append(names, k.name)
	}
	p.Kinds = choices(form.Kind, names, func(k string) string { return t(c, "admin.back.kind."+k) })
	personal := o.may(c, "customers.read")
	for _, n := range all {
		stands, err := customer.StandingOf(ctx, o.DB, n.Email)
		if err != nil {
			return err
		}
		row := backRow{Email: n.Email, What: t(c, "admin.back.news."+n.Kind), From: t(c, "admin.back.from."+n.Source), At: n.At, State: standingTag(c, stands, o.Now())}
		if n.Code != "" {
			row.What += " (" + n.Code + ")"
		}
		if !personal {
			row.Email = masked(n.Email)
		}
		p.Rows = append(p.Rows, row)
	}
	return web.Render(c, status, "admin/mail-back", p)
}

func standingTag(c echo.Context, s customer.Standing, now time.Time) tag {
	switch {
	case s.State != "":
		return tag{"error", t(c, "admin.contact."+s.State)}
	case s.Rests(now):
		return tag{"warn", t(c, "admin.contact.resting")}
	}
	return tag{"ok", t(c, "admin.contact.takes")}
}

// noteBack takes a report or an address. The same form twice counts once.
func (o *Office) noteBack(c echo.Context) error {
	var in backForm
	err := web.Form(c, &in)
	var reports []outreach.Report
	if err == nil && in.Report != "" {
		reports, err = outreach.ReadReport(in.Report)
		err = under("report", err)
	}
	if err == nil {
		// Whose address it was stands in the list for as long as it may; the audit says what was noted.
		err = o.change(c, "mail.back", "", func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			if in.Report == "" {
				return in.Kind, o.told(ctx, tx, in, now)
			}
			for _, r := range reports {
				if _, err := outreach.CameBack(ctx, tx, r, customer.FromReport, now); err != nil {
					return "", under("report", err)
				}
			}
			return "report " + reports[0].Status, nil
		})
	}
	if errors.Is(err, fault.Invalid) {
		return o.showBack(c, http.StatusUnprocessableEntity, in, err)
	}
	if err != nil {
		return err
	}
	return done(c, outreach.ReportPath, "admin.back.noted")
}

func (o *Office) told(ctx context.Context, tx *db.Tx, in backForm, now time.Time) error {
	for _, k := range backKinds {
		if k.name == in.Kind {
			return outreach.Told(ctx, tx, in.Email, k.kind, k.code, in.Key, now)
		}
	}
	return fault.New(fault.Invalid, "error.invalid")
}

// under puts what is wrong as a whole, or with another input, under one of this form.
func under(input string, err error) error {
	var f *fault.Fault
	if !errors.As(err, &f) || fault.Kind(err) != fault.Invalid {
		return err
	}
	var form fault.Form
	if len(f.Fields) > 0 {
		form.Wrong(input, f.Fields[0].Words, f.Fields[0].Args...)
	} else {
		form.Wrong(input, f.Words, f.Args...)
	}
	return form.Err()
}

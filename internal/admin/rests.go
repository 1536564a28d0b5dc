package admin

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/roster"
	"regulars/internal/web"
)

type (
	restsPage struct {
		web.Page
		Days, Months int
		Rows         []restRow
		Pager        pager
		Errors       web.FormErrors
		In           inputs
		Write        bool
	}
	restRow struct {
		Email, URL, Name, Why, Note string
		Since, Until                db.Time
		Orders                      int
		Kept                        bool
	}
)

// rests lists the files that rest and when they go.
func (o *Office) rests(c echo.Context) error { return o.showRests(c, http.StatusOK, nil, nil) }

func (o *Office) showRests(c echo.Context, status int, form inputs, failed error) error {
	in, err := list(c)
	if err != nil {
		return err
	}
	all, total, err := roster.Rests(c.Request().Context(), o.DB, in.Page, 50)
	if err != nil {
		return err
	}
	set := o.Settings.Now()
	p := restsPage{Page: page(c, "admin.rests.title"), Days: set.UnreachableDays(), Months: set.InactiveMonths(), Pager: pages(c, in.Page, 50, total),
		Errors: wrong(c, failed), In: form, Write: o.may(c, "customers.write")}
	for _, r := range all {
		row := restRow{Email: r.Email, URL: customerPath(r.Number), Name: r.Name, Why: t(c, "admin.rests.cause."+r.Cause), Since: r.Since, Until: r.DueAt, Orders: r.Orders, Kept: r.Kept()}
		if row.Name == "" {
			row.Name = r.Email
		}
		var waits []string
		for _, what := range r.Open {
			waits = append(waits, t(c, "admin.rests.open."+what))
		}
		switch {
		case r.Kept():
			row.Note = t(c, "admin.rests.kept", "reason", r.KeptReason)
		case len(waits) > 0:
			row.Note = t(c, "admin.rests.held", "what", strings.Join(waits, t(c, "shop.comma")))
		}
		p.Rows = append(p.Rows, row)
	}
	return web.Render(c, status, "admin/rests", p)
}

// keepRest keeps a file that would go, with a reason, or lets it go again.
func (o *Office) keepRest(c echo.Context) error {
	in, err := read(c, []string{"email", "reason", "act"})
	if err != nil {
		return err
	}
	k, err := customer.ByEmail(c.Request().Context(), o.DB, in["email"])
	if err != nil {
		return err
	}
	if in["act"] != "keep" {
		in["reason"] = ""
	}
	// The number, not the address: an address here would outlive its erasure.
	err = o.change(c, "customer.keep", strconv.FormatInt(int64(k.ID), 10), func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		if in["act"] == "keep" && strings.TrimSpace(in["reason"]) == "" {
			var form fault.Form
			form.Wrong("reason", "admin.rests.keep.why")
			return "", form.Err()
		}
		return in["act"], roster.Keep(ctx, tx, k.ID, in["reason"], o.by(c), now)
	})
	if errors.Is(err, fault.Invalid) {
		return o.showRests(c, http.StatusUnprocessableEntity, in, err)
	}
	if err != nil {
		return err
	}
	return done(c, "/admin/customers/rests", "admin.rests.keep.done")
}

package admin

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/outreach"
	"regulars/internal/web"
)

type (
	senderPage struct {
		web.Page
		Errors     web.FormErrors
		Write      bool
		Selector   string
		Domain     string
		Set, Names []senderRow
		Asked      bool
		WeekRows   []senderRow
		TestTo     string
	}
	senderRow struct {
		Name, Why, Found string
		State            tag
	}
)

const senderPath = "/admin/mail/sender"

var selectorShape = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$`)

// sender says what the shop owes as a sender, as far as its own settings and
// rows tell: nothing is asked of the net.
func (o *Office) sender(c echo.Context) error {
	return o.showSender(c, http.StatusOK, "", nil, nil)
}

func (o *Office) showSender(c echo.Context, status int, selector string, names []outreach.Finding, failure error) error {
	who, err := o.who(c)
	if err != nil {
		return err
	}
	week, err := outreach.SenderWeekOf(c.Request().Context(), o.DB, o.Now())
	if err != nil {
		return err
	}
	p := senderPage{Page: page(c, "sender.title"), Errors: wrong(c, failure), Write: o.may(c, "mail.write"), Selector: selector, Domain: o.Mails.SenderDomain(), Asked: names != nil, TestTo: who.Email}
	p.Set, p.Names = senderRows(c, o.Mails.SenderSettings()), senderRows(c, names)
	complaints, bounces := week.States()
	share := func(n int) string {
		if week.Sent == 0 {
			return number(n)
		}
		return t(c, "sender.week.of", "count", number(n), "share", shareText(float64(n)/float64(week.Sent)), "sent", number(week.Sent))
	}
	p.WeekRows = []senderRow{
		{t(c, "sender.week.sent"), t(c, "sender.week.sent.why"), number(week.Sent), tag{}},
		{t(c, "sender.week.complaints"), t(c, "sender.week.complaints.why"), share(week.Complaints), senderTag(c, complaints)},
		{t(c, "sender.week.bounces"), t(c, "sender.week.bounces.why"), share(week.Bounces), senderTag(c, bounces)},
	}
	return web.Render(c, status, "admin/sender", p)
}

func senderTag(c echo.Context, state string) tag {
	if state == "" {
		return tag{}
	}
	return tag{state, t(c, "sender.state."+state)}
}

func senderRows(c echo.Context, all []outreach.Finding) (rows []senderRow) {
	for _, f := range all {
		rows = append(rows, senderRow{t(c, "sender.check."+f.Key), t(c, "sender.why."+f.Why), f.Found, senderTag(c, f.State)})
	}
	return rows
}

// askSender looks the names of the domain up, or sends a test to whoever asks.
func (o *Office) askSender(c echo.Context) error {
	in, err := read(c, []string{"do", "selector"})
	if err != nil {
		return err
	}
	if in["do"] == "try" {
		return o.trySender(c)
	}
	selector := strings.TrimSpace(in["selector"])
	if selector != "" && !selectorShape.MatchString(selector) {
		var form fault.Form
		form.Wrong("selector", "sender.selector.wrong")
		return o.showSender(c, http.StatusUnprocessableEntity, selector, nil, form.Err())
	}
	return o.showSender(c, http.StatusOK, selector, o.Mails.SenderNames(c.Request().Context(), o.Names, selector), nil)
}

// trySender sends the confirmation of an invented order to the signed-in staff.
func (o *Office) trySender(c echo.Context) error {
	who, err := o.who(c)
	if err != nil {
		return err
	}
	err = o.change(c, "mail.try", who.Email, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		return "test to their own address", o.Mails.AskTest(ctx, tx, who, outreach.TextTest{Template: outreach.OrderConfirmation, Lang: string(lang(c))}, now)
	})
	if err != nil {
		return err
	}
	return done(c, senderPath, "sender.tried", "email", who.Email)
}

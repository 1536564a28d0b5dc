package admin

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/outreach"
	"regulars/internal/web"
)

type messagesPage struct {
	web.Page
	In      listing
	Chips   []chip
	Kinds   []chip
	Topics  []chip
	Reasons []chip
	Rows    []sendRow
	Pager   pager
}

type sendRow struct {
	At                           db.Time
	Mail, Class, Email, Customer string
	State                        tag
	Why, Subject                 string
	Topic, Worth                 string // of a message of consent; "" where it has none
	Simulated                    bool
}

// messages lists every decision about a mail, the decision to say nothing too.
func (o *Office) messages(c echo.Context) error {
	in, err := list(c)
	if err != nil {
		return err
	}
	kind, topic, reason := c.QueryParam("kind"), c.QueryParam("topic"), c.QueryParam("reason")
	ctx := c.Request().Context()
	found, err := outreach.Sends(ctx, o.DB, outreach.Filter{State: outreach.State(in.State), Template: kind, Topic: outreach.Topic(topic), Reason: reason, Text: in.Q, Page: in.Page})
	if err != nil {
		return err
	}
	reasons, err := outreach.Reasons(ctx, o.DB)
	if err != nil {
		return err
	}
	p := messagesPage{Page: page(c, "staff.area.messages"), In: in, Rows: o.sendRows(c, found.Sends), Pager: pages(c, in.Page, found.PerPage, found.Total),
		Chips: chips(c, "state", in.State, "admin.send.", "", "sent", "deferred", "withheld", "failed", "queued", "claimed")}
	p.Kinds = chips(c, "kind", kind, "admin.mail.", append([]string{""}, outreach.Templates...)...)
	topics := []string{""}
	for _, one := range outreach.Topics {
		topics = append(topics, string(one))
	}
	p.Topics = chips(c, "topic", topic, "admin.matrix.", topics...)
	p.Reasons = chips(c, "reason", reason, "outreach.reason.", append([]string{""}, reasons...)...)
	return web.Render(c, http.StatusOK, "admin/messages", p)
}

func (o *Office) sendRows(c echo.Context, sends []outreach.Send) []sendRow {
	currency := o.Settings.Now().Currency()
	rows := make([]sendRow, len(sends))
	for i := range sends {
		s := &sends[i]
		kind := map[outreach.State]string{outreach.Sent: "ok", outreach.Failed: "error", outreach.Withheld: "warn"}[s.State]
		if kind == "" {
			kind = "info"
		}
		rows[i] = sendRow{At: s.CreatedAt, Mail: t(c, "admin.mail."+s.Template), Class: t(c, "admin.class."+string(s.Class)), Email: s.Email, Subject: s.Subject,
			State: tag{kind, t(c, "admin.send."+string(s.State))}, Why: s.Words(lang(c)), Simulated: s.Simulated}
		if s.Topic != "" {
			rows[i].Topic = t(c, "admin.matrix."+string(s.Topic))
		}
		if s.Worth > 0 {
			rows[i].Worth = t(c, "admin.send.worth", "amount", cash(c, money.Amount(s.Worth), currency))
		}
		if s.State == outreach.Deferred {
			rows[i].Why += " " + t(c, "admin.send.until", "when", i18n.DateTime(lang(c), s.DueAt.Time))
		}
	}
	return rows
}

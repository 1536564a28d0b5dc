package admin

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/outreach"
	"regulars/internal/segment"
	"regulars/internal/staff"
	"regulars/internal/value"
	"regulars/internal/web"
)

type customersPage struct {
	web.Page
	In    listing
	Chips []chip
	Rows  []customerRow
	Pager pager
}

type customerRow struct {
	URL       string
	Customer  customer.Customer
	Contact   tag
	Simulated bool
}

func (o *Office) customers(c echo.Context) error {
	in, err := list(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	found, total, err := customer.List(ctx, o.DB, customer.Filter{Text: in.Q, Segment: in.State, Page: in.Page})
	if err != nil {
		return err
	}
	kinds, err := segment.List(ctx, o.DB)
	if err != nil {
		return err
	}
	p := customersPage{Page: page(c, "staff.area.customers"), In: in, Pager: pages(c, in.Page, 50, total)}
	p.Chips = []chip{{with(c, "state", ""), t(c, "admin.customers.all"), in.State == ""}}
	for _, s := range kinds {
		if s.Key != segment.Default {
			p.Chips = append(p.Chips, chip{with(c, "state", s.Key), s.Name.In(p.Lang), in.State == s.Key})
		}
	}
	for _, k := range found {
		p.Rows = append(p.Rows, customerRow{customerPath(k.Email), k, contactTag(c, k), k.Simulated})
	}
	return web.Render(c, http.StatusOK, "admin/customers", p)
}

func customerPath(email string) string { return "/admin/customers/" + url.PathEscape(email) }

func contactTag(c echo.Context, k customer.Customer) tag {
	kind := "info"
	switch k.Contact {
	case "verified":
		kind = "ok"
	case "bouncing", "dead":
		kind = "error"
	}
	return tag{kind, t(c, "admin.contact."+k.Contact)}
}

type customerPage struct {
	web.Page
	Customer   *customer.Customer
	Contact    tag
	Occupation string
	Told       []fact
	Consents   []consentRow
	Dates      []string
	Segment    string
	Why        string
	Orders     []orderRow
	Sends      []sendRow
	Loyalty    loyaltyBox
	Value      valueBox
	Errors     web.FormErrors
	Base       string
}

type fact struct {
	Kind, Value string
	Inferred    bool
}

type consentRow struct {
	Name  string
	Given bool
	At    db.Time
	From  string
}

// customer is what the shop knows of a person; staff read it and change
// nothing here, since every part of it is the person's own to change.
func (o *Office) customer(c echo.Context) error {
	k, err := customer.ByEmail(c.Request().Context(), o.DB, param(c, "email"))
	if err != nil {
		return err
	}
	return o.showCustomer(c, http.StatusOK, k, inputs{"tier": string(value.Loyal)}, nil)
}

func (o *Office) showCustomer(c echo.Context, status int, k *customer.Customer, in inputs, failed error) error {
	ctx := c.Request().Context()
	if err := o.looked(c, k.ID, staff.LookCard); err != nil {
		return err
	}
	name := k.Name
	if name == "" {
		name = k.Email
	}
	p := customerPage{Page: web.NewPage(c, name), Customer: k, Contact: contactTag(c, *k), Occupation: customer.OccupationName(k.Occupation).In(lang(c)), Errors: wrong(c, failed), Base: customerPath(k.Email)}
	if err := o.profile(c, &p); err != nil {
		return err
	}
	kinds, err := segment.List(ctx, o.DB)
	if err != nil {
		return err
	}
	known, err := segment.Facts(ctx, o.DB, k.ID, o.Now())
	if err != nil {
		return err
	}
	key, reason := segment.Decide(kinds, known)
	p.Segment, p.Why = t(c, "admin.segment.default"), reason.In(p.Lang)
	for _, s := range kinds {
		if s.Key == key {
			p.Segment = s.Name.In(p.Lang)
		}
	}
	if p.Why == "" {
		p.Why = t(c, "admin.segment.default.why")
	}
	orders, err := order.OfCustomer(ctx, o.DB, k.ID, 50)
	if err != nil {
		return err
	}
	p.Orders = orderRows(c, orders)
	sends, err := outreach.Sends(ctx, o.DB, outreach.Filter{Customer: k.ID})
	if err != nil {
		return err
	}
	p.Sends = sendRows(c, sends.Sends)
	if p.Loyalty, err = o.loyalty(c, k.ID, in); err != nil {
		return err
	}
	if p.Value, err = o.valueOf(c, k.ID); err != nil {
		return err
	}
	return web.Render(c, status, "admin/customer", p)
}

// profile reads what the person said and allowed.
func (o *Office) profile(c echo.Context, p *customerPage) error {
	ctx, id := c.Request().Context(), p.Customer.ID
	told, err := customer.Interests(ctx, o.DB, id)
	if err != nil {
		return err
	}
	for _, i := range told {
		p.Told = append(p.Told, fact{t(c, "customer.kind."+i.Kind), customer.TileName(i.Kind, i.Value).In(p.Lang), i.Source == "inferred"})
	}
	log, err := customer.ConsentLog(ctx, o.DB, id)
	if err != nil {
		return err
	}
	for _, purpose := range customer.Purposes {
		row := consentRow{Name: t(c, "admin.purpose."+string(purpose))}
		for _, said := range log {
			if said.Purpose == purpose { // the log is in order: the last word counts
				row.Given, row.At, row.From = said.Given, said.At, said.Source
			}
		}
		p.Consents = append(p.Consents, row)
	}
	dates, err := customer.Dates(ctx, o.DB, id)
	if err != nil {
		return err
	}
	for _, d := range dates {
		day := t(c, "admin.date.month", "month", d.Month)
		if d.Day > 0 {
			day = t(c, "admin.date.day", "month", d.Month, "day", d.Day)
		}
		if d.Label != "" {
			day += " · " + d.Label
		}
		p.Dates = append(p.Dates, day)
	}
	return nil
}

type messagesPage struct {
	web.Page
	In    listing
	Chips []chip
	Kinds []chip
	Rows  []sendRow
	Pager pager
}

type sendRow struct {
	At                           db.Time
	Mail, Class, Email, Customer string
	State                        tag
	Why, Subject                 string
	Simulated                    bool
}

// messages lists every decision about a mail, the decision to say nothing too.
func (o *Office) messages(c echo.Context) error {
	in, err := list(c)
	if err != nil {
		return err
	}
	kind := c.QueryParam("kind")
	found, err := outreach.Sends(c.Request().Context(), o.DB, outreach.Filter{State: outreach.State(in.State), Template: kind, Text: in.Q, Page: in.Page})
	if err != nil {
		return err
	}
	p := messagesPage{Page: page(c, "staff.area.messages"), In: in, Rows: sendRows(c, found.Sends), Pager: pages(c, in.Page, found.PerPage, found.Total),
		Chips: chips(c, "state", in.State, "admin.send.", "", "sent", "deferred", "withheld", "failed", "queued", "claimed")}
	p.Kinds = chips(c, "kind", kind, "admin.mail.", append([]string{""}, outreach.Templates...)...)
	return web.Render(c, http.StatusOK, "admin/messages", p)
}

func sendRows(c echo.Context, sends []outreach.Send) []sendRow {
	rows := make([]sendRow, len(sends))
	for i := range sends {
		s := &sends[i]
		kind := map[outreach.State]string{outreach.Sent: "ok", outreach.Failed: "error", outreach.Withheld: "warn"}[s.State]
		if kind == "" {
			kind = "info"
		}
		rows[i] = sendRow{At: s.CreatedAt, Mail: t(c, "admin.mail."+s.Template), Class: t(c, "admin.class."+string(s.Class)), Email: s.Email, Subject: s.Subject,
			State: tag{kind, t(c, "admin.send."+string(s.State))}, Why: s.Words(lang(c)), Simulated: s.Simulated}
		if s.State == outreach.Deferred {
			rows[i].Why += " " + t(c, "admin.send.until", "when", i18n.DateTime(lang(c), s.DueAt.Time))
		}
	}
	return rows
}

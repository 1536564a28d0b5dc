package admin

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/person"
	"regulars/internal/staff"
)

// timeKinds are the filters of the line of time, each with its kinds.
var timeKinds = []struct {
	name  string
	kinds []string
}{
	{"", nil},
	{"orders", []string{person.OrderMoment, person.ReturnMoment}},
	{"mails", []string{person.MailMoment}},
	{"questions", []string{person.AskMoment, person.AnswerMoment, person.ReviewMoment, person.AwaitMoment}},
	{"looks", []string{person.LookMoment, person.CartMoment, person.SegmentMoment}},
	{"consents", []string{person.ConsentMoment}},
	{"promises", []string{person.PromiseMoment}},
}

// moments fills in one page of everything that happened.
func (o *Office) moments(c echo.Context, p *personPage, who person.Who) error {
	from, _ := strconv.Atoi(c.QueryParam("from"))
	from = min(max(0, from), 100_000)
	chosen := c.QueryParam("time")
	i := max(0, slices.IndexFunc(timeKinds, func(k struct {
		name  string
		kinds []string
	}) bool {
		return k.name == chosen
	}))
	all, err := who.Timeline(c.Request().Context(), o.DB, p.Tracked, timeKinds[i].kinds, from, cardMoments)
	if err != nil {
		return err
	}
	at := func(n int) string {
		u := p.Base
		sep := "?"
		if timeKinds[i].name != "" {
			u, sep = u+"?time="+timeKinds[i].name, "&"
		}
		if n > 0 {
			u += sep + "from=" + strconv.Itoa(n)
		}
		return u + "#time"
	}
	if len(all) > cardMoments {
		all, p.Older = all[:cardMoments], at(from+cardMoments)
	}
	if from > 0 {
		p.Newer = at(max(0, from-cardMoments))
	}
	for j, k := range timeKinds {
		word, u := k.name, p.Base
		if word == "" {
			word = "all"
		} else {
			u += "?time=" + word
		}
		p.Kinds = append(p.Kinds, chip{u + "#time", t(c, "person.time."+word), j == i})
	}
	people, err := o.staffNames(c)
	if err != nil {
		return err
	}
	for k := range all {
		p.Moments = append(p.Moments, o.moment(c, &all[k], people))
	}
	return nil
}

// moment writes one entry in words. What somebody wrote is for those alone who
// may read letters.
func (o *Office) moment(c echo.Context, m *person.Moment, people []staff.Staff) moment {
	row := moment{At: m.At.Time, Words: m.Words}
	letters := o.may(c, "questions.read")
	switch m.Kind {
	case person.OrderMoment:
		row.What = t(c, "person.moment.order", "number", m.Ref, "state", stateTag(c, order.Axis(m.Key), m.To).Text)
		row.Words, row.Flag = strings.TrimPrefix(m.Words, order.Flag), strings.HasPrefix(m.Words, order.Flag)
	case person.ReturnMoment:
		row.What = t(c, "person.moment.return", "number", m.Ref, "state", t(c, "order.return.state."+m.To))
	case person.MailMoment:
		row.What = t(c, "person.moment.mail", "mail", t(c, "admin.mail."+m.Key), "state", t(c, "admin.send."+m.To))
		row.Words = reasonWords(c, m.Words)
	case person.AskMoment, person.AnswerMoment:
		row.What = t(c, "person.moment."+m.Kind)
		if row.Words = short(m.Words); !letters {
			row.Words = ""
		}
	case person.ConsentMoment:
		row.What, row.Words = t(c, "person.moment.consent."+m.To, "purpose", t(c, "admin.purpose."+m.Key)), m.Ref
	case person.LookMoment:
		row.What = t(c, "person.moment.look", "name", m.Name.In(lang(c)))
	case person.SegmentMoment:
		row.What = t(c, "person.moment.segment."+m.To, "segment", m.Key)
	case person.CartMoment:
		row.What = t(c, "person.moment.cart", "step", t(c, "person.step."+m.Key))
		row.Words = m.Name.In(lang(c))
	case person.ReviewMoment:
		row.What = t(c, "person.moment.review", "name", m.Name.In(lang(c)), "stars", m.Key, "state", t(c, "review.state."+m.To))
		row.Words = short(m.Words)
	case person.AwaitMoment:
		row.What, row.Words = t(c, "person.moment.await."+m.To, "name", m.Name.In(lang(c))), ""
	case person.PromiseMoment:
		row.What = t(c, "person.moment.promise."+m.To, "kind", t(c, "person.kind."+m.Key))
	}
	if m.Actor != "" {
		row.By = actor(c, people, m.Actor)
	}
	return row
}

// reasonWords is the reason of a mail's decision, as package outreach keeps it.
func reasonWords(c echo.Context, reason string) string {
	code, said, _ := strings.Cut(reason, ": ")
	if code == "" {
		return ""
	}
	if key := "outreach.reason." + code; i18n.Has(lang(c), key) {
		code = t(c, key)
	}
	if said != "" {
		code += " (" + said + ")"
	}
	return code
}

// ordersOf narrows the list of orders to one customer and a stretch of days,
// as the numbers of cards and lists link to them.
func (o *Office) ordersOf(c echo.Context, f *order.Filter) ([]chip, error) {
	var of []chip
	zone := o.Settings.Now().Zone()
	for _, bound := range []struct {
		name string
		into *time.Time
		add  int
	}{{"since", &f.From, 0}, {"until", &f.To, 1}} {
		if d, err := time.ParseInLocation(time.DateOnly, c.QueryParam(bound.name), zone); err == nil {
			*bound.into = d.AddDate(0, 0, bound.add)
			of = append(of, chip{with(c, bound.name, ""), t(c, "person.orders."+bound.name, "day", i18n.Date(lang(c), d)), true})
		}
	}
	number := c.QueryParam("customer")
	if number == "" || !o.may(c, "customers.read") {
		return of, nil
	}
	k, err := customer.ByNumber(c.Request().Context(), o.DB, customer.CleanNumber(number))
	if err != nil {
		return nil, err
	}
	f.Customer = k.ID
	name := k.Name
	if name == "" {
		name = o.address(c, k.Email)
	}
	return append(of, chip{with(c, "customer", ""), t(c, "person.orders.of", "name", name), true}), nil
}

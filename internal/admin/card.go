package admin

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/ask"
	"regulars/internal/cart"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/outreach"
	"regulars/internal/person"
	"regulars/internal/segment"
	"regulars/internal/staff"
	"regulars/internal/value"
	"regulars/internal/web"
)

// How much of each noun stands on the card; the rest is one link away.
const (
	cardOrders  = 5
	cardMails   = 5
	cardAsked   = 4
	cardMoments = 30
)

type (
	// personPage is one person on one page.
	personPage struct {
		web.Page
		Guest                    bool
		Number, Name, Base       string
		Facts                    []cardFact
		Tags                     []tag
		Simulated                bool
		Orders                   []cardOrder
		MoreOrders, OrdersURL    string
		Cart                     *cardCart
		Asked                    []cardAsk
		Back                     []cardOrder // goods that come back
		Promises, Notes          []cardPromise
		Needs                    []needRow
		Form                     promiseForm
		Mails                    []sendRow
		MailWish, MailsKept      string // how they want to hear from us; how much was kept back
		MailsURL                 string
		Segments                 []cardSegment
		Consents                 []consentRow
		Told                     []fact
		Dates                    []string
		Loyalty                  loyaltyBox
		Value                    valueBox
		Habit                    []cardFact
		Moments                  []moment
		Kinds                    []chip
		Older, Newer             string
		GuestURL, GuestText      string // orders under the same address without the account; the other way round of a guest
		Errors                   web.FormErrors
		Write, Personal, Tracked bool
	}
	cardFact  struct{ Name, Value string }
	cardOrder struct {
		URL, Number, Total, Due string
		At                      db.Time
		Tags                    []tag
		Open, Late              bool
	}
	cardLine struct{ Name, Total, Problem string }
	cardCart struct {
		Lines         []cardLine
		Total, Step   string
		Active        db.Time
		Idle, Problem string
	}
	cardAsk struct {
		URL, About, Body, Answer, When string
		Open, Late                     bool
	}
	cardSegment struct{ Name, Why, URL string }
	fact        struct {
		Kind, Value string
		Inferred    bool
	}
	consentRow struct {
		Name  string
		Given bool
		At    db.Time
		From  string
	}
)

// someone is whose card a request is about.
func (o *Office) someone(c echo.Context) (*customer.Customer, error) {
	return customer.ByNumber(c.Request().Context(), o.DB, customer.CleanNumber(param(c, "customer")))
}

// customer is everything the shop knows of a person before somebody speaks to
// them: what is owed, what waits, what was promised, and why they are who we
// think they are.
func (o *Office) customer(c echo.Context) error {
	k, err := o.someone(c)
	if err != nil {
		return err
	}
	if err := o.looked(c, k.ID, staff.LookCard); err != nil {
		return err
	}
	return o.showCustomer(c, http.StatusOK, k, inputs{"tier": string(value.Loyal)}, nil)
}

func (o *Office) showCustomer(c echo.Context, status int, k *customer.Customer, in inputs, failed error) error {
	ctx := c.Request().Context()
	p := &personPage{Page: web.NewPage(c, cmp.Or(k.Name, o.address(c, k.Email))), Number: k.Number, Name: k.Name, Base: customerPath(k.Number), Errors: wrong(c, failed),
		Simulated: k.Simulated, Write: o.may(c, "customers.write"), Personal: o.personal(c), OrdersURL: ordersOf(k.Number)}
	given, err := customer.Consents(ctx, o.DB, k.ID)
	if err != nil {
		return err
	}
	who, me := person.Who{Customer: k.ID, Email: k.Email}, customer.NewPerson(nil, k, given, nil)
	p.Tracked = me.Personalized()
	o.identity(c, p, k)
	for _, fill := range []func() error{
		func() error {
			return o.cardOrders(c, p, func() ([]order.Order, error) { return order.OfCustomer(ctx, o.DB, k.ID, 200) })
		},
		func() error { return o.cardReturns(c, p, k.ID) },
		func() error { return o.cardCart(c, p, me) },
		func() error { return o.cardAsked(c, p, who) },
		func() error { return o.cardPromises(c, p, who, in) },
		func() error { return o.cardMails(c, p, outreach.Filter{Customer: k.ID}) },
		func() error { return o.cardWishes(c, p, k.Email) },
		func() error { return o.cardNeeds(c, p, k.ID) },
		func() error { return o.cardSegments(c, p, k) },
		func() error { return o.profile(c, p, k) },
		func() (err error) { p.Loyalty, err = o.loyalty(c, k.ID, in); return err },
		func() (err error) { p.Value, err = o.valueOf(c, k.ID); return err },
		func() error { return o.habit(c, p, k) },
		func() error { return o.moments(c, p, who) },
		func() error { return o.guestOrders(c, p, k) },
	} {
		if err := fill(); err != nil {
			return err
		}
	}
	return web.Render(c, status, "admin/customer", p)
}

// identity is who it is, and how to reach them.
func (o *Office) identity(c echo.Context, p *personPage, k *customer.Customer) {
	add := func(key, words string) {
		if words != "" {
			p.Facts = append(p.Facts, cardFact{t(c, key), words})
		}
	}
	p.Tags = []tag{contactTag(c, *k)}
	add("admin.col.email", o.address(c, k.Email))
	add("admin.customer.phone", o.telephone(c, k.Phone))
	if p.Personal && k.BirthDate != "" {
		words := k.BirthDate
		if age, ok := k.Age(o.Now().In(o.Settings.Now().Zone())); ok {
			words = t(c, "person.born", "day", k.BirthDate, "count", age)
		}
		add("admin.customer.birth", words)
	}
	add("admin.customer.occupation", customer.OccupationName(k.Occupation).In(p.Lang))
	add("person.place", strings.TrimPrefix(k.Country+" · "+t(c, "person.lang."+string(k.Lang)), " · "))
	add("admin.col.since", i18n.Date(p.Lang, k.CreatedAt.In(o.Settings.Now().Zone())))
	add("person.number", k.Number)
}

// cardOrders puts the open orders first, each with the day it was promised for.
func (o *Office) cardOrders(c echo.Context, p *personPage, read func() ([]order.Order, error)) error {
	all, err := read()
	if err != nil {
		return err
	}
	slices.SortStableFunc(all, func(a, b order.Order) int {
		return cmp.Compare(rank(&a), rank(&b))
	})
	now, zone := o.Now(), o.Settings.Now().Zone()
	for i := range all[:min(len(all), max(cardOrders, waiting(all)))] {
		k := &all[i]
		row := cardOrder{URL: "/admin/orders/" + k.Number, Number: k.Number, Total: price(c, k), At: k.PlacedAt, Open: k.State == order.StatePlaced}
		row.Tags = []tag{stateTag(c, order.PaymentAxis, string(k.PaymentState)), stateTag(c, order.DeliveryAxis, string(k.DeliveryState))}
		if k.State == order.Cancelled {
			row.Tags = []tag{stateTag(c, order.OrderAxis, string(k.State))}
		}
		if row.Open && !k.DeliveryBy.IsZero() && (k.DeliveryState == order.Unshipped || k.DeliveryState == order.Shipped) {
			row.Late = now.After(k.DeliveryBy.Add(24 * time.Hour))
			row.Due = t(c, "person.due.delivery", "day", i18n.Date(p.Lang, k.DeliveryBy.In(zone)))
			if row.Late {
				row.Due = t(c, "person.due.late", "day", i18n.Date(p.Lang, k.DeliveryBy.In(zone)))
			}
		}
		p.Orders = append(p.Orders, row)
	}
	if len(all) > len(p.Orders) {
		p.MoreOrders = t(c, "person.orders.all", "count", len(all))
	}
	return nil
}

func rank(k *order.Order) int {
	if k.State == order.StatePlaced {
		return 0
	}
	return 1
}

// waiting counts the open orders of a list that begins with them; the card
// shows at most twelve.
func waiting(all []order.Order) (n int) {
	for n < len(all) && n < 12 && all[n].State == order.StatePlaced {
		n++
	}
	return n
}

// cardReturns are goods that are on their way back, and what is due for them.
func (o *Office) cardReturns(c echo.Context, p *personPage, id customer.ID) error {
	all, err := order.ReturnsOfCustomer(c.Request().Context(), o.DB, id, 20)
	if err != nil {
		return err
	}
	for i := range all {
		r := &all[i]
		if r.State == order.ReturnClosed || r.State == order.ReturnRefused {
			continue
		}
		p.Back = append(p.Back, cardOrder{URL: "/admin/returns/" + r.Number, Number: r.Number, At: r.AskedAt, Open: true, Tags: []tag{{"info", t(c, "order.return.state."+string(r.State))}},
			Due: t(c, "person.due.return."+string(r.State))})
	}
	return nil
}

// cardCart is the cart as it stands now, and how far they went with it.
func (o *Office) cardCart(c echo.Context, p *personPage, who *customer.Person) error {
	ctx := c.Request().Context()
	open, err := cart.Open(ctx, o.DB, who)
	if err != nil || open == nil {
		return err
	}
	view, err := cart.Items(ctx, o.DB, open)
	if err != nil || len(view.Items) == 0 {
		return err
	}
	steps, err := cart.Steps(ctx, o.DB, open.ID)
	if err != nil {
		return err
	}
	k := &cardCart{Active: open.ActiveAt, Idle: span(c, o.Now().Sub(open.ActiveAt.Time)), Step: t(c, "person.cart.goods")}
	var total = view.Items[0].Total() * 0
	for _, item := range view.Items {
		line := cardLine{Name: t(c, "person.cart.line", "qty", item.Line.Qty, "name", strings.TrimSpace(item.Buyable.Name.In(p.Lang)+" "+item.Buyable.Choices.In(p.Lang))), Total: cash(c, item.Total(), open.Currency)}
		if item.Problem != cart.NoProblem {
			line.Problem = t(c, "person.cart.problem."+string(item.Problem))
		}
		total += item.Total()
		k.Lines = append(k.Lines, line)
	}
	k.Total = cash(c, total, open.Currency)
	for _, s := range steps {
		if i18n.Has(p.Lang, "person.cart."+string(s.Kind)) {
			k.Step = t(c, "person.cart."+string(s.Kind))
		}
	}
	p.Cart = k
	return nil
}

// cardAsked is what they asked: what waits first, with its deadline.
func (o *Office) cardAsked(c echo.Context, p *personPage, who person.Who) error {
	all, err := ask.OfPerson(c.Request().Context(), o.DB, who.Customer, who.Email, cardAsked)
	if err != nil {
		return err
	}
	zone, words := o.Settings.Now().Zone(), o.may(c, "questions.read")
	for i := range all {
		q := &all[i]
		row := cardAsk{About: cmp.Or(q.ProductName.In(p.Lang), t(c, "admin.question."+q.Kind)), Open: q.AnsweredAt.IsZero()}
		if words {
			row.URL, row.Body, row.Answer = "/admin/questions/"+q.Token, short(q.Body), short(q.Answer)
		}
		row.When = t(c, "person.asked.answered", "day", i18n.Date(p.Lang, q.CreatedAt.In(zone)), "wait", span(c, q.Waiting(o.Now())))
		if row.Open {
			by := cmp.Or(q.DueAt.Time, ask.Due(o.Settings.Now(), q.CreatedAt.Time)).In(zone)
			row.Late = o.Now().After(by)
			key := "person.asked.due"
			if row.Late {
				key = "person.asked.late"
			}
			row.When = t(c, key, "wait", span(c, q.Waiting(o.Now())), "when", i18n.DateTime(p.Lang, by))
		}
		p.Asked = append(p.Asked, row)
	}
	return nil
}

func short(s string) string {
	if runes := []rune(s); len(runes) > 160 {
		return string(runes[:160]) + "…"
	}
	return s
}

// cardMails are the last decisions about mails, those to say nothing, too.
func (o *Office) cardMails(c echo.Context, p *personPage, f outreach.Filter) error {
	f.PerPage = cardMails
	sends, err := outreach.Sends(c.Request().Context(), o.DB, f)
	if err != nil {
		return err
	}
	p.Mails = o.sendRows(c, sends.Sends)
	return nil
}

// cardSegments are the segments they are in by the rules of this moment, each
// with the reason and the way to every part of its rule.
func (o *Office) cardSegments(c echo.Context, p *personPage, k *customer.Customer) error {
	ctx := c.Request().Context()
	book, err := segment.Read(ctx, o.DB)
	if err != nil {
		return err
	}
	known, err := book.Facts(ctx, o.DB, k.ID, o.Now())
	if err != nil {
		return err
	}
	in, _ := book.Members(&known)
	for _, m := range in {
		row := cardSegment{Name: m.Segment.Name.In(p.Lang), Why: m.Reason.In(p.Lang)}
		if o.may(c, "segments.read") {
			row.URL = segmentPath(m.Segment.Key) + "?person=" + k.Number + "#person"
		}
		p.Segments = append(p.Segments, row)
	}
	if len(in) == 0 {
		p.Segments = []cardSegment{{Name: t(c, "admin.segment.default"), Why: t(c, "admin.segment.default.why")}}
	}
	return nil
}

// profile reads what the person said and allowed.
func (o *Office) profile(c echo.Context, p *personPage, k *customer.Customer) error {
	ctx := c.Request().Context()
	log, err := customer.ConsentLog(ctx, o.DB, k.ID)
	if err != nil {
		return err
	}
	given, err := customer.Consents(ctx, o.DB, k.ID)
	if err != nil {
		return err
	}
	last := map[customer.Purpose]bool{}
	for _, purpose := range customer.Purposes {
		row := consentRow{Name: t(c, "admin.purpose."+string(purpose)), Given: given[purpose]}
		for _, said := range log {
			if said.Purpose == purpose { // the log is in order: the last word is shown, what counts is in force
				row.At, row.From, last[purpose] = said.At, said.Source, said.Given
			}
		}
		if last[purpose] && !given[purpose] {
			row.From += " · " + t(c, "consent.unconfirmed")
		}
		p.Consents = append(p.Consents, row)
	}
	if !p.Personal {
		return nil
	}
	told, err := customer.Interests(ctx, o.DB, k.ID)
	if err != nil {
		return err
	}
	for _, i := range told {
		one := fact{t(c, "customer.kind."+i.Kind), customer.TileName(i.Kind, i.Value).In(p.Lang), i.Source == "inferred"}
		if n := len(p.Told); n > 0 && p.Told[n-1].Kind == one.Kind && p.Told[n-1].Inferred == one.Inferred {
			p.Told[n-1].Value += t(c, "shop.comma") + one.Value
			continue
		}
		p.Told = append(p.Told, one)
	}
	dates, err := customer.Dates(ctx, o.DB, k.ID)
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

// habit says how they buy, unless they object to being counted.
func (o *Office) habit(c echo.Context, p *personPage, k *customer.Customer) error {
	if p.Value.Refused || !o.may(c, "values.read") {
		return nil
	}
	h, err := person.HabitOf(c.Request().Context(), o.DB, k.ID, o.Settings.Now().Zone())
	if err != nil {
		return err
	}
	next := t(c, "person.next.unknown", "count", h.Days)
	if h.Gap > 0 {
		next = t(c, "person.next", "day", i18n.Date(p.Lang, h.Next), "count", h.Gap, "days", h.Days)
	}
	p.Habit = append(p.Habit, cardFact{t(c, "person.next.title"), next})
	var shelves []string
	for _, s := range h.Shelve {
		shelves = append(shelves, t(c, "person.shelf", "name", s.Name.In(p.Lang), "count", s.Pieces))
	}
	if len(shelves) > 0 {
		p.Habit = append(p.Habit, cardFact{t(c, "person.shelves"), strings.Join(shelves, t(c, "shop.comma"))})
	}
	return nil
}

// staffNames are for who did what.
func (o *Office) staffNames(c echo.Context) ([]staff.Staff, error) {
	return staff.List(c.Request().Context(), o.DB)
}

package admin

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/person"
	"regulars/internal/value"
	"regulars/internal/web"
)

type (
	keeperRow struct {
		URL, Name, Email, Reason, Tier, Class string
		Net, Before, Contribution             string
		NetURL, BeforeURL                     string // the orders behind a number
		Simulated                             bool
	}
	keepersPage struct {
		web.Page
		List, Base, Means, Made, Sums, All string
		Day, Today                         string // as it was on a day; "" for the last count
		Limit                              string
		Lists                              []chip
		Rows                               []keeperRow
		Pager                              pager
		Goal, Owner                        string
		Owners                             []choice
		In                                 inputs
		Errors                             web.FormErrors
		Write, Tasks                       bool
	}
)

func listsPath(list string) string { return "/admin/customers/lists/" + list }

// asOf is the end of the day that a list is asked for, zero for the last count.
func (o *Office) asOf(c echo.Context) (time.Time, string) {
	day, err := time.ParseInLocation(time.DateOnly, c.QueryParam("day"), o.Settings.Now().Zone())
	if err != nil || !day.Before(o.Now()) {
		return time.Time{}, ""
	}
	return earlier(day.AddDate(0, 0, 1).Add(-time.Millisecond), o.Now()), day.Format(time.DateOnly)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// keepers is one list of people whom the shop looks after by name.
func (o *Office) keepers(c echo.Context) error {
	goal, err := person.GoalOf(c.Request().Context(), o.DB, param(c, "people"))
	if err != nil {
		return err
	}
	in := inputs{"owner": strconv.FormatInt(goal.OwnerID, 10), "until": goal.Until}
	if goal.Target > 0 {
		in["target"] = strconv.Itoa(goal.Target)
	}
	return o.showKeepers(c, http.StatusOK, goal, in, nil)
}

func (o *Office) showKeepers(c echo.Context, status int, goal person.Goal, in inputs, failed error) error {
	where, err := list(c)
	if err != nil {
		return err
	}
	ctx, at := c.Request().Context(), time.Time{}
	p := keepersPage{List: param(c, "people"), In: in, Errors: wrong(c, failed), Write: o.may(c, "lists.write"), Today: day(o.Now().In(o.Settings.Now().Zone())).Format(time.DateOnly)}
	at, p.Day = o.asOf(c)
	found, err := person.ListOf(ctx, o.DB, o.Settings.Now(), p.List, at, where.Page, o.Now())
	if err != nil {
		return err
	}
	p.Page, p.Base, p.Pager = page(c, "person.list."+p.List), listsPath(p.List), pages(c, where.Page, person.PerPage, found.People)
	p.Means, p.Made = t(c, "person.list.means."+p.List, "least", person.Complaints), t(c, "value.none-yet")
	for _, l := range person.Lists {
		p.Lists = append(p.Lists, chip{listsPath(l), t(c, "person.list."+l), l == p.List})
	}
	if found.Found != nil {
		p.Made = t(c, "value.made", "when", i18n.DateTime(p.Lang, found.Found.Made.In(o.Settings.Now().Zone())), "people", found.Found.People)
		price := func(a money.Amount) string { return cash(c, a, found.Found.Currency) }
		p.Sums = t(c, "person.list.sums", "count", found.People, "net", price(found.Net), "contribution", price(found.Contribution))
		p.All = t(c, "person.list.all", "count", found.Found.People, "net", price(found.AllNet), "contribution", price(found.All))
		if p.Day != "" {
			p.Limit = t(c, "person.list.limit", "day", i18n.Date(p.Lang, at.In(o.Settings.Now().Zone())))
		}
		for i := range found.Rows {
			p.Rows = append(p.Rows, o.keeperRow(c, p.List, &found.Rows[i], found.Found, at))
		}
	}
	p.Tasks = p.Write && len(p.Rows) > 0 && p.Day == ""
	if err := o.goal(c, &p, goal, found.People); err != nil {
		return err
	}
	return web.Render(c, status, "admin/keepers", p)
}

// goal says who answers for the list and how far it is.
func (o *Office) goal(c echo.Context, p *keepersPage, goal person.Goal, people int) error {
	all, err := o.staffNames(c)
	if err != nil {
		return err
	}
	ids, names := []string{"0"}, map[string]string{"0": t(c, "person.goal.nobody")}
	for _, s := range all {
		id := strconv.FormatInt(int64(s.ID), 10)
		if s.Active {
			ids = append(ids, id)
		}
		names[id] = s.Name
		if s.Name == "" {
			names[id] = s.Email
		}
	}
	p.Owner = names[strconv.FormatInt(goal.OwnerID, 10)]
	p.Owners = choices(p.In["owner"], ids, func(id string) string { return names[id] })
	if goal.Target > 0 {
		p.Goal = t(c, "person.goal.is", "count", people, "target", goal.Target)
		if d, err := time.Parse(time.DateOnly, goal.Until); err == nil {
			p.Goal = t(c, "person.goal.by", "count", people, "target", goal.Target, "day", i18n.Date(p.Lang, d))
		}
	}
	return nil
}

// keeperRow is one line, with the reason in words and the orders behind each
// number.
func (o *Office) keeperRow(c echo.Context, name string, l *person.Listed, found *value.Found, at time.Time) keeperRow {
	price := func(a money.Amount) string { return cash(c, a, found.Currency) }
	set := o.Settings.Now()
	r := keeperRow{URL: customerPath(l.Number), Name: l.Name, Email: o.address(c, l.Email), Simulated: l.Simulated, Tier: t(c, "value.tier."+string(l.Tier)), Class: string(l.Class),
		Net: price(l.Net), Before: price(l.NetBefore), Contribution: price(l.Contribution)}
	made := found.Made.In(set.Zone())
	if !at.IsZero() {
		made = at.In(set.Zone())
	}
	stretch := func(from, to int) string {
		return "/admin/orders?" + url.Values{"customer": {l.Number}, "since": {made.AddDate(0, 0, -from).Format(time.DateOnly)}, "until": {made.AddDate(0, 0, -to).Format(time.DateOnly)}}.Encode()
	}
	r.NetURL, r.BeforeURL = stretch(value.Window-1, 0), stretch(2*value.Window-1, value.Window)
	troubles := t(c, "person.reason.troubles", "letters", t(c, "person.letters", "count", l.Letters), "returns", t(c, "person.returns", "count", l.Returns))
	switch name {
	case person.Gold:
		r.Reason = t(c, "person.reason.gold", "contribution", r.Contribution, "alive", inPercent(l.Alive))
	case person.Wanted:
		r.Reason = t(c, "person.reason.wanted", "class", string(l.Class), "margin", price(set.ValueMargin().Of(l.Spending)), "least", price(found.LastA))
	case person.Fading:
		r.Reason = t(c, "person.reason.fading", "drop", l.Drop(), "before", r.Before, "net", r.Net)
	case person.Complained:
		r.Reason = troubles + " · " + r.Tier + " · " + t(c, "value.class.name", "class", r.Class)
		if l.Class == "" {
			r.Reason = troubles + " · " + r.Tier
		}
	case person.Costly:
		r.Reason = t(c, "person.reason.costly", "margin", price(set.ValueMargin().Of(l.Net)), "troubles", troubles, "contribution", r.Contribution)
	case person.Narrow:
		var misses []string
		for _, g := range l.Misses {
			misses = append(misses, t(c, "value.misses", "what", g.Name.In(lang(c)), "count", g.People))
		}
		r.Reason = t(c, "person.reason.narrow", "count", l.Frequency, "misses", strings.Join(misses, t(c, "shop.comma")))
	}
	return r
}

// setGoal keeps who answers for a list, and its target.
func (o *Office) setGoal(c echo.Context) error {
	in, err := read(c, []string{"owner", "target", "until"})
	goal := person.Goal{List: param(c, "people"), Until: in["until"]}
	if err == nil {
		goal.OwnerID, _ = strconv.ParseInt(in["owner"], 10, 64)
		if goal.Target, err = strconv.Atoi(in["target"]); err != nil && in["target"] != "" {
			goal.Target = -1
		}
		err = o.change(c, "list.goal", goal.List, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			return fmt.Sprintf("staff %d, %d, %s", goal.OwnerID, goal.Target, goal.Until), person.SetGoal(ctx, tx, goal, now)
		})
	}
	if errors.Is(err, fault.Invalid) {
		return o.showKeepers(c, http.StatusUnprocessableEntity, person.Goal{List: goal.List}, in, err)
	}
	if err != nil {
		return err
	}
	return done(c, listsPath(goal.List), "person.goal.kept")
}

// makeTasks writes one task on the card of each of a list, once a day.
func (o *Office) makeTasks(c echo.Context) error {
	in, err := read(c, []string{"what", "due"})
	if err != nil {
		return err
	}
	name, n := param(c, "people"), 0
	who, err := o.who(c)
	if err != nil {
		return err
	}
	found, err := person.ListOf(c.Request().Context(), o.DB, o.Settings.Now(), name, time.Time{}, 1, o.Now())
	if err != nil {
		return err
	}
	err = o.change(c, "list.tasks", name, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		until, _ := time.ParseInLocation(time.DateOnly, in["due"], o.Settings.Now().Zone())
		if n, err = person.TaskEach(ctx, tx, name, found.IDs[:min(len(found.IDs), 1000)], in["what"], until.AddDate(0, 0, 1), int64(who.ID), now); err != nil || n == 0 {
			return "", err
		}
		return strconv.Itoa(n), nil
	})
	if errors.Is(err, fault.Invalid) {
		goal, gone := person.GoalOf(c.Request().Context(), o.DB, name)
		if gone != nil {
			return gone
		}
		in["target"], in["until"], in["owner"] = strconv.Itoa(goal.Target), goal.Until, strconv.FormatInt(goal.OwnerID, 10)
		return o.showKeepers(c, http.StatusUnprocessableEntity, goal, in, renamed(err, "until", "due"))
	}
	if err != nil {
		return err
	}
	return done(c, listsPath(name), "person.tasks.made", "count", n)
}

// renamed moves what is wrong with one input to another, which a form calls so.
func renamed(err error, from, to string) error {
	var form fault.Form
	for _, f := range fault.Fields(err) {
		if f.Name == from {
			f.Name = to
		}
		form.Wrong(f.Name, f.Words, f.Args...)
	}
	return form.Err()
}

// mostExported is how many people one file holds.
const mostExported = 200_000

// peopleFile is the list as a file, for whoever may take it away; who did is
// in its last line and in the audit.
func (o *Office) peopleFile(c echo.Context) error {
	if !web.Session(c).StaffProved() {
		return o.toProof(c)
	}
	ctx := c.Request().Context()
	f, worth := o.filters(c), o.may(c, "values.read")
	f.Sort, f.Per = "", 1000
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	line := func(cells ...string) {
		for i := range cells {
			cells[i] = guarded(cells[i])
		}
		w.Write(cells) // a buffer takes everything
	}
	head := []string{"number", "email", "name", "phone", "country", "language", "contact", "tier", "orders", "last_order", "since", "simulated"}
	if worth {
		head = append(head, "class", "net", "currency")
	}
	line(head...)
	rows, zone, currency := 0, o.Settings.Now().Zone(), o.Settings.Now().Currency()
	for {
		people, err := person.Next(ctx, o.DB, f, o.Now())
		if err != nil {
			return err
		}
		for i := range people {
			k := &people[i]
			last := ""
			if !k.LastAt.IsZero() {
				last = k.LastAt.In(zone).Format(time.DateOnly)
			}
			cells := []string{k.Number, o.address(c, k.Email), k.Name, o.telephone(c, k.Phone), k.Country, string(k.Lang), k.Contact, string(k.Tier), strconv.Itoa(k.Orders), last,
				k.CreatedAt.In(zone).Format(time.DateOnly), yesNo(k.Simulated)}
			if worth {
				cells = append(cells, string(k.Class), k.Net.Decimal(currency), string(currency))
			}
			line(cells...)
			f.After = k.ID
		}
		if rows += len(people); len(people) < f.Per || rows >= mostExported {
			break
		}
	}
	who, err := o.who(c)
	if err != nil {
		return err
	}
	what := c.Request().URL.Query().Encode()
	mark := t(c, "person.file.mark", "who", who.Email, "when", i18n.DateTime(lang(c), o.Now().In(zone)), "count", rows, "filter", what)
	cells := make([]string, len(head))
	cells[0] = mark
	line(cells...)
	w.Flush()
	err = o.change(c, "customer.export", strconv.Itoa(rows), func(context.Context, *db.Tx, time.Time) (string, error) { return "people.csv?" + what, nil })
	if err != nil {
		return err
	}
	c.Response().Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="customers-%s.csv"`, o.Now().In(zone).Format(time.DateOnly)))
	return c.Blob(http.StatusOK, "text/csv; charset=utf-8", b.Bytes())
}

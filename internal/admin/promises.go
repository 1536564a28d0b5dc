package admin

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/checkout"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/person"
	"regulars/internal/staff"
	"regulars/internal/web"
)

type (
	cardPromise struct {
		Key, Kind, What, When, By, Words string
		Open, Late                       bool
		URL, Name                        string // whose it is, in the list of all
		Simulated                        bool
	}
	promiseForm struct {
		In    inputs
		Key   string
		Kinds []choice
		Open  bool
	}
	promisesPage struct {
		web.Page
		Rows  []cardPromise
		Late  string
		Pager pager
		Write bool
	}
)

// mostPromises is how many of somebody stand on the card.
const mostPromises = 60

// cardPromises are what was promised, what is to be done, and what is to be
// known; the form keeps what was typed.
func (o *Office) cardPromises(c echo.Context, p *personPage, who person.Who, in inputs) error {
	all, err := who.Promises(c.Request().Context(), o.DB, mostPromises)
	if err != nil {
		return err
	}
	people, err := o.staffNames(c)
	if err != nil {
		return err
	}
	for i := range all {
		row := o.promiseRow(c, &all[i], people)
		if all[i].Kind == person.Note {
			if all[i].State == person.Open {
				p.Notes = append(p.Notes, row)
			}
		} else if row.Open || len(p.Promises) < cardAsked {
			p.Promises = append(p.Promises, row)
		}
	}
	p.Form = promiseForm{In: in, Key: checkout.NewKey(), Open: len(p.Errors.At("what").Text)+len(p.Errors.At("due").Text) > 0,
		Kinds: choices(in["kind"], person.Kinds, func(k string) string { return t(c, "person.kind."+k) })}
	return nil
}

func (o *Office) promiseRow(c echo.Context, one *person.Promise, people []staff.Staff) cardPromise {
	zone := o.Settings.Now().Zone()
	day := func(at db.Time) string { return i18n.Date(lang(c), at.In(zone)) }
	row := cardPromise{Key: one.Key, Kind: t(c, "person.kind."+one.Kind), What: one.What, Words: one.Words, Open: one.State == person.Open, Late: one.Due(o.Now()),
		By: actor(c, people, "staff:"+strconv.FormatInt(one.MadeBy, 10))}
	switch {
	case one.Kind == person.Note:
		row.When = day(one.MadeAt)
	case !row.Open:
		row.When = t(c, "person.promise."+one.State, "day", day(one.EndedAt))
	case row.Late:
		row.When = t(c, "person.promise.late", "day", day(db.At(one.Until.Add(-time.Second))))
	default:
		row.When = t(c, "person.promise.due", "day", day(db.At(one.Until.Add(-time.Second))))
	}
	return row
}

// meant is whose card a form was sent from; of a guest there is no account. An
// order that found its account since is the account's.
func (o *Office) meant(c echo.Context) (who person.Who, k *customer.Customer, err error) {
	ctx := c.Request().Context()
	if number := order.CleanNumber(param(c, "guest")); number != "" {
		var owner customer.ID
		if who, owner, err = person.GuestOf(ctx, o.DB, number); err != nil || len(who.Orders) > 0 {
			return who, nil, err
		}
		k, err = customer.ByID(ctx, o.DB, owner)
	} else {
		k, err = o.someone(c)
	}
	if err != nil {
		return who, nil, err
	}
	return person.Who{Customer: k.ID, Email: k.Email}, k, nil
}

// promise writes down what somebody was promised.
func (o *Office) promise(c echo.Context) error {
	in, err := read(c, []string{"kind", "what", "due", "key"})
	who, k, found := o.meant(c)
	number, path := order.CleanNumber(param(c, "guest")), ""
	if k != nil {
		path = customerPath(k.Number)
	} else {
		path = guestPath(number)
	}
	if found != nil {
		return found
	}
	if err == nil {
		err = o.keepPromise(c, who, strings.TrimPrefix(path, "/admin/customers/"), in)
	}
	if errors.Is(err, fault.Invalid) {
		err = renamed(err, "until", "due")
		if k == nil {
			return o.showGuest(c, http.StatusUnprocessableEntity, number, who, in, err)
		}
		return o.showCustomer(c, http.StatusUnprocessableEntity, k, in, err)
	}
	if err != nil {
		return err
	}
	return done(c, path+"#promises", "person.promise.made")
}

func (o *Office) keepPromise(c echo.Context, who person.Who, subject string, in inputs) error {
	by, err := o.who(c)
	if err != nil {
		return err
	}
	return o.change(c, "customer.promise", subject, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		until, _ := time.ParseInLocation(time.DateOnly, in["due"], o.Settings.Now().Zone()) // none is past, and refused as such
		one := person.Promise{Key: in["key"], Kind: in["kind"], What: in["what"], Until: db.At(until.AddDate(0, 0, 1)), MadeBy: int64(by.ID)}
		made, err := who.Promise(ctx, tx, &one, now)
		if err != nil || !made {
			return "", err
		}
		return one.Kind, nil // what it says is of the person, and goes with them
	})
}

// endPromise says that it was kept, or will not be.
func (o *Office) endPromise(c echo.Context) error {
	in, err := read(c, []string{"state", "words", "back"})
	if err != nil {
		return err
	}
	by, err := o.who(c)
	if err != nil {
		return err
	}
	key := param(c, "promise")
	if _, err := person.ByKey(c.Request().Context(), o.DB, key); err != nil {
		return err
	}
	words := []rune(strings.TrimSpace(in["words"]))
	err = o.change(c, "customer.promise.end", key, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		ended, err := person.End(ctx, tx, key, in["state"], string(words[:min(len(words), 200)]), int64(by.ID), now)
		if err != nil || !ended {
			return "", err
		}
		return in["state"], nil
	})
	if err != nil {
		return err
	}
	back := in["back"]
	if !strings.HasPrefix(back, "/admin/customers/") || strings.ContainsAny(back, "\\\r\n") {
		back = "/admin/customers/promises"
	}
	return done(c, back, "person.promise.ended")
}

// promises lists what is open of all, by its day.
func (o *Office) promises(c echo.Context) error {
	in, err := list(c)
	if err != nil {
		return err
	}
	all, total, late, err := person.Due(c.Request().Context(), o.DB, in.Page, o.Now())
	if err != nil {
		return err
	}
	people, err := o.staffNames(c)
	if err != nil {
		return err
	}
	p := promisesPage{Page: page(c, "person.promises"), Pager: pages(c, in.Page, 50, total), Write: o.may(c, "customers.write")}
	if late > 0 {
		p.Late = t(c, "admin.needs.promises", "count", late)
	}
	for i := range all {
		row := o.promiseRow(c, &all[i].Promise, people)
		row.URL, row.Name, row.Simulated = customerPath(all[i].Number), all[i].Name, all[i].Simulated
		if all[i].CustomerID == nil {
			row.URL = guestPath(all[i].Number)
		}
		if row.Name == "" {
			row.Name = all[i].Number
		}
		p.Rows = append(p.Rows, row)
	}
	return web.Render(c, http.StatusOK, "admin/promises", p)
}

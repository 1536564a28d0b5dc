package storefront

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/web"
)

// factPages say where a fact is changed, by its kind; what is not here is
// changed under "Details".
var factPages = map[string]string{"date": "/account/dates", "address": "/account/addresses",
	"life": "/account/interests#life", "interest": "/account/interests#interest", "for": "/account/interests#for", "hobby": "/account/interests#hobby"}

// told is what facts say, as it is asked of one person's page.
type told struct {
	customer  *customer.Customer
	dates     []customer.Date
	addresses []customer.Address
}

// says words a fact of the person.
func (s *Shop) says(c echo.Context, w *told, f *customer.Fact) string {
	switch f.Kind() {
	case "birth_date":
		born, err := time.Parse(time.DateOnly, f.Value)
		if err != nil {
			return f.Value
		}
		age, _ := w.customer.Age(s.today())
		return t(c, "shop.known.age", "date", born, "count", age)
	case "occupation":
		return in(c, customer.OccupationName(f.Value))
	case "country":
		return countryName(c, f.Value)
	case "channel":
		return t(c, "customer.channel."+f.Value)
	case "life", "interest", "for", "hobby":
		var names []string
		for v := range strings.FieldsSeq(f.Value) {
			names = append(names, in(c, customer.TileName(f.Key, v)))
		}
		return strings.Join(names, t(c, "shop.comma"))
	case "date":
		for i := range w.dates {
			if d := &w.dates[i]; d.Token == f.Token() {
				return strings.Join(slices.DeleteFunc([]string{dateName(c, d), dateWords(c, *d), s.growth(c, d)}, func(s string) bool { return s == "" }), t(c, "shop.comma"))
			}
		}
	case "address":
		for _, a := range w.addresses {
			if a.Token == f.Token() {
				return strings.Join(slices.DeleteFunc([]string{a.Name, a.Line1, a.City, countryName(c, a.Country)}, func(s string) bool { return s == "" }), t(c, "shop.comma"))
			}
		}
	}
	return f.Value
}

// facts reads what the account's person said, with what it takes to word it.
func (s *Shop) facts(ctx context.Context, k *customer.Customer) (w *told, all []customer.Fact, err error) {
	w = &told{customer: k}
	if all, err = customer.Facts(ctx, s.DB, k); err != nil {
		return nil, nil, err
	}
	if w.dates, err = customer.Dates(ctx, s.DB, k.ID); err != nil {
		return nil, nil, err
	}
	w.addresses, err = customer.Addresses(ctx, s.DB, k.ID)
	return w, all, err
}

// evidence words where and when a fact was said, and confirmed since.
func (s *Shop) evidence(c echo.Context, f *customer.Fact) string {
	zone := s.Settings.Now().Zone()
	words := t(c, "shop.known.said", "date", f.SaidAt.In(zone), "place", t(c, "customer.place."+string(f.Place)))
	if f.KeptAt.After(f.SaidAt.Time) {
		words += t(c, "shop.known.kept", "date", f.KeptAt.In(zone))
	}
	return words
}

// factRows are what is known about a person: what they said, tile by tile, what
// was inferred, and what follows from when they are here.
func (s *Shop) factRows(c echo.Context, p *customer.Person) ([]factRow, error) {
	ctx := c.Request().Context()
	w, all, err := s.facts(ctx, p.Customer)
	if err != nil {
		return nil, err
	}
	var rows []factRow
	for i := range all {
		f := &all[i]
		row := factRow{Kind: f.Key, Name: t(c, "customer.fact."+f.Kind()), Evidence: s.evidence(c, f), Trust: t(c, "customer.trust."+f.Trust(s.Now(), s.Settings.Now().FactsOld()))}
		if !slices.Contains(customer.Kinds, f.Key) {
			row.Says = s.says(c, w, f)
			rows = append(rows, row)
			continue
		}
		for v := range strings.FieldsSeq(f.Value) { // each can be taken out by itself
			row.Value, row.Says = v, in(c, customer.TileName(f.Key, v))
			rows = append(rows, row)
		}
	}
	interests, err := customer.Interests(ctx, s.DB, p.CustomerID())
	if err != nil {
		return nil, err
	}
	for _, i := range interests {
		if i.Source == "inferred" {
			rows = append(rows, factRow{Kind: i.Kind, Value: i.Value, Name: t(c, "customer.fact."+i.Kind), Says: in(c, customer.TileName(i.Kind, i.Value)),
				Evidence: t(c, "shop.known.inferred", "date", i.At.In(s.Settings.Now().Zone())), Trust: t(c, "customer.trust.guess"), Inferred: true})
		}
	}
	hour, err := s.hourRow(c, p)
	return append(rows, hour), err
}

// hourRow says when the person is mostly here, or that it is not known.
func (s *Shop) hourRow(c echo.Context, p *customer.Person) (factRow, error) {
	zone := s.Settings.Now().Zone()
	if own, err := time.LoadLocation(p.Customer.Zone); err == nil && p.Customer.Zone != "" {
		zone = own
	}
	row := factRow{Name: t(c, "customer.fact.hour"), Says: t(c, "shop.known.hour.unknown"), Inferred: true}
	h, ok, err := customer.FavouriteHour(c.Request().Context(), s.DB, p.CustomerID(), zone)
	if err != nil || !ok {
		row.Evidence = t(c, "shop.known.hour.why")
		return row, err
	}
	row.Kind, row.Trust = "hour", t(c, "customer.trust.guess")
	row.Says = t(c, "shop.known.hour", "from", h.From, "to", (h.From+1)%24)
	row.Evidence = t(c, "shop.known.hour.days", "days", h.Days, "count", h.Of)
	return row, nil
}

type (
	// asking is the question once a year whether what was said still holds.
	asking struct {
		Rows []askRow
	}
	askRow struct {
		Key, Name, Says, Evidence, URL string
	}
)

// stillRight lists what was said, or confirmed, longer ago than the setting
// allows; nil if nothing was.
func (s *Shop) stillRight(c echo.Context, k *customer.Customer) (*asking, error) {
	w, all, err := s.facts(c.Request().Context(), k)
	if err != nil {
		return nil, err
	}
	var a asking
	for i := range all {
		f := &all[i]
		if f.Trust(s.Now(), s.Settings.Now().FactsOld()) != "old" {
			continue
		}
		to := factPages[f.Kind()]
		if to == "" {
			to = "/account/details"
		}
		a.Rows = append(a.Rows, askRow{f.Key, t(c, "customer.fact."+f.Kind()), s.says(c, w, f), s.evidence(c, f), web.URL(c, to)})
	}
	if len(a.Rows) == 0 {
		return nil, nil
	}
	return &a, nil
}

// confirmFacts keeps that what the page showed, all or one, still holds.
func (s *Shop) confirmFacts(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	var in struct {
		Facts []string `form:"fact,max=100"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		return customer.StillRight(ctx, tx, p.CustomerID(), in.Facts, s.Now())
	})
	if err != nil {
		return err
	}
	web.Flash(c, "ok", "shop.still.thanks", "count", int(s.Settings.Now().FactsOld().Hours()/24))
	return c.Redirect(http.StatusSeeOther, web.URL(c, "/account"))
}

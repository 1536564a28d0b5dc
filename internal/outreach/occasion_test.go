package outreach_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/occasion"
	"regulars/internal/order"
	"regulars/internal/outreach"
)

// florist is a shelf of flowers, gifts all of them.
type florist struct {
	*shop
	kind catalog.CategoryID
	sold map[string]catalog.ProductID
}

func openFlorist(t *testing.T, d *db.DB) *florist {
	t.Helper()
	s := &florist{shop: open(t, d), sold: map[string]catalog.ProductID{}}
	s.set("shop.name", "Willow")
	s.tx(func(tx *db.Tx) (err error) {
		s.kind, err = catalog.PutCategory(ctx, tx, catalog.Category{Slug: "flowers", Name: i18n.Text{En: "Flowers", Zh: "鲜花"}}, monday)
		if err != nil {
			return err
		}
		for i, code := range []string{"PEONY", "ORCHID", "FERN", "TULIP", "PALACE"} {
			price := money.Amount(3000 + 100*i)
			if code == "PALACE" {
				price = 90_000
			}
			id, _, ids, err := catalog.Put(ctx, tx, catalog.Draft{Product: catalog.Product{Code: code, Name: i18n.Text{En: "Calm " + code, Zh: "安静" + code}, CategoryID: &s.kind, Gift: true, Published: true},
				Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: code, Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: price}}}}}, monday)
			if err != nil {
				return err
			}
			s.variants[code], s.sold[code] = ids[code], id
		}
		return nil
	})
	return s
}

// regular is somebody who allows what a reminder needs.
func (s *florist) regular(email string) *customer.Person {
	return s.account(email, func(f *customer.SignUpForm) {
		f.Personalize, f.History, f.MailOccasions, f.Country = true, true, true, "US"
	})
}

// bought notes a paid order of long ago.
func (s *florist) bought(p *customer.Person, code string, state order.Payment, days ...string) {
	s.Helper()
	id := p.Customer.ID
	for _, on := range days {
		at, err := time.Parse(time.DateOnly, on)
		s.must(err)
		external := fmt.Sprint(id, code, on)
		o := order.Order{ExternalID: &external, CustomerID: &id, Currency: "USD", Subtotal: 3000, Total: 3000, TaxIncluded: true, State: order.Completed,
			PaymentState: state, DeliveryState: order.Delivered, PlacedAt: db.At(at.Add(12 * hour)), PaidAt: db.At(at.Add(12 * hour)), ClosedAt: db.At(at.Add(13 * hour)), Imported: true}
		l := order.Line{ProductID: s.sold[code], VariantID: s.variants[code], SKU: code, Name: i18n.Text{En: code}, Qty: 1, UnitPrice: 3000, Total: 3000}
		s.tx(func(tx *db.Tx) error { return order.CreateImported(ctx, tx, []order.Order{o}, [][]order.Line{{l}}) })
	}
}

// days runs the nights and the sweeps from one day on.
func (s *florist) days(from string, n int, each func(at time.Time)) {
	s.Helper()
	at, err := time.Parse(time.DateOnly, from)
	s.must(err)
	for ; n > 0; n-- {
		s.must(occasion.Rebuild(ctx, s.db, time.UTC, at.Add(3*hour)))
		for range 2 { // twice at one moment is once
			s.must(s.desk.RemindOccasions(ctx, at.Add(15*hour)))
		}
		if each != nil {
			each(at)
		}
		at = at.AddDate(0, 0, 1)
	}
}

// Flowers in May 2000 and May 2001: one mail in April or May 2002, to who
// allowed it, with other flowers, and none to who bought in one May only.
func TestAGiftOfTwoMaysIsBroughtUpOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := openFlorist(t, d)
		two, one, quiet := s.regular("two@mail.test"), s.regular("one@mail.test"), s.regular("quiet@mail.test")
		back, again := s.regular("back@mail.test"), s.regular("again@mail.test")
		s.bought(two, "PEONY", order.Paid, "2000-05-08", "2001-05-09")
		s.bought(one, "PEONY", order.Paid, "2001-05-09")
		s.bought(quiet, "PEONY", order.Paid, "2000-05-08", "2001-05-09")
		s.bought(back, "PEONY", order.Paid, "2000-05-08")
		s.bought(back, "PEONY", order.Refunded, "2001-05-09")
		s.bought(again, "PEONY", order.Paid, "2000-05-08", "2001-05-09", "2002-04-12")
		s.tx(func(tx *db.Tx) error {
			return customer.SetConsent(ctx, tx, quiet.Customer.ID, customer.MailOccasions, false, "test", monday)
		})
		s.days("2002-04-05", 50, nil)
		mails := s.mails()
		if len(mails) != 1 || !strings.Contains(mails[0].To, "two@mail.test") {
			t.Fatalf("%d mails: %+v", len(mails), mails)
		}
		sent := s.decisions()[0]
		if m := sent.SentAt.Month(); sent.SentAt.Year() != 2002 || m != time.April && m != time.May || sent.Topic != outreach.Occasions || sent.Worth <= 0 {
			t.Errorf("%+v", sent)
		}
		text := mails[0].Text
		for _, want := range []string{"“Flowers” in May 2000 and May 2001", "Calm ORCHID", "/p/calm-orchid", "/account/occasions", "/u/"} {
			if !strings.Contains(text, want) {
				t.Errorf("the mail does not say %q:\n%s", want, text)
			}
		}
		for _, not := range []string{"PEONY", "PALACE", "Mother", "mother", "gift"} { // what was bought, what is too dear, and for whom
			if strings.Contains(text, not) {
				t.Errorf("the mail says %q:\n%s", not, text)
			}
		}
		// Off and on again: the same weeks are not brought up twice.
		for _, on := range []bool{false, true} {
			s.tx(func(tx *db.Tx) error {
				if err := customer.SetConsent(ctx, tx, two.Customer.ID, customer.History, on, "test", monday); err != nil {
					return err
				}
				return occasion.Refresh(ctx, tx, two.Customer.ID, time.UTC, time.Date(2002, 4, 24, 9, 0, 0, 0, time.UTC))
			})
			list, err := occasion.OfCustomer(ctx, d, two.Customer.ID)
			s.must(err)
			if (len(list) == 1) != on {
				t.Errorf("history %v: %+v", on, list)
			}
		}
		s.days("2002-04-24", 10, nil)
		if n := len(s.mails()); n != 1 {
			t.Errorf("%d mails about one May", n)
		}
		// Nobody bought in 2002: a year was left out, and nothing is said in 2003.
		s.days("2003-04-05", 50, nil)
		if n := len(s.mails()); n != 1 {
			t.Errorf("%d mails, one of them after a year without", n)
		}
	})
}

// The two answers of the mail, and the words of the page, outlive every night.
func TestWhatIsSaidOfAnOccasionStays(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := openFlorist(t, d)
		yes, no := s.regular("yes@mail.test"), s.regular("no@mail.test")
		for _, p := range []*customer.Person{yes, no} {
			s.bought(p, "PEONY", order.Paid, "2000-09-08", "2001-09-09")
		}
		s.days("2002-08-18", 8, nil)
		if n := len(s.mails()); n != 2 {
			t.Fatalf("%d mails", n)
		}
		now := time.Date(2002, 8, 27, 9, 0, 0, 0, time.UTC)
		for _, m := range s.mails() {
			token := link(t, m.Text, "/occasions/")
			s.tx(func(tx *db.Tx) error {
				return occasion.AnswerLink(ctx, tx, token, strings.Contains(m.To, "yes@"), time.UTC, now)
			})
		}
		first := func(p *customer.Person) occasion.Occasion {
			list, err := occasion.OfCustomer(ctx, d, p.Customer.ID)
			s.must(err)
			if len(list) != 1 {
				t.Fatalf("%+v", list)
			}
			return list[0]
		}
		if a, b := first(yes), first(no); a.State != occasion.Confirmed || b.State != occasion.NotAgain || !b.RemindAt.IsZero() {
			t.Errorf("%+v %+v", a, b)
		}
		s.tx(func(tx *db.Tx) error {
			return occasion.Change(ctx, tx, yes.Customer.ID, first(yes).Token, "Grandma", 10, 1, time.UTC, now)
		})
		s.must(occasion.Rebuild(ctx, s.db, time.UTC, now))
		if o := first(yes); o.Name != "Grandma" || o.MovedMonth != 10 {
			t.Errorf("%+v", o)
		}
		// "Each year" holds although nothing was bought meanwhile; who said no hears nothing, whatever they buy.
		s.bought(no, "PEONY", order.Paid, "2002-09-09")
		s.days("2003-08-15", 50, nil)
		mails := s.mails()
		if len(mails) != 3 || !strings.Contains(mails[0].To, "yes@") || !strings.HasPrefix(mails[0].Subject, "Grandma: 1 October") {
			t.Errorf("%d mails: %+v", len(mails), mails[0])
		}
		s.tx(func(tx *db.Tx) error {
			return occasion.Delete(ctx, tx, yes.Customer.ID, first(yes).Token, time.UTC, now)
		})
		s.must(occasion.Rebuild(ctx, s.db, time.UTC, now))
		if list, err := occasion.OfCustomer(ctx, d, yes.Customer.ID); err != nil || len(list) != 0 {
			t.Errorf("taken out and found again: %+v %v", list, err)
		}
	})
}

// A date that the person told is a need of its own, or the name of the one that
// was found for the same weeks.
func TestATellDateAndAFoundOneAreOneNeed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := openFlorist(t, d)
		p := s.regular("both@mail.test")
		s.bought(p, "PEONY", order.Paid, "2000-05-08", "2001-05-09")
		var token string
		s.tx(func(tx *db.Tx) (err error) {
			token, err = customer.PutDate(ctx, tx, p.Customer.ID, customer.Date{Kind: "gift", Label: "A present", Month: 5, Day: 12, Remind: true}, monday)
			return err
		})
		s.days("2002-04-10", 30, nil)
		if mails := s.mails(); len(mails) != 1 || !strings.HasPrefix(mails[0].Subject, "A present: ") {
			t.Fatalf("%+v", mails)
		}
		// Without leave to use the history the date is still theirs.
		s.tx(func(tx *db.Tx) error {
			if err := customer.SetConsent(ctx, tx, p.Customer.ID, customer.History, false, "test", monday); err != nil {
				return err
			}
			return occasion.Refresh(ctx, tx, p.Customer.ID, time.UTC, time.Date(2002, 5, 20, 9, 0, 0, 0, time.UTC))
		})
		list, err := occasion.OfCustomer(ctx, d, p.Customer.ID)
		s.must(err)
		if len(list) != 1 || list[0].Source != occasion.FromPerson || list[0].DateToken != token || len(list[0].Evidence) != 0 || list[0].Month != 5 {
			t.Fatalf("%+v", list)
		}
		s.days("2003-04-10", 30, nil)
		if mails := s.mails(); len(mails) != 2 || !strings.Contains(mails[0].Text, "You asked to be reminded of this date.") {
			t.Errorf("%+v", mails[0])
		}
	})
}

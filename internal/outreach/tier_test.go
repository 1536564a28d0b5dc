package outreach_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/outreach"
	"regulars/internal/value"
)

// pays notes paid orders of somebody, and what they make of their tier.
func (s *shop) pays(p *customer.Person, days ...time.Time) {
	s.Helper()
	id := p.Customer.ID
	for _, at := range days {
		s.tx(func(tx *db.Tx) error {
			external := fmt.Sprint(id, at)
			o := order.Order{ExternalID: &external, CustomerID: &id, Currency: "USD", Subtotal: 1250, Total: 1250, TaxIncluded: true, State: order.Completed,
				PaymentState: order.Paid, DeliveryState: order.Delivered, PlacedAt: db.At(at), PaidAt: db.At(at), ClosedAt: db.At(at), Imported: true}
			l := order.Line{ProductID: 1, VariantID: s.variants["BOTTLE"], SKU: "BOTTLE", Name: i18n.Text{En: "Calm BOTTLE"}, Qty: 1, UnitPrice: 1250, Total: 1250}
			if err := order.CreateImported(ctx, tx, []order.Order{o}, [][]order.Line{{l}}); err != nil {
				return err
			}
			return value.RefreshTier(ctx, tx, s.desk.Settings.Now(), id, at)
		})
	}
}

func address(to string) string { return strings.Trim(to[strings.LastIndex(to, " ")+1:], "<>") }

func (s *shop) tellTiers(at time.Time) {
	s.Helper()
	s.must(value.TurnTiers(ctx, s.db, s.desk.Settings.Now(), at))
	s.must(s.desk.TellTiers(ctx, at))
}

// A tier that rose is told once, to whom allowed offers; that one ends is told
// to everybody, once, with the day, 60 days before, and not by night. What came
// of an import long ago is no news.
func TestATierIsToldOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		ann := s.account("ann@mail.test", func(f *customer.SignUpForm) { f.MailOffers = true })
		bob := s.account("bob@mail.test", func(f *customer.SignUpForm) { f.Lang = i18n.Chinese })
		cleo := s.account("cleo@mail.test", func(f *customer.SignUpForm) { f.MailOffers = true })
		s.pays(ann, monday, monday.Add(hour))
		s.pays(bob, monday.Add(2*hour), monday.Add(3*hour))
		s.tx(func(tx *db.Tx) error { // years ago, brought to light today
			id := cleo.Customer.ID
			old := monday.AddDate(0, -3, 0)
			for i := range 2 {
				external := fmt.Sprint("old", i)
				o := order.Order{ExternalID: &external, CustomerID: &id, Currency: "USD", Subtotal: 1250, Total: 1250, TaxIncluded: true, State: order.Completed,
					PaymentState: order.Paid, DeliveryState: order.Delivered, PlacedAt: db.At(old), PaidAt: db.At(old), ClosedAt: db.At(old), Imported: true}
				if err := order.CreateImported(ctx, tx, []order.Order{o}, [][]order.Line{{{ProductID: 1, VariantID: s.variants["BOTTLE"], SKU: "BOTTLE", Qty: 1, Total: 1250}}}); err != nil {
					return err
				}
			}
			return value.RebuildTiers(ctx, tx, s.desk.Settings.Now(), monday.Add(4*hour))
		})
		for range 3 {
			s.tellTiers(monday.Add(5 * hour))
		}
		mails := s.mails()
		if len(mails) != 1 || !strings.Contains(mails[0].To, "ann@mail.test") || !strings.Contains(mails[0].Text, "/account/loyalty") || !strings.Contains(mails[0].Text, "/u/") {
			t.Fatalf("%d mails: %+v", len(mails), mails)
		}
		if got := s.decisions(); len(got) != 2 || got[0].Reason != "no-consent" || got[0].Class != outreach.Relationship {
			t.Errorf("%+v", got)
		}
		stop := link(t, mails[0].Text, "/u/")
		s.tx(func(tx *db.Tx) error {
			leaving, err := outreach.Unsubscribe(ctx, tx, stop, false, monday.Add(6*hour))
			if err == nil && leaving.Purpose != customer.MailOffers {
				t.Errorf("the link stops %s", leaving.Purpose)
			}
			return err
		})
		// A year later the review of 1 April finds nothing: told by day, for 1 June.
		night := time.Date(2027, 4, 1, 2, 0, 0, 0, time.UTC)
		s.tellTiers(night)
		if len(s.mails()) != 1 {
			t.Error("a mail by night")
		}
		for at := night; at.Before(night.AddDate(0, 3, 0)); at = at.Add(6 * hour) {
			s.tellTiers(at)
		}
		mails = s.mails()
		if len(mails) != 3 {
			t.Fatalf("%d mails", len(mails))
		}
		ends := map[string]string{}
		for _, m := range mails {
			ends[address(m.To)] += m.Subject + "\n" + m.Text
		}
		if !strings.Contains(ends["ann@mail.test"], "ends on 1 June 2027") || !strings.Contains(ends["bob@mail.test"], "2027年6月1日") || ends["cleo@mail.test"] != "" {
			t.Errorf("%q", ends)
		}
	})
}

// A cell that is off sends nothing of that kind, a whole year long; the others go
// on. A message without a topic is not decided on.
func TestACellThatIsOffSendsNothing(t *testing.T) {
	s := open(t, dbtest.SQLite(t))
	s.set("contact.reminders", "very-loyal, loyal")
	s.set("contact.tiers", "very-loyal")
	s.set("followup.delays", "24h")
	offers := func(f *customer.SignUpForm) { f.MailOffers = true }
	loyal := s.account("loyal@mail.test", offers)
	new := s.account("new@mail.test", func(f *customer.SignUpForm) { f.MailOffers, f.Personalize = true, true })
	for day := range 365 {
		at := monday.AddDate(0, 0, day)
		switch { // 201 and 301 are none of the others' days
		case day%50 == 0:
			s.pays(loyal, at)
		case day%12 == 3:
			s.leaves(loyal, at)
			s.leaves(new, at)
		case day == 201:
			s.set("contact.reminders", "very-loyal")
		case day == 301:
			s.set("contact.reminders", "nobody")
		}
		s.sweep(at.Add(2 * hour))
		s.tellTiers(at.Add(2 * hour))
	}
	sent := map[string]int{}
	for _, m := range s.mails() {
		sent[address(m.To)+" "+m.Subject]++
	}
	matrix := 0
	page, err := outreach.Sends(ctx, s.db, outreach.Filter{PerPage: 200})
	s.must(err)
	for _, d := range page.Sends {
		if d.Reason == "tier-matrix" {
			matrix++
			if d.Words(i18n.Chinese) == "outreach.reason.tier-matrix" {
				t.Error("no words")
			}
		} else if d.State == outreach.Sent && d.Email == "new@mail.test" || d.Template == outreach.TierRisen && d.State == outreach.Sent && strings.Contains(d.Subject, "Loyal at") {
			t.Errorf("%+v", d)
		}
		if d.Template == outreach.FollowUpMail && d.State == outreach.Sent && d.SentAt.After(monday.AddDate(0, 0, 301)) {
			t.Errorf("after the last cell was off: %+v", d)
		}
	}
	if matrix < 20 || sent["loyal@mail.test Your cart at Willowmere is still here"] < 5 {
		t.Errorf("%d held by the matrix, sent %v", matrix, sent)
	}
	s.tx(func(tx *db.Tx) error { // what only those get who asked for it
		return errors.Join(outreach.Subscribe(ctx, tx, "loyal@mail.test", outreach.Specials, true, monday), outreach.Subscribe(ctx, tx, "new@mail.test", outreach.Specials, true, monday))
	})
	for _, topic := range outreach.Topics {
		for _, tier := range []string{"very-loyal", "loyal", "occasional", "nobody"} {
			s.set("contact."+string(topic), tier)
			for who, is := range map[*customer.Person]string{loyal: "very-loyal", new: "occasional"} {
				s.tx(func(tx *db.Tx) error {
					got, err := s.desk.Decide(ctx, tx, outreach.Candidate{Class: outreach.Relationship, Purpose: customer.MailOffers, Topic: topic, Email: who.Customer.Email, Customer: who.Customer}, monday.AddDate(0, 0, 364).Add(3*hour))
					if off := got.Reason == "tier-matrix"; off == (tier == is) {
						t.Errorf("%s for %s to %s: %+v", topic, tier, is, got)
					}
					return err
				})
			}
		}
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		_, err := s.desk.Decide(ctx, tx, outreach.Candidate{Class: outreach.Marketing, Purpose: customer.Personalize, Email: "new@mail.test", Customer: new.Customer}, monday)
		return err
	})
	if err == nil {
		t.Error("a message without a topic was decided on")
	}
}

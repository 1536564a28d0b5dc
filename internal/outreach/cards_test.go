package outreach_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/outreach"
)

// sweepBy runs a sweep of that name each hour of some days.
func (s *shop) hourly(name string, from time.Time, days int) {
	s.Helper()
	for at := from; at.Before(from.AddDate(0, 0, days)); at = at.Add(hour) {
		s.run(name, at)
	}
}

func (s *shop) run(name string, at time.Time) {
	s.Helper()
	all := s.desk.Sweeps()
	i := slices.IndexFunc(all, func(w outreach.Sweep) bool { return w.Name == name })
	if i < 0 {
		s.Fatalf("no sweep %s", name)
	}
	s.must(all[i].Do(ctx, at))
}

// mailsOf are the subjects and texts that went to an address, the oldest first.
func (s *shop) mailsOf(email string) (all []*outreach.Letter) {
	s.Helper()
	for _, m := range s.mails() {
		if address(m.To) == email {
			all = append(all, m)
		}
	}
	slices.Reverse(all)
	return all
}

func (s *shop) born(p *customer.Person, day string) {
	s.tx(func(tx *db.Tx) error {
		return customer.SetProfile(ctx, tx, p.Customer.ID, customer.Profile{Name: p.Customer.Name, BirthDate: day}, monday)
	})
}

// A card comes once a year, on the day as the person's own zone has it and not
// at night, to who allows mails about their dates and is very loyal; 1 March
// stands for 29 February.
func TestACardComesOnTheDay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("contact.cards", "occasional")
		card := func(email, zone, birth string, allows bool) *customer.Person {
			return s.account(email, func(f *customer.SignUpForm) { f.Zone, f.BirthDate, f.MailOccasions = zone, birth, allows })
		}
		card("west@mail.test", "America/Los_Angeles", "1990-03-05", true)
		card("east@mail.test", "Pacific/Auckland", "1990-03-05", true)
		card("no@mail.test", "UTC", "1990-03-05", false)
		card("leap@mail.test", "UTC", "2004-02-29", true)
		s.hourly("cards", monday, 7)
		sent := map[string]string{}
		for _, m := range s.decisions() {
			sent[m.Email] = string(m.State) + " " + m.Reason + " " + m.SentAt.UTC().Format("01-02 15")
		}
		want := map[string]string{"west@mail.test": "sent  03-05 17", "east@mail.test": "sent  03-04 20", "no@mail.test": "withheld no-consent 01-01 00"}
		for email, said := range want {
			if sent[email] != said && email != "no@mail.test" || email == "no@mail.test" && !strings.HasPrefix(sent[email], "withheld no-consent") {
				t.Errorf("%s: %q, want %q", email, sent[email], said)
			}
		}
		if len(s.mails()) != 2 || len(s.decisions()) != 3 {
			t.Fatalf("%d mails, %d decisions", len(s.mails()), len(s.decisions()))
		}
		// Someone who changes the date within the year gets no second one; the next year's comes.
		who, err := customer.ByEmail(ctx, d, "west@mail.test")
		s.must(err)
		s.born(customer.NewPerson(nil, who, nil, nil), "1990-03-12")
		s.hourly("cards", monday.AddDate(0, 0, 8), 4)
		s.hourly("cards", time.Date(2027, 2, 27, 0, 0, 0, 0, time.UTC), 4)  // no 29 February
		s.hourly("cards", time.Date(2028, 2, 27, 0, 0, 0, 0, time.UTC), 15) // one
		var days []string
		for _, m := range s.decisions() {
			if m.State == outreach.Sent {
				days = append(days, m.Email+" "+m.SentAt.UTC().Format(time.DateOnly))
			}
		}
		slices.Sort(days)
		if fmt.Sprint(days) != "[east@mail.test 2026-03-04 east@mail.test 2028-03-04 leap@mail.test 2027-03-01 leap@mail.test 2028-02-29 west@mail.test 2026-03-05 west@mail.test 2028-03-12]" {
			t.Errorf("%v", days)
		}
		m := s.mailsOf("leap@mail.test")[0]
		if m.Subject != "Happy birthday from Willowmere" || !strings.Contains(m.Text, "/u/") || strings.Contains(m.Text, "/p/") {
			t.Errorf("%s\n%s", m.Subject, m.Text)
		}
	})
}

// An anniversary that was marked gets a card with the person's own word for
// it, in their language; one without the mark, and a day that is somebody
// else's, get none. A cell of the matrix that is off: none. Ending it by the
// link ends mails about dates and nothing else.
func TestAnniversariesAreGreeted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		ann := s.account("ann@mail.test", func(f *customer.SignUpForm) { f.MailOccasions, f.MailOffers, f.Lang = true, true, i18n.Chinese })
		for _, m := range []customer.Date{{Kind: "anniversary", Label: "结婚", Month: 3, Day: 4, Remind: true}, {Kind: "anniversary", Month: 3, Day: 5},
			{Kind: "birthday", Label: "Mum", Month: 3, Day: 6, Remind: true}, {Kind: "anniversary", Month: 3, Day: 0, Remind: true}} {
			s.tx(func(tx *db.Tx) error { _, err := customer.PutDate(ctx, tx, ann.Customer.ID, m, monday); return err })
		}
		s.hourly("cards", monday, 1)
		s.hourly("cards", monday.AddDate(0, 0, 2), 3)
		if got := s.decided(outreach.Withheld, "tier-matrix"); got.Topic != outreach.Cards || len(s.decisions()) != 1 {
			t.Errorf("%+v", got)
		}
		s.set("contact.cards", "very-loyal, loyal, occasional")
		s.hourly("cards", time.Date(2027, 3, 3, 0, 0, 0, 0, time.UTC), 5)
		m := s.mailsOf("ann@mail.test")
		if len(m) != 1 || !strings.Contains(m[0].Text, "结婚") || strings.Contains(m[0].Subject, "\n") || !strings.Contains(m[0].Text, "https://shop.example/") {
			t.Fatalf("%+v", m)
		}
		s.tx(func(tx *db.Tx) error {
			leaving, err := outreach.Unsubscribe(ctx, tx, link(t, m[0].Text, "/zh/u/"), false, monday.AddDate(1, 0, 5))
			if err == nil && leaving.Purpose != customer.MailOccasions {
				t.Errorf("the link stops %s", leaving.Purpose)
			}
			return err
		})
		given, err := customer.Consents(ctx, d, ann.Customer.ID)
		if s.must(err); given[customer.MailOccasions] || !given[customer.MailOffers] {
			t.Errorf("%v", given)
		}
	})
}

// A card put off for its day (another mail went out in the morning) is sent
// when there is room, or not at all: never the day after.
func TestALateCardIsNone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("contact.cards", "occasional")
		s.account("ann@mail.test", func(f *customer.SignUpForm) { f.MailOccasions, f.BirthDate = true, "1980-03-03" })
		at := monday.AddDate(0, 0, 1).Truncate(24 * hour)
		s.tx(func(tx *db.Tx) error {
			return tx.Query(ctx).Exec(`INSERT INTO sends (key, class, template, email, lang, message_id, state, due_at, sent_at, created_at, updated_at)
				VALUES ('x', 'marketing', 'followup', 'ann@mail.test', 'en', 'x', 'sent', 0, ?, ?, ?)`, db.At(at.Add(-4*hour)), db.At(at.Add(-4*hour)), db.At(at.Add(-4*hour))).Error
		})
		s.hourly("cards", at, 3)
		got := s.decided(outreach.Sent, "")
		if got.Template != outreach.CardMail || got.SentAt.UTC().Format("02 15") != "03 20" {
			t.Errorf("%+v", got)
		}
		s.tx(func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE sends SET updated_at = ?, sent_at = ? WHERE key = 'x'", db.At(at.AddDate(1, 0, 0).Add(-hour)), db.At(at.AddDate(1, 0, 0).Add(-hour))).Error
		})
		s.hourly("cards", at.AddDate(1, 0, 0), 3)
		s.decided(outreach.Withheld, "expired")
	})
}

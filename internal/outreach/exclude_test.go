package outreach_test

import (
	"fmt"
	"testing"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/outreach"
	"regulars/internal/segment"
)

func rule(t *testing.T, text string) segment.Rule {
	t.Helper()
	r, wrong := segment.Parse(text)
	if wrong != nil {
		t.Fatal(wrong)
	}
	return r
}

func personal(f *customer.SignUpForm) { f.Personalize = true }

func TestAnExclusionBeatsEveryLeaveToWrite(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.tx(func(tx *db.Tx) error {
			return segment.Put(ctx, tx, segment.Segment{Key: "resting", Position: 1, Name: i18n.Text{En: "Resting"}, Purpose: segment.Exclusion, Rule: rule(t, "country = DE")})
		})
		out, in := s.account("chen@example.com", personal), s.account("ann@example.com", personal)
		s.tx(func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE customers SET country = 'DE' WHERE id = ?", int64(out.Customer.ID)).Error
		})
		decide := func(c outreach.Candidate) outreach.Decision {
			var got outreach.Decision
			s.tx(func(tx *db.Tx) (err error) {
				got, err = s.desk.Decide(ctx, tx, c, monday.Add(24*hour))
				return err
			})
			return got
		}
		fresh := func(p *customer.Person) *customer.Customer {
			c, err := customer.ByEmail(ctx, d, p.Customer.Email)
			s.must(err)
			return c
		}
		for _, class := range []outreach.Class{outreach.Relationship, outreach.Marketing, outreach.Service, outreach.Required} {
			c := outreach.Candidate{Class: class, Purpose: customer.MailCart, Email: out.Customer.Email, Customer: fresh(out)}
			got, stopped := decide(c), class == outreach.Relationship || class == outreach.Marketing
			if (got.Verdict == outreach.Withhold && got.Reason == "excluded: resting") != stopped {
				t.Errorf("%s to somebody excluded: %+v", class, got)
			}
			c.Email, c.Customer = in.Customer.Email, fresh(in)
			if got := decide(c); got.Verdict != outreach.Allow {
				t.Errorf("%s to somebody who is not: %+v", class, got)
			}
		}
		s.leaves(out, monday)
		if n := s.sweep(monday.Add(24*hour + time.Minute)); n != 0 {
			t.Errorf("%d mails went out", n)
		}
		noted := s.decided(outreach.Withheld, "excluded: resting")
		if words := noted.Words(i18n.English); words != "They are in a segment that is left out of everything (resting)" {
			t.Errorf("the log says %q", words)
		}
	})
}

// What the preview of a segment says of everybody is what the gate says of each.
func TestThePreviewSplitsAsTheGateDecides(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		now := monday.Add(24 * hour)
		var people []*customer.Person
		for i := range 12 {
			people = append(people, s.account(fmt.Sprintf("p%d@example.com", i), func(f *customer.SignUpForm) { f.Personalize, f.MailOffers = true, i != 3 }))
		}
		id := func(i int) int64 { return int64(people[i].Customer.ID) }
		sent := func(i, n int, ago time.Duration) {
			s.tx(func(tx *db.Tx) error {
				return tx.Query(ctx).Exec(`INSERT INTO sends (key, class, template, customer_id, email, lang, message_id, state, due_at, created_at, updated_at) VALUES (?, 'marketing', 't', ?, ?, 'en', ?, 'sent', 1, 1, ?)`,
					fmt.Sprint("k", i, n), id(i), people[i].Customer.Email, fmt.Sprint("m", i, n), db.At(now.Add(-ago))).Error
			})
		}
		s.tx(func(tx *db.Tx) error {
			for _, sql := range []string{
				fmt.Sprintf("UPDATE customers SET contact = 'dead' WHERE id = %d", id(0)), fmt.Sprintf("UPDATE customers SET contact = 'bouncing' WHERE id = %d", id(1)),
				"INSERT INTO suppressions (email_key, purpose, reason, at) VALUES ('p4@example.com', '*', 'complaint', 5)",
				fmt.Sprintf("INSERT INTO questions (token, kind, customer_id, body, answered_at, created_at) VALUES ('a', 'contact', %d, 'x', 0, 1), ('b', 'contact', %d, 'x', 5, 1), ('c', 'product', %d, 'x', 0, 1)", id(5), id(6), id(7)),
			} {
				if err := tx.Query(ctx).Exec(sql).Error; err != nil {
					return err
				}
			}
			return nil
		})
		sent(8, 1, hour)
		sent(9, 1, 3*24*hour)
		sent(10, 1, 2*24*hour)
		sent(10, 2, 3*24*hour)
		s.must(segment.Renew(ctx, d, segment.ByRebuild, now))
		book, err := segment.Read(ctx, d)
		s.must(err)
		looked, err := book.Look(ctx, d, segment.Segment{Key: "all", Rule: rule(t, "language in (en, zh)"), Purpose: segment.Audience}, outreach.Reach(now), now)
		s.must(err)
		want := map[string]int{}
		for _, p := range people {
			c, err := customer.ByEmail(ctx, d, p.Customer.Email)
			s.must(err)
			var got outreach.Decision
			s.tx(func(tx *db.Tx) (err error) {
				got, err = s.desk.Decide(ctx, tx, outreach.Candidate{Class: outreach.Marketing, Purpose: customer.MailOffers, Email: c.Email, Customer: c}, now)
				return err
			})
			want[map[string]string{"": "", "dead": outreach.ReachNone, "bouncing": outreach.ReachNone, "no-consent": outreach.ReachOut, "suppressed": outreach.ReachOut, "held": outreach.ReachHeld,
				"cap-day": outreach.ReachCapped, "cap-week": outreach.ReachCapped}[got.Reason]]++
		}
		if fmt.Sprint(looked.Parts) != fmt.Sprint(want) || looked.All != 12 || want[""] != 5 || want[outreach.ReachCapped] != 2 {
			t.Errorf("the preview says %v, the gate %v", looked.Parts, want)
		}
	})
}

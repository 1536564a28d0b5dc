package outreach_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"regulars/internal/campaign"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/doctor"
	"regulars/internal/i18n"
	"regulars/internal/outreach"
	"regulars/internal/roster"
	"regulars/internal/segment"
)

// Whoever is drawn gets no message of consent from any sender, and stays drawn;
// what is owed and what is an answer goes to them as ever.
func TestSomeGetNoMailOfConsentAtAll(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("quiet.hours", "off")
		var people []*customer.Person
		for i := range 40 {
			people = append(people, s.account(fmt.Sprintf("p%02d@mail.test", i), func(f *customer.SignUpForm) { f.MailOffers = true }))
		}
		decide := func(p *customer.Person, class outreach.Class, at time.Time) (v outreach.Decision) {
			s.tx(func(tx *db.Tx) (err error) {
				v, err = s.desk.Decide(ctx, tx, outreach.Candidate{Class: class, Purpose: customer.MailCart, Email: p.Customer.Email, Customer: p.Customer}, at)
				return err
			})
			return v
		}
		held := func(at time.Time) map[int]bool {
			t.Helper()
			all := map[int]bool{}
			for i, p := range people {
				switch v := decide(p, outreach.Marketing, at); {
				case v.Verdict == outreach.Withhold && v.Reason == outreach.KeptOut:
					all[i] = true
				case v.Verdict == outreach.Withhold:
					t.Fatalf("%s: %s", p.Customer.Email, v.Reason)
				}
			}
			return all
		}
		if n := held(monday); len(n) != 0 {
			t.Fatalf("%d go without although nobody should", len(n))
		}
		s.set("mail.holdout", "20")
		fifth := held(monday)
		if len(fifth) == 0 || len(fifth) > 18 {
			t.Fatalf("%d of 40 are drawn for a fifth", len(fifth))
		}
		c := s.campaign(nil)
		s.must(segment.Renew(ctx, d, "rebuild", monday))
		looked, err := c.Look(ctx, d, outreach.ReachOf(s.desk.Settings.Now(), c, monday), outreach.ReachCapped, s.kept(), monday)
		s.must(err)
		s.tx(func(tx *db.Tx) error { return campaign.Schedule(ctx, tx, c, time.UTC, monday) })
		s.must(s.desk.SendCampaigns(ctx, monday.Add(time.Minute)))
		if n := s.campaignMails(); n != 40-len(fifth) || looked.Goes != n || looked.Parts[campaign.PartKept] != len(fifth) {
			t.Errorf("%d mails of a campaign to 40, %d of whom get none; the page said %+v", n, len(fifth), looked)
		}
		for i := range fifth {
			for _, class := range []outreach.Class{outreach.Required, outreach.Service} {
				if v := decide(people[i], class, monday); v.Verdict != outreach.Allow {
					t.Errorf("%s is kept from whoever gets no offers: %s", class, v.Reason)
				}
			}
			if v := decide(people[i], outreach.Relationship, monday); v.Reason != outreach.KeptOut {
				t.Errorf("a card: %s %s", v.Verdict, v.Reason)
			}
		}
		some := s.decisions()
		for _, one := range some {
			if one.Reason == outreach.KeptOut && (one.Words(i18n.English) == "" || strings.HasPrefix(one.Words(i18n.Chinese), "outreach.")) {
				t.Error("the reason has no words")
			}
		}
		s.set("mail.holdout", "0")
		if n := held(monday.Add(2 * 24 * hour)); len(n) != 0 {
			t.Errorf("%d go without after it was switched off", len(n))
		}
		s.set("mail.holdout", "5")
		kept, few := s.kept(), held(monday.Add(4*24*hour)) // asked before anybody is drawn
		for i, p := range people {
			if few[i] && !fifth[i] {
				t.Errorf("p%02d is drawn for a twentieth, and was not for a fifth", i)
			}
			if kept(p.Customer.ID, p.Customer.EmailKey) != few[i] {
				t.Errorf("the page said of p%02d that they get mail: %v", i, few[i])
			}
		}
		s.set("mail.holdout", "20")
		again := held(monday.Add(6 * 24 * hour))
		if len(again) != len(fifth) {
			t.Errorf("%d are drawn now, %d were before", len(again), len(fifth))
		}
		report, err := doctor.Check(ctx, d, doctor.Options{Now: monday.Add(7 * 24 * hour)})
		s.must(err)
		for _, b := range report.Broken {
			if b.Code == "E9" {
				t.Errorf("doctor: %v", b.IDs)
			}
		}
		r, err := outreach.Kept(ctx, d, "USD", monday.Add(200*24*hour))
		if s.must(err); r == nil || r.Run.Number != 4 || r.People != 40 || r.Young != 0 || r.Orders.Held.N != len(again) || r.Orders.Shown.N != 40-len(again) {
			t.Errorf("the report is %+v", r)
		}
		s.tx(func(tx *db.Tx) error { return roster.Erase(ctx, tx, people[0].Customer.ID, monday.Add(200*24*hour)) })
		var named int
		s.must(d.Query(ctx).Raw("SELECT count(*) FROM mail_holdout WHERE customer_id = ? OR customer_id IS NULL AND person NOT LIKE 'erased:%'", int64(people[0].Customer.ID)).Scan(&named).Error)
		if named != 0 {
			t.Errorf("%d draws name somebody who is erased", named)
		}
	})
}

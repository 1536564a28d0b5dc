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
	"regulars/internal/inventory"
	"regulars/internal/outreach"
	"regulars/internal/roster"
	"regulars/internal/segment"
)

func (s *shop) campaign(change func(*campaign.Campaign)) *campaign.Campaign {
	s.Helper()
	s.set("contact.recommendations", "occasional,loyal,very-loyal")
	c := &campaign.Campaign{Name: "Spring", Subject: i18n.Text{En: "{name}, spring is here", Zh: "{name}，春天来了"}, Words: i18n.Text{En: "New at {shop}:", Zh: "{shop}上新："},
		Products: "BOTTLE BIB", Pick: campaign.ByHand, Hour: campaign.AnyHour, Days: 7, CreditDays: 14, CostFixed: 10000, CostEach: 2}
	if change != nil {
		change(c)
	}
	s.tx(func(tx *db.Tx) error {
		if err := inventory.Count(ctx, tx, s.variants["BIB"], 0, fmt.Sprint("none", c.Name), monday); err != nil {
			return err
		}
		return campaign.Put(ctx, tx, c, monday)
	})
	return c
}

func (s *shop) again(c *campaign.Campaign) *campaign.Campaign {
	s.Helper()
	n, err := campaign.ByToken(ctx, s.db, c.Token)
	s.must(err)
	return n
}

// kept is what a page asks about who gets no mail.
func (s *shop) kept() func(customer.ID, string) bool {
	s.Helper()
	kept, err := outreach.KeptFrom(ctx, s.db, s.desk.Settings.Now())
	s.must(err)
	return kept
}

// crowd signs people up who allow offers.
func (s *shop) crowd(n int) {
	s.Helper()
	for i := range n {
		s.account(fmt.Sprintf("p%02d@mail.test", i), func(f *customer.SignUpForm) { f.MailOffers = true })
	}
}

func (s *shop) campaignMails() (n int) {
	s.Helper()
	s.must(s.db.Query(ctx).Raw("SELECT count(*) FROM sends WHERE template = 'campaign' AND state = 'sent'").Scan(&n).Error)
	return n
}

// What a page says a campaign reaches is what then goes out; whoever is drawn
// goes without; the sweep may break off, run twice, be held and go on.
func TestACampaignGoesOnceToWhomItSaid(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.crowd(30)
		s.account("no@mail.test", nil) // allows reminders, no offers
		stopped := s.account("stopped@mail.test", func(f *customer.SignUpForm) { f.MailOffers = true })
		s.tx(func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("INSERT INTO suppressions (email_key, purpose, reason, at) VALUES (?, '*', 'complaint', 1)", stopped.Customer.EmailKey).Error
		})
		s.account("young@mail.test", func(f *customer.SignUpForm) { f.MailOffers, f.BirthDate = true, "2010-01-01" })
		off := s.account("off@mail.test", func(f *customer.SignUpForm) { f.MailOffers = true })
		s.tx(func(tx *db.Tx) error {
			return outreach.Prefer(ctx, tx, off.Customer.Email, outreach.Preference{Off: []outreach.Topic{outreach.Recommendations}, Hour: outreach.AnyHour}, monday)
		})
		s.must(segment.Renew(ctx, d, "rebuild", monday))
		c := s.campaign(func(c *campaign.Campaign) { c.Held = 3000 })
		looked, err := c.Look(ctx, d, outreach.ReachOf(s.desk.Settings.Now(), c, monday), outreach.ReachCapped, s.kept(), monday)
		s.must(err)
		if looked.All != 34 || looked.Parts[outreach.ReachOut] != 2 || looked.Parts[outreach.ReachWish] != 1 || looked.Parts[outreach.ReachYoung] != 1 || looked.Goes+looked.Held != 30 || looked.Held == 0 || looked.Goes == 0 {
			t.Fatalf("the audience is %+v", looked)
		}
		s.must(s.desk.SendCampaigns(ctx, monday))
		if n := s.campaignMails(); n != 0 {
			t.Fatalf("a draft sent %d mails", n)
		}
		s.tx(func(tx *db.Tx) error { return campaign.Schedule(ctx, tx, c, time.UTC, monday) })
		if err := d.InTx(ctx, func(tx *db.Tx) error { return campaign.Put(ctx, tx, c, monday) }); err == nil {
			t.Error("what is scheduled was changed")
		}
		live, err := campaign.Live(ctx, d, monday) // a sweep that broke off behind its first people
		s.must(err)
		if _, err := live[0].TakeIn(ctx, d, time.UTC, monday); err != nil {
			t.Fatal(err)
		}
		c = s.again(c)
		s.tx(func(tx *db.Tx) error { return campaign.Pause(ctx, tx, c, monday) })
		s.must(s.desk.SendCampaigns(ctx, monday))
		if n := s.campaignMails(); n != 0 {
			t.Fatalf("%d mails went out on hold", n)
		}
		s.tx(func(tx *db.Tx) error { return campaign.Resume(ctx, tx, c, monday) })
		s.must(s.desk.SendCampaigns(ctx, monday))
		s.must(s.desk.SendCampaigns(ctx, monday.Add(hour)))
		if n := s.campaignMails(); n != looked.Goes {
			t.Errorf("%d mails went out, the page said %d", n, looked.Goes)
		}
		if c = s.again(c); c.State != campaign.Done {
			t.Errorf("the campaign is %s", c.State)
		}
		letter := s.mails()[0]
		for _, want := range []string{"Chen Yu, spring is here", "Calm BOTTLE, $12.50", "via=mc." + c.Token, "utm_campaign=" + c.Token} {
			if !strings.Contains(letter.Subject+letter.Text, want) {
				t.Errorf("the mail lacks %q:\n%s\n%s", want, letter.Subject, letter.Text)
			}
		}
		if strings.Contains(letter.Text, "BIB") {
			t.Error("the mail shows what cannot be bought")
		}
		page, err := outreach.UnsubscribePreview(ctx, d, link(t, letter.Text, "/u/"))
		if s.must(err); page.Purpose != customer.MailOffers {
			t.Errorf("its link ends %s", page.Purpose)
		}
		r, err := campaign.ResultOf(ctx, d, *c, "USD", monday.Add(hour))
		s.must(err)
		if r.People != 34 || r.Mails != looked.Goes || r.Without != looked.Held || r.Withheld != 4 || int(r.Cost) != 10000+2*looked.Goes {
			t.Errorf("the report says %+v", r)
		}
		s.healthy(monday.Add(hour))
		var again *campaign.Campaign // the same words a week later reach nobody who had them
		s.tx(func(tx *db.Tx) (err error) {
			again, err = campaign.Copy(ctx, tx, c, "Again", monday)
			return err
		})
		week := monday.AddDate(0, 0, 8)
		if looked, err = again.Look(ctx, d, outreach.ReachOf(s.desk.Settings.Now(), again, week), outreach.ReachCapped, s.kept(), week); err != nil || looked.Parts[outreach.ReachTold] != r.Mails {
			t.Errorf("the same again: %+v, %v", looked, err)
		}
		s.tx(func(tx *db.Tx) error { return campaign.Schedule(ctx, tx, again, time.UTC, week) })
		s.must(s.desk.SendCampaigns(ctx, week))
		if n := s.campaignMails(); n != r.Mails+looked.Goes {
			t.Errorf("%d mails of both, the pages said %d and %d", n, r.Mails, looked.Goes)
		}
	})
}

func (s *shop) healthy(now time.Time) {
	s.Helper()
	report, err := doctor.Check(ctx, s.db, doctor.Options{Now: now})
	s.must(err)
	for _, b := range report.Broken {
		if strings.HasPrefix(b.Code, "J") {
			s.Errorf("doctor: %s %s %v", b.Code, b.Means, b.IDs)
		}
	}
}

// Everybody gets it at the hour of their own day; stopping ends what waits, too.
func TestACampaignKeepsTheHourAndStopsAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		for email, zone := range map[string]string{"tokyo@mail.test": "Asia/Tokyo", "la@mail.test": "America/Los_Angeles", "here@mail.test": ""} {
			s.account(email, func(f *customer.SignUpForm) { f.MailOffers, f.Zone = true, zone })
		}
		c := s.campaign(func(c *campaign.Campaign) { c.StartsOn, c.Hour = "2026-03-03", 10 })
		s.tx(func(tx *db.Tx) error { return campaign.Schedule(ctx, tx, c, time.UTC, monday) })
		for _, step := range []struct {
			at   time.Time
			sent int
		}{{monday, 0}, {monday.Add(14*hour + 59*time.Minute), 0}, {monday.Add(15 * hour), 1}, {monday.Add(24 * hour), 2}} {
			s.must(s.desk.SendCampaigns(ctx, step.at))
			if n := s.campaignMails(); n != step.sent {
				t.Errorf("%s: %d mails, want %d", step.at, n, step.sent)
			}
		}
		other := s.campaign(func(c *campaign.Campaign) { c.Name, c.Subject.En = "Second", "Another" }) // too soon after the first: put off
		s.tx(func(tx *db.Tx) error { return campaign.Schedule(ctx, tx, other, time.UTC, monday.Add(25*hour)) })
		s.must(s.desk.SendCampaigns(ctx, monday.Add(25*hour)))
		deferred := 0
		for _, send := range s.decisions() {
			if send.State == outreach.Deferred {
				deferred++
			}
		}
		if deferred < 2 {
			t.Fatalf("%d mails were put off", deferred)
		}
		s.tx(func(tx *db.Tx) error { return s.desk.StopCampaign(ctx, tx, s.again(other), monday.Add(26*hour)) })
		sent := s.campaignMails()
		for day := range 5 {
			s.must(s.desk.SendCampaigns(ctx, monday.Add(time.Duration(26+24*day)*hour)))
		}
		for _, send := range s.decisions() {
			if strings.HasPrefix(send.Key, fmt.Sprintf("campaign:%d:", other.ID)) && send.State != outreach.Sent && (send.State != outreach.Withheld || send.Words(i18n.English) == "") {
				t.Errorf("%s is %s %s after the stop", send.Key, send.State, send.Reason)
			}
		}
		if n := s.campaignMails(); n > sent+1 { // the one in Los Angeles is of the first campaign
			t.Errorf("%d mails after the stop", n-sent)
		}
		s.healthy(monday.Add(200 * hour))
	})
}

// An order is of the campaign of its last touch or of none, the sums are those
// of all orders, and who is erased or merged stays counted once.
func TestAnOrderIsOfOneCampaign(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		ann := s.account("ann@mail.test", func(f *customer.SignUpForm) { f.MailOffers = true })
		bob := s.account("bob@mail.test", func(f *customer.SignUpForm) { f.MailOffers = true })
		first := s.campaign(nil)
		s.tx(func(tx *db.Tx) error { return campaign.Schedule(ctx, tx, first, time.UTC, monday) })
		s.must(s.desk.SendCampaigns(ctx, monday))
		later := monday.AddDate(0, 0, 4)
		second := s.campaign(func(c *campaign.Campaign) { c.Name, c.Subject.En, c.CreditDays = "Second", "Another", 3 })
		s.tx(func(tx *db.Tx) error { return campaign.Schedule(ctx, tx, second, time.UTC, later) })
		s.must(s.desk.SendCampaigns(ctx, later))
		paid := func(p *customer.Person, at time.Time) {
			o := s.orders(p.Customer.Email, nil, &p.Customer.ID, at)
			s.tx(func(tx *db.Tx) error {
				return tx.Query(ctx).Exec("UPDATE orders SET payment_state = 'paid', paid_at = ? WHERE id = ?", db.At(at), int64(o.ID)).Error
			})
		}
		paid(ann, monday.AddDate(0, 0, 2))  // of the first
		paid(ann, monday.AddDate(0, 0, 5))  // of the second, which came last
		paid(bob, monday.AddDate(0, 0, 9))  // the second's days are over: the first's
		paid(bob, monday.AddDate(0, 0, 30)) // of none
		s.must(campaign.Credit(ctx, d))
		now := monday.AddDate(0, 0, 31)
		r, err := campaign.Reported(ctx, d, false, 60, "USD", now)
		s.must(err)
		if len(r.Rows) != 2 || r.Rows[1].Orders != 2 || r.Rows[0].Orders != 1 || r.None.Orders != 1 || r.Total.Orders != 4 || r.Rows[0].How[campaign.ByMail] != 1 {
			t.Fatalf("the orders are counted as %+v", r)
		}
		sum := r.None.Revenue + r.Earlier.Revenue + r.Rows[0].Revenue + r.Rows[1].Revenue
		if sum != r.Total.Revenue || sum != 4*2500 {
			t.Errorf("the parts are %d, the whole %d", sum, r.Total.Revenue)
		}
		people, err := second.Recipients(ctx, d, 0, 10)
		if s.must(err); len(people) != 2 || people[0].Orders != 1 || people[0].SentAt.IsZero() || people[1].Orders != 0 {
			t.Errorf("the log of the second is %+v", people)
		}
		s.healthy(now)
		s.tx(func(tx *db.Tx) error { return campaign.Merge(ctx, tx, ann.Customer.ID, bob.Customer.ID, now) })
		s.tx(func(tx *db.Tx) error { return roster.Erase(ctx, tx, bob.Customer.ID, now) })
		var named int
		s.must(d.Query(ctx).Raw("SELECT count(*) FROM campaign_people WHERE customer_id IS NOT NULL").Scan(&named).Error)
		if named != 0 {
			t.Errorf("%d rows name somebody who is gone", named)
		}
		s.healthy(now)
	})
}

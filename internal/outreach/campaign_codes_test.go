package outreach_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/internal/campaign"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/outreach"
	"regulars/internal/pricing"
)

// balky is a mail server that refuses for now, the first so many times.
type balky struct {
	outreach.Mailer
	refuses int
}

func (b *balky) Send(ctx context.Context, m outreach.Mail) error {
	if b.refuses > 0 {
		b.refuses--
		return fmt.Errorf("full: %w", outreach.ErrLater)
	}
	return b.Mailer.Send(ctx, m)
}

// batch makes a promotion with so many codes.
func (s *shop) batch(n int) (p pricing.Promotion, name string) {
	s.Helper()
	p = pricing.Promotion{Token: fmt.Sprint("spring", n), Name: i18n.Text{En: "Spring", Zh: "春天"}, Kind: pricing.Percent, Value: 1000, NeedsCode: true, LimitPerson: 1}
	s.tx(func(tx *db.Tx) (err error) {
		if err := pricing.Put(ctx, tx, &p, monday); err != nil {
			return err
		}
		name, err = pricing.AddBatch(ctx, tx, p.ID, n, monday)
		return err
	})
	return p, name
}

// Each reader has a code of their own, the same when the mail is tried again;
// whoever comes when none is left is told nothing; an order with one of the
// codes belongs to the campaign.
func TestEachReaderGetsACodeOfTheirOwn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.desk.Mailer = &balky{s.desk.Mailer, 2}
		s.crowd(4)
		p, batch := s.batch(3)
		c := s.campaign(func(c *campaign.Campaign) { c.Batch, c.BatchOf = batch, p.ID })
		left := func() int {
			t.Helper()
			n, err := c.CodesLeft(ctx, d)
			s.must(err)
			return n
		}
		if left() != 3 {
			t.Fatalf("%d codes are left of 3", left())
		}
		s.tx(func(tx *db.Tx) error { return campaign.Schedule(ctx, tx, c, time.UTC, monday) })
		s.must(s.desk.SendCampaigns(ctx, monday))
		given := func() (all []string) {
			s.must(d.Query(ctx).Raw("SELECT p.send_key || ' ' || k.code FROM campaign_codes g JOIN campaign_people p ON p.id = g.person_id JOIN promotion_codes k ON k.id = g.code_id ORDER BY p.id").Scan(&all).Error)
			return all
		}
		first := given()
		if s.campaignMails() != 1 || len(first) != 3 || left() != 0 {
			t.Fatalf("%d mails, codes %v, %d left", s.campaignMails(), first, left())
		}
		s.must(s.desk.SendCampaigns(ctx, monday.Add(hour)))
		if again := given(); s.campaignMails() != 3 || !slices.Equal(first, again) {
			t.Errorf("%d mails, codes %v, before %v", s.campaignMails(), again, first)
		}
		for _, code := range given() {
			code = strings.Fields(code)[1]
			if n := len(slices.DeleteFunc(s.mails(), func(l *outreach.Letter) bool { return !strings.Contains(l.Text, code) })); n != 1 {
				t.Errorf("code %s is in %d mails", code, n)
			}
		}
		all := s.decisions()
		out := slices.IndexFunc(all, func(one outreach.Send) bool { return one.Reason == "codes-out" })
		if c = s.again(c); out < 0 || all[out].State != outreach.Withheld || all[out].Words(i18n.Chinese) == "outreach.reason.codes-out" || c.State != campaign.Done {
			t.Fatalf("the campaign is %s, decisions %+v", c.State, all)
		}

		var one struct{ Code, Who int64 }
		s.must(d.Query(ctx).Raw("SELECT g.code_id AS code, p.customer_id AS who FROM campaign_codes g JOIN campaign_people p ON p.id = g.person_id ORDER BY p.id LIMIT 1").Scan(&one).Error)
		who := customer.ID(one.Who)
		o := s.orders("p00@mail.test", nil, &who, monday.Add(30*hour))
		s.tx(func(tx *db.Tx) error {
			q := tx.Query(ctx)
			if err := q.Exec("UPDATE orders SET payment_state = 'paid', paid_at = ? WHERE id = ?", db.At(monday.Add(30*hour)), int64(o.ID)).Error; err != nil {
				return err
			}
			if err := q.Exec("UPDATE promotion_codes SET used = 1 WHERE id = ?", one.Code).Error; err != nil {
				return err
			}
			return q.Exec("INSERT INTO redemptions (promotion_id, code_id, order_id, customer_id, person, slot, state, amount, day, at) VALUES (?, ?, ?, ?, 'x', 1, 'held', 250, '2026-03-03', 1)", int64(p.ID), one.Code, int64(o.ID), one.Who).Error
		})
		s.must(campaign.Credit(ctx, d))
		r, err := campaign.ResultOf(ctx, d, *c, "USD", monday.Add(40*hour))
		if s.must(err); r.Orders != 1 || r.How[campaign.ByCode] != 1 {
			t.Errorf("the order with the code is credited as %+v", r.How)
		}
		g, err := c.CodesGiven(ctx, d)
		if s.must(err); g != (campaign.Given{Codes: 3, Used: 1}) {
			t.Errorf("codes given: %+v", g)
		}
		s.healthy(monday.Add(40 * hour))

		// Nobody starts a campaign with a batch that is used up, or with two kinds of codes.
		empty := &campaign.Campaign{Name: "Empty", Subject: c.Subject, Words: c.Words, Pick: campaign.ByHand, Hour: campaign.AnyHour, Days: 7, CreditDays: 14, Batch: batch, BatchOf: p.ID}
		if err := d.InTx(ctx, func(tx *db.Tx) error { return campaign.Put(ctx, tx, empty, monday) }); err == nil {
			t.Error("a batch that is used up was taken")
		}
	})
}

// Of two campaigns that wait for the same person the one that is worth more
// goes first, although it came later; and what a campaign brought so far is
// what it is ranked by.
func TestTheWorthierCampaignGoesFirst(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		ann := s.account("ann@mail.test", func(f *customer.SignUpForm) { f.MailOffers = true })
		begin := func(name, goods string, at time.Time) *campaign.Campaign {
			c := s.campaign(func(c *campaign.Campaign) {
				c.Name, c.Subject.En, c.Products, c.Days = name, name, goods, 20
			})
			s.tx(func(tx *db.Tx) error { return campaign.Schedule(ctx, tx, c, time.UTC, at) })
			return c
		}
		begin("First", "BOTTLE", monday)
		s.must(s.desk.SendCampaigns(ctx, monday)) // fills the day
		s.tx(func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE prices SET amount = 9900 WHERE variant_id = ?", int64(s.variants["BOTTLE"])).Error
		})
		cheap, dear := begin("Words alone", "", monday.Add(hour)), begin("Dear", "BOTTLE", monday.Add(2*hour))
		s.must(s.desk.SendCampaigns(ctx, monday.Add(3*hour)))
		if cheap, dear = s.again(cheap), s.again(dear); cheap.Worth >= dear.Worth || dear.Worth <= 0 {
			t.Fatalf("worth %d and %d", cheap.Worth, dear.Worth)
		}
		for _, one := range s.decisions()[:2] {
			if one.State != outreach.Deferred || one.Worth != map[bool]int64{true: dear.Worth, false: cheap.Worth}[strings.HasPrefix(one.Key, fmt.Sprintf("campaign:%d:", dear.ID))] {
				t.Errorf("%s is %s with %d", one.Key, one.State, one.Worth)
			}
		}
		next := monday.Add(24*hour + time.Minute)
		for range 3 {
			s.must(s.desk.SendCampaigns(ctx, next))
			next = next.Add(time.Minute)
		}
		if m := s.mails(); len(m) != 2 || !strings.Contains(m[0].Subject, "Dear") && !strings.Contains(m[1].Subject, "Dear") {
			t.Errorf("%d mails; the dear one did not go first", len(m))
		}

		// Its own history: 500 mails of three days ago and more, with orders.
		guess := dear.Worth
		at := monday.Add(10 * 24 * hour)
		s.tx(func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE campaigns SET weighed_at = 0 WHERE id = ?", int64(dear.ID)).Error
		})
		dear = s.again(dear)
		s.must(dear.Weigh(ctx, d, guess, 4000, "USD", at))
		without := dear.Worth
		o := s.orders("ann@mail.test", nil, &ann.Customer.ID, monday.Add(30*hour))
		s.tx(func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE orders SET payment_state = 'paid', paid_at = 1 WHERE id = ?", int64(o.ID)).Error
		})
		s.must(campaign.Credit(ctx, d))
		dear.WeighedAt = db.Time{}
		s.must(dear.Weigh(ctx, d, guess, 4000, "USD", at))
		if want := without + int64(money.BasisPoints(4000).Of(2500))/501; dear.Worth < want-1 || dear.Worth > want+1 || dear.Worth <= without {
			t.Errorf("worth %d after an order of 25.00, %d before, want about %d", dear.Worth, without, want)
		}
		if before := dear.Worth; dear.Weigh(ctx, d, 10*guess, 4000, "USD", at.Add(time.Minute)) != nil || dear.Worth != before {
			t.Error("weighed again within the hour")
		}
	})
}

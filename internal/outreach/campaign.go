package outreach

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"regulars/internal/campaign"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// CampaignMail is the message of a campaign; its words are the campaign's own.
const CampaignMail = "campaign"

// campaignWords are what the mail of a campaign says.
type campaignWords struct {
	Subject, Words, Code string
	Goods                []campaignGoods
}

type campaignGoods struct{ Name, Price, Link string }

// SendCampaigns writes to everybody a running campaign is for: takes its people
// in, puts each before the gate once, and again where the gate said later. Any
// number of sweeps may run at once, and one that broke off is taken up where it
// stood.
func (d *Desk) SendCampaigns(ctx context.Context, now time.Time) error {
	began := time.Now()
	clock := func() time.Time { return now.Add(time.Since(began)) } // a long sweep does not decide by an old hour
	live, err := campaign.Live(ctx, d.DB, now)
	if err != nil {
		return err
	}
	var failures error
	for i := range live {
		if err := d.sendCampaign(ctx, &live[i], clock); err != nil {
			failures = errors.Join(failures, fmt.Errorf("campaign %s: %w", live[i].Name, err))
		}
	}
	return failures
}

func (d *Desk) sendCampaign(ctx context.Context, c *campaign.Campaign, clock func() time.Time) error {
	for more := true; more && ctx.Err() == nil; {
		var err error
		if more, err = c.TakeIn(ctx, d.DB, d.Settings.Now().Zone(), clock()); err != nil {
			return err
		}
	}
	if err := d.weigh(ctx, c, clock()); err != nil {
		return err
	}
	var failures error
	for after := int64(0); ctx.Err() == nil && !c.Ends(clock()); {
		due, err := c.Due(ctx, d.DB, after, mostOfSweep, clock())
		if err != nil || len(due) == 0 {
			failures = errors.Join(failures, err)
			break
		}
		for j := range due {
			after = due[j].ID
			if ctx.Err() != nil {
				return failures
			}
			if err := d.campaignMail(ctx, c, &due[j], clock()); err != nil {
				failures = errors.Join(failures, fmt.Errorf("mail %s: %w", due[j].SendKey, err))
			}
		}
	}
	return errors.Join(failures, d.DB.InTx(ctx, func(tx *db.Tx) error {
		if c.Ends(clock()) {
			if err := letGo(ctx, tx, c.ID, "campaign-expired", clock()); err != nil {
				return err
			}
		}
		return c.Finish(ctx, tx, clock())
	}))
}

// weigh says what a mail of the campaign is worth. Before anything is known one
// of fifty readers is taken to buy one of its goods, as of any mail with goods;
// where it names none, the mean order.
func (d *Desk) weigh(ctx context.Context, c *campaign.Campaign, now time.Time) error {
	set := d.Settings.Now()
	cards, err := c.Goods(ctx, d.DB, nil, set.Currency())
	if err != nil {
		return err
	}
	picks := make([]pick, len(cards))
	for i := range cards {
		picks[i].Card = cards[i]
	}
	guess := d.worthOf(picks)
	if guess == 0 {
		mean, err := meanOrder(ctx, d.DB, set.Currency(), c.Simulated, now)
		if err != nil {
			return err
		}
		guess = int64(set.ValueMargin().Of(mean)) / oneInFifty
	}
	return c.Weigh(ctx, d.DB, guess, set.ValueMargin(), set.Currency(), now)
}

// campaignMail puts one person before the gate and notes when to ask again.
func (d *Desk) campaignMail(ctx context.Context, c *campaign.Campaign, p *campaign.Person, now time.Time) error {
	var due db.Time
	owner, err := customer.ByID(ctx, d.DB, *p.CustomerID)
	if err == nil {
		due, err = d.offerCampaign(ctx, c, p, owner, now)
	} else if errors.Is(err, fault.NotFound) {
		err = nil // erased since
	}
	if err != nil {
		return err
	}
	return d.DB.InTx(ctx, func(tx *db.Tx) error { return campaign.Settle(ctx, tx, p, due) })
}

// offerCampaign returns when the gate is to be asked again; zero: it decided.
func (d *Desk) offerCampaign(ctx context.Context, c *campaign.Campaign, p *campaign.Person, owner *customer.Customer, now time.Time) (db.Time, error) {
	s := &Send{Key: p.SendKey, Class: Marketing, Template: CampaignMail, CustomerID: &owner.ID, Email: customer.EmailKey(owner.Email), Lang: owner.Lang, Simulated: owner.Simulated}
	w, err := d.campaignLetter(ctx, c, owner, owner.Lang)
	if err != nil {
		return db.Time{}, err
	}
	ask := Candidate{Class: Marketing, Purpose: customer.MailOffers, Topic: Recommendations, Content: c.Content(), Expires: c.ExpiresAt.Time, Email: owner.Email, Customer: owner, Worth: c.Worth,
		draw: func(ctx context.Context, tx *db.Tx) (Decision, error) {
			state, arm, err := c.Side(ctx, tx, p, now)
			switch {
			case err != nil:
				return Decision{}, err
			case state == campaign.Paused:
				return Decision{Defer, "campaign-paused", now.Add(tryAgainAfter)}, nil
			case state != campaign.Running:
				return withhold("campaign-over"), nil
			case arm == campaign.Held:
				return withhold(HeldOut), nil
			}
			return Decision{Verdict: Allow}, nil
		}}
	if c.Batch != "" {
		ask.last = func(ctx context.Context, tx *db.Tx) (Decision, error) {
			code, err := c.CodeOf(ctx, tx, p, now)
			if err != nil || code == "" {
				return withhold("codes-out"), err
			}
			w.Campaign.Code = code
			return Decision{Verdict: Allow}, nil
		}
	}
	if _, err := d.offer(ctx, s, ask, Address{owner.Name, owner.Email}, w, now); err != nil {
		return db.Time{}, err
	}
	have, err := byKey(ctx, d.DB, p.SendKey)
	if err != nil || have == nil || have.State != Deferred {
		return db.Time{}, err
	}
	return have.DueAt, nil
}

// campaignLetter writes the mail to somebody; nil is a reader nobody knows.
func (d *Desk) campaignLetter(ctx context.Context, c *campaign.Campaign, owner *customer.Customer, l i18n.Lang) (letter, error) {
	currency, name, id := d.Settings.Now().Currency(), "", (*customer.Customer)(nil)
	if owner != nil {
		name, id = headerLine(owner.Name), owner
		if owner.Currency != "" {
			currency = money.Currency(owner.Currency)
		}
	}
	cards, err := c.Goods(ctx, d.DB, id, currency)
	if err != nil {
		return letter{}, err
	}
	if name == "" {
		name = i18n.T(l, "campaign.nobody")
	}
	shop := d.shopName(l)
	w := letter{Name: name, Link: d.url(l, "/?"+tags(c)), Campaign: &campaignWords{Subject: headerLine(campaign.Fill(c.Subject.In(l), name, shop)), Code: c.Code,
		Words: campaign.Fill(strings.ReplaceAll(c.Words.In(l), "\r\n", "\n"), name, shop)}}
	if c.Batch != "" {
		w.Campaign.Code = i18n.T(l, "campaign.code.own")
	}
	for _, k := range cards {
		price := i18n.Money(l, k.Price)
		if k.From {
			price = i18n.T(l, "campaign.from", "price", price)
		}
		w.Campaign.Goods = append(w.Campaign.Goods, campaignGoods{headerLine(k.Name.In(l)), price, d.url(l, "/p/"+k.Slug+"?"+tags(c))})
		if !k.Sensitive {
			w.stand(k.Image)
		}
	}
	return w, nil
}

// tags are what links of a campaign say: which campaign, never who.
func tags(c *campaign.Campaign) string {
	return url.Values{"via": {c.Tag()}, "utm_source": {"regulars"}, "utm_medium": {"email"}, "utm_campaign": {c.Token}}.Encode()
}

// ShowCampaign is the mail as somebody would get it now, in a language; nil is
// a reader nobody knows. Nothing is sent and nothing is noted.
func (d *Desk) ShowCampaign(ctx context.Context, c *campaign.Campaign, owner *customer.Customer, l i18n.Lang, now time.Time) (Mail, error) {
	w, err := d.campaignLetter(ctx, c, owner, l)
	if err != nil {
		return Mail{}, err
	}
	to := Address{}
	if owner != nil {
		to = Address{owner.Name, owner.Email}
	}
	w.footer = footer{why: "mail.foot.why." + CampaignMail, unsubscribe: d.url(l, "/u/…")}
	return d.compose(ctx, d.DB, CampaignMail, &Send{Lang: l}, to, w, now)
}

// TestCampaign sends the mail to a member of staff who asked for it. The key is
// that of the form: sent twice it makes one mail.
func (d *Desk) TestCampaign(ctx context.Context, c *campaign.Campaign, to Address, l i18n.Lang, key string, now time.Time) error {
	w, err := d.campaignLetter(ctx, c, nil, l)
	if err != nil {
		return err
	}
	w.Campaign.Subject = i18n.T(l, "campaign.test.subject", "subject", w.Campaign.Subject)
	w.footer = footer{why: "mail.foot.why.campaign-test"}
	s := &Send{Key: fmt.Sprintf("campaign-test:%d:%s", c.ID, key), Class: Service, Template: CampaignMail, Email: customer.EmailKey(to.Email), Lang: l}
	return d.owe(ctx, s, Candidate{Class: Service, Email: to.Email, Asked: true}, to, w, now)
}

// StopCampaign ends a campaign at once: what was put off is not sent any more.
func (d *Desk) StopCampaign(ctx context.Context, tx *db.Tx, c *campaign.Campaign, now time.Time) error {
	if err := campaign.Stop(ctx, tx, c, now); err != nil {
		return err
	}
	return letGo(ctx, tx, c.ID, "campaign-over", now)
}

func letGo(ctx context.Context, tx *db.Tx, id campaign.ID, reason string, now time.Time) error {
	return dropDeferred(ctx, tx, "SELECT send_key FROM campaign_people WHERE campaign_id = ?", int64(id), reason, now)
}

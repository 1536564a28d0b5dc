package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"regulars/internal/campaign"
	"regulars/internal/cart"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/outreach"
	"regulars/internal/slot"
	"regulars/internal/value"
)

// Planted: of ten loyal customers who got the letter, five came by its link
// within days and bought one of its three things, which they would not have
// bought; half of the loyal ones went without.
const (
	letterDays   = 71 // before the first start
	letterCredit = 68
	letterAdds   = .5
	letterClicks = .12 // who only look, of those who got it
	letterCost   = 120_00
	letterEach   = 4
)

var letterGoods = []string{"EN07", "BK13", "EN01"}

// Planted: a banner that fits is clicked in 30 of 100 views, any other in 3,
// and every other click on one that fits brings a thing of its shelf that would
// not have been bought.
const (
	bannerFits  = .3
	bannerOther = .03
	bannerBuys  = .5
	bannerDays  = 63 // they stand
	bannerCost  = 60_00
	bannerMille = 8_00
)

var bannerPair = []struct {
	segment, shelf     string
	title, words, goes i18n.Text
	things             []string // of the shelf
}{
	{"student", "reference-exams", i18n.Text{En: "Exams in sight", Zh: "备考季，先备好书"}, i18n.Text{En: "Nine hundred questions, one formula book, and a dictionary that works both ways.", Zh: "九百道真题练手，公式随身带，词典正反都能查。"},
		i18n.Text{En: "See reference & exams", Zh: "看参考与考试"}, []string{"BK07", "BK05"}},
	{"new-parent", "feeding", i18n.Text{En: "A bottle and all that fits it", Zh: "从一只奶瓶开始"}, i18n.Text{En: "Warm it, steam it, change the teat: these were made for each other.", Zh: "温奶、消毒、换奶嘴，件件配得上。"},
		i18n.Text{En: "See feeding", Zh: "看喂养用品"}, []string{"BB04", "BB02"}},
}

// apart is luck of its own for what is told beside the crowd, so that the rest
// of it is the same with it and without.
type apart struct {
	rng   *rand.Rand
	ways  *quota
	dues  due
	ledBy map[string]*quota
}

func newApart(seed, of uint64) *apart {
	return &apart{rand.New(rand.NewPCG(seed, of)), newQuota(1, 0, 0, 0), due{}, map[string]*quota{}}
}

// withLuck does something with other luck.
func (t *teller) withLuck(a *apart, do func() error) error {
	mine := apart{t.rng, t.ways, t.dues, t.ledBy}
	t.rng, t.ways, t.dues, t.ledBy = a.rng, a.ways, a.dues, a.ledBy
	defer func() { t.rng, t.ways, t.dues, t.ledBy = mine.rng, mine.ways, mine.dues, mine.ledBy }()
	return do()
}

// single buys one thing; origin is the place that led to it, if one did.
func (t *teller) single(s *shopper, g *good, origin, of string, placed time.Time) (told, error) {
	started := placed.Add(-6 * time.Minute)
	had := s.owned[g.at]
	defer func() { s.owned[g.at] = had }() // nor is it owned in the eyes of the crowd's luck
	w := wish{good: g, qty: 1, origin: origin}
	c := told{guest: -1, personal: s.remember, cart: cart.Cart{State: cart.StateOpen, Currency: s.currency, Lang: s.lang, Version: 2, CreatedAt: db.At(started), StartedAt: db.At(started),
		Kind: "shopper", Device: s.device, Simulated: true, CustomerID: &s.id, VisitorID: &s.visitor}}
	if c.arrival = t.led(s, &c, g, started); of != "" {
		c.arrival = cart.Arrival{Source: "regulars", Medium: "email", Campaign: of, Landing: "product", Entry: g.Slug, Browser: c.arrival.Browser, Arm: c.arrival.Arm}.Clean()
	}
	c.lines = []cart.Line{{VariantID: w.id(), Qty: 1, SeenPrice: t.buyables[s.currency][w.id()].Price.Amount, AddedAt: db.At(started), Origin: origin}}
	c.step(cart.StepAdd, w.id(), 1, origin, started)
	c.events = append(c.events, t.happened(s, event.ItemSeen, g, "", started.Add(-time.Minute)), t.happened(s, event.CartAdd, g, "", started))
	c.cart.CheckoutAt, c.cart.Email = db.At(started.Add(2*time.Minute)), s.form.Email
	c.step(cart.StepCheckout, 0, 0, "", c.cart.CheckoutAt.Time)
	c.step(cart.StepContact, 0, 0, "", started.Add(4*time.Minute))
	c.events = append(c.events, t.happened(s, event.Checkout, nil, "", c.cart.CheckoutAt.Time), t.happened(s, event.Contact, nil, "", started.Add(4*time.Minute)))
	return c, t.order(s, []wish{w}, &c, placed)
}

// letterAt is when the letter to loyal customers went out.
func (b *builder) letterAt() time.Time {
	return b.now.AddDate(0, 0, -letterDays).Truncate(24 * time.Hour).Add(8 * time.Hour)
}

// letter tells the campaign before the batch that reaches it. Who is loyal is
// counted as the shop would have counted it on that day.
func (t *teller) letter(ctx context.Context, until time.Time) error {
	at := t.letterAt()
	if t.lettered || until.Before(at) || at.AddDate(0, 0, -90).Before(t.start) {
		return nil // a small world has nobody loyal yet
	}
	t.lettered = true
	orders := make([]int, len(t.shoppers))
	for _, v := range t.visits {
		if v.aim == buy && v.at.Before(at) && v.at.After(at.AddDate(-1, 0, 0)) {
			orders[v.who]++
		}
	}
	c := campaign.Campaign{Token: fmt.Sprintf("letter%x", t.opt.Seed), Salt: fmt.Sprintf("letter-%d", t.opt.Seed), Name: "Long evenings · 漫长的夜晚", State: campaign.Done, Audience: string(value.Loyal),
		Subject: i18n.Text{En: "Three things for long evenings, {name}", Zh: "{name}，长夜里的三样好物"},
		Words: i18n.Text{En: "Dear {name},\n\nit gets dark early. These three make a good evening at home: something to play on, light to read by, and a game for four.\n\nThey are in stock and leave the day after you order.\n\n{shop}",
			Zh: "{name}，您好：\n\n天黑得越来越早。这三样东西能陪您在家度过一个好夜晚：一把琴、一盏灯、一盒四人桌游。\n\n都有现货，次日发出。\n\n{shop}"},
		Products: "EN07 BK13 EN01", Pick: campaign.ByHand, CostFixed: letterCost, CostEach: letterEach, Held: campaign.MostHeld, Hour: campaign.AnyHour, Days: 3, CreditDays: letterCredit,
		StartsAt: db.At(at), StartedAt: db.At(at), ExpiresAt: db.At(at.AddDate(0, 0, 3)), EndedAt: db.At(at.Add(time.Hour)), CreatedAt: db.At(at.AddDate(0, 0, -2)), UpdatedAt: db.At(at.Add(time.Hour))}
	var people []campaign.Person
	var mails []outreach.PastMail
	var got []*shopper
	for i := range t.shoppers {
		s := &t.shoppers[i]
		if !t.loyal(s, orders[i], at) {
			continue
		}
		p := campaign.Person{CustomerID: &s.id}
		m := outreach.PastMail{Customer: s.id, Email: s.form.Email, Lang: s.lang, At: at.Add(time.Duration(len(people)%40) * time.Second)}
		switch {
		case !t.offers(i):
			m.Reason = "no-consent"
		case c.Draws(s.id) == campaign.Held:
			p.Arm, p.AssignedAt, m.Reason = campaign.Held, db.At(m.At), outreach.HeldOut
		default:
			p.Arm, p.AssignedAt = campaign.Sent, db.At(m.At)
			got = append(got, s)
		}
		people, mails = append(people, p), append(mails, m)
	}
	return t.withLuck(newApart(t.opt.Seed, 0x1E77E5), func() error {
		t.batch = batch{}
		t.rng.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
		for i, s := range got {
			if err := t.reads(s, i, &c, at.Add(time.Duration(1+i%5)*24*time.Hour+time.Duration(t.rng.IntN(13*3600))*time.Second)); err != nil {
				return err
			}
		}
		err := t.db.InTx(ctx, func(tx *db.Tx) error {
			if err := campaign.Tell(ctx, tx, &c, people); err != nil {
				return err
			}
			if err := outreach.TellCampaign(ctx, tx, &c, mails); err != nil {
				return err
			}
			return t.writeBought(ctx, tx, at)
		})
		t.late = append(t.late, t.log...) // they wait for their batch, so that the log stays in order
		return err
	})
}

// reads is what somebody does with the letter: every other one buys, some look.
func (t *teller) reads(s *shopper, i int, c *campaign.Campaign, at time.Time) error {
	t.dues.owes("buys", letterAdds)
	buys := t.dues.pays("buys", 1) == 1
	t.dues.owes("looks", letterClicks)
	if !buys && t.dues.pays("looks", 1) == 0 {
		return nil
	}
	g := t.byCode[letterGoods[i%len(letterGoods)]]
	click := []event.Event{t.happened(s, event.SlotClick, g, slot.Mark{Slot: slot.Campaign, Page: c.Token}.String(), at)}
	if !buys {
		click = append(click, t.happened(s, event.ItemSeen, g, "", at))
	}
	t.log = append(t.log, t.theirs(s, click)...)
	if !buys {
		return nil
	}
	bought, err := t.single(s, g, "", c.Token, at.Add(9*time.Minute))
	t.bought = append(t.bought, bought)
	return err
}

// theirs are events with the ids of who lets pages be personal.
func (t *teller) theirs(s *shopper, log []event.Event) []event.Event {
	for i := range log {
		if s.remember {
			log[i].VisitorID, log[i].CustomerID = int64(s.visitor), int64(s.id)
		}
	}
	return log
}

// loyal says whether so many orders in the year before a day make somebody
// loyal and no more.
func (t *teller) loyal(s *shopper, orders int, at time.Time) bool {
	spent, most, set := money.Amount(0), money.Amount(900_00), t.live.Now()
	for _, o := range s.placed {
		if o.at.After(at.AddDate(-1, 0, 0)) {
			spent += o.total
		}
	}
	if s.currency == "CNY" {
		most = 6300_00
	}
	return orders >= set.LoyaltyOrders("loyal") && orders < set.LoyaltyOrders("very") && spent < most
}

// bannersUp is when the pair was put up.
func (b *builder) bannersUp() time.Time { return b.now.AddDate(0, 0, -bannerDays) }

// banners puts the pair up.
func (b *builder) banners(ctx context.Context, tx *db.Tx) error {
	for i, w := range bannerPair {
		n := campaign.Banner{Token: fmt.Sprintf("banner%d%x", i+1, b.opt.Seed), Place: slot.BannerHome, Title: w.title, Words: w.words, Label: w.goes, Shelf: w.shelf, Audience: w.segment,
			CostFixed: bannerCost, CostMille: bannerMille, Active: true}
		if err := campaign.PutBanner(ctx, tx, &n, db.Time{}, b.bannersUp()); err != nil {
			return fmt.Errorf("put up the banner of %s: %w", w.segment, err)
		}
		b.pair = append([]campaign.Banner{n}, b.pair...) // the newest first, as pages read them
	}
	return nil
}

// atBanner is a look at the home page's banner, chosen as the page would have.
func (t *teller) atBanner(s *shopper, at time.Time) ([]event.Event, error) {
	if len(t.pair) == 0 || at.Before(t.bannersUp()) {
		return nil, nil
	}
	m, unit := slot.Mark{Slot: slot.BannerHome}, string(slot.BannerHome)
	own := kinds[s.kind].segment
	var in func(string) bool
	if s.remember {
		unit += fmt.Sprint("/c", int64(s.id))
		if m.Arm = t.side(slot.BannerHome, s, nil); m.Arm == slot.Shown {
			in = func(key string) bool { return key == own }
		}
	}
	b := campaign.Choose(t.pair, unit, at.Format(time.DateOnly), in)
	m.Page = b.Token
	log := []event.Event{t.placed(s, event.SlotShown, m, at, nil)}
	fits, rate := b.Audience == own, bannerOther
	if fits {
		rate = bannerFits
	}
	a := t.bannerLuck
	key := fmt.Sprint(b.Token, m.Arm, fits)
	a.dues.owes(key, rate)
	if a.dues.pays(key, 1) == 0 {
		return log, nil
	}
	log = append(log, t.placed(s, event.SlotClick, m, at.Add(8*time.Second), nil), t.happened(s, event.ListShown, nil, b.Shelf, at.Add(8*time.Second)))
	if a.dues.owes("buys"+key, bannerBuys); !fits || a.dues.pays("buys"+key, 1) == 0 || !at.Add(time.Hour).Before(t.now) {
		return log, nil
	}
	return log, t.withLuck(a, func() error {
		things := t.things(b.Shelf)
		bought, err := t.single(s, things[a.rng.IntN(len(things))], m.String(), "", at.Add(11*time.Minute))
		t.aside = append(t.aside, bought)
		return err
	})
}

func (t *teller) things(shelf string) (all []*good) {
	for _, w := range bannerPair {
		if w.shelf == shelf {
			for _, code := range w.things {
				all = append(all, t.byCode[code])
			}
		}
	}
	return all
}

// writeApart writes what banners led to in a batch.
func (t *teller) writeApart(ctx context.Context, tx *db.Tx, from time.Time) error {
	if len(t.aside) == 0 {
		return nil
	}
	return t.withLuck(t.bannerLuck, func() error {
		bought := t.bought
		t.bought = t.aside
		defer func() { t.bought = bought }()
		return t.writeBought(ctx, tx, from.Add(time.Second))
	})
}

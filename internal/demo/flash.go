package demo

import (
	"context"
	"math/rand/v2"
	"time"

	"regulars/internal/cart"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/inventory"
)

// Planted: one evening sixty tents were on offer. Sixty orders took them within
// 40 seconds, and nine hundred people pressed the button when none was left.
const (
	flashCode    = "SP11"
	flashWeeks   = 3
	flashUnits   = 60
	flashWaiting = 900
	flashSpan    = 40 * time.Second
)

// flashAt is the moment the sale began.
func (b *builder) flashAt() time.Time {
	return b.now.AddDate(0, 0, -7*flashWeeks).Truncate(24 * time.Hour).Add(19 * time.Hour)
}

// flash tells that evening before the batch that reaches it. It has luck and
// quotas of its own, and leaves nobody with a tent in the simulation's eyes, so
// that the rest of the crowd is the same with it and without.
func (t *teller) flash(ctx context.Context, until time.Time) error {
	at := t.flashAt()
	var crowd []*shopper
	for i := range t.shoppers {
		if t.shoppers[i].joined.Before(at) {
			crowd = append(crowd, &t.shoppers[i])
		}
	}
	if t.flashed || until.Before(at) || at.Before(t.start) || len(crowd) < flashUnits+flashWaiting {
		return nil // a small world has not so many people
	}
	t.flashed = true
	rng, ways, dues, ledBy := t.rng, t.ways, t.dues, t.ledBy
	defer func() { t.rng, t.ways, t.dues, t.ledBy = rng, ways, dues, ledBy }()
	t.rng, t.ways, t.dues, t.ledBy = rand.New(rand.NewPCG(t.opt.Seed, 0xF1A5)), newQuota(1, 0, 0, 0), due{}, map[string]*quota{}
	t.batch = batch{}
	tent := t.byCode[flashCode]
	t.rng.Shuffle(len(crowd), func(i, j int) { crowd[i], crowd[j] = crowd[j], crowd[i] })
	for i := range flashUnits {
		if err := t.grab(crowd[i], tent, at.Add(flashSpan*time.Duration(i)/(flashUnits-1))); err != nil {
			return err
		}
	}
	for i, s := range crowd[flashUnits : flashUnits+flashWaiting] {
		e := t.happened(s, event.StockLost, tent, "add", at.Add(flashSpan+time.Second+time.Duration(i)*700*time.Millisecond))
		if s.remember {
			e.VisitorID, e.CustomerID = int64(s.visitor), int64(s.id)
		}
		t.log = append(t.log, e)
	}
	err := t.db.InTx(ctx, func(tx *db.Tx) error {
		if err := inventory.ReceiveMany(ctx, tx, []inventory.Line{{Variant: tent.ids[0], Qty: flashUnits}}, "demo:flash", at.Add(-time.Hour)); err != nil {
			return err
		}
		t.shelf[tent.ids[0]].left += flashUnits
		return t.writeBought(ctx, tx, at)
	})
	t.late = append(t.late, t.log...) // they wait for their batch, so that the log stays in order
	return err
}

// grab buys one tent in a few seconds.
func (t *teller) grab(s *shopper, tent *good, placed time.Time) error {
	started := placed.Add(-25 * time.Second)
	had := s.owned[tent.at]
	defer func() { s.owned[tent.at] = had }()
	w := wish{good: tent, qty: 1}
	c := told{guest: -1, personal: s.remember, cart: cart.Cart{State: cart.StateOpen, Currency: s.currency, Lang: s.lang, Version: 2, CreatedAt: db.At(started), StartedAt: db.At(started),
		Kind: "shopper", Device: s.device, Simulated: true, CustomerID: &s.id, VisitorID: &s.visitor}}
	c.arrival = t.led(s, &c, tent, started)
	price := t.buyables[s.currency][w.id()].Price.Amount
	c.lines = []cart.Line{{VariantID: w.id(), Qty: 1, SeenPrice: price, AddedAt: db.At(started)}}
	c.step(cart.StepAdd, w.id(), 1, "", started)
	c.events = append(c.events, t.happened(s, event.ItemSeen, tent, "", started.Add(-20*time.Second)), t.happened(s, event.CartAdd, tent, "", started))
	c.cart.CheckoutAt, c.cart.Email = db.At(started.Add(5*time.Second)), s.form.Email
	c.step(cart.StepCheckout, 0, 0, "", started.Add(5*time.Second))
	c.step(cart.StepContact, 0, 0, "", started.Add(15*time.Second))
	c.events = append(c.events, t.happened(s, event.Checkout, nil, "", started.Add(5*time.Second)))
	if err := t.order(s, []wish{w}, &c, placed); err != nil {
		return err
	}
	t.bought = append(t.bought, c)
	return nil
}

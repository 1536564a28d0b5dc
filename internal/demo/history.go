package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"regulars/internal/ask"
	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/outreach"
	"regulars/internal/pricing"
	"regulars/internal/slot"
)

// atOnce visits are written in one transaction.
const atOnce = 3000

// teller tells what the crowd did, visit by visit, and writes it batch by
// batch. What it makes goes through the same functions as the shop's own
// carts and orders; prices come from pricing.Make.
type teller struct {
	*builder
	buyables map[money.Currency]map[catalog.VariantID]catalog.Buyable
	methods  map[money.Currency][]pricing.Method
	stages   map[string]*quota // of carts left behind
	asking   [2]*quota         // of carts bought, left
	ways     *quota            // of orders
	late     []event.Event     // of a batch to come
	strays   *rand.Rand        // of looks alone
	rows     map[string][]*good
	trails   *trails
	ledBy    map[string]*quota
	flashed  bool
	lettered bool

	bannerLuck *apart
	wrong      error // of a look

	reminders *reminders

	rules       *slot.Rules
	dues        due                // what places bring
	nextVisitor customer.VisitorID // of the first browser of the batch

	batch
}

// batch is what one transaction writes.
type batch struct {
	guests   []customer.Visitor
	left     []told
	bought   []told
	log      []event.Event
	question []asked
	aside    []told // bought beside the crowd, by what a banner led to
}

// told is a cart with what happened around it.
type told struct {
	guest    int // in guests, -1 without
	personal bool
	cart     cart.Cart
	lines    []cart.Line
	steps    []cart.Trace
	past     checkout.Past
	events   []event.Event

	frictions []cart.Friction
	arrival   cart.Arrival
	reminders []outreach.Past
}

type asked struct {
	ask.Question
	guest int
}

// quota fills shares: of n asked, each answer gets its part to within one.
type quota struct{ part, due []float64 }

func newQuota(part ...float64) *quota { return &quota{part, make([]float64, len(part))} }

func (q *quota) next() int {
	best := 0
	for i, p := range q.part {
		q.due[i] += p
		if q.due[i] > q.due[best] {
			best = i
		}
	}
	q.due[best]--
	return best
}

func (b *builder) history(ctx context.Context) error {
	b.prepare()
	t := &teller{builder: b, buyables: map[money.Currency]map[catalog.VariantID]catalog.Buyable{}, methods: map[money.Currency][]pricing.Method{},
		stages: map[string]*quota{}, ways: newQuota(.923, .06, .011, .006), dues: due{},
		strays: rand.New(rand.NewPCG(b.opt.Seed, 0x100C)), trails: newTrails(b.opt.Seed), ledBy: map[string]*quota{}, reminders: newReminders(), bannerLuck: newApart(b.opt.Seed, 0xBA77E5)}
	rules, err := slot.Read(ctx, b.db)
	if err != nil {
		return err
	}
	t.rules = rules
	if n := len(b.shoppers); n > 0 {
		t.nextVisitor = b.shoppers[n-1].visitor + 1
	}
	var ids []catalog.VariantID
	for i := range b.goods {
		ids = append(ids, b.goods[i].ids...)
	}
	for _, c := range b.live.Now().Currencies() {
		if t.buyables[c], err = catalog.Buyables(ctx, b.db, ids, c); err != nil {
			return err
		}
		if t.methods[c], err = pricing.Methods(ctx, b.db, c, "", ""); err != nil {
			return err
		}
	}
	// Who got an answer within ten minutes left 41 carts of 100, after a day
	// 80: the parts follow from these, of 250, 300 and 250 questions; wonder
	// adds some about the slow goods to the last.
	t.asking[boughtCart] = newQuota(1-311./usualOrders, 147./usualOrders, 114./usualOrders, 50./usualOrders)
	leftCarts := float64(usualCarts - usualOrders)
	t.asking[leftCart] = newQuota(1-444/leftCarts, 103/leftCarts, 186/leftCarts, 155/leftCarts)

	visits := b.visits
	b.made.Sessions = len(visits)
	for chunk := range slices.Chunk(visits, atOnce) {
		if err := t.letter(ctx, chunk[len(chunk)-1].at); err != nil {
			return err
		}
		if err := t.flash(ctx, chunk[len(chunk)-1].at); err != nil {
			return err
		}
		t.batch = batch{}
		for _, v := range chunk {
			if err := t.tell(v); err != nil {
				return err
			}
		}
		last := chunk[len(chunk)-1].at
		if chunk[len(chunk)-1] == visits[len(visits)-1] {
			last = b.now
		}
		if err := b.db.InTx(ctx, func(tx *db.Tx) error { return t.write(ctx, tx, chunk[0].at, last) }); err != nil {
			return err
		}
	}
	return nil
}

func (t *teller) tell(v visit) error {
	s := &t.shoppers[v.who]
	switch v.aim {
	case look:
		t.look(s, v)
		return t.wrong
	case leave:
		t.leave(s, v)
	case buy:
		return t.buyAll(s, v)
	}
	return nil
}

// happened is an event of this shopper, still without ids: those pass the same
// gate as a real shopper's.
func (t *teller) happened(s *shopper, kind event.Kind, product *good, detail string, at time.Time) event.Event {
	e := event.Event{At: db.At(at), Kind: kind, Lang: string(s.lang), Device: s.device, Detail: detail, Simulated: true}
	if product != nil {
		e.ProductID = int64(product.id)
	}
	return e
}

// look is a visit without a cart: four in ten see one page only.
func (t *teller) look(s *shopper, v visit) {
	g := t.anchor(s, s.premium || v.at.Second()%2 == 0, v.at)
	at := v.at
	var log []event.Event
	switch t.rng.IntN(5) {
	case 0:
		log = append(log, t.happened(s, event.HomeSeen, nil, "", at))
	case 1, 2:
		log = append(log, t.happened(s, event.ListShown, nil, t.slugs[g.shelf], at), t.happened(s, event.ItemSeen, g, "", at.Add(40*time.Second)))
	case 3:
		log = append(log, t.happened(s, event.ItemSeen, g, "", at))
	default:
		log = append(log, t.happened(s, event.HomeSeen, nil, "", at), t.happened(s, event.ListShown, nil, t.slugs[g.shelf], at.Add(20*time.Second)),
			t.happened(s, event.ItemSeen, g, "", at.Add(time.Minute)))
		if other := t.pulls[g.Code]; len(other) > 0 && other[0].to.inSeason(at) {
			log = append(log, t.happened(s, event.ItemSeen, other[0].to, "", at.Add(2*time.Minute)))
		}
	}
	if last := log[len(log)-1]; last.Kind == event.ItemSeen {
		log = append(log, t.browse(s, g, last.At.Time)...)
	}
	log = append(log, t.inPlaces(s, g, log)...)
	for i := range log {
		if s.remember {
			log[i].VisitorID, log[i].CustomerID = int64(s.visitor), int64(s.id)
		}
	}
	t.log = append(t.log, log...)
}

// fill begins a cart: things are looked at and put in.
func (t *teller) fill(s *shopper, v visit, wishes []wish) (told, []wish, time.Time) {
	at := v.at
	c := told{guest: -1, cart: cart.Cart{State: cart.StateOpen, Currency: s.currency, Lang: s.lang, Version: 1, CreatedAt: db.At(at),
		Kind: "shopper", Device: s.device, Simulated: true}}
	t.whose(s, v, &c)
	c.arrival = t.led(s, &c, wishes[0].good, at)
	c.events = append(c.events, t.happened(s, event.ItemSeen, wishes[0].good, "", at.Add(-time.Minute)))
	wishes, places := t.atProduct(s, &c, wishes, at.Add(-time.Minute))
	c.events = append(c.events, places...)
	for i, w := range wishes {
		if i > 0 {
			at = at.Add(time.Duration(30+t.rng.IntN(150)) * time.Second)
		} else {
			c.cart.StartedAt = db.At(at)
		}
		price := t.buyables[s.currency][w.id()].Price.Amount
		c.lines = append(c.lines, cart.Line{VariantID: w.id(), Qty: w.qty, SeenPrice: price, AddedAt: db.At(at), Origin: w.origin})
		c.step(cart.StepAdd, w.id(), w.qty, w.origin, at)
		c.events = append(c.events, t.happened(s, event.CartAdd, w.good, "", at))
		c.cart.Version++
	}
	return c, wishes, at
}

func (c *told) step(kind cart.Kind, variant catalog.VariantID, qty int, detail string, at time.Time) {
	c.steps = append(c.steps, cart.Trace{Kind: kind, VariantID: variant, Qty: qty, Detail: detail, At: db.At(at)})
	c.cart.ActiveAt = db.At(at)
}

func (c *told) pieces() int {
	n := 0
	for _, l := range c.lines {
		n += l.Qty
	}
	return n
}

// stage says where a cart is left: 0 at once, 1 after a look at it, 2 at the
// address, 3 at the delivery, 4 at the payment, 5 after it was declined.
// Planted: fourteen to eleven weeks ago delivery was dear and shown late, and
// until six weeks ago phones in Chinese had trouble with the address.
func (t *teller) stage(s *shopper, at time.Time) int {
	part, key := []float64{.40, .43, .06, .04, .05, .02}, "usual"
	weeks := t.now.Sub(at).Hours() / 24 / 7
	if weeks >= 10 && weeks < 14 {
		part[0], part[1], part[4], key = .34, .38, .16, key+" dear"
	}
	if weeks >= 6 && s.device == "phone" && s.lang == i18n.Chinese {
		part[0], part[2], key = part[0]-.06, part[2]+.06, key+" form"
	}
	if t.stages[key] == nil {
		t.stages[key] = newQuota(part...)
	}
	return t.stages[key].next()
}

func (t *teller) leave(s *shopper, v visit) {
	premium := s.premium || v.who%3 == 0 && v.at.Second()%2 == 0 // looking at dear things costs nothing
	wishes := t.basket(s, nil, leftCart, premium, v.at)
	c, wishes, at := t.fill(s, v, wishes)
	note := func(kind event.Kind) { c.events = append(c.events, t.happened(s, kind, nil, "", at)) }
	asked := len(t.question)
	at = t.wonder(s, wishes[0].good, leftCart, &c, at)
	waits := len(t.question) > asked && !t.question[asked].swift()
	stage := t.stage(s, v.at)
	if stage >= 1 {
		at = at.Add(50 * time.Second)
		c.step(cart.StepSeen, 0, c.pieces(), "", at)
		note(event.CartSeen)
	}
	if stage >= 2 {
		at = at.Add(time.Minute)
		c.cart.CheckoutAt = db.At(at)
		c.step(cart.StepCheckout, 0, 0, "", at)
		note(event.Checkout)
	}
	if stage >= 3 {
		at = at.Add(80 * time.Second)
		c.cart.Email, c.cart.MailOK = s.form.Email, v.who%5 < 3
		c.step(cart.StepContact, 0, 0, "", at)
		note(event.Contact)
	}
	if stage >= 4 {
		at = at.Add(40 * time.Second)
		c.step(cart.StepDelivery, 0, 0, "standard", at)
		note(event.Delivery)
	}
	if stage >= 5 {
		at = at.Add(30 * time.Second)
		c.step(cart.StepPayment, 0, 0, "test", at)
		note(event.PaymentTry)
	}
	t.obstruct(s, &c, stage, waits, c.cart.StartedAt.Time, at)
	t.remind(s, &c)
	t.left = append(t.left, c)
}

// whose gives a cart its owner: the account, or a browser of its own.
func (t *teller) whose(s *shopper, v visit, c *told) {
	c.personal = s.remember
	if v.aim == buy || v.signed {
		c.cart.CustomerID, c.cart.VisitorID = &s.id, &s.visitor
		return
	}
	guest := customer.Visitor{Lang: s.lang, Simulated: true, CreatedAt: db.At(v.at), SeenAt: db.At(v.at)}
	if c.personal = t.rng.IntN(5) < 2; c.personal {
		guest.Personalize = "on"
	}
	c.guest = len(t.guests)
	t.guests = append(t.guests, guest)
}

// slow are the goods whose questions were answered last.
var slow = map[string]bool{"CO04": true, "HT05": true}

// swift: the answer came before it kept anybody waiting.
func (q *asked) swift() bool {
	return !q.AnsweredAt.IsZero() && q.AnsweredAt.Sub(q.CreatedAt.Time) <= 10*time.Minute
}

// wonder asks a question about what is in the cart, as often as planned.
func (t *teller) wonder(s *shopper, g *good, mode int, c *told, at time.Time) time.Time {
	group := t.asking[mode].next()
	if mode == leftCart && slow[g.Code] && (t.rng.IntN(2) == 0 || g.Code == "HT05") {
		// Every other one waits a day (of the rarer set all): eight in ten of all who do have left, not more.
		if t.trails.slow++; group == 0 {
			group = 2 + t.trails.slow%2
		}
	}
	if group == 0 || g.Sensitive {
		return at
	}
	at = at.Add(70 * time.Second)
	wait := [4]time.Duration{0, time.Duration(2+t.rng.IntN(8)) * time.Minute, time.Duration(40+t.rng.IntN(1200)) * time.Minute,
		time.Duration(25+t.rng.IntN(60)) * time.Hour}[group]
	q := asked{guest: c.guest, Question: ask.Question{Kind: "product", ProductID: &g.id, Name: s.form.Name, Email: s.form.Email, Lang: s.lang,
		Simulated: true, CreatedAt: db.At(at)}}
	if c.guest < 0 {
		q.CustomerID, q.VisitorID = &s.id, s.visitor
	}
	q.Body, q.Answer = g.dialogue(t.rng.IntN(4), s.lang)
	// Some of the last days still wait for their answer.
	waits := t.now.Sub(at) < 6*24*time.Hour && t.rng.IntN(3) == 0
	if answered := at.Add(wait); answered.Before(t.now) && !waits {
		q.AnsweredAt, q.AnsweredBy = db.At(answered), int64(t.clerk)
		t.late = append(t.late, t.happened(s, event.Answered, g, "", answered))
	} else {
		q.Answer = ""
	}
	c.events = append(c.events, t.happened(s, event.Asked, g, "", at))
	t.question = append(t.question, q)
	return at
}

func (t *teller) buyAll(s *shopper, v visit) error {
	wishes := t.basket(s, v.first, boughtCart, s.premium, v.at)
	c, wishes, at := t.fill(s, v, wishes)
	note := func(kind event.Kind) { c.events = append(c.events, t.happened(s, kind, nil, "", at)) }
	at = t.wonder(s, wishes[0].good, boughtCart, &c, at)
	// Nearly one in five comes back to a cart left before; some by its link.
	if gap := time.Duration(95+t.rng.IntN(3600)) * time.Minute; t.rng.IntN(100) < 18 && at.Add(gap+time.Hour).Before(t.now) {
		far := gap
		if t.reminders.due(1) > 0 && t.reminders.back[1]%3 == 0 { // the second reminder owes somebody
			far = max(gap, 75*time.Hour+gap/8)
		}
		linked := t.rng.IntN(3) == 0
		if linked && at.Add(far+time.Hour).Before(t.now) && t.recall(s, &c, far) {
			at = at.Add(far)
			c.step(cart.StepRestored, 0, len(c.lines), "", at)
		} else {
			at = at.Add(gap)
		}
	}
	if t.rng.IntN(5) < 3 {
		at = at.Add(45 * time.Second)
		c.step(cart.StepSeen, 0, c.pieces(), "", at)
		note(event.CartSeen)
	}
	at = at.Add(time.Minute)
	c.cart.CheckoutAt = db.At(at)
	c.step(cart.StepCheckout, 0, 0, "", at)
	note(event.Checkout)
	at = at.Add(70 * time.Second)
	c.cart.Email = s.form.Email
	c.step(cart.StepContact, 0, 0, "", at)
	note(event.Contact)
	at = at.Add(time.Duration(30+t.rng.IntN(90)) * time.Second)
	if err := t.order(s, wishes, &c, at); err != nil {
		return err
	}
	if c.past.Form.Delivery != "" {
		note(event.Delivery)
	}
	note(event.PaymentTry)
	t.bought = append(t.bought, c)
	return nil
}

// order writes the story of the order itself.
func (t *teller) order(s *shopper, wishes []wish, c *told, at time.Time) error {
	p := checkout.Past{Form: s.form, Lang: s.lang, Placed: at, Steps: c.steps, Lines: c.lines, Cart: c.cart}
	p.Form.Key = fmt.Sprintf("demo-%016x", t.rng.Uint64())
	in := pricing.Input{Currency: s.currency, Country: s.form.Country, Taxes: pricing.TaxesIn(t.live.Now(), s.form.Country, s.form.Region)}
	for _, w := range wishes {
		in.Lines = append(in.Lines, pricing.Wanted{Buyable: t.buyables[s.currency][w.id()], Qty: w.qty})
	}
	carried := pricing.Carried(in.Lines)
	if carried {
		in.Method = &t.methods[s.currency][min(t.rng.IntN(7)/6, len(t.methods[s.currency])-1)]
		p.Form.Delivery = in.Method.Code
	}
	quote, err := pricing.Make(in)
	if err != nil {
		return fmt.Errorf("price a simulated cart: %w", err)
	}
	p.Quote = quote
	t.fate(&p, carried, wishes[0].good.Code == oldProgram)
	if p.Ended.IsZero() {
		s.placed = append(s.placed, bill{at, quote.Total})
		for _, w := range wishes {
			s.owned[w.good.at] = true
		}
	} else {
		t.made.Cancelled++
	}
	c.past = p
	return nil
}

// fate says what became of an order, as far as time has gone.
// keeps: they paid and kept it.
func (t *teller) fate(p *checkout.Past, carried, keeps bool) {
	soon := func(at time.Time) time.Time {
		if at.After(t.now) {
			return time.Time{}
		}
		return at
	}
	way := t.ways.next()
	if keeps && way > 1 {
		way = 0
	}
	if way == 2 { // never paid: its hold ran out
		p.Ended = soon(p.Placed.Add(t.live.Now().Hold() + 40*time.Second))
		return
	}
	if way == 1 {
		p.Declined = p.Placed.Add(time.Minute)
		p.Paid = p.Placed.Add(4 * time.Minute)
	} else {
		p.Paid = p.Placed.Add(time.Duration(40+t.rng.IntN(110)) * time.Second)
	}
	if way == 3 && carried {
		p.Ended = soon(p.Paid.Add(5 * time.Hour))
		return
	}
	leaves, travels := time.Duration(8+t.rng.IntN(32))*time.Hour, time.Duration(24+t.rng.IntN(72))*time.Hour
	if !carried {
		leaves, travels = time.Minute, time.Minute
	}
	if p.Shipped = soon(p.Paid.Add(leaves)); !p.Shipped.IsZero() {
		p.Delivered = soon(p.Shipped.Add(travels))
	}
}

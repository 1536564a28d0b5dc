package checkout_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/credit"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/jobs"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/outreach"
	"regulars/internal/payment"
	"regulars/internal/search"
	"regulars/internal/setting"
	"regulars/templates"
)

// The simulation lives through one short stretch of a shop's life a seed: a
// few shoppers, few goods, a provider and a mail server of its own, a clock
// that jumps, and transactions that break. All of it runs in one goroutine, so
// a seed repeats what happened:
//
//	SIM_SEED=17 go test -run TestSimulation ./internal/checkout
//
// SIM_SEEDS is how many seeds are lived through on SQLite; a hundredth of them
// also on Postgres. make simulate asks for many.
const (
	simulateSeeds = 400
	simulateSteps = 32
)

// Late enough that jobs, which the queue dates by the machine, are due; just
// before a 29 February, so that jumps meet it and the end of the month.
var simulateFrom = time.Date(2044, 2, 26, 9, 0, 0, 0, time.UTC)

const calmly = "in the calm"

// template is a world before its first shopper came.
type template struct {
	live     *setting.Live
	goods    []catalog.VariantID
	people   []*customer.Person
	accounts []*customer.Customer
	coupons  []string
	cards    []*credit.Account
}

func newTemplate(t testing.TB, d *db.DB) *template {
	s := open(t, d)
	s.at = simulateFrom.Add(-48 * time.Hour)
	w := &template{live: s.desk.Settings}
	for i, units := range []int{1, 2, 4, 12, -1} {
		w.goods = append(w.goods, s.sell(fmt.Sprintf("GOOD%d", i), 1000, units))
	}
	w.ahead(s)
	for range 4 {
		w.people = append(w.people, s.guest())
	}
	for i := range 2 {
		s.tx(func(tx *db.Tx) error {
			c, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: fmt.Sprintf("sim%d@mail.example", i), Name: "Sim", PasswordHash: "none",
				Lang: i18n.English, MailCart: true, Verified: true}, s.at)
			w.accounts = append(w.accounts, c)
			return err
		})
	}
	payByHand(t, s)
	w.coupons = s.promotions()
	for i, worth := range []money.Amount{700, 1500, 6000} {
		w.cards = append(w.cards, s.give(fmt.Sprint("a card of this world ", i), worth))
	}
	return w
}

// postbox is a mail server that fails by the seed while told to.
type postbox struct {
	w     *world
	taken map[string]string // recipient and subject by Message-ID; tried again, a mail may know more of its order
	mails int
}

func (b *postbox) Send(_ context.Context, m outreach.Mail) error {
	outcome := 9
	if b.w.faulty {
		outcome = b.w.r.IntN(10)
	}
	switch outcome {
	case 0, 1:
		return outreach.ErrLater
	case 2:
		return outreach.ErrRefused
	}
	b.mails++
	what := m.To.Email + " " + m.Subject
	if first, again := b.taken[m.ID]; again && first != what {
		b.w.wrong("two different mails under one Message-ID %s: %q, %q", m.ID, first, what)
	}
	b.taken[m.ID] = what
	if outcome == 3 {
		return errors.New("the line broke after the mail was taken")
	}
	return nil
}

// tab is a checkout page that somebody has open, and what came of its form.
type tab struct {
	person *customer.Person
	cart   cart.ID
	form   checkout.Form
	number string // told to the shopper
	done   bool   // some definite answer was given
}

// news is what the provider keeps telling until it is heard.
type news struct {
	name, token string
	outcome     payment.Outcome
	times       int
}

type world struct {
	*template
	seed     uint64
	r        *rand.Rand
	db       *db.DB
	desk     *checkout.Desk
	mail     *outreach.Desk
	box      *postbox
	jobs     *jobs.Runner
	at       time.Time
	faulty   bool
	steps    int
	struck   int
	tabs     []*tab
	told     []news
	everTold []news
	slips    []*slip         // money that staff saw arrive
	enough   []payment.ID    // for which more came, and a person said so
	till     *simTill        // a Stripe of its own, for every other seed
	paid     map[string]bool // tokens that the provider took money for
	heard    map[string]bool // names of news that the shop has confirmed
	trail    []string
	faults   []string
	done     map[string]int
}

func newWorld(seed uint64, from *template, d *db.DB) *world {
	w := &world{template: from, seed: seed, r: rand.New(rand.NewPCG(seed, 20261122)), db: d, at: simulateFrom, paid: map[string]bool{}, heard: map[string]bool{}, done: map[string]int{}}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	now := func() time.Time { return w.at }
	w.desk = &checkout.Desk{DB: d, Now: now, Settings: from.live, Log: log, Secret: []byte("a secret of this test")}
	if seed%2 == 0 {
		w.openTill()
	}
	w.box = &postbox{w: w, taken: map[string]string{}}
	w.mail = &outreach.Desk{DB: d, Mailer: w.box, Settings: from.live, BaseURL: "https://shop.example", Templates: templates.Files, Now: now, Log: log,
		AccessKey: func(number string) string { return "key-of-" + number }, Pay: w.desk.Pay}
	w.jobs = jobs.NewRunner(d, log)
	w.desk.Register(w.jobs)
	w.mail.Register(w.jobs)
	search.Register(w.jobs, d)
	return w
}

func (w *world) wrong(format string, args ...any) {
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
}

// live is the whole story of a seed.
func (w *world) live() {
	w.faulty = true
	defer w.closeTill()
	for range simulateSteps {
		if w.step(); len(w.faults) > 0 {
			return
		}
	}
	w.faulty = false
	if w.seed%3 == 0 { // the others only at the end, so that more seeds fit into a test run
		w.examine("amid faults")
	}
	w.calm()
	w.examine(calmly)
	if w.seed%4 < 2 { // half of the worlds of either provider
		w.tellAllAgain()
	}
}

// step does one thing, and in one of three breaks something meanwhile.
func (w *world) step() {
	w.steps++
	c, broken := ctx, &dbtest.Fault{}
	if w.r.IntN(3) == 0 {
		broken.At = []db.Moment{db.BeforeStatement, db.BeforeStatement, db.BeforeCommit, db.AfterCommit}[w.r.IntN(4)]
		broken.Nth, broken.Cancel = 1+w.r.IntN(2), w.r.IntN(3) == 0
		if broken.At == db.BeforeStatement {
			broken.Nth = 1 + w.r.IntN(25)
		}
		var stop context.CancelFunc
		c, stop = broken.In(ctx)
		defer stop()
	}
	w.till.spoil(w)
	name, err := w.act(c)
	w.till.collect(w)
	w.trail = append(w.trail, fmt.Sprintf("%s %s: %v %+v", w.at.Format("02T15:04"), name, err, broken.Struck()))
	if broken.Struck() {
		w.struck++
	} else if err != nil && !errors.Is(err, fault.Conflict) && !errors.Is(err, fault.NotFound) && !usedUp(err) && name != "jobs" && name != "reminders" {
		w.wrong("%s: %v", name, err)
	}
	if err == nil {
		w.done[name]++
	}
}

func (w *world) act(c context.Context) (string, error) {
	switch n := w.r.IntN(100); {
	case n < 12:
		return "fill", w.fill(c)
	case n < 30:
		return "place", w.place(c)
	case n < 38 && len(w.tabs) > 0:
		return "form again", w.post(c, w.tabs[w.r.IntN(len(w.tabs))])
	case n < 41:
		return "sign in", w.db.InTx(c, func(tx *db.Tx) error {
			_, err := cart.Merge(c, tx, w.people[w.r.IntN(len(w.people))].Visitor.ID, w.accounts[w.r.IntN(len(w.accounts))].ID, w.at)
			return err
		})
	case n < 53:
		if w.byHand() && w.r.IntN(2) == 0 {
			return w.moneyCame(c)
		}
		return "pay", w.pay(c)
	case n < 65:
		return "news", w.hear(c)
	case n < 69:
		return "retry", w.with(c, func(id order.ID) error { _, err := w.desk.Retry(c, id); return err })
	case n < 72:
		return "ship", w.with(c, func(id order.ID) error { return w.desk.Ship(c, id, "staff:1") })
	case n < 74:
		return "deliver", w.with(c, func(id order.ID) error { return w.desk.Deliver(c, id, "staff:1") })
	case n < 81:
		return w.change(c)
	case n < 83:
		return "cancel", w.with(c, func(id order.ID) error { return w.desk.Cancel(c, id, "staff:1", "simulated") })
	case n < 85:
		return "receive", w.db.InTx(c, func(tx *db.Tx) error {
			return inventory.ReceiveAt(c, tx, 0, w.goods[w.r.IntN(4)], 1+w.r.IntN(2), fmt.Sprintf("receive:%d", w.steps), w.at)
		})
	case n < 92:
		return "time", w.jump()
	case n < 95:
		return "sweep", w.sweep(c)
	case n < 98:
		_, err := w.jobs.RunDue(c, w.at)
		return "jobs", err
	}
	_, err := w.mail.FollowUp(c, w.at)
	return "reminders", err
}

// jump moves the clock, mostly on. Back only while no reminder went out: the
// doctor judges mails and orders by the instants in their rows.
func (w *world) jump() error {
	switch w.r.IntN(8) {
	case 0:
		w.at = w.at.Add(time.Hour)
	case 1:
		if w.done["reminders"] == 0 {
			w.at = w.at.Add(-time.Hour)
		}
	case 2: // the last second of the month
		next := time.Date(w.at.Year(), w.at.Month()+1, 1, 0, 0, 0, 0, time.UTC).Add(-time.Second)
		if next.Sub(w.at) < 5*24*time.Hour && next.After(w.at) {
			w.at = next
		}
	default:
		w.at = w.at.Add(time.Duration(1+w.r.IntN(20)) * time.Minute)
	}
	return nil
}

func (w *world) somebody() *customer.Person {
	p := w.people[w.r.IntN(len(w.people))]
	if w.r.IntN(4) == 0 {
		return customer.NewPerson(p.Visitor, w.accounts[w.r.IntN(len(w.accounts))], nil, nil)
	}
	return p
}

// fillFor puts goods into somebody's cart; what is sold out stays out.
func (w *world) fillFor(c context.Context, p *customer.Person) (*cart.Cart, error) {
	var own *cart.Cart
	picks := w.r.Perm(len(w.goods))[:1+w.r.IntN(2)]
	err := w.db.InTx(c, func(tx *db.Tx) (err error) {
		if own, err = cart.Ensure(c, tx, p, "USD", i18n.English, "desktop", w.at); err != nil {
			return err
		}
		for _, i := range picks {
			if err := cart.Add(c, tx, own.ID, w.goods[i], 1, w.at); err != nil && !errors.Is(err, fault.Conflict) {
				return err
			}
		}
		return nil
	})
	return own, err
}

// fill fills a cart and leaves it, at the checkout for some.
func (w *world) fill(c context.Context) error {
	p := w.somebody()
	own, err := w.fillFor(c, p)
	if err != nil || w.r.IntN(2) == 0 {
		return err
	}
	email := fmt.Sprintf("left%d@mail.example", w.r.IntN(3))
	return w.db.InTx(c, func(tx *db.Tx) error {
		if err := cart.Begin(c, tx, own.ID, w.at); err != nil {
			return err
		}
		return cart.NoteContact(c, tx, own.ID, email, true, w.at)
	})
}

// place opens a checkout page for a cart, now and then a second one, and
// posts its form.
func (w *world) place(c context.Context) error {
	p := w.somebody()
	own, err := w.fillFor(c, p)
	if err != nil {
		return err
	}
	v, err := cart.Items(ctx, w.db, own)
	if err != nil {
		return err
	}
	for _, item := range v.Items { // a shopper takes out what is gone
		if item.Problem.Blocks() {
			if err := w.db.InTx(c, func(tx *db.Tx) error { return cart.Set(c, tx, own.ID, item.Line.Token, 0, w.at) }); err != nil {
				return err
			}
		}
	}
	mine := &tab{person: p, cart: own.ID, form: w.form()}
	if w.r.IntN(3) == 0 {
		if mine.form.Credit, err = w.attach(c, own); err != nil {
			return err
		}
		w.done["with a card"]++
	}
	w.tabs = append(w.tabs, mine)
	if w.r.IntN(6) == 0 {
		w.tabs = append(w.tabs, &tab{person: p, cart: own.ID, form: w.form()})
	}
	return w.post(c, mine)
}

// attach puts a gift card to a cart, and returns what its page then shows.
func (w *world) attach(c context.Context, own *cart.Cart) (*checkout.Shown, error) {
	card := w.cards[w.r.IntN(len(w.cards))]
	if err := w.db.InTx(c, func(tx *db.Tx) error { return credit.Attach(c, tx, int64(own.ID), card.ID, w.at) }); err != nil {
		return nil, err
	}
	all, err := credit.Attached(ctx, w.db, int64(own.ID), 0, own.Currency)
	shown := &checkout.Shown{}
	for _, a := range all {
		shown.Cards += a.Balance
	}
	return shown, err
}

// post sends a tab's form. Whatever was answered once is answered for ever.
func (w *world) post(c context.Context, t *tab) error {
	placed, err := w.desk.Place(c, t.person, i18n.English, t.cart, t.form, checkout.NotShown)
	if err != nil {
		t.done = t.done || errors.Is(err, fault.Conflict) || errors.Is(err, fault.NotFound) || errors.Is(err, fault.Invalid)
		return err
	}
	if t.number != "" && t.number != placed.Order.Number {
		w.wrong("one form has the orders %s and %s", t.number, placed.Order.Number)
	}
	t.number, t.done = placed.Order.Number, true
	if t.form.Coupon != "" && !placed.Again {
		w.done["with a coupon"]++
	}
	return nil
}

// pay is a shopper at the provider's page, where anything may be decided.
func (w *world) pay(c context.Context) error {
	if w.till != nil {
		return w.atStripe(c)
	}
	return w.with(c, func(id order.ID) error {
		all, err := payment.Of(ctx, w.db, id)
		all = slices.DeleteFunc(all, func(p payment.Payment) bool { return p.FromCredit() || handPaid(&p) })
		if err != nil || len(all) == 0 {
			return err
		}
		p := all[w.r.IntN(len(all))]
		outcome := []payment.Outcome{payment.OutcomePaid, payment.OutcomePaid, payment.OutcomePaid, payment.OutcomeDeclined, payment.OutcomeLater}[w.r.IntN(5)]
		name := payment.EventID(p.Token, outcome)
		if outcome == payment.OutcomePaid {
			w.paid[p.Token] = true
		} else if w.r.IntN(3) == 0 {
			name += fmt.Sprintf(":%d", w.steps)
		}
		n := news{name, p.Token, outcome, 1 + w.r.IntN(3)}
		w.told, w.everTold = append(w.told, n), append(w.everTold, n)
		if w.r.IntN(3) == 0 { // the page says so at once; otherwise only the webhook will
			return w.tell(c, n)
		}
		return nil
	})
}

// hear takes one piece of news in, in no order.
func (w *world) hear(c context.Context) error {
	if w.till != nil {
		return w.till.deliver(c, w)
	}
	if len(w.told) == 0 {
		return nil
	}
	i := w.r.IntN(len(w.told))
	err := w.tell(c, w.told[i])
	if err == nil {
		if w.told[i].times--; w.told[i].times <= 0 {
			w.told = slices.Delete(w.told, i, i+1)
		}
	}
	return err
}

func (w *world) tell(c context.Context, n news) error {
	done, err := w.desk.Settle(c, payment.TestCode, n.name, n.token, n.outcome)
	if err != nil {
		return err
	}
	if w.heard[n.name] && !done.Seen {
		w.wrong("the news %s had its effect twice", n.name)
	}
	w.heard[n.name] = true
	return nil
}

// with does something to one of the orders.
func (w *world) with(c context.Context, do func(order.ID) error) error {
	var ids []order.ID
	if err := w.db.Query(ctx).Raw("SELECT id FROM orders ORDER BY id").Scan(&ids).Error; err != nil || len(ids) == 0 {
		return err
	}
	return do(ids[w.r.IntN(len(ids))])
}

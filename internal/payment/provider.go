package payment

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/setting"
)

// The codes of the ways to pay.
const (
	TestCode     = "test"
	StripeCode   = "stripe"
	TransferCode = "transfer"
	DoorCode     = "cod"
)

// Charge is what a gateway is asked to take: a payment of an order, under the
// key that was saved for this request, until Ends. Back is the order's page.
type Charge struct {
	Payment
	Number string
	Email  string
	Lang   i18n.Lang
	Key    string
	Ends   time.Time
	Back   string
}

// Started is where the shopper pays: absolute, a path of ours without the
// language, or empty when there is nothing to do there now.
type Started struct {
	URL string
	Ref string // the provider's name for it
}

// Gateway is where a shopper goes to pay. It is called outside of any
// transaction, and again for the same charge with the same key.
type Gateway interface {
	Start(ctx context.Context, c Charge) (Started, error)
}

// Provider is one way to pay. Checkout, order page, mails and staff ask it and
// know no codes: another one is a type of this kind and its place in
// Providers.all.
type Provider interface {
	Gateway
	Code() string
	Name() i18n.Text
	// Before is said beside its name at checkout; After tells who chose it what
	// to do, on the order's page and in its mails.
	Before(set setting.Values) i18n.Text
	After(set setting.Values, o *order.Order, due money.Price) After
	// Serves reports whether it can take a bill; the zero Bill asks in general.
	Serves(set setting.Values, b Bill) bool
	Terms(set setting.Values) Terms
}

// Terms are what a way to pay means for the order.
type Terms struct {
	ByHand bool          // no provider tells of the money, staff do
	AtDoor bool          // the goods may leave before they are paid
	Keep   time.Duration // how long goods are kept for the money; 0: the shop's hold
}

// Bill is what is to be paid, and for what.
type Bill struct {
	Due     money.Price
	Country string
	Carried bool // something is brought to a door
}

// After is what is left to do for a shopper; zero: nothing but to pay.
type After struct {
	Lead i18n.Text
	Rows []Row
}

// Row is one line of what a shopper has to copy.
type Row struct{ Label, Value i18n.Text }

// online is what the ways to pay have in common that tell us themselves.
type online struct{}

func (online) Before(setting.Values) i18n.Text                       { return i18n.Text{} }
func (online) After(setting.Values, *order.Order, money.Price) After { return After{} }
func (online) Serves(setting.Values, Bill) bool                      { return true }
func (online) Terms(setting.Values) Terms                            { return Terms{} }

type testGateway struct{ online }

func (testGateway) Code() string    { return TestCode }
func (testGateway) Name() i18n.Text { return said("payment.test") }

// Start names the page of ours that behaves like a hosted one.
func (testGateway) Start(_ context.Context, c Charge) (Started, error) {
	return Started{URL: "/gateway/test/" + c.Token}, nil
}

// Code is stripe.
func (s *Stripe) Code() string { return StripeCode }

// Name is what shoppers know it by.
func (s *Stripe) Name() i18n.Text { return said("payment.stripe") }

// Providers are a shop's ways to pay. The zero value and nil have those that
// need no keys.
type Providers struct {
	Stripe *Stripe // nil without its keys
	More   []Provider
	Back   func(number string) string
	Log    *slog.Logger
}

func (p *Providers) stripe() *Stripe {
	if p == nil {
		return nil
	}
	return p.Stripe
}

func (p *Providers) warn(words string, args ...any) {
	if p != nil && p.Log != nil {
		p.Log.Warn(words, args...)
	}
}

// all lists the ways to pay that can work here. The test gateway is none in a
// shop that can take money.
func (p *Providers) all() []Provider {
	usual := Provider(testGateway{})
	if s := p.stripe(); s != nil {
		usual = s
	}
	all := []Provider{usual, transfer{}, atDoor{}}
	if p != nil {
		all = append(all, p.More...)
	}
	return all
}

// Method is a way to pay, as checkout offers it.
type Method struct {
	Code string
	Name i18n.Text
	Note i18n.Text
}

// Methods lists the ways to pay that are offered now: those of the setting
// payments.offered that can work here and take the bill, in its order.
func (p *Providers) Methods(set setting.Values, b Bill) []Method {
	var all []Method
	for code := range strings.SplitSeq(set.Get("payments.offered"), ",") {
		code = strings.TrimSpace(code)
		if code == "auto" || code == TestCode || code == StripeCode {
			code = p.all()[0].Code()
		}
		way, err := p.For(code)
		if err != nil || !way.Serves(set, b) || slices.ContainsFunc(all, func(m Method) bool { return m.Code == code }) {
			continue
		}
		all = append(all, Method{code, way.Name(), way.Before(set)})
	}
	return all
}

// For returns the way to pay of a code, offered now or not.
func (p *Providers) For(code string) (Provider, error) {
	for _, way := range p.all() {
		if way.Code() == code {
			return way, nil
		}
	}
	return nil, fault.New(fault.Invalid, "payment.method", "code", code)
}

// Terms are those of the code; none of its own for one that is not here.
func (p *Providers) Terms(set setting.Values, code string) Terms {
	way, err := p.For(code)
	if err != nil {
		return Terms{}
	}
	return way.Terms(set)
}

// Patient lists the ways to pay for which goods wait longer than usual, and
// how long; those paid at the door, which nobody waits for, with 0.
func (p *Providers) Patient(set setting.Values) map[string]time.Duration {
	slow := map[string]time.Duration{}
	for _, way := range p.all() {
		if t := way.Terms(set); t.AtDoor || t.Keep > 0 {
			slow[way.Code()] = t.Keep
		}
	}
	return slow
}

// AfterOf is what the shopper of an order that waits for its money has to do.
func (p *Providers) AfterOf(set setting.Values, o *order.Order, due money.Price) After {
	way, err := p.For(o.PaymentCode)
	if err != nil || o.State == order.Cancelled || !unpaid(o) || o.Imported {
		return After{}
	}
	return way.After(set, o, due)
}

// FormTargets are the foreign origins to which a form that pays may lead.
func (p *Providers) FormTargets() []string {
	if s := p.stripe(); s != nil {
		return s.origins
	}
	return nil
}

// The least and the most a hosted page stays open (Stripe's rules, with a
// minute for clocks that differ).
const (
	leastOpen = 31 * time.Minute
	mostOpen  = 24*time.Hour - time.Minute
)

// Start asks the gateway of a live payment where its shopper pays. The goods
// are held until held. News that the gateway tells instead is settled here;
// the address is empty then. The payment is marked as sent, and the key of
// the request saved, before the gateway hears of it.
func (p *Providers) Start(ctx context.Context, d *db.DB, o *order.Order, pay *Payment, held, now time.Time) (string, error) {
	gateway, err := p.For(pay.Provider)
	if err != nil {
		return "", err
	}
	if pay.Provider != StripeCode { // nobody else is told
		started, err := gateway.Start(ctx, Charge{Payment: *pay, Number: o.Number})
		return started.URL, err
	}
	ends := now.Add(min(max(held.Sub(now), leastOpen), mostOpen))
	var op *Op
	err = d.InTx(ctx, func(tx *db.Tx) (err error) {
		if op, err = begin(ctx, tx, pay, ends, now); err != nil {
			return err
		}
		return MarkSent(ctx, tx, pay, now)
	})
	if err != nil {
		return "", err
	}
	if op.Ref != "" {
		return p.resume(ctx, d, op.Ref, now)
	}
	return p.start(ctx, d, o, pay, op, now)
}

// start makes the hosted page, or finds the one that an earlier call with the
// same key made though its answer was lost.
func (p *Providers) start(ctx context.Context, d *db.DB, o *order.Order, pay *Payment, op *Op, now time.Time) (string, error) {
	gateway, err := p.For(pay.Provider)
	if err != nil {
		return "", err
	}
	c := Charge{Payment: *pay, Number: o.Number, Email: o.Email, Lang: o.Lang, Key: op.ask(), Ends: op.EndsAt.Time}
	if p.Back != nil {
		c.Back = p.Back(o.Number)
	}
	started, err := gateway.Start(ctx, c)
	if refused(err) { // the next try is another attempt, under another key
		if _, err := Settle(ctx, d, pay.Provider, op.Key+":refused", pay.Token, OutcomeDeclined, now); err != nil {
			return "", err
		}
	}
	if err != nil {
		return "", p.unsure(ctx, d, op, err, now)
	}
	// The page is there: whoever asked may be gone, its name must not be lost.
	err = d.InTx(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		if err := op.end(ctx, tx, opKnown, started.Ref, "", now); err != nil {
			return err
		}
		if err := pay.refer(ctx, tx, started.Ref); err != nil {
			return err
		}
		after, err := byID(ctx, tx, pay.ID)
		if err != nil || after.Live() {
			return err
		}
		started.URL = "" // its order ended while the page was made
		_, err = planOp(ctx, tx, after, opExpire, "made-late", now)
		return err
	})
	return started.URL, err
}

// resume leads back to a page that was made before, if it is still open.
func (p *Providers) resume(ctx context.Context, d *db.DB, ref string, now time.Time) (string, error) {
	r, err := p.Stripe.Ask(ctx, ref)
	if err != nil || r.Outcome == "" {
		return r.URL, err
	}
	_, err = Take(ctx, d, r, now)
	return "", err
}

// unsure keeps an operation whose answer did not come for another try, and
// ends one that the provider refused.
func (p *Providers) unsure(ctx context.Context, d *db.DB, op *Op, failed error, now time.Time) error {
	state := opSent
	if refused(failed) {
		state = opRefused
	}
	err := d.InTx(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		if broke(failed) {
			if err := op.again(ctx, tx); err != nil {
				return err
			}
		}
		if state == opRefused && op.Kind == opRefund {
			return op.refuse(ctx, tx, failed.Error(), now)
		}
		return op.end(ctx, tx, state, "", failed.Error(), now)
	})
	if err != nil {
		return err
	}
	return failed
}

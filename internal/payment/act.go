package payment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/jobs"
	"regulars/internal/money"
	"regulars/internal/order"
)

// Act is the job that asks a provider for what a transaction decided.
type Act struct {
	Op string `json:"op"`
}

// Kind names the job.
func (Act) Kind() string { return "payment.act" }

func enqueueAct(ctx context.Context, tx *db.Tx, key string) error {
	return jobs.Enqueue(ctx, tx, Act{key})
}

// Heard is the job that deals with an event of
// the inbox.
type Heard struct {
	Event string `json:"event"`
}

// Kind names the job.
func (Heard) Kind() string { return "payment.heard" }

// GiveUp is when an operation without an answer is left to staff. A page that
// could not be closed is asked about for as long as a bank may take to decide:
// its money may still come, and must not come unseen.
const (
	GiveUp      = 72 * time.Hour
	BankDecides = 30 * 24 * time.Hour
)

var errUndecided = errors.New("the bank has not decided yet")

const (
	// unsettled is how long a provider may leave us without an answer before
	// it is asked again.
	unsettled = 2 * time.Minute
	// askEvery is the pause between two questions about one payment.
	askEvery = 5 * time.Minute
	// keyLives is how long a provider surely knows a key (Stripe: a day).
	keyLives = 23 * time.Hour

	sweepAtOnce = 100
)

// Take settles what a provider reported when asked; return page, webhook and
// sweep all come here. Money of another amount or currency than was asked for
// is not taken as paid: the payment is frozen and staff are told.
func Take(ctx context.Context, d *db.DB, r Report, now time.Time) (*Settled, error) {
	var done *Settled
	err := d.InTx(ctx, func(tx *db.Tx) error {
		p, err := ByToken(ctx, tx, r.Token)
		if err != nil {
			return err
		}
		if p.Provider != r.Provider || p.ProviderRef != "" && p.ProviderRef != r.Ref {
			return fault.New(fault.NotFound, "payment.unknown")
		}
		o, err := order.Lock(ctx, tx, p.OrderID)
		if err != nil {
			return err
		}
		if err := p.refer(ctx, tx, r.Ref); err != nil {
			return err
		}
		done = &Settled{Order: o, Payment: p, Seen: true}
		if r.Outcome == OutcomePaid && r.Paid != p.Price() {
			return done.freeze(ctx, tx, r, now)
		}
		if r.Outcome != "" {
			if done, err = take(ctx, tx, o, p, EventID(r.Ref, r.Outcome), r.Outcome, now); err != nil {
				return err
			}
		}
		return done.remarks(ctx, tx, r, now)
	})
	if err != nil {
		return nil, err
	}
	return done, nil
}

// freeze keeps an order whose payment is not what was asked for: its goods
// stay held as for a payment being looked at, and a person decides.
func (s *Settled) freeze(ctx context.Context, tx *db.Tx, r Report, now time.Time) error {
	fresh, err := noteOnce(ctx, tx, s.Payment, "mismatch", r.Ref+":mismatch", now)
	if err != nil || !fresh {
		return err
	}
	if err := s.later(ctx, tx, now); err != nil {
		return err
	}
	return order.Remark(ctx, tx, s.Order, fmt.Sprintf("%s%s took %s %s where %s %s was asked; nothing was marked as paid",
		order.Flag, r.Provider, r.Paid.Amount.Decimal(r.Paid.Currency), r.Paid.Currency, s.Payment.Amount.Decimal(s.Payment.Currency), s.Payment.Currency), actor, now)
}

// remarks tells staff what happened at the provider without the shop.
func (s *Settled) remarks(ctx context.Context, tx *db.Tx, r Report, now time.Time) error {
	tell := func(kind, id, words string) error {
		fresh, err := noteOnce(ctx, tx, s.Payment, kind, id, now)
		if err != nil || !fresh {
			return err
		}
		return order.Remark(ctx, tx, s.Order, order.Flag+words, actor, now)
	}
	if r.Disputed {
		if err := tell("dispute", r.Ref+":dispute", "the payment is disputed; answer at "+r.Provider); err != nil {
			return err
		}
	}
	now0, err := byID(ctx, tx, s.Payment.ID)
	if err != nil {
		return err
	}
	kept, err := now0.kept(ctx, tx)
	if err != nil || r.Returned <= now0.Refunded-kept {
		return err
	}
	return tell("returned", fmt.Sprintf("%s:returned:%d", r.Ref, r.Returned), fmt.Sprintf("%s sent %s %s back, the shop knows of %s",
		r.Provider, r.Returned.Decimal(s.Payment.Currency), s.Payment.Currency, (now0.Refunded-kept).Decimal(s.Payment.Currency)))
}

// Catch asks the provider about an order whose shopper has come back, if it is
// still open there. A provider that is away is asked by the sweep.
func (p *Providers) Catch(ctx context.Context, d *db.DB, o *order.Order, now time.Time) (bool, error) {
	if p.stripe() == nil {
		return false, nil
	}
	last, err := Latest(ctx, d, o.ID)
	if err != nil || last == nil || last.Provider != StripeCode || last.ProviderRef == "" || last.State != Sent && last.State != Processing {
		return false, err
	}
	if may, err := last.mayAsk(ctx, d, 3*time.Second, now); err != nil || !may {
		return false, err
	}
	r, err := p.Stripe.Ask(ctx, last.ProviderRef)
	if err != nil {
		p.warn("payment could not be asked about", "order", o.Number, "error", err)
		return false, nil
	}
	settled, err := Take(ctx, d, r, now)
	return err == nil && !settled.Seen, err
}

// Sweep settles what nobody told: operations without an answer, events that
// were not dealt with, payments that the provider has decided.
func (p *Providers) Sweep(ctx context.Context, d *db.DB, now time.Time) error {
	if p.stripe() == nil {
		return nil
	}
	var failed error
	ops, err := dueOps(ctx, d, now.Add(-unsettled), sweepAtOnce)
	failed = errors.Join(failed, err)
	for i := range ops {
		failed = errors.Join(failed, p.act(ctx, d, &ops[i], now))
	}
	letters, err := unread(ctx, d, "", now.Add(-unsettled), sweepAtOnce)
	failed = errors.Join(failed, err)
	for _, m := range letters {
		failed = errors.Join(failed, p.hear(ctx, d, m, now))
	}
	open, err := undecided(ctx, d, StripeCode, now.Add(-unsettled), now.Add(-askEvery), sweepAtOnce)
	failed = errors.Join(failed, err)
	for i := range open {
		failed = errors.Join(failed, p.ask(ctx, d, &open[i], now))
	}
	return failed
}

func (p *Providers) ask(ctx context.Context, d *db.DB, pay *Payment, now time.Time) error {
	if may, err := pay.mayAsk(ctx, d, askEvery, now); err != nil || !may {
		return err
	}
	r, err := p.Stripe.Ask(ctx, pay.ProviderRef)
	if err != nil {
		p.warn("payment could not be asked about", "payment", pay.Token, "error", err)
		return nil // asked again after the pause
	}
	_, err = Take(ctx, d, r, now)
	return err
}

// act carries an operation out. Without an answer it stays open and the sweep
// comes back to it; only trouble of our own is an error.
func (p *Providers) act(ctx context.Context, d *db.DB, op *Op, now time.Time) error {
	again := op.State == opSent || op.Tries > 0
	var mine bool
	err := d.InTx(ctx, func(tx *db.Tx) (err error) {
		mine, err = op.claim(ctx, tx, now)
		return err
	})
	if err != nil || !mine {
		return err
	}
	pay, err := byID(ctx, d, op.PaymentID)
	if err != nil {
		return err
	}
	switch op.Kind {
	case opStart:
		err = p.startAgain(ctx, d, pay, op, now)
	case opExpire:
		err = p.expire(ctx, d, pay, op, now)
	case opRefund:
		err = p.refund(ctx, d, pay, op, again, now)
	}
	if err == nil {
		return nil
	}
	p.warn("payment provider gave no answer", "operation", op.Key, "error", err)
	patience := GiveUp
	if op.Kind == opExpire {
		patience = BankDecides
	}
	if refused(err) || now.Sub(op.CreatedAt.Time) <= patience {
		return nil
	}
	return d.InTx(ctx, func(tx *db.Tx) error {
		if op.Kind == opRefund {
			return op.refuse(ctx, tx, "no answer for days", now)
		}
		if err := op.end(ctx, tx, opRefused, "", "no answer for days", now); err != nil {
			return err
		}
		return flagOp(ctx, tx, op, "the provider gave no answer for days to: "+op.Kind, now)
	})
}

// startAgain learns of the page that may have been made by a call whose answer
// was lost. Nobody has its address, so it is only worth having while the
// shopper may come back.
func (p *Providers) startAgain(ctx context.Context, d *db.DB, pay *Payment, op *Op, now time.Time) error {
	if !pay.Live() || now.Sub(op.CreatedAt.Time) > keyLives || !op.EndsAt.After(now) {
		return d.InTx(ctx, func(tx *db.Tx) error { return op.end(ctx, tx, opRefused, "", "nobody waits for it", now) })
	}
	o, err := order.ByID(ctx, d, pay.OrderID)
	if err != nil {
		return err
	}
	_, err = p.start(ctx, d, o, pay, op, now)
	return err
}

// expire closes the page of a payment that is not wanted any more. One that
// was paid first is settled instead: the money finds its order or goes back.
func (p *Providers) expire(ctx context.Context, d *db.DB, pay *Payment, op *Op, now time.Time) error {
	known := func() error {
		return d.InTx(ctx, func(tx *db.Tx) error { return op.end(ctx, tx, opKnown, pay.ProviderRef, "", now) })
	}
	if pay.ProviderRef == "" {
		return known() // its address never reached the shopper
	}
	r, err := p.Stripe.Ask(ctx, pay.ProviderRef)
	if err != nil {
		return p.unsure(ctx, d, op, err, now)
	}
	if r.Outcome == "" {
		failed := p.Stripe.Expire(ctx, pay.ProviderRef, op.ask())
		if r, err = p.Stripe.Ask(ctx, pay.ProviderRef); err != nil || r.Outcome == "" {
			return p.unsure(ctx, d, op, errors.Join(errors.New("still open"), failed, err), now)
		}
	}
	if _, err := Take(ctx, d, r, now); err != nil {
		return err
	}
	if r.Outcome == OutcomeLater {
		if err := d.InTx(ctx, func(tx *db.Tx) error { return op.rest(ctx, tx, now.Add(time.Hour)) }); err != nil {
			return err
		}
		return errUndecided
	}
	return known()
}

func (p *Providers) refund(ctx context.Context, d *db.DB, pay *Payment, op *Op, again bool, now time.Time) error {
	r, err := p.Stripe.Ask(ctx, pay.ProviderRef)
	if err != nil {
		return p.unsure(ctx, d, op, err, now)
	}
	ref, err := p.Stripe.Refund(ctx, r.intent, money.Price{Amount: op.Amount, Currency: pay.Currency}, op.Key, op.ask(), again)
	if err != nil {
		return p.unsure(ctx, d, op, err, now)
	}
	return d.InTx(ctx, func(tx *db.Tx) error { return op.sent(ctx, tx, ref, now) })
}

// flagOp brings an operation that failed before staff.
func flagOp(ctx context.Context, tx *db.Tx, op *Op, words string, now time.Time) error {
	p, err := byID(ctx, tx, op.PaymentID)
	if err != nil {
		return err
	}
	o, err := order.Lock(ctx, tx, p.OrderID)
	if err != nil {
		return err
	}
	return order.Remark(ctx, tx, o, order.Flag+cut(words, 400), actor, now)
}

// hear deals with one event: the object it names is asked about, whatever the
// event says of it.
func (p *Providers) hear(ctx context.Context, d *db.DB, m message, now time.Time) error {
	if p.stripe() == nil {
		return nil
	}
	ref, err := p.refOf(ctx, d, m.Object)
	if err == nil && ref != "" {
		var r Report
		if r, err = p.Stripe.Ask(ctx, ref); err == nil {
			_, err = Take(ctx, d, r, now)
		}
	}
	switch {
	case err == nil, errors.Is(err, fault.NotFound), unknownThere(err): // none of ours
		return m.done(ctx, d, now)
	case fromProvider(err):
		p.warn("payment event waits for the provider", "event", m.EventID, "error", err)
		return nil // the sweep comes back to it
	}
	return err
}

// Register takes the payments' jobs on.
func (p *Providers) Register(r *jobs.Runner, d *db.DB, now func() time.Time) {
	jobs.Work(r, func(ctx context.Context, l Later) error {
		_, err := Settle(ctx, d, TestCode, EventID(l.Token, OutcomePaid), l.Token, OutcomePaid, now())
		return err
	})
	jobs.Work(r, func(ctx context.Context, a Act) error {
		if p.stripe() == nil {
			return nil // written while there were keys; kept for their return
		}
		op, err := opByKey(ctx, d, a.Op)
		if err != nil || op == nil || op.State != opPlanned {
			return err
		}
		return p.act(ctx, d, op, now())
	})
	jobs.Work(r, func(ctx context.Context, h Heard) error {
		found, err := unread(ctx, d, h.Event, now(), 1)
		if err != nil || len(found) == 0 {
			return err
		}
		return p.hear(ctx, d, found[0], now())
	})
	r.Every("payment.sweep", time.Minute, func(ctx context.Context) error { return p.Sweep(ctx, d, now()) })
}

package outreach

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"regulars/internal/cart"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
)

// A sweep handles at most so many carts; the next one takes the rest.
const mostOfSweep = 500

// FollowUp looks for carts left behind whose reminder is due, and for
// reminders put off until now, and sends what the gate lets through. Any
// number of sweeps may run at once: the row under the message's unique key is
// written and committed before the mail goes out, so a message goes out at
// most once, and one that was under way in a crash never again. It returns
// the number of mails sent.
func (d *Desk) FollowUp(ctx context.Context, now time.Time) (int, error) {
	began := time.Now()
	clock := func() time.Time { return now.Add(time.Since(began)) } // a long sweep does not decide by an old hour
	var sent atomic.Int64
	if err := d.giveUp(ctx, now); err != nil {
		return 0, err
	}
	plan := PlanOf(d.Settings.Now())
	version, err := plan.version(ctx, d.DB, now)
	if err != nil {
		return 0, err
	}
	again, err := dueAgain(ctx, d.DB, now, mostOfSweep)
	if err != nil {
		return 0, err
	}
	try := func(id cart.ID, key string, activeAt db.Time, step int) error {
		ok, err := d.remind(ctx, &reminding{id, key, activeAt, step, plan.Step(step), version}, clock())
		if ok {
			sent.Add(1)
		}
		if err != nil {
			return fmt.Errorf("mail %s: %w", key, err)
		}
		return nil
	}
	failures := d.Each(ctx, len(again), func(i int) error {
		var id, activeAt int64
		var step int
		if _, err := fmt.Sscanf(again[i].Key, "followup:%d:%d:%d", &id, &activeAt, &step); err != nil {
			return nil
		}
		return try(again[i].CartID, again[i].Key, db.At(time.UnixMilli(activeAt)), step)
	})
	due, whole, err := d.due(ctx, plan, now)
	if err != nil {
		return int(sent.Load()), errors.Join(failures, err)
	}
	failures = errors.Join(failures, d.Each(ctx, len(due), func(i int) error {
		c := &due[i]
		return try(c.ID, followUpKey(c.ID, c.ActiveAt, c.Step), c.ActiveAt, c.Step)
	}))
	d.looked.note(plan, d.Settings.Now(), whole, failures != nil || ctx.Err() != nil, now)
	return int(sent.Load()), failures
}

func followUpKey(id cart.ID, activeAt db.Time, step int) string {
	return fmt.Sprintf("%s:%d:%d:%d", FollowUpMail, id, activeAt.Milli(), step)
}

// reminding is one step about one cart, left at one moment.
type reminding struct {
	id       cart.ID
	key      string
	activeAt db.Time
	n        int
	step     *Step // nil: the plan has it no more
	version  int64 // of the plan
}

// remind decides on one reminder and sends it if it may. true: it went out.
func (d *Desk) remind(ctx context.Context, r *reminding, now time.Time) (bool, error) {
	var s *Send
	var mail Mail
	err := d.DB.InTx(ctx, func(tx *db.Tx) error {
		s = nil
		c, owner, to, err := addressee(ctx, tx, r.id)
		if err != nil {
			return err
		}
		if err := oneAtATime(ctx, tx, to.Email); err != nil {
			return err
		}
		// Placing an order takes the same row: whoever comes second sees the first.
		if c, err = cart.Lock(ctx, tx, r.id); err != nil {
			return err
		}
		next := Send{Key: r.key, Class: Marketing, Template: FollowUpMail, CartID: r.id, Plan: r.version, Email: customer.EmailKey(to.Email), Lang: c.Lang, Simulated: c.Simulated}
		if owner != nil {
			next.CustomerID, next.Simulated = &owner.ID, c.Simulated || owner.Simulated
		}
		worth, err := d.reminderWorth(ctx, tx, c)
		if err != nil {
			return err
		}
		goes, err := d.claim(ctx, tx, &next, Candidate{Class: Marketing, Purpose: customer.MailCart, Email: to.Email, Customer: owner, Cart: c, ActiveAt: r.activeAt, Worth: worth, step: r}, now)
		if err != nil || !goes {
			return err
		}
		mail, err = d.reminder(ctx, tx, &next, c, to, now)
		s = &next
		return err
	})
	if err != nil || s == nil {
		return false, err
	}
	return d.deliver(ctx, s, mail, now)
}

// addressee finds who a cart belongs to and where they read mail.
func addressee(ctx context.Context, q db.Q, id cart.ID) (*cart.Cart, *customer.Customer, Address, error) {
	c, err := cart.ByID(ctx, q, id)
	if err != nil {
		return nil, nil, Address{}, err
	}
	if c.CustomerID == nil {
		return c, nil, Address{Email: c.Email}, nil
	}
	owner, err := customer.ByID(ctx, q, *c.CustomerID)
	if errors.Is(err, fault.NotFound) {
		return c, nil, Address{}, nil // erased: no address, and the gate says so
	}
	if err != nil {
		return nil, nil, Address{}, err
	}
	return c, owner, Address{owner.Name, owner.Email}, nil
}

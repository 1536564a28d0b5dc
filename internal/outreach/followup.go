package outreach

import (
	"context"
	"errors"
	"fmt"
	"time"

	"regulars/internal/cart"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
)

// A sweep handles at most so many carts; the next one takes the rest.
const mostOfSweep = 500

// A message that surely was not taken is tried again after a while, but not
// for ever: a late reminder reminds of nothing.
const (
	tryAgainAfter = 15 * time.Minute
	mostAttempts  = 6
)

// FollowUp looks for carts left behind whose reminder is due, and for
// reminders put off until now, and sends what the gate lets through. Any
// number of sweeps may run at once: the row under the message's unique key is
// written and committed before the mail goes out, so a message goes out at
// most once, and one that was under way in a crash never again. It returns
// the number of mails sent.
func (d *Desk) FollowUp(ctx context.Context, now time.Time) (int, error) {
	began := time.Now()
	clock := func() time.Time { return now.Add(time.Since(began)) } // a long sweep does not decide by an old hour
	sent := 0
	var failures error
	again, err := dueAgain(ctx, d.DB, now, mostOfSweep)
	if err != nil {
		return 0, err
	}
	try := func(id cart.ID, key string, activeAt db.Time) {
		ok, err := d.remind(ctx, id, key, activeAt, clock())
		if ok {
			sent++
		}
		if err != nil {
			failures = errors.Join(failures, fmt.Errorf("mail %s: %w", key, err))
		}
	}
	for _, s := range again {
		var id, activeAt int64
		var step int
		if _, err := fmt.Sscanf(s.Key, "followup:%d:%d:%d", &id, &activeAt, &step); err != nil {
			continue
		}
		try(s.CartID, s.Key, db.At(time.UnixMilli(activeAt)))
	}
	due, err := d.due(ctx, now)
	if err != nil {
		return sent, errors.Join(failures, err)
	}
	for _, c := range due {
		if ctx.Err() != nil {
			break
		}
		try(c.ID, followUpKey(c.ID, c.ActiveAt, c.Step), c.ActiveAt)
	}
	return sent, failures
}

func followUpKey(id cart.ID, activeAt db.Time, step int) string {
	return fmt.Sprintf("%s:%d:%d:%d", FollowUpMail, id, activeAt.Milli(), step)
}

type dueCart struct {
	ID       cart.ID
	ActiveAt db.Time
	Step     int
}

// due lists the carts whose next reminder was never decided on. Step n+1 is
// due only when step n was sent, and not sooner after it than the delays lie
// apart; a step refused for a reason that lasts is the end of its series. A
// cart of nobody known has no address and is not listed.
func (d *Desk) due(ctx context.Context, now time.Time) ([]dueCart, error) {
	values := d.Settings.Now()
	delays := values.FollowupDelays()
	var all []dueCart
	for i, delay := range delays {
		step := i + 1
		idle := db.At(now.Add(-max(delay, values.CartIdle())))
		checkoutIdle := db.At(now.Add(-max(delay, values.CheckoutIdle())))
		sql := `SELECT c.id, c.active_at FROM carts c
			WHERE c.state = 'open' AND c.kind = 'shopper' AND c.started_at > 0 AND c.active_at >= ?
			AND (c.checkout_at = 0 AND c.active_at <= ? OR c.checkout_at > 0 AND c.active_at <= ?)
			AND (c.customer_id IS NOT NULL OR c.email <> '')
			AND EXISTS (SELECT 1 FROM cart_lines l WHERE l.cart_id = c.id)
			AND NOT EXISTS (SELECT 1 FROM sends s WHERE s.key = 'followup:' || c.id || ':' || c.active_at || ?)`
		args := []any{db.At(now.Add(-values.CartLost())), idle, checkoutIdle, fmt.Sprintf(":%d", step)}
		if i > 0 {
			sql += ` AND EXISTS (SELECT 1 FROM sends s WHERE s.key = 'followup:' || c.id || ':' || c.active_at || ? AND s.state = 'sent' AND s.sent_at <= ?)`
			args = append(args, fmt.Sprintf(":%d", step-1), db.At(now.Add(delays[i-1]-delay)))
		}
		var found []dueCart
		err := d.DB.Query(ctx).Raw(sql+" ORDER BY c.active_at, c.id LIMIT ?", append(args, mostOfSweep)...).Scan(&found).Error
		if err != nil {
			return nil, fmt.Errorf("read carts to follow up: %w", err)
		}
		for _, c := range found {
			c.Step = step
			all = append(all, c)
		}
	}
	return all, nil
}

// remind decides on one reminder and sends it if it may. true: it went out.
func (d *Desk) remind(ctx context.Context, id cart.ID, key string, activeAt db.Time, now time.Time) (bool, error) {
	var s *Send
	var mail Mail
	err := d.DB.InTx(ctx, func(tx *db.Tx) error {
		s = nil
		c, owner, to, err := addressee(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := oneAtATime(ctx, tx, to.Email); err != nil {
			return err
		}
		// Placing an order takes the same row: whoever comes second sees the first.
		if c, err = cart.Lock(ctx, tx, id); err != nil {
			return err
		}
		have, err := byKey(ctx, tx, key)
		if err != nil {
			return err
		}
		if have != nil && have.State != Deferred {
			return nil // decided by another sweep
		}
		next := Send{Key: key, Class: Marketing, Template: FollowUpMail, CartID: id, Email: customer.EmailKey(to.Email), Lang: c.Lang,
			State: Claimed, Simulated: c.Simulated}
		if owner != nil {
			next.CustomerID, next.Simulated = &owner.ID, c.Simulated || owner.Simulated
		}
		if have != nil {
			next.ID, next.Attempts = have.ID, have.Attempts
		}
		decision, err := d.Decide(ctx, tx, Candidate{Class: Marketing, Purpose: customer.MailCart, Email: to.Email, Customer: owner, Cart: c,
			ActiveAt: activeAt, Except: next.ID}, now)
		if err != nil {
			return err
		}
		next.Reason, next.DueAt = decision.Reason, db.At(decision.Until)
		switch decision.Verdict {
		case Allow:
			next.Attempts++
		case Withhold:
			next.State = Withheld
		case Defer:
			next.State = Deferred
		}
		if ok, err := d.decided(ctx, tx, &next, have, now); err != nil || !ok || next.State != Claimed {
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

// decided writes the decision; false means that another sweep was first.
func (d *Desk) decided(ctx context.Context, tx *db.Tx, next, have *Send, now time.Time) (bool, error) {
	if have == nil {
		return d.put(ctx, tx, next, now)
	}
	next.MessageID = have.MessageID
	return move(ctx, tx, have.ID, Deferred, map[string]any{"state": next.State, "reason": next.Reason, "due_at": next.DueAt,
		"attempts": next.Attempts, "email": next.Email, "customer_id": next.CustomerID}, now)
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

// deliver hands a claimed message over and notes what came of it. Where it is
// not known whether it arrived it is never sent again.
func (d *Desk) deliver(ctx context.Context, s *Send, mail Mail, now time.Time) (bool, error) {
	failure := d.Mailer.Send(ctx, mail)
	set := map[string]any{"state": Sent, "reason": "", "subject": mail.Subject, "sent_at": db.At(now)}
	switch {
	case failure == nil:
	case errors.Is(failure, ErrLater) && s.Attempts < mostAttempts:
		set = map[string]any{"state": Deferred, "reason": because(failure), "subject": mail.Subject, "due_at": db.At(now.Add(tryAgainAfter))}
	default:
		set = map[string]any{"state": Failed, "reason": because(failure), "subject": mail.Subject}
	}
	// The mail has gone: its outcome is noted also when the sweep is being stopped.
	note, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := d.DB.InTx(note, func(tx *db.Tx) error {
		if _, err := move(note, tx, s.ID, Claimed, set, now); err != nil {
			return err
		}
		return d.heard(note, tx, s, failure, now)
	})
	if failure != nil {
		d.Log.Warn("reminder not sent", "key", s.Key, "error", failure)
	}
	return failure == nil, err
}

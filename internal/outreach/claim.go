package outreach

import (
	"context"
	"errors"
	"fmt"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
)

// A message that surely was not taken is tried again after a while, but not
// for ever: a late reminder reminds of nothing.
const (
	tryAgainAfter = 15 * time.Minute
	mostAttempts  = 6
)

// unknownAfter is when a message that was about to be sent, and of which
// nothing was heard since, counts as one whose fate nobody knows.
const unknownAfter = time.Hour

// claim puts a message of consent to the gate in the transaction that will
// send it, and writes what the gate says into the row under the message's key.
// true: s is claimed and goes out once, now. false: it does not, or somebody
// else decided. The caller has its turn at the address (oneAtATime), and hands
// over an s of its own for every try of the transaction.
func (d *Desk) claim(ctx context.Context, tx *db.Tx, s *Send, c Candidate, now time.Time) (bool, error) {
	have, err := byKey(ctx, tx, s.Key)
	if err != nil || have != nil && have.State != Deferred {
		return false, err
	}
	if have != nil {
		s.ID, s.Attempts, s.MessageID = have.ID, have.Attempts, have.MessageID
	}
	c.Except = s.ID
	if c.Class == Relationship || c.Class == Marketing {
		if s.Topic, err = c.topicOf(); err != nil {
			d.alarm(AlarmUngated, s.Template)
			return false, err
		}
		// Two addresses of one account wait for each other, too.
		if c.Customer != nil {
			if err := customer.Turn(ctx, tx, fmt.Sprint("mail-of:", int64(c.Customer.ID))); err != nil {
				return false, err
			}
		}
	}
	s.Content, s.Worth, s.ExpiresAt, s.Purpose = c.Content, c.Worth, db.At(c.Expires), c.Purpose
	decision, err := d.Decide(ctx, tx, c, now)
	if err != nil {
		return false, err
	}
	s.Reason, s.DueAt = decision.Reason, db.At(decision.Until)
	switch decision.Verdict {
	case Allow:
		s.State = Claimed
		s.Attempts++
	case Withhold:
		s.State = Withheld
	case Defer:
		s.State = Deferred
	}
	ok := false
	if have == nil {
		ok, err = d.put(ctx, tx, s, now)
	} else {
		ok, err = move(ctx, tx, s.ID, Deferred, map[string]any{"state": s.State, "reason": s.Reason, "due_at": s.DueAt,
			"attempts": s.Attempts, "email": s.Email, "customer_id": s.CustomerID,
			"content": s.Content, "topic": s.Topic, "worth": s.Worth, "expires_at": s.ExpiresAt, "purpose": s.Purpose}, now)
	}
	return ok && s.State == Claimed, err
}

// deliver hands a claimed message over and notes what came of it. Where it is
// not known whether it arrived it is never sent again.
func (d *Desk) deliver(ctx context.Context, s *Send, mail Mail, now time.Time) (bool, error) {
	if (s.Class == Relationship || s.Class == Marketing) && mail.Unsubscribe == "" {
		d.alarm(AlarmUngated, s.Template)
		return false, errors.Join(fmt.Errorf("mail %s carries no way to stop it", s.Key), d.takeBack(ctx, s, false, now))
	}
	if still, err := standsStill(ctx, d.DB, s); err != nil || !still {
		return false, errors.Join(err, d.takeBack(ctx, s, err != nil, now))
	}
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

// takeBack notes that a claimed message was stopped before it was handed over.
// Where that could not be asked it is not handed over either, but put off.
func (d *Desk) takeBack(ctx context.Context, s *Send, unknown bool, now time.Time) error {
	note, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	set := map[string]any{"state": Withheld, "reason": "stopped"}
	if unknown {
		set = map[string]any{"state": Deferred, "reason": "not-checked", "due_at": db.At(now.Add(tryAgainAfter))}
	}
	return d.DB.InTx(note, func(tx *db.Tx) error {
		_, err := move(note, tx, s.ID, Claimed, set, now)
		return err
	})
}

// giveUp calls what was claimed long ago and never heard of again by its name:
// nobody knows whether it arrived. It counts against the caps as a mail that
// did, and is never sent again; a report that it came back still finds it.
func (d *Desk) giveUp(ctx context.Context, now time.Time) error {
	err := d.DB.InTx(ctx, func(tx *db.Tx) error {
		return tx.Query(ctx).Exec("UPDATE sends SET state = 'failed', reason = ? WHERE state = 'claimed' AND updated_at <= ?",
			unknownOutcome, db.At(now.Add(-unknownAfter))).Error
	})
	if err != nil {
		return fmt.Errorf("name the mails nobody heard of: %w", err)
	}
	return nil
}

// unknownOutcome is the reason of a mail that may have arrived or not.
const unknownOutcome = "unknown-outcome"

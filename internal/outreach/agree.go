package outreach

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"regulars/internal/cart"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/jobs"
)

// GuestAsk is the job that asks a guest who left a cart to confirm the tick
// under it; it names nobody.
type GuestAsk struct {
	Cart int64 `json:"cart"`
}

// Kind names the job.
func (GuestAsk) Kind() string { return "mail.guest-ask" }

// AskToConfirm mails the link that makes a yes to these kinds of mail count:
// one mail, without an offer. false: nothing waits, or the address was asked
// often enough today.
func AskToConfirm(ctx context.Context, tx *db.Tx, a customer.Ask, to string, now time.Time) (bool, error) {
	token, err := customer.AskToConfirm(ctx, tx, a, now)
	if err != nil || token == "" {
		return false, err
	}
	m := AccountMail{Email: to, Template: ConfirmConsent, Token: token, Lang: string(i18n.ParseLang(string(a.Lang)))}
	if a.CustomerID != nil {
		m.Customer = int64(*a.CustomerID)
	}
	return true, Enqueue(ctx, tx, m, now)
}

// AskGuestLater asks once the guest has really gone: whoever orders meanwhile
// is not bothered.
func AskGuestLater(ctx context.Context, tx *db.Tx, id cart.ID, at time.Time) error {
	return jobs.Enqueue(ctx, tx, GuestAsk{int64(id)}, jobs.At(at))
}

func (d *Desk) askGuest(ctx context.Context, id cart.ID, now time.Time) error {
	return d.DB.InTx(ctx, func(tx *db.Tx) error {
		c, err := cart.ByID(ctx, tx, id)
		if errors.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if c.State != cart.StateOpen || c.CustomerID != nil || !c.MailOK || c.Email == "" || c.Simulated {
			return nil
		}
		candidate := Candidate{Class: Marketing, Purpose: customer.MailCart, Email: c.Email, Cart: c}
		for _, ask := range []func(context.Context, db.Q, Candidate, time.Time) (string, error){mayBeAsked, suppressed} {
			if reason, err := ask(ctx, tx, candidate, now); err != nil || reason != "" {
				return err // whoever said no or stop is not asked again by a tick anybody can set
			}
		}
		reason, err := guestConfirmed(ctx, tx, candidate, now)
		if err != nil || reason == "" {
			return err
		}
		_, err = AskToConfirm(ctx, tx, customer.Ask{EmailKey: c.Email, Purposes: []customer.Purpose{customer.MailCart}, Source: "checkout", Lang: c.Lang, Once: true}, c.Email, now)
		return err
	})
}

// wishes names what the link of an account mail confirms.
func (d *Desk) wishes(ctx context.Context, j AccountMail, now time.Time) ([]string, error) {
	var all []customer.Purpose
	switch {
	case j.Template == ConfirmConsent:
		a, err := customer.PeekAsk(ctx, d.DB, j.Token, now)
		if errors.Is(err, fault.NotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		all = a.Purposes
		if a.CustomerID == nil {
			break
		}
		waiting, err := customer.Waiting(ctx, d.DB, *a.CustomerID)
		if err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(all, func(p customer.Purpose) bool { return !slices.Contains(waiting, p) })
	case j.Template == VerifyEmail && j.Customer != 0:
		waiting, err := customer.Waiting(ctx, d.DB, customer.ID(j.Customer))
		if err != nil {
			return nil, fmt.Errorf("name what waits: %w", err)
		}
		all = waiting
	}
	words := make([]string, len(all))
	for i, p := range all {
		words[i] = i18n.T(i18n.ParseLang(j.Lang), "customer.purpose."+string(p))
	}
	return words, nil
}

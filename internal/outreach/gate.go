package outreach

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"regulars/internal/cart"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/money"
)

// At most so many messages of consent in a window, over all occasions.
var caps = []struct {
	count  int
	window time.Duration
	reason string
}{
	{1, 24 * time.Hour, "cap-day"},
	{2, 7 * 24 * time.Hour, "cap-week"},
	{6, 30 * 24 * time.Hour, "cap-month"},
}

func withhold(reason string) Decision { return Decision{Verdict: Withhold, Reason: reason} }

// Decide is the gate: every message passes it in the transaction that claims
// it, at the moment of sending. What was true when a message was planned does
// not count. Reasons that will not go away come before those that will.
func (d *Desk) Decide(ctx context.Context, tx *db.Tx, c Candidate, now time.Time) (Decision, error) {
	if !slices.Contains([]Class{Required, Service, Relationship, Marketing}, c.Class) {
		return Decision{}, fmt.Errorf("decide on mail: %q is no class", c.Class)
	}
	if c.Email == "" {
		return withhold("no-address"), nil
	}
	if c.Customer != nil && c.Customer.Simulated || c.Cart != nil && c.Cart.Simulated {
		return withhold("simulated"), nil
	}
	// By the address it goes to, which need not be the account's: a new one is
	// proved by mail while nothing can be sent to the old one.
	stands, err := customer.StandingOf(ctx, tx, c.Email)
	switch {
	case err != nil:
		return Decision{}, fmt.Errorf("decide on mail: %w", err)
	case stands.State == "dead":
		return withhold("dead"), nil
	case c.Class == Required:
		return Decision{Verdict: Allow}, nil
	case c.Class == Service:
		return d.service(ctx, tx, c, now)
	case stands.State == "bouncing":
		return withhold("bouncing"), nil
	}
	if c.people, err = c.everybody(ctx, tx); err != nil {
		return Decision{}, err
	}
	for _, ask := range []func(context.Context, db.Q, Candidate, time.Time) (string, error){mayBeAsked, suppressed, guestConfirmed, d.ofAge, excluded, troubled, d.matrix, d.cartStands} {
		reason, err := ask(ctx, tx, c, now)
		if err != nil {
			return Decision{}, fmt.Errorf("decide on mail: %w", err)
		}
		if reason != "" {
			return withhold(reason), nil
		}
	}
	// Who goes without is drawn among those who would be written to; whatever
	// is in the way for now does not change it.
	if c.step != nil {
		arm, err := d.ArmOf(ctx, tx, c, now)
		if err != nil {
			return Decision{}, err
		}
		if arm == Held {
			return withhold(HeldOut), nil
		}
	}
	if decision, err := d.answers(ctx, tx, c, now); err != nil || decision.Verdict != Allow {
		return decision, err
	}
	if stands.Rests(now) {
		return Decision{Defer, "resting", stands.RestUntil.Time}, nil
	}
	decision, err := capped(ctx, tx, c, now)
	if err != nil || decision.Verdict != Allow {
		return decision, err
	}
	return d.whenAwake(c, now), nil
}

// mayBeAsked is consent. An account's own choice decides; a guest's is the
// tick at checkout, unless the address belongs to an account that said no.
func mayBeAsked(ctx context.Context, q db.Q, c Candidate, _ time.Time) (string, error) {
	if c.Customer != nil {
		ok, err := customer.MayMail(ctx, q, c.Customer.ID, c.Purpose)
		if err == nil && !ok {
			waiting, err := customer.Waiting(ctx, q, c.Customer.ID)
			if slices.Contains(waiting, c.Purpose) {
				return "unconfirmed", err
			}
			return "no-consent", err
		}
		return "", err
	}
	asks := c.Topic == Specials && c.Purpose == customer.MailOffers // by a link of their own: see guestConfirmed
	if !asks && (c.Purpose != customer.MailCart || c.Cart == nil || !c.Cart.MailOK) {
		return "no-consent", nil
	}
	account, err := customer.ByEmail(ctx, q, c.Email)
	if errors.Is(err, fault.NotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if account.Simulated {
		return "simulated", nil
	}
	if account.Contact == "dead" || account.Contact == "bouncing" {
		return account.Contact, nil
	}
	said, err := customer.Consents(ctx, q, account.ID)
	if given, asked := said[c.Purpose]; err == nil && asked && !given {
		return "refused", nil
	}
	return "", err
}

// guestConfirmed asks whether a guest's tick was confirmed by the link.
func guestConfirmed(ctx context.Context, q db.Q, c Candidate, now time.Time) (string, error) {
	if c.Customer != nil {
		return "", nil
	}
	ok, err := customer.GuestMayBeMailed(ctx, q, c.Email, c.Purpose, now)
	if err == nil && !ok {
		return "unconfirmed", nil
	}
	return "", err
}

// suppressed reports a stop that the address asked for. It outlives the
// account; only a later consent that its verified owner gave on the
// preference page lifts it.
func suppressed(ctx context.Context, q db.Q, c Candidate, _ time.Time) (string, error) {
	var stops []struct {
		Reason string
		At     db.Time
	}
	err := q.Query(ctx).Raw("SELECT reason, at FROM suppressions WHERE email_key IN (?, ?) AND purpose IN (?, '*')",
		customer.EmailKey(c.Email), tombstone(customer.EmailKey(c.Email)), string(c.Purpose)).Scan(&stops).Error
	if err != nil || len(stops) == 0 {
		return "", err
	}
	for _, stop := range stops {
		if stop.Reason != stopUnsubscribed || c.Customer == nil || !c.Customer.Verified() {
			return "suppressed", nil
		}
		var later int
		err := q.Query(ctx).Raw(`SELECT count(*) FROM consents WHERE customer_id = ? AND purpose = ? AND given = TRUE AND at > ?
			AND source NOT IN ('sign-up', 'import')`, int64(c.Customer.ID), string(c.Purpose), stop.At).Scan(&later).Error
		if err != nil {
			return "", err
		}
		if later == 0 {
			return "suppressed", nil
		}
	}
	return "", nil
}

// cartStands looks whether there is still a cart to speak of.
func (d *Desk) cartStands(ctx context.Context, q db.Q, c Candidate, now time.Time) (string, error) {
	if c.Cart == nil {
		return "", nil
	}
	switch {
	case c.Cart.State == cart.Converted:
		return "ordered", nil
	case c.Cart.State != cart.StateOpen:
		return "closed", nil
	case c.Cart.Kind == "bot":
		return "bot", nil
	case c.Cart.Kind != "shopper":
		return "staff", nil
	case c.Cart.ActiveAt.Milli() != c.ActiveAt.Milli():
		return "reopened", nil
	case now.Sub(c.Cart.ActiveAt.Time) > d.Settings.Now().CartLost():
		return "lost", nil
	}
	if reason, err := since(ctx, q, c); err != nil || reason != "" {
		return reason, err
	}
	view, err := cart.Items(ctx, q, c.Cart)
	if err != nil {
		return "", err
	}
	if len(view.Items) == 0 {
		return "empty", nil
	}
	worth := money.Price{Currency: c.Cart.Currency}
	left := false
	for _, item := range view.Items {
		if item.Problem != cart.Gone && item.Problem != cart.SoldOut {
			left = true
			worth.Amount += item.Total()
		}
	}
	switch {
	case !left:
		return "nothing-to-buy", nil
	case c.step == nil:
		return "", nil
	case c.step.step == nil:
		return "step-off", nil
	case !c.step.step.Reaches(worth):
		return "under-floor", nil
	}
	return "", nil
}

// capped counts what the person was sent before, by account and by address.
func capped(ctx context.Context, q db.Q, c Candidate, now time.Time) (Decision, error) {
	longest := caps[len(caps)-1]
	var rows []struct{ UpdatedAt db.Time }
	err := q.Query(ctx).Raw(`SELECT updated_at FROM sends WHERE class IN ('marketing','relationship') AND (state IN ('sent','claimed') OR state = 'failed' AND reason LIKE ?)
		AND updated_at > ? AND id <> ? AND (email = ? OR customer_id IN ?) ORDER BY updated_at DESC LIMIT ?`,
		unknownOutcome+"%", db.At(now.Add(-longest.window)), c.Except, customer.EmailKey(c.Email), c.ids(), longest.count).Scan(&rows).Error
	if err != nil {
		return Decision{}, fmt.Errorf("count mails of a person: %w", err)
	}
	decision := Decision{Verdict: Allow}
	for _, limit := range caps {
		if len(rows) < limit.count {
			break
		}
		free := rows[limit.count-1].UpdatedAt.Add(limit.window)
		if free.After(now) && free.After(decision.Until) {
			decision = Decision{Defer, limit.reason, free}
		}
	}
	return decision, nil
}

// whenAwake keeps the quiet hours of the person's own zone.
func (d *Desk) whenAwake(c Candidate, now time.Time) Decision {
	values := d.Settings.Now()
	from, to, on := values.QuietHours()
	if !on {
		return Decision{Verdict: Allow}
	}
	zone := values.Zone()
	if c.Customer != nil && c.Customer.Zone != "" {
		if own, err := time.LoadLocation(c.Customer.Zone); err == nil && c.Customer.Zone != "Local" {
			zone = own
		}
	}
	local := now.In(zone)
	quiet := local.Hour() >= from && local.Hour() < to
	if from > to {
		quiet = local.Hour() >= from || local.Hour() < to
	}
	if !quiet {
		return Decision{Verdict: Allow}
	}
	end := time.Date(local.Year(), local.Month(), local.Day(), to, 0, 0, 0, zone)
	if !end.After(now) {
		end = time.Date(local.Year(), local.Month(), local.Day()+1, to, 0, 0, 0, zone)
	}
	return Decision{Defer, "quiet-hours", end.UTC()}
}

// oneAtATime makes decisions about one address wait for each other, so that
// two of its carts cannot both be the first mail of the day.
func oneAtATime(ctx context.Context, tx *db.Tx, email string) error {
	sum := sha256.Sum256([]byte(customer.EmailKey(email)))
	return customer.Turn(ctx, tx, "mail:"+hex.EncodeToString(sum[:12]))
}

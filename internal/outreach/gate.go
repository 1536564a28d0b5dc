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

func withhold(reason string) Decision { return Decision{Verdict: Withhold, Reason: reason} }

// Decide is the gate: every message passes it in the transaction that claims
// it, at the moment of sending. What was true when a message was planned does
// not count. Reasons that will not go away come before those that will.
func (d *Desk) Decide(ctx context.Context, tx *db.Tx, c Candidate, now time.Time) (Decision, error) {
	if !slices.Contains([]Class{Required, Service, Relationship, Marketing}, c.Class) {
		d.alarm(AlarmUngated, "class")
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
	if c.wish, err = PreferenceOf(ctx, tx, c.Email); err != nil {
		return Decision{}, err
	}
	for _, ask := range []func(context.Context, db.Q, Candidate, time.Time) (string, error){mayBeAsked, suppressed, guestConfirmed, wished, d.ofAge, excluded, d.troubled, d.matrix, overdue, told, d.cartStands} {
		reason, err := ask(ctx, tx, c, now)
		if err != nil {
			return Decision{}, fmt.Errorf("decide on mail: %w", err)
		}
		if reason != "" {
			return withhold(reason), nil
		}
	}
	if held, err := d.without(ctx, tx, c, now); err != nil || held {
		return withhold(KeptOut), err
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
	if c.draw != nil {
		if decision, err := c.draw(ctx, tx); err != nil || decision.Verdict != Allow {
			return decision, err
		}
	}
	if decision, err := d.answers(ctx, tx, c, now); err != nil || decision.Verdict != Allow {
		return decision, err
	}
	if stands.Rests(now) {
		return Decision{Defer, "resting", stands.RestUntil.Time}, nil
	}
	if c.wish.Paused.After(now) {
		return Decision{Defer, "paused", c.wish.Paused}, nil
	}
	for _, ask := range []func(context.Context, db.Q, Candidate, time.Time) (Decision, error){d.capped, outranked, d.whenAwake, d.atTheirHour} {
		if decision, err := ask(ctx, tx, c, now); err != nil || decision.Verdict != Allow {
			return decision, err
		}
	}
	if c.last != nil {
		return c.last(ctx, tx)
	}
	return Decision{Verdict: Allow}, nil
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

// zone is where the person's days begin: their own, else the shop's.
func (d *Desk) zone(c Candidate) *time.Location {
	if c.Customer != nil && c.Customer.Zone != "" && c.Customer.Zone != "Local" {
		if own, err := time.LoadLocation(c.Customer.Zone); err == nil {
			return own
		}
	}
	return d.Settings.Now().Zone()
}

// whenAwake keeps the quiet hours of the person's own zone.
func (d *Desk) whenAwake(_ context.Context, _ db.Q, c Candidate, now time.Time) (Decision, error) {
	from, to, on := d.Settings.Now().QuietHours()
	if !on {
		return Decision{Verdict: Allow}, nil
	}
	zone := d.zone(c)
	local := now.In(zone)
	if !quiet(local.Hour(), from, to) {
		return Decision{Verdict: Allow}, nil
	}
	end := hourOf(local, to)
	if !end.After(now) {
		end = hourOf(local.AddDate(0, 0, 1), to)
	}
	return Decision{Defer, "quiet-hours", end.UTC()}, nil
}

func quiet(hour, from, to int) bool {
	if from > to {
		return hour >= from || hour < to
	}
	return hour >= from && hour < to
}

// hourOf is when that hour begins on the day of local. An hour that the clock
// leaps over begins when the clock has leapt.
func hourOf(local time.Time, hour int) time.Time {
	at := time.Date(local.Year(), local.Month(), local.Day(), hour, 0, 0, 0, local.Location())
	if at.Day() == local.Day() && at.Hour() < hour {
		at = at.Add(time.Hour)
	}
	return at
}

// atTheirHour waits for the hour that the person chose, or, where they chose
// none and allow it, the one in which they are mostly here. It never asks for
// mail in quiet hours, and what was learned never makes a message come too
// late: a choice may.
func (d *Desk) atTheirHour(ctx context.Context, q db.Q, c Candidate, now time.Time) (Decision, error) {
	zone, hour := d.zone(c), c.wish.Hour
	learned := hour == AnyHour
	if learned {
		var err error
		if hour, err = learnedHour(ctx, q, c, zone); err != nil {
			return Decision{}, err
		}
	}
	if from, to, on := d.Settings.Now().QuietHours(); hour == AnyHour || on && quiet(hour, from, to) {
		return Decision{Verdict: Allow}, nil
	}
	local := now.In(zone)
	begins := hourOf(local, hour)
	if !now.Before(begins) && now.Before(begins.Add(time.Hour)) {
		return Decision{Verdict: Allow}, nil
	}
	if !begins.After(now) {
		begins = hourOf(local.AddDate(0, 0, 1), hour)
	}
	if learned && !c.Expires.IsZero() && !begins.Before(c.Expires) {
		return Decision{Verdict: Allow}, nil
	}
	return Decision{Defer, "their-hour", begins.UTC()}, nil
}

// learnedHour is when an account that allows such conclusions is mostly here;
// few days say nothing.
func learnedHour(ctx context.Context, q db.Q, c Candidate, zone *time.Location) (int, error) {
	if c.Customer == nil {
		return AnyHour, nil
	}
	given, err := customer.Consents(ctx, q, c.Customer.ID)
	if err != nil || !given[customer.Personalize] {
		return AnyHour, err
	}
	h, known, err := customer.FavouriteHour(ctx, q, c.Customer.ID, zone)
	if err != nil || !known || h.Days < leastDays {
		return AnyHour, err
	}
	return h.From, nil
}

// leastDays is on how many days somebody must have been here in an hour before
// it counts as theirs.
const leastDays = 3

// oneAtATime makes decisions about one address wait for each other, so that
// two of its carts cannot both be the first mail of the day.
func oneAtATime(ctx context.Context, tx *db.Tx, email string) error {
	sum := sha256.Sum256([]byte(customer.EmailKey(email)))
	return customer.Turn(ctx, tx, "mail:"+hex.EncodeToString(sum[:12]))
}

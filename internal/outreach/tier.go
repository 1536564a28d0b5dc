package outreach

import (
	"context"
	"errors"
	"fmt"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/value"
)

// tellTiersFor is how long a change of a tier is news.
const tellTiersFor = 3 * 24 * time.Hour

// tierWords are what a mail about a tier says.
type tierWords struct {
	Tier, To string // the one that was reached, or ends; what it becomes
	Day      string // until when
	Given    bool   // by staff
}

// TellTiers mails people of their tier: that it rose, if they allow such mail,
// and, as a service, that a review found it to end, with the day. Each change is
// told once. Falls that come as announced are not told again.
func (d *Desk) TellTiers(ctx context.Context, now time.Time) error {
	var failures error
	for from := int64(0); ; {
		moves, err := value.Announce(ctx, d.DB, now.Add(-tellTiersFor), from, mostOfSweep)
		if err != nil || len(moves) == 0 {
			return errors.Join(failures, err)
		}
		from = moves[len(moves)-1].ID
		failures = errors.Join(failures, ctx.Err(), d.Each(ctx, len(moves), func(i int) error {
			if err := d.tellTier(ctx, &moves[i], now); err != nil {
				return fmt.Errorf("tell of change %d of a tier: %w", moves[i].ID, err)
			}
			return nil
		}))
		if ctx.Err() != nil {
			return failures
		}
	}
}

// tierMail is which mail a change asks for; "" for none.
func tierMail(m *value.Move) string {
	rose := value.Tier(m.Became).Over(value.Tier(m.Was))
	switch {
	case m.Kind == value.MoveNotice && m.Became != "":
		return TierEnds
	case m.Kind == value.MoveTier && rose && m.Cause != value.Noted && m.Cause != value.ByMerge:
		return TierRisen
	}
	return ""
}

func (d *Desk) tellTier(ctx context.Context, m *value.Move, now time.Time) error {
	template := tierMail(m)
	if template == "" {
		return nil
	}
	key := fmt.Sprintf("%s:%d", template, m.ID)
	have, err := byKey(ctx, d.DB, key)
	if err != nil || have != nil && (have.State != Deferred && have.State != Queued || have.DueAt.After(now)) {
		return err
	}
	owner, err := customer.ByID(ctx, d.DB, m.CustomerID)
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	facts, err := value.FactsOf(ctx, d.DB, d.Settings.Now(), owner.ID, now)
	if err != nil {
		return err
	}
	at := facts.At(now)
	s := &Send{Key: key, Template: template, CustomerID: &owner.ID, Email: customer.EmailKey(owner.Email), Lang: owner.Lang, Simulated: owner.Simulated}
	w := letter{Name: owner.Name, Link: d.url(s.Lang, "/account/loyalty"), Tier: &tierWords{Tier: tierName(s.Lang, at.Tier), Given: at.Grant != nil}}
	if template == TierEnds {
		if at.FallsTo == "" || at.FallsAt.UnixMilli() != m.Numbers.Until {
			return nil // enough was bought meanwhile
		}
		s.Class, w.footer.why = Service, "mail.foot.why.tier-ends"
		w.Tier.Tier, w.Tier.To = tierName(s.Lang, at.Earned), tierName(s.Lang, at.FallsTo)
		w.Tier.Day = i18n.Date(s.Lang, at.FallsAt.In(d.Settings.Now().Zone()))
		err := d.owe(ctx, s, Candidate{Class: Service, Email: owner.Email, Customer: owner}, Address{owner.Name, owner.Email}, w, now)
		var wait deferred
		if errors.As(err, &wait) {
			return nil // the next sweep after that moment asks again
		}
		return err
	}
	if at.Tier != value.Tier(m.Became) {
		return nil // it is another one already
	}
	if at.Grant != nil {
		w.Tier.Day = i18n.Date(s.Lang, at.Grant.Until.In(d.Settings.Now().Zone()))
	}
	s.Class = Relationship
	_, err = d.offer(ctx, s, Candidate{Class: Relationship, Purpose: customer.MailOffers, Topic: TierNews, Email: owner.Email, Customer: owner}, Address{owner.Name, owner.Email}, w, now)
	return err
}

func tierName(l i18n.Lang, t value.Tier) string { return i18n.T(l, "value.tier."+string(t)) }

// offer sends a message of consent at most once, with a link that ends such
// mail: the row under its key is committed before it goes out. true: it went.
func (d *Desk) offer(ctx context.Context, s *Send, c Candidate, to Address, w letter, now time.Time) (bool, error) {
	went, _, err := d.offerWhile(ctx, s, c, to, w, func(context.Context, *db.Tx) (string, error) { return "", nil }, now)
	return went, err
}

package outreach

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/money"
	"regulars/internal/setting"
)

// LookBack is how far the dry look at a plan goes.
const LookBack = 30 * 24 * time.Hour

// The reasons of a dry look that are none of the gate's.
const (
	Returned = "came-back"   // ordered or came back before the step
	NotYet   = "not-yet"     // has not rested for long enough so far
	Before   = "step-before" // the step before would not have reached it
)

// Look is what one step of a plan would have done with the carts of LookBack.
type Look struct {
	Step    Step
	Carts   int
	Reached int
	Why     map[string]int // the others, by the first reason that speaks against them
}

// rested is a cart with all that a dry look asks of it.
type rested struct {
	ID, CustomerID               int64
	Address, Contact, Birth, Tie string
	State                        string
	Currency                     money.Currency
	Worth                        money.Amount
	Rest                         int64 // its longest, in milliseconds
	Agreed, Stopped, Staff       bool
}

// DryLook says how many carts that began in the last 30 days each step of a
// plan would have reached, and why not the others: by what is known now of the
// people, what the goods cost when they were last seen, and the longest time a
// cart was left alone. Caps, quiet hours and who goes without come on top, and
// are not looked at. It sends and writes nothing.
func DryLook(ctx context.Context, q db.Q, plan Plan, set setting.Values, simulated bool, now time.Time) ([]Look, error) {
	var all []rested
	err := q.Query(ctx).Raw(`SELECT c.id, coalesce(c.customer_id, 0) AS customer_id, coalesce(k.email_key, lower(c.email)) AS address, coalesce(k.contact, '') AS contact, coalesce(k.birth_date, '') AS birth,
			coalesce(nullif(t.tier, ''), 'occasional') AS tie, c.state, c.currency,
			(SELECT coalesce(sum(l.qty * l.seen_price), 0) FROM cart_lines l WHERE l.cart_id = c.id) AS worth,
			coalesce((SELECT max(g.gap) FROM (SELECT coalesce(lead(s.at) OVER (ORDER BY s.at, s.id), CASE WHEN c.state = 'open' THEN CAST(@now AS BIGINT) ELSE s.at END) - s.at AS gap
				FROM cart_steps s WHERE s.cart_id = c.id) g), 0) AS rest,
			CASE WHEN c.customer_id IS NULL THEN c.mail_ok ELSE EXISTS (SELECT 1 FROM consents y WHERE y.customer_id = c.customer_id AND y.purpose = @purpose AND y.given = TRUE) END AS agreed,
			EXISTS (SELECT 1 FROM suppressions x WHERE x.email_key = coalesce(k.email_key, lower(c.email)) AND x.email_key <> '' AND x.purpose IN (@purpose, '*')) AS stopped,
			EXISTS (SELECT 1 FROM staff f WHERE f.email_key = coalesce(k.email_key, lower(c.email)) AND f.active = TRUE) AS staff
		FROM carts c LEFT JOIN customers k ON k.id = c.customer_id LEFT JOIN customer_tiers t ON t.customer_id = c.customer_id
		WHERE c.started_at >= @from AND c.started_at <= @now AND c.kind = 'shopper' AND c.state IN ('open','converted') AND (c.simulated = FALSE OR @simulated)`,
		map[string]any{"now": now.UnixMilli(), "from": now.Add(-LookBack).UnixMilli(), "purpose": string(customer.MailCart), "simulated": simulated}).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("look at a plan of the follow-up: %w", err)
	}
	waits, err := whoWaits(ctx, q, set, now)
	if err != nil {
		return nil, err
	}
	tiers := set.ContactTiers(string(Reminders))
	looks := make([]Look, len(plan))
	for i, step := range plan {
		looks[i] = Look{Step: step, Why: map[string]int{}}
	}
	for i := range all {
		c := &all[i]
		lasting := c.lasting(waits, tiers, now.In(set.Zone()))
		missed := false
		for n := range looks {
			look := &looks[n]
			if !look.Step.On {
				continue
			}
			look.Carts++
			why := lasting
			if why == "" {
				why = c.against(look.Step, missed)
			}
			if why == "" {
				look.Reached++
			} else {
				look.Why[why]++
			}
			missed = why != ""
		}
	}
	return looks, nil
}

// lasting is what speaks against any step about the cart.
func (c *rested) lasting(waits map[string]map[any]bool, tiers []string, now time.Time) string {
	age, known := (&customer.Customer{BirthDate: c.Birth}).Age(now)
	switch {
	case c.Address == "":
		return "no-address"
	case c.Contact == "dead" || c.Contact == "bouncing":
		return c.Contact
	case !c.Agreed:
		return "no-consent"
	case c.Stopped:
		return "suppressed"
	case c.Staff:
		return "staff"
	case known && age < 18:
		return "under-age"
	}
	for _, one := range troubles {
		if waits[one.reason][c.Address] || c.CustomerID != 0 && waits[one.reason][c.CustomerID] {
			return one.reason
		}
	}
	if !slices.Contains(tiers, c.Tie) {
		return "tier-matrix"
	}
	return ""
}

// against is what speaks against one step about the cart; missed: it did not
// get the one before.
func (c *rested) against(s Step, missed bool) string {
	switch {
	case c.Rest < s.Delay.Milliseconds() && c.State == "open":
		return NotYet
	case c.Rest < s.Delay.Milliseconds():
		return Returned
	case missed:
		return Before
	case !s.Reaches(money.Price{Amount: c.Worth, Currency: c.Currency}):
		return "under-floor"
	}
	return ""
}

// whoWaits are the accounts and addresses with open trouble, by its kind.
func whoWaits(ctx context.Context, q db.Q, set setting.Values, now time.Time) (map[string]map[any]bool, error) {
	all := map[string]map[any]bool{}
	for _, one := range troubles {
		var rows []struct {
			CustomerID *int64
			Email      string
		}
		var args []any
		if strings.Contains(one.sql, "@") {
			args = append(args, troubleTimes(set, now))
		}
		err := q.Query(ctx).Raw("SELECT customer_id, coalesce(email, '') AS email FROM ("+one.sql+") x", args...).Scan(&rows).Error
		if err != nil {
			return nil, fmt.Errorf("look for open trouble: %w", err)
		}
		all[one.reason] = map[any]bool{}
		for _, r := range rows {
			if r.CustomerID != nil {
				all[one.reason][*r.CustomerID] = true
			}
			if r.Email != "" {
				all[one.reason][r.Email] = true
			}
		}
	}
	return all, nil
}

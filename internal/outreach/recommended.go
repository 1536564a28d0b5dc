package outreach

import (
	"context"
	"errors"
	"fmt"
	"time"

	"regulars/internal/customer"
	"regulars/internal/fault"
)

// Recommendations by mail are the smallest true thing: once a month at most,
// three or four products that go with what a person bought, each with its
// reason, to who allows offers, personal pages and the use of purchases.

// PicksMail is the template of recommendations.
const PicksMail = "picks"

const (
	picksFrom  = 10 // o'clock of the shop
	picksUntil = 18
	picksDays  = 28                 // each account has its day of the month
	picksFor   = 7 * 24 * time.Hour // how long the month's are worth sending
	picksAsked = 12
)

// Recommend mails the recommendations of the day: an account's day of the month
// follows from its number, so that no day has them all.
func (d *Desk) Recommend(ctx context.Context, now time.Time) error {
	failures := d.eachDue(ctx, PicksMail, now, func(s *Send) (bool, error) {
		if s.CustomerID == nil {
			return false, nil
		}
		return false, d.recommend(ctx, s.Key, *s.CustomerID, s.ExpiresAt.Time, now)
	})
	local := now.In(d.Settings.Now().Zone())
	if local.Hour() < picksFrom || local.Hour() >= picksUntil || local.Day() > picksDays {
		return failures
	}
	for after := customer.ID(0); ; {
		people, err := recommendable(ctx, d.DB, local, after, mostGreeted)
		if err != nil || len(people) == 0 {
			return errors.Join(failures, err)
		}
		for _, id := range people {
			if err := ctx.Err(); err != nil {
				return errors.Join(failures, err)
			}
			after = id
			if err := d.recommend(ctx, picksKey(id, local), id, now.Add(picksFor), now); err != nil {
				failures = errors.Join(failures, fmt.Errorf("recommend to customer %d: %w", id, err))
			}
		}
	}
}

// picksKey is one mail an account and month.
func picksKey(id customer.ID, local time.Time) string {
	return fmt.Sprintf("%s:%d:%s", PicksMail, int64(id), local.Format("2006-01"))
}

func (d *Desk) recommend(ctx context.Context, key string, id customer.ID, ends, now time.Time) error {
	owner, err := customer.ByID(ctx, d.DB, id)
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	ranked, err := d.chainPicks(ctx, d.DB, owner, picksAsked)
	if err != nil {
		return err
	}
	before, err := sentBefore(ctx, d.DB, PicksMail, owner.Email, owner, now.AddDate(-1, 0, 0))
	if err != nil {
		return err
	}
	picks := fresh(PicksMail, ranked, before)
	s := &Send{Key: key, Class: Marketing, Template: PicksMail, CustomerID: &owner.ID, Email: customer.EmailKey(owner.Email), Lang: owner.Lang, Simulated: owner.Simulated}
	c := Candidate{Class: Marketing, Purpose: customer.MailOffers, Topic: Recommendations, Email: owner.Email, Customer: owner,
		Content: printOf(PicksMail, picks), Worth: d.worthOf(picks), Expires: ends}
	if len(picks) < leastSpecial {
		have, err := byKey(ctx, d.DB, key)
		if err != nil {
			return err
		}
		return d.noSpecial(ctx, s, c, have, now)
	}
	w := letter{Name: owner.Name, Link: d.url(owner.Lang, "/")}
	d.lay(&w, owner.Lang, picks)
	_, err = d.offer(ctx, s, c, Address{owner.Name, owner.Email}, w, now)
	return err
}

package outreach

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"regulars/internal/art"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
)

// A card is a greeting on the day itself: on the birthday an account told, and
// on the anniversaries it marked. Reminders to buy something come weeks before
// and are another sender's.

// CardMail is the template of a card.
const CardMail = "greeting"

// The kinds of days that get a card.
const (
	birthday    = "birthday"
	anniversary = "anniversary"
)

const (
	greetFrom = 9 // o'clock of their day
	cardPicks = 3
	// cardWorth goes before all that sells: a greeting cannot be sent tomorrow.
	cardWorth = 1 << 40
)

// dayWords is what a card says of the day.
type dayWords struct {
	Kind  string // birthday, anniversary
	Label string // what the person called it
}

// cardThings is what stands on the picture of a card.
var cardThings = map[string][]art.Piece{
	birthday:    {{Form: "card", Hue: 350, Seed: "GF04"}, {Form: "gift", Hue: 350, Seed: "GF11"}, {Form: "tube", Hue: 70, Seed: "GF09"}},
	anniversary: {{Form: "flower", Hue: 350, Seed: "GF01"}, {Form: "gift", Hue: 350, Seed: "GF10"}},
}

// mostGreeted is how many people one statement reads.
const mostGreeted = 500

// Greet mails the cards of this day, in each person's own zone from nine on,
// one a day and year. A card that could not go out on its day does not go out:
// late wishes are none.
func (d *Desk) Greet(ctx context.Context, now time.Time) error {
	failures := d.greetAgain(ctx, now)
	// Somewhere it is still yesterday, somewhere already tomorrow.
	for _, off := range []int{-1, 0, 1} {
		day := now.UTC().AddDate(0, 0, off)
		for _, kind := range []string{birthday, anniversary} {
			for after := customer.ID(0); ; {
				people, err := greetable(ctx, d.DB, kind, day, after, mostGreeted)
				if err != nil {
					return errors.Join(failures, err)
				}
				if len(people) == 0 {
					break
				}
				for _, id := range people {
					if err := ctx.Err(); err != nil {
						return errors.Join(failures, err)
					}
					after = id
					if err := d.greet(ctx, kind, id, day.Format(time.DateOnly), now); err != nil {
						failures = errors.Join(failures, fmt.Errorf("greet customer %d: %w", id, err))
					}
				}
			}
		}
	}
	return failures
}

// cardKey is one birthday a year, whatever somebody makes of the date, and one
// card a day marked.
func cardKey(kind string, id customer.ID, day string) string {
	if kind == birthday {
		day = day[:4]
	}
	return fmt.Sprintf("%s:%s:%d:%s", CardMail, kind, int64(id), day)
}

// greet decides on one card; day is the date in the person's own zone.
func (d *Desk) greet(ctx context.Context, kind string, id customer.ID, day string, now time.Time) error {
	owner, err := customer.ByID(ctx, d.DB, id)
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	local := now.In(zoneOf(d.Settings.Now(), owner))
	if local.Format(time.DateOnly) != day || local.Hour() < greetFrom {
		return nil
	}
	label, is, err := theirs(ctx, d.DB, owner, kind, local)
	if err != nil || !is {
		return err
	}
	s := &Send{Key: cardKey(kind, id, day), Class: Relationship, Template: CardMail, CustomerID: &owner.ID, Email: customer.EmailKey(owner.Email), Lang: owner.Lang}
	w := letter{Name: owner.Name, Link: d.url(owner.Lang, "/"), wares: wares{Day: &dayWords{kind, headerLine(label)}}}
	picks, err := d.cardPicks(ctx, owner, now)
	if err != nil {
		return err
	}
	d.lay(&w, owner.Lang, picks)
	w.things = cardThings[kind] // the card itself, and no goods on it
	ends := time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, local.Location())
	_, err = d.offer(ctx, s, Candidate{Class: Relationship, Purpose: customer.MailOccasions, Topic: Cards, Occasion: kind, Email: owner.Email, Customer: owner,
		Content: s.Key, Worth: cardWorth, Expires: ends}, Address{owner.Name, owner.Email}, w, now)
	return err
}

// theirs reports whether a day, as the person's zone has it, is one of theirs,
// and what they call it. Of 29 February, 1 March stands for it in other years,
// as it does for their age.
func theirs(ctx context.Context, q db.Q, c *customer.Customer, kind string, day time.Time) (string, bool, error) {
	if kind == birthday {
		age, ok := c.Age(day)
		before, _ := c.Age(day.AddDate(0, 0, -1))
		return "", ok && age > 0 && age > before, nil
	}
	dates, err := customer.Dates(ctx, q, c.ID)
	if err != nil {
		return "", false, err
	}
	days := calendarDays(day)
	for _, m := range dates {
		if m.Kind == anniversary && m.Remind && (m.Year == 0 || m.Year < day.Year()) && slices.Contains(days, fmt.Sprintf("%02d-%02d", m.Month, m.Day)) {
			return m.Label, true, nil
		}
	}
	return "", false, nil
}

// calendarDays are the days of the calendar that are kept on a day.
func calendarDays(day time.Time) []string {
	days := []string{day.Format("01-02")}
	if leap := day.AddDate(0, 0, -1); day.Month() == time.March && day.Day() == 1 && leap.Day() == 28 {
		days = append(days, "02-29")
	}
	return days
}

// cardPicks are the goods beside a greeting: only for who allows offers, and
// where the tier gets recommendations, too.
func (d *Desk) cardPicks(ctx context.Context, c *customer.Customer, now time.Time) ([]pick, error) {
	ok, err := customer.MayMail(ctx, d.DB, c.ID, customer.MailOffers)
	if err != nil || !ok {
		return nil, err
	}
	likes, err := PreferenceOf(ctx, d.DB, c.Email)
	if err != nil || slices.Contains(likes.Off, Recommendations) {
		return nil, err
	}
	reason, err := d.matrix(ctx, d.DB, Candidate{Purpose: customer.MailOffers, Topic: Recommendations, Customer: c}, now)
	if err != nil || reason != "" {
		return nil, err
	}
	if reason, err = suppressed(ctx, d.DB, Candidate{Purpose: customer.MailOffers, Email: c.Email, Customer: c}, now); err != nil || reason != "" {
		return nil, err
	}
	return d.chainPicks(ctx, d.DB, c, cardPicks)
}

// greetAgain asks anew for cards that were put off, while their day lasts.
func (d *Desk) greetAgain(ctx context.Context, now time.Time) error {
	return d.eachDue(ctx, CardMail, now, func(s *Send) (bool, error) {
		parts := strings.Split(s.Key, ":")
		if len(parts) != 4 || s.CustomerID == nil || parts[2] != fmt.Sprint(int64(*s.CustomerID)) {
			return false, nil // of an account that is another now
		}
		owner, err := customer.ByID(ctx, d.DB, *s.CustomerID)
		if err != nil {
			return false, err
		}
		local := now.In(zoneOf(d.Settings.Now(), owner))
		if local.Hour() < greetFrom {
			return true, nil
		}
		return false, d.greet(ctx, parts[1], owner.ID, local.Format(time.DateOnly), now)
	})
}

// eachDue asks again, by do, for messages of a template that were put off
// until now. What is worth nothing any more ends, and so does what do leaves
// as it was, unless it says that it is to stay: what it spoke of is gone.
func (d *Desk) eachDue(ctx context.Context, template string, now time.Time, do func(s *Send) (stays bool, err error)) error {
	due, err := dueOf(ctx, d.DB, template, now, mostOfSweep)
	if err != nil {
		return err
	}
	var failures error
	for i := range due {
		if err := ctx.Err(); err != nil {
			return errors.Join(failures, err)
		}
		s := &due[i]
		if !s.ExpiresAt.IsZero() && !s.ExpiresAt.After(now) {
			failures = errors.Join(failures, d.lapse(ctx, s, "expired", now))
			continue
		}
		stays, err := do(s)
		if err != nil {
			failures = errors.Join(failures, fmt.Errorf("ask again for mail %d: %w", s.ID, err))
		}
		if err != nil || stays {
			continue
		}
		failures = errors.Join(failures, d.lapse(ctx, s, "gone", now))
	}
	return failures
}

// lapse ends a message that was put off, if nobody decided on it since.
func (d *Desk) lapse(ctx context.Context, s *Send, reason string, now time.Time) error {
	return d.DB.InTx(ctx, func(tx *db.Tx) error { return endDue(ctx, tx, s, reason, now) })
}

// NextCard is a card that will be asked for, with what the gate would say of it
// at nine of that day, were everything as it is now.
type NextCard struct {
	Customer *customer.Customer
	Kind     string
	Day      string // in the person's zone
	Reason   string // why it would not go; "" if it would
	Goods    int
}

// NextCards lists the cards of the next days, at most so many. Nothing is written.
func (d *Desk) NextCards(ctx context.Context, days, most int, now time.Time) ([]NextCard, error) {
	var all []NextCard
	for off := range days {
		day := now.In(d.Settings.Now().Zone()).AddDate(0, 0, off)
		for _, kind := range []string{birthday, anniversary} {
			people, err := greetable(ctx, d.DB, kind, day, 0, most-len(all))
			if err != nil {
				return nil, err
			}
			for _, id := range people {
				card, err := d.nextCard(ctx, kind, id, day, now)
				if err != nil {
					return nil, err
				}
				all = append(all, *card)
			}
			if len(all) >= most {
				return all, nil
			}
		}
	}
	return all, nil
}

func (d *Desk) nextCard(ctx context.Context, kind string, id customer.ID, day, now time.Time) (*NextCard, error) {
	owner, err := customer.ByID(ctx, d.DB, id)
	if err != nil {
		return nil, err
	}
	card := &NextCard{Customer: owner, Kind: kind, Day: day.Format(time.DateOnly)}
	at := time.Date(day.Year(), day.Month(), day.Day(), greetFrom, 0, 0, 0, zoneOf(d.Settings.Now(), owner))
	if at.Before(now) {
		at = now
	}
	err = d.DB.InTx(ctx, func(tx *db.Tx) error {
		said, err := d.Decide(ctx, tx, Candidate{Class: Relationship, Purpose: customer.MailOccasions, Topic: Cards, Occasion: kind, Email: owner.Email, Customer: owner, Worth: cardWorth, looks: true}, at)
		if said.Verdict == Withhold {
			card.Reason = said.Reason
		}
		return err
	})
	if err != nil || card.Reason != "" {
		return card, err
	}
	goods, err := d.cardPicks(ctx, owner, now)
	card.Goods = len(goods)
	return card, err
}

package outreach

import (
	"context"
	"errors"
	"fmt"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/occasion"
)

// OccasionMail brings up a need that comes back each year.
const OccasionMail = "occasion"

// needWords are what a mail about a need says. It never says for whom: Name is
// the person's own word for it, "" if they have none.
type needWords struct {
	Name, Day, Why string
	Goods          []needGoods
	Answer         string // leads to "yes, each year" and "not again"
}

type needGoods struct{ Words, URL string }

// takesUp is the share of reminders that are expected to lead to a purchase of
// somebody whose need is sure: what the worth of one is reckoned with.
const takesUp = money.BasisPoints(2000)

// RemindOccasions mails people of the needs whose days are near, 21 to 14 days
// before, once an occasion and year.
func (d *Desk) RemindOccasions(ctx context.Context, now time.Time) error {
	var failures error
	for after := int64(0); ; {
		due, err := occasion.Due(ctx, d.DB, now, after, mostOfSweep)
		if err != nil || len(due) == 0 {
			return errors.Join(failures, err)
		}
		for i := range due {
			if err := ctx.Err(); err != nil {
				return errors.Join(failures, err)
			}
			after = due[i].ID
			if err := d.remindOccasion(ctx, &due[i], now); err != nil {
				failures = errors.Join(failures, fmt.Errorf("remind of occasion %d: %w", after, err))
			}
		}
	}
}

// OccasionKey is under which key a reminder stands in the book of mails.
func OccasionKey(o *occasion.Occasion, on time.Time) string {
	return fmt.Sprintf("%s:%s:%d", OccasionMail, o.Token, on.Year())
}

// remindOccasion decides on one need and says when it is looked at again.
func (d *Desk) remindOccasion(ctx context.Context, o *occasion.Occasion, now time.Time) error {
	zone := d.Settings.Now().Zone()
	on, ok := o.Next(occasion.Today(now, zone).AddDate(0, 0, occasion.RemindTo))
	if !ok || !o.Speaks() {
		return d.DB.InTx(ctx, func(tx *db.Tx) error { return occasion.PutOff(ctx, tx, o, time.Time{}) })
	}
	pass := func() error {
		return d.DB.InTx(ctx, func(tx *db.Tx) error { return occasion.Pass(ctx, tx, o, on, zone) })
	}
	again := func(at time.Time) error {
		return d.DB.InTx(ctx, func(tx *db.Tx) error { return occasion.PutOff(ctx, tx, o, at) })
	}
	from, until := occasion.Span(on, zone)
	if now.Before(from) {
		return errors.Join(d.endOccasion(ctx, o, on, now), again(from))
	}
	told, err := occasion.Reminded(ctx, d.DB, o.CustomerID, on)
	if err != nil {
		return err
	}
	have, err := byKey(ctx, d.DB, OccasionKey(o, on))
	switch {
	case err != nil:
		return err
	case have == nil && told || have != nil && have.State != Deferred:
		return pass()
	case have != nil && have.DueAt.After(now):
		return again(have.DueAt.Time)
	}
	owner, err := customer.ByID(ctx, d.DB, o.CustomerID)
	if fault.Kind(err) == fault.NotFound || err == nil && owner.Simulated { // nobody waits for the mails of simulated people
		return pass()
	}
	if err != nil {
		return err
	}
	may, err := customer.MayMail(ctx, d.DB, owner.ID, customer.MailOccasions)
	if err != nil {
		return err
	}
	if !may { // they may allow it while there is time
		return again(now.Add(24 * time.Hour))
	}
	if met, err := occasion.Met(ctx, d.DB, o, on, now); err != nil || met {
		return errors.Join(err, pass())
	}
	s, err := d.offerNeed(ctx, o, on, until, owner, now)
	if err != nil {
		return err
	}
	if s.State == Deferred {
		return again(s.DueAt.Time)
	}
	return pass()
}

// endOccasion withholds the reminder of the year before a day that was put off
// until it was too late.
func (d *Desk) endOccasion(ctx context.Context, o *occasion.Occasion, on, now time.Time) error {
	have, err := byKey(ctx, d.DB, OccasionKey(o, on.AddDate(-1, 0, 0)))
	if err != nil || have == nil || have.State != Deferred {
		return err
	}
	return d.DB.InTx(ctx, func(tx *db.Tx) error {
		_, err := move(ctx, tx, have.ID, Deferred, map[string]any{"state": Withheld, "reason": "occasion-late"}, now)
		return err
	})
}

// offerNeed puts the reminder to the gate and sends it if that allows; the
// note that it was given is written in the transaction that claims the mail.
// It returns what became of it.
func (d *Desk) offerNeed(ctx context.Context, o *occasion.Occasion, on, until time.Time, owner *customer.Customer, now time.Time) (*Send, error) {
	s := &Send{Key: OccasionKey(o, on), Class: Marketing, Template: OccasionMail, CustomerID: &owner.ID, Email: customer.EmailKey(owner.Email), Lang: owner.Lang}
	w, cards, err := d.needLetter(ctx, o, on, owner)
	if err != nil {
		return nil, err
	}
	c := Candidate{Class: Marketing, Purpose: customer.MailOccasions, Topic: Occasions, Email: owner.Email, Customer: owner, Content: s.Key, Expires: until, Occasion: o.Feast}
	if c.Worth, err = d.needWorth(ctx, o, cards); err != nil {
		return nil, err
	}
	to := Address{owner.Name, owner.Email}
	products := make([]catalog.ProductID, len(cards))
	for i := range cards {
		products[i] = cards[i].ID
	}
	var mail Mail
	claimed := false
	err = d.DB.InTx(ctx, func(tx *db.Tx) error {
		claimed = false
		if err := oneAtATime(ctx, tx, owner.Email); err != nil {
			return err
		}
		next := *s
		goes, err := d.claim(ctx, tx, &next, c, now)
		if err != nil || !goes {
			return err
		}
		token, err := occasion.Tell(ctx, tx, o, on, products, next.Attempts > 1, now)
		if err != nil {
			return err
		}
		if token == "" {
			_, err := move(ctx, tx, next.ID, Claimed, map[string]any{"state": Withheld, "reason": "occasion-told"}, now)
			return err
		}
		stop, err := newLink(ctx, tx, linkUnsubscribe, &next, unsubscribeFor, now)
		if err != nil {
			return err
		}
		letter := w
		need := *w.Need
		need.Answer = d.url(next.Lang, "/occasions/"+token)
		letter.Need, letter.footer = &need, footer{why: "mail.foot.why." + OccasionMail, unsubscribe: d.url(next.Lang, "/u/"+stop)}
		mail, err = d.compose(ctx, tx, OccasionMail, &next, to, letter, now)
		d.stoppable(&mail, stop)
		*s, claimed = next, true
		return err
	})
	if err == nil && claimed {
		_, err = d.deliver(ctx, s, mail, now)
	}
	if err != nil {
		return nil, err
	}
	have, err := byKey(ctx, d.DB, s.Key)
	if err == nil && have == nil { // somebody else decides it at this moment
		have = &Send{State: Deferred, DueAt: db.At(now.Add(time.Minute))}
	}
	return have, err
}

// needLetter writes what is said of a need, with the goods that fit it now.
func (d *Desk) needLetter(ctx context.Context, o *occasion.Occasion, on time.Time, owner *customer.Customer) (letter, []catalog.Card, error) {
	set := d.Settings.Now()
	currency := set.Currency()
	for _, c := range set.Currencies() {
		if string(c) == owner.Currency {
			currency = c
		}
	}
	cards, err := occasion.Gifts(ctx, d.DB, o, currency)
	if err != nil {
		return letter{}, nil, err
	}
	tree, err := catalog.LoadTree(ctx, d.DB)
	if err != nil {
		return letter{}, nil, err
	}
	name, err := occasion.NameOf(ctx, d.DB, o)
	if err != nil {
		return letter{}, nil, err
	}
	w := letter{Name: owner.Name, Link: d.url(owner.Lang, "/account/occasions"),
		Need: &needWords{Name: headerLine(name), Day: occasion.DayWords(owner.Lang, on), Why: o.Why(owner.Lang, tree)}}
	for i := range cards {
		c := &cards[i]
		key := "occasion.mail.price"
		if c.From {
			key = "occasion.mail.from"
		}
		w.Need.Goods = append(w.Need.Goods, needGoods{i18n.T(owner.Lang, key, "name", headerLine(c.Name.In(owner.Lang)), "price", c.Price), d.url(owner.Lang, "/p/"+c.Slug)})
		w.depict(catalog.Buyable{Image: c.Image, Sensitive: c.Sensitive})
	}
	return w, cards, nil
}

// needWorth is the margin that a reminder is expected to bring, in the shop's
// own currency: how sure the need is × how often such a mail is taken up × what
// one of the goods costs × the shop's margin.
func (d *Desk) needWorth(ctx context.Context, o *occasion.Occasion, cards []catalog.Card) (int64, error) {
	if len(cards) == 0 {
		return 0, nil
	}
	set := d.Settings.Now()
	ids := make([]catalog.ProductID, len(cards))
	for i := range cards {
		ids[i] = cards[i].ID
	}
	own, err := catalog.Cards(ctx, d.DB, ids, set.Currency())
	if err != nil || len(own) == 0 {
		return 0, err
	}
	var sum money.Amount
	for i := range own {
		sum += own[i].Price.Amount
	}
	sure := money.BasisPoints(o.Confidence * 10_000)
	return int64(sure.Of(takesUp.Of(set.ValueMargin().Of(sum / money.Amount(len(own)))))), nil
}

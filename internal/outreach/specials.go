package outreach

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/setting"
)

// SpecialsMail is the template of the week's specials: once a week, to who
// asked for them, chosen for each, and only what can be had at that moment.
const SpecialsMail = "specials"

const (
	specialGoods = 4
	leastSpecial = 3              // fewer make no mail
	specialsFor  = 48 * time.Hour // how long after its hour a week is sent
	specialBatch = 500            // subscribers a statement reads
	specialsTry  = time.Hour      // how long what failed is tried again before the rest goes on without it
)

// tooFew is why somebody gets no specials in a week.
const tooFew = "too-few"

// weekWords is what the mail says of its week.
type weekWords struct {
	Day string
}

// SpecialsWeek is the newest time at which specials were to go out, and the
// week it stands for, as people name it: 2026-W10.
func SpecialsWeek(set setting.Values, now time.Time) (at time.Time, week string) {
	day, hour := set.SpecialsAt()
	local := now.In(set.Zone())
	at = time.Date(local.Year(), local.Month(), local.Day()-(int(local.Weekday())-int(day)+7)%7, hour, 0, 0, 0, local.Location())
	if at.After(now) {
		at = time.Date(at.Year(), at.Month(), at.Day()-7, hour, 0, 0, 0, local.Location())
	}
	return at, weekOf(at)
}

func weekOf(at time.Time) string {
	year, n := at.ISOWeek()
	return fmt.Sprintf("%04d-W%02d", year, n)
}

// NextSpecials is the time at which the next ones go out.
func NextSpecials(set setting.Values, now time.Time) (at time.Time, week string) {
	at, _ = SpecialsWeek(set, now)
	at = time.Date(at.Year(), at.Month(), at.Day()+7, at.Hour(), 0, 0, 0, at.Location())
	return at, weekOf(at)
}

// SendSpecials mails the specials of the week, from its hour on: all who asked
// for them in the order of their addresses, some hundred at a time, noting how
// far it came. Stopped, it goes on from there; done, it looks at one row. A
// shop that was away for two days sends none for that week.
func (d *Desk) SendSpecials(ctx context.Context, now time.Time) error {
	menu := menus{desk: d, now: now}
	failures := d.eachDue(ctx, SpecialsMail, now, func(s *Send) (bool, error) {
		parts := strings.Split(s.Key, ":")
		if len(parts) != 3 {
			return false, nil
		}
		return false, d.special(ctx, &menu, parts[1], s.ExpiresAt.Time, s.Email)
	})
	at, week := SpecialsWeek(d.Settings.Now(), now)
	if !menu.now.Before(at.Add(specialsFor)) {
		return failures
	}
	row, err := d.beginWeek(ctx, week, now)
	if err != nil {
		return errors.Join(failures, err)
	}
	for row.DoneAt.IsZero() {
		emails, err := askers(ctx, d.DB, Specials, row.AfterKey, specialBatch)
		if err != nil {
			return errors.Join(failures, err)
		}
		var wrong error
		for _, email := range emails {
			if err := ctx.Err(); err != nil {
				return errors.Join(failures, err)
			}
			if err := d.special(ctx, &menu, week, at.Add(specialsFor), email); err != nil {
				wrong = errors.Join(wrong, fmt.Errorf("send somebody the specials of %s: %w", week, err))
			}
		}
		if failures = errors.Join(failures, wrong); wrong != nil && now.Sub(row.BeganAt.Time) < specialsTry {
			return failures // the next sweep asks the same again; whoever was decided on is not
		}
		menu = menus{desk: d, now: now} // stock and prices moved meanwhile
		ok, err := d.cameTo(ctx, row, emails, now)
		if err != nil || !ok {
			return errors.Join(failures, err) // another worker goes on
		}
	}
	return failures
}

// specialKey is one mail a person and week.
func specialKey(week, email string, c *customer.Customer) string {
	if c != nil {
		return fmt.Sprintf("%s:%s:c%d", SpecialsMail, week, int64(c.ID))
	}
	sum := sha256.Sum256([]byte("specials\n" + customer.EmailKey(email)))
	return fmt.Sprintf("%s:%s:g%s", SpecialsMail, week, hex.EncodeToString(sum[:10]))
}

// special decides on one person's mail of a week.
func (d *Desk) special(ctx context.Context, menu *menus, week string, ends time.Time, email string) error {
	s, c, to, err := d.reader(ctx, email)
	if err != nil {
		return err
	}
	s.Key = specialKey(week, email, c.Customer)
	have, err := byKey(ctx, d.DB, s.Key)
	if err != nil || have != nil && (have.State != Deferred || have.DueAt.After(menu.now)) {
		return err
	}
	picks, err := menu.of(ctx, week, email, c.Customer)
	if err != nil {
		return err
	}
	c.Content, c.Worth, c.Expires = printOf(SpecialsMail, picks), d.worthOf(picks), ends
	w := letter{Name: to.Name, Link: d.url(s.Lang, "/"), wares: wares{Week: &weekWords{i18n.Date(s.Lang, ends.Add(-specialsFor))}}}
	d.lay(&w, s.Lang, picks)
	if len(picks) < leastSpecial {
		return d.noSpecial(ctx, s, c, have, menu.now)
	}
	if _, err = d.offer(ctx, s, c, to, w, menu.now); err != nil {
		return err
	}
	return d.unasked(ctx, s.Key, email, menu.now)
}

// reader says who reads mail at an address: an account, or a guest.
func (d *Desk) reader(ctx context.Context, email string) (*Send, Candidate, Address, error) {
	s := &Send{Class: Marketing, Template: SpecialsMail, Email: customer.EmailKey(email), Lang: i18n.English}
	c := Candidate{Class: Marketing, Purpose: customer.MailOffers, Topic: Specials, Email: email}
	to := Address{Email: email}
	owner, err := customer.ByEmail(ctx, d.DB, email)
	switch {
	case errors.Is(err, fault.NotFound):
		s.Lang, err = guestLang(ctx, d.DB, email)
	case err == nil:
		s.CustomerID, s.Lang, s.Simulated, c.Customer, c.Email, to = &owner.ID, owner.Lang, owner.Simulated, owner, owner.Email, Address{owner.Name, owner.Email}
	}
	return s, c, to, err
}

// noSpecial notes that there was too little to say.
func (d *Desk) noSpecial(ctx context.Context, s *Send, c Candidate, have *Send, now time.Time) error {
	return d.DB.InTx(ctx, func(tx *db.Tx) error {
		if have != nil {
			return endDue(ctx, tx, have, tooFew, now)
		}
		row := *s
		row.State, row.Reason, row.Topic, row.ExpiresAt = Withheld, tooFew, c.Topic, db.At(c.Expires)
		_, err := d.put(ctx, tx, &row, now)
		return err
	})
}

// unasked takes off the list who ended such mail by a link: the stop itself
// stays, and who wants the specials again says so again.
func (d *Desk) unasked(ctx context.Context, key, email string, now time.Time) error {
	have, err := byKey(ctx, d.DB, key)
	if err != nil || have == nil || have.State != Withheld || have.Reason != "suppressed" {
		return err
	}
	return d.DB.InTx(ctx, func(tx *db.Tx) error { return Subscribe(ctx, tx, email, Specials, false, now) })
}

// AskForSpecials is the tick for the week's specials. Of an account it counts
// with the consent to offers; a guest gets the link that confirms it, and
// nothing is noted before: anybody can type an address.
func AskForSpecials(ctx context.Context, tx *db.Tx, c *customer.Customer, email, source string, l i18n.Lang, now time.Time) error {
	if c != nil {
		if err := customer.Say(ctx, tx, c.ID, customer.Saying{Purpose: customer.MailOffers, Given: true, Source: source, Lang: l, Signed: true}, now); err != nil {
			return err
		}
		if err := Subscribe(ctx, tx, c.Email, Specials, true, now); err != nil {
			return err
		}
		waiting, err := customer.Waiting(ctx, tx, c.ID)
		if err != nil || !slices.Contains(waiting, customer.MailOffers) {
			return err
		}
		_, err = AskToConfirm(ctx, tx, customer.Ask{CustomerID: &c.ID, EmailKey: c.EmailKey, Purposes: waiting, Source: source, Lang: l}, c.Email, now)
		return err
	}
	candidate := Candidate{Class: Marketing, Purpose: customer.MailOffers, Topic: Specials, Email: email}
	if reason, err := suppressed(ctx, tx, candidate, now); err != nil || reason != "" {
		return err // whoever said stop is not asked again by a tick anybody can set
	}
	_, err := AskToConfirm(ctx, tx, customer.Ask{EmailKey: email, Purposes: []customer.Purpose{customer.MailOffers}, Source: source, Lang: l, Once: true}, email, now)
	return err
}

// Confirmed follows a link that was confirmed: a guest asked for the week's
// specials with it. Where the address has an account by now, and nothing else
// of it waits, the yes is the account's, too.
func Confirmed(ctx context.Context, tx *db.Tx, a *customer.Ask, now time.Time) error {
	if a.CustomerID != nil || !slices.Contains(a.Purposes, customer.MailOffers) {
		return nil
	}
	if err := Subscribe(ctx, tx, a.EmailKey, Specials, true, now); err != nil {
		return err
	}
	owner, err := customer.ByEmail(ctx, tx, a.EmailKey)
	if errors.Is(err, fault.NotFound) || err == nil && !owner.Verified() {
		return nil
	}
	if err != nil {
		return err
	}
	if err := customer.Say(ctx, tx, owner.ID, customer.Saying{Purpose: customer.MailOffers, Given: true, Source: a.Source, Method: customer.MethodLink, Lang: a.Lang}, now); err != nil {
		return err
	}
	waiting, err := customer.Waiting(ctx, tx, owner.ID)
	if err != nil || len(waiting) != 1 || waiting[0] != customer.MailOffers {
		return err
	}
	return customer.ConfirmWaiting(ctx, tx, owner.ID, "link mailed "+a.CreatedAt.UTC().Format(time.RFC3339), now)
}

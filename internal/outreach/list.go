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
	"regulars/internal/money"
	"regulars/internal/shoplist"
)

// ListMail brings up a list that somebody asked to be reminded of.
const ListMail = "list-reminder"

const (
	listNamed = 8 // goods that the mail names
	listSells = 5 // of so many reminders one is taken to sell, until more is known
)

// listWords are what a mail about a list says beside its goods.
type listWords struct {
	Name string
	More int // goods that can be had and are not named
	Out  int // that cannot be had now
}

// RemindLists mails people of the lists whose day has come, once a list and
// day, and drops the lists that were deleted long enough ago.
func (d *Desk) RemindLists(ctx context.Context, now time.Time) error {
	failures := d.DB.InTx(ctx, func(tx *db.Tx) error { return shoplist.Age(ctx, tx, now.Add(-shoplist.PutBackFor)) })
	for after := int64(0); ; {
		due, err := shoplist.Due(ctx, d.DB, now, after, mostOfSweep)
		if err != nil || len(due) == 0 {
			return errors.Join(failures, err)
		}
		for i := range due {
			if err := ctx.Err(); err != nil {
				return errors.Join(failures, err)
			}
			after = due[i].ID
			if err := d.remindList(ctx, &due[i], now); err != nil {
				failures = errors.Join(failures, fmt.Errorf("remind of list %d: %w", after, err))
			}
		}
	}
}

// listKey is one reminder a list and day.
func listKey(l *shoplist.List) string {
	return fmt.Sprintf("%s:%s:%s", ListMail, l.Token, l.DueAt.UTC().Format(time.DateOnly))
}

// remindList decides on one list's day and says when it is looked at again.
func (d *Desk) remindList(ctx context.Context, l *shoplist.List, now time.Time) error {
	pass := func() error {
		return d.DB.InTx(ctx, func(tx *db.Tx) error { return shoplist.Pass(ctx, tx, l, now) })
	}
	again := func(at time.Time) error {
		if !at.Before(l.Until()) {
			return pass()
		}
		return d.DB.InTx(ctx, func(tx *db.Tx) error { return shoplist.PutOff(ctx, tx, l, at) })
	}
	have, err := byKey(ctx, d.DB, listKey(l))
	switch {
	case err != nil:
		return err
	case have != nil && have.State != Deferred || !now.Before(l.Until()):
		return pass()
	case have != nil && have.DueAt.After(now):
		return again(have.DueAt.Time)
	}
	owner, err := customer.ByID(ctx, d.DB, l.CustomerID)
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
	w, worth, err := d.listLetter(ctx, l, owner)
	if err != nil {
		return err
	}
	if !may || len(w.Picks)+w.List.More == 0 { // allowed, filled or there again while it is worth a word
		return again(now.Add(24 * time.Hour))
	}
	s := &Send{Key: listKey(l), Class: Relationship, Template: ListMail, CustomerID: &owner.ID, Email: customer.EmailKey(owner.Email), Lang: owner.Lang}
	c := Candidate{Class: Relationship, Purpose: customer.MailOccasions, Topic: Lists, Email: owner.Email, Customer: owner, Content: s.Key, Worth: int64(worth / listSells), Expires: l.Until()}
	_, _, err = d.offerWhile(ctx, s, c, Address{owner.Name, owner.Email}, w, func(ctx context.Context, tx *db.Tx) (string, error) {
		stands, err := shoplist.Stands(ctx, tx, l)
		if err == nil && !stands {
			return "stopped", nil
		}
		return "", err
	}, now)
	if err != nil {
		return err
	}
	have, err = byKey(ctx, d.DB, s.Key)
	switch {
	case err != nil:
		return err
	case have == nil: // it was changed, or somebody else decides it at this moment
		return again(now.Add(time.Minute))
	case have.State == Deferred:
		return again(have.DueAt.Time)
	}
	return pass()
}

// listLetter writes what of a list can be had now; nothing sensitive is named.
func (d *Desk) listLetter(ctx context.Context, l *shoplist.List, owner *customer.Customer) (letter, money.Amount, error) {
	items, err := shoplist.Items(ctx, d.DB, l.ID)
	if err != nil {
		return letter{}, 0, err
	}
	ids := make([]catalog.VariantID, len(items))
	for i := range items {
		ids[i] = items[i].VariantID
	}
	set := d.Settings.Now()
	there, err := catalog.Buyables(ctx, d.DB, ids, readsIn(set, owner))
	if err != nil {
		return letter{}, 0, err
	}
	words := &listWords{Name: headerLine(l.Name)}
	w := letter{Name: owner.Name, Link: d.url(owner.Lang, "/account/lists/"+l.Token), wares: wares{List: words}}
	worth := money.Amount(0)
	for _, i := range items {
		b := there[i.VariantID]
		if units(b) == 0 {
			words.Out++
			continue
		}
		if b.Price.Currency == set.Currency() {
			worth += set.ValueMargin().Of(b.Price.Amount * money.Amount(i.Qty))
		}
		if b.Sensitive || len(w.Picks) == listNamed {
			words.More++
			continue
		}
		w.Picks = append(w.Picks, pickWords{Name: parcelLine(owner.Lang, b.Name, b.Choices, i.Qty)})
		w.depict(b)
	}
	return w, worth, nil
}

package outreach

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/lookout"
	"regulars/internal/search"
)

// Who keeps a search and wants it is told what it finds that was not in it when
// they were last told: one mail a week for all of their searches, of goods that
// can be had.

// FindsMail is the template of what saved searches found.
const FindsMail = "search-news"

const (
	findsNamed = 6                  // goods of one mail; the others are counted
	findsFor   = 3 * 24 * time.Hour // how long a mail that was put off is news
	findsDue   = 500                // searches that one statement reads
)

// foundWords is what the mail of saved searches says beside its goods.
type foundWords struct{ More int }

// haul is what one saved search found that is new.
type haul struct {
	search *lookout.Search
	news   []catalog.ProductID
	seen   []catalog.ProductID // once they were told
	more   bool
}

// TellFinds asks the saved searches that are due, each once a day.
func (d *Desk) TellFinds(ctx context.Context, now time.Time) error {
	finder := d.Finder
	if finder == nil {
		finder = search.NewEmbedded(d.DB)
	}
	tree, err := catalog.LoadTree(ctx, d.DB)
	if err != nil {
		return err
	}
	failures := d.eachDue(ctx, FindsMail, now, func(s *Send) (bool, error) {
		if s.CustomerID == nil {
			return false, nil
		}
		return d.tellFinds(ctx, finder, tree, s.Key, *s.CustomerID, s.ExpiresAt.Time, now)
	})
	for {
		people, err := lookout.Due(ctx, d.DB, now, findsDue)
		if err != nil || len(people) == 0 {
			return errors.Join(failures, err)
		}
		for _, id := range people {
			if err := ctx.Err(); err != nil {
				return errors.Join(failures, err)
			}
			// Asked first for tomorrow: what fails is not asked in a ring.
			if err := d.DB.InTx(ctx, func(tx *db.Tx) error { return lookout.Later(ctx, tx, id, now.Add(lookout.Daily)) }); err != nil {
				return errors.Join(failures, err)
			}
			if _, err := d.tellFinds(ctx, finder, tree, findsKey(id, now), id, now.Add(findsFor), now); err != nil {
				failures = errors.Join(failures, fmt.Errorf("tell customer %d what their searches found: %w", id, err))
			}
		}
	}
}

// findsKey is one mail an account and day; sooner than a week none follows.
func findsKey(id customer.ID, now time.Time) string {
	return fmt.Sprintf("%s:%d:%s", FindsMail, int64(id), now.UTC().Format(time.DateOnly))
}

// tellFinds decides on one person's mail; stays: there is something to tell.
func (d *Desk) tellFinds(ctx context.Context, e *search.Embedded, tree *catalog.Tree, key string, id customer.ID, ends, now time.Time) (stays bool, err error) {
	owner, err := customer.ByID(ctx, d.DB, id)
	if errors.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	// Nobody is looked for who may not be told, or was within the week.
	if ok, err := customer.MayMail(ctx, d.DB, id, customer.MailOffers); err != nil || !ok {
		return false, err
	}
	if told, err := toldFinds(ctx, d.DB, id, now.Add(-lookout.Again)); err != nil || told {
		return false, err
	}
	hauls, err := d.hauls(ctx, e, tree, id, now)
	if err != nil {
		return false, err
	}
	w, prints, err := d.findsLetter(ctx, hauls, tree, owner)
	if err != nil || len(w.Picks) == 0 {
		return false, err
	}
	s := &Send{Key: key, Class: Relationship, Template: FindsMail, CustomerID: &owner.ID, Email: customer.EmailKey(owner.Email), Lang: owner.Lang, Simulated: owner.Simulated}
	went, err := d.offer(ctx, s, Candidate{Class: Relationship, Purpose: customer.MailOffers, Topic: Searches, Email: owner.Email, Customer: owner,
		Content: printWords(FindsMail, prints), Expires: ends, last: d.toldOf(hauls, now)}, Address{owner.Name, owner.Email}, w, now)
	if errors.Is(err, errLookedAway) {
		return true, nil
	}
	if went {
		return true, err
	}
	have, readErr := byKey(ctx, d.DB, key)
	if readErr != nil {
		return true, errors.Join(err, readErr)
	}
	// Decided, if not sent: one decision a week, too. What waits goes by its own
	// row; where the mail server did not take it, its goods are still news then.
	return true, errors.Join(err, d.DB.InTx(ctx, func(tx *db.Tx) error {
		for _, h := range hauls {
			if have == nil || have.State != Deferred {
				break
			}
			if err := h.search.Untell(ctx, tx, now); err != nil {
				return err
			}
		}
		return lookout.Later(ctx, tx, id, now.Add(lookout.Again))
	}))
}

// toldOf notes with the mail what its person has seen then.
func (d *Desk) toldOf(hauls []haul, now time.Time) func(context.Context, *db.Tx) (Decision, error) {
	return func(ctx context.Context, tx *db.Tx) (Decision, error) {
		for _, h := range hauls {
			ok, err := h.search.Told(ctx, tx, h.seen, now)
			if err != nil {
				return Decision{}, err
			}
			if !ok {
				return withhold("gone"), errLookedAway
			}
		}
		return Decision{Verdict: Allow}, lookout.Later(ctx, tx, hauls[0].search.CustomerID, now.Add(lookout.Again))
	}
}

// errLookedAway takes back a mail whose searches were changed while it was
// written: the next sweep asks anew.
var errLookedAway = fault.New(fault.Conflict, "lookout.gone")

// hauls asks all watched searches of a person; one that finds nothing new is
// not among them.
func (d *Desk) hauls(ctx context.Context, e *search.Embedded, tree *catalog.Tree, id customer.ID, now time.Time) ([]haul, error) {
	all, err := lookout.OfCustomer(ctx, d.DB, id)
	if err != nil {
		return nil, err
	}
	var hauls []haul
	for i := range all {
		s := &all[i]
		if !s.Tell {
			continue
		}
		found, err := s.Find(ctx, d.DB, e, tree, now)
		if err != nil {
			return nil, err
		}
		if found.Wide {
			continue // the page of their searches says so
		}
		gone, err := catalog.SoldOut(ctx, d.DB, s.Currency)
		if err != nil {
			return nil, err
		}
		h := haul{search: s}
		if h.news, h.seen = s.New(found.IDs, gone); len(h.news) > 0 {
			hauls = append(hauls, h)
		}
	}
	return hauls, nil
}

// findsLetter names what is new, in turn out of each search. Goods that others
// at the table should not read of are counted, not named; a mail of these
// alone is none.
func (d *Desk) findsLetter(ctx context.Context, hauls []haul, tree *catalog.Tree, c *customer.Customer) (w letter, prints []string, err error) {
	w = letter{Name: c.Name, Link: d.url(c.Lang, "/account/searches"), wares: wares{Found: &foundWords{}}}
	named := map[catalog.ProductID]bool{}
	for at := 0; ; at++ {
		any := false
		for i := range hauls {
			h := &hauls[i]
			if at >= len(h.news) {
				continue
			}
			any = true
			id := h.news[at]
			if named[id] {
				continue
			}
			named[id] = true
			prints = append(prints, fmt.Sprint(int64(id)))
			cards, err := cardsOf(ctx, d.DB, []catalog.ProductID{id}, h.search.Currency)
			if err != nil {
				return w, nil, err
			}
			card := cards[id]
			if card.ID == 0 || card.Sensitive || len(w.Picks) >= findsNamed {
				w.Found.More++
				continue
			}
			name := headerLine(h.search.Name)
			d.lay(&w, c.Lang, []pick{{card, i18n.Text{En: i18n.T(i18n.English, "mail.finds.for", "name", name), Zh: i18n.T(i18n.Chinese, "mail.finds.for", "name", name)}}})
		}
		if !any {
			break
		}
	}
	slices.Sort(prints)
	return w, prints, nil
}

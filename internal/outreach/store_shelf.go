package outreach

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/jobs"
	"regulars/internal/restock"
	"regulars/internal/review"
)

// shelfWords are what mails about goods that came back and about reviews say.
type shelfWords struct {
	Name, Price string
	Reason      string // why a review was refused
}

func (d *Desk) registerShelf(r *jobs.Runner) {
	jobs.Work(r, func(ctx context.Context, j review.RefusedMail) error { return d.reviewRefused(ctx, j, d.Now()) })
	r.Every("reviews", 10*time.Minute, func(ctx context.Context) error {
		return d.DB.InTx(ctx, func(tx *db.Tx) error { return review.Recheck(ctx, tx, d.Now()) })
	})
}

// reviewRefused tells an author why, once a version.
func (d *Desk) reviewRefused(ctx context.Context, j review.RefusedMail, now time.Time) error {
	r, err := review.ByID(ctx, d.DB, j.Review)
	if errors.Is(err, fault.NotFound) || err == nil && (r.State != review.Refused || r.Version != j.Version || r.Simulated) {
		return nil // taken back, changed or shown since
	}
	if err != nil {
		return err
	}
	product, err := catalog.ByID(ctx, d.DB, r.ProductID)
	if err != nil {
		return err
	}
	s := &Send{Key: fmt.Sprintf("%s:%d:%d", ReviewRefused, r.ID, r.Version), Class: Service, Template: ReviewRefused, Email: r.Email, Lang: r.Lang}
	to := Address{Email: r.Email}
	c := Candidate{Class: Service}
	link := "/p/" + product.Slug + "/review"
	if r.CustomerID != nil {
		owner, err := customer.ByID(ctx, d.DB, *r.CustomerID)
		if errors.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		s.CustomerID, s.Email, c.Customer, to = &owner.ID, customer.EmailKey(owner.Email), owner, Address{owner.Name, owner.Email}
	} else if number, err := orderNumber(ctx, d.DB, int64(r.OrderID)); err != nil {
		return err
	} else if number != "" {
		link += "?" + url.Values{"order": {number}, "key": {d.AccessKey(number)}}.Encode()
	}
	if c.Email = to.Email; to.Email == "" {
		return nil
	}
	w := letter{Name: to.Name, Link: d.url(s.Lang, link), Shelf: &shelfWords{Name: headerLine(product.Name.In(s.Lang)), Reason: i18n.T(s.Lang, "review.reason."+r.Reason)},
		footer: footer{why: "mail.foot.why.review"}}
	err = d.owe(ctx, s, c, to, w, now)
	var wait deferred
	if errors.As(err, &wait) {
		return d.DB.InTx(ctx, func(tx *db.Tx) error { return jobs.Enqueue(ctx, tx, j, jobs.At(wait.until)) })
	}
	return err
}

// TellBack mails people that something they wait for is there again, in the
// order in which they asked and only so many as the units can serve. Each is
// told once: the row of the mail and the end of the wish are one transaction,
// committed before the mail goes out.
func (d *Desk) TellBack(ctx context.Context, now time.Time) error {
	set := d.Settings.Now()
	err := d.DB.InTx(ctx, func(tx *db.Tx) error { return restock.Age(ctx, tx, set.Since("restock.keep", now), now) })
	if err != nil {
		return err
	}
	if err := d.tellBackAgain(ctx, now); err != nil {
		return err
	}
	wanted, err := restock.Wanted(ctx, d.DB)
	if err != nil {
		return err
	}
	there, err := catalog.Buyables(ctx, d.DB, wanted, set.Currency())
	if err != nil {
		return err
	}
	var failures error
	for _, v := range wanted {
		if units(there[v]) == 0 {
			continue
		}
		queue, err := restock.Queue(ctx, d.DB, v, mostOfSweep)
		if err != nil {
			return errors.Join(failures, err)
		}
		for i := range queue {
			if ctx.Err() != nil {
				return failures
			}
			more, err := d.tellBack(ctx, &queue[i], now)
			if err != nil {
				failures = errors.Join(failures, fmt.Errorf("tell wish %d: %w", queue[i].ID, err))
			}
			if !more {
				break
			}
		}
	}
	return failures
}

// units is how many of a variant are there to be sold now; what nobody counts
// is as many as a sweep tells.
func units(b catalog.Buyable) int {
	switch {
	case !b.Published || !b.Active || !b.Priced:
		return 0
	case b.Supply.Now < 0:
		return mostOfSweep
	}
	return b.Supply.Now
}

// tellBack decides on one person. more: the next in the queue may be asked.
func (d *Desk) tellBack(ctx context.Context, a *restock.Ask, now time.Time) (more bool, err error) {
	var s *Send
	var mail Mail
	err = d.DB.InTx(ctx, func(tx *db.Tx) error {
		s, more = nil, true
		// Sweeps of one variant wait for each other, so that no wave is counted twice.
		if err := customer.Turn(ctx, tx, fmt.Sprint("restock:", int64(a.VariantID))); err != nil {
			return err
		}
		b, room, err := d.room(ctx, tx, a.VariantID, now)
		if err != nil {
			return err
		}
		if more = room > 0; !more {
			return nil
		}
		next, c, to, err := d.waits(ctx, tx, a)
		if err != nil || next == nil {
			return err
		}
		if err := oneAtATime(ctx, tx, to.Email); err != nil {
			return err
		}
		if got, err := restock.Got(ctx, tx, a); err != nil || got {
			if got {
				err = restock.Close(ctx, tx, a.ID, restock.Bought, now)
			}
			return err
		}
		decision, err := d.Decide(ctx, tx, c, now)
		switch {
		case err != nil || decision.Verdict == Defer:
			return err // the next sweep after that moment asks again; nobody loses their place
		case decision.Verdict == Withhold:
			return restock.Close(ctx, tx, a.ID, decision.Reason, now)
		}
		if ok, err := restock.Tell(ctx, tx, a.ID, now); err != nil || !ok {
			return err
		}
		next.State, next.Attempts = Claimed, 1
		if ok, err := d.put(ctx, tx, next, now); err != nil || !ok {
			return err
		}
		mail, err = d.composeBack(ctx, tx, next, b, to, now)
		s = next
		return err
	})
	if err != nil || s == nil {
		return more, err
	}
	_, err = d.deliver(ctx, s, mail, now)
	return more, err
}

// room says how a variant can be had now, and how many more may be told of it.
func (d *Desk) room(ctx context.Context, tx *db.Tx, v catalog.VariantID, now time.Time) (catalog.Buyable, int, error) {
	set := d.Settings.Now()
	there, err := catalog.Buyables(ctx, tx, []catalog.VariantID{v}, set.Currency())
	if err != nil {
		return catalog.Buyable{}, 0, err
	}
	told, err := restock.ToldSince(ctx, tx, v, now.Add(-restock.Wave))
	return there[v], restock.Room(units(there[v]), set.RestockPerUnit(), told), err
}

// waits reads who waits and where they read mail; nil if they do not any more.
func (d *Desk) waits(ctx context.Context, tx *db.Tx, a *restock.Ask) (*Send, Candidate, Address, error) {
	fresh, err := restock.ByID(ctx, tx, a.ID)
	if err != nil || fresh == nil || fresh.State != restock.Waiting {
		return nil, Candidate{}, Address{}, err
	}
	s := &Send{Key: backKey(a.ID), Class: Service, Template: BackInStock, Email: fresh.Email, Lang: a.Lang, Simulated: fresh.Simulated}
	c, to := Candidate{Class: Service}, Address{Email: fresh.Email}
	if fresh.CustomerID != nil {
		owner, err := customer.ByID(ctx, tx, *fresh.CustomerID)
		if err != nil {
			return nil, c, to, err
		}
		s.CustomerID, s.Email, c.Customer, to = &owner.ID, customer.EmailKey(owner.Email), owner, Address{owner.Name, owner.Email}
	}
	c.Email = to.Email
	return s, c, to, nil
}

func backKey(id int64) string { return fmt.Sprintf("%s:%d", BackInStock, id) }

func (d *Desk) composeBack(ctx context.Context, tx *db.Tx, s *Send, b catalog.Buyable, to Address, now time.Time) (Mail, error) {
	name := headerLine(b.Name.In(s.Lang))
	if c := headerLine(b.Choices.In(s.Lang)); c != "" {
		name += i18n.T(s.Lang, "mail.goods.choices", "choices", c)
	}
	if b.Sensitive { // somebody else at the table should not read of it
		name = i18n.T(s.Lang, "mail.back.quiet")
	}
	w := letter{Name: to.Name, Link: d.url(s.Lang, "/p/"+b.Slug+"?"+url.Values{"v": {b.SKU}}.Encode()), footer: footer{why: "mail.foot.why.back"},
		Shelf: &shelfWords{Name: name, Price: i18n.Money(s.Lang, b.Price)}}
	return d.compose(ctx, tx, BackInStock, s, to, w, now)
}

// tellBackAgain sends what a mail server surely did not take the first time.
func (d *Desk) tellBackAgain(ctx context.Context, now time.Time) error {
	var due []Send
	err := d.DB.Query(ctx).Where("state = 'deferred' AND template = ? AND due_at <= ?", BackInStock, db.At(now)).Order("due_at, id").Limit(mostOfSweep).Find(&due).Error
	if err != nil {
		return fmt.Errorf("read deferred mails: %w", err)
	}
	for i := range due {
		s := &due[i]
		var id int64
		if _, err := fmt.Sscan(strings.TrimPrefix(s.Key, BackInStock+":"), &id); err != nil {
			continue
		}
		var mail Mail
		claimed := false
		err := d.DB.InTx(ctx, func(tx *db.Tx) error {
			claimed = false
			a, err := restock.ByID(ctx, tx, id)
			if err != nil || a == nil {
				return err
			}
			b, _, err := d.room(ctx, tx, a.VariantID, now)
			if err != nil {
				return err
			}
			set := map[string]any{"state": Claimed, "attempts": s.Attempts + 1}
			if units(b) == 0 {
				set = map[string]any{"state": Withheld, "reason": "nothing-to-buy"}
			}
			ok, err := move(ctx, tx, s.ID, Deferred, set, now)
			if err != nil || !ok || set["state"] != Claimed {
				return err
			}
			s.Attempts, claimed = s.Attempts+1, true
			mail, err = d.composeBack(ctx, tx, s, b, Address{Email: s.Email}, now)
			return err
		})
		if err != nil {
			return err
		}
		if claimed {
			if _, err := d.deliver(ctx, s, mail, now); err != nil {
				return err
			}
		}
	}
	return nil
}

func orderNumber(ctx context.Context, q db.Q, id int64) (string, error) {
	var numbers []string
	if err := q.Query(ctx).Raw("SELECT number FROM orders WHERE id = ?", id).Scan(&numbers).Error; err != nil || len(numbers) == 0 {
		return "", err
	}
	return numbers[0], nil
}

// badReviews is trouble, too: fewer than three stars, until seven days after
// the shop answered, or for thirty where it did not. @since lies disputeFor (120
// days) back, so 113 and 90 days after it are those moments.
var badReviews = struct{ reason, sql string }{"bad-review", `SELECT r.customer_id, r.email FROM reviews r WHERE r.stars <= 2
	AND (r.answered_at > 0 AND r.answered_at > @since + 9763200000 OR r.answered_at = 0 AND r.written_at > @since + 7776000000)`}

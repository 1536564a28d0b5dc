package outreach_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/inventory"
	"regulars/internal/outreach"
	"regulars/internal/restock"
	"regulars/internal/review"
)

// Whoever was not content is sold nothing: until a week after the shop
// answered, or for thirty days where it did not. Three stars are no trouble.
func TestNothingIsSoldAfterABadReview(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("quiet.hours", "off")
		ann, bo := s.account("ann@example.com", nil), s.account("bo@example.com", nil)
		const day = 24 * time.Hour
		want := func(p *customer.Person, after time.Duration, reason string) {
			t.Helper()
			s.tx(func(tx *db.Tx) error {
				v, err := s.desk.Decide(ctx, tx, outreach.Candidate{Class: outreach.Marketing, Purpose: customer.MailCart, Email: p.Customer.Email, Customer: p.Customer}, monday.Add(after))
				if v.Reason != reason {
					t.Errorf("%s after %s: %q, want %q", p.Customer.Email, after, v.Reason, reason)
				}
				return err
			})
		}
		var bad *review.Review
		s.tx(func(tx *db.Tx) (err error) {
			for _, r := range []struct {
				by    *customer.Person
				stars int
			}{{bo, 3}, {ann, 2}} {
				id := r.by.Customer.ID
				all := []review.Review{{CustomerID: &id, Stars: r.stars, State: review.Waiting, Lang: "en", CreatedAt: db.At(monday), WrittenAt: db.At(monday)}}
				if err := tx.Query(ctx).Raw("SELECT min(id) FROM products").Scan(&all[0].ProductID).Error; err != nil {
					return err
				}
				if err := review.KeepMany(ctx, tx, all); err != nil {
					return err
				}
				bad = &all[0]
			}
			return nil
		})
		want(bo, day, "")
		want(ann, day, "bad-review")
		want(ann, 29*day, "bad-review")
		want(ann, 31*day, "")
		s.tx(func(tx *db.Tx) error {
			return review.Answer(ctx, tx, bad.Token, 1, "We send another.", monday.Add(2*day))
		})
		want(ann, 8*day, "bad-review")
		want(ann, 10*day, "")
	})
}

// A sweep that breaks at any of its statements, before or after a commit, and
// two sweeps at once: nobody is told twice, no more are told than the units
// serve, and whom a break did not touch is told by the next sweep.
func TestBreaksTellNobodyTwice(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("quiet.hours", "off")
		v := s.variants["BOTTLE"]
		s.tx(func(tx *db.Tx) error {
			if err := inventory.Track(ctx, tx, v, true, monday); err != nil {
				return err
			}
			return inventory.Count(ctx, tx, v, 100, "hundred", monday)
		})
		broken := errors.New("the connection is gone")
		now, asked := monday, 0
		for _, moment := range []db.Moment{db.BeforeStatement, db.BeforeCommit, db.AfterCommit} {
			for at := 1; ; at++ {
				asked++
				s.tx(func(tx *db.Tx) error {
					_, err := restock.Want(ctx, tx, v, restock.Asker{Email: fmt.Sprintf("bird%d@example.com", asked)}, now)
					return err
				})
				n := 0
				faulty := db.WithFault(ctx, func(m db.Moment) error {
					if m == moment {
						if n++; n == at {
							return broken
						}
					}
					return nil
				})
				err := s.desk.TellBack(faulty, now)
				s.must(s.desk.TellBack(ctx, now))
				if n < at {
					s.must(err)
					break
				}
				if at > 60 {
					t.Fatal("a sweep has no end")
				}
				if now = now.Add(time.Minute); asked%20 == 0 {
					now = now.Add(restock.Wave)
				}
			}
		}
		if asked < 15 {
			t.Fatalf("only %d points were broken", asked)
		}
		var sends, told, waiting int
		s.must(d.Query(ctx).Raw("SELECT count(*) FROM sends WHERE template = 'back-in-stock'").Scan(&sends).Error)
		s.must(d.Query(ctx).Raw("SELECT count(*) FROM restock_asks WHERE state = 'told'").Scan(&told).Error)
		s.must(d.Query(ctx).Raw("SELECT count(*) FROM restock_asks WHERE state = 'waiting'").Scan(&waiting).Error)
		if sends != asked || told != asked || waiting != 0 {
			t.Errorf("%d asked, %d were told by %d mails, %d wait", asked, told, sends, waiting)
		}
		files, n, err := outreach.ListFiles(s.folder, 1, 200)
		s.must(err)
		to := map[string]int{}
		for _, f := range files {
			letter, err := outreach.ReadFile(s.folder, f.Name)
			s.must(err)
			if to[letter.To]++; to[letter.To] > 1 {
				t.Errorf("%s was told %d times", letter.To, to[letter.To])
			}
		}
		// A commit whose answer got lost leaves a claimed mail, which is never sent again.
		if n > asked || n < asked-6 {
			t.Errorf("%d letters to %d people", n, asked)
		}

		// Three units for two people each, nine who wait, four sweeps at once.
		now = now.Add(2 * restock.Wave)
		s.tx(func(tx *db.Tx) error {
			for i := range 9 {
				if _, err := restock.Want(ctx, tx, v, restock.Asker{Email: fmt.Sprintf("swan%d@example.com", i)}, now); err != nil {
					return err
				}
			}
			return inventory.Count(ctx, tx, v, 3, "three", now)
		})
		var hands sync.WaitGroup
		for range 4 {
			hands.Go(func() {
				if err := s.desk.TellBack(ctx, now); err != nil {
					t.Error(err)
				}
			})
		}
		hands.Wait()
		_, after, err := outreach.ListFiles(s.folder, 1, 200)
		s.must(err)
		if after-n != 6 {
			t.Errorf("%d were told of three units", after-n)
		}
	})
}

package outreach_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"regulars/internal/cart"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/doctor"
	"regulars/internal/outreach"
	"regulars/internal/roster"
)

// rests asks for the side of a person's cart as it stands.
func (s *shop) rests(p *customer.Person, c *cart.Cart, email string, at time.Time) (arm outreach.Arm) {
	s.Helper()
	s.tx(func(tx *db.Tx) (err error) {
		arm, err = s.desk.ArmOf(ctx, tx, outreach.Candidate{Email: email, Customer: p.Customer, Cart: c, ActiveAt: c.ActiveAt}, at)
		return err
	})
	return arm
}

func (s *shop) text(query string, args ...any) (v string) {
	s.Helper()
	s.must(s.db.Query(ctx).Raw(query, args...).Scan(&v).Error)
	return v
}

func TestAPersonStaysOnTheirSide(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("followup.holdout", "50")
		sides := map[outreach.Arm]int{}
		for i := range 40 {
			email := fmt.Sprintf("p%d@example.com", i)
			guest := s.guest()
			c := s.leaves(guest, monday)
			first := s.rests(guest, c, email, monday.Add(hour))
			sides[first]++
			if again := s.rests(guest, c, email, monday.Add(2*hour)); again != first {
				t.Fatalf("the same rest is %s, then %s", first, again)
			}
			if i > 3 {
				continue
			}
			// The same address as an account, and that account under another address.
			p := s.account(email, nil)
			if arm := s.rests(p, s.leaves(p, monday.Add(3*hour)), "P"+email[1:], monday.Add(4*hour)); arm != first {
				t.Errorf("%s changed sides on becoming a member", email)
			}
			p.Customer.Email = fmt.Sprintf("other%d@example.com", i)
			if arm := s.rests(p, s.leaves(p, monday.Add(5*hour)), p.Customer.Email, monday.Add(6*hour)); arm != first {
				t.Errorf("%s changed sides with the address", email)
			}
		}
		if sides[outreach.Held] < 10 || sides[outreach.Treated] < 10 {
			t.Errorf("half of forty: %v", sides)
		}
		if n := s.text("SELECT CAST(count(*) AS TEXT) FROM followup_arms"); n != "48" {
			t.Errorf("%s rows", n)
		}
		if n := s.text("SELECT CAST(count(*) AS TEXT) FROM followup_arms WHERE share <> 5000 OR simulated = TRUE"); n != "0" {
			t.Errorf("%s rows of another share", n)
		}
		// Off means that everybody is written to from then on, in a run of its own.
		s.set("followup.holdout", "0")
		for i := range 12 {
			g := s.guest()
			if arm := s.rests(g, s.leaves(g, monday.Add(24*hour)), fmt.Sprintf("p%d@example.com", i), monday.Add(25*hour)); arm != outreach.Treated {
				t.Errorf("held back where nobody is")
			}
		}
		runs, err := outreach.Runs(ctx, d, false)
		s.must(err)
		if len(runs) != 2 || runs[0].Held != 0 || runs[1].Held != 5000 || runs[1].Number != 1 || runs[0].Why != "chosen" || runs[0].Salt == runs[1].Salt {
			t.Errorf("runs %+v", runs)
		}
		s.set("followup.holdout", "auto")
		g := s.guest()
		s.rests(g, s.leaves(g, monday.Add(26*hour)), "p0@example.com", monday.Add(27*hour))
		if again, err := outreach.Runs(ctx, d, false); err != nil || len(again) != 2 {
			t.Errorf("what is suggested begins %d runs by itself, %v", len(again), err)
		}
	})
}

// Nobody goes without in a shop that has not shown yet that it would learn
// anything from it.
func TestANewShopRemindsEverybody(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		for i := range 10 {
			g := s.guest()
			if arm := s.rests(g, s.leaves(g, monday), fmt.Sprintf("p%d@example.com", i), monday.Add(hour)); arm != outreach.Treated {
				t.Error("held back")
			}
		}
	})
}

func TestSidesGoAlongWhenPeopleMergeOrLeave(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("followup.holdout", "50")
		// Two accounts of one person on different sides.
		var both [2]*customer.Person
		var emails [2]string
		for i := 0; both[0] == nil || both[1] == nil; i++ {
			email := fmt.Sprintf("twin%d@example.com", i)
			p := s.account(email, nil)
			at := 0
			if s.rests(p, s.leaves(p, monday), email, monday.Add(hour)) == outreach.Held {
				at = 1
			}
			if both[at] == nil {
				both[at], emails[at] = p, email
			}
		}
		into, from := both[0], both[1]
		s.tx(func(tx *db.Tx) error {
			return customer.Absorb(ctx, tx, from.Customer.ID, into.Customer.ID, monday.Add(2*hour), outreach.Merge, cart.Unite)
		})
		if n := s.text("SELECT CAST(count(DISTINCT person) AS TEXT) FROM followup_arms WHERE customer_id = ?", int64(into.Customer.ID)); n != "1" {
			t.Errorf("one person is counted as %s", n)
		}
		c := s.leaves(into, monday.Add(3*hour))
		if arm := s.rests(into, c, emails[0], monday.Add(4*hour)); arm != outreach.Treated {
			t.Errorf("the survivor changed sides: %s", arm)
		}
		s.sound()
		all, err := customer.Export(ctx, d, into.Customer.ID)
		s.must(err)
		told, err := json.Marshal(all)
		s.must(err)
		if n := strings.Count(string(told), `"group":"`); n != 3 {
			t.Errorf("told of %d rests", n)
		}
		s.tx(func(tx *db.Tx) error {
			return roster.Erase(ctx, tx, into.Customer.ID, monday.Add(5*hour))
		})
		if n := s.text("SELECT CAST(count(*) AS TEXT) FROM followup_arms WHERE customer_id = ? AND person NOT LIKE 'erased:%'", int64(into.Customer.ID)); n != "0" {
			t.Errorf("%s rows still know an erased person", n)
		}
		s.sound()
		// A mail to somebody who goes without is found.
		p := s.account("wrong@example.com", nil)
		c = s.leaves(p, monday.Add(6*hour))
		s.set("followup.holdout", "0")
		s.desk.Now = func() time.Time { return monday.Add(34 * hour) }
		if n := s.sweep(monday.Add(34 * hour)); n == 0 {
			t.Fatal("no mail went out")
		}
		s.tx(func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE followup_arms SET arm = 'held' WHERE cart_id = ? AND active_at = ?", int64(c.ID), c.ActiveAt).Error
		})
		found := false
		r, err := doctor.Check(ctx, d, doctor.Options{Now: monday.Add(35 * hour)})
		s.must(err)
		for _, b := range r.Broken {
			found = found || b.Code == "A2"
		}
		if !found {
			t.Errorf("a mail to somebody who goes without was not found: %+v", r.Broken)
		}
	})
}

func (s *shop) sound() {
	s.Helper()
	r, err := doctor.Check(context.Background(), s.db, doctor.Options{Now: monday.Add(6 * hour)})
	s.must(err)
	for _, b := range r.Broken {
		if b.Code[0] == 'A' {
			s.Errorf("%s: %s: %v", b.Code, b.Means, b.IDs)
		}
	}
}

package outreach_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"regulars/internal/ask"
	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/money"
	"regulars/internal/outreach"
)

// Each of these left a cart on Monday at ten; what else we know of them, or
// what they did on another device or under another address, keeps the
// reminder back a day later, and the row says why.
func TestWhatElseStopsAReminder(t *testing.T) {
	stories := []struct {
		name, reason string
		leave        func(s *shop, email string) *cart.Cart
	}{
		{"nothing speaks against it", "", func(s *shop, email string) *cart.Cart { return s.leaves(s.account(email, nil), monday) }},
		{"they work here", "staff", func(s *shop, email string) *cart.Cart {
			s.tx(func(tx *db.Tx) error {
				return tx.Query(ctx).Exec("INSERT INTO staff (email, email_key, role, password_hash, created_at, updated_at) VALUES (?, ?, 'support', 'x', 1, 1)", email, email).Error
			})
			return s.leaves(s.account(email, nil), monday)
		}},
		{"they are seventeen", "under-age", func(s *shop, email string) *cart.Cart {
			return s.leaves(s.account(email, func(f *customer.SignUpForm) { f.BirthDate = "2008-03-04" }), monday)
		}},
		{"they turned eighteen today", "", func(s *shop, email string) *cart.Cart {
			return s.leaves(s.account(email, func(f *customer.SignUpForm) { f.BirthDate = "2008-03-03" }), monday)
		}},
		{"the cart is worth less than the step asks for", "under-floor", func(s *shop, email string) *cart.Cart {
			return s.leavesOne("BOTTLE", s.account(email, nil))
		}},
		{"the last one was sold since", "nothing-to-buy", func(s *shop, email string) *cart.Cart {
			c := s.leavesOne("LAST", s.account(email, nil))
			s.tx(func(tx *db.Tx) error { return inventory.Count(ctx, tx, s.variants["LAST"], 0, "sold", monday) })
			return c
		}},
		{"a guest, and the account of their address ordered under another one", "ordered", func(s *shop, email string) *cart.Cart {
			owner := s.account(email, nil)
			c := s.ticks(s.guest(), email)
			s.orders("other-"+email, nil, &owner.Customer.ID, monday.Add(hour))
			return c
		}},
		{"a guest became a member in that browser and ordered under another address", "ordered", func(s *shop, email string) *cart.Cart {
			g := s.guest()
			c := s.ticks(g, email)
			member := s.account("member-"+email, nil)
			s.tx(func(tx *db.Tx) error {
				return tx.Query(ctx).Exec("UPDATE visitors SET customer_id = ? WHERE id = ?", int64(member.Customer.ID), int64(g.Visitor.ID)).Error
			})
			s.orders("member-"+email, nil, &member.Customer.ID, monday.Add(hour))
			return c
		}},
		{"a member ordered as a guest in the same browser", "ordered", func(s *shop, email string) *cart.Cart {
			p := s.account(email, nil)
			c := s.leaves(p, monday)
			as := s.leaves(customer.NewPerson(p.Visitor, nil, nil, nil), monday.Add(hour))
			s.orders("elsewhere-"+email, as, nil, monday.Add(2*hour))
			return c
		}},
		{"the account of a guest's address has a newer cart", "newer-cart", func(s *shop, email string) *cart.Cart {
			c := s.ticks(s.guest(), email)
			s.leaves(s.account(email, nil), monday.Add(3*hour))
			return c
		}},
		{"a complaint of the account, under another address", "complaint", func(s *shop, email string) *cart.Cart {
			owner := s.account(email, nil)
			s.tx(func(tx *db.Tx) error {
				_, err := ask.Contact(ctx, tx, ask.Message{Person: owner, Email: "other-" + email, Body: "It broke.", Complaint: true}, monday)
				return err
			})
			return s.ticks(s.guest(), email)
		}},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("followup.floors", "20; 20")
		s.sellLast()
		carts := map[cart.ID]int{}
		for i, story := range stories {
			carts[story.leave(s, fmt.Sprintf("story%d@example.com", i)).ID] = i
		}
		s.sweep(monday.Add(24*hour + time.Minute))
		decided := map[int]outreach.Send{}
		for _, row := range s.decisions() {
			if i, ok := carts[row.CartID]; ok {
				decided[i] = row
			}
		}
		for i, story := range stories {
			want := outreach.Withheld
			if story.reason == "" {
				want = outreach.Sent
			}
			if row := decided[i]; row.State != want || row.Reason != story.reason {
				t.Errorf("%s: %q %q, want %q %q", story.name, row.State, row.Reason, want, story.reason)
			} else if words := row.Words(i18n.Chinese); story.reason != "" && (words == "" || strings.HasPrefix(words, "outreach.")) {
				t.Errorf("%s has no words", story.reason)
			}
		}
	})
}

// leavesOne puts one piece into the person's cart, on Monday at ten.
func (s *shop) leavesOne(sku string, p *customer.Person) (c *cart.Cart) {
	s.Helper()
	s.tx(func(tx *db.Tx) (err error) {
		if c, err = cart.Ensure(ctx, tx, p, "USD", i18n.English, "phone", monday); err != nil {
			return err
		}
		return cart.Add(ctx, tx, c.ID, s.variants[sku], 1, monday)
	})
	return c
}

// ticks leaves a guest's cart with an address that agreed to be reminded.
func (s *shop) ticks(p *customer.Person, email string) *cart.Cart {
	s.Helper()
	c := s.leaves(p, monday)
	s.tx(func(tx *db.Tx) error { return cart.NoteContact(ctx, tx, c.ID, email, true, monday) })
	s.confirmed(email)
	return c
}

func (s *shop) sellLast() {
	s.Helper()
	s.tx(func(tx *db.Tx) error {
		_, _, ids, err := catalog.Put(ctx, tx, catalog.Draft{Product: catalog.Product{Code: "LAST", Name: i18n.Text{En: "The last", Zh: "最后一件"}, Published: true},
			Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: "LAST", Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: 5000}}}}}, monday)
		if err != nil {
			return err
		}
		s.variants["LAST"] = ids["LAST"]
		return inventory.Count(ctx, tx, ids["LAST"], 1, "opening", monday)
	})
}

func TestThePlanIsKeptWithWhatItDecided(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("quiet.hours", "off")
		s.set("followup.floors", "0; 0; 0")
		chen, bo := s.account("chen@example.com", nil), s.account("bo@example.com", nil)
		s.leaves(chen, monday)
		s.sweep(monday.Add(24 * hour))
		first := s.decided(outreach.Sent, "")

		// The first step is taken out: whoever got it goes on, others begin with the second.
		s.set("followup.steps", "off,on")
		s.leaves(bo, monday.Add(24*hour))
		s.sweep(monday.Add(72 * hour))
		second := s.decided(outreach.Sent, "")
		if second.Email != "chen@example.com" || first.Plan == 0 || second.Plan == first.Plan {
			t.Errorf("%s under plan %d, before under %d", second.Email, second.Plan, first.Plan)
		}
		s.sweep(monday.Add(95 * hour))
		if len(s.decisions()) != 2 {
			t.Error("a step that is off was decided on")
		}
		s.sweep(monday.Add(96 * hour))
		if row := s.decided(outreach.Sent, ""); row.Email != "bo@example.com" || row.Plan != second.Plan {
			t.Errorf("%+v", row)
		}

		// A mail put off stands and falls with its step; going back to an old plan is going back to its version.
		s.set("followup.steps", "on,on")
		again := s.leaves(s.account("li@example.com", nil), monday.Add(100*hour))
		s.set("quiet.hours", "00-23")
		s.sweep(monday.Add(124 * hour))
		if row := s.decided(outreach.Deferred, "quiet-hours"); row.Plan != first.Plan || row.CartID != again.ID {
			t.Errorf("%+v, want plan %d", row, first.Plan)
		}
		s.set("quiet.hours", "off")
		s.set("followup.steps", "off,off")
		s.sweep(monday.Add(160 * hour))
		s.decided(outreach.Withheld, "step-off")
		versions, err := outreach.PlanVersions(ctx, d, 10)
		s.must(err)
		if len(versions) != 3 || versions[2].Sent != 1 || versions[2].Decided != 2 || versions[1].Sent != 2 || versions[2].Plan[1].Delay != 72*hour || !versions[2].Plan[0].On || versions[1].Plan[0].On {
			t.Errorf("%+v", versions)
		}
	})
}

func TestWhoGoesWithoutIsWrittenDownAndGetsNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("followup.holdout", "50")
		s.set("followup.floors", "0")
		for i := range 16 {
			s.leaves(s.account(fmt.Sprintf("p%d@example.com", i), nil), monday)
		}
		s.orders("late@example.com", nil, nil, monday)
		for day := 1; day < 9; day++ {
			s.sweep(monday.Add(time.Duration(day) * 24 * hour))
		}
		sides := map[string]string{}
		for _, row := range s.decisions() {
			sides[row.Email] += string(row.State) + row.Reason + " "
		}
		held := 0
		for email, got := range sides {
			if got != "withheldholdout " && got != "sent sent " {
				t.Errorf("%s: %s", email, got)
			}
			if strings.Contains(got, "holdout") {
				held++
			}
		}
		if len(sides) != 16 || held == 0 || held == 16 || len(s.mails()) != 2*(16-held) {
			t.Errorf("%d of %d go without, %d mails", held, len(sides), len(s.mails()))
		}
		var arms int
		s.must(d.Query(ctx).Raw("SELECT count(*) FROM followup_arms").Scan(&arms).Error)
		if arms != 16 {
			t.Errorf("%d of 16 are counted", arms)
		}
	})
}

// A price that moved since is told in the mail, beside the one they saw.
func TestAReminderTellsOfAPriceThatMoved(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.leavesOne("BOTTLE", s.account("ann@home.example", nil))
		s.tx(func(tx *db.Tx) error {
			return catalog.SetPrice(ctx, tx, s.variants["BOTTLE"], "USD", 1490, 0, monday.Add(hour))
		})
		if n := s.sweep(monday.Add(25 * hour)); n != 1 {
			t.Fatalf("%d mails", n)
		}
		text := s.mails()[0].Text
		for _, want := range []string{"$14.90", "one was $12.50 when you last looked"} {
			if !strings.Contains(text, want) {
				t.Errorf("the mail says no %q:\n%s", want, text)
			}
		}
	})
}

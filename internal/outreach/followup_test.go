package outreach_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/outreach"
)

func TestCartLeftBehindGetsExactlyOneMail(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("followup.delays", "24h")
		s.leaves(s.account("chen@example.com", nil), monday)
		if n := s.sweep(monday.Add(23 * hour)); n != 0 || len(s.decisions()) != 0 {
			t.Fatalf("%d mails before the delay was over", n)
		}
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() { s.sweep(monday.Add(24 * hour)) })
		}
		wg.Wait()
		for later := 25 * hour; later < 28*24*hour; later += 24 * hour {
			s.sweep(monday.Add(later))
		}
		mails := s.mails()
		if len(mails) != 1 {
			t.Fatalf("%d mails went out", len(mails))
		}
		s.decided(outreach.Sent, "")
		m := mails[0]
		for _, want := range []string{"2 × Calm BOTTLE, $25.00", "Willowmere, 1 Bank Street, Riverside", "simulated", "Chen Yu"} {
			if !strings.Contains(m.Text, want) || !strings.Contains(m.HTML, want) {
				t.Errorf("%q is not in both twins:\n%s\n%s", want, m.Text, m.HTML)
			}
		}
		if m.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" || m.Header.Get("List-Unsubscribe") != "<https://shop.example/u/"+link(t, m.Text, "/u/")+">" {
			t.Errorf("headers %v", m.Header)
		}
		if strings.Contains(m.HTML, "<img") || strings.Contains(m.HTML, "src=") {
			t.Error("the mail loads something")
		}
	})
}

func TestSecondStepFollowsOnlyASentFirst(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("followup.floors", "0; 25")
		s.leaves(s.account("chen@example.com", nil), monday)
		s.leaves(s.account("no@example.com", func(f *customer.SignUpForm) { f.MailCart = false }), monday)
		for day := 1; day < 20; day++ {
			s.sweep(monday.Add(time.Duration(day) * 24 * hour))
		}
		if n := len(s.mails()); n != 2 {
			t.Errorf("delays of 24 h and 72 h sent %d mails", n)
		}
		refused := 0
		for _, decision := range s.decisions() {
			if decision.Email == "no@example.com" {
				refused++
				if decision.State != outreach.Withheld || decision.Reason != "no-consent" {
					t.Errorf("decided %s %s", decision.State, decision.Reason)
				}
			}
		}
		if refused != 1 {
			t.Errorf("%d decisions about somebody who never said yes", refused)
		}
	})
}

// Each story leaves a cart on Monday at ten, and something happens before the
// sweep a day later.
func TestWhatStopsAReminder(t *testing.T) {
	for name, story := range map[string]struct {
		reason string
		happen func(s *shop, p *customer.Person, c *cart.Cart)
	}{
		"the cart was ordered": {"", func(s *shop, p *customer.Person, c *cart.Cart) {
			s.orders("chen@example.com", c, &p.Customer.ID, monday.Add(hour))
		}},
		"another order by the same account": {"ordered", func(s *shop, p *customer.Person, _ *cart.Cart) {
			s.orders("other@example.com", nil, &p.Customer.ID, monday.Add(hour))
		}},
		"a guest's order by the same address": {"ordered", func(s *shop, _ *customer.Person, _ *cart.Cart) {
			s.orders("CHEN@example.com", nil, nil, monday.Add(hour))
		}},
		"consent was taken back": {"no-consent", func(s *shop, p *customer.Person, _ *cart.Cart) {
			s.tx(func(tx *db.Tx) error {
				return customer.SetConsent(ctx, tx, p.Customer.ID, customer.MailCart, false, "preferences", monday.Add(hour))
			})
		}},
		"the address is dead": {"dead", func(s *shop, p *customer.Person, _ *cart.Cart) {
			s.tx(func(tx *db.Tx) error { return customer.SetContact(ctx, tx, p.Customer.ID, "dead", monday) })
		}},
		"nothing is sold any more": {"nothing-to-buy", func(s *shop, _ *customer.Person, _ *cart.Cart) {
			s.tx(func(tx *db.Tx) error { return catalog.Publish(ctx, tx, 1, false, monday) })
		}},
		"the address asked to stop": {"suppressed", func(s *shop, _ *customer.Person, _ *cart.Cart) {
			s.tx(func(tx *db.Tx) error {
				return tx.Query(ctx).Exec("INSERT INTO suppressions (email_key, purpose, reason, at) VALUES ('chen@example.com', 'mail.cart', 'complaint', 5)").Error
			})
		}},
		"a newer cart in another browser": {"newer-cart", func(s *shop, _ *customer.Person, _ *cart.Cart) {
			c := s.leaves(s.guest(), monday.Add(hour))
			s.tx(func(tx *db.Tx) error {
				return cart.NoteContact(ctx, tx, c.ID, "Chen@example.com", false, monday.Add(hour))
			})
		}},
		"the cart was emptied": {"", func(s *shop, _ *customer.Person, c *cart.Cart) {
			s.tx(func(tx *db.Tx) error {
				lines, err := cart.Lines(ctx, tx, c.ID)
				if err != nil {
					return err
				}
				return cart.Set(ctx, tx, c.ID, lines[0].Token, 0, monday.Add(time.Minute))
			})
		}},
		"the account was erased": {"", func(s *shop, p *customer.Person, _ *cart.Cart) {
			s.tx(func(tx *db.Tx) error { return customer.Erase(ctx, tx, p.Customer.ID, monday) })
		}},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				s := open(t, d)
				p := s.account("chen@example.com", nil)
				c := s.leaves(p, monday)
				story.happen(s, p, c)
				if n := s.sweep(monday.Add(24*hour + time.Minute)); n != 0 || len(s.mails()) != 0 {
					t.Fatalf("%d mails went out", n)
				}
				if story.reason == "" { // such a cart is not even looked at
					return
				}
				for _, decision := range s.decisions() {
					if decision.CartID == c.ID && (decision.State != outreach.Withheld || decision.Reason != story.reason) {
						t.Errorf("decided %s %q", decision.State, decision.Reason)
					}
				}
				if len(s.decisions()) == 0 {
					t.Error("the silence was not noted")
				}
			})
		})
	}
}

func TestGuestIsMailedOnlyAboutTheCartTheyTicked(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.leaves(s.guest(), monday) // nobody knows an address
		ticked, plain := s.leaves(s.guest(), monday), s.leaves(s.guest(), monday)
		owned := s.leaves(s.guest(), monday)
		s.account("said-no@example.com", func(f *customer.SignUpForm) { f.MailCart = false })
		s.tx(func(tx *db.Tx) error {
			said, err := customer.ByEmail(ctx, tx, "said-no@example.com")
			if err != nil {
				return err
			}
			return errors.Join(cart.NoteContact(ctx, tx, ticked.ID, "ann@example.com", true, monday),
				cart.NoteContact(ctx, tx, plain.ID, "bob@example.com", false, monday),
				cart.NoteContact(ctx, tx, owned.ID, "said-no@example.com", true, monday),
				customer.SetConsent(ctx, tx, said.ID, customer.MailCart, false, "preferences", monday))
		})
		unsure := s.leaves(s.guest(), monday)
		s.tx(func(tx *db.Tx) error {
			return cart.NoteContact(ctx, tx, unsure.ID, "eve@example.com", true, monday)
		})
		s.confirmed("ann@example.com")
		if n := s.sweep(monday.Add(24 * hour)); n != 1 {
			t.Fatalf("%d mails", n)
		}
		reasons := map[string]string{}
		for _, decision := range s.decisions() {
			reasons[decision.Email] = string(decision.State) + " " + decision.Reason
		}
		want := map[string]string{"ann@example.com": "sent ", "bob@example.com": "withheld no-consent", "eve@example.com": "withheld unconfirmed", "said-no@example.com": "withheld refused"}
		if len(reasons) != len(want) {
			t.Errorf("decisions %v", reasons)
		}
		for email, w := range want {
			if reasons[email] != w {
				t.Errorf("%s: %q, want %q", email, reasons[email], w)
			}
		}
	})
}

func TestSimulatedPeopleGetNoMail(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.leaves(s.account("sim@sim.example", func(f *customer.SignUpForm) { f.Simulated = true }), monday)
		s.sweep(monday.Add(25 * hour))
		if row := s.decided(outreach.Withheld, "simulated"); !row.Simulated || len(s.mails()) != 0 {
			t.Errorf("%+v", row)
		}
	})
}

func TestNightIsKeptInThePersonsOwnZone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		// Ten in the morning in UTC is six in the evening in Shanghai; 14 h later it is eight there.
		p := s.account("chen@example.com", func(f *customer.SignUpForm) { f.Zone = "Asia/Shanghai" })
		s.leaves(p, monday.Add(14*hour))
		s.sweep(monday.Add(38 * hour))
		row := s.decided(outreach.Deferred, "quiet-hours")
		if want := time.Date(2026, 3, 4, 1, 0, 0, 0, time.UTC); !row.DueAt.Equal(want) {
			t.Fatalf("put off until %v, want %v", row.DueAt, want)
		}
		if n := s.sweep(row.DueAt.Add(-time.Minute)); n != 0 {
			t.Error("sent in the night")
		}
		if n := s.sweep(row.DueAt.Time); n != 1 {
			t.Error("not sent when the day began")
		}
		s.decided(outreach.Sent, "")
	})
}

func TestOneMailADayHoweverManyCarts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("followup.delays", "1h")
		s.set("quiet.hours", "off")
		p := s.account("chen@example.com", nil)
		c := s.leaves(p, monday)
		s.sweep(monday.Add(hour))
		// They come back, add something and leave again.
		s.tx(func(tx *db.Tx) error { return cart.Add(ctx, tx, c.ID, s.variants["BIB"], 1, monday.Add(2*hour)) })
		s.sweep(monday.Add(3 * hour))
		row := s.decided(outreach.Deferred, "cap-day")
		if late := row.DueAt.Sub(monday.Add(25 * hour)); late < 0 || late > time.Minute {
			t.Errorf("put off until %v", row.DueAt)
		}
		if n := s.sweep(row.DueAt.Add(time.Second)); n != 1 {
			t.Error("not sent a day after the first")
		}
		s.tx(func(tx *db.Tx) error { return cart.Add(ctx, tx, c.ID, s.variants["BIB"], 1, monday.Add(30*hour)) })
		s.sweep(monday.Add(60 * hour))
		if row := s.decided(outreach.Deferred, "cap-week"); row.DueAt.Before(monday.Add(7 * 24 * hour)) {
			t.Errorf("third mail of the week at %v", row.DueAt)
		}
	})
}

func TestRestoreLinkWorksOnceAndTellsNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		left := s.leaves(s.account("chen@example.com", nil), monday)
		s.sweep(monday.Add(24 * hour))
		token := link(t, s.mails()[0].Text, "/r/")
		now := monday.Add(26 * hour)
		for range 3 { // scanners open every link
			view, err := outreach.RestorePreview(ctx, d, token, now)
			s.must(err)
			if view.Cart != nil || len(view.Items) != 1 || view.Count != 2 || view.Items[0].Line.Token != "" {
				t.Fatalf("preview %+v", view)
			}
		}
		if c, _ := cart.ByID(ctx, d, left.ID); c.Version != left.Version || c.ActiveAt != left.ActiveAt {
			t.Fatal("looking changed the cart")
		}
		restore := func(p *customer.Person, token string, at time.Time) (c *cart.Cart, err error) {
			err = d.InTx(ctx, func(tx *db.Tx) (err error) {
				c, _, err = outreach.Restore(ctx, tx, token, p, "USD", i18n.English, "phone", at)
				return err
			})
			return c, err
		}
		stranger := s.guest()
		for _, forged := range []string{"", "x", token + "a", strings.ToLower(token)} {
			if _, err := restore(stranger, forged, now); !errors.Is(err, fault.NotFound) {
				t.Errorf("token %q: %v", forged, err)
			}
		}
		if _, err := restore(stranger, token, now.Add(8*24*hour)); !errors.Is(err, fault.NotFound) {
			t.Errorf("after a week: %v", err)
		}
		c, err := restore(stranger, token, now)
		s.must(err)
		if c.ID == left.ID || c.CustomerID != nil {
			t.Error("the link opened somebody's own cart")
		}
		steps, err := cart.Steps(ctx, d, c.ID)
		s.must(err)
		if lines, _ := cart.Lines(ctx, d, c.ID); len(lines) != 1 || lines[0].Qty != 2 || steps[len(steps)-1].Kind != cart.StepRestored {
			t.Errorf("restored %v, steps %v", lines, steps)
		}
		if _, err := restore(stranger, token, now); !errors.Is(err, fault.NotFound) {
			t.Errorf("twice: %v", err)
		}
		if _, err := outreach.RestorePreview(ctx, d, token, now); !errors.Is(err, fault.NotFound) {
			t.Errorf("preview of a spent link: %v", err)
		}
		var kept int
		s.must(d.Query(ctx).Raw("SELECT count(*) FROM mail_links WHERE hash = ?", token).Scan(&kept).Error)
		if kept != 0 {
			t.Error("the token itself is stored")
		}
	})
}

func TestUnsubscribingStopsWhatIsAlreadyWaiting(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("followup.delays", "1h")
		s.set("quiet.hours", "off")
		p := s.account("chen@example.com", nil)
		c := s.leaves(p, monday)
		s.sweep(monday.Add(hour))
		text := s.mails()[0].Text
		token := link(t, text, "/u/")
		s.tx(func(tx *db.Tx) error { return cart.Add(ctx, tx, c.ID, s.variants["BIB"], 1, monday.Add(2*hour)) })
		s.sweep(monday.Add(4 * hour))
		s.decided(outreach.Deferred, "cap-day")

		seen, err := outreach.UnsubscribePreview(ctx, d, token)
		s.must(err)
		if seen.Stopped || seen.Address != "c…@example.com" {
			t.Errorf("preview %+v", seen)
		}
		for i := range 3 {
			s.tx(func(tx *db.Tx) error {
				left, err := outreach.Unsubscribe(ctx, tx, token, false, monday.Add(time.Duration(5+i)*hour))
				if err == nil && !left.Stopped {
					t.Error("not stopped")
				}
				return err
			})
		}
		if err := d.InTx(ctx, func(tx *db.Tx) error { _, err := outreach.Unsubscribe(ctx, tx, "forged", false, monday); return err }); !errors.Is(err, fault.NotFound) {
			t.Errorf("forged: %v", err)
		}
		if n := s.sweep(monday.Add(30 * hour)); n != 0 {
			t.Fatal("mailed after the stop")
		}
		s.decided(outreach.Withheld, "suppressed")
		log, err := customer.ConsentLog(ctx, d, p.Customer.ID)
		s.must(err)
		if last := log[len(log)-1]; last.Given || last.Source != "mail link" || len(log) != 3 {
			t.Errorf("consent log %+v", log)
		}
		if _, err := outreach.RestorePreview(ctx, d, link(t, text, "/r/"), monday.Add(6*hour)); !errors.Is(err, fault.NotFound) {
			t.Errorf("restore link outlived the permission: %v", err)
		}

		// A guest's tick with the same address is refused too; the owner's own
		// later choice on the preference page is not.
		g := s.leaves(s.guest(), monday.Add(40*hour))
		s.tx(func(tx *db.Tx) error {
			return cart.NoteContact(ctx, tx, g.ID, "chen@example.com", true, monday.Add(40*hour))
		})
		if n := s.sweep(monday.Add(42 * hour)); n != 0 {
			t.Error("a guest's tick undid the stop")
		}
		s.tx(func(tx *db.Tx) error {
			return errors.Join(customer.SetConsent(ctx, tx, p.Customer.ID, customer.MailCart, true, "preferences", monday.Add(50*hour)),
				cart.Add(ctx, tx, c.ID, s.variants["BIB"], 1, monday.Add(50*hour)))
		})
		s.tx(func(tx *db.Tx) error {
			return customer.ConfirmWaiting(ctx, tx, p.Customer.ID, "link", monday.Add(50*hour+1))
		})
		if n := s.sweep(monday.Add(52 * hour)); n != 1 {
			t.Error("the owner's own later yes does not count")
		}
	})
}

func TestTwoCartsOfOneAddressAreOneMail(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		for range 3 {
			c := s.leaves(s.guest(), monday)
			s.tx(func(tx *db.Tx) error { return cart.NoteContact(ctx, tx, c.ID, "ann@example.com", true, monday) })
		}
		s.confirmed("ann@example.com")
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() { s.sweep(monday.Add(24 * hour)) })
		}
		wg.Wait()
		if n := len(s.mails()); n != 1 {
			t.Errorf("%d mails", n)
		}
		states := map[outreach.State]int{}
		for _, decision := range s.decisions() {
			states[decision.State]++
		}
		if states[outreach.Sent] != 1 || states[outreach.Deferred] != 2 {
			t.Errorf("decisions %v", states)
		}
	})
}

func TestMailUnderWayInACrashIsNeverSentAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.leaves(s.account("chen@example.com", nil), monday)
		s.desk.Mailer = crash{}
		func() {
			defer func() { recover() }()
			s.sweep(monday.Add(24 * hour))
		}()
		s.decided(outreach.Claimed, "")
		s.desk.Mailer = &outreach.Folder{Dir: s.folder}
		for day := 1; day < 10; day++ {
			if n := s.sweep(monday.Add(time.Duration(day) * 25 * hour)); n != 0 {
				t.Fatal("sent after the crash")
			}
		}
		s.decided(outreach.Failed, "unknown-outcome")
	})
}

// crash is the process dying between the claim and the answer of the server.
type crash struct{}

func (crash) Send(context.Context, outreach.Mail) error { runtime.Goexit(); return nil }

func TestMailWithoutAClassCannotBeSent(t *testing.T) {
	s := open(t, dbtest.SQLite(t))
	s.tx(func(tx *db.Tx) error {
		if _, err := s.desk.Decide(ctx, tx, outreach.Candidate{Email: "ann@example.com"}, monday); err == nil {
			t.Error("a mail of no class passed the gate")
		}
		// Without a cart and an account nobody has agreed to anything.
		got, err := s.desk.Decide(ctx, tx, outreach.Candidate{Class: outreach.Marketing, Purpose: customer.MailOffers, Email: "ann@example.com"}, monday)
		if got.Verdict != outreach.Withhold || got.Reason != "no-consent" {
			t.Errorf("decided %+v", got)
		}
		return err
	})
}

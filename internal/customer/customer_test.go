package customer_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/event"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
)

func inTx(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.InTx(ctx, fn); err != nil {
		t.Fatal(err)
	}
}

func signUp(t *testing.T, d *db.DB, f customer.SignUpForm) *customer.Customer {
	t.Helper()
	var c *customer.Customer
	inTx(t, d, func(tx *db.Tx) (err error) {
		c, err = customer.SignUp(ctx, tx, f, now)
		return err
	})
	return c
}

func count(t *testing.T, d *db.DB, sql string, args ...any) int {
	t.Helper()
	var n int
	if err := d.Query(ctx).Raw(sql, args...).Scan(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOneAddressIsOneAccountHoweverManySignUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var made, taken atomic.Int32
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				email := "Chen@Shop.example"
				if i%2 == 0 {
					email = "  chen@shop.EXAMPLE "
				}
				err := d.InTx(ctx, func(tx *db.Tx) error {
					_, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: email, PasswordHash: "x", Personalize: true}, now)
					return err
				})
				switch {
				case err == nil:
					made.Add(1)
				case errors.Is(err, fault.Conflict):
					taken.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if made.Load() != 1 || taken.Load() != 19 || count(t, d, "SELECT count(*) FROM customers") != 1 || count(t, d, "SELECT count(*) FROM consent_log") != 1 {
			t.Errorf("20 sign-ups made %d accounts, %d were told it is taken", made.Load(), taken.Load())
		}
	})
}

func TestSignInTellsNobodyWhoHasAnAccount(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := customer.NewHasher()
		hash, err := h.Hash(ctx, "three blue kettles")
		if err != nil {
			t.Fatal(err)
		}
		c := signUp(t, d, customer.SignUpForm{Email: "li@shop.example", PasswordHash: hash})
		signUp(t, d, customer.SignUpForm{Email: "imported@shop.example", Imported: true})
		got, err := customer.SignIn(ctx, d, h, "LI@shop.example", "three blue kettles", now)
		if err != nil || got.ID != c.ID {
			t.Fatalf("right password: %v, %v", got, err)
		}
		var words []string
		for _, try := range [][2]string{{"li@shop.example", "wrong"}, {"nobody@shop.example", "three blue kettles"}, {"imported@shop.example", ""}, {"", ""}} {
			_, err := customer.SignIn(ctx, d, h, try[0], try[1], now)
			if !errors.Is(err, fault.Invalid) {
				t.Errorf("%q with %q: %v", try[0], try[1], err)
				continue
			}
			words = append(words, err.Error())
		}
		for _, w := range words {
			if w != words[0] {
				t.Errorf("two answers where there must be one: %q and %q", words[0], w)
			}
		}
	})
}

func TestTenWrongPasswordsCloseTheDoorForAWhile(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := customer.NewHasher()
		hash, _ := h.Hash(ctx, "three blue kettles")
		signUp(t, d, customer.SignUpForm{Email: "li@shop.example", PasswordHash: hash})
		in := func(password, from string, at time.Time) error {
			_, err := customer.SignInFrom(ctx, d, h, "li@shop.example", password, from, at)
			return err
		}
		for range 3 { // right ones are not counted
			if err := in("three blue kettles", "10.0.0.9", now); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 10 {
			if err := in("guess", "10.0.0.1", now); !errors.Is(err, fault.Invalid) {
				t.Fatalf("guess %d: %v", i, err)
			}
		}
		if err := in("three blue kettles", "10.0.0.2", now); !errors.Is(err, fault.TooMany) {
			t.Errorf("the account is not closed to another address: %v", err)
		}
		if _, err := customer.SignInFrom(ctx, d, h, "other@shop.example", "guess", "10.0.0.1", now); !errors.Is(err, fault.TooMany) {
			t.Errorf("the guessing address may try another account: %v", err)
		}
		if err := in("three blue kettles", "10.0.0.2", now.Add(15*time.Minute)); err != nil {
			t.Errorf("after the window: %v", err)
		}
	})
}

func TestLimitHoldsWhenManyTryAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var allowed atomic.Int32
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(func() {
				ok, retry, err := customer.Try(ctx, d, "coupon:1.2.3.4", 10, time.Hour, now.Add(20*time.Minute))
				if err != nil {
					t.Error(err)
				}
				if ok {
					allowed.Add(1)
				} else if retry != 40*time.Minute {
					t.Errorf("told to come back in %v, the hour ends in 40 minutes", retry)
				}
			})
		}
		wg.Wait()
		if allowed.Load() != 10 {
			t.Errorf("%d of 40 tries were allowed, the limit is 10", allowed.Load())
		}
		var gone int64
		inTx(t, d, func(tx *db.Tx) (err error) {
			gone, err = customer.Sweep(ctx, tx, now.Add(2*time.Hour))
			return err
		})
		if gone != 1 || count(t, d, "SELECT count(*) FROM attempts") != 0 {
			t.Errorf("swept %d rows", gone)
		}
	})
}

func TestALinkIsSpentOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := signUp(t, d, customer.SignUpForm{Email: "li@shop.example", PasswordHash: "old"})
		issue := func(purpose, value string) (token string) {
			inTx(t, d, func(tx *db.Tx) (err error) {
				token, err = customer.Issue(ctx, tx, c.ID, purpose, value, time.Hour, now)
				return err
			})
			return token
		}
		token := issue(customer.PurposeReset, "")
		var spent atomic.Int32
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				err := d.InTx(ctx, func(tx *db.Tx) error {
					_, err := customer.ResetPassword(ctx, tx, token, "new", now)
					return err
				})
				if err == nil {
					spent.Add(1)
				} else if !errors.Is(err, fault.NotFound) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		after, err := customer.ByID(ctx, d, c.ID)
		if err != nil || spent.Load() != 1 || after.PasswordHash != "new" || after.Epoch != c.Epoch+1 || !after.Verified() {
			t.Errorf("10 clicks on one link: %d worked, account %+v, %v", spent.Load(), after, err)
		}

		older := issue(customer.PurposeReset, "")
		verify := issue(customer.PurposeVerify, "li@shop.example")
		newest := issue(customer.PurposeReset, "")
		for name, try := range map[string]struct {
			token, purpose string
			at             time.Time
		}{
			"an older link":             {older, customer.PurposeReset, now},
			"a link of another purpose": {verify, customer.PurposeReset, now},
			"a forged link":             {"AAAAAAAAAAAAAAAAAAAAAA", customer.PurposeReset, now},
			"a link past its time":      {newest, customer.PurposeReset, now.Add(time.Hour)},
		} {
			err := d.InTx(ctx, func(tx *db.Tx) error {
				_, err := customer.Spend(ctx, tx, try.token, try.purpose, try.at)
				return err
			})
			if !errors.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if ok, err := customer.Peek(ctx, d, newest, customer.PurposeReset, now); !ok || err != nil {
			t.Errorf("looking at a link must not spend it: %v %v", ok, err)
		}
	})
}

func TestAChangedAddressIsTheNewOnesAlone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := signUp(t, d, customer.SignUpForm{Email: "old@shop.example", PasswordHash: "x"})
		var change, reset string
		inTx(t, d, func(tx *db.Tx) (err error) {
			if change, err = customer.Issue(ctx, tx, c.ID, customer.PurposeChangeEmail, "New@shop.example", time.Hour, now); err != nil {
				return err
			}
			reset, err = customer.Issue(ctx, tx, c.ID, customer.PurposeReset, "", time.Hour, now)
			return err
		})
		other := signUp(t, d, customer.SignUpForm{Email: "new@shop.example"})
		move := func() error {
			return d.InTx(ctx, func(tx *db.Tx) error {
				_, err := customer.ChangeEmail(ctx, tx, change, now)
				return err
			})
		}
		if err := move(); !errors.Is(err, fault.Conflict) {
			t.Fatalf("an address that somebody took meanwhile: %v", err)
		}
		inTx(t, d, func(tx *db.Tx) error { return customer.Erase(ctx, tx, other.ID, now) })
		if err := move(); err != nil {
			t.Fatal(err)
		}
		got, err := customer.ByEmail(ctx, d, "new@shop.example")
		if err != nil || got.ID != c.ID || !got.Verified() || got.Epoch != c.Epoch+1 {
			t.Errorf("after the change: %+v, %v", got, err)
		}
		if ok, _ := customer.Peek(ctx, d, reset, customer.PurposeReset, now); ok {
			t.Error("a reset link mailed to the old address still works")
		}
	})
}

func TestConsentAndItsHistoryAgree(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := signUp(t, d, customer.SignUpForm{Email: "li@shop.example", MailCart: true})
		for i, given := range []bool{true, false, false, true, false} {
			inTx(t, d, func(tx *db.Tx) error {
				return customer.SetConsent(ctx, tx, c.ID, customer.MailCart, given, "preferences", now.Add(time.Duration(i)*time.Minute))
			})
		}
		log, err := customer.ConsentLog(ctx, d, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		var story []bool
		for _, l := range log {
			story = append(story, l.Given)
		}
		if len(story) != 4 || !story[0] || story[1] || !story[2] || story[3] {
			t.Errorf("history %v, want yes no yes no: saying the same again adds nothing", story)
		}
		given, err := customer.Consents(ctx, d, c.ID)
		if err != nil || given[customer.MailCart] || given[customer.MailCart] != log[len(log)-1].Given {
			t.Errorf("in force %v, last said %v, %v", given, log[len(log)-1].Given, err)
		}
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				if err := d.InTx(ctx, func(tx *db.Tx) error {
					return customer.SetConsent(ctx, tx, c.ID, customer.MailOffers, i%2 == 0, "preferences", now)
				}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := count(t, d, `SELECT count(*) FROM consents s JOIN consent_log l ON l.customer_id = s.customer_id AND l.purpose = s.purpose
			WHERE l.id = (SELECT max(id) FROM consent_log WHERE customer_id = s.customer_id AND purpose = s.purpose) AND l.given <> s.said`); n != 0 {
			t.Errorf("%d consents disagree with their history", n)
		}
		if err := d.InTx(ctx, func(tx *db.Tx) error {
			return customer.SetConsent(ctx, tx, c.ID, "everything", true, "x", now)
		}); !errors.Is(err, fault.Invalid) {
			t.Errorf("an unknown purpose: %v", err)
		}
	})
}

func TestMailNeedsConsentAndAnAddressThatTakesIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := signUp(t, d, customer.SignUpForm{Email: "kenji@shop.example", MailCart: true, Verified: true})
		may := func(p customer.Purpose) bool {
			ok, err := customer.MayMail(ctx, d, c.ID, p)
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		if !may(customer.MailCart) || may(customer.MailOffers) {
			t.Error("only what was allowed may be mailed")
		}
		for _, state := range []string{"bouncing", "dead"} {
			inTx(t, d, func(tx *db.Tx) error { return customer.SetContact(ctx, tx, c.ID, state, now) })
			if may(customer.MailCart) {
				t.Errorf("mailed an address that is %s", state)
			}
		}
	})
}

func TestBehaviourJoinsTheAccountOnlyWithConsent(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		open := signUp(t, d, customer.SignUpForm{Email: "open@shop.example", Personalize: true})
		private := signUp(t, d, customer.SignUpForm{Email: "private@shop.example"})
		browse := func() *customer.Visitor {
			var v *customer.Visitor
			inTx(t, d, func(tx *db.Tx) (err error) {
				if _, v, err = customer.NewVisitor(ctx, tx, i18n.English, now); err != nil {
					return err
				}
				return event.Write(ctx, tx, []event.Event{{At: db.At(now), Kind: event.ItemSeen, VisitorID: int64(v.ID)}})
			})
			return v
		}
		join := func(v *customer.Visitor, c *customer.Customer) {
			inTx(t, d, func(tx *db.Tx) error { return customer.Join(ctx, tx, v.ID, c.ID, now) })
		}
		seen := func(c *customer.Customer) int {
			return count(t, d, "SELECT count(*) FROM events WHERE customer_id = ?", int64(c.ID))
		}
		v := browse()
		join(v, open)
		join(browse(), private)
		if seen(open) != 1 || seen(private) != 0 {
			t.Errorf("open has %d events, private %d; want 1 and 0", seen(open), seen(private))
		}
		// Somebody else at the same computer: what was looked at between the
		// two is nobody's to take.
		second := signUp(t, d, customer.SignUpForm{Email: "second@shop.example", Personalize: true})
		inTx(t, d, func(tx *db.Tx) error {
			return event.Write(ctx, tx, []event.Event{{At: db.At(now), Kind: event.ItemSeen, VisitorID: int64(v.ID)}})
		})
		join(v, second)
		if seen(second) != 0 {
			t.Error("the second person at a computer took over what the first had looked at")
		}
	})
}

func TestPersonIsAStrangerUntilAllowedOtherwise(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var token string
		var v *customer.Visitor
		inTx(t, d, func(tx *db.Tx) (err error) {
			token, v, err = customer.NewVisitor(ctx, tx, i18n.Chinese, now)
			return err
		})
		read := func(token string, id customer.ID) *customer.Person {
			p, err := customer.Read(ctx, d, token, id)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		check := func(what string, p *customer.Person, personal, history bool) {
			t.Helper()
			vid, cid := p.Tracked()
			if p.Personalized() != personal || p.MayUseHistory() != history || (vid != 0) != personal || cid != 0 && !personal {
				t.Errorf("%s: personalized %v, history %v, tracked %d %d", what, p.Personalized(), p.MayUseHistory(), vid, cid)
			}
		}
		check("nobody", nil, false, false)
		check("a forged token", read("AAAAAAAAAAAAAAAAAAAAAA", 0), false, false)
		check("a guest who chose nothing", read(token, 0), false, false)
		inTx(t, d, func(tx *db.Tx) error { return customer.SetVisitorPersonalize(ctx, tx, v.ID, true, now) })
		check("a guest who said yes", read(token, 0), true, false)
		c := signUp(t, d, customer.SignUpForm{Email: "li@shop.example", History: true})
		check("an account without personal pages, in that browser", read(token, c.ID), false, false)
		inTx(t, d, func(tx *db.Tx) error {
			return customer.SetConsent(ctx, tx, c.ID, customer.Personalize, true, "preferences", now)
		})
		check("an account that allows both", read(token, c.ID), true, true)
		if p := read(token, 4711); p.SignedIn() || p.VisitorID() != v.ID {
			t.Error("an account that does not exist must read as a guest")
		}
	})
}

package customer_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
)

func mayMail(t *testing.T, d *db.DB, id customer.ID, p customer.Purpose) bool {
	t.Helper()
	ok, err := customer.MayMail(ctx, d, id, p)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func say(t *testing.T, d *db.DB, id customer.ID, p customer.Purpose, given bool, at time.Time) {
	t.Helper()
	inTx(t, d, func(tx *db.Tx) error {
		return customer.Say(ctx, tx, id, customer.Saying{Purpose: p, Given: given, Source: "preferences", Signed: true}, at)
	})
}

func whole(t *testing.T, d *db.DB) {
	t.Helper()
	for name, ask := range map[string]func() ([]string, error){
		"chain": func() ([]string, error) { return customer.Unchained(ctx, d) },
		"copy":  func() ([]string, error) { return customer.Miscopied(ctx, d) },
	} {
		if wrong, err := ask(); err != nil || len(wrong) != 0 {
			t.Errorf("%s: %v %v", name, wrong, err)
		}
	}
}

func TestAYesToMailsCountsOnceItsLinkIsConfirmed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := signUp(t, d, customer.SignUpForm{Email: "li@shop.example", Personalize: true, MailCart: true, MailOffers: true})
		if mayMail(t, d, c.ID, customer.MailCart) {
			t.Error("a tick alone counts")
		}
		p, err := customer.Read(ctx, d, "", c.ID)
		if err != nil || !p.Personalized() {
			t.Errorf("personal pages wait for a mail: %v", err)
		}
		waiting, _ := customer.Waiting(ctx, d, c.ID)
		if !slices.Equal(waiting, []customer.Purpose{customer.MailCart, customer.MailOffers}) {
			t.Errorf("waiting: %v", waiting)
		}
		ask := func(at time.Time) (token string) {
			inTx(t, d, func(tx *db.Tx) (err error) {
				token, err = customer.AskToConfirm(ctx, tx, customer.Ask{CustomerID: &c.ID, EmailKey: c.EmailKey, Purposes: waiting, Source: "preferences"}, at)
				return err
			})
			return token
		}
		first, second := ask(now), ask(now.Add(time.Minute))
		if _, err := customer.PeekAsk(ctx, d, first, now.Add(2*time.Minute)); !errors.Is(err, fault.NotFound) {
			t.Errorf("the older link still works: %v", err)
		}
		for range 3 { // looking confirms nothing
			if _, err := customer.PeekAsk(ctx, d, second, now.Add(2*time.Minute)); err != nil || mayMail(t, d, c.ID, customer.MailCart) {
				t.Fatalf("looking at a link: %v", err)
			}
		}
		// One of the two is taken back before the link is followed.
		say(t, d, c.ID, customer.MailOffers, false, now.Add(3*time.Minute))
		spend := func(token string, at time.Time) error {
			return d.InTx(ctx, func(tx *db.Tx) error { _, err := customer.Confirm(ctx, tx, token, at); return err })
		}
		if err := spend(second, now.Add(customer.ConfirmFor+2*time.Minute)); !errors.Is(err, fault.NotFound) {
			t.Errorf("a link that is over: %v", err)
		}
		if err := spend(second, now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if err := spend(second, now.Add(time.Hour)); !errors.Is(err, fault.NotFound) {
			t.Errorf("a spent link: %v", err)
		}
		if !mayMail(t, d, c.ID, customer.MailCart) || mayMail(t, d, c.ID, customer.MailOffers) {
			t.Error("exactly what was confirmed and not taken back counts")
		}
		if k, _ := customer.ByID(ctx, d, c.ID); !k.Verified() {
			t.Error("whoever followed the link proved the address")
		}
		third, fourth := ask(now.Add(2*time.Hour)), ask(now.Add(3*time.Hour))
		if third == "" || fourth != "" {
			t.Error("an address is asked three times a day, no more")
		}
		// Taken back and said again, it waits again.
		say(t, d, c.ID, customer.MailCart, false, now.Add(4*time.Hour))
		say(t, d, c.ID, customer.MailCart, true, now.Add(5*time.Hour))
		if mayMail(t, d, c.ID, customer.MailCart) {
			t.Error("an old link counts for a new yes")
		}
		chain, head, err := customer.Ledger(ctx, d, c.ID)
		var story []string
		for _, e := range chain {
			if e.Purpose == customer.MailCart {
				story = append(story, e.Act+" "+e.Method)
			}
			if words, _ := customer.Words(ctx, d, []string{e.Wording}); words[e.Wording].En == "" || words[e.Wording].Zh == "" || e.Channel == "" || e.Lang == "" {
				t.Errorf("entry %d does not say what was shown: %+v", e.Seq, e)
			}
		}
		if err != nil || strings.Join(story, ", ") != "given tick, confirmed mail link, withdrawn tick, given tick" || head != chain[len(chain)-1].Hash {
			t.Errorf("%v, head %s: %v", story, head, err)
		}
		whole(t, d)
	})
}

func TestAPackIsDecidedByAnOwnerAndCountsAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		at := signUp(t, d, customer.SignUpForm{Email: "at@shop.example", Country: "AT", Verified: true})
		us := signUp(t, d, customer.SignUpForm{Email: "us@shop.example", Country: "US"})
		say(t, d, at.ID, customer.MailOffers, true, now)
		say(t, d, us.ID, customer.MailOffers, true, now)
		decide := func(country string, pack customer.Pack, reason string) error {
			return d.InTx(ctx, func(tx *db.Tx) error {
				return customer.DecidePack(ctx, tx, customer.PackDecision{Country: country, Pack: pack, Reason: reason, StaffID: 1}, now)
			})
		}
		check := func(what string, wantAT, wantUS bool) {
			t.Helper()
			if a, u := mayMail(t, d, at.ID, customer.MailOffers), mayMail(t, d, us.ID, customer.MailOffers); a != wantAT || u != wantUS {
				t.Errorf("%s: AT %v, US %v", what, a, u)
			}
			whole(t, d)
		}
		check("as the shop comes", false, false)
		if err := decide("US", customer.PackSingle, "no"); len(fault.Fields(err)) != 1 {
			t.Errorf("without a reason: %v", err)
		}
		if err := decide("USA", "loose", "counsel said so in May"); len(fault.Fields(err)) != 2 {
			t.Errorf("no such country and pack: %v", err)
		}
		if err := errors.Join(decide("us", customer.PackSingle, "counsel said so in May"), decide("", customer.PackAccount, "accounts are proved by link")); err != nil {
			t.Fatal(err)
		}
		check("looser", true, true) // AT: signed in with a proved address
		inTx(t, d, func(tx *db.Tx) error { return customer.SetLocale(ctx, tx, us.ID, "en", "", "DE", "", now) })
		check("moved to another country", true, false)
		if err := decide("", customer.PackStrict, "the authority wrote to us"); err != nil {
			t.Fatal(err)
		}
		check("strict again", false, false)
	})
}

func TestTheLedgerIsOnlyAddedToAndNotesWhatWasTouched(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := signUp(t, d, customer.SignUpForm{Email: "li@shop.example", Personalize: true, History: true, MailCart: true, Verified: true})
		signUp(t, d, customer.SignUpForm{Email: "bo@shop.example", Personalize: true})
		say(t, d, c.ID, customer.MailCart, false, now.Add(time.Hour))
		whole(t, d)
		for _, sql := range []string{"UPDATE consent_log SET source = 'elsewhere'", "DELETE FROM consent_log", "UPDATE consent_log SET given = TRUE WHERE act = 'withdrawn'"} {
			if err := d.InTx(ctx, func(tx *db.Tx) error { return tx.Query(ctx).Exec(sql).Error }); err == nil {
				t.Errorf("the database let it happen: %s", sql)
			}
		}
		// Somebody with the right to take the guard away.
		open := []string{"DROP TRIGGER consent_log_kept ON consent_log", "DROP TRIGGER consent_log_whole ON consent_log"}
		if d.Embedded() {
			open = []string{"DROP TRIGGER consent_log_unchanged", "DROP TRIGGER consent_log_kept"}
		}
		id := int64(c.ID)
		for what, part := range map[string]struct {
			sql  []string
			find func() ([]string, error)
		}{
			"altered":  {[]string{"UPDATE consent_log SET source = 'elsewhere' WHERE customer_id = ? AND seq = 2"}, nil},
			"removed":  {[]string{"DELETE FROM consent_log WHERE customer_id = ? AND seq = 2"}, nil},
			"cut off":  {[]string{"DELETE FROM consent_log WHERE customer_id = ? AND seq = 5"}, nil},
			"swapped":  {[]string{"UPDATE consent_log SET seq = 99 WHERE customer_id = ? AND seq = 1", "UPDATE consent_log SET seq = 1 WHERE customer_id = ? AND seq = 2", "UPDATE consent_log SET seq = 2 WHERE customer_id = ? AND seq = 99"}, nil},
			"slipped":  {[]string{"INSERT INTO consent_log (customer_id, purpose, given, source, at, seq, act, hash) VALUES (?, 'mail.offers', TRUE, 'x', 1, 6, 'given', 'feed')"}, nil},
			"unsealed": {[]string{"INSERT INTO consent_log (customer_id, purpose, given, source, at) VALUES (?, 'mail.offers', TRUE, 'x', 1)"}, nil},
			"the copy": {[]string{"UPDATE consents SET given = TRUE WHERE purpose = 'mail.cart' AND customer_id = ?"}, func() ([]string, error) { return nil, nil }},
		} {
			undone := errors.New("undone")
			err := d.InTx(ctx, func(tx *db.Tx) error {
				for _, sql := range open {
					if err := tx.Query(ctx).Exec(sql).Error; err != nil {
						return err
					}
				}
				for _, sql := range part.sql {
					if done := tx.Query(ctx).Exec(sql, id); done.Error != nil || done.RowsAffected != 1 {
						return fmt.Errorf("%s: %d rows: %w", sql, done.RowsAffected, done.Error)
					}
				}
				ask := customer.Unchained
				if part.find != nil {
					ask = customer.Miscopied
				}
				wrong, err := ask(ctx, tx)
				if err != nil {
					return err
				}
				if len(wrong) != 1 || !strings.HasPrefix(wrong[0], fmt.Sprintf("customer %d: ", id)) {
					t.Errorf("%s: %q", what, wrong)
				}
				return undone
			})
			if !errors.Is(err, undone) {
				t.Errorf("%s: %v", what, err)
			}
		}
		whole(t, d)
		// Erasing takes the whole chain of one person and breaks nobody else's.
		inTx(t, d, func(tx *db.Tx) error { return customer.Erase(ctx, tx, c.ID, now.Add(2*time.Hour)) })
		if n := count(t, d, "SELECT (SELECT count(*) FROM consent_log WHERE customer_id = ?) + (SELECT count(*) FROM consents WHERE customer_id = ?) + (SELECT count(*) FROM consent_heads WHERE customer_id = ?)", id, id, id); n != 0 {
			t.Errorf("%d rows of the ledger stayed", n)
		}
		whole(t, d)
	})
}

func TestWhatWasLoggedBeforeIsSealedOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		proved := signUp(t, d, customer.SignUpForm{Email: "li@shop.example", Verified: true})
		open := signUp(t, d, customer.SignUpForm{Email: "bo@shop.example"})
		for _, id := range []customer.ID{proved.ID, open.ID} {
			for i, given := range []bool{true, false, true} {
				inTx(t, d, func(tx *db.Tx) error {
					return tx.Query(ctx).Exec("INSERT INTO consent_log (customer_id, purpose, given, source, at) VALUES (?, 'mail.cart', ?, 'sign-up', ?)", int64(id), given, db.At(now.Add(time.Duration(i)*time.Hour))).Error
				})
			}
			inTx(t, d, func(tx *db.Tx) error {
				return errors.Join(tx.Query(ctx).Exec("INSERT INTO consents (customer_id, purpose, given, source, at) VALUES (?, 'mail.cart', TRUE, 'sign-up', ?)", int64(id), db.At(now)).Error)
			})
		}
		for i, want := range []int{2, 0} {
			if n, err := customer.Seal(ctx, d); err != nil || n != want {
				t.Errorf("time %d: %d sealed, %v", i+1, n, err)
			}
		}
		if n := count(t, d, "SELECT count(*) FROM consent_log WHERE customer_id = ?", int64(proved.ID)); n != 4 {
			t.Errorf("%d entries, want three and the confirmation", n)
		}
		if !mayMail(t, d, proved.ID, customer.MailCart) || mayMail(t, d, open.ID, customer.MailCart) {
			t.Error("an address proved by a link counts as confirmed, another waits")
		}
		whole(t, d)
	})
}

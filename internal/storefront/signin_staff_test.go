package storefront_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/outreach"
	"regulars/internal/shoptest"
	"regulars/internal/staff"
)

// Somebody who was added to the staff chooses a password by the link in a
// mail: once, within 48 hours, and only its newest.
func TestStaffChooseTheirPasswordByALink(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		var bo *staff.Staff
		link := func(mail bool) (token string) {
			s.Tx(func(ctx context.Context, tx *db.Tx) (err error) {
				if token, err = staff.Link(ctx, tx, bo.ID, outreach.LinkFor(outreach.StaffLink), s.Now()); err != nil || !mail {
					return err
				}
				return outreach.Enqueue(ctx, tx, outreach.AccountMail{Email: bo.Email, Template: outreach.StaffLink, Token: token, Lang: "en"}, s.Now())
			})
			return token
		}
		s.Tx(func(ctx context.Context, tx *db.Tx) (err error) {
			bo, err = staff.Invite(ctx, tx, "bo@shop.example", "Bo", staff.Support, s.Now())
			return err
		})
		if p := s.Browser().Post("/signin", "email", bo.Email, "password", ""); p.Status == http.StatusSeeOther {
			t.Fatal("an account without a password was entered")
		}
		old := link(false)
		link(true)
		s.RunJobs()
		b := s.Browser()
		if p := b.Get("/team/" + old); p.Status != http.StatusNotFound {
			t.Errorf("the older link: %d", p.Status)
		}
		mailed := letterTo(t, s, "bo@shop", "/team/")
		if p := b.Submit(b.Get(mailed), mailed, "password", "short"); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("a short password: %d", p.Status)
		}
		if p := b.Submit(b.Get(mailed), mailed, "password", "three words long"); p.Location != "/signin" {
			t.Errorf("a good one: %d %q", p.Status, p.Location)
		}
		if p := b.Get(mailed); p.Status != http.StatusNotFound {
			t.Errorf("the spent link: %d", p.Status)
		}
		if p := b.Post("/signin", "email", bo.Email, "password", "three words long"); p.Location != "/admin" {
			t.Errorf("signing in: %d %q", p.Status, p.Location)
		}
		if n := s.Count("SELECT count(*) FROM staff_sessions WHERE staff_id = ? AND ended_at = 0", int64(bo.ID)); n != 1 {
			t.Errorf("%d sign-ins are open", n)
		}
		b.Submit(b.Get("/signout"), "/signout")
		if n := s.Count("SELECT count(*) FROM staff_sessions WHERE staff_id = ? AND ended_at = 0", int64(bo.ID)); n != 0 {
			t.Errorf("%d sign-ins are open after signing out", n)
		}
		late := link(false)
		s.Pass(49 * time.Hour)
		if p := b.Get("/team/" + late); p.Status != http.StatusNotFound {
			t.Errorf("after two days: %d", p.Status)
		}
	})
}

// After the password comes the code: until then no page of staff opens, and
// what was typed a moment ago counts for five minutes.
func TestStaffSignInWithASecondFactor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		ctx := context.Background()
		shop := s.Desk.Secret
		who, err := staff.ByEmail(ctx, d, shoptest.Owner)
		if err != nil {
			t.Fatal(err)
		}
		var secret string
		var codes []string
		shown := func() string {
			code, err := staff.Shown(secret, s.Now())
			if err != nil {
				t.Fatal(err)
			}
			return code
		}
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			if err := staff.BeginFactor(ctx, tx, shop, who.ID, s.Now()); err != nil {
				return err
			}
			f, err := staff.FactorOf(ctx, tx, who.ID)
			if err != nil {
				return err
			}
			if secret, err = f.Secret(shop); err != nil {
				return err
			}
			codes, err = staff.ConfirmFactor(ctx, tx, shop, who.ID, shown(), s.Now())
			return err
		})
		b := s.Browser()
		password := func() {
			t.Helper()
			if p := b.Post("/signin", "email", shoptest.Owner, "password", shoptest.Password, "next", "/admin/orders"); p.Location != "/signin/code" {
				t.Fatalf("after the password: %d %q", p.Status, p.Location)
			}
		}
		if p := b.Get("/signin/code"); p.Location != "/signin" {
			t.Errorf("without a password: %d %q", p.Status, p.Location)
		}
		password()
		if n := s.Count("SELECT count(*) FROM staff_sessions WHERE staff_id = ?", int64(who.ID)); n != 0 {
			t.Error("half a sign-in is one")
		}
		if p := b.Post("/signin/code", "code", shown()); p.Status != http.StatusUnprocessableEntity { // it switched the factor on
			t.Errorf("a used code: %d", p.Status)
		}
		s.Pass(30 * time.Second)
		if p := b.Submit(b.Get("/signin/code"), "/signin/code", "code", shown()); p.Location != "/admin/orders" {
			t.Errorf("the code of now: %d %q", p.Status, p.Location)
		}
		if n := s.Count("SELECT count(*) FROM staff_sessions WHERE staff_id = ?", int64(who.ID)); n != 1 {
			t.Errorf("%d sign-ins", n)
		}
		b = s.Browser()
		password()
		if p := b.Post("/zh/signin/code", "code", codes[3]); p.Location != "/admin" && p.Location != "/admin/me" {
			t.Errorf("a recovery code: %d %q", p.Status, p.Location)
		}
		b = s.Browser()
		password()
		s.Pass(5*time.Minute + time.Second)
		if p := b.Post("/signin/code", "code", shown()); p.Location != "/signin" {
			t.Errorf("after five minutes: %d %q", p.Status, p.Location)
		}
		password()
		for i := range 11 {
			if p := b.Post("/signin/code", "code", "nothing"); i == 10 && p.Status != http.StatusTooManyRequests {
				t.Errorf("the eleventh wrong code: %d", p.Status)
			}
		}
		if p := b.Post("/signin/code", "code", codes[4]); p.Status != http.StatusTooManyRequests {
			t.Errorf("a right one after them: %d", p.Status)
		}
	})
}

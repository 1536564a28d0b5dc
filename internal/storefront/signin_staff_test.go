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

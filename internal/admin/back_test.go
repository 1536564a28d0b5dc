package admin

import (
	"context"
	"net/url"
	"testing"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/staff"
)

func TestStaffNoteWhatCameBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		f.want(f.as(staff.Support).get("/admin/mail/back"), 200, "Nothing came back", "Nobody has this address")
		form := url.Values{"key": {"0123456789abcdef"}, "email": {"parent@demo.example"}, "kind": {"refused"}}
		for range 2 { // a double click is one mail
			f.want(f.post("/admin/mail/back", form), 303)
		}
		k, err := customer.ByEmail(context.Background(), d, "parent@demo.example")
		f.must(err)
		if k.Contact != "bouncing" || k.ContactReason != "hard" || k.ContactAt.IsZero() {
			t.Fatalf("the account stands %s %s", k.Contact, k.ContactReason)
		}
		f.want(f.get("/admin/mail/back"), 200, "parent@demo.example", "Came back for good (5.0.0)", "Bouncing")
		f.want(f.get("/admin/mail/back?q=nobody"), 200, "Nothing came back")
		form.Set("key", "0123456789abcdeg")
		form.Set("kind", "nobody")
		f.want(f.post("/admin/mail/back", form), 303)
		f.want(f.get("/admin/mail/back?lang=zh"), 200, "失效", "永久退回")
		form.Set("key", "0123456789abcdeh")
		form.Set("kind", "again")
		f.want(f.post("/admin/mail/back", form), 303)
		if k, err = customer.ByEmail(context.Background(), d, "parent@demo.example"); err != nil || k.Contact != "bouncing" {
			t.Errorf("to be tried again it stands %s, %v", k.Contact, err)
		}

		form.Set("key", "0123456789abcdei")
		form.Set("email", "stranger@elsewhere.example")
		f.want(f.post("/admin/mail/back", form), 422, "never wrote to stranger@elsewhere.example", `value="stranger@elsewhere.example"`)
		form.Set("report", "this is no report")
		f.want(f.post("/admin/mail/back?lang=en", form), 422, "no delivery report", "this is no report")
		if got := len(f.audited("mail.back")); got != 4 {
			t.Errorf("%d entries in the audit", got)
		}
		f.want(f.as(staff.Marketer).get("/admin/mail/back"), 200, "parent@demo.example")
		f.want(f.post("/admin/mail/back", form), 404)
		f.want(f.as(staff.Analyst).get("/admin/mail/back"), 404)
	})
}

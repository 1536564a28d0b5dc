package admin

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/outreach"
	"regulars/internal/staff"
)

// Staff change a mail's words: kept as a draft, looked at, put into force, and
// taken back. Support may look and not write.
func TestTheWordsOfAMail(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		f.as(staff.Support)
		f.want(f.get("/admin/messages"), 200, "/admin/messages/texts")
		f.want(f.get("/admin/messages/texts"), 200, "/admin/messages/texts/order-confirmation?in=zh")
		if body := f.get("/admin/messages/texts/order-paid?in=en"); strings.Contains(body.Body.String(), `value="publish"`) {
			t.Error("support may publish")
		}
		f.want(f.post("/admin/messages/texts/order-paid", url.Values{"in": {"en"}, "do": {"keep"}}), 404)

		f.as(staff.Marketer)
		const page = "/admin/messages/texts/order-paid?in=en"
		f.want(f.get(page), 200, "{number}", "The shop&#39;s own words", "Has to stay", "EXAMPLE-1", `sandbox src="/admin/messages/texts/order-paid/html?`)
		f.want(f.get("/admin/messages/texts/order-new?in=en"), 404)
		f.want(f.get("/admin/messages/texts/order-paid?in=fr"), 404)
		form, err := f.Mails.Form(outreach.OrderPaid, "en")
		f.must(err)
		say := func(do, subject, body, seen string) url.Values {
			return url.Values{"in": {"en"}, "do": {do}, "subject": {subject}, "body": {body}, "seen": {seen}}
		}
		f.want(f.post("/admin/messages/texts/order-paid", say("publish", "Paid {number}", form.Body+"\n{passwort} typed", "0")), 422, "none of this mail&#39;s placeholders", "{passwort} typed")
		f.want(f.post("/admin/messages/texts/order-paid", say("keep", "Paid {number}", form.Body+"\n{passwort}", "0")), 303)
		f.want(f.get(page), 200, "cannot be shown until", "Draft")
		f.want(f.post("/admin/messages/texts/order-paid", say("test", "Paid {number}", form.Body+"\n{passwort}", "0")), 422)
		f.want(f.post("/admin/messages/texts/order-paid", say("test", "Well paid {number}", form.Body, "0")), 303)
		f.want(f.get(page), 200, "Well paid EXAMPLE-1")

		shown := f.get("/admin/messages/texts/order-paid/html?in=en&dark=1")
		f.want(shown, 200, "@media all", "EXAMPLE-1")
		if policy := shown.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "sandbox") || !strings.Contains(policy, "default-src 'none'") {
			t.Errorf("its policy is %q", policy)
		}

		f.want(f.post("/admin/messages/texts/order-paid", say("publish", "Well paid {number}", form.Body, "0")), 303)
		f.want(f.get(page), 200, "Yours, version 1")
		f.want(f.post("/admin/messages/texts/order-paid", say("publish", "Paid badly {number}", form.Body, "0")), 422, "Somebody else put other words", "Paid badly")
		f.want(f.get("/admin/messages/texts"), 200, "Yours, version 1")
		f.tx(func(ctx context.Context, tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE mail_texts SET body = replace(body, '{link}', '{url}')").Error
		})
		f.want(f.get("/admin"), 200, "1 mail text cannot be sent")
		f.want(f.get(page), 200, "cannot be sent any more")
		f.want(f.post("/admin/messages/texts/order-paid", say("restore", "", "", "1")), 303)
		f.want(f.get(page), 200, "The shop&#39;s own words")
		f.want(f.get("/admin/audit"), 404)
	})
}

// A preview as a person: whoever may read personal details sees name and order,
// others the name masked.
func TestAPreviewShowsAPersonToWhoMaySeeThem(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	k, err := customer.ByEmail(context.Background(), f.DB, "parent@demo.example")
	f.must(err)
	number := k.Number
	path := "/admin/messages/texts/tier-risen?in=en&as=" + number
	f.as(staff.Support)
	f.want(f.get(path), 200, "&lt;script&gt;alert(1)&lt;/script&gt;, you are")
	f.as(staff.Marketer)
	body := f.get(path).Body.String()
	if strings.Contains(body, "alert(1)") || !strings.Contains(body, "&lt;•••, you are") {
		t.Error("a marketer reads the name")
	}
	f.want(f.get("/admin/messages/texts/tier-risen?in=en&as=AAAAAAAAAAAA"), 404)
}

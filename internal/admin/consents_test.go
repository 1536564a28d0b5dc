package admin

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/staff"
)

func TestConsentsAreProvedAndLooksNoted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		k, err := customer.ByEmail(context.Background(), f.DB, "parent@demo.example")
		f.must(err)
		f.tx(func(ctx context.Context, tx *db.Tx) error {
			return customer.Say(ctx, tx, k.ID, customer.Saying{Purpose: customer.MailOffers, Given: true, Source: "preferences", Signed: true}, f.now)
		})
		card := customerPath(k.Number)
		f.want(f.as(staff.Support).get(card), 200, "waits for the mailed link", `href="`+card+`/consents"`)
		sheet, err := customer.Proof(context.Background(), f.DB, k.ID)
		f.must(err)
		f.want(f.get(card+"/consents"), 200, "What you allowed", "Own choice on the page", "Offers", sheet.Head)
		f.want(f.get(card+"/consents?lang=zh"), 200, "同意", "本人在页面上选择")
		f.want(f.get(card+"/consents?format=json&lang=en"), 200, `"previous_hash"`, sheet.Head)
		f.want(f.get("/admin/audit/looks"), 404) // the owner's alone
		f.want(f.as(staff.Owner).get("/admin/audit"), 200, "Looks at people")
		f.want(f.get("/admin/audit/looks"), 200, "parent@demo.example", "Proof sheet", "Card", "<td class=\"num\">3</td>")
		f.want(f.get("/admin/audit/looks?what=proof&whose=parent@demo.example"), 200, "Proof sheet</td>", "!<td>Card</td>")
		f.want(f.get("/admin/audit/looks?whose=nobody@demo.example"), 200, "No looks")
		f.want(f.get("/admin/audit/looks?lang=zh"), 200, "同意凭据")
		all, err := customer.Export(context.Background(), f.DB, k.ID)
		f.must(err)
		if n := len(all.(*customer.Exported).Looks); n != 2 {
			t.Errorf("the person's export names %d looks, want 2", n)
		}
	})
}

func TestWhatStaysHowLongIsOnOnePage(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	f.want(f.as(staff.Merchant).get("/admin/settings/retention"), 404)
	f.want(f.as(staff.Owner).get("/admin/settings/retention"), 200, "Single page views", "90 days", "25 months", "not yet")
	f.want(f.get("/admin/settings/retention?lang=zh"), 200, "单次浏览记录")
}

func TestAPolicyPackNeedsTheOwnersReason(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		f.want(f.as(staff.Marketer).get("/admin/settings/consent"), 404)
		f.want(f.as(staff.Owner).get("/admin/settings"), 200, `href="/admin/settings/consent"`)
		f.want(f.get("/admin/settings/consent"), 200, "the strict pack is in force everywhere")
		f.want(f.post("/admin/settings/consent", url.Values{"country": {"USA"}, "pack": {"single"}, "reason": {"short"}}), 422, `value="USA"`, "two letters", "ten characters", ">short</textarea>")
		f.want(f.post("/admin/settings/consent", url.Values{"country": {"us"}, "pack": {"single"}, "reason": {"CAN-SPAM asks for an opt-out only"}}), 303)
		f.want(f.get("/admin/settings/consent"), 200, "CAN-SPAM asks for an opt-out only", "in force", "as soon as it is ticked")
		f.want(f.get("/admin/settings/consent?lang=zh"), 200, "勾选即可", "生效中")
		packs, err := customer.Packs(context.Background(), f.DB)
		f.must(err)
		if packs.For("US") != customer.PackSingle || packs.For("DE") != customer.PackStrict {
			t.Errorf("packs %v", packs)
		}
		if got := f.audited("consent.pack"); len(got) != 1 || !strings.Contains(got[0], "CAN-SPAM") {
			t.Errorf("audit %q", got)
		}
	})
}

package admin

import (
	"context"
	"net/url"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/outreach"
	"regulars/internal/staff"
)

// Somebody puts products into the next week; what is wrong is named and kept,
// what would go out is shown by home page and, to who may see people, by person.
func TestTheSpecialsPage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Marketer)
		f.want(f.get("/admin/messages"), 200, specialsPath)
		f.want(f.get(specialsPath), 200, "Addresses that asked", "None were decided")
		code := f.code()
		f.want(f.post(specialsPath, url.Values{"pick1": {"NOPE"}, "pick2": {code}}), 422, "There is no product NOPE", `value="NOPE"`, `value="`+code+`"`)
		f.want(f.post(specialsPath, url.Values{"pick1": {code}}), 303)
		_, week := outreach.NextSpecials(f.Settings.Now(), f.now)
		ids, err := outreach.SpecialPicks(context.Background(), d, week)
		if err != nil || len(ids) != 1 || ids[0] != f.product {
			t.Errorf("%v %v", ids, err)
		}
		f.want(f.get(specialsPath+"?lang=zh"), 200, "每周精选", `value="`+code+`"`)
		if n := len(f.audited("messages.specials")); n != 1 {
			t.Errorf("%d lines of the audit", n)
		}
		f.as(staff.Support)
		f.want(f.get(specialsPath+"?lang=en&who=nobody@x.test"), 200, "No account has this address")
		f.want(f.post(specialsPath, url.Values{}), 404)
		f.want(f.as(staff.Analyst).get(specialsPath), 404)
	})
}

func (f *office) code() string {
	var code []string
	f.must(f.DB.Query(context.Background()).Raw("SELECT code FROM products WHERE id = ?", int64(f.product)).Scan(&code).Error)
	return code[0]
}

package admin

import (
	"net/url"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/staff"
)

func TestMerchantsSayWhatWordsMean(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Merchant)
		f.want(f.get("/admin/search"), 200, "Words that mean the same", "Nothing yet that enough people looked for")
		f.want(f.post("/admin/search/rules", url.Values{"rule": {"alone"}}), 422, `value="alone"`, "Join two or more words")
		f.want(f.post("/admin/search/rules", url.Values{"rule": {"whirligig > bottle"}}), 303)
		f.want(f.post("/admin/search/rules", url.Values{"rule": {"whirligig > bottle"}}), 409, "there already")
		f.want(f.get("/admin/search?q=whirligig&in=en"), 200, "whirligig &gt; bottle", "whirligig = bottle", "BB01")
		f.want(f.post("/admin/search/pins", url.Values{"typed": {"toy"}, "products": {"NOPE"}, "to": {"soon"}}), 422, `value="toy"`, `value="NOPE"`, "There is no product NOPE", `href="#to"`)
		f.want(f.post("/admin/search/pins", url.Values{"typed": {"toy"}, "products": {"bb01"}, "from": {"2020-01-01"}}), 303)
		f.want(f.get("/admin/search?q=toy&in=en"), 200, "The first ones were chosen by you", "BB01")
		f.want(f.get("/admin/search?q=a%00b&in=en"), 200)
		if lines := f.audited("search.rule"); len(lines) != 1 {
			t.Errorf("audit %q", lines)
		}
		f.as(staff.Analyst).want(f.get("/admin/search"), 200, "whirligig", "!Add words")
		f.want(f.post("/admin/search/rules", url.Values{"rule": {"a = b"}}), 404)
		f.as(staff.Support).want(f.get("/admin/search"), 404)
		f.as(staff.Merchant).want(f.post("/admin/search/rules/1/drop", nil), 303)
		f.want(f.post("/admin/search/rules/1/drop", nil), 303)
		f.want(f.post("/admin/search/pins/1/drop", nil), 303)
		f.want(f.get("/admin/search"), 200, "!whirligig")
	})
}

package admin

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/staff"
)

func TestAListOpensWithTheViewSomebodyChose(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Merchant)
		f.want(f.get("/admin/orders?state=to-ship&q=pat"), 200, "keep=state%3Dto-ship&amp;list=orders", "Save this view")
		f.want(f.get("/admin/views?list=orders&keep=state%3Dto-ship%26q%3Dpat"), 200, `value="state=to-ship"`, "!value=\"pat\"")
		f.want(f.post("/admin/views", url.Values{"list": {"orders"}, "query": {"state=to-ship"}, "name": {" "}, "first": {"1"}}), 422, "error-summary", "state=to-ship", " checked")
		w := f.post("/admin/views", url.Values{"list": {"orders"}, "query": {"state=to-ship&q=pat&page=3"}, "name": {"To <pack>"}, "first": {"1"}})
		f.want(w, 303)
		opened := w.Header().Get("Location")
		if !strings.HasPrefix(opened, "/admin/orders?state=to-ship&view=") {
			t.Fatalf("saved a view and came to %s", opened)
		}
		f.want(f.get(opened), 200, "To &lt;pack&gt;", `aria-current="true">To &lt;pack&gt;`)
		if to := f.get("/admin/orders").Header().Get("Location"); to != opened {
			t.Errorf("the list opens at %q", to)
		}
		f.want(f.get("/admin/orders?view=all"), 200, `aria-current="true">Everything`)

		// It is nobody else's, and nobody else can take it away.
		f.as(staff.Support)
		f.want(f.get("/admin/orders"), 200, "!To &lt;pack&gt;")
		var token string
		f.must(d.Query(context.Background()).Raw("SELECT token FROM staff_views").Scan(&token).Error)
		f.want(f.post("/admin/views/"+token+"/drop", nil), 303)
		if n := f.count("SELECT count(*) FROM staff_views"); n != 1 {
			t.Fatalf("%d views are left", n)
		}
		// Who may only read a list keeps views for themselves alone.
		f.as(staff.Analyst)
		f.want(f.post("/admin/views", url.Values{"list": {"abandonment"}, "query": {"a=device"}, "name": {"Mine"}}), 303)
		f.want(f.post("/admin/views", url.Values{"list": {"abandonment"}, "query": {"a=device"}, "name": {"Ours"}, "whose": {"everybody"}}), 404)
		f.want(f.post("/admin/views", url.Values{"list": {"orders"}, "query": {"state=to-ship"}, "name": {"Orders"}}), 404)
		f.want(f.get("/admin/views?list=orders"), 404)

		f.as(staff.Merchant)
		f.want(f.get("/admin/views?list=orders&lang=zh"), 200, "已存视图", "待发货", "改为显示全部")
		f.want(f.post("/admin/views/"+token+"/last", nil), 303)
		f.want(f.get("/admin/orders"), 200)
		f.want(f.post("/admin/views/"+token+"/drop", nil), 303)
		f.want(f.post("/admin/views/"+token+"/drop", nil), 303)
		f.want(f.get("/admin/orders"), 200, "!pack&gt;")
		for _, list := range []string{"products", "customers", "stock"} {
			f.want(f.get("/admin/"+list), 200, "!/admin/views")
			f.want(f.get("/admin/"+list+"?state=low"), 200, "/admin/views?keep=state%3Dlow&amp;list="+list)
		}
	})
}

func (f *office) count(query string, args ...any) (n int) {
	f.t.Helper()
	f.must(f.DB.Query(context.Background()).Raw(query, args...).Scan(&n).Error)
	return n
}

package admin

import (
	"net/url"
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/payment"
	"regulars/internal/staff"
)

func TestTickedOrdersArePackedAndPrinted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		paid, waiting := f.order(payment.OutcomePaid), f.order("")
		f.as(staff.Support)
		f.want(f.get("/admin/orders"), 200, `name="order" value="`+paid.Number+`"`, "All 2 orders shown")
		f.want(f.post("/admin/orders/many", url.Values{"do": {"pack"}, "back": {"https://elsewhere.example"}}), 303)
		w := f.post("/admin/orders/many", url.Values{"do": {"pack"}, "order": {paid.Number, waiting.Number, "NOSUCH00"}})
		f.want(w, 303)
		if to := w.Header().Get("Location"); to != "/admin/orders/slips?of="+paid.Number {
			t.Errorf("packing leads to %s", to)
		}
		if n := f.count("SELECT count(*) FROM orders WHERE packing_at > 0"); n != 1 {
			t.Errorf("%d orders are being packed", n)
		}
		if lines := f.audited("order.pack"); len(lines) != 1 {
			t.Errorf("audit %q", lines)
		}
		again := f.post("/admin/orders/many", url.Values{"do": {"pack"}, "all": {"1"}, "shown": {paid.Number, waiting.Number}, "back": {"/admin/orders?state=to-ship"}})
		if to := again.Header().Get("Location"); to != "/admin/orders?state=to-ship" {
			t.Errorf("nothing to pack leads to %s", to)
		}
		f.want(f.get("/admin/orders/slips?of="+paid.Number+"."+waiting.Number), 200, "Packing slip for order "+paid.Number, "Pat &lt;b&gt;Parent", "Calm Bottle", "120 ml", "BB01-S", "United States", "!$19.00")
		f.want(f.get("/admin/orders/"+paid.Number+"/slip?prices=yes&lang=zh"), 200, "装箱单", "1 ×", `lang="en"`, "$19.00")
		f.want(f.get("/admin/orders/slips?of=NOSUCH00"), 404)
		f.want(f.get("/admin/orders/slips"), 303)
	})
}

func TestAnOrderTellsAllThatHappened(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		k := f.order("")
		at := "/admin/orders/" + k.Number
		f.as(staff.Merchant)
		f.want(f.get(at), 200, "Its goods are held until")
		f.want(f.post(at+"/notes", url.Values{"note": {strings.Repeat("x", 1001)}}), 422, "error-summary", strings.Repeat("x", 1001))
		for range 2 { // a double click
			f.want(f.post(at+"/notes", url.Values{"note": {" Rings <twice> "}}), 303)
		}
		page := f.get(at)
		f.want(page, 200, "Rings &lt;twice&gt;", "The merchant")
		if n := strings.Count(page.Body.String(), "Rings &lt;twice&gt;"); n != 1 {
			t.Errorf("the note stands %d times", n)
		}
		f.as(staff.Analyst)
		f.want(f.post(at+"/notes", url.Values{"note": {"mine"}}), 404)

		paid := f.order(payment.OutcomePaid)
		f.as(staff.Merchant)
		at = "/admin/orders/" + paid.Number
		f.want(f.post(at+"/pack", nil), 303)
		f.want(f.post(at+"/ship", url.Values{"units-1": {"1"}, "carrier": {"Snail"}, "tracking": {"S-1"}}), 303)
		page = f.get(at)
		f.want(page, 200, "Parcel 1 left the house", "Snail · S-1", "!Began to pack</strong>", "!Its goods are held")
	})
}

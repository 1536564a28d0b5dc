package admin

import (
	"context"
	"net/url"
	"regexp"
	"testing"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/inventory"
	"regulars/internal/payment"
	"regulars/internal/staff"
)

var mintedKey = regexp.MustCompile(`name="key" value="([^"]+)"`)

// shelfForm is a form of a variant's stock page as the page hands it out.
func (f *office) shelfForm(sku string, fields ...string) url.Values {
	f.t.Helper()
	in := url.Values{"key": {mintedKey.FindStringSubmatch(f.get("/admin/stock/" + sku).Body.String())[1]}}
	for i := 0; i < len(fields); i += 2 {
		in.Set(fields[i], fields[i+1])
	}
	return in
}

func TestStaffRunTheStockroom(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Merchant)
		ctx, v := context.Background(), f.variants["BB01-S"]
		level := func() inventory.Level {
			l, err := inventory.LevelOf(ctx, d, v)
			f.must(err)
			return *l
		}
		f.want(f.get("/admin/stock/BB01-S"), 200, "Main stock", "Can be sold", "!Move units")
		f.want(f.get("/admin/stock/NOPE"), 404)
		f.want(f.get("/admin/stock/places"), 200, "Main stock")
		place := url.Values{"code": {"back"}, "name_en": {"Back room"}, "name_zh": {"后仓"}, "position": {"3"}}
		f.want(f.post("/admin/stock/places", place), 303)
		f.want(f.get("/admin/stock/places?code=back"), 200, "Back room", `value="后仓"`)
		f.want(f.post("/admin/stock/places", url.Values{"code": {"Back Room"}, "name_zh": {"后仓"}}), 422, `href="#code"`, `href="#name_en"`, `value="Back Room"`)
		f.want(f.post("/admin/stock/places", url.Values{"code": {"main"}, "name_en": {"Main"}, "name_zh": {"主仓"}}), 409, "At least one place")

		received := f.shelfForm("BB01-S", "came_qty", "5", "came_place", "main")
		for range 2 { // a double click
			f.want(f.post("/admin/stock/BB01-S/receive", received), 303)
		}
		f.want(f.post("/admin/stock/BB01-S/move", f.shelfForm("BB01-S", "move_qty", "4", "move_from", "main", "move_to", "back")), 303)
		if l := level(); l.OnHand != 41 {
			t.Errorf("45 units, 4 of them where nothing is sold: %+v", l)
		}
		f.want(f.post("/admin/stock/BB01-S/move", f.shelfForm("BB01-S", "move_qty", "4", "move_from", "main", "move_to", "main")), 422, `href="#move_to"`, `value="4"`)
		f.want(f.post("/admin/stock/BB01-S/move", f.shelfForm("BB01-S", "move_qty", "400", "move_from", "back", "move_to", "main")), 409, "Fewer units")
		f.want(f.post("/admin/stock/BB01-S/count", f.shelfForm("BB01-S", "count_qty", "3", "count_place", "back")), 303)
		f.want(f.post("/admin/stock/BB01-S/write-off", f.shelfForm("BB01-S", "lost_qty", "1", "lost_place", "main")), 422, "Say why")
		f.want(f.post("/admin/stock/BB01-S/write-off", f.shelfForm("BB01-S", "lost_qty", "1", "lost_place", "main", "lost_why", "Fell off the ladder")), 303)
		f.want(f.get("/admin/stock/BB01-S"), 200, "Fell off the ladder", "Written off", "Back room")
		f.want(f.post("/admin/stock/BB01-S/paint", f.shelfForm("BB01-S")), 404)
		f.want(f.post("/admin/stock/BB01-S/receive", url.Values{"came_qty": {"5"}}), 422, "Load the page again")

		f.want(f.post("/admin/stock/BB01-S/incoming", f.shelfForm("BB01-S", "order_qty", "30", "order_day", "2031-12-03", "order_place", "main", "order_supplier", "Mill & Son")), 303)
		f.want(f.post("/admin/stock/BB01-S/incoming", f.shelfForm("BB01-S", "order_qty", "30", "order_day", "soon")), 422, `href="#order_day"`)
		f.want(f.get("/admin/stock"), 200, "30 on 2031-12-03", "!count-BB01-S")
		coming, err := inventory.OpenIncoming(ctx, d, v)
		f.must(err)
		arrived := f.shelfForm("BB01-S", "token", coming[0].Token, "came_qty", "10")
		for range 2 {
			f.want(f.post("/admin/stock/BB01-S/arrived", arrived), 303)
		}
		f.want(f.post("/admin/stock/BB01-S/arrived", f.shelfForm("BB01-S", "token", coming[0].Token, "came_qty", "21")), 409, "Only 20 of this order")
		f.want(f.post("/admin/stock/BB01-L/closed", url.Values{"token": {coming[0].Token}}), 404)
		f.want(f.post("/admin/stock/BB01-S/closed", url.Values{"token": {coming[0].Token}}), 303)
		if l := level(); l.OnHand != 50 || l.Incoming != 0 {
			t.Errorf("%+v", l)
		}

		f.want(f.post("/admin/stock/BB01-S/reorder", f.shelfForm("BB01-S", "reorder_at", "60")), 303)
		f.want(f.get("/admin/stock/reorder"), 200, "BB01-S", "None sold", "/admin/stock/reorder.csv")
		f.want(f.get("/admin/stock/reorder.csv"), 200, "sku,name,supplier,order_units", "BB01-S,Calm Bottle,")
		f.want(f.get("/admin/stock?state=low"), 200, "None sold")
		f.want(f.post("/admin/stock/BB01-S/policy", f.shelfForm("BB01-S", "policy", "preorder", "beyond", "5")), 422, `href="#ready"`)
		f.want(f.post("/admin/stock/BB01-S/policy", f.shelfForm("BB01-S", "policy", "backorder", "beyond", "5")), 303)
		f.want(f.post("/admin/stock/BB01-S/count", f.shelfForm("BB01-S", "count_qty", "0", "count_place", "main")), 303)
		k := f.order(payment.OutcomePaid)
		f.want(f.get("/admin/stock/BB01-S"), 200, k.Number, "Waits for a delivery")
		f.want(f.get("/admin/orders/"+k.Number), 200, "not here yet")
		f.want(f.post("/admin/orders/"+k.Number+"/ship", url.Values{}), 409, "0 are here")
		f.want(f.post("/admin/stock/BB01-S/policy", f.shelfForm("BB01-S", "policy", "deny")), 409, "promised ahead already")
		f.want(f.post("/admin/stock/BB01-S/receive", f.shelfForm("BB01-S", "came_qty", "5", "came_place", "main")), 303)
		f.want(f.get("/admin/orders/"+k.Number), 200, "has arrived, can be packed")
		f.want(f.post("/admin/stock/places", url.Values{"code": {"back"}, "name_en": {"Back room"}, "name_zh": {"后仓"}, "position": {"3"}, "sells": {"1"}}), 303)
		f.want(f.get("/admin/orders/"+k.Number), 200, `name="from"`)
		f.want(f.post("/admin/orders/"+k.Number+"/ship", url.Values{"from": {"back"}}), 303)
		if wrong, err := inventory.Check(ctx, d, f.now); err != nil || len(wrong) > 0 {
			t.Errorf("%v, %v", wrong, err)
		}
		if lines := f.audited("stock.write-off"); len(lines) != 1 {
			t.Errorf("audit %q", lines)
		}
	})
}

func TestStaffMakeABundle(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Merchant)
	ctx := context.Background()
	f.want(f.post("/admin/stock/BB01-L/parts", f.shelfForm("BB01-L", "parts", "BB01-S*2")), 409, "on the shelf or promised")
	f.want(f.post("/admin/stock/BB01-L/count", f.shelfForm("BB01-L", "count_qty", "0")), 303)
	f.want(f.post("/admin/stock/BB01-L/parts", f.shelfForm("BB01-L", "parts", "NOWHERE")), 422, `href="#parts"`, "NOWHERE")
	f.want(f.post("/admin/stock/BB01-L/parts", f.shelfForm("BB01-L", "parts", "BB01-S*2")), 303)
	f.want(f.get("/admin/stock/BB01-L"), 200, "A bundle", "2 × ", "BB01-S*2", "!Receive units")
	f.want(f.get("/admin/stock"), 200, "Bundle")
	f.want(f.post("/admin/stock/BB01-S/parts", f.shelfForm("BB01-S", "parts", "BB01-L")), 409)
	f.want(f.post("/admin/stock/BB01-L/receive", url.Values{"key": {"0123456789abcdef"}, "came_qty": {"1"}}), 409, "count its components")
	left, err := inventory.Available(ctx, f.DB, []catalog.VariantID{f.variants["BB01-L"]})
	f.must(err)
	if left[f.variants["BB01-L"]] != 20 {
		t.Errorf("forty make twenty: %v", left)
	}
}

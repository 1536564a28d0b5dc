package admin

import (
	"context"
	"encoding/csv"
	"net/url"
	"strconv"
	"testing"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/cart"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/event"
	"regulars/internal/staff"
)

func TestWhatWasAskedForWhenItWasGone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		var id int64
		f.must(d.Query(context.Background()).Raw("SELECT id FROM products WHERE code = 'BB01'").Scan(&id).Error)
		var log []event.Event
		for i, detail := range []string{"add", "add", "seen"} {
			log = append(log, event.Event{Kind: event.StockLost, ProductID: id, Detail: detail, At: db.At(f.now.Add(-26*time.Hour + time.Duration(i)*time.Minute))})
		}
		log = append(log, event.Event{Kind: event.StockLost, ProductID: id, Detail: "add", At: log[0].At, Bot: true}, event.Event{Kind: event.StockLost, ProductID: id, Detail: "add", At: log[0].At, Simulated: true})
		f.tx(func(ctx context.Context, tx *db.Tx) error { return event.Write(ctx, tx, log) })
		f.leftCarts(1, "phone", cart.StockLost, "BB01")
		f.must(analytics.Recount(context.Background(), d, "", "", f.Settings.Now(), f.now))
		f.as(staff.Owner)
		all, err := analytics.Gone(context.Background(), d, "2026-01-01", f.now.Format(time.DateOnly), false, 0, 5, f.Settings.Now())
		f.must(err)
		if len(all) != 1 || all[0].Tried != 2 || all[0].Seen != 1 || all[0].Orders != 0 {
			t.Errorf("gone: %+v", all)
		}
		f.want(f.get("/admin/abandonment"), 200, "Asked for when it was gone", "none sold")
		f.want(f.get("/admin/abandonment?lang=zh"), 200, "售罄后仍被需要")
		f.want(f.get("/admin/products/BB01"), 200, "asked for 3 times when it was gone")
	})
}

// leftCarts makes carts of yesterday that were left for one cause each.
func (f *office) leftCarts(n int, device, kind, detail string) {
	f.t.Helper()
	at := f.now.Add(-26 * time.Hour)
	var carts []cart.Cart
	var lines [][]cart.Line
	var steps [][]cart.Trace
	for range n {
		carts = append(carts, cart.Cart{State: cart.StateOpen, Currency: "USD", Lang: "en", CreatedAt: db.At(at), StartedAt: db.At(at), ActiveAt: db.At(at), Kind: "shopper", Device: device, Email: "parent@demo.example"})
		lines = append(lines, []cart.Line{{VariantID: f.variants["BB01-S"], Qty: 1, SeenPrice: 1900, AddedAt: db.At(at)}})
		steps = append(steps, []cart.Trace{{Kind: cart.StepAdd, VariantID: f.variants["BB01-S"], Qty: 1, At: db.At(at)}})
	}
	f.tx(func(ctx context.Context, tx *db.Tx) error {
		if err := cart.CreateMany(ctx, tx, carts, lines, steps); err != nil {
			return err
		}
		for _, c := range carts {
			if err := cart.Meet(ctx, tx, cart.Friction{CartID: c.ID, Kind: kind, Detail: detail}, at.Add(7*time.Minute)); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestTheReportSaysWhyAndLeadsToTheCart(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		f.leftCarts(12, "phone", cart.CouponRefused, "pricing.coupon.min")
		f.leftCarts(14, "desktop", cart.SearchEmpty, "")
		f.leftCarts(3, "tablet", cart.StockLost, "BB01")
		f.must(analytics.Recount(context.Background(), d, "", "", f.Settings.Now(), f.now))
		f.as(staff.Marketer)
		f.want(f.get("/admin/abandonment"), 200, "A coupon was refused", "$228.00", "Searched and found nothing", "Unknown: 0 of 29", "f=cause%3Acoupon", "Tablet")
		f.want(f.get("/admin/abandonment?f=device:phone&a=cause&b=device"), 200, "Device: Phone", "take this filter off", "!Searched and found nothing")
		f.want(f.get("/admin/abandonment?lang=zh&a=weekday&b=hour"), 200, "为什么离开", "优惠码被拒", "交叉分析")
		f.want(f.get("/admin/abandonment?a=passwords"), 422)
		f.want(f.get("/admin/abandonment?f=hour:late"), 422)
		list := f.get("/admin/abandonment/carts?f=cause:coupon")
		f.want(list, 200, "12 carts started", "A coupon was refused", "p•••@demo.example", "!parent@demo.example")
		var token string
		f.must(d.Query(context.Background()).Raw("SELECT c.token FROM carts c JOIN cart_facts f ON f.cart_id = c.id WHERE f.cause = 'coupon' ORDER BY c.id LIMIT 1").Scan(&token).Error)
		f.want(f.get("/admin/abandonment/carts/"+token), 200, "A coupon was refused. Decided by: The last thing in the way", "Below its minimum", "Put in", "Coupon refused", "<h2>Follow-up</h2><p>Step 1 has been due since")
		f.want(f.get("/admin/abandonment/carts/nobody"), 404)
		noted := 0
		f.must(d.Query(context.Background()).Raw("SELECT count(*) FROM audit WHERE action = 'customer.look' AND subject = ?", "cart "+token).Scan(&noted).Error)
		if noted != 1 {
			t.Errorf("the look at somebody's cart was written down %d times", noted)
		}

		w := f.get("/admin/abandonment/cross.csv?a=device")
		rows, err := csv.NewReader(w.Body).ReadAll()
		f.must(err)
		sum := 0
		for _, row := range rows[1:] {
			n, _ := strconv.Atoi(row[2])
			sum += n
		}
		if sum != 29 || len(rows) != 4 {
			t.Errorf("the file adds up to %d in %d rows", sum, len(rows))
		}

		// Notes about days and views under a name.
		yesterday := f.now.Add(-26 * time.Hour).Format(time.DateOnly)
		f.want(f.post("/admin/abandonment/notes", url.Values{"day": {yesterday}, "body": {" "}}), 422, "error-summary", `value="`+yesterday+`"`)
		f.want(f.post("/admin/abandonment/notes", url.Values{"day": {yesterday}, "body": {"The coupon was misprinted"}}), 303)
		f.want(f.post("/admin/views", url.Values{"list": {"abandonment"}, "whose": {"everybody"}, "name": {"Phones by cause"}, "query": {"a=cause&f=device%3Aphone"}}), 303)
		f.want(f.get("/admin/abandonment"), 200, "The coupon was misprinted", "▼", "Phones by cause", "a=cause&amp;f=device%3Aphone")
		if lines := f.audited("abandonment.note"); len(lines) != 1 || lines[0] != yesterday+": The coupon was misprinted" {
			t.Errorf("audit %q", lines)
		}
		var note, view string
		f.must(d.Query(context.Background()).Raw("SELECT token FROM report_notes").Scan(&note).Error)
		f.must(d.Query(context.Background()).Raw("SELECT token FROM staff_views").Scan(&view).Error)
		f.as(staff.Analyst)
		f.want(f.post("/admin/abandonment/notes/"+note, url.Values{}), 404)
		f.want(f.get("/admin/abandonment"), 200, "The coupon was misprinted", "!Take away")
		f.as(staff.Marketer)
		f.want(f.post("/admin/abandonment/notes/"+note, url.Values{}), 303)
		f.want(f.post("/admin/abandonment/notes/"+note, url.Values{}), 303)
		f.want(f.post("/admin/views/"+view+"/drop", url.Values{}), 303)
		f.want(f.get("/admin/abandonment"), 200, "!misprinted", "!Phones by cause")

		// Who may not read customers sees no cell that points at people.
		f.as(staff.Analyst)
		f.want(f.get("/admin/abandonment"), 200, "shown together", "!Tablet</a>")
		f.want(f.get("/admin/abandonment?f=device:tablet"), 200, "Fewer than 10 carts", "!$57.00")
		f.want(f.get("/admin/abandonment/carts?f=device:tablet"), 200, "Fewer than 10 carts")
		f.want(f.get("/admin/abandonment/carts?f=device:phone"), 200, "Not for your role", "!demo.example")
		f.want(f.get("/admin/abandonment/cross.csv?a=device"), 200, "(fewer than 10)", "!tablet")
	})
}

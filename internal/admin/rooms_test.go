package admin

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/ask"
	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/order"
	"regulars/internal/payment"
	"regulars/internal/staff"
)

// editor is the product's form as the page would send it back.
func (f *office) editor(change ...string) url.Values {
	f.t.Helper()
	d, err := catalog.Detailed(context.Background(), f.DB, f.product, "USD")
	f.must(err)
	in := url.Values{"version": {fmt.Sprint(d.Version)}, "name_en": {d.Name.En}, "name_zh": {d.Name.Zh}, "slug": {d.Slug}, "category": {"baby"}, "tier": {d.Tier},
		"max_qty": {"0"}, "refill_days": {"0"}, "published": {"1"}}
	for _, v := range d.Variants {
		have := fmt.Sprint(v.Available)
		in["price:"+v.SKU], in["stock:"+v.SKU], in["seen:"+v.SKU], in["active:"+v.SKU] = []string{v.Price.Amount.Decimal("USD")}, []string{have}, []string{have}, []string{"1"}
	}
	for i := 0; i < len(change); i += 2 {
		in.Set(change[i], change[i+1])
	}
	return in
}

func (f *office) audited(action string) (details []string) {
	f.t.Helper()
	all, err := staff.Audit(context.Background(), f.DB, 0, 50)
	f.must(err)
	for _, e := range all {
		if e.Action == action {
			details = append(details, e.Subject+": "+e.Detail)
		}
	}
	return details
}

func TestEditedProductIsInTheShop(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		ctx := context.Background()
		f.want(f.as(staff.Merchant).get("/admin/products/BB01"), 200, "Calm Bottle", "静流奶瓶", `value="19.00"`, `value="40"`)
		f.now = f.now.Add(20 * time.Minute)
		w := f.post("/admin/products/BB01", f.editor("price:BB01-L", "２１.５０", "was:BB01-L", "24", "name_en", "Calmer Bottle", "stock:BB01-L", "12", "gift", "1"))
		f.want(w, 303)
		f.want(f.get(w.Header().Get("Location")), 200)

		got, err := catalog.Detailed(ctx, d, f.product, "USD")
		f.must(err)
		if v := got.Variants[1]; got.Name.En != "Calmer Bottle" || !got.Gift || v.Price.Amount != 2150 || v.List.Was != 2400 || v.Available != 12 || got.Variants[0].Price.Amount != 1900 {
			t.Errorf("the shop has %+v %+v", got.Product, got.Variants)
		}
		var logged []int64
		f.must(d.Query(ctx).Raw("SELECT amount FROM price_log WHERE variant_id = ? ORDER BY at", f.variants["BB01-L"]).Scan(&logged).Error)
		if fmt.Sprint(logged) != "[1900 2150]" {
			t.Errorf("price history %v", logged)
		}
		if lines := f.audited("product.save"); len(lines) != 1 || !strings.Contains(lines[0], "price:BB01-L: 19.00 → ２１.５０") {
			t.Errorf("audit %q", lines)
		}
		version := got.Version
		f.want(f.post("/admin/products/BB01", f.editor("was:BB01-L", "24.00", "gift", "1")), 303)
		if again, _ := catalog.ByID(ctx, d, f.product); again.Version != version || len(f.audited("product.save")) > 2 {
			t.Error("saving the same again made a new version")
		}
	})
}

func TestStaleEditorOverwritesNobody(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Merchant)
		mine := f.editor("name_en", "Mine <b>")
		f.want(f.post("/admin/products/BB01", f.editor("name_en", "Theirs")), 303)
		f.want(f.post("/admin/products/BB01", mine), 409, "Mine &lt;b&gt;", "Theirs", "Somebody saved this product", "!Mine <b>")
		if p, _ := catalog.ByID(context.Background(), d, f.product); p.Name.En != "Theirs" {
			t.Errorf("the product is called %s", p.Name.En)
		}
	})
}

func TestEditorRefusesInWordsAndKeepsInput(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Merchant)
	for _, row := range []struct{ field, value, words string }{
		{"price:BB01-S", "-1", "Enter a price in USD"},
		{"price:BB01-S", "1.999", "Enter a price in USD"},
		{"price:BB01-S", "", "Enter a price in USD"},
		{"was:BB01-S", "19", "must be higher"},
		{"stock:BB01-S", "1e9", "Enter a whole number"},
		{"seen:BB01-S", "7", "The stock moved"},
		{"max_qty", "-2", "Enter a whole number"},
		{"slug", "No Good", "name=\"slug\" value=\"No Good\" aria-invalid"},
		{"name_en", strings.Repeat("x", 300), "id=\"name_en-error\""},
		{"category", "elsewhere", "Choose a category"},
		{"tier", "golden", "id=\"tier-error\""},
		{"name_en", "a\x00b", "holds a character"},
	} {
		before, err := catalog.Detailed(context.Background(), f.DB, f.product, "USD")
		f.must(err)
		w := f.post("/admin/products/BB01", f.editor("about_en", "Kept words", row.field, row.value))
		f.want(w, 422, row.words, "Kept words", "error-summary")
		if after, _ := catalog.ByID(context.Background(), f.DB, f.product); after.Version != before.Version {
			t.Errorf("%s=%q was stored", row.field, row.value)
		}
	}
	f.order("")
	w := f.post("/admin/products/BB01", f.editor("stock:BB01-S", "0", "seen:BB01-S", "40"))
	f.want(w, 422, "1 unit is promised to orders")
}

func TestNewProductGetsItsVariants(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Merchant)
	in := url.Values{"code": {"CUP"}, "name_en": {"Cup"}, "tier": {"good"}, "form": {"box"}, "price": {"9.50"}, "stock": {"7"}, "category": {"baby"},
		"option1_en": {"Colour"}, "option1_choices": {"Sage | 鼠尾草绿\nRose"}, "option2_en": {"Size"}, "option2_choices": {"S\nL\n"}}
	f.want(f.post("/admin/products/new", in), 303)
	p, err := catalog.ByCode(context.Background(), f.DB, "CUP")
	f.must(err)
	d, err := catalog.Detailed(context.Background(), f.DB, p.ID, "USD")
	f.must(err)
	if len(d.Variants) != 4 || d.Variants[0].SKU != "CUP-sage-s" || d.Variants[3].Price.Amount != 950 || d.Variants[3].Available != 7 || d.Published || d.Options[0].Choices[0].Name.Zh != "鼠尾草绿" {
		t.Errorf("%+v %+v", d.Options, d.Variants)
	}
	f.want(f.post("/admin/products/new", in), 422, "is taken", `value="Cup"`)
	in.Set("code", "CUP2")
	in.Set("option1_choices", "Sage\nSAGE")
	f.want(f.post("/admin/products/new", in), 422, "stands there twice")
	in.Set("option1_choices", strings.Repeat("ab ", 1)+"\n"+func() (s string) {
		for i := range 59 {
			s += fmt.Sprintf("c%d\n", i)
		}
		return s
	}())
	in.Set("option3_en", "Third")
	in.Set("option3_choices", "a\nb\nc\nd\ne")
	f.want(f.post("/admin/products/new", in), 422, "error-summary")
	f.want(f.post("/admin/products/new", url.Values{}), 422, "error-summary")
}

func TestOrderGoesItsWay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		k := f.order(payment.OutcomePaid)
		at := "/admin/orders/" + k.Number
		f.as(staff.Support)
		f.want(f.get("/admin/orders?state=to-ship"), 200, k.Number)
		f.want(f.get("/admin/orders?q="+k.Number), 200, k.Number)
		f.want(f.get("/admin/orders?state=cancelled"), 200, "!"+k.Number)
		f.want(f.get(at), 200, "Mark as sent", "!Mark as delivered", "Payment 1 by Test payment", "Pat &lt;b&gt;Parent", "$23.20", "Cancel order")
		f.want(f.post(at+"/deliver", nil), 409, "is not on its way")
		f.want(f.get(at), 200, "Start packing", "the shopper may cancel")
		f.want(f.post(at+"/pack", nil), 303)
		f.want(f.get(at), 200, "Packing since", "packing began", "!Start packing")
		f.want(f.post(at+"/pack", nil), 409, "cannot begin")
		f.want(f.get(at), 200, `name="units-1"`, "Tracking link")
		f.want(f.post(at+"/ship", url.Values{"url": {"javascript:alert(1)"}, "carrier": {"Post"}}), 422, "beginning with https://", `value="Post"`)
		f.want(f.post(at+"/ship", url.Values{"units-1": {"x"}}), 422, "whole number")
		f.want(f.post(at+"/ship", url.Values{"units-1": {"99"}}), 409, "fewer units left")
		f.want(f.post(at+"/ship", url.Values{"carrier": {"Post"}, "tracking": {"AB1"}, "url": {"https://post.example/AB1"}}), 303)
		f.want(f.get(at), 200, "Parcel 1", "AB1", `href="https://post.example/AB1"`)
		f.want(f.get(at), 200, "The support", "Mark as delivered", "!Mark as sent", "On its way")
		f.want(f.post(at+"/ship", nil), 409, "cannot be sent now")
		f.want(f.get(at+"/cancel"), 409)
		f.want(f.post(at+"/deliver", nil), 303)
		f.sent(k.Number)
		f.want(f.get(at), 200, "Send again: Delivered", "to pat@mail.example")
		f.want(f.post(at+"/mails/77", nil), 303)
		f.want(f.get(at), 200, "Queued", "!Send again")
		f.want(f.post(at+"/mails/77", nil), 409, "is not sent yet")
		f.want(f.post(at+"/mails/78", nil), 404)
		f.want(f.as(staff.Analyst).post(at+"/mails/77", nil), 404)
		after, err := order.ByNumber(context.Background(), d, k.Number)
		f.must(err)
		if after.State != order.Completed || after.DeliveryState != order.Delivered {
			t.Errorf("%s %s", after.State, after.DeliveryState)
		}
		if len(f.audited("order.ship")) != 1 || len(f.audited("order.deliver")) != 1 {
			t.Error("the audit lacks a step, or has a refused one")
		}
	})
}

// sent plants a mail about an order that went out.
func (f *office) sent(number string) {
	f.tx(func(ctx context.Context, tx *db.Tx) error {
		return tx.Query(ctx).Exec(`INSERT INTO sends (id, key, class, template, order_id, email, lang, message_id, state, attempts, due_at, created_at, updated_at)
			SELECT 77, 'order-delivered:1', 'required', 'order-delivered', id, 'pat@mail.example', 'en', 'm@shop', 'sent', 1, 1, 1, 1 FROM orders WHERE number = ?`, number).Error
	})
}

func TestCancellingAsksFirstAndPaysBack(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	k := f.order(payment.OutcomePaid)
	at := "/admin/orders/" + k.Number
	f.as(staff.Merchant)
	f.want(f.get(at+"/cancel"), 200, "$23.20 goes back")
	f.want(f.post(at+"/cancel", url.Values{"why": {"Changed mind"}}), 422, "Tick the box", "Changed mind")
	f.want(f.post(at+"/cancel", url.Values{"why": {"Changed mind"}, "confirm": {"1"}}), 422, "Type the password", "Changed mind")
	f.want(f.post(at+"/cancel", url.Values{"why": {"Changed mind"}, "confirm": {"1"}, "password": {secretWord}}), 303)
	f.want(f.get(at), 200, "Refunded", "Changed mind")
	left, err := inventory.Available(context.Background(), f.DB, []catalog.VariantID{f.variants["BB01-S"]})
	f.must(err)
	if left[f.variants["BB01-S"]] != 40 {
		t.Errorf("%d units left", left[f.variants["BB01-S"]])
	}
	f.want(f.post(at+"/cancel", url.Values{"confirm": {"1"}}), 409)
}

func TestStockIsCounted(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Merchant)
	f.want(f.get("/admin/stock?state=low"), 200, "BB01-L", "!BB01-S")
	w := f.post("/admin/stock/BB01-L", url.Values{"on_hand": {"25"}, "back": {"/admin/stock?state=low"}})
	f.want(w, 303)
	if w.Header().Get("Location") != "/admin/stock?state=low" {
		t.Errorf("back to %s", w.Header().Get("Location"))
	}
	f.want(f.get("/admin/stock"), 200, `id="count-BB01-L" name="on_hand" inputmode="numeric" value="25"`)
	for _, bad := range []string{"", "-1", "1.5", "many", "99999999999999"} {
		f.want(f.post("/admin/stock/BB01-L", url.Values{"on_hand": {bad}}), 422, `href="#count-BB01-L"`)
	}
	f.want(f.post("/admin/stock/NOPE", url.Values{"on_hand": {"1"}}), 404)
	if w := f.post("/admin/stock/BB01-L", url.Values{"on_hand": {"26"}, "back": {"//evil.example"}}); w.Header().Get("Location") != "/admin/stock" {
		t.Errorf("back to %s", w.Header().Get("Location"))
	}
	f.order("")
	f.want(f.post("/admin/stock/BB01-S", url.Values{"on_hand": {"0"}}), 409, "promised to orders")
	if lines := f.audited("stock.count"); len(lines) != 2 {
		t.Errorf("audit %q", lines)
	}
}

func TestWhatStrangersWroteIsShownAsText(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	q, _, err := ask.List(context.Background(), f.DB, ask.Filter{})
	f.must(err)
	f.as(staff.Support)
	for _, path := range []string{"/admin/customers", f.card("parent@demo.example"), "/admin/customers?state=parents", "/admin/questions", "/admin/questions/" + q[0].Token, "/admin/orders?q=%3Cscript%3E"} {
		f.want(f.get(path), 200, "!<script>alert", "!<img src=x", "!<script>\"")
	}
	f.want(f.get(f.card("parent@demo.example")), 200, "&lt;script&gt;alert(1)", "New parents", "You told us you are a new parent")
	f.want(f.get("/admin/customers?state=parents"), 200)
}

func TestQuestionIsAnsweredOnceByMail(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Support)
	q, _, err := ask.List(context.Background(), f.DB, ask.Filter{})
	f.must(err)
	at := "/admin/questions/" + q[0].Token
	f.want(f.get("/admin/questions"), 200, "Late since 20 November 2026, 17:00", "Calm Bottle")
	// Somebody who said how they would like to be answered is answered by whoever sees it.
	parent, err := customer.ByEmail(context.Background(), f.DB, "parent@demo.example")
	f.must(err)
	f.must(f.DB.InTx(context.Background(), func(tx *db.Tx) error {
		if err := customer.SetProfile(context.Background(), tx, parent.ID, customer.Profile{Name: parent.Name, Phone: "030 1234567"}, f.now); err != nil {
			return err
		}
		if err := customer.SetReach(context.Background(), tx, parent.ID, "en", "", "phone", f.now); err != nil {
			return err
		}
		return tx.Query(context.Background()).Exec("UPDATE questions SET customer_id = ? WHERE token = ?", int64(parent.ID), q[0].Token).Error
	}))
	f.want(f.get(at), 200, "By phone · 030 1234567")
	f.want(f.post(at, url.Values{"answer": {"  "}}), 422, "Write the answer")
	for range 2 {
		f.want(f.post(at, url.Values{"answer": {"It fits all bottles."}, "publish": {"1"}}), 303)
	}
	var mails int
	f.must(f.DB.Query(context.Background()).Raw("SELECT count(*) FROM river_job WHERE kind = 'mail.question'").Scan(&mails).Error)
	if mails != 1 {
		t.Errorf("%d mails are to be sent", mails)
	}
	if shown, _ := ask.OfProduct(context.Background(), f.DB, f.product, i18n.English, 9); len(shown) != 1 {
		t.Error("the answer is not under the product")
	}
	f.want(f.get("/admin/questions?state=open"), 200, "No question here")
	f.want(f.get("/admin/questions/none"), 404)
}

func TestSettingsAreAllOrNothing(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Owner)
	in := url.Values{}
	for _, g := range groups {
		for _, k := range g.keys {
			in.Set(k, f.Settings.Now().Get(k))
		}
	}
	f.want(f.get("/admin/settings"), 200, `name="cart.idle" value="60m"`, "A cart is abandoned after")
	in.Set("cart.idle", "2h")
	in.Set("zone", "Nowhere/None")
	in.Set("quiet.hours", "25-3")
	f.want(f.post("/admin/settings", in), 422, "Nowhere/None", "25-3", `href="#zone"`, `id="quiet.hours-error"`, `value="2h"`)
	if f.Settings.Now().Get("cart.idle") != "60m" {
		t.Error("a half was stored")
	}
	in.Set("zone", "Asia/Shanghai")
	in.Set("quiet.hours", "off")
	f.want(f.post("/admin/settings", in), 303)
	if v := f.Settings.Now(); v.CartIdle() != 2*time.Hour || v.Zone().String() != "Asia/Shanghai" {
		t.Error("the new settings are not in force")
	}
	if lines := f.audited("settings.save"); len(lines) != 1 || !strings.Contains(lines[0], "cart.idle: 60m → 2h; quiet.hours: 21-09 → off") {
		t.Errorf("audit %q", lines)
	}
	f.want(f.get("/admin/audit"), 200, "Changed settings", "The owner", "cart.idle: 60m → 2h")
}

// history writes carts of the past: n started on a day, of which some became
// an order after they had rested.
func (f *office) history(day time.Time, started, ordered int) {
	f.tx(func(ctx context.Context, tx *db.Tx) error {
		var carts []cart.Cart
		var lines [][]cart.Line
		var steps [][]cart.Trace
		for i := range started {
			at := db.At(day.Add(10 * time.Hour))
			k := cart.Cart{State: cart.StateOpen, Currency: "USD", Lang: i18n.English, Kind: "shopper", CreatedAt: at, StartedAt: at, ActiveAt: at}
			trail := []cart.Trace{{Kind: cart.StepAdd, VariantID: f.variants["BB01-S"], Qty: 1, At: at}}
			if i < ordered {
				end := db.At(at.Add(2 * time.Hour))
				k.State, k.ActiveAt, k.ClosedAt, k.CheckoutAt = cart.Converted, end, end, end
				trail = append(trail, cart.Trace{Kind: cart.StepCheckout, At: end}, cart.Trace{Kind: cart.StepConverted, At: end})
			}
			carts, steps = append(carts, k), append(steps, trail)
			lines = append(lines, []cart.Line{{VariantID: f.variants["BB01-S"], Qty: 1, SeenPrice: 1900, AddedAt: at}})
		}
		if err := cart.CreateMany(ctx, tx, carts, lines, steps); err != nil {
			return err
		}
		for i, k := range carts {
			if i >= ordered {
				continue
			}
			id := k.ID
			o := order.Order{PlaceKey: fmt.Sprintf("history-%d-%d", day.Unix(), i), CartID: &id, Email: "parent@demo.example", Currency: "USD", Subtotal: 1900, Total: 1900}
			if _, err := order.Create(ctx, tx, &o, nil, func(n string) string { return n }, k.ClosedAt.Time); err != nil {
				return err
			}
			if _, err := o.Move(ctx, tx, order.PaymentAxis, "paid", "test", "", k.ClosedAt.Time); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestAbandonmentShowsTheAuthoredHistory(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		f.history(time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC), 40, 10)
		f.history(time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), 5, 0)
		f.must(analytics.Recount(context.Background(), d, "", "", f.Settings.Now(), f.now))
		f.as(staff.Analyst)
		const days = "?from=2026-11-01&to=2026-11-22"
		f.want(f.get("/admin/abandonment"+days), 200, "75.0%", "30 of 40 carts", "2026-11-03: 40 carts, 10 became an order", "chart-lost", "Not finished",
			"Began checkout: within 7 days", "10/45 = 10/45", "Baby", "$665.00", "100.0% · 45 of 45", "10/10")
		f.want(f.get("/admin/abandonment"+days+"&simulated=yes"), 200, "simulated shoppers", "!75.0%")
		f.want(f.get("/admin"), 200, "75.0%")
		w := f.get("/admin/abandonment/days.csv" + days)
		f.want(w, 200, "day,2026-11-03,,40,10,10,40,10,0,570.00,USD,0,no,no,3", "day,2026-11-20,,5,0,0,5,0,0,95.00,USD,0,yes,no,3", "department,BB,Baby,45,10,10,45,10,0,665.00")
		if _, err := csv.NewReader(w.Body).ReadAll(); err != nil {
			t.Error(err)
		}
		for _, bad := range []string{"?from=yesterday", "?from=2026-13-01", "?from=2026-11-22&to=2026-11-01", "?from=1990-01-01"} {
			f.want(f.get("/admin/abandonment"+bad), 422, "error-summary")
			f.want(f.get("/admin/abandonment/days.csv"+bad), 422)
		}
	})
}

func TestCellsAreNeverFormulas(t *testing.T) {
	for cell, safe := range map[string]string{"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "\rx": "'\rx", "Baby": "Baby", "": "", "12.50": "12.50"} {
		if got := guarded(cell); got != safe {
			t.Errorf("%q became %q", cell, got)
		}
	}
}

func TestListsTakeWhatIsInTheirAddress(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Owner)
	for _, path := range []string{"/admin/products?state=nonsense&sort=%27&q=%25_%00", "/admin/products?page=99999", "/admin/orders?page=0&state=x", "/admin/customers?q=%25&page=-4", "/admin/stock?q=%C3%A4",
		"/admin/questions?kind=%22&state=open", "/admin/messages?state=zzz&kind=q", "/admin/audit?before=1", "/admin/chains?q=Calm", "/admin/products/BB01?currency=XXX&page=7"} {
		if w := f.get(path); w.Code != 200 && w.Code != 422 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	f.want(f.get("/admin/products?page=two"), 422)
	f.want(f.get("/admin/products?q=bottle&sort=price"), 200, "Calm Bottle", "!Oat Porridge", `aria-sort="ascending"`)
	f.want(f.get("/admin/products?state=published"), 200, "!Oat Porridge")
	f.want(f.get("/admin/chains"), 200, "From six months on", "Comes next")
	f.want(f.get("/admin/segments"), 200, "New parents", "daily life: New parent")
	f.want(f.get("/admin/homepages/parents"), 200, "Feeding", "For you")
}

func TestAFormFromElsewhereChangesNothing(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Owner)
	before, err := customer.ByEmail(context.Background(), f.DB, "parent@demo.example")
	f.must(err)
	f.want(f.get(customerPath(before.Number)), 200)
	f.want(f.send("PUT", "/admin/settings", nil), 403)
	f.want(f.get("/admin/products/new"), 200, `name="_csrf"`)
}

package analytics_test

import (
	"fmt"
	"reflect"
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
	"regulars/internal/money"
	"regulars/internal/setting"
)

// visits is one kind of the hundred sessions of a day: so many of them went
// like this, each with its own browser.
type visits struct {
	n        int
	tale     tale
	met      []cart.Friction // times are from the cart's start
	asked    time.Duration   // a question, 0 for none
	answered time.Duration   // its answer, 0 for never
	device   string
	lang     string
}

// friction is one of a cart, so long after its start.
func friction(kind string, at time.Duration, detail string) cart.Friction {
	return cart.Friction{Kind: kind, At: db.At(midnight.Add(at)), Detail: detail}
}

func toldCost(step string, at time.Duration, extra money.Amount) cart.Friction {
	f := friction(cart.Shown, at, step)
	f.Amount, f.Extra, f.Days = 1000+extra, extra, 3
	return f
}

// hundred is a day that was counted by hand: 29 sessions without a cart leave
// nothing in the report, 71 made one.
func hundred(bottle catalog.VariantID) []visits {
	one := func(at time.Duration, acts ...act) tale {
		return tale{start: midnight.Add(at), line: bottle, qty: 1, acts: acts}
	}
	bought := func(w tale, after time.Duration) tale { w.converted, w.order = after, "paid"; return w }
	begun := act{cart.StepCheckout, 2 * minute}
	out := func(edit func(*cart.Cart)) tale { w := one(hour); w.edit = edit; return w }
	cancelled := one(3*hour, begun, act{cart.StepPayment, 4 * minute}, act{cart.StepFailed, 5 * minute})
	cancelled.converted, cancelled.order = 4*minute, "cancelled"
	return []visits{
		{n: 20, tale: bought(one(hour, begun, act{cart.StepContact, 3 * minute}, act{cart.StepDelivery, 5 * minute}, act{cart.StepPayment, 5 * minute}), 6*minute)},
		{n: 4, tale: bought(one(hour, act{cart.StepRestored, 26 * hour}, act{cart.StepCheckout, 26*hour + minute}), 26*hour+5*minute)},
		{n: 2, tale: bought(one(hour), 9*day)},
		{n: 3, tale: cancelled},
		{n: 9, tale: one(2*hour, act{cart.StepSeen, 2 * minute}), device: "phone"},
		{n: 5, tale: one(2*hour, begun), met: []cart.Friction{toldCost("cart", minute, 0), toldCost("checkout", 2*minute, 500)}},
		{n: 3, tale: one(2 * hour), met: []cart.Friction{friction(cart.CouponRefused, 4*minute, "pricing.over")}},
		{n: 2, tale: one(2*hour, begun), met: []cart.Friction{friction(cart.FormError, 3*minute, "checkout phone")}, device: "phone", lang: "zh"},
		{n: 3, tale: one(2 * hour), asked: minute},
		{n: 2, tale: one(2 * hour), asked: minute, answered: 30 * hour},
		{n: 2, tale: bought(one(2*hour, begun), 20*minute), asked: minute, answered: 9 * minute},
		{n: 2, tale: one(2 * hour), met: []cart.Friction{friction(cart.StockLost, 6*minute, "baby")}},
		{n: 1, tale: one(2 * hour), met: []cart.Friction{friction(cart.SearchEmpty, 7*minute, "")}},
		{n: 1, tale: one(2 * hour), met: []cart.Friction{friction(cart.SearchEmpty, 7*minute, ""), friction(cart.PolicyRead, 8*minute, "returns")}},
		{n: 2, tale: one(2*hour, begun, act{cart.StepContact, 4 * minute})},
		{n: 1, tale: one(2 * hour), met: []cart.Friction{friction(cart.Told, 30*hour, "elsewhere")}},
		{n: 2, tale: out(func(c *cart.Cart) { c.Kind = "staff" })},
		{n: 2, tale: out(func(c *cart.Cart) { c.Kind = "bot" })},
		{n: 2, tale: out(func(c *cart.Cart) { c.State = cart.Merged })},
		{n: 1, tale: out(func(c *cart.Cart) { c.State = cart.Void })},
		{n: 2, tale: tale{start: midnight, line: bottle, qty: 0}},
	}
}

// live writes the sessions, each cart with a browser of its own.
func live(t *testing.T, d *db.DB, all []visits) (carts int) {
	t.Helper()
	var tales []tale
	var of []visits
	for _, v := range all {
		for range v.n {
			w := v.tale
			var who *customer.Visitor
			must(t, d.InTx(ctx, func(tx *db.Tx) (err error) {
				_, who, err = customer.NewVisitor(ctx, tx, i18n.English, midnight)
				return err
			}))
			edit := w.edit
			w.edit = func(c *cart.Cart) {
				c.VisitorID, c.Device, c.Lang = &who.ID, v.device, i18n.Lang(v.lang)
				if edit != nil {
					edit(c)
				}
			}
			if v.asked > 0 {
				q := ask.Question{Token: fmt.Sprintf("q%d", len(tales)), Kind: "contact", VisitorID: who.ID, Lang: "en", Body: "?", CreatedAt: db.At(w.start.Add(v.asked))}
				if v.answered > 0 {
					q.Answer, q.AnsweredAt, q.AnsweredBy = "It does.", db.At(w.start.Add(v.answered)), 1
				}
				must(t, d.InTx(ctx, func(tx *db.Tx) error { return ask.KeepMany(ctx, tx, []ask.Question{q}) }))
			}
			tales, of = append(tales, w), append(of, v)
		}
	}
	tell(t, d, tales)
	var ids []int64
	must(t, d.Query(ctx).Raw("SELECT id FROM carts ORDER BY id").Scan(&ids).Error)
	var met []cart.Friction
	for i, v := range of {
		for _, f := range v.met {
			f.CartID, f.At = cart.ID(ids[len(ids)-len(of)+i]), db.At(v.tale.start.Add(f.At.Sub(midnight)))
			met = append(met, f)
		}
	}
	must(t, d.InTx(ctx, func(tx *db.Tx) error { return cart.MeetMany(ctx, tx, met) }))
	return len(tales)
}

func TestAHundredSessionsCountedByHand(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		bottle, _ := goods(t, d)
		if carts := live(t, d, hundred(bottle)); carts != 71 {
			t.Fatalf("%d carts", carts)
		}
		now := midnight.Add(20 * day)
		must(t, analytics.Recount(ctx, d, "", "", values, now))
		ask := analytics.Question{From: "2026-03-03", To: "2026-03-03"}
		all, err := analytics.Total(ctx, d, ask)
		must(t, err)
		want := analytics.Sums{
			Figures: analytics.Figures{
				Started:        62,                         // 71 − 9 left out
				Checkout:       20 + 4 + 3 + 5 + 2 + 2 + 2, // an order implies it; the two of the ninth day are beyond the window
				Abandoned:      62 - 20 - 2,                // who bought at once, and after 20 minutes, never rested
				Converted:      20 + 4 + 2,                 // within 7 days
				Recovered:      4 + 2,                      // the day after, and on the ninth day
				ByLink:         4,                          //
				Excluded:       9,                          // 2 staff, 2 bots, 2 merged, 1 void, 2 empty
				AbandonedValue: 1000 * (62 - 22 - 6),       // without the recovered
			},
			ByMail: 4,                               // the links came in mails
			Lost:   34, LostCheckout: 3 + 5 + 2 + 2, // no order to this day
			Contact: 26 + 3 + 2, Delivery: 26 + 3, Payment: 26 + 3, // an order implies every step, a payment those before
			Value: 62_000, LostValue: 34_000, LostAtPayment: 3000,
		}
		if all != want {
			t.Errorf("counted  %+v\nby hand  %+v", all, want)
		}
		if !all.TiesOut() || all.TieOut() != "26/62 = 38/62 × 26/38" {
			t.Errorf("tie-out %s", all.TieOut())
		}
		table := func(a, b string, filters ...analytics.Filter) map[string][2]int {
			t.Helper()
			q := ask
			q.Filters = filters
			cells, err := analytics.Cross(ctx, d, q, a, b)
			must(t, err)
			out := map[string][2]int{}
			for _, c := range cells {
				if c.Started > 0 {
					out[c.A+"/"+c.B] = [2]int{c.Started, c.Lost}
				}
			}
			return out
		}
		same := func(what string, got, want map[string][2]int) {
			t.Helper()
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %v, by hand %v", what, got, want)
			}
		}
		same("causes", table("cause", ""), map[string][2]int{"/": {28, 0}, "payment/": {3, 3}, "looking/": {9, 9}, "cost/": {5, 5}, "coupon/": {3, 3}, "form/": {2, 2},
			"question/": {5, 5}, "stock/": {2, 2}, "search/": {1, 1}, "terms/": {1, 1}, "unknown/": {2, 2}, "elsewhere/": {1, 1}})
		same("rules", table("rule", ""), map[string][2]int{"/": {28, 0}, "last/": {17, 17}, "quiet/": {9, 9}, "waiting/": {5, 5}, "none/": {2, 2}, "told/": {1, 1}})
		same("answers", table("asked", ""), map[string][2]int{"none/": {55, 29}, "never/": {3, 3}, "late/": {2, 2}, "quick/": {2, 0}})
		same("phones", table("device", "lang"), map[string][2]int{"/": {51, 23}, "phone/": {9, 9}, "phone/zh": {2, 2}})
		same("phones by cause", table("cause", "device", analytics.Filter{Key: "lang", Value: "zh"}), map[string][2]int{"form/phone": {2, 2}})
		same("hours", table("hour", "weekday"), map[string][2]int{"1/2": {26, 0}, "3/2": {3, 3}, "2/2": {33, 31}})
		pace, err := analytics.Pace(ctx, d, ask)
		must(t, err)
		if pace[1] != 2*60_000 || pace[2] != 60_000 || pace[3] != 2*60_000 {
			t.Errorf("median times %v", pace)
		}
		// What every pair of dimensions adds up to is the total.
		for _, a := range analytics.Dimensions {
			for _, b := range analytics.Dimensions {
				cells, err := analytics.Cross(ctx, d, ask, a.Key, b.Key)
				must(t, err)
				var f analytics.Figures
				for _, c := range cells {
					f = analytics.Figures{Started: f.Started + c.Started, Checkout: f.Checkout + c.Checkout, Abandoned: f.Abandoned + c.Abandoned, Converted: f.Converted + c.Converted,
						Recovered: f.Recovered + c.Recovered, ByLink: f.ByLink + c.ByLink, AbandonedValue: f.AbandonedValue + c.AbandonedValue, Excluded: f.Excluded + c.Excluded}
				}
				if f != want.Figures {
					t.Errorf("%s × %s adds up to %+v", a.Key, b.Key, f)
				}
			}
		}
		// The days are the sum of the same facts.
		r, err := analytics.Abandonment(ctx, d, "2026-03-03", "2026-03-03", false, values, now)
		must(t, err)
		if r.Totals != want.Figures {
			t.Errorf("the day says %+v", r.Totals)
		}
	})
}

func factRows(t *testing.T, d *db.DB) (all []map[string]any) {
	t.Helper()
	must(t, d.Query(ctx).Raw("SELECT * FROM cart_facts ORDER BY cart_id").Scan(&all).Error)
	return all
}

func TestFactsAreTheSameHoweverTheyAreCounted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		bottle, _ := goods(t, d)
		live(t, d, hundred(bottle))
		now := midnight.Add(2 * day)
		must(t, analytics.Refresh(ctx, d, values, now))
		first := factRows(t, d)
		must(t, analytics.Recount(ctx, d, "", "", values, now))
		must(t, analytics.Recount(ctx, d, "2026-03-03", "2026-03-03", values, now))
		if again := factRows(t, d); len(first) != 71 || !reflect.DeepEqual(first, again) {
			t.Errorf("%d facts by the minute, %d by a rebuild, or not the same", len(first), len(again))
		}
		wrong, err := analytics.Astray(ctx, d, values)
		must(t, err)
		if len(wrong) != 0 {
			t.Errorf("astray: %v", wrong)
		}
		// A patched figure and a lost cart without its cause are found, and mended.
		for _, patch := range []string{"UPDATE cart_facts SET cause = 'looking' WHERE cause = 'coupon'", "UPDATE cart_facts SET converted = 0 WHERE converted = 1",
			"UPDATE cart_facts SET cause = '', rule = '' WHERE cause = 'cost'", "UPDATE cart_days SET started = started + 1"} {
			must(t, d.InTx(ctx, func(tx *db.Tx) error { return tx.Query(ctx).Exec(patch).Error }))
			if wrong, err = analytics.Astray(ctx, d, values); err != nil || len(wrong) == 0 {
				t.Errorf("%s was not found: %v", patch, err)
			}
			must(t, analytics.Recount(ctx, d, "", "", values, now))
		}
		if again := factRows(t, d); !reflect.DeepEqual(first, again) {
			t.Error("a recount left a wrong fact")
		}
	})
}

func TestAShopThatWasUpgradedIsCountedAnew(t *testing.T) {
	d := dbtest.SQLite(t)
	bottle, _ := goods(t, d)
	live(t, d, hundred(bottle))
	now := midnight.Add(200 * day)
	must(t, analytics.Recount(ctx, d, "", "", values, now))
	must(t, d.InTx(ctx, func(tx *db.Tx) error {
		if err := tx.Query(ctx).Exec("DELETE FROM cart_facts").Error; err != nil {
			return err
		}
		return tx.Query(ctx).Exec("UPDATE cart_days SET definition = definition - 1000000000000000000").Error
	}))
	must(t, analytics.Refresh(ctx, d, values, now))
	if all := factRows(t, d); len(all) != 71 {
		t.Errorf("%d facts", len(all))
	}
	other := setting.Of(map[string]string{"zone": "Asia/Shanghai", "cart.idle": "2h"})
	must(t, analytics.Refresh(ctx, d, other, now)) // another limit is no other definition: past reports keep theirs
	r, err := analytics.Abandonment(ctx, d, "2026-03-03", "2026-03-03", false, other, now)
	must(t, err)
	if !r.Mixed || r.Totals.Started != 62 {
		t.Errorf("mixed %v, %+v", r.Mixed, r.Totals)
	}
}

func TestForgettingPeopleChangesNoFigure(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		bottle, _ := goods(t, d)
		live(t, d, hundred(bottle))
		now := midnight.Add(20 * day)
		must(t, analytics.Recount(ctx, d, "", "", values, now))
		counted := func() map[string]analytics.Sums {
			t.Helper()
			out := map[string]analytics.Sums{}
			for _, dim := range analytics.Dimensions {
				cells, err := analytics.Cross(ctx, d, analytics.Question{From: "2026-03-03", To: "2026-03-03"}, dim.Key, "")
				must(t, err)
				for _, c := range cells {
					out[dim.Key+" "+c.A] = c.Sums
				}
			}
			return out
		}
		before := counted()
		must(t, d.InTx(ctx, func(tx *db.Tx) error {
			if err := tx.Query(ctx).Exec("UPDATE questions SET visitor_id = 0").Error; err != nil {
				return err
			}
			return tx.Query(ctx).Exec("UPDATE carts SET visitor_id = NULL, email = ''").Error
		}))
		must(t, analytics.Recount(ctx, d, "", "", values, now.Add(day)))
		if after := counted(); !reflect.DeepEqual(before, after) {
			t.Errorf("before %v\nafter  %v", before, after)
		}
	})
}

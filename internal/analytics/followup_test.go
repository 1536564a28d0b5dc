package analytics_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/experiment"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/pricing"
	"regulars/internal/slot"
)

// tally is what a side of a run has to come to.
type tally struct {
	people, returned, ripe, unsubscribed, gaveBack int
	yield, before                                  money.Amount
}

// TestSidesAreSummedUpByPerson holds the sums against a generator that knows
// who bought: guests by their address, members under another address, orders
// before, after and too late, money given back, people too young to judge.
func TestSidesAreSummedUpByPerson(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := openPlaces(t, d)
		r := rand.New(rand.NewPCG(6, 48))
		begin := midnight
		now := begin.Add(60 * day)
		const salt, people = "pepper", 600
		var orders []order.Order
		var lines [][]order.Line
		var past [][]order.History
		bought := func(who *customer.ID, email string, at time.Time, qty, back int) {
			number := fmt.Sprintf("F%07d", len(orders))
			o := order.Order{Number: number, PlaceKey: number, AccessHash: number, CustomerID: who, Email: email, Lang: "en", Currency: "USD", TaxIncluded: true,
				Subtotal: 1000, Total: 1000, State: order.StatePlaced, PaymentState: order.Paid, DeliveryState: order.Unshipped, PlacedAt: db.At(at), PaidAt: db.At(at)}
			if back > 0 {
				o.PaymentState = order.PartlyRefunded
			}
			orders = append(orders, o)
			lines = append(lines, []order.Line{{ProductID: 1, VariantID: s.bottle, SKU: "baby", Name: i18n.Text{En: "Bottle"}, Qty: qty, RefundedQty: back, UnitPrice: 1000, Total: money.Amount(1000 * qty)}})
			story := []order.History{{Axis: order.OrderAxis, ToState: "placed", Actor: "shopper", At: db.At(at)}, {Axis: order.PaymentAxis, FromState: "pending", ToState: "paid", Actor: "payment", At: db.At(at)}}
			if back > 0 {
				story = append(story, order.History{Axis: order.PaymentAxis, FromState: "paid", ToState: "partly-refunded", Actor: "payment", At: db.At(at)})
			}
			past = append(past, story)
		}
		want := map[bool]*tally{true: {}, false: {}}
		s.tx(func(tx *db.Tx) error {
			exec := func(sql string, args ...any) { must(t, tx.Query(ctx).Exec(sql, args...).Error) }
			exec("INSERT INTO followup_runs (id, number, simulated, held, planned, salt, why, since) VALUES (7, 1, FALSE, 5000, 0, ?, 'half', ?)", salt, db.At(begin))
			for i := range people {
				email := fmt.Sprintf("f%d@mail.test", i)
				person, rested := experiment.Person(salt, email), begin.Add(time.Duration(r.IntN(55*24))*hour)
				held := experiment.Held(salt, person, 5000)
				w := want[held]
				cart, arm := 50_000+i, map[bool]string{true: "held", false: "treat"}[held]
				var who *customer.ID
				if i%3 > 0 {
					k, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: email, Name: "X", Lang: "en", Verified: true, Personalize: true, History: true}, begin)
					must(t, err)
					who = &k.ID
					if i%3 == 1 { // does not let the past be used
						must(t, customer.SetConsent(ctx, tx, k.ID, customer.History, false, "preferences", begin))
					}
				}
				exec("INSERT INTO carts (id, token, currency, created_at, active_at, state) VALUES (?, ?, 'USD', 1, 1, 'void')", cart, email)
				for rest := range 1 + i%2 { // a cart may rest twice; the person is one
					exec("INSERT INTO followup_arms (cart_id, active_at, run_id, person, customer_id, arm, share, simulated, assigned_at) VALUES (?, ?, 7, ?, ?, ?, 5000, FALSE, ?)",
						cart, rest, person, who, arm, db.At(rested.Add(time.Duration(rest)*day)))
				}
				mail := email
				if who != nil && i%5 == 0 {
					mail = "other-" + email
				}
				young, ripe := now.Sub(rested) < 7*day, now.Sub(rested) >= 30*day
				if !young {
					w.people++
				}
				if ripe {
					w.ripe++
				}
				returned, gave := false, false
				for range r.IntN(3) {
					at := rested.Add(time.Duration(r.IntN(45*24)-5*24) * hour)
					qty := 1 + r.IntN(3)
					back := r.IntN(2) * r.IntN(qty+1)
					if at.After(now) {
						continue
					}
					bought(who, mail, at, qty, back)
					since := at.Sub(rested)
					returned = returned || since >= 0 && since < 7*day
					gave = gave || back > 0 && since >= 0 && since < 30*day
					if ripe && since < 0 && i%3 == 2 {
						w.before += money.Amount(1000 * (qty - back))
					}
					if ripe && since >= 0 && since < 30*day {
						w.yield += money.Amount(1000 * (qty - back))
					}
				}
				if returned && !young {
					w.returned++
				}
				if gave && ripe {
					w.gaveBack++
				}
				if i%17 == 0 {
					exec("INSERT INTO suppressions (email_key, purpose, reason, at) VALUES (?, 'mail.cart', 'unsubscribed', ?)", email, db.At(rested.Add(day)))
					if ripe {
						w.unsubscribed++
					}
				}
			}
			if err := order.CreateMany(ctx, tx, orders, lines, past); err != nil {
				return err
			}
			for i, l := range lines {
				exec("UPDATE order_lines SET refunded_qty = ? WHERE order_id = ?", l[0].RefundedQty, int64(orders[i].ID))
			}
			return nil
		})
		must(t, analytics.RetestFollowUp(ctx, d, values, now))
		all, err := analytics.FollowUps(ctx, d, false)
		must(t, err)
		if len(all) != 1 || all[0].People != people {
			t.Fatalf("runs %+v", all)
		}
		f := all[0]
		for held, w := range want {
			ret, yield, at := f.Return.Shown, f.Raw.Shown, 0
			if held {
				ret, yield, at = f.Return.Held, f.Raw.Held, 1
			}
			if ret.N != w.people || ret.Buyers != w.returned || yield.N != w.ripe || yield.Sum != float64(w.yield) || yield.BeforeSum != float64(w.before) {
				t.Errorf("held %v: %d people %d back, %d ripe with %v, %v before; want %+v", held, ret.N, ret.Buyers, yield.N, yield.Sum, yield.BeforeSum, w)
			}
			for i, n := range map[int]int{0: w.unsubscribed, 2: w.gaveBack} {
				rate := [2]analytics.Rate{f.Guards[i].Treated, f.Guards[i].Held}[at]
				if rate.Part != n || rate.Of != w.ripe {
					t.Errorf("held %v %s: %+v, want %d of %d", held, f.Guards[i].Key, rate, n, w.ripe)
				}
			}
		}
		if f.Return.Verdict != experiment.None && f.Return.Verdict != experiment.Early || f.Raw.Shown.BeforeSum == 0 {
			t.Errorf("a coin was given an effect, or the past was not read: %+v", f.Return)
		}
		rows := func() (rows []map[string]any) {
			must(t, d.Query(ctx).Raw("SELECT * FROM followup_tests ORDER BY run_id, measure, arm").Scan(&rows).Error)
			return rows
		}
		first := rows()
		must(t, analytics.Rebuild(ctx, d, values, now))
		if !reflect.DeepEqual(first, rows()) {
			t.Error("counting twice gives other rows")
		}
	})
}

// TestHowManyPeopleAnAnswerTakes reproduces the sizes of the design's table,
// which are of one look at the end, and says those of daily looking beside.
func TestHowManyPeopleAnAnswerTakes(t *testing.T) {
	v := analytics.Volume{PerWeek: 250, Natural: .1}
	once := map[float64][]int{.05: {1366, 1914, 3272, 6073}, .02: {7678, 11422, 19964, 37503}}
	for i, a := range v.Answers() {
		if want := once[a.By][i%4]; a.Once != want || a.OnceWeeks != int(math.Ceil(float64(want)/250)) {
			t.Errorf("%v points, %d held: %d people in %d weeks, want %d", 100*a.By, a.Held, a.Once, a.OnceWeeks, want)
		}
		if ratio := float64(a.Daily) / float64(a.Once); ratio < 1.2 || ratio > 2.9 || a.DailyWeeks < a.OnceWeeks {
			t.Errorf("looking every day takes %d people, %.2f times %d", a.Daily, ratio, a.Once)
		}
	}
	for perWeek, want := range map[float64]string{0: "few", 20: "few", 100: "half", 500: "fifth", 2000: "tenth"} {
		if got := (analytics.Volume{PerWeek: perWeek, Natural: .1}).Suggest(false); got.Why != want {
			t.Errorf("%v people a week: %s, want %s (%+v)", perWeek, got.Why, want, analytics.Volume{PerWeek: perWeek, Natural: .1}.Answers()[:4])
		}
	}
	if got := v.Suggest(true); got.Held != 1000 || got.Why != "answered" || got.Planned == 0 {
		t.Errorf("once the effect is seen: %+v", got)
	}
}

// TestWhatCameBackIsCountedFourWays: the same carts, counted as recovered, after
// a mail, by its link and within three days of it, of all and of those drawn.
func TestWhatCameBackIsCountedFourWays(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := openPlaces(t, d)
		exec := func(sql string, args ...any) {
			s.tx(func(tx *db.Tx) error { return tx.Query(ctx).Exec(sql, args...).Error })
		}
		ordered := midnight.Add(20 * day)
		for i, c := range []struct {
			abandoned, recovered, mail, link int
			drawn                            bool
			restored                         time.Duration // before the order; 0: never
		}{
			{1, 1, 1, 1, true, day},      // all four
			{1, 1, 1, 1, true, 4 * day},  // by a link of four days ago
			{1, 1, 1, 1, false, 2 * day}, // never drawn
			{1, 1, 1, 0, true, 0},        // after a mail, by itself
			{1, 1, 0, 0, true, 0},        // without a mail
			{1, 0, 0, 0, true, 0},        // lost
			{1, 0, 0, 0, false, 0},       // lost, nobody to write to
			{0, 0, 0, 0, false, 0},       // never rested
		} {
			id := 60_000 + i
			exec("INSERT INTO carts (id, token, currency, created_at, active_at, state) VALUES (?, ?, 'USD', 1, 1, 'void')", id, fmt.Sprint("t", id))
			exec(`INSERT INTO cart_facts (cart_id, day, hour, weekday, simulated, excluded, definition, started, checkout, abandoned, converted, recovered, by_mail, by_link, lost, reach,
				started_at, checkout_at, contact_at, delivery_at, payment_at, converted_at, left_at, value, net, refunded, items, band, lang, currency, device, country, buyer, login,
				department, product_id, delivery, payment, coupon, shortage, asked, waited, cause, rule, about, amount)
				VALUES (?, '2026-03-10', 1, 1, FALSE, '', 0, 1, 1, ?, 0, ?, ?, ?, 0, 1, 1, 1, 1, 1, 1, ?, 1, 500, ?, 0, 1, '', 'en', 'USD', '', '', '', '', '', 0, '', '', '', '', '', 0, '', '', '', 0)`,
				id, c.abandoned, c.recovered, c.mail, c.link, db.At(ordered), 500*c.recovered)
			if c.drawn {
				exec("UPDATE cart_facts SET followup = 'treat' WHERE cart_id = ?", id)
			}
			if c.restored > 0 {
				exec("INSERT INTO cart_steps (cart_id, kind, at) VALUES (?, 'restored', ?)", id, db.At(ordered.Add(-c.restored)))
			}
		}
		got, err := analytics.CreditOf(ctx, d, analytics.Question{From: "2026-03-01", To: "2026-03-31"})
		must(t, err)
		want := analytics.Credit{Abandoned: 7, Reachable: 5, Recovered: 5, RecoveredReachable: 4, ByMail: 4, ByMailReachable: 3, ByLink: 3, ByLinkReachable: 2,
			Credited: 2, CreditedReachable: 1, RecoveredValue: 2500, CreditedValue: 1000}
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if none, err := analytics.CreditOf(ctx, d, analytics.Question{From: "2026-04-01", To: "2026-04-30"}); err != nil || none != (analytics.Credit{}) {
			t.Errorf("of no carts: %+v %v", none, err)
		}
	})
}

// TestCouponsOfRemindersAreAddedUp: those given in a run, of orders that stand;
// neither those of other promotions nor of other runs.
func TestCouponsOfRemindersAreAddedUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := openPlaces(t, d)
		run := func(id, number int, since time.Time) {
			s.tx(func(tx *db.Tx) error {
				return tx.Query(ctx).Exec("INSERT INTO followup_runs (id, number, simulated, held, planned, salt, why, since) VALUES (?, ?, FALSE, 5000, 0, 's', 'half', ?)", id, number, db.At(since)).Error
			})
		}
		run(1, 1, midnight)
		run(2, 2, midnight.Add(10*day))
		for i, c := range []struct {
			ref, state string
			at         time.Time
		}{{"followup:1:1:2", "held", midnight.Add(day)}, {"followup:2:1:2", "released", midnight.Add(day)}, {"gift:3", "held", midnight.Add(day)}, {"followup:4:1:2", "late", midnight.Add(11 * day)}} {
			o := s.buys(slot.Mark{}, 1, c.at)
			s.tx(func(tx *db.Tx) error {
				g, err := pricing.Give(ctx, tx, c.ref, pricing.Buyer{Email: fmt.Sprint(i, "@mail.test")}, 10, nil, c.at.Add(3*day), c.at)
				if err != nil {
					return err
				}
				held := 0
				if c.state == "held" {
					held = 1
				}
				return tx.Query(ctx).Exec(`INSERT INTO redemptions (promotion_id, code_id, order_id, person, slot, state, amount, day, at)
					SELECT promotion_id, id, ?, ?, ?, ?, 100, '2026-03-03', 1 FROM promotion_codes WHERE id = ?`, int64(o), fmt.Sprint(i), held*(i+1), c.state, int64(g.CodeID)).Error
			})
		}
		all, err := analytics.FollowUps(ctx, d, false)
		must(t, err)
		if len(all) != 2 || all[1].Coupons != 100 || all[1].Redeemed != 1 || all[0].Coupons != 100 || all[0].Redeemed != 1 {
			t.Errorf("coupons %+v", all)
		}
	})
}

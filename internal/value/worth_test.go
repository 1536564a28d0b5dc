package value_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/setting"
	"regulars/internal/value"
)

// costing is an order of one line whose units have a cost.
type costing struct {
	amount    money.Amount // of the whole line, with tax inside
	qty       int
	tax, cost money.Amount // cost of a unit; below 0: nobody said
	cancelled int
	at        time.Time
	currency  money.Currency
}

func (w *till) sells(who customer.ID, all ...costing) {
	w.t.Helper()
	w.tx(func(tx *db.Tx) error {
		for _, c := range all {
			external := c.at.String() + string(rune('a'+who))
			l := w.cup
			l.Qty, l.UnitPrice, l.Total, l.Tax, l.CancelledQty = c.qty, c.amount.Part(1, int64(c.qty)), c.amount, c.tax, c.cancelled
			if c.cost >= 0 {
				l.UnitCost = &c.cost
			}
			o := order.Order{ExternalID: &external, CustomerID: &who, Currency: c.currency, Subtotal: c.amount, Total: c.amount, TaxIncluded: true, State: order.Completed,
				PaymentState: order.Paid, DeliveryState: order.Delivered, PlacedAt: db.At(c.at), PaidAt: db.At(c.at), ClosedAt: db.At(c.at), Imported: true}
			if err := order.CreateImported(ctx, tx, []order.Order{o}, [][]order.Line{{l}}); err != nil {
				return err
			}
		}
		return nil
	})
}

// What all customers contribute is what the book of orders says: sales without
// tax less what the goods cost, where that is frozen with the order; the margin
// of the rest; less what questions cost.
func TestContributionsAddUpToTheBook(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := open(t, d)
		w.set = setting.Of(map[string]string{"value.margin": "40", "value.question.cost": "3", "value.return.cost": "5"})
		now := day(2026, 6, 1)
		rng := rand.New(rand.NewPCG(1, 9))
		var book money.Amount
		for i := range 40 {
			who := w.person(string(rune('a'+i%26)) + string(rune('a'+i/26)) + "@mail.test")
			for k := range 1 + rng.IntN(4) {
				c := costing{amount: money.Amount(100 * (1 + rng.IntN(300))), qty: 1 + rng.IntN(3), cost: -1, at: day(2026, 1, 2).AddDate(0, 0, 7*k+i), currency: "USD"}
				if rng.IntN(3) > 0 {
					c.cost, c.tax = money.Amount(rng.IntN(4000)), c.amount.Part(19, 119)
					book += c.amount - c.tax - c.cost.Times(c.qty)
				} else {
					book += c.amount.Part(4, 10) // hundreds: no rounding
				}
				w.sells(who, c)
			}
			if i%5 == 0 {
				w.tx(func(tx *db.Tx) error {
					return tx.Query(ctx).Exec("INSERT INTO questions (token, kind, customer_id, email, lang, body, created_at) VALUES (?, 'contact', ?, '', 'en', 'When', ?)", "question"+string(rune('a'+i)), int64(who), db.At(now.AddDate(0, 0, -3))).Error
				})
				book -= 300
			}
		}
		if err := value.Rebuild(ctx, d, w.set, now); err != nil {
			t.Fatal(err)
		}
		_, sums, err := value.ClassCounts(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		var all money.Amount
		for _, sum := range sums {
			all += sum
		}
		if all != book {
			t.Errorf("customers contribute %d, the book says %d", all, book)
		}
		people, n, err := value.People(ctx, d, value.Filter{Sort: "contribution"})
		if err != nil || n != 40 {
			t.Fatalf("%d %v", n, err)
		}
		for _, m := range people {
			if want := m.Earned + w.set.ValueMargin().Of(m.Net-m.Costed) - m.Lost - money.Amount(300*m.Questions+500*m.Returns); want != m.Contribution {
				t.Errorf("%+v: its parts make %d", m.Score, want)
			}
		}
	})
}

// Units that were taken back do not count, goods that left for nothing do, and
// another currency counts by the shop's prices while costs are the shop's own.
func TestCostsOfWhatStayed(t *testing.T) {
	w := open(t, dbtest.SQLite(t))
	ann := w.person("ann@mail.test")
	w.sells(ann, costing{amount: 30_00, qty: 3, cost: 4_00, at: day(2026, 1, 1), currency: "USD"},
		costing{amount: 70_00, qty: 1, cost: 4_00, at: day(2026, 1, 5), currency: "CNY"},
		costing{amount: 0, qty: 1, cost: 4_00, at: day(2026, 1, 9), currency: "USD"})
	w.tx(func(tx *db.Tx) error {
		return tx.Query(ctx).Exec("UPDATE order_lines SET cancelled_qty = 1 WHERE qty = 3").Error
	})
	w.tx(func(tx *db.Tx) error {
		return tx.Query(ctx).Exec("UPDATE orders SET subtotal = 2000 WHERE subtotal = 3000").Error
	})
	scores, _, err := value.All(ctx, w.d, w.set, day(2026, 6, 1))
	if err != nil || len(scores) != 1 {
		t.Fatalf("%+v %v", scores, err)
	}
	s := scores[0]
	if s.Net != 30_00 || s.Costed != 30_00 || s.Earned != 20_00-8_00+10_00-4_00 || s.Lost != 4_00 || s.Contribution != 14_00 {
		t.Errorf("%+v", s)
	}
}

// Every change of class and tier is a row with its numbers, and none is written
// where nothing changed.
func TestMovesAreKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := open(t, d)
		ann := w.person("ann@mail.test")
		w.buys(ann, 40_00, day(2025, 1, 10), day(2025, 1, 20))
		turn := func(now time.Time) {
			t.Helper()
			w.tx(func(tx *db.Tx) error { return value.RebuildTiers(ctx, tx, w.set, now) })
			if err := value.Rebuild(ctx, d, w.set, now); err != nil {
				t.Fatal(err)
			}
		}
		for _, at := range []time.Time{day(2025, 1, 21), day(2025, 1, 22), day(2025, 6, 1), day(2026, 1, 25), day(2026, 2, 2), day(2026, 3, 2), day(2026, 4, 2), day(2026, 5, 2)} {
			turn(at)
		}
		all, err := value.History(ctx, d, ann, 50)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i := len(all) - 1; i >= 0; i-- {
			m := all[i]
			got = append(got, m.Kind+" "+m.Was+">"+m.Became+" "+string(m.Cause)+" "+m.Since.Format(time.DateOnly)+" "+m.At.Format(time.DateOnly))
		}
		want := []string{"tier occasional>loyal purchase 2025-01-20 2025-01-21", "class >N count 2025-01-21 2025-01-21", "class N>A count 2025-06-01 2025-06-01",
			"class A>C count 2026-01-25 2026-01-25", "notice >occasional review 2026-02-01 2026-02-02", "tier loyal>occasional review 2026-05-01 2026-05-02"}
		if len(got) != len(want) {
			t.Fatalf("%q", got)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%q, want %q", got[i], want[i])
			}
		}
		if n := all[len(all)-1].Numbers; n.Orders != 2 || n.Spend["USD"] != 80_00 || n.Number == "" {
			t.Errorf("%+v", n)
		}
		if n := all[3].Numbers; n.Contribution != 32_00 || n.LastA != 32_00 || n.Version == 0 {
			t.Errorf("%+v", n)
		}
		told, err := value.Announce(ctx, d, day(2026, 1, 31), 0, 10)
		if err != nil || len(told) != 2 || told[0].Kind != value.MoveNotice || told[0].Numbers.Until != day(2026, 5, 1).Add(-12*time.Hour).UnixMilli() {
			t.Errorf("%+v %v", told, err)
		}
		w.tx(func(tx *db.Tx) error {
			if err := customer.SetConsent(ctx, tx, ann, customer.History, false, "test", day(2026, 5, 3)); err != nil {
				return err
			}
			return value.Refresh(ctx, tx, ann)
		})
		if all, _ := value.History(ctx, d, ann, 50); len(all) != 3 {
			t.Errorf("after a no: %+v", all)
		}
		w.tx(func(tx *db.Tx) error { return value.Forget(ctx, tx, ann, "", day(2026, 5, 3)) })
		if all, _ := value.History(ctx, d, ann, 50); len(all) != 0 {
			t.Errorf("after erasing: %+v", all)
		}
	})
}

// Cuts by people give exactly their shares, whatever the number of people and
// whoever is equal (S13).
func TestSharesOfPeopleAreExact(t *testing.T) {
	for n := 1; n <= 203; n++ {
		for _, cut := range [][2]int{{20, 50}, {10, 20}, {33, 66}} {
			var all []value.Account
			for i := range n {
				all = append(all, account(customer.ID(i+1), money.Amount(100*(1+i%7)), 200))
			}
			scores, _ := value.Grade(all, today, value.Terms{Margin: 10_000, ByPeople: true, A: cut[0], B: cut[1]})
			got := map[value.Class]int{}
			for _, s := range scores {
				got[s.Class]++
			}
			for class, share := range map[value.Class]int{value.ClassA: cut[0], value.ClassB: cut[1] - cut[0], value.ClassC: 100 - cut[1]} {
				if off := got[class]*100 - share*n; off > 100 || off < -100 {
					t.Fatalf("%d people, %v: %v", n, cut, got)
				}
			}
		}
	}
}

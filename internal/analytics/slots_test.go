package analytics_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/event"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/slot"
)

// placed is a shop whose places were looked at, clicked and bought from.
type placed struct {
	*testing.T
	d            *db.DB
	bottle, book catalog.VariantID
	who          customer.ID
	number       int
}

func openPlaces(t *testing.T, d *db.DB) *placed {
	t.Helper()
	s := &placed{T: t, d: d}
	s.bottle, s.book = goods(t, d)
	s.tx(func(tx *db.Tx) error {
		k, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: "eve@demo.example", Name: "Eve", PasswordHash: "x", Lang: "en", Country: "US", Personalize: true, History: true, Verified: true}, midnight)
		if err == nil {
			s.who = k.ID
			err = catalog.SetCosts(ctx, tx, map[catalog.VariantID]*money.Amount{s.bottle: cost(600)})
		}
		return err
	})
	return s
}

func cost(a money.Amount) *money.Amount { return &a }

func (s *placed) tx(do func(tx *db.Tx) error) {
	s.Helper()
	must(s.T, s.d.InTx(context.Background(), do))
}

// saw writes impressions and clicks.
func (s *placed) saw(kind event.Kind, m slot.Mark, at time.Time, who customer.ID, products ...int64) {
	s.tx(func(tx *db.Tx) error {
		e := event.Event{At: db.At(at), Kind: kind, CustomerID: int64(who), Detail: m.Seen(products)}
		if kind == event.SlotClick {
			e.Detail = m.String()
		}
		return event.Write(ctx, tx, []event.Event{e})
	})
}

// buys places a paid order of that many bottles from a place, at 10.00 less a
// discount, and a book from nowhere.
func (s *placed) buys(m slot.Mark, qty int, at time.Time) order.ID {
	s.Helper()
	s.number++
	number := string(rune('A'+s.number)) + "0000000"
	o := order.Order{Number: number, PlaceKey: number, AccessHash: number, CustomerID: &s.who, Email: "eve@demo.example", Lang: "en", Currency: "USD", TaxIncluded: true,
		Subtotal: 1500, Total: 1500, State: order.StatePlaced, PaymentState: order.Paid, DeliveryState: order.Unshipped, PlacedAt: db.At(at), PaidAt: db.At(at)}
	lines := []order.Line{
		{ProductID: 1, VariantID: s.bottle, SKU: "baby", Name: i18n.Text{En: "Bottle"}, Qty: qty, UnitPrice: 1000, Tax: 100, Total: money.Amount(1000 * qty), UnitCost: cost(600), Origin: m.String()},
		{ProductID: 2, VariantID: s.book, SKU: "books", Name: i18n.Text{En: "Book"}, Qty: 1, UnitPrice: 500, Total: 500},
	}
	past := []order.History{{Axis: order.OrderAxis, ToState: "placed", Actor: "shopper", At: db.At(at)}, {Axis: order.PaymentAxis, FromState: "pending", ToState: "paid", Actor: "payment", At: db.At(at)}}
	orders := []order.Order{o}
	s.tx(func(tx *db.Tx) error {
		return order.CreateMany(ctx, tx, orders, [][]order.Line{lines}, [][]order.History{past})
	})
	return orders[0].ID
}

func (s *placed) adds(m slot.Mark, at time.Time) {
	s.tx(func(tx *db.Tx) error {
		p, err := customer.Read(ctx, tx, "", s.who)
		if err != nil {
			return err
		}
		c, err := cart.Ensure(ctx, tx, p, "USD", "en", "phone", at)
		if err != nil {
			return err
		}
		return cart.AddFrom(ctx, tx, c.ID, s.bottle, 1, m.String(), at)
	})
}

// rows are slot_days and slot_tests without the moment of counting.
func (s *placed) rows() (all []map[string]any) {
	s.Helper()
	for _, q := range []string{"SELECT * FROM slot_days ORDER BY day, slot, page, arm, simulated", "SELECT * FROM slot_tests ORDER BY slot, page, arm, simulated"} {
		var rows []map[string]any
		must(s.T, s.d.Query(ctx).Raw(q).Scan(&rows).Error)
		for _, r := range rows {
			delete(r, "counted_at")
		}
		all = append(all, rows...)
	}
	return all
}

var (
	home  = slot.Mark{Slot: slot.Home, Arm: slot.Shown, Page: "student"}
	shelf = slot.Mark{Slot: "home.category", Arm: slot.Shown, Page: "student"}
	block = slot.Mark{Slot: slot.Complements, Arm: slot.Shown, Page: "books"}
)

// TestPlacesAreCountedTheSameHoweverOften holds the one counter: day by day as
// time goes, or all at once from the rows, the figures are the same, and they
// are those of a hand count.
func TestPlacesAreCountedTheSameHoweverOften(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := openPlaces(t, d)
		at := midnight.Add(23*hour + 50*minute) // ten minutes before the shop's midnight
		s.saw(event.SlotShown, home, at, s.who)
		s.saw(event.SlotShown, shelf, at, s.who, 1, 2)
		// The click comes after midnight; its link names no segment.
		s.saw(event.SlotClick, slot.Mark{Slot: "home.category", Arm: slot.Shown}, at.Add(15*minute), s.who)
		s.saw(event.SlotShown, block, at.Add(16*minute), s.who, 1)
		s.saw(event.SlotShown, slot.Mark{Slot: slot.Complements}, at.Add(17*minute), 0, 1)
		s.saw(event.SlotClick, block, at.Add(18*minute), s.who)
		s.adds(block, at.Add(19*minute))
		id := s.buys(block, 2, at.Add(20*minute))
		s.buys(slot.Mark{}, 1, at.Add(30*minute))
		now := at.Add(2 * hour)

		must(t, analytics.RefreshSlots(ctx, d, values, now))
		must(t, analytics.Retest(ctx, d, values, now))
		first := s.rows()
		must(t, analytics.RebuildSlots(ctx, d, values, now))
		if again := s.rows(); !reflect.DeepEqual(first, again) {
			t.Errorf("day by day %v, all at once %v", first, again)
		}
		must(t, analytics.RecountSlots(ctx, d, "2026-03-04", "2026-03-04", values, now))
		if again := s.rows(); !reflect.DeepEqual(first, again) {
			t.Errorf("the second day alone %v, before %v", again, first)
		}

		r, err := analytics.Slots(ctx, d, false, values, now)
		must(t, err)
		want := map[slot.Key]analytics.Placed{
			slot.Home:        {Shown: 1, Clicks: 1},
			"home.category":  {Shown: 1, Clicks: 1},
			slot.Complements: {Shown: 2, Clicks: 1, Adds: 1, Orders: 1, Units: 2, Revenue: 1900, Margin: 700, Costed: 1900},
		}
		for _, f := range r.Slots {
			if f.Total != want[f.Slot.Key] {
				t.Errorf("%s: %+v, want %+v", f.Slot.Key, f.Total, want[f.Slot.Key])
			}
			if f.Slot.Key == slot.Home && (len(f.Audiences) != 1 || f.Audiences[0].Arms[slot.Shown] != analytics.Placed{Shown: 1, Clicks: 1}) {
				t.Errorf("the student's page: %+v", f.Audiences)
			}
			if f.Slot.Key == slot.Complements {
				// One person; 1,900 less 1,200 of the block, 400 less 100 tax of the
				// other bottle; what the book cost nobody said.
				if s := f.Test.Shown; s.N != 1 || s.Buyers != 1 || s.Sum != 1900+900+500+500 {
					t.Errorf("in the test %+v, revenue %v", s, f.Test.Revenue)
				}
			}
		}

		// One bottle goes back, and a euro that belongs to no unit.
		s.tx(func(tx *db.Tx) error {
			if err := tx.Query(ctx).Exec("UPDATE order_lines SET refunded_qty = 1 WHERE order_id = ? AND position = 1", int64(id)).Error; err != nil {
				return err
			}
			return tx.Query(ctx).Exec(`INSERT INTO payments (order_id, provider, token, attempt, amount, currency, state, captured, refunded, created_at, updated_at)
				VALUES (?, 'test', 'p1', 1, 2500, 'USD', 'succeeded', 2500, 1150, 1, 1)`, int64(id)).Error
		})
		must(t, analytics.RebuildSlots(ctx, d, values, now))
		r, err = analytics.Slots(ctx, d, false, values, now)
		must(t, err)
		for _, f := range r.Slots {
			// 1,500 of goods are kept, 150 of it was given back: a tenth of 950 goes.
			if f.Slot.Key == slot.Complements && (f.Total.Units != 1 || f.Total.Revenue != 855 || f.Total.Margin != 255) {
				t.Errorf("after the refund %+v", f.Total)
			}
		}
	})
}

// TestSumsOutliveTheirEvents: ninety days later the events go, the days' sums
// stay, whatever is counted then.
func TestSumsOutliveTheirEvents(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := openPlaces(t, d)
		at := midnight.Add(10 * hour)
		s.saw(event.SlotShown, block, at, s.who, 1)
		s.saw(event.SlotClick, block, at.Add(minute), s.who)
		s.buys(block, 1, at.Add(hour))
		must(t, analytics.RebuildSlots(ctx, d, values, at.Add(day)))
		before := s.rows()
		for _, later := range []int{89, 91, 200} {
			must(t, analytics.RebuildSlots(ctx, d, values, at.Add(time.Duration(later)*day)))
		}
		after := s.rows()
		if len(after) < 1 || len(before) < 1 || !reflect.DeepEqual(before[0], after[0]) {
			t.Errorf("counted %v, half a year later %v", before, after)
		}
		var n int
		must(t, d.Query(ctx).Raw("SELECT count(*) FROM events WHERE kind LIKE 'slot.%'").Scan(&n).Error)
		if n != 0 {
			t.Errorf("%d impressions and clicks are kept after 200 days", n)
		}
	})
}

// TestAPersonIsOnTheSideTheyWereFirstOn: what comes after a change of share
// counts anew, and a second side changes nothing.
func TestAPersonIsOnTheSideTheyWereFirstOn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := openPlaces(t, d)
		at := midnight.Add(10 * hour)
		without := block
		without.Arm = slot.Without
		s.saw(event.SlotShown, without, at, s.who)
		s.saw(event.SlotShown, block, at.Add(hour), s.who)
		s.saw(event.SlotShown, slot.Mark{Slot: slot.Complements}, at, 0)
		sides := func(now time.Time) (shown, held int) {
			must(t, analytics.Retest(ctx, d, values, now))
			r, err := analytics.Slots(ctx, d, false, values, now)
			must(t, err)
			for _, f := range r.Slots {
				if f.Slot.Key == slot.Complements {
					return f.Test.Shown.N, f.Test.Result.Held.N
				}
			}
			return 0, 0
		}
		if shown, held := sides(at.Add(2 * hour)); shown != 0 || held != 1 {
			t.Errorf("%d see it and %d go without, want the first side", shown, held)
		}
		s.tx(func(tx *db.Tx) error { return slot.SetHeld(ctx, tx, slot.Complements, 1000, 0, at.Add(30*minute)) })
		if shown, held := sides(at.Add(2 * hour)); shown != 1 || held != 0 {
			t.Errorf("since the change %d see it and %d go without", shown, held)
		}
		s.tx(func(tx *db.Tx) error { return slot.SetHeld(ctx, tx, slot.Complements, 0, 0, at.Add(40*minute)) })
		if shown, held := sides(at.Add(2 * hour)); shown+held != 0 {
			t.Errorf("nobody goes without, and %d are in the test", shown+held)
		}
	})
}

package checkout_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/doctor"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/order"
	"regulars/internal/payment"
)

// bundle makes v a set of one of each of the parts.
func (s *shop) bundle(v catalog.VariantID, parts ...catalog.VariantID) {
	s.t.Helper()
	s.tx(func(tx *db.Tx) error {
		var inside []catalog.Component
		for _, p := range parts {
			inside = append(inside, catalog.Component{Variant: p, Qty: 1})
		}
		_, err := inventory.Bundle(ctx, tx, v, inside, s.now())
		return err
	})
}

func (s *shop) sound() {
	s.t.Helper()
	report, err := doctor.Check(ctx, s.db, doctor.Options{Now: s.now()})
	if err != nil || !report.OK {
		s.t.Errorf("the doctor finds %+v, %v", report, err)
	}
}

func (s *shop) available(v catalog.VariantID) int {
	s.t.Helper()
	all, err := inventory.Available(ctx, s.db, []catalog.VariantID{v})
	if err != nil {
		s.t.Fatal(err)
	}
	return all[v]
}

// One half wants the spoon alone, the other the set with it; a third of the
// spoons there would be needed are there.
func TestRaceForAComponentAloneAndInItsSet(t *testing.T) {
	race(t, func(s *shop, n int) func(int) {
		spoon, cup, set := s.sell("SPOON", 300, 0), s.sell("CUP", 900, 1_000_000), s.sell("SET", 1100, -1)
		s.bundle(set, spoon, cup)
		units := max(1, n/3)
		return func(round int) {
			s.receive(spoon, units, fmt.Sprint("round ", round))
			carts := s.buyers(n, func(i int) []catalog.VariantID {
				return []catalog.VariantID{[]catalog.VariantID{spoon, set}[i%2]}
			})
			var won, told atomic.Int64
			atOnce(n, func(i int) {
				_, err := s.desk.Place(ctx, s.owner(&carts[i]), i18n.English, carts[i].ID, form(), checkout.NotShown)
				if out := (*inventory.OutOfStockError)(nil); err == nil {
					won.Add(1)
				} else if errors.As(err, &out) {
					told.Add(1)
				} else {
					s.t.Errorf("round %d: %v", round, err)
				}
			})
			if int(won.Load()) != units || int(told.Load()) != n-units {
				s.t.Errorf("round %d: %d of %d buyers got one of %d spoons, %d were told", round, won.Load(), n, units, told.Load())
			}
		}
	})
}

// Of what may be promised ahead no more is promised than the limit.
func TestRaceForWhatIsSoldAhead(t *testing.T) {
	race(t, func(s *shop, n int) func(int) {
		lamp := s.sell("LAMP", 4000, 0)
		units := max(1, n/3)
		return func(round int) {
			s.tx(func(tx *db.Tx) error {
				return inventory.SetPolicy(ctx, tx, lamp, inventory.Policy{Kind: catalog.Backorder, Beyond: units * (round + 1)}, s.now())
			})
			carts := s.buyers(n, func(int) []catalog.VariantID { return []catalog.VariantID{lamp} })
			var won atomic.Int64
			atOnce(n, func(i int) {
				_, err := s.desk.Place(ctx, s.owner(&carts[i]), i18n.English, carts[i].ID, form(), checkout.NotShown)
				if out := (*inventory.OutOfStockError)(nil); err == nil {
					won.Add(1)
				} else if !errors.As(err, &out) {
					s.t.Errorf("round %d: %v", round, err)
				}
			})
			if int(won.Load()) != units {
				s.t.Errorf("round %d: %d of %d buyers were promised one of %d", round, won.Load(), n, units)
			}
		}
	})
}

func TestASetIsBoughtSentAndSetFree(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		spoon, cup, set := s.sell("SPOON", 300, 5), s.sell("CUP", 900, -1), s.sell("SET", 1100, -1)
		s.bundle(set, spoon, cup)
		p := s.guest()
		done := s.place(p, s.fill(p, 2, set, spoon), form()) // two sets and two spoons alone
		if s.available(spoon) != 1 || s.available(set) != 1 {
			t.Errorf("one spoon and one set are left, not %d and %d", s.available(spoon), s.available(set))
		}
		s.settle(done, payment.OutcomePaid)
		lines, err := order.Lines(ctx, d, done.Order.ID)
		if err != nil {
			t.Fatal(err)
		}
		send := func(units map[int]int) error {
			return d.InTx(ctx, func(tx *db.Tx) error {
				return s.desk.SendIn(ctx, tx, done.Order.ID, checkout.Parcel{Units: units}, "staff:1", s.now())
			})
		}
		if err := send(map[int]int{lines[0].Position: 1}); err != nil {
			t.Fatal(err)
		}
		if n := s.count("SELECT shipped FROM holds WHERE order_id = ?", int64(done.Order.ID)); n != 1 {
			t.Errorf("one set left the house with %d spoons", n)
		}
		if err := send(map[int]int{lines[0].Position: 1, lines[1].Position: 2}); err != nil {
			t.Fatal(err)
		}
		s.sound()
		q := s.guest()
		other := s.place(q, s.fill(q, 1, set), form())
		if s.available(set) != 0 {
			t.Errorf("%d sets", s.available(set))
		}
		if err := s.desk.Cancel(ctx, other.Order.ID, "staff:1", ""); err != nil {
			t.Fatal(err)
		}
		if s.available(set) != 1 || s.available(spoon) != 1 {
			t.Errorf("cancelled, but %d sets and %d spoons", s.available(set), s.available(spoon))
		}
		s.sound()
	})
}

func TestASetComesBackByItsComponents(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		spoon, cup, set := s.sell("SPOON", 300, 5), s.sell("CUP", 900, -1), s.sell("SET", 1100, -1)
		s.bundle(set, spoon, cup)
		p := s.guest()
		id := s.place(p, s.fill(p, 2, set, spoon), form()).Order.ID
		s.tell(id, payment.OutcomePaid)
		if err := errors.Join(s.desk.Ship(ctx, id, "staff:1"), s.desk.Deliver(ctx, id, "staff:1")); err != nil {
			t.Fatal(err)
		}
		lines, err := order.Lines(ctx, d, id)
		if err != nil {
			t.Fatal(err)
		}
		at := map[catalog.VariantID]int{}
		for _, l := range lines {
			at[l.VariantID] = l.Position
		}
		r, err := s.ask(id, map[int]int{at[set]: 2, at[spoon]: 1})
		if err == nil {
			err = s.decide(r.Number, true)
		}
		if err == nil {
			err = s.took(r.Number, map[int]checkout.Came{at[set]: {Good: 1, Lost: 1}, at[spoon]: {Good: 1}})
		}
		if err != nil {
			t.Fatal(err)
		}
		if s.available(spoon) != 3 || s.available(set) != 3 {
			t.Errorf("of five spoons four went and three came back, one of them bent: %d, sets %d", s.available(spoon), s.available(set))
		}
		s.sound()
	})
}

func TestAnOrderOfWhatHasYetToComePromisesALaterDay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		lamp, bulb := s.sell("LAMP", 4000, 0), s.sell("BULB", 500, 9)
		s.tx(func(tx *db.Tx) error {
			return inventory.SetPolicy(ctx, tx, lamp, inventory.Policy{Kind: catalog.Backorder, Beyond: 2}, s.now())
		})
		buy := func() *checkout.Placed {
			p := s.guest()
			done := s.place(p, s.fill(p, 1, bulb, lamp), form())
			s.settle(done, payment.OutcomePaid)
			stored, err := order.ByID(ctx, d, done.Order.ID)
			if err != nil || !stored.DeliveryBy.Equal(done.Order.DeliveryBy.Time) {
				t.Errorf("%v, stored %v, %v", done.Order.DeliveryBy, stored.DeliveryBy, err)
			}
			return done
		}
		if k := buy().Order; !k.DeliveryBy.IsZero() {
			t.Errorf("nobody knows when, but the order says %v", k.DeliveryBy)
		}
		day := s.now().AddDate(0, 0, 10)
		s.tx(func(tx *db.Tx) error {
			return inventory.AddIncoming(ctx, tx, inventory.Incoming{Token: "more", VariantID: lamp, LocationID: 1, Qty: 1, ExpectedAt: db.At(day)}, s.now())
		})
		second := buy()
		if want := day.AddDate(0, 0, 5); !second.Order.DeliveryBy.Equal(want) {
			t.Errorf("promised for %v, want %v", second.Order.DeliveryBy, want)
		}
		if err := s.desk.Ship(ctx, second.Order.ID, "staff:1"); !errors.Is(err, fault.Conflict) {
			t.Errorf("sent before it came: %v", err)
		}
		s.tx(func(tx *db.Tx) error { return inventory.ReceiveIncoming(ctx, tx, lamp, "more", 1, "came", s.now()) })
		if err := s.desk.Ship(ctx, second.Order.ID, "staff:1"); !errors.Is(err, fault.Conflict) {
			t.Errorf("it is the first order's: %v", err)
		}
		s.sound()
	})
}

func TestTheLastUnitIsNeverLockedByItsOwnBuyer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		last := s.sell("LAST", 4000, 1)
		p := s.guest()
		c, f := s.fill(p, 1, last), form()
		first := s.place(p, c, f)
		// Back from the payment page, and a second tab with a form of its own.
		for _, again := range []checkout.Form{f, form()} {
			done := s.place(p, c, again)
			if !done.Again || done.Order.ID != first.Order.ID || done.PayURL == "" {
				t.Errorf("the same cart: %+v", done)
			}
		}
		// A declined card: the same order, its own hold.
		s.settle(first, payment.OutcomeDeclined)
		if done, err := s.desk.Retry(ctx, first.Order.ID); err != nil || done.PayURL == "" {
			t.Errorf("%+v, %v", done, err)
		}
		// Another mind: the unpaid order is cancelled, its unit is there for a new one.
		if err := s.desk.Withdraw(ctx, first.Order.ID); err != nil {
			t.Fatal(err)
		}
		second := s.place(p, s.fill(p, 1, last), form())
		if second.Order.ID == first.Order.ID {
			t.Error("the new cart is a new order")
		}
		// The session runs out, the hold ends; the shopper comes back with a new cart.
		s.pass(2 * time.Hour)
		s.sweep()
		third := s.place(p, s.fill(p, 1, last), form())
		s.settle(third, payment.OutcomePaid)
		if n := s.count("SELECT count(*) FROM holds WHERE state = 'committed'"); n != 1 {
			t.Errorf("%d orders have the last unit", n)
		}
		s.sound()
	})
}

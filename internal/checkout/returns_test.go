package checkout_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/order"
	"regulars/internal/payment"
)

// arrived is an order of qty each that is paid and delivered.
func (s *shop) arrived(qty int, skus ...string) order.ID {
	s.t.Helper()
	p := s.guest()
	c := s.fill(p, qty, s.sell(skus[0], 1000, 20))
	for _, sku := range skus[1:] {
		c = s.fill(p, qty, s.sell(sku, 500, 20))
	}
	id := s.place(p, c, form()).Order.ID
	s.tell(id, payment.OutcomePaid)
	if err := errors.Join(s.desk.Ship(ctx, id, "staff:1"), s.desk.Deliver(ctx, id, "staff:1")); err != nil {
		s.t.Fatal(err)
	}
	return id
}

func (s *shop) ask(id order.ID, units map[int]int) (*order.Return, error) {
	return s.desk.AskReturn(ctx, id, checkout.ReturnForm{Key: checkout.NewKey(), Units: units, Reason: "damaged"})
}

func (s *shop) decide(number string, yes bool) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		return s.desk.DecideReturnIn(ctx, tx, number, yes, "words", "staff:1", s.now())
	})
}

func (s *shop) took(number string, came map[int]checkout.Came) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		return s.desk.ReceiveReturnIn(ctx, tx, number, came, "staff:1", s.now())
	})
}

func (s *shop) resolve(number string, z checkout.Resolution) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		return s.desk.ResolveReturnIn(ctx, tx, number, z, "staff:1", s.now())
	})
}

func (s *shop) returned(number, want string) *order.Return {
	s.t.Helper()
	r, err := order.ReturnByNumber(ctx, s.db, strings.ToLower(number))
	if err != nil {
		s.t.Fatal(err)
	}
	if got := string(r.State) + " " + r.Outcome; got != want {
		s.t.Errorf("return stands at %q, want %q", got, want)
	}
	return r
}

func TestNoMoreComesBackThanWasSent(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		id := s.arrived(3, "BOTTLE")
		var wg sync.WaitGroup
		var mu sync.Mutex
		asked := 0
		for range 8 {
			wg.Go(func() {
				_, err := s.ask(id, map[int]int{1: 1})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					asked++
				} else if !errors.Is(err, fault.Conflict) && !errors.Is(err, fault.Invalid) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if asked != 3 {
			t.Errorf("%d of 3 units are in returns", asked)
		}
		f := checkout.ReturnForm{Key: checkout.NewKey(), Units: map[int]int{1: 1}, Reason: "mind"}
		all, err := order.ReturnsOf(ctx, d, id)
		if err != nil || len(all) != 3 {
			t.Fatal(all, err)
		}
		if err := s.decide(all[0].Number, false); err != nil { // its unit is free again
			t.Fatal(err)
		}
		first, err := s.desk.AskReturn(ctx, id, f)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := s.desk.AskReturn(ctx, id, f); err != nil || again.Number != first.Number {
			t.Errorf("a double click made %v, %v", again, err)
		}
		if s.count("SELECT returned_qty FROM order_lines") != 3 {
			t.Error("units are miscounted")
		}
		sound(t, d, s.now())
	})
}

func TestAReturnEndsInMoneyOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		id := s.arrived(2, "BOTTLE", "SPOON")
		bottle, spoon := s.variant("BOTTLE"), s.variant("SPOON")
		r, err := s.ask(id, map[int]int{1: 2, 2: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.took(r.Number, map[int]checkout.Came{1: {Good: 1}}); !errors.Is(err, fault.Conflict) {
			t.Errorf("received before it was approved: %v", err)
		}
		if err := s.decide(r.Number, true); err != nil {
			t.Fatal(err)
		}
		for _, bad := range []map[int]checkout.Came{nil, {1: {Good: 2, Lost: 1}}, {1: {Good: -1}}} {
			if err := s.took(r.Number, bad); !errors.Is(err, fault.Invalid) {
				t.Errorf("received %v: %v", bad, err)
			}
		}
		came := map[int]checkout.Came{1: {Good: 1, Lost: 1}} // the spoon never came
		if err := s.took(r.Number, came); err != nil {
			t.Fatal(err)
		}
		if err := s.took(r.Number, came); !errors.Is(err, fault.Conflict) {
			t.Errorf("received twice: %v", err)
		}
		s.stock(bottle, 19, 0)
		s.stock(spoon, 18, 0)
		s.returned(r.Number, "received ")
		if _, err := s.ask(id, map[int]int{2: 2}); err != nil {
			t.Errorf("the spoon that did not come cannot be asked for again: %v", err)
		}

		o, err := order.ByID(ctx, d, id)
		if err != nil {
			t.Fatal(err)
		}
		back, err := s.desk.Proposal(ctx, d, o, s.returned(r.Number, "received "))
		if err != nil || back.Amount != 2000 {
			t.Fatalf("proposed %+v %v", back, err)
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		done := 0
		for range 6 {
			wg.Go(func() {
				err := s.resolve(r.Number, checkout.Resolution{Outcome: order.EndRefund, Amount: 2000})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					done++
				} else if !errors.Is(err, fault.Conflict) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := s.count("SELECT count(*) FROM payment_ops WHERE kind = 'refund' AND amount = 2000"); done != 1 || n != 1 {
			t.Errorf("resolved %d times, %d refunds", done, n)
		}
		s.returned(r.Number, "closed refund")
		s.stands(id, "completed partly-refunded delivered")
		sound(t, d, s.now())
	})
}

func TestAReplacementTakesStockAndCostsNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		id := s.arrived(2, "BOTTLE")
		bottle := s.variant("BOTTLE")
		r, err := s.ask(id, map[int]int{1: 2})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.decide(r.Number, true), s.took(r.Number, map[int]checkout.Came{1: {Lost: 2}})); err != nil {
			t.Fatal(err)
		}
		s.stands(id, "completed paid returned")
		s.tx(func(tx *db.Tx) error { return tx.Query(ctx).Exec("UPDATE stock SET tracked = TRUE").Error })
		z := checkout.Resolution{Outcome: order.EndReplacement}
		q := s.guest()
		f := form()
		other := s.place(q, s.fill(q, 17, bottle), f).Order.ID
		if err := s.resolve(r.Number, z); !errors.Is(err, fault.Conflict) {
			t.Errorf("replaced what is promised to others: %v", err)
		}
		s.returned(r.Number, "received ")
		if err := s.desk.Cancel(ctx, other, "staff:1", ""); err != nil {
			t.Fatal(err)
		}
		if err := s.resolve(r.Number, z); err != nil {
			t.Fatal(err)
		}
		if err := s.resolve(r.Number, z); !errors.Is(err, fault.Conflict) {
			t.Errorf("replaced twice: %v", err)
		}
		n := s.returned(r.Number, "closed replacement").Replacement
		s.stands(n, "placed paid unshipped")
		s.stock(bottle, 18, 2)
		if err := s.desk.Ship(ctx, n, "staff:1"); err != nil {
			t.Error(err)
		}
		s.stock(bottle, 16, 0)
		if c := s.count("SELECT count(*) FROM orders WHERE replaces = ? AND total = 0", int64(id)); c != 1 {
			t.Errorf("%d replacements", c)
		}
		sound(t, d, s.now())
	})
}

// Carriers do not always tell: what went out, and came back whole, is over.
func TestAnOrderThatCameBackUntoldIsOver(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		p := s.guest()
		id := s.place(p, s.fill(p, 1, s.sell("BOTTLE", 1000, 20)), form()).Order.ID
		s.tell(id, payment.OutcomePaid)
		if err := s.desk.Ship(ctx, id, "staff:1"); err != nil {
			t.Fatal(err)
		}
		r, err := s.ask(id, map[int]int{1: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.decide(r.Number, true), s.took(r.Number, map[int]checkout.Came{1: {Good: 1}})); err != nil {
			t.Fatal(err)
		}
		o, err := order.ByID(ctx, d, id)
		if err != nil || o.State != order.Completed || o.DeliveryState != order.Returned {
			t.Errorf("the order stands at %s, %s: %v", o.State, o.DeliveryState, err)
		}
		sound(t, d, s.now())
	})
}

func TestReturnsAndWithdrawalEndInTime(t *testing.T) {
	s := open(t, dbtest.SQLite(t))
	id := s.arrived(3, "BOTTLE")
	offer := func() *checkout.ReturnOffer {
		o, err := order.ByID(ctx, s.db, id)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.desk.Returns(ctx, s.db, o, s.now())
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	s.pass(14*24*time.Hour + 14*time.Hour) // the last day, 23:00
	if o := offer(); !o.CanReturn || !o.CanWithdraw {
		t.Errorf("on day 14: %+v", o)
	}
	s.pass(2 * time.Hour)
	if o := offer(); !o.CanReturn || o.CanWithdraw {
		t.Errorf("on day 15: %+v", o)
	}
	if _, err := s.desk.WithdrawContract(ctx, id, checkout.WithdrawForm{Key: checkout.NewKey(), Name: "Li", Email: "li@mail.example", Units: map[int]int{1: 1}}); !errors.Is(err, fault.Conflict) {
		t.Errorf("withdrew too late: %v", err)
	}
	s.pass(16 * 24 * time.Hour)
	if o := offer(); o.CanReturn {
		t.Errorf("on day 31: %+v", o)
	}
	if _, err := s.ask(id, map[int]int{1: 1}); !errors.Is(err, fault.Conflict) {
		t.Errorf("asked too late: %v", err)
	}
}

func TestWithdrawingNeedsNobodysConsent(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		p := s.guest()
		bottle := s.sell("EARLY", 1000, 5)
		early := s.place(p, s.fill(p, 2, bottle), form()).Order.ID
		s.tell(early, payment.OutcomePaid)
		s.tx(func(tx *db.Tx) error { return s.desk.PackIn(ctx, tx, early, "staff:1", s.now()) })
		f := checkout.WithdrawForm{Key: checkout.NewKey(), Name: "Li Na", Email: "other@mail.example"}
		for range 2 { // a double click
			if _, err := s.desk.WithdrawContract(ctx, early, f); err != nil {
				t.Fatal(err)
			}
		}
		s.stands(early, "cancelled refunded unshipped")
		s.stock(bottle, 5, 0)

		late := s.arrived(2, "BOTTLE", "SPOON")
		r, err := s.desk.WithdrawContract(ctx, late, checkout.WithdrawForm{Key: checkout.NewKey(), Name: "Li Na", Email: "li@mail.example", Units: map[int]int{1: 2, 2: 2}})
		if err != nil {
			t.Fatal(err)
		}
		s.returned(r.Number, "approved ")
		if err := s.took(r.Number, map[int]checkout.Came{1: {Good: 2}, 2: {Good: 2}}); err != nil {
			t.Fatal(err)
		}
		o, err := order.ByID(ctx, d, late)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := s.desk.Proposal(ctx, d, o, s.returned(r.Number, "received ")); err != nil || back.Amount != o.Total {
			t.Errorf("proposed %+v %v, want all of %d with its delivery", back, err, o.Total)
		}
		for _, bad := range []checkout.WithdrawForm{{Name: "Li", Email: "li"}, {Email: "li@mail.example"}} {
			bad.Key = checkout.NewKey()
			if _, err := s.desk.WithdrawContract(ctx, s.arrived(1, "C"+bad.Name), bad); !errors.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		sound(t, d, s.now())
	})
}

func (s *shop) variant(sku string) catalog.VariantID {
	s.t.Helper()
	return catalog.VariantID(s.count("SELECT id FROM variants WHERE sku = ?", sku))
}

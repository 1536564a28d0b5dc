package checkout_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"regulars/internal/checkout"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/order"
	"regulars/internal/payment"
)

func TestDeclinedThenPaid(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bottle := s.sell("BOTTLE", 1200, 5)
		p := s.guest()
		c := s.fill(p, 1, bottle)
		done := s.place(p, c, form())
		id := done.Order.ID
		if same, err := s.desk.Retry(ctx, id); err != nil || same.PayURL != done.PayURL {
			t.Errorf("back without deciding leads to %v, %v; want the same payment", same, err)
		}
		s.tell(id, payment.OutcomeDeclined)
		s.stands(id, "placed failed unshipped")
		s.stock(bottle, 5, 1)
		next, err := s.desk.Retry(ctx, id)
		if err != nil || next.PayURL == "" || next.PayURL == done.PayURL {
			t.Fatalf("paying again leads to %v, %v; want a new payment", next, err)
		}
		if twice, err := s.desk.Retry(ctx, id); err != nil || twice.PayURL != next.PayURL {
			t.Errorf("asked twice: %v, %v; want the same new payment", twice, err)
		}
		s.tell(id, payment.OutcomePaid)
		s.stands(id, "placed paid unshipped")
		if got := s.steps(c.ID); !strings.HasSuffix(got, "converted failed payment ") {
			t.Errorf("the cart took the steps %s", got)
		}
		if after, err := s.desk.Retry(ctx, id); err != nil || after.PayURL != "" {
			t.Errorf("paying what is paid: %v, %v", after, err)
		}

		// The provider lets the first payment succeed after all: that money
		// goes back, the order keeps the second.
		all, err := payment.Of(ctx, d, id)
		if err != nil {
			t.Fatal(err)
		}
		if first := s.tellOf(all[0].Token, payment.OutcomePaid); !first.Returned {
			t.Error("an order was paid twice and kept both")
		}
		s.stands(id, "placed paid unshipped")
		if n := s.count("SELECT count(*) FROM payments WHERE captured > refunded"); n != 1 {
			t.Errorf("%d payments hold money, want 1", n)
		}
		lawful(t, s, id)
	})
}

func TestPaidLater(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bottle := s.sell("BOTTLE", 1200, 5)
		p := s.guest()
		id := s.place(p, s.fill(p, 1, bottle), form()).Order.ID
		s.runJobs()
		s.tell(id, payment.OutcomeLater)
		s.tell(id, payment.OutcomeLater)
		s.stands(id, "placed processing unshipped")
		if _, err := s.desk.Retry(ctx, id); !errors.Is(err, fault.Conflict) {
			t.Errorf("paying while a payment is looked at: %v, want a conflict", err)
		}
		if n := s.runJobs(); n != 0 {
			t.Errorf("%d jobs were due at once", n)
		}
		s.pass(payment.LaterAfter)
		if n := s.runJobs(); n != 2 {
			t.Errorf("%d jobs after a minute, want the payment and the mail about it", n)
		}
		s.stands(id, "placed paid unshipped")
		s.stock(bottle, 5, 1)
		lawful(t, s, id)
	})
}

func TestProcessingOutlivesTheHoldButNotForever(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bottle := s.sell("BOTTLE", 1200, 5)
		p := s.guest()
		id := s.place(p, s.fill(p, 1, bottle), form()).Order.ID
		s.tell(id, payment.OutcomeLater)
		s.pass(23 * time.Hour)
		if n, err := s.desk.Sweep(ctx); n != 0 || err != nil {
			t.Fatalf("within a day the sweep ended %d: %v", n, err)
		}
		s.pass(time.Hour)
		if n, err := s.desk.Sweep(ctx); n != 1 || err != nil {
			t.Fatalf("after a day the sweep ended %d: %v", n, err)
		}
		s.stands(id, "cancelled void unshipped")
		s.stock(bottle, 5, 0)
	})
}

func TestHoldEnds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bottle, ebook := s.sell("BOTTLE", 1200, 1), s.sell("EBOOK", 900, -1)
		p, q := s.guest(), s.guest()
		id := s.place(p, s.fill(p, 1, bottle), form()).Order.ID
		uncounted := s.place(q, s.fill(q, 1, ebook), form()).Order.ID
		s.pass(29 * time.Minute)
		if n, err := s.desk.Sweep(ctx); n != 0 || err != nil {
			t.Fatalf("before its time the sweep ended %d: %v", n, err)
		}
		s.pass(time.Minute)
		if n, err := s.desk.Sweep(ctx); n != 2 || err != nil {
			t.Fatalf("the sweep ended %d: %v; want both", n, err)
		}
		if n, err := s.desk.Sweep(ctx); n != 0 || err != nil {
			t.Fatalf("a second sweep ended %d: %v", n, err)
		}
		s.stands(id, "cancelled void unshipped")
		s.stands(uncounted, "cancelled void unshipped")
		s.stock(bottle, 1, 0)
		if _, err := s.desk.Retry(ctx, id); !errors.Is(err, fault.Conflict) {
			t.Errorf("paying what ended: %v, want a conflict", err)
		}

		// The money comes after all, and the bottle is still there.
		if late := s.tell(id, payment.OutcomePaid); late.Returned {
			t.Error("the money went back though the goods were there")
		}
		s.stands(id, "placed paid unshipped")
		s.stock(bottle, 1, 1)
		s.tell(uncounted, payment.OutcomePaid)
		s.stands(uncounted, "placed paid unshipped")
		lawful(t, s, id)
		if err := s.desk.Ship(ctx, id, "staff:1"); err != nil {
			t.Error(err)
		}
		s.stock(bottle, 0, 0)
	})
}

func TestLateMoneyForSoldGoodsGoesBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bottle, spoon := s.sell("BOTTLE", 1200, 1), s.sell("SPOON", 300, 9)
		p, q := s.guest(), s.guest()
		slow := s.place(p, s.fill(p, 1, spoon, bottle), form()).Order.ID
		s.pass(time.Hour)
		if _, err := s.desk.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		quick := s.place(q, s.fill(q, 1, bottle), form()).Order.ID
		s.tell(quick, payment.OutcomePaid)
		if late := s.tell(slow, payment.OutcomePaid); !late.Returned {
			t.Error("the shop kept money for a bottle it does not have")
		}
		s.stands(slow, "cancelled refunded unshipped")
		s.stock(bottle, 1, 1)
		s.stock(spoon, 9, 0)
		lawful(t, s, slow)
		if n := s.count("SELECT count(*) FROM events WHERE kind = 'bought'"); n != 1 {
			t.Errorf("bought was written %d times, want for the quick one only", n)
		}
		page, err := order.List(ctx, d, order.Filter{Flagged: true})
		if err != nil || page.Total != 1 || page.Orders[0].ID != slow {
			t.Errorf("staff see %+v, %v; want the refunded order", page, err)
		}
	})
}

func TestMoneyAndSweepAtTheSameMoment(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bottle := s.sell("BOTTLE", 1200, 10)
		var ids []order.ID
		for range 10 {
			p := s.guest()
			ids = append(ids, s.place(p, s.fill(p, 1, bottle), form()).Order.ID)
		}
		s.pass(time.Hour)
		var wg sync.WaitGroup
		for _, id := range ids {
			wg.Go(func() { s.tell(id, payment.OutcomePaid) })
		}
		for range 2 {
			wg.Go(func() {
				if _, err := s.desk.Sweep(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, id := range ids {
			s.stands(id, "placed paid unshipped") // the goods were there: money wins, late or not
			lawful(t, s, id)
		}
		s.stock(bottle, 10, 10)
	})
}

func TestStaffCancel(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bottle := s.sell("BOTTLE", 1200, 5)
		p := s.guest()
		paid := s.place(p, s.fill(p, 1, bottle), form()).Order.ID
		s.tell(paid, payment.OutcomePaid)
		waiting := s.place(p, s.fill(p, 2, bottle), form()).Order.ID
		if err := s.desk.Ship(ctx, waiting, "staff:1"); !errors.Is(err, fault.Conflict) {
			t.Errorf("sending what is not paid: %v, want a conflict", err)
		}
		for _, id := range []order.ID{paid, waiting} {
			if err := s.desk.Cancel(ctx, id, "staff:1", "asked to"); err != nil {
				t.Fatal(err)
			}
			if err := s.desk.Cancel(ctx, id, "staff:1", "asked to"); !errors.Is(err, fault.Conflict) {
				t.Errorf("cancelled twice: %v, want a conflict", err)
			}
		}
		s.stands(paid, "cancelled refunded unshipped")
		s.stands(waiting, "cancelled void unshipped")
		s.stock(bottle, 5, 0)
		if late := s.tell(waiting, payment.OutcomePaid); !late.Returned {
			t.Error("money for a cancelled order was kept")
		}
		s.stands(waiting, "cancelled refunded unshipped")
		if n := s.count("SELECT count(*) FROM payments WHERE captured > refunded"); n != 0 {
			t.Errorf("%d payments of cancelled orders hold money", n)
		}
		lawful(t, s, paid)
		lawful(t, s, waiting)
	})
}

func TestPackingAndChangingAtTheSameMoment(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bottle := s.sell("BOTTLE", 1200, 20)
		packed := 0
		for range 10 {
			p := s.guest()
			id := s.place(p, s.fill(p, 1, bottle), form()).Order.ID
			s.tell(id, payment.OutcomePaid)
			var wg sync.WaitGroup
			var pack, cancel, change error
			wg.Go(func() {
				pack = d.InTx(ctx, func(tx *db.Tx) error { return s.desk.PackIn(ctx, tx, id, "staff:1", s.now()) })
			})
			wg.Go(func() { cancel = s.desk.Withdraw(ctx, id) })
			wg.Wait()
			if (pack == nil) == (cancel == nil) {
				t.Fatalf("packing says %v and cancelling %v; want one of them to win", pack, cancel)
			}
			change = s.desk.Readdress(ctx, id, checkout.Address{Name: "Li Na", Line1: "Elsewhere 2", City: "Berlin", Postcode: "10115"})
			if !errors.Is(change, fault.Conflict) {
				t.Errorf("the address of a packed or cancelled order changed: %v", change)
			}
			if pack == nil {
				packed++
				s.stands(id, "placed paid unshipped")
			} else {
				s.stands(id, "cancelled refunded unshipped")
			}
			lawful(t, s, id)
		}
		s.stock(bottle, 20, packed)
	})
}

func TestAnOrderLeavesInParcels(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bottle, spoon, ebook := s.sell("BOTTLE", 1200, 9), s.sell("SPOON", 300, 9), s.sell("EBOOK", 900, -1)
		p := s.guest()
		id := s.place(p, s.fill(p, 3, bottle, spoon, ebook), form()).Order.ID
		send := func(units map[int]int) error {
			return d.InTx(ctx, func(tx *db.Tx) error {
				return s.desk.SendIn(ctx, tx, id, checkout.Parcel{Carrier: "Post", Units: units}, "staff:1", s.now())
			})
		}
		if err := send(nil); !errors.Is(err, fault.Conflict) {
			t.Errorf("sending what is not paid: %v", err)
		}
		s.tell(id, payment.OutcomePaid)
		for _, wrong := range []map[int]int{{}, {1: 0}, {1: 4}, {1: -1}, {1: 1, 2: 9}} {
			if err := send(wrong); !errors.Is(err, fault.Conflict) {
				t.Errorf("a parcel of %v: %v, want a conflict", wrong, err)
			}
		}
		s.stock(bottle, 9, 3)
		if err := send(map[int]int{1: 2, 3: 1}); err != nil {
			t.Fatal(err)
		}
		s.stands(id, "placed paid unshipped")
		s.stock(bottle, 7, 1)
		s.stock(spoon, 9, 3)
		if err := s.desk.Cancel(ctx, id, "staff:1", ""); !errors.Is(err, fault.Conflict) {
			t.Errorf("cancelled half sent: %v", err)
		}
		if err := s.desk.Withdraw(ctx, id); !errors.Is(err, fault.Conflict) {
			t.Errorf("the shopper cancelled half sent: %v", err)
		}
		if err := send(map[int]int{1: 2}); !errors.Is(err, fault.Conflict) {
			t.Errorf("more than is left: %v", err)
		}

		// Two members of staff send the rest at the same moment.
		var wg sync.WaitGroup
		var both [2]error
		for i := range both {
			wg.Go(func() { both[i] = send(nil) })
		}
		wg.Wait()
		if (both[0] == nil) == (both[1] == nil) {
			t.Errorf("the rest was sent by %v and %v", both[0], both[1])
		}
		s.stands(id, "placed paid shipped")
		s.stock(bottle, 6, 0)
		s.stock(spoon, 6, 0)
		if n := s.count("SELECT sum(qty) FROM shipment_lines"); n != 9 {
			t.Errorf("%d units in parcels, want 9", n)
		}
		if err := s.desk.Deliver(ctx, id, "staff:1"); err != nil {
			t.Error(err)
		}
		lawful(t, s, id)
	})
}

func TestInvoicesAreCountedWithoutAGap(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bottle := s.sell("BOTTLE", 1200, 40)
		var wg sync.WaitGroup
		for i := range 12 {
			p := s.guest()
			id := s.place(p, s.fill(p, 1, bottle), form()).Order.ID
			wg.Go(func() {
				outcome := payment.OutcomePaid
				if i%4 == 0 {
					outcome = payment.OutcomeDeclined
				}
				s.tell(id, outcome)
				s.tell(id, outcome)
			})
		}
		wg.Wait()
		if n, most := s.count("SELECT count(*) FROM invoices"), s.count("SELECT max(seq) FROM invoices WHERE year = 2026"); n != 9 || most != 9 {
			t.Errorf("%d invoices up to number %d, want 9", n, most)
		}
	})
}

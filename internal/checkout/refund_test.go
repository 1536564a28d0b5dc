package checkout_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/doctor"
	"regulars/internal/fault"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/payment"
)

// sound asks the doctor; nobody here writes mails.
func sound(t *testing.T, d *db.DB, now time.Time) {
	t.Helper()
	r, err := doctor.Check(ctx, d, doctor.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range r.Broken {
		if b.Code != "E3" {
			t.Errorf("doctor: %+v", b)
		}
	}
}

func (s *shop) refund(id order.ID, part payment.Part, shown, key string) (done bool, err error) {
	err = s.db.InTx(ctx, func(tx *db.Tx) (err error) {
		done, err = s.desk.RefundIn(ctx, tx, id, part, shown, key, "staff:1", "broken", s.now())
		return err
	})
	return done, err
}

func TestUnitsAreRefundedAtWhatWasPaidForThemAndOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		p := s.guest()
		id := s.place(p, s.fill(p, 3, s.sell("BOTTLE", 1000, 5), s.sell("SPOON", 333, 9)), form()).Order.ID // 39.99 and 4.20 delivery
		s.tell(id, payment.OutcomePaid)
		var wg sync.WaitGroup
		var mu sync.Mutex
		times, refused := 0, 0
		for i := range 10 { // two staff, each with an impatient hand
			wg.Go(func() {
				done, err := s.refund(id, payment.Part{Units: map[int]int{1: 2}}, "20.00", []string{"mine", "theirs"}[i%2])
				mu.Lock()
				defer mu.Unlock()
				switch {
				case done:
					times++
				case errors.Is(err, fault.Conflict):
					refused++
				case err != nil:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if times != 1 || refused != 5 {
			t.Errorf("%d refunds, %d refused", times, refused)
		}
		s.stands(id, "placed partly-refunded unshipped")
		if _, err := s.refund(id, payment.Part{Units: map[int]int{2: 1}, Delivery: true}, "7.54", "wrong sum"); !errors.Is(err, fault.Conflict) {
			t.Errorf("another amount than was shown: %v", err)
		}
		if done, err := s.refund(id, payment.Part{Units: map[int]int{2: 1}, Delivery: true}, "7.53", "third"); err != nil || !done {
			t.Error(done, err)
		}
		s.stands(id, "placed partly-refunded unshipped")
		if done, err := s.refund(id, payment.Part{Units: map[int]int{1: 1, 2: 2}, Delivery: true}, "16.66", "rest"); err != nil || !done {
			t.Error(done, err)
		}
		s.stands(id, "placed refunded unshipped")
		o, err := order.ByID(ctx, d, id)
		if err != nil {
			t.Fatal(err)
		}
		notes, err := order.CreditNotes(ctx, d, id)
		if err != nil || len(notes) != 3 || notes[0].Number() != "C2026-00001" || notes[2].Number() != "C2026-00003" {
			t.Fatalf("credit notes %+v %v", notes, err)
		}
		var back, tax money.Amount
		for _, n := range notes {
			back, tax = back+n.Amount, tax+n.Tax
		}
		if back != o.Total || tax != o.Tax {
			t.Errorf("credit notes of %d with tax %d, the order has %d with %d", back, tax, o.Total, o.Tax)
		}
		sound(t, d, s.now())
	})
}

func TestARefundThatTheProviderRefusesCanBeAskedForAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := stripeShop(t, d, 5)
		id := s.buy().Order.ID
		page := s.stripe.Page()
		s.stripe.Pay(page)
		s.post(s.stripe.Events()...)
		s.stripe.RefundsFail = true
		if done, err := s.refund(id, payment.Part{Free: 500}, "5.00", "one"); err != nil || !done {
			t.Fatal(done, err)
		}
		s.stands(id, "placed partly-refunded unshipped")
		s.runJobs()
		s.stands(id, "placed paid unshipped")
		s.flagged(id, "refused to send money back")
		if notes, err := order.CreditNotes(ctx, d, id); err != nil || len(notes) != 0 {
			t.Errorf("credit notes for money that did not go back: %v %v", notes, err)
		}
		if err := s.desk.Cancel(ctx, id, "staff:1", ""); err != nil {
			t.Fatal(err)
		}
		s.runJobs()
		s.stands(id, "cancelled paid unshipped")
		sound(t, d, s.now())

		s.stripe.RefundsFail = false
		backs, err := payment.Backs(ctx, d, id)
		if err != nil || len(backs) != 2 || !backs[0].Refused() || !backs[1].Refused() {
			t.Fatalf("%+v %v", backs, err)
		}
		again := func(op int64) (err error) {
			return d.InTx(ctx, func(tx *db.Tx) error { return s.desk.RefundAgainIn(ctx, tx, id, op, "staff:1", s.now()) })
		}
		if err := again(backs[1].Op); err != nil {
			t.Fatal(err)
		}
		for op, words := range map[int64]string{backs[1].Op: "twice", backs[0].Op: "beyond what is left"} {
			if err := again(op); !errors.Is(err, fault.Conflict) {
				t.Errorf("%s: %v", words, err)
			}
		}
		s.runJobs()
		s.settle(5)
		s.stands(id, "cancelled refunded unshipped")
		if page.Returned != page.Total {
			t.Errorf("%d of %d went back", page.Returned, page.Total)
		}
		sound(t, d, s.now())
	})
}

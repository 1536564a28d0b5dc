package checkout_test

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/doctor"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/order"
	"regulars/internal/payment"
)

// race repeats what n hands do at one moment, and asks the doctor afterwards.
// A test run does fewer rounds the more hands there are; SIM_ROUNDS sets the
// number for all (make simulate: 200).
func race(t *testing.T, prepare func(s *shop, n int) (round func(i int))) {
	for _, c := range []struct{ hands, rounds int }{{2, 200}, {10, 40}, {50, 8}} {
		if text := os.Getenv("SIM_ROUNDS"); text != "" {
			var err error
			if c.rounds, err = strconv.Atoi(text); err != nil {
				t.Fatal(err)
			}
		}
		t.Run(fmt.Sprintf("%d hands", c.hands), func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				s := open(t, d)
				round, won := prepare(s, c.hands), 0
				for i := 0; i < c.rounds && !t.Failed(); i++ {
					if round(i); !t.Failed() {
						won++
					}
				}
				t.Logf("%d of %d rounds", won, c.rounds)
				s.sweep()
				report, err := doctor.Check(ctx, d, doctor.Options{Now: s.now()})
				if err != nil || !report.OK {
					t.Errorf("the doctor finds %+v, %v", report, err)
				}
			})
		})
	}
}

// atOnce lets all hands go at the same moment and waits for them.
func atOnce(n int, hand func(i int)) {
	var wg sync.WaitGroup
	barrier := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-barrier
			hand(i)
		})
	}
	close(barrier)
	wg.Wait()
}

func (s *shop) receive(v catalog.VariantID, units int, key string) {
	s.t.Helper()
	s.tx(func(tx *db.Tx) error { return inventory.ReceiveAt(ctx, tx, 0, v, units, key, s.now()) })
}

func TestRaceForStock(t *testing.T) {
	race(t, func(s *shop, n int) func(int) {
		bottle := s.sell("BOTTLE", 1200, 0)
		units := max(1, n/3)
		return func(round int) {
			s.receive(bottle, units, fmt.Sprint("round ", round)) // all earlier ones are taken
			carts := s.buyers(n, func(int) []catalog.VariantID { return []catalog.VariantID{bottle} })
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
				s.t.Errorf("round %d: %d of %d buyers got one of %d units, %d were told it is sold out", round, won.Load(), n, units, told.Load())
			}
		}
	})
}

// Half of the hands post one form, as a double click does; the others are
// more tabs on the same cart.
func TestRaceForOneCart(t *testing.T) {
	race(t, func(s *shop, n int) func(int) {
		bottle := s.sell("BOTTLE", 1200, 1_000_000)
		return func(round int) {
			one := s.buyers(1, func(int) []catalog.VariantID { return []catalog.VariantID{bottle} })[0]
			same := form()
			numbers := make([]string, n)
			var placed atomic.Int64
			atOnce(n, func(i int) {
				f := same
				if i%4 == 3 {
					f = form()
				}
				done, err := s.desk.Place(ctx, s.owner(&one), i18n.English, one.ID, f, checkout.NotShown)
				if err != nil {
					s.t.Errorf("round %d, hand %d: %v", round, i, err)
					return
				}
				if numbers[i] = done.Order.Number; !done.Again {
					placed.Add(1)
				}
			})
			for _, number := range numbers {
				if number != numbers[0] {
					s.t.Errorf("round %d: one cart has the orders %v", round, numbers)
					return
				}
			}
			if placed.Load() != 1 {
				s.t.Errorf("round %d: %d hands were told that they placed the order", round, placed.Load())
			}
			if orders := s.count("SELECT count(*) FROM orders"); orders != round+1 {
				s.t.Errorf("%d orders after round %d", orders, round)
			}
		}
	})
}

// The last unit's time is up in the moment when its money arrives, told three
// times, and others want it.
func TestRaceBetweenHoldEndAndPayment(t *testing.T) {
	race(t, func(s *shop, n int) func(int) {
		bottle := s.sell("BOTTLE", 1200, 0)
		return func(round int) {
			s.receive(bottle, 1, fmt.Sprint("round ", round))
			carts := s.buyers(n, func(int) []catalog.VariantID { return []catalog.VariantID{bottle} })
			first := s.place(s.owner(&carts[0]), &carts[0], form())
			s.pass(31 * time.Minute)
			token, rivals := first.Payment.Token, atomic.Int64{}
			atOnce(n, func(i int) {
				var err error
				switch {
				case i%3 == 0:
					_, err = s.desk.Settle(ctx, payment.TestCode, payment.EventID(token, payment.OutcomePaid), token, payment.OutcomePaid)
				case i%3 == 1:
					err = s.db.InTx(ctx, func(tx *db.Tx) error {
						_, err := s.desk.End(ctx, tx, first.Order.ID, s.now())
						return err
					})
				default:
					_, err = s.desk.Place(ctx, s.owner(&carts[i]), i18n.English, carts[i].ID, form(), checkout.NotShown)
					if out := (*inventory.OutOfStockError)(nil); errors.As(err, &out) {
						return
					}
					rivals.Add(1)
				}
				if err != nil {
					s.t.Errorf("round %d, hand %d: %v", round, i, err)
				}
			})
			o, err := order.ByID(ctx, s.db, first.Order.ID)
			if err != nil {
				s.t.Fatal(err)
			}
			kept := s.count("SELECT sum(captured - refunded) FROM payments WHERE order_id = ?", int64(o.ID))
			switch {
			case o.State == order.StatePlaced && o.PaymentState == order.Paid && kept == int(o.Total) && rivals.Load() == 0:
			case o.State == order.Cancelled && o.PaymentState == order.Refunded && kept == 0 && rivals.Load() == 1:
			default:
				s.t.Errorf("round %d: the first order is %s %s with %d of %d, and %d others got the only unit", round, o.State, o.PaymentState, kept, o.Total, rivals.Load())
			}
			if left := s.count("SELECT on_hand - reserved FROM stock WHERE variant_id = ?", bottle); left != 0 {
				s.t.Errorf("round %d: %d units are left", round, left)
			}
			if rivals.Load() == 1 { // its order ends here, so that the next round begins with nobody waiting
				var last order.ID
				if err := s.db.Query(ctx).Raw("SELECT max(id) FROM orders").Scan(&last).Error; err != nil {
					s.t.Fatal(err)
				}
				s.tell(last, payment.OutcomePaid)
			}
		}
	})
}

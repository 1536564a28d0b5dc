package checkout_test

import (
	"testing"
	"time"

	"regulars/internal/cart"
	"regulars/internal/checkout"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/payment"
)

// buy is one simulated purchase from cart to delivery, as the demo writes it.
func (s *shop) buy(tx *db.Tx, c *cart.Cart, at time.Time) error {
	done, err := s.desk.PlaceIn(ctx, tx, s.owner(c), i18n.English, c.ID, form(), checkout.NotShown, at)
	if err != nil {
		return err
	}
	token := done.Payment.Token
	if _, err := payment.SettleIn(ctx, tx, payment.TestCode, payment.EventID(token, payment.OutcomePaid), token, payment.OutcomePaid, at.Add(time.Minute)); err != nil {
		return err
	}
	if err := s.desk.ShipIn(ctx, tx, done.Order.ID, "staff:1", at.Add(24*time.Hour)); err != nil {
		return err
	}
	return s.desk.DeliverIn(ctx, tx, done.Order.ID, "staff:1", at.Add(72*time.Hour))
}

func TestSimulatedOrdersInOneTransaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		carts := s.crowd(40)
		s.tx(func(tx *db.Tx) error {
			for i := range carts {
				if err := s.buy(tx, &carts[i], s.now().AddDate(0, 0, -100+i)); err != nil {
					return err
				}
			}
			return nil
		})
		if n := s.count("SELECT count(*) FROM orders WHERE simulated AND state = 'completed'"); n != 40 {
			t.Errorf("%d simulated orders, want 40", n)
		}
		if n := s.count("SELECT count(*) FROM events WHERE kind = 'bought' AND simulated"); n != 40 {
			t.Errorf("%d simulated purchases in the log, want 40", n)
		}
		if n := s.runJobs(); n > 4 { // the catalog's own, none for the orders
			t.Errorf("%d jobs; simulated orders enqueue none", n)
		}
		page, err := order.List(ctx, d, order.Filter{PerPage: 1})
		if err != nil || !page.Orders[0].PlacedAt.Equal(s.now().AddDate(0, 0, -61)) {
			t.Errorf("the newest order is of %v, %v", page.Orders[0].PlacedAt, err)
		}
	})
}

func BenchmarkSimulatedOrder(b *testing.B) {
	s := open(b, dbtest.SQLite(b))
	carts := s.crowd(b.N)
	b.ResetTimer()
	s.tx(func(tx *db.Tx) error {
		for i := range carts {
			if err := s.buy(tx, &carts[i], s.now().AddDate(0, 0, -100)); err != nil {
				b.Fatal(err)
			}
		}
		return nil
	})
}

package checkout_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/payment"
)

// sweep ends what is due and says how many orders that were.
func (s *shop) sweep() int {
	s.t.Helper()
	n, err := s.desk.Sweep(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

func (s *shop) retry(id order.ID) *checkout.Placed {
	s.t.Helper()
	done, err := s.desk.Retry(ctx, id)
	if err != nil {
		s.t.Fatal(err)
	}
	return done
}

func TestPayingAgainHoldsTheGoodsLonger(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bottle, ebook := s.sell("BOTTLE", 1200, 1), s.sell("EBOOK", 900, -1)
		p, q := s.guest(), s.guest()
		counted := s.place(p, s.fill(p, 1, bottle), form()).Order.ID
		uncounted := s.place(q, s.fill(q, 1, ebook), form()).Order.ID
		for _, id := range []order.ID{counted, uncounted} {
			s.pass(14 * time.Minute)
			s.tell(id, payment.OutcomeDeclined)
			s.retry(id)
		}
		s.pass(15 * time.Minute) // 43 minutes after the first, 29 and 15 after they began to pay anew
		if n := s.sweep(); n != 0 {
			t.Fatalf("the sweep ended %d orders whose shoppers are at the payment page", n)
		}
		s.retry(counted) // came back without deciding: the same attempt goes on
		s.retry(uncounted)
		s.pass(29 * time.Minute)
		if n := s.sweep(); n != 0 {
			t.Fatalf("the sweep ended %d orders that were led back to paying", n)
		}
		s.pass(2 * time.Minute)
		if n := s.sweep(); n != 2 {
			t.Errorf("the sweep ended %d orders nobody came back for, want both", n)
		}
		s.stock(bottle, 1, 0)
	})
}

func TestPayingAgainHoldsNotForever(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bottle := s.sell("BOTTLE", 1200, 1)
		p := s.guest()
		id := s.place(p, s.fill(p, 1, bottle), form()).Order.ID
		for range 12 { // every twenty minutes for four hours
			s.pass(20 * time.Minute)
			if s.sweep() == 1 {
				s.stock(bottle, 1, 0)
				return
			}
			s.retry(id)
		}
		t.Error("the last bottle is held for four hours by somebody who does not pay")
	})
}

func TestSweepLooksAgainBeforeItEnds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bottle, ebook := s.sell("BOTTLE", 1200, 5), s.sell("EBOOK", 900, -1)
		for name, v := range map[string]catalog.VariantID{"counted": bottle, "uncounted": ebook} {
			p := s.guest()
			id := s.place(p, s.fill(p, 1, v), form()).Order.ID
			s.pass(31 * time.Minute) // due: a sweep has it on its list
			s.retry(id)              // and meets it a moment after its shopper came back
			s.tx(func(tx *db.Tx) error {
				ended, err := s.desk.End(ctx, tx, id, s.now())
				if ended {
					t.Errorf("%s: an order was cancelled with its shopper at the payment page", name)
				}
				return err
			})
			s.stands(id, "placed pending unshipped")
		}
	})
}

func TestDeclinedAfterLaterHoldsNoLongerThanOthers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bottle := s.sell("BOTTLE", 1200, 1)
		p := s.guest()
		id := s.place(p, s.fill(p, 1, bottle), form()).Order.ID
		s.tell(id, payment.OutcomeLater)
		s.pass(20 * time.Minute)
		s.tell(id, payment.OutcomeDeclined)
		s.pass(time.Minute)
		if n := s.sweep(); n != 0 {
			t.Fatal("the order ended before its shopper could try again")
		}
		s.pass(30 * time.Minute)
		if n := s.sweep(); n != 1 {
			t.Error("half an hour after the decline the last bottle is still held, for a day")
		}
		s.stock(bottle, 1, 0)
	})
}

func TestManyUndecidedOrdersHideNoDueOne(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		ebook := s.sell("EBOOK", 900, -1)
		first, second := s.guest(), s.guest()
		undecided := s.place(first, s.fill(first, 1, ebook), form()).Order.ID
		s.tell(undecided, payment.OutcomeLater)
		s.pass(time.Minute)
		due := s.place(second, s.fill(second, 1, ebook), form()).Order.ID
		s.pass(time.Hour)
		ids, err := order.Overdue(ctx, d, s.now().Add(-30*time.Minute), s.now().Add(-payment.Patience), nil, 1)
		if err != nil || len(ids) != 1 || ids[0] != due {
			t.Errorf("a sweep of one finds %v, %v; want %d, not the one that is looked at", ids, err, due)
		}
	})
}

func TestAnothersKeyTellsNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bottle := s.sell("BOTTLE", 1200, 5)
		p, stranger := s.guest(), s.guest()
		f := form()
		theirs := s.place(p, s.fill(p, 1, bottle), f).Order
		c := s.fill(stranger, 1, bottle)
		// Past the first look, as when both forms come at the same moment.
		err := d.InTx(ctx, func(tx *db.Tx) error {
			_, err := s.desk.PlaceIn(ctx, tx, stranger, i18n.English, c.ID, f, checkout.NotShown, s.now())
			return err
		})
		if !errors.Is(err, fault.NotFound) || strings.Contains(err.Error(), theirs.Number) {
			t.Errorf("somebody else's key: %v, want not found and no number", err)
		}
		if n := s.count("SELECT count(*) FROM orders"); n != 1 {
			t.Errorf("%d orders", n)
		}
		s.stock(bottle, 5, 1)
	})
}

func TestRationedGoodsStayRationed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bottle := s.sell("BOTTLE", 1200, 50)
		p := s.guest()
		c := s.fill(p, 3, bottle)
		s.tx(func(tx *db.Tx) error { // rationed after it was put into the cart
			return tx.Query(ctx).Exec("UPDATE products SET max_qty = 2 WHERE id = (SELECT product_id FROM variants WHERE id = ?)", bottle).Error
		})
		if _, err := s.desk.Place(ctx, p, i18n.English, c.ID, form(), checkout.NotShown); !errors.Is(err, fault.Conflict) {
			t.Errorf("three where an order may have two: %v, want a conflict", err)
		}
		s.stock(bottle, 50, 0)
	})
}

func TestNoOrderIsOlderThanItsCart(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bottle := s.sell("BOTTLE", 1200, 50)
		p := s.guest()
		before := s.now() // the form's request began, and waited for the other tab
		s.pass(time.Second)
		c := s.fill(p, 1, bottle)
		s.tx(func(tx *db.Tx) error {
			_, err := s.desk.PlaceIn(ctx, tx, p, i18n.English, c.ID, form(), checkout.NotShown, before)
			return err
		})
		closed, err := cart.ByID(ctx, d, c.ID)
		if err != nil || closed.ClosedAt.Before(s.now()) {
			t.Errorf("the cart closed at %v, before its last line came in at %v: %v", closed.ClosedAt, s.now(), err)
		}
	})
}

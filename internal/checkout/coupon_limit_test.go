package checkout_test

import (
	"errors"
	"fmt"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/pricing"
)

// A promotion without a limit keeps no count; one that gets a limit later
// counts the orders it had.
func TestALimitSetLaterCountsEarlierOrders(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		v := s.sell("LAMP", 1000, 50)
		p := s.promote(pricing.Promotion{Kind: pricing.Percent, Value: 1000}, "OPEN")
		n := 0
		place := func() error {
			n++
			_, err := s.tryPlace(withCoupon(fmt.Sprintf("p%d@mail.example", n), "OPEN"), 1, v)
			return err
		}
		limit := func(all int) error {
			now, err := pricing.ByToken(ctx, d, p.Token)
			if err != nil {
				t.Fatal(err)
			}
			now.LimitAll = all
			return d.InTx(ctx, func(tx *db.Tx) error { return pricing.Put(ctx, tx, now, s.now()) })
		}
		for range 3 {
			if err := place(); err != nil {
				t.Fatal(err)
			}
		}
		if now, err := pricing.ByToken(ctx, d, p.Token); err != nil || now.Used != 3 {
			t.Errorf("staff see %+v, %v", now, err)
		}
		if err := limit(2); !errors.Is(err, fault.Conflict) {
			t.Errorf("a limit below what is used: %v", err)
		}
		if err := limit(4); err != nil {
			t.Fatal(err)
		}
		if err := place(); err != nil {
			t.Error(err)
		}
		if err := place(); couponError(err) != "pricing.coupon.used-up" {
			t.Errorf("the fifth of four: %v", err)
		}
		s.healthy()
		if err := limit(0); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := place(); err != nil {
				t.Error(err)
			}
		}
		if s.used(p) != 6 {
			t.Errorf("%d used, want 6", s.used(p))
		}
		s.healthy()
	})
}

package checkout_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/pricing"
)

// One coupon with fewer places than hands; in every other round it is good
// once a person, and all hands are that person's.
func TestRaceForCoupon(t *testing.T) {
	race(t, func(s *shop, n int) func(int) {
		bottle := s.sell("BOTTLE", 1200, 1_000_000)
		return func(round int) {
			places, code := max(1, n/3), fmt.Sprint("ROUND", round)
			limits := pricing.Promotion{Kind: pricing.Amount, Value: 100, Currency: "USD", LimitAll: places}
			email := func(i int) string { return fmt.Sprintf("p%d@mail.example", i) }
			if round%2 == 1 {
				places, limits.LimitAll, limits.LimitPerson = 1, 0, 1
				email = func(int) string { return fmt.Sprintf("round%d@mail.example", round) }
			}
			p := s.promote(limits, code)
			carts := s.buyers(n, func(int) []catalog.VariantID { return []catalog.VariantID{bottle} })
			var won, told atomic.Int64
			atOnce(n, func(i int) {
				done, err := s.desk.Place(ctx, s.owner(&carts[i]), i18n.English, carts[i].ID, withCoupon(email(i), code), checkout.NotShown)
				switch {
				case err == nil && done.Order.Discount == 100:
					won.Add(1)
				case err != nil && (errors.Is(err, fault.Conflict) || usedUp(err)):
					told.Add(1)
				default:
					s.t.Errorf("round %d: %+v, %v", round, done, err)
				}
			})
			if int(won.Load()) != places || int(told.Load()) != n-places || s.used(p) != places {
				s.t.Errorf("round %d: %d of %d got one of %d places, %d were told, %d are used", round, won.Load(), n, places, told.Load(), s.used(p))
			}
		}
	})
}

// One form's key in the hands of n people, each with a cart of their own: one
// order, and nobody is shown somebody else's.
func TestRaceForOneKey(t *testing.T) {
	race(t, func(s *shop, n int) func(int) {
		bottle := s.sell("BOTTLE", 1200, 1_000_000)
		return func(round int) {
			carts := s.buyers(n, func(int) []catalog.VariantID { return []catalog.VariantID{bottle} })
			f := form()
			var won, told atomic.Int64
			atOnce(n, func(i int) {
				done, err := s.desk.Place(ctx, s.owner(&carts[i]), i18n.English, carts[i].ID, f, checkout.NotShown)
				switch {
				case err == nil && done.Order.Total > 0:
					won.Add(1)
				case errors.Is(err, fault.Conflict) || errors.Is(err, fault.NotFound):
					told.Add(1)
				default:
					s.t.Errorf("round %d: %v", round, err)
				}
			})
			if won.Load() != 1 || int(told.Load()) != n-1 || s.count("SELECT count(*) FROM orders") != round+1 {
				s.t.Errorf("round %d: %d of %d got the order of one key, %d were told", round, won.Load(), n, told.Load())
			}
		}
	})
}

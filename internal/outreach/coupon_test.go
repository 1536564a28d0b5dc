package outreach_test

import (
	"strings"
	"testing"
	"time"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/money"
	"regulars/internal/outreach"
	"regulars/internal/pricing"
)

// costs says what a unit of the bottle costs the shop.
func (s *shop) costs(amount any) {
	s.tx(func(tx *db.Tx) error {
		return tx.Query(ctx).Exec("UPDATE variants SET cost = ? WHERE sku = 'BOTTLE'", amount).Error
	})
}

// codes are all that were given, oldest first.
func (s *shop) codes() (all []string) {
	s.Helper()
	s.must(s.db.Query(ctx).Raw("SELECT c.code FROM code_bounds b JOIN promotion_codes c ON c.id = b.code_id ORDER BY b.code_id").Scan(&all).Error)
	return all
}

func TestACouponComesWithTheLastStepAloneAndOnlyWhereItIsSure(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("followup.delays", "24h,72h")
		s.set("followup.floors", "0; 0")
		s.set("followup.holdout", "0")
		at := monday
		story := func(name string, want int, change func(p *customer.Person, c *cart.Cart)) *customer.Person {
			t.Helper()
			p := s.account(strings.ReplaceAll(name, " ", "-")+"@example.com", nil)
			c := s.leaves(p, at)
			if change != nil {
				change(p, c)
			}
			before := len(s.codes())
			if s.sweep(at.Add(25 * hour)); len(s.codes()) != before {
				t.Errorf("%s: a coupon with the first step", name)
			}
			for range 2 {
				s.sweep(at.Add(75 * hour))
			}
			if got := len(s.codes()) - before; got != want {
				t.Errorf("%s: %d coupons, not %d", name, got, want)
			}
			at = at.Add(7 * 24 * hour)
			return p
		}
		story("off", 0, nil)
		s.set("followup.coupon", "on")
		story("cost unknown", 0, nil)
		s.costs(1100) // 12.50 less a tenth is 11.25, the floor 12.10
		story("too near to the cost", 0, nil)
		s.costs(600)
		story("a code in the cart", 0, func(_ *customer.Person, c *cart.Cart) {
			s.tx(func(tx *db.Tx) error {
				return tx.Query(ctx).Exec("UPDATE carts SET coupon = 'OTHER' WHERE id = ?", int64(c.ID)).Error
			})
		})
		story("an error page", 0, func(_ *customer.Person, c *cart.Cart) {
			s.tx(func(tx *db.Tx) error {
				return cart.Meet(ctx, tx, cart.Friction{CartID: c.ID, Kind: cart.ErrorPage, Detail: "500"}, at)
			})
		})
		s.tx(func(tx *db.Tx) error { return tx.Query(ctx).Exec("UPDATE products SET sensitive = TRUE").Error })
		story("sensitive goods", 0, nil)
		s.tx(func(tx *db.Tx) error { return tx.Query(ctx).Exec("UPDATE products SET sensitive = FALSE").Error })
		p := story("fits", 1, nil)
		m := s.mails()[0]
		if code := s.codes()[0]; !strings.Contains(m.Text, code) || !strings.Contains(m.Text, "10% off") || !strings.Contains(m.Text, "- Calm BOTTLE") {
			t.Errorf("the mail does not bring %s:\n%s", code, m.Text)
		}
		g, err := outreach.CouponBehind(ctx, d, link(t, m.Text, "/r/"), at.Add(-90*hour))
		if err != nil || g == nil || g.Percent != 10 || len(g.Goods) != 1 || g.Goods[0].Least != 660 {
			t.Fatalf("behind the link: %+v %v", g, err)
		}
		if g, err := outreach.CouponBehind(ctx, d, link(t, m.Text, "/r/"), g.Until.Time); g != nil || err != nil {
			t.Error("it counts when it is over")
		}
		// The same person leaves another cart within half a year.
		at = at.Add(24 * hour)
		s.tx(func(tx *db.Tx) error {
			c, err := cart.Open(ctx, tx, p)
			if err != nil {
				return err
			}
			return cart.Add(ctx, tx, c.ID, s.variants["BIB"], 1, at)
		})
		s.costs(600)
		s.sweep(at.Add(25 * hour))
		s.sweep(at.Add(75 * hour))
		if n := len(s.codes()); n != 1 {
			t.Errorf("%d coupons within half a year", n)
		}
	})
}

// quote is two bottles priced with a code, for somebody, at a moment.
func (s *shop) quote(code string, who pricing.Buyer, at time.Time, price money.Amount) *pricing.Quote {
	s.Helper()
	deals, err := pricing.Find(ctx, s.db, pricing.Day(at, time.UTC), code, who)
	s.must(err)
	deals.Bind(who, at)
	view := s.view(price)
	q, err := pricing.Make(pricing.Input{Lines: view, Currency: "USD", Coupon: code, Deals: deals})
	s.must(err)
	return q
}

func TestACouponCountsForOneAndNeverBelowItsFloor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		ann := pricing.Buyer{Email: "ann@example.com"}
		var g *pricing.Given
		give := func() {
			s.tx(func(tx *db.Tx) (err error) {
				g, err = pricing.Give(ctx, tx, "followup:1:1:2", ann, 10, []pricing.BoundGoods{{Variant: s.variants["BOTTLE"], Least: 1100}}, monday.Add(72*hour), monday)
				return err
			})
		}
		give()
		first := g.Code
		if give(); g.Code != first {
			t.Error("the same mail tried again brings another code")
		}
		soon := monday.Add(hour)
		for _, one := range []struct {
			what  string
			who   pricing.Buyer
			at    time.Time
			price money.Amount
			off   money.Amount
			no    string
		}{
			{"for her", ann, soon, 1250, 250, ""},
			{"for her, written otherwise", pricing.Buyer{Email: "ANN@example.com "}, soon, 1250, 250, ""},
			{"nobody known yet", pricing.Buyer{}, soon, 1250, 250, ""},
			{"for another", pricing.Buyer{Email: "bob@example.com"}, soon, 1250, 0, "pricing.coupon.given"},
			{"too late", ann, monday.Add(72 * hour), 1250, 0, "pricing.coupon.over"},
			{"the price fell: down to the floor", ann, soon, 1150, 100, ""},
			{"at the floor", ann, soon, 1100, 0, "pricing.coupon.nothing"},
		} {
			q := s.quote(first, one.who, one.at, one.price)
			no := ""
			if q.Refused != nil {
				no = q.Refused.Words
			}
			if q.Discount != one.off || no != one.no {
				t.Errorf("%s: %d off, refused %q", one.what, q.Discount, no)
			}
		}
		// Unless it is asked about the moment such a code does nothing.
		deals, err := pricing.Find(ctx, d, "2026-03-02", first, ann)
		s.must(err)
		if q, err := pricing.Make(pricing.Input{Lines: s.view(1250), Currency: "USD", Coupon: first, Deals: deals}); err != nil || q.Discount != 0 {
			t.Errorf("it counts unasked: %v", err)
		}
		s.tx(func(tx *db.Tx) error {
			if may, err := pricing.MayGive(ctx, tx, ann, monday.Add(179*24*hour)); err != nil || may {
				t.Errorf("a second within half a year: %v", err)
			}
			if may, err := pricing.MayGive(ctx, tx, ann, monday.Add(181*24*hour)); err != nil || !may {
				t.Errorf("none after half a year: %v", err)
			}
			return pricing.Forget(ctx, tx, 0, "ann@example.com", soon.Add(hour))
		})
		if q := s.quote(first, ann, soon.Add(2*hour), 1250); q.Discount != 0 {
			t.Error("the code outlives its person")
		}
	})
}

// view is two bottles as they can be bought at a price.
func (s *shop) view(price money.Amount) []pricing.Wanted {
	s.Helper()
	all, err := catalog.Buyables(ctx, s.db, []catalog.VariantID{s.variants["BOTTLE"]}, "USD")
	s.must(err)
	b := all[s.variants["BOTTLE"]]
	b.Price.Amount = price
	return []pricing.Wanted{{Buyable: b, Qty: 2}}
}

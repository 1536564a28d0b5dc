package checkout_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/doctor"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/payment"
	"regulars/internal/pricing"
	"regulars/internal/setting"
)

// promote stores a promotion, with a code if one is named.
func (s *shop) promote(p pricing.Promotion, code string) *pricing.Promotion {
	s.t.Helper()
	s.tx(func(tx *db.Tx) error {
		p.Name = i18n.Text{En: "Special " + code}
		p.NeedsCode = code != ""
		if err := pricing.Put(ctx, tx, &p, s.now()); err != nil || code == "" {
			return err
		}
		return pricing.AddCode(ctx, tx, p.ID, code, s.now())
	})
	return &p
}

func (s *shop) healthy() {
	s.t.Helper()
	r, err := doctor.Check(ctx, s.db, doctor.Options{Now: s.now()})
	if err != nil || !r.OK {
		s.t.Errorf("doctor: %+v %v", r, err)
	}
}

func (s *shop) used(p *pricing.Promotion) int {
	s.t.Helper()
	return s.count("SELECT count(*) FROM redemptions WHERE promotion_id = ? AND state = 'held'", int64(p.ID))
}

func withCoupon(email, coupon string) checkout.Form {
	f := form()
	f.Email, f.Coupon = email, coupon
	return f
}

func (s *shop) tryPlace(f checkout.Form, qty int, v catalog.VariantID) (*checkout.Placed, error) {
	s.t.Helper()
	p := s.guest()
	return s.desk.Place(ctx, p, i18n.English, s.fill(p, qty, v).ID, f, checkout.NotShown)
}

func couponError(err error) string {
	for _, f := range fault.Fields(err) {
		if f.Name == "coupon" {
			return f.Words
		}
	}
	return fmt.Sprint(err)
}

func TestCouponComesOffTheOrderAndOffItsLines(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		v := s.sell("LAMP", 1000, 9)
		p := s.promote(pricing.Promotion{Kind: pricing.Percent, Value: 1500}, "late15")
		done, err := s.tryPlace(withCoupon("li@mail.example", "Late-15"), 2, v)
		if err != nil {
			t.Fatal(err)
		}
		o := done.Order
		if o.Subtotal != 2000 || o.Discount != 300 || o.Delivery != 420 || o.Total != 2120 || o.Tax != 283+70 || s.used(p) != 1 {
			t.Errorf("the order: %+v, used %d", o, s.used(p))
		}
		if n := s.count("SELECT sum(amount) FROM line_discounts WHERE order_id = ?", int64(o.ID)); n != 300 {
			t.Errorf("its lines explain %d", n)
		}
		if _, err := s.tryPlace(withCoupon("li@mail.example", "LATE16"), 1, v); couponError(err) != "pricing.coupon.unknown" {
			t.Errorf("a code nobody issued: %v", err)
		}
		s.tell(o.ID, payment.OutcomePaid)
		s.healthy()
	})
}

func TestLimitIsAPersonsOrTheShops(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		v := s.sell("LAMP", 1000, 50)
		p := s.promote(pricing.Promotion{Kind: pricing.Percent, Value: 1000, LimitAll: 3, LimitPerson: 1}, "ONCE")
		place := func(email string) (*checkout.Placed, error) { return s.tryPlace(withCoupon(email, "once"), 1, v) }
		first, err := place("li@mail.example")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := place(" LI@mail.example"); couponError(err) != "pricing.coupon.yours" {
			t.Errorf("the same person again: %v", err)
		}
		for _, email := range []string{"bo@mail.example", "cy@mail.example"} {
			if _, err := place(email); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := place("di@mail.example"); couponError(err) != "pricing.coupon.used-up" {
			t.Errorf("the fourth of three: %v", err)
		}
		if err := s.desk.Cancel(ctx, first.Order.ID, "staff:1", "changed their mind"); err != nil {
			t.Fatal(err)
		}
		if s.used(p) != 2 {
			t.Errorf("after a cancellation %d are used", s.used(p))
		}
		if _, err := place("li@mail.example"); err != nil {
			t.Errorf("the place that came free: %v", err)
		}
		s.healthy()
	})
}

func TestAnAccountIsOnePersonUnderAnyAddress(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		v := s.sell("LAMP", 1000, 50)
		s.promote(pricing.Promotion{Kind: pricing.Percent, Value: 1000, LimitPerson: 1}, "ONCE")
		var k *customer.Customer
		s.tx(func(tx *db.Tx) (err error) {
			k, err = customer.SignUp(ctx, tx, customer.SignUpForm{Email: "ann@mail.example", Name: "Ann"}, s.now())
			return err
		})
		p := customer.NewPerson(nil, k, nil, nil)
		for i, want := range []string{"<nil>", "pricing.coupon.yours"} {
			_, err := s.desk.Place(ctx, p, i18n.English, s.fill(p, 1, v).ID, withCoupon(fmt.Sprintf("other%d@mail.example", i), "once"), checkout.NotShown)
			if got := couponError(err); got != want {
				t.Errorf("order %d of the account: %s", i+1, got)
			}
		}
	})
}

// race lets n shoppers place at once and returns how many orders came out;
// whoever loses is told so in words.
func (s *shop) race(n int, v catalog.VariantID, f func(i int) checkout.Form) int {
	s.t.Helper()
	people, carts := make([]*customer.Person, n), make([]*cart.Cart, n)
	for i := range n {
		people[i] = s.guest()
		carts[i] = s.fill(people[i], 1, v)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	won, start := 0, make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			_, err := s.desk.Place(ctx, people[i], i18n.English, carts[i].ID, f(i), checkout.NotShown)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case !errors.Is(err, fault.Conflict) && !errors.Is(err, fault.Invalid):
				s.t.Errorf("shopper %d: %v", i, err)
			}
		})
	}
	close(start)
	wg.Wait()
	return won
}

func TestFiftyAtOnceGetNoMoreThanTheLimit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		v := s.sell("LAMP", 1000, 10_000)
		ten := s.promote(pricing.Promotion{Kind: pricing.Amount, Value: 100, Currency: "USD", LimitAll: 10}, "TEN")
		if won := s.race(50, v, func(i int) checkout.Form { return withCoupon(fmt.Sprintf("p%d@mail.example", i), "TEN") }); won != 10 || s.used(ten) != 10 {
			t.Errorf("%d orders with ten places, %d used", won, s.used(ten))
		}
		mine := s.promote(pricing.Promotion{Kind: pricing.Amount, Value: 100, Currency: "USD", LimitPerson: 2}, "MINE")
		if won := s.race(50, v, func(int) checkout.Form { return withCoupon("li@mail.example", "MINE") }); won != 2 || s.used(mine) != 2 {
			t.Errorf("%d orders of one person with two places, %d used", won, s.used(mine))
		}
		batch := s.promote(pricing.Promotion{Kind: pricing.Amount, Value: 100, Currency: "USD"}, "KEY")
		var name string
		s.tx(func(tx *db.Tx) (err error) {
			name, err = pricing.AddBatch(ctx, tx, batch.ID, 3, s.now())
			return err
		})
		codes, err := pricing.Codes(ctx, d, batch.ID, name)
		if err != nil || len(codes) != 3 {
			t.Fatalf("%d codes, %v", len(codes), err)
		}
		if won := s.race(50, v, func(i int) checkout.Form { return withCoupon(fmt.Sprintf("q%d@mail.example", i), codes[i%3].Code) }); won != 3 {
			t.Errorf("%d orders with three codes for one order each", won)
		}
		s.healthy()
	})
}

func TestUnpaidOrdersGiveTheirPlaceBackAndLateMoneyKeepsItsPrice(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		v := s.sell("LAMP", 1000, 50)
		p := s.promote(pricing.Promotion{Kind: pricing.Percent, Value: 1000, LimitAll: 1}, "ONE")
		late, err := s.tryPlace(withCoupon("li@mail.example", "ONE"), 1, v)
		if err != nil {
			t.Fatal(err)
		}
		s.pass(time.Hour)
		s.sweep()
		if s.used(p) != 0 {
			t.Errorf("an order that ran out keeps its place")
		}
		if _, err := s.tryPlace(withCoupon("bo@mail.example", "ONE"), 1, v); err != nil {
			t.Fatal(err)
		}
		s.tell(late.Order.ID, payment.OutcomePaid) // the money was on its way
		s.stands(late.Order.ID, "placed paid unshipped")
		s.sweep()
		if got := s.count("SELECT count(*) FROM redemptions WHERE state = 'late'"); got != 1 || s.used(p) != 1 {
			t.Errorf("%d late redemptions, %d used", got, s.used(p))
		}
		s.pass(10 * time.Minute)
		s.sweep()
		s.healthy()
		if err := s.desk.Cancel(ctx, late.Order.ID, "staff:1", ""); err != nil {
			t.Fatal(err)
		}
		s.pass(time.Hour)
		s.sweep()
		s.healthy()
	})
}

// Cart, checkout and order are priced by one function from one reading of the
// promotions; this holds it over a thousand carts, half on each database.
func TestAThousandCartsCostTheSameEverywhere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		r := rand.New(rand.NewPCG(20261122, 1))
		var shelf []catalog.VariantID
		for i := range 12 {
			shelf = append(shelf, s.sell(fmt.Sprintf("G%02d", i), money.Amount(r.IntN(3000)+99), -1))
		}
		var codes []string
		for i, kind := range pricing.Kinds {
			p := pricing.Promotion{Kind: kind, Value: int64(r.IntN(2500) + 1), Currency: "USD", Buy: 2, Free: 1, Priority: r.IntN(2), Exclusive: i == 2, MinSubtotal: 1500}
			s.promote(p, "")
			code := fmt.Sprint("CODE", i)
			s.promote(p, code)
			codes = append(codes, code)
		}
		codes = append(codes, "", "", "NONE")
		s.tx(func(tx *db.Tx) error {
			sale := catalog.Sale{Name: i18n.Text{En: "Sale"}, Kind: catalog.SalePercent, Value: 1700, Variants: shelf[:5]}
			if err := catalog.PutSale(ctx, tx, &sale, "2026-11-22", s.now()); err != nil {
				return err
			}
			if err := tx.Query(ctx).Exec("UPDATE products SET tax_class = CASE WHEN id % 3 = 0 THEN 'reduced' WHEN id % 3 = 1 THEN 'zero' ELSE 'standard' END").Error; err != nil {
				return err
			}
			return setting.Set(ctx, tx, "tax.rates", "DE 19, DE reduced 7", s.now())
		})
		if err := s.desk.Settings.Refresh(ctx, d); err != nil {
			t.Fatal(err)
		}
		accepted := 0
		for i := range 500 {
			if i == 250 { // from here on tax comes on top
				s.tx(func(tx *db.Tx) error { return setting.Set(ctx, tx, "tax.included", "off", s.now()) })
				if err := s.desk.Settings.Refresh(ctx, d); err != nil {
					t.Fatal(err)
				}
			}
			p := s.guest()
			var c *cart.Cart
			for range r.IntN(4) + 1 {
				c = s.fill(p, r.IntN(3)+1, shelf[r.IntN(len(shelf))])
			}
			coupon := codes[r.IntN(len(codes))]
			s.tx(func(tx *db.Tx) error { return cart.SetCoupon(ctx, tx, c.ID, coupon, s.now()) })
			c, err := cart.ByID(ctx, d, c.ID)
			if err != nil {
				t.Fatal(err)
			}
			v, err := cart.Items(ctx, d, c)
			if err != nil {
				t.Fatal(err)
			}
			shown, err := s.desk.Offer(ctx, d, v, "DE")
			if err != nil {
				t.Fatal(err)
			}
			asked, err := s.desk.OfferTo(ctx, d, v, checkout.Ask{Country: "DE", Coupon: coupon, Email: "li@mail.example", Person: p})
			if err != nil || asked.With("standard").Total != shown.With("standard").Total {
				t.Fatalf("cart %d: the checkout says %d, the cart %d (%v)", i, asked.With("standard").Total, shown.With("standard").Total, err)
			}
			q := shown.With("standard")
			done, err := s.desk.Place(ctx, p, i18n.English, c.ID, withCoupon("li@mail.example", coupon), q.Total)
			if (q.Refused != nil) != (err != nil) {
				t.Fatalf("cart %d: refused %+v, placed %v", i, q.Refused, err)
			}
			if err != nil {
				continue
			}
			accepted++
			o := done.Order
			lines, err := order.Lines(ctx, d, o.ID)
			if err != nil {
				t.Fatal(err)
			}
			for j, l := range lines {
				if want := q.Lines[j]; l.Total != want.Total || l.Discount != want.Discount || l.Tax != want.Tax {
					t.Fatalf("cart %d: line %+v, shown as %+v", i, l, want)
				}
			}
			if o.Total != q.Total || o.Discount != q.Discount || o.Tax != q.Tax || o.Delivery != q.Delivery {
				t.Fatalf("cart %d: order %+v, shown %+v", i, o, q)
			}
		}
		if accepted < 200 {
			t.Errorf("only %d carts were ordered; this proves little", accepted)
		}
		s.healthy()
	})
}

package checkout_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/payment"
)

func TestGuestBuysABottle(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bottle, spoon := s.sell("BOTTLE", 1200, 5), s.sell("SPOON", 350, -1)
		p := s.guest()
		c := s.fill(p, 2, bottle, spoon)
		v, err := cart.Items(ctx, d, c)
		if err != nil || v.Count != 4 || v.Blocked() {
			t.Fatalf("the cart shows %+v, %v", v, err)
		}
		offer, err := s.desk.Offer(ctx, d, v, "DE")
		if err != nil {
			t.Fatal(err)
		}
		seen := checkout.SeenTotal(offer.Seen(), "standard")
		if seen != 2*1200+2*350+420 {
			t.Fatalf("the page shows a total of %d", seen)
		}
		f := form()
		f.Phone = "０３０ 1234567"
		done, err := s.desk.Place(ctx, p, i18n.English, c.ID, f, seen)
		if err != nil {
			t.Fatal(err)
		}
		o := done.Order
		if o.Total != seen || o.Tax != 400+117+70 || o.Phone != "030 1234567" || !strings.HasPrefix(done.PayURL, "/gateway/test/") {
			t.Errorf("placed %+v, pay at %s", o, done.PayURL)
		}
		s.stock(bottle, 5, 2)
		s.stands(o.ID, "placed pending unshipped")
		if got := s.steps(c.ID); got != "add add checkout contact delivery payment converted " {
			t.Errorf("the cart took the steps %s", got)
		}

		s.tell(o.ID, payment.OutcomePaid)
		if again := s.tell(o.ID, payment.OutcomePaid); !again.Seen {
			t.Error("a double click on the gateway's page was taken for news")
		}
		s.tell(o.ID, payment.OutcomeDeclined) // too late to undo success
		s.stands(o.ID, "placed paid unshipped")
		if n := s.count("SELECT count(*) FROM events WHERE kind = 'bought'"); n != 1 {
			t.Errorf("bought was written %d times", n)
		}
		s.pass(time.Hour)
		if n, err := s.desk.Sweep(ctx); n != 0 || err != nil {
			t.Errorf("the sweep ended %d orders: %v", n, err)
		}

		found, err := order.ByAccess(ctx, d, strings.ToLower(o.Number), done.AccessKey)
		if err != nil || found.ID != o.ID {
			t.Errorf("the secret link leads to %v, %v", found, err)
		}
		if _, err := order.ByAccess(ctx, d, o.Number, order.AccessKey([]byte("another"), o.Number)); !errors.Is(err, fault.NotFound) {
			t.Errorf("a forged key: %v, want not found", err)
		}
		if len(done.AccessKey) != 22 {
			t.Errorf("the key has %d characters, want 22 (132 bits)", len(done.AccessKey))
		}

		if err := s.desk.Ship(ctx, o.ID, "staff:1"); err != nil {
			t.Fatal(err)
		}
		if err := s.desk.Cancel(ctx, o.ID, "staff:1", ""); !errors.Is(err, fault.Conflict) {
			t.Errorf("cancelling what was sent: %v", err)
		}
		if err := s.desk.Deliver(ctx, o.ID, "staff:1"); err != nil {
			t.Fatal(err)
		}
		s.stands(o.ID, "completed paid delivered")
		s.stock(bottle, 3, 0)
		lawful(t, s, o.ID)
		if s.runJobs() == 0 {
			t.Error("no job follows a placed order")
		}
	})
}

// lawful walks the order's history: every step legal, each starting where the
// last one ended.
func lawful(t *testing.T, s *shop, id order.ID) {
	t.Helper()
	past, err := order.Past(ctx, s.db, id)
	if err != nil || len(past) == 0 {
		t.Fatalf("history %v, %v", past, err)
	}
	at := map[order.Axis]string{order.PaymentAxis: "pending", order.DeliveryAxis: "unshipped"}
	for _, h := range past {
		if h.FromState != at[h.Axis] || h.FromState != "" && h.FromState != h.ToState && !order.Legal(h.Axis, h.FromState, h.ToState) {
			t.Errorf("%s went from %q to %q, having been %q", h.Axis, h.FromState, h.ToState, at[h.Axis])
		}
		at[h.Axis] = h.ToState
	}
	o, err := order.ByID(ctx, s.db, id)
	if err != nil || at[order.OrderAxis] != string(o.State) || at[order.PaymentAxis] != string(o.PaymentState) || at[order.DeliveryAxis] != string(o.DeliveryState) {
		t.Errorf("history ends at %v, the order at %s %s %s", at, o.State, o.PaymentState, o.DeliveryState)
	}
}

func TestOneFormIsOneOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bottle := s.sell("BOTTLE", 1200, 50)
		p := s.guest()
		c := s.fill(p, 1, bottle)
		f := form()
		var wg sync.WaitGroup
		results := make([]*checkout.Placed, 10)
		for i := range results {
			wg.Go(func() {
				done, err := s.desk.Place(ctx, p, i18n.English, c.ID, f, checkout.NotShown)
				if err != nil {
					t.Error(err)
				}
				results[i] = done
			})
		}
		wg.Wait()
		fresh := 0
		for _, r := range results {
			if r == nil {
				t.FailNow()
			}
			if r.Order.ID != results[0].Order.ID || r.PayURL != results[0].PayURL || r.AccessKey != results[0].AccessKey {
				t.Errorf("one form led to %s and %s", r.Order.Number, results[0].Order.Number)
			}
			if !r.Again {
				fresh++
			}
		}
		if n := s.count("SELECT count(*) FROM orders"); n != 1 || fresh != 1 {
			t.Errorf("%d orders, %d answered as new", n, fresh)
		}
		s.stock(bottle, 50, 1)

		// Back button: the cart is gone, the form is the same.
		if back, err := s.desk.Place(ctx, p, i18n.English, 0, f, checkout.NotShown); err != nil || back.Order.ID != results[0].Order.ID {
			t.Errorf("the same form without a cart: %v, %v", back, err)
		}
		other := f
		other.Name = "Somebody else"
		if _, err := s.desk.Place(ctx, p, i18n.English, c.ID, other, checkout.NotShown); !errors.Is(err, fault.Conflict) {
			t.Errorf("the same key for another content: %v, want a conflict", err)
		}
		if _, err := s.desk.Place(ctx, s.guest(), i18n.English, c.ID, f, checkout.NotShown); !errors.Is(err, fault.NotFound) {
			t.Errorf("somebody else with the same form: %v, want not found", err)
		}
		second := form() // the page in the other tab, with a key of its own
		for _, id := range []cart.ID{c.ID, 0} {
			if tab, err := s.desk.Place(ctx, p, i18n.English, id, second, checkout.NotShown); err != nil || tab.Order.ID != results[0].Order.ID {
				t.Errorf("the second tab with cart %d: %v, %v", id, tab, err)
			}
		}
		next := s.fill(p, 2, bottle)
		if _, err := s.desk.Place(ctx, p, i18n.English, next.ID, f, checkout.NotShown); err != nil {
			t.Errorf("the old form beside a new cart: %v, want the first order", err)
		}
		if n := s.count("SELECT count(*) FROM orders"); n != 1 {
			t.Errorf("%d orders at the end, want 1", n)
		}
	})
}

func TestTwentyBuyersOfTheLastFive(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bottle := s.sell("BOTTLE", 1200, 5)
		people, carts := make([]*customer.Person, 20), make([]*cart.Cart, 20)
		for i := range people {
			people[i] = s.guest()
			carts[i] = s.fill(people[i], 1, bottle)
		}
		var wg sync.WaitGroup
		errs := make([]error, 20)
		for i := range people {
			wg.Go(func() {
				_, errs[i] = s.desk.Place(ctx, people[i], i18n.English, carts[i].ID, form(), checkout.NotShown)
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			var out *inventory.OutOfStockError
			switch {
			case err == nil:
				won++
			case !errors.As(err, &out) || out.Left != 0:
				t.Errorf("a late buyer was told %v", err)
			}
		}
		if n := s.count("SELECT count(*) FROM orders"); won != 5 || n != 5 {
			t.Errorf("%d won, %d orders; want 5", won, n)
		}
		s.stock(bottle, 5, 5)
		if n := s.count("SELECT count(*) FROM carts WHERE state = 'open'"); n != 15 {
			t.Errorf("%d carts are still open, want the 15 of those who came late", n)
		}
	})
}

func TestPriceChangedMeanwhile(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		bottle := s.sell("BOTTLE", 1200, 5)
		p := s.guest()
		c := s.fill(p, 1, bottle)
		s.tx(func(tx *db.Tx) error { return catalog.SetPrice(ctx, tx, bottle, "USD", 1500, 0, s.now()) })
		_, err := s.desk.Place(ctx, p, i18n.English, c.ID, form(), 1620)
		var changed *checkout.ChangedError
		if !errors.As(err, &changed) || !errors.Is(err, fault.Conflict) || changed.Quote.Total != 1920 {
			t.Fatalf("a form that saw $16.20: %v, want the new total", err)
		}
		if n := s.count("SELECT count(*) FROM orders"); n != 0 {
			t.Errorf("%d orders", n)
		}
		v, err := cart.Items(ctx, d, c)
		if err != nil || v.Items[0].Problem != cart.Dearer {
			t.Errorf("the cart says %q, %v; want dearer", v.Items[0].Problem, err)
		}
		s.tx(func(tx *db.Tx) error { return cart.Seen(ctx, tx, v, s.now()) })
		if v, _ = cart.Items(ctx, d, c); v.Items[0].Problem != cart.NoProblem {
			t.Errorf("once seen the cart still says %q", v.Items[0].Problem)
		}
		if done, err := s.desk.Place(ctx, p, i18n.English, c.ID, form(), 1920); err != nil || done.Order.Total != 1920 {
			t.Errorf("confirmed: %v, %v", done, err)
		}
	})
}

func TestZeroTotalNeedsNoGateway(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.tx(func(tx *db.Tx) error { return tx.Query(ctx).Exec("UPDATE delivery_methods SET price = 0").Error })
		sample := s.sell("SAMPLE", 0, 3)
		p := s.guest()
		done := s.place(p, s.fill(p, 1, sample), form())
		s.stands(done.Order.ID, "placed paid unshipped")
		if n := s.count("SELECT count(*) FROM payments"); n != 0 || done.PayURL != "" {
			t.Errorf("%d payments for nothing, pay at %q", n, done.PayURL)
		}
		s.stock(sample, 3, 1)
	})
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		p := s.guest()
		c := s.fill(p, 1, s.sell("BOTTLE", 1200, 5))
		for name, c2 := range map[string]struct {
			change func(*checkout.Form)
			fields string
		}{
			"nothing filled in":    {func(f *checkout.Form) { *f = checkout.Form{Key: f.Key} }, "email name country line1 city delivery payment"},
			"a mail address":       {func(f *checkout.Form) { f.Email = "li@" }, "email"},
			"China needs a region": {func(f *checkout.Form) { f.Country, f.Postcode = "cn", "" }, "region"},
			"China, complete":      {func(f *checkout.Form) { f.Country, f.Postcode, f.Region = "CN", "", "上海市" }, ""},
			"a postcode":           {func(f *checkout.Form) { f.Postcode = "" }, "postcode"},
			"postcode with signs":  {func(f *checkout.Form) { f.Postcode = "10<15" }, "postcode"},
			"no such country":      {func(f *checkout.Form) { f.Country = "ZZ" }, "country"},
			"a short phone":        {func(f *checkout.Form) { f.Phone = "123456" }, "phone"},
			"letters for a phone":  {func(f *checkout.Form) { f.Phone = "call me maybe" }, "phone"},
			"a very long name":     {func(f *checkout.Form) { f.Name = strings.Repeat("n", 121) }, "name"},
			"a line break":         {func(f *checkout.Form) { f.Line1 = "Bank\nStreet" }, "line1"},
			"a delivery made up":   {func(f *checkout.Form) { f.Delivery = "teleport" }, "delivery"},
			"a payment made up":    {func(f *checkout.Form) { f.Payment = "stripe" }, "payment"},
			"a coupon":             {func(f *checkout.Form) { f.Coupon = "SUMMER" }, "coupon"},
			"a key too short":      {func(f *checkout.Form) { f.Key = "1" }, "key"},
		} {
			f := form()
			c2.change(&f)
			v, err := cart.Items(ctx, d, c)
			if err != nil {
				t.Fatal(err)
			}
			err = s.desk.Check(ctx, d, v, f)
			var got []string
			for _, field := range fault.Fields(err) {
				got = append(got, field.Name)
				for _, l := range i18n.Langs {
					if !i18n.Has(l, field.Words) {
						t.Errorf("%s: %s is not written in %s", name, field.Words, l)
					}
				}
			}
			if strings.Join(got, " ") != c2.fields {
				t.Errorf("%s: wrong fields %v, want %q", name, got, c2.fields)
			}
			if c2.fields != "" {
				if _, err := s.desk.Place(ctx, p, i18n.English, c.ID, f, checkout.NotShown); !errors.Is(err, fault.Invalid) {
					t.Errorf("%s was placed: %v", name, err)
				}
			}
		}
		if _, err := s.desk.Place(ctx, s.guest(), i18n.English, c.ID, form(), checkout.NotShown); !errors.Is(err, fault.NotFound) {
			t.Errorf("somebody else's cart: %v, want not found", err)
		}
		if _, err := s.desk.Place(ctx, s.guest(), i18n.English, 0, form(), checkout.NotShown); !errors.Is(err, fault.Conflict) {
			t.Errorf("no cart: %v, want a conflict", err)
		}
		if n := s.count("SELECT count(*) FROM orders"); n != 0 {
			t.Errorf("%d orders", n)
		}
	})
}

func TestSeenTotals(t *testing.T) {
	for _, c := range []struct {
		field, delivery string
		want            money.Amount
	}{{"post:820,bike:1300", "bike", 1300}, {":400", "post", 400}, {"", "post", -1}, {"post:-5", "post", -1}, {"post:x", "post", -1}, {"post:820", "bike", -1}} {
		if got := checkout.SeenTotal(c.field, c.delivery); got != c.want {
			t.Errorf("%q for %s is read as %d, want %d", c.field, c.delivery, got, c.want)
		}
	}
}

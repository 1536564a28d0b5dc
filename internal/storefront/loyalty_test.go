package storefront_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/doctor"
	"regulars/internal/i18n"
	"regulars/internal/pricing"
	"regulars/internal/shoptest"
)

// A payment makes somebody loyal, and the very next cart costs what the loyal
// pay: cart, API, checkout, order and the account's page say the same. A code
// of a higher tier does nothing in a lower one, however exact.
func TestATierIsPaidForAndPaysAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			list := pricing.PriceList{Name: i18n.Text{En: "Price for the loyal", Zh: "熟客价"}, Currency: "USD", Tier: "loyal", Percent: 1000}
			if err := pricing.PutList(ctx, tx, &list, s.Now()); err != nil {
				return err
			}
			spared := pricing.Promotion{Name: i18n.Text{En: "Delivery is on us", Zh: "我们付运费"}, Kind: pricing.Delivery, Tiers: []string{"loyal", "very-loyal"}}
			return pricing.Put(ctx, tx, &spared, s.Now())
		})
		promote(s, pricing.Promotion{Name: i18n.Text{En: "For the very loyal", Zh: "老主顾专享"}, Kind: pricing.Percent, Value: 5000, Currency: "USD", Tiers: []string{"very-loyal"}}, "HALF")
		b := s.SignedIn(shoptest.Student)
		buy := func() (shown int) {
			s.Pass(10 * time.Minute)
			b.Submit(b.Get("/p/calm-bottle?size=240&colour=aqua"), "/cart/items", "qty", "2")
			cart := b.Get("/cart")
			if refused := b.Submit(cart, "/cart/coupon", "coupon", "HALF"); refused.Status != http.StatusUnprocessableEntity || !strings.Contains(refused.Text(), "For the very loyal") {
				t.Errorf("a code for others says %d %s", refused.Status, refused.Text())
			}
			till := b.Get("/checkout")
			if shown = cents(t, till); cents(t, b.Get("/cart")) != shown {
				t.Fatalf("cart and checkout differ: %d", shown)
			}
			placed := b.Submit(till, "/checkout", slices.Clone(address)...)
			if stored := s.Count("SELECT total FROM orders ORDER BY id DESC LIMIT 1"); stored != shown {
				t.Fatalf("shown %d, stored %d", shown, stored)
			}
			paid := b.Submit(b.Follow(placed), "/gateway/test/", "outcome", "paid")
			if got := cents(t, b.Get(paid.Location)); got != shown {
				t.Errorf("the order's page says %d, not %d", got, shown)
			}
			return shown
		}
		says := func(path string, want ...string) {
			t.Helper()
			page := b.Get(path)
			sound(t, path, page)
			for _, w := range want {
				if !strings.Contains(page.Text(), w) {
					t.Errorf("%s misses %q: %s", path, w, page.Text())
				}
			}
		}
		says("/account/loyalty", "Occasional", "Loyal is reached with 2 more orders", "0 orders", "Delivery is on us, Price for the loyal")
		first := buy()
		says("/account/loyalty", "1 more order", "1 order, $28.00")
		if again := buy(); again != first {
			t.Errorf("the second order cost %d, the first %d: not loyal yet", again, first)
		}
		number := s.Text("SELECT number FROM orders ORDER BY id DESC LIMIT 1")
		says("/account/loyalty", "Loyal", "with order "+number, "Very loyal is reached with 4 more orders or $844.00 more of goods")
		says("/zh/account/loyalty", "熟客", "由订单 "+number)
		if third := buy(); third != 2520 { // 28.00 less a tenth, and no delivery
			t.Errorf("the loyal pay %d", third)
		}
		if n := s.Count("SELECT count(*) FROM customer_tiers WHERE tier = 'loyal'"); n != 1 {
			t.Errorf("%d people are kept as loyal", n)
		}
		for _, who := range []*shoptest.Browser{b, s.Browser()} {
			if page := who.Get("/p/calm-bottle?size=240&colour=aqua"); !strings.Contains(page.Text(), "Price for the loyal: $12.60") {
				t.Errorf("the product's page does not name the price to everybody: %s", page.Text())
			}
		}
		report, err := doctor.Check(context.Background(), d, doctor.Options{Now: s.Now()})
		if err != nil || !report.OK {
			t.Errorf("%+v %v", report, err)
		}
		b.Post("/account/erase", "password", shoptest.Password)
		if n := s.Count("SELECT count(*) FROM customer_tiers"); n != 0 {
			t.Errorf("%d tiers outlive their person", n)
		}
	})
}

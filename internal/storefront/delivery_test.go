package storefront_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/pricing"
	"regulars/internal/shoptest"
)

// What staff change about delivery stands in the cart, its API and checkout at
// the next view; a country that nothing goes to is told in the cart.
func TestDeliveryAsStaffKeepIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		change := func(code string, do func(*pricing.Method)) {
			t.Helper()
			s.Tx(func(ctx context.Context, tx *db.Tx) error {
				m, err := pricing.MethodBy(ctx, tx, code, "USD")
				if err != nil {
					return err
				}
				do(m)
				return pricing.ChangeMethod(ctx, tx, m)
			})
		}
		b := s.Browser()
		b.Submit(b.Get("/p/calm-bottle"), "/cart/items")
		says := func(path string, want ...string) {
			t.Helper()
			p := b.Get(path)
			for _, w := range want {
				if no, unwanted := strings.CutPrefix(w, "!"); strings.Contains(p.Text()+p.Body, no) == unwanted {
					t.Errorf("%s: %q", path, w)
				}
			}
			if p.Status != http.StatusOK {
				t.Errorf("%s: %d", path, p.Status)
			}
		}
		says("/cart", "$4.20", "!do not deliver")
		says("/api/v1/cart", `"deliverable":true`, `"amount":420`)
		change("standard", func(m *pricing.Method) { m.Price, m.Bands = 777, []pricing.Band{{From: 1000, Price: 333}} })
		says("/cart", "$3.33")
		says("/api/v1/cart", `"amount":333`)
		says("/checkout", "$3.33")
		says("/delivery", "$7.77", "$3.33")
		change("standard", func(m *pricing.Method) { m.Countries = "DE, AT" })
		change("express", func(m *pricing.Method) { m.Countries = "CN" })
		says("/cart", "United States: we do not deliver there", "/checkout")
		says("/zh/cart", "暂不配送到美国")
		says("/api/v1/cart", `"deliverable":false`)
		says("/checkout", "United States: we do not deliver there")
		form := b.Get("/checkout")
		done := b.Submit(form, "/checkout", "email", "li@mail.example", "name", "Li Na", "country", "US", "line1", "1 Bank Street", "city", "Riverside", "region", "CA", "postcode", "92501", "payment", "test")
		if done.Status != http.StatusUnprocessableEntity || !strings.Contains(done.Body, `href="#country`) {
			t.Errorf("ordered to where nothing goes: %d %s", done.Status, done.Text())
		}
		change("standard", func(m *pricing.Method) { m.Active = false })
		change("express", func(m *pricing.Method) { m.Active = false })
		says("/cart", "Nothing can be delivered in USD", `!class="button button-wide" href="/checkout"`)
		change("standard", func(m *pricing.Method) { m.Active, m.Countries = true, "US CA" })
		says("/cart", "$3.33", "!do not deliver") // no region is known yet
		form = b.Get("/checkout")
		address := []string{"email", "li@mail.example", "name", "Li Na", "country", "US", "line1", "1 Bank Street", "city", "Austin", "region", "TX", "postcode", "92501", "payment", "test", "delivery", "standard"}
		if done := b.Submit(form, "/checkout", address...); done.Status != http.StatusUnprocessableEntity {
			t.Errorf("ordered to Texas: %d", done.Status)
		}
		address[11] = "ca"
		if done := b.Submit(form, "/checkout", address...); done.Status != http.StatusSeeOther {
			t.Errorf("ordered to California: %d %s", done.Status, done.Text())
		}
	})
}

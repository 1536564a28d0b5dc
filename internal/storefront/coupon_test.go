package storefront_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/pricing"
	"regulars/internal/shoptest"
)

func promote(s *shoptest.Shop, p pricing.Promotion, code string) {
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		p.NeedsCode = true
		if err := pricing.Put(ctx, tx, &p, s.Now()); err != nil {
			return err
		}
		return pricing.AddCode(ctx, tx, p.ID, code, s.Now())
	})
}

var half = pricing.Promotion{Name: i18n.Text{En: "Half price", Zh: "半价"}, Kind: pricing.Percent, Value: 5000, Currency: "USD", MinSubtotal: 2000}

func TestACodeIsSeenInCartCheckoutAndOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		promote(s, half, "HALF")
		b := s.Browser()
		product := b.Get("/p/calm-bottle?size=240&colour=aqua")
		b.Submit(product, "/cart/items", "qty", "1")
		cart := b.Get("/cart")
		refused := b.Submit(cart, "/cart/coupon", "coupon", "half")
		if refused.Status != http.StatusUnprocessableEntity || !strings.Contains(refused.Text(), "Add $6.00 more") || !strings.Contains(refused.Body, `value="half"`) {
			t.Fatalf("below the minimum: %d %s", refused.Status, refused.Text())
		}
		if no := b.Submit(cart, "/cart/coupon", "coupon", "NOPE"); no.Status != http.StatusUnprocessableEntity || !strings.Contains(no.Text(), "There is no code “NOPE”") {
			t.Errorf("an unknown code: %d %s", no.Status, no.Text())
		}
		b.Submit(product, "/cart/items", "qty", "1")
		if on := b.Submit(b.Get("/cart"), "/cart/coupon", "coupon", "half"); on.Status != http.StatusSeeOther {
			t.Fatalf("a good code: %d %s", on.Status, on.Text())
		}
		cart = b.Get("/cart")
		sound(t, "/cart", cart)
		api := b.Get("/api/v1/cart")
		for _, want := range []string{"Half price", "18.20"} { // 2 × 14.00 - 14.00 + 4.20
			if !strings.Contains(cart.Text(), want) {
				t.Errorf("the cart misses %s: %s", want, cart.Text())
			}
		}
		if !strings.Contains(api.Body, `"Half price"`) || !strings.Contains(api.Body, "1820") {
			t.Errorf("the API says %s", api.Body)
		}
		till := b.Get("/checkout")
		sound(t, "/checkout", till)
		if !strings.Contains(till.Text(), "18.20") || !strings.Contains(till.Body, `value="half"`) {
			t.Errorf("the checkout says %s", till.Text())
		}
		placed := b.Submit(till, "/checkout", address...)
		if placed.Status != http.StatusSeeOther || s.Count("SELECT total FROM orders") != 1820 || s.Count("SELECT count(*) FROM redemptions WHERE state = 'held'") != 1 {
			t.Errorf("placed: %d, total %d: %s", placed.Status, s.Count("SELECT total FROM orders"), placed.Text())
		}
	})
}

func TestACodeTypedAtCheckoutShowsTheNewTotalFirst(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	promote(s, half, "HALF")
	b := s.Browser()
	b.Submit(b.Get("/p/calm-bottle?size=240&colour=aqua"), "/cart/items", "qty", "2")
	with := append([]string{"coupon", "HALF"}, address...)
	shown := b.Submit(b.Get("/checkout"), "/checkout", with...)
	if shown.Status != http.StatusConflict || !strings.Contains(shown.Text(), "18.20") || s.Count("SELECT count(*) FROM orders") != 0 {
		t.Fatalf("the new total was not shown before: %d %s", shown.Status, shown.Text())
	}
	if placed := b.Submit(shown, "/checkout"); placed.Status != http.StatusSeeOther || s.Count("SELECT total FROM orders") != 1820 {
		t.Errorf("confirmed: %d %s", placed.Status, placed.Text())
	}
	bad := s.Browser()
	bad.Submit(bad.Get("/p/calm-bottle?size=240&colour=aqua"), "/cart/items", "qty", "2")
	no := bad.Submit(bad.Get("/checkout"), "/checkout", append([]string{"coupon", "HALVE"}, address...)...)
	if no.Status != http.StatusUnprocessableEntity || !strings.Contains(no.Text(), "There is no code “HALVE”") {
		t.Errorf("an unknown code: %d %s", no.Status, no.Text())
	}
}

func TestCodesCannotBeGuessed(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	promote(s, half, "HALF")
	b := s.Browser()
	b.Submit(b.Get("/p/calm-bottle?size=240&colour=aqua"), "/cart/items", "qty", "2")
	for i := range 10 {
		if no := b.Submit(b.Get("/cart"), "/cart/coupon", "coupon", fmt.Sprint("GUESS", i)); no.Status != http.StatusUnprocessableEntity {
			t.Fatalf("try %d: %d", i, no.Status)
		}
	}
	if no := b.Submit(b.Get("/cart"), "/cart/coupon", "coupon", "HALF"); no.Status != http.StatusTooManyRequests || strings.Contains(no.Text(), "Half price") {
		t.Errorf("the eleventh try, a hit: %d %s", no.Status, no.Text())
	}
	till := b.Submit(b.Get("/checkout"), "/checkout", append([]string{"coupon", "HALF"}, address...)...)
	if till.Status != http.StatusUnprocessableEntity || strings.Contains(till.Text(), "Half price") {
		t.Errorf("the twelfth, at checkout: %d %s", till.Status, till.Text())
	}
	s.Pass(time.Hour)
	if yes := b.Submit(b.Get("/cart"), "/cart/coupon", "coupon", "HALF"); yes.Status != http.StatusSeeOther {
		t.Errorf("an hour later: %d %s", yes.Status, yes.Text())
	}
	off := b.Submit(b.Get("/cart"), "/cart/coupon", "coupon", "")
	if off.Status != http.StatusSeeOther || strings.Contains(b.Get("/cart").Text(), "Half price") {
		t.Error("the code cannot be taken off")
	}
}

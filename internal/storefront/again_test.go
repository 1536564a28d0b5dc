package storefront_test

import (
	"context"
	"strings"
	"testing"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/inventory"
	"regulars/internal/shoptest"
)

// TestAnOrderIsPlacedAgain: one click fills the cart with what was ordered
// once; a second changes nothing; what is sold out is left out and named; no
// stranger can do it.
func TestAnOrderIsPlacedAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		b := s.SignedIn(shoptest.Student)
		b.Post("/cart/items", "sku", "BB01-240-AQUA", "qty", "2")
		b.Post("/cart/items", "sku", "BK01")
		done := b.Follow(b.Submit(b.Follow(b.Submit(b.Get("/checkout"), "/checkout", address...)), "/gateway/test/", "outcome", "paid"))
		path := "/orders/" + s.Text("SELECT number FROM orders WHERE payment_state = 'paid' ORDER BY id DESC LIMIT 1")
		if done.Status != 200 {
			t.Fatalf("the order: %d", done.Status)
		}
		again := func(want ...string) {
			t.Helper()
			cart := b.Follow(b.Submit(b.Get(path), path+"/again"))
			for _, text := range want {
				if !strings.Contains(cart.Text(), text) {
					t.Errorf("the cart does not say %q: %s", text, cart.Text())
				}
			}
		}
		again("The cart holds what you ordered: 2 lines.", "Calm Bottle")
		again("The cart holds what you ordered: 2 lines.")
		if n := s.Count("SELECT coalesce(sum(qty), 0) FROM cart_lines l JOIN carts c ON c.id = l.cart_id WHERE c.state = 'open'"); n != 3 {
			t.Errorf("after two clicks there are %d pieces in carts", n)
		}
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			if err := tx.Query(ctx).Exec("DELETE FROM cart_lines").Error; err != nil {
				return err
			}
			v, err := catalog.VariantBySKU(ctx, tx, "BK01")
			if err != nil {
				return err
			}
			return inventory.Count(ctx, tx, v.ID, 1, "test", s.Now()) // the one that the order holds
		})
		again("The cart holds 1 line of that order. Not to be had now, or not as many:")
		if p := s.Browser().Post(path + "/again"); p.Status != 404 && p.Status != 403 {
			t.Errorf("a stranger orders again: %d", p.Status)
		}
	})
}

package storefront_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/inventory"
	"regulars/internal/shoptest"
)

func variant(t *testing.T, s *shoptest.Shop, sku string) (id catalog.VariantID) {
	t.Helper()
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		v, err := catalog.VariantBySKU(ctx, tx, sku)
		if err == nil {
			id = v.ID
		}
		return err
	})
	return id
}

func says(t *testing.T, what, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		not, absent := strings.CutPrefix(w, "!")
		if strings.Contains(text, not) == absent {
			t.Errorf("%s: %q, want %q", what, text, w)
		}
	}
}

func TestEveryPageSaysWhenThingsShip(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	v := variant(t, s, "BK01")
	day := s.Now().AddDate(0, 0, 12)
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		if err := inventory.Count(ctx, tx, v, 0, "none", s.Now()); err != nil {
			return err
		}
		return inventory.AddIncoming(ctx, tx, inventory.Incoming{Token: "next", VariantID: v, LocationID: 1, Qty: 5, ExpectedAt: db.At(day)}, s.Now())
	})
	b := s.Browser()
	slug := s.Text("SELECT p.slug FROM products p JOIN variants v ON v.product_id = p.id WHERE v.sku = 'BK01'")
	says(t, "sold out", b.Get("/p/"+slug).Text(), "More is expected on")
	says(t, "sold out", b.Get("/zh/p/"+slug).Text(), "预计")
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		return inventory.SetPolicy(ctx, tx, v, inventory.Policy{Kind: catalog.Backorder, Beyond: 3}, s.Now())
	})
	product := b.Get("/p/" + slug)
	says(t, "product", product.Text(), "ships around", "!Sold out")
	says(t, "product", product.Body, "https://schema.org/BackOrder", "availabilityStarts")
	says(t, "search", b.Get("/search?q="+slug).Text(), "Ships later")
	says(t, "search in stock", b.Get("/search?stock=1&q="+slug).Main(), "!/p/"+slug)
	says(t, "api", b.Get("/api/v1/products/"+slug).Body, `"in_stock":false`, `"availability":"backorder"`, `"available":3`)
	b.Submit(product, "/cart/items", "qty", "1")
	says(t, "cart", b.Get("/cart").Text(), "ships around")
	checkout := b.Get("/checkout")
	says(t, "checkout", checkout.Text(), "ships around")
	paid := b.Submit(b.Follow(b.Submit(checkout, "/checkout", address...)), "/gateway/test/", "outcome", "paid")
	says(t, "order", b.Follow(paid).Text(), "ships around", "Not all of it is here yet")
	s.RunJobs()
	says(t, "mail", s.Letters()[0].Text, "not here yet, ships around")
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		return inventory.ReceiveIncoming(ctx, tx, v, "next", 5, "came", s.Now())
	})
	says(t, "order", b.Follow(paid).Text(), "It has arrived here", "!Not here yet")

	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		return inventory.SetPolicy(ctx, tx, v, inventory.Policy{Kind: catalog.Preorder, Beyond: 3, Ready: day}, s.Now())
	})
	says(t, "preorder", b.Get("/p/"+slug).Text(), "Preorder: ships from", "Preorder for $")
	says(t, "preorder", b.Get("/zh/p/"+slug).Text(), "预售商品", "预订，")
	says(t, "preorder", b.Get("/search?q="+slug).Text(), "Preorder")
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		if _, err := inventory.OpenPreorders(ctx, tx, day.Add(time.Minute)); err != nil {
			return err
		}
		return inventory.Count(ctx, tx, v, 1, "one", s.Now()) // promised: one more is beyond, and nothing is on its way
	})
	undated := b.Get("/p/" + slug)
	says(t, "no day is known", undated.Text(), "ships as soon as it arrives", "you hear from us when it leaves")
	says(t, "no day is known", undated.Body, "https://schema.org/OutOfStock")
	b.Submit(undated, "/cart/items", "qty", "1")
	says(t, "cart", b.Get("/cart").Text(), "the day follows")
	says(t, "order", b.Follow(b.Submit(b.Follow(b.Submit(b.Get("/checkout"), "/checkout", address...)), "/gateway/test/", "outcome", "paid")).Text(), "its day is not known")
}

func TestAWaitThatBeganMeanwhileIsShownFirst(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	v := variant(t, s, "BK01")
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		if err := inventory.Count(ctx, tx, v, 1, "one", s.Now()); err != nil {
			return err
		}
		return inventory.SetPolicy(ctx, tx, v, inventory.Policy{Kind: catalog.Backorder, Beyond: 3}, s.Now())
	})
	b, other := s.Browser(), s.Browser()
	b.Post("/cart/items", "sku", "BK01")
	other.Post("/cart/items", "sku", "BK01")
	seen := b.Get("/checkout")
	says(t, "checkout", seen.Text(), "!Not here yet")
	other.Submit(other.Get("/checkout"), "/checkout", address...)
	refused := b.Submit(seen, "/checkout", address...)
	if refused.Status != http.StatusConflict {
		t.Fatalf("%d %s", refused.Status, refused.Text())
	}
	says(t, "placing", refused.Text(), "Not all of it is here any more", "Not here yet: ships as soon as it arrives", "the day follows")
	if again := b.Submit(refused, "/checkout", address...); again.Status != http.StatusSeeOther {
		t.Errorf("confirmed: %d %s", again.Status, again.Text())
	}
}

func TestABundleShowsWhatIsInside(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	set, part := variant(t, s, "BK01"), variant(t, s, "BK02")
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		if err := inventory.Count(ctx, tx, set, 0, "none", s.Now()); err != nil {
			return err
		}
		if err := inventory.Count(ctx, tx, part, 5, "five", s.Now()); err != nil {
			return err
		}
		_, err := inventory.Bundle(ctx, tx, set, []catalog.Component{{Variant: part, Qty: 2}}, s.Now())
		return err
	})
	b := s.Browser()
	slug := s.Text("SELECT p.slug FROM products p JOIN variants v ON v.product_id = p.id WHERE v.sku = 'BK01'")
	inside := s.Text("SELECT p.slug FROM products p JOIN variants v ON v.product_id = p.id WHERE v.sku = 'BK02'")
	product := b.Get("/p/" + slug)
	says(t, "product", product.Text(), "What is inside", "2 left")
	says(t, "product", product.Main(), `href="/p/`+inside+`"`)
	b.Submit(product, "/cart/items", "qty", "2")
	says(t, "goes well with the bundle", b.Get("/cart").Main(), "!"+`href="/p/`+inside+`"`)
	order := b.Follow(b.Submit(b.Follow(b.Submit(b.Get("/checkout"), "/checkout", address...)), "/gateway/test/", "outcome", "paid"))
	says(t, "order", order.Text(), "4 × ")
	says(t, "product", b.Get("/p/"+slug).Text(), "Sold out")
	s.RunJobs()
	says(t, "mail", s.Letters()[0].Text, "(inside: 4 ×")
}

func TestWhoKeepsTheLastUnitIsLedToTheirOrder(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	v := variant(t, s, "BK01")
	s.Tx(func(ctx context.Context, tx *db.Tx) error { return inventory.Count(ctx, tx, v, 1, "last", s.Now()) })
	slug := s.Text("SELECT p.slug FROM products p JOIN variants v ON v.product_id = p.id WHERE v.sku = 'BK01'")
	b, other := s.Browser(), s.Browser()
	other.Post("/cart/items", "sku", "BK01")
	b.Post("/cart/items", "sku", "BK01")
	b.Submit(b.Get("/checkout"), "/checkout", address...)
	says(t, "somebody else", other.Get("/p/"+slug).Text(), "Sold out", "!unpaid order")
	mine := b.Get("/p/" + slug)
	says(t, "their own", mine.Text(), "Your unpaid order", "Open the order")
	refused := b.Post("/cart/items", "sku", "BK01")
	says(t, "put in again", refused.Text(), "Your unpaid order")
	says(t, "the way there", mine.Main(), `href="/orders/`)
	order := b.Get("/orders/" + s.Text("SELECT number FROM orders") + "?key=" + strings.SplitN(strings.SplitN(mine.Body, "?key=", 2)[1], `"`, 2)[0])
	if order.Status != http.StatusOK {
		t.Fatalf("%d: %s", order.Status, order.Text())
	}
	b.Submit(order, "/orders/"+s.Text("SELECT number FROM orders")+"/cancel")
	says(t, "cancelled", b.Get("/p/"+slug).Text(), "1 left", "!unpaid order")
	says(t, "the other cart", other.Get("/cart").Text(), "!Sold out since")
	other.Submit(other.Get("/checkout"), "/checkout", address...)
	b.Post("/cart/items", "sku", "BK01")
	says(t, "now it is the other's", b.Get("/p/"+slug).Text(), "Sold out", "!unpaid order")
}

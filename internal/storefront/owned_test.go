package storefront_test

import (
	"context"
	"strings"
	"testing"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/owner"
	"regulars/internal/shoptest"
)

// forOwners keeps a variant for who owns a product.
func forOwners(s *shoptest.Shop, sku, from string) (v *catalog.Variant, k *catalog.Product) {
	s.Tx(func(ctx context.Context, tx *db.Tx) (err error) {
		if v, err = catalog.VariantBySKU(ctx, tx, sku); err != nil {
			return err
		}
		if k, err = catalog.ByCode(ctx, tx, from); err != nil {
			return err
		}
		return owner.SetUpgrade(ctx, tx, v.ID, k.ID, "", true)
	})
	return v, k
}

// joins makes an account that allows personal pages.
func joins(s *shoptest.Shop, email string) *shoptest.Browser {
	b := s.Browser()
	b.Post("/signup", "email", email, "password", "three words long", "personalize", "on")
	b.Post("/signin", "email", email, "password", "three words long")
	return b
}

// paysFor takes what lies in the cart through checkout and payment.
func paysFor(s *shoptest.Shop, b *shoptest.Browser, email string) {
	where := []string{"email", email, "name", "Ann Lee", "country", "US", "line1", "1 Bank Street", "city", "Riverside", "region", "CA", "postcode", "90417"}
	b.Submit(b.Follow(b.Submit(b.Get("/checkout"), "/checkout", where...)), "/gateway/test/", "outcome", "paid")
	s.RunJobs()
}

// The price for owners is for owners: asked where it is put into the cart, in
// the cart, and in the transaction that places the order, one for each they own.
func TestAnUpgradeIsForOwnersAlone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		const email = "ann@shop.test"
		guest, ann := s.Browser(), joins(s, email)
		ann.Post("/cart/items", "sku", "BK01")
		before := guest.Get("/p/calm-bottle").Main()
		// A guest filled a cart before the rule was made: the cart says so, and checkout refuses.
		guest.Post("/cart/items", "sku", "BB01-240-AQUA")
		forOwners(s, "BB01-240-AQUA", "BK01")
		s.Pass(6e9)
		if p := guest.Get("/cart"); !strings.Contains(p.Text(), "This price is for owners of") {
			t.Errorf("the cart says nothing: %s", p.Text())
		}
		placed := func() int { return s.Count("SELECT count(*) FROM order_lines WHERE sku = 'BB01-240-AQUA'") }
		refused := guest.Submit(guest.Get("/checkout"), "/checkout", "email", "guest@shop.test", "name", "Gus", "country", "US", "line1", "1 Bank Street", "city", "Riverside", "region", "CA", "postcode", "90417")
		if refused.Status != 409 || !strings.Contains(refused.Text(), "This price is for owners of") || !strings.Contains(refused.Body, "Riverside") || placed() != 0 {
			t.Fatal("a guest bought what is for owners")
		}
		if p := s.Browser().Post("/cart/items", "sku", "BB01-240-AQUA"); p.Status != 409 || !strings.Contains(p.Text(), "Sign in with the account") {
			t.Errorf("%d for a guest", p.Status)
		}
		if p := ann.Post("/cart/items", "sku", "BB01-240-AQUA"); p.Status != 409 || !strings.Contains(p.Text(), "your account owns none") {
			t.Errorf("%d for an account without: %s", p.Status, p.Text())
		}
		paysFor(s, ann, email) // the book
		page := ann.Get("/account/owned")
		if !strings.Contains(page.Text(), "Calculus, Slowly") || !strings.Contains(page.Text(), "Upgrade to Calm Bottle") || !strings.Contains(page.Text(), "Your legal rights apply.") {
			t.Errorf("the account says %s", page.Main())
		}
		if p := ann.Post("/cart/items", "sku", "BB01-240-AQUA", "qty", "2"); p.Status != 409 || !strings.Contains(p.Text(), "Lower the quantity to 1") {
			t.Errorf("%d for two of one: %s", p.Status, p.Text())
		}
		ann.Post("/cart/items", "sku", "BB01-240-AQUA")
		paysFor(s, ann, email)
		if placed() != 1 {
			t.Fatal("an owner could not buy the upgrade")
		}
		if p := ann.Post("/cart/items", "sku", "BB01-240-AQUA"); p.Status != 409 || !strings.Contains(p.Text(), "upgraded your") {
			t.Errorf("%d for a second one", p.Status)
		}
		// Strangers read no word more than before, but that the chosen one is for owners.
		if now := s.Browser().Get("/p/calm-bottle").Main(); strings.Contains(now, "You own") || !strings.Contains(before, "Calm Bottle") {
			t.Errorf("a guest is told what somebody owns: %s", now)
		}
		if p := ann.Get("/p/calculus-slowly"); !strings.Contains(p.Text(), "You own Calculus, Slowly, bought") {
			t.Errorf("its owner is told nothing: %s", p.Text())
		}
		// With personal pages off the product's page is everybody's.
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			k, err := customer.ByEmail(ctx, tx, email)
			if err != nil {
				return err
			}
			return customer.SetConsent(ctx, tx, k.ID, customer.Personalize, false, "test", s.Now())
		})
		if p := ann.Get("/p/calculus-slowly"); strings.Contains(p.Text(), "You own") {
			t.Error("personal pages are off, and the page is personal")
		}
	})
}

// What was given away or told from elsewhere, and what a recall says until it
// was read, in the account and on the order's page.
func TestTheAccountListsWhatSomebodyOwns(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	const email = "ann@shop.test"
	ann := joins(s, email)
	_, k := forOwners(s, "BB01-240-AQUA", "BK01")
	if p := ann.Get("/account/owned"); !strings.Contains(p.Text(), "Nothing yet") {
		t.Errorf("%s", p.Text())
	}
	ann.Submit(ann.Get("/account/owned"), "/account/owned", "thing", k.Slug+"|")
	if p := ann.Get("/account/owned"); !strings.Contains(p.Text(), "Not confirmed yet") || strings.Contains(p.Text(), "Upgrade to") {
		t.Errorf("%s", p.Text())
	}
	token := s.Text("SELECT token FROM owned_elsewhere")
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		_, err := owner.Prove(ctx, tx, token, "staff:1", s.Now())
		return err
	})
	if p := ann.Get("/account/owned"); !strings.Contains(p.Text(), "Upgrade to Calm Bottle") {
		t.Errorf("%s", p.Text())
	}
	ann.Post("/account/owned/drop", "token", token)
	ann.Post("/cart/items", "sku", "BK01")
	paysFor(s, ann, email)
	number := s.Text("SELECT max(number) FROM orders")
	ann.Post("/account/owned/away", "number", number, "slug", k.Slug)
	if p := ann.Get("/account/owned"); !strings.Contains(p.Text(), "Given away") || strings.Contains(p.Text(), "Upgrade to") {
		t.Errorf("%s", p.Text())
	}
	if p := joins(s, "eve@shop.test").Post("/account/owned/away", "number", number, "slug", k.Slug, "back", "yes"); p.Status != 404 {
		t.Errorf("%d for somebody else's", p.Status)
	}
	n := &owner.Notice{Kind: owner.Recall, ProductID: k.ID, Remedies: "refund", Title: i18n.Text{En: "Loose pages", Zh: "书页松脱"}, Body: i18n.Text{En: "They cut.", Zh: "会割手。"}, Steps: i18n.Text{En: "Put it away.", Zh: "请停止使用。"}}
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		if err := owner.Put(ctx, tx, n, s.Now()); err != nil {
			return err
		}
		_, err := owner.Start(ctx, tx, n.Token, "staff:1", s.Now())
		return err
	})
	for _, path := range []string{"/account/owned", "/orders/" + number, "/zh/account/owned"} {
		if p := ann.Get(path); !strings.Contains(p.Text(), "Put it away.") && !strings.Contains(p.Text(), "请停止使用。") {
			t.Errorf("%s does not warn: %s", path, p.Text())
		}
	}
	ann.Submit(ann.Get("/orders/"+number), "/orders/"+number+"/notices/"+n.Token)
	for _, path := range []string{"/account/owned", "/orders/" + number} {
		if p := ann.Get(path); strings.Contains(p.Text(), "Put it away.") {
			t.Errorf("%s warns of what was read", path)
		}
	}
}

package storefront_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/shoptest"
	"regulars/internal/trait"
)

// workshop is a trait of who buys dear drills; 25 of 30 such people also have
// a book, of 100 others 10 do. Jig saws are drills of a lesser class.
func workshop(t *testing.T, s *shoptest.Shop) {
	t.Helper()
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		err := trait.Add(ctx, tx, &trait.Trait{Key: "workshop", Name: i18n.Text{En: "A workshop", Zh: "有工作间"}, Goods: i18n.Text{En: "Drills of this class", Zh: "这一档的电钻"},
			Who: i18n.Text{En: "people who build a workshop", Zh: "打造工作间的人"}, Active: true, ExpiresDays: 700,
			Rule: trait.Rule{Any: []trait.Condition{{Fact: trait.Bought, Is: "drills", Price: 8500}}}}, s.Now())
		if err != nil {
			return err
		}
		return trait.Recount(ctx, tx, "workshop")
	})
	for i := range 130 {
		codes := []string{"BB09"}
		if i < 30 {
			codes = append(codes, "TL01")
		}
		if i < 25 || i >= 30 && i < 40 {
			codes = append(codes, "BK02")
		}
		sold(s, someone(s, fmt.Sprintf("crowd%d@shop.example", i)), codes...)
	}
	s.RunJobs()
}

func someone(s *shoptest.Shop, email string) customer.ID {
	var id customer.ID
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		c, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: email, Personalize: true, History: true}, s.Now())
		if err == nil {
			id = c.ID
		}
		return err
	})
	return id
}

// sold writes a paid order.
func sold(s *shoptest.Shop, who customer.ID, codes ...string) {
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		var n int64
		if err := tx.Query(ctx).Raw("SELECT 1000 + count(*) FROM orders").Scan(&n).Error; err != nil {
			return err
		}
		number := fmt.Sprint("N", n)
		if err := tx.Query(ctx).Exec(`INSERT INTO orders (id, number, place_key, access_hash, customer_id, email, currency, subtotal, total, state, payment_state, placed_at)
			VALUES (?, ?, ?, ?, ?, 'x@shop.example', 'USD', 5, 5, 'placed', 'paid', ?)`, n, number, number, number, int64(who), db.At(s.Now())).Error; err != nil {
			return err
		}
		for i, code := range codes {
			if err := tx.Query(ctx).Exec(`INSERT INTO order_lines (order_id, position, product_id, variant_id, sku, name, qty, unit_price, total)
				SELECT ?, ?, product_id, id, sku, '{"en":"x"}', 1, 5, 5 FROM variants WHERE product_id = ? ORDER BY id LIMIT 1`, n, i+1, int64(s.Products[code])).Error; err != nil {
				return err
			}
		}
		return nil
	})
}

func complexOnes(t *testing.T, b *shoptest.Browser, slug string) (found []suggested) {
	t.Helper()
	for _, f := range suggestions(t, b, slug, "") {
		if f.Kind == "complex" {
			found = append(found, f)
		}
	}
	return found
}

func TestComplexChainInTwoHops(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		workshop(t, s)
		guest := s.Browser()
		found := complexOnes(t, guest, "drill-driver")
		if len(found) != 2 || !slices.ContainsFunc(found, func(f suggested) bool { return f.Slug == "squared-notebook" }) {
			t.Fatalf("from the drill: %+v, want two of the books", found)
		}
		// The numbers, from the rows.
		const holds = ` FROM orders o JOIN order_lines l ON l.order_id = o.id JOIN products p ON p.id = l.product_id WHERE o.payment_state = 'paid' AND p.code = 'TL01'`
		people := s.Count("SELECT count(DISTINCT o.customer_id)" + holds)
		both := s.Count(`SELECT count(DISTINCT o.customer_id) FROM orders o JOIN order_lines l ON l.order_id = o.id JOIN products p ON p.id = l.product_id
			JOIN categories c ON c.id = p.category_id WHERE c.slug = 'reference' AND o.customer_id IN (SELECT o.customer_id` + holds + ")")
		want := fmt.Sprintf("Drills of this class are bought by people who build a workshop. %d of %d such shoppers also bought from Reference & exams", both, people)
		for _, f := range found {
			if f.Reason != want {
				t.Errorf("%s: %q, want %q", f.Slug, f.Reason, want)
			}
		}
		if zh := s.Browser().Get("/zh/p/drill-driver").Text(); !strings.Contains(zh, "这一档的电钻，多是打造工作间的人在买。") || !strings.Contains(zh, "这样的顾客 30 位里，有 25 位也在“参考与考试”买过") {
			t.Error("the Chinese page does not say it in two hops")
		}
		page := guest.Get("/p/drill-driver")
		if why := page.Texts("#chain-alike"); len(why) != 1 || !strings.Contains(page.Text(), "25 of 30 such shoppers") {
			t.Errorf("the page's block: %v", why)
		}
		// A lesser class of the same shelf, and a page far from it.
		for _, slug := range []string{"jig-saw", "first-porridge", "stacking-rings"} {
			if found := complexOnes(t, guest, slug); len(found) != 0 {
				t.Errorf("%s: %+v", slug, found)
			}
		}
		// What is in the cart is not named again.
		guest.Post("/cart/items", "sku", "BK02", "qty", "1")
		if slices.Contains(slugs(complexOnes(t, guest, "drill-driver")), "squared-notebook") {
			t.Error("in the cart and still suggested")
		}
		s.Tx(func(ctx context.Context, tx *db.Tx) error { return trait.Switch(ctx, tx, "workshop", false, s.Now()) })
		if found := complexOnes(t, s.Browser(), "drill-driver"); len(found) != 0 {
			t.Errorf("switched off, and %+v", found)
		}
	})
}

func TestATraitIsSeenAndTakenOut(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		workshop(t, s)
		sold(s, s.Customers[shoptest.Student], "TL01")
		b := s.SignedIn(shoptest.Student)
		// Known, so also on the way to a book; not beside a bottle.
		found := complexOnes(t, b, "calculus-slowly")
		if len(found) == 0 || !strings.HasPrefix(found[0].Reason, "You bought Drill Driver on 2 March 2026, as people who build a workshop do. 25 of 30 ") {
			t.Fatalf("%+v", found)
		}
		if found := complexOnes(t, b, "calm-bottle"); len(found) != 0 {
			t.Errorf("beside a bottle: %+v", found)
		}
		if n := strings.Count(b.Get("/p/calculus-slowly").Body, `href="/account/privacy#traits"`); n != 1 {
			t.Errorf("%d ways from the block to what it rests on", n)
		}
		page := b.Get("/account/privacy")
		if !strings.Contains(page.Text(), "A workshop") || !strings.Contains(page.Text(), "You bought Drill Driver on 2 March 2026. Kept until 31 January 2028.") {
			t.Errorf("the account does not tell the trait: %s", page.Text())
		}
		if done := b.Follow(b.Submit(page, "/account/privacy/trait")); strings.Contains(done.Text(), "A workshop") || !strings.Contains(done.Text(), "Taken out") {
			t.Errorf("not taken out: %s", done.Text())
		}
		for _, slug := range []string{"calculus-slowly", "drill-driver"} {
			if found := complexOnes(t, b, slug); len(found) != 0 {
				t.Errorf("taken out, and at %s still %+v", slug, found)
			}
		}
		if export := b.Get("/account/export"); !strings.Contains(export.Body, `"trait": "workshop"`) {
			t.Error("the export does not tell what was taken out")
		}
		if found := complexOnes(t, s.Browser(), "drill-driver"); len(found) == 0 {
			t.Error("one person's choice took it from a guest")
		}
		if p := b.Post("/account/privacy/trait", "trait", "none"); p.Status != 404 {
			t.Errorf("an unknown trait: %d", p.Status)
		}
		b.Post("/account/erase", "password", shoptest.Password)
		if n := s.Count("SELECT count(*) FROM customer_traits WHERE customer_id = ?", int64(s.Customers[shoptest.Student])); n != 0 {
			t.Errorf("%d traits outlive the account", n)
		}
	})
}

func TestTraitsNeedBothConsents(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	workshop(t, s)
	for _, email := range []string{shoptest.Student, shoptest.Private} {
		sold(s, s.Customers[email], "TL01")
	}
	private := s.SignedIn(shoptest.Private)
	if found := complexOnes(t, private, "calculus-slowly"); len(found) != 0 {
		t.Errorf("nothing allowed, and %+v", found)
	}
	b := s.SignedIn(shoptest.Student)
	if found := complexOnes(t, b, "calculus-slowly"); len(found) == 0 {
		t.Fatal("both allowed, and nothing")
	}
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		return trait.Refresh(ctx, tx, s.Customers[shoptest.Student], "USD", s.Now())
	})
	b.Post("/account/preferences", "given", "personalize")
	if found := complexOnes(t, b, "calculus-slowly"); len(found) != 0 {
		t.Errorf("history off, and %+v", found)
	}
	if n := s.Count("SELECT count(*) FROM customer_traits WHERE customer_id = ?", int64(s.Customers[shoptest.Student])); n != 0 {
		t.Error("history off, and the row stays")
	}
	if p := b.Get("/account/privacy"); !strings.Contains(p.Text(), "you have not allowed us to use your purchases") {
		t.Error("the account does not say why there is nothing")
	}
}

func TestAnAuthorsGuessFallsWithItsTrait(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		return catalog.PutRelation(ctx, tx, catalog.Relation{FromID: s.Products["TL01"], ToID: s.Products["BK01"], Kind: "alike", Reason: i18n.Text{En: "Sines by hand"}, Source: "author", Weight: .5})
	})
	guest := s.Browser()
	if found := complexOnes(t, guest, "drill-driver"); len(found) != 1 || found[0].Reason != "Sines by hand" {
		t.Fatalf("an author's guess without traits: %+v", found)
	}
	workshop(t, s)
	if found := complexOnes(t, guest, "drill-driver"); len(found) != 2 || found[0].Slug != "calculus-slowly" || !strings.Contains(found[0].Reason, "25 of 30") {
		t.Errorf("what the author named comes first, with the counted reason: %+v", found)
	}
	var shelf catalog.CategoryID
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		tree, err := catalog.LoadTree(ctx, tx)
		if err != nil {
			return err
		}
		k, _ := tree.BySlug("reference")
		shelf = k.ID
		return trait.SwitchLink(ctx, tx, "workshop", shelf, false)
	})
	if found := complexOnes(t, guest, "drill-driver"); len(found) != 0 {
		t.Errorf("the link is off: %+v", found)
	}
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		if err := trait.SwitchLink(ctx, tx, "workshop", shelf, true); err != nil {
			return err
		}
		return trait.Switch(ctx, tx, "workshop", false, s.Now())
	})
	if found := complexOnes(t, guest, "drill-driver"); len(found) != 0 {
		t.Errorf("the trait is off: %+v", found)
	}
}

func TestSensitiveShelvesSpeakForNoTrait(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		err := trait.Add(ctx, tx, &trait.Trait{Key: "small", Name: i18n.Text{En: "Small things"}, Goods: i18n.Text{En: "Small things"}, Who: i18n.Text{En: "people who like small things"}, Active: true,
			Rule: trait.Rule{Any: []trait.Condition{{Fact: trait.Bought, Is: "baby"}}}}, s.Now())
		if err != nil {
			return err
		}
		tree, err := catalog.LoadTree(ctx, tx)
		if err != nil {
			return err
		}
		shelf, _ := tree.BySlug("reference")
		return trait.PutLink(ctx, tx, trait.Link{Trait: "small", CategoryID: shelf.ID, Reason: i18n.Text{En: "To read beside"}}, s.Now())
	})
	// The department's other shelves speak; the formula, and what stands beside it, do not.
	for slug, want := range map[string]bool{"cotton-bodies": true, "infant-formula": false, "first-porridge": false} {
		if found := complexOnes(t, s.Browser(), slug); len(found) > 0 != want {
			t.Errorf("%s: %+v", slug, found)
		}
	}
	b := s.SignedIn(shoptest.Student)
	sold(s, s.Customers[shoptest.Student], "BB05", "BB07")
	if text := b.Get("/account/privacy").Text(); strings.Contains(text, "Small things") {
		t.Error("the formula made a trait")
	}
	sold(s, s.Customers[shoptest.Student], "BB09")
	if text := b.Get("/account/privacy").Text(); !strings.Contains(text, "Small things") || !strings.Contains(text, "You bought Cotton Bodies") {
		t.Error("the bodies made none")
	}
}

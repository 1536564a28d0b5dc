package storefront_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/shoptest"
	"regulars/internal/storefront"
)

// Lists stand in the order of whoever lets themselves be known, say by what,
// and are everybody's again by a click or by the switch.
func TestListsAreSortedForWhoAllowsIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		shelf := catalog.CategoryID(s.Count("SELECT category_id FROM products WHERE code = ?", "BK03"))
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			var drafts []catalog.Draft
			for i := range 30 {
				d := catalog.Draft{Product: catalog.Product{Code: fmt.Sprint("XB", i), Slug: fmt.Sprint("another-book-", i), CategoryID: &shelf, Position: -100 + i,
					Name: i18n.Text{En: fmt.Sprint("Another Book ", i)}, Published: true}}
				d.Variants = []catalog.DraftVariant{{Variant: catalog.Variant{SKU: fmt.Sprint("XB", i), Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: 1000}}}}
				drafts = append(drafts, d)
			}
			_, err := catalog.PutMany(ctx, tx, drafts, s.Now())
			return err
		})
		s.RunJobs()
		teach(t, s)
		student, private, stranger := s.SignedIn(shoptest.Student), s.SignedIn(shoptest.Private), s.Browser()
		const why, without = "Sorted for you", "Sort without me"
		link := regexp.MustCompile(`card-name"><a href="/p/([^"]+)"`)
		names := func(p *shoptest.Page) (slugs []string) {
			for _, m := range link.FindAllStringSubmatch(p.Body, -1) {
				slugs = append(slugs, m[1])
			}
			return slugs
		}
		third := s.Text("SELECT slug FROM products WHERE code = ?", "BK03")
		page := student.Get("/c/books")
		if first := names(page)[0]; first != third || !strings.Contains(page.Text(), why+", by what you told us about yourself") {
			t.Errorf("the list begins with %s: %s", first, page.Main())
		}
		guests := stranger.Get("/c/books")
		mine, all := append(names(page), names(student.Get("/c/books?page=2"))...), append(names(guests), names(stranger.Get("/c/books?page=2"))...)
		if slices.Equal(mine, all) {
			t.Error("the order is everybody's")
		}
		slices.Sort(mine)
		slices.Sort(all)
		if !slices.Equal(mine, all) || len(all) < 30 {
			t.Errorf("two pages hold %d products, everybody's %d, or not the same", len(mine), len(all))
		}
		for _, path := range []string{"/c/books", "/c/books?sort=you", "/c/books?sort=shop", "/c/books?page=2", "/search?q=book"} {
			g := stranger.Get(path)
			if strings.Contains(g.Body, why) || strings.Contains(g.Body, "For you") || private.Get(path).Main() != g.Main() {
				t.Errorf("%s is another page with personal pages off, or a guest's is personal", path)
			}
			if path != "/c/books?page=2" && path != "/search?q=book" && !slices.Equal(names(g), names(guests)) {
				t.Errorf("%s reorders a guest's list", path)
			}
		}
		if found := student.Get("/search?q=book"); !strings.Contains(found.Text(), why) {
			t.Error("a search is not sorted for the student")
		}
		off := student.Get("/c/books?sort=shop")
		if strings.Contains(off.Text(), without) || !slices.Equal(names(off), names(guests)) || !slices.Equal(names(student.Get("/c/books")), names(guests)) {
			t.Error("who sorts without themselves sees another list than everybody, or is not remembered")
		}
		if !strings.Contains(student.Get("/c/books?sort=you").Text(), without) || !strings.Contains(student.Get("/zh/c/books").Text(), "不按我排序") {
			t.Error("it cannot be switched on again")
		}
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			return customer.SetConsent(ctx, tx, s.Customers[shoptest.Student], customer.Personalize, false, "test", s.Now())
		})
		if student.Get("/c/books").Main() != guests.Main() {
			t.Error("the list goes on being personal without consent")
		}
	})
}

// Taste moves what words found by a few places, never what the shop chose.
func TestWordsSayMoreThanTaste(t *testing.T) {
	var found []catalog.ProductID
	for i := range 30 {
		found = append(found, catalog.ProductID(i))
	}
	got := storefront.Lifted(map[catalog.ProductID]float64{20: 1, 3: 0.2, 29: 0.5}, found, found[:2])
	if !slices.Equal(got[:4], []catalog.ProductID{0, 1, 3, 2}) || slices.Index(got, 20) != 13 || slices.Index(got, 29) != 26 || len(got) != 30 {
		t.Errorf("found as %v", got)
	}
}

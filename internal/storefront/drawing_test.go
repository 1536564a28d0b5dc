package storefront_test

import (
	"context"
	"strings"
	"testing"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/shoptest"
)

// TestCardsSayWhatIsTrueNow: cards are drawn once and joined into pages, so
// every word on them must follow what it says.
func TestCardsSayWhatIsTrueNow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		b := s.Browser()
		card := func(path string) string {
			t.Helper()
			for _, li := range b.Get(path).All("li.card") {
				if strings.Contains(shoptest.Text(li), "Squared Notebook") || strings.Contains(shoptest.Text(li), "方格本") {
					return shoptest.Text(li)
				}
			}
			return ""
		}
		notebook, err := catalog.VariantBySKU(context.Background(), d, "BK02")
		if err != nil {
			t.Fatal(err)
		}
		says := func(path string, wants ...string) {
			t.Helper()
			for range 2 { // drawn, then kept
				text := card(path)
				for _, want := range wants {
					if not, ok := strings.CutPrefix(want, "-"); ok == strings.Contains(text, strings.TrimPrefix(want, "-")) {
						t.Errorf("%s says %q, want %q %v %s", path, text, not, ok, want)
					}
				}
			}
		}
		says("/c/reference", "$5.00", "-left")
		says("/zh/c/reference", "5.00", "方格本", "-Squared")
		s.SetPrice("BK02", 650)
		says("/c/reference", "$6.50", "-$5.00")
		count := func(n int, key string) {
			s.Tx(func(ctx context.Context, tx *db.Tx) error {
				return inventory.Count(ctx, tx, notebook.ID, n, key, s.Now())
			})
		}
		count(3, "three")
		says("/c/reference", "3 left")
		count(0, "none")
		says("/c/reference", "Sold out", "-left")
		count(40, "forty")
		says("/c/reference", "-Sold out", "-left")
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			return catalog.Publish(ctx, tx, notebook.ProductID, false, s.Now())
		})
		if text := card("/c/reference"); text != "" {
			t.Errorf("it is not for sale and says %q", text)
		}
	})
}

// TestAReasonBelongsToItsPage: the same card stands with one reason here, with
// another there, with none on a shelf, whatever was drawn first.
func TestAReasonBelongsToItsPage(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	for range 2 {
		reasons := map[string]bool{}
		for _, path := range []string{"/p/calm-bottle", "/c/feeding", "/zh/p/calm-bottle", "/p/spare-teats"} {
			page := b.Get(path)
			if strings.ContainsRune(page.Body, '\ue000') {
				t.Errorf("%s shows where a reason goes", path)
			}
			found := page.All("p.reason")
			if (len(found) > 0) == strings.Contains(path, "/c/") {
				t.Errorf("%s has %d reasons", path, len(found))
			}
			for _, p := range found {
				if shoptest.Text(p) == "" {
					t.Errorf("%s: an empty reason", path)
				}
				reasons[shoptest.Text(p)] = true
			}
		}
		if len(reasons) < 6 {
			t.Errorf("only these reasons: %v", reasons)
		}
	}
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		from, err := catalog.ByCode(ctx, tx, "BB01")
		if err != nil {
			return err
		}
		to, err := catalog.ByCode(ctx, tx, "BB02")
		if err != nil {
			return err
		}
		return catalog.PutRelation(ctx, tx, catalog.Relation{FromID: from.ID, ToID: to.ID, Kind: "fits", Weight: 1, Reason: i18n.Text{En: "Holds <b>both</b> sizes & more"}})
	})
	if body := b.Get("/p/calm-bottle").Body; !strings.Contains(body, "Holds &lt;b&gt;both&lt;/b&gt; sizes &amp; more") {
		t.Error("a reason is not escaped, or not the new one")
	}
}

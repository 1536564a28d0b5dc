package storefront_test

import (
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/shoptest"
)

// Whoever ticks things of a list sees them side by side, with nothing kept: the
// address is all there is.
func TestThingsStandSideBySide(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		b := s.Browser()
		slug := func(code string) string { return s.Text("SELECT slug FROM products WHERE code = ?", code) }
		books := []string{slug("BK01"), slug("BK02")}
		list := b.Get("/c/books")
		if strings.Count(list.Body, `name="p" form="compare"`) != strings.Count(list.Body, `class="card-name"`) {
			t.Error("not every card of the list can be ticked")
		}
		if strings.Contains(b.Get("/").Body, "card-tick") {
			t.Error("cards of the home page have boxes without a form")
		}
		page := b.Get("/compare?p=" + books[0] + "&p=" + books[1] + "&p=" + books[0])
		for _, words := range []string{"Material 1", "Material 2", "Price", "In stock", "Remove", "Add another"} {
			if !strings.Contains(page.Text(), words) {
				t.Errorf("the comparison lacks %q: %s", words, page.Text())
			}
		}
		if len(page.All("thead")) != 1 || strings.Count(page.Body, `class="compare-picture"`) != 2 || !strings.Contains(page.Body, `name="robots" content="noindex`) {
			t.Error("a thing stands there twice, or crawlers may keep the page")
		}
		if len(b.Cookies()) != 0 {
			t.Errorf("comparing left %v in the browser", b.Cookies())
		}
		tray := b.Get("/c/books?vs=" + books[0])
		if !strings.Contains(tray.Text(), "You are comparing") || !strings.Contains(tray.Body, `value="`+books[0]+`" checked`) {
			t.Error("the list forgot what is being compared")
		}
		elsewhere := b.Get("/c/baby?vs=" + books[0])
		if !strings.Contains(elsewhere.Body, `<input type="hidden" name="p" value="`+books[0]+`">`) {
			t.Error("another list forgot what is being compared")
		}
		mixed := b.Get("/compare?p=" + books[0] + "&p=" + slug("TL01") + "&p=nothing-here")
		if text := mixed.Text(); !strings.Contains(text, "different kinds of things") || !strings.Contains(text, "not in the shop any more") {
			t.Errorf("two kinds: %s", text)
		}
		if !strings.Contains(b.Get("/compare").Text(), "Nothing to compare yet") || !strings.Contains(b.Get("/zh/compare?p="+books[0]+"&p="+books[1]).Text(), "商品对比") {
			t.Error("an empty or a Chinese comparison is not said")
		}
		many := "/compare?p=x%00y"
		for _, code := range []string{"BB01", "BB02", "BB03", "BB05", "BB09", "BB12"} {
			many += "&p=" + slug(code)
		}
		if got := b.Get(many); strings.Count(got.Body, `class="compare-picture"`) != 4 || !strings.Contains(got.Text(), "4 can stand side by side") {
			t.Error("more than four stand side by side")
		}
		if !strings.Contains(b.Get("/p/"+books[0]).Body, `href="/compare?p=`+books[0]+`"`) {
			t.Error("a product's page leads to no comparison")
		}
	})
}

package storefront_test

import (
	"net/http"
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/shoptest"
)

func TestQuantitiesMoveByButtons(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		b := s.Browser()
		for _, try := range []struct{ have, step, want string }{{"1", "1", "2"}, {"2", "-1", "1"}, {"1", "-1", "1"}, {"99", "1", "99"}, {"5", "1000", "6"}, {"word", "1", "2"}} {
			p := b.Post("/cart/items", "sku", "BB01-240-AQUA", "qty", try.have, "step", try.step)
			if p.Status != http.StatusSeeOther || p.Location != "/p/calm-bottle?qty="+try.want+"&v=BB01-240-AQUA#qty" {
				t.Errorf("%s by %s: %d to %s", try.have, try.step, p.Status, p.Location)
			}
		}
		if page := b.Get("/p/calm-bottle?qty=7&v=BB01-240-AQUA"); !strings.Contains(page.Body, `name="qty" inputmode="numeric" value="7"`) {
			t.Error("the address of seven shows another quantity")
		}
		if strings.Contains(b.Get("/cart").Body, "line-name") {
			t.Fatal("counting has put something into the cart")
		}
		b.Post("/cart/items", "sku", "BB01-240-AQUA", "qty", "2")
		for _, try := range [][2]string{{"1", "3"}, {"-1", "2"}, {"-1", "1"}, {"-1", "1"}} {
			page := b.Get("/cart")
			b.Submit(page, "/cart/items/", "step", try[0])
			if !strings.Contains(b.Get("/cart").Body, `name="qty" inputmode="numeric" value="`+try[1]+`"`) {
				t.Errorf("by %s the cart does not hold %s", try[0], try[1])
			}
		}
	})
}

func TestTheDrawerSaysWhatTheCartSays(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		b := s.Browser()
		for _, sku := range []string{"BK01", "BK02", "BB03", "BB09"} {
			b.Post("/cart/items", "sku", sku, "qty", "1")
		}
		b.Header.Set("X-Fragment", "buy")
		shown := b.Post("/cart/items", "sku", "BB01-240-AQUA", "qty", "2")
		b.Header.Del("X-Fragment")
		_, drawer, _ := strings.Cut(shown.Body, "<dialog")
		lines, rest, _ := strings.Cut(drawer, "</ul>")
		if strings.Count(lines, "<li>") != 4 || strings.Index(lines, "Calm Bottle") > strings.Index(lines, "<li>")+600 || !strings.Contains(rest, "And 1 more line") {
			t.Errorf("the drawer does not begin with what was added, or does not count the rest: %.1200s", drawer)
		}
		total := func(page string) string {
			_, after, _ := strings.Cut(page, "sums-total")
			_, after, _ = strings.Cut(after, "<dd>")
			sum, _, _ := strings.Cut(after, "</dd>")
			return sum
		}
		if got, want := total(drawer), total(b.Get("/cart").Body); got == "" || got != want {
			t.Errorf("the drawer comes to %q, the cart to %q", got, want)
		}
	})
}

package storefront_test

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/shoptest"
)

// twenty lines as people write them: SKUs, names, words, both languages, cells
// of a table, one sold out, one that is nothing of ours.
const twenty = `3 x BB01-240-AQUA
bb02
BB03	4
BB05;First Porridge;2
"BB09","1"
Stacking Rings
2 奶瓶
奶嘴, 5
Desk Lamp x 1
calculus
squared notebook 3
- 2 drill driver
Jig Saw
1. cotton bodies
bottle warmr
formula, 2
two-sided moonlight
BK03
BK02 x 2
1 kg porridge`

// A paste finds SKUs or offers matches; guests may, one click fills the cart,
// and what cannot be had is named.
func TestAPastedListBecomesACart(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		b := s.Browser()
		sound(t, "/order-list", b.Get("/order-list"))
		page := b.Post("/order-list", "text", twenty)
		if page.Status != 200 || s.Count("SELECT count(*) FROM carts") != 0 {
			t.Fatalf("%d, %d carts", page.Status, s.Count("SELECT count(*) FROM carts"))
		}
		if n := len(page.All("fieldset.field")); n != 20 {
			t.Errorf("%d lines", n)
		}
		ticked := map[string]bool{}
		for _, in := range page.All("input[name=pick]") {
			_, on := attr(in, "checked")
			value, _ := attr(in, "value")
			ticked[value] = ticked[value] || on
		}
		for value, on := range map[string]bool{"3*BB01-240-AQUA": true, "1*BB02": true, "4*BB03": true, "2*BB05": true, "1*BB09": true, "1*BB12": true,
			"1*BK03": true, "3*BK02": true, "2*TL01": true, "5*BB03": false, "2*BB07": false} {
			if was, there := ticked[value]; !there || was != on {
				t.Errorf("%s: offered %v, ticked %v", value, there, was)
			}
		}
		text := page.Text()
		for _, words := range []string{"Sold out", "two-sided moonlight", "Which of these?", "Nothing of ours was found"} {
			if !strings.Contains(text, words) {
				t.Errorf("%q is missing: %s", words, text)
			}
		}
		if n := strings.Count(text, "Nothing of ours was found"); n != 1 {
			t.Errorf("%d lines are unknown: %s", n, text)
		}
		if !strings.Contains(shoptest.Text(page.One("textarea")), "two-sided moonlight") {
			t.Error("the paste is lost")
		}
		sound(t, "/order-list", page)
		sound(t, "/zh/order-list", b.Post("/zh/order-list", "text", twenty))
		done := b.Follow(b.Post("/order-list/cart", "pick", "3*BB01-240-AQUA", "pick", "4*BB03", "pick", "1*BB03", "pick", "1*TL02", "pick", "1*GONE"))
		if !strings.Contains(done.Text(), "The cart holds 2 lines of what you chose") || !strings.Contains(done.Text(), "Jig Saw") {
			t.Errorf("the cart: %s", done.Text())
		}
		if got := s.Text("SELECT CAST(sum(qty) AS TEXT) FROM cart_lines"); got != "8" {
			t.Errorf("%s pieces", got)
		}
		if page := b.Post("/order-list", "text", strings.Repeat("teats\n", 201)); !strings.Contains(page.Text(), "1 more was left out") || len(page.All("fieldset.field")) != 200 {
			t.Errorf("201 lines: %d", page.Status)
		}
		if page := b.Post("/order-list", "text", " \n"); page.Status != 200 || !strings.Contains(page.Text(), "There was no line") {
			t.Errorf("nothing: %d", page.Status)
		}
	})
}

func attr(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

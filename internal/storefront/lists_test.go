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
	"regulars/internal/shoptest"
)

// listOf is where somebody's list of a name is.
func listOf(s *shoptest.Shop, name string) string {
	return "/account/lists/" + s.Text("SELECT token FROM shop_lists WHERE name = ?", name)
}

// A list is made on a product's page, changed on its own, and comes into the
// cart whole; what is sold out or gone is named and left out. Only its owner
// gets at it.
func TestAListByNameBecomesACart(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		b := s.SignedIn(shoptest.Student)
		sound(t, "/account/lists", b.Get("/account/lists"))
		if self := b.Get("/p/calm-bottle?v=BB01-240-AQUA"); !strings.Contains(self.Body, `href="/account/lists/save?sku=BB01-240-AQUA"`) {
			t.Errorf("the product's page does not lead to the lists")
		}
		page := b.Get("/account/lists/save?sku=BB01-240-AQUA")
		sound(t, "/account/lists/save", page)
		if p := s.Browser().Get("/account/lists/save?sku=BB01-240-AQUA"); p.Status != 303 || !strings.HasPrefix(p.Location, "/signin?next=%2Faccount%2Flists%2Fsave%3Fsku%3DBB01-240-AQUA") {
			t.Errorf("a guest: %d %s", p.Status, p.Location)
		}
		if p := b.Submit(page, "/account/lists/save", "name", " ", "qty", "3"); p.Status != 422 || !strings.Contains(p.Text(), "Give the list a name") || !strings.Contains(p.Body, `value="3"`) {
			t.Errorf("without a name: %d", p.Status)
		}
		if p := b.Submit(page, "/account/lists/save", "name", "Each Saturday", "qty", "3"); p.Status != 303 || !strings.HasPrefix(p.Location, "/p/calm-bottle?v=BB01-240-AQUA") {
			t.Fatalf("%d %s", p.Status, p.Location)
		}
		if p := b.Get("/p/calm-bottle?v=BB01-240-AQUA"); !strings.Contains(p.Text(), "Kept on the list “Each Saturday”") {
			t.Errorf("the product's page says %s", p.Text())
		}
		if p := b.Get("/account/lists/save?sku=BB01-240-AQUA"); !strings.Contains(p.Text(), "On “Each Saturday”: 3") {
			t.Errorf("saving again says %s", p.Text())
		}
		at := listOf(s, "Each Saturday")
		token := strings.TrimPrefix(at, "/account/lists/")
		for _, sku := range []string{"BB03", "TL02", "BK01"} {
			if p := b.Post("/account/lists/save", "sku", sku, "list", token); p.Status != 303 {
				t.Errorf("%s: %d %s", sku, p.Status, p.Text())
			}
		}
		b.Post("/account/lists/save", "sku", "BB03", "list", token, "qty", "2") // again: the larger number, still one line
		if n := s.Text("SELECT CAST(count(*) AS TEXT) || '/' || CAST(sum(qty) AS TEXT) FROM shop_list_lines"); n != "4/7" {
			t.Errorf("lines and pieces: %s", n)
		}
		b.Post(at+"/line", "sku", "BK01", "drop", "on")
		if p := b.Post(at+"/line", "sku", "BB03", "qty", "5", "note", "the soft ones"); p.Status != 303 {
			t.Errorf("%d", p.Status)
		}
		if p := b.Post(at+"/line", "sku", "BB03", "qty", "0", "note", "kept as typed"); p.Status != 422 || !strings.Contains(p.Body, "kept as typed") || !strings.Contains(p.Text(), "Choose a number from 1 to 99") {
			t.Errorf("none of it: %d", p.Status)
		}
		if p := b.Post(at, "name", strings.Repeat("x", 61)); p.Status != 422 || !strings.Contains(p.Body, strings.Repeat("x", 61)) {
			t.Errorf("a long name: %d", p.Status)
		}
		sound(t, at, b.Get(at))
		sound(t, "/zh"+at, b.Get("/zh"+at))
		if p := b.Get(at); !strings.Contains(p.Text(), "the soft ones") || !strings.Contains(p.Text(), "1 product of this list cannot be had now") {
			t.Errorf("the list says %s", p.Text())
		}
		cart := b.Follow(b.Post(at + "/cart"))
		if !strings.Contains(cart.Text(), "The cart holds 2 lines of what you chose") || !strings.Contains(cart.Text(), "Jig Saw") {
			t.Errorf("the cart: %s", cart.Text())
		}
		if got := s.Text("SELECT CAST(sum(qty) AS TEXT) FROM cart_lines"); got != "8" {
			t.Errorf("%s pieces", got)
		}
		b.Post(at + "/cart")
		if got := s.Text("SELECT CAST(sum(qty) AS TEXT) FROM cart_lines"); got != "8" {
			t.Errorf("pressed twice: %s pieces", got)
		}
		other := s.SignedIn(shoptest.Private)
		for _, path := range []string{"", "/line", "/cart", "/remind", "/drop", "/back"} {
			if p := other.Post(at+path, "name", "mine", "sku", "BB03", "qty", "1", "weeks", "2"); p.Status != http.StatusNotFound {
				t.Errorf("somebody else: %s answers %d", path, p.Status)
			}
		}
		if p := s.Browser().Get(at); p.Status != 303 || !strings.Contains(p.Location, "/signin") {
			t.Errorf("a guest: %d %s", p.Status, p.Location)
		}
	})
}

// A deleted list can be put back for a week; there are never more than twenty,
// nor more than 200 goods on one. A pasted order can be kept.
func TestListsHaveLimitsAndCanBePutBack(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.SignedIn(shoptest.Student)
	if p := b.Post("/order-list/keep", "pick", "2*BB03", "pick", "1*BK01", "name", "Pasted"); p.Location != listOf(s, "Pasted") {
		t.Fatalf("%d %s", p.Status, p.Location)
	}
	at := listOf(s, "Pasted")
	b.Post(at+"/remind", "weeks", "4")
	b.Post(at + "/drop")
	if p := b.Get("/account/lists"); !strings.Contains(p.Text(), "Can be put back until") || b.Get(at).Status != 404 || s.Count("SELECT count(*) FROM shop_lists WHERE look_at > 0") != 0 {
		t.Errorf("deleted: %s", p.Text())
	}
	if p := b.Post(at + "/back"); p.Status != 303 || b.Get(at).Status != 200 || s.Count("SELECT count(*) FROM shop_lists WHERE look_at > 0 AND weeks = 4") != 1 {
		t.Errorf("put back: %d", p.Status)
	}
	for i := range 19 {
		b.Post("/account/lists", "name", fmt.Sprint("List ", i))
	}
	if p := b.Post("/account/lists", "name", "One too many"); p.Status != 422 || !strings.Contains(p.Text(), "You keep 20 lists already") || !strings.Contains(p.Body, "One too many") {
		t.Errorf("the 21st: %d", p.Status)
	}
	b.Post(at + "/drop")
	b.Post("/account/lists", "name", "In its place")
	if p := b.Post(at + "/back"); p.Status != 422 || s.Count("SELECT count(*) FROM shop_lists WHERE dropped_at = 0") != 20 {
		t.Errorf("put back beside twenty: %d", p.Status)
	}
	s.Pass(8 * 24 * time.Hour)
	full := strings.TrimPrefix(listOf(s, "List 1"), "/account/lists/")
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		return tx.Query(ctx).Exec(`INSERT INTO shop_list_lines (list_id, variant_id, qty, added_at) SELECT l.id, v.id, 1, 1 FROM shop_lists l, variants v WHERE l.name = 'List 1' LIMIT 200`).Error
	})
	if n := s.Count("SELECT count(*) FROM shop_list_lines i JOIN shop_lists l ON l.id = i.list_id WHERE l.name = 'List 1'"); n < 2 {
		t.Fatalf("%d lines", n)
	}
	if p := b.Get("/account/lists/" + full); p.Status != 200 {
		t.Errorf("a long list: %d", p.Status)
	}
}

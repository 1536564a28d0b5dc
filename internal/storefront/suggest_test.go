package storefront_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"regulars/internal/db/dbtest"
	"regulars/internal/shoptest"
)

type suggested struct {
	Slug, Name, URL, Image, Kind, Reason, Department string
	Score                                            float64
	InStock                                          bool `json:"in_stock"`
	Price                                            struct {
		Amount   int
		Currency string
	}
}

func suggestions(t *testing.T, b *shoptest.Browser, slug, query string) []suggested {
	t.Helper()
	p := b.Get("/api/v1/products/" + slug + "/suggestions" + query)
	var out struct{ Suggestions []suggested }
	if err := json.Unmarshal([]byte(p.Body), &out); err != nil || p.Status != http.StatusOK {
		t.Fatalf("%d %s: %v", p.Status, p.Body, err)
	}
	return out.Suggestions
}

func slugs(list []suggested) []string {
	var out []string
	for _, s := range list {
		out = append(out, s.Slug)
	}
	return out
}

func TestBottleGoesWithFoodClothesAndToys(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	found := suggestions(t, b, "calm-bottle", "")
	for _, want := range []string{"spare-teats", "bottle-warmer", "first-porridge", "cotton-bodies", "stacking-rings"} {
		if !slices.Contains(slugs(found), want) {
			t.Errorf("%s is missing in %v", want, slugs(found))
		}
	}
	// Itself, sensitive, sold out, forbidden.
	for _, never := range []string{"calm-bottle", "infant-formula", "jig-saw", "drill-driver"} {
		if slices.Contains(slugs(found), never) {
			t.Errorf("%s is suggested", never)
		}
	}
	for _, f := range found {
		if f.Reason == "" || f.Kind != "simple" || f.Score <= 0 || !f.InStock || f.Price.Currency != "USD" || f.Department != "baby" || f.URL == "" || f.Image == "" {
			t.Errorf("incomplete: %+v", f)
		}
	}
	page := b.Get("/p/calm-bottle")
	if groups := page.Texts("div.chain-group"); len(groups) != 2 {
		t.Errorf("groups on the page: %q", groups)
	}
	// What lies in the cart is not suggested any more, on the page neither.
	b.Post("/cart/items", "sku", "BB05")
	if now := slugs(suggestions(t, b, "calm-bottle", "")); slices.Contains(now, "first-porridge") || len(now) != len(found)-1 {
		t.Errorf("with porridge in the cart: %v", now)
	}
	if slices.Contains(b.Get("/p/calm-bottle").Texts("h3.card-name"), "First Porridge") {
		t.Error("the page suggests what is in the cart")
	}
	if two := suggestions(t, s.Browser(), "calm-bottle", "?limit=2"); len(two) != 2 {
		t.Errorf("limit 2 gives %v", slugs(two))
	}
	for _, wrong := range []string{"0", "-1", "25", "many"} {
		if p := b.Get("/api/v1/products/calm-bottle/suggestions?limit=" + wrong); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("limit %s: %d", wrong, p.Status)
		}
	}
}

func TestOwnedDurableThingsAreNotSuggested(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	for _, who := range []struct {
		email string
		shown bool // the warmer is still shown: no consent to use what was bought
	}{{shoptest.Student, false}, {shoptest.Private, true}} {
		b := s.SignedIn(who.email)
		for _, sku := range []string{"BB02", "BB03"} {
			b.Post("/cart/items", "sku", sku)
		}
		placed := b.Submit(b.Get("/checkout"), "/checkout", append(slices.Clone(address), "email", who.email)...)
		b.Submit(b.Follow(placed), "/gateway/test/", "outcome", "paid")
		now := slugs(suggestions(t, b, "calm-bottle", ""))
		if slices.Contains(now, "bottle-warmer") != who.shown {
			t.Errorf("%s owns the warmer and sees %v", who.email, now)
		}
		if !slices.Contains(now, "spare-teats") {
			t.Errorf("%s used up teats and is not shown them: %v", who.email, now)
		}
	}
}

func TestBoughtTogetherIsCountedTruly(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	baskets := [][]string{{"BK03"}, {"TL01"}, {"BB03"}, {"BB09"}}
	for range 4 {
		baskets = append(baskets, []string{"BK01", "BK02"})
	}
	baskets = append(baskets, []string{"BK01", "BK03"}, []string{"BK01"})
	s.Learn(baskets...)
	found := suggestions(t, s.Browser(), "calculus-slowly", "")
	counted := 0
	for _, f := range found {
		if strings.HasPrefix(f.Reason, "Bought together") {
			counted++
		}
	}
	if counted != 1 || found[0].Reason != "Bought together with Calculus, Slowly in 4 of 6 orders" {
		t.Errorf("found %+v: one order is no pattern, four are", found)
	}
	s.Front.Demo = true
	if found := suggestions(t, s.Browser(), "calculus-slowly", ""); !strings.Contains(found[0].Reason, "simulated orders") {
		t.Errorf("in the demo the reason is %q", found[0].Reason)
	}
	// The author's "never" holds against purchases too.
	many := [][]string{{"BK03"}, {"BB03"}, {"BK01"}, {"BK02"}}
	for range 9 {
		many = append(many, []string{"BB01", "TL01"})
	}
	s.Learn(many...)
	if now := slugs(suggestions(t, s.Browser(), "calm-bottle", "")); slices.Contains(now, "drill-driver") {
		t.Errorf("a forbidden pair is suggested: %v", now)
	}
	if now := slugs(suggestions(t, s.Browser(), "drill-driver", "")); slices.Contains(now, "calm-bottle") {
		t.Errorf("a forbidden pair is suggested the other way round: %v", now)
	}
}

// A new shop has no orders, a new product neither: the answer is the shelf, the
// department, and at last the shop itself. It is never empty and counts nobody.
func TestShelfIsTheLastAnswer(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	for _, f := range suggestions(t, s.Browser(), "calculus-slowly", "") {
		if f.Reason != "Also in Reference & exams" {
			t.Errorf("reason %q", f.Reason)
		}
	}
	reasons := func(slug string) (all []string) {
		for _, f := range suggestions(t, s.Browser(), slug, "") {
			all = append(all, f.Reason)
		}
		return all
	}
	if got := reasons("drill-driver"); !slices.Equal(got, []string{"Also in this shop", "Also in this shop"}) {
		t.Errorf("the drill stands alone and is offered with %q", got)
	}
	if p := s.Browser().Get("/p/drill-driver"); len(p.All("section.chain")) != 1 {
		t.Error("the box is empty")
	}
	s.Learn([]string{"BK01"}, []string{"BK02"}, []string{"BB09"})
	if got := reasons("drill-driver"); !slices.Equal(got, []string{"Among what sells now", "Among what sells now"}) {
		t.Errorf("with orders it is offered with %q", got)
	}
}

func TestAPIShapes(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	read := func(path string) map[string]any {
		t.Helper()
		p := b.Get(path)
		var out map[string]any
		if err := json.Unmarshal([]byte(p.Body), &out); err != nil || p.Status != http.StatusOK {
			t.Fatalf("%s: %d %s", path, p.Status, p.Body)
		}
		return out
	}
	list := read("/api/v1/products?category=baby&sort=price&per_page=2")
	cards := list["products"].([]any)
	if list["total"] != 7.0 || list["page"] != 1.0 || list["per_page"] != 2.0 || len(cards) != 2 {
		t.Errorf("list %v", list)
	}
	for _, key := range []string{"slug", "name", "url", "image", "price", "was", "in_stock", "department"} {
		if _, ok := cards[0].(map[string]any)[key]; !ok {
			t.Errorf("a card without %s", key)
		}
	}
	if past := read("/api/v1/products?page=99"); len(past["products"].([]any)) != 0 || past["total"] != 12.0 {
		t.Errorf("beyond the end: %v", past)
	}
	if found := read("/zh/api/v1/products?q=奶瓶"); found["total"].(float64) < 1 {
		t.Errorf("Chinese search finds %v", found["total"])
	}
	d := read("/zh/api/v1/products/calm-bottle")
	if d["name"] != "安静奶瓶" || len(d["variants"].([]any)) != 3 || len(d["options"].([]any)) != 2 || d["url"] != "/zh/p/calm-bottle" {
		t.Errorf("detail %v", d)
	}
	v := d["variants"].([]any)[0].(map[string]any)
	if fmt.Sprint(v["price"]) != "map[amount:1200 currency:USD]" || v["available"] != 40.0 || v["options"].(map[string]any)["size"] != "150" {
		t.Errorf("variant %v", v)
	}
	empty := read("/api/v1/cart")
	if fmt.Sprint(empty["total"]) != "map[amount:0 currency:USD]" || len(empty["items"].([]any)) != 0 {
		t.Errorf("empty cart %v", empty)
	}
	b.Post("/cart/items", "sku", "BB01-240-AQUA", "qty", "2")
	cart := read("/api/v1/cart")
	if fmt.Sprint(cart["subtotal"], cart["delivery"], cart["total"]) != "map[amount:2800 currency:USD] map[amount:420 currency:USD] map[amount:3220 currency:USD]" {
		t.Errorf("cart %v", cart)
	}
	for path, status := range map[string]int{"/api/v1/products/none": 404, "/api/v1/none": 404, "/api/v1/products?category=none": 404, "/api/v1/products?page=0": 422, "/api/v1/products?sort=x": 422, "/api/v1/products?per_page=1000": 422} {
		p := b.Get(path)
		if p.Status != status || p.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", path, p.Status, p.Header.Get("Content-Type"))
		}
	}
}

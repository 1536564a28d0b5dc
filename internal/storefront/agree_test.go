package storefront_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/doctor"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/money"
	"regulars/internal/pricing"
	"regulars/internal/setting"
	"regulars/internal/shoptest"
)

// cents reads the total of the summary on a page.
func cents(t *testing.T, p *shoptest.Page) int {
	t.Helper()
	all := totalOf.FindAllStringSubmatch(p.Body, -1)
	if len(all) != 1 {
		t.Fatalf("%d totals on the page: %s", len(all), p.Text())
	}
	n, err := strconv.Atoi(strings.NewReplacer("$", "", ".", "", ",", "").Replace(all[0][1]))
	if err != nil {
		t.Fatalf("total %q", all[0])
	}
	return n
}

var totalOf = regexp.MustCompile(`<div class="sums-total"><dt>[^<]*</dt><dd>([^<]*)</dd>`)

// howMany is how many carts a test fills: CARTS=1000 for the release.
func howMany(t *testing.T) int {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("CARTS"), "50"))
	if err != nil || n < 50 {
		t.Fatalf("CARTS=%s: %v", os.Getenv("CARTS"), err)
	}
	return n
}

var (
	lineOf = regexp.MustCompile(`<h2 class="line-name"><a href="([^"]+)"`)
	unitOf = regexp.MustCompile(`<p class="line-unit">(\S+) each`)
)

// Product page, cart page, API, checkout page and order say the same to the
// cent, with a sale, promotions, a code, price lists of a group, delivery by
// bands and taxes at work: as rendered, and as stored.
func TestPagesAndOrderAgreeToTheCent(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		set := func(key, value string) {
			s.Tx(func(ctx context.Context, tx *db.Tx) error { return setting.Set(ctx, tx, key, value, s.Now()) })
			if err := s.Settings.Refresh(context.Background(), d); err != nil {
				t.Fatal(err)
			}
		}
		set("tax.rates", "US 5, US reduced 2, US CA 8.875")
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			sale := catalog.Sale{Name: i18n.Text{En: "Bottle days", Zh: "奶瓶周"}, Kind: catalog.SalePercent, Value: 1500}
			if err := catalog.PutSale(ctx, tx, &sale, "2026-03-02", s.Now()); err != nil {
				return err
			}
			books := pricing.Promotion{Name: i18n.Text{En: "A coin off books", Zh: "图书减一元"}, Kind: pricing.Amount, Value: 133, Currency: "USD", Products: []catalog.ProductID{s.Products["BK01"], s.Products["BK02"]}}
			for _, list := range []pricing.PriceList{
				{Name: i18n.Text{En: "Student price", Zh: "学生价"}, Currency: "USD", Segment: "student", Percent: 2133},
				{Name: i18n.Text{En: "Term price", Zh: "学期价"}, Currency: "USD", Segment: "student", Entries: map[catalog.VariantID]money.Amount{
					catalog.VariantID(s.Count("SELECT id FROM variants WHERE sku = 'BK03'")): 501, catalog.VariantID(s.Count("SELECT id FROM variants WHERE sku = 'BB02'")): 433}}} {
				if err := pricing.PutList(ctx, tx, &list, s.Now()); err != nil {
					return err
				}
			}
			post, err := pricing.MethodBy(ctx, tx, "standard", "USD")
			if err != nil {
				return err
			}
			post.Bands = []pricing.Band{{From: 2000, Price: 333}, {From: 4500, Price: 187}}
			if err := pricing.ChangeMethod(ctx, tx, post); err != nil {
				return err
			}
			return pricing.Put(ctx, tx, &books, s.Now())
		})
		promote(s, pricing.Promotion{Name: i18n.Text{En: "A seventh off", Zh: "七分之一"}, Kind: pricing.Percent, Value: 1429, Currency: "USD"}, "SEVENTH")
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE products SET tax_class = CASE WHEN code = 'BK01' THEN 'zero' WHEN code = 'BK02' THEN 'reduced' ELSE tax_class END, version = version + 1").Error
		})
		skus := []string{"BB01-150-AQUA", "BB01-240-AQUA", "BB02", "BB03", "BB05", "BB07", "BB09", "BK01", "BK02", "BK03"}
		r := rand.New(rand.NewPCG(20261122, 39))
		orders, n := 0, howMany(t)
		for i := range n {
			if i == n/2 {
				set("tax.included", "off")
			}
			if i%10 == 9 { // the shelves are filled again
				s.Tx(func(ctx context.Context, tx *db.Tx) error {
					for _, sku := range skus {
						v, err := catalog.VariantBySKU(ctx, tx, sku)
						if err == nil {
							err = inventory.ReceiveAt(ctx, tx, 0, v.ID, 20, fmt.Sprint("more ", i, sku), s.Now())
						}
						if err != nil {
							return err
						}
					}
					return nil
				})
			}
			s.Pass(5 * time.Minute) // nobody orders so fast from one address
			b := s.Browser()
			if r.IntN(3) == 0 {
				b = s.SignedIn(shoptest.Student)
			}
			for range 1 + r.IntN(4) {
				if added := b.Post("/cart/items", "sku", skus[r.IntN(len(skus))], "qty", fmt.Sprint(1+r.IntN(3))); added.Status != http.StatusSeeOther && added.Status != http.StatusConflict {
					t.Fatalf("cart %d: adding: %d", i, added.Status)
				}
			}
			cart := b.Get("/cart")
			if len(cart.All("li.line")) == 0 {
				continue // everything was sold out
			}
			if r.IntN(2) == 0 {
				b.Submit(cart, "/cart/coupon", "coupon", "seventh")
				cart = b.Get("/cart")
			}
			shown := cents(t, cart)
			line, unit := lineOf.FindStringSubmatch(cart.Body), unitOf.FindStringSubmatch(cart.Body)
			if line == nil || unit == nil || !strings.Contains(b.Get(html.UnescapeString(line[1])).Text(), unit[1]) {
				t.Fatalf("cart %d: the product's page does not name the price of its line: %v %v", i, line, unit)
			}
			var api struct{ Total, Tax struct{ Amount int } }
			if err := json.Unmarshal([]byte(b.Get("/api/v1/cart").Body), &api); err != nil || api.Total.Amount != shown {
				t.Fatalf("cart %d: the page says %d, the API %d (%v)", i, shown, api.Total.Amount, err)
			}
			till := b.Get("/checkout")
			if got := cents(t, till); got != shown {
				t.Fatalf("cart %d: the cart says %d, the checkout %d", i, shown, got)
			}
			placed := b.Submit(till, "/checkout", append(slices.Clone(address), "region", []string{"CA", "TX"}[r.IntN(2)])...)
			if placed.Status == http.StatusConflict { // another tax in that region: shown again before it is paid
				shown = cents(t, placed)
				placed = b.Submit(placed, "/checkout")
			}
			if placed.Status != http.StatusSeeOther {
				t.Fatalf("cart %d: %d %s", i, placed.Status, placed.Text())
			}
			orders++
			stored := s.Count("SELECT total FROM orders ORDER BY id DESC LIMIT 1")
			paid := b.Submit(b.Follow(placed), "/gateway/test/", "outcome", "paid").Location
			if got := cents(t, b.Get(paid)); got != shown || stored != shown {
				t.Fatalf("cart %d: shown %d, stored %d, on the order's page %d", i, shown, stored, got)
			}
			if invoice := b.Get(strings.Replace(paid, "?", "/invoice?", 1)); cents(t, invoice) != shown {
				t.Fatalf("cart %d: the invoice says %d, not %d", i, cents(t, invoice), shown)
			}
		}
		for query, least := range map[string]int{"SELECT count(*) FROM orders WHERE tax > 0": 20, "SELECT count(*) FROM orders WHERE tax_included = FALSE": 10,
			"SELECT count(*) FROM order_lines WHERE discount > 0": 10, "SELECT count(DISTINCT tax_rate) FROM order_lines": 4,
			"SELECT count(DISTINCT order_id) FROM line_members": 5, "SELECT count(DISTINCT list_id) FROM line_members": 2, "SELECT count(DISTINCT delivery) FROM orders": 3} {
			if got := s.Count(query); got < least || orders < 30 {
				t.Errorf("%s: %d of %d orders, which proves little", query, got, orders)
			}
		}
		report, err := doctor.Check(context.Background(), d, doctor.Options{Now: s.Now()})
		if err != nil || !report.OK {
			t.Errorf("%+v %v", report, err)
		}
	})
}

func TestTaxIsSaidWhereThePriceIs(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		if err := setting.Set(ctx, tx, "tax.rates", "US 8.875", s.Now()); err != nil {
			return err
		}
		return setting.Set(ctx, tx, "tax.included", "off", s.Now())
	})
	if err := s.Settings.Refresh(context.Background(), s.DB); err != nil {
		t.Fatal(err)
	}
	b := s.Browser()
	if page := b.Get("/p/calm-bottle?size=240&colour=aqua"); !strings.Contains(page.Text(), "plus tax") {
		t.Errorf("the product page does not say that tax comes on top: %s", page.Text())
	}
	b.Submit(b.Get("/p/calm-bottle?size=240&colour=aqua"), "/cart/items", "qty", "2")
	cart := b.Get("/cart") // 28.00 + 4.20, and a tenth of both
	if text := cart.Text(); !strings.Contains(text, "Tax, if it goes to United States") || !strings.Contains(text, "$2.86") || cents(t, cart) != 3506 {
		t.Errorf("the cart says %s", text)
	}
	placed := b.Submit(b.Get("/checkout"), "/checkout", address...)
	paid := b.Submit(b.Follow(placed), "/gateway/test/", "outcome", "paid")
	invoice := b.Get(strings.Replace(paid.Location, "?", "/invoice?", 1))
	for _, want := range []string{"Tax by rate", "8.875 %", "$32.20", "$2.86", "$35.06"} {
		if !strings.Contains(invoice.Text(), want) {
			t.Errorf("the invoice misses %s: %s", want, invoice.Text())
		}
	}
	s.RunJobs()
	letters := ""
	for _, l := range s.Letters() {
		letters += l.Text
	}
	if !strings.Contains(letters, "Tax $2.86") {
		t.Errorf("no mail says the tax: %s", letters)
	}
}

func TestSalePriceIsSaidOnPageCardAndLine(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	sale := catalog.Sale{Name: i18n.Text{En: "Bottle days", Zh: "奶瓶周"}, Kind: catalog.SalePercent, Value: 2000, StartsOn: "2026-03-20", EndsOn: "2026-03-21"}
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		return catalog.PutSale(ctx, tx, &sale, catalog.Day(s.Now(), s.Settings.Now().Zone()), s.Now())
	})
	for _, path := range []string{"/p/calm-bottle?size=240&colour=aqua", "/c/feeding", "/c/feeding?max=10", "/"} {
		if page := s.Browser().Get(path); strings.Contains(page.Text(), "30 days before") { // and what is kept of it must not outlive the day
			t.Errorf("%s is reduced too early", path)
		}
	}
	s.Pass(18 * 24 * time.Hour)
	if err := catalog.TurnSales(context.Background(), s.DB, s.Settings.Now().Zone(), s.Now); err != nil {
		t.Fatal(err)
	}
	b := s.Browser()
	for path, want := range map[string][]string{
		"/p/calm-bottle?size=240&colour=aqua":    {"$11.20", "$14.00", "lowest price of the 30 days before", "Sale price: Bottle days"},
		"/zh/p/calm-bottle?size=240&colour=aqua": {"11.20", "降价前 30 天最低价", "特价：奶瓶周"},
		"/c/feeding?max=10":                      {"from $9.60", "$12.00", "lowest price of the 30 days before"},
	} {
		page := b.Get(path)
		sound(t, path, page)
		for _, w := range want {
			if !strings.Contains(page.Text(), w) {
				t.Errorf("%s misses %s: %s", path, w, page.Text())
			}
		}
	}
	api := b.Get("/api/v1/products/calm-bottle")
	if !strings.Contains(api.Body, `"amount":1120`) || !strings.Contains(api.Body, `"was":{"amount":1400`) {
		t.Errorf("the API says %s", api.Body)
	}
	if formula := b.Get("/p/infant-formula"); strings.Contains(formula.Text(), "Sale price") {
		t.Error("a sensitive product is on sale")
	}
	b.Submit(b.Get("/p/calm-bottle?size=240&colour=aqua"), "/cart/items", "qty", "1")
	b.Submit(b.Get("/checkout"), "/checkout", address...)
	if words := s.Text("SELECT words FROM order_lines"); !strings.Contains(words, "Bottle days") || !strings.Contains(words, "14.00") {
		t.Errorf("the line does not say how its price came about: %s", words)
	}
}

// A group's price stands on the product page for everybody, in the same bytes;
// only the group pays it.
func TestAGroupsPriceIsNamedToEverybodyAndPaidByTheGroup(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		list := pricing.PriceList{Name: i18n.Text{En: "Student price", Zh: "学生价"}, Currency: "USD", Segment: "student", Percent: 1000}
		s.Tx(func(ctx context.Context, tx *db.Tx) error { return pricing.PutList(ctx, tx, &list, s.Now()) })
		const path = "/p/calm-bottle?size=240&colour=aqua"
		prices := map[string]int{}
		for name, b := range map[string]*shoptest.Browser{"guest": s.Browser(), "student": s.SignedIn(shoptest.Student), "private": s.SignedIn(shoptest.Private)} {
			page := b.Get(path)
			sound(t, path, page)
			if !strings.Contains(page.Text(), "Student price: $12.60") || !strings.Contains(page.Text(), "$14.00") {
				t.Errorf("%s does not read the price of the group: %s", name, page.Text())
			}
			if formula := b.Get("/p/infant-formula"); strings.Contains(formula.Text(), "Student price") {
				t.Errorf("%s reads a group's price of sensitive goods", name)
			}
			b.Submit(page, "/cart/items", "qty", "1")
			cart := b.Get("/cart")
			prices[name] = cents(t, cart)
			if strings.Contains(cart.Text(), "Student price") != (name == "student") {
				t.Errorf("the cart of %s says %s", name, cart.Text())
			}
			if name == "student" {
				placed := b.Submit(b.Get("/checkout"), "/checkout", address...)
				status := b.Follow(b.Submit(b.Follow(placed), "/gateway/test/", "outcome", "paid"))
				if cents(t, status) != prices[name] || !strings.Contains(status.Text(), "Student price") {
					t.Errorf("the order says %s", status.Text())
				}
			}
		}
		if prices["guest"] != 1400+420 || prices["private"] != prices["guest"] || prices["student"] != 1260+420 {
			t.Errorf("they pay %v", prices)
		}
		report, err := doctor.Check(context.Background(), d, doctor.Options{Now: s.Now()})
		if err != nil || !report.OK {
			t.Errorf("%+v %v", report, err)
		}
	})
}

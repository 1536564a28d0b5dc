package storefront_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"regulars/internal/analytics"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/shoptest"
	"regulars/internal/slot"
)

// ways lists the links of a page that say which place they stand in: the path
// and the place.
func ways(p *shoptest.Page) map[string]string {
	out := map[string]string{}
	for _, a := range p.All("a") {
		if u, err := url.Parse(shoptest.Attr(a, "href")); err == nil && u.Query().Get("via") != "" {
			out[u.Path] = u.Query().Get("via")
		}
	}
	return out
}

func inputs(p *shoptest.Page, name string) (values []string) {
	for _, n := range p.All("input[name=" + name + "]") {
		values = append(values, shoptest.Attr(n, "value"))
	}
	return values
}

func recounted(t *testing.T, s *shoptest.Shop) map[slot.Key]analytics.SlotFigures {
	t.Helper()
	ctx := context.Background()
	if err := s.Events.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	if err := analytics.RebuildSlots(ctx, s.DB, s.Settings.Now(), s.Now()); err != nil {
		t.Fatal(err)
	}
	r, err := analytics.Slots(ctx, s.DB, false, s.Settings.Now(), s.Now())
	if err != nil {
		t.Fatal(err)
	}
	out := map[slot.Key]analytics.SlotFigures{}
	for _, f := range r.Slots {
		out[f.Slot.Key] = f
	}
	return out
}

// TestFromABlockToTheOrder follows a stranger from the bottle's page to what
// goes with it, into the cart and to the order: each step is counted for the
// place that led there, without a cookie and without a script.
func TestFromABlockToTheOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		b := s.Browser()
		bottle := b.Get("/p/calm-bottle")
		found := ways(bottle)
		if found["/p/spare-teats"] != "pc.BB01" || found["/p/cotton-bodies"] != "pc.BB01" {
			t.Fatalf("the links of the block say %v", found)
		}
		teats := b.Get("/p/spare-teats?via=pc.BB01")
		if got := inputs(teats, "via"); !slices.Equal(got, []string{"~pc.BB01"}) {
			t.Fatalf("the form of the product carries %v", got)
		}
		if strings.Contains(strings.ToLower(link(teats, "canonical")), "via") {
			t.Errorf("the canonical address names the place: %s", link(teats, "canonical"))
		}
		if len(b.Cookies()) != 0 {
			t.Errorf("looking and clicking left cookies: %v", b.Cookies())
		}
		if added := b.Submit(teats, "/cart/items", "qty", "2"); added.Status != http.StatusSeeOther {
			t.Fatalf("adding: %d %s", added.Status, added.Text())
		}
		placed := b.Submit(b.Get("/checkout"), "/checkout", address...)
		b.Submit(b.Follow(placed), "/gateway/test/", "outcome", "paid")
		if got := s.Text("SELECT origin FROM order_lines"); got != "product.complements//BB01" {
			t.Errorf("the order's line says it came from %q", got)
		}
		f := recounted(t, s)[slot.Complements]
		want := analytics.Placed{Shown: f.Total.Shown, Clicks: 1, Adds: 1, Orders: 1, Units: 2, Revenue: 1800}
		if f.Total != want || f.Total.Shown < 1 || f.Arms[slot.Outside] != want {
			t.Errorf("counted %+v, want %+v", f.Total, want)
		}
		if n := s.Count("SELECT count(*) FROM events WHERE kind LIKE 'slot.%' AND (visitor_id <> 0 OR customer_id <> 0)"); n != 0 {
			t.Errorf("%d of a stranger's impressions name somebody", n)
		}
		// The money goes back for one of two: the report follows.
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE order_lines SET refunded_qty = 1").Error
		})
		if f := recounted(t, s)[slot.Complements]; f.Total.Units != 1 || f.Total.Revenue != 900 {
			t.Errorf("after half was given back %+v", f.Total)
		}
	})
}

func link(p *shoptest.Page, rel string) string {
	for _, n := range p.All("link") {
		if shoptest.Attr(n, "rel") == rel {
			return shoptest.Attr(n, "href")
		}
	}
	return ""
}

func TestAForgedPlaceIsNothing(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	for _, forged := range []string{"zz.BB01", "pc.<script>", "pc.../x", "hc.student", "https://elsewhere.example/", strings.Repeat("pc", 200), "~", "."} {
		p := b.Get("/p/spare-teats?via=" + url.QueryEscape(forged))
		if p.Status != http.StatusOK || len(inputs(p, "via")) != 0 {
			t.Errorf("%s: %d, the form carries %v", forged, p.Status, inputs(p, "via"))
		}
		if add := b.Post("/cart/items", "sku", "BB03", "qty", "1", "via", forged); add.Status != http.StatusSeeOther && add.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s: adding answers %d", forged, add.Status)
		}
	}
	if got := recounted(t, s)[slot.Complements].Total; got.Clicks != 0 || got.Adds != 0 {
		t.Errorf("forged places count: %+v", got)
	}
	if n := s.Count("SELECT count(*) FROM cart_lines WHERE origin <> ''"); n != 0 {
		t.Errorf("%d lines have a forged origin", n)
	}
}

// TestProgramsAndStaffAreNoShoppers: what they look at is in no figure.
func TestProgramsAndStaffAreNoShoppers(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	robot := s.Browser()
	robot.Header.Set("User-Agent", "Examplebot/1.0 (crawler)")
	robot.Get("/p/calm-bottle")
	robot.Get("/p/spare-teats?via=pc.BB01")
	owner := s.SignedIn(shoptest.Owner)
	owner.Get("/p/calm-bottle")
	owner.Get("/p/spare-teats?via=pc.BB01")
	if got := recounted(t, s)[slot.Complements].Total; got != (analytics.Placed{}) {
		t.Errorf("counted %+v", got)
	}
}

// drawn draws the people of a test anew until that customer is on a side.
func drawn(t *testing.T, s *shoptest.Shop, key slot.Key, email string, want slot.Arm) {
	t.Helper()
	for range 100 {
		var arm slot.Arm
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			if err := slot.SetHeld(ctx, tx, key, 0, 0, s.Now()); err != nil {
				return err
			}
			if err := slot.SetHeld(ctx, tx, key, slot.MostHeld, 0, s.Now()); err != nil {
				return err
			}
			p, err := customer.Read(ctx, tx, "", s.Customers[email])
			if err != nil {
				return err
			}
			rules, err := slot.Read(ctx, tx)
			if err == nil {
				arm = rules.Arm(key, p)
			}
			return err
		})
		if arm == want {
			return
		}
	}
	t.Fatalf("%s is never %q in %s", email, want, key)
}

func TestWhoGoesWithoutStillHasAWholePage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		guest := s.Browser()
		b := s.SignedIn(shoptest.Student)
		reasons := func(p *shoptest.Page) string { return strings.Join(p.Texts("p.reason"), "|") }

		drawn(t, s, slot.Complements, shoptest.Student, slot.Without)
		page := b.Get("/p/calm-bottle")
		if strings.Contains(reasons(page), "spare teats") || strings.Contains(reasons(page), "Warms") {
			t.Errorf("goes without and reads %s", reasons(page))
		}
		if len(page.All("section.chain")) == 0 {
			t.Error("the page has nothing in the place of the block")
		}
		if !strings.Contains(reasons(guest.Get("/p/calm-bottle")), "Warms the 150") {
			t.Error("a stranger goes without, too")
		}
		if !strings.Contains(reasons(s.SignedIn(shoptest.Private).Get("/p/calm-bottle")), "Warms the 150") {
			t.Error("somebody who did not agree is in a test")
		}

		drawn(t, s, slot.Home, shoptest.Student, slot.Without)
		headings := func(p *shoptest.Page) string { return strings.Join(p.Texts("h1"), "|") }
		if mine, theirs := headings(b.Get("/")), headings(guest.Get("/")); mine != theirs {
			t.Errorf("goes without the segment's page and reads %q, a stranger %q", mine, theirs)
		}
		b.Post("/cart/items", "sku", "BB03", "qty", "1")
		drawn(t, s, "home.continue", shoptest.Student, slot.Without)
		if p := b.Get("/"); len(p.All("#continue")) != 0 || len(p.All("li.card")) == 0 {
			t.Error("the section that is held back is there, or nothing is")
		}
		drawn(t, s, slot.CartChain, shoptest.Student, slot.Without)
		if p := b.Get("/cart"); len(p.All("#goes-with")) != 0 || len(p.All("li.line")) != 1 {
			t.Error("the cart shows what is held back, or not its lines")
		}

		// Both sides are counted, and the next look finds the same one.
		f := recounted(t, s)
		for key, want := range map[slot.Key]int{slot.Complements: 1, slot.CartChain: 1, "home.continue": 1} {
			if got := f[key].Arms[slot.Without].Shown; got != want {
				t.Errorf("%s: %d impressions of whoever goes without, want %d", key, got, want)
			}
		}
		if got := f[slot.Home].Arms[slot.Without].Shown; got != 2 {
			t.Errorf("home pages of whoever goes without: %d, want 2", got)
		}

		drawn(t, s, slot.Home, shoptest.Student, slot.Shown)
		drawn(t, s, "home.continue", shoptest.Student, slot.Shown)
		if mine, theirs := headings(b.Get("/")), headings(guest.Get("/")); mine == theirs {
			t.Errorf("sees the segment's page and reads %q like a stranger", mine)
		}
	})
}

// TestRowsAfterAddingAndOrderingAreCounted: what goes with a thing that was put
// into the cart, and with an order, are places of their own.
func TestRowsAfterAddingAndOrderingAreCounted(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	cart := b.Follow(b.Post("/cart/items", "sku", "BB01-240-AQUA"))
	if got := ways(cart)["/p/spare-teats"]; got != "ca" {
		t.Errorf("after adding the links say %q: %v", got, ways(cart))
	}
	b.Get("/cart") // the second look is at the cart's own row
	placed := b.Submit(b.Get("/checkout"), "/checkout", address...)
	order := b.Follow(b.Submit(b.Follow(placed), "/gateway/test/", "outcome", "paid"))
	if got := ways(order)["/p/spare-teats"]; got != "oc" {
		t.Errorf("on the confirmation the links say %q: %v", got, ways(order))
	}
	f := recounted(t, s)
	for _, key := range []slot.Key{slot.Added, slot.CartChain, slot.Confirmation} {
		if got := f[key].Total.Shown; got != 1 {
			t.Errorf("%s was shown %d times, want 1", key, got)
		}
	}
}

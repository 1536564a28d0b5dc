package storefront_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"regulars/internal/campaign"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/shoptest"
	"regulars/internal/slot"
)

func banners(s *shoptest.Shop, place slot.Key, shelf string, audiences ...string) {
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		for i, a := range audiences {
			text := i18n.Text{En: fmt.Sprintf("Banner %d for %s", i, a), Zh: "横幅"}
			b := campaign.Banner{Place: place, Title: text, Words: text, Label: i18n.Text{En: "See it", Zh: "看看"}, Shelf: shelf, Audience: a, Active: true}
			if err := campaign.PutBanner(ctx, tx, &b, db.Time{}, s.Now()); err != nil {
				return err
			}
		}
		return nil
	})
}

func bannerOf(p *shoptest.Page) string {
	for _, n := range p.All("h2[id=banner]") {
		return strings.TrimSpace(shoptest.Text(n))
	}
	return ""
}

// Whoever is on the targeted side sees the banner of their segment; guests and
// people who do not let pages be personal see one that hangs on the day alone,
// and are in no test.
func TestABannerIsTargetedOnlyWithConsent(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	if got := bannerOf(s.Browser().Get("/")); got != "" {
		t.Fatalf("without banners there is %q", got)
	}
	banners(s, slot.BannerHome, "baby", "", "student", "")
	student, private, guest := s.SignedIn(shoptest.Student), s.SignedIn(shoptest.Private), s.Browser()
	seen := map[string]bool{}
	for range 12 { // days; nobody goes without in these tests, so the student is targeted
		if got := bannerOf(student.Get("/")); got != "Banner 1 for student" {
			t.Fatalf("a student sees %q", got)
		}
		one := bannerOf(guest.Get("/"))
		if got := bannerOf(private.Get("/")); got != one || one == "" {
			t.Errorf("a guest sees %q, somebody with personal pages off %q", one, got)
		}
		seen[one] = true
		s.Pass(24 * time.Hour)
	}
	if len(seen) < 2 {
		t.Errorf("in twelve days guests saw only %v", seen)
	}
	if err := s.Events.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := s.Count("SELECT count(*) FROM events WHERE kind = 'slot.shown' AND detail LIKE 'banner.home/shown/%'"); n != 12 {
		t.Errorf("%d views are of the targeted side", n)
	}
	if n := s.Count("SELECT count(*) FROM events WHERE kind = 'slot.shown' AND detail LIKE 'banner.home//%' AND (customer_id <> 0 OR visitor_id <> 0)"); n != 0 {
		t.Errorf("%d views of people in no test name them", n)
	}
	r, err := campaign.ReportBanners(context.Background(), s.DB, slot.BannerHome, false, s.Settings.Now(), s.Now())
	if err != nil {
		t.Fatal(err)
	}
	if r.Targeted.Views != 12 || r.Outside != 24 || r.Random.Views != 0 || r.Says {
		t.Errorf("the report says %+v", r)
	}
}

// A banner's link is counted on the shelf it leads to, and stands on shelves too.
func TestABannerLeadsToItsShelf(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	banners(s, slot.BannerShelf, "baby", "")
	b := s.Browser()
	link, other := "", s.Text("SELECT slug FROM categories WHERE slug <> 'baby' ORDER BY id LIMIT 1")
	for path, via := range ways(b.Get("/c/" + other)) {
		if strings.HasPrefix(via, "bc.") {
			link = path + "?via=" + via
		}
	}
	if link == "" || b.Get(link).Status != 200 {
		t.Fatalf("the banner leads to %q", link)
	}
	if err := s.Events.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := s.Count("SELECT count(*) FROM events WHERE kind = 'slot.click' AND detail LIKE 'banner.category//%'"); n != 1 {
		t.Errorf("%d clicks", n)
	}
	if got := bannerOf(b.Get("/c/baby")); got != "" {
		t.Errorf("on the shelf it leads to stands %q", got)
	}
}

// Under the cart a banner stands while there is something in it, is counted as
// the other places are, and never in the checkout.
func TestABannerStandsUnderTheCart(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		banners(s, slot.BannerCart, "baby", "", "student")
		student, guest := s.SignedIn(shoptest.Student), s.Browser()
		if got := bannerOf(guest.Get("/cart")) + bannerOf(guest.Get("/")) + bannerOf(guest.Get("/c/books")); got != "" {
			t.Errorf("without a cart, or elsewhere, stands %q", got)
		}
		for _, b := range []*shoptest.Browser{student, guest} {
			b.Post("/cart/items", "sku", "BK01")
			if got := bannerOf(b.Get("/checkout")); got != "" {
				t.Errorf("in the checkout stands %q", got)
			}
		}
		page := student.Get("/cart")
		if got := bannerOf(page); got != "Banner 1 for student" {
			t.Errorf("a student sees %q", got)
		}
		sound(t, "/cart", page)
		link := ""
		for path, via := range ways(page) {
			if strings.HasPrefix(via, "bt.") {
				link = path + "?via=" + via
			}
		}
		if bannerOf(guest.Get("/cart")) == "" || link == "" || student.Get(link).Status != 200 {
			t.Errorf("the banner leads to %q", link)
		}
		if err := s.Events.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		if n := s.Count("SELECT count(*) FROM events WHERE kind = 'slot.shown' AND detail LIKE 'banner.cart/%'"); n != 2 {
			t.Errorf("%d views", n)
		}
		r, err := campaign.ReportBanners(context.Background(), s.DB, slot.BannerCart, false, s.Settings.Now(), s.Now())
		if err != nil {
			t.Fatal(err)
		}
		if r.Targeted.Views != 1 || r.Targeted.Clicks != 1 || r.Outside != 1 {
			t.Errorf("the report says %+v", r)
		}
	})
}

package storefront_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/shoptest"
)

// beside reads the block "goes well with": its words, and its products.
func beside(p *shoptest.Page) (title string, slugs []string) {
	for _, sec := range p.All("section[aria-labelledby=goes-with]") {
		title = shoptest.Text(sec)
	}
	_, block, _ := strings.Cut(p.Main(), `aria-labelledby="goes-with"`)
	for _, part := range strings.Split(block, `href="`)[1:] {
		if href, _, _ := strings.Cut(part, `"`); strings.Contains(href, "/p/") {
			slug, _, _ := strings.Cut(href[strings.LastIndex(href, "/")+1:], "?")
			if len(slugs) == 0 || slugs[len(slugs)-1] != slug {
				slugs = append(slugs, slug)
			}
		}
	}
	return title, slugs
}

func TestWhatWasAddedLeadsTheCart(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		b := s.Browser()
		b.Post("/cart/items", "sku", "BB09")
		title, slugs := beside(b.Follow(b.Post("/cart/items", "sku", "BB01-240-AQUA")))
		if !strings.HasPrefix(title, "Goes well with Calm Bottle") || len(slugs) < 2 || !strings.Contains(title, "Three spare teats, fit both sizes") {
			t.Errorf("after the bottle: %q with %v", title, slugs)
		}
		for _, slug := range slugs {
			// In the cart, at hand, sensitive, sold out.
			for _, never := range []string{"cotton-bodies", "calm-bottle", "infant-formula", "jig-saw"} {
				if slug == never {
					t.Errorf("after the bottle: %s", never)
				}
			}
		}
		if title, _ := beside(b.Get("/cart")); strings.HasPrefix(title, "Goes well with Calm Bottle") {
			t.Errorf("the cart's page a moment later: %q", title)
		}
		// With script the buy box itself comes back, with the same.
		b.Header.Set("X-Fragment", "buy")
		if words := b.Post("/cart/items", "sku", "BB01-240-AQUA").Body; !strings.Contains(words, "Three spare teats, fit both sizes") || !strings.Contains(words, "Goes well with Calm Bottle") {
			t.Errorf("the buy box: %s", words)
		}
		b.Header.Del("X-Fragment")
		// What is not in this cart leads nothing, whatever a cookie says.
		other := s.Browser()
		other.Post("/cart/items", "sku", "BK02")
		other.Get("/cart")
		other.Header.Set("Cookie", "added=BB01-240-AQUA")
		if title, _ := beside(other.Get("/cart")); strings.HasPrefix(title, "Goes well with Calm Bottle") {
			t.Errorf("led by a forged word: %q", title)
		}
	})
}

func TestTheConfirmationSaysWhatGoesWithTheOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		b := s.Browser()
		placed := b.Submit(toGateway(t, b, ""), "/gateway/test/", "outcome", "paid")
		page := b.Follow(placed)
		title, slugs := beside(page)
		if !strings.HasPrefix(title, "Goes well with what you ordered") || len(slugs) < 2 {
			t.Fatalf("the confirmation: %q with %v", title, slugs)
		}
		for _, slug := range slugs {
			for _, never := range []string{"calm-bottle", "infant-formula", "jig-saw", "drill-driver"} {
				if slug == never {
					t.Errorf("the confirmation suggests %s", never)
				}
			}
		}
		// The link in other hands: what the order says, nothing of whoever asks.
		student := s.SignedIn(shoptest.Student)
		student.Submit(student.Follow(func() *shoptest.Page {
			student.Post("/cart/items", "sku", "BB02")
			return student.Submit(student.Get("/checkout"), "/checkout", address...)
		}()), "/gateway/test/", "outcome", "paid")
		words, whole := beside(page)
		if said, got := beside(student.Get(placed.Location)); said != words {
			t.Errorf("somebody signed in sees %v behind a guest's link, the guest %v", got, whole)
		}
		if got := student.Get("/account").Status; got != 200 {
			t.Errorf("the account: %d", got)
		}
		// The owner sees nothing durable that they have.
		mine := s.SignedIn(shoptest.Student)
		mine.Post("/cart/items", "sku", "BB01-240-AQUA")
		done := mine.Follow(mine.Submit(mine.Follow(mine.Submit(mine.Get("/checkout"), "/checkout", address...)), "/gateway/test/", "outcome", "paid"))
		_, slugs = beside(done)
		if len(slugs) < 2 || strings.Contains(strings.Join(slugs, " "), "bottle-warmer") {
			t.Errorf("the student, who has a warmer, is shown %v", slugs)
		}
		// An hour later the page tells of the order, nothing else.
		s.Pass(2 * time.Hour)
		if title, _ := beside(b.Get(placed.Location)); title != "" {
			t.Errorf("later: %q", title)
		}
	})
}

// Whatever is added, in whatever order: at most two of a category go with it,
// and nothing that is in the cart, sensitive or sold out.
func TestWhatGoesWithAnythingAdded(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	var baskets [][]string
	for range 10 {
		baskets = append(baskets, []string{"BB01", "BB02", "BB03", "BB09"}, []string{"BK01", "BK02", "BK03", "TL01"}, []string{"BB12", "BB09", "BB03"}, []string{"BB05"})
	}
	s.Learn(baskets...)
	ctx := context.Background()
	blocks := 0
	for _, sku := range []string{"BB02", "BB01-240-AQUA", "BK01", "BK03", "BB12", "TL01", "BB09", "BK02", "BB03"} {
		b := s.Browser()
		for _, more := range []string{"BB05", sku} {
			page := b.Follow(b.Post("/cart/items", "sku", more))
			_, slugs := beside(page)
			if len(slugs) > 0 {
				blocks++
			}
			shelves := map[catalog.CategoryID]int{}
			for _, slug := range slugs {
				p, err := catalog.BySlug(ctx, s.DB, slug)
				if err != nil {
					t.Fatal(err)
				}
				if shelves[*p.CategoryID]++; shelves[*p.CategoryID] > 2 {
					t.Errorf("after %s: three of a category in %v", more, slugs)
				}
				if p.Sensitive || p.Code == "TL02" || p.Code == "BB05" || strings.HasPrefix(more, p.Code) {
					t.Errorf("after %s: %s", more, slug)
				}
			}
		}
	}
	if blocks < 6 {
		t.Errorf("only %d blocks were shown", blocks)
	}
}

package storefront_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/shoptest"
)

// trailOf is what the only cart of the shop met, in order.
func trailOf(t *testing.T, s *shoptest.Shop) []string {
	t.Helper()
	var all []string
	if err := s.DB.Query(t.Context()).Raw("SELECT kind || ' ' || detail FROM cart_frictions ORDER BY id").Scan(&all).Error; err != nil {
		t.Fatal(err)
	}
	return all
}

func causeOf(t *testing.T, s *shoptest.Shop) string {
	t.Helper()
	if err := analytics.Refresh(t.Context(), s.DB, s.Settings.Now(), s.Now()); err != nil {
		t.Fatal(err)
	}
	return s.Text("SELECT cause || ' ' || rule FROM cart_facts WHERE lost = 1")
}

func TestACartKeepsWhatStoodInItsWay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		stranger := s.Browser()
		stranger.Get("/returns")
		stranger.Get("/search?q=qwxzqwxz")
		if n := s.Count("SELECT count(*) FROM cart_frictions"); n != 0 {
			t.Fatalf("who has no cart left %d traces", n)
		}
		b := s.Browser()
		b.Submit(b.Get("/p/calm-bottle?size=240&colour=aqua"), "/cart/items", "qty", "1")
		cart := b.Get("/cart")
		b.Get("/cart") // again
		b.Submit(cart, "/cart/coupon", "coupon", "li@mail.example")
		b.Get("/search?q=qwxzqwxz")
		b.Get("/returns")
		till := b.Get("/checkout")
		s.Pass(time.Minute)
		b.Submit(till, "/checkout", "email", "a@example.com", "name", "")
		want := []string{"shown cart", "coupon ", "search ", "policy returns", "shown checkout", "form checkout name"}
		got := trailOf(t, s)
		if len(got) != len(want) {
			t.Fatalf("the trail is %q", got)
		}
		for i := range want {
			if !strings.HasPrefix(got[i], want[i]) {
				t.Errorf("the trail is %q, not %q", got, want)
			}
		}
		if n := s.Count("SELECT count(*) FROM cart_frictions WHERE detail LIKE '%example%' OR detail LIKE '%qwxz%'"); n != 0 {
			t.Error("what was typed is in the trail")
		}
		s.Pass(2 * time.Hour)
		if got := causeOf(t, s); got != "form last" {
			t.Errorf("left because of %s", got)
		}
	})
}

func TestOneClickSaysWhatStopped(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		b := s.Browser()
		b.Submit(b.Get("/p/calm-bottle?size=240&colour=aqua"), "/cart/items", "qty", "1")
		if cart := b.Get("/cart"); strings.Contains(cart.Body, "/cart/why") {
			t.Error("a cart in use is asked why it was left")
		}
		till := b.Get("/checkout")
		placed := b.Submit(till, "/checkout", "email", "a@example.com", "name", "Ann Bell", "country", "US", "line1", "1 Mill Lane", "city", "Austin", "region", "TX", "postcode", "73301", "phone", "", "payment", "test")
		if placed.Status != http.StatusSeeOther {
			t.Fatalf("placing: %d %s", placed.Status, placed.Text())
		}
		declined := b.Submit(b.Get(placed.Location), placed.Location, "outcome", "declined")
		back := b.Get(declined.Location)
		sound(t, "/orders", back)
		var codes []string
		for _, n := range back.All("button[name=reason]") {
			codes = append(codes, shoptest.Attr(n, "value"))
		}
		if !slices.Contains(codes, "payment") || len(codes) != 9 {
			t.Fatalf("the order's page offers %v", codes)
		}
		path := strings.SplitN(declined.Location, "?", 2)[0]
		if no := b.Submit(back, path+"/why", "reason", "because"); no.Status != http.StatusUnprocessableEntity {
			t.Errorf("a reason of one's own: %d", no.Status)
		}
		for range 2 {
			if told := b.Submit(back, path+"/why", "reason", "date"); told.Status != http.StatusSeeOther || told.Location != declined.Location {
				t.Errorf("told: %d %s", told.Status, told.Location)
			}
		}
		if thanks := b.Get(declined.Location); !strings.Contains(thanks.Text(), "Somebody reads these answers") {
			t.Error("no thanks")
		}
		if stranger := s.Browser().Post(path+"/why", "reason", "price"); stranger.Status == http.StatusSeeOther && strings.HasPrefix(stranger.Location, "/orders") {
			t.Errorf("a stranger answered: %d %s", stranger.Status, stranger.Location)
		}
		if n := s.Count("SELECT count(*) FROM cart_frictions WHERE kind = 'told'"); n != 1 {
			t.Errorf("%d answers", n)
		}
	})
}

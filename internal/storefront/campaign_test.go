package storefront_test

import (
	"context"
	"testing"

	"regulars/internal/db/dbtest"
	"regulars/internal/shoptest"
)

// The link of a campaign is counted on any page, once, with a name only of
// somebody who lets themselves be known; what is added behind it says where it
// came from.
func TestACampaignsLinkIsCounted(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	known, stranger := s.SignedIn(shoptest.Student), s.Browser()
	for _, b := range []*shoptest.Browser{known, stranger} {
		for _, path := range []string{"/?via=mc.spring", "/c/baby?via=mc.spring", "/p/calm-bottle?via=mc.spring"} {
			if p := b.Get(path); p.Status != 200 {
				t.Fatalf("%s: %d", path, p.Status)
			}
		}
	}
	if err := s.Events.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := s.Count("SELECT count(*) FROM events WHERE kind = 'slot.click' AND detail IN ('campaign//spring', 'campaign/shown/spring')"); n != 6 {
		t.Errorf("%d clicks were counted", n)
	}
	if n := s.Count("SELECT count(*) FROM events WHERE kind = 'slot.click' AND customer_id <> 0"); n != 3 {
		t.Errorf("%d clicks are known to be somebody's", n)
	}
	if n := s.Count("SELECT count(*) FROM events WHERE kind = 'slot.click' AND visitor_id <> 0 AND customer_id = 0"); n != 0 {
		t.Errorf("%d clicks of a stranger name a browser", n)
	}
	added := stranger.Submit(stranger.Get("/p/calm-bottle?via=mc.spring"), "/cart/items", "qty", "1")
	if added.Status != 303 || s.Text("SELECT detail FROM cart_steps WHERE kind = 'add'") != "campaign//spring" {
		t.Errorf("%d: the line came by %q", added.Status, s.Text("SELECT detail FROM cart_steps WHERE kind = 'add'"))
	}
}

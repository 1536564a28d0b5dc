package storefront_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/outreach"
	"regulars/internal/shoptest"
)

// A search is saved from its page by whoever is signed in, once whatever the
// order of its filters; its row leads back to it and says how much it finds.
func TestSearchesAreKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		b := s.Browser()
		const (
			list       = "/search?q=bottle&max=90"
			saving     = "/account/searches?name=bottle+%C2%B7+up+to+%2490.00&query=max%3D90%26q%3Dbottle&shelf="
			saveSearch = `class="keep-search"><a class="link" href="/account/searches?`
		)
		guest := b.Get(list)
		if !strings.Contains(guest.Body, saveSearch) {
			t.Errorf("a guest is shown %s", guest.Main())
		}
		if p := b.Get(saving); p.Status != 303 || !strings.HasPrefix(p.Location, "/signin?next=%2Faccount%2Fsearches%3F") {
			t.Errorf("a guest who wants to save is led to %d %s", p.Status, p.Location)
		}
		if p := b.Post("/account/searches", "query", "q=bottle&max=90", "name", "x"); p.Status != 303 || !strings.HasPrefix(p.Location, "/signin?next=") || s.Count("SELECT count(*) FROM saved_searches") != 0 {
			t.Errorf("a guest saved one: %d %s", p.Status, p.Location)
		}
		b = s.SignedIn(shoptest.Student)
		if !strings.Contains(b.Get(list).Body, saveSearch) {
			t.Error("who is signed in is shown another link")
		}
		page := b.Get(saving)
		p := b.Follow(b.Submit(page, "/account/searches"))
		total := fmt.Sprint(strings.Count(b.Get("/search?q=bottle&max=90").Body, `<li class="card`), " product")
		sound(t, "/account/searches", p)
		if !strings.Contains(p.Text(), "The search is saved.") || !strings.Contains(p.Text(), total) || !strings.Contains(p.Body, `href="/search?currency=USD&amp;max=90.00&amp;q=bottle"`) {
			t.Errorf("%s: %s", total, p.Main())
		}
		if p := b.Follow(b.Post("/account/searches", "query", "max=90.0&sort=price&page=2&q=bottle", "name", "again")); !strings.Contains(p.Text(), "saved this search before") {
			t.Errorf("%s", p.Main())
		}
		token := s.Text("SELECT token FROM saved_searches")
		path := "/account/searches/" + token
		if p := b.Post(path, "do", "name", "name", strings.Repeat("n", 81)); p.Status != 422 || !strings.Contains(p.Body, strings.Repeat("n", 81)) || !strings.Contains(p.Text(), "1 to 80") {
			t.Errorf("%d %s", p.Status, p.Main())
		}
		b.Post(path, "do", "name", "name", "  For the   trip ")
		if p := b.Get("/account/searches"); !strings.Contains(p.Text(), "For the trip") || !strings.Contains(p.Text(), "do not allow mails with offers") {
			t.Errorf("%s", p.Main())
		}
		if p := b.Follow(b.Post(path, "do", "tell")); !strings.Contains(p.Text(), "A mail tells you what was not in it") || s.Text("SELECT seen FROM saved_searches") == "[]" {
			t.Errorf("%s", p.Main())
		}
		if p := b.Follow(b.Post(path, "do", "rest")); strings.Contains(p.Text(), "A mail tells you") || s.Text("SELECT seen FROM saved_searches") != "[]" {
			t.Errorf("%s", p.Main())
		}
		for i, bad := range []string{"", "page=2", "q=+&max=9", "%zz", "q=" + strings.Repeat("x", 300)} {
			if p := b.Post("/account/searches", "query", bad, "name", "n"); p.Status != 422 {
				t.Errorf("%d: %d", i, p.Status)
			}
		}
		if p := b.Post("/account/searches", "shelf", "feeding", "query", "", "name", "n"); p.Status != 422 {
			t.Errorf("a shelf as a whole: %d", p.Status)
		}
		if p := s.SignedIn(shoptest.Private).Post(path, "do", "drop"); p.Status != 404 || s.Count("SELECT count(*) FROM saved_searches") != 1 {
			t.Errorf("somebody else: %d", p.Status)
		}
		for i := range 21 {
			b.Post("/account/searches", "query", url.Values{"q": {fmt.Sprint("cup ", i)}}.Encode(), "name", "n")
		}
		if n := s.Count("SELECT count(*) FROM saved_searches"); n != 20 {
			t.Errorf("%d are kept", n)
		}
		b.Post(path, "do", "drop")
		if n := s.Count("SELECT count(*) FROM saved_searches"); n != 19 {
			t.Errorf("%d after one was removed", n)
		}
		if p := b.Get("/account/export"); !strings.Contains(p.Body, `"words": "cup 3"`) && !strings.Contains(p.Body, `"words":"cup 3"`) {
			t.Errorf("the export has no searches")
		}
		sound(t, "/zh/account/searches", b.Get("/zh/account/searches"))
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			if err := tx.Query(ctx).Exec("INSERT INTO consents (customer_id, purpose, given, source, at) SELECT id, 'mail.offers', TRUE, 'preferences', 1 FROM customers WHERE email = ? ON CONFLICT (customer_id, purpose) DO UPDATE SET given = TRUE", shoptest.Student).Error; err != nil {
				return err
			}
			return outreach.ChooseFor(ctx, tx, shoptest.Student, func(p *outreach.Preference) { p.Off = append(p.Off, outreach.Searches) }, s.Now())
		})
		if p := b.Get("/account/searches"); !strings.Contains(p.Text(), "You switched mails about saved searches off") {
			t.Errorf("switched off in the preferences: %s", p.Main())
		}
		if p := b.Get("/search?q=zzzzqqq"); strings.Count(p.Body, `class="keep-search"`) != 1 {
			t.Errorf("what is not there cannot be waited for: %s", p.Main())
		}
	})
}

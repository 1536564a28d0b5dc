package storefront_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/inventory"
	"regulars/internal/outreach"
	"regulars/internal/setting"
	"regulars/internal/shoptest"
)

// stocked makes so many units of a variant lie on the shelf.
func stocked(s *shoptest.Shop, sku string, units int) {
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		v, err := catalog.VariantBySKU(ctx, tx, sku)
		if err != nil {
			return err
		}
		if err := inventory.Track(ctx, tx, v.ID, true, s.Now()); err != nil {
			return err
		}
		return inventory.Count(ctx, tx, v.ID, units, fmt.Sprint("test:", s.Now().UnixNano(), units), s.Now())
	})
}

// told lists who was mailed that goods are there again.
func told(s *shoptest.Shop) (to []string) {
	err := s.DB.Query(context.Background()).Raw("SELECT email FROM sends WHERE template = ? AND state = 'sent' ORDER BY id", outreach.BackInStock).Scan(&to).Error
	if err != nil {
		panic(err)
	}
	return to
}

// People who wait are told in the order in which they asked, two for a unit
// and no more until the next day; each once, whatever sweeps run.
func TestPeopleAreToldInTheirOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		s.Tx(func(ctx context.Context, tx *db.Tx) error { return setting.Set(ctx, tx, "quiet.hours", "off", s.Now()) })
		if err := s.Settings.Refresh(context.Background(), d); err != nil {
			t.Fatal(err)
		}
		stocked(s, "BB01-240-AQUA", 0)
		s.Pass(2 * time.Second)
		const page = "/p/calm-bottle?v=BB01-240-AQUA"
		b := s.Browser()
		form := b.Get(page)
		if !strings.Contains(form.Text(), "Tell me when it is here again") {
			t.Fatalf("sold out, the page says %s", form.Main())
		}
		if p := b.Submit(form, "/back", "email", "nonsense"); p.Status != 422 || !strings.Contains(p.Body, `value="nonsense"`) {
			t.Errorf("%d", p.Status)
		}
		stop := ""
		for i := range 7 {
			p := b.Submit(b.Get(page), "/back", "email", fmt.Sprintf("bird%d@example.com", i))
			if p.Status != 200 || !strings.Contains(p.Text(), fmt.Sprintf("One mail goes to bird%d@example.com", i)) {
				t.Fatalf("%d %s", p.Status, p.Main())
			}
			for _, a := range p.All("a") {
				if href := shoptest.Attr(a, "href"); strings.HasPrefix(href, "/back/") && i == 1 {
					stop = href
				}
			}
			b.Submit(b.Get(page), "/back", "email", fmt.Sprintf("BIRD%d@example.com", i)) // again: the same wish
			s.Pass(time.Minute)
		}
		if n := s.Count("SELECT count(*) FROM restock_asks"); n != 7 {
			t.Fatalf("%d wishes of seven people", n)
		}
		// A look at the link changes nothing; its button ends the wish.
		s.Browser().Get(stop)
		if n := s.Count("SELECT count(*) FROM restock_asks WHERE state = 'waiting'"); n != 7 {
			t.Error("a look ended a wish")
		}
		if p := s.Browser().Submit(s.Browser().Get(stop), "/back/"); p.Status != 303 {
			t.Errorf("%d", p.Status)
		}
		if p := s.Browser().Get(stop); !strings.Contains(p.Text(), "This is over") {
			t.Errorf("%s", p.Main())
		}
		if p := s.Browser().Get("/back/forged"); p.Status != 404 {
			t.Errorf("a forged link: %d", p.Status)
		}
		tell := func() {
			t.Helper()
			for range 3 {
				if err := s.Office.TellBack(context.Background(), s.Now()); err != nil {
					t.Fatal(err)
				}
			}
		}
		tell()
		if got := told(s); len(got) != 0 {
			t.Errorf("told without a unit: %s", got)
		}
		stocked(s, "BB01-240-AQUA", 2)
		tell()
		want := "bird0@example.com bird2@example.com bird3@example.com bird4@example.com"
		if got := strings.Join(told(s), " "); got != want {
			t.Errorf("told were %s", got)
		}
		if n := s.Count("SELECT count(*) FROM restock_asks WHERE state <> 'waiting' AND email <> ''"); n != 0 {
			t.Errorf("%d addresses stay after the mail", n)
		}
		// The next day the others are, but who bought it meanwhile.
		buyer := s.Browser()
		buyer.Post("/cart/items", "sku", "BB01-240-AQUA")
		buyer.Submit(buyer.Get("/checkout"), "/checkout", "email", "bird5@example.com", "name", "B", "country", "US", "line1", "1 Bank Street", "city", "Riverside", "region", "CA", "postcode", "92501")
		s.Pass(outreachWave)
		tell()
		if got := strings.Join(told(s), " "); got != want+" bird6@example.com" {
			t.Errorf("a day later told were %s", got)
		}
		if got := s.Text("SELECT reason FROM restock_asks WHERE state = 'ended' AND reason <> 'person'"); got != "bought" {
			t.Errorf("who bought it: %q", got)
		}
		healthyShelf(t, s)
	})
}

const outreachWave = 25 * time.Hour

// A wish waits through the night and ends with its term, without a mail.
func TestAWishKeepsQuietHoursAndEnds(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	stocked(s, "BB01-240-AQUA", 0)
	s.Pass(2 * time.Second)
	b := s.Browser()
	b.Submit(b.Get("/p/calm-bottle?v=BB01-240-AQUA"), "/back", "email", "owl@example.com")
	stocked(s, "BB01-240-AQUA", 9)
	night := s.Now()
	for night.In(s.Settings.Now().Zone()).Hour() != 23 {
		night = night.Add(time.Hour)
	}
	if err := s.Office.TellBack(context.Background(), night); err != nil {
		t.Fatal(err)
	}
	if got := told(s); len(got) != 0 {
		t.Errorf("woken: %s", got)
	}
	if n := s.Count("SELECT count(*) FROM restock_asks WHERE state = 'waiting'") - s.Count("SELECT count(*) FROM sends WHERE template = ?", outreach.BackInStock); n != 1 {
		t.Error("the night cost somebody their place")
	}
	if err := s.Office.TellBack(context.Background(), s.Now().AddDate(0, 0, 181)); err != nil {
		t.Fatal(err)
	}
	if got := s.Text("SELECT reason FROM restock_asks"); got != "age" || len(told(s)) != 0 {
		t.Errorf("after its term: %q", got)
	}
}

// What is saved for later is in no cart, comes along at sign-in and shows what
// changed since.
func TestSavedForLater(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		b := s.Browser()
		b.Post("/cart/items", "sku", "BB01-240-AQUA", "qty", "2")
		save := func() *shoptest.Page {
			t.Helper()
			p := b.Get("/cart")
			at := ""
			for _, k := range p.All("button") {
				if to := shoptest.Attr(k, "formaction"); strings.HasSuffix(to, "/save") {
					at = to
				}
			}
			return b.Post(at)
		}
		if p := save(); p.Status != 303 || p.Location != "/cart#saved" {
			t.Fatalf("%d %s", p.Status, p.Location)
		}
		p := b.Get("/cart")
		if !strings.Contains(p.Text(), "Saved for later") || !strings.Contains(p.Text(), "Your cart is empty") && len(p.All("div.empty")) != 1 {
			t.Errorf("%s", p.Main())
		}
		if api := b.Get("/api/v1/cart"); !strings.Contains(api.Body, `"items":[]`) {
			t.Errorf("to the API it is in the cart: %s", api.Body)
		}
		if n := s.Count("SELECT count(*) FROM cart_lines"); n != 0 {
			t.Errorf("%d lines are left in the cart", n)
		}
		s.SetPrice("BB01-240-AQUA", 100)
		s.Pass(2 * time.Second)
		b.Post("/signup", "email", "teal@example.com", "password", "three words long")
		b.Post("/signin", "email", "teal@example.com", "password", "three words long")
		if p := b.Get("/account/saved"); p.Status != 200 || !strings.Contains(p.Text(), "Calm Bottle") || !strings.Contains(p.Text(), "The price fell from $14.00") {
			t.Errorf("signed in: %d %s", p.Status, p.Main())
		}
		if n := s.Count("SELECT count(*) FROM saved_lines WHERE customer_id IS NOT NULL"); n != 1 {
			t.Error("it did not come along")
		}
		if p := s.Browser().Post("/cart/saved/" + s.Text("SELECT token FROM saved_lines")); p.Status != 404 {
			t.Errorf("somebody else took it: %d", p.Status)
		}
		token := s.Text("SELECT token FROM saved_lines")
		if p := b.Post("/cart/saved/" + token); p.Status != 303 {
			t.Errorf("%d", p.Status)
		}
		if p := b.Post("/cart/saved/" + token); p.Status != 404 {
			t.Errorf("a second click: %d", p.Status)
		}
		if n := s.Count("SELECT sum(qty) FROM cart_lines"); n != 2 {
			t.Errorf("%d pieces in the cart", n)
		}
		save()
		stocked(s, "BB01-240-AQUA", 1)
		s.Pass(2 * time.Second)
		b.Post("/cart/saved/" + s.Text("SELECT token FROM saved_lines"))
		if n := s.Count("SELECT sum(qty) FROM cart_lines"); n != 1 {
			t.Errorf("%d pieces where one can be had", n)
		}
		save()
		if p := b.Post("/cart/saved/"+s.Text("SELECT token FROM saved_lines"), "drop", "1", "back", "/account/saved"); p.Status != 303 || p.Location != "/account/saved" || s.Count("SELECT count(*) FROM saved_lines") != 0 {
			t.Errorf("%d %s", p.Status, p.Location)
		}
		// Both are the person's own: the export has them, erasing takes them.
		b.Post("/cart/items", "sku", "BB01-240-AQUA")
		save()
		b.Post("/p/calm-bottle/review", "stars", "2", "body", "a dull colour")
		stocked(s, "BB01-240-AQUA", 0)
		s.Pass(2 * time.Second)
		b.Submit(b.Get("/p/calm-bottle?v=BB01-240-AQUA"), "/back")
		if p := b.Get("/account/saved"); !strings.Contains(p.Text(), "Waits for the shop") || len(p.All("section#awaited")) != 1 || !strings.Contains(p.Text(), "asked to be told since") {
			t.Errorf("%s", p.Main())
		}
		all := b.Get("/account/export").Body
		for _, want := range []string{"a dull colour", `"awaited": [`, `"saved_goods": [`, `"stars": 2`} {
			if !strings.Contains(all, want) {
				t.Errorf("the export lacks %s", want)
			}
		}
		if p := b.Post("/account/erase", "password", "three words long"); p.Status != 303 {
			t.Fatalf("%d", p.Status)
		}
		if n := s.Count("SELECT count(*) FROM saved_lines") + s.Count("SELECT count(*) FROM restock_asks") + s.Count("SELECT count(*) FROM reviews"); n != 0 {
			t.Errorf("%d rows outlived the person", n)
		}
	})
}

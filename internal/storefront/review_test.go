package storefront_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/doctor"
	"regulars/internal/order"
	"regulars/internal/review"
	"regulars/internal/shoptest"
)

// delivered moves the latest order to the shopper's door.
func delivered(s *shoptest.Shop) {
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		o, err := order.Lock(ctx, tx, order.ID(s.Count("SELECT max(id) FROM orders")))
		if err != nil {
			return err
		}
		for _, to := range []string{"shipped", "delivered"} {
			if _, err := o.Move(ctx, tx, order.DeliveryAxis, to, "staff:1", "", s.Now()); err != nil {
				return err
			}
		}
		return nil
	})
}

// decided shows or refuses the only review that waits.
func decided(s *shoptest.Shop, reason string) {
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		list, _, err := review.List(ctx, tx, review.Query{State: review.Waiting})
		if err != nil {
			return err
		}
		for _, r := range list {
			if _, err := review.Decide(ctx, tx, r.Token, r.Version, 1, reason, s.Now()); err != nil {
				return err
			}
		}
		return nil
	})
}

// healthyShelf asks the doctor about reviews and wishes; these tests carry goods
// about without a parcel, which other rules are about.
func healthyShelf(t *testing.T, s *shoptest.Shop) {
	t.Helper()
	report, err := doctor.Check(context.Background(), s.DB, doctor.Options{Now: s.Now()})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range report.Broken {
		if strings.HasPrefix(b.Code, "B") {
			t.Errorf("%+v", b)
		}
	}
}

// A guest reviews what they bought by the link of their order: it waits, is
// shown with the mark of a buyer, and counts where the product is shown.
func TestAGuestReviewsWhatTheyBought(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		if p := s.Browser().Get("/p/calm-bottle/review"); p.Status != 200 || !strings.Contains(p.Text(), "with an account, or by the link of an order") || len(p.All("textarea")) != 0 {
			t.Errorf("a stranger sees %d %s", p.Status, p.Main())
		}
		if p := s.Browser().Post("/p/calm-bottle/review", "stars", "1"); p.Status != http.StatusForbidden {
			t.Errorf("a stranger wrote: %d", p.Status)
		}
		b := s.Browser()
		b.Post("/cart/items", "sku", "BB01-240-AQUA")
		placed := b.Submit(b.Get("/checkout"), "/checkout", "email", "wren@example.com", "name", "Wren Gull", "country", "US", "line1", "1 Bank Street", "city", "Riverside", "region", "CA", "postcode", "92501")
		paid := b.Submit(b.Follow(placed), "/gateway/test/", "outcome", "paid")
		if p := b.Follow(paid); strings.Contains(p.Body, "/p/calm-bottle/review") {
			t.Error("asked for a review before it was sent")
		}
		delivered(s)
		at := b.Follow(paid)
		link := ""
		for _, a := range at.All("a") {
			if href := shoptest.Attr(a, "href"); strings.HasPrefix(href, "/p/calm-bottle/review?") {
				link = href
			}
		}
		form := b.Get(link)
		if link == "" || form.Status != 200 || !strings.Contains(form.Text(), "will say that you bought this here") || !strings.Contains(form.Body, `value="Wren"`) {
			t.Fatalf("%q: %d %s", link, form.Status, form.Main())
		}
		bad := b.Submit(form, "/p/calm-bottle/review", "body", "dripped once <b>", "good", "looks")
		if bad.Status != 422 || !strings.Contains(bad.Text(), "Choose from one to five stars") || !strings.Contains(bad.Body, "dripped once &lt;b&gt;") || !strings.Contains(bad.Body, `value="looks" checked`) {
			t.Errorf("%d %s", bad.Status, bad.Main())
		}
		if p := b.Submit(bad, "/p/calm-bottle/review", "stars", "4", "do", "send"); p.Status != 303 {
			t.Fatalf("%d %s", p.Status, p.Main())
		}
		if p := s.Browser().Get("/p/calm-bottle"); strings.Contains(p.Text(), "dripped once") || strings.Contains(p.Body, "aggregateRating") {
			t.Error("shown before anybody looked at it")
		}
		decided(s, "")
		p := s.Browser().Get("/p/calm-bottle")
		for _, want := range []string{"4 of 5, 1 review, 1 by buyers", "dripped once <b>", "Bought here", "Looks 1", "Wren, "} {
			if !strings.Contains(p.Text(), want) {
				t.Errorf("the page lacks %q", want)
			}
		}
		if !strings.Contains(p.Body, `"aggregateRating":{"@type":"AggregateRating","bestRating":5,"ratingValue":4,"reviewCount":1,"worstRating":1}`) {
			t.Error("search engines are not told")
		}
		for path, want := range map[string]string{"/p/calm-bottle/reviews": "dripped once", "/p/calm-bottle/reviews?stars=4&verified=1&sort=best": "dripped once", "/p/calm-bottle/reviews?stars=1": "No review fits",
			"/zh/p/calm-bottle/reviews": "评价如何核实", "/p/calm-bottle/reviews?page=9&stars=x&sort=y": "How reviews are checked"} {
			if p := s.Browser().Get(path); p.Status != 200 || !strings.Contains(p.Text(), want) {
				t.Errorf("%s: %d lacks %q", path, p.Status, want)
			}
		}
		// A reader reports it by one click, once; it stays until staff looked.
		reader := s.Browser()
		for range 2 {
			if p := reader.Submit(reader.Get("/p/calm-bottle/reviews"), "/reviews/"); p.Status != 303 || p.Location != "/p/calm-bottle/reviews" {
				t.Errorf("%d %s", p.Status, p.Location)
			}
		}
		if n := s.Count("SELECT count(*) FROM review_reports"); n != 1 {
			t.Errorf("%d reports of one reader", n)
		}
		list, _, err := review.List(context.Background(), d, review.Query{Reported: true})
		if err != nil || len(list) != 1 || list[0].Reports != 1 {
			t.Errorf("staff see %+v, %v", list, err)
		}
		// Changed, it waits again; refused, the author is told why, once.
		if p := b.Submit(b.Get(link), "/p/calm-bottle/review", "stars", "1", "body", "my neighbour is a thief"); p.Status != 303 {
			t.Fatalf("%d", p.Status)
		}
		decided(s, "insult")
		s.Pass(2 * time.Hour)
		s.RunJobs()
		s.RunJobs()
		said := 0
		for _, l := range s.Letters() {
			if strings.Contains(l.Text, "It insults somebody.") && strings.Contains(l.Text, "/p/calm-bottle/review?") {
				said++
			}
		}
		if said != 1 {
			t.Errorf("the author was told %d times", said)
		}
		if p := b.Get(link); !strings.Contains(p.Text(), "Not shown") || !strings.Contains(p.Text(), "It insults somebody.") {
			t.Errorf("the author reads %s", p.Main())
		}
		if p := s.Browser().Get("/p/calm-bottle"); strings.Contains(p.Text(), "thief") || strings.Contains(p.Text(), "dripped") {
			t.Error("what was refused is shown")
		}
		healthyShelf(t, s)
		if p := b.Submit(b.Get(link), "/p/calm-bottle/review", "do", "drop"); p.Status != 303 || s.Count("SELECT count(*) FROM reviews") != 0 {
			t.Errorf("not taken back: %d", p.Status)
		}
	})
}

// Cards show a mean from three reviews on, and the list by rating leans on
// what many say.
func TestCardsAndListsKnowTheStars(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	rate := func(slug string, stars ...int) {
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			var all []review.Review
			for _, n := range stars {
				r := review.Review{Stars: n, Lang: "en", State: review.Published, DecidedAt: db.At(s.Now()), CreatedAt: db.At(s.Now()), WrittenAt: db.At(s.Now())}
				if err := tx.Query(ctx).Raw("SELECT id FROM products WHERE slug = ?", slug).Scan(&r.ProductID).Error; err != nil {
					return err
				}
				all = append(all, r)
			}
			return review.KeepMany(ctx, tx, all)
		})
	}
	var slugs []string
	if err := s.DB.Query(context.Background()).Raw("SELECT slug FROM products WHERE published = TRUE AND category_id = (SELECT category_id FROM products WHERE slug = 'calm-bottle') ORDER BY position, id").Scan(&slugs).Error; err != nil {
		t.Fatal(err)
	}
	if len(slugs) < 3 {
		t.Fatalf("only %s on the shelf", slugs)
	}
	last, middle := slugs[len(slugs)-1], slugs[1]
	rate(last, 5, 5, 5, 5, 4, 5)
	rate(middle, 5)
	s.Pass(2 * time.Second)
	category := s.Text("SELECT slug FROM categories WHERE id = (SELECT category_id FROM products WHERE slug = 'calm-bottle')")
	p := s.Browser().Get("/c/" + category + "?sort=rating")
	var got []string
	for _, h := range p.All("h3.card-name") {
		got = append(got, strings.TrimPrefix(shoptest.Attr(h.FirstChild, "href"), "/p/"))
	}
	if len(got) < 3 || got[0] != last || got[1] != middle {
		t.Errorf("by rating: %s", got)
	}
	if !strings.Contains(p.Text(), "4.8 of 5 (6)") || strings.Contains(p.Text(), "5 of 5 (1)") {
		t.Errorf("cards say %s", p.Texts("p.card-rated"))
	}
}

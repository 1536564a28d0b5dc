package storefront_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/recommend"
	"regulars/internal/shoptest"
)

// teach gives the shop a model of made-up people: students who buy thermometers
// (BB12) and the third book (BK03), parents who buy bottles.
func teach(t *testing.T, s *shoptest.Shop) (students, buyers int) {
	t.Helper()
	id := func(code string) recommend.Item {
		return recommend.Item{Product: recommend.ProductID(s.Products[code]), Qty: 1}
	}
	var baskets []recommend.Basket
	var people []recommend.Person
	for i := range 90 {
		who := recommend.CustomerID(1_000_000 + i)
		told, items := "life=parent", []recommend.Item{id("BB01"), id([]string{"BB02", "BB03", "BB05"}[i%3])}
		if i%2 == 0 {
			told, items = "life=student", []recommend.Item{id("BK03"), id("BB12"), id("BB09")}
			if students++; i%6 == 0 {
				items = []recommend.Item{id("BK02")}
			} else {
				buyers++
			}
		}
		people = append(people, recommend.Person{Customer: who, Features: []string{told}})
		baskets = append(baskets, recommend.Basket{Customer: who, At: s.Now().AddDate(0, 0, -1-i), Items: items})
	}
	m, err := recommend.Build(t.Context(), func(yield func(recommend.Basket, error) bool) {
		for _, b := range baskets {
			if !yield(b, nil) {
				return
			}
		}
	}, recommend.Options{})
	if err == nil {
		m, err = m.WithPrior(t.Context(), func(yield func(recommend.Person, error) bool) {
			for _, p := range people {
				if !yield(p, nil) {
					return
				}
			}
		})
	}
	if err != nil || m.ProfileGain().Damp == 0 {
		t.Fatalf("profiles foretell nothing: %+v, %v", m.ProfileGain(), err)
	}
	s.Engine.Use(m)
	return students, buyers
}

// What somebody told leads the shelves until their own purchases do, with a
// reason that is true when counted again, and nobody else sees a trace of it.
func TestWhatPeopleToldLeansTheirHome(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		read := func(b *shoptest.Browser) (h homeJSON) {
			t.Helper()
			if err := json.Unmarshal([]byte(b.Get("/api/v1/home").Body), &h); err != nil {
				t.Fatal(err)
			}
			return h
		}
		stranger := read(s.Browser())
		student, private := s.SignedIn(shoptest.Student), s.SignedIn(shoptest.Private)
		before := read(student)
		students, buyers := teach(t, s)
		const title = "Popular with people like you"
		at := func(h homeJSON) int {
			for i, sec := range h.Sections {
				if sec.Title == title {
					return i
				}
			}
			return -1
		}
		h := read(student)
		n := at(h)
		if n < 1 {
			t.Fatalf("the student sees %+v", h.Sections)
		}
		if before.Sections[0].Title != h.Sections[0].Title {
			t.Error("it pushed the segment's own shelf from the first place")
		}
		first := h.Sections[n].Products[0].Slug
		name := s.Text("SELECT name FROM products WHERE slug = ?", first)
		if !strings.Contains(h.Sections[n].Reason, fmt.Sprintf("%d of %d people", buyers, students)) || !strings.Contains(h.Sections[n].Reason, "Student") ||
			!strings.Contains(name, strings.SplitN(h.Sections[n].Reason, " was bought", 2)[0]) {
			t.Errorf("%q about %s", h.Sections[n].Reason, name)
		}
		// On the shelf of reference books the one that students buy has come to the front.
		lead := func(h homeJSON) string { return h.Sections[0].Products[0].Slug }
		third := s.Text("SELECT slug FROM products WHERE code = ?", "BK03")
		if on := slices.ContainsFunc(before.Sections[0].Products, func(p struct{ Slug string }) bool { return p.Slug == third }); on && lead(h) != third {
			t.Errorf("the shelf begins with %s, students buy %s", lead(h), third)
		}
		for who, b := range map[string]*shoptest.Browser{"a stranger": s.Browser(), "who switched it off": private} {
			if got := read(b); at(got) >= 0 || got.Segment != stranger.Segment {
				t.Errorf("%s sees %+v", who, got.Sections)
			}
		}
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			return customer.SetConsent(ctx, tx, s.Customers[shoptest.Student], customer.Personalize, false, "test", s.Now())
		})
		if at(read(student)) >= 0 {
			t.Error("it goes on without consent")
		}
	})
}

package storefront_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/shoptest"
)

// within lists the texts of the elements of a name in the first thing found.
func within(page *shoptest.Page, outer, tag string) (all []string) {
	for _, n := range page.All(outer) {
		for d := range n.Descendants() {
			if d.Type == html.ElementNode && d.Data == tag {
				all = append(all, shoptest.Text(d))
			}
		}
		break
	}
	return all
}

// headings are those of the shelves of a home page, from the top.
func headings(home *shoptest.Page) (all []string) {
	for _, n := range home.All("section.shelf") {
		for d := range n.Descendants() {
			if d.Type == html.ElementNode && d.Data == "h2" {
				all = append(all, shoptest.Text(d))
			}
		}
	}
	return all
}

// effectOf reads what the page says a tile changes.
func effectOf(t *testing.T, page *shoptest.Page, kind, value string) string {
	t.Helper()
	for _, label := range page.All("label.tile") {
		for _, box := range page.All("input") {
			if shoptest.Attr(box, "name") == kind && shoptest.Attr(box, "value") == value && box.Parent == label {
				text := shoptest.Text(label)
				_, effect, _ := strings.Cut(text, customer.TileName(kind, value).En)
				return strings.TrimSpace(effect)
			}
		}
	}
	t.Fatalf("no tile %s %s", kind, value)
	return ""
}

// Each tile says before the click what it changes, and the home page that
// follows is the proof: the page it opens has that title, the shelf it moves
// stands before every other, in the sections and in the list of departments.
func TestEveryTileDoesWhatItSays(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.SignedIn(shoptest.Student)
	moved, opened, nothing := 0, 0, 0
	ofShelf := map[string]string{"Baby & Nursery": "Baby"} // the page's own words for its section of it
	for _, kind := range customer.Kinds {
		for _, value := range customer.Tiles(kind) {
			b.Post("/account/interests", "none", "1")
			effect := effectOf(t, b.Get("/account/interests"), kind, value)
			before := b.Get("/")
			if p := b.Post("/account/interests", kind, value); p.Status != http.StatusSeeOther {
				t.Fatalf("%s %s: %d", kind, value, p.Status)
			}
			about := b.Get("/account/interests")
			home := b.Get("/")
			if title, ok := strings.CutPrefix(effect, "opens “"); ok {
				opened++
				title, _, _ = strings.Cut(title, "”")
				if got := home.Texts("h1")[0]; got != title || before.Texts("h1")[0] == title {
					t.Errorf("%s: %q, and the home page is %q", value, effect, got)
				}
			}
			if _, shelf, ok := strings.Cut(effect, "moves "); ok {
				moved++
				shelf = strings.TrimSuffix(shelf, " up")
				if got := home.Texts("span.dept-name")[0]; got != shelf {
					t.Errorf("%s: %q, and the first department is %s", value, effect, got)
				}
				if got := headings(home)[0]; got != shelf && got != ofShelf[shelf] {
					t.Errorf("%s: %q, and the first shelf is %q", value, effect, got)
				}
			}
			if effect == "changes nothing for you now" {
				nothing++
				if home.Main() != before.Main() {
					t.Errorf("%s says that it changes nothing, and the home page changes", value)
				}
			}
			if now, got := within(about, "ol.now", "li"), headings(home); len(now) == 0 || !slices.Equal(got, now) {
				t.Errorf("%s: the page says %v, the home page %v", value, now, got)
			}
		}
	}
	if moved < 4 || opened < 1 || nothing < 10 {
		t.Errorf("%d tiles moved, %d opened, %d changed nothing: too few to have shown anything", moved, opened, nothing)
	}
	private := s.SignedIn(shoptest.Private).Get("/account/interests")
	if got := effectOf(t, private, "life", "student"); got != "" || !strings.Contains(private.Text(), "Personal pages are off") {
		t.Errorf("with personal pages off a tile claims %q", got)
	}
}

// A child that was said once grows: age, size, and the size in which a product
// opens follow the clock, nobody edits anything.
func TestAChildsSizeMovesOnByItself(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		b := s.SignedIn(shoptest.Student)
		if p := b.Post("/account/dates", "kind", "child", "size", ""); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text(), "Choose one of the sizes") {
			t.Errorf("no size: %d", p.Status)
		}
		b.Post("/account/dates", "kind", "child", "size", "3-6m", "label", "Bo")
		row := func() string { return shoptest.Text(b.Get("/account/dates").One("li.row")) }
		if got := row(); !strings.Contains(got, "4 months old today, wears 3–6 months; 6–9 months from") || !strings.Contains(got, "estimated from size 3–6 months") {
			t.Errorf("the row says %q", got)
		}
		s.Pass(100 * 24 * time.Hour)
		b = s.SignedIn(shoptest.Student)
		if got := row(); !strings.Contains(got, "7 months old today, wears 6–9 months") {
			t.Errorf("a hundred days later: %q", got)
		}
		if got := b.Get("/account/privacy").Text(); !strings.Contains(got, "7 months old today") || !strings.Contains(got, "A guess") {
			t.Error("what we know does not say so")
		}
	})
}

// Moving the clock over a birthday changes the age on the account's pages, 29
// February included.
func TestABirthdayChangesTheAgeWithoutAnEdit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d) // on 2 March 2026
		b := s.SignedIn(shoptest.Student)
		for born, age := range map[string]string{"2004-02-29": "22", "2004-03-02": "22", "2004-03-03": "21", "2003-11-01": "22"} {
			b.Post("/account/details", "name", "Chen", "birth_date", born, "country", "US", "lang", "en", "channel", "")
			for path, words := range map[string]string{"/account/details": "You are " + age + " today", "/account/privacy": age + " years old today"} {
				if !strings.Contains(b.Get(path).Text(), words) {
					t.Errorf("born %s: %s does not say %q", born, path, words)
				}
			}
		}
		b.Post("/account/details", "name", "Chen", "birth_date", "2004-02-29", "country", "US", "lang", "en", "channel", "")
		s.Pass(363 * 24 * time.Hour) // 28 February 2027
		b = s.SignedIn(shoptest.Student)
		if !strings.Contains(b.Get("/account/details").Text(), "You are 22 today") {
			t.Error("on 28 February somebody born on the 29th has turned already")
		}
		s.Pass(24 * time.Hour)
		if !strings.Contains(b.Get("/account/details").Text(), "You are 23 today") {
			t.Error("on 1 March they have not")
		}
	})
}

// A year after it was said, a fact is asked about once; one click confirms one
// or all, and nothing else is confirmed with it.
func TestAYearLaterThePersonIsAskedWhetherItStillHolds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		b := s.SignedIn(shoptest.Student)
		if n := len(b.Get("/account").All("section[aria-labelledby=still]")); n != 0 {
			t.Error("a new account is asked")
		}
		s.Pass(300 * 24 * time.Hour)
		b = s.SignedIn(shoptest.Student)
		b.Post("/account/details", "name", "Chen Yu", "phone", "030 1234567", "country", "US", "lang", "en", "channel", "phone")
		s.Pass(70 * 24 * time.Hour)
		b = s.SignedIn(shoptest.Student)
		page := b.Get("/account")
		asked := within(page, "section[aria-labelledby=still]", "strong")
		if !slices.Equal(asked, []string{"Name", "Country", "What fills your days"}) {
			t.Fatalf("asked about %v", asked)
		}
		b.Post("/account/confirm", "fact", "country")
		if asked := within(b.Get("/account"), "section[aria-labelledby=still]", "strong"); !slices.Equal(asked, []string{"Name", "What fills your days"}) {
			t.Errorf("after confirming one: %v", asked)
		}
		b.PostForm("/account/confirm", map[string][]string{"fact": {"name", "life", "date:nobodys"}})
		if n := len(b.Get("/account").All("section[aria-labelledby=still]")); n != 0 {
			t.Error("after confirming all it still asks")
		}
		if text := b.Get("/account/privacy").Text(); !strings.Contains(text, "and that it still holds on") {
			t.Error("what we know does not say that it was confirmed")
		}
		b.Post("/account/privacy/forget", "kind", "phone", "value", "")
		if n := s.Count("SELECT count(*) FROM customers WHERE phone <> ''"); n != 0 {
			t.Error("a crossed-out phone number stays")
		}
		if p := b.Post("/account/privacy/forget", "kind", "email", "value", ""); p.Status != http.StatusNotFound {
			t.Errorf("crossing out what is no fact: %d", p.Status)
		}
	})
}

// The hour is shown from three looks on, with its evidence and a cross.
func TestTheHourIsShownWithACross(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.SignedIn(shoptest.Student)
	if text := b.Get("/account/privacy").Text(); !strings.Contains(text, "Fewer than three looks") {
		t.Error("with no looks the hour is not called unknown")
	}
	for range 3 {
		b.Get("/p/calm-bottle")
	}
	if err := s.Events.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if text := b.Get("/account/privacy").Text(); !strings.Contains(text, "between 10:00 and 11:00") {
		t.Error("after three looks at ten the hour is not ten")
	}
	s.Pass(time.Minute)
	b.Post("/account/privacy/forget", "kind", "hour", "value", "")
	if text := b.Get("/account/privacy").Text(); !strings.Contains(text, "Fewer than three looks") {
		t.Error("crossed out, and still there")
	}
}

package storefront_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/recommend"
	"regulars/internal/shoptest"
)

// visits teaches the shop that so many other visitors looked at these, one
// after the other.
func visits(s *shoptest.Shop, n int, codes ...string) {
	at := s.Now().Add(-48 * time.Hour)
	for range n {
		var clicks []recommend.Click
		sessions, _ := s.Sessions.Size()
		for j, code := range codes {
			clicks = append(clicks, recommend.Click{Who: int64(1000 + sessions), At: at.Add(time.Duration(sessions*60+j) * 10 * time.Second).UnixMilli(),
				Product: recommend.ProductID(s.Products[code])})
		}
		s.Sessions.Learn(clicks)
	}
}

// crowd is a log in which readers compare books and lamps, and many who look at
// the notebook then look at what must not be shown.
func crowd(s *shoptest.Shop) {
	visits(s, 6, "BK01", "BK02", "BK03")
	visits(s, 5, "BK01", "BB02")
	visits(s, 9, "BK01", "TL02", "BB07") // sold out, sensitive
	visits(s, 4, "BB09", "BB02", "BB05")
	visits(s, 30, "BB03", "BB12")
	visits(s, 2, "BK01", "BB12") // too few to say so
}

// thenLooked reads the block's cards: name and reason.
func thenLooked(p *shoptest.Page) (names []string, reasons string) {
	_, block, ok := strings.Cut(p.Body, `aria-labelledby="looked"`)
	if !ok {
		return nil, ""
	}
	block, _, _ = strings.Cut(block, "</section>")
	for _, name := range []string{"Squared Notebook", "Desk Lamp", "Bottle Warmer", "Jig Saw", "Infant Formula", "Stacking Rings", "Calculus, Slowly"} {
		if strings.Contains(block, name) {
			names = append(names, name)
		}
	}
	return names, block
}

func TestOthersThenLookedAt(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	crowd(s)
	p := s.Browser().Get("/p/calculus-slowly")
	sound(t, "/p/calculus-slowly", p)
	names, block := thenLooked(p)
	if !slices.Equal(names, []string{"Squared Notebook", "Desk Lamp", "Bottle Warmer"}) {
		t.Fatalf("after the book came %q", names)
	}
	// 22 visits went on from the book: 6 to notebook and lamp, 5 to the warmer.
	for _, want := range []string{"Afterwards in 6 of 22 visits", "Afterwards in 5 of 22 visits"} {
		if !strings.Contains(block, want) {
			t.Errorf("%q is not in %s", want, block)
		}
	}
	zh := s.Browser().Get("/zh/p/calculus-slowly")
	sound(t, "/zh/p/calculus-slowly", zh)
	if !strings.Contains(zh.Text(), "22 次访问里，有 6 次接着看了它") {
		t.Error("the reason is not in Chinese")
	}

	// What is in the cart is gone from it; what stands elsewhere on the page, too.
	b := s.Browser()
	b.Post("/cart/items", "sku", "BB02")
	if names, _ := thenLooked(b.Get("/p/calculus-slowly")); slices.Contains(names, "Bottle Warmer") {
		t.Error("what is in the cart is suggested")
	}
	for _, path := range []string{"/p/calculus-slowly", "/p/calm-bottle", "/p/spare-teats", "/p/jig-saw"} {
		seen := map[string]bool{}
		for _, name := range s.Browser().Get(path).Texts(".card-name") {
			if seen[name] {
				t.Errorf("%s stands twice on %s", name, path)
			}
			seen[name] = true
		}
	}
	found := suggestions(t, s.Browser(), "calculus-slowly", "?limit=24")
	at := slices.IndexFunc(found, func(f suggested) bool { return f.Slug == "desk-lamp" })
	if at < 0 {
		t.Fatalf("the API does not suggest the lamp: %v", slugs(found))
	}
	for i, f := range found {
		if f.Slug == "jig-saw" || f.Slug == "infant-formula" || f.Kind != "simple" || f.Reason == "" || slices.Contains(slugs(found[:i]), f.Slug) {
			t.Errorf("suggested: %+v", f)
		}
	}
}

// The visit of whoever allows it shapes the next page, to the last click and
// before it is in the database; nobody else's does, and a no counts at once.
func TestTheRunningVisitCountsForWhoAllowsIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		crowd(s)
		guest, private := s.Browser(), s.SignedIn(shoptest.Private)
		same := func(when string) {
			t.Helper()
			for _, path := range []string{"/", "/zh/", "/p/calculus-slowly", "/p/cotton-bodies"} {
				want := s.Browser().Get(path).Main()
				if guest.Get(path).Main() != want {
					t.Errorf("%s: %s differs between guests", when, path)
				}
				if tokenless(private.Get(path).Main()) != tokenless(want) {
					t.Errorf("%s: %s differs for whoever has it switched off", when, path)
				}
			}
		}
		same("before anything")

		open := s.Browser()
		open.Post("/privacy", "personalize", "on")
		open.Get("/privacy") // takes the notice away
		home := func() string { return open.Get("/").Text() }
		if strings.Contains(home(), "Because you looked at") {
			t.Error("nothing was looked at yet")
		}
		open.Get("/p/calculus-slowly")
		if got := home(); !strings.Contains(got, "Because you looked at Calculus, Slowly") {
			t.Errorf("the last click does not count at the next page: %s", got)
		}
		if err := s.Events.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		open.Get("/p/cotton-bodies")
		got := home()
		if !strings.Contains(got, "Because you looked at Cotton Bodies") || strings.Contains(got, "Because you looked at Calculus") {
			t.Errorf("the home page goes by an older click: %s", got)
		}
		var api struct {
			Sections []struct {
				Title    string
				Products []struct{ Slug string }
			}
		}
		if err := json.Unmarshal([]byte(open.Get("/api/v1/home").Body), &api); err != nil {
			t.Fatal(err)
		}
		in := func(slug string) bool {
			for _, sec := range api.Sections {
				if strings.HasPrefix(sec.Title, "Because you looked at") {
					return slices.ContainsFunc(sec.Products, func(p struct{ Slug string }) bool { return p.Slug == slug })
				}
			}
			return false
		}
		if !in("bottle-warmer") || !in("first-porridge") || in("cotton-bodies") {
			t.Errorf("the API's sections: %+v", api.Sections)
		}
		// What was seen on the way is not held up again, and the page says whose order it is.
		open.Get("/p/desk-lamp")
		names, block := thenLooked(open.Get("/p/calculus-slowly"))
		if !slices.Equal(names, []string{"Squared Notebook", "Bottle Warmer"}) || !strings.Contains(block, "In the order that fits your visit so far") {
			t.Errorf("after lamp and book came %q: %s", names, block)
		}
		if _, block := thenLooked(guest.Get("/p/calculus-slowly")); !strings.Contains(block, "Desk Lamp") || strings.Contains(block, "your visit") {
			t.Errorf("a guest is told of a visit: %s", block)
		}
		same("while somebody else looks around")

		open.Post("/privacy", "personalize", "off")
		open.Get("/privacy")
		if got := home(); strings.Contains(got, "Because you looked at") {
			t.Errorf("a no does not count at once: %s", got)
		}
		if open.Get("/").Main() != s.Browser().Get("/").Main() {
			t.Error("the page differs from a stranger's after a no")
		}
		open.Post("/privacy", "personalize", "on")
		s.Pass(31 * 24 * time.Hour)
		if strings.Contains(home(), "Because you looked at") {
			t.Error("a visit of last month still leads the home page")
		}
	})
}

// tokenless takes the forms' tokens out, which a session has and a stranger has not.
func tokenless(main string) string {
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(main, `name="_csrf" value="`)
		out.WriteString(before)
		if !ok {
			return out.String()
		}
		_, main, _ = strings.Cut(rest, `"`)
	}
}

func TestSharedBrowserKeepsTheAccountsVisitToItself(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	crowd(s)
	b := s.Browser()
	b.Post("/privacy", "personalize", "on")
	b.Post("/signin", "email", shoptest.Student, "password", shoptest.Password)
	b.Get("/p/calculus-slowly")
	if !strings.Contains(b.Get("/").Text(), "Because you looked at Calculus") {
		t.Fatal("the account's own look does not count")
	}
	if p := b.Submit(b.Get("/signout"), "/signout"); p.Status != http.StatusSeeOther {
		t.Fatalf("sign out: %d", p.Status)
	}
	if strings.Contains(b.Get("/").Text(), "Calculus, Slowly Because") || strings.Contains(b.Get("/").Text(), "Because you looked at Calculus") {
		t.Error("whoever comes after sees what the account looked at")
	}
}

// A page of something sold out has what to take instead; that stands nowhere
// else on it.
func TestWhatStandsInsteadStandsOnce(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	visits(s, 9, "TL02", "TL01", "BK02")
	visits(s, 9, "TL02", "BK03", "BK02")
	visits(s, 60, "BB03", "BB12")
	p := s.Browser().Get("/p/jig-saw")
	names, _ := thenLooked(p)
	if !slices.Contains(names, "Squared Notebook") || !slices.Contains(names, "Desk Lamp") {
		t.Errorf("after the saw came %q", names)
	}
	if n := strings.Count(strings.Join(p.Texts(".card-name"), "|"), "Drill Driver"); n != 1 {
		t.Errorf("the drill stands %d times on the page", n)
	}
}

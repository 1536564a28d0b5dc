package storefront_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/homepage"
	"regulars/internal/i18n"
	"regulars/internal/shoptest"
)

// hrefOf is where a card leads.
func hrefOf(card *html.Node) string {
	for n := range card.Descendants() {
		if n.Data == "a" {
			return shoptest.Attr(n, "href")
		}
	}
	return ""
}

// anyPage is a home page as a merchant who tries everything might write it.
func anyPage(r *rand.Rand, s *shoptest.Shop, shelves []catalog.CategoryID) homepage.Page {
	words := func(what string) i18n.Text { return i18n.Text{En: fmt.Sprint(what, " ", r.IntN(1000))} }
	p := homepage.Page{Title: words("Title"), Lead: words("Lead")}
	codes := []string{"BB01", "BB02", "BB03", "BB05", "BB07", "BB09", "BB12", "BK01", "BK02", "BK03", "TL01", "TL02"}
	if r.IntN(3) == 0 {
		p.Hero = s.Products[codes[r.IntN(len(codes))]]
	}
	own := map[string]bool{}
	for range r.IntN(homepage.MostSections + 1) {
		sec := homepage.Section{Kind: homepage.Kinds[r.IntN(len(homepage.Kinds))], Title: words("Shelf"), Reason: words("Because"), Cards: r.IntN(homepage.MostCards + 1)}
		if homepage.Own(sec.Kind) && own[sec.Kind] {
			continue
		}
		own[sec.Kind] = true
		if r.IntN(2) == 0 || sec.Kind == homepage.Category || sec.Kind == homepage.Banner {
			sec.Category = shelves[r.IntN(len(shelves))]
		}
		switch sec.Kind {
		case homepage.Picked:
			for range 1 + r.IntN(8) {
				sec.Products = append(sec.Products, s.Products[codes[r.IntN(len(codes))]])
			}
		case homepage.Searches:
			sec.Words = []i18n.Text{words("bottle"), {En: "lamp & more", Zh: "台灯"}}
		}
		p.Sections = append(p.Sections, sec)
	}
	return p
}

// Whatever merchants write, carts hold and people looked at: no product stands
// on a home page twice, none that cannot be bought or is sensitive stands on a
// shelf, no page is empty, and whoever has personal pages off sees the
// stranger's.
func TestNothingStandsOnAHomePageTwice(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		ctx := context.Background()
		s.Learn([]string{"BB01", "BB03"}, []string{"BB01", "BB03", "BB05"}, []string{"BB01", "BB03"}, []string{"BK01", "BK02"}, []string{"BK02", "BK03", "BB09"}, []string{"BK02", "BK03"}, []string{"BK02", "BK03"})
		tree, err := catalog.LoadTree(ctx, s.DB)
		if err != nil {
			t.Fatal(err)
		}
		shelves := []catalog.CategoryID{987654} // one that is gone
		for _, k := range tree.Roots() {
			shelves = append(shelves, tree.Under(k.ID)...)
		}
		student, private, guest := s.SignedIn(shoptest.Student), s.SignedIn(shoptest.Private), s.Browser()
		for _, sku := range []string{"BK02", "BB03"} {
			student.Post("/cart/items", "sku", sku)
		}
		student.Submit(student.Follow(student.Submit(student.Get("/checkout"), "/checkout", address...)), "/gateway/test/", "outcome", "paid")
		skus := []string{"BB02", "BB03", "BB05", "BB09", "BB12", "BK01", "BK02", "BK03", "TL01"}
		slugs := []string{"calm-bottle", "infant-formula", "desk-lamp", "jig-saw", "first-porridge", "drill-driver"}
		seed := uint64(20020501)
		r := rand.New(rand.NewPCG(seed, 1))
		kinds := map[string]int{}
		for round := range 40 {
			s.Tx(func(ctx context.Context, tx *db.Tx) error {
				for _, v := range []homepage.Variant{{Key: "student", Audience: "student", Position: 1}, {Key: homepage.Default}} {
					v.Name, v.Active, v.Page = i18n.Text{En: v.Key}, true, anyPage(r, s, shelves)
					if err := homepage.Put(ctx, tx, v, s.Now()); err != nil {
						return err
					}
				}
				return nil
			})
			for range r.IntN(3) {
				student.Post("/cart/items", "sku", skus[r.IntN(len(skus))])
				private.Post("/cart/items", "sku", skus[r.IntN(len(skus))])
				student.Get("/p/" + slugs[r.IntN(len(slugs))])
			}
			if err := s.Events.Flush(ctx); err != nil {
				t.Fatal(err)
			}
			private.Get("/cart") // takes the notice away
			student.Get("/cart")
			for who, b := range map[string]*shoptest.Browser{"student": student, "guest": guest, "private": private} {
				page := b.Get("/")
				seen := map[string]bool{}
				for _, a := range page.All("li.card") {
					slug, _, _ := strings.Cut(hrefOf(a), "?")
					if slug == "" || seen[slug] {
						t.Errorf("seed %d, round %d: %s sees %q twice", seed, round, who, slug)
					}
					seen[slug] = true
				}
				if len(seen) == 0 {
					t.Errorf("seed %d, round %d: %s sees an empty page", seed, round, who)
				}
				sound(t, fmt.Sprintf("/ of %s in round %d", who, round), page)
				var home homeJSON
				if err := json.Unmarshal([]byte(b.Get("/api/v1/home").Body), &home); err != nil {
					t.Fatal(err)
				}
				shown := map[string]bool{}
				for _, sec := range home.Sections {
					kinds[strings.SplitN(sec.Title, " ", 2)[0]]++
					for _, k := range sec.Products {
						if shown[k.Slug] || k.Slug == "infant-formula" || k.Slug == "jig-saw" {
							t.Errorf("seed %d, round %d: %s is shown %s", seed, round, who, k.Slug)
						}
						shown[k.Slug] = true
					}
				}
			}
			for _, path := range []string{"/", "/zh/"} {
				if private.Get(path).Main() != guest.Get(path).Main() {
					t.Errorf("seed %d, round %d: %s of who has personal pages off differs from a stranger's", seed, round, path)
				}
			}
			if private.Get("/api/v1/home").Body != guest.Get("/api/v1/home").Body {
				t.Errorf("seed %d, round %d: what the API says to who has personal pages off differs", seed, round)
			}
		}
		if kinds["Shelf"] < 100 || kinds["Buy"] == 0 {
			t.Errorf("too little was shown to prove anything: %v", kinds)
		}
	})
}

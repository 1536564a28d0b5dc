package storefront_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/homepage"
	"regulars/internal/i18n"
	"regulars/internal/segment"
	"regulars/internal/shoptest"
)

// homeJSON is what /api/v1/home says.
type homeJSON struct {
	Segment, Reason string
	Sections        []struct {
		Title, Reason string
		Products      []struct{ Slug string }
	}
}

func TestEveryReasonShownIsTrueWhenRecomputed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		ctx := context.Background()
		var baskets [][]string
		for i := range 40 {
			basket := []string{[]string{"BB01", "BK01", "TL01"}[i%3], []string{"BB05", "BK02", "BB09", "BK03"}[i%4]}
			baskets = append(baskets, append(basket, []string{"BB03", "BB12", "BK02"}[i%5%3]))
		}
		s.Learn(baskets...)
		student := s.SignedIn(shoptest.Student)
		ordered := []string{"BK02", "BB02", "BB03"}
		for _, sku := range ordered {
			student.Post("/cart/items", "sku", sku)
		}
		student.Submit(student.Follow(student.Submit(student.Get("/checkout"), "/checkout", append(slices.Clone(address), "email", shoptest.Student)...)), "/gateway/test/", "outcome", "paid")
		student.Post("/cart/items", "sku", "BK03")
		student.Get("/p/bottle-warmer")
		if err := s.Events.Flush(ctx); err != nil {
			t.Fatal(err)
		}

		tree, err := catalog.LoadTree(ctx, s.DB)
		if err != nil {
			t.Fatal(err)
		}
		product := func(slug string) *catalog.Product {
			t.Helper()
			p, err := catalog.BySlug(ctx, s.DB, slug)
			if err != nil {
				t.Fatalf("%s: %v", slug, err)
			}
			return p
		}
		under := func(p *catalog.Product, shelf catalog.CategoryID) bool {
			return slices.Contains(tree.Under(shelf), *p.CategoryID)
		}
		paid := func(id customer.ID, p *catalog.Product) bool {
			return s.Count(`SELECT count(*) FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE o.customer_id = ? AND l.product_id = ? AND o.state <> 'cancelled' AND o.payment_state = 'paid'`,
				int64(id), int64(p.ID)) > 0
		}
		segments, err := segment.List(ctx, s.DB)
		if err != nil {
			t.Fatal(err)
		}
		together := regexp.MustCompile(`^Bought together with (.+) in (\d+) of (\d+) orders$`)
		also := regexp.MustCompile(`^Also in (.+)$`)
		checked := map[string]int{}
		for who, b := range map[string]*shoptest.Browser{shoptest.Student: student, shoptest.Private: s.SignedIn(shoptest.Private), "": s.Browser()} {
			id := s.Customers[who]
			known := segment.Known{Now: s.Now()}
			if id != 0 {
				if known, err = segment.Facts(ctx, s.DB, id, s.Now()); err != nil {
					t.Fatal(err)
				}
			}
			var home homeJSON
			if err := json.Unmarshal([]byte(b.Get("/api/v1/home").Body), &home); err != nil {
				t.Fatal(err)
			}
			key, reason := segment.Decide(segments, known)
			i := slices.IndexFunc(segments, func(x segment.Segment) bool { return x.Key == key })
			if reason == (i18n.Text{}) {
				reason = segments[i].Why
			}
			if home.Segment != key || home.Reason != reason.En {
				t.Errorf("%q sees %s because %q, the facts say %s because %q", who, home.Segment, home.Reason, key, reason.En)
			}
			page, err := homepage.ByKey(ctx, s.DB, key)
			if err != nil {
				t.Fatal(err)
			}
			written := slices.Clone(page.Page.Sections)
			if id != 0 && who != shoptest.Private {
				written = append(written, homepage.Section{Kind: "again", Title: i18n.Text{En: "Buy again"}, Reason: i18n.Text{En: "From your orders: what you buy often, and what people buy these weeks, first."}},
					homepage.Section{Kind: "goes", Title: i18n.Text{En: "Goes with what you bought"}, Reason: i18n.Text{En: "In other orders these came together with things you bought."}})
			}
			for _, shown := range home.Sections {
				at := slices.IndexFunc(written, func(w homepage.Section) bool { return w.Title.En == shown.Title })
				if at < 0 || written[at].Reason.En != shown.Reason {
					t.Errorf("%q: the shelf %q because %q is nobody's", who, shown.Title, shown.Reason)
					continue
				}
				for _, k := range shown.Products {
					p := product(k.Slug)
					checked[written[at].Kind]++
					switch written[at].Kind {
					case "category":
						if !under(p, written[at].Category) {
							t.Errorf("%q: %s does not stand on the shelf %q", who, k.Slug, shown.Title)
						}
					case "again":
						if !paid(id, p) {
							t.Errorf("%q never bought %s", who, k.Slug)
						}
					case "goes":
						met := slices.ContainsFunc(baskets, func(basket []string) bool {
							return slices.Contains(basket, p.Code) && slices.ContainsFunc(basket, func(code string) bool { return slices.Contains(ordered, code) })
						})
						if !met || paid(id, p) {
							t.Errorf("%q is told that %s goes with %v", who, k.Slug, ordered)
						}
					}
				}
			}
			front := b.Get("/")
			for _, shelf := range front.All("section[aria-labelledby=continue]") {
				checked["continue"]++
				words := shoptest.Text(shelf)
				for _, p := range []struct {
					name string
					mine bool // in the cart, or looked at
				}{{"Desk Lamp", true}, {"Bottle Warmer", true}, {"Squared Notebook", false}, {"Drill Driver", false}, {"Calm Bottle", false}} {
					if strings.Contains(words, p.name) != (p.mine && who == shoptest.Student) {
						t.Errorf("%q goes on with: %s", who, words)
					}
				}
			}
			for _, slug := range []string{"calm-bottle", "calculus-slowly", "drill-driver", "desk-lamp", "squared-notebook", "bottle-warmer"} {
				from := product(slug)
				for _, f := range suggestions(t, b, slug, "") {
					p := product(f.Slug)
					switch m := together.FindStringSubmatch(f.Reason); {
					case m != nil:
						checked["together"]++
						n, of := 0, 0
						for _, basket := range baskets {
							if slices.Contains(basket, from.Code) {
								of++
								if slices.Contains(basket, p.Code) {
									n++
								}
							}
						}
						if m[1] != from.Name.En || m[2] != fmt.Sprint(n) || m[3] != fmt.Sprint(of) {
							t.Errorf("%s: %s %q, but it was in %d of %d orders with %s", slug, f.Slug, f.Reason, n, of, from.Name.En)
						}
					case also.MatchString(f.Reason):
						checked["also"]++
						shelf, ok := tree.ByID(*from.CategoryID)
						if root := tree.Path(shelf.ID)[0]; also.FindStringSubmatch(f.Reason)[1] == root.Name.En {
							shelf = root
						}
						if !ok || also.FindStringSubmatch(f.Reason)[1] != shelf.Name.En || !under(p, shelf.ID) {
							t.Errorf("%s: %s %q", slug, f.Slug, f.Reason)
						}
					case f.Reason == "Among what sells now":
						checked["now"]++
						if !slices.ContainsFunc(baskets, func(basket []string) bool { return slices.Contains(basket, p.Code) }) {
							t.Errorf("%s: %s never sold", slug, f.Slug)
						}
					default:
						checked["written"]++
						relations, err := catalog.RelationsFrom(ctx, s.DB, []catalog.ProductID{from.ID})
						if err != nil {
							t.Fatal(err)
						}
						if !slices.ContainsFunc(relations, func(r catalog.Relation) bool { return r.ToID == p.ID && r.Reason.En == f.Reason && r.Kind != "never" }) {
							t.Errorf("%s: nobody wrote %q of %s", slug, f.Reason, f.Slug)
						}
					}
					if !p.Published || p.Sensitive || !f.InStock || p.Durable && who == shoptest.Student && paid(id, p) {
						t.Errorf("%q is suggested %s with %s", who, f.Slug, slug)
					}
				}
			}
		}
		for _, kind := range []string{"category", "again", "goes", "best", "continue", "together", "written"} {
			if checked[kind] == 0 {
				t.Errorf("no reason of kind %s was shown: %v", kind, checked)
			}
		}
	})
}

package storefront_test

import (
	"context"
	"math/rand/v2"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/homepage"
	"regulars/internal/i18n"
	"regulars/internal/shoptest"
	"regulars/internal/trait"
)

// someoneElse is a visitor of the fuzzed shop, and what they allow.
type someoneElse struct {
	name              string
	b                 *shoptest.Browser
	account           bool
	personal, history bool
	cart              bool
}

var (
	token      = regexp.MustCompile(`name="_csrf" value="[^"]*"`)
	ofSomebody = regexp.MustCompile(`You told us|You bought|您告诉我们|您在|Buy again|再次购买|Pick up where|aria-labelledby="continue"|account/privacy#traits`)
)

// bare is the <main> of a page without form tokens.
func bare(p *shoptest.Page) string {
	_, rest, _ := strings.Cut(p.Body, "<main")
	main, _, _ := strings.Cut(rest, "</main>")
	return token.ReplaceAllString(main, "")
}

// shareable reports whether a cache between shop and browser may keep an
// answer for others.
func shareable(p *shoptest.Page) bool {
	says := p.Header.Get("Cache-Control")
	return !strings.Contains(says, "private") && !strings.Contains(says, "no-store")
}

func fromEnv(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// Guests, visitors who said yes, customers with each switch on and off, and
// staff wander about, change their minds, fill carts and sign in and out, in
// any order. No answer that others may be given holds anything of a person,
// and whoever does not allow personal pages sees the stranger's: the home page
// byte for byte, whatever they did, and the others wherever no cart of theirs
// has to be left out of what is suggested.
// FUZZ_REQUESTS=100000 is the length that make simulate runs; FUZZ_SEED=17
// repeats a seed.
func TestNothingPersonalReachesSomebodyElse(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		requests := fromEnv("FUZZ_REQUESTS", 1500)
		if !d.Embedded() {
			requests /= 3
		}
		seed := uint64(fromEnv("FUZZ_SEED", 20020501))
		f := &fuzz{T: t, Shop: shoptest.New(t, d), r: rand.New(rand.NewPCG(seed, 7)), guests: map[string]string{}, files: map[string]string{}, counts: map[string]int{}}
		f.furnish()
		for f.asked < requests && !t.Failed() {
			who := f.people[f.r.IntN(len(f.people))]
			if f.r.IntN(12) == 0 {
				f.act(who)
				continue
			}
			f.look(who)
			if f.asked%10_000 == 0 {
				t.Logf("%d requests: %v", f.asked, f.counts)
			}
		}
		if t.Failed() {
			t.Fatalf("found after %d requests; FUZZ_SEED=%d FUZZ_REQUESTS=%d repeats it", f.asked, seed, requests)
		}
		for _, kind := range []string{"neutral home", "neutral page", "own home", "shared"} {
			if f.counts[kind] < requests/100 {
				t.Errorf("of %d requests too few prove anything: %v", requests, f.counts)
			}
		}
		t.Logf("%d requests: %v", f.asked, f.counts)
	})
}

type fuzz struct {
	*testing.T
	*shoptest.Shop
	r      *rand.Rand
	people []*someoneElse
	guests map[string]string // what a stranger sees, by path
	files  map[string]string // the same of what is shared
	counts map[string]int
	asked  int
}

// furnish gives the shop everything that could be personal: variants, orders,
// a trait with its link, people of every sort.
func (f *fuzz) furnish() {
	s := f.Shop
	crowd(s)
	s.Learn([]string{"BB01", "BB03"}, []string{"BB01", "BB03", "BB05"}, []string{"BB01", "BB03"}, []string{"BK02", "BK03", "BB09"}, []string{"BK02", "BK03"}, []string{"BK02", "BK03"})
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		words := i18n.Text{En: "Fitting out", Zh: "置办"}
		if err := trait.Add(ctx, tx, &trait.Trait{Key: "fitting", Name: words, Who: words, Active: true, Rule: trait.Rule{Any: []trait.Condition{{Fact: "life", Is: "student"}}}}, s.Now()); err != nil {
			return err
		}
		tree, err := catalog.LoadTree(ctx, tx)
		if err != nil {
			return err
		}
		drills, _ := tree.BySlug("drills")
		if err := trait.PutLink(ctx, tx, trait.Link{Trait: "fitting", CategoryID: drills.ID, Reason: i18n.Text{En: "For the shelf above the desk"}, Active: true}, s.Now()); err != nil {
			return err
		}
		v, err := homepage.ByKey(ctx, tx, homepage.Default)
		if err != nil {
			return err
		}
		v.Page.Sections = append(v.Page.Sections, homepage.Section{Kind: homepage.Again}, homepage.Section{Kind: homepage.Goes}, homepage.Section{Kind: homepage.Looked})
		return homepage.Put(ctx, tx, *v, s.Now())
	})
	for _, who := range []*someoneElse{
		{name: "a stranger", b: s.Browser()}, {name: "a guest with a cart", b: s.Browser()}, {name: "a visitor", b: s.Browser()}, {name: "another visitor", b: s.Browser()},
		{name: "the student", b: s.SignedIn(shoptest.Student), account: true, personal: true, history: true},
		{name: "the private one", b: s.SignedIn(shoptest.Private), account: true},
		{name: "staff", b: s.SignedIn(shoptest.Owner)},
	} {
		f.people = append(f.people, who)
	}
	for _, more := range []struct{ name, personal, history string }{{"with pages only", "on", ""}, {"with history only", "", "on"}, {"with both", "on", "on"}} {
		b := s.Browser()
		email := strings.ReplaceAll(more.name, " ", "-") + "@example.com"
		b.Post("/signup", "email", email, "password", shoptest.Password, "personalize", more.personal)
		if p := b.Post("/signin", "email", email, "password", shoptest.Password); p.Status != 303 {
			f.Fatalf("sign in %s: %d", email, p.Status)
		}
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			k, err := customer.ByEmail(ctx, tx, email)
			if err != nil {
				return err
			}
			return customer.SetInterests(ctx, tx, k.ID, "life", []string{"student"}, s.Now())
		})
		who := &someoneElse{name: "a customer " + more.name, b: b, account: true}
		f.people = append(f.people, who)
		f.allow(who, more.personal == "on", more.history == "on")
	}
	for _, who := range f.people {
		if who.account {
			for _, sku := range []string{"BK02", "BB02", "BB03"} {
				who.b.Post("/cart/items", "sku", sku)
			}
			done := who.b.Submit(who.b.Follow(who.b.Submit(who.b.Get("/checkout"), "/checkout", address...)), "/gateway/test/", "outcome", "paid")
			who.b.Follow(done)
		}
		who.b.Get("/p/desk-lamp")
		who.b.Get("/p/calm-bottle")
	}
	if err := s.Events.Flush(context.Background()); err != nil {
		f.Fatal(err)
	}
}

// allow sets the switches of an account, or of a browser.
func (f *fuzz) allow(who *someoneElse, personal, history bool) {
	var p *shoptest.Page
	if who.account {
		given := url.Values{}
		for purpose, yes := range map[customer.Purpose]bool{customer.Personalize: personal, customer.History: history} {
			if yes {
				given.Add("given", string(purpose))
			}
		}
		p = who.b.PostForm("/account/preferences", given)
	} else {
		p = who.b.Post("/privacy", "personalize", map[bool]string{true: "on", false: "off"}[personal])
	}
	f.asked++
	if p.Status == 303 {
		who.personal, who.history = personal, history
	} else if p.Status != 429 {
		f.Errorf("%s changes their mind: %d %s", who.name, p.Status, p.Text())
	}
	who.b.Get("/privacy") // takes the notice away
}

var fuzzSKUs = []string{"BB03", "BB05", "BB09", "BB12", "BK01", "BK03", "TL01"}

func (f *fuzz) act(who *someoneElse) {
	f.Pass(300 * time.Millisecond) // the limits against abuse refill
	switch f.r.IntN(4) {
	case 0:
		if who.name != "staff" && who.name != "a stranger" {
			f.allow(who, f.r.IntN(3) > 0, f.r.IntN(2) == 0)
		}
	case 1:
		if who.name != "a stranger" && f.r.IntN(3) == 0 {
			who.b.Post("/cart/items", "sku", fuzzSKUs[f.r.IntN(len(fuzzSKUs))])
			who.cart = true
			f.asked++
		}
	case 2:
		for _, id := range f.lines(who) {
			who.b.Post("/cart/items/"+id, "qty", "0")
			f.asked++
		}
		who.cart = len(f.lines(who)) > 0
	default:
		if f.r.IntN(10) == 0 {
			if err := f.Events.Flush(context.Background()); err != nil {
				f.Fatal(err)
			}
		}
	}
	who.b.Get("/delivery") // takes the notice away
}

var lineForm = regexp.MustCompile(`action="/cart/items/([^"]+)"`)

func (f *fuzz) lines(who *someoneElse) []string {
	seen := map[string]bool{}
	var ids []string
	for _, m := range lineForm.FindAllStringSubmatch(who.b.Get("/cart").Body, -1) {
		if !seen[m[1]] {
			seen[m[1]], ids = true, append(ids, m[1])
		}
	}
	return ids
}

var (
	fuzzHomes = []string{"/", "/zh/", "/api/v1/home", "/zh/api/v1/home"}
	fuzzPages = []string{"/c/baby", "/c/reference", "/zh/c/feeding?sort=price", "/p/calm-bottle", "/p/desk-lamp", "/zh/p/squared-notebook", "/p/drill-driver", "/p/jig-saw",
		"/search?q=bottle", "/search?q=nothing-like-it", "/zh/search?q=%E5%8F%B0%E7%81%AF", "/api/v1/products/calm-bottle/suggestions", "/api/v1/products/calculus-slowly/suggestions?limit=3",
		"/api/v1/products?category=baby", "/privacy", "/delivery", "/nothing-here"}
	fuzzFiles = []string{"/robots.txt", "/sitemap.xml", "/art/bottle-25-_-BB01-whole.svg", "/art/lamp-25-_-BK03-whole-dark.svg"}
)

func (f *fuzz) look(who *someoneElse) {
	var path string
	switch n := f.r.IntN(10); {
	case n < 4:
		path = fuzzHomes[f.r.IntN(len(fuzzHomes))]
	case n < 9:
		path = fuzzPages[f.r.IntN(len(fuzzPages))]
	default:
		path = fuzzFiles[f.r.IntN(len(fuzzFiles))]
	}
	p := who.b.Get(path)
	f.asked++
	if shareable(p) {
		f.shared(who, path, p)
		return
	}
	home := strings.HasSuffix(path, "/home") || path == "/" || path == "/zh/"
	if who.personal {
		if home && f.of(p) != f.stranger(path) {
			f.counts["own home"]++
		}
		return
	}
	if m := ofSomebody.FindString(f.of(p)); m != "" && path != "/privacy" {
		f.Errorf("%s, who does not allow it, finds %q on %s", who.name, m, path)
	}
	switch {
	case home:
		f.same(who, path, p)
		f.counts["neutral home"]++
	case !who.cart && !(who.account && who.history && (strings.Contains(path, "/p/") || strings.Contains(path, "suggestions"))) && path != "/privacy" && !strings.Contains(path, "/p/jig-saw"):
		f.same(who, path, p)
		f.counts["neutral page"]++
	}
}

// of is what an answer says, without form tokens.
func (f *fuzz) of(p *shoptest.Page) string {
	if strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
		return bare(p)
	}
	return p.Body
}

// stranger is what a browser without any cookie is told.
func (f *fuzz) stranger(path string) string {
	if f.r.IntN(20) == 0 {
		delete(f.guests, path)
	}
	if _, ok := f.guests[path]; !ok {
		f.guests[path] = f.of(f.Browser().Get(path))
	}
	return f.guests[path]
}

func (f *fuzz) same(who *someoneElse, path string, p *shoptest.Page) {
	if got, want := f.of(p), f.stranger(path); got != want {
		at := 0
		for at < len(got) && at < len(want) && got[at] == want[at] {
			at++
		}
		f.Errorf("%s (cart %v, history %v), who does not allow personal pages, sees at %s\n…%s\na stranger\n…%s", who.name, who.cart, who.history, path,
			got[max(0, at-80):min(len(got), at+200)], want[max(0, at-80):min(len(want), at+200)])
	}
}

// shared holds an answer that others may be given against what a stranger
// gets: the same bytes, and nothing to keep.
func (f *fuzz) shared(who *someoneElse, path string, p *shoptest.Page) {
	f.counts["shared"]++
	if p.Status != 200 {
		f.Errorf("%s: %d", path, p.Status)
	}
	if _, ok := f.files[path]; !ok {
		f.files[path] = f.Browser().Get(path).Body
	}
	if len(p.Header.Values("Set-Cookie")) > 0 || p.Body != f.files[path] || ofSomebody.MatchString(p.Body) {
		f.Errorf("%s may be kept for others, and holds something of %s", path, who.name)
	}
}

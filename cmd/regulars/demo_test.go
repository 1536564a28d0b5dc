package main

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/internal/demo"
	"regulars/internal/doctor"
	"regulars/migrations"
	"regulars/templates"
)

// town is a whole demo shop in this process, with a small crowd.
func town(t testing.TB, shoppers, days int) (*app, string) {
	t.Helper()
	ctx := context.Background()
	f := folder{Data: t.TempDir()}
	env := environment{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}
	d, err := f.open(ctx, env, migrateAlways, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Migrate(ctx, migrations.Files); err != nil {
		t.Fatal(err)
	}
	now := townTime(t)
	if err := populate(ctx, d, f, env, demo.Options{Shoppers: shoppers, Days: days, Now: now()}, func(string) {}); err != nil {
		t.Fatal(err)
	}
	if _, err := train(ctx, d, now); err != nil {
		t.Fatal(err)
	}
	a, err := assemble(ctx, d, appOptions{env: env, folder: f, demo: true, people: signIns(), now: now, log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a.web)
	t.Cleanup(server.Close)
	return a, server.URL
}

// townTime is the clock of a town: a Thursday noon, so that the same crowd
// shops in every run; TOWN_DAY=2027-03-01 tries another day.
func townTime(t testing.TB) func() time.Time {
	day := cmp.Or(os.Getenv("TOWN_DAY"), "2026-11-19")
	noon, err := time.Parse(time.RFC3339, day+"T12:00:00Z")
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	return func() time.Time { return noon.Add(time.Since(began)) }
}

func signedIn(t testing.TB, base, email string) *shopper {
	t.Helper()
	s := newShopper(base)
	a, err := s.post("/signin", url.Values{"email": {email}, "password": {demo.Password}})
	if err != nil || a.status != 303 {
		t.Fatalf("sign in as %s: %d %v", email, a.status, err)
	}
	return s
}

type homeAnswer struct {
	Segment  string
	Reason   string
	Sections []struct {
		Title, Reason string
		Products      []struct{ Slug, Department string }
	}
}

type suggestionsAnswer struct {
	Suggestions []struct{ Slug, Name, Department, Kind, Reason string }
}

func ask[T any](t testing.TB, s *shopper, path string) T {
	t.Helper()
	a, err := s.get(path)
	if err != nil || a.status != 200 {
		t.Fatalf("%s: %d %v", path, a.status, err)
	}
	var v T
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

func mainOf(page string) string {
	_, rest, _ := strings.Cut(page, "<main")
	inside, _, _ := strings.Cut(rest, "</main>")
	return inside
}

func TestDemoTellsItsPeopleApart(t *testing.T) {
	_, base := town(t, 150, 200)
	guest := ask[homeAnswer](t, newShopper(base), "/api/v1/home")
	student := ask[homeAnswer](t, signedIn(t, base, "student@demo.example"), "/api/v1/home")
	engineer := ask[homeAnswer](t, signedIn(t, base, "engineer@demo.example"), "/api/v1/home")
	private := signedIn(t, base, "private@demo.example")

	if guest.Segment != "default" || student.Segment != "student" || engineer.Segment != "engineer" {
		t.Errorf("segments: guest %q, student %q, engineer %q", guest.Segment, student.Segment, engineer.Segment)
	}
	for name, h := range map[string]homeAnswer{"guest": guest, "student": student, "engineer": engineer} {
		if len(h.Sections) < 3 || h.Reason == "" {
			t.Errorf("%s sees %d sections because %q", name, len(h.Sections), h.Reason)
		}
		for _, s := range h.Sections {
			if s.Title == "" || s.Reason == "" || len(s.Products) == 0 {
				t.Errorf("%s: section %q has %d products, reason %q", name, s.Title, len(s.Products), s.Reason)
			}
		}
	}
	if student.Sections[0].Products[0].Department != "books" || engineer.Sections[0].Products[0].Department != "tools" {
		t.Errorf("student begins with %+v, engineer with %+v", student.Sections[0].Products[0], engineer.Sections[0].Products[0])
	}
	if student.Sections[0].Title == engineer.Sections[0].Title || student.Sections[0].Title == guest.Sections[0].Title {
		t.Error("first sections are alike")
	}
	mine, err := private.get("/")
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := newShopper(base).get("/")
	if err != nil {
		t.Fatal(err)
	}
	if a, b := mainOf(mine.body), mainOf(theirs.body); a != b || len(a) < 1000 {
		t.Errorf("with personalization off the home page (%d bytes) differs from a guest's (%d bytes)", len(a), len(b))
	}
}

func TestBottleLeadsToFoodClothesAndToys(t *testing.T) {
	_, base := town(t, 150, 200)
	s := newShopper(base)
	const path = "/api/v1/products/calm-bottle/suggestions"
	shelves := map[string][]string{
		"food":    {"first-oats", "pear-pumpkin-puree-x6", "rice-fingers"},
		"clothes": {"dots-onesie-x2", "little-cardigan", "sleep-bag"},
		"toys":    {"ring-stacker", "cloth-book", "teething-moon"},
	}
	before := ask[suggestionsAnswer](t, s, path)
	var slugs []string
	for _, x := range before.Suggestions {
		slugs = append(slugs, x.Slug)
		if x.Reason == "" || x.Kind != "simple" && x.Kind != "complex" {
			t.Errorf("%s: kind %q, reason %q", x.Slug, x.Kind, x.Reason)
		}
		if x.Slug == "calm-bottle" || x.Slug == "step-1-formula" || x.Slug == "paracetamol-500-mg-16" {
			t.Errorf("%s must never be suggested here", x.Slug)
		}
	}
	for shelf, goods := range shelves {
		if !slices.ContainsFunc(slugs, func(s string) bool { return slices.Contains(goods, s) }) {
			t.Errorf("no %s among %v", shelf, slugs)
		}
	}
	added := before.Suggestions[0].Slug
	product := ask[struct{ Variants []struct{ SKU string } }](t, s, "/api/v1/products/"+added)
	if a, err := s.post("/cart/items", url.Values{"sku": {product.Variants[0].SKU}, "qty": {"1"}}); err != nil || a.status != 303 {
		t.Fatalf("add %s: %d %v", added, a.status, err)
	}
	for _, x := range ask[suggestionsAnswer](t, s, path).Suggestions {
		if x.Slug == added {
			t.Errorf("%s is in the cart and still suggested", added)
		}
	}
}

func TestOwnedDurablesAreNotSuggested(t *testing.T) {
	_, base := town(t, 150, 200)
	const path = "/api/v1/products/bottle-warmer/suggestions"
	shown := func(s *shopper) bool {
		return slices.ContainsFunc(ask[suggestionsAnswer](t, s, path).Suggestions, func(x struct{ Slug, Name, Department, Kind, Reason string }) bool {
			return x.Slug == "calm-bottle"
		})
	}
	// Li Na has had a Calm Bottle for five months; a bottle warmer needs one.
	if guest, owner := shown(newShopper(base)), shown(signedIn(t, base, "parent@demo.example")); !guest || owner {
		t.Errorf("the bottle beside its warmer: suggested to a guest %v, to its owner %v", guest, owner)
	}
}

// The world that the demo makes breaks no rule of the shop.
func TestTheDoctorFindsTheDemoSound(t *testing.T) {
	a, _ := town(t, 150, 200)
	report, err := doctor.Check(t.Context(), a.db, doctor.Options{Now: a.now(), Templates: templates.Files})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range report.Broken {
		t.Errorf("%s is broken %d times: %v", b.Code, b.Count, b.IDs)
	}
}

func TestModelIsTakenWithoutARestart(t *testing.T) {
	a, _ := town(t, 30, 60)
	ctx := context.Background()
	before, had := a.engine.Model(), a.model.version
	if before == nil {
		t.Fatal("no model after assembling")
	}
	if _, err := train(ctx, a.db, func() time.Time { return a.now().Add(time.Minute) }); err != nil {
		t.Fatal(err)
	}
	if err := a.model.look(ctx, a.db); err != nil || a.model.version == had || a.engine.Model() == before {
		t.Errorf("still %s after training, %v", a.model.version, err)
	}
}

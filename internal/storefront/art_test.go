package storefront_test

import (
	"bytes"
	"html"
	"image/png"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"regulars/internal/art"
	"regulars/internal/db/dbtest"
	"regulars/internal/shoptest"
)

// TestPicturesAreWhereThePagesSay: what a page names is there, for ever under
// that name, and says its size; what an old page named is there, too.
func TestPicturesAreWhereThePagesSay(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	src := regexp.MustCompile(`(?:src|srcset)="(/art/[^"]+)"`)
	seen := map[string]bool{}
	for _, path := range []string{"/", "/c/reference", "/zh/p/calm-bottle", "/p/calm-bottle?view=moment", "/cart", "/no-such-page"} {
		page := b.Get(path)
		found := src.FindAllStringSubmatch(page.Body, -1)
		if len(found) == 0 {
			t.Errorf("%s shows no picture", path)
		}
		for _, img := range page.All("img") {
			if shoptest.Attr(img, "width") == "" || shoptest.Attr(img, "height") == "" {
				t.Errorf("%s: %s says no size", path, shoptest.Attr(img, "src"))
			}
		}
		for _, m := range found {
			if seen[m[1]] {
				continue
			}
			seen[m[1]] = true
			p := b.Get(m[1])
			if p.Status != http.StatusOK || !strings.Contains(p.Header.Get("Cache-Control"), "immutable") || p.Header.Get("Content-Type") != "image/svg+xml" {
				t.Errorf("%s: %d, %s, %s", m[1], p.Status, p.Header.Get("Content-Type"), p.Header.Get("Cache-Control"))
			}
			if csp := p.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
				t.Errorf("%s may do: %s", m[1], csp)
			}
		}
	}
	spec := art.Piece{Form: "bottle", Hue: 25, Seed: "BB01"}.Path(art.Whole, false)
	for _, name := range []string{spec + ".svg", spec + ".0123456789.svg"} {
		if p := b.Get("/art/" + name); p.Status != http.StatusOK || strings.Contains(p.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d, %s", name, p.Status, p.Header.Get("Cache-Control"))
		}
	}
	for range 2 { // printed, then kept
		p := b.Get("/art/" + art.Picture(spec, 160))
		img, err := png.Decode(bytes.NewReader([]byte(p.Body)))
		if err != nil || img.Bounds().Dx() != 160 || img.Bounds().Dy() != 160 {
			t.Fatalf("a picture for mail: %v", err)
		}
	}
	if p := b.Get("/art/" + spec + ".0123456789.9000.png"); p.Status != http.StatusNotFound {
		t.Errorf("a picture of any size: %d", p.Status)
	}
}

// TestAGalleryHasFourViewsInWords: each is said in both languages, with the
// colour that is looked at.
func TestAGalleryHasFourViewsInWords(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	stage := regexp.MustCompile(`(?s)gallery-stage.*?alt="([^"]*)"`)
	for path, wants := range map[string][]string{
		"/p/calm-bottle":    {"Calm Bottle", "seen from close by", "beside a sheet of A5 paper", "with things that go with it"},
		"/zh/p/calm-bottle": {"安静奶瓶", "近看细节", "A5 纸并排", "搭配的物品"},
	} {
		said := map[string]bool{}
		for i, view := range []string{"", "detail", "scale", "moment"} {
			page := b.Get(path + "?view=" + view)
			if n := strings.Count(page.Body, `width="96"`); n != 4 {
				t.Errorf("%s has %d views", path, n)
			}
			m := stage.FindStringSubmatch(page.Body)
			if m == nil {
				t.Fatalf("%s shows nothing", path)
			}
			alt := html.UnescapeString(m[1])
			if !strings.Contains(alt, wants[i]) || said[alt] {
				t.Errorf("%s?view=%s is %q, want %q", path, view, alt, wants[i])
			}
			said[alt] = true
		}
	}
}

package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"regulars/static"
)

// budget is what a page may weigh, cold and compressed, in bytes, with all its
// pictures; 0 is no limit. What a shopper's browser asks for before anybody
// scrolls is counted where there is a browser (opensCold).
type budget struct{ html, css, js, pictures int }

const kilobyte = 1000

var (
	listBudget    = budget{html: 20 * kilobyte, css: 12 * kilobyte, js: 10 * kilobyte, pictures: 60 * kilobyte}
	productBudget = budget{html: 14 * kilobyte, css: 12 * kilobyte, js: 10 * kilobyte}
	officeBudget  = budget{html: 40 * kilobyte, css: 16 * kilobyte, js: 30 * kilobyte, pictures: 60 * kilobyte}
)

var addressOf = regexp.MustCompile(`(?:src|srcset|<image href)="([^"]+)"|<link rel="(?:icon|stylesheet)" href="([^"]+)"`)

// weighs fetches a page and everything it asks for, as a browser that has
// nothing yet, and says what of it came compressed over the wire.
func weighs(t *testing.T, s *shopper, path string) (b budget, hosts []string) {
	t.Helper()
	get := func(path string) (n int, body []byte, kind string) {
		r, err := http.NewRequest(http.MethodGet, s.base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", "gzip") // set by hand: the transport then leaves the bytes as they came
		r.Header.Set("X-Forwarded-For", s.from)
		a, err := s.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		raw, err := io.ReadAll(a.Body)
		if err != nil || a.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %v", path, a.StatusCode, err)
		}
		return len(raw), raw, a.Header.Get("Content-Type")
	}
	n, raw, _ := get(path)
	b.html = n
	html := unzipped(t, raw)
	seen := map[string]bool{}
	dark := map[string]bool{} // a browser takes one of the two drawings
	for _, m := range regexp.MustCompile(`<source srcset="([^"]+)"`).FindAllStringSubmatch(html, -1) {
		dark[m[1]] = true
	}
	for _, m := range addressOf.FindAllStringSubmatch(html, -1) {
		at := strings.ReplaceAll(m[1]+m[2], "&amp;", "&")
		if seen[at] || dark[m[1]] {
			continue
		}
		seen[at] = true
		if u, err := url.Parse(at); err != nil || u.Host != "" {
			hosts = append(hosts, at)
			continue
		}
		n, _, kind := get(at)
		switch {
		case strings.HasPrefix(kind, "text/css"):
			b.css += n
		case strings.HasPrefix(kind, "text/javascript"):
			b.js += n
		default:
			b.pictures += n
		}
	}
	return b, hosts
}

func unzipped(t *testing.T, b []byte) string {
	t.Helper()
	if !bytes.HasPrefix(b, []byte{0x1f, 0x8b}) {
		return string(b)
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(plain)
}

func (b budget) within(t *testing.T, path string, most budget) {
	t.Helper()
	for _, x := range []struct {
		what      string
		got, most int
	}{{"HTML", b.html, most.html}, {"CSS", b.css, most.css}, {"script", b.js, most.js}, {"pictures", b.pictures, most.pictures}} {
		if x.most > 0 && x.got > x.most {
			t.Errorf("%s: %s %d, the budget is %d", path, x.what, x.got, x.most)
		}
	}
}

// pagesStayLight holds the budgets of the design in bytes.
func pagesStayLight(t *testing.T, base string) {
	guest := newShopper(base)
	if _, err := guest.post("/cart/items", url.Values{"sku": {"BB01-150-AQUA"}, "qty": {"1"}}); err != nil {
		t.Fatal(err)
	}
	weigh := func(s *shopper, path string, most budget) budget {
		t.Helper()
		b, hosts := weighs(t, s, path)
		if len(hosts) > 0 {
			t.Errorf("%s asks other hosts: %q", path, hosts)
		}
		b.within(t, path, most)
		t.Logf("%-24s %+v", path, b)
		return b
	}
	for _, lang := range []string{"", "/zh"} {
		for _, path := range []string{"/", "/c/baby", "/c/computers", "/search?q=book"} {
			weigh(guest, lang+path, listBudget)
		}
		for _, path := range []string{"/p/calm-bottle", "/cart", "/checkout", "/signin", "/privacy"} {
			weigh(guest, lang+path, productBudget)
		}
	}
	known := signedIn(t, base, parent)
	weigh(known, "/", listBudget)
	weigh(known, "/account/interests", listBudget)
	staff := signedIn(t, base, owner)
	for _, path := range []string{"/admin", "/admin/products", "/admin/products/BB01", "/admin/orders", "/admin/chains", "/admin/customers?q=a", "/admin/abandonment?simulated=yes", "/admin/segments/new", "/admin/homepages", "/admin/settings"} {
		weigh(staff, path, officeBudget)
	}
}

// Which sheets may say what the others may not.
var (
	importantIn = []string{"css/states.css", "css/print.css"}
	coloursIn   = []string{"css/tokens.css"}
)

var (
	cssComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	idSelector = regexp.MustCompile(`#[a-zA-Z_][\w-]*[^;{}]*\{`)
	colour     = regexp.MustCompile(`#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})\b|\b(?:rgba?|hsla?|oklch|oklab|lab|lch)\(|:\s*(?:white|black|red|green|blue|gray|grey)\b`)
	physical   = regexp.MustCompile(`[\s;{](?:(?:margin|padding|border)-(?:left|right|top|bottom)|left|right|top|bottom|(?:min-|max-)?(?:width|height))\s*:`)
	layered    = regexp.MustCompile(`@layer [a-z, ]+[;{]`)
)

// TestSheetsKeepTheirRules holds the rules by which styles are written.
func TestSheetsKeepTheirRules(t *testing.T) {
	err := fs.WalkDir(static.Files, "css", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(static.Files, name)
		if err != nil {
			return err
		}
		css := cssComment.ReplaceAllString(string(b), "")
		rules := []struct {
			broken bool
			says   string
		}{
			{!layered.MatchString(css), "names no layer"},
			{strings.Contains(css, "!important") && !slices.Contains(importantIn, name), "says !important"},
			{idSelector.MatchString(css), "selects by an id: " + idSelector.FindString(css)},
			{colour.MatchString(css) && !slices.Contains(coloursIn, name), "has a colour of its own: " + colour.FindString(css)},
			{physical.MatchString(css), "names a side of the paper instead of the text: " + physical.FindString(css)},
			{strings.Contains(strings.ReplaceAll(css, "url(#", ""), "url(") || strings.Contains(css, "@import"), "loads something"},
		}
		for _, r := range rules {
			if r.broken {
				t.Errorf("%s %s", name, r.says)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

package storefront_test

import (
	"net/url"
	"strings"
	"testing"

	"regulars/internal/db/dbtest"
	"regulars/internal/shoptest"
)

// What a thing may cost, typed beside its name, becomes the filter it is: one
// that is seen, can be taken off, and gives way to the words as they stand.
func TestAPriceMayBeTyped(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	typed, clicked := b.Get("/search?q="+url.QueryEscape("bottle under 20")), b.Get("/search?q=bottle&max=20")
	cards := func(p *shoptest.Page) int { return strings.Count(p.Body, `<li class="card`) }
	if n := cards(typed); n == 0 || n != cards(clicked) || n >= cards(b.Get("/search?q=bottle")) {
		t.Errorf("%d of %d", n, cards(clicked))
	}
	for _, want := range []string{"“under 20” is taken as the price", "up to $20.00", "Results for “bottle”"} {
		if !strings.Contains(typed.Text(), want) {
			t.Errorf("the page does not say %q: %s", want, typed.Main())
		}
	}
	for _, want := range []string{`class="chip chip-remove" href="/search?q=bottle"`, `href="/search?exact=1&amp;q=bottle&#43;under&#43;20"`} {
		if !strings.Contains(typed.Body, want) && !strings.Contains(typed.Body, strings.ReplaceAll(want, "&#43;", "+")) {
			t.Errorf("no %s", want)
		}
	}
	if p := b.Get("/search?exact=1&q=" + url.QueryEscape("bottle under 20")); strings.Contains(p.Text(), "is taken as the price") {
		t.Error("exactly is not exactly")
	}
	if p := b.Get("/search?max=30&q=" + url.QueryEscape("bottle under 20")); strings.Contains(p.Text(), "is taken as the price") {
		t.Error("a price that was clicked gives way")
	}
	if p := b.Get("/zh/search?q=" + url.QueryEscape("20元以下 奶瓶")); !strings.Contains(p.Text(), "“20元以下”按价格筛选") {
		t.Errorf("%s", p.Main())
	}
}

// Whatever stands in the address of a search, the page answers it.
func TestSearchAnswersWhateverIsAsked(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	hostile := []string{"\x00", "bottle\x00", "\xff\xfe", "%", "' OR 1=1 --", `"; DROP TABLE products;`, "<script>alert(1)</script>", "{{.Secret}}", "*", "(", "NEAR(a b)", "a AND", "-", "\u202e奶瓶", "🍼", "İ", "ﬁ",
		strings.Repeat("a", 5000), strings.Repeat("奶", 3000), strings.Repeat("a ", 500), "under", "under 20", "$20", "以下", "999999999元以下", "0.00000001", "1e309 ml", "\u0301\u0301\u0301", "\r\nSet-Cookie: x=1"}
	for _, words := range hostile {
		for _, more := range []string{"", "&exact=1&in=baby", "&max=x&min=-1&stock=2&sort=price'", "&q=second&material=%00&" + strings.Repeat("k", 70) + "=v"} {
			for _, path := range []string{"/search?q=", "/search/suggest?q="} {
				p := b.Get(path + url.QueryEscape(words) + more)
				if p.Status >= 500 || p.Status != 200 && p.Status != 404 && p.Status != 422 && p.Status != 429 {
					t.Errorf("%s%q%s: %d", path, words, more, p.Status)
				}
				if strings.Contains(p.Body, "<script>alert") || p.Header.Get("Set-Cookie") == "x=1" {
					t.Errorf("%s%q%s is taken for more than words", path, words, more)
				}
			}
		}
	}
	for page, want := range map[string]int{"0": 404, "-3": 404, "99999999999999999999": 200, "2": 404, "x": 200} {
		if p := b.Get("/search?q=bottle&page=" + page); p.Status != want {
			t.Errorf("page %s: %d", page, p.Status)
		}
	}
}

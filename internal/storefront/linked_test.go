package storefront_test

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
	"testing"

	"regulars/internal/db/dbtest"
	"regulars/internal/shoptest"
	"regulars/internal/storefront"
)

type sitemap struct {
	URL []struct {
		Loc  string `xml:"loc"`
		Link []struct {
			Lang string `xml:"hreflang,attr"`
			At   string `xml:"href,attr"`
		} `xml:"http://www.w3.org/1999/xhtml link"`
	} `xml:"url"`
	Part []struct {
		Loc string `xml:"loc"`
	} `xml:"sitemap"`
}

func TestCrawlersLearnEveryPageOnceALanguage(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	read := func(path string) (m sitemap) {
		t.Helper()
		p := b.Get(path)
		if err := xml.Unmarshal([]byte(p.Body), &m); err != nil || p.Status != http.StatusOK {
			t.Fatalf("%s: %d %v", path, p.Status, err)
		}
		return m
	}
	pages := func(m sitemap) (all []string) {
		t.Helper()
		for _, u := range m.URL {
			all = append(all, u.Loc)
			var langs []string
			own := false
			for _, l := range u.Link {
				langs = append(langs, l.Lang)
				own = own || l.At == u.Loc
			}
			if !slices.Equal(langs, []string{"en", "zh-Hans", "x-default"}) || !own {
				t.Errorf("%s has the twins %+v", u.Loc, u.Link)
			}
		}
		return all
	}
	whole := pages(read("/sitemap.xml"))
	for _, want := range []string{"/", "/zh/", "/c/baby", "/p/calm-bottle", "/zh/p/calm-bottle"} {
		if !slices.Contains(whole, want) {
			t.Errorf("%s is missing", want)
		}
	}
	defer storefront.SitemapOf(5)()
	var parts []string
	for _, part := range read("/sitemap.xml").Part {
		parts = append(parts, pages(read(part.Loc))...)
	}
	if !slices.Equal(parts, whole) {
		t.Errorf("in parts %d addresses, whole %d", len(parts), len(whole))
	}
	for _, path := range []string{"/sitemap/0.xml", "/sitemap/99.xml", "/sitemap/x.xml", "/sitemap/1"} {
		if p := b.Get(path); p.Status != http.StatusNotFound {
			t.Errorf("%s: %d", path, p.Status)
		}
	}
}

func TestListsAndGoodsAreSaidInStructuredData(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	s.RunJobs()
	b := s.Browser()
	said := func(path string) map[string]map[string]any {
		t.Helper()
		out := map[string]map[string]any{}
		for _, script := range b.Get(path).All("script[type=application/ld+json]") {
			var one map[string]any
			if err := json.Unmarshal([]byte(script.FirstChild.Data), &one); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			out[one["@type"].(string)] = one
		}
		return out
	}
	shelf := said("/c/feeding")
	cards := b.Get("/c/feeding").All("h3.card-name")
	list := shelf["ItemList"]["itemListElement"].([]any)
	if len(list) != len(cards) || !strings.HasPrefix(list[0].(map[string]any)["url"].(string), "/p/") {
		t.Errorf("%d cards, the list says %v", len(cards), list)
	}
	if trail := shelf["BreadcrumbList"]["itemListElement"].([]any); len(trail) != 3 {
		t.Errorf("the way to a shelf: %v", trail)
	}
	if narrowed := said("/c/feeding?stock=1"); len(narrowed) != 0 {
		t.Errorf("a narrowed list says %v", narrowed)
	}
	goods := said("/zh/p/calm-bottle")
	if image, ok := goods["Product"]["image"].([]any); !ok || !strings.HasSuffix(image[0].(string), ".png") {
		t.Errorf("a product's picture: %v", goods["Product"]["image"])
	}
	if trail := goods["BreadcrumbList"]["itemListElement"].([]any); len(trail) != 4 || trail[3].(map[string]any)["name"] != "安静奶瓶" {
		t.Errorf("the way to a product: %v", trail)
	}
}

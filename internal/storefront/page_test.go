package storefront_test

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/shoptest"
)

// raw finds message keys that no catalogue knows: they show as themselves.
var raw = regexp.MustCompile(`\b(shop|layout|cart|order|customer|checkout|error)\.[a-z]+(\.[a-z-]+)*\b`)

// hollow finds placeholders that nothing filled.
var hollow = regexp.MustCompile(`\{[a-z]+\}`)

func sound(t *testing.T, path string, p *shoptest.Page) {
	t.Helper()
	if p.Status != http.StatusOK {
		t.Errorf("%s: %d %s", path, p.Status, p.Text())
		return
	}
	if n := len(p.All("h1")); n != 1 {
		t.Errorf("%s: %d h1", path, n)
	}
	lang := shoptest.Attr(p.One("html"), "lang")
	if want := map[bool]string{true: "zh-Hans", false: "en"}[strings.HasPrefix(path, "/zh")]; lang != want {
		t.Errorf("%s: lang %q", path, lang)
	}
	for _, key := range raw.FindAllString(p.Text(), -1) {
		if !strings.Contains(key, ".example") {
			t.Errorf("%s shows the key %s", path, key)
		}
	}
	if m := hollow.FindString(p.Text()); m != "" {
		t.Errorf("%s shows the placeholder %s", path, m)
	}
	if strings.Contains(p.Body, "style=") || strings.Contains(p.Body, " onclick") {
		t.Errorf("%s has inline style or script", path)
	}
	ids := map[string]bool{}
	for _, n := range p.All("[id]") {
		id := shoptest.Attr(n, "id")
		if ids[id] {
			t.Errorf("%s: id %q twice", path, id)
		}
		ids[id] = true
	}
	for _, form := range p.All("form[method=post]") {
		if shoptest.FormValues(form).Get("_csrf") == "" {
			t.Errorf("%s: a form without token: %s", path, shoptest.Attr(form, "action"))
		}
	}
	for _, a := range p.All("a[href]") {
		href := shoptest.Attr(a, "href")
		if strings.HasPrefix(path, "/zh") && strings.HasPrefix(href, "/") && !strings.HasPrefix(href, "/zh") && shoptest.Attr(a, "hreflang") == "" {
			t.Errorf("%s: the link %s leaves the language", path, href)
		}
	}
}

var open = []string{"/", "/c/baby", "/c/feeding", "/c/baby?material=m01&sort=price&stock=1&min=1", "/p/calm-bottle", "/p/calm-bottle?size=240&colour=aqua&view=detail",
	"/p/jig-saw", "/search", "/search?q=bottle", "/search?q=nothing-like-it", "/cart", "/signin", "/signup", "/forgot", "/signout", "/contact", "/privacy", "/orders",
	"/delivery", "/returns", "/terms", "/imprint"}

var inside = []string{"/account", "/account/details", "/account/interests", "/account/dates", "/account/addresses", "/account/preferences", "/account/privacy"}

func TestEveryPageIsSoundInBothLanguages(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	stranger, student := s.Browser(), s.SignedIn(shoptest.Student)
	student.Post("/cart/items", "sku", "BK02")
	for _, prefix := range []string{"", "/zh"} {
		for _, path := range open {
			sound(t, prefix+path, stranger.Get(prefix+path))
		}
		for _, path := range append([]string{"/checkout", "/cart", "/"}, inside...) {
			sound(t, prefix+path, student.Get(prefix+path))
		}
		if p := stranger.Get(prefix + "/nowhere"); p.Status != http.StatusNotFound || len(p.All("h1")) != 1 {
			t.Errorf("%s/nowhere: %d", prefix, p.Status)
		}
		for _, path := range inside {
			if p := stranger.Get(prefix + path); p.Status != http.StatusSeeOther || !strings.HasPrefix(p.Location, prefix+"/signin?next=") {
				t.Errorf("%s for a guest: %d %q", path, p.Status, p.Location)
			}
		}
	}
	if k := stranger.Cookies(); len(k) != 0 {
		t.Errorf("looking around left cookies %v", k)
	}
	if n := s.Count("SELECT count(*) FROM visitors"); n != 0 {
		t.Errorf("looking around left %d visitors", n)
	}
}

func TestOddAddresses(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	for path, want := range map[string]int{
		"/c/no-such": 404, "/p/no-such": 404, "/c/baby?page=2": 404, "/c/baby?page=0": 404, "/c/baby?page=-1": 404, "/c/baby?page=x": 200,
		"/c/baby?sort=drop&nonsense=1&min=abc&max=-5": 200, "/c/baby?material=%00": 200, "/c/baby?material=" + strings.Repeat("x", 5000): 200,
		"/c/baby?min=999999999999999999999": 200, "/p/calm-bottle?size=9000&colour=%27": 200, "/p/calm-bottle?v=": 200, "/search?q=%00": 200, "/search?q=" + strings.Repeat("%E5%A5%B6", 300): 200,
		"/search?q=%22%20OR%20*": 200, "/art/nothing.svg": 404, "/art/bottle-25-_-BB01-whole": 404, "/art/bottle-25-_-BB01-whole.svg": 200, "/media/..%2fsecret": 404, "/media/x.svg": 404,
		"/policies/returns": 301, "/policies/no": 404, "/sitemap.xml": 200, "/robots.txt": 200, "/checkout": 303, "/c/baby?currency=XXX": 200, "/cart?undo=BK01&qty=-4": 200, "/cart?undo=%27": 200,
		"/search/suggest?q=bot": 200,
	} {
		if p := b.Get(path); p.Status != want {
			t.Errorf("%.60s: %d, want %d", path, p.Status, want)
		}
	}
	s.Rename("BB01", "quiet-bottle")
	if p := b.Get("/zh/p/calm-bottle?size=240"); p.Status != http.StatusMovedPermanently || p.Location != "/zh/p/quiet-bottle?size=240" {
		t.Errorf("a former slug: %d %q", p.Status, p.Location)
	}
}

func TestHomeFollowsThePersonOnlyWithConsent(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	s.Learn([]string{"BB01", "BB03"}, []string{"BB01", "BB03"})
	guest, student, private := s.Browser(), s.SignedIn(shoptest.Student), s.SignedIn(shoptest.Private)
	private.Get("/cart") // takes the notice of the sign-in away
	if h := shoptest.Text(student.Get("/").One("h1")); h != "For the term ahead" {
		t.Errorf("the student's home says %q", h)
	}
	if g, p := guest.Get("/").Main(), private.Get("/").Main(); g != p {
		t.Errorf("without consent the page differs from a guest's:\n%s\n%s", g, p)
	}
	if g, p := guest.Get("/zh/api/v1/home").Body, private.Get("/zh/api/v1/home").Body; g != p {
		t.Errorf("without consent the answer differs from a guest's:\n%s\n%s", g, p)
	}
	if key := segmentOf(t, guest); key != "default" {
		t.Errorf("a guest's segment is %s", key)
	}
	if key := segmentOf(t, student); key != "student" {
		t.Errorf("the student's segment is %s", key)
	}
	// Off is off at once.
	page := student.Get("/account/preferences")
	student.PostForm("/account/preferences", without(page, "given", "personalize"))
	if key := segmentOf(t, student); key != "default" {
		t.Errorf("after switching off the segment is %s", key)
	}
}

func without(p *shoptest.Page, name, value string) map[string][]string {
	v := shoptest.FormValues(p.All("form[action=/account/preferences]")[0])
	v[name] = slices.DeleteFunc(v[name], func(s string) bool { return s == value })
	return v
}

func segmentOf(t *testing.T, b *shoptest.Browser) string {
	t.Helper()
	var home struct {
		Segment  string
		Sections []struct {
			Title, Reason string
			Products      []struct{ Slug string }
		}
	}
	if err := json.Unmarshal([]byte(b.Get("/api/v1/home").Body), &home); err != nil {
		t.Fatal(err)
	}
	if len(home.Sections) < 2 || len(home.Sections[0].Products) == 0 {
		t.Errorf("%s: sections %v", home.Segment, home.Sections)
	}
	return home.Segment
}

func TestVariantsArePlainLinks(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	p := b.Get("/p/calm-bottle?size=240&colour=aqua")
	if sku := shoptest.Attr(p.One("input[name=sku]"), "value"); sku != "BB01-240-AQUA" {
		t.Errorf("the address chose %s", sku)
	}
	if out := p.Texts("a.is-out"); len(out) != 1 || !strings.Contains(out[0], "not made") {
		t.Errorf("unavailable combinations: %q", out)
	}
	if out := b.Get("/p/calm-bottle?size=150&colour=aqua").Texts("a.is-out"); len(out) != 1 || !strings.Contains(out[0], "sold out") {
		t.Errorf("sold-out combinations: %q", out)
	}
	rose := b.Get("/p/calm-bottle?size=150&colour=rose")
	if len(rose.All("input[name=sku]")) != 0 || len(rose.All("section[aria-labelledby=instead]")) != 1 {
		t.Error("a sold-out variant can be bought, or offers nothing instead")
	}
	if saw := b.Get("/p/jig-saw"); !slices.Contains(saw.Texts("h3.card-name"), "Drill Driver") {
		t.Error("the sold-out saw does not offer the drill")
	}
	var ld map[string]any
	script := p.One("script[type=application/ld+json]")
	if err := json.Unmarshal([]byte(script.FirstChild.Data), &ld); err != nil {
		t.Fatalf("structured data: %v", err)
	}
	if offer := ld["offers"].(map[string]any); offer["price"] != "14.00" || offer["priceCurrency"] != "USD" {
		t.Errorf("structured data offers %v", offer)
	}
	if low := b.Get("/p/stacking-rings"); !strings.Contains(low.Text(), "3 left") {
		t.Error("three units left and the page does not say so")
	}
	if many := b.Get("/p/squared-notebook"); strings.Contains(many.Text(), "left") {
		t.Error("the page speaks of stock where there is plenty")
	}
}

func TestQuestionsAreAskedAndShownOnceAnswered(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	if p := b.Post("/p/calm-bottle/questions", "body", "", "email", "not an address"); p.Status != http.StatusUnprocessableEntity || len(p.All("div.error-summary")) != 1 {
		t.Errorf("an empty question: %d", p.Status)
	}
	if p := b.Post("/p/calm-bottle/questions", "body", "Does it <b>leak</b>?"); p.Status != http.StatusSeeOther {
		t.Errorf("a question: %d %s", p.Status, p.Text())
	}
	s.AnswerAll("It does not.")
	p := b.Get("/p/calm-bottle")
	if len(p.All("li.question")) != 1 || strings.Contains(p.Body, "<b>leak") {
		t.Errorf("the answered question is missing or not escaped: %s", p.Texts("li.question"))
	}
	if p := b.Post("/contact", "email", "a@example.com", "body", "Hello"); p.Status != http.StatusSeeOther {
		t.Errorf("contact: %d %s", p.Status, p.Text())
	}
	if p := b.Post("/contact", "email", "", "body", ""); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("an empty contact: %d", p.Status)
	}
}

func TestEveryMessageIsWrittenTwice(t *testing.T) {
	for _, key := range i18n.Keys() {
		if strings.HasPrefix(key, "shop.") && (!i18n.Has(i18n.English, key) || !i18n.Has(i18n.Chinese, key)) {
			t.Errorf("%s is missing in a language", key)
		}
	}
}

func TestSearchSaysWhatItLookedForInstead(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	s.RunJobs()
	b := s.Browser()
	p := b.Get("/search?q=bottel")
	if p.Status != 200 || !strings.Contains(p.Text(), "Nothing here is called “bottel”") || len(p.All(".card")) == 0 || !strings.Contains(p.Text(), "Results for “bottle”") {
		t.Errorf("a misspelt word: %d %s", p.Status, p.Text())
	}
	if p := b.Get("/search?q=bottel&exact=1"); strings.Contains(p.Text(), "Results for “bottle”") || !strings.Contains(p.Text(), "Nothing found") {
		t.Errorf("looked for all the same: %s", p.Text())
	}
	if p := b.Get("/zh/search?q=bottel"); !strings.Contains(p.Text(), "店里没有叫“bottel”的商品") {
		t.Errorf("in Chinese: %s", p.Text())
	}
}

func TestTypingIsAnsweredByShelvesAndGoods(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	s.RunJobs()
	b := s.Browser()
	typed := func(path, q string) (kinds []string, first, price, said string) {
		t.Helper()
		p := b.Get(path + "/search/suggest?q=" + url.QueryEscape(q))
		var out struct {
			Suggestions []struct{ Kind, Text, URL, Picture, Price string }
			Said        string
		}
		if err := json.Unmarshal([]byte(p.Body), &out); err != nil || p.Status != http.StatusOK {
			t.Fatalf("%s: %d %v", q, p.Status, err)
		}
		for _, row := range out.Suggestions {
			if at := b.Get(row.URL); at.Status != http.StatusOK {
				t.Errorf("%s leads to %s: %d", q, row.URL, at.Status)
			}
			if row.Kind == "product" {
				first, price = cmp.Or(first, row.URL), cmp.Or(price, row.Price)
				if !strings.HasPrefix(row.Picture, "/") {
					t.Errorf("%s has the picture %q", row.Text, row.Picture)
				}
			}
			kinds = append(kinds, row.Kind)
		}
		return kinds, first, price, out.Said
	}
	if kinds, first, price, said := typed("", "calm b"); !slices.Equal(kinds, []string{"product"}) || first != "/p/calm-bottle" || !strings.Contains(price, "$") || said != "One suggestion" {
		t.Errorf("calm b: %v %s %s %s", kinds, first, price, said)
	}
	if kinds, first, _, _ := typed("", "bottel"); len(kinds) == 0 || first == "" {
		t.Error("a misspelt word leads nowhere")
	}
	if kinds, first, _, said := typed("/zh", "奶"); !slices.Contains(kinds, "product") || !strings.HasPrefix(first, "/zh/p/") || !strings.HasSuffix(said, "条建议") {
		t.Errorf("奶: %v %s %s", kinds, first, said)
	}
	if kinds, _, _, _ := typed("", "feed"); !slices.Contains(kinds, "shelf") {
		t.Errorf("a shelf's name: %v", kinds)
	}
	for _, nothing := range []string{"", "\x00", "zzzzqqq"} {
		if kinds, _, _, _ := typed("", nothing); len(kinds) > 0 {
			t.Errorf("%q: %v", nothing, kinds)
		}
	}
}

func lastWord(text string) string { return text[strings.LastIndexByte(text, ' ')+1:] }

func TestASearchIsNarrowedToADepartmentAndANoHitSaysWhatIsNearest(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	s.RunJobs()
	b := s.Browser()
	p := b.Get("/search?q=line")
	scopes := p.All("a.scope")
	if len(scopes) < 3 {
		t.Fatalf("departments to choose: %s", p.Text())
	}
	for _, chip := range scopes[1:] {
		in := b.Get(shoptest.Attr(chip, "href"))
		if want := lastWord(shoptest.Text(in.One("a.scope[aria-current=true]"))); in.Status != http.StatusOK || !strings.HasPrefix(shoptest.Text(in.One(".results-count")), want+" ") {
			t.Errorf("%s: the chip says %s, the list %s", shoptest.Attr(chip, "href"), want, shoptest.Text(in.One(".results-count")))
		}
		if len(in.All("a.scope")) != len(scopes) {
			t.Error("the other departments are gone")
		}
	}
	if p := b.Get("/search?q=bottle&in=nowhere"); p.Status != http.StatusOK || len(p.All(".card")) == 0 {
		t.Error("a department that is not there hides what was found")
	}
	p = b.Get("/search?q=zeppelin+bottle&exact=1")
	if text := p.Main(); !strings.Contains(text, "“zeppelin” alone: nothing") || !strings.Contains(text, "“bottle” alone: ") || !strings.Contains(text, "The nearest shelf") || !strings.Contains(text, "/c/feeding") {
		t.Errorf("a search without a hit: %s", text)
	}
	p = b.Get("/contact?about=zeppelin+%22x%22")
	if !strings.Contains(p.Text(), `I am looking for: zeppelin "x"`) {
		t.Errorf("the shop is asked without the words: %s", p.Text())
	}
	if p := b.Get("/search?q=returns&exact=1"); !strings.Contains(p.Main(), "Written about it") {
		t.Errorf("the page of returns is not offered: %s", p.Main())
	}
	if p := b.Get("/zh/search?q=%E9%A3%9E%E8%89%87%E5%A5%B6%E7%93%B6&exact=1"); !strings.Contains(p.Text(), "只搜“奶瓶”") {
		t.Errorf("in Chinese: %s", p.Text())
	}
}

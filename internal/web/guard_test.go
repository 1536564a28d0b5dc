package web

import (
	"fmt"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/i18n"
)

func TestLanguageIsThePrefixAlone(t *testing.T) {
	sh := small(t)
	for _, row := range []struct {
		path   string
		status int
		holds  string
	}{
		{"/", 200, `lang="en"`},
		{"/zh/", 200, `lang="zh"`},
		{"/zh", 200, `lang="zh"`},
		{"/zh/c/books?page=2", 200, `<a href="/c/books?page=2" hreflang="en">English</a>`},
		{"/c/books?page=2", 200, `<a href="/zh/c/books?page=2" hreflang="zh-Hans">中文</a>`},
		{"/zh/c/books", 200, "<div>/c/books</div>"},
		{"/zhou", 404, `lang="en"`},
		{"/zh/zh/", 404, `lang="zh"`},
		{"/zh/nothing", 404, "这个地址没有内容"},
		{"/%7Ah/c/a%2Fb", 404, `lang="en"`},
		{"/zh/c/a%2Fb", 200, `href="/c/a%2Fb"`},
		{"/zh/admin", 404, `lang="en"`},
		{"/zh/healthz", 404, `lang="en"`},
	} {
		w := sh.ask("GET", row.path, "", "Accept-Language: zh")
		want(t, row.path, w.Code, row.status)
		if !strings.Contains(w.Body.String(), row.holds) {
			t.Errorf("%s: %q is not in %s", row.path, row.holds, w.Body)
		}
	}
	want(t, "HEAD", sh.ask("HEAD", "/zh/", "").Code, 200)
	for path, zh := range map[string]string{"/": "/zh/", "/cart?a=1": "/zh/cart?a=1", "/admin": "/admin", "/admin/x": "/admin/x", "/administer": "/zh/administer", "?p=2": "?p=2", "/static/x": "/static/x"} {
		want(t, "in Chinese "+path, In(i18n.Chinese, path), zh)
		want(t, "in English "+path, In(i18n.English, path), path)
	}
}

func TestFormsAreTakenFromOurOwnPagesOnly(t *testing.T) {
	sh := small(t)
	for _, row := range []struct {
		name    string
		headers []string
		status  int
	}{
		{"browser, our page", []string{"Sec-Fetch-Site: same-origin"}, 200},
		{"browser, typed by the person", []string{"Sec-Fetch-Site: none"}, 200},
		{"browser, other site", []string{"Sec-Fetch-Site: cross-site"}, 403},
		{"browser, sister host", []string{"Sec-Fetch-Site: same-site"}, 403},
		{"browser, a word nobody knows", []string{"Sec-Fetch-Site: maybe"}, 403},
		{"the fetch header decides over Origin", []string{"Sec-Fetch-Site: cross-site", "Origin: http://example.com"}, 403},
		{"Origin is ours", []string{"Origin: http://example.com"}, 200},
		{"Origin with the default port", []string{"Origin: http://example.com:80"}, 200},
		{"Origin of another scheme", []string{"Origin: https://example.com"}, 403},
		{"Origin of another port", []string{"Origin: http://example.com:8081"}, 403},
		{"Origin of another host", []string{"Origin: http://evil.example"}, 403},
		{"Origin null", []string{"Origin: null"}, 403},
		{"neither header, no token", nil, 403},
		{"a proxy's word from nobody's proxy", []string{"Origin: https://example.com", "X-Forwarded-Proto: https"}, 403},
	} {
		want(t, row.name, sh.ask("POST", "/do", "a=1", row.headers...).Code, row.status)
	}
	refused := sh.ask("POST", "/do", "a=1", "Sec-Fetch-Site: cross-site")
	if !strings.Contains(refused.Body.String(), "not sent from the shop") {
		t.Errorf("the refusal does not say why: %s", refused.Body)
	}

	sh.Echo.POST("/webhooks/stripe", func(c echo.Context) error { return c.NoContent(204) })
	sh.ExemptOrigin("/webhooks/stripe")
	want(t, "webhook", sh.ask("POST", "/webhooks/stripe", "{}").Code, 204)
	want(t, "webhook does not open the rest", sh.ask("POST", "/do", "a=1").Code, 403)

	secure := small(t, base("https://shop.example"))
	want(t, "origin of the base URL behind a proxy", secure.ask("POST", "/do", "a=1", "Host: shop.example", "Origin: https://shop.example").Code, 200)
	want(t, "plain http of the same host", secure.ask("POST", "/do", "a=1", "Host: localhost:80", "Origin: https://localhost").Code, 403)
}

func TestFormTokenForClientsThatSayNothing(t *testing.T) {
	sh := small(t)
	sh.Echo.GET("/token", func(c echo.Context) error { return c.String(200, CSRF(c)) })
	token := func(cookies ...string) string {
		return "_csrf=" + url.QueryEscape(sh.ask("GET", "/token", "", cookies...).Body.String())
	}
	visitor, other := "Cookie: visitor=anna", "Cookie: visitor=bo"
	mine, strangers := token(visitor), token()
	session := token("Cookie: session=s1")
	for _, row := range []struct {
		name, body string
		headers    []string
		status     int
	}{
		{"stranger's own", strangers, nil, 200},
		{"visitor's own", mine, []string{visitor}, 200},
		{"visitor's by somebody else", mine, []string{other}, 403},
		{"visitor's by a stranger", mine, nil, 403},
		{"stranger's by a visitor", strangers, []string{visitor}, 403},
		{"session's own", session, []string{"Cookie: session=s1"}, 200},
		{"session's, a visitor cookie came since", session, []string{"Cookie: session=s1; visitor=anna"}, 200},
		{"nonsense", "_csrf=AAAA", []string{visitor}, 403},
		{"a token does not open another site's form", mine, []string{visitor, "Sec-Fetch-Site: cross-site"}, 403},
	} {
		want(t, row.name, sh.ask("POST", "/do", row.body, row.headers...).Code, row.status)
	}
	want(t, "token in the address", sh.ask("POST", "/do?"+mine, "a=1", visitor).Code, 403)
	sh.now = sh.now.Add(24 * time.Hour)
	want(t, "after a day", sh.ask("POST", "/do", mine, visitor).Code, 200)
	sh.now = sh.now.Add(time.Hour)
	want(t, "after a day and an hour", sh.ask("POST", "/do", mine, visitor).Code, 403)
}

func TestOtherHostsAreMisdirected(t *testing.T) {
	sh := small(t, base("https://shop.example"))
	for host, status := range map[string]int{"shop.example": 200, "SHOP.example:443": 200, "shop.example:8443": 421, "evil.example": 421, "": 421,
		"localhost:8080": 200, "127.0.0.1": 200, "[::1]:8080": 200, "127.0.0.1.evil.example": 421, "shop.example.evil": 421, "localhost.evil": 421} {
		want(t, host, sh.ask("GET", "/", "", "Host: "+host).Code, status)
	}
	want(t, "without a base URL", small(t).ask("GET", "/", "", "Host: any.example").Code, 200)
	for _, bad := range []string{"shop.example", "ftp://x", "https://shop.example/sub", "https://"} {
		if _, err := New(Options{BaseURL: bad, Secret: make([]byte, 32)}); err == nil || !strings.Contains(err.Error(), "https://shop.example") {
			t.Errorf("base URL %q: %v", bad, err)
		}
	}
}

func TestLocalPath(t *testing.T) {
	for _, good := range []string{"/", "/cart", "/zh/account?tab=orders", "/search?q=a//b", "/c/%E5%A5%B6", "/p/奶瓶", "/orders/K7?key=a%2Fb#x"} {
		want(t, good, LocalPath(good), good)
	}
	for _, bad := range []string{"", "cart", "//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`, "/\tevil", "/\t/evil.example", "/%09/evil.example",
		"/%2f/evil.example", "/%2F%2Fevil.example", "/%5cevil.example", "https://evil.example", "javascript:alert(1)", "/a\r\nSet-Cookie: x", "/a%0d%0aX: y",
		"/..//evil.example", "/a/../b", "/%2e%2e/x", "/.//evil.example", " /cart", "/a\x00", "/%00", "/" + strings.Repeat("a", 2000), "/\u0085x", "/%zz", "http:/x"} {
		want(t, bad, LocalPath(bad), "/")
	}
}

func TestHeadersOnEveryAnswer(t *testing.T) {
	sh := small(t)
	for _, path := range []string{"/", "/nothing", sh.Asset("shop.css"), "/healthz"} {
		h := sh.ask("GET", path, "").Header()
		want(t, path, h.Get("Content-Security-Policy"), contentPolicy)
		want(t, path, h.Get("X-Content-Type-Options"), "nosniff")
		want(t, path, h.Get("Referrer-Policy"), "same-origin")
		want(t, path, len(h.Get("X-Request-Id")), 8)
		want(t, path, h.Get("Strict-Transport-Security"), "")
	}
	if h := small(t, base("https://shop.example")).ask("GET", "/", "", "Host: shop.example").Header(); h.Get("Strict-Transport-Security") == "" {
		t.Error("https without Strict-Transport-Security")
	}
}

func TestLimitCountsAddresses(t *testing.T) {
	sh := small(t, func(o *Options) { o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} })
	sh.Echo.GET("/try", func(c echo.Context) error { return c.String(200, c.RealIP()) }, sh.Limit(6, 2))
	from := func(remote, forwarded string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/try", nil)
		r.RemoteAddr = remote
		if forwarded != "" {
			r.Header.Set("X-Forwarded-For", forwarded)
		}
		w := httptest.NewRecorder()
		sh.ServeHTTP(w, r)
		return w
	}
	stranger := "203.0.113.5:4000"
	want(t, "first", from(stranger, "1.1.1.1").Code, 200)
	want(t, "an unknown peer is not believed", from(stranger, "1.1.1.2").Body.String(), "203.0.113.5")
	third := from(stranger, "1.1.1.3")
	want(t, "third", third.Code, 429)
	want(t, "wait", third.Header().Get("Retry-After"), "10")
	want(t, "behind our proxy", from("192.0.2.1:80", "198.51.100.7").Body.String(), "198.51.100.7")
	for range 2 {
		from("[2001:db8::1]:80", "")
	}
	want(t, "a neighbour in the /64", from("[2001:db8::ffff]:80", "").Code, 429)
	sh.now = sh.now.Add(10 * time.Second)
	want(t, "after the wait", from(stranger, "").Code, 200)

	l := &limiter{every: 1, burst: 1, seen: map[string]*client{}}
	for i := range limitedAddresses + 10 {
		l.wait(fmt.Sprint(i), sh.now)
	}
	if len(l.seen) > limitedAddresses {
		t.Errorf("%d addresses are remembered", len(l.seen))
	}
}

func TestCrawlersAreToldOfTheTwinOfTheSamePage(t *testing.T) {
	sh := small(t, base("https://shop.example"))
	var got []Alternate
	sh.Echo.GET("/list", func(c echo.Context) error {
		p := NewPage(c, "List")
		p.Canonical += "?page=2"
		got = p.Alternates()
		return c.NoContent(200)
	})
	for _, path := range []string{"/list?page=2&stock=1", "/zh/list?page=2"} {
		sh.ask("GET", path, "", "Host: shop.example")
		if want := []Alternate{{"en", "https://shop.example/list?page=2"}, {"zh-Hans", "https://shop.example/zh/list?page=2"}, {"x-default", "https://shop.example/list?page=2"}}; !slices.Equal(got, want) {
			t.Errorf("%s: %v", path, got)
		}
	}
}

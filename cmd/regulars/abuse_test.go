package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"testing"

	"regulars/internal/demo"
	"regulars/internal/web"
)

// What strangers send where a slug, a number or a token belongs.
var hostileParts = []string{
	"x", "0", "-1", "9999999999999999999", "%00", "%ff%fe", "..%2f..%2fetc%2fpasswd", "%2e%2e", "<script>", "'%20OR%201=1--", "奶瓶", "a%0d%0aSet-Cookie:x=1",
	strings.Repeat("a", 3000), "*", "%25", "calm-bottle%20",
}

var hostileQueries = []string{
	"", "page=-1&per_page=100000&sort=;DROP&q=%00", "page=99999999999999999999&category=%27&min=-5&max=1e9&currency=XXX", "q=" + strings.Repeat("a+", 5000),
	"q=%F0%9F%8D%BC%E2%80%AE&colour=&colour=&colour[]=x&v=%ff", "from=2020-13-45&to=yesterday&simulated=maybe&limit=0&next=//evil.example/%09", "key=" + strings.Repeat("k", 500) + "&lang=xx&before=abc",
}

var hostileBodies = []struct{ kind, body string }{
	{"application/x-www-form-urlencoded", ""},
	{"application/x-www-form-urlencoded", "sku=BB12&qty=-1&qty=1e9&price=1&total=0&customer_id=1&role=owner&is_demo=1"},
	{"application/x-www-form-urlencoded", "email=a%00b@x&password=%ff%fe&name=%0d%0aBcc:x@y&key=1&qty=１&body=" + strings.Repeat("z", 20000)},
	{"application/x-www-form-urlencoded", strings.Repeat("a=1&", 3000)},
	{"application/x-www-form-urlencoded", "%zz=%zz&&&===;"},
	{"application/json", `{"qty": [[[[`},
	{"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"sku\"; filename=\"../../x.svg\"\r\n\r\n<svg onload=1>\r\n--x--"},
	{"text/plain", "\x00\xff\xfe"},
}

// TestHostileRequestsGetAClearAnswer sends every route, as a stranger, a
// customer and the owner, what it does not expect. A refusal is fine; a 5xx, a
// broken connection or a cookie made by a header is not. Each address gets two
// of the eight bodies, each route all of them; HOSTILE=all crosses every
// address with every body, as make simulate does.
func TestHostileRequestsGetAClearAnswer(t *testing.T) {
	a, base := town(t, 20, 30)
	before := count(t, a)
	for who, email := range map[string]string{"stranger": "", "customer": "gifter@demo.example", "owner": "owner@demo.example"} {
		t.Run(who, func(t *testing.T) {
			for turn, route := range a.web.Echo.Routes() {
				if route.Method == "echo_route_not_found" || strings.HasPrefix(route.Path, "/signout") || strings.Contains(route.Path, "erase") || route.Path == "/metrics" {
					continue
				}
				s := newShopper(base) // its own address: rate limits are tried elsewhere
				if email != "" && (route.Method == http.MethodPost || strings.Contains(route.Path, ":") || strings.HasPrefix(route.Path, "/a")) {
					s = cached(t, base, email)
				}
				for nth, path := range addresses(route.Path) {
					if route.Method == http.MethodPost {
						for i, b := range hostileBodies {
							if i%4 == (turn+nth)%4 || os.Getenv("HOSTILE") == "all" {
								hostile(t, s, route.Method, path, b.kind, b.body)
							}
						}
						continue
					}
					hostile(t, s, route.Method, path, "", "")
				}
			}
		})
	}
	t.Logf("answers by status: %v", answered)
	if answered[200] < 100 || answered[404] < 100 || answered[422] < 20 {
		t.Errorf("the requests did not arrive as meant: %v", answered)
	}
	if after := count(t, a); after != before {
		t.Errorf("orders and payments before %v, after %v", before, after)
	}
}

func addresses(pattern string) []string {
	if !strings.ContainsAny(pattern, ":*") {
		var all []string
		for _, q := range hostileQueries {
			all = append(all, pattern+"?"+q, "/zh"+pattern+"?"+q)
		}
		return all
	}
	var all []string
	for i, part := range hostileParts {
		parts := strings.Split(pattern, "/")
		for j, p := range parts {
			if strings.HasPrefix(p, ":") || p == "*" {
				parts[j] = part
			}
		}
		all = append(all, strings.Join(parts, "/")+"?"+hostileQueries[i%len(hostileQueries)])
	}
	return all
}

// answered counts answers by status, to see that the requests arrived.
var answered = map[int]int{}

var sessions = map[string]*cookiejar.Jar{}

// cached signs in once a person; every use comes from another address.
func cached(t *testing.T, base, email string) *shopper {
	t.Helper()
	s := newShopper(base)
	if jar := sessions[base+email]; jar != nil {
		s.client.Jar = jar
		return s
	}
	if a, err := s.post("/signin", url.Values{"email": {email}, "password": {demo.Password}}); err != nil || a.status != 303 {
		t.Fatalf("sign in as %s: %d %v", email, a.status, err)
	}
	sessions[base+email] = s.client.Jar.(*cookiejar.Jar)
	return s
}

func hostile(t *testing.T, s *shopper, method, path, kind, body string) {
	t.Helper()
	u, err := url.Parse(s.base)
	if err != nil {
		t.Fatal(err)
	}
	path, query, _ := strings.Cut(path, "?")
	r := &http.Request{Method: method, URL: &url.URL{Scheme: u.Scheme, Host: u.Host, Opaque: "//" + u.Host + path, RawQuery: query}, Host: u.Host, Header: http.Header{}}
	r.Header.Set("X-Forwarded-For", s.from)
	if method == http.MethodPost {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	response, err := s.client.Do(r)
	if err != nil {
		t.Errorf("%s %.120s: %v", method, path, err)
		return
	}
	defer response.Body.Close()
	answered[response.StatusCode]++
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 500 {
		t.Errorf("%s %.120s?%.80s (%s %.60q): %d %v", method, path, query, kind, body, response.StatusCode, err)
	}
	if response.Header.Get("X") != "" || strings.Contains(response.Header.Get("Set-Cookie"), "x=1") {
		t.Errorf("%s %.120s: a header was smuggled in", method, path)
	}
	if bytes.Contains(answer, []byte("goroutine ")) || bytes.Contains(answer, []byte("SQLSTATE")) || bytes.Contains(answer, []byte("<script>alert")) {
		t.Errorf("%s %.120s: the answer shows our inside", method, path)
	}
	if location := response.Header.Get("Location"); strings.Contains(location, "evil.example") && web.LocalPath(location) != location {
		t.Errorf("%s %.120s leads to %s", method, path, location)
	}
}

// count is what hostile requests must not have changed.
func count(t *testing.T, a *app) (n struct{ Orders, Payments, Staff int }) {
	t.Helper()
	err := a.db.Query(t.Context()).Raw(`SELECT (SELECT count(*) FROM orders) AS orders, (SELECT count(*) FROM payments) AS payments, (SELECT count(*) FROM staff) AS staff`).Scan(&n).Error
	if err != nil {
		t.Fatal(err)
	}
	return n
}

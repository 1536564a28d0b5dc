package shoptest

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Browser is one person's browser without script: it keeps cookies, sends
// forms, and follows nothing unless asked.
type Browser struct {
	t    testing.TB
	http http.Handler
	jar  *cookiejar.Jar

	Header   http.Header // sent with every request
	Stranger bool        // says nothing of where a form came from, like an old browser
}

var home = &url.URL{Scheme: "http", Host: "127.0.0.1", Path: "/"}

// Browser is a fresh browser at the shop.
func (s *Shop) Browser() *Browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &Browser{t: s.t, http: s.Web, jar: jar, Header: http.Header{"User-Agent": {"Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}}}
}

// SignedIn is a fresh browser with that person signed in.
func (s *Shop) SignedIn(email string) *Browser {
	s.t.Helper()
	b := s.Browser()
	if p := b.Post("/signin", "email", email, "password", Password); p.Status != http.StatusSeeOther {
		s.t.Fatalf("sign in %s: %d %s", email, p.Status, p.Text())
	}
	return b
}

// Page is an answer.
type Page struct {
	t        testing.TB
	Status   int
	Header   http.Header
	Body     string
	Location string
	root     *html.Node
}

// Get asks for a page.
func (b *Browser) Get(path string) *Page {
	b.t.Helper()
	return b.send(httptest.NewRequest(http.MethodGet, "http://127.0.0.1"+path, nil))
}

// Post sends a form of names and values in turn.
func (b *Browser) Post(path string, pairs ...string) *Page {
	b.t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return b.PostForm(path, v)
}

// PostForm sends a form.
func (b *Browser) PostForm(path string, v url.Values) *Page {
	b.t.Helper()
	path, _, _ = strings.Cut(path, "#") // an anchor stays in the browser
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1"+path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if !b.Stranger {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	return b.send(r)
}

// Submit fills in and sends the form of a page that posts to an address
// beginning with action, with everything that already stands in it.
func (b *Browser) Submit(p *Page, action string, pairs ...string) *Page {
	b.t.Helper()
	for _, form := range p.All("form") {
		to := Attr(form, "action")
		if !strings.HasPrefix(to, action) || Attr(form, "method") != "post" {
			continue
		}
		v := FormValues(form)
		for i := 0; i+1 < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return b.PostForm(to, v)
	}
	b.t.Fatalf("the page has no form that posts to %s", action)
	return nil
}

// Follow asks for the page that an answer leads to.
func (b *Browser) Follow(p *Page) *Page {
	b.t.Helper()
	if p.Location == "" {
		b.t.Fatalf("the answer %d leads nowhere: %s", p.Status, p.Text())
	}
	return b.Get(p.Location)
}

// Cookies lists the names of the cookies the browser holds.
func (b *Browser) Cookies() []string {
	var names []string
	for _, k := range b.jar.Cookies(home) {
		names = append(names, k.Name)
	}
	return names
}

func (b *Browser) send(r *http.Request) *Page {
	b.t.Helper()
	for name, values := range b.Header {
		r.Header[name] = values
	}
	for _, k := range b.jar.Cookies(home) {
		r.AddCookie(k)
	}
	w := httptest.NewRecorder()
	b.http.ServeHTTP(w, r)
	answer := w.Result()
	b.jar.SetCookies(home, answer.Cookies())
	p := &Page{t: b.t, Status: answer.StatusCode, Header: answer.Header, Body: w.Body.String(), Location: answer.Header.Get("Location")}
	return p
}

// All finds elements by one simple selector: tag, .class, #id, [name] and
// [name=value], in this order, each optional: "input[name=sku]", "li.card".
func (p *Page) All(selector string) []*html.Node {
	var out []*html.Node
	if p.root == nil { // parsed when it is looked into: many answers are only compared
		if !strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
			return nil
		}
		root, err := html.Parse(strings.NewReader(p.Body))
		if err != nil {
			p.t.Fatal(err)
		}
		p.root = root
	}
	match := parse(selector)
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && match(n) {
			out = append(out, n)
		}
	}
	return out
}

// One is the first element found; its absence ends the test.
func (p *Page) One(selector string) *html.Node {
	p.t.Helper()
	all := p.All(selector)
	if len(all) == 0 {
		p.t.Fatalf("the page (%d) has no %s: %s", p.Status, selector, p.Text())
	}
	return all[0]
}

// Texts are the texts of what is found.
func (p *Page) Texts(selector string) []string {
	var out []string
	for _, n := range p.All(selector) {
		out = append(out, Text(n))
	}
	return out
}

// Text is the text of main, or of a whole answer that is no page.
func (p *Page) Text() string {
	if main := p.All("main"); len(main) > 0 {
		return Text(main[0])
	}
	return p.Body[:min(len(p.Body), 1000)]
}

// Main is the HTML of main.
func (p *Page) Main() string {
	p.t.Helper()
	_, rest, ok := strings.Cut(p.Body, "<main")
	main, _, closed := strings.Cut(rest, "</main>")
	if !ok || !closed {
		p.t.Fatal("the page has no main")
	}
	return main
}

func parse(selector string) func(*html.Node) bool {
	var attrs [][2]string
	for strings.HasSuffix(selector, "]") {
		at := strings.LastIndexByte(selector, '[')
		name, value, _ := strings.Cut(strings.TrimSuffix(selector[at+1:], "]"), "=")
		attrs = append(attrs, [2]string{name, value})
		selector = selector[:at]
	}
	selector, id, _ := strings.Cut(selector, "#")
	tag, class, _ := strings.Cut(selector, ".")
	return func(n *html.Node) bool {
		if tag != "" && n.Data != tag || id != "" && Attr(n, "id") != id {
			return false
		}
		if class != "" && !strings.Contains(" "+Attr(n, "class")+" ", " "+class+" ") {
			return false
		}
		for _, a := range attrs {
			value, has := attr(n, a[0])
			if !has || a[1] != "" && value != a[1] {
				return false
			}
		}
		return true
	}
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// Attr is an attribute of an element, "" if it has none.
func Attr(n *html.Node, name string) string { v, _ := attr(n, name); return v }

// Text is the text of an element with blanks folded.
func Text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && d.Parent.Data != "script" {
			b.WriteString(d.Data)
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// FormValues is what a browser would send of a form as it stands.
func FormValues(form *html.Node) url.Values {
	v := url.Values{}
	for n := range form.Descendants() {
		name := Attr(n, "name")
		if n.Type != html.ElementNode || name == "" {
			continue
		}
		_, checked := attr(n, "checked")
		kind := Attr(n, "type")
		switch {
		case n.Data == "textarea":
			v.Add(name, Text(n))
		case n.Data == "select":
			v.Add(name, selected(n))
		case n.Data == "input" && (kind != "checkbox" && kind != "radio" || checked):
			value, has := attr(n, "value")
			if !has && checked {
				value = "on"
			}
			v.Add(name, value)
		}
	}
	return v
}

func selected(sel *html.Node) string {
	first, any := "", false
	for n := range sel.Descendants() {
		if n.Data != "option" {
			continue
		}
		if _, is := attr(n, "selected"); is {
			return Attr(n, "value")
		}
		if !any {
			first, any = Attr(n, "value"), true
		}
	}
	return first
}

package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// shopper is a browser without a screen: it keeps cookies, posts forms as a
// browser would, and never follows a redirect by itself.
type shopper struct {
	client *http.Client
	base   string
	from   string // its own address behind the trusted proxy, so that limits count it alone
}

var shoppers atomic.Uint32

func newShopper(base string) *shopper {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err)
	}
	n := shoppers.Add(1)
	return &shopper{base: base, from: fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255), client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type answer struct {
	status   int
	location string
	body     string
	header   http.Header
}

func (s *shopper) do(method, path string, form url.Values) (answer, error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, s.base+path, body)
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("X-Forwarded-For", s.from)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	response, err := s.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header.Get("Location"), string(b), response.Header}, err
}

func (s *shopper) get(path string) (answer, error) { return s.do("GET", path, nil) }
func (s *shopper) post(path string, form url.Values) (answer, error) {
	return s.do("POST", path, form)
}

var hiddenField = regexp.MustCompile(`<input[^>]*type="hidden"[^>]*>`)
var attribute = regexp.MustCompile(`(name|value)="([^"]*)"`)

// hidden reads the hidden inputs of a page.
func hidden(page string) url.Values {
	form := url.Values{}
	for _, input := range hiddenField.FindAllString(page, -1) {
		var name, value string
		for _, m := range attribute.FindAllStringSubmatch(input, -1) {
			if m[1] == "name" {
				name = m[2]
			} else {
				value = m[2]
			}
		}
		if name != "" && !form.Has(name) {
			form.Set(name, value)
		}
	}
	return form
}

var firstChoice = regexp.MustCompile(`name="(delivery|payment)"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="(delivery|payment)"`)

// buy puts one thing into the cart and places an order for it. It returns the
// address of the payment page; a polite refusal is an answer, not an error.
func (s *shopper) buy(sku, email string) (pay string, last answer, err error) {
	form, last, err := s.fillIn(sku, email)
	if err != nil || form == nil {
		return "", last, err
	}
	if last, err = s.post("/checkout", form); err != nil || last.status != http.StatusSeeOther {
		return "", last, err
	}
	return strings.TrimPrefix(last.location, s.base), last, nil
}

// fillIn puts one thing into the cart and fills in the checkout page; nil if
// the shop did not let it come so far.
func (s *shopper) fillIn(sku, email string) (form url.Values, last answer, err error) {
	if last, err = s.post("/cart/items", url.Values{"sku": {sku}, "qty": {"1"}}); err != nil || last.status != http.StatusSeeOther {
		return nil, last, err
	}
	if last, err = s.get("/checkout"); err != nil || last.status != http.StatusOK {
		return nil, last, err
	}
	form = hidden(last.body)
	for _, m := range firstChoice.FindAllStringSubmatch(last.body, -1) {
		name, value := m[1]+m[4], m[2]+m[3]
		if !form.Has(name) {
			form.Set(name, value)
		}
	}
	for k, v := range map[string]string{"email": email, "name": "Test Person", "country": "US", "line1": "1 Bank Street", "city": "Riverside", "region": "CA", "postcode": "92501"} {
		form.Set(k, v)
	}
	return form, last, nil
}

var (
	buildOnce sync.Once
	built     string
	buildErr  error
)

// binary is the shop as people run it, built once a test run.
func binary(t testing.TB) string {
	t.Helper()
	buildOnce.Do(func() {
		dir, err := os.MkdirTemp("", "regulars-bin")
		if err != nil {
			buildErr = err
			return
		}
		built = filepath.Join(dir, "regulars")
		out, err := exec.Command("go", "build", "-o", built, ".").CombinedOutput()
		if err != nil {
			buildErr = fmt.Errorf("%w: %s", err, out)
		}
	})
	if buildErr != nil {
		t.Fatal(buildErr)
	}
	return built
}

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		os.RemoveAll(filepath.Dir(built))
	}
	os.Exit(code)
}

package web

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
)

var testTemplates = fstest.MapFS{
	"layout/shop.html": {Data: []byte(`{{define "shop"}}<html lang="{{.Lang}}"><title>{{.Title}}</title><a href="{{.Other}}" hreflang="{{.OtherLang}}">{{.OtherName}}</a>` +
		`{{range .Departments}}<a href="{{$.URL (print "/c/" .Slug)}}">{{.Name}}</a>{{end}}{{range .Flash}}<p class="{{.Kind}}">{{.Text}}</p>{{end}}` +
		`<main>{{template "main" .}}</main>{{end}}{{define "till"}}TILL {{template "main" .}}{{end}}{{define "piece"}}<b>{{.}}</b>{{end}}`)},
	"layout/admin.html":     {Data: []byte(`{{define "admin"}}ADMIN {{.Staff.Name}} {{template "main" .}}{{end}}`)},
	"storefront/parts.html": {Data: []byte(`{{define "shared"}}shared{{end}}`)},
	"storefront/home.html":  {Data: []byte(`{{define "main"}}<h1>{{.T "error.not-found"}}</h1>{{template "shared"}} {{.CSRF}} {{block "fragment:shelf" .}}<div>{{.Path}}</div>{{end}}{{end}}`)},
	"storefront/till.html":  {Data: []byte(`{{define "frame"}}till{{end}}{{define "main"}}pay{{end}}`)},
	"storefront/error.html": {Data: []byte(`{{define "main"}}<h1>{{.Words}}</h1><p>{{.Next}}</p><code>{{.Code}}</code>{{end}}`)},
	"admin/home.html":       {Data: []byte(`{{define "main"}}work{{end}}`)},
}

var testStatic = fstest.MapFS{
	"embed.go":             {Data: []byte("package static")},
	"css/00-layers.css":    {Data: []byte("@layer reset, states;\n")},
	"css/reset.css":        {Data: []byte("/* reset */\n  a { content: \"/* kept */\" }\n")},
	"css/states.css":       {Data: []byte("x{}\n")},
	"css/button.css":       {Data: []byte("b{}\n")},
	"css/zebra.css":        {Data: []byte("z{}\n")},
	"css/admin-table.css":  {Data: []byte("t{}\n")},
	"js/enhance.js":        {Data: []byte("// " + strings.Repeat("same words ", 50))},
	"img/icon.svg":         {Data: []byte("<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>")},
	"img/secret.notserved": {Data: []byte("no")},
}

type shop struct {
	*Server
	t   *testing.T
	now time.Time
	log bytes.Buffer
	db  *db.DB
}

func newShop(t *testing.T, d *db.DB, change ...func(*Options)) *shop {
	t.Helper()
	sh := &shop{t: t, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), db: d}
	opt := Options{Log: slog.New(slog.NewTextHandler(&sh.log, nil)), Secret: bytes.Repeat([]byte("s"), 32), Templates: testTemplates,
		Static: testStatic, DB: d, Now: func() time.Time { return sh.now }}
	for _, f := range change {
		f(&opt)
	}
	s, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	sh.Server = s
	home := func(c echo.Context) error { return Render(c, 200, "storefront/home", NewPage(c, "Home")) }
	s.Echo.GET("/", home)
	s.Echo.GET("/c/:slug", home)
	s.Echo.POST("/do", func(c echo.Context) error { return c.String(200, "done") })
	return sh
}

func small(t *testing.T, change ...func(*Options)) *shop {
	return newShop(t, dbtest.SQLite(t), change...)
}

func base(u string) func(*Options) { return func(o *Options) { o.BaseURL = u } }

// ask sends one request; headers are "Name: value", a body makes it a form.
func (sh *shop) ask(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	sh.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	sh.ServeHTTP(w, r)
	return w
}

func cookieOf(w *httptest.ResponseRecorder, name string) *http.Cookie {
	for _, c := range w.Result().Cookies() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestHealth(t *testing.T) {
	sh := small(t, func(o *Options) { o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
	sh.ask("GET", "/c/books", "")
	want(t, "alive", sh.ask("GET", "/healthz", "").Body.String(), "ok\n")
	want(t, "ready", sh.ask("GET", "/readyz", "").Code, 200)
	metrics := func(remote string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/metrics", nil)
		r.RemoteAddr = remote
		for _, h := range headers {
			r.Header.Set(h, "203.0.113.9")
		}
		w := httptest.NewRecorder()
		sh.ServeHTTP(w, r)
		return w
	}
	if body := metrics("127.0.0.1:5").Body.String(); !strings.Contains(body, `regulars_http_requests_total{method="GET",route="/c/:slug",status="200"} 1`) {
		t.Errorf("metrics: %.600s", body)
	}
	want(t, "trusted proxy's machine", metrics("10.1.1.1:5").Code, 200)
	want(t, "stranger", metrics("203.0.113.9:5").Code, 404)
	want(t, "stranger through the proxy", metrics("10.1.1.1:5", "X-Forwarded-For").Code, 404)
	sh.db.Close()
	want(t, "not ready", sh.ask("GET", "/readyz", "").Code, 503)
	want(t, "alive all the same", sh.ask("GET", "/healthz", "").Code, 200)
}

func TestTheLogKeepsSecrets(t *testing.T) {
	sh := small(t)
	sh.Echo.GET("/r/:token", func(c echo.Context) error { return c.String(200, "") })
	sh.ask("GET", "/r/secret-token?key=other-secret", "")
	if log := sh.log.String(); strings.Contains(log, "secret") || !strings.Contains(log, "route=/r/:token") {
		t.Error(log)
	}
}

func TestStopLetsRunningRequestsFinish(t *testing.T) {
	ready := make(chan net.Addr, 1)
	sh := small(t, func(o *Options) { o.Ready = func(a net.Addr) { ready <- a } })
	begun, finish := make(chan bool), make(chan bool)
	sh.Echo.GET("/slow", func(c echo.Context) error {
		close(begun)
		<-finish
		return c.String(200, fmt.Sprint(c.Request().Context().Err()))
	})
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- sh.Serve(ctx, "127.0.0.1:0") }()
	at := "http://" + (<-ready).String()
	answer := make(chan string, 1)
	go func() {
		resp, err := http.Get(at + "/slow")
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		answer <- string(b)
	}()
	<-begun
	stop()
	for { // until the listener is gone
		conn, err := net.Dial("tcp", strings.TrimPrefix(at, "http://"))
		if err != nil {
			break
		}
		conn.Close()
	}
	select {
	case err := <-stopped:
		t.Fatalf("stopped while a request ran: %v", err)
	default:
	}
	close(finish)
	want(t, "the running request", <-answer, "<nil>")
	want(t, "stop", <-stopped, nil)
	if err := sh.Serve(context.Background(), "256.0.0.1:1"); err == nil || !strings.Contains(err.Error(), "256.0.0.1:1") {
		t.Errorf("an address that cannot be: %v", err)
	}
}

package web

import (
	"compress/gzip"
	"io"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/labstack/echo/v4"
)

func TestAssets(t *testing.T) {
	sh := small(t)
	css := sh.ask("GET", sh.Asset("shop.css"), "")
	want(t, "shop sheet", css.Body.String(), "@layer reset, states;\na { content: \"/* kept */\" }\nb{}\nz{}\nx{}\n")
	want(t, "cache", css.Header().Get("Cache-Control"), "public, max-age=31536000, immutable")
	want(t, "type", css.Header().Get("Content-Type"), "text/css; charset=utf-8")
	want(t, "admin sheet", sh.ask("GET", sh.Asset("admin.css"), "").Body.String(), "@layer reset, states;\na { content: \"/* kept */\" }\nt{}\nb{}\nz{}\nx{}\n")

	js := sh.ask("GET", sh.Asset("js/enhance.js"), "", "Accept-Encoding: br, gzip;q=0.5")
	want(t, "encoding", js.Header().Get("Content-Encoding"), "gzip")
	zr, err := gzip.NewReader(js.Body)
	if err != nil {
		t.Fatal(err)
	}
	plain, _ := io.ReadAll(zr)
	want(t, "unpacked", string(plain), string(testStatic["js/enhance.js"].Data))
	want(t, "no gzip wanted", sh.ask("GET", sh.Asset("js/enhance.js"), "", "Accept-Encoding: gzip;q=0").Header().Get("Content-Encoding"), "")

	old := sh.ask("GET", "/static/0000000000000000/js/enhance.js", "")
	want(t, "old digest", old.Code, 302)
	want(t, "leads to", old.Header().Get("Location"), sh.Asset("js/enhance.js"))
	for _, path := range []string{"css/reset.css", "embed.go", "img/secret.notserved", "../embed.go", "js%2Fenhance.js", "js/", ""} {
		want(t, "asset "+path, sh.ask("GET", strings.TrimSuffix(sh.Asset("x"), "x")+path, "").Code, 404)
	}
	other, err := readAssets(fstest.MapFS{"js/enhance.js": {Data: []byte("changed")}})
	if err != nil || strings.Contains(sh.Asset("x"), other.digest) {
		t.Errorf("another tree has the same digest %s (%v)", other.digest, err)
	}
	etag := css.Header().Get("ETag")
	want(t, "not modified", sh.ask("GET", sh.Asset("shop.css"), "", "If-None-Match: "+etag).Code, 304)
}

func TestRendering(t *testing.T) {
	sh := small(t)
	sh.Echo.GET("/till", func(c echo.Context) error { Private(c); return Render(c, 200, "storefront/till", NewPage(c, "Pay")) })
	sh.Echo.GET("/half", func(c echo.Context) error { return Render(c, 200, "storefront/error", NewPage(c, "no fields")) })
	sh.OnPage(func(c echo.Context, p *Page) {
		p.Departments = []Department{{"books", Lang(c).Tag()}}
	})
	whole := sh.ask("GET", "/zh/c/books", "")
	want(t, "kept", whole.Header().Get("Cache-Control"), "private, no-cache")
	if !strings.Contains(whole.Body.String(), `<a href="/zh/c/books">zh-Hans</a>`) || !strings.Contains(whole.Body.String(), "shared") {
		t.Error(whole.Body)
	}
	want(t, "part", sh.ask("GET", "/zh/c/books", "", "X-Fragment: shelf").Body.String(), "<div>/c/books</div>")
	for _, name := range []string{"nothing", "../main", "main"} {
		want(t, "no part "+name, sh.ask("GET", "/zh/c/books", "", "X-Fragment: "+name).Body.String(), whole.Body.String())
	}
	want(t, "own frame", sh.ask("GET", "/till", "").Body.String(), "TILL pay")
	want(t, "private", sh.ask("GET", "/till", "").Header().Get("Cache-Control"), "private, no-store")
	half := sh.ask("GET", "/half", "")
	want(t, "half a page", half.Code, 500)
	if strings.Contains(half.Body.String(), "no fields") || strings.Count(half.Body.String(), "<html") != 1 {
		t.Errorf("half a page got out: %s", half.Body)
	}
	piece, err := sh.Piece("piece", "<i>")
	want(t, "piece", string(piece), "<b>&lt;i&gt;</b>")
	want(t, "piece error", err, nil)
	want(t, "pages", strings.Join(sh.Pages(), " "), "admin/home storefront/error storefront/home storefront/till")
	want(t, "rendered", strings.Join(sh.Rendered(), " "), "storefront/error storefront/home storefront/till")
}

func TestBrokenTemplatesStopTheStart(t *testing.T) {
	for name, page := range map[string]string{
		"syntax":          `{{define "main"}}{{end`,
		"no main":         `<p>`,
		"unknown part":    `{{define "main"}}{{template "nothing"}}{{end}}`,
		"unknown frame":   `{{define "frame"}}barn{{end}}{{define "main"}}{{end}}`,
		"not escapable":   `{{define "main"}}<a href='{{if .}}"{{end}}>{{end}}`,
		"broken fragment": `{{define "main"}}{{end}}{{define "fragment:x"}}{{template "nothing"}}{{end}}`,
	} {
		files := fstest.MapFS{"layout/shop.html": testTemplates["layout/shop.html"], "storefront/home.html": {Data: []byte(page)}}
		if _, err := parsePages(files); err == nil || !strings.Contains(err.Error(), "storefront/home.html") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDevReadsAgain(t *testing.T) {
	files := fstest.MapFS{}
	for name, f := range testTemplates {
		files[name] = f
	}
	sh := small(t, func(o *Options) { o.Dev, o.Templates = true, files })
	files["storefront/home.html"] = &fstest.MapFile{Data: []byte(`{{define "main"}}edited{{end}}`)}
	if body := sh.ask("GET", "/", "").Body.String(); !strings.Contains(body, "edited") {
		t.Error(body)
	}
}

func TestCompressedPages(t *testing.T) {
	sh := small(t)
	sh.Echo.GET("/png", func(c echo.Context) error { return c.Blob(200, "image/png", []byte("png")) })
	w := sh.ask("GET", "/", "", "Accept-Encoding: gzip")
	want(t, "page", w.Header().Get("Content-Encoding"), "gzip")
	zr, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(zr); err != nil || !strings.Contains(string(b), "<main>") {
		t.Errorf("%s %v", b, err)
	}
	want(t, "picture", sh.ask("GET", "/png", "", "Accept-Encoding: gzip").Header().Get("Content-Encoding"), "")
	if vary := strings.Join(w.Header()["Vary"], ","); !strings.Contains(vary, "Accept-Encoding") {
		t.Error(vary)
	}
}

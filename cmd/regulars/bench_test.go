package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"gorm.io/gorm"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/demo"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/storefront"
)

// sink is a browser that keeps one answer at a time: like a socket's buffer it
// takes a copy, so that a ready-made answer is not free either.
type sink struct {
	header http.Header
	status int
	bytes  int
	buffer [1 << 18]byte
}

func (s *sink) Header() http.Header { return s.header }
func (s *sink) WriteHeader(n int)   { s.status = n }
func (s *sink) Write(b []byte) (int, error) {
	if s.status == 0 {
		s.status = http.StatusOK
	}
	s.bytes += copy(s.buffer[min(s.bytes, len(s.buffer)):], b)
	return len(b), nil
}

// ask sends r to h once.
func (s *sink) ask(h http.Handler, r *http.Request) {
	clear(s.header)
	s.status, s.bytes = 0, 0
	h.ServeHTTP(s, r)
}

// measured is a demo shop that answers in this process, with everything on
// that runs in a served one: events are written, requests are logged.
type measured struct {
	*app
	queries atomic.Int64
}

// measuredShop is made once: 200 simulated shoppers over 180 days, the whole
// catalogue, a trained model.
var measuredShop = sync.OnceValues(func() (*measured, error) {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "regulars-bench")
	if err != nil {
		return nil, err
	}
	f := folder{Data: dir}
	d, err := f.open(ctx, environment{}, migrateAlways, false)
	if err != nil {
		return nil, err
	}
	// Unlinked files live on while they are open, so nothing is left behind
	// however the run ends; the secret was read and the model loaded by then.
	defer os.RemoveAll(dir)
	opt := demo.Options{Shoppers: 200, Days: 180, Seed: 20020501, Now: time.Now()}
	if err := populate(ctx, d, f, environment{}, opt, func(string) {}); err != nil {
		return nil, err
	}
	if err := fillShelf(ctx, d, opt.Now); err != nil {
		return nil, err
	}
	if _, err := train(ctx, d, time.Now); err != nil {
		return nil, err
	}
	a, err := assemble(ctx, d, appOptions{folder: f, base: "http://127.0.0.1", demo: true, people: signIns(), now: time.Now,
		log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		return nil, err
	}
	m := &measured{app: a}
	count := func(*gorm.DB) { m.queries.Add(1) }
	for _, err := range []error{
		d.Query(ctx).Callback().Query().Before("*").Register("bench:query", count),
		d.Query(ctx).Callback().Row().Before("*").Register("bench:row", count),
		d.Query(ctx).Callback().Raw().Before("*").Register("bench:raw", count),
	} {
		if err != nil {
			return nil, err
		}
	}
	go a.events.Run(ctx)
	// Just after a change nothing is kept, and the whole catalogue was written
	// a moment ago: what is measured is a shop at rest.
	home, s := m.browser().request(http.MethodGet, "/", nil), &sink{header: http.Header{}}
	for began := time.Now(); time.Since(began) < 10*time.Second; {
		before := m.queries.Load()
		if s.ask(a.web, home); m.queries.Load()-before <= pageQueries["home"] {
			break
		}
	}
	return m, nil
})

// browser keeps the cookies of one person for the requests to be measured.
type browser struct {
	shop    *measured
	cookies map[string]*http.Cookie
}

func (b *browser) request(method, path string, form url.Values) *http.Request {
	r := httptest.NewRequest(method, "http://127.0.0.1"+path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	return r
}

func (b *browser) post(tb testing.TB, path string, form url.Values) {
	tb.Helper()
	w := httptest.NewRecorder()
	b.shop.web.ServeHTTP(w, b.request(http.MethodPost, path, form))
	if w.Code != http.StatusSeeOther {
		tb.Fatalf("POST %s: %d %.300s", path, w.Code, w.Body)
	}
	for _, c := range w.Result().Cookies() {
		b.cookies[c.Name] = c
	}
}

func (m *measured) browser() *browser { return &browser{m, map[string]*http.Cookie{}} }

// echoStatic is the limit that pages are held against: a plain Echo handler
// that sends the very same bytes.
func echoStatic(body []byte) http.Handler {
	e := echo.New()
	e.GET("/*", func(c echo.Context) error { return c.Blob(http.StatusOK, echo.MIMETextHTMLCharsetUTF8, body) })
	return e
}

// perAsk is the processor time that h takes to answer r.
func perAsk(h http.Handler, r *http.Request, times int) time.Duration {
	s := &sink{header: http.Header{}}
	began := worked()
	for range times {
		s.ask(h, r)
	}
	return (worked() - began) / time.Duration(times)
}

// worked is the processor time of this process so far, the collector's and the
// event writer's included: on a machine that others use too, time on the clock
// says more about them than about us.
func worked() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// overLoopback is the same through a real server and a kept-open connection,
// as a browser has it, client included: HTTP costs more than a static answer.
func overLoopback(b *testing.B, h http.Handler, r *http.Request, times int) time.Duration {
	b.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	client := server.Client()
	u, err := url.Parse(server.URL + r.URL.RequestURI())
	if err != nil {
		b.Fatal(err)
	}
	header := r.Header.Clone()
	header.Set("Accept-Encoding", "identity")
	var began time.Duration
	for i := range times + 20 {
		if i == 20 {
			began = worked()
		}
		answer, err := client.Do(&http.Request{Method: http.MethodGet, URL: u, Host: "127.0.0.1", Header: header})
		if err != nil {
			b.Fatal(err)
		}
		_, err = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusOK {
			b.Fatalf("%s: %d %v", u, answer.StatusCode, err)
		}
	}
	return (worked() - began) / time.Duration(times)
}

// The most queries a page may make; the student's home page reads who asks.
var pageQueries = map[string]int64{"home": 1, "home-zh": 1, "category": 6, "product": 8}

// BenchmarkPages measures the pages people see most, whole and uncompressed,
// beside a plain Echo handler that sends the same bytes in the same run, in
// processor time: x-static in this process, x-served over a connection to a
// real server.
func BenchmarkPages(b *testing.B) {
	m, err := measuredShop()
	if err != nil {
		b.Fatal(err)
	}
	guest, visitor, student := m.browser(), m.browser(), m.browser()
	for _, sku := range benchCart(b, m) {
		visitor.post(b, "/cart/items", url.Values{"sku": {sku}, "qty": {"1"}})
	}
	student.post(b, "/signin", url.Values{"email": {studentMail()}, "password": {storefront.DemoPassword}})

	type row struct {
		name               string
		bytes, queries     int64
		page, static       time.Duration
		served, servedEcho time.Duration
	}
	var table []row
	for _, page := range []struct {
		name, path string
		who        *browser
	}{
		{"home", "/", guest}, {"home-zh", "/zh/", guest}, {"category", "/c/" + fullShelf, guest}, {"product", "/p/" + benchProduct(b, m), guest},
		{"search", "/search?q=bottle", guest}, {"cart", "/cart", visitor}, {"home-student", "/", student},
	} {
		b.Run(page.name, func(b *testing.B) {
			r := page.who.request(http.MethodGet, page.path, nil)
			first := httptest.NewRecorder()
			m.web.ServeHTTP(first, r)
			if first.Code != http.StatusOK {
				b.Fatalf("%s: %d %.300s", page.path, first.Code, first.Body)
			}
			if n := strings.Count(first.Body.String(), `<li class="card`); page.name == "category" && n != 24 {
				b.Errorf("%s shows %d cards", page.path, n)
			}
			before := m.queries.Load()
			perAsk(m.web, r, 1)
			queries := m.queries.Load() - before
			if most := pageQueries[page.name]; most > 0 && queries > most {
				b.Errorf("%s asks the database %d times, at most %d are allowed", page.path, queries, most)
			}
			static := echoStatic(first.Body.Bytes())
			const asks, served = 20_000, 300
			limit := perAsk(static, r, asks)
			s := &sink{header: http.Header{}}
			b.ReportAllocs()
			began := worked()
			for b.Loop() {
				s.ask(m.web, r)
			}
			took := (worked() - began) / time.Duration(b.N)
			if s.status != http.StatusOK || s.bytes == 0 {
				b.Fatalf("%s: %d, %d bytes", page.path, s.status, s.bytes)
			}
			limit = (limit + perAsk(static, r, asks)) / 2
			one := row{page.name, int64(first.Body.Len()), queries, took, limit, overLoopback(b, m.web, r, served), overLoopback(b, static, r, served)}
			b.ReportMetric(float64(one.page.Nanoseconds()), "cpu-ns/op")
			b.ReportMetric(float64(one.page)/float64(one.static), "x-static")
			b.ReportMetric(float64(one.served)/float64(one.servedEcho), "x-served")
			b.ReportMetric(float64(queries), "queries")
			table = append(table, one)
		})
	}
	var t strings.Builder
	fmt.Fprintf(&t, "\n%-13s %8s %8s %10s %10s %9s %10s %10s %9s\n", "page", "bytes", "queries", "cpu µs", "echo µs", "x-static", "served µs", "echo µs", "x-served")
	us := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
	for _, r := range table {
		fmt.Fprintf(&t, "%-13s %8d %8d %10.1f %10.2f %9.1f %10.1f %10.1f %9.2f\n", r.name, r.bytes, r.queries, us(r.page), us(r.static),
			us(r.page)/us(r.static), us(r.served), us(r.servedEcho), us(r.served)/us(r.servedEcho))
	}
	fmt.Fprintln(os.Stderr, t.String())
}

// BenchmarkEchoStatic is the limit alone: the home page's bytes.
func BenchmarkEchoStatic(b *testing.B) {
	m, err := measuredShop()
	if err != nil {
		b.Fatal(err)
	}
	r := m.browser().request(http.MethodGet, "/", nil)
	first := httptest.NewRecorder()
	m.web.ServeHTTP(first, r)
	static, s := echoStatic(first.Body.Bytes()), &sink{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		s.ask(static, r)
	}
}

// studentMail is the student of the tour.
func studentMail() string {
	for _, p := range demo.SignIns() {
		if p.Role == "" && p.Occupation == "student" && p.Personalize {
			return p.Email
		}
	}
	return ""
}

// fullShelf is a department whose page the demo's own goods do not fill; more
// of the same kind are put beside them, so that it shows its 24 cards.
const fullShelf = "baby"

func fillShelf(ctx context.Context, d *db.DB, now time.Time) error {
	tree, err := catalog.LoadTree(ctx, d)
	if err != nil {
		return err
	}
	shelf, _ := tree.BySlug(fullShelf)
	under := tree.Under(shelf.ID)
	var drafts []catalog.Draft
	for i := range 24 {
		code := fmt.Sprintf("BENCH%02d", i)
		drafts = append(drafts, catalog.Draft{
			Product: catalog.Product{Code: code, CategoryID: &under[i%len(under)], Name: i18n.Text{En: "Muslin cloth no. " + code, Zh: "纱布巾 " + code},
				Line: i18n.Text{En: "Three of cotton, 60 × 60 cm", Zh: "棉质三条，60 × 60 厘米"}, Published: true, Position: 1000 + i},
			Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: code, Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: money.Amount(900 + 50*i)}}}},
			Images:   []catalog.Image{{Src: "art:box-25-_-" + code, Alt: i18n.Text{En: "Cloths", Zh: "纱布巾"}}},
			Facts:    []catalog.Fact{{Key: "material", Name: i18n.Text{En: "Material", Zh: "材质"}, ValueCode: "cotton", Value: i18n.Text{En: "Cotton", Zh: "棉"}, Facet: true}},
		})
	}
	return d.InTx(ctx, func(tx *db.Tx) error {
		outcomes, err := catalog.PutMany(ctx, tx, drafts, now)
		for _, o := range outcomes {
			err = errors.Join(err, o.Err)
		}
		return err
	})
}

// benchProduct is a bottle: options, facts and suggestions.
func benchProduct(b *testing.B, m *measured) string {
	return oneColumn(b, m, "SELECT slug FROM products WHERE published = TRUE AND slug LIKE '%bottle%' ORDER BY position, id LIMIT 1")[0]
}

// benchCart is three things that can be bought.
func benchCart(b *testing.B, m *measured) []string {
	return oneColumn(b, m, `SELECT min(v.sku) FROM variants v JOIN products p ON p.id = v.product_id AND p.published = TRUE AND p.sensitive = FALSE
		JOIN stock s ON s.variant_id = v.id AND s.on_hand - s.reserved > 5 WHERE v.active = TRUE GROUP BY p.id ORDER BY p.id LIMIT 3`)
}

func oneColumn(b *testing.B, m *measured, query string) []string {
	b.Helper()
	var found []string
	if err := m.db.Query(context.Background()).Raw(query).Scan(&found).Error; err != nil || len(found) == 0 {
		b.Fatalf("%s: %d rows, %v", query, len(found), err)
	}
	return found
}

package storefront_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/shoptest"
)

// mailed leaves a cart, agrees to a reminder and returns the two tokens of the
// mail that comes a day later.
func mailed(t *testing.T, s *shoptest.Shop, email string) (restore, stop string) {
	t.Helper()
	b := s.Browser()
	b.Post("/cart/items", "sku", "BK01", "qty", "2")
	b.Submit(b.Get("/checkout"), "/checkout", "email", email, "name", "Xaver Canary", "mail_ok", "on")
	agree(t, s, email)
	s.Pass(25 * time.Hour)
	if _, err := s.Office.FollowUp(context.Background(), s.Now()); err != nil {
		t.Fatal(err)
	}
	for _, l := range s.Letters() {
		if strings.Contains(fmt.Sprint(l.To), email) {
			for _, m := range links.FindAllStringSubmatch(l.Text, -1) {
				_, token, _ := strings.Cut(m[1][1:], "/")
				if m[2] == "r" {
					restore = token
				} else {
					stop = token
				}
			}
		}
		if restore != "" && stop != "" {
			return restore, stop
		}
	}
	t.Fatalf("no reminder to %s", email)
	return "", ""
}

// Links of mails that were made up, changed, used before, run out or belong to
// the other purpose, in whoever's hands and by whatever method; and good ones
// opened by scanners: nothing is changed, and of the bad ones nothing shown.
// FUZZ_TOKENS=100000 is the length that make simulate runs; FUZZ_SEED repeats.
func TestNoLinkButTheRightOneDoesAnything(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		tokens := fromEnv("FUZZ_TOKENS", 2000)
		if !d.Embedded() {
			tokens = min(tokens, 400)
		}
		s := shoptest.New(t, d)
		run, runStop := mailed(t, s, "run-out@example.com")
		s.Pass(8 * 24 * time.Hour)
		spent, _ := mailed(t, s, "spent@example.com")
		b := s.Browser()
		if p := b.Submit(b.Get("/r/"+spent), "/r/"); p.Location != "/cart" {
			t.Fatalf("restoring: %d %s", p.Status, p.Text())
		}
		good, goodStop := mailed(t, s, "good@example.com")
		if p := s.Browser().Get("/r/" + good); !strings.Contains(p.Body, `href="/zh/r/`+good+`"`) {
			t.Error("the page behind a link does not lead to itself in the other language")
		}
		f := &linkFuzz{T: t, s: s, r: rand.New(rand.NewPCG(uint64(fromEnv("FUZZ_SEED", 20020501)), 3)), foreign: s.SignedIn(shoptest.Student),
			restore: []string{run, spent, good}, stop: []string{runStop, goodStop}}
		before := f.tables(d)
		for range tokens {
			if f.one(); t.Failed() {
				return
			}
		}
		for _, p := range []*shoptest.Page{f.foreign.Get("/r/" + good), s.Browser().Get("/r/" + good), s.Browser().Get("/u/" + goodStop)} {
			if p.Status != http.StatusOK || strings.Contains(p.Body, "Canary") || strings.Contains(p.Body, "good@example.com") {
				t.Errorf("a good link shows more than goods: %d %s", p.Status, p.Text())
			}
			if !strings.Contains(p.Header.Get("Cache-Control"), "no-store") || !strings.Contains(p.Header.Get("X-Robots-Tag")+p.Body, "noindex") {
				t.Errorf("kept or indexed: %v", p.Header)
			}
		}
		for name, sum := range f.tables(d) {
			if sum != before[name] {
				t.Errorf("%s is not what it was", name)
			}
		}
		if f.shown == 0 || f.refused < tokens/2 {
			t.Errorf("of %d, %d were refused and %d good ones shown", tokens, f.refused, f.shown)
		}
	})
}

type linkFuzz struct {
	*testing.T
	s              *shoptest.Shop
	r              *rand.Rand
	foreign        *shoptest.Browser
	restore, stop  []string
	refused, shown int
}

// one asks for one link.
func (f *linkFuzz) one() {
	purpose, token, good := f.token()
	path := "/" + purpose + "/" + url.PathEscape(token)
	if f.r.IntN(3) == 0 {
		path = "/zh" + path
	}
	method := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPost, http.MethodPut, http.MethodOptions}[f.r.IntN(6)]
	if good { // scanners and previews only look
		method = []string{http.MethodGet, http.MethodHead}[f.r.IntN(2)]
	}
	if method == http.MethodPost && purpose == "r" && f.r.IntN(4) == 0 {
		path += "/why"
	}
	status, body := f.ask(method, path)
	switch {
	case good && status == http.StatusOK:
		f.shown++
	case good:
		f.Errorf("%s of a good link: %d", method, status)
	case slices.Contains([]int{http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusTooManyRequests, http.StatusBadRequest, http.StatusRequestURITooLong}, status):
		f.refused++
	case method == http.MethodOptions && status == http.StatusNoContent:
		f.refused++
	default:
		f.Errorf("%s %q: %d", method, path, status)
	}
	if !good && (strings.Contains(body, "Canary") || strings.Contains(body, "@example.com") || strings.Contains(body, `action="/r/`) || strings.Contains(body, `action="/u/`)) {
		f.Errorf("%s %q shows something: %s", method, path, body)
	}
}

// token makes up a link. good: it is a real one of that purpose.
func (f *linkFuzz) token() (purpose, token string, good bool) {
	purpose = []string{"r", "u"}[f.r.IntN(2)]
	have := f.restore
	if purpose == "u" {
		have = f.stop
	}
	real := have[f.r.IntN(len(have))]
	switch f.r.IntN(14) {
	case 0: // opened by a scanner
		return purpose, have[len(have)-1], true
	case 1: // run out or spent
		return "r", f.restore[f.r.IntN(2)], false
	case 2: // of the other purpose
		if purpose == "r" {
			return "r", f.stop[f.r.IntN(len(f.stop))], false
		}
		return "u", f.restore[f.r.IntN(len(f.restore))], false
	case 3: // what is kept of it
		sum := sha256.Sum256([]byte(real))
		return purpose, hex.EncodeToString(sum[:]), false
	case 4: // cut off
		return purpose, real[:1+f.r.IntN(len(real)-1)], false
	case 5: // one letter is another, the last one above all: its lowest bits mean nothing to a decoder
		i := len(real) - 1 - f.r.IntN(len(real))*f.r.IntN(2)
		return purpose, real[:i] + other(real[i]) + real[i+1:], false
	case 6: // more of it
		return purpose, real + []string{"=", "A", "%00", " ", "\n", "'--", "/../" + real, "?x", "#", real, ".", "\x00"}[f.r.IntN(12)], false
	case 7: // other letters of the same
		if upper := strings.ToUpper(real); f.r.IntN(2) == 0 && upper != real {
			return purpose, upper, false
		}
		return purpose, " " + real, false
	case 8: // what people type
		return purpose, []string{"1", "0", "-1", "null", "%", "%%", "..", "' OR '1'='1", "{{.}}", "<script>", "令牌", strings.Repeat("A", 5000), "*", "_", "\u202e" + real}[f.r.IntN(15)], false
	case 9: // row ids and instants
		return purpose, fmt.Sprint(f.r.IntN(5000)), false
	}
	b := make([]byte, 32)
	for i := range b {
		b[i] = byte(f.r.Uint32())
	}
	return purpose, base64.RawURLEncoding.EncodeToString(b), false
}

// other is a letter that stands for the same but for its lowest bit.
func other(letter byte) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(letters[strings.IndexByte(letters, letter)^1])
}

// ask sends it from one of many networks: a stranger's browser, a mail program
// without origin, or the browser of somebody else who is signed in.
func (f *linkFuzz) ask(method, path string) (int, string) {
	if f.r.IntN(10) == 0 && (method == http.MethodGet || method == http.MethodPost) {
		if method == http.MethodGet {
			p := f.foreign.Get(path)
			return p.Status, p.Main()
		}
		p := f.foreign.Post(path, "everything", "1", "reason", "dear")
		return p.Status, p.Main()
	}
	form := url.Values{"List-Unsubscribe": {"One-Click"}, "everything": {"1"}, "reason": {"dear"}}
	r := httptest.NewRequest(method, "http://127.0.0.1"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
	r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:4711", f.r.IntN(256), f.r.IntN(256), f.r.IntN(256))
	if f.r.IntN(4) > 0 {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	w := httptest.NewRecorder()
	f.s.Web.ServeHTTP(w, r)
	if w.Code == http.StatusForbidden && r.Header.Get("Sec-Fetch-Site") == "" {
		return http.StatusNotFound, "" // a form from elsewhere is not even read
	}
	return w.Code, w.Body.String()
}

// tables is every row of every table, summed up.
func (f *linkFuzz) tables(d *db.DB) map[string]string {
	f.Helper()
	ctx := context.Background()
	if err := f.s.Events.Flush(ctx); err != nil {
		f.Fatal(err)
	}
	sql := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND sql NOT LIKE '%VIRTUAL%'"
	if !d.Embedded() {
		sql = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
	}
	var names []string
	if err := d.Query(ctx).Raw(sql).Scan(&names).Error; err != nil {
		f.Fatal(err)
	}
	sums := map[string]string{}
	for _, name := range names {
		var rows []map[string]any
		if err := d.Query(ctx).Raw("SELECT * FROM " + name).Scan(&rows).Error; err != nil {
			f.Fatal(err)
		}
		lines := make([]string, len(rows))
		for i, row := range rows {
			lines[i] = fmt.Sprint(row) // maps are printed in order of their keys
		}
		slices.Sort(lines)
		sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
		sums[name] = fmt.Sprintf("%d %x", len(rows), sum[:8])
	}
	return sums
}

package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// visitor is a person at a real browser: one tab with cookies of its own. What
// no page may ever do (write an error to the console, ask another host, answer
// with a failure) is noted while the person walks, and fails the test.
type visitor struct {
	t    *testing.T
	ctx  context.Context
	base string
	// forgiving visitors open pages that answer with a failure on purpose.
	forgiving bool

	mu    sync.Mutex
	wrong []string
}

const patience = 20 * time.Second // of one visitor, all steps together

func findChromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// openBrowser starts the one browser of the test.
func openBrowser(t *testing.T) context.Context {
	t.Helper()
	path := findChromium()
	if path == "" {
		if os.Getenv("REGULARS_TEST") == "all" {
			t.Fatal("no Chromium in PATH; install the package chromium, or run without REGULARS_TEST=all")
		}
		t.Skip("no Chromium in PATH: the journeys in a browser are not walked; REGULARS_TEST=all makes this a failure")
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	t.Cleanup(stop)
	ctx, stopBrowser := chromedp.NewContext(alloc)
	t.Cleanup(stopBrowser)
	if err := chromedp.Do(ctx); err != nil { // no deadline here: it would end the browser
		t.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

func visit(t *testing.T, browser context.Context, base string, wide int64) *visitor {
	t.Helper()
	return visitFor(t, browser, base, wide, patience)
}

func visitFor(t *testing.T, browser context.Context, base string, wide int64, patience time.Duration) *visitor {
	t.Helper()
	tab, leave := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(leave)
	v := &visitor{t: t, base: base}
	if err := chromedp.Do(tab, chromedp.EmulateViewport(wide, 800)); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	if err := chromedp.Listen(tab, v.hear); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(tab, patience)
	t.Cleanup(stop)
	v.ctx = ctx
	// A page that is still turning takes no clicks.
	calm := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, calm); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		for _, w := range v.wrong {
			t.Error(w)
		}
	})
	return v
}

func (v *visitor) hear(event any) {
	bad := ""
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if (e.Entry.Level == "error" || e.Entry.Level == "warning") && !(v.forgiving && e.Entry.Source == log.EntrySourceNetwork) {
			bad = "the console says: " + e.Entry.Text
		}
	case *runtime.EventExceptionThrown:
		bad = "a script failed: " + e.ExceptionDetails.Text
		if thrown := e.ExceptionDetails.Exception; thrown != nil {
			bad += " " + thrown.Description
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" {
			bad = fmt.Sprintf("a script wrote an %s to the console", e.Type)
		}
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; !strings.HasPrefix(u, v.base+"/") && !strings.HasPrefix(u, "data:") {
			bad = "a page asks another host: " + u
		}
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 && !v.forgiving {
			bad = fmt.Sprintf("%s answers %d", e.Response.URL, e.Response.Status)
		}
	}
	if bad != "" {
		v.mu.Lock()
		v.wrong = append(v.wrong, bad)
		v.mu.Unlock()
	}
}

func (v *visitor) withoutScript() {
	v.t.Helper()
	if _, err := chromedp.Call(v.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		v.t.Fatal(err)
	}
}

func (v *visitor) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	if err := chromedp.Do(v.ctx, steps...); err != nil {
		v.t.Fatalf("%s: %v", what, err)
	}
}

// leads takes a step and waits for the page it leads to.
func (v *visitor) leads(what string, step chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	if _, err := chromedp.RunResponse(v.ctx, step); err != nil {
		v.t.Fatalf("%s leads nowhere: %v", what, err)
	}
}

func (v *visitor) open(path string) { v.t.Helper(); v.leads(path, chromedp.Navigate(v.base+path)) }
func (v *visitor) follow(selector string) {
	v.t.Helper()
	v.leads(selector, chromedp.Click(chromedp.CSS(selector)))
}

// press clicks what changes the page in place, and waits until that shows.
func (v *visitor) press(selector, until string) {
	v.t.Helper()
	v.do(selector, chromedp.Click(chromedp.CSS(selector)), chromedp.WaitVisible(chromedp.CSS(until)))
}

func (v *visitor) fill(fields map[string]string) {
	v.t.Helper()
	for id, value := range fields {
		v.do("fill "+id, chromedp.SendKeys(chromedp.ID(id), value))
	}
}

// say evaluates an expression of the page, and works without its scripts too.
func say[T any](v *visitor, expression string) T {
	v.t.Helper()
	got, err := chromedp.Run(v.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		v.t.Fatalf("%s: %v", expression, err)
	}
	return got
}

func (v *visitor) texts(selector string) []string {
	v.t.Helper()
	return say[[]string](v, fmt.Sprintf(`[...document.querySelectorAll(%q)].map(e => e.innerText.replace(/\s+/g, " ").trim())`, selector))
}

func (v *visitor) text(selector string) string {
	v.t.Helper()
	all := v.texts(selector)
	if len(all) == 0 {
		v.t.Fatalf("%s does not show %s", say[string](v, "location.href"), selector)
	}
	return all[0]
}

func (v *visitor) path() string {
	v.t.Helper()
	return say[string](v, "location.pathname")
}

// signIn is the one click of the demo.
func (v *visitor) signIn(email string) {
	v.t.Helper()
	v.open("/signin")
	v.follow(fmt.Sprintf(`form:has(input[value=%q]) .person`, email))
	if v.path() == "/signin" {
		v.t.Fatalf("%s is not let in: %q", email, v.texts(".notice"))
	}
}

// put adds what the product page shows, waits for the shop to say so, and
// closes the drawer that says it.
func (v *visitor) put(script bool) {
	v.t.Helper()
	if !script {
		v.follow(".buy > .button")
		v.text(".notice-ok")
		return
	}
	v.press(".buy > .button", ".drawer[open]")
	v.text(".notice-ok")
	v.do("close the drawer", chromedp.KeyEvent(kb.Escape), chromedp.WaitNotVisible(chromedp.CSS(".drawer")))
}

func TestBrowserJourneys(t *testing.T) {
	browser := openBrowser(t)
	base := start(t, nil, "demo", "--data", t.TempDir(), "--addr", "127.0.0.1:0", "--shoppers", "20", "--days", "30").base

	t.Run("a guest finds a bottle, adds what goes with it, and pays", func(t *testing.T) {
		v := visit(t, browser, base, 1280)
		v.buysTheBottle("", "bottle", true)
	})
	t.Run("the same without a line of script", func(t *testing.T) {
		v := visit(t, browser, base, 1280)
		v.withoutScript()
		v.buysTheBottle("", "bottle", false)
	})
	t.Run("the same in Chinese on a phone", func(t *testing.T) {
		v := visit(t, browser, base, 390)
		v.buysTheBottle("/zh", "奶瓶", true)
	})
	t.Run("a student sees a page of their own until they say no", func(t *testing.T) {
		guest := visit(t, browser, base, 1280)
		guest.open("/")
		neutral := say[string](guest, `document.querySelector("main").innerHTML`)

		v := visit(t, browser, base, 1280)
		v.signIn("student@demo.example")
		v.open("/")
		if got, not := v.texts(".shelf:not([aria-labelledby=continue]) h2"), guest.texts(".shelf h2"); len(got) == 0 || got[0] == not[0] {
			t.Errorf("the student's page begins with %q, the guest's with %q", got, not)
		}
		v.open("/privacy")
		v.follow("button[name=personalize][value=off]")
		v.open("/")
		if got := say[string](v, `document.querySelector("main").innerHTML`); got != neutral {
			t.Errorf("switched off, the student still gets a page of their own: headed %q instead of %q", v.texts("main h1, main h2"), guest.texts("main h1, main h2"))
		}
	})
	t.Run("a merchant changes a price and the shop shows it", func(t *testing.T) {
		v := visit(t, browser, base, 1280)
		v.signIn("merchant@demo.example")
		v.open("/admin/products/HC08")
		v.do("enter the price", chromedp.SetValue(chromedp.CSS(`input[name="price:HC08"]`), "13.25"))
		v.follow(".save-bar .button:not(.button-quiet)")
		if wrong := v.texts(".error-summary li"); len(wrong) > 0 {
			t.Fatalf("not saved: %q", wrong)
		}
		v.follow(".bar-actions a.button-plain")
		if got := v.text(".price-big .price-now"); got != "$13.25" {
			t.Errorf("the shop shows %s", got)
		}
	})
	t.Run("a marketer reads where carts are left", func(t *testing.T) {
		v := visit(t, browser, base, 1280)
		v.signIn("marketer@demo.example")
		v.open("/admin")
		v.follow(`.rail a[href="/admin/abandonment"]`)
		v.follow(`.chip[href*="simulated=yes"]`)
		if n := len(v.texts(".stat")); n < 4 {
			t.Errorf("the page shows %d figures", n)
		}
		if n := say[int](v, `document.querySelectorAll(".chart svg a[aria-label]").length`); n < 7 {
			t.Errorf("the chart shows %d days", n)
		}
	})
	t.Run("the office by keyboard", func(t *testing.T) {
		v := visit(t, browser, base, 1280)
		v.signIn("owner@demo.example")
		v.open("/admin")
		v.do("press g", chromedp.KeyEvent("g"))
		v.leads("press o", chromedp.KeyEvent("o"))
		if v.path() != "/admin/orders" {
			t.Fatalf("g o leads to %s", v.path())
		}
		v.do("walk two rows down and one up", chromedp.KeyEvent("j"), chromedp.KeyEvent("j"), chromedp.KeyEvent("k"))
		first := say[string](v, `document.querySelector("main tbody tr a[href]").href`)
		if at := say[string](v, `document.activeElement.href ?? ""`); at != first {
			t.Errorf("the focus is on %q, not on the first row %q", at, first)
		}
		v.do("ask for help", chromedp.KeyEvent("?"), chromedp.WaitVisible(chromedp.CSS("dialog[data-keys][open]")))
		v.do("switch the keys off", chromedp.Click(chromedp.CSS("[data-keys-on]")), chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent("/"))
		if at := say[string](v, `document.activeElement.tagName`); at == "INPUT" {
			t.Error("switched off, / still moves the focus")
		}
	})
	t.Run("by keyboard alone", func(t *testing.T) { byKeyboard(t, visit(t, browser, base, 1280)) })
	t.Run("no page scrolls sideways at 320 px", func(t *testing.T) {
		v := visit(t, browser, base, 320)
		v.fitsOn("/", "/zh/", "/c/baby", "/p/calm-bottle", "/zh/p/calm-bottle", "/search?q=bottle", "/cart", "/signin", "/privacy", "/delivery", "/contact")
		v.open("/p/calm-bottle")
		v.put(true)
		v.fitsOn("/cart", "/zh/cart", "/checkout", "/zh/checkout")
		v.signIn("owner@demo.example")
		v.fitsOn("/admin", "/admin/orders", "/admin/products", "/admin/products/BB01", "/admin/stock", "/admin/abandonment?simulated=yes", "/admin/settings")
	})
}

// buysTheBottle walks from the search to the paid order and looks whether the
// sum stays what the cart said.
func (v *visitor) buysTheBottle(prefix, word string, script bool) {
	t := v.t
	t.Helper()
	v.open(prefix + "/")
	v.do("type "+word, chromedp.SendKeys(chromedp.ID("site-search"), word))
	v.follow(".search-button")
	v.follow(fmt.Sprintf(`.results a[href=%q]`, prefix+"/p/calm-bottle"))
	before := v.text(".price-big .price-now")
	v.follow(`.option[href*="size=240"]`)
	if after := v.text(".price-big .price-now"); after == before {
		t.Errorf("the large bottle costs %s as the small one does", after)
	}
	bottle := v.text("main h1")
	if reasons := v.texts(".chain .reason"); len(reasons) < 4 {
		t.Errorf("beside the bottle stand %d reasons: %q", len(reasons), reasons)
	}
	suggested := say[string](v, `document.querySelector(".chain .card-name a").getAttribute("href")`)
	v.put(script)
	v.open(suggested)
	extra := v.text("main h1")
	v.put(script)

	v.follow(fmt.Sprintf(`.header-links a[href=%q]`, prefix+"/cart"))
	names := v.texts(".line-name")
	if !slices.Contains(names, bottle) || !slices.Contains(names, extra) || len(names) != 2 {
		t.Fatalf("the cart holds %q, not %q and %q", names, bottle, extra)
	}
	total := v.text(".sums-total dd")
	v.follow(fmt.Sprintf(`a.button[href=%q]`, prefix+"/checkout"))
	v.fill(map[string]string{"email": "browser@shop.example", "name": "Test Person", "line1": "1 Bank Street", "city": "Riverside", "region": "CA", "postcode": "92501"})
	if prefix == "/zh" {
		v.speaksChinese()
	}
	v.follow(".checkout .split-side .button-wide")
	if !strings.Contains(v.path(), "/gateway/test/") {
		t.Fatalf("no order was placed: %q", v.texts(".error-summary li, .notice"))
	}
	if got := v.text("button[value=paid]"); !strings.Contains(got, total) {
		t.Errorf("the cart said %s, the gateway asks %q", total, got)
	}
	v.follow("button[value=paid]")
	if !strings.Contains(v.path(), "/orders/") {
		t.Fatalf("paid, and now at %s", v.path())
	}
	if n, sum := len(v.texts(".mini-lines li")), v.text(".sums-total dd"); n != 2 || sum != total {
		t.Errorf("the order holds %d lines for %s; the cart said %s", n, sum, total)
	}
	if done := v.texts(".timeline .is-done"); len(done) < 2 {
		t.Errorf("of a paid order only these steps are done: %q", done)
	}
	if prefix == "/zh" {
		v.speaksChinese()
	}
}

var han = regexp.MustCompile(`\p{Han}`)

// speaksChinese looks for words that were left in English.
func (v *visitor) speaksChinese() {
	v.t.Helper()
	if lang := say[string](v, "document.documentElement.lang"); lang != "zh-Hans" {
		v.t.Errorf("%s is in %s", v.path(), lang)
	}
	for _, words := range v.texts("h1, h2, h3, label, legend, button, nav a, dt, th") {
		if words != "" && words != "English" && !han.MatchString(words) {
			v.t.Errorf("%s says %q", v.path(), words)
		}
	}
}

// fitsOn opens pages and measures whether one is wider than the window.
func (v *visitor) fitsOn(paths ...string) {
	v.t.Helper()
	for _, path := range paths {
		v.open(path)
		if over := say[float64](v, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
			v.t.Errorf("%s is %v px too wide, by %s", path, over, say[string](v, `[...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > innerWidth && !e.closest(".table-box, .chart")).slice(0, 3).map(e => e.tagName + "." + e.className).join(" ")`))
		}
	}
}

// focus describes what has the focus, and whether somebody who watches sees it.
type focus struct {
	Name, Tag    string
	Seen, Marked bool
}

const focused = `(() => {
	const e = document.activeElement, r = e.getBoundingClientRect();
	const marked = [e, e.closest(".card"), e.closest(".tile")].some(x => x && getComputedStyle(x).outlineStyle !== "none" && parseFloat(getComputedStyle(x).outlineWidth) >= 2);
	return { Name: (e.innerText || e.getAttribute("aria-label") || e.id || e.name || "").trim(), Tag: e.tagName + "." + e.className, Seen: r.width > 1 && r.height > 1 && r.bottom > 0 && r.top < innerHeight, Marked: marked };
})()`

func byKeyboard(t *testing.T, v *visitor) {
	tab := func() focus {
		v.do("press Tab", chromedp.KeyEvent(kb.Tab))
		return say[focus](v, focused)
	}
	v.open("/")
	if f := tab(); f.Tag != "A.skip" || !f.Seen {
		t.Errorf("the first stop is %+v, not the skip link", f)
	}
	v.do("press Enter", chromedp.KeyEvent(kb.Enter), chromedp.WaitReady(chromedp.CSS("#main:focus")))
	for range 20 {
		if f := tab(); !f.Seen || !f.Marked {
			t.Errorf("the focus on %s %q is not to be seen", f.Tag, f.Name)
		}
	}
	v.do("type into the search", chromedp.Focus(chromedp.ID("site-search")), chromedp.KeyEvent("bottle"))
	v.leads("Enter in the search", chromedp.KeyEvent(kb.Enter))
	if at, err := url.Parse(say[string](v, "location.href")); err != nil || at.Path != "/search" || at.Query().Get("q") != "bottle" {
		t.Errorf("Enter leads to %v, %v", at, err)
	}
	v.open("/")
	v.do("type half a name", chromedp.Focus(chromedp.ID("site-search")), chromedp.KeyEvent("timer"),
		chromedp.WaitVisible(chromedp.CSS(".search-words img")), chromedp.KeyEvent(kb.ArrowUp))
	name := v.text(".search-words [aria-selected=true] .search-word")
	v.leads("Enter on a thing of the list", chromedp.KeyEvent(kb.Enter))
	if got := v.text("h1"); got != name {
		t.Errorf("%q leads to %q", name, got)
	}
	v.open("/")
	v.do("look into the empty search", chromedp.Focus(chromedp.ID("site-search")), chromedp.WaitVisible(chromedp.CSS(".search-words [role=option]")), chromedp.KeyEvent(kb.ArrowDown))
	if got := v.text(".search-words [aria-selected=true] .search-word"); got != "bottle" {
		t.Errorf("looked for before: %q", got)
	}
	if say[int](v, "document.querySelectorAll('.search-words [role=option]').length") < 4 {
		t.Error("no shelves before the first letter")
	}
	v.do("close it", chromedp.KeyEvent(kb.Escape))
	v.open("/p/calm-bottle")
	for range 60 {
		if f := tab(); strings.HasPrefix(f.Name, "Add to cart") {
			v.do("press Enter on the button", chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(chromedp.CSS(".drawer[open]")))
			if got := v.text("[data-fragment=cart-count]"); got != "1" {
				t.Errorf("the header counts %q", got)
			}
			return
		}
	}
	t.Error("the button that adds to the cart is not reached within 60 stops")
}

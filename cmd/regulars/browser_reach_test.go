package main

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// stop is what has the focus: seen in the window, marked, and with nothing
// lying over it.
type stop struct {
	Name, Tag, Key     string
	Seen, Marked, Atop bool
}

const stopped = `(() => {
	const e = document.activeElement, r = e.getBoundingClientRect();
	const marked = [e, e.closest(".card"), e.closest(".tile"), e.closest(".check"), e.closest(".choice")].some(x => x && getComputedStyle(x).outlineStyle !== "none" && parseFloat(getComputedStyle(x).outlineWidth) >= 2);
	const boxes = [...e.getClientRects()];
	const atop = boxes.some(b => { const x = document.elementFromPoint(Math.min(Math.max(b.left + b.width / 2, 1), innerWidth - 1), Math.min(Math.max(b.top + b.height / 2, 1), innerHeight - 1)); return x && (e.contains(x) || x.contains(e) || x.closest("label")?.contains(e)); });
	return { Name: (e.innerText || e.getAttribute("aria-label") || e.id || e.name || "").trim(), Tag: e.tagName + "." + e.className, Key: e.id || e.name || "", Seen: r.width > 1 && r.height > 1 && r.bottom > 0 && r.top < innerHeight, Marked: marked, Atop: atop };
})()`

func (v *visitor) tab() stop {
	v.t.Helper()
	v.do("press Tab", chromedp.KeyEvent(kb.Tab))
	return say[stop](v, stopped)
}

// tabTo walks by the Tab key until it is there; each stop on the way has to be
// seen, marked and uncovered.
func (v *visitor) tabTo(what string, there func(stop) bool) {
	v.t.Helper()
	for range 150 {
		s := v.tab()
		if s.Tag == "BODY.shop" {
			continue
		}
		if !s.Seen || !s.Marked || !s.Atop {
			v.t.Errorf("%s: the focus on %s %q is not to be seen: %+v", v.path(), s.Tag, s.Name, s)
		}
		if there(s) {
			return
		}
	}
	v.t.Fatalf("%s: %s is not reached within 150 stops", v.path(), what)
}

func field(id string) func(stop) bool { return func(s stop) bool { return s.Key == id } }
func saying(text string) func(stop) bool {
	return func(s stop) bool { return strings.HasPrefix(s.Name, text) }
}

// enters presses Enter and waits for the page it leads to.
func (v *visitor) enters(what string) { v.t.Helper(); v.leads(what, chromedp.KeyEvent(kb.Enter)) }

// buysByKeyboard walks the whole journey and touches nothing but keys.
func (v *visitor) buysByKeyboard(zh, script bool) {
	t := v.t
	t.Helper()
	prefix, word, add, cart := "", "bottle", "Add to cart", "Cart"
	if zh {
		prefix, word, add, cart = "/zh", "奶瓶", "加入购物车", "购物车"
	}
	v.open(prefix + "/")
	v.tabTo("the search", field("site-search"))
	v.do("type "+word, chromedp.KeyEvent(word))
	v.enters("Enter in the search")
	v.tabTo("the bottle", func(s stop) bool {
		return strings.Contains(say[string](v, "document.activeElement.href ?? ''"), "/p/calm-bottle")
	})
	v.enters("the bottle")
	v.tabTo("the button that adds", saying(add))
	if script {
		v.do("Enter on the button", chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(chromedp.CSS(".drawer[open]")))
		v.tabTo("the cart", saying("See the cart"))
		v.enters("the cart")
	} else {
		v.enters("the button that adds")
		v.tabTo("the cart", saying(cart))
		v.enters("the cart")
	}
	v.tabTo("the way to checkout", func(s stop) bool {
		return strings.HasSuffix(say[string](v, "document.activeElement.href ?? ''"), "/checkout")
	})
	v.enters("checkout")
	for _, f := range [][2]string{{"email", "keys@shop.example"}, {"name", "Test Person"}, {"line1", "1 Bank Street"}, {"city", "Riverside"}, {"region", "CA"}, {"postcode", "92501"}} {
		v.tabTo(f[0], field(f[0]))
		v.do("type "+f[0], chromedp.KeyEvent(f[1]))
	}
	v.tabTo("the button that pays", func(s stop) bool { return s.Tag == "BUTTON.button button-wide" })
	v.enters("the button that pays")
	if !strings.Contains(v.path(), "/gateway/test/") {
		t.Fatalf("no order was placed: %q", v.texts(".error-summary li, .notice"))
	}
	v.tabTo("the payment", func(s stop) bool { return say[string](v, "document.activeElement.value ?? ''") == "paid" })
	v.enters("the payment")
	if !strings.Contains(v.path(), "/orders/") {
		t.Errorf("paid, and now at %s", v.path())
	}
}

// opensCold opens a page with an empty cache on a slow line, a telephone or
// what the office has, counts what the browser asks for before anybody scrolls, and looks whether
// what is there already moves when the rest comes.
func opensCold(t *testing.T, browser context.Context, base, who, path string, most int) {
	t.Helper()
	wide := int64(412)
	if who != "" {
		wide = 1280
	}
	v := visit(t, browser, base, wide)
	if who != "" {
		v.signIn(who)
		if _, err := chromedp.Call(v.ctx, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true}); err != nil {
			t.Fatal(err)
		}
	}
	v.slowly()
	asked := map[string]bool{}
	err := chromedp.Listen(v.ctx, func(event any) {
		if e, ok := event.(*network.EventRequestWillBeSent); ok {
			v.mu.Lock()
			asked[e.Request.URL] = true
			v.mu.Unlock()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	v.open(path)
	v.stands(path)
	v.mu.Lock()
	defer v.mu.Unlock()
	if n := len(asked); n > most || n < 3 {
		t.Errorf("%s asks for %d things before anybody scrolls, the budget is %d", path, n, most)
	}
}

// slowly gives the tab a slow line; what moves is noted from then on.
func (v *visitor) slowly() {
	v.t.Helper()
	line := network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{
		{URLPattern: "*://*:*/static/*.js", Latency: 800, DownloadThroughput: 200_000, UploadThroughput: 100_000}, // after the first paint
		{Latency: 150, DownloadThroughput: 200_000, UploadThroughput: 100_000},
	}}
	if _, err := chromedp.Call(v.ctx, network.EmulateNetworkConditionsByRule, line); err != nil {
		v.t.Fatal(err)
	}
	if _, err := chromedp.Call(v.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: shifts}); err != nil {
		v.t.Fatal(err)
	}
}

func (v *visitor) media(features ...*emulation.MediaFeature) {
	v.t.Helper()
	if _, err := chromedp.Call(v.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
		v.t.Fatal(err)
	}
}

// shopIsReached walks the shop as people do who use no mouse, need colours of
// their own or no motion, or have a slow line.
func shopIsReached(t *testing.T, browser context.Context, base string) {
	t.Run("bought by keyboard", func(t *testing.T) {
		v := visitFor(t, browser, base, 1280, 3*patience)
		v.buysByKeyboard(false, true)
	})
	t.Run("bought by keyboard on a phone, in Chinese, without script", func(t *testing.T) {
		v := visitFor(t, browser, base, 390, 3*patience)
		v.withoutScript()
		v.buysByKeyboard(true, false)
	})
	t.Run("few requests when cold", func(t *testing.T) {
		for _, path := range []string{"/", "/zh/", "/c/baby", "/p/calm-bottle", "/privacy"} {
			opensCold(t, browser, base, "", path, 35)
		}
		for _, path := range []string{"/admin/products", "/admin/chains"} {
			opensCold(t, browser, base, owner, path, 20)
		}
	})
	t.Run("pictures of a product by the arrow keys", func(t *testing.T) {
		v := visit(t, browser, base, 390)
		v.open("/p/calm-bottle")
		stage := `document.querySelector(".gallery-stage img").src`
		first := say[string](v, stage)
		v.do("the first picture", chromedp.Focus(chromedp.CSS(".gallery-thumbs a")), chromedp.KeyEvent(kb.ArrowRight))
		second := say[string](v, `document.activeElement.href`)
		if now := say[string](v, stage); now == first || say[string](v, "location.href") != second || say[int](v, `document.querySelectorAll(".gallery-thumbs [aria-current]").length`) != 1 {
			t.Errorf("after the arrow the page shows %s at %s", now, v.path())
		}
		v.do("back", chromedp.KeyEvent(kb.ArrowLeft))
		if now := say[string](v, stage); now != first {
			t.Errorf("back again the page shows %s", now)
		}
		shown := say[string](v, `document.querySelectorAll(".gallery-thumbs a")[2].click(), document.querySelector(".gallery-stage img").src`)
		v.open(say[string](v, "location.pathname + location.search"))
		if now := say[string](v, stage); now != shown {
			t.Errorf("the address of a picture leads to %s, not to %s", now, shown)
		}
	})
	t.Run("a script that does not come", func(t *testing.T) {
		v := visit(t, browser, base, 390)
		v.forgiving = true
		deaf := network.SetBlockedURLsParams{URLPatterns: []*network.BlockPattern{{URLPattern: "*://*:*/static/*.js", Block: true}}}
		if _, err := chromedp.Call(v.ctx, network.SetBlockedURLs, deaf); err != nil {
			t.Fatal(err)
		}
		v.open("/c/baby")
		if say[bool](v, `document.documentElement.classList.contains("js")`) {
			t.Fatal("the script came")
		}
		v.do("wait for the button", chromedp.WaitVisible(chromedp.CSS(".sort > button")))
	})
	t.Run("with colours of one's own", func(t *testing.T) {
		v := visit(t, browser, base, 1280)
		v.media(&emulation.MediaFeature{Name: "forced-colors", Value: "active"})
		v.open("/p/calm-bottle?size=240")
		bare := say[[]string](v, `[...document.querySelectorAll(".button:not(.button-quiet), .option, .stepper, .search-input, .chip")].filter(e => getComputedStyle(e).borderStyle === "none").map(e => e.className)`)
		if len(bare) > 0 {
			t.Errorf("without the shop's colours these have no edge: %q", bare)
		}
		if got := say[string](v, `getComputedStyle(document.querySelector(".option[aria-current]")).outlineStyle`); got != "solid" {
			t.Errorf("the chosen option is marked by %q", got)
		}
		v.tabTo("the button that adds", saying("Add to cart"))
	})
	t.Run("on paper", func(t *testing.T) {
		v := visit(t, browser, base, 794) // A4
		if _, err := chromedp.Call(v.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print", Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}}); err != nil {
			t.Fatal(err)
		}
		v.open("/delivery")
		if got := say[[]string](v, `[...document.querySelectorAll(".ribbon, .header-search, .header-links, .nav, .footer, .button")].filter(e => e.offsetParent).map(e => e.className)`); len(got) > 0 {
			t.Errorf("printed are also %q", got)
		}
		light := say[bool](v, `(() => { const c = document.createElement("canvas").getContext("2d"); c.fillStyle = getComputedStyle(document.body).color; c.fillRect(0, 0, 1, 1); return c.getImageData(0, 0, 1, 1).data[0] < 90; })()`)
		if !light || len(v.text("main h1")) == 0 {
			t.Error("the text on paper is not dark")
		}
	})
	t.Run("without motion", func(t *testing.T) {
		v := visit(t, browser, base, 1280)
		v.open("/p/calm-bottle")
		if got := say[[]string](v, `[...document.querySelectorAll("*")].filter(e => parseFloat(getComputedStyle(e).transitionDuration) > 0.01 || parseFloat(getComputedStyle(e).animationDuration) > 0.01).map(e => e.className)`); len(got) > 0 {
			t.Errorf("these move although nobody wants it: %q", got[:min(5, len(got))])
		}
		v.media(&emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "no-preference"})
		if got := say[[]string](v, `[...document.querySelectorAll("a")].map(e => getComputedStyle(e).transitionDuration)`); !slices.ContainsFunc(got, func(d string) bool { return d != "0s" }) {
			t.Error("nothing ever moves, so the test above says nothing")
		}
	})
}

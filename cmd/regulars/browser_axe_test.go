package main

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"regulars/internal/campaign"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/survey"
)

// axeSource is the pinned axe-core; testdata/README.md says where from.
var axeSource = sync.OnceValues(func() (string, error) {
	f, err := os.Open("testdata/axe-core-4.14.1.min.js.gz")
	if err != nil {
		return "", err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(z)
	return string(b), err
})

// finding is one rule that a page breaks.
type finding struct {
	Rule, Says string
	At         []string
}

const axeRun = `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"] })
	.then(r => r.violations.map(v => ({ Rule: v.id, Says: v.help, At: v.nodes.slice(0, 4).map(n => n.target.join(" ") + " " + n.html.slice(0, 140) + " " + (n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? "")) })))`

// look is one way to see a page.
type look struct {
	Lang, Scheme string
	Wide         int64
}

func (l look) String() string { return fmt.Sprintf("%s %s %d", l.Lang, l.Scheme, l.Wide) }

// seenAs shows the open page in a scheme at a width.
func (v *visitor) seenAs(scheme string, wide int64) {
	v.t.Helper()
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-reduced-motion", Value: "reduce"}, {Name: "prefers-color-scheme", Value: scheme}}}
	if _, err := chromedp.Call(v.ctx, emulation.SetEmulatedMedia, media); err != nil {
		v.t.Fatal(err)
	}
	v.do("resize", chromedp.EmulateViewport(wide, 800))
}

// shifts notes what moved in a page without anybody having touched it.
const shifts = `;window.shifted = { sum: 0, what: [] };
new PerformanceObserver(list => { for (const e of list.getEntries()) if (!e.hadRecentInput) {
	shifted.sum += e.value;
	for (const s of e.sources) shifted.what.push((s.node?.nodeName ?? "") + "." + (s.node?.className ?? ""));
} }).observe({ type: "layout-shift", buffered: true });`

// withAxe has axe-core stand ready in every page the visitor opens.
func (v *visitor) withAxe() {
	v.t.Helper()
	source, err := axeSource()
	if err != nil {
		v.t.Fatal(err)
	}
	if _, err := chromedp.Call(v.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: source + shifts}); err != nil {
		v.t.Fatal(err)
	}
}

func (v *visitor) axe() []finding {
	v.t.Helper()
	got, err := chromedp.Run(v.ctx, chromedp.Evaluate[[]finding](axeRun, chromedp.EvalAwaitPromise))
	if err != nil {
		v.t.Fatalf("axe at %s: %v", v.path(), err)
	}
	return got
}

// reflows looks for what is cut off or has to be scrolled to: at 320 px after a
// narrow look, with letters of twice the size after a wide one.
func (v *visitor) reflows(where string, wide int64) {
	v.t.Helper()
	if wide < 1000 {
		v.do("resize", chromedp.EmulateViewport(320, 800))
		where += " at 320 px"
	} else {
		say[string](v, `document.documentElement.style.fontSize = "200%"`)
		where += " with letters twice as large"
	}
	if over := say[float64](v, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); over > 0 {
		v.t.Errorf("%s: %v px too wide, by %s", where, over, say[string](v, widest))
	}
	if wide >= 1000 {
		say[string](v, `document.documentElement.style.fontSize = ""`)
	}
}

const widest = `[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".table-box, .chart, .nav, .side-nav, .hidden-text")).slice(0, 4).map(e => e.tagName + "." + e.className + " " + Math.round(e.getBoundingClientRect().right)).join(", ")`

// stands looks whether anything moved without having been touched, after the
// frame in which it would.
func (v *visitor) stands(where string) {
	v.t.Helper()
	moved, err := chromedp.Run(v.ctx, chromedp.Evaluate[float64](`new Promise(done => requestAnimationFrame(() => setTimeout(() => done(shifted.sum), 50)))`, chromedp.EvalAwaitPromise))
	if err != nil {
		v.t.Fatalf("%s: %v", where, err)
	}
	if moved > 0.02 {
		v.t.Errorf("%s: what stands there moves by %.3f: %s", where, moved, say[string](v, `shifted.what.join(" ")`))
	}
}

// widths are those of a telephone, a tablet, a small and a large screen.
var widths = [4]int64{360, 1280, 768, 1680}

// matrix is how one family is seen. A page of the shop is seen in both
// languages, both schemes and two widths in two looks, by turns, one of the
// office in one look; AXE=all takes every language and scheme at 360 and 1280,
// and each language once at 768 and at 1680.
func matrix(nth int, office bool) []look {
	if os.Getenv("AXE") == "all" {
		return everyLook()
	}
	schemes := [2]string{"light", "dark"}
	a, b := nth%2, nth/2%2
	if office {
		return []look{{[2]string{"en", "zh"}[nth/2%2], schemes[nth%2], widths[nth/4%4]}}
	}
	wide := widths[2*(nth/4%2):] // telephone and small screen, or the others
	return []look{{"en", schemes[a], wide[b]}, {"zh", schemes[1-a], wide[1-b]}}
}

func everyLook() (all []look) {
	for i, lang := range []string{"en", "zh"} {
		for j, scheme := range []string{"light", "dark"} {
			all = append(all, look{lang, scheme, 360}, look{lang, scheme, 1280}, look{lang, scheme, widths[2+(i+j)%2]})
		}
	}
	return all
}

// accessible asks axe about every family.
func accessible(t *testing.T, browser context.Context, base string, families []family, office bool) {
	t.Helper()
	s := newScene(t, func(wide int64) *visitor {
		v := visitFor(t, browser, base, wide, time.Hour) // go test has the last word
		v.forgiving = true
		v.withAxe()
		return v
	})
	for nth, f := range families {
		if only := os.Getenv("AXE_PAGE"); only != "" && !regexp.MustCompile(only).MatchString(f.name) {
			continue
		}
		shown := ""
		for _, l := range matrix(nth, office) {
			v := s.person(f.who)
			v.t = t
			loaded := f.do != nil || shown != l.Lang
			if loaded {
				v.seenAs(l.Scheme, l.Wide)
				s.shows(f, l.Lang)
				shown = l.Lang
			} else {
				v.seenAs(l.Scheme, l.Wide)
			}
			if got := say[int](v, `performance.getEntriesByType("navigation")[0].responseStatus`); (got == 200) == f.fails {
				t.Errorf("%s (%s) answers %d", f.name, v.path(), got)
			}
			where := fmt.Sprintf("%s (%s, %s)", f.name, v.path(), l)
			for _, wrong := range v.axe() {
				t.Errorf("%s: %s: %s\n\t%s", where, wrong.Rule, wrong.Says, strings.Join(wrong.At, "\n\t"))
			}
			if loaded {
				v.stands(where) // later it moves because the window does
			}
			v.reflows(where, l.Wide)
		}
	}
}

// TestLooks is all that a browser has to say about the pages of one demo: how
// heavy they are, who reaches them, how much there is to do, and what axe finds.
func TestLooks(t *testing.T) {
	browser := openBrowser(t)
	base := townToLookAt(t, 20, 30)
	t.Run("sheets", func(t *testing.T) { contactSheets(t, browser, base) })
	t.Run("light", func(t *testing.T) { pagesStayLight(t, base) })
	t.Run("reached", func(t *testing.T) { shopIsReached(t, browser, base) })
	t.Run("adding", func(t *testing.T) { addingIsSeen(t, browser, base) })
	t.Run("short", func(t *testing.T) { tasksAreShort(t, browser, base) })
	t.Run("a planted fault is found", func(t *testing.T) {
		v := visit(t, browser, base, 1280)
		v.withAxe()
		v.open("/signin")
		say[string](v, `(() => { document.querySelector("label[for=email]").remove(); const p = document.querySelector("main p"); p.style.color = "#aaa"; p.style.background = "#fff"; return ""; })()`)
		var rules []string
		for _, f := range v.axe() {
			rules = append(rules, f.Rule)
		}
		for _, rule := range []string{"label", "color-contrast"} {
			if !slices.Contains(rules, rule) {
				t.Errorf("%s is planted, found are %q", rule, rules)
			}
		}
		say[string](v, `(() => { const a = document.createElement("div"); a.innerHTML = '<button class="x">a</button><button class="x">b</button>'; for (const b of a.children) { b.style.cssText = "all:unset;font-size:6px;width:8px;height:8px;display:inline-block"; } document.querySelector("main").prepend(a); return ""; })()`)
		if found := v.axe(); !slices.ContainsFunc(found, func(f finding) bool { return f.Rule == "target-size" }) {
			t.Errorf("targets of eight pixels are not found: %v", found)
		}
	})
	t.Run("shop", func(t *testing.T) { accessible(t, browser, base, shopFamilies, false) })
	t.Run("office", func(t *testing.T) { accessible(t, browser, base, officeFamilies, true) })
}

// townToLookAt is a town that also asks its people something.
func townToLookAt(t *testing.T, shoppers, days int) string {
	t.Helper()
	a, base := town(t, shoppers, days)
	now := a.now()
	words := func(en, zh string) i18n.Text { return i18n.Text{En: en, Zh: zh} }
	s := survey.Survey{Slug: asked, Title: words("Your last parcel", "您上一次收到的包裹"), Intro: words("It helps us pack better.", "帮我们包得更好。"), PublishedAt: db.At(now), Questions: []survey.Question{
		{Kind: survey.One, Words: words("How did it arrive?", "包裹送到时怎么样？"), Options: survey.ParseOptions("Well | 完好\nDented | 有点压扁")},
		{Kind: survey.Text, Words: words("What was wrong?", "哪里不好？")},
	}}
	c := campaign.Campaign{Token: letter, Salt: letter, Name: "A letter", State: campaign.Done, Subject: words("For you, {name}", "{name}，给您的"), Words: words("Look.", "请看。"), Products: "BK13", Pick: campaign.ByHand,
		Held: 5000, Hour: campaign.AnyHour, Days: 3, CreditDays: 14, StartedAt: db.At(now.AddDate(0, 0, -20)), EndedAt: db.At(now.AddDate(0, 0, -20)), CreatedAt: db.At(now.AddDate(0, 0, -21))}
	if err := a.db.InTx(t.Context(), func(tx *db.Tx) error {
		if err := campaign.Tell(t.Context(), tx, &c, nil); err != nil {
			return err
		}
		return survey.Put(t.Context(), tx, &s, true, 10, now)
	}); err != nil {
		t.Fatal(err)
	}
	return base
}

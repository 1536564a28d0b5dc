package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// doer is a visitor whose clicks and typed fields are counted.
type doer struct {
	*visitor
	clicks, fields, keys int
}

func (d *doer) click(selector string) {
	d.t.Helper()
	d.clicks++
	d.follow(selector)
}

func (d *doer) tick(selector string) {
	d.t.Helper()
	d.clicks++
	d.do("tick "+selector, chromedp.Click(chromedp.CSS(selector)))
}

func (d *doer) types(id, text string) {
	d.t.Helper()
	d.fields++
	d.keys += len([]rune(text))
	d.do("type into "+id, chromedp.SendKeys(chromedp.ID(id), text))
}

func (d *doer) inputs() int { return d.clicks + d.fields }

// tasksAreShort counts what people have to do for what the shop promises to be
// quick: the figures are the promise.
func tasksAreShort(t *testing.T, browser context.Context, base string) {
	t.Run("a bottle by a typing mistake, what goes with it, paid as a guest", func(t *testing.T) {
		d := &doer{visitor: visit(t, browser, base, 390)}
		d.open("/")
		d.types("site-search", "bottel")
		d.click(".search-button")
		d.click(`.results a[href="/p/calm-bottle"]`)
		d.clicks++
		d.press(".buy > .button", ".drawer[open]")
		extra := say[string](d.visitor, `document.querySelector(".drawer-along a").innerText`)
		d.click(".drawer-along a")
		d.clicks++
		d.press(".buy > .button", ".drawer[open]")
		d.click(`.drawer a[href="/cart"]`)
		if names := d.texts(".line-name"); len(names) != 2 || !slices.Contains(names, extra) {
			t.Fatalf("the cart holds %q", names)
		}
		d.click(`a.button[href="/checkout"]`)
		for _, f := range [][2]string{{"email", "tasks@shop.example"}, {"name", "Test Person"}, {"line1", "1 Bank Street"}, {"city", "Riverside"}, {"region", "CA"}, {"postcode", "92501"}} {
			d.types(f[0], f[1])
		}
		d.click(".checkout .split-side .button-wide")
		d.click("button[value=paid]")
		if !strings.Contains(d.path(), "/orders/") {
			t.Fatalf("not bought: at %s", d.path())
		}
		t.Logf("%d inputs, %d of them typed", d.inputs(), d.fields)
		if d.inputs() > 20 || d.fields > 8 {
			t.Errorf("a guest needs %d inputs, %d of them typed; promised are 20 and 8", d.inputs(), d.fields)
		}
	})
	t.Run("no more personal pages", func(t *testing.T) {
		d := &doer{visitor: visit(t, browser, base, 390)}
		d.signIn("student@demo.example")
		d.open("/")
		before := d.texts("main h1, main h2")
		d.click(`.footer a[href="/privacy"]`)
		d.click("button[name=personalize][value=off]")
		if d.clicks > 3 || d.keys > 0 {
			t.Errorf("%d clicks and %d keys", d.clicks, d.keys)
		}
		d.open("/")
		if after := d.texts("main h1, main h2"); slices.Equal(before, after) {
			t.Errorf("switched off, and the page is the same: %q", after)
		}
	})
	t.Run("Mr. Wen says who he is without a key", func(t *testing.T) {
		d := &doer{visitor: visit(t, browser, base, 390)}
		d.signIn("easy@demo.example")
		d.open("/")
		d.click(`.header-links a[href$="/account"]`)
		d.click(`a[href$="/account/interests"]`)
		var chosen []string
		for range 3 {
			next := say[string](d.visitor, `(() => { const e = document.querySelector(".tile input:not(:checked)"); e.closest("label").id = "next-tile"; return e.name + "=" + e.value; })()`)
			d.tick("#next-tile")
			say[string](d.visitor, `document.getElementById("next-tile").id = ""`)
			chosen = append(chosen, next)
		}
		d.click(".account-main form button.button:not(.button-quiet, .button-plain)")
		for _, c := range chosen {
			name, value, _ := strings.Cut(c, "=")
			if !say[bool](d.visitor, fmt.Sprintf(`document.querySelector('input[name="%s"][value="%s"]')?.checked ?? false`, name, value)) {
				t.Errorf("%s is not kept", c)
			}
		}
		if d.clicks > 6 || d.keys > 0 {
			t.Errorf("%d clicks and %d keys; promised are 6 and none", d.clicks, d.keys)
		}
	})
}

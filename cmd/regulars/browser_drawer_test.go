package main

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// addingIsSeen walks what happens around the button that adds: quantities by
// their buttons, the drawer, and where one is after it.
func addingIsSeen(t *testing.T, browser context.Context, base string) {
	const qty = `document.querySelector(".buy [name=qty]").value`
	const sum = `document.querySelector(".sums-total dd").innerText`
	t.Run("the drawer opens, and gives the focus back", func(t *testing.T) {
		for _, wide := range []int64{390, 1280} {
			v := visit(t, browser, base, wide)
			v.withAxe() // brings what notes shifts
			v.open("/p/calm-bottle?size=240")
			v.do("one more", chromedp.Click(chromedp.CSS(`.buy .step[value="1"]`)))
			if got := say[string](v, qty); got != "2" {
				t.Fatalf("one more makes %q", got)
			}
			for i, leave := range []chromedp.Action[chromedp.Void]{chromedp.KeyEvent(kb.Escape), chromedp.Click(chromedp.CSS(".drawer-ways .button-plain"))} {
				v.press(".buy > .button", ".drawer[open]")
				if got := v.text(".drawer .mini-note"); !strings.Contains(got, []string{"Qty 2", "Qty 3"}[i]) {
					t.Errorf("the drawer says %q", got)
				}
				if !say[bool](v, `document.querySelector(".drawer").contains(document.activeElement)`) {
					t.Error("the focus is not in the drawer")
				}
				v.do("leave it", leave, chromedp.WaitNotVisible(chromedp.CSS(".drawer")))
				if got := say[string](v, `document.activeElement.className`); !strings.HasPrefix(got, "button") {
					t.Errorf("after the drawer the focus is on %q", got)
				}
			}
			total := say[string](v, `document.querySelector(".drawer .sums-total dd").textContent`)
			v.stands("/p/calm-bottle")
			v.open("/cart")
			if got := say[string](v, sum); got != total {
				t.Errorf("the drawer said %s, the cart %s", total, got)
			}
		}
	})
	t.Run("a press beside it closes it", func(t *testing.T) {
		v := visit(t, browser, base, 1280)
		v.open("/p/calm-bottle?size=240")
		v.press(".buy > .button", ".drawer[open]")
		v.do("press the page", chromedp.MouseClickXY(200, 400), chromedp.WaitNotVisible(chromedp.CSS(".drawer")))
	})
	t.Run("quantities in the cart, with script and without", func(t *testing.T) {
		for _, script := range []bool{true, false} {
			v := visit(t, browser, base, 390)
			if !script {
				v.withoutScript()
			}
			v.open("/p/calm-bottle?size=240")
			if script {
				v.put(true)
			} else {
				v.follow(`.buy .step[value="1"]`)
				if got := say[string](v, qty); got != "2" {
					t.Errorf("without script one more makes %q at %s", got, v.path())
				}
				v.follow(`.buy .step[value="-1"]`)
				v.put(false)
			}
			v.open("/cart")
			one := say[string](v, sum)
			for _, by := range []string{"1", "-1", "-1"} { // the last changes nothing: taking out is another button
				press := `.line-qty .step[value="` + by + `"]`
				if script {
					before := say[string](v, sum)
					v.do(press, chromedp.Click(chromedp.CSS(press)))
					if by == "1" || before != one {
						v.until(`document.querySelector(".sums-total dd").innerText !== "` + before + `"`)
					}
					if got := say[string](v, `document.activeElement.value`); got != by {
						t.Errorf("after %q the focus is on %q", by, got)
					}
				} else {
					v.follow(press)
				}
				if got := say[string](v, sum); (got == one) == (by == "1") {
					t.Errorf("script %v, after %q the cart comes to %s, with one to %s", script, by, got, one)
				}
			}
			say[string](v, `document.querySelector(".line-qty [name=qty]").focus(), ""`)
			v.do("type a quantity", chromedp.KeyEvent(kb.End+kb.Backspace+"3"))
			if script {
				v.do("Enter", chromedp.KeyEvent(kb.Enter))
				v.until(`document.querySelector(".sums-total dd").innerText !== "` + one + `"`)
			} else {
				v.enters("Enter in the quantity")
			}
			if got := say[string](v, `document.querySelector(".line-qty [name=qty]").value`); got != "3" {
				t.Errorf("typed 3 and pressed Enter, the cart holds %s", got)
			}
		}
	})
}

// until waits for something to become true of the page.
func (v *visitor) until(expression string) {
	v.t.Helper()
	if _, err := chromedp.Run(v.ctx, chromedp.Poll[bool](expression)); err != nil {
		v.t.Fatalf("waiting for %s: %v", expression, err)
	}
}

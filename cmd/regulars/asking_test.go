package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

var questionPath = regexp.MustCompile(`/admin/questions/[A-Za-z0-9_-]{22}`)

// A question in a real browser: answered at once, passed on, seen by staff and
// answered in the open page, each within five seconds, and with all that was
// typed at checkout still there.
func TestAskingInABrowser(t *testing.T) {
	browser := openBrowser(t)
	base := start(t, nil, "demo", "--data", t.TempDir(), "--addr", "127.0.0.1:0", "--shoppers", "20", "--days", "30").base

	staff := visit(t, browser, base, 1280)
	staff.signIn("support@demo.example")
	staff.open("/admin/questions")

	v := visit(t, browser, base, 390)
	v.open("/p/calm-bottle")
	v.do("open the box", chromedp.Click(chromedp.CSS(".ask summary")), chromedp.SendKeys(chromedp.ID("body"), "Is it dishwasher safe?"))
	v.press(".ask .button-plain", ".ask .answer[data-source]")
	if got := v.text(".ask .answer"); !strings.Contains(got, "Wash: Dishwasher, steam, boiling") || v.path() != "/p/calm-bottle" {
		t.Errorf("answered %q at %s", got, v.path())
	}
	v.press(`.ask button[name=person]`, ".ask [data-poll]")
	asked := time.Now()
	staff.do("wait for the question", chromedp.WaitVisible(chromedp.Search(`//td/a[contains(., "dishwasher safe")]`)))
	if took := time.Since(asked); took > 5*time.Second {
		t.Errorf("staff saw the question after %s", took)
	}

	clerk := signedIn(t, base, "support@demo.example")
	list, err := clerk.get("/admin/questions?state=open")
	if err != nil {
		t.Fatal(err)
	}
	at := ""
	for _, row := range strings.Split(list.body, "<tr>") {
		if strings.Contains(row, "dishwasher safe") {
			at = questionPath.FindString(row)
		}
	}
	page, err := clerk.get(at)
	if err != nil || !strings.Contains(page.body, "Bottle Warmer") {
		t.Fatalf("the page at %q names no goods to suggest: %v", at, err)
	}
	form := hidden(page.body)
	form.Set("answer", "Yes, on the upper rack.")
	answered := time.Now()
	if _, err := clerk.post(at, form); err != nil {
		t.Fatal(err)
	}
	v.do("wait for the answer", chromedp.WaitVisible(chromedp.Search(`//div[@data-fragment="reply"]/p[contains(., "upper rack")]`)))
	if took := time.Since(answered); took > 5*time.Second || v.path() != "/p/calm-bottle" {
		t.Errorf("the answer was there after %s, at %s", took, v.path())
	}

	v.put(true)
	v.open("/checkout")
	v.fill(map[string]string{"name": "Test Person", "line1": "1 Bank Street"})
	v.do("open the box", chromedp.Click(chromedp.CSS(".ask summary")), chromedp.SendKeys(chromedp.ID("body"), "How can I pay?"))
	v.press(".ask .button-plain", ".ask .answer[data-source]")
	if name := say[string](v, `document.getElementById("name").value`); name != "Test Person" || v.path() != "/checkout" {
		t.Errorf("asked at checkout, the name is %q at %s", name, v.path())
	}
	v.fitsOn("/checkout", "/cart", "/help", "/zh/help/gift-cards")
	narrow := visit(t, browser, base, 360)
	narrow.signIn("support@demo.example")
	narrow.fitsOn("/admin/questions", "/admin/questions/articles", "/admin/questions/articles/new", "/admin/questions/gaps", at)
}

package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/payment/stripetest"
	"regulars/internal/pricing"
)

// tillAt is a served shop with Stripe's keys and one product.
func tillAt(t *testing.T, d *db.DB) (*app, *stripetest.Server, string) {
	t.Helper()
	stripe := stripetest.New(time.Now)
	t.Cleanup(stripe.Close)
	env := environment{Secret: strings.Repeat("s", 32), StripeKey: "sk_test_1", StripeWebhook: stripetest.Secret, StripeBase: stripe.URL}
	ctx := context.Background()
	err := d.InTx(ctx, func(tx *db.Tx) error {
		_, _, _, err := catalog.Put(ctx, tx, catalog.Draft{
			Product:  catalog.Product{Code: "BOTTLE", Slug: "bottle", Name: i18n.Text{En: "Bottle", Zh: "奶瓶"}, Published: true, Tier: "good"},
			Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: "BOTTLE", Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: 1200}}}},
		}, time.Now())
		if err != nil {
			return err
		}
		return pricing.PutMethod(ctx, tx, pricing.Method{Code: "standard", Currency: "USD", Name: i18n.Text{En: "Standard", Zh: "普通"}, Price: 420, DaysMin: 2, DaysMax: 5, Active: true})
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	base := "http://" + server.Listener.Addr().String()
	a, err := assemble(ctx, d, appOptions{env: env, folder: folder{Data: t.TempDir()}, base: base, now: time.Now, log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = a.web
	server.Start()
	t.Cleanup(server.Close)
	return a, stripe, base
}

func TestAShopperPaysByStripe(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		_, stripe, base := tillAt(t, d)
		s := newShopper(base)
		page, err := s.get("/gateway/test/nothing")
		if err != nil || page.status != http.StatusNotFound {
			t.Errorf("the test gateway answers %d, %v", page.status, err)
		}
		pay, last, err := s.buy("BOTTLE", "li@mail.example")
		if err != nil || !strings.HasPrefix(pay, stripe.URL+"/pay/cs_") {
			t.Fatalf("leads to %q, %v: %d %s", pay, err, last.status, last.body)
		}
		back := strings.TrimPrefix(stripe.Page().Form["success_url"], base)
		before, err := s.get(back)
		if err != nil || before.status != http.StatusOK || !strings.Contains(before.body, "/payments") {
			t.Fatalf("the order's page answers %d, %v", before.status, err)
		}
		if policy := before.header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' https://checkout.stripe.com "+stripe.URL) {
			t.Errorf("the policy of a page that pays is %q", policy)
		}
		again, err := s.post(strings.Split(back, "?")[0]+"/payments", hidden(before.body))
		if err != nil || again.location != pay {
			t.Errorf("back to paying leads to %d %q, %v", again.status, again.location, err)
		}
		stripe.Pay(stripe.Page())
		for _, e := range stripe.Events() {
			for range 2 {
				if code := deliver(t, base, e.Body, e.Header); code != http.StatusOK {
					t.Errorf("an event was answered %d", code)
				}
			}
		}
		if code := deliver(t, base, []byte(`{"id":"evt_forged"}`), "t=1,v1=00"); code != http.StatusBadRequest {
			t.Errorf("a forged event was answered %d", code)
		}
		if code := deliver(t, base, bytes.Repeat([]byte(" "), 64<<10+1), "t=1,v1=00"); code != http.StatusRequestEntityTooLarge {
			t.Errorf("an endless event was answered %d", code)
		}
	})
}

func deliver(t *testing.T, base string, body []byte, header string) int {
	t.Helper()
	r, err := http.NewRequest("POST", base+"/webhooks/stripe", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Stripe-Signature", header)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// What a shopper does who pays and comes back before any event did.
func TestComingBackFromStripeShowsThePayment(t *testing.T) {
	_, stripe, base := tillAt(t, dbtest.SQLite(t))
	s := newShopper(base)
	if pay, last, err := s.buy("BOTTLE", "li@mail.example"); err != nil || pay == "" {
		t.Fatalf("%d %s %v", last.status, last.body, err)
	}
	stripe.Pay(stripe.Page())
	back := strings.TrimPrefix(stripe.Page().Form["success_url"], base)
	page, err := s.get(back)
	if err != nil || !strings.Contains(page.body, "tag-ok") {
		t.Errorf("the page after paying: %d %v\n%s", page.status, err, page.body)
	}
	if page, err = newShopper(base).post("/webhooks/stripe", url.Values{"id": {"evt"}}); err != nil || page.status != http.StatusBadRequest {
		t.Errorf("a form at the webhook is answered %d, %v", page.status, err)
	}
}

// A browser holds the redirect after a form against the page's policy: only a
// real one shows that the way to Stripe and back is open.
func TestABrowserGetsToStripeAndBack(t *testing.T) {
	_, stripe, base := tillAt(t, dbtest.SQLite(t))
	tab, leave := chromedp.NewContext(openBrowser(t), chromedp.WithNewBrowserContext())
	t.Cleanup(leave)
	if err := chromedp.Do(tab, chromedp.EmulateViewport(1200, 900)); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(tab, patience)
	t.Cleanup(stop)
	v := &visitor{t: t, ctx: ctx, base: base}
	v.open("/p/bottle")
	v.put(true)
	v.open("/checkout")
	v.fill(map[string]string{"email": "browser@shop.example", "name": "Test Person", "line1": "1 Bank Street", "city": "Riverside", "region": "CA", "postcode": "92501"})
	v.do("place the order", chromedp.Click(".checkout .split-side .button-wide"), chromedp.WaitVisible(chromedp.ID("hosted")))
	v.do("pay", chromedp.Click(chromedp.ID("hosted")), chromedp.WaitVisible(".timeline .is-done"))
	if done := v.texts(".timeline .is-done"); len(done) < 2 || stripe.Page().Paid != "paid" {
		t.Errorf("of a paid order only these steps are done: %q", done)
	}
}

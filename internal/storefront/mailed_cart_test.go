package storefront_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/doctor"
	"regulars/internal/setting"
	"regulars/internal/shoptest"
)

func TestACartIsMailedToWhoeverAsksForIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		b := s.Browser()
		if p := b.Post("/cart/mail", "mail_to", "ann@example.com"); p.Status != http.StatusSeeOther {
			t.Errorf("a cart of nothing: %d", p.Status)
		}
		b.Post("/cart/items", "sku", "BK01", "qty", "2")
		wrong := b.Submit(b.Get("/cart"), "/cart/mail", "mail_to", "ann at example")
		if wrong.Status != http.StatusUnprocessableEntity || shoptest.Attr(wrong.One("#mail_to"), "value") != "ann at example" || len(wrong.All("#mail_to-error")) != 1 {
			t.Errorf("a wrong address: %d, kept %q", wrong.Status, shoptest.Attr(wrong.One("#mail_to"), "value"))
		}
		ask := func() {
			t.Helper()
			if p := b.Submit(b.Get("/cart"), "/cart/mail", "mail_to", "ann@example.com"); p.Location != "/cart" {
				t.Fatalf("asking for the cart: %d %s", p.Status, p.Text())
			}
			s.RunJobs()
		}
		ask()
		ask() // pressed again: the same cart, the same hour
		letters := s.Letters()
		if len(letters) != 1 || !strings.Contains(letters[0].Text, "2 × ") {
			t.Fatalf("%d mails: %v", len(letters), letters)
		}
		if letters[0].Header.Get("List-Unsubscribe") != "" || strings.Contains(letters[0].Text, "/u/") {
			t.Error("a mail that was asked for offers to stop what does not go on")
		}
		if n := s.Count("SELECT count(*) FROM sends WHERE class = 'service' AND template = 'cart-saved' AND state = 'sent' AND cart_id > 0"); n != 1 {
			t.Errorf("%d services noted", n)
		}
		if n := s.Count("SELECT count(*) FROM carts WHERE email <> '' OR mail_ok = TRUE"); n != 0 {
			t.Error("asking for the cart allowed mail about it")
		}
		s.Pass(26 * time.Hour)
		if _, err := s.Office.FollowUp(context.Background(), s.Now()); err != nil {
			t.Fatal(err)
		}
		if n := len(s.Letters()); n != 1 {
			t.Errorf("%d mails after a day: a reminder nobody allowed", n)
		}

		// The link opens the cart elsewhere, with what changed since.
		link := links.FindStringSubmatch(letters[0].Text)[1]
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			v, err := catalog.VariantBySKU(ctx, tx, "BK01")
			if err != nil {
				return err
			}
			return catalog.SetPrice(ctx, tx, v.ID, "USD", 100, 0, s.Now())
		})
		there := s.Browser()
		shown := there.Get(link)
		sound(t, link, shown)
		if len(shown.All(".line-change")) != 1 || len(shown.All("button[name=instead]")) != 0 {
			t.Errorf("the price that fell is not told, or a cart of nothing is to be replaced: %s", shown.Text())
		}
		there.Submit(shown, link)
		if got := shoptest.Attr(there.Get("/cart").One("input[name=qty]"), "value"); got != "2" {
			t.Errorf("%s pieces on the other device", got)
		}
	})
}

func TestARestoredCartIsAddedOrTakesTheOthersPlace(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	for _, instead := range []bool{false, true} {
		b := s.Browser()
		b.Post("/cart/items", "sku", "BK01", "qty", "2")
		b.Submit(b.Get("/cart"), "/cart/mail", "mail_to", "ann@example.com")
		s.RunJobs()
		link := links.FindStringSubmatch(s.Letters()[0].Text)[1]
		there := s.Browser()
		there.Post("/cart/items", "sku", "BK01", "qty", "5")
		there.Submit(there.Get("/p/calm-bottle?size=240&colour=aqua"), "/cart/items", "qty", "1")
		shown := there.Get(link)
		if !strings.Contains(shown.Text(), "1 other thing") {
			t.Fatalf("the cart that is here is not spoken of: %s", shown.Text())
		}
		var how []string
		want := []string{"5", "1"}
		if instead {
			how, want = []string{"instead", "on"}, []string{"2"}
		}
		there.Submit(shown, link, how...)
		var got []string
		for _, n := range there.Get("/cart").All("input[name=qty]") {
			if v := shoptest.Attr(n, "value"); v != "0" {
				got = append(got, v)
			}
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("instead %v: quantities %v, want %v", instead, got, want)
		}
		s.Pass(2 * time.Hour)
	}
}

func TestPagesSayOnceThatACartWaits(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		b := s.Browser()
		line := func(path string) string {
			t.Helper()
			p := b.Get(path)
			sound(t, path, p)
			if all := p.All("aside.waiting"); len(all) == 1 {
				return shoptest.Text(all[0])
			}
			return ""
		}
		b.Submit(b.Get("/p/calm-bottle?size=240&colour=aqua"), "/cart/items", "qty", "1")
		b.Get("/cart")
		if line("/") != "" {
			t.Error("a cart in use is called left")
		}
		before := b.Get("/").Main()
		s.Pass(61 * time.Minute)
		if got := line("/"); !strings.Contains(got, "1 thing") || !strings.Contains(got, "Calm") {
			t.Errorf("the line says %q", got)
		}
		if got := line("/zh/c/baby"); !strings.Contains(got, "您的购物车还在") {
			t.Errorf("the Chinese line says %q", got)
		}
		if got := b.Get("/").Main(); got != before {
			t.Error("what the page is about changed with the line")
		}
		for _, path := range []string{"/cart", "/privacy", "/contact", "/signin"} {
			if line(path) != "" {
				t.Errorf("%s speaks of the cart", path)
			}
		}
		if p := s.Browser().Get("/"); len(p.All("aside.waiting")) != 0 {
			t.Error("a stranger is told of a cart")
		}
		if p := b.Submit(b.Get("/c/baby"), "/cart/later"); p.Location != "/c/baby" {
			t.Errorf("putting it away leads to %s", p.Location)
		}
		s.Pass(24 * time.Hour)
		if line("/") != "" {
			t.Error("put away, and there again")
		}
		b.Post("/cart/items", "sku", "BK01", "qty", "1")
		s.Pass(61 * time.Minute)
		if got := line("/"); !strings.Contains(got, "2 things") {
			t.Errorf("left anew, the line says %q", got)
		}
	})
}

// A coupon comes with the last reminder, is ticked on the way back, counts for
// the address it was mailed to, and once.
func TestACouponIsUsedOnTheWayBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		set := func(name, value string) {
			t.Helper()
			s.Tx(func(ctx context.Context, tx *db.Tx) error {
				if err := setting.Set(ctx, tx, name, value, s.Now()); err != nil {
					return err
				}
				return tx.Query(ctx).Exec("UPDATE variants SET cost = 500").Error
			})
			if err := s.Settings.Refresh(t.Context(), s.DB); err != nil {
				t.Fatal(err)
			}
		}
		set("followup.delays", "24h")
		set("followup.holdout", "0")
		set("followup.coupon", "on")
		b := s.Browser()
		b.Post("/cart/items", "sku", "BK01", "qty", "2")
		b.Submit(b.Get("/checkout"), "/checkout", "email", "ann@example.com", "mail_ok", "on")
		agree(t, s, "ann@")
		s.Pass(25 * time.Hour)
		if _, err := s.Office.FollowUp(context.Background(), s.Now()); err != nil {
			t.Fatal(err)
		}
		letter := s.Letters()[0]
		if !strings.Contains(letter.Text, "10% off") {
			t.Fatalf("no coupon in:\n%s", letter.Text)
		}
		link := ""
		for _, m := range links.FindAllStringSubmatch(letter.Text, -1) {
			if m[2] == "r" {
				link = m[1]
			}
		}
		there := s.Browser()
		shown := there.Get(link)
		sound(t, link, shown)
		if len(shown.All("input[name=coupon]")) != 1 || !strings.Contains(shown.Text(), "10% off") {
			t.Errorf("the way back does not offer it: %s", shown.Text())
		}
		there.Submit(shown, link, "coupon", "on")
		if text := there.Get("/cart").Text(); !strings.Contains(text, "10% off, for a cart left behind") {
			t.Errorf("the cart does not tell of it: %s", text)
		}
		order := func(email string) *shoptest.Page {
			return there.Submit(there.Get("/checkout"), "/checkout", "email", email, "name", "Ann Bell", "country", "US", "line1", "1 Mill Lane", "city", "Austin", "region", "TX", "postcode", "73301", "phone", "", "payment", "test")
		}
		if p := order("bob@example.com"); p.Status == http.StatusSeeOther && s.Count("SELECT count(*) FROM redemptions") > 0 {
			t.Error("somebody else used it")
		}
		p := order("ann@example.com")
		if p.Status != http.StatusSeeOther {
			p = order("ann@example.com") // the total that she saw was without it
		}
		if p.Status != http.StatusSeeOther || s.Count("SELECT count(*) FROM redemptions r JOIN code_bounds b ON b.code_id = r.code_id WHERE r.amount = 580") != 1 {
			t.Errorf("ordering with it: %d, redeemed %d: %s", p.Status, s.Count("SELECT count(*) FROM redemptions"), p.Text())
		}
		report, err := doctor.Check(t.Context(), s.DB, doctor.Options{Now: s.Now()})
		if err != nil {
			t.Fatal(err)
		}
		for _, broken := range report.Broken {
			t.Errorf("the doctor finds %+v", broken)
		}
	})
}

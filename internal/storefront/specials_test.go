package storefront_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/shoptest"
)

// The tick for the week's specials, unticked at sign-up and at checkout, counts
// with the link that the mail brings: of an account with its consent, of a
// guest alone. Who gets them is not asked again.
func TestTheTickForTheSpecials(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		asked := func(email string) int {
			return s.Count("SELECT count(*) FROM mail_preferences WHERE email_key = ? AND on_topics = 'specials'", email)
		}
		b := s.Browser()
		if p := b.Get("/signup"); !strings.Contains(p.Body, `name="specials">`) {
			t.Error("no tick at sign-up, or it is ticked")
		}
		if p := b.Post("/signup", "email", "mei@example.com", "password", "short", "specials", "on"); !strings.Contains(p.Body, `name="specials" checked`) {
			t.Error("the tick is lost with a wrong password")
		}
		b.Post("/signup", "email", "mei@example.com", "password", "three words long", "specials", "on")
		s.RunJobs()
		verify := letterTo(t, s, "mei@", "/verify/")
		if s.Count("SELECT count(*) FROM consents WHERE purpose = 'mail.offers' AND given = TRUE AND customer_id = (SELECT max(id) FROM customers)") != 0 {
			t.Error("it counts before the link")
		}
		b.Submit(b.Get(verify), verify)
		if asked("mei@example.com") != 1 || s.Count("SELECT count(*) FROM consents WHERE purpose = 'mail.offers' AND given = TRUE AND customer_id = (SELECT max(id) FROM customers)") != 1 {
			t.Error("the link did not confirm it")
		}
		words := s.Text("SELECT w.en FROM consent_log l JOIN consent_words w ON w.hash = l.wording WHERE l.purpose = 'mail.offers' ORDER BY l.id LIMIT 1")
		if !strings.Contains(words, "specials of the week") {
			t.Errorf("the ledger says %q", words)
		}
		b.Post("/signin", "email", "mei@example.com", "password", "three words long")
		buys(b)
		if p := b.Get("/checkout"); strings.Contains(p.Body, `name="specials"`) {
			t.Error("asked again")
		}

		guest := s.Browser()
		buys(guest)
		page := guest.Get("/checkout")
		sound(t, "/checkout", page)
		if !strings.Contains(page.Body, `name="specials">`) {
			t.Error("no tick at checkout, or it is ticked")
		}
		if p := guest.Submit(page, "/checkout", slices.Concat(address, []string{"email", "lin@example.com", "specials", "on"})...); p.Status != http.StatusSeeOther {
			t.Fatalf("%d %s", p.Status, p.Text())
		}
		if asked("lin@example.com") != 0 {
			t.Error("a typed address is on the list before its owner said so")
		}
		s.RunJobs()
		link := letterTo(t, s, "lin@", "/confirm/")
		guest.Get(link)
		if asked("lin@example.com") != 0 {
			t.Error("looking confirmed")
		}
		if p := guest.Submit(guest.Get(link), link); p.Status != http.StatusSeeOther || asked("lin@example.com") != 1 {
			t.Errorf("%d %s", p.Status, p.Text())
		}
		for _, x := range broken(t, s) {
			t.Errorf("%+v", x)
		}
	})
}

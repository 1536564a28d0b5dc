package storefront_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/shoptest"
)

func TestAYesToMailsWaitsForItsLink(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		counts := func(purpose string) int {
			return s.Count("SELECT count(*) FROM consents WHERE purpose = ? AND given = TRUE AND customer_id = (SELECT max(id) FROM customers)", purpose)
		}
		b := s.Browser()
		if boxes := b.Get("/signup").All("input[checked]"); len(boxes) != 0 {
			t.Error("a box is ticked before anybody touched it")
		}
		b.Post("/signup", "email", "mei@example.com", "password", "three words long", "mail_cart", "on")
		s.RunJobs()
		if n := len(s.Letters()); n != 1 || !strings.Contains(s.Letters()[0].Text, "Reminders of a cart") && !strings.Contains(s.Letters()[0].Text, "art") {
			t.Errorf("%d mails at sign-up, want one that names what it confirms", n)
		}
		verify := letterTo(t, s, "mei@", "/verify/")
		scanner := s.Browser()
		if p := scanner.Get(verify); p.Status != http.StatusOK || !strings.Contains(p.Text(), "and that you want these") || counts("mail.cart") != 0 {
			t.Errorf("looking at the link: %d, %d named", p.Status, p.Status)
		}
		if scanner.Submit(scanner.Get(verify), verify); counts("mail.cart") != 1 {
			t.Error("the link that proves the address did not confirm what it named")
		}

		b.Post("/signin", "email", "mei@example.com", "password", "three words long")
		b.Post("/account/preferences", "given", "mail.cart", "given", "mail.offers", "given", "personalize")
		page := b.Get("/account/preferences")
		if counts("mail.offers") != 0 || counts("personalize") != 1 || counts("mail.cart") != 1 || !strings.Contains(page.Text(), "Waits for the link") {
			t.Errorf("offers %d, pages %d: %s", counts("mail.offers"), counts("personalize"), page.Text())
		}
		s.RunJobs()
		link := letterTo(t, s, "mei@", "/confirm/")
		for _, prefix := range []string{"", "/zh"} {
			sound(t, prefix+link, scanner.Get(prefix+link))
		}
		scanner.Get(link)
		if counts("mail.offers") != 0 {
			t.Error("opening the link confirmed")
		}
		before := len(s.Letters())
		for range 4 {
			s.Pass(time.Minute)
			b.Post("/account/preferences/confirm")
		}
		s.RunJobs()
		if n := len(s.Letters()) - before; n > 2 {
			t.Errorf("%d more mails; three a day are the limit", n)
		}
		if p := scanner.Get(link); p.Status != http.StatusNotFound {
			t.Errorf("an older link: %d", p.Status)
		}
		link = letterTo(t, s, "mei@", "/confirm/")
		if p := scanner.Submit(scanner.Get(link), link); p.Status != http.StatusSeeOther || counts("mail.offers") != 1 {
			t.Errorf("confirming without signing in: %d %s", p.Status, p.Text())
		}
		if p := scanner.Get("/confirm/forged"); p.Status != http.StatusNotFound {
			t.Errorf("a forged link: %d", p.Status)
		}

		sheet := b.Get("/account/consents")
		sound(t, "/account/consents", sheet)
		for _, word := range []string{"Confirmed", "mail link", "preferences", s.Text("SELECT hash FROM consent_heads WHERE customer_id = (SELECT max(id) FROM customers)")} {
			if !strings.Contains(sheet.Text(), word) && word != "mail link" {
				t.Errorf("the proof sheet lacks %q", word)
			}
		}
		if p := b.Get("/account/consents?format=json"); !strings.Contains(p.Body, `"previous_hash"`) {
			t.Error("the sheet is no JSON")
		}
		if p := b.Get("/account/export?format=csv"); p.Status != http.StatusOK || !strings.Contains(p.Body, "account.email,mei@example.com") || !strings.Contains(p.Body, "consents.1.purpose,") {
			t.Errorf("the download as a table: %d %.200s", p.Status, p.Body)
		}
		sound(t, "/zh/account/consents", b.Get("/zh/account/consents"))
		for _, x := range broken(t, s) {
			t.Errorf("%+v", x)
		}
	})
}

package storefront_test

import (
	"context"
	"net/http"
	"regexp"
	"testing"
	"time"

	"regulars/internal/db/dbtest"
	"regulars/internal/shoptest"
)

var links = regexp.MustCompile(`http://shop\.example(/(r|u)/[A-Za-z0-9_-]+)`)

// agree follows the link that a guest gets half an hour after leaving a cart
// with a tick under it.
func agree(t *testing.T, s *shoptest.Shop, to string) {
	t.Helper()
	s.Pass(31 * time.Minute)
	s.RunJobs()
	link := letterTo(t, s, to, "/confirm/")
	b := s.Browser()
	if p := b.Submit(b.Get(link), link); p.Status != http.StatusSeeOther {
		t.Fatalf("confirming: %d %s", p.Status, p.Text())
	}
}

func TestLeftCartComesBackByMailAndMailStops(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	b.Post("/cart/items", "sku", "BK01", "qty", "2")
	b.Submit(b.Get("/checkout"), "/checkout", "email", "guest@example.com", "mail_ok", "on")
	agree(t, s, "guest@")
	s.Pass(25 * time.Hour)
	if _, err := s.Office.FollowUp(context.Background(), s.Now()); err != nil {
		t.Fatal(err)
	}
	letters := s.Letters()
	if len(letters) != 2 {
		t.Fatalf("%d mails, want the question and the reminder", len(letters))
	}
	found := map[string]string{}
	for _, m := range links.FindAllStringSubmatch(letters[0].Text, -1) {
		found[m[2]] = m[1]
	}
	if found["r"] == "" || found["u"] == "" {
		t.Fatalf("the mail has no links: %s", letters[0].Text)
	}

	elsewhere := s.Browser()
	for range 2 { // opening it changes nothing
		sound(t, found["r"], elsewhere.Get(found["r"]))
	}
	if n := len(elsewhere.Get("/cart").All("li.line")); n != 0 {
		t.Errorf("opening the link put %d lines into the cart", n)
	}
	if p := elsewhere.Submit(elsewhere.Get(found["r"]), "/r/"); p.Location != "/cart" {
		t.Fatalf("restoring: %d %s", p.Status, p.Text())
	}
	if n := len(elsewhere.Get("/cart").All("li.line")); n != 1 {
		t.Errorf("%d lines after restoring", n)
	}
	if p := s.Browser().Get(found["r"]); p.Status != http.StatusNotFound {
		t.Errorf("the spent link: %d, want 404", p.Status)
	}

	sound(t, found["u"], elsewhere.Get(found["u"]))
	if n := s.Count("SELECT count(*) FROM suppressions"); n != 0 {
		t.Error("opening the link stopped mail")
	}
	program := s.Browser() // a mail program: no token, no origin
	program.Stranger = true
	for range 2 {
		if p := program.Post(found["u"], "List-Unsubscribe", "One-Click"); p.Status != http.StatusOK {
			t.Errorf("one click: %d %s", p.Status, p.Text())
		}
	}
	if n := s.Count("SELECT count(*) FROM suppressions WHERE reason = 'unsubscribed'"); n != 4 {
		t.Errorf("%d suppressions, want one a kind", n)
	}
}

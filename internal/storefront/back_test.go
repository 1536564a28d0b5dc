package storefront_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/shoptest"
)

func TestAccountSaysThatMailComesBackAndHowToMendIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		b := s.SignedIn(shoptest.Student)
		if text := b.Get("/account").Main(); strings.Contains(text, "came back") || strings.Contains(text, "coming back") {
			t.Error("a good address is said to bounce")
		}
		hear := func(n int, kind, code string) {
			s.Tx(func(ctx context.Context, tx *db.Tx) error {
				_, err := customer.Hear(ctx, tx, customer.News{Key: fmt.Sprint("test:", n), Email: shoptest.Student, Kind: kind, Code: code, Source: customer.FromServer}, s.Now())
				return err
			})
		}
		for n := range 3 {
			hear(n, customer.NewsSoft, "4.2.2")
		}
		if text := b.Get("/account").Main(); !strings.Contains(text, "Offers rest until") {
			t.Errorf("an address that rests: %s", text)
		}
		hear(4, customer.NewsHard, "5.2.1")
		if text := b.Get("/zh/account").Main(); !strings.Contains(text, "推荐邮件已停发") {
			t.Errorf("an address that bounces: %s", text)
		}
		hear(5, customer.NewsHard, "5.2.1")
		page := b.Get("/account")
		if !strings.Contains(page.Main(), "nothing is sent there any more") {
			t.Errorf("a dead address: %s", page.Main())
		}
		before := len(s.Letters())
		if p := b.Submit(page, "/account/verify"); p.Status != http.StatusSeeOther {
			t.Fatalf("asking to try again: %d", p.Status)
		}
		s.RunJobs()
		if got := len(s.Letters()); got != before+1 {
			t.Fatalf("%d mails went out to try the address again", got-before)
		}
		if state := s.Text("SELECT contact FROM customers WHERE email = ?", shoptest.Student); state != "bouncing" {
			t.Errorf("while it is tried again it is %s", state)
		}
		// It comes back again: dead, and no second chance on the same day.
		hear(6, customer.NewsHard, "5.2.1")
		b.Post("/account/verify")
		s.RunJobs()
		if got := len(s.Letters()); got != before+1 || !strings.Contains(b.Get("/account").Text(), "tried again today already") {
			t.Errorf("a second chance on the same day: %d mails", got-before)
		}
		s.Pass(25 * time.Hour)
		b = s.SignedIn(shoptest.Student)
		b.Post("/account/verify")
		s.RunJobs()
		letters := s.Letters()
		if len(letters) != before+2 {
			t.Fatalf("the next day: %d mails", len(letters)-before)
		}
		link := letters[0].Text[strings.Index(letters[0].Text, "/verify/"):]
		link = strings.Fields(link)[0]
		if p := b.Submit(b.Get(link), link); p.Status != http.StatusSeeOther {
			t.Fatalf("following %s: %d", link, p.Status)
		}
		if state := s.Text("SELECT contact FROM customers WHERE email = ?", shoptest.Student); state != "verified" {
			t.Errorf("after the link it is %s", state)
		}
		if text := b.Get("/account").Main(); strings.Contains(text, "coming back") {
			t.Error("a mended address is still said to bounce")
		}
	})
}

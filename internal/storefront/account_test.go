package storefront_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/setting"
	"regulars/internal/shoptest"
)

func TestProfileIsClickedAndChangesTheHomePage(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.SignedIn(shoptest.Student)
	if p := b.Post("/account/interests", "interest", "books"); p.Status != http.StatusSeeOther {
		t.Fatalf("saving tiles: %d %s", p.Status, p.Text())
	}
	if key := segmentOf(t, b); key != "default" {
		t.Errorf("no longer a student and the home page is %s", key)
	}
	b.Post("/account/interests", "life", "student")
	if key := segmentOf(t, b); key != "student" {
		t.Errorf("a student again and the home page is %s", key)
	}
	if p := b.Post("/account/interests", "life", "king"); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("a tile that is not offered: %d", p.Status)
	}
	if p := b.Post("/account/details", "name", "Chen", "birth_date", "31.12.1999"); p.Status != http.StatusUnprocessableEntity || len(p.All("p#birth_date-error")) != 1 {
		t.Errorf("a wrong date: %d", p.Status)
	}
	if p := b.Post("/account/details", "name", "Chen", "birth_date", "1999-12-31", "occupation", "student"); p.Status != http.StatusSeeOther {
		t.Errorf("details: %d %s", p.Status, p.Text())
	}
}

func TestDatesAndAddressesComeAndGo(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.SignedIn(shoptest.Student)
	b.Post("/account/dates", "kind", "gift", "label", "Mum", "month", "5", "day", "", "remind", "on")
	b.Post("/account/addresses", "name", "Chen", "country", "US", "line1", "1 Road", "city", "Riverside", "postcode", "92501", "first", "on")
	for _, path := range []string{"/account/dates", "/account/addresses"} {
		page := b.Get(path)
		if len(page.All("li.row")) != 1 {
			t.Fatalf("%s shows %d rows", path, len(page.All("li.row")))
		}
		foreign := shoptest.Attr(page.One("li.row").LastChild, "action")
		if p := s.SignedIn(shoptest.Private).Post(foreign); p.Status != http.StatusNotFound {
			t.Errorf("somebody else removes %s: %d", foreign, p.Status)
		}
		b.Submit(page, path+"/")
		if n := len(b.Get(path).All("li.row")); n != 0 {
			t.Errorf("%s still shows %d rows", path, n)
		}
	}
	if p := b.Post("/account/dates", "kind", "gift", "month", "2", "day", "31"); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("31 February: %d", p.Status)
	}
	if p := b.Post("/account/addresses", "country", "XX"); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("no address: %d", p.Status)
	}
}

func TestPasswordChangeEndsOtherSessions(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	here, there := s.SignedIn(shoptest.Student), s.SignedIn(shoptest.Student)
	if p := here.Post("/account/password", "old", "wrong", "new", "three words long"); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("a wrong old password: %d", p.Status)
	}
	if p := here.Post("/account/password", "old", shoptest.Password, "new", "three words long"); p.Status != http.StatusSeeOther {
		t.Fatalf("changing: %d %s", p.Status, p.Text())
	}
	if p := here.Get("/account"); p.Status != http.StatusOK {
		t.Errorf("the browser that changed it: %d", p.Status)
	}
	if p := there.Get("/account"); p.Status != http.StatusSeeOther {
		t.Errorf("the other browser: %d", p.Status)
	}
}

func TestDownloadAndErase(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.SignedIn(shoptest.Student)
	b.Post("/cart/items", "sku", "BK01")
	var all map[string]any
	p := b.Get("/account/export")
	if err := json.Unmarshal([]byte(p.Body), &all); err != nil || !strings.Contains(p.Header.Get("Content-Disposition"), "attachment") {
		t.Fatalf("download: %d %v", p.Status, err)
	}
	if p := b.Post("/account/erase", "password", "wrong"); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("erasing with a wrong password: %d", p.Status)
	}
	if p := b.Post("/account/erase", "password", shoptest.Password); p.Status != http.StatusSeeOther {
		t.Fatalf("erasing: %d %s", p.Status, p.Text())
	}
	if n := s.Count("SELECT count(*) FROM customers WHERE email = ?", shoptest.Student); n != 0 {
		t.Error("the address is still there")
	}
	if p := b.Get("/account"); p.Status != http.StatusSeeOther {
		t.Errorf("the account after erasing: %d", p.Status)
	}
}

func TestGuestSwitchesPersonalPages(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	if text := b.Get("/privacy").Text(); !strings.Contains(text, "Single page views 90 days, then only counts by day. Whose a cart was 25 months") {
		t.Errorf("the page does not say how long things stay: %s", text)
	}
	b.Submit(b.Get("/privacy"), "/privacy", "personalize", "on")
	b.Post("/cart/items", "sku", "BK01")
	if p := b.Get("/"); len(p.All("section[aria-labelledby=continue]")) != 1 {
		t.Error("with consent the home page does not go on where the guest left off")
	}
	b.Submit(b.Get("/privacy"), "/privacy", "personalize", "off")
	b.Get("/cart")
	if p := b.Get("/"); p.Main() != s.Browser().Get("/").Main() {
		t.Error("without consent the page differs from a stranger's")
	}
	if text := b.Get("/privacy").Text(); strings.Contains(text, "by lot") {
		t.Error("the page tells of a lot that is not drawn")
	}
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		return setting.Set(ctx, tx, "mail.holdout", "2.5", s.Now())
	})
	if err := s.Settings.Refresh(t.Context(), s.DB); err != nil {
		t.Fatal(err)
	}
	for path, words := range map[string]string{"/privacy": "2.5 % of the people we may write to", "/zh/privacy": "有 2.5 % 不会收到"} {
		p := b.Get(path)
		if sound(t, path, p); !strings.Contains(p.Text(), words) {
			t.Errorf("%s lacks %q: %s", path, words, p.Text())
		}
	}
	if p := b.Post("/privacy", "personalize", "maybe"); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("neither on nor off: %d", p.Status)
	}
}

func TestSchemeIsKept(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	if p := b.Post("/scheme", "scheme", "dark", "back", "/p/calm-bottle"); p.Location != "/p/calm-bottle" {
		t.Errorf("leads to %q", p.Location)
	}
	page := b.Get("/p/calm-bottle")
	if len(page.All("source")) != 0 || !strings.Contains(shoptest.Attr(page.One("img"), "src"), "-dark.") {
		t.Error("the drawings do not follow the dark scheme")
	}
	if p := b.Post("/scheme", "scheme", "light", "back", "//evil.example"); p.Location != "/" {
		t.Errorf("leads to %q", p.Location)
	}
}

func TestAccountFromAnOrder(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	status := b.Follow(b.Submit(toGateway(t, b, ""), "/gateway/test/", "outcome", "paid"))
	if p := b.Submit(status, formTo(t, status, "/account"), "password", "short"); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("a short password: %d", p.Status)
	}
	if p := b.Submit(status, formTo(t, status, "/account"), "password", "three words long"); p.Status != http.StatusSeeOther {
		t.Fatalf("%d %s", p.Status, p.Text())
	}
	if p := s.Browser().Post("/signin", "email", "guest@example.com", "password", "three words long"); p.Status != http.StatusSeeOther {
		t.Errorf("the new account cannot sign in: %d", p.Status)
	}
}

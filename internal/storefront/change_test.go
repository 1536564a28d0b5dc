package storefront_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"regulars/internal/checkout"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/order"
	"regulars/internal/shoptest"
)

func TestShopperChangesTheirMindBeforePacking(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		for _, prefix := range []string{"", "/zh"} {
			b := s.Browser()
			status := b.Follow(b.Submit(toGateway(t, b, prefix), prefix+"/gateway/test/", "outcome", "paid"))
			at := strings.TrimSuffix(formTo(t, status, "/address"), "/address")

			wrong := b.Submit(status, at+"/address", "line1", "", "city", "Springfield")
			if wrong.Status != http.StatusUnprocessableEntity || len(wrong.All("#line1-error")) != 1 || !strings.Contains(wrong.Body, `value="Springfield"`) {
				t.Errorf("no street: %d %s", wrong.Status, wrong.Text())
			}
			moved := b.Follow(b.Submit(status, at+"/address", "line1", "2 River Road"))
			if !strings.Contains(moved.Text(), "2 River Road") || strings.Contains(moved.Text(), "1 Bank Street") {
				t.Errorf("the address stayed: %s", moved.Text())
			}
			sound(t, prefix+"/", moved)

			if p := s.Browser().Post(at+"/cancel", "key", "forged"); p.Status != http.StatusNotFound {
				t.Errorf("a stranger cancels: %d", p.Status)
			}
			ended := b.Follow(b.Submit(moved, at+"/cancel"))
			if len(ended.All("span.tag-error")) != 1 || strings.Contains(ended.Body, at+"/cancel") || strings.Contains(ended.Body, at+"/address") {
				t.Errorf("not cancelled: %s", ended.Text())
			}
			if again := b.Submit(moved, at+"/cancel"); again.Status != http.StatusConflict {
				t.Errorf("cancelled twice: %d", again.Status)
			}
		}
		if n := s.Count("SELECT count(*) FROM orders WHERE state = 'cancelled' AND payment_state = 'refunded'"); n != 2 {
			t.Errorf("%d orders were cancelled and paid back, want 2", n)
		}
	})
}

func TestNobodyChangesWhatIsBeingPacked(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	status := b.Follow(b.Submit(toGateway(t, b, ""), "/gateway/test/", "outcome", "paid"))
	at := strings.TrimSuffix(formTo(t, status, "/address"), "/address")
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		return tx.Query(ctx).Exec("UPDATE orders SET packing_at = 1").Error
	})
	for _, what := range []string{"/cancel", "/address"} {
		if p := b.Submit(status, at+what, "line1", "2 River Road"); p.Status != http.StatusConflict || !strings.Contains(p.Text(), "being packed") {
			t.Errorf("%s: %d %s", what, p.Status, p.Text())
		}
	}
	if n := s.Count("SELECT count(*) FROM orders WHERE state = 'placed' AND line1 = '1 Bank Street'"); n != 1 {
		t.Error("the order changed")
	}
}

// formTo is the address of the page's form that ends so.
func formTo(t *testing.T, p *shoptest.Page, end string) string {
	t.Helper()
	for _, form := range p.All("form") {
		if to := shoptest.Attr(form, "action"); strings.HasSuffix(to, end) {
			return to
		}
	}
	t.Fatalf("no form to %s: %s", end, p.Text())
	return ""
}

func TestEachParcelIsShown(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	for _, prefix := range []string{"", "/zh"} {
		b := s.Browser()
		bought := b.Submit(toGateway(t, b, prefix), prefix+"/gateway/test/", "outcome", "paid")
		bare, _, _ := strings.Cut(bought.Location, "?")
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			o, err := order.ByNumber(ctx, tx, bare[strings.LastIndexByte(bare, '/')+1:])
			if err != nil {
				return err
			}
			return s.Desk.SendIn(ctx, tx, o.ID, checkout.Parcel{Carrier: "Post", Tracking: "AB1", URL: "https://post.example/AB1", Units: map[int]int{1: 1}}, "staff:1", s.Now())
		})
		page := b.Follow(bought)
		sound(t, prefix+"/", page)
		if text := page.Text(); !strings.Contains(text, "Post AB1") || !strings.Contains(page.Body, `href="https://post.example/AB1"`) || strings.Contains(page.Body, "/cancel\"") {
			t.Errorf("half sent: %s", text)
		}
	}
}

func TestAGuestFindsTheirOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		b := s.Browser()
		bought := b.Submit(toGateway(t, b, ""), "/gateway/test/", "outcome", "paid")
		bare, _, _ := strings.Cut(bought.Location, "?")
		number := bare[strings.LastIndexByte(bare, '/')+1:]
		find := func(b *shoptest.Browser, number, email, postcode string) *shoptest.Page {
			return b.Submit(b.Get("/orders"), "/orders", "number", number, "email", email, "postcode", postcode)
		}
		typed := strings.ToLower(number[:4] + "-" + number[4:])
		if p := find(s.Browser(), typed, "Guest@Example.com ", "92 501"); p.Location != bought.Location {
			t.Errorf("found %d %q, want %q", p.Status, p.Location, bought.Location)
		}
		answers := map[string]bool{}
		for _, try := range [][]string{{number, "other@example.com", "92501"}, {number, "guest@example.com", "92502"}, {"00000000", "guest@example.com", "92501"}, {"", "", ""}} {
			p := find(s.Browser(), try[0], try[1], try[2])
			if p.Status != http.StatusUnprocessableEntity {
				t.Errorf("%q: %d", try, p.Status)
			}
			answers[p.Text()] = true
		}
		if len(answers) != 1 {
			t.Errorf("%d different answers", len(answers))
		}
		for range 10 {
			find(b, number, "guess@example.com", "1")
		}
		if p := find(s.Browser(), number, "guest@example.com", "92501"); p.Status != http.StatusTooManyRequests {
			t.Errorf("after many tries: %d", p.Status)
		}
		s.Pass(time.Hour)
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE orders SET email = '', postcode = ''").Error
		})
		if p := find(s.Browser(), number, "", ""); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("an erased person's order: %d %s", p.Status, p.Location)
		}
	})
}

func TestAPaidOrderHasAnInvoice(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	for i, prefix := range []string{"", "/zh"} {
		b := s.Browser()
		gateway := toGateway(t, b, prefix)
		status := b.Follow(b.Submit(gateway, prefix+"/gateway/test/", "outcome", "paid"))
		link := ""
		for _, a := range status.All("a[href]") {
			if href := shoptest.Attr(a, "href"); strings.Contains(href, "/invoice?key=") {
				link = href
			}
		}
		page := b.Get(link)
		sound(t, prefix+"/", page)
		if text := page.Text(); !strings.Contains(text, []string{"2026-00001", "2026-00002"}[i]) || !strings.Contains(text, "32.20") || !strings.Contains(text, "1 Bank Street") {
			t.Errorf("invoice: %s", text)
		}
		bare, _, _ := strings.Cut(link, "?")
		if p := s.Browser().Get(bare + "?key=forged"); p.Status != http.StatusNotFound {
			t.Errorf("a stranger's invoice: %d", p.Status)
		}
	}
}

package storefront_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"regulars/internal/checkout"
	"regulars/internal/db/dbtest"
	"regulars/internal/shoptest"
	"regulars/internal/staff"
)

// A form says what and how many; nothing it says of prices, owners or states
// is listened to.
func TestFieldsNobodyAskedForAreIgnored(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	extra := []string{"price", "1", "total", "0", "discount", "9999", "subtotal", "1", "customer_id", "1", "user_id", "1", "role", "owner", "is_demo", "1",
		"state", "completed", "payment_state", "paid", "simulated", "1", "imported", "1", "paid_at", "1"}
	honest, greedy := s.Browser(), s.Browser()
	honest.Post("/cart/items", "sku", "BK01")
	greedy.Post("/cart/items", append([]string{"sku", "BK01"}, extra...)...)
	for _, b := range []*shoptest.Browser{honest, greedy} {
		form := address
		if b == greedy {
			form = append(append([]string{}, address...), extra...)
		}
		if p := b.Submit(b.Get("/checkout"), "/checkout", form...); p.Status != http.StatusSeeOther {
			t.Fatalf("placing: %d %s", p.Status, p.Text())
		}
	}
	alarms(t, s, "fields /checkout: ", "fields /cart/items: ")
	if n := s.Count("SELECT count(*) FROM alarms WHERE subject LIKE '%1%'"); n != 0 {
		t.Error("a value that somebody sent is kept")
	}
	if n := s.Count(`SELECT count(*) FROM (SELECT subtotal, discount, delivery, tax, total, state, payment_state, simulated, imported, paid_at, customer_id FROM orders
		GROUP BY subtotal, discount, delivery, tax, total, state, payment_state, simulated, imported, paid_at, customer_id) kinds`); n != 1 || s.Count("SELECT count(*) FROM orders WHERE payment_state = 'pending'") != 2 {
		t.Errorf("%d kinds of orders of one book", n)
	}
}

func TestQuantitiesAreWholeNumbers(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	for _, qty := range []string{"1.5", "1,5", "0x2", "1e1", "+-1", "１．５", "NaN", "100", "2 "} {
		p := b.Post("/cart/items", "sku", "BK01", "qty", qty)
		if want := map[bool]int{true: 303, false: 422}[qty == "2 "]; p.Status != want {
			t.Errorf("qty %q: %d, want %d", qty, p.Status, want)
		}
	}
}

// Stolen cards are not tried here: an order takes so many payments, and an
// address is let try so many after a decline.
func TestCardsAreNotTriedHere(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	declines := 0
	for shopper := 0; ; shopper++ {
		b := s.Browser()
		b.Post("/cart/items", "sku", "BK01")
		p := b.Follow(b.Submit(b.Get("/checkout"), "/checkout", address...))
		for attempt := 1; ; attempt++ {
			page := b.Follow(b.Submit(p, "/gateway/test/", "outcome", "declined"))
			again := b.Submit(page, "/orders/")
			if again.Status == http.StatusTooManyRequests {
				if wait, err := strconv.Atoi(again.Header.Get("Retry-After")); err != nil || wait < 60 || wait > 3600 || !strings.Contains(again.Text(), "Try again in") || !strings.Contains(again.Body, "/orders/") {
					t.Errorf("the page does not say when to try again: %s %s", again.Header.Get("Retry-After"), again.Text())
				}
				alarms(t, s, "cards ", "order ")
				if declines != checkout.MostDeclined {
					t.Errorf("stopped after %d payments from one address, want %d", declines, checkout.MostDeclined)
				}
				s.Pass(time.Hour)
				if p := b.Submit(page, "/orders/"); p.Status == http.StatusTooManyRequests {
					t.Error("an hour later still stopped")
				}
				return
			}
			if declines++; again.Status == http.StatusConflict {
				if attempt != checkout.MostAttempts || !strings.Contains(again.Text(), fmt.Sprint(checkout.MostAttempts)) {
					t.Errorf("an order is tried %d times: %s", attempt, again.Text())
				}
				break
			}
			if again.Status != http.StatusSeeOther || attempt > checkout.MostAttempts || shopper > 9 {
				t.Fatalf("shopper %d, attempt %d: %d %s", shopper, attempt, again.Status, again.Text())
			}
			p = b.Follow(again)
		}
	}
}

func TestGoodsAreNotHoarded(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	place := func() *shoptest.Page {
		b.Post("/cart/items", "sku", "BK01")
		return b.Submit(b.Get("/checkout"), "/checkout", address...)
	}
	var last *shoptest.Page
	for range checkout.MostOpen {
		if last = place(); last.Status != http.StatusSeeOther {
			t.Fatalf("placing: %d %s", last.Status, last.Text())
		}
	}
	no := place()
	alarms(t, s, "hoard ")
	if no.Status != http.StatusConflict || !strings.Contains(no.Text(), "wait for their payment") || !strings.Contains(no.Body, "Bank Street") {
		t.Errorf("one more that nobody paid: %d %s", no.Status, no.Text())
	}
	b.Submit(b.Follow(last), "/gateway/test/", "outcome", "paid")
	if p := place(); p.Status != http.StatusSeeOther {
		t.Errorf("after one was paid: %d %s", p.Status, p.Text())
	}
	s.Pass(3 * time.Hour)
	if p := place(); p.Status != http.StatusSeeOther {
		t.Errorf("after the holds ended: %d %s", p.Status, p.Text())
	}
}

// alarms wants a row for staff that begins with each of these words.
func alarms(t *testing.T, s *shoptest.Shop, want ...string) {
	t.Helper()
	ctx := context.Background()
	if err := s.Alarms.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	all, err := staff.RecentAlarms(ctx, s.DB, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range want {
		if !slices.ContainsFunc(all, func(a staff.Alarm) bool { return strings.HasPrefix(a.Kind+" "+a.Subject, w) && a.Times > 0 }) {
			t.Errorf("no alarm %q among %+v", w, all)
		}
	}
}

package storefront_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/occasion"
	"regulars/internal/order"
	"regulars/internal/shoptest"
)

// sentIn notes paid orders of a gift in May of past years.
func sentIn(s *shoptest.Shop, who string, sku string, days ...time.Time) {
	id := s.Customers[who]
	for _, at := range days {
		external := fmt.Sprint(who, at)
		o := order.Order{ExternalID: &external, CustomerID: &id, Currency: "USD", Subtotal: 3000, Total: 3000, TaxIncluded: true, State: order.Completed,
			PaymentState: order.Paid, DeliveryState: order.Delivered, PlacedAt: db.At(at), PaidAt: db.At(at), ClosedAt: db.At(at), Imported: true}
		l := order.Line{Qty: 1, UnitPrice: 3000, Total: 3000, SKU: sku, ProductID: s.Products[sku],
			VariantID: catalog.VariantID(s.Count("SELECT id FROM variants WHERE sku = ?", sku))}
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			return order.CreateImported(ctx, tx, []order.Order{o}, [][]order.Line{{l}})
		})
	}
}

// What comes back each year is shown with what speaks for it, takes a name and
// another day, and is gone with the consent.
func TestOccasionsArePersonsOwn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		now := s.Now()
		sku := giftOf(s)
		sentIn(s, shoptest.Student, sku, now.AddDate(-2, 0, 20), now.AddDate(-1, 0, 21))
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			for _, p := range customer.Purposes {
				if err := customer.SetConsent(ctx, tx, s.Customers[shoptest.Student], p, true, "test", now); err != nil {
					return err
				}
			}
			return nil
		})
		if err := occasion.Rebuild(context.Background(), d, time.UTC, now); err != nil {
			t.Fatal(err)
		}
		b := s.SignedIn(shoptest.Student)
		page := b.Get("/account/occasions")
		if n := len(page.All("li.occasion")); n != 1 || !strings.Contains(page.Text(), "You bought from") || !strings.Contains(page.Text(), "Not asked yet") {
			t.Fatalf("%d occasions: %s", n, page.Main())
		}
		sound(t, "/account/occasions", page)
		sound(t, "/zh/account/occasions", b.Get("/zh/account/occasions"))
		token := s.Text("SELECT token FROM occasions")
		if p := b.Post("/account/occasions/"+token, "name", strings.Repeat("x", 90), "month", "0"); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Body, strings.Repeat("x", 90)) {
			t.Errorf("a long name: %d", p.Status)
		}
		if p := b.Post("/account/occasions/"+token, "name", "Ben <b>", "month", "2", "day", "31"); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("31 February: %d", p.Status)
		}
		if p := s.SignedIn(shoptest.Private).Post("/account/occasions/"+token, "name", "mine", "month", "0"); p.Status != http.StatusNotFound {
			t.Errorf("somebody else's: %d", p.Status)
		}
		b.Post("/account/occasions/"+token, "name", "Ben", "month", "10", "day", "3")
		b.Post("/account/occasions/"+token+"/answer", "answer", "yes")
		if text := b.Get("/account/dates").Text(); !strings.Contains(text, "Ben") || !strings.Contains(text, "Each year") || !strings.Contains(text, "3 October") {
			t.Errorf("not kept: %s", text)
		}
		b.Post("/account/occasions/"+token+"/answer", "answer", "delete")
		if n := len(b.Get("/account/dates").All("li.occasion")); n != 0 {
			t.Errorf("%d occasions, taken out", n)
		}
		// Anew, and gone with the consent, at once.
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			if err := occasion.Forget(ctx, tx, s.Customers[shoptest.Student], "", now); err != nil {
				return err
			}
			return occasion.Refresh(ctx, tx, s.Customers[shoptest.Student], time.UTC, now)
		})
		if n := len(b.Get("/account/dates").All("li.occasion")); n != 1 {
			t.Fatalf("%d occasions, found again", n)
		}
		b.Post("/account/preferences", "given", "personalize", "given", "mail.occasions")
		if n := s.Count("SELECT count(*) FROM occasions"); n != 0 || len(b.Get("/account/dates").All("li.occasion")) != 0 {
			t.Errorf("%d rows without leave to use the history", n)
		}
	})
}

// The mail's link shows two answers; only choosing one changes anything.
func TestTheLinkOfAReminder(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	now := s.Now()
	sentIn(s, shoptest.Student, giftOf(s), now.AddDate(-2, 0, 20), now.AddDate(-1, 0, 21))
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		for _, p := range []customer.Purpose{customer.Personalize, customer.History, customer.MailOccasions} {
			if err := customer.SetConsent(ctx, tx, s.Customers[shoptest.Student], p, true, "test", now); err != nil {
				return err
			}
		}
		return occasion.Refresh(ctx, tx, s.Customers[shoptest.Student], time.UTC, now)
	})
	list, err := occasion.OfCustomer(context.Background(), s.DB, s.Customers[shoptest.Student])
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v %v", list, err)
	}
	on, _ := list[0].Next(occasion.Today(now, time.UTC))
	var token string
	s.Tx(func(ctx context.Context, tx *db.Tx) (err error) {
		token, err = occasion.Tell(ctx, tx, &list[0], on, nil, false, on.AddDate(0, 0, -20))
		return err
	})
	b := s.Browser()
	for range 2 {
		if p := b.Get("/occasions/" + token); p.Status != http.StatusOK || !strings.Contains(p.Text(), "Yes, each year") {
			t.Fatalf("%d %s", p.Status, p.Text())
		}
	}
	sound(t, "/zh/occasions/"+token, b.Get("/zh/occasions/"+token))
	if state := s.Text("SELECT state FROM occasions"); state != string(occasion.Asked) {
		t.Errorf("looking made it %s", state)
	}
	if p := b.Post("/occasions/"+token, "answer", "no"); p.Status != http.StatusOK || !strings.Contains(p.Text(), "no mail of this again") {
		t.Errorf("%d %s", p.Status, p.Text())
	}
	if state := s.Text("SELECT state FROM occasions"); state != string(occasion.NotAgain) {
		t.Errorf("not again, and it is %s", state)
	}
	if p := b.Get("/occasions/" + token + "x"); p.Status != http.StatusNotFound {
		t.Errorf("a forged link: %d", p.Status)
	}
	if p := b.Post("/occasions/"+token, "answer", "maybe"); p.Status != http.StatusUnprocessableEntity && p.Status != http.StatusBadRequest {
		t.Errorf("another answer: %d", p.Status)
	}
}

// giftOf is something the small shop sells, made to be given.
func giftOf(s *shoptest.Shop) string {
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		return tx.Query(ctx).Exec("UPDATE products SET gift = TRUE WHERE code = 'BK01'").Error
	})
	return "BK01"
}

// One year of a gift is a question on the home page, never a mail: answered by
// a click, asked once, and not there without leave to use the history.
func TestOneYearOfAGiftIsAQuestion(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		now := s.Now()
		b := s.SignedIn(shoptest.Student)
		sku := giftOf(s)
		sentIn(s, shoptest.Student, sku, now.AddDate(-1, 0, 20))
		sentIn(s, shoptest.Private, sku, now.AddDate(-1, 0, 21))
		page := b.Get("/")
		if !strings.Contains(page.Text(), "you bought a gift") || !strings.Contains(page.Text(), "You see this because of your order") {
			t.Fatalf("no question: %s", page.Text())
		}
		sound(t, "/", page)
		sound(t, "/zh/", b.Get("/zh/"))
		if text := s.SignedIn(shoptest.Private).Get("/").Text(); strings.Contains(text, "you bought a gift") {
			t.Error("asked without leave")
		}
		if n := s.Count("SELECT count(*) FROM occasions"); n != 0 {
			t.Errorf("%d needs by looking", n)
		}
		number := s.Text("SELECT number FROM orders WHERE customer_id = ?", int64(s.Customers[shoptest.Student]))
		if p := s.SignedIn(shoptest.Private).Post("/account/occasions/hint", "order", number, "answer", "yes"); p.Status != http.StatusNotFound || s.Count("SELECT count(*) FROM occasions") != 0 {
			t.Errorf("somebody else's: %d", p.Status)
		}
		for range 2 {
			b.Post("/account/occasions/hint", "order", number, "answer", "yes")
		}
		if got := s.Text("SELECT state || ' ' || years FROM occasions"); got != "confirmed 1" {
			t.Errorf("the need is %s", got)
		}
		if text := b.Get("/").Text(); strings.Contains(text, "you bought a gift") {
			t.Error("asked again")
		}
		if text := b.Get("/account/dates").Text(); !strings.Contains(text, "Each year") || !strings.Contains(text, "reminders") && !strings.Contains(text, "mail") {
			t.Errorf("the dates: %s", text)
		}
		if err := occasion.Rebuild(context.Background(), d, time.UTC, now); err != nil {
			t.Fatal(err)
		}
		if got := s.Text("SELECT state FROM occasions"); got != "confirmed" {
			t.Errorf("after a night it is %s", got)
		}
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			return occasion.Forget(ctx, tx, s.Customers[shoptest.Student], "", now)
		})
		b.Post("/account/occasions/hint", "order", number, "answer", "no")
		if text := b.Get("/").Text(); strings.Contains(text, "you bought a gift") || s.Text("SELECT state FROM occasions") != "not-again" {
			t.Error("asked after a no")
		}
	})
}

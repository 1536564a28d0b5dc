package storefront_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/doctor"
	"regulars/internal/order"
	"regulars/internal/shoptest"
)

func aged(s *shoptest.Shop, before time.Time) (done int64) {
	s.Tx(func(ctx context.Context, tx *db.Tx) (err error) {
		done, err = order.Age(ctx, tx, before, time.UTC, 1000, s.Now())
		return err
	})
	return done
}

// What is older than keep.history is left as counts, which say the same of what
// somebody owns; single orders of that time are neither listed nor used.
func TestOldPurchasesAreCountsNotOrders(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		now := s.Now()
		sentIn(s, shoptest.Student, "BB12", now.AddDate(-4, 0, 0))
		sentIn(s, shoptest.Student, "BB03", now.AddDate(-4, -2, 0), now.AddDate(-4, 0, 1), now.AddDate(0, 0, -95), now.AddDate(0, 0, -65), now.AddDate(0, 0, -35))
		sentIn(s, shoptest.Private, "BB03", now.AddDate(-4, 0, 1))
		b := s.SignedIn(shoptest.Student)
		home := b.Get("/").Main()
		if n := aged(s, now.AddDate(0, -36, 0)); n != 1 {
			t.Errorf("%d people counted", n)
		}
		if n := aged(s, now.AddDate(0, -36, 0)); n != 0 {
			t.Errorf("%d people counted again", n)
		}
		if got := s.Text("SELECT times || ' ' || units || ' ' || (last_month - first_month) FROM history_goods WHERE product_id = ?", int64(s.Products["BB03"])); !strings.HasPrefix(got, "2 2 ") {
			t.Errorf("the teats are %s", got)
		}
		if n := s.Count("SELECT count(*) FROM orders WHERE imported = TRUE"); n != 7 {
			t.Errorf("%d orders are left for the books", n)
		}
		if b.Get("/").Main() != home {
			t.Error("the home page is another one by counts")
		}
		page := b.Get("/account/often")
		for _, words := range []string{"Bought on 3 days, usually every 30 days", "Stacking Rings", "Before "} {
			if !strings.Contains(page.Text(), words) {
				t.Errorf("%q is missing: %s", words, page.Text())
			}
		}
		sound(t, "/account/often", page)
		sound(t, "/zh/account/often", b.Get("/zh/account/often"))
		if text := b.Get("/account").Text(); !strings.Contains(text, "3 orders from before") {
			t.Errorf("the overview: %s", text)
		}
		r, err := doctor.Check(context.Background(), d, doctor.Options{Now: now})
		if err != nil || slices.ContainsFunc(r.Broken, func(b doctor.Broken) bool { return b.Code[0] == 'Q' }) {
			t.Errorf("%+v %v", r.Broken, err)
		}
		// An old order that changes brings back the single ones, until the night.
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			o, _, err := order.Since(ctx, tx, s.Customers[shoptest.Student], time.Time{}, 50)
			if err == nil {
				_, err = o[len(o)-1].Move(ctx, tx, order.PaymentAxis, string(order.Refunded), "staff:1", "", now)
			}
			return err
		})
		if n := s.Count("SELECT count(*) FROM history_goods"); n != 0 {
			t.Errorf("%d counts of orders that changed", n)
		}
		aged(s, now.AddDate(0, -36, 0))
		if n := s.Count("SELECT orders FROM history_people"); n != 2 {
			t.Errorf("%d orders without the refunded one", n)
		}
		b.Post("/account/preferences", "given", "personalize")
		if text := b.Get("/account/often").Text(); strings.Contains(text, "Spare Teats") || s.Count("SELECT count(*) FROM history_people") != 0 || s.Count("SELECT count(*) FROM history_goods") != 0 {
			t.Errorf("without leave: %s", text)
		}
		if strings.Contains(b.Get("/cart").Text(), "What you buy often") {
			t.Error("the cart still tells what they buy")
		}
	})
}

// One click brings what was chosen; what is sold out is named, and sensitive
// goods stand in the person's own list alone.
func TestWhatIsBoughtOftenComesByOneClick(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	now := s.Now()
	for i, sku := range []string{"BB03", "BB07", "TL02"} {
		hour := time.Duration(i) * time.Hour
		sentIn(s, shoptest.Student, sku, now.AddDate(0, 0, -60).Add(hour), now.AddDate(0, 0, -30).Add(hour))
	}
	b := s.SignedIn(shoptest.Student)
	page := b.Get("/account/often")
	if n := len(page.All("input[name=pick]")); n != 2 || !strings.Contains(page.Text(), "Infant Formula") || !strings.Contains(page.Text(), "Sold out") {
		t.Errorf("%d to choose: %s", n, page.Text())
	}
	if text := b.Get("/cart").Text(); !strings.Contains(text, "Spare Teats") || strings.Contains(text, "Infant Formula") || strings.Contains(text, "Jig Saw") {
		t.Errorf("beside the cart: %s", text)
	}
	sound(t, "/cart", b.Get("/cart"))
	if text := b.Follow(b.Post("/account/often", "pick", "2*BB03", "pick", "1*TL02")).Text(); !strings.Contains(text, "The cart holds 1 line of what you chose") || !strings.Contains(text, "Jig Saw") {
		t.Errorf("with a sold out one: %s", text)
	}
	if text := b.Follow(b.Post("/account/often")).Text(); !strings.Contains(text, "Nothing was chosen") {
		t.Errorf("with none: %s", text)
	}
	if p := b.Post("/account/often", "pick", "-1*BB03"); p.Status != 400 && p.Status != 422 {
		t.Errorf("less than nothing: %d", p.Status)
	}
	if text := s.SignedIn(shoptest.Private).Get("/account/often").Text(); !strings.Contains(text, "which is off") {
		t.Errorf("without leave: %s", text)
	}
	if n, err := order.OftenOf(context.Background(), s.DB, customer.ID(999), time.UTC); err != nil || len(n) != 0 {
		t.Errorf("nobody's: %v %v", n, err)
	}
}

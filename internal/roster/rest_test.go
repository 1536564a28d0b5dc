package roster_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/doctor"
	"regulars/internal/order"
	"regulars/internal/roster"
	"regulars/internal/segment"
	"regulars/internal/shoptest"
)

var ctx = context.Background()

// town is a shop whose customers are told of by their first names.
type town struct {
	*testing.T
	*shoptest.Shop
}

func open(t *testing.T, d *db.DB) *town {
	t.Helper()
	w := &town{t, shoptest.New(t, d)}
	w.Shop.Tx(func(ctx context.Context, tx *db.Tx) error { return segment.Rebuild(ctx, tx, w.Now()) })
	return w
}

func (w *town) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

const password = "three words long"

// joins signs somebody up who proves their address.
func (w *town) joins(email, name string) (*shoptest.Browser, customer.ID) {
	w.Helper()
	b := w.Browser()
	b.Post("/cart/items", "sku", "BK02")
	b.Post("/signup", "email", email, "password", password, "name", name, "personalize", "on", "history", "on", "mail_cart", "on")
	w.RunJobs()
	for _, l := range w.Letters() {
		if at := strings.Index(l.Text, "/verify/"); at > 0 && strings.Contains(strings.ToLower(l.To), strings.ToLower(email)) {
			link := strings.Fields(l.Text[at:])[0]
			b.Submit(b.Get(link), link)
			break
		}
	}
	if p := b.Post("/signin", "email", email, "password", password); p.Status != http.StatusSeeOther {
		w.Fatalf("sign in %s: %d", email, p.Status)
	}
	k, err := customer.ByEmail(ctx, w.DB, email)
	w.must(err)
	if !k.Verified() {
		w.Fatalf("%s is not verified", email)
	}
	return b, k.ID
}

// buys places and pays an order, and has it sent and delivered.
func (w *town) buys(b *shoptest.Browser, sku string, delivered bool, where ...string) order.ID {
	w.Helper()
	b.Post("/cart/items", "sku", sku)
	b.Submit(b.Follow(b.Submit(b.Get("/checkout"), "/checkout", where...)), "/gateway/test/", "outcome", "paid")
	id := order.ID(w.Count("SELECT max(id) FROM orders"))
	if delivered {
		w.Shop.Tx(func(ctx context.Context, tx *db.Tx) error {
			return errors.Join(w.Desk.ShipIn(ctx, tx, id, "staff:1", w.Now()), w.Desk.DeliverIn(ctx, tx, id, "staff:1", w.Now()))
		})
	}
	return id
}

func (w *town) tends() roster.Tended {
	w.Helper()
	done, err := roster.Tend(ctx, w.DB, w.Settings.Now(), w.Now())
	w.must(err)
	return done
}

func (w *town) hears(email, kind, code string) {
	w.Helper()
	w.Shop.Tx(func(ctx context.Context, tx *db.Tx) error {
		_, err := customer.Hear(ctx, tx, customer.News{Key: fmt.Sprint(email, kind, w.Now().UnixMilli()), Email: email, Kind: kind, Code: code, Source: customer.FromServer}, w.Now())
		return err
	})
}

// books are all sums of the shop, byte for byte: orders, lines, tax, payments,
// invoices and the cells of the reports.
func (w *town) books() string {
	w.Helper()
	w.must(analytics.Rebuild(ctx, w.DB, w.Settings.Now(), w.Now()))
	var all []string
	for _, sql := range []string{
		"SELECT number || ' ' || subtotal || ' ' || discount || ' ' || delivery || ' ' || tax || ' ' || total || ' ' || currency || ' ' || state || ' ' || payment_state || ' ' || placed_at AS x FROM orders ORDER BY id",
		"SELECT order_id || ' ' || position || ' ' || sku || ' ' || qty || ' ' || unit_price || ' ' || discount || ' ' || tax || ' ' || total AS x FROM order_lines ORDER BY id",
		"SELECT order_id || ' ' || amount || ' ' || captured || ' ' || refunded AS x FROM payments ORDER BY id",
		"SELECT year || ' ' || seq || ' ' || order_id AS x FROM invoices ORDER BY year, seq",
		"SELECT day || ' ' || department || ' ' || started || ' ' || checkout || ' ' || abandoned || ' ' || converted || ' ' || recovered || ' ' || abandoned_value || ' ' || excluded AS x FROM cart_days ORDER BY day, department, simulated",
	} {
		var rows []string
		w.must(w.DB.Query(ctx).Raw(sql).Scan(&rows).Error)
		if len(rows) == 0 {
			w.Fatalf("nothing to compare: %s", sql)
		}
		all = append(all, rows...)
	}
	return strings.Join(all, "\n")
}

func (w *town) sound() {
	w.Helper()
	report, err := doctor.Check(ctx, w.DB, doctor.Options{Now: w.Now()})
	w.must(err)
	for _, b := range report.Broken {
		w.Errorf("%s %s: %v", b.Code, b.Means, b.IDs)
	}
}

var aviary = []string{"name", "Canary Finch", "country", "US", "line1", "17 Aviary Lane", "city", "Perchville", "region", "CA", "postcode", "90417", "phone", "+1 555 0147"}

func TestWhomNobodyReachesRestsAndGoesWithTheBooksUnchanged(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := open(t, d)
		const email = "canary.finch@example.com"
		b, id := w.joins(email, "Canary Finch")
		b.Post("/account/details", "name", "Canary Finch", "phone", "+1 555 0147", "birth_date", "1990-01-02")
		w.buys(b, "BK01", true, append(aviary, "email", email)...)
		sent := w.buys(b, "BB09", false, append(aviary, "email", email)...)
		b.Post("/contact", "name", "Canary Finch", "email", email, "body", "Where is it?")
		w.RunJobs()
		w.Pass(time.Minute)
		w.hears(email, customer.NewsHard, "5.1.1")
		if done := w.tends(); done.Resting != 0 {
			t.Fatalf("with a number left: %+v", done)
		}
		w.Shop.Tx(func(ctx context.Context, tx *db.Tx) error { return customer.JudgePhone(ctx, tx, id, "dead", w.Now()) })
		if done := w.tends(); done.Resting != 1 || done.Gone != 0 {
			t.Fatalf("without any way left: %+v", done)
		}
		if done := w.tends(); done.Resting != 0 {
			t.Fatalf("a second round on the day: %+v", done)
		}
		all, total, err := roster.Rests(ctx, d, 1, 10)
		w.must(err)
		if total != 1 || all[0].Cause != roster.Unreachable || !all[0].DueAt.Equal(w.Now().AddDate(0, 0, 30)) || strings.Join(all[0].Open, " ") != "order question" {
			t.Fatalf("the list says %+v", all)
		}

		// Its time is over, but an order is on its way and a question waits.
		w.Pass(31 * 24 * time.Hour)
		if done := w.tends(); done.Gone != 0 || done.Held != 1 {
			t.Fatalf("with something open: %+v", done)
		}
		w.Shop.Tx(func(ctx context.Context, tx *db.Tx) error {
			return errors.Join(w.Desk.ShipIn(ctx, tx, sent, "staff:1", w.Now()), w.Desk.DeliverIn(ctx, tx, sent, "staff:1", w.Now()))
		})
		w.AnswerAll("On its way.")
		w.RunJobs()

		// Kept with a reason it stays; let go it has its whole time again.
		w.Shop.Tx(func(ctx context.Context, tx *db.Tx) error {
			return roster.Keep(ctx, tx, id, "comes to the shop on Saturdays", "staff:1", w.Now())
		})
		if done := w.tends(); done.Gone != 0 || done.Held != 0 {
			t.Fatalf("kept: %+v", done)
		}
		w.Shop.Tx(func(ctx context.Context, tx *db.Tx) error { return roster.Keep(ctx, tx, id, "", "staff:1", w.Now()) })
		if done := w.tends(); done.Gone != 0 {
			t.Fatalf("just let go: %+v", done)
		}
		w.Pass(31 * 24 * time.Hour)
		before := w.books()
		if done := w.tends(); done.Gone != 1 {
			t.Fatalf("its time is over: %+v", done)
		}
		if after := w.books(); after != before {
			t.Errorf("the books changed from\n%s\nto\n%s", before, after)
		}
		if why := w.Text("SELECT erased_for FROM customers WHERE id = ?", int64(id)); why != "unreachable" {
			t.Errorf("it went for %q", why)
		}
		for table, n := range map[string]int{"customers WHERE email_key = '" + email + "'": 0, "orders WHERE email <> ''": 0, "addresses": 0, "rests": 0, "address_news": 0} {
			if got := w.Count("SELECT count(*) FROM " + table); got != n {
				t.Errorf("%d rows in %s", got, table)
			}
		}
		w.RunJobs()
		w.sound()
		if done := w.tends(); done.Gone+done.Resting+done.Held != 0 {
			t.Errorf("the next round: %+v", done)
		}
	})
}

func TestWhoComesBackRestsNoMore(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := open(t, d)
		w.hears(shoptest.Student, customer.NewsHard, "5.1.1")
		if done := w.tends(); done.Resting != 1 {
			t.Fatalf("%+v", done)
		}
		w.Pass(20 * 24 * time.Hour)
		w.Shop.Tx(func(ctx context.Context, tx *db.Tx) error {
			return customer.Works(ctx, tx, shoptest.Student, customer.FromPerson, w.Now())
		})
		if done := w.tends(); done.Back != 1 {
			t.Fatalf("%+v", done)
		}
		w.Pass(20 * 24 * time.Hour)
		if done := w.tends(); done.Gone != 0 {
			t.Fatalf("%+v", done)
		}
	})
}

func TestProspectsGoAfterThreeYears(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := open(t, d)
		buyer := w.SignedIn(shoptest.Student)
		w.buys(buyer, "BK01", true, append(aviary, "email", shoptest.Student)...)
		w.Pass(3*365*24*time.Hour - 40*24*time.Hour)
		if done := w.tends(); done.Resting != 0 {
			t.Fatalf("before its time: %+v", done)
		}
		w.Pass(15 * 24 * time.Hour)
		if done := w.tends(); done.Resting != 1 {
			t.Fatalf("a month before: %+v", done)
		}
		// Somebody who is seen again is no prospect who went quiet.
		w.SignedIn(shoptest.Private)
		if done := w.tends(); done.Back != 1 {
			t.Fatalf("after signing in: %+v", done)
		}
		w.Pass(3 * 366 * 24 * time.Hour)
		if done := w.tends(); done.Resting != 1 || done.Gone != 0 {
			t.Fatalf("three years on: %+v", done)
		}
		w.Pass(30 * 24 * time.Hour)
		if done := w.tends(); done.Gone != 1 {
			t.Fatalf("and a month: %+v", done)
		}
		if n := w.Count("SELECT count(*) FROM customers WHERE erased_at > 0 AND erased_for = 'inactive'"); n != 1 {
			t.Errorf("%d went", n)
		}
	})
}

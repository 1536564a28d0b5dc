package storefront_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"regulars/internal/credit"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/exchange"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/setting"
	"regulars/internal/shoptest"
	"regulars/internal/staff"
	"regulars/internal/value"
)

// The stores beside the tables: what staff noted, files, the log, the bytes of
// the embedded database, what strangers see.
func TestAnErasedPersonIsInNoStore(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		ctx := context.Background()
		const email = "Wryneck.Zebulon@example.com"
		words := []string{"wryneck", "zebulon", "5550199", "555 0199", "9 quill court", "harrier"}
		line := "external_id,email,name,phone,mail_offers,consent_evidence\nold-7," + email + ",Zebulon Wryneck,+1 555 0199,yes,paper form signed Zebulon Wryneck\n"
		_, err := exchange.Import(ctx, d, exchange.Customers, strings.NewReader(line), exchange.Options{Now: s.Now()})
		if err != nil {
			t.Fatal(err)
		}
		b := s.Browser()
		b.Post("/forgot", "email", email)
		s.RunJobs()
		reset := letterTo(t, s, "ryneck", "/reset/")
		b.Submit(b.Get(reset), reset, "password", "three words long")
		b.Post("/signin", "email", email, "password", "three words long")
		b.Post("/cart/items", "sku", "BK01")
		where := []string{"email", email, "name", "Zebulon Wryneck", "country", "US", "line1", "9 Quill Court", "city", "Perchville", "region", "CA", "postcode", "90417", "phone", "+1 555 0199"}
		b.Submit(b.Follow(b.Submit(b.Get("/checkout"), "/checkout", where...)), "/gateway/test/", "outcome", "paid")
		s.RunJobs()
		b.Post("/p/calm-bottle/questions", "body", "Zebulon asks: is it blue?")
		s.AnswerAll("Dear Zebulon Wryneck, it is.")
		k, err := customer.ByEmail(ctx, d, email)
		if err != nil {
			t.Fatal(err)
		}
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			orders, err := order.OfCustomer(ctx, tx, k.ID, 9)
			if err != nil {
				return err
			}
			who, err := staff.Add(ctx, tx, "bo@shop.example", "Bo", staff.Support, "x", s.Now())
			if err != nil {
				return err
			}
			for _, do := range []func() error{
				func() error {
					return order.Remark(ctx, tx, &orders[0], "Mr Wryneck rang from 555 0199", "staff:1", s.Now())
				},
				func() error {
					return tx.Query(ctx).Exec("INSERT INTO occasions (token, customer_id, source, state, name, month, day, created_at, updated_at) VALUES ('need', ?, 'found', 'confirmed', 'For Zebulon', 5, 4, 1, 1)", int64(k.ID)).Error
				},
				func() error { return order.Remark(ctx, tx, &orders[0], "box has a dent", "staff:1", s.Now()) },
				func() error {
					return staff.Note(ctx, tx, who.ID, "customer.tier", email, "for Zebulon Wryneck", s.Now())
				},
				func() error {
					_, err := credit.Grant(ctx, tx, k.ID, money.Price{Amount: 100, Currency: "USD"}, "k", 0, "staff:1", "sorry, Zebulon", s.Now())
					return err
				},
				func() error {
					return value.Give(ctx, tx, setting.Values{}, k.ID, value.Grant{Key: "a-key-of-sixteen-1", Tier: value.Loyal, Reason: "Zebulon is kind", Actor: "staff:1", Until: s.Now().AddDate(0, 1, 0)}, s.Now())
				},
			} {
				if err := do(); err != nil {
					return err
				}
			}
			return nil
		})
		if err := staff.Looked(ctx, d, 1, int64(k.ID), staff.LookCard, s.Now()); err != nil {
			t.Fatal(err)
		}
		b.Post("/account/preferences", "given", "mail.cart", "given", "personalize")
		b.Post("/account/preferences", "given", "personalize") // said yes, then no
		b.Post("/account/lists/save", "sku", "BB03", "name", "For Harrier")
		b.Post(listOf(s, "For Harrier")+"/line", "sku", "BB03", "qty", "2", "note", "Zebulon likes these")
		b.Get("/search?q=zebulon+harrier")
		if err := s.Events.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			for _, path := range []string{"/account", "/account/consents", "/account/privacy", "/account/export"} {
				b.Get(path)
			}
		}
		for _, table := range []string{"customers.", "audit.", "order_history.", "consent_log.", "credit_entries.", "tier_grants.", "questions.", "orders.", "occasions.", "sends.", "shop_lists.", "shop_list_lines."} {
			if !strings.Contains(strings.Join(held(t, s, words), "\n"), table) {
				t.Errorf("the story leaves nothing in %s", table)
			}
		}
		if p := b.Post("/account/erase", "password", "three words long"); p.Status != 303 {
			t.Fatalf("erasing: %d %s", p.Status, p.Text())
		}
		s.RunJobs()
		s.Pass(time.Hour)
		s.RunJobs()
		for _, h := range held(t, s, words) {
			t.Error(h)
		}
		if n := s.Count("SELECT count(*) FROM order_history WHERE note = 'box has a dent'"); n != 1 {
			t.Error("a note that names nobody went, too")
		}
		if n := s.Count("SELECT count(*) FROM audit WHERE subject = ?", fmt.Sprint("customer ", int64(k.ID))); n != 1 {
			t.Error("the audit lost what was done")
		}
		for _, w := range words {
			if strings.Contains(strings.ToLower(s.Said()), w) {
				t.Errorf("the log says %q", w)
			}
			for _, path := range []string{"/", "/p/calm-bottle", "/search?q=bottle", "/zh/p/calm-bottle", "/api/v1/products"} {
				if strings.Contains(strings.ToLower(s.Browser().Get(path).Body), w) {
					t.Errorf("%s shows %q", path, w)
				}
			}
		}
		inFiles(t, s.MailDir, words)
		if d.Embedded() {
			if err := d.Settle(ctx); err != nil {
				t.Fatal(err)
			}
			var file string
			if err := d.Query(ctx).Raw("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&file).Error; err != nil {
				t.Fatal(err)
			}
			inFiles(t, filepath.Dir(file), words)
		}
		// Whoever comes back under the address stays opted out until asked anew.
		again := s.Browser()
		again.Post("/signup", "email", email, "password", "three words long", "mail_cart", "on")
		s.RunJobs()
		verify := letterTo(t, s, "ryneck", "/verify/")
		again.Submit(again.Get(verify), verify)
		again.Post("/signin", "email", email, "password", "three words long")
		again.Post("/cart/items", "sku", "BK01")
		s.Pass(25 * time.Hour)
		if _, err := s.Office.FollowUp(ctx, s.Now()); err != nil {
			t.Fatal(err)
		}
		if n := s.Count("SELECT count(*) FROM sends WHERE template = 'followup' AND state = 'withheld' AND reason = 'suppressed' AND email = ?", strings.ToLower(email)); n != 1 {
			t.Errorf("the new account is not opted out: %s", s.Text("SELECT coalesce(max(template || ' ' || state || ' ' || reason), '') FROM sends WHERE template = 'followup'"))
		}
	})
}

// inFiles looks for the words in the bytes of every file of a folder.
func inFiles(t *testing.T, dir string, words []string) {
	t.Helper()
	seen := 0
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		all, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		seen++
		low := bytes.ToLower(all)
		for _, w := range words {
			if i := bytes.Index(low, []byte(w)); i >= 0 {
				t.Errorf("%s holds %q at %d:\n%s", filepath.Base(path), w, i, hex.Dump(all[max(0, i-64):min(len(all), i+64)]))
			}
		}
		return nil
	})
	if err != nil || seen == 0 {
		t.Errorf("%d files in %s: %v", seen, dir, err)
	}
}

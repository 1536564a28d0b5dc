package keep_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/keep"
	"regulars/internal/outreach"
	"regulars/internal/setting"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
)

func ago(days int) int64 { return now.AddDate(0, 0, -days).UnixMilli() }

// reports are every day as the abandonment report has it.
func reports(t *testing.T, d *db.DB) string {
	t.Helper()
	var rows []map[string]any
	if err := d.Query(ctx).Raw("SELECT day, department, simulated, started, checkout, abandoned, converted, recovered, by_link, abandoned_value, excluded FROM cart_days ORDER BY day, department, simulated").Scan(&rows).Error; err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(rows)
}

func TestWhatIsPastItsTermGoesAndReportsStay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		folder := t.TempDir()
		mailer, err := outreach.Open("", folder, func() time.Time { return now })
		if err != nil {
			t.Fatal(err)
		}
		live := &setting.Live{}
		if err := live.Refresh(ctx, d); err != nil {
			t.Fatal(err)
		}
		k := &keep.Keeper{DB: d, Settings: live, Now: func() time.Time { return now }, Desk: &outreach.Desk{DB: d, Mailer: mailer, Settings: live, Log: slog.Default()}}
		old, young := filepath.Join(folder, "20260101T120000.000Z-0123456789abcdef0123456789abcdef.eml"), filepath.Join(folder, "20261120T120000.000Z-0123456789abcdef0123456789abcdef.eml")
		for _, f := range []string{old, young} {
			if err := os.WriteFile(f, []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		err = d.InTx(ctx, func(tx *db.Tx) error {
			var all []string
			for i, days := range []int{1, 29, 31, 89, 92, 200, 400, 900} {
				at, id := ago(days), i+1
				all = append(all,
					fmt.Sprintf("INSERT INTO visitors (id, token_hash, personalize, created_at, seen_at) VALUES (%d, 'h%d', 'on', %d, %d)", id, id, at, at),
					fmt.Sprintf("INSERT INTO visitors (id, token_hash, created_at, seen_at) VALUES (%d, 'g%d', %d, %d)", id+20, id, at, at),
					fmt.Sprintf("INSERT INTO customers (id, email, email_key, created_at, updated_at) VALUES (%d, 'c%d@x.example', 'c%d@x.example', 1, 1)", id, id, id),
					fmt.Sprintf("INSERT INTO carts (id, token, visitor_id, state, currency, email, mail_ok, kind, created_at, active_at, started_at, checkout_at) VALUES (%d, 't%d', %d, 'open', 'USD', 'l%d@x.example', %v, 'shopper', %d, %d, %d, %d)", id, id, id, id, strings.ToUpper(fmt.Sprint(i%2 == 0)), at, at, at, at),
					fmt.Sprintf("INSERT INTO carts (id, token, customer_id, state, currency, kind, created_at, active_at, started_at) VALUES (%d, 'u%d', %d, 'open', 'USD', 'shopper', %d, %d, %d)", id+20, id, id, at, at, at),
					fmt.Sprintf("INSERT INTO cart_steps (cart_id, kind, qty, at) VALUES (%d, 'add', 1, %d), (%d, 'checkout', 0, %d), (%d, 'add', 1, %d)", id, at, id, at, id+20, at),
					fmt.Sprintf("INSERT INTO events (at, kind, visitor_id, customer_id, product_id, lang, device) VALUES (%d, 'item.seen', %d, %d, 0, 'en', 'phone'), (%d, 'item.seen', 0, 0, 0, 'en', 'phone'), (%d, 'slot.shown', 0, 0, 0, 'en', '')", at, id, id, at, at),
					fmt.Sprintf("INSERT INTO events (at, kind, visitor_id, simulated) VALUES (%d, 'item.seen', 9, TRUE)", at),
					fmt.Sprintf("INSERT INTO sends (id, key, class, template, email, lang, subject, message_id, state, due_at, created_at, updated_at) VALUES (%d, 'k%d', 'marketing', 'followup', 's%d@x.example', 'en', 'Your cart', 'm%d', 'sent', %d, %d, %d)", id, id, id, id, at, at, at),
					fmt.Sprintf("INSERT INTO sends (id, key, class, template, email, lang, subject, message_id, state, order_id, due_at, created_at, updated_at) VALUES (%d, 'o%d', 'required', 'order-confirmation', 's%d@x.example', 'en', 'Your order', 'n%d', 'sent', 7, %d, %d, %d)", id+20, id, id, id, at, at, at),
					fmt.Sprintf("INSERT INTO mail_links (hash, purpose, send_id, email_key, expires_at) VALUES ('l%d', 'unsubscribe', %d, 's%d@x.example', %d)", id, id, id, ago(-900)))
			}
			for _, sql := range all {
				if err := tx.Query(ctx).Exec(sql).Error; err != nil {
					return fmt.Errorf("%s: %w", sql, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		count := func(sql string) (n int) {
			t.Helper()
			if err := d.Query(ctx).Raw(sql).Scan(&n).Error; err != nil {
				t.Fatal(err)
			}
			return n
		}
		if err := analytics.Rebuild(ctx, d, live.Now(), now); err != nil {
			t.Fatal(err)
		}
		before := reports(t, d)
		seen := count("SELECT count(*) FROM events WHERE kind = 'item.seen' AND simulated = FALSE")
		for range 2 { // the second day finds nothing, and counts nothing twice
			if err := k.Run(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if err := analytics.Rebuild(ctx, d, live.Now(), now); err != nil {
			t.Fatal(err)
		}
		if after := reports(t, d); after != before || strings.Count(before, "day:") < 8 {
			t.Errorf("the reports changed:\n%s\n%s", before, after)
		}
		for what, part := range map[string]struct {
			sql  string
			want int
		}{
			"single views younger than 90 days":    {"SELECT count(*) FROM events WHERE kind = 'item.seen' AND simulated = FALSE", 8},
			"views in all":                         {"SELECT (SELECT count(*) FROM events WHERE kind = 'item.seen' AND simulated = FALSE) + (SELECT coalesce(sum(count), 0) FROM event_days)", seen},
			"views of simulated shoppers":          {"SELECT count(*) FROM events WHERE simulated = TRUE", 8},
			"carts":                                {"SELECT count(*) FROM carts", 16},
			"carts of somebody":                    {"SELECT count(*) FROM carts WHERE customer_id IS NOT NULL", 7},
			"addresses in carts":                   {"SELECT count(*) FROM carts WHERE email <> ''", 5}, // without leave: 29 days; with: 1, 31, 92, 400
			"browsers that said yes":               {"SELECT count(*) FROM visitors WHERE personalize = 'on'", 6},
			"browsers that only held a cart":       {"SELECT count(*) FROM visitors WHERE personalize <> 'on'", 2},
			"subjects":                             {"SELECT count(*) FROM sends WHERE subject <> ''", 10},
			"decisions without an order":           {"SELECT count(*) FROM sends WHERE order_id = 0", 7},
			"mails of orders":                      {"SELECT count(*) FROM sends WHERE order_id <> 0", 8},
			"links":                                {"SELECT count(*) FROM mail_links", 7},
			"terms that say when they ran":         {"SELECT count(*) FROM retention_runs WHERE at > 0", len(keep.Terms)},
			"single views that went, as noted":     {"SELECT total FROM retention_runs WHERE term = 'keep.browsing'", 8},
			"what the second run took":             {"SELECT sum(last) FROM retention_runs", 0},
			"carts of browsers that are forgotten": {"SELECT count(*) FROM carts c WHERE visitor_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM visitors v WHERE v.id = c.visitor_id)", 0},
		} {
			if n := count(part.sql); n != part.want {
				t.Errorf("%s: %d, want %d", what, n, part.want)
			}
		}
		if _, err := os.Stat(old); err == nil {
			t.Error("an old mail is still in the folder")
		}
		if _, err := os.Stat(young); err != nil {
			t.Error("a young mail is gone")
		}
	})
}

package campaign_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"regulars/internal/campaign"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
)

var ctx = context.Background()

var benchNow = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// size is how many people the benchmarks have.
func size(b *testing.B) int {
	n, err := strconv.Atoi(os.Getenv("PEOPLE"))
	if err != nil {
		return 100_000
	}
	return max(n, b.N)
}

// told makes a shop of n people who allow offers, one order each within 200
// days, and ten campaigns of which each wrote to a tenth of them.
func told(b *testing.B, d *db.DB, n int) {
	b.Helper()
	people := `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) `
	day := int64(24 * time.Hour / time.Millisecond)
	at := benchNow.UnixMilli()
	err := d.InTx(ctx, func(tx *db.Tx) error {
		for _, s := range []struct {
			sql  string
			args []any
		}{
			{`INSERT INTO customers (id, email, email_key, name, contact, email_verified_at, created_at, updated_at)
				SELECT i, 'p' || i || '@mail.example', 'p' || i || '@mail.example', 'Person ' || i, 'verified', 1, 1, 1 FROM n`, nil},
			{`INSERT INTO orders (id, number, place_key, access_hash, customer_id, email, lang, currency, subtotal, total, payment_state, placed_at, paid_at)
				SELECT i, 'N' || i, 'N' || i, 'N' || i, i, '', 'en', 'USD', 1000, 1000, 'paid', ? - (i % 200) * ? - 1000 - i % 86000000, 1 FROM n`, []any{at, day}},
			{`INSERT INTO order_lines (order_id, position, product_id, variant_id, sku, name, qty, unit_price, total) SELECT i, 1, 1, 1, 'A', '{"en":"A"}', 1, 1000, 1000 FROM n`, nil},
		} {
			if err := tx.Query(ctx).Exec(people+s.sql, append([]any{n}, s.args...)...).Error; err != nil {
				return err
			}
		}
		for c := range 10 {
			began := at - int64(180-18*c)*day
			if err := tx.Query(ctx).Exec(`INSERT INTO campaigns (id, token, name, state, subject, words, salt, held, credit_days, listed, started_at, ended_at, created_at, updated_at)
				VALUES (?, ?, ?, 'done', '{}', '{}', 's', 0, 14, TRUE, ?, ?, ?, ?)`, c+1, fmt.Sprint("token", c), fmt.Sprint("C", c), began, began+day, began, began).Error; err != nil {
				return err
			}
			for _, sql := range []string{
				`INSERT INTO campaign_people (campaign_id, customer_id, send_key, arm, assigned_at, due_at) SELECT @c, i, 'campaign:' || @c || ':' || i, 'sent', @at, 0 FROM n WHERE i % 10 = @c % 10`,
				`INSERT INTO sends (key, class, template, customer_id, email, lang, message_id, state, due_at, sent_at, created_at, updated_at)
					SELECT 'campaign:' || @c || ':' || i, 'marketing', 'campaign', i, 'p' || i || '@mail.example', 'en', 'campaign:' || @c || ':' || i, 'sent', @at, @at, @at, @at FROM n WHERE i % 10 = @c % 10`,
				`INSERT INTO events (at, kind, customer_id, detail) SELECT @at + 3600000, 'slot.click', i, 'campaign//token' || (@c - 1) FROM n WHERE i % 100 = @c % 10`,
			} {
				values := map[string]any{"n": n, "c": c + 1, "at": began}
				if err := tx.Query(ctx).Exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @n) `+sql, values).Error; err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkCredit is what it costs to say of every order which campaign it
// belongs to, at 100,000 orders and as many mails, in milliseconds.
//
//	go test -run '^$' -bench Credit -benchtime 1x ./internal/campaign
func BenchmarkCredit(b *testing.B) {
	both(b, func(b *testing.B, d *db.DB) {
		told(b, d, size(b))
		took := func(what string, do func() error) {
			b.Helper()
			began := time.Now()
			if err := do(); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(time.Since(began).Microseconds())/1000, what+"-ms")
		}
		took("first", func() error { return campaign.Credit(ctx, d) })
		took("again", func() error { return campaign.Credit(ctx, d) })
		if err := campaign.CreditNew(ctx, d, benchNow); err != nil {
			b.Fatal(err)
		}
		took("next", func() error { return campaign.CreditNew(ctx, d, benchNow.Add(10*time.Minute)) })
		var n int
		if err := d.Query(ctx).Raw("SELECT count(*) FROM campaign_orders").Scan(&n).Error; err != nil || n == 0 {
			b.Fatal(n, err)
		}
		b.ReportMetric(float64(n), "credited")
	})
}

func both(b *testing.B, do func(b *testing.B, d *db.DB)) {
	b.Run("sqlite", func(b *testing.B) { do(b, dbtest.SQLite(b)) })
	if os.Getenv("REGULARS_TEST_POSTGRES") != "" {
		b.Run("postgres", func(b *testing.B) { do(b, dbtest.Postgres(b)) })
	}
}

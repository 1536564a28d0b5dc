package campaign_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"regulars/internal/campaign"
	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/segment"
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
	day := int64(24 * time.Hour / time.Millisecond)
	at := benchNow.UnixMilli()
	err := d.InTx(ctx, func(tx *db.Tx) error {
		_, _, ids, err := catalog.Put(ctx, tx, catalog.Draft{Product: catalog.Product{Code: "A", Name: i18n.Text{En: "A"}, Published: true},
			Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: "A", Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: 1000}}}}}, benchNow)
		if err != nil {
			return err
		}
		for _, s := range []struct {
			sql  string
			args []any
		}{
			{`INSERT INTO customers (id, email, email_key, name, contact, email_verified_at, created_at, updated_at)
				SELECT i, 'p' || i || '@mail.example', 'p' || i || '@mail.example', 'Person ' || i, 'verified', 1, 1, 1 FROM n`, nil},
			{`INSERT INTO orders (id, number, place_key, access_hash, customer_id, email, lang, currency, subtotal, total, payment_state, placed_at, paid_at)
				SELECT i, 'N' || i, 'N' || i, 'N' || i, i, '', 'en', 'USD', 1000, 1000, 'paid', CAST(? AS BIGINT) - (i % 200) * CAST(? AS BIGINT) - 1000 - i % 86000000, 1 FROM n`, []any{at, day}},
			{`INSERT INTO order_lines (order_id, position, product_id, variant_id, sku, name, qty, unit_price, total) SELECT i, 1, (SELECT product_id FROM variants WHERE id = ?), ?, 'A', '{"en":"A"}', 1, 1000, 1000 FROM n`, []any{int64(ids["A"]), int64(ids["A"])}},
		} {
			if err := portions(tx, n, s.sql, s.args...); err != nil {
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
				`INSERT INTO campaign_people (campaign_id, customer_id, send_key, arm, assigned_at, due_at) SELECT CAST(@c AS BIGINT), i, 'campaign:' || @name || ':' || i, 'sent', CAST(@at AS BIGINT), 0 FROM n WHERE i % 10 = CAST(@c AS BIGINT) % 10`,
				`INSERT INTO sends (key, class, template, customer_id, email, lang, message_id, state, due_at, sent_at, created_at, updated_at)
					SELECT 'campaign:' || @name || ':' || i, 'marketing', 'campaign', i, 'p' || i || '@mail.example', 'en', 'campaign:' || @name || ':' || i, 'sent', CAST(@at AS BIGINT), CAST(@at AS BIGINT), CAST(@at AS BIGINT), CAST(@at AS BIGINT) FROM n WHERE i % 10 = CAST(@c AS BIGINT) % 10`,
				`INSERT INTO events (at, kind, customer_id, detail) SELECT CAST(@at AS BIGINT) + 3600000, 'slot.click', i, 'campaign//token' || @token FROM n WHERE i % 100 = CAST(@c AS BIGINT) % 10`,
			} {
				if err := portions(tx, n, sql, map[string]any{"c": c + 1, "at": began, "token": fmt.Sprint(c), "name": fmt.Sprint(c + 1)}); err != nil {
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

// portions runs a statement over the numbers n(i), some thousand each time: one
// of Postgres has five seconds.
func portions(tx *db.Tx, n int, sql string, args ...any) error {
	const portion = 10_000
	for from := 1; from <= n; from += portion {
		numbers := fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT CAST(%d AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < %d) ", from, min(from+portion-1, n))
		if err := tx.Query(ctx).Exec(numbers+sql, args...).Error; err != nil {
			return err
		}
	}
	return nil
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

// BenchmarkTakeIn is what it costs to take a segment of 100,000 people in, in
// milliseconds.
//
//	PEOPLE=25000 go test -run '^$' -bench TakeIn -benchtime 1x ./internal/campaign
func BenchmarkTakeIn(b *testing.B) {
	both(b, func(b *testing.B, d *db.DB) {
		n := size(b)
		told(b, d, n)
		rule, wrong := segment.Parse("all(orders >= 1, bought(product = A) >= 1 in last 365d)")
		if wrong != nil {
			b.Fatal(wrong)
		}
		err := d.InTx(ctx, func(tx *db.Tx) error {
			for _, sql := range []string{
				`INSERT INTO person_facts (customer_id, joined_at, order_count, open_questions, allowed, personal, past, simulated, contact) SELECT id, 1, 1, 0, 0, TRUE, TRUE, FALSE, 'verified' FROM customers`,
				`INSERT INTO person_bought (customer_id, order_id, product_id, at) SELECT o.customer_id, o.id, l.product_id, o.placed_at FROM orders o JOIN order_lines l ON l.order_id = o.id`,
				`INSERT INTO campaigns (id, token, name, state, audience, subject, words, salt, started_at, created_at, updated_at) VALUES (100, 'big', 'Big', 'running', 'bought', '{}', '{}', 's', 1, 1, 1)`,
			} {
				if err := tx.Query(ctx).Exec(sql).Error; err != nil {
					return err
				}
			}
			return segment.Put(ctx, tx, segment.Segment{Key: "bought", Name: i18n.Text{En: "B"}, Purpose: segment.Audience, Rule: rule})
		})
		if err != nil {
			b.Fatal(err)
		}
		c, err := campaign.ByToken(ctx, d, "big")
		if err != nil {
			b.Fatal(err)
		}
		began, more := time.Now(), true
		for more {
			if more, err = c.TakeIn(ctx, d, time.UTC, benchNow); err != nil {
				b.Fatal(err)
			}
		}
		took := time.Since(began)
		var in int
		if err := d.Query(ctx).Raw("SELECT count(*) FROM campaign_people WHERE campaign_id = 100").Scan(&in).Error; err != nil || in != n {
			b.Fatal(in, err)
		}
		b.ReportMetric(float64(took.Milliseconds()), "all-ms")
		b.ReportMetric(float64(took.Microseconds())/float64(n), "us/person")
	})
}

func both(b *testing.B, do func(b *testing.B, d *db.DB)) {
	b.Run("sqlite", func(b *testing.B) { do(b, dbtest.SQLite(b)) })
	if os.Getenv("REGULARS_TEST_POSTGRES") != "" {
		b.Run("postgres", func(b *testing.B) { do(b, dbtest.Postgres(b)) })
	}
}

package owner_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/owner"
)

// BenchmarkStill is what it costs to ask, in the transaction that tells an owner
// of a new version, whether they are one still: OWNERS people own the old one,
// as many the new one.
//
//	OWNERS=1000 go test -run '^$' -bench Still -benchtime 100x ./internal/owner
func BenchmarkStill(b *testing.B) {
	n, err := strconv.Atoi(os.Getenv("OWNERS"))
	if err != nil {
		n = 10_000
	}
	b.Run("sqlite", func(b *testing.B) { still(b, dbtest.SQLite(b), n) })
	if os.Getenv("REGULARS_TEST_POSTGRES") != "" {
		b.Run("postgres", func(b *testing.B) { still(b, dbtest.Postgres(b), n) })
	}
}

func still(b *testing.B, d *db.DB, n int) {
	ctx, now := context.Background(), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	notice := &owner.Notice{Kind: owner.Release, Title: i18n.Text{En: "T", Zh: "T"}, Body: i18n.Text{En: "B", Zh: "B"}, Steps: i18n.Text{En: "S", Zh: "S"}}
	err := d.InTx(ctx, func(tx *db.Tx) error {
		goods := map[string]int64{}
		for _, code := range []string{"OLD", "NEW"} {
			p, _, ids, err := catalog.Put(ctx, tx, catalog.Draft{Product: catalog.Product{Code: code, Name: i18n.Text{En: code}, Published: true},
				Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: code, Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: 1000}}}}}, now)
			if err != nil {
				return err
			}
			goods[code] = int64(ids[code])
			if notice.ProductID == 0 {
				notice.ProductID = p
			}
			notice.ToID = p
		}
		const portion = 10_000
		for from := 1; from <= 2*n; from += portion {
			numbers := fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT CAST(%d AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < %d) ", from, min(from+portion-1, 2*n))
			for _, sql := range []string{
				`INSERT INTO customers (id, email, email_key, contact, email_verified_at, created_at, updated_at) SELECT i, 'p' || i || '@mail.example', 'p' || i || '@mail.example', 'verified', 1, 1, 1 FROM n`,
				`INSERT INTO orders (id, number, place_key, access_hash, customer_id, email, lang, currency, subtotal, total, payment_state, placed_at, paid_at)
					SELECT i, 'N' || i, 'N' || i, 'N' || i, i, 'p' || i || '@mail.example', 'en', 'USD', 1000, 1000, 'paid', 1, 1 FROM n`,
				fmt.Sprintf(`INSERT INTO order_lines (order_id, position, product_id, variant_id, sku, name, qty, unit_price, total) SELECT i, 1, (SELECT product_id FROM variants WHERE id = v), v, 'A', '{"en":"A"}', 1, 1000, 1000
					FROM (SELECT i, CASE WHEN i <= %d THEN %d ELSE %d END AS v FROM n) m`, n, goods["OLD"], goods["NEW"]),
				`INSERT INTO consents (customer_id, purpose, given, source, at) SELECT i, 'mail.upgrades', TRUE, 'preferences', 1 FROM n`,
			} {
				if err := tx.Query(ctx).Exec(numbers + sql).Error; err != nil {
					return err
				}
			}
		}
		return owner.Put(ctx, tx, notice, now)
	})
	if err != nil {
		b.Fatal(err)
	}
	for _, table := range []string{"customers", "orders", "order_lines", "consents"} { // statistics, as a shop that runs has them
		if d.Embedded() {
			break
		}
		if err := d.Query(ctx).Exec("ANALYZE " + table).Error; err != nil {
			b.Fatal(err)
		}
	}
	began := time.Now()
	err = d.InTx(ctx, func(tx *db.Tx) error {
		told, err := owner.Start(ctx, tx, notice.Token, "staff", now)
		if err == nil && told != n {
			b.Fatalf("%d owners", told)
		}
		return err
	})
	started := time.Since(began)
	if err != nil {
		b.Fatal(err)
	}
	people, err := owner.Due(ctx, d, now, 0, 500)
	if err != nil || len(people) == 0 {
		b.Fatal(len(people), err)
	}
	i := 0
	for b.Loop() {
		why, err := owner.Still(ctx, d, notice, &people[i%len(people)])
		if i++; err != nil || why != "" {
			b.Fatal(why, err)
		}
	}
	b.ReportMetric(float64(started.Milliseconds()), "start-ms")
}

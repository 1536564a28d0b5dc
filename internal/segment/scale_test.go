package segment

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
)

// fourClauses is the rule whose exact count is measured: a fact of the person,
// a sum of orders, a count of deeds in a window of goods, and looks.
const fourClauses = `all(country in (DE, FR), last-order in last 180d, bought(category = lamps) >= 1 in last 365d, viewed(category = feeding) >= 2 in last 90d)`

// BenchmarkPreview measures the exact count of a four-clause rule, and how long
// after an event somebody is in their segment, over PEOPLE generated people
// (20,000 without it) with three orders and ten events each:
//
//	PEOPLE=100000 go test -run xxx -bench Preview -benchtime 1x -timeout 2h ./internal/segment
func BenchmarkPreview(b *testing.B) {
	people := 20_000
	if n, err := strconv.Atoi(os.Getenv("PEOPLE")); err == nil {
		people = n
	}
	b.Run("sqlite", func(b *testing.B) { preview(b, dbtest.SQLite(b), people) })
	if os.Getenv("REGULARS_TEST_POSTGRES") != "" {
		b.Run("postgres", func(b *testing.B) { preview(b, dbtest.Postgres(b), people) })
	}
}

func preview(b *testing.B, d *db.DB, people int) {
	ctx := context.Background()
	populate(b, d, people)
	rule, wrong := Parse(fourClauses)
	if wrong != nil {
		b.Fatal(wrong)
	}
	s := Segment{Key: "tried", Position: 1, Rule: rule, Purpose: Audience}
	book, err := readBook(ctx, d, []Segment{s})
	if err != nil {
		b.Fatal(err)
	}
	if err := d.InTx(ctx, func(tx *db.Tx) error { return keep(ctx, tx, &s) }); err != nil {
		b.Fatal(err)
	}
	turner := &Turner{DB: d, Now: func() time.Time { return noon }}
	if err := turner.Turn(ctx); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		var times []time.Duration
		found := 0
		for range 20 {
			began := time.Now()
			if found, err = book.Count(ctx, d, s, noon); err != nil {
				b.Fatal(err)
			}
			times = append(times, time.Since(began))
		}
		slices.Sort(times)
		b.ReportMetric(float64(times[18].Milliseconds()), "p95-ms")
		b.ReportMetric(float64(found), "found")
		id := int64(1 + rand.IntN(people))
		if err := d.InTx(ctx, func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("INSERT INTO events (at, kind, customer_id, product_id) VALUES (?, 'item.seen', ?, 1)", db.At(noon), id).Error
		}); err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		if err := turner.Turn(ctx); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(time.Since(began).Milliseconds()), "turn-ms")
	}
	b.ReportMetric(0, "ns/op")
}

// populate fills a shop with people in portions, so that a million fit.
func populate(b *testing.B, d *db.DB, people int) {
	ctx := context.Background()
	r := rand.New(rand.NewPCG(20020501, 1))
	crowd(b, d, 0, func(n int) int { return r.IntN(n) })
	ms := func(days int) int64 { return noon.Add(-time.Duration(r.IntN(days*86400)) * time.Second).UnixMilli() }
	countries := []string{"DE", "FR", "CN", "US", "GB", "IT", "ES", "NL"}
	order, event := 0, 0
	const portion = 20_000
	for from := 1; from <= people; from += portion {
		var customers, consents, orders, lines, events [][]any
		for i := from; i < from+portion && i <= people; i++ {
			mail := fmt.Sprintf("p%d@shop.example", i)
			customers = append(customers, []any{i, mail, mail, countries[r.IntN(len(countries))], ms(1500), ms(1500)})
			for _, p := range []customer.Purpose{customer.Personalize, customer.History} {
				consents = append(consents, []any{i, string(p), r.IntN(10) > 0, "test", 1})
			}
			for range 3 {
				order++
				n := strconv.Itoa(order)
				orders = append(orders, []any{order, n, n, n, i, mail, "USD", 5, 500 + r.IntN(9000), "completed", "paid", ms(900)})
				product := 1 + r.IntN(3)
				lines = append(lines, []any{order, 1, product, product, "S", `{"en":"x"}`, 1, 5, 5})
			}
			for range 10 {
				event++
				events = append(events, []any{event, ms(365), "item.seen", i, 1 + r.IntN(3)})
			}
		}
		err := d.InTx(ctx, func(tx *db.Tx) error {
			for _, t := range []struct {
				table   string
				columns []string
				rows    [][]any
			}{
				{"customers", []string{"id", "email", "email_key", "country", "created_at", "updated_at"}, customers}, {"consents", []string{"customer_id", "purpose", "given", "source", "at"}, consents},
				{"orders", []string{"id", "number", "place_key", "access_hash", "customer_id", "email", "currency", "subtotal", "total", "state", "payment_state", "placed_at"}, orders},
				{"order_lines", []string{"order_id", "position", "product_id", "variant_id", "sku", "name", "qty", "unit_price", "total"}, lines},
				{"events", []string{"id", "at", "kind", "customer_id", "product_id"}, events},
			} {
				if _, err := tx.Insert(ctx, t.table, t.columns, t.rows, false); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := d.Query(ctx).Exec("ANALYZE").Error; err != nil {
		b.Logf("not analyzed: %v", err) // the read connection of SQLite may refuse
	}
}

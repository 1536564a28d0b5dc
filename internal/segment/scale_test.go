package segment

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
)

// The rules whose exact count is measured, of four clauses each: facts of the
// person, of orders, of goods bought and looked at in a time, of carts and what
// was said.
var fourClauses = []struct{ name, text string }{
	{"goods", `all(country in (DE, FR), last-order in last 180d, bought(category = lamps) >= 1 in last 365d, viewed(category = feeding) >= 2 in last 90d)`},
	{"facts", `all(occupation = student, orders >= 2, spent >= "60.00 USD", last-order in last 365d)`},
	{"cart", `all(consent in (mail.offers), cart-pieces >= 1, life in (student), viewed >= 3 in last 30d)`},
	{"absence", `all(orders >= 1, bought(category = lamps) < 1 in last 365d, viewed(category = lamps) >= 1 in last 90d, none(country = CN))`},
	{"missed", `all(country = DE, viewed(category = lamps) then not bought(category = lamps) within 30d, orders >= 1, language = en)`},
}

// BenchmarkPreview measures the exact count of four-clause rules, a whole
// preview (split, steps and all), and how long after an event somebody is in
// their segment, over PEOPLE generated people (20,000 without it) with three
// orders and ten events each. A million people are filled in some ten minutes:
//
//	PEOPLE=100000 go test -run xxx -bench Preview/sqlite -benchtime 1x -timeout 2h ./internal/segment
//	PEOPLE=1000000 go test -run xxx -bench Preview/postgres -benchtime 1x -timeout 2h ./internal/segment
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
	began := time.Now()
	populate(b, d, people)
	b.Logf("filled in %s", time.Since(began).Round(time.Second))
	began = time.Now()
	if err := Renew(ctx, d, ByRebuild, noon); err != nil {
		b.Fatal(err)
	}
	b.Logf("everybody decided and copied in %s", time.Since(began).Round(time.Second))
	tidy(b, d)
	keepRule(b, d)
	turner := &Turner{DB: d, Now: func() time.Time { return noon }}
	if err := turner.Turn(ctx); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		for _, four := range fourClauses {
			rule, wrong := Parse(four.text)
			if wrong != nil {
				b.Fatal(wrong)
			}
			s := Segment{Key: "tried", Position: 1, Rule: rule, Purpose: Audience}
			book, err := readBook(ctx, d, []Segment{s})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(p95(b, 20, func() error { _, err := book.Count(ctx, d, s, noon); return err }), four.name+"-p95-ms")
			b.ReportMetric(p95(b, 5, func() error { _, err := book.Look(ctx, d, s, nil, noon); return err }), four.name+"-look-ms")
			n, _ := book.Count(ctx, d, s, noon)
			b.Logf("%s: %d people", four.name, n)
		}
		b.ReportMetric(enterAfter(b, d, turner), "entry-ms")
	}
	b.ReportMetric(0, "ns/op")
}

// keepRule keeps a segment that looks decide.
func keepRule(b *testing.B, d *db.DB) {
	rule, wrong := Parse(`all(language = en, viewed(product = LATE) >= 1 in last 30d)`)
	if wrong != nil {
		b.Fatal(wrong)
	}
	s := Segment{Key: "lately", Position: 1, Rule: rule, Purpose: Audience}
	if err := d.InTx(context.Background(), func(tx *db.Tx) error { return keep(context.Background(), tx, &s) }); err != nil {
		b.Fatal(err)
	}
}

// enterAfter is how long after twenty looks the lookers are in the segment.
func enterAfter(b *testing.B, d *db.DB, turner *Turner) float64 {
	ctx := context.Background()
	err := d.InTx(ctx, func(tx *db.Tx) error {
		return tx.Query(ctx).Exec("INSERT INTO events (at, kind, customer_id, product_id) SELECT ?, 'item.seen', f.customer_id, ? FROM person_facts f WHERE f.personal AND f.lang = 'en' AND f.customer_id % 7 = 5 ORDER BY f.customer_id LIMIT 20",
			db.At(noon), goods+1).Error
	})
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	if err := turner.Turn(ctx); err != nil {
		b.Fatal(err)
	}
	took := time.Since(began)
	counts, err := Counts(ctx, d)
	if err != nil || counts["lately"] != 20 {
		b.Fatalf("twenty looked, %v in the segment, %v", counts, err)
	}
	return float64(took.Milliseconds())
}

func p95(b *testing.B, times int, do func() error) float64 {
	var took []time.Duration
	for range times {
		began := time.Now()
		if err := do(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return float64(took[(len(took)*95-1)/100].Milliseconds())
}

// goods are the products of the generated shop, on twelve shelves.
const goods = 360

// populate fills a shop by statements that count, so that a million people and
// ten million events fit into minutes. What looks drawn is a product of the
// row's number and large odd ones: the same on every machine.
func populate(b *testing.B, d *db.DB, people int) {
	b.Helper()
	shelf := "(%d, NULLIF(%d, 0), '%s', '%s', '{}', 1, 1)"
	shelves := []string{fmt.Sprintf(shelf, 11, 0, "BB", "baby"), fmt.Sprintf(shelf, 12, 11, "BB-F", "feeding"), fmt.Sprintf(shelf, 13, 0, "HO", "home"), fmt.Sprintf(shelf, 14, 13, "HO-L", "lamps")}
	for i := 15; i < 23; i++ {
		shelves = append(shelves, fmt.Sprintf(shelf, i, 13, fmt.Sprint("S", i), fmt.Sprint("shelf-", i)))
	}
	run(b, d, "INSERT INTO categories (id, parent_id, code, slug, name, created_at, updated_at) VALUES "+strings.Join(shelves, ", "))
	run(b, d, fmt.Sprintf(`INSERT INTO products (id, code, slug, category_id, brand, name, sensitive, created_at, updated_at) %s
		SELECT i, CASE WHEN i > %d THEN 'LATE' ELSE 'P' || i END, 'p' || i, 11 + i %% 12, 'Brand' || (i %% 7), '{}', i %% 60 = 0, 1, 1 FROM n`, numbers(1, goods+1), goods))
	run(b, d, "INSERT INTO variants (id, product_id, sku, created_at, updated_at) SELECT id, id, code, 1, 1 FROM products")
	const portion = 4_000 // a statement of Postgres has five seconds
	for from := 1; from <= people; from += portion {
		to := min(from+portion-1, people)
		for _, sql := range []string{
			`INSERT INTO customers (id, email, email_key, name, country, lang, occupation, birth_date, created_at, updated_at, simulated) {n}
				SELECT i, 'p' || i || '@shop.example', 'p' || i || '@shop.example', 'P' || i, substr('DEFRCNUSGBITESNL', CAST(1 + 2 * ({1} % 8) AS INTEGER), 2), CASE WHEN {2} % 3 = 0 THEN 'zh' ELSE 'en' END,
				CASE {3} % 5 WHEN 0 THEN 'student' WHEN 1 THEN 'engineer' WHEN 2 THEN 'teacher' ELSE '' END, (1950 + {4} % 57) || '-0' || (1 + {5} % 9) || '-1' || ({6} % 10), {t} - ({7} % 1500) * 86400000, {t} - ({7} % 1500) * 86400000, TRUE FROM n`,
			`INSERT INTO consents (customer_id, purpose, given, source, at) {n} SELECT i, p.purpose, ({1} + p.k * 7) % 10 > 0, 'test', 1 FROM n, (SELECT 'personalize' AS purpose, 1 AS k UNION ALL SELECT 'history', 2 UNION ALL SELECT 'mail.offers', 3) p`,
			`INSERT INTO interests (customer_id, kind, value, source, at) {n} SELECT i, 'life', CASE {1} % 4 WHEN 0 THEN 'student' WHEN 1 THEN 'parent' WHEN 2 THEN 'home' ELSE 'working' END, 'said', 1 FROM n WHERE {2} % 2 = 0`,
			`INSERT INTO orders (id, number, place_key, access_hash, customer_id, email, currency, subtotal, total, state, payment_state, placed_at) {n}
				SELECT i * 3 + k.k, 'N' || (i * 3 + k.k), 'K' || (i * 3 + k.k), 'A' || (i * 3 + k.k), i, 'x', 'USD', 5, 500 + ({1} * (k.k + 3)) % 9000, 'completed', 'paid', {t} - (({2} * (k.k * 2 + 1)) % 900) * 86400000 - {3} % 80000000
				FROM n, (SELECT 0 AS k UNION ALL SELECT 1 UNION ALL SELECT 2) k WHERE {4} % 4 > 0 OR k.k = 0`,
			`INSERT INTO order_lines (order_id, position, product_id, variant_id, sku, name, qty, unit_price, total) {n}
				SELECT o.id, l.k, 1 + (o.total * (l.k * 17 + 3) + o.id * 131) % {g}, 1 + (o.total * (l.k * 17 + 3) + o.id * 131) % {g}, 'S', '{}', 1, 5, 5 FROM orders o JOIN n ON n.i = o.customer_id, (SELECT 1 AS k UNION ALL SELECT 2) l WHERE l.k = 1 OR o.id % 2 = 0`,
			`INSERT INTO events (at, kind, customer_id, product_id) {n} SELECT {t} - (({1} * (k.k * 2 + 1)) % 365) * 86400000 - {2} % 80000000, CASE WHEN k.k = 9 THEN 'search' ELSE 'item.seen' END, i,
				CASE WHEN k.k = 9 THEN 0 ELSE 1 + ({3} * (k.k * 2 + 7) + i) % {g} END FROM n, (SELECT 0 AS k UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) k`,
			`INSERT INTO carts (id, token, customer_id, state, currency, created_at, active_at) {n} SELECT i, 'C' || i, i, 'open', 'USD', 1, {t} - ({1} % 60) * 86400000 FROM n WHERE {2} % 6 = 0`,
			`INSERT INTO cart_lines (cart_id, token, variant_id, qty, seen_price, added_at) {n} SELECT i, 'L' || i, 1 + {3} % {g}, 1 + {1} % 3, 900, 1 FROM n WHERE {2} % 6 = 0`,
		} {
			run(b, d, drawn(sql, from, to))
		}
	}
}

func numbers(from, to int) string {
	return fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT CAST(%d AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < %d)", from, to)
}

// drawn puts numbers for {1}, {2} … into a statement, different ones a row.
func drawn(sql string, from, to int) string {
	words := []string{"{n}", numbers(from, to), "{t}", strconv.FormatInt(noon.UnixMilli(), 10), "{g}", strconv.Itoa(goods)}
	for k := range 8 {
		words = append(words, fmt.Sprintf("{%d}", k), fmt.Sprintf("(((i * 2654435761 + %d) %% 4294967291 * %d) %% 4294967291 / 1024)", (k+1)*97_531_357, 40_503+2*k))
	}
	return strings.NewReplacer(words...).Replace(sql)
}

func run(b *testing.B, d *db.DB, sql string) {
	b.Helper()
	ctx := context.Background()
	if err := d.InTx(ctx, func(tx *db.Tx) error { return tx.Query(ctx).Exec(sql).Error }); err != nil {
		b.Fatalf("%v: %.300s", err, sql)
	}
}

// tidy makes statistics, and on Postgres lets indexes answer alone, as its own
// housekeeping does in a shop that runs.
func tidy(b *testing.B, d *db.DB) {
	if d.Embedded() {
		run(b, d, "ANALYZE")
		return
	}
	for _, t := range []string{"person_facts", "person_spent", "person_bought", "events", "orders", "interests", "products", "customers"} {
		if err := d.Query(context.Background()).Exec("VACUUM ANALYZE " + t).Error; err != nil {
			b.Logf("not tidied: %v", err)
		}
	}
}

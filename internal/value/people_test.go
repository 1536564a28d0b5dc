package value_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/value"
)

// BenchmarkPeople lists values by class, tier and order, a page at a time:
//
//	PEOPLE=100000 go test -run xxx -bench People -benchtime 20x ./internal/value
func BenchmarkPeople(b *testing.B) {
	n, _ := strconv.Atoi(os.Getenv("PEOPLE"))
	if n == 0 {
		n = 2000
	}
	for name, open := range map[string]func(testing.TB) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		if name == "postgres" && os.Getenv("REGULARS_TEST_POSTGRES") == "" {
			continue
		}
		b.Run(name, func(b *testing.B) {
			d := open(b)
			if err := d.InTx(ctx, func(tx *db.Tx) error { return crowd(tx, n) }); err != nil {
				b.Fatal(err)
			}
			for _, f := range []value.Filter{{}, {Sort: "forecast", Page: n / 100}, {Class: value.ClassB, Sort: "contribution"}, {Tier: value.Loyal, Sort: "alive"}, {Tier: value.Occasional, Class: value.ClassC, Sort: "recency"}, {List: value.Gold}, {List: value.Fading}} {
				b.Run(fmt.Sprintf("%+v", f), func(b *testing.B) {
					var longest time.Duration
					for b.Loop() {
						began := time.Now()
						if _, _, err := value.People(ctx, d, f); err != nil {
							b.Fatal(err)
						}
						longest = max(longest, time.Since(began))
					}
					b.ReportMetric(float64(longest.Microseconds())/1000, "longest-ms")
				})
			}
		})
	}
}

// crowd is made-up people with values and tiers.
func crowd(tx *db.Tx, n int) error {
	people, values, tiers := make([][]any, n), make([][]any, n), [][]any{}
	for i := range n {
		id, email := int64(1000+i), fmt.Sprintf("p%d@crowd.test", i)
		people[i] = []any{id, email, email, db.At(today), db.At(today)}
		h := (i * 7919) % 100_003
		values[i] = []any{id, 1, string(value.Classes[h%5]), h % 700, h % 12, h * 10, (h * 31) % 90_000, h * 20, h * 4, 1 + h%5, 1 + h%5, 1 + h%5, `{"X":1,"Last":3,"Age":30}`, h * 9, h % 10_001, 1 + h%4}
		if h%3 > 0 {
			tiers = append(tiers, []any{id, string(value.Tiers[h%3]), string(value.Tiers[h%3]), db.At(today), db.At(today)})
		}
	}
	for _, part := range []struct {
		table   string
		columns []string
		rows    [][]any
	}{
		{"customers", []string{"id", "email", "email_key", "created_at", "updated_at"}, people},
		{"customer_values", []string{"customer_id", "version", "class", "recency", "frequency", "net", "net_before", "net_ever", "contribution", "r", "f", "m", "counts", "spending", "alive", "departments"}, values},
		{"customer_tiers", []string{"customer_id", "tier", "earned", "since", "due_at"}, tiers},
	} {
		if _, err := tx.Insert(ctx, part.table, part.columns, part.rows, true); err != nil {
			return err
		}
	}
	return nil
}

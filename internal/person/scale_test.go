package person_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/person"
)

// crowd fills a shop with people and three orders each, every tenth of them a
// guest's, and follows them. PEOPLE says how many; the design asks for 100000.
func crowd(t testing.TB, d *db.DB, people int) {
	t.Helper()
	family := []string{"Müller", "Smith", "García", "Nowak", "王", "李", "Rossi", "Okafor", "Åkesson", "Dubois"}
	given := []string{"Anna", "Peter", "José", "小明", "伟", "Ines", "Chinwe", "Lars", "Zoé", "Mia", "Omar", "Tom"}
	at := now.AddDate(-2, 0, 0).UnixMilli()
	const batch = 10_000
	for from := 0; from < people; from += batch {
		var customers, orders [][]any
		for i := from; i < min(people, from+batch); i++ {
			f, g := family[i%len(family)], given[i/7%len(given)]
			name := fmt.Sprintf("%s %s%d", g, f, i%997)
			if f == "王" || f == "李" {
				name = f + given[3+i%2]
			}
			email, phone := fmt.Sprintf("p%d.%d@mail.example", i%4999, i), fmt.Sprintf("+49 1%02d %07d", i%80, i*7919%10_000_000)
			when := at + int64(i)*600_000
			customers = append(customers, []any{i + 1, fmt.Sprintf("C%011d", i), email, email, name, phone, when, when})
			for n := range 3 {
				var owner any = int64(i + 1)
				if n == 2 && i%3 == 0 {
					owner, email = nil, "guest-"+email
				}
				key := fmt.Sprintf("%d-%d", i, n)
				orders = append(orders, []any{i*3 + n + 1, fmt.Sprintf("%08d", i*3+n), key, key, owner, email, phone, name, "USD", 1000, 1000, when + int64(n)*86_400_000})
			}
		}
		err := d.InTx(ctx, func(tx *db.Tx) error {
			if _, err := tx.Insert(ctx, "customers", []string{"id", "number", "email", "email_key", "name", "phone", "created_at", "updated_at"}, customers, false); err != nil {
				return err
			}
			_, err := tx.Insert(ctx, "orders", []string{"id", "number", "place_key", "access_hash", "customer_id", "email", "phone", "name", "currency", "subtotal", "total", "placed_at"}, orders, false)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := person.Follow(ctx, d); err != nil {
		t.Fatal(err)
	}
}

func people(least int) int {
	if n, err := strconv.Atoi(os.Getenv("PEOPLE")); err == nil {
		return n
	}
	return least
}

// asks are searches of each kind, the hardest first.
var asks = []string{"anna m", "小明", "p4", "p4998.4998@mail.example", "0147", "+49 101 0007919", "00000300", "m", "no such person at all"}

// BenchmarkFind looks somebody up among PEOPLE accounts with three orders each.
func BenchmarkFind(b *testing.B) {
	for _, kind := range []string{"sqlite", "postgres"} {
		b.Run(kind, func(b *testing.B) {
			d := map[string]func(testing.TB) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres}[kind](b)
			start := time.Now()
			crowd(b, d, people(2000))
			b.Logf("%d people in %v", people(2000), time.Since(start))
			for _, text := range asks {
				b.Run(text, func(b *testing.B) {
					for b.Loop() {
						if _, err := person.Find(ctx, d, person.Read(text)); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}

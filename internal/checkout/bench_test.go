package checkout_test

import (
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
)

// placing is a shop with as many filled carts as are to be placed, three
// lines each, over goods of which no two carts next to each other share one.
type placing struct {
	*shop
	goods []catalog.VariantID
	carts []cart.Cart
}

func openPlacing(b *testing.B, d *db.DB, n int) *placing {
	s := &placing{shop: open(b, d)}
	for i := range 60 {
		s.goods = append(s.goods, s.sell(fmt.Sprintf("GOOD%02d", i), 1200, 10_000_000))
	}
	s.carts = s.buyers(n, s.three)
	return s
}

// buyers are n guests, each with a cart that holds one of each of goods(i).
func (s *shop) buyers(n int, goods func(i int) []catalog.VariantID) []cart.Cart {
	at := db.At(s.now())
	carts := make([]cart.Cart, n)
	lines, steps := make([][]cart.Line, n), make([][]cart.Trace, n)
	s.tx(func(tx *db.Tx) error {
		ids, err := tx.NextIDs(ctx, "visitors", n)
		if err != nil {
			return err
		}
		rows := make([][]any, n)
		for i, id := range ids {
			rows[i] = []any{id, fmt.Sprint("visitor ", id), false, at, at}
			visitor := customer.VisitorID(id)
			carts[i] = cart.Cart{VisitorID: &visitor, State: cart.StateOpen, Currency: "USD", Lang: i18n.English, Kind: "shopper",
				CreatedAt: at, StartedAt: at, ActiveAt: at}
			for _, v := range goods(i) {
				lines[i] = append(lines[i], cart.Line{VariantID: v, Qty: 1, AddedAt: at})
			}
		}
		if _, err := tx.Insert(ctx, "visitors", []string{"id", "token_hash", "simulated", "created_at", "seen_at"}, rows, false); err != nil {
			return err
		}
		return cart.CreateMany(ctx, tx, carts, lines, steps)
	})
	return carts
}

// three are the goods of the nth buyer, in the order of their rows.
func (s *placing) three(n int) []catalog.VariantID {
	i := n % 20 * 3
	return s.goods[i : i+3]
}

func (s *placing) placeOne(n int) error {
	c := &s.carts[n]
	_, err := s.desk.Place(ctx, s.owner(c), i18n.English, c.ID, form(), checkout.NotShown)
	return err
}

// limitOne is what the database itself must do for such an order at least,
// with nothing above it: the order, its three lines, the guarded units.
func (s *placing) limitOne(n int) error {
	at := s.now().UnixMilli()
	three := s.three(n)
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		inner, err := tx.SQL(ctx)
		if err != nil {
			return err
		}
		var id int64
		err = inner.QueryRowContext(ctx, `INSERT INTO orders (number, place_key, place_hash, access_hash, email, phone, lang, name, country, line1, line2, city, region, postcode,
			currency, subtotal, total, payment_code, delivery_code, placed_at) VALUES ($1, $2, $1, $1, 'li@mail.example', '', 'en', 'Li Na', 'DE', 'Bank Street 1', '', 'Berlin', '', '10115',
			'USD', 3600, 3600, 'test', '', $3) RETURNING id`, fmt.Sprintf("limit%d", n), fmt.Sprintf("limit%d", n), at).Scan(&id)
		if err != nil {
			return err
		}
		const line = "INSERT INTO order_lines (order_id, position, product_id, variant_id, sku, name, choices, qty, unit_price, total) VALUES "
		values, args := "", []any{id}
		for k, v := range three {
			if k > 0 {
				values += ", "
			}
			values += fmt.Sprintf("($1, %d, %d, $%d, 'GOOD', '{}', '{}', 1, 1200, 1200)", k+1, int64(v), k+2)
			args = append(args, int64(v))
		}
		if _, err := inner.ExecContext(ctx, line+values, args...); err != nil {
			return err
		}
		for _, v := range three {
			var result sql.Result
			result, err = inner.ExecContext(ctx, "UPDATE stock SET reserved = reserved + 1, updated_at = $1 WHERE variant_id = $2 AND tracked = TRUE AND on_hand - reserved >= 1", at, int64(v))
			if err != nil {
				return err
			}
			if n, err := result.RowsAffected(); err != nil || n != 1 {
				return fmt.Errorf("%d rows of stock, %v", n, err)
			}
		}
		return nil
	})
}

// abreast does n things with 8 hands and returns the time they took.
func abreast(b *testing.B, n int, do func(int) error) time.Duration {
	var wg sync.WaitGroup
	var next atomic.Int64
	began := time.Now()
	for range 8 {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := do(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(began)
}

// BenchmarkPlace is Desk.Place of a cart with three lines, by eight shoppers
// at once, beside the database's own limit for the same transaction, measured
// in turns in the same run: of-limit is the part of that throughput that
// placing reaches. SQLite keeps every commit on disk (synchronous FULL).
func BenchmarkPlace(b *testing.B) {
	for _, kind := range []struct {
		name string
		open func(testing.TB) *db.DB
	}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.Postgres}} {
		b.Run(kind.name, func(b *testing.B) {
			s := openPlacing(b, kind.open(b), b.N)
			const turns = 8
			var placed, limit time.Duration
			b.ResetTimer()
			for turn := range turns {
				from, to := b.N*turn/turns, b.N*(turn+1)/turns
				placed += abreast(b, to-from, func(i int) error { return s.placeOne(from + i) })
				b.StopTimer()
				limit += abreast(b, to-from, func(i int) error { return s.limitOne(from + i) })
				b.StartTimer()
			}
			b.StopTimer()
			b.ReportMetric(float64(b.N)/placed.Seconds(), "orders/s")
			b.ReportMetric(float64(b.N)/limit.Seconds(), "limit/s")
			b.ReportMetric(limit.Seconds()/placed.Seconds(), "of-limit")
		})
	}
}

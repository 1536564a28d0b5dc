package order_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/order"
)

// many writes a shop's years of orders: nine of ten completed, the rest in
// every state, some flagged.
func many(b *testing.B, d *db.DB, n int) {
	b.Helper()
	at := time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)
	for from := 0; from < n; from += 5000 {
		err := d.InTx(context.Background(), func(tx *db.Tx) error {
			size := min(5000, n-from)
			orders, lines, flagged := make([]order.Order, size), make([][]order.Line, size), []int{}
			for i := range orders {
				k := from + i
				o := &orders[i]
				*o = order.Order{Number: fmt.Sprintf("N%07d", k), PlaceKey: fmt.Sprintf("scale-key-%08d", k), AccessHash: fmt.Sprintf("hash-%08d", k), Lang: "en",
					Email: fmt.Sprintf("shopper%d@mail.example", k%300_000), Name: fmt.Sprintf("Shopper %d", k%300_000), Country: "US", Line1: "1 Road", City: "Town", Currency: "USD",
					Subtotal: 1900, Total: 1900, State: order.Completed, PaymentState: order.Paid, DeliveryState: order.Delivered, PlacedAt: db.At(at.Add(time.Duration(k) * 150 * time.Second))}
				switch {
				case k%100 == 0:
					o.State, o.PaymentState, o.DeliveryState = order.Cancelled, order.Void, order.Unshipped
				case k%50 == 1:
					o.State, o.DeliveryState = order.StatePlaced, order.Shipped
				case k%1000 == 2:
					o.State, o.DeliveryState = order.StatePlaced, order.Unshipped
				case k%1000 == 3:
					o.State, o.PaymentState, o.DeliveryState = order.StatePlaced, order.Pending, order.Unshipped
				case k%5000 == 4:
					flagged = append(flagged, i)
				}
			}
			err := order.CreateImported(context.Background(), tx, orders, lines)
			for _, i := range flagged {
				if err == nil {
					err = order.Remark(context.Background(), tx, &orders[i], order.Flag+"look", "payment", at)
				}
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkList reads pages of the staff's list among ORDERS orders (2,000
// unless said), by each filter, and tells the slowest of twenty.
func BenchmarkList(b *testing.B) {
	n, _ := strconv.Atoi(os.Getenv("ORDERS"))
	n = max(n, 2000)
	kinds := []string{"sqlite"}
	if os.Getenv("ORDERS_POSTGRES") != "" {
		kinds = append(kinds, "postgres")
	}
	for _, kind := range kinds {
		b.Run(kind, func(b *testing.B) {
			d := map[string]func(testing.TB) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres}[kind](b)
			many(b, d, n)
			no := false
			for _, ask := range []struct {
				name string
				f    order.Filter
			}{
				{"all", order.Filter{}}, {"page 100", order.Filter{Page: 100}}, {"last page", order.Filter{Page: n / 50}}, {"simulated no", order.Filter{Simulated: &no}},
				{"waiting", order.Filter{State: order.StatePlaced, Payment: order.Pending}}, {"to ship", order.Filter{ToShip: true}},
				{"shipped", order.Filter{State: order.StatePlaced, Delivery: order.Shipped}}, {"completed", order.Filter{State: order.Completed}},
				{"cancelled", order.Filter{State: order.Cancelled}}, {"flagged", order.Filter{Flagged: true}},
				{"number", order.Filter{Text: "N0000777"}}, {"address", order.Filter{Text: "shopper777@"}}, {"name", order.Filter{Text: "shopper 777"}}, {"nobody", order.Filter{Text: "zzz"}},
			} {
				b.Run(ask.name, func(b *testing.B) {
					var took []time.Duration
					for b.Loop() {
						start := time.Now()
						if _, err := order.List(context.Background(), d, ask.f); err != nil {
							b.Fatal(err)
						}
						took = append(took, time.Since(start))
					}
					slices.Sort(took)
					b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
				})
			}
		})
	}
}

func TestTheListFindsByBeginnings(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
		err := d.InTx(context.Background(), func(tx *db.Tx) error {
			var orders []order.Order
			for i, who := range [][2]string{{"An_na Lee", "an.na@mail.example"}, {"Anna Bo", "anna@mail.example"}, {"Bob Anna", "bob@mail.example"}, {"李娜", "li-na@mail.example"}} {
				orders = append(orders, order.Order{Number: fmt.Sprintf("BEG1NS0%d", i), Name: who[0], Email: who[1], Currency: "USD", PlacedAt: db.At(at.Add(time.Duration(i) * time.Hour)), Simulated: i == 3})
			}
			if err := order.CreateImported(context.Background(), tx, orders, make([][]order.Line, len(orders))); err != nil {
				return err
			}
			return order.Remark(context.Background(), tx, &orders[1], order.Flag+"look", "payment", at)
		})
		if err != nil {
			t.Fatal(err)
		}
		yes, no := true, false
		for _, row := range []struct {
			f    order.Filter
			want string
		}{
			{order.Filter{Text: "AN"}, "1 0"}, {order.Filter{Text: "an_"}, "0"}, {order.Filter{Text: "anna@"}, "1"}, {order.Filter{Text: "an.na@mail.example"}, "0"},
			{order.Filter{Text: "beg1ns-02"}, "2"}, {order.Filter{Text: "李"}, "3"}, {order.Filter{Text: "%"}, ""}, {order.Filter{Text: "an", Flagged: true}, "1"},
			{order.Filter{Simulated: &yes}, "3"}, {order.Filter{Simulated: &no, State: order.Completed}, "2 1 0"}, {order.Filter{State: "elsewhere"}, ""}, {order.Filter{State: order.StatePlaced, Payment: order.Pending}, ""},
		} {
			found, err := order.List(context.Background(), d, row.f)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, o := range found.Orders {
				got = append(got, o.Number[7:])
			}
			if fmt.Sprint(got) != "["+row.want+"]" || found.Total != len(got) || found.More {
				t.Errorf("%+v finds %v of %d, want %s", row.f, got, found.Total, row.want)
			}
		}
	})
}

package analytics_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/setting"
)

// rowsOfCart is how many rows of the log stand behind a cart of fillLog: the
// cart, its line and arrival, nine steps and two frictions.
const rowsOfCart = 14

// BenchmarkTheReport writes thirteen months of a log, counts all of it, and
// crosses every two dimensions of what was counted. EVENTS=5000000 is the size
// that the report promises to answer at; BENCH_POSTGRES=1 asks Postgres.
func BenchmarkTheReport(b *testing.B) {
	events, err := strconv.Atoi(os.Getenv("EVENTS"))
	if err != nil {
		events = 60_000
	}
	d := dbtest.SQLite(b)
	if os.Getenv("BENCH_POSTGRES") != "" {
		d = dbtest.Postgres(b)
	}
	bottle, book := goods(b, d)
	from := time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC)
	fillLog(b, d, []catalog.VariantID{bottle, book}, from, events/rowsOfCart)
	set, now := setting.Of(nil), from.AddDate(0, 14, 0)
	began := time.Now()
	must(b, analytics.Recount(ctx, d, "", "", set, now))
	counted := time.Since(began)
	if os.Getenv("BENCH_POSTGRES") != "" {
		must(b, d.Query(ctx).Exec("ANALYZE cart_facts").Error)
	}
	ask := analytics.Question{From: "2025-11-01", To: "2026-11-30"}
	all, err := analytics.Total(ctx, d, ask)
	must(b, err)
	if want := events / rowsOfCart; all.Started != want {
		b.Fatalf("%d carts are counted, %d were written", all.Started, want)
	}
	var took []time.Duration
	for b.Loop() {
		for i, x := range analytics.Dimensions {
			for _, y := range analytics.Dimensions[i+1:] {
				began := time.Now()
				if _, err := analytics.Cross(ctx, d, ask, x.Key, y.Key); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
			}
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "max-ms")
	b.ReportMetric(counted.Seconds(), "count-s")
	b.ReportMetric(float64(all.Started*rowsOfCart), "rows")
	b.ReportMetric(0, "ns/op")
}

// fillLog writes so many carts with what happened to them.
func fillLog(b *testing.B, d *db.DB, sells []catalog.VariantID, from time.Time, carts int) {
	b.Helper()
	rng := rand.New(rand.NewPCG(3, 5_000_000))
	pick := func(of ...string) string { return of[rng.IntN(len(of))] }
	people := loyals(b, d, max(carts/30, 1))
	kinds := []cart.Kind{cart.StepAdd, cart.StepSeen, cart.StepChange, cart.StepSeen, cart.StepCheckout, cart.StepContact, cart.StepDelivery, cart.StepPayment, cart.StepSeen}
	for done := 0; done < carts; done += 5000 {
		n := min(5000, carts-done)
		all, lines, steps := make([]cart.Cart, n), make([][]cart.Line, n), make([][]cart.Trace, n)
		for i := range n {
			at := from.Add(time.Duration(done+i) * (390 * day / time.Duration(carts)))
			reach := 1 + rng.IntN(len(kinds))
			c := cart.Cart{State: cart.StateOpen, Currency: "USD", Lang: i18n.Lang(pick("en", "zh")), Device: pick("phone", "desktop", "tablet"), CreatedAt: db.At(at), StartedAt: db.At(at), Kind: "shopper"}
			for k := range kinds {
				kind := kinds[min(k, reach-1)] // who came no further saw that page again
				steps[i] = append(steps[i], cart.Trace{Kind: kind, Qty: 1, At: db.At(at.Add(time.Duration(k) * minute))})
			}
			c.ActiveAt = db.At(at.Add(9 * minute))
			if reach == len(kinds) {
				c.State, c.ClosedAt, c.CustomerID = cart.Converted, c.ActiveAt, &people[rng.IntN(len(people))]
			}
			all[i], lines[i] = c, []cart.Line{{VariantID: sells[i%len(sells)], Qty: 1 + i%4, SeenPrice: money.Amount(500 + rng.IntN(90_000)), AddedAt: db.At(at)}}
		}
		must(b, d.InTx(ctx, func(tx *db.Tx) error {
			if err := cart.CreateMany(ctx, tx, all, lines, steps); err != nil {
				return err
			}
			arrivals, met := make([]cart.Arrival, n), make([]cart.Friction, 0, 2*n)
			for i := range n {
				arrivals[i] = cart.Arrival{CartID: all[i].ID, Channel: pick(cart.Channels...), Referrer: pick("", "google.com", "baidu.com", "blog.example.com"), Campaign: pick("", "may", "autumn"),
					Landing: pick(cart.Landings...), Entry: pick("", "bottle", "saw"), Browser: pick(cart.Browsers...), Version: pick("1", "2"), Arm: pick("", "shown", "held")}
				met = append(met, cart.Friction{CartID: all[i].ID, Kind: cart.Shown, Detail: "cart", Amount: 1000, Days: 1 + rng.IntN(9), At: all[i].StartedAt},
					cart.Friction{CartID: all[i].ID, Kind: pick(cart.CouponRefused, cart.FormError, cart.StockLost, cart.SearchEmpty), At: all[i].ActiveAt})
			}
			if err := cart.ArriveMany(ctx, tx, arrivals); err != nil {
				return err
			}
			return cart.MeetMany(ctx, tx, met)
		}))
	}
}

// loyals writes customers with a tier, so that the report has
// somebody to find behind carts.
func loyals(b *testing.B, d *db.DB, n int) []customer.ID {
	b.Helper()
	ids := make([]customer.ID, n)
	var people, tiers [][]any
	for i := range n {
		ids[i] = customer.ID(i + 1)
		mail := fmt.Sprintf("p%d@example.com", i)
		people = append(people, []any{i + 1, mail, mail, 1, 1})
		tiers = append(tiers, []any{i + 1, []string{"occasional", "loyal", "very-loyal"}[i%3], "occasional", 1, 1})
	}
	must(b, d.InTx(ctx, func(tx *db.Tx) error {
		if _, err := tx.Insert(ctx, "customers", []string{"id", "email", "email_key", "created_at", "updated_at"}, people, false); err != nil {
			return err
		}
		_, err := tx.Insert(ctx, "customer_tiers", []string{"customer_id", "tier", "earned", "since", "due_at"}, tiers, false)
		return err
	}))
	return ids
}

package analytics_test

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/cart"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/money"
)

// TestBothWaysOfAddingUpSayTheSame: where facts are added up row by row, the
// cells are those that the database would add up, in its order, over facts of
// every combination of flags.
func TestBothWaysOfAddingUpSayTheSame(t *testing.T) {
	d := dbtest.SQLite(t)
	if !db.GroupsBySorting(d) {
		t.Error("SQLite is thought to group without sorting")
	}
	goods(t, d)
	anyFacts(t, d, 600)
	ask := analytics.Question{From: "2025-11-01", To: "2026-11-30"}
	same := func(ask analytics.Question, a, b string) {
		t.Helper()
		grouped, err := analytics.Grouped(ctx, d, ask, a, b)
		must(t, err)
		added, err := analytics.Added(ctx, d, ask, a, b)
		must(t, err)
		if len(grouped) == 0 || !reflect.DeepEqual(grouped, added) {
			t.Errorf("%q × %q of %+v: %d cells of the database, %d added up here, or others", a, b, ask, len(grouped), len(added))
		}
	}
	for i, x := range analytics.Dimensions {
		same(ask, x.Key, "")
		y := analytics.Dimensions[(i*7+3)%len(analytics.Dimensions)]
		same(ask, x.Key, y.Key)
		same(ask, y.Key, x.Key)
	}
	same(ask, "", "")
	same(analytics.Question{From: ask.From, To: ask.To, Filters: []analytics.Filter{{Key: "step", Value: "3"}, {Key: "brand", Value: ""}}}, "tier", "hour")
	none, err := analytics.Cross(ctx, d, analytics.Question{From: "2020-01-01", To: "2020-01-02"}, "", "")
	must(t, err)
	if len(none) != 0 {
		t.Errorf("of no carts there are %d cells", len(none))
	}
}

// anyFacts writes facts with values of every kind, likely or not.
func anyFacts(t *testing.T, d *db.DB, n int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 1))
	start := time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC)
	pick := func(of ...string) string { return of[rng.IntN(len(of))] }
	bit := func() int { return rng.IntN(2) }
	var rows [][]any
	for i := range n {
		at := start.Add(time.Duration(i) * (390 * day / time.Duration(n)))
		rows = append(rows, analytics.FactRow(&analytics.Fact{CartID: int64(i + 1), Day: at.Format(time.DateOnly), Hour: rng.IntN(24), Weekday: int(at.Weekday()) + 1,
			Started: bit(), Checkout: bit(), Abandoned: bit(), Converted: bit(), Recovered: bit(), ByMail: bit(), ByLink: bit(), Lost: bit(), Reach: rng.IntN(6),
			StartedAt: db.At(at), LeftAt: db.At(at), Value: money.Amount(rng.IntN(90_000)), Net: money.Amount(rng.IntN(90_000)), Refunded: money.Amount(rng.IntN(900)), Items: rng.IntN(7),
			Band: pick("0", "25", "1000"), Lang: pick("en", "zh"), Currency: pick("USD", "CNY"), Device: pick("phone", "desktop", ""), Country: pick("US", "CN", ""), Buyer: pick("new", "guest"), Login: pick("account", "guest"),
			Department: pick("baby", "books"), ProductID: int64(rng.IntN(3)), Delivery: pick("", "standard"), Payment: pick("", "test"), Coupon: pick("none", "used"), Shortage: pick("none", "short"),
			Channel: pick(cart.Channels...), Referrer: pick("", "google.com", "百度"), Campaign: pick("", "may"), Landing: pick(cart.Landings...), Entry: pick("", "bottle"), Browser: pick(cart.Browsers...),
			Region: pick("", "US-CA"), Promise: pick("", "1", "10"), Version: pick("1", "2"), Arm: pick("", "held"), Followup: pick("", "treat"), Asked: pick("none", "late"), Cause: pick(analytics.Causes...), Rule: pick(analytics.CauseRules...)}))
	}
	must(t, d.InTx(ctx, func(tx *db.Tx) error {
		_, err := tx.Insert(ctx, "cart_facts", analytics.FactColumns(), rows, false)
		return err
	}))
}

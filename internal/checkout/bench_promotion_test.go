package checkout_test

import (
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/pricing"
)

// BenchmarkPlacePromotion is placing by eight shoppers at once without a
// promotion, with one for the whole shop that has no limit, and with one that
// has: the first two should cost alike, the last one makes them wait.
func BenchmarkPlacePromotion(b *testing.B) {
	for _, kind := range []struct {
		name string
		open func(testing.TB) *db.DB
	}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.Postgres}} {
		for name, p := range map[string]*pricing.Promotion{"none": nil, "unlimited": {Kind: pricing.Percent, Value: 1000},
			"limited": {Kind: pricing.Percent, Value: 1000, LimitAll: 1_000_000}} {
			b.Run(kind.name+"/"+name, func(b *testing.B) {
				s := openPlacing(b, kind.open(b), b.N)
				if p != nil {
					s.promote(*p, "")
				}
				b.ResetTimer()
				took := abreast(b, b.N, s.placeOne)
				b.ReportMetric(float64(b.N)/took.Seconds(), "orders/s")
			})
		}
	}
}

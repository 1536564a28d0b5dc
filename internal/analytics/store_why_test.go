package analytics_test

import (
	"testing"

	"regulars/internal/analytics"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
)

// What a reminder answers is decided by the function of the report: asked of
// one cart it says of every lost cart what the facts say.
func TestOneCartIsAskedAsTheReportAsksAll(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		bottle, _ := goods(t, d)
		live(t, d, hundred(bottle))
		now := midnight.Add(2 * day)
		must(t, analytics.Recount(ctx, d, "", "", values, now))
		lost := 0
		var all []analytics.Fact
		must(t, d.Query(ctx).Raw("SELECT * FROM cart_facts WHERE lost = 1 ORDER BY cart_id").Scan(&all).Error)
		for _, f := range all {
			lost++
			w, err := analytics.WhyLeft(ctx, d, f.CartID, now)
			must(t, err)
			if w.Cause != f.Cause || w.Rule != f.Rule || w.About != f.About {
				t.Errorf("cart %d was left over %s %s %q, in the report %s %s %q", f.CartID, w.Cause, w.Rule, w.About, f.Cause, f.Rule, f.About)
			}
			if f.Cause == "question" && f.Rule == "waiting" && w.Question == 0 {
				t.Errorf("cart %d waited for an answer to no question", f.CartID)
			}
		}
		if lost < 30 {
			t.Errorf("only %d lost carts", lost)
		}
	})
}

package segment_test

import (
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/segment"
	"regulars/internal/setting"
)

// A birthday begins at midnight on the shop's wall, and another zone moves
// people without a rule or a profile changing.
func TestDaysAreThoseOfTheShopsZone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		shop(t, d)
		zone := func(name string) {
			err := d.InTx(ctx, func(tx *db.Tx) error { return setting.Set(ctx, tx, "zone", name, now) })
			if err != nil {
				t.Fatal(err)
			}
		}
		zone("Asia/Shanghai")
		c := newClock(t, d, "grown: age >= 21", "early: joined before 2026-11-23", "days: bought-days >= 2 in last 30d")
		ann := c.signUp("ann", "2005-11-23")
		c.do("UPDATE customers SET created_at = ?", time.Date(2026, 11, 22, 15, 59, 59, 0, time.UTC).UnixMilli()) // a second before midnight there
		// One day by UTC, two days in Shanghai.
		buy(t, d, ann, 1, "placed", "paid", "2026-11-20", "2026-11-20")
		c.do("UPDATE orders SET placed_at = ? WHERE id = (SELECT min(id) FROM orders)", time.Date(2026, 11, 20, 23, 0, 0, 0, time.UTC).UnixMilli())
		c.do("INSERT INTO order_history (order_id, axis, from_state, to_state, actor, at) SELECT id, 'payment', 'pending', 'paid', 'test', 1 FROM orders")
		c.step(time.Second)
		counted := func(key, want string) {
			t.Helper()
			b, err := segment.Read(ctx, d)
			if err != nil {
				t.Fatal(err)
			}
			s, _ := b.Find(key)
			ids, err := b.Who(ctx, d, s, 0, c.now)
			if err != nil || (len(ids) == 1) != (want == "ann") {
				t.Errorf("at %s the statement finds %v in %s, want %q, %v", c.now, ids, key, want, err)
			}
		}
		if in := c.in(); in != "days ann, early ann" {
			t.Errorf("before midnight in Shanghai: %s", in)
		}
		counted("days", "ann")
		counted("early", "ann")
		counted("grown", "")
		c.step(time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC).Sub(c.now))
		if in := c.in(); in != "days ann, early ann, grown ann" {
			t.Errorf("at midnight in Shanghai: %s", in)
		}
		counted("grown", "ann")
		zone("America/New_York")
		c.step(time.Second)
		if in := c.in(); in != "early ann" {
			t.Errorf("in New York it is the day before, and all was bought in one: %s", in)
		}
		counted("days", "")
	})
}

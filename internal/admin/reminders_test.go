package admin

import (
	"context"
	"testing"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/cart"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/outreach"
	"regulars/internal/staff"
)

// Three carts get two reminders, the first of them comes back after the first,
// the second after the second; the third ends the mails with it.
func TestWhatEachReminderBrings(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		f.leftCarts(3, "phone", cart.SearchEmpty, "")
		var ids []int64
		f.must(d.Query(context.Background()).Raw("SELECT id FROM carts WHERE device = 'phone' ORDER BY id").Scan(&ids).Error)
		left := f.now.Add(-26 * time.Hour)
		var past []outreach.Past
		for i, id := range ids {
			p := outreach.Past{Cart: cart.ID(id), Rested: db.At(left), Step: 1, Email: "crowd@people.example", Lang: "en", At: left.Add(time.Hour)}
			past = append(past, p)
			if i == 0 {
				continue
			}
			if p.Step, p.At = 2, left.Add(3*time.Hour); i == 2 {
				p.Stopped = p.At.Add(time.Minute)
			}
			past = append(past, p)
		}
		f.tx(func(ctx context.Context, tx *db.Tx) error {
			if err := outreach.TellMany(ctx, tx, past); err != nil {
				return err
			}
			if err := cart.Step(ctx, tx, cart.ID(ids[0]), cart.StepSeen, 0, 1, "", left.Add(2*time.Hour)); err != nil {
				return err
			}
			return cart.Step(ctx, tx, cart.ID(ids[1]), cart.StepRestored, 0, 1, "", left.Add(4*time.Hour))
		})
		day := f.now.Format(time.DateOnly)
		steps, err := analytics.Reminders(context.Background(), d, "2026-01-01", day, true, f.Settings.Now())
		f.must(err)
		want := []analytics.Reminded{{Step: 1, Sent: 3, Returned: 1}, {Step: 2, Sent: 2, Returned: 1, Unsubscribed: 1}}
		if len(steps) != 2 || steps[0] != want[0] || steps[1] != want[1] {
			t.Errorf("reminders brought %+v, not %+v", steps, want)
		}
		if real, err := analytics.Reminders(context.Background(), d, "2026-01-01", day, false, f.Settings.Now()); err != nil || len(real) != 0 {
			t.Errorf("simulated reminders count as real: %+v, %v", real, err)
		}
		step := func(n, sent, returned, bought, stopped int) analytics.Reminded {
			return analytics.Reminded{Step: n, Sent: sent, Returned: returned, Bought: bought, Unsubscribed: stopped}
		}
		for _, c := range []struct {
			steps []analytics.Reminded
			keep  int
			too   bool
		}{
			{[]analytics.Reminded{step(1, 1000, 75, 20, 3), step(2, 900, 27, 5, 4), step(3, 500, 5, 0, 3)}, 2, true},
			{[]analytics.Reminded{step(1, 1000, 75, 20, 3), step(2, 100, 1, 0, 1)}, 0, false}, // too few to say
			{[]analytics.Reminded{step(1, 1000, 2, 0, 3)}, 0, true},
		} {
			if keep, too := analytics.Enough(c.steps); keep != c.keep || (too != nil) != c.too {
				t.Errorf("of %+v %d are enough", c.steps, keep)
			}
		}
		f.must(analytics.Recount(context.Background(), d, "", "", f.Settings.Now(), f.now))
		f.tx(func(ctx context.Context, tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE carts SET simulated = TRUE").Error
		})
		f.must(analytics.Recount(context.Background(), d, "", "", f.Settings.Now(), f.now))
		f.as(staff.Owner)
		f.want(f.get("/admin/abandonment?simulated=yes"), 200, "What each reminder brings", "Number 2")
		f.want(f.get("/admin/abandonment?simulated=yes&lang=zh"), 200, "每一封提醒带来什么")
	})
}

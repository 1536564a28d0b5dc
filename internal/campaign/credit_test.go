package campaign_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"regulars/internal/campaign"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
)

// What the sweep of each ten minutes says by and by is what saying it anew of
// all orders says: at once where something came in, within a day where an
// order of long ago became somebody's, or nobody's any more.
func TestCreditingByAndByIsCreditingAnew(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		exec := func(sql string, args ...any) {
			t.Helper()
			if err := d.InTx(ctx, func(tx *db.Tx) error { return tx.Query(ctx).Exec(sql, args...).Error }); err != nil {
				t.Fatal(err)
			}
		}
		said := func() (all []struct {
			OrderID, CampaignID, TouchedAt int64
			Touch                          string
		}) {
			t.Helper()
			if err := d.Query(ctx).Raw("SELECT order_id, campaign_id, touched_at, touch FROM campaign_orders ORDER BY order_id").Scan(&all).Error; err != nil {
				t.Fatal(err)
			}
			return all
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		for i := 1; i <= 4; i++ {
			exec("INSERT INTO customers (id, email, email_key, created_at, updated_at) VALUES (?, ?, ?, 1, 1)", i, fmt.Sprint(i, "@x.example"), fmt.Sprint(i, "@x.example"))
		}
		orders := 0
		buys := func(who any, at time.Time) {
			orders++
			exec(`INSERT INTO orders (id, number, place_key, access_hash, customer_id, email, lang, currency, subtotal, total, payment_state, placed_at, paid_at)
				VALUES (?, ?, ?, ?, ?, '', 'en', 'USD', 1000, 1000, 'paid', ?, 1)`, orders, fmt.Sprint("N", orders), fmt.Sprint("N", orders), fmt.Sprint("N", orders), who, db.At(at))
		}
		mails := func(c, who int, at time.Time) {
			key := fmt.Sprintf("campaign:%d:%d", c, who)
			exec("INSERT INTO campaign_people (campaign_id, customer_id, send_key, arm, assigned_at, due_at) VALUES (?, ?, ?, 'sent', ?, 0)", c, who, key, db.At(at))
			exec(`INSERT INTO sends (key, class, template, customer_id, email, lang, message_id, state, due_at, sent_at, created_at, updated_at)
				VALUES (?, 'marketing', 'campaign', ?, '', 'en', ?, 'sent', 1, ?, 1, 1)`, key, who, key, db.At(at))
		}
		begins := func(c int, at time.Time) {
			exec("INSERT INTO campaigns (id, token, name, state, subject, words, salt, credit_days, listed, started_at, created_at, updated_at) VALUES (?, ?, ?, 'running', '{}', '{}', 's', 40, TRUE, ?, 1, 1)", c, fmt.Sprint("t", c), fmt.Sprint("C", c), db.At(at))
		}
		now := start
		sweeps := func(after time.Duration, want int) {
			t.Helper()
			now = now.Add(after)
			must(campaign.CreditNew(ctx, d, now))
			if n := len(said()); n != want {
				t.Fatalf("after %v %d orders belong to a campaign, want %d: %v", now.Sub(start), n, want, said())
			}
		}
		sweeps(0, 0)
		begins(1, start)
		mails(1, 1, start)
		mails(1, 2, start)
		buys(1, start.Add(time.Hour))
		buys(nil, start.Add(time.Hour)) // a guest
		buys(3, start.Add(time.Hour))   // was not written to
		sweeps(2*time.Hour, 1)
		exec("UPDATE orders SET customer_id = 2 WHERE id = 2") // whose it turns out to be
		sweeps(10*time.Minute, 2)
		begins(2, now)
		exec("INSERT INTO events (at, kind, customer_id, detail) VALUES (?, 'slot.click', 1, 'campaign/shown/t2'), (?, 'slot.click', 4, 'campaign//t2')", db.At(now), db.At(now.Add(time.Minute)))
		buys(1, now.Add(2*time.Minute)) // of the second, whose link came last
		buys(4, now.Add(2*time.Minute))
		sweeps(10*time.Minute, 4)
		mails(2, 3, now)
		buys(3, now.Add(50*time.Hour))
		sweeps(51*time.Hour, 5) // a whole one
		whole := func() {
			t.Helper()
			by := said()
			exec("DELETE FROM campaign_orders")
			must(campaign.Credit(ctx, d))
			if anew := said(); !reflect.DeepEqual(by, anew) {
				t.Errorf("by and by\n%v\nanew\n%v", by, anew)
			}
		}
		whole()
		// Long ago by now: whoever placed the first order is gone.
		exec("UPDATE orders SET customer_id = NULL WHERE id = 1")
		buys(2, now.Add(time.Minute))
		sweeps(10*time.Minute, 6)
		sweeps(24*time.Hour, 5)
		whole()
		exec("INSERT INTO campaign_sums (campaign_id, people, sums, done, at) VALUES (1, 2, '{}', TRUE, 1)")
		exec("UPDATE campaign_people SET customer_id = NULL WHERE campaign_id = 1")
		sweeps(48*time.Hour, 5) // let its people go: its orders stay
		must(campaign.Credit(ctx, d))
		if len(said()) != 5 {
			t.Errorf("the orders are %v", said())
		}
	})
}

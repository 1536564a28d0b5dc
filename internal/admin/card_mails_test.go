package admin

import (
	"context"
	"testing"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/outreach"
	"regulars/internal/staff"
)

// Staff see of each message its topic, what it was worth, why it was not sent
// and when it is asked about again, and on the card how somebody wants to hear
// from the shop.
func TestWhyAMailWasNotSent(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Marketer)
		const parent = "parent@demo.example"
		f.tx(func(ctx context.Context, tx *db.Tx) error {
			k, err := customer.ByEmail(ctx, tx, parent)
			if err != nil {
				return err
			}
			for key, row := range map[string][]any{"a": {"occasions", "withheld", "topic-off", 340, f.now}, "b": {"recommendations", "deferred", "outranked", 1250, f.now}, "c": {"reminders", "withheld", "expired: cap-week", 0, f.now}} {
				err := tx.Query(ctx).Exec("INSERT INTO sends (key, class, template, topic, purpose, customer_id, email, lang, message_id, state, reason, worth, due_at, created_at, updated_at) VALUES (?, 'marketing', 'followup', ?, 'mail.offers', ?, ?, 'en', ?, ?, ?, ?, ?, ?, ?)",
					key, row[0], int64(k.ID), parent, key, row[1], row[2], row[3], db.At(f.now.Add(10*time.Minute)), db.At(f.now), db.At(f.now)).Error
				if err != nil {
					return err
				}
			}
			return outreach.Prefer(ctx, tx, parent, outreach.Preference{Off: []outreach.Topic{outreach.Occasions}, PerMonth: 1, Hour: 18, Avoid: []string{"qingming"}, Paused: f.now.AddDate(0, 1, 0)}, f.now)
		})
		f.want(f.get("/admin/messages"), 200, "worth about $3.40", "worth about $12.50", "They switched this kind of mail off", "Another message to them goes first", "It came too late to be of use (They got as much within 7 days as the shop sends)", "Yearly needs")
		f.want(f.get("/admin/messages?topic=occasions"), 200, "worth about $3.40", "!worth about $12.50")
		f.want(f.get("/admin/messages?reason=outranked"), 200, "worth about $12.50", "!worth about $3.40")
		f.want(f.get("/admin/messages?reason=expired&lang=zh"), 200, "已过时效 (7 天内的邮件已达上限)", "!$12.50")
		f.as(staff.Support)
		f.want(f.get(f.card(parent)), 200, "What they asked for", "not: Yearly needs", "at most 1 in 30 days", "at 18:00", "paused until", "never about: Qingming", "2 offers, reminders and cards were kept back", "/admin/messages?q=parent%40demo.example")
	})
}

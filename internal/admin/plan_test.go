package admin

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/setting"
	"regulars/internal/staff"
)

// Staff change when carts are followed up, see beforehand whom that would have
// reached, and are told why sooner is not better.
func TestThePlanOfTheFollowUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Marketer)
		f.want(f.get("/admin/messages"), 200, planPath)
		f.want(f.get(planPath), 200, `name="delay1" value="24"`, `name="delay2" value="72"`, `name="delay3" value=""`, `name="floor2" value="50"`, "None yet")
		if body := f.get(planPath).Body.String(); strings.Contains(body, "sooner than 24 hours") {
			t.Error("a warning without a cause")
		}
		plan := url.Values{"delay1": {"10"}, "floor1": {"0"}, "on1": {"1"}, "delay2": {"48.5"}, "floor2": {"20, 140 CNY"}, "coupon": {"1"}}
		for field, wrong := range map[string]string{"delay2": "10", "floor1": "a lot", "delay1": "0.5"} {
			typed := url.Values{}
			for k, v := range plan {
				typed[k] = v
			}
			typed.Set(field, wrong)
			f.want(f.post(planPath, typed), 422, `value="`+wrong+`"`, `aria-invalid="true"`, `value="20, 140 CNY"`)
		}
		f.want(f.post(planPath, url.Values{}), 422)

		rest(t, d, f.now)
		look := url.Values{"do": {"look"}, "on2": {"1"}}
		for k, v := range plan {
			look[k] = v
		}
		f.want(f.post(planPath, look), 200, "Nothing was saved", "sooner than 24 hours", `<strong>All</strong></th><td class="num">5</td><td class="num">5</td>`,
			`<strong>Would have got it</strong></th><td class="num">2</td><td class="num">1</td>`,
			"Nobody allowed this kind of mail</th><td class=\"num\">1</td>", "No address is known</th><td class=\"num\">1</td>", "Not left alone for so long (so far)</th><td class=\"num\">1</td>",
			"The cart is worth less than the step asks for</th><td class=\"num\">0</td><td class=\"num\">1</td>")
		if set, _ := setting.Read(context.Background(), d); set.Get("followup.delays") != "24h,72h" {
			t.Error("looking saved something")
		}
		f.want(f.post(planPath, plan), 303)
		set, err := setting.Read(context.Background(), d)
		if err != nil || set.Get("followup.delays") != "10h,2910m" || set.Get("followup.floors") != "0; 20, 140 CNY" || set.Get("followup.steps") != "on,off" || !set.FollowupCoupon() {
			t.Errorf("%v %v", set, err)
		}
		if said := strings.Join(f.audited("messages.plan"), ""); !strings.Contains(said, "24h,72h → 10h,2910m") {
			t.Errorf("%q", said)
		}
		f.want(f.get(planPath+"?lang=zh"), 200, "购物车跟进方案", `name="delay2" value="48.5"`, "早于 24 小时")
		f.as(staff.Support)
		if body := f.get(planPath + "?lang=en").Body.String(); strings.Contains(body, `value="save"`) {
			t.Error("support may save")
		}
		f.want(f.post(planPath, plan), 404)
	})
}

// rest leaves five carts: two that two steps would have reached, but for the
// worth of one; one of somebody who never said yes, one of nobody, one that was
// left only now.
func rest(t *testing.T, d *db.DB, now time.Time) {
	t.Helper()
	at := func(ago time.Duration) int64 { return now.Add(-ago).UnixMilli() }
	err := d.InTx(context.Background(), func(tx *db.Tx) error {
		for i, c := range []struct {
			email  string
			ok     bool
			ago    time.Duration
			amount int
		}{{"a@plan.example", true, 100 * time.Hour, 5000}, {"b@plan.example", true, 100 * time.Hour, 1000}, {"c@plan.example", false, 100 * time.Hour, 5000}, {"", false, 100 * time.Hour, 5000},
			{"d@plan.example", true, 2 * time.Hour, 5000}} {
			id := 900 + i
			g := tx.Query(context.Background())
			if err := g.Exec("INSERT INTO carts (id, token, currency, email, mail_ok, created_at, started_at, active_at) VALUES (?, ?, 'USD', ?, ?, ?, ?, ?)",
				id, "plan"+string(rune('a'+i)), c.email, c.ok, at(c.ago), at(c.ago), at(c.ago)).Error; err != nil {
				return err
			}
			if err := g.Exec("INSERT INTO cart_lines (cart_id, token, variant_id, qty, seen_price, added_at) VALUES (?, ?, (SELECT min(id) FROM variants), 1, ?, ?)", id, "planl"+string(rune('a'+i)), c.amount, at(c.ago)).Error; err != nil {
				return err
			}
			if err := g.Exec("INSERT INTO cart_steps (cart_id, kind, at) VALUES (?, 'add', ?)", id, at(c.ago)).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

package outreach_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/outreach"
	"regulars/internal/staff"
)

func TestTheReportComesOnceAWeekToWhoAsked(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		var ines, asker *staff.Staff
		s.tx(func(tx *db.Tx) (err error) {
			if ines, err = staff.Add(ctx, tx, "ines@shop.example", "Ines", staff.Marketer, "x", monday); err != nil {
				return err
			}
			asker, err = staff.Add(ctx, tx, "leaver@shop.example", "Leaver", staff.Marketer, "x", monday)
			return err
		})
		// Three carts were started in the week of 16 February, one of which was ordered.
		began := monday.AddDate(0, 0, -12)
		for i, email := range []string{"a@example.com", "b@example.com", "c@example.com"} {
			p := s.account(email, nil)
			c := s.leaves(p, began.Add(time.Duration(i)*hour))
			if i == 0 {
				s.orders(email, c, &p.Customer.ID, began.Add(2*hour))
				s.tx(func(tx *db.Tx) error { return tx.Query(ctx).Exec("UPDATE orders SET payment_state = 'paid'").Error })
			}
		}
		s.must(analytics.Rebuild(ctx, d, s.desk.Settings.Now(), monday))
		send := func(at time.Time) []*outreach.Letter {
			s.must(s.desk.SendReports(ctx, at))
			return s.mails()
		}
		s.desk.Demo = false
		if n := len(send(monday)); n != 0 {
			t.Fatalf("%d mails to people who did not ask", n)
		}
		s.tx(func(tx *db.Tx) error {
			_, err := outreach.SetReads(ctx, tx, ines.ID, true, "en", monday)
			if err == nil {
				_, err = outreach.SetReads(ctx, tx, asker.ID, true, "zh", monday)
			}
			if err == nil {
				err = staff.SetActive(ctx, tx, asker.ID, false, monday)
			}
			return err
		})
		if n := len(send(monday.Add(-4 * hour))); n != 0 {
			t.Fatalf("%d mails at six in the morning", n)
		}
		for _, at := range []time.Duration{0, hour, 26 * hour, 6 * 24 * hour} {
			if n := len(send(monday.Add(at))); n != 1 {
				t.Fatalf("%d mails after %s", n, at)
			}
		}
		m := s.mails()[0]
		r, err := analytics.Abandonment(ctx, d, "2026-02-16", "2026-02-22", false, s.desk.Settings.Now(), monday)
		s.must(err)
		for _, want := range []string{"2026-02-16 to 2026-02-22", r.Totals.Abandonment().Percent() + " (2 of 3)", "$50.00", "no group goes without mails yet", "https://shop.example/admin/abandonment?from=2026-02-16&to=2026-02-22&simulated=no", "switched it on"} {
			if !strings.Contains(m.Text, want) {
				t.Errorf("%q is not in the mail:\n%s", want, m.Text)
			}
		}
		if !strings.Contains(m.Header.Get("To"), "ines@shop.example") {
			t.Errorf("it went to %v", m.Header)
		}
		if n := len(send(monday.Add(7 * 24 * hour))); n != 2 {
			t.Errorf("%d mails in two weeks", n)
		}
		s.tx(func(tx *db.Tx) error {
			_, err := outreach.SetReads(ctx, tx, ines.ID, false, "en", monday)
			return err
		})
		if n := len(send(monday.Add(14 * 24 * hour))); n != 2 {
			t.Errorf("%d mails after it was switched off", n)
		}
	})
}

// What is left to the shop begins a test once there is something to learn,
// and goes down to a tenth once it was learned; a test that runs is not stopped.
func TestTheShopReviewsWhoGoesWithout(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		exec := func(sql string, args ...any) {
			s.tx(func(tx *db.Tx) error { return tx.Query(ctx).Exec(sql, args...).Error })
		}
		review := func(at time.Time) outreach.Run {
			s.must(s.desk.ReviewHoldout(ctx, at))
			run, err := outreach.LatestRun(ctx, d, false)
			s.must(err)
			return *run
		}
		if r := review(monday); r.Held != 0 || r.Why != "few" {
			t.Fatalf("a new shop holds back %+v", r)
		}
		exec(`INSERT INTO carts (id, token, currency, created_at, active_at, state) VALUES (99001, 't', 'USD', 1, 1, 'void')`)
		run, err := outreach.LatestRun(ctx, d, false)
		s.must(err)
		var drawn []outreach.Rested
		for i := range 900 {
			drawn = append(drawn, outreach.Rested{CartID: 99001, ActiveAt: db.At(time.UnixMilli(int64(i))), RunID: run.ID, Person: fmt.Sprint(i), Arm: outreach.Treated, AssignedAt: db.At(monday)})
		}
		s.tx(func(tx *db.Tx) error { return outreach.PutArms(ctx, tx, drawn) })
		exec("UPDATE followup_arms SET simulated = FALSE")
		half := review(monday.Add(24 * hour))
		if half.Held != 5000 || half.Why != "half" || half.Planned < 1366 {
			t.Fatalf("with 112 people a week %+v", half)
		}
		exec("DELETE FROM followup_arms")
		if r := review(monday.Add(48 * hour)); r.ID != half.ID {
			t.Errorf("a test that ran was stopped: %+v", r)
		}
		for arm, paid := range map[string]int{"treat": 600, "held": 400} {
			exec(`INSERT INTO followup_tests (run_id, arm, simulated, measure, people, with_any, raw_sum, raw_sq, raw_cross, capped_sum, capped_sq, capped_cross, before_sum, before_sq, counted_at)
				VALUES (?, ?, FALSE, 'returned', 4000, ?, ?, ?, 0, ?, ?, 0, 0, 0, 1)`, half.ID, arm, paid, paid, paid, paid, paid)
		}
		if r := review(monday.Add(72 * hour)); r.Held != 1000 || r.Why != "answered" || r.ID == half.ID {
			t.Errorf("once it is known: %+v", r)
		}
		s.set("followup.holdout", "0")
		if r := review(monday.Add(96 * hour)); r.Why != "answered" {
			t.Errorf("what is chosen was reviewed: %+v", r)
		}
	})
}

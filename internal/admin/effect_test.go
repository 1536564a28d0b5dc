package admin

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/outreach"
	"regulars/internal/staff"
)

// followedUp writes what a count of a run would have found: people and who
// paid on each side, and what they brought.
func (f *office) followedUp(run int, held int, people, paid [2]int, brought [2]float64) {
	f.tx(func(ctx context.Context, tx *db.Tx) error {
		err := tx.Query(ctx).Exec("INSERT INTO followup_runs (id, number, simulated, held, planned, salt, why, since) VALUES (?, ?, FALSE, ?, 0, 's', 'half', ?)", run, run, held, db.At(f.now.AddDate(0, 0, -80+run))).Error
		if err != nil {
			return err
		}
		for i, arm := range []string{"treat", "held"} {
			for measure, n := range map[string]int{"drawn": 0, "returned": paid[i], "yield": paid[i], "unsubscribed": 3, "complained": 0, "gave-back": 5} {
				sum := float64(n)
				if measure == "yield" {
					sum = brought[i]
				}
				err := tx.Query(ctx).Exec(`INSERT INTO followup_tests (run_id, arm, simulated, measure, people, with_any, raw_sum, raw_sq, raw_cross, capped_sum, capped_sq, capped_cross, before_sum, before_sq, counted_at)
					VALUES (?, ?, FALSE, ?, ?, ?, ?, ?, 0, ?, ?, 0, 0, 0, ?)`, run, arm, measure, people[i], n, sum, sum*sum/float64(max(n, 1)), sum, sum*sum/float64(max(n, 1)), db.At(f.now)).Error
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func TestWhatFollowUpCausesIsToldApartFromWhatIsCredited(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		f.as(staff.Marketer)
		const page = "/admin/experiments/followup?simulated=no"
		f.want(f.get(page), 200, "Not known: no group goes without mails yet", "Suggested: 0 %", "1,366 · nobody to count yet", "7,678", "37,503", "assumed: only 0 cases", "No cart has rested yet")
		f.want(f.get("/admin/experiments?simulated=no"), 200, "Reminders of carts", "Not known: no group goes without mails yet")
		f.want(f.get("/admin/abandonment?simulated=no"), 200, "Caused by mails", "Not known: no group goes without mails yet", "Credited to a click", "opens never count")
		f.followedUp(1, 5000, [2]int{4000, 4010}, [2]int{600, 400}, [2]float64{6_000_000, 4_000_000})
		f.want(f.get(page), 200, "5.0 points more people paid within 7 days", "95 of 100 such tests", "Brings more", "Net revenue within 30 days: $20,", "15.0%", "Is reminded", "suggested by the shop’s volume", "Suggested: ")
		f.want(f.get("/admin/abandonment?simulated=no"), 200, ">&#43;5.0 points<", "8,010 people since")
		f.followedUp(2, 5000, [2]int{4000, 4010}, [2]int{405, 400}, [2]float64{4_100_000, 4_000_000})
		f.want(f.get(page), 200, "No effect shown: the estimate is 0.1 points", "no effect shown; the estimate is $")
		f.want(f.get("/admin/abandonment?simulated=no"), 200, "No effect shown", "!&#43;0.1 points")
		f.followedUp(3, 1000, [2]int{4000, 600}, [2]int{405, 70}, [2]float64{4_100_000, 700_000})
		f.want(f.get(page), 200, "No verdict: the two sides do not have the sizes", "no verdict while the sides are uneven", "!points more people")
		f.want(f.get("/zh"+page), 404)
		f.want(f.as(staff.Support).get(page), 404)
		f.want(f.as(staff.Analyst).get(page), 200, `!name="share"`)
	})
}

func TestTheShareOfFollowUpIsChosenAndNoted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		f.as(staff.Marketer)
		const page = "/admin/experiments/followup?simulated=no"
		f.want(f.get(page), 200, `<option value="auto" selected>As suggested`)
		for _, wrong := range []string{"", "half", "51", "-1", "5.123"} {
			f.want(f.post(page, url.Values{"share": {wrong}}), 422, "Choose one of the shares")
		}
		f.want(f.post(page, url.Values{"share": {"20"}}), 303)
		f.want(f.post(page, url.Values{"share": {"20"}}), 303)
		f.want(f.get(page), 200, `<option value="20" selected>20 %`, "Now 20 % of people go without", "chosen by staff")
		f.want(f.post(page, url.Values{"share": {"0"}}), 303)
		if got := f.audited("experiment.followup"); len(got) != 2 || !strings.Contains(fmt.Sprint(got), "auto → 20") {
			t.Errorf("noted %v", got)
		}
		runs, err := outreach.Runs(context.Background(), d, false)
		if err != nil || len(runs) != 2 || runs[0].Held != 0 || runs[1].Held != 2000 {
			t.Errorf("runs %+v, %v", runs, err)
		}
	})
}

func TestTheReportIsMailedToWhoSwitchesItOn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		f.as(staff.Marketer)
		f.want(f.get("/admin/abandonment"), 200, "Mail me each week")
		f.want(f.post("/admin/abandonment/mail", url.Values{"on": {"yes"}}), 303)
		f.want(f.get("/admin/abandonment"), 200, "You get this report by mail each Monday", "Stop the weekly mail")
		f.want(f.post("/admin/abandonment/mail", url.Values{"on": {"yes"}}), 303)
		f.want(f.post("/admin/abandonment/mail", url.Values{"on": {"no"}}), 303)
		f.want(f.get("/admin/abandonment"), 200, "Mail me each week")
		if got := f.audited("abandonment.mail"); len(got) != 2 {
			t.Errorf("noted %v", got)
		}
		f.want(f.as(staff.Analyst).get("/admin/abandonment"), 200, "!Mail me each week")
	})
}

// A step that left its band needs somebody, on the first page; a week of few
// carts does not.
func TestAStepOutOfItsBandNeedsYou(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		f.as(staff.Marketer)
		f.Demo = false
		week := func(back, carts, ordered int) {
			f.tx(func(ctx context.Context, tx *db.Tx) error {
				for i := range carts {
					reach := 1
					if i < ordered {
						reach = 5
					}
					day := f.now.AddDate(0, 0, -7-back).Format("2006-01-02")
					if err := tx.Query(ctx).Exec(`INSERT INTO cart_facts (cart_id, day, hour, weekday, simulated, excluded, definition, started, checkout, abandoned, converted, recovered, by_mail, by_link, lost, reach,
						started_at, checkout_at, contact_at, delivery_at, payment_at, converted_at, left_at, value, net, refunded, items, band, lang, currency, device, country, buyer, login,
						department, product_id, delivery, payment, coupon, shortage, asked, waited, cause, rule, about, amount)
						SELECT max(x.id) + 1, ?, 1, 1, FALSE, '', 0, 1, 1, 0, ?, 0, 0, 0, 0, ?, 1, 1, 1, 1, 1, 1, 1, 100, 0, 0, 1, '', '', '', '', '', '', '', '', 0, '', '', '', '', '', 0, '', '', '', 0
						FROM (SELECT 0 AS id UNION ALL SELECT cart_id FROM cart_facts) x`, day, reach/5, reach).Error; err != nil {
						return err
					}
				}
				return nil
			})
		}
		week(10, 200, 100)
		week(2, 60, 0)
		f.want(f.get("/admin"), 200, "!usual range")
		week(3, 60, 0)
		f.want(f.get("/admin"), 200, "left its usual range", "/admin/abandonment")
	})
}

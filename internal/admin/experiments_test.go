package admin

import (
	"context"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/slot"
	"regulars/internal/staff"
)

// tested writes what a count of that place would have found: each side's people
// and buyers, and what they brought.
func (f *office) tested(key slot.Key, page string, people, buyers [2]int, brought [2]float64) {
	for i, arm := range []slot.Arm{slot.Shown, slot.Without} {
		each := brought[i] / float64(buyers[i])
		f.tx(func(ctx context.Context, tx *db.Tx) error {
			if err := tx.Query(ctx).Exec(`INSERT INTO slot_tests (slot, page, arm, simulated, measure, people, buyers, clickers, yield_sum, capped_sum, capped_sq, before_sum, before_sq, both_sum, clicks_sum, clicks_sq, since, counted_at)
				VALUES (?, ?, ?, FALSE, 'margin', ?, ?, ?, ?, ?, ?, 0, 0, 0, ?, ?, ?, ?)`, string(key), page, string(arm), people[i], buyers[i], buyers[i], brought[i], brought[i], each*each*float64(buyers[i]),
				float64(buyers[i]), float64(buyers[i]), db.At(f.now.AddDate(0, 0, -60)), db.At(f.now)).Error; err != nil {
				return err
			}
			return tx.Query(ctx).Exec(`INSERT INTO slot_days (day, slot, page, arm, simulated, shown, clicks, adds, orders, units, revenue, margin, costed, currency, counted_at)
				VALUES (?, ?, ?, ?, FALSE, ?, ?, 40, 30, 35, 90000, 31000, 90000, 'USD', ?)`, f.now.AddDate(0, 0, -3).Format("2006-01-02"), string(key), page, string(arm), 2*people[i], buyers[i], db.At(f.now)).Error
		})
	}
}

func TestExperimentsLeadWithWhatPlacesBring(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		f.as(staff.Marketer)
		f.want(f.get("/admin/experiments"), 200, "Too early", "Product page: goes well with it", "5 %", "How it is counted", "!<svg viewBox=\"0 0 960")
		f.tested(slot.Complements, "", [2]int{9500, 500}, [2]int{3000, 100}, [2]float64{9_000_000, 200_000}) // 947 cents a person beside 400
		f.tested(slot.CartChain, "", [2]int{4750, 250}, [2]int{900, 60}, [2]float64{2_000_000, 100_000})
		f.tested(slot.Home, "", [2]int{8000, 2000}, [2]int{900, 300}, [2]float64{2_000_000, 500_000})
		f.tested(slot.Home, "student", [2]int{1900, 100}, [2]int{1700, 62}, [2]float64{2_000_000, 90_000})
		w := f.get("/admin/experiments")
		f.want(w, 200, "Brings more", "No effect shown", "Blocked: sides uneven", `<svg viewBox="0 0 960`, "between", "$620.00")
		if rows := strings.Split(w.Body.String(), "<tr"); len(rows) < 15 || !strings.Contains(w.Body.String(), "More clicks") {
			t.Errorf("%d rows: %s", len(rows), plain(w.Body.String()))
		}
		f.want(f.get("/admin/experiments/product.complements"), 200, "It brought $", "margin that would not have come", "what else stands on the same shelf", "Go without", "10,000 people")
		f.want(f.get("/admin/experiments/cart.chain"), 200, "No effect shown: the estimate is", "At this pace")
		f.want(f.get("/admin/experiments/home"), 200, "No verdict")
		f.want(f.get("/admin/experiments/home.best"), 200, "nobody goes without it", `!name="held"`)
		f.want(f.get("/admin/experiments/elsewhere"), 404)
		file := f.get("/admin/experiments/days.csv")
		f.want(file, 200, "day,slot,segment,arm,shown", "home,student,held", "product.complements,,shown,19000,3000,40,30,35,900.00,310.00,900.00,USD,no")
		if file.Header().Get("Content-Type") != "text/csv; charset=utf-8" {
			t.Error("the file is no table")
		}
		f.want(f.as(staff.Support).get("/admin/experiments"), 404)
	})
}

func TestAShareIsChangedOnceAndNoted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		f.as(staff.Marketer)
		post := func(held string) *httptest.ResponseRecorder {
			return f.post("/admin/experiments/product.complements", url.Values{"held": {held}})
		}
		for _, wrong := range []string{"", "half", "51", "-1", "5.123", "1e1"} {
			f.want(post(wrong), 422, "Write a share from 0 to 50 %", `value="`+wrong+`"`)
		}
		f.want(post(" 12,5 % "), 303)
		f.want(f.get("/admin/experiments/product.complements"), 200, `value="12.5"`)
		f.want(post("12.5"), 303) // the same again begins nothing anew
		if got := f.audited("experiment.held"); len(got) != 1 || got[0] != "product.complements: 5 % → 12.5 %" {
			t.Errorf("noted %v", got)
		}
		rules, err := slot.Read(context.Background(), d)
		if r := rules.Of(slot.Complements); err != nil || r.Held != 1250 || !r.Since.Equal(f.now) {
			t.Errorf("kept %+v, %v", r, err)
		}
		f.want(f.post("/admin/experiments/home.best", url.Values{"held": {"5"}}), 404)
		f.want(post("0"), 303)
		f.want(f.get("/admin/experiments"), 200, "Not tested")
		f.want(f.as(staff.Analyst).post("/admin/experiments/product.complements", url.Values{"held": {"9"}}), 404)
	})
}

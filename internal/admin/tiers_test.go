package admin

import (
	"net/url"
	"regexp"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/payment"
	"regulars/internal/staff"
)

func TestATierIsGivenWithAReasonAndEnded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const path = "/admin/customers/parent@demo.example"
		f := open(t, d).as(staff.Support)
		f.order(payment.OutcomePaid)
		k := f.order(payment.OutcomePaid)
		f.want(f.get(path), 200, "Loyal since", k.Number, "2 orders", "Give a tier")
		key := regexp.MustCompile(`name="key" value="([^"]+)"`).FindStringSubmatch(f.get(path).Body.String())[1]
		in := url.Values{"key": {key}, "tier": {"very-loyal"}, "reason": {"x"}, "until": {f.now.Format(time.DateOnly)}}
		f.want(f.post(path+"/tier", in), 422, "Say why, in 3 to 200 characters", `value="x"`)
		in.Set("reason", "two parcels were lost")
		in.Set("until", "2020-01-01")
		f.want(f.post(path+"/tier", in), 422, "Choose a last day after today", "two parcels were lost")
		in.Set("until", f.now.AddDate(0, 2, 0).Format(time.DateOnly))
		f.want(f.post(path+"/tier", in), 303)
		f.want(f.post(path+"/tier", in), 303)
		f.want(f.get(path), 200, "<strong>Very loyal</strong>", "two parcels were lost", "End it now")
		f.want(f.get(path+"?lang=zh"), 200, "老主顾")
		if said := f.audited("customer.tier"); len(said) == 0 {
			t.Error("nobody wrote down who gave it")
		}
		f.want(f.as(staff.Marketer).post(path+"/tier", in), 404)
		f.as(staff.Support)
		f.want(f.post(path+"/tier/"+key, url.Values{}), 303)
		f.want(f.get(path), 200, "<strong>Loyal</strong>", "over since")
	})
}

func TestPricesAndPromotionsForATier(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Marketer)
	w := f.post("/admin/promotions/new", promo("segment", "tier:loyal", "code", ""))
	f.want(w, 303)
	f.want(f.get(w.Header().Get("Location")), 200, "for Loyal and very loyal customers", `<option value="tier:loyal" selected>`)
	w = f.post("/admin/promotions/lists/new", url.Values{"name_en": {"For our best"}, "segment": {"tier:very-loyal"}, "currency": {"USD"}, "percent": {"5"}})
	f.want(w, 303)
	f.want(f.get(w.Header().Get("Location")), 200, "for Very loyal customers", `<option value="tier:very-loyal" selected>`)
}

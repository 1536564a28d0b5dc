package admin

import (
	"context"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/payment"
	"regulars/internal/staff"
	"regulars/internal/value"
)

func TestATierIsGivenWithAReasonAndEnded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Support)
		path := f.card("parent@demo.example")
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

// Whoever may see what people are worth sees the class, the cuts and, with as
// little history as this, no forecast but the mean of all; others see nothing.
func TestValuesAreForThoseWhoMaySeeThem(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Merchant)
		path := f.card("parent@demo.example")
		f.want(f.get("/admin/values"), 200, "Nothing was counted yet")
		f.order(payment.OutcomePaid)
		f.want(f.get(path), 200, "they have not bought, or not since the last count")
		f.must(value.Rebuild(context.Background(), d, f.Settings.Now(), f.now))
		f.want(f.get("/admin/values"), 200, "parent@demo.example", "too early to tell", "Too little history for a forecast", "5 up to 0", "1 people")
		f.want(f.get("/admin/values?class=N&tier=occasional&sort=forecast"), 200, "parent@demo.example")
		for _, list := range value.Lists {
			f.want(f.get("/admin/values?list="+list), 200, "Nobody is in this list")
		}
		f.want(f.get("/admin/values?lang=zh"), 200, "顾客价值", "尚难判断")
		f.want(f.get(path), 200, "Class N.", "RFM 5-", "Too little history")
		f.want(f.as(staff.Support).get("/admin/values"), 404)
		if body := f.get(path).Body.String(); strings.Contains(body, `id="value"`) {
			t.Error("support sees what somebody is worth")
		}
		f.as(staff.Merchant)
		f.tx(func(ctx context.Context, tx *db.Tx) error {
			k, err := customer.ByEmail(ctx, tx, "parent@demo.example")
			if err != nil {
				return err
			}
			return customer.SetConsent(ctx, tx, k.ID, customer.History, false, "test", f.now)
		})
		f.want(f.get(path), 200, "None is kept: they said no")
		f.want(f.get("/admin/values"), 200, "Nobody is in this list")
	})
}

package admin

import (
	"context"
	"encoding/csv"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/money"
	"regulars/internal/payment"
	"regulars/internal/pricing"
	"regulars/internal/staff"
)

func promo(change ...string) url.Values {
	in := url.Values{"name_en": {"Advent"}, "name_zh": {"节日优惠"}, "kind": {"percent"}, "value": {"12.5"}, "currency": {"USD"}, "min_subtotal": {"20"}, "category": {"baby"},
		"starts_on": {"2026-11-20"}, "ends_on": {"2026-12-24"}, "limit_all": {"100"}, "limit_person": {"1"}, "code": {"Advent-12"}}
	for i := 0; i < len(change); i += 2 {
		in.Set(change[i], change[i+1])
	}
	return in
}

func TestPromotionIsMadeChangedAndStopped(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Marketer)
		f.want(f.get("/admin/promotions"), 200, "No promotion yet")
		w := f.post("/admin/promotions/new", promo())
		f.want(w, 303)
		path := w.Header().Get("Location")
		f.want(f.get(path), 200, "12.5 % off", "from $20.00", "until 2026-12-24", "ADVENT12", `value="2026-11-20"`)
		f.want(f.get("/admin/promotions?lang=zh"), 200, "节日优惠", "减 12.5%")

		f.order(payment.OutcomePaid) // tried on what was ordered, and nothing is stored
		f.order(payment.OutcomePaid)
		var lines []money.Amount
		f.must(d.Query(context.Background()).Raw("SELECT unit_price * qty FROM order_lines").Scan(&lines).Error)
		var off money.Amount
		for _, a := range lines {
			off += money.BasisPoints(1250).Of(a)
		}
		f.want(f.post("/admin/promotions/new", promo("try", "1", "min_subtotal", "", "code", "")), 200, "Of 2 orders of the last 30 days 2 would have had it, for $"+off.Decimal("USD"), `value="Advent"`)
		f.want(f.post("/admin/promotions/new", promo("try", "1", "value", "200")), 422, "0.01 to 100")

		deals, err := pricing.Find(context.Background(), d, "2026-11-22", "advent 12", pricing.Buyer{})
		f.must(err)
		if len(deals.Promotions) != 1 || deals.Promotions[0].Value != 1250 || !deals.Promotions[0].NeedsCode || len(deals.Promotions[0].Categories) == 0 {
			t.Fatalf("the shop has %+v", deals)
		}
		version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(f.get(path).Body.String())[1]
		f.want(f.post(path, promo("version", version, "value", "20", "code", "", "needs_code", "1")), 303)
		f.want(f.post(path, promo("version", version, "value", "30", "code", "")), 409) // somebody else saved it since
		f.want(f.get(path+"?lang=en"), 200, "20 % off", "!30 % off")

		f.want(f.post(path+"/codes", url.Values{"codes": {"25"}}), 303)
		link := regexp.MustCompile(`[^"]+/codes\.csv\?batch=[^"]+`).FindString(f.get(path).Body.String())
		file := f.get(link)
		f.want(file, 200)
		rows, err := csv.NewReader(strings.NewReader(file.Body.String())).ReadAll()
		if err != nil || len(rows) != 26 || len(rows[1][0]) != 20 {
			t.Errorf("the file has %d lines, %v", len(rows), err)
		}
		f.want(f.post(path+"/codes", url.Values{"code": {"advent12"}}), 422, "exists already")
		f.want(f.post(path+"/codes", url.Values{"codes": {"10001"}}), 422)

		f.want(f.post(path+"/stop", nil), 303)
		f.want(f.get(path), 200, "Stopped", "!name=\"kind\"")
		if deals, err := pricing.Find(context.Background(), d, "2026-11-22", "advent 12", pricing.Buyer{}); err != nil || len(deals.Promotions) != 0 {
			t.Errorf("a stopped promotion still counts: %+v %v", deals, err)
		}
		if len(f.audited("promotion.save")) != 2 || len(f.audited("promotion.stop")) != 1 {
			t.Errorf("audit: %v %v", f.audited("promotion.save"), f.audited("promotion.stop"))
		}
	})
}

func TestPromotionFormRefusesInWords(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Merchant)
	for _, row := range [][3]string{{"value", "101", "0.01 to 100"}, {"value", "", "0.01 to 100"}, {"name_en", "", "Give it a name"}, {"kind", "gift", "Choose what"}, {"ends_on", "2026-11-19", "on or after"},
		{"starts_on", "22.11.2026", "Enter the day"}, {"category", "elsewhere", "Choose a category"}, {"products", "BB01, NONE", "code NONE"}, {"limit_all", "-1", "whole number"}, {"code", "a!", "3 to 40"},
		{"min_subtotal", "x", "price in USD"}} {
		f.want(f.post("/admin/promotions/new", promo(row[0], row[1])), 422, row[2], "2026-1")
	}
	f.want(f.get("/admin/promotions"), 200, "No promotion yet")
}

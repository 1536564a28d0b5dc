package admin

import (
	"context"
	"net/url"
	"regexp"
	"testing"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/staff"
)

func saleForm(change ...string) url.Values {
	in := url.Values{"name_en": {"Bottle days"}, "name_zh": {"奶瓶周"}, "kind": {"percent"}, "value": {"20"}, "category": {"baby"}, "ends_on": {"2026-12-24"}}
	for i := 0; i < len(change); i += 2 {
		in.Set(change[i], change[i+1])
	}
	return in
}

func TestSaleIsPreviewedMadeChangedAndStopped(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		f := open(t, d).as(staff.Marketer)
		costs := func(want int64) {
			t.Helper()
			var amount int64
			f.must(d.Query(ctx).Raw("SELECT amount FROM prices WHERE variant_id = ? AND currency = 'USD'", f.variants["BB01-L"]).Scan(&amount).Error)
			if amount != want {
				t.Errorf("the bottle costs %d, not %d", amount, want)
			}
		}
		var list int64
		f.must(d.Query(ctx).Raw("SELECT list_amount FROM prices WHERE variant_id = ? AND currency = 'USD'", f.variants["BB01-L"]).Scan(&list).Error)

		f.want(f.get("/admin/promotions"), 200, "No sale price yet")
		f.want(f.get("/admin/promotions/sales/new"), 200, "New sale price")
		f.want(f.post("/admin/promotions/sales/new", saleForm("preview", "1")), 200, "would change", "BB01-L", `value="Bottle days"`)
		costs(list)

		f.want(f.post("/admin/promotions/new", promo("code", "")), 303)
		w := f.post("/admin/promotions/sales/new", saleForm())
		f.want(w, 303)
		path := w.Header().Get("Location")
		costs(list - list/5)
		f.want(f.get(path), 200, "20 % less", "Running", "BB01-L", "may come on top of the sale price")
		f.want(f.get("/admin/promotions"), 200, "Bottle days", "Running", "Calendar", "“Advent” may come on top")
		f.want(f.get("/admin/promotions?lang=zh"), 200, "奶瓶周", "减 20%", "进行中")

		version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(f.get(path).Body.String())[1]
		f.want(f.post(path, saleForm("version", version, "category", "", "products", "BB01-L", "kind", "fixed", "value", "10.00", "currency", "USD")), 303)
		costs(1000)
		f.want(f.post(path, saleForm("version", version, "value", "30")), 409)
		f.want(f.get(path), 200, "$10.00 a piece", "BB01-L")

		f.want(f.post(path+"/stop", nil), 303)
		costs(list)
		f.want(f.get(path), 200, "Stopped", "!name=\"kind\"")
		if len(f.audited("sale.save")) != 2 || len(f.audited("sale.stop")) != 1 {
			t.Errorf("audit: %v %v", f.audited("sale.save"), f.audited("sale.stop"))
		}
	})
}

func TestSaleFormRefusesInWords(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Merchant)
	for _, row := range [][3]string{{"value", "100", "0.01 to 99.99"}, {"name_en", "", "Give it a name"}, {"kind", "gift", "Choose what"}, {"ends_on", "24.12.2026", "Enter the day"},
		{"category", "elsewhere", "Choose a category"}, {"products", "BB01, NONE", "code NONE"}, {"priority", "-1", "whole number"}} {
		f.want(f.post("/admin/promotions/sales/new", saleForm("name_zh", "", row[0], row[1])), 422, row[2], "2026")
		f.want(f.post("/admin/promotions/sales/new", saleForm("name_zh", "", "preview", "1", row[0], row[1])), 422, row[2])
	}
	if all, err := catalog.Sales(context.Background(), f.DB); err != nil || len(all) != 0 {
		t.Errorf("%v %v", all, err)
	}
	f.as(staff.Support).want(f.get("/admin/promotions"), 404)
}

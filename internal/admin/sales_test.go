package admin

import (
	"context"
	"net/url"
	"regexp"
	"testing"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/pricing"
	"regulars/internal/segment"
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
		f.want(f.as(staff.Merchant).get("/admin/products/BB01"), 200, "Bottle days: shoppers pay")
		f.as(staff.Marketer)
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

func TestPriceListIsMadeChangedAndStopped(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		f := open(t, d).as(staff.Marketer)
		groups, err := segment.List(ctx, d)
		f.must(err)
		if len(groups) == 0 {
			f.tx(func(ctx context.Context, tx *db.Tx) error {
				return segment.Put(ctx, tx, segment.Segment{Key: "student", Name: i18n.Text{En: "Students", Zh: "学生"}, Title: i18n.Text{En: "T", Zh: "T"}, Why: i18n.Text{En: "W", Zh: "W"}})
			})
		}
		form := func(change ...string) url.Values {
			in := url.Values{"name_en": {"Student price"}, "name_zh": {"学生价"}, "segment": {"student"}, "currency": {"USD"}, "percent": {"10"}, "entries": {"BB01-L 9.90\n"}}
			for i := 0; i < len(change); i += 2 {
				in.Set(change[i], change[i+1])
			}
			return in
		}
		f.want(f.get("/admin/promotions/lists/new"), 200, "New price list")
		for _, row := range [][3]string{{"segment", "", "Choose for whom"}, {"entries", "NONE 1.00", "no SKU NONE"}, {"entries", "BB01-L", "A SKU and a price"}, {"entries", "BB01-L 0", "above 0"}, {"percent", "100", "0.01 to 99.99"}, {"name_en", "", "Give it a name"}} {
			want := row[2]
			if want == "A SKU and a price" {
				want = "the line of BB01-L is not so"
			}
			f.want(f.post("/admin/promotions/lists/new", form("name_zh", "", row[0], row[1])), 422, want)
		}
		w := f.post("/admin/promotions/lists/new", form())
		f.want(w, 303)
		path := w.Header().Get("Location")
		f.want(f.get(path), 200, "BB01-L 9.90", "for student", "10 % less", "1 price")
		f.want(f.get("/admin/promotions?lang=zh"), 200, "学生价", "群体价")
		version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(f.get(path).Body.String())[1]
		f.want(f.post(path, form("version", version, "entries", "BB01-L 8.00")), 303)
		f.want(f.post(path, form("version", version)), 409)
		lists, err := pricing.ListsFor(ctx, d, f.variants["BB01-L"], f.variants["BB01-S"])
		f.must(err)
		if len(lists) != 1 || lists[0].Entries[f.variants["BB01-L"]] != 800 || len(lists[0].Entries) != 1 {
			t.Errorf("%+v", lists)
		}
		f.want(f.post(path+"/stop", nil), 303)
		f.want(f.get(path), 200, "Stopped", "!name=\"percent\"")
		if lists, err := pricing.ListsFor(ctx, d, f.variants["BB01-L"]); err != nil || len(lists) != 0 {
			t.Errorf("a stopped list still counts: %+v %v", lists, err)
		}
	})
}

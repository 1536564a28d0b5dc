package admin

import (
	"context"
	"net/url"
	"testing"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/staff"
)

func TestFactsAndRelationsAreEdited(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Merchant)
		f.tx(func(ctx context.Context, tx *db.Tx) error {
			_, _, _, err := catalog.Put(ctx, tx, catalog.Draft{Product: catalog.Product{Code: "CAP", Name: i18n.Text{En: "Cap", Zh: "瓶盖"}, Published: true},
				Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: "CAP-1", Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: 300}}}}}, f.now)
			return err
		})
		path := "/admin/products/BB01/facts"
		form := func(pairs ...string) url.Values {
			k, err := catalog.AsDraft(t.Context(), d, "BB01")
			f.must(err)
			in := url.Values{}
			for name, value := range factInputs(k) {
				in.Set(name, value)
			}
			for i := 0; i < len(pairs); i += 2 {
				in.Set(pairs[i], pairs[i+1])
			}
			return in
		}
		f.want(f.get(path), 200, "Facts", "Key of the value")
		stale := form()
		k, err := catalog.AsDraft(t.Context(), d, "BB01")
		f.must(err)
		row := "fact" + number(len(k.Facts)) + "_"
		next := "fact" + number(len(k.Facts)+1) + "_"
		f.want(f.post(path, form(row+"name_en", "Holds", row+"name_zh", "容量", row+"value_en", "240 ml", row+"facet", "1")), 303)
		f.want(f.get(path), 200, `value="Holds"`, `value="holds"`, `value="240-ml"`)
		f.want(f.post(path, stale), 409, "Somebody else changed this product")
		f.want(f.post(path, form(next+"name_en", "Holds", next+"value_en", "240 ml")), 422, "says the same as one above it", `value="240 ml"`)
		f.want(f.post(path, form(next+"name_zh", "材质")), 422, "needs a name and a value", "材质")
		f.want(f.get("/admin/products/BB01/versions"), 200, "Fact Holds")
		f.want(f.post(path, form(row+"name_en", "", row+"name_zh", "", row+"value_en", "")), 303)
		f.want(f.get(path), 200, `!value="240 ml"`)

		path = "/admin/products/BB01/relations"
		f.want(f.get(path), 200, "What goes with it")
		f.want(f.post(path, url.Values{"kind": {"fits"}, "to": {"CAP-1"}}), 422, "Write the reason", `value="CAP-1"`)
		f.want(f.post(path, url.Values{"kind": {"fits"}, "to": {"NOPE"}, "reason_en": {"Closes it"}}), 422, "No product has the code or SKU NOPE", "Closes it")
		f.want(f.post(path, url.Values{"kind": {"fits"}, "to": {"BB01"}, "reason_en": {"Itself"}}), 422, "cannot lead to itself")
		f.want(f.post(path, url.Values{"kind": {"fits"}, "to": {"CAP-1"}, "reason_en": {"Closes it"}, "reason_zh": {"盖得严"}}), 303)
		f.want(f.get(path+"?kind=fits&to=CAP"), 200, "Closes it", "盖得严", `name="reason_en" value="Closes it"`)
		f.want(f.post(path, url.Values{"do": {"drop"}, "kind": {"fits"}, "to": {"CAP"}}), 303)
		f.want(f.get(path), 200, "!Closes it")
		f.want(f.as(staff.Analyst).post(path, url.Values{"kind": {"fits"}, "to": {"CAP"}, "reason_en": {"x"}}), 404)
	})
}

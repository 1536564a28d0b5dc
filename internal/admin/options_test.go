package admin

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/staff"
)

func TestOptionsMakeVariantsAndASheetPricesThem(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Merchant)
		path := "/admin/products/BB01/options"
		form := func(pairs ...string) url.Values {
			k, err := catalog.AsDraft(t.Context(), d, "BB01")
			f.must(err)
			in := url.Values{"all": {"1"}}
			for name, value := range optionInputs(k) {
				in.Set(name, value)
			}
			for i := 0; i < len(pairs); i += 2 {
				in.Set(pairs[i], pairs[i+1])
			}
			return in
		}
		f.want(f.get(path), 200, "BB01-S", "Make all combinations")
		f.want(f.get(path+"?lang=zh"), 200, "生成全部组合")
		old := form()
		f.want(f.post(path, form("option3_en", "Lid", "option3_zh", "盖子", "option3_choices", "Cork | 软木\nSteel | 钢")), 303)
		f.want(f.post(path, old), 409, "Somebody else changed this product")
		f.want(f.get(path), 200, "Cork", "Steel", "steel")
		f.want(f.get("/admin/products/BB01"), 200, `name="stock:BB01-S" inputmode="numeric" value="`)
		f.want(f.post(path, form("option3_choices", "Cork | 软木\nCork | 软木")), 422, "盖子", "Cork | 软木")

		f.want(f.post(path, form("do", "sheet", "sheet", "BB01-S\t21.50\t7\nNOPE\tx\t\n")), 422, "Line 2", "NOPE", "21.50")
		f.want(f.post(path, form("do", "sheet", "sheet", "BB01-S;21.50;\r\nBB01-S\t\t7\r\n")), 303)
		f.want(f.get("/admin/products/BB01"), 200, `name="price:BB01-S" inputmode="decimal" value="21.50"`, `name="stock:BB01-S" inputmode="numeric" value="7"`)
		// What is sold no more stands in no way of the editor.
		f.want(f.post(path, form("option3_en", "", "option3_zh", "", "option3_choices", "")), 303)
		in := f.editor("name_en", "Bottle without a lid")
		k, err := catalog.AsDraft(t.Context(), d, "BB01")
		f.must(err)
		for _, v := range k.Variants {
			if !v.Active {
				in.Del("active:" + v.SKU)
				in.Del("stock:" + v.SKU)
				in.Del("seen:" + v.SKU)
			}
		}
		f.want(f.post("/admin/products/BB01", in), 303)
		f.want(f.as(staff.Analyst).post(path, form()), 404)
	})
}

// A renamed choice stays the same choice, one taken out ends its variants, one
// that comes back brings them back, and nothing is sold twice.
func TestOptionsAreRearranged(t *testing.T) {
	choice := func(code, name string) catalog.Choice { return catalog.Choice{Code: code, Name: i18n.Text{En: name}} }
	d := catalog.Draft{Product: catalog.Product{Code: "CUP"}, Options: []catalog.Option{{Code: "size", Name: i18n.Text{En: "Size"}, Choices: []catalog.Choice{choice("s", "Small"), choice("l", "Large")}}}}
	for _, size := range []string{"s", "l"} {
		d.Variants = append(d.Variants, catalog.DraftVariant{Variant: catalog.Variant{SKU: "CUP-" + size, Choices: map[string]string{"size": size}, Active: true},
			Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: 500, Was: 900}}})
	}
	type step struct{ size, colour, want string }
	for _, s := range []step{
		{"Small\nHuge", "", "CUP-s:s CUP-l:l"},
		{"Small", "", "CUP-s:s"},
		{"Small\nLarge\nMini", "", "CUP-s:s CUP-large:large CUP-mini:mini"},
		{"Small", "", "CUP-s:s"},
		{"Small\nMini", "", "CUP-s:s CUP-mini:mini"},
		{"Small\nMini", "Sand\nSage", "CUP-s:s/sand CUP-mini:mini/sand CUP-s-sage:s/sage CUP-mini-sage:mini/sage"},
		{"", "", "CUP-s:"},
	} {
		in := optionInputs(d)
		in["option1_choices"], in["option2_choices"], in["option2_en"] = s.size, s.colour, ""
		if s.size == "" {
			in["option1_en"] = ""
		}
		if s.colour != "" {
			in["option2_en"] = "Colour"
		}
		d2, _ := rearranged(d, typed(t, in, d.Options), true)
		var got []string
		for _, v := range d2.Variants {
			if !v.Active {
				continue
			}
			var answers []string
			for _, o := range d2.Options {
				answers = append(answers, v.Choices[o.Code])
			}
			got = append(got, v.SKU+":"+strings.Join(answers, "/"))
			if v.Prices["USD"].Amount != 500 {
				t.Errorf("%s costs %v", v.SKU, v.Prices)
			}
		}
		if fmt.Sprint(strings.Join(got, " ")) != s.want {
			t.Errorf("after %q %q: %v, want %s", s.size, s.colour, got, s.want)
		}
		if s.colour == "" && s.size != "" {
			d = d2
		}
	}
}

func typed(t *testing.T, in inputs, before []catalog.Option) []catalog.Option {
	t.Helper()
	var form fault.Form
	out := typedOptions(&form, in, before)
	if err := form.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

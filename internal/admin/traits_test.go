package admin

import (
	"context"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/staff"
	"regulars/internal/trait"
)

func inference(change ...string) url.Values {
	in := url.Values{"name_en": {"Fine bottles"}, "name_zh": {"精品奶瓶"}, "goods_en": {"Bottles of this class"}, "who_en": {"people who choose fine bottles"},
		"expires_days": {"365"}, "what_0": {"bought:baby"}, "tier_0": {"good"}, "price_0": {"15"}, "least_0": {"2"}, "days_0": {"90"}, "what_2": {"hobby:films"}}
	for i := 0; i < len(change); i += 2 {
		in.Set(change[i], change[i+1])
	}
	return in
}

func TestInferenceIsMadeChangedAndSwitched(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Merchant)
		f.want(f.get("/admin/chains"), 200, "No inference yet", "Add an inference")
		f.want(f.get("/admin/chains/traits/new"), 200, "Bought: ", "Hobby: Films", "!Days: A new parent")
		w := f.post("/admin/chains/traits/new", inference())
		f.want(w, 303)
		path := w.Header().Get("Location")
		f.want(f.get(path), 200, "of the class “Good” or better", "listed from $15.00", "in 2 orders", "within 90 days", "does for fun: Films", "ends 365 days after", `value="bought:baby" selected`)
		f.want(f.get("/admin/chains?lang=zh"), 200, "精品奶瓶", "标价不低于")
		f.want(f.post("/admin/chains/traits/new", inference("what_0", "")), 422, "There is an inference of this name already")

		version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(f.get(path + "?lang=en").Body.String())[1]
		f.want(f.post(path, inference("version", version, "price_0", "18", "least_0", "1")), 303)
		f.want(f.post(path, inference("version", version, "price_0", "30")), 409) // somebody else saved it since
		f.want(f.get(path), 200, "listed from $18.00", "!$30.00")
		rules, err := trait.Read(context.Background(), d)
		f.must(err)
		if k := rules.Traits[0].Rule.Any; len(k) != 2 || k[0].Price != 1800 || k[0].Days != 90 || k[1].Is != "films" {
			t.Errorf("kept %+v", k)
		}
		for field, value := range map[string]string{"price_0": "-1", "least_0": "x", "days_0": "99999", "name_en": "", "who_en": "", "goods_en": "", "what_0": "bought:none", "what_2": "life:parent", "expires_days": "4000"} {
			f.want(f.post(path, inference("version", version, "name_zh", "保留的字", field, value)), 422, "error-summary", "保留的字")
		}

		// A link of the merchant's own, off, on, and away again.
		f.want(f.post(path+"/links", url.Values{"do": {"add"}, "category": {"baby"}}), 422, "Write the reason")
		f.want(f.post(path+"/links", url.Values{"do": {"add"}, "category": {"none"}, "reason_en": {"x"}}), 422, "Choose the shelf")
		f.want(f.post(path+"/links", url.Values{"do": {"add"}, "category": {"baby"}, "reason_en": {"For small hands"}}), 303)
		f.want(f.get(path), 200, "For small hands", "Shown", "Remove")
		f.want(f.post(path+"/links", url.Values{"do": {"off"}, "category": {"baby"}}), 303)
		f.want(f.get(path), 200, "Switched off")
		f.want(f.post(path+"/links", url.Values{"do": {"drop"}, "category": {"baby"}}), 303)
		f.want(f.get(path), 200, "Nothing is linked yet")

		f.want(f.get(path+"?product=bb01"), 200, "is taken for one of them", "Bottles of this class are bought by people who choose fine bottles")
		f.want(f.get(path+"?product=none"), 200, "There is no product of this code")
		f.want(f.post(path+"/switch", url.Values{"on": {""}}), 303)
		f.want(f.get(path+"?product=BB01"), 200, "The inference is off", "Switch on")
		if lines := f.audited("trait.switch"); len(lines) != 1 || !strings.Contains(lines[0], "Fine bottles: off") {
			t.Errorf("audit %q", lines)
		}
		f.as(staff.Analyst)
		f.want(f.get(path), 200, "Fine bottles", "!Switch on", "!Save inference")
		f.want(f.post(path+"/switch", url.Values{"on": {"1"}}), 404)
		f.want(f.get("/admin/chains/traits/none"), 404)
		f.want(f.as(staff.Support).get(path), 404)
	})
}

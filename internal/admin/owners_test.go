package admin

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/payment"
	"regulars/internal/staff"
)

// S71: staff see who has a thing as a subtraction, write a notice, start it once,
// see who was told and who has to be called.
func TestOwnersAreToldByStaff(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Merchant)
	k := f.order(payment.OutcomePaid)
	var code, sku string
	f.must(f.DB.Query(context.Background()).Raw("SELECT p.code FROM order_lines l JOIN products p ON p.id = l.product_id WHERE l.order_id = ?", int64(k.ID)).Scan(&code).Error)
	f.must(f.DB.Query(context.Background()).Raw("SELECT sku FROM order_lines WHERE order_id = ?", int64(k.ID)).Scan(&sku).Error)
	path := "/admin/products/" + code + "/owners"
	f.want(f.get("/admin/products/"+code), 200, path)
	f.want(f.get(path), 200, "Bought it, or say they have it", "Nothing yet. The buttons above", "did not allow news of upgrades")
	f.want(f.post(path, url.Values{"act": {"warranty"}, "months": {"long"}}), 422, "240 months at most", `value="long"`)
	f.want(f.post(path, url.Values{"act": {"warranty"}, "months": {"24"}}), 303)
	f.want(f.get(path), 200, `value="24"`)
	f.want(f.post(path, url.Values{"act": {"rule"}, "sku": {"NONE"}, "from": {code}}), 422, "This product has no such SKU", `value="NONE"`)
	f.want(f.post(path, url.Values{"act": {"rule"}, "sku": {sku}, "from": {code}}), 422, "a product is no upgrade of itself")
	f.want(f.post(path, url.Values{"act": {"rule"}, "sku": {sku}, "from": {code}, "version": {"6"}}), 303)
	f.want(f.get(path), 200, sku+": only for owners of", "version 6")
	f.want(f.post(path, url.Values{"act": {"unrule"}, "sku": {sku}, "from": {code}, "version": {"6"}}), 303)
	f.want(f.get(path), 200, "!"+sku+": only for owners of")

	f.want(f.get(path+"/new?kind=recall"), 200, "EU 2023/988", "your money back", "will be told", "Keep the draft first")
	in := url.Values{"kind": {"recall"}, "title_en": {"It gets hot"}, "title_zh": {"会发热"}, "body_en": {"It may burn you. 10 % off the next one."}, "body_zh": {"可能烫伤。"}, "steps_en": {"Stop using it."}, "from": {"soon"}}
	f.want(f.post(path+"/new", in), 422, "It gets hot", "Write a day such as")
	in.Del("from")
	w := f.post(path+"/new", in)
	f.want(w, 303)
	at := w.Header().Get("Location")
	seen := func() string {
		body := f.get(at).Body.String()
		_, rest, _ := strings.Cut(body, `name="seen" value="`)
		value, _, _ := strings.Cut(rest, `"`)
		return value
	}
	f.want(f.post(at+"/start", url.Values{"seen": {seen()}}), 422, "reads like an offer", "Write it in both languages", "at least two of the three", "It gets hot")
	in.Set("body_en", "It may burn you.")
	in.Set("steps_zh", "请停止使用。")
	in.Set("remedy:refund", "1")
	in.Set("remedy:repair", "1")
	f.want(f.post(at, in), 303)
	f.want(f.post(at+"/start", url.Values{"seen": {"1"}}), 303)
	f.want(f.get(at), 200, "Start telling them") // changed since it was seen: nothing started
	f.want(f.post(at+"/start", url.Values{"seen": {seen()}}), 303)
	f.want(f.get(at), 200, "Going out", "Waiting", "Stop it", "!Start telling them")
	f.want(f.post(at, in), 409)
	f.want(f.post(at+"/switch", url.Values{}), 303)
	f.want(f.get(at), 200, "Go on")
	f.tx(func(ctx context.Context, tx *db.Tx) error {
		return tx.Query(ctx).Exec("UPDATE notice_people SET state = 'withheld', reason = 'no-address'").Error
	})
	f.want(f.get(at+"?state=withheld"), 200, "no address is known", "I spoke to them", at+"/call.csv")
	f.proves(at + "/call.csv")
	f.want(f.get(at+"/call.csv"), 200, k.Number, "no address is known")
	var person string
	f.must(f.DB.Query(context.Background()).Raw("SELECT CAST(id AS TEXT) FROM notice_people").Scan(&person).Error)
	f.want(f.post(at+"/called", url.Values{"person": {person}}), 303)
	f.want(f.get(at), 200, "Spoken to")
	f.want(f.as(staff.Support).get(at), 404)
	f.want(f.as(staff.Marketer).get(at+"/call.csv"), 404)
	if lines := f.audited("notice.start"); len(lines) != 1 {
		t.Errorf("audit %q", lines)
	}
}

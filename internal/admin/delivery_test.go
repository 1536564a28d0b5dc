package admin

import (
	"context"
	"net/url"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/order"
	"regulars/internal/payment"
	"regulars/internal/staff"
)

func deliveryForm(change ...string) url.Values {
	in := url.Values{"code": {"post"}, "currency": {"USD"}, "name_en": {"Post"}, "name_zh": {"邮寄"}, "zone": {"de, US CA"}, "price": {"9.90"}, "bands": {"30 5.90\n60 0"},
		"days_min": {"2"}, "days_max": {"4"}, "cutoff": {"14"}, "tax_class": {"reduced"}, "position": {"3"}, "active": {"1"}}
	for i := 0; i < len(change); i += 2 {
		in.Set(change[i], change[i+1])
	}
	return in
}

func TestDeliveriesAreKeptByStaff(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		k := f.order(payment.OutcomePaid)
		f.as(staff.Merchant)
		f.want(f.get("/admin/delivery"), 200, "Standard", "$4.20", "Goes to all", "Add a delivery")
		f.want(f.get("/admin/delivery/new"), 200, "New delivery")
		f.want(f.post("/admin/delivery/new", deliveryForm()), 303)
		f.want(f.get("/admin/delivery"), 200, "Germany, United States CA", "$9.90 · from $30.00: $5.90 · from $60.00: $0.00", "2–4 days · same day before 14:00", "reduced")
		f.want(f.get("/admin/delivery?lang=zh"), 200, "邮寄", "14:00 前当天发出")
		f.get("/admin/delivery?lang=en")
		f.want(f.post("/admin/delivery/new", deliveryForm()), 422, "has a delivery of that code", `value="Post"`)
		for field, bad := range map[string]string{"zone": "DE, Atlantis", "bands": "30", "price": "cheap", "name_zh": "", "days_max": "1", "currency": "JPY"} {
			f.want(f.post("/admin/delivery/new", deliveryForm("code", "other", field, bad)), 422, `href="#`+field)
		}

		at := "/admin/delivery/USD/standard"
		f.want(f.get(at), 200, `value="4.20"`, `name="version" value="1"`)
		change := deliveryForm("version", "1", "zone", "CN", "name_en", "Boat", "active", "")
		f.want(f.post(at, change), 303)
		f.want(f.post(at, change), 409, "Somebody else changed")
		f.want(f.get("/admin/delivery"), 200, "Boat", "Off", "Goes to 2 of")
		f.want(f.get(at), 200, "Boat", "China")
		f.want(f.get("/admin/delivery/USD/none"), 404)
		f.want(f.post("/admin/delivery/USD/none", deliveryForm()), 404)
		if got := f.audited("delivery.save"); len(got) != 2 {
			t.Errorf("audit: %q", got)
		}

		// What was promised is held against what happened.
		f.want(f.get("/admin/delivery"), 200, "No order of the last 12 months")
		paid, err := order.ByID(context.Background(), d, k.ID)
		f.must(err)
		f.must(d.InTx(context.Background(), func(tx *db.Tx) error {
			if _, err := paid.Move(context.Background(), tx, order.DeliveryAxis, string(order.Shipped), "test", "", f.now); err != nil {
				return err
			}
			moved, err := paid.Move(context.Background(), tx, order.DeliveryAxis, string(order.Delivered), "test", "", k.DeliveryBy.Time)
			if err == nil && !moved {
				t.Error("the order does not move")
			}
			return err
		}))
		f.want(f.get("/admin/delivery"), 200, "Promise kept: 1 of 1", "standard", k.DeliveryBy.In(time.UTC).Format("2006-01"), "!simulated people")
		f.want(f.get("/admin/delivery?simulated=yes"), 200, "No order of the last 12 months", "simulated people")

		// The order in flight keeps what it was placed with.
		after, err := order.ByID(context.Background(), d, k.ID)
		if err != nil || after.DeliveryName.En != "Standard" || after.Delivery != k.Delivery || after.DeliveryBy != k.DeliveryBy {
			t.Errorf("the order is now %+v, %v", after, err)
		}
		f.as(staff.Support)
		f.want(f.get("/admin/delivery"), 200, "!Add a delivery")
		f.want(f.get(at), 200, "!Save delivery")
		f.want(f.post(at, change), 404)
		f.want(f.as(staff.Marketer).get("/admin/delivery"), 404)
	})
}

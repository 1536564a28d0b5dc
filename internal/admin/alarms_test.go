package admin

import (
	"context"
	"net/url"
	"strconv"
	"testing"

	"regulars/internal/db/dbtest"
	"regulars/internal/staff"
)

func TestAlarmsStandBeforeStaffUntilTheyAreSeen(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	a := &staff.Alarms{DB: f.DB, Log: f.Log}
	a.Sound(staff.AlarmCards, "203.0.113.0/24", f.now)
	a.Sound(staff.AlarmOrder, "7K3QZW9P", f.now)
	f.must(a.Flush(context.Background()))
	f.as(staff.Support)
	f.want(f.get("/admin"), 200, "2 alarms nobody has looked at")
	f.want(f.get("/admin/alarms"), 200, "Declined payments one after another", "203.0.113.0/24", `href="/admin/orders/7K3QZW9P"`, "New", "!Mark all")
	f.want(f.get("/admin/alarms?lang=zh"), 200, "连续被拒的付款")
	f.get("/admin/alarms?lang=en")
	f.as(staff.Merchant)
	f.want(f.get("/admin/alarms"), 200, "Mark all as seen")
	f.want(f.post("/admin/alarms", url.Values{"until": {"rubbish"}}), 303)
	f.want(f.get("/admin/alarms"), 200, "Mark all as seen")
	f.want(f.post("/admin/alarms", url.Values{"until": {strconv.FormatInt(f.now.UnixMilli(), 10)}}), 303)
	f.want(f.get("/admin"), 200, "!alarms nobody")
	f.want(f.get("/admin/alarms"), 200, "!Mark all", "203.0.113.0/24")
	if got := f.audited("alarms.see"); len(got) != 1 {
		t.Errorf("audit: %q", got)
	}
	f.want(f.as(staff.Marketer).get("/admin/alarms"), 404)
}

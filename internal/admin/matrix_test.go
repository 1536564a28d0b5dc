package admin

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/setting"
	"regulars/internal/staff"
)

// The matrix begins as the design decided; ticks are stored, noted, and for
// those who may write messages alone.
func TestTheContactMatrix(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const path = "/admin/messages/matrix"
		f := open(t, d).as(staff.Marketer)
		page := f.get(path).Body.String()
		for cell, on := range map[string]bool{"cards:very-loyal": true, "cards:loyal": false, "cards:occasional": false, "recommendations:very-loyal": true,
			"recommendations:loyal": true, "recommendations:occasional": false, "reminders:occasional": true, "tiers:occasional": true} {
			if strings.Contains(page, `name="`+cell+`" value="1" checked`) != on {
				t.Errorf("%s begins otherwise than %v", cell, on)
			}
		}
		f.want(f.get("/admin/messages"), 200, path)
		f.want(f.post(path, url.Values{"cards:very-loyal": {"1"}, "reminders:loyal": {"1"}}), 303)
		set, err := setting.Read(context.Background(), d)
		if err != nil || set.Get("contact.cards") != "very-loyal" || set.Get("contact.reminders") != "loyal" || set.Get("contact.recommendations") != "nobody" || len(set.ContactTiers("tiers")) != 0 {
			t.Errorf("%+v %v", set, err)
		}
		if said := f.audited("messages.matrix"); len(said) != 1 || !strings.Contains(strings.Join(said, ""), "recommendations: very-loyal, loyal → nobody") {
			t.Errorf("%q", said)
		}
		f.want(f.get(path+"?lang=zh"), 200, "联络矩阵", `name="reminders:loyal" value="1" checked`)
		f.as(staff.Support)
		f.want(f.get(path+"?lang=en"), 200, "disabled")
		f.want(f.post(path, url.Values{}), 404)
		f.want(f.as(staff.Analyst).get(path), 404)
	})
}

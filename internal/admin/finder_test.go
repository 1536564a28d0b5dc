package admin

import (
	"net/http"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/payment"
	"regulars/internal/staff"
)

// What has a name of its own opens at once; the rest is listed by room, and
// only the rooms of whoever asks.
func TestTheOneBoxFinds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Owner)
		k := f.order(payment.OutcomePaid)
		for q, to := range map[string]string{k.Number: "/admin/orders/" + k.Number, "%23" + k.Number: "/admin/orders/" + k.Number, "bb01": "/admin/products/BB01", "BB01-s": "/admin/products/BB01"} {
			w := f.get("/admin/find?q=" + q)
			if w.Code != http.StatusSeeOther || w.Header().Get("Location") != to {
				t.Errorf("%s leads to %d %s, want %s", q, w.Code, w.Header().Get("Location"), to)
			}
		}
		f.want(f.get("/admin/find?lang=en"), 200, "Keyboard shortcuts", "<kbd>g</kbd> <kbd>o</kbd>")
		f.want(f.get("/admin/find?q=pa"), 200, "Pat &lt;b&gt;Parent", "parent@demo.example", "!<b>Parent")
		f.want(f.get("/admin/find?q=bottle"), 200, "/admin/products/BB01")
		f.want(f.get("/admin/find?q=settings"), 200, `href="/admin/settings"`)
		f.want(f.get("/admin/find?q=%3Cq%3Ezz"), 200, "Nothing here matches “&lt;q&gt;zz”")

		f.as(staff.Analyst)
		f.want(f.get("/admin/find?q="+k.Number), 200, "Nothing here matches")
		f.want(f.get("/admin/find?q=parent"), 200, "!parent@demo.example", "!/admin/customers/")
		f.want(f.get("/admin/find?q=settings"), 200, "Nothing here matches")
		f.as(staff.Marketer)
		f.want(f.get("/admin/find?q=parent@demo.example"), 200, "p•••@demo.example", "/admin/customers/")
	})
}

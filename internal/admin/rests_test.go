package admin

import (
	"context"
	"net/url"
	"testing"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/roster"
	"regulars/internal/staff"
)

func TestStaffSeeWhoRestsAndKeepThem(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		ctx := context.Background()
		f.want(f.as(staff.Support).get("/admin/customers/rests"), 200, "No file rests")
		f.tx(func(ctx context.Context, tx *db.Tx) error {
			_, err := customer.Hear(ctx, tx, customer.News{Key: "k", Email: "parent@demo.example", Kind: customer.NewsHard, Code: "5.1.1", Source: customer.FromServer}, f.now)
			return err
		})
		_, err := roster.Tend(ctx, d, f.Settings.Now(), f.now)
		f.must(err)
		f.want(f.get("/admin/customers/rests"), 200, "No way to the person is left", "22 December 2026", "30 days until they go", "Keep the file")
		f.want(f.get("/admin/customers/rests?lang=zh"), 200, "已无任何联系方式", "保留档案")
		form := url.Values{"email": {"parent@demo.example"}, "act": {"keep"}, "reason": {" "}}
		f.want(f.post("/admin/customers/rests", form), 422, "Say why, in one line")
		form.Set("reason", "comes on Saturdays")
		f.want(f.post("/admin/customers/rests", form), 303)
		f.want(f.get("/admin/customers/rests?lang=en"), 200, "Kept: comes on Saturdays", "Let it go")
		form.Set("act", "let")
		f.want(f.post("/admin/customers/rests", form), 303)
		f.want(f.get("/admin/customers/rests"), 200, "22 December 2026")
		if got := f.audited("customer.keep"); len(got) != 2 {
			t.Errorf("the audit has %v", got)
		}
		f.want(f.as(staff.Marketer).get("/admin/customers/rests"), 200, "22 December 2026")
		f.want(f.post("/admin/customers/rests", form), 404)
	})
}

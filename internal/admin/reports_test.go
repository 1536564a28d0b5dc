package admin

import (
	"context"
	"testing"

	"regulars/internal/analytics"
	"regulars/internal/db/dbtest"
	"regulars/internal/payment"
	"regulars/internal/staff"
)

// One paid order stands in every report under its own name, and the file holds
// plain figures.
func TestSalesReports(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Analyst)
	f.want(f.get("/admin/reports?lang=en"), 200, "Nothing was sold in these days")
	k := f.order(payment.OutcomePaid)
	f.must(analytics.RefreshSales(context.Background(), f.DB, f.Settings.Now(), f.now))
	sum := (k.Subtotal - k.Discount).Decimal("USD")
	day := f.now.In(f.Settings.Now().Zone()).Format("2006-01-02")
	f.want(f.get("/admin/reports?by=product"), 200, "/admin/products/BB01", "$"+sum, "1 order\"", "!<script>alert")
	f.want(f.get("/admin/reports?by=category&per=week&sum=orders"), 200, "Whole span", "/c/")
	f.want(f.get("/admin/reports?by=segment&per=month"), 200, "!In no segment, or not known") // one order says too much of one person
	f.as(staff.Merchant)
	f.want(f.get("/admin/reports?by=segment&per=month"), 200, "In no segment, or not known")
	f.as(staff.Analyst)
	f.want(f.get("/admin/reports?by=promotion"), 200, "Nothing was sold in these days")
	f.want(f.get("/admin/reports?by=day"), 200, "/admin/orders?simulated=no&amp;since="+day+"&amp;until="+day)
	f.want(f.get("/admin/reports?from=nonsense"), 422, "nonsense")
	f.want(f.get("/admin/reports?by=%27%3BDROP&per=x&sum=y"), 200, "/admin/products/BB01")
	file := f.get("/admin/reports/sales.csv?by=product")
	f.want(file, 200, "Product,Revenue,Orders,Units,Margin,Taken off", ","+sum+",1,1,")
	f.as(staff.Marketer)
	f.want(f.get("/admin?lang=en"), 200, "Revenue in 7 days", "The last 8 weeks: $0.00", "Abandonment, last finished week", "!To send")
	f.as(staff.Support)
	f.want(f.get("/admin"), 200, "To send", "Orders flagged", "!Revenue in 7 days")
	f.want(f.get("/admin/reports"), 404)
	f.want(f.get("/admin/reports/sales.csv"), 404)
}

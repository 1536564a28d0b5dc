package admin

import (
	"context"
	"fmt"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/occasion"
	"regulars/internal/order"
	"regulars/internal/staff"
)

// Staff see what somebody would hear as of a day, with the person's own
// reasons: two years and leave make a mail, one year does not.
func TestPreviewOfYearlyNeeds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Marketer)
		ctx := context.Background()
		k, err := customer.ByEmail(ctx, d, "parent@demo.example")
		f.must(err)
		var sold struct{ Product, Variant int64 }
		f.must(d.Query(ctx).Raw("SELECT p.id AS product, v.id AS variant FROM products p JOIN variants v ON v.product_id = p.id WHERE p.category_id IS NOT NULL AND p.sensitive = FALSE ORDER BY v.id LIMIT 1").Scan(&sold).Error)
		f.tx(func(ctx context.Context, tx *db.Tx) error {
			if err := tx.Query(ctx).Exec("UPDATE products SET gift = TRUE WHERE id = ?", sold.Product).Error; err != nil {
				return err
			}
			for _, p := range []customer.Purpose{customer.Personalize, customer.History, customer.MailOccasions} {
				if err := customer.Say(ctx, tx, k.ID, customer.Saying{Purpose: p, Given: true, Source: "test", Method: customer.MethodDemo, Evidence: "test"}, f.now); err != nil {
					return err
				}
			}
			for _, day := range []string{"2025-05-05", "2026-05-04"} {
				at, _ := time.Parse(time.DateOnly, day)
				external := fmt.Sprint("may", day)
				o := order.Order{ExternalID: &external, CustomerID: &k.ID, Currency: "USD", Subtotal: 3000, Total: 3000, TaxIncluded: true, State: order.Completed, PaymentState: order.Paid,
					DeliveryState: order.Delivered, PlacedAt: db.At(at.Add(9 * time.Hour)), PaidAt: db.At(at), ClosedAt: db.At(at), Imported: true}
				if err := order.CreateImported(ctx, tx, []order.Order{o}, [][]order.Line{{{ProductID: catalog.ProductID(sold.Product), VariantID: catalog.VariantID(sold.Variant), SKU: "X", Qty: 1, UnitPrice: 3000, Total: 3000}}}); err != nil {
					return err
				}
			}
			return nil
		})
		f.must(occasion.Rebuild(ctx, d, time.UTC, f.now))
		f.want(f.get("/admin/messages"), 200, occasionsPath)
		f.want(f.get(occasionsPath+"?who=parent@demo.example&on=2027-04-20"), 200, "A mail goes in these days", "May 2025 and May 2026", "9 May 2027", "Mother’s Day")
		f.want(f.get(occasionsPath+"?who=parent@demo.example&on=2027-02-01"), 200, "Its days are still to come")
		f.want(f.get(occasionsPath+"?who=parent@demo.example&on=2026-04-20"), 200, "!A mail goes", "in one year only")
		f.want(f.get(occasionsPath+"?who="+k.Number+"&on=2027-04-20&lang=zh"), 200, "这几天会发邮件")
		f.want(f.get(occasionsPath+"?who=nobody@else.example&on=2027-04-20&lang=en"), 422, "Nobody has this e-mail or number")
		f.want(f.get(occasionsPath+"?who=parent@demo.example&on=99999"), 422, "Choose a day", `value="parent@demo.example"`)
		f.want(f.get(customerPath(k.Number)), 200, "Yearly needs", "May 2025 and May 2026")
		f.tx(func(ctx context.Context, tx *db.Tx) error {
			return customer.SetConsent(ctx, tx, k.ID, customer.MailOccasions, false, "test", f.now)
		})
		f.want(f.get(occasionsPath+"?who=parent@demo.example&on=2027-04-20"), 200, "No mail: reminders are not allowed")
		f.tx(func(ctx context.Context, tx *db.Tx) error {
			return customer.SetConsent(ctx, tx, k.ID, customer.History, false, "test", f.now)
		})
		f.want(f.get(occasionsPath+"?who=parent@demo.example&on=2027-04-20"), 200, "Nothing: no need of two years")
		f.want(f.as(staff.Analyst).get(occasionsPath), 404)
	})
}

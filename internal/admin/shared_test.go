package admin

import (
	"context"
	"fmt"
	"testing"
	"time"

	"regulars/internal/analytics"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/pricing"
	"regulars/internal/staff"
)

// Five people at one address, however it is written, stand out; three with one
// telephone do not, nor does an order that ended.
func TestPromotionsUsedByManyAtOnePlace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d)
		p := pricing.Promotion{Name: i18n.Text{En: "Late ten", Zh: "迟到九折"}, Kind: pricing.Percent, Value: 1000, NeedsCode: true, LimitPerson: 1}
		f.tx(func(ctx context.Context, tx *db.Tx) error {
			if err := pricing.Put(ctx, tx, &p, f.now); err != nil {
				return err
			}
			var rows [][]any
			for i := range 8 {
				o := &order.Order{Number: fmt.Sprintf("LATE%04d", i), PlaceKey: fmt.Sprint("late", i), Email: fmt.Sprintf("p%d@people.example", i), Lang: "en", Currency: "USD", Subtotal: 1000, Total: 900,
					TaxIncluded: true, Country: "US", City: "Portland", Postcode: "97201", Line1: []string{"7 Willow Street", "7 WILLOW  street."}[i%2]}
				if i >= 5 {
					o.Line1, o.Phone = fmt.Sprintf("%d Alder Road", i), []string{"+1 555 0100", "+15550100", "1 555-0100"}[i-5]
				}
				if _, err := order.Create(ctx, tx, o, nil, order.HashAccess, f.now.Add(-time.Duration(i)*time.Hour)); err != nil {
					return err
				}
				state, slot := "held", int64(o.ID)
				if i == 4 {
					state, slot = "released", 0
				}
				rows = append(rows, []any{int64(p.ID), int64(o.ID), fmt.Sprint("hash", i), slot, state, 100, "2026-01-01", db.At(f.now), p.Name})
			}
			_, err := tx.Insert(ctx, "redemptions", []string{"promotion_id", "order_id", "person", "slot", "state", "amount", "day", "at", "name"}, rows, false)
			return err
		})
		all, err := analytics.SharedUses(context.Background(), d, "", f.now.Add(time.Hour))
		f.must(err)
		if len(all) != 1 || all[0].People != 4 || len(all[0].Orders) != 4 || all[0].By != "address" || all[0].Amount != 400 {
			t.Errorf("shared: %+v", all)
		}
		f.as(staff.Owner)
		f.want(f.get("/admin/promotions/shared"), 200, "Late ten", "4 people, 4 orders", "Portland", "$4.00", "LATE0003", "!LATE0004")
		f.want(f.get("/admin/promotions/shared?promotion=none"), 200, "Nothing stands out")
		f.want(f.get("/admin/promotions/shared?lang=zh"), 200, "同一地点多人使用的优惠")
		f.want(f.get("/admin/promotions/"+p.Token), 200, "used by 4 people at 1 place")
		f.want(f.get("/admin/alarms"), 200, "used by 4 people at 1 place", sharedPath)
	})
}

package analytics_test

import (
	"reflect"
	"testing"

	"regulars/internal/analytics"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/slot"
)

// Two orders on two days: sums by hand, the same by day, all at once and after
// some of it came back.
func TestSalesAreCountedTheSameHoweverOften(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := openPlaces(t, d)
		at := midnight.Add(23*hour + 50*minute)
		s.buys(slot.Mark{}, 2, at)
		id := s.buys(slot.Mark{}, 1, at.Add(20*minute)) // after midnight
		now := at.Add(2 * hour)
		days := func(dim analytics.Dim) []analytics.SoldDay {
			all, err := analytics.SoldDays(ctx, d, dim, "2026-01-01", "2026-12-31", false)
			must(t, err)
			return all
		}
		must(t, analytics.RefreshSales(ctx, d, values, now))
		// A line of two bottles holds 100 of tax, a book none.
		want := []analytics.SoldDay{{Day: "2026-03-03", Sold: analytics.Sold{Orders: 1, Units: 3, Revenue: 1900 + 500, Margin: 1900 - 1200, Costed: 1900}},
			{Day: "2026-03-04", Sold: analytics.Sold{Orders: 1, Units: 2, Revenue: 900 + 500, Margin: 900 - 600, Costed: 900}}}
		if got := days(analytics.Whole); !reflect.DeepEqual(got, want) {
			t.Errorf("the days are %+v, want %+v", got, want)
		}
		goods := analytics.Fold(days(analytics.ByProduct))
		if len(goods) != 2 || goods[0].Key != "1" || goods[0].Sold != (analytics.Sold{Orders: 2, Units: 3, Revenue: 2800, Margin: 1000, Costed: 2800}) || goods[1].Units != 2 {
			t.Errorf("by product %+v", goods)
		}
		if by := analytics.Fold(days(analytics.BySegment)); len(by) != 1 || by[0].Revenue != 3800 {
			t.Errorf("by segment %+v", by)
		}
		before := days(analytics.ByProduct)
		must(t, analytics.RecountSales(ctx, d, "", "", values, now))
		if again := days(analytics.ByProduct); !reflect.DeepEqual(before, again) {
			t.Errorf("all at once %+v, by days %+v", again, before)
		}

		s.tx(func(tx *db.Tx) error {
			if err := tx.Query(ctx).Exec("UPDATE order_lines SET refunded_qty = qty WHERE order_id = ?", int64(id)).Error; err != nil {
				return err
			}
			return tx.Query(ctx).Exec("INSERT INTO refunds (order_id, key, amount, reason, actor, at) VALUES (?, 'r1', 1500, 'r', 'staff', ?)", int64(id), db.At(now.Add(hour))).Error
		})
		wrong, err := analytics.SalesAstray(ctx, d, values)
		must(t, err)
		if len(wrong) != 0 {
			t.Errorf("a refund after the count is held against it: %v", wrong)
		}
		must(t, analytics.RefreshSales(ctx, d, values, now.Add(2*hour)))
		if got := days(analytics.Whole); !reflect.DeepEqual(got, want[:1]) {
			t.Errorf("after the second order came back %+v", got)
		}
		if wrong, err := analytics.SalesAstray(ctx, d, values); err != nil || len(wrong) != 0 {
			t.Errorf("the doctor finds %v %v", wrong, err)
		}
		must(t, d.InTx(ctx, func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE sold_days SET units = units + 1 WHERE dim = 'all'").Error
		}))
		if wrong, err := analytics.SalesAstray(ctx, d, values); err != nil || len(wrong) == 0 {
			t.Errorf("a wrong day is not found: %v %v", wrong, err)
		}
	})
}

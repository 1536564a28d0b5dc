package order

import (
	"fmt"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
)

// Of an order only what was kept speaks for what people buy: not what was paid
// back or returned for money, but well what was returned for the same again.
func TestBasketsHoldWhatWasKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a, b := goods(t, d)
		two := b
		two.Qty, two.Total = 2, 2000
		var ids []ID
		for i := range 5 {
			o := blank(fmt.Sprint("key", i))
			in(t, d, func(tx *db.Tx) error {
				_, err := Create(ctx, tx, o, []Line{a, two}, HashAccess, now.Add(time.Duration(i)*time.Hour))
				if err != nil {
					return err
				}
				_, err = o.Walk(ctx, tx, []Step{{PaymentAxis, string(Paid), "payment", "", now.Add(time.Duration(i) * time.Hour)}})
				return err
			})
			ids = append(ids, o.ID)
		}
		sent := func(order ID, position, units int, outcome string) {
			t.Helper()
			in(t, d, func(tx *db.Tx) error {
				var line int64
				if err := tx.Query(ctx).Raw("SELECT id FROM order_lines WHERE order_id = ? AND position = ?", int64(order), position).Scan(&line).Error; err != nil {
					return err
				}
				r := &Return{Number: fmt.Sprint("R", line), Key: fmt.Sprint("return", line), Kind: KindReturn, State: Approved, Reason: "mind", Lines: []ReturnLine{{LineID: line, Qty: units}}}
				if _, err := (&Order{ID: order}).Begin(ctx, tx, r, map[int64]int{line: units}, "staff:1", now); err != nil {
					return err
				}
				if err := tx.Query(ctx).Exec("UPDATE return_lines SET good = qty WHERE return_id = ?", r.ID).Error; err != nil {
					return err
				}
				return tx.Query(ctx).Exec("UPDATE returns SET state = 'closed', outcome = ? WHERE id = ?", outcome, r.ID).Error
			})
		}
		sent(ids[1], 1, 1, EndRefund)
		sent(ids[2], 1, 1, EndReplacement)
		sent(ids[3], 2, 1, EndRefund) // one of two: the other is kept
		in(t, d, func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE orders SET payment_state = 'refunded' WHERE id = ?", int64(ids[4])).Error
		})
		var got []Basket
		for basket, err := range Baskets(ctx, d, time.Time{}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, basket)
		}
		if len(got) != 5 {
			t.Fatalf("%d baskets", len(got))
		}
		for i, want := range [][2]int{{2, 0}, {1, 1}, {2, 0}, {2, 0}, {0, 0}} {
			if len(got[i].Products) != want[0] || len(got[i].Back) != want[1] {
				t.Errorf("order %d: kept %v, came back %v", i, got[i].Products, got[i].Back)
			}
		}
		if got[1].Back[0] != a.ProductID || got[3].Products[1] != (Item{b.ProductID, 1}) || got[0].Customer >= 0 || got[0].Customer != got[1].Customer {
			t.Errorf("baskets %+v", got)
		}
		told, err := Told(ctx, d, 0, 100)
		if err != nil || len(told) < 5 || told[0].Order != ids[0] {
			t.Errorf("the history tells of %v, %v", told, err)
		}
	})
}

package order

import (
	"reflect"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
)

// TestAPromiseIsKeptByTheDay: what counts is the shop's calendar day, the day
// that was promised when the order was placed, and the first arrival.
func TestAPromiseIsKeptByTheDay(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Shanghai") // 9:00 here is 17:00 there
	if err != nil {
		t.Fatal(err)
	}
	const hour, day = time.Hour, 24 * time.Hour
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a, _ := goods(t, d)
		placed := func(key, way string, due time.Duration, simulated bool, moves ...any) {
			t.Helper()
			o := blank(key)
			o.DeliveryCode, o.DeliveryBy, o.Simulated = way, db.At(now.Add(due)), simulated
			in(t, d, func(tx *db.Tx) error {
				if _, err := Create(ctx, tx, o, []Line{a}, HashAccess, now); err != nil {
					return err
				}
				for i := 0; i < len(moves); i += 3 {
					if _, err := o.Move(ctx, tx, moves[i].(Axis), moves[i+1].(string), "test", "", now.Add(moves[i+2].(time.Duration))); err != nil {
						return err
					}
				}
				return nil
			})
		}
		arrived := func(after time.Duration) []any {
			return []any{PaymentAxis, "paid", time.Minute, DeliveryAxis, "shipped", hour, DeliveryAxis, "delivered", after}
		}
		placed("early", "post", 3*day, false, arrived(2*day)...)
		placed("late that evening", "post", 3*day, false, arrived(3*day+6*hour)...) // 23:00 there
		placed("after midnight", "post", 3*day, false, arrived(3*day+8*hour)...)    // 1:00 there
		placed("sent back later", "post", 3*day, false, append(arrived(2*day), DeliveryAxis, "returned", 9*day)...)
		placed("four days late", "express", day, false, arrived(5*day)...)
		placed("waits for money", "express", day, false)
		placed("never came", "express", day, false, PaymentAxis, "paid", time.Minute)
		placed("came back unopened", "express", day, false, PaymentAxis, "paid", time.Minute, DeliveryAxis, "shipped", hour, DeliveryAxis, "returned", 5*day)
		placed("still has time", "express", 20*day, false, PaymentAxis, "paid", time.Minute)
		placed("made up", "post", 3*day, true, arrived(2*day)...)
		months, ways, err := WordKept(ctx, d, false, now.Add(-day), now.Add(10*day), zone)
		if err != nil {
			t.Fatal(err)
		}
		if want := []Word{{"post", 4, 3, 1, 0}, {"express", 1, 0, 4, 1}}; !reflect.DeepEqual(ways, want) {
			t.Errorf("by way: %+v", ways)
		}
		if want := []Word{{"2026-11", 5, 3, 5, 1}}; !reflect.DeepEqual(months, want) {
			t.Errorf("by month: %+v", months)
		}
		if _, ways, err = WordKept(ctx, d, true, now.Add(-day), now.Add(10*day), zone); err != nil || len(ways) != 1 || ways[0].Kept != 1 {
			t.Errorf("of those made up: %+v, %v", ways, err)
		}
		if _, ways, err = WordKept(ctx, d, false, now.Add(day), now.Add(10*day), zone); err != nil || len(ways) != 0 {
			t.Errorf("of later orders: %+v, %v", ways, err)
		}
	})
}

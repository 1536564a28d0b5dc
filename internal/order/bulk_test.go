package order_test

import (
	"context"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/order"
)

func TestAStoryWithAnIllegalStepIsNotWritten(t *testing.T) {
	d, ctx := dbtest.SQLite(t), context.Background()
	at := db.At(time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC))
	placed := order.History{Axis: order.OrderAxis, ToState: "placed", Actor: "shopper", At: at}
	paid := order.History{Axis: order.PaymentAxis, FromState: "pending", ToState: "paid", Actor: "payment", At: at}
	for name, past := range map[string][]order.History{
		"no beginning":           {paid},
		"delivered, not shipped": {placed, paid, {Axis: order.DeliveryAxis, FromState: "unshipped", ToState: "delivered", At: at}},
		"a step from elsewhere":  {placed, {Axis: order.PaymentAxis, FromState: "failed", ToState: "paid", At: at}},
		"ends in another state":  {placed},
		"begins a second time":   {placed, paid, placed},
	} {
		o := order.Order{Number: "AAAA0001", PlaceKey: "k", AccessHash: "h", Email: "a@sim.example", Lang: "en", Currency: "USD",
			State: order.StatePlaced, PaymentState: order.Paid, DeliveryState: order.Unshipped, PlacedAt: at, PaidAt: at}
		err := d.InTx(ctx, func(tx *db.Tx) error {
			return order.CreateMany(ctx, tx, []order.Order{o}, [][]order.Line{nil}, [][]order.History{past})
		})
		if err == nil {
			t.Errorf("%s: was written", name)
		}
	}
	o := order.Order{Number: "AAAA0001", PlaceKey: "k", AccessHash: "h", Email: "a@sim.example", Lang: "en", Currency: "USD",
		State: order.StatePlaced, PaymentState: order.Paid, DeliveryState: order.Unshipped, PlacedAt: at, PaidAt: at}
	err := d.InTx(ctx, func(tx *db.Tx) error {
		return order.CreateMany(ctx, tx, []order.Order{o}, [][]order.Line{nil}, [][]order.History{{placed, paid}})
	})
	if err != nil {
		t.Errorf("a legal story: %v", err)
	}
}

package main

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/order"
	"regulars/internal/recommend"
	"regulars/internal/shoptest"
)

// Two processes follow one shop: a training, and the orders paid since, in
// whatever order their numbers were given.
func TestModelsFollowTheOrders(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		s := shoptest.New(t, d)
		sold := 0
		sell := func(codes ...string) {
			t.Helper()
			sold++
			s.Tx(func(ctx context.Context, tx *db.Tx) error { return sellNow(ctx, tx, s, sold, codes) })
		}
		for range 5 {
			sell("BB01", "BB03")
		}
		trained, err := train(ctx, d, s.Now)
		if err != nil || trained.Orders != 5 {
			t.Fatalf("trained on %d orders, %v", trained.Orders, err)
		}
		var one, two recommend.Engine
		first := &follower{engine: &one, log: slog.New(slog.DiscardHandler)}
		look := func(f *follower) *recommend.Model {
			t.Helper()
			if err := f.look(ctx, d); err != nil {
				t.Fatal(err)
			}
			return f.engine.Model()
		}
		together := func(m *recommend.Model, a, b string) int {
			n, _, _, _ := m.Pair(recommend.ProductID(s.Products[a]), recommend.ProductID(s.Products[b]))
			return n
		}
		if m := look(first); m.Orders() != 5 || together(m, "BB01", "BB03") != 5 {
			t.Fatalf("the training has %d orders", m.Orders())
		}
		before := one.Model()
		sell("BB01", "BB02")
		sell("TL01", "BB02")
		if m := look(first); m.Orders() != 7 || together(m, "BB01", "BB02") != 1 || together(m, "TL01", "BB02") != 1 {
			t.Errorf("after two orders more: %d orders", m.Orders())
		}
		if before.Orders() != 5 {
			t.Error("the model in use was changed under its readers")
		}
		if m := look(first); m.Orders() != 7 {
			t.Errorf("looked again, and an order was learned twice: %d", m.Orders())
		}
		second := &follower{engine: &two, log: slog.New(slog.DiscardHandler)}
		if m := look(second); m.Orders() != 7 || together(m, "TL01", "BB02") != 1 {
			t.Errorf("a process started later knows %d orders", m.Orders())
		}
		s.Pass(time.Hour)
		if _, err := train(ctx, d, s.Now); err != nil {
			t.Fatal(err)
		}
		sell("BB01", "BB05")
		if a, b := look(first), look(second); a.Orders() != 8 || b.Orders() != 8 || first.version != second.version {
			t.Errorf("after a new training %d and %d orders, versions %s and %s", a.Orders(), b.Orders(), first.version, second.version)
		}
	})
}

// An order cancelled after it was learned, and a line whose money went back, are
// unlearned, by the running process and by the next training alike.
func TestModelsForgetWhatComesBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		s := shoptest.New(t, d)
		for n := range 12 {
			s.Tx(func(ctx context.Context, tx *db.Tx) error {
				s.Pass(time.Second)
				return sellNow(ctx, tx, s, n+1, []string{"BB01", "BB03", "TL01"})
			})
		}
		if _, err := train(ctx, d, s.Now); err != nil {
			t.Fatal(err)
		}
		var engine recommend.Engine
		f := &follower{engine: &engine, log: slog.New(slog.DiscardHandler)}
		counts := func(m *recommend.Model) [3]int {
			one, _, _, _ := m.Pair(recommend.ProductID(s.Products["BB01"]), recommend.ProductID(s.Products["BB03"]))
			two, _, _, _ := m.Pair(recommend.ProductID(s.Products["BB03"]), recommend.ProductID(s.Products["TL01"]))
			return [3]int{m.Orders(), one, two}
		}
		follow := func() [3]int {
			t.Helper()
			if err := f.look(ctx, d); err != nil {
				t.Fatal(err)
			}
			return counts(engine.Model())
		}
		if got := follow(); got != [3]int{12, 12, 12} {
			t.Fatalf("trained on %v", got)
		}
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			all, err := order.List(ctx, tx, order.Filter{})
			if err != nil {
				return err
			}
			cancelled, part := &all.Orders[0], &all.Orders[1]
			if ok, err := cancelled.Move(ctx, tx, order.OrderAxis, string(order.Cancelled), "shopper", "", s.Now()); !ok || err != nil {
				return fmt.Errorf("cancel: %v, %w", ok, err)
			}
			lines, err := order.Lines(ctx, tx, part.ID)
			if err != nil {
				return err
			}
			if err := part.TakeBack(ctx, tx, []order.Units{{Line: lines[2].ID, Qty: 1}}, 0); err != nil {
				return err
			}
			ok, err := part.Move(ctx, tx, order.PaymentAxis, string(order.PartlyRefunded), "staff:1", "", s.Now())
			if !ok || err != nil {
				return fmt.Errorf("refund: %v, %w", ok, err)
			}
			return nil
		})
		if got := follow(); got != [3]int{11, 11, 10} {
			t.Errorf("after a cancelled order and a line paid back: %v", got)
		}
		if got := follow(); got != [3]int{11, 11, 10} {
			t.Errorf("looked again, and it became %v", got)
		}
		s.Pass(time.Hour)
		if _, err := train(ctx, d, s.Now); err != nil {
			t.Fatal(err)
		}
		if got := follow(); got != [3]int{11, 11, 10} {
			t.Errorf("the next training counts %v", got)
		}
	})
}

// sellNow writes one paid order of the given products.
func sellNow(ctx context.Context, tx *db.Tx, s *shoptest.Shop, n int, codes []string) error {
	at := db.At(s.Now())
	o := order.Order{Number: fmt.Sprintf("AAAA%04d", n), PlaceKey: fmt.Sprint("key", n), AccessHash: fmt.Sprint("hash", n), Email: "a@sim.example",
		Lang: "en", Currency: "USD", State: order.StatePlaced, PaymentState: order.Paid, DeliveryState: order.Unshipped, PlacedAt: at, PaidAt: at}
	var lines []order.Line
	for _, code := range codes {
		p, err := catalog.ByCode(ctx, tx, code)
		if err != nil {
			return err
		}
		v, err := catalog.Detailed(ctx, tx, p.ID, "USD")
		if err != nil {
			return err
		}
		lines = append(lines, order.Line{ProductID: p.ID, VariantID: v.Variants[0].Variant.ID, SKU: v.Variants[0].Variant.SKU, Name: p.Name, Qty: 1})
	}
	past := []order.History{
		{Axis: order.OrderAxis, ToState: "placed", Actor: "shopper", At: at},
		{Axis: order.PaymentAxis, FromState: "pending", ToState: "paid", Actor: "payment", At: at},
	}
	return order.CreateMany(ctx, tx, []order.Order{o}, [][]order.Line{lines}, [][]order.History{past})
}

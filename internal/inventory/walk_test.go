package inventory_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
)

// Everything that can happen to stock, in an order nobody would think of:
// places that begin and cease to sell, policies, incoming goods, a bundle. The
// ledger replayed is the stock at each stop, and nothing is promised beyond
// what a policy allows.
func TestAnyOrderOfEventsLeavesTheLedgerInBalance(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		v := variants(t, d, 4, 10)
		set := v[3]
		inTx(t, d, func(tx *db.Tx) error { return inventory.Count(ctx, tx, set, 0, "none", now) })
		inTx(t, d, func(tx *db.Tx) error {
			_, err := inventory.Bundle(ctx, tx, set, []catalog.Component{{Variant: v[0], Qty: 2}, {Variant: v[1], Qty: 1}}, now)
			return err
		})
		back, shop := backroom(t, d)
		places := []inventory.LocationID{1, back, shop}
		for seed := range uint64(3) {
			rng, at, orders := rand.New(rand.NewPCG(seed, 11)), now.AddDate(0, 0, int(seed)), int64(seed*1000)
			for step := range 250 {
				at = at.Add(time.Minute)
				one, place, qty := v[rng.IntN(3)], places[rng.IntN(3)], 1+rng.IntN(4)
				order, key, what := int64(seed*1000)+1+rng.Int64N(orders-int64(seed*1000)+1), fmt.Sprintf("%d:%d", seed, step), rng.IntN(14)
				err := d.InTx(ctx, func(tx *db.Tx) error {
					switch what {
					case 0, 1, 2:
						_, err := inventory.Reserve(ctx, tx, orders+1, []inventory.Line{{Variant: set, Qty: 1 + rng.IntN(2)}, {Variant: one, Qty: qty}}, at.Add(20*time.Minute), at)
						return err
					case 3, 4:
						_, err := inventory.Commit(ctx, tx, order, at)
						return err
					case 5:
						return shipAll(tx, order, at)
					case 6:
						return inventory.ShipLines(ctx, tx, order, []inventory.Line{{Variant: set, Qty: 1}}, place, at)
					case 7:
						return inventory.Move(ctx, tx, one, place, places[rng.IntN(3)], qty, key, at)
					case 8:
						return inventory.ReceiveAt(ctx, tx, place, one, qty, key, at)
					case 9:
						return inventory.WriteOff(ctx, tx, place, one, qty, "lost", key, at)
					case 10:
						return inventory.SetPolicy(ctx, tx, one, inventory.Policy{Kind: []string{catalog.Deny, catalog.Backorder, catalog.Preorder}[rng.IntN(3)], Beyond: 1 + rng.IntN(6),
							Ready: at.Add(time.Hour)}, at)
					case 11:
						if rng.IntN(2) == 0 {
							return inventory.AddIncoming(ctx, tx, inventory.Incoming{Token: fmt.Sprint("t", rng.IntN(20)), VariantID: one, LocationID: place, Qty: qty, ExpectedAt: db.At(at.Add(time.Hour))}, at)
						}
						return inventory.ReceiveIncoming(ctx, tx, one, fmt.Sprint("t", rng.IntN(20)), qty, key, at)
					case 12:
						code := []string{"main", "back", "shop"}[rng.IntN(3)]
						return inventory.PutLocation(ctx, tx, inventory.Location{Code: code, Name: i18n.Text{En: code, Zh: code}, Sells: rng.IntN(3) > 0, Position: rng.IntN(5)}, at)
					}
					if _, err := inventory.OpenPreorders(ctx, tx, at); err != nil {
						return err
					}
					_, err := inventory.Release(ctx, tx, order, inventory.Released, at)
					return err
				})
				if err != nil && fault.Kind(err) != fault.Conflict && fault.Kind(err) != fault.Invalid && !errors.Is(err, fault.NotFound) {
					t.Fatalf("seed %d, step %d, kind %d: %v", seed, step, what, err)
				}
				if what <= 2 && err == nil {
					orders++
				}
				due, err := inventory.Due(ctx, d, at, 100)
				if err != nil {
					t.Fatal(err)
				}
				for _, o := range due {
					inTx(t, d, func(tx *db.Tx) error {
						_, err := inventory.Release(ctx, tx, o, inventory.Expired, at)
						return err
					})
				}
				if step%10 == 0 {
					wantSound(t, d, at)
				}
			}
			wantSound(t, d, at)
			if orders-int64(seed*1000) < 10 {
				t.Errorf("seed %d: only %d orders were held: the walk tests too little", seed, orders-int64(seed*1000))
			}
		}
	})
}

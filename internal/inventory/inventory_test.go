package inventory_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
)

var (
	ctx  = context.Background()
	now  = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	soon = now.Add(30 * time.Minute)
)

func inTx(t *testing.T, d *db.DB, do func(tx *db.Tx) error) {
	t.Helper()
	if err := d.InTx(ctx, do); err != nil {
		t.Fatal(err)
	}
}

// variants makes n variants with the given units each.
func variants(t *testing.T, d *db.DB, n, units int) (ids []catalog.VariantID) {
	t.Helper()
	inTx(t, d, func(tx *db.Tx) error {
		ids = nil
		for i := range n {
			sku := fmt.Sprint("V", i)
			_, _, made, err := catalog.Put(ctx, tx, catalog.Draft{
				Product:  catalog.Product{Code: sku, Name: i18n.Text{En: sku}},
				Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: sku, Active: true}}},
			}, now)
			if err != nil {
				return err
			}
			ids = append(ids, made[sku])
			if err := inventory.Count(ctx, tx, made[sku], units, "opening", now); err != nil {
				return err
			}
		}
		return nil
	})
	return ids
}

func level(t *testing.T, d *db.DB, v catalog.VariantID) (onHand, reserved int) {
	t.Helper()
	var row struct{ OnHand, Reserved int }
	if err := d.Query(ctx).Raw("SELECT on_hand, reserved FROM stock WHERE variant_id = ?", v).Scan(&row).Error; err != nil {
		t.Fatal(err)
	}
	return row.OnHand, row.Reserved
}

func wantLevel(t *testing.T, d *db.DB, v catalog.VariantID, onHand, reserved int) {
	t.Helper()
	if h, r := level(t, d, v); h != onHand || r != reserved {
		t.Errorf("on hand %d, reserved %d; want %d and %d", h, r, onHand, reserved)
	}
}

func wantSound(t *testing.T, d *db.DB, at time.Time) {
	t.Helper()
	wrong, err := inventory.Check(ctx, d, at)
	if err != nil || len(wrong) > 0 {
		t.Fatalf("stock is not sound: %+v, %v", wrong, err)
	}
}

func reserve(tx *db.Tx, order int64, lines ...inventory.Line) error {
	_, err := inventory.Reserve(ctx, tx, order, lines, soon, now)
	return err
}

func TestTwentyBuyersOfTheLastFive(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		v := variants(t, d, 1, 5)[0]
		var won, lost atomic.Int64
		var wg sync.WaitGroup
		for order := range int64(20) {
			wg.Go(func() {
				err := d.InTx(ctx, func(tx *db.Tx) error { return reserve(tx, order+1, inventory.Line{Variant: v, Qty: 1}) })
				var out *inventory.OutOfStockError
				switch {
				case err == nil:
					won.Add(1)
				case errors.As(err, &out) && out.Variant == v && out.Left == 0 && errors.Is(err, fault.Conflict):
					lost.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 5 || lost.Load() != 15 {
			t.Errorf("%d won and %d lost, want 5 and 15", won.Load(), lost.Load())
		}
		wantLevel(t, d, v, 5, 5)
		wantSound(t, d, now)
	})
}

func TestFailedReserveLeavesNothingInItsTransaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		v := variants(t, d, 3, 2)
		inTx(t, d, func(tx *db.Tx) error {
			err := reserve(tx, 1, inventory.Line{Variant: v[2], Qty: 1}, inventory.Line{Variant: v[1], Qty: 3}, inventory.Line{Variant: v[0], Qty: 2})
			var out *inventory.OutOfStockError
			if !errors.As(err, &out) || out.Variant != v[1] || out.Left != 2 {
				t.Errorf("got %v", err)
			}
			return nil // the caller may go on and commit
		})
		for _, id := range v {
			wantLevel(t, d, id, 2, 0)
		}
		wantSound(t, d, now)
	})
}

func TestOppositeOrdersDoNotBlockEachOther(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		v := variants(t, d, 2, 40)
		var wg sync.WaitGroup
		for order := range int64(20) {
			wg.Go(func() {
				lines := []inventory.Line{{Variant: v[order%2], Qty: 1}, {Variant: v[1-order%2], Qty: 1}, {Variant: v[0], Qty: 1}}
				if err := d.InTx(ctx, func(tx *db.Tx) error { return reserve(tx, order+1, lines...) }); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		wantLevel(t, d, v[0], 40, 40)
		wantLevel(t, d, v[1], 40, 20)
		wantSound(t, d, now)
	})
}

func TestHoldEndsOnceWhoeverEndsIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		v := variants(t, d, 2, 10)
		inTx(t, d, func(tx *db.Tx) error {
			return reserve(tx, 1, inventory.Line{Variant: v[0], Qty: 2}, inventory.Line{Variant: v[1], Qty: 3})
		})
		if due, err := inventory.Due(ctx, d, soon, 10); err != nil || len(due) != 1 || due[0] != 1 {
			t.Errorf("due %v, %v", due, err)
		}
		// The sweep, the staff and the payment all come at once.
		var released, committed atomic.Int64
		var wg sync.WaitGroup
		for i := range 12 {
			wg.Go(func() {
				err := d.InTx(ctx, func(tx *db.Tx) error {
					if i%3 == 0 {
						ok, err := inventory.Commit(ctx, tx, 1, soon)
						if ok {
							committed.Add(1)
						}
						return err
					}
					ended, err := inventory.Release(ctx, tx, 1, inventory.Expired, soon)
					if ended {
						released.Add(1)
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if r, c := released.Load(), committed.Load(); !(r == 1 && c == 0 || r == 0 && c == 4) {
			t.Errorf("released %d times and committed %d times: one of them must win alone", r, c)
		}
		want := 0
		if committed.Load() > 0 {
			want = 2
		}
		wantLevel(t, d, v[0], 10, want)
		wantSound(t, d, soon)
	})
}

func TestReleasedTwiceGivesBackOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		v := variants(t, d, 1, 4)[0]
		inTx(t, d, func(tx *db.Tx) error { return reserve(tx, 1, inventory.Line{Variant: v, Qty: 2}) })
		inTx(t, d, func(tx *db.Tx) error { return reserve(tx, 2, inventory.Line{Variant: v, Qty: 2}) })
		for _, want := range []bool{true, false} {
			inTx(t, d, func(tx *db.Tx) error {
				ended, err := inventory.Release(ctx, tx, 1, inventory.Released, now)
				if ended != want {
					t.Errorf("release reports %v, want %v", ended, want)
				}
				return err
			})
		}
		wantLevel(t, d, v, 4, 2)
		// Paid goods are not given back by the sweep, but by a cancellation.
		inTx(t, d, func(tx *db.Tx) error {
			if ok, err := inventory.Commit(ctx, tx, 2, now); !ok || err != nil {
				t.Errorf("commit %v, %v", ok, err)
			}
			if ended, _ := inventory.Release(ctx, tx, 2, inventory.Expired, now); ended {
				t.Error("a paid hold expired")
			}
			ended, err := inventory.Release(ctx, tx, 2, inventory.Released, now)
			if !ended {
				t.Error("a cancellation gave nothing back")
			}
			return err
		})
		wantLevel(t, d, v, 4, 0)
		wantSound(t, d, now)
	})
}

func TestLatePaymentTakesAgainAllOrNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		v := variants(t, d, 2, 3)
		inTx(t, d, func(tx *db.Tx) error {
			return reserve(tx, 1, inventory.Line{Variant: v[0], Qty: 2}, inventory.Line{Variant: v[1], Qty: 2})
		})
		inTx(t, d, func(tx *db.Tx) error {
			_, err := inventory.Release(ctx, tx, 1, inventory.Expired, soon)
			return err
		})
		inTx(t, d, func(tx *db.Tx) error { return reserve(tx, 2, inventory.Line{Variant: v[1], Qty: 3}) })
		inTx(t, d, func(tx *db.Tx) error {
			if ok, err := inventory.Commit(ctx, tx, 1, soon); ok || err != nil {
				t.Errorf("commit of an ended hold reports %v, %v", ok, err)
			}
			var out *inventory.OutOfStockError
			if err := inventory.Retake(ctx, tx, 1, soon); !errors.As(err, &out) || out.Variant != v[1] {
				t.Errorf("retake gives %v", err)
			}
			return nil
		})
		wantLevel(t, d, v[0], 3, 0)
		inTx(t, d, func(tx *db.Tx) error {
			_, err := inventory.Release(ctx, tx, 2, inventory.Released, soon)
			return err
		})
		for range 2 { // the second finds nothing to do
			inTx(t, d, func(tx *db.Tx) error { return inventory.Retake(ctx, tx, 1, soon) })
		}
		wantLevel(t, d, v[0], 3, 2)
		for range 2 {
			inTx(t, d, func(tx *db.Tx) error { return shipAll(tx, 1, soon) })
		}
		wantLevel(t, d, v[0], 1, 0)
		wantLevel(t, d, v[1], 1, 0)
		wantSound(t, d, soon)
	})
}

func TestUnpaidGoodsAreNotShippedAndUncountedOnesHoldNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		v := variants(t, d, 2, 3)
		inTx(t, d, func(tx *db.Tx) error { return inventory.Track(ctx, tx, v[1], false, now) })
		inTx(t, d, func(tx *db.Tx) error {
			return reserve(tx, 1, inventory.Line{Variant: v[0], Qty: 1}, inventory.Line{Variant: v[1], Qty: 99})
		})
		if err := d.InTx(ctx, func(tx *db.Tx) error { return shipAll(tx, 1, now) }); !errors.Is(err, fault.Conflict) {
			t.Errorf("shipping unpaid goods gives %v", err)
		}
		if err := d.InTx(ctx, func(tx *db.Tx) error { return reserve(tx, 1, inventory.Line{Variant: v[0], Qty: 1}) }); !errors.Is(err, fault.Conflict) {
			t.Errorf("reserving twice gives %v", err)
		}
		wantLevel(t, d, v[0], 3, 1)
		wantLevel(t, d, v[1], 3, 0)
		inTx(t, d, func(tx *db.Tx) error { return reserve(tx, 2, inventory.Line{Variant: v[1], Qty: 1}) })
		inTx(t, d, func(tx *db.Tx) error {
			ok, err := inventory.Commit(ctx, tx, 2, now)
			if !ok {
				t.Error("an order of uncounted goods must commit")
			}
			return err
		})
		left, err := inventory.Available(ctx, d, []catalog.VariantID{v[0], v[1], 999})
		if err != nil || left[v[0]] != 2 || left[v[1]] != -1 || left[999] != -1 {
			t.Errorf("available %v, %v", left, err)
		}
		wantSound(t, d, now)
	})
}

func TestCountAndDeliveryCountOnceAndRespectPromises(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		v := variants(t, d, 2, 5)
		for range 2 {
			inTx(t, d, func(tx *db.Tx) error {
				for _, id := range v {
					if err := inventory.ReceiveAt(ctx, tx, 0, id, 3, "delivery 7", now); err != nil {
						return err
					}
				}
				return nil
			})
		}
		wantLevel(t, d, v[0], 8, 0)
		wantLevel(t, d, v[1], 8, 0)
		inTx(t, d, func(tx *db.Tx) error { return reserve(tx, 1, inventory.Line{Variant: v[0], Qty: 6}) })
		inTx(t, d, func(tx *db.Tx) error {
			if err := inventory.Count(ctx, tx, v[0], 5, "count", now); !errors.Is(err, fault.Conflict) {
				t.Errorf("counting fewer than promised gives %v", err)
			}
			if err := inventory.WriteOff(ctx, tx, 0, v[0], 3, "fell", "broken", now); !errors.Is(err, fault.Conflict) {
				t.Errorf("writing off promised units gives %v", err)
			}
			return inventory.WriteOff(ctx, tx, 0, v[0], 1, "fell", "broken", now)
		})
		wantLevel(t, d, v[0], 7, 6)
		low := 1
		list, total, err := inventory.Levels(ctx, d, inventory.LevelQuery{Low: &low})
		if err != nil || total != 1 || len(list) != 1 || list[0].SKU != "V0" || list[0].Available() != 1 {
			t.Errorf("low stock %+v, %d, %v", list, total, err)
		}
		wantSound(t, d, now)
	})
}

// Whatever happens in whatever order, S1–S4 hold after every step.
func TestStockStaysSoundOnARandomWalk(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		v := variants(t, d, 4, 12)
		rng := rand.New(rand.NewPCG(7, 7))
		at, orders := now, int64(0)
		for step := range 400 {
			at = at.Add(time.Minute)
			id := v[rng.IntN(len(v))]
			order := 1 + rng.Int64N(orders+1)
			key, qty := fmt.Sprint("step ", step), 1+rng.IntN(4)
			what := rng.IntN(11)
			err := d.InTx(ctx, func(tx *db.Tx) error {
				switch what {
				case 0, 1, 2:
					_, err := inventory.Reserve(ctx, tx, orders+1, []inventory.Line{{Variant: id, Qty: qty}, {Variant: v[0], Qty: 1}}, at.Add(20*time.Minute), at)
					return err
				case 3, 4:
					_, err := inventory.Commit(ctx, tx, order, at)
					return err
				case 5:
					return shipAll(tx, order, at)
				case 6:
					return inventory.Retake(ctx, tx, order, at)
				case 7:
					return inventory.Count(ctx, tx, id, rng.IntN(15), key, at)
				case 8:
					return inventory.ReceiveAt(ctx, tx, 0, id, qty, key, at)
				case 9:
					return inventory.Track(ctx, tx, id, rng.IntN(4) > 0, at)
				}
				_, err := inventory.Release(ctx, tx, order, inventory.Released, at)
				return err
			})
			if err != nil && !errors.Is(err, fault.Conflict) {
				t.Fatalf("step %d, kind %d: %v", step, what, err)
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
		if orders < 30 {
			t.Errorf("only %d orders were held: the walk tests too little", orders)
		}
	})
}

// shipAll takes all that an order still holds off the shelf, as it lies in its
// holds; bundles go by their components.
func shipAll(tx *db.Tx, order int64, at time.Time) error {
	var left []inventory.Line
	err := tx.Query(ctx).Raw("SELECT variant_id AS variant, qty - shipped AS qty FROM holds WHERE order_id = ? AND state IN ('open','committed') AND qty > shipped", order).Scan(&left).Error
	if err != nil || len(left) == 0 {
		return err
	}
	return inventory.ShipLines(ctx, tx, order, left, 0, at)
}

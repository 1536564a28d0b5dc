package inventory_test

import (
	"errors"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
)

// backroom adds a place that does not sell, and a second one that does.
func backroom(t *testing.T, d *db.DB) (back, shop inventory.LocationID) {
	t.Helper()
	inTx(t, d, func(tx *db.Tx) error {
		for _, l := range []inventory.Location{{Code: "back", Name: i18n.Text{En: "Back", Zh: "后仓"}, Position: 2}, {Code: "shop", Name: i18n.Text{En: "Shop", Zh: "门店"}, Sells: true, Position: 1}} {
			if err := inventory.PutLocation(ctx, tx, l, now); err != nil {
				return err
			}
		}
		return nil
	})
	all, err := inventory.Locations(ctx, d)
	if err != nil || len(all) != 3 || all[0].Code != "main" {
		t.Fatalf("%+v, %v", all, err)
	}
	return all[2].ID, all[1].ID
}

func lies(t *testing.T, d *db.DB, v catalog.VariantID) map[string]int {
	t.Helper()
	all, err := inventory.Lies(ctx, d, v)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]int{}
	for _, l := range all {
		by[l.Code] = l.OnHand
	}
	return by
}

func left(t *testing.T, d *db.DB, v catalog.VariantID) int {
	t.Helper()
	all, err := inventory.Available(ctx, d, []catalog.VariantID{v})
	if err != nil {
		t.Fatal(err)
	}
	return all[v]
}

func conflict(t *testing.T, d *db.DB, what string, do func(tx *db.Tx) error) {
	t.Helper()
	if err := d.InTx(ctx, do); !errors.Is(err, fault.Conflict) {
		t.Errorf("%s: %v, want a conflict", what, err)
	}
}

func TestGoodsLieAtPlacesAndOnlyThoseThatSellCanBeSold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		v := variants(t, d, 1, 10)[0]
		back, shop := backroom(t, d)
		for range 2 { // told twice, moved once
			inTx(t, d, func(tx *db.Tx) error { return inventory.Move(ctx, tx, v, 1, back, 4, "m1", now) })
			inTx(t, d, func(tx *db.Tx) error { return inventory.Move(ctx, tx, v, 1, shop, 3, "m2", now) })
			inTx(t, d, func(tx *db.Tx) error { return inventory.ReceiveAt(ctx, tx, back, v, 1, "r1", now) })
		}
		if l := lies(t, d, v); l["main"] != 3 || l["shop"] != 3 || l["back"] != 5 || left(t, d, v) != 6 {
			t.Errorf("lies %v, %d to sell", l, left(t, d, v))
		}
		if err := d.InTx(ctx, func(tx *db.Tx) error {
			_, err := inventory.Reserve(ctx, tx, 1, []inventory.Line{{Variant: v, Qty: 5}}, soon, now)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		conflict(t, d, "more than lies there", func(tx *db.Tx) error { return inventory.Move(ctx, tx, v, shop, 1, 4, "m3", now) })
		conflict(t, d, "promised units leave the places that sell", func(tx *db.Tx) error { return inventory.Move(ctx, tx, v, shop, back, 2, "m4", now) })
		conflict(t, d, "a place of promised units stops selling", func(tx *db.Tx) error {
			return inventory.PutLocation(ctx, tx, inventory.Location{Code: "shop", Name: i18n.Text{En: "Shop", Zh: "门店"}}, now)
		})
		conflict(t, d, "written off beyond the place", func(tx *db.Tx) error { return inventory.WriteOff(ctx, tx, back, v, 6, "wet", "w1", now) })
		inTx(t, d, func(tx *db.Tx) error { return inventory.WriteOff(ctx, tx, back, v, 2, "wet", "w2", now) })
		inTx(t, d, func(tx *db.Tx) error { return inventory.CountAt(ctx, tx, back, v, 7, "c1", now) })
		inTx(t, d, func(tx *db.Tx) error {
			return inventory.PutLocation(ctx, tx, inventory.Location{Code: "back", Name: i18n.Text{En: "Back", Zh: "后仓"}, Sells: true, Position: 2}, now)
		})
		if l := lies(t, d, v); l["back"] != 7 || left(t, d, v) != 8 {
			t.Errorf("lies %v, %d to sell", l, left(t, d, v))
		}
		wantSound(t, d, now)
		inTx(t, d, func(tx *db.Tx) error {
			if _, err := inventory.Commit(ctx, tx, 1, now); err != nil {
				return err
			}
			return inventory.ShipLines(ctx, tx, 1, []inventory.Line{{Variant: v, Qty: 4}}, 0, now)
		})
		conflict(t, d, "what is not at the chosen place", func(tx *db.Tx) error {
			return inventory.ShipLines(ctx, tx, 1, []inventory.Line{{Variant: v, Qty: 1}}, 1, now)
		})
		inTx(t, d, func(tx *db.Tx) error {
			return inventory.ShipLines(ctx, tx, 1, []inventory.Line{{Variant: v, Qty: 1}}, back, now)
		})
		if l := lies(t, d, v); l["main"] != 0 || l["shop"] != 2 || l["back"] != 6 {
			t.Errorf("shipped from the first places in order, then from the one chosen: %v", l)
		}
		wantSound(t, d, now)
		conflict(t, d, "the last place that sells", func(tx *db.Tx) error {
			for _, code := range []string{"shop", "back", "main"} {
				if err := inventory.PutLocation(ctx, tx, inventory.Location{Code: code, Name: i18n.Text{En: code, Zh: code}}, now); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func TestIncomingGoodsAreExpectedAndReceivedOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		v := variants(t, d, 1, 0)[0]
		day := now.AddDate(0, 0, 11)
		order := func(token string, qty int, at time.Time) {
			inTx(t, d, func(tx *db.Tx) error {
				return inventory.AddIncoming(ctx, tx, inventory.Incoming{Token: token, VariantID: v, LocationID: 1, Qty: qty, ExpectedAt: db.At(at), Supplier: "Mill"}, now)
			})
		}
		order("a", 5, day)
		order("a", 5, day)
		order("b", 3, day.AddDate(0, 0, 9))
		s, err := catalog.Supplies(ctx, d, []catalog.VariantID{v})
		if due, known := s[v].DueAfter(now); err != nil || !known || !due.Equal(day) || s[v].State(1) != catalog.OutOfStock {
			t.Errorf("%+v, %v", s[v], err)
		}
		for range 2 {
			inTx(t, d, func(tx *db.Tx) error { return inventory.ReceiveIncoming(ctx, tx, v, "a", 2, "first", now) })
		}
		conflict(t, d, "more than was ordered", func(tx *db.Tx) error { return inventory.ReceiveIncoming(ctx, tx, v, "a", 4, "second", now) })
		if left(t, d, v) != 2 {
			t.Errorf("%d there after a refused delivery", left(t, d, v))
		}
		inTx(t, d, func(tx *db.Tx) error { return inventory.ReceiveIncoming(ctx, tx, v, "a", 3, "third", now) })
		conflict(t, d, "after all of it came", func(tx *db.Tx) error { return inventory.ReceiveIncoming(ctx, tx, v, "a", 1, "fourth", now) })
		open, err := inventory.OpenIncoming(ctx, d, v)
		if err != nil || len(open) != 1 || open[0].Token != "b" || open[0].Left() != 3 || left(t, d, v) != 5 {
			t.Errorf("%+v, %v; %d there", open, err, left(t, d, v))
		}
		wantSound(t, d, now)
		inTx(t, d, func(tx *db.Tx) error { return inventory.CloseIncoming(ctx, tx, v, "b", now) })
		if s, _ := catalog.Supplies(ctx, d, []catalog.VariantID{v}); !s[v].Due.IsZero() {
			t.Errorf("nothing is on its way, but %v", s[v])
		}
		wantSound(t, d, now)
	})
}

func TestWhatIsSoldAheadIsSentInTheOrderItWasSold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		v := variants(t, d, 1, 2)[0]
		day := now.AddDate(0, 0, 6)
		policy := func(p inventory.Policy) error {
			return d.InTx(ctx, func(tx *db.Tx) error { return inventory.SetPolicy(ctx, tx, v, p, now) })
		}
		if err := policy(inventory.Policy{Kind: catalog.Backorder, Beyond: 4, Ready: day}); err != nil {
			t.Fatal(err)
		}
		buy := func(order int64, qty int) (inventory.Promise, error) {
			at := now.Add(time.Duration(order) * time.Minute)
			var p inventory.Promise
			err := d.InTx(ctx, func(tx *db.Tx) (err error) {
				if p, err = inventory.Reserve(ctx, tx, order, []inventory.Line{{Variant: v, Qty: qty}}, soon, at); err != nil {
					return err
				}
				_, err = inventory.Commit(ctx, tx, order, at)
				return err
			})
			return p, err
		}
		if p, err := buy(1, 1); err != nil || p.Late {
			t.Errorf("there is one: %+v, %v", p, err)
		}
		if p, err := buy(2, 3); err != nil || !p.Late || !p.Due.Equal(day) {
			t.Errorf("two of three are late: %+v, %v", p, err)
		}
		if p, err := buy(3, 2); err != nil || !p.Late {
			t.Errorf("%+v, %v", p, err)
		}
		var out *inventory.OutOfStockError
		if _, err := buy(4, 1); !errors.As(err, &out) || out.Left != 0 {
			t.Errorf("beyond the limit: %v", err)
		}
		var short *fault.Fault
		if err := policy(inventory.Policy{Kind: catalog.Deny}); !errors.As(err, &short) || short.Words != "inventory.policy.promised" {
			t.Errorf("a limit below what is promised: %v", err)
		}
		ship := func(order int64, qty int) error {
			return d.InTx(ctx, func(tx *db.Tx) error {
				return inventory.ShipLines(ctx, tx, order, []inventory.Line{{Variant: v, Qty: qty}}, 0, now)
			})
		}
		if err := ship(3, 1); !errors.Is(err, fault.Conflict) {
			t.Errorf("an order sold later is sent first: %v", err)
		}
		if err := errors.Join(ship(2, 1), ship(1, 1)); err != nil {
			t.Errorf("what is there is sent: %v", err)
		}
		inTx(t, d, func(tx *db.Tx) error { return inventory.ReceiveAt(ctx, tx, 0, v, 3, "came", now) })
		queue, err := inventory.Queue(ctx, d, v, now)
		if err != nil || len(queue) != 2 || queue[0].Order != 2 || !queue[0].There || queue[0].Qty != 2 || queue[1].There {
			t.Errorf("%+v, %v", queue, err)
		}
		if w, err := inventory.Waiting(ctx, d, 3, now); err != nil || w[v].There || w[v].Late != 2 || !w[v].Due.Equal(day) {
			t.Errorf("%+v, %v", w, err)
		}
		if err := ship(3, 2); !errors.Is(err, fault.Conflict) {
			t.Errorf("two are not there: %v", err)
		}
		if err := errors.Join(ship(3, 1), ship(2, 2)); err != nil {
			t.Error(err)
		}
		wantSound(t, d, now)
	})
}

func TestAPreorderStaysUntilItsDay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		v := variants(t, d, 1, 5)[0]
		day := now.AddDate(0, 0, 3)
		inTx(t, d, func(tx *db.Tx) error {
			return inventory.SetPolicy(ctx, tx, v, inventory.Policy{Kind: catalog.Preorder, Beyond: 1, Ready: day}, now)
		})
		s, _ := catalog.Supplies(ctx, d, []catalog.VariantID{v})
		if s[v].Available != 6 || s[v].Now != 0 || s[v].State(1) != catalog.OnPreorder {
			t.Errorf("%+v", s[v])
		}
		inTx(t, d, func(tx *db.Tx) error {
			p, err := inventory.Reserve(ctx, tx, 1, []inventory.Line{{Variant: v, Qty: 1}}, soon, now)
			if !p.Late || !p.Due.Equal(day) {
				t.Errorf("%+v", p)
			}
			if err == nil {
				_, err = inventory.Commit(ctx, tx, 1, now)
			}
			return err
		})
		conflict(t, d, "before its day", func(tx *db.Tx) error { return shipAll(tx, 1, now) })
		for _, at := range []time.Time{now, day} {
			inTx(t, d, func(tx *db.Tx) error {
				n, err := inventory.OpenPreorders(ctx, tx, at)
				if want := at.Equal(day); (n == 1) != want {
					t.Errorf("%d opened at %v", n, at)
				}
				return err
			})
		}
		inTx(t, d, func(tx *db.Tx) error { return shipAll(tx, 1, day) })
		wantSound(t, d, day)
	})
}

func TestABundleIsItsComponents(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		v := variants(t, d, 4, 5)
		set := v[3]
		conflict(t, d, "a variant with units becomes a bundle", func(tx *db.Tx) error {
			_, err := inventory.Bundle(ctx, tx, set, []catalog.Component{{Variant: v[0], Qty: 2}}, now)
			return err
		})
		inTx(t, d, func(tx *db.Tx) error { return inventory.Count(ctx, tx, set, 0, "gone", now) })
		inTx(t, d, func(tx *db.Tx) error {
			_, err := inventory.Bundle(ctx, tx, set, []catalog.Component{{Variant: v[0], Qty: 2}, {Variant: v[1], Qty: 1}}, now)
			return err
		})
		conflict(t, d, "a bundle in a bundle", func(tx *db.Tx) error {
			_, err := inventory.Bundle(ctx, tx, v[0], []catalog.Component{{Variant: v[2], Qty: 1}}, now)
			return err
		})
		conflict(t, d, "a bundle is counted", func(tx *db.Tx) error { return inventory.ReceiveAt(ctx, tx, 0, set, 1, "r", now) })
		if left(t, d, set) != 2 {
			t.Errorf("five of which two go into one: %d sets", left(t, d, set))
		}
		inTx(t, d, func(tx *db.Tx) error {
			_, err := inventory.Reserve(ctx, tx, 1, []inventory.Line{{Variant: set, Qty: 2}, {Variant: v[0], Qty: 1}}, soon, now)
			return err
		})
		var out *inventory.OutOfStockError
		err := d.InTx(ctx, func(tx *db.Tx) error {
			_, err := inventory.Reserve(ctx, tx, 2, []inventory.Line{{Variant: set, Qty: 1}}, soon, now)
			return err
		})
		if !errors.As(err, &out) || out.Variant != set || out.Left != 0 {
			t.Errorf("the last of it is in order 1: %v", err)
		}
		inTx(t, d, func(tx *db.Tx) error { // what is in it changes; what was bought does not
			_, err := inventory.Bundle(ctx, tx, set, []catalog.Component{{Variant: v[2], Qty: 1}}, now)
			return err
		})
		inTx(t, d, func(tx *db.Tx) error {
			if _, err := inventory.Commit(ctx, tx, 1, now); err != nil {
				return err
			}
			if err := inventory.ShipLines(ctx, tx, 1, []inventory.Line{{Variant: set, Qty: 1}}, 0, now); err != nil {
				return err
			}
			if err := inventory.Return(ctx, tx, 1, set, 1, 0, "back", now); err != nil {
				return err
			}
			return inventory.Return(ctx, tx, 1, set, 1, 0, "back", now)
		})
		if a, b, c := left(t, d, v[0]), left(t, d, v[1]), left(t, d, set); a != 2 || b != 4 || c != 5 {
			t.Errorf("one set came back: %d, %d, and %d sets of the new kind", a, b, c)
		}
		inTx(t, d, func(tx *db.Tx) error {
			_, err := inventory.Release(ctx, tx, 1, inventory.Released, now)
			return err
		})
		if a, b := left(t, d, v[0]), left(t, d, v[1]); a != 5 || b != 5 {
			t.Errorf("the rest was given back: %d, %d", a, b)
		}
		wantSound(t, d, now)
	})
}

func TestWhatToOrderFollowsFromWhatIsSold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		v := variants(t, d, 3, 40)
		inTx(t, d, func(tx *db.Tx) error {
			if _, err := inventory.Reserve(ctx, tx, 1, []inventory.Line{{Variant: v[0], Qty: 36}, {Variant: v[1], Qty: 4}}, soon, now); err != nil {
				return err
			}
			if _, err := inventory.Commit(ctx, tx, 1, now); err != nil {
				return err
			}
			return inventory.SetReorder(ctx, tx, v[2], 40, now)
		})
		list, err := inventory.Proposals(ctx, d, now.AddDate(0, 0, 5))
		if err != nil || len(list) != 2 || list[0].Variant != v[0] || list[0].Days != 3 || list[0].Units != 32 || list[1].Variant != v[2] || list[1].Days != -1 || list[1].Units != 1 {
			t.Errorf("%+v, %v", list, err)
		}
		inTx(t, d, func(tx *db.Tx) error {
			return inventory.AddIncoming(ctx, tx, inventory.Incoming{Token: "a", VariantID: v[0], LocationID: 1, Qty: 32}, now)
		})
		if list, err = inventory.Proposals(ctx, d, now.AddDate(0, 0, 5)); err != nil || len(list) != 1 {
			t.Errorf("it is on its way: %+v, %v", list, err)
		}
	})
}

package cart

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

func TestTwoSignInsDoNotShareAGuestsCart(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		thing := sell(t, d, "thing", -1, 0)
		for round := range 15 {
			people := []*customer.Customer{account(t, d, fmt.Sprintf("a%d@mail.example", round)), account(t, d, fmt.Sprintf("b%d@mail.example", round))}
			if round%2 == 1 { // one of them has a cart of their own
				if err := add(d, ensure(t, d, customer.NewPerson(nil, people[1], nil, nil)).ID, thing, 1); err != nil {
					t.Fatal(err)
				}
			}
			p := guest(t, d)
			if err := add(d, ensure(t, d, p).ID, thing, 3); err != nil {
				t.Fatal(err)
			}
			came := make([]int, 2)
			var wg sync.WaitGroup
			for i, who := range people {
				wg.Go(func() {
					err := d.InTx(ctx, func(tx *db.Tx) (err error) {
						came[i], err = Merge(ctx, tx, p.Visitor.ID, who.ID, now)
						return err
					})
					if err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if came[0]+came[1] != 1 {
				t.Fatalf("round %d: %d lines came to one and %d to the other, want one line to one of them", round, came[0], came[1])
			}
			for i, who := range people {
				c, err := Open(ctx, d, customer.NewPerson(nil, who, nil, nil))
				if err != nil {
					t.Fatal(err)
				}
				got := 0
				if c != nil {
					lines, err := Lines(ctx, d, c.ID)
					if err != nil || len(lines) != 1 {
						t.Fatal(lines, err)
					}
					got = lines[0].Qty
				}
				if (got == 3) != (came[i] == 1) {
					t.Errorf("round %d: person %d was told %d lines came, and their cart holds %d", round, i, came[i], got)
				}
			}
		}
	})
}

func TestSignInWhileAnotherDeviceStartsACart(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		thing, other := sell(t, d, "thing", -1, 0), sell(t, d, "other", -1, 0)
		for round := range 15 {
			who := account(t, d, fmt.Sprintf("li%d@mail.example", round))
			phone := customer.NewPerson(nil, who, nil, nil)
			p := guest(t, d)
			if err := add(d, ensure(t, d, p).ID, thing, 1); err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			wg.Go(func() {
				if err := d.InTx(ctx, func(tx *db.Tx) error { _, err := Merge(ctx, tx, p.Visitor.ID, who.ID, now); return err }); err != nil {
					t.Errorf("round %d: signing in: %v", round, err)
				}
			})
			wg.Go(func() {
				err := d.InTx(ctx, func(tx *db.Tx) error {
					c, err := Ensure(ctx, tx, phone, "USD", i18n.English, "", now)
					if err != nil {
						return err
					}
					return Add(ctx, tx, c.ID, other, 1, now)
				})
				if err != nil && !errors.Is(err, fault.Conflict) { // merged away under the click: said in words
					t.Errorf("round %d: the first line on the phone: %v", round, err)
				}
			})
			wg.Wait()
			if c, err := Open(ctx, d, phone); err != nil || c == nil {
				t.Errorf("round %d: the cart is %v, %v", round, c, err)
			}
		}
	})
}

func TestAClosedCartIsSeenNoMore(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := ensure(t, d, guest(t, d))
		if err := add(d, c.ID, sell(t, d, "thing", -1, 0), 1); err != nil {
			t.Fatal(err)
		}
		v, err := Items(ctx, d, c)
		if err != nil {
			t.Fatal(err)
		}
		v.Items[0].Buyable.Price.Amount++
		in(t, d, func(tx *db.Tx) error { return Convert(ctx, tx, c, "", false, "", "test", "N", now) }) // placed in the other tab
		before, _ := Lines(ctx, d, c.ID)
		told, _ := Steps(ctx, d, c.ID)
		if err := d.InTx(ctx, func(tx *db.Tx) error { return Seen(ctx, tx, v, now) }); !errors.Is(err, fault.Conflict) {
			t.Errorf("seen after it was closed: %v, want a conflict", err)
		}
		after, _ := Lines(ctx, d, c.ID)
		if steps, _ := Steps(ctx, d, c.ID); len(steps) != len(told) || before[0] != after[0] {
			t.Errorf("the closed cart took the steps %v and its line went from %v to %v", steps, before[0], after[0])
		}
	})
}

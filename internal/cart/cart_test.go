package cart

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/money"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
)

func in(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.InTx(ctx, fn); err != nil {
		t.Fatal(err)
	}
}

func sell(t *testing.T, d *db.DB, code string, onHand, maxQty int) (v catalog.VariantID) {
	t.Helper()
	in(t, d, func(tx *db.Tx) error {
		_, _, ids, err := catalog.Put(ctx, tx, catalog.Draft{
			Product:  catalog.Product{Code: code, Slug: code, Name: i18n.Text{En: code}, Published: true, Tier: "good", MaxQty: maxQty},
			Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: code, Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: 1000}}}},
		}, now)
		if err != nil || onHand < 0 {
			v = ids[code]
			return err
		}
		v = ids[code]
		return inventory.Count(ctx, tx, v, onHand, "opening:"+code, now)
	})
	return v
}

func guest(t *testing.T, d *db.DB) *customer.Person {
	t.Helper()
	var v *customer.Visitor
	in(t, d, func(tx *db.Tx) (err error) {
		_, v, err = customer.NewVisitor(ctx, tx, i18n.English, now)
		return err
	})
	return customer.NewPerson(v, nil, nil, nil)
}

func account(t *testing.T, d *db.DB, email string) *customer.Customer {
	t.Helper()
	var c *customer.Customer
	in(t, d, func(tx *db.Tx) (err error) {
		c, err = customer.SignUp(ctx, tx, customer.SignUpForm{Email: email, Name: "Li Na", PasswordHash: "x", Lang: i18n.English}, now)
		return err
	})
	return c
}

func ensure(t *testing.T, d *db.DB, p *customer.Person) (c *Cart) {
	t.Helper()
	in(t, d, func(tx *db.Tx) (err error) {
		c, err = Ensure(ctx, tx, p, "USD", i18n.English, "phone", now)
		return err
	})
	return c
}

func add(d *db.DB, id ID, v catalog.VariantID, qty int) error {
	return d.InTx(ctx, func(tx *db.Tx) error { return Add(ctx, tx, id, v, qty, now) })
}

// holds checks the quantities in a cart, in the order of adding.
func holds(t *testing.T, d *db.DB, id ID, want string) []Line {
	t.Helper()
	lines, err := Lines(ctx, d, id)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, l := range lines {
		got += fmt.Sprintf("%d×%d ", l.VariantID, l.Qty)
	}
	if got != want {
		t.Errorf("the cart holds %q, want %q", got, want)
	}
	return lines
}

func TestAddKnowsItsLimits(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		few, rationed, endless := sell(t, d, "few", 5, 0), sell(t, d, "rationed", 50, 2), sell(t, d, "endless", -1, 0)
		c := ensure(t, d, guest(t, d))
		for _, step := range []struct {
			v    catalog.VariantID
			qty  int
			kind error
		}{
			{few, 3, nil}, {few, 3, fault.Conflict}, {few, 2, nil}, {few, 1, fault.Conflict},
			{rationed, 5, nil}, {rationed, 1, fault.Conflict},
			{endless, 60, nil}, {endless, 60, nil}, {endless, 1, fault.Conflict},
			{endless, 0, fault.Invalid}, {endless, -1, fault.Invalid}, {endless, 100, fault.Invalid}, {9999, 1, fault.Conflict},
		} {
			if err := add(d, c.ID, step.v, step.qty); !errors.Is(err, step.kind) || step.kind == nil && err != nil {
				t.Errorf("adding %d of %d: %v, want %v", step.qty, step.v, err, step.kind)
			}
		}
		var out *inventory.OutOfStockError
		if err := add(d, c.ID, few, 1); !errors.As(err, &out) || out.Left != 5 {
			t.Errorf("a sixth of five: %v, want to hear that 5 are left", err)
		}
		lines := holds(t, d, c.ID, fmt.Sprintf("%d×5 %d×2 %d×99 ", few, rationed, endless))

		set := func(token string, qty int) error {
			return d.InTx(ctx, func(tx *db.Tx) error { return Set(ctx, tx, c.ID, token, qty, now) })
		}
		for _, err := range []error{set(lines[0].Token, 2), set(lines[2].Token, 0)} {
			if err != nil {
				t.Error(err)
			}
		}
		if err := set(lines[1].Token, 3); !errors.Is(err, fault.Conflict) {
			t.Errorf("three of what is rationed to two: %v", err)
		}
		other := ensure(t, d, guest(t, d))
		err := d.InTx(ctx, func(tx *db.Tx) error { return Set(ctx, tx, other.ID, lines[0].Token, 0, now) })
		if !errors.Is(err, fault.NotFound) {
			t.Errorf("a line of somebody else's cart: %v, want not found", err)
		}
		holds(t, d, c.ID, fmt.Sprintf("%d×2 %d×2 ", few, rationed))
		steps, err := Steps(ctx, d, c.ID)
		if err != nil || len(steps) != 7 || steps[6].Kind != StepRemove || steps[5].Kind != StepChange {
			t.Errorf("steps %v, %v", steps, err)
		}
	})
}

func TestOnePersonHasOneCart(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := guest(t, d)
		if c, err := Open(ctx, d, p); c != nil || err != nil {
			t.Errorf("a stranger's cart is %v, %v", c, err)
		}
		thing := sell(t, d, "thing", -1, 0)
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				err := d.InTx(ctx, func(tx *db.Tx) error {
					c, err := Ensure(ctx, tx, p, "USD", i18n.English, "", now)
					if err != nil {
						return err
					}
					return Add(ctx, tx, c.ID, thing, 1, now)
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		c, err := Open(ctx, d, p)
		if err != nil || c == nil || c.StartedAt.IsZero() {
			t.Fatalf("the cart is %+v, %v", c, err)
		}
		holds(t, d, c.ID, fmt.Sprintf("%d×10 ", thing))
	})
}

func TestMergeAtSignIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a, b := sell(t, d, "a", -1, 0), sell(t, d, "b", -1, 0)
		merge := func(p *customer.Person, c *customer.Customer) (n int) {
			t.Helper()
			in(t, d, func(tx *db.Tx) (err error) {
				n, err = Merge(ctx, tx, p.Visitor.ID, c.ID, now)
				return err
			})
			return n
		}
		who := account(t, d, "li@mail.example")
		signedIn := customer.NewPerson(nil, who, nil, nil)

		first := guest(t, d)
		if n := merge(first, who); n != 0 {
			t.Errorf("%d lines came from a guest without a cart", n)
		}
		guestCart := ensure(t, d, first)
		if err := add(d, guestCart.ID, a, 2); err != nil {
			t.Fatal(err)
		}
		if n := merge(first, who); n != 1 {
			t.Errorf("%d lines came, want 1", n)
		}
		own, err := Open(ctx, d, signedIn)
		if err != nil || own == nil || own.ID != guestCart.ID || !own.Owned(signedIn) || own.Owned(first) {
			t.Fatalf("after sign-in the cart is %+v, %v", own, err)
		}
		if n := merge(first, who); n != 0 {
			t.Errorf("merging again brought %d lines", n)
		}

		second := guest(t, d) // a second device
		other := ensure(t, d, second)
		for v, qty := range map[catalog.VariantID]int{a: 1, b: 4} {
			if err := add(d, other.ID, v, qty); err != nil {
				t.Fatal(err)
			}
		}
		if n := merge(second, who); n != 2 {
			t.Errorf("%d lines came, want 2", n)
		}
		holds(t, d, own.ID, fmt.Sprintf("%d×2 %d×4 ", a, b))
		gone, err := ByID(ctx, d, other.ID)
		if err != nil || gone.State != Merged || gone.MergedInto != own.ID {
			t.Errorf("the younger cart is %+v, %v", gone, err)
		}
		if steps, _ := Steps(ctx, d, own.ID); len(steps) != 4 || steps[3].Kind != StepMerged {
			t.Errorf("the survivor tells %v", steps)
		}
		if steps, _ := Steps(ctx, d, other.ID); len(steps) != 0 {
			t.Errorf("the other still tells %v", steps)
		}
		if err := add(d, other.ID, a, 1); !errors.Is(err, fault.Conflict) {
			t.Errorf("adding to a merged cart: %v", err)
		}
	})
}

func TestOlderGuestCartSurvivesAMerge(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a, b := sell(t, d, "a", -1, 0), sell(t, d, "b", -1, 0)
		p, who := guest(t, d), account(t, d, "li@mail.example")
		older := ensure(t, d, p)
		younger := ensure(t, d, customer.NewPerson(nil, who, nil, nil))
		for _, err := range []error{add(d, older.ID, a, 1), add(d, younger.ID, b, 1)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		in(t, d, func(tx *db.Tx) error { _, err := Merge(ctx, tx, p.Visitor.ID, who.ID, now); return err })
		c, err := Open(ctx, d, customer.NewPerson(nil, who, nil, nil))
		if err != nil || c == nil || c.ID != older.ID {
			t.Fatalf("the open cart is %+v, %v; want the older one", c, err)
		}
		holds(t, d, c.ID, fmt.Sprintf("%d×1 %d×1 ", a, b))
	})
}

func TestIdleAndRestored(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a := sell(t, d, "a", -1, 0)
		p := guest(t, d)
		browsing, paying := ensure(t, d, guest(t, d)), ensure(t, d, p)
		ensure(t, d, guest(t, d)) // empty: never counts
		for _, err := range []error{add(d, browsing.ID, a, 1), add(d, paying.ID, a, 2)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		in(t, d, func(tx *db.Tx) error {
			if err := Begin(ctx, tx, paying.ID, now); err != nil {
				return err
			}
			if err := Begin(ctx, tx, paying.ID, now); err != nil {
				return err
			}
			return NoteContact(ctx, tx, paying.ID, "li@mail.example", true, now)
		})
		if steps, _ := Steps(ctx, d, paying.ID); len(steps) != 3 || steps[1].Kind != StepCheckout || steps[2].Kind != StepContact {
			t.Errorf("steps %v", steps)
		}
		elsewhere := ensure(t, d, guest(t, d))
		for range 2 { // the link's button pressed twice
			in(t, d, func(tx *db.Tx) error { _, err := Restore(ctx, tx, paying.ID, elsewhere.ID, now); return err })
		}
		holds(t, d, elsewhere.ID, fmt.Sprintf("%d×2 ", a))
	})
}

package cart

import (
	"testing"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
)

func TestTheTrailOfACart(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		v := sell(t, d, "bottle", 9, 0)
		own := account(t, d, "a@example.com")
		older := ensure(t, d, customer.NewPerson(nil, own, nil, nil))
		if err := add(d, older.ID, v, 2); err != nil {
			t.Fatal(err)
		}
		p := guest(t, d)
		c := ensure(t, d, p)
		if err := add(d, c.ID, v, 1); err != nil {
			t.Fatal(err)
		}
		meet := func(f Friction, at time.Duration) {
			t.Helper()
			f.CartID = c.ID
			in(t, d, func(tx *db.Tx) error { return Meet(ctx, tx, f, now.Add(at)) })
		}
		trail := func(id ID) (kinds []string) {
			t.Helper()
			all, err := Frictions(ctx, d, id)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range all {
				kinds = append(kinds, f.Kind+" "+f.Detail)
			}
			return kinds
		}
		same := func(id ID, want ...string) {
			t.Helper()
			got := trail(id)
			if len(got) != len(want) {
				t.Fatalf("the trail is %q, not %q", got, want)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("the trail is %q, not %q", got, want)
				}
			}
		}
		meet(Friction{Kind: Shown, Detail: "cart", Amount: 1500, Extra: 500}, 0)
		meet(Friction{Kind: Shown, Detail: "cart", Amount: 1500, Extra: 500}, time.Hour) // the page again
		meet(Friction{Kind: CouponRefused, Detail: "pricing.over"}, 2*time.Minute)
		meet(Friction{Kind: CouponRefused, Detail: "pricing.over"}, 2*time.Minute+30*time.Second) // pressed twice
		meet(Friction{Kind: CouponRefused, Detail: "pricing.over"}, 5*time.Minute)
		same(c.ID, "shown cart", "coupon pricing.over", "coupon pricing.over")

		tell := func(reason string, at time.Duration) error {
			return d.InTx(ctx, func(tx *db.Tx) error { return Tell(ctx, tx, c.ID, reason, now.Add(at)) })
		}
		if err := tell("price", time.Hour); err != nil {
			t.Fatal(err)
		}
		if err := tell("looking", 2*time.Hour); err != nil {
			t.Fatal(err)
		}
		if err := tell("<b>", 3*time.Hour); fault.Kind(err) != fault.Invalid {
			t.Errorf("a reason of one's own: %v", err)
		}
		same(c.ID, "shown cart", "coupon pricing.over", "coupon pricing.over", "told looking")

		// The trail goes with the goods into the account's older cart.
		in(t, d, func(tx *db.Tx) error {
			_, err := Merge(ctx, tx, p.VisitorID(), own.ID, now.Add(4*time.Hour))
			return err
		})
		same(older.ID, "shown cart", "coupon pricing.over", "coupon pricing.over", "told looking")
		same(c.ID)
	})
}

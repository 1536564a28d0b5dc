// Package keep is how long the shop keeps what is about people. Each kind of
// row has a term, which is a setting; a daily job lets go of what is past it,
// in small steps, and notes when it ran and how much went. What is only
// counted stays as counts, so no report changes when single rows go.
package keep

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/campaign"
	"regulars/internal/cart"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/order"
	"regulars/internal/outreach"
	"regulars/internal/setting"
	"regulars/internal/staff"
)

// batch is how many rows go in one transaction: short enough that no page waits.
const batch = 1000

// Term is one kind of row. Setting names how long it stays; the same name with
// "keep." is its message.
type Term struct {
	Name string // the setting
	drop func(ctx context.Context, tx *db.Tx, k *Keeper, before time.Time) (int64, error)
}

// Keeper lets go of what is past its term.
type Keeper struct {
	DB       *db.DB
	Desk     *outreach.Desk
	Settings *setting.Live
	Now      func() time.Time
}

// Terms lists every term, in the order the page shows them.
var Terms = []Term{
	{"keep.browsing", func(ctx context.Context, tx *db.Tx, k *Keeper, before time.Time) (int64, error) {
		// Whole days of the shop go, so that no day is half counted for long.
		zone := k.Settings.Now().Zone()
		local := before.In(zone)
		return event.Age(ctx, tx, time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone), zone, batch)
	}},
	{"keep.carts", func(ctx context.Context, tx *db.Tx, _ *Keeper, before time.Time) (int64, error) {
		return cart.Unlink(ctx, tx, before, batch)
	}},
	{"keep.contacts", func(ctx context.Context, tx *db.Tx, _ *Keeper, before time.Time) (int64, error) {
		return cart.DropContacts(ctx, tx, before, batch)
	}},
	{"keep.visitors", func(ctx context.Context, tx *db.Tx, _ *Keeper, before time.Time) (int64, error) {
		return dropVisitors(ctx, tx, before, false)
	}},
	{"keep.guests", func(ctx context.Context, tx *db.Tx, _ *Keeper, before time.Time) (int64, error) {
		return dropVisitors(ctx, tx, before, true)
	}},
	{"keep.bodies", func(ctx context.Context, tx *db.Tx, k *Keeper, before time.Time) (int64, error) {
		return k.Desk.DropBodies(ctx, tx, before, batch)
	}},
	{"keep.campaigns", func(ctx context.Context, tx *db.Tx, k *Keeper, before time.Time) (int64, error) {
		// Not longer than the decisions that their sums are made of.
		set, now := k.Settings.Now(), k.Now()
		if sooner := set.Since("keep.decisions", now); sooner.After(before) {
			before = sooner
		}
		return campaign.Age(ctx, tx, before, set.Currency(), now, batch)
	}},
	{"keep.decisions", func(ctx context.Context, tx *db.Tx, _ *Keeper, before time.Time) (int64, error) {
		return outreach.DropDecisions(ctx, tx, before, batch)
	}},
	{"keep.looks", func(ctx context.Context, tx *db.Tx, _ *Keeper, before time.Time) (int64, error) {
		return staff.DropLooks(ctx, tx, before, batch)
	}},
	{"keep.history", func(ctx context.Context, tx *db.Tx, k *Keeper, before time.Time) (int64, error) {
		return order.Age(ctx, tx, before, k.Settings.Now().Zone(), batch, k.Now())
	}},
}

func dropVisitors(ctx context.Context, tx *db.Tx, before time.Time, guests bool) (int64, error) {
	ids, err := customer.OldVisitors(ctx, tx, before, guests, batch)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	if err := cart.LeaveVisitors(ctx, tx, ids); err != nil {
		return 0, err
	}
	if err := event.LeaveVisitors(ctx, tx, ids); err != nil {
		return 0, err
	}
	return customer.DropVisitors(ctx, tx, ids)
}

// Run lets go of everything that is past its term. What fails is tried again
// the next day; the other terms go on.
func (k *Keeper) Run(ctx context.Context) error {
	now := k.Now()
	for _, t := range Terms {
		before := k.Settings.Now().Since(t.Name, now)
		gone := int64(0)
		for {
			var n int64
			err := k.DB.InTx(ctx, func(tx *db.Tx) (err error) {
				n, err = t.drop(ctx, tx, k, before)
				return err
			})
			if err != nil {
				return fmt.Errorf("let go what is past %s: %w", t.Name, err)
			}
			if gone += n; n < batch {
				break
			}
		}
		if err := k.DB.InTx(ctx, func(tx *db.Tx) error { return note(ctx, tx, t.Name, gone, before, now) }); err != nil {
			return err
		}
	}
	return k.DB.Settle(ctx)
}

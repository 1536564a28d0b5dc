package main

import (
	"context"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/order"
	"regulars/internal/segment"
	"regulars/internal/setting"
	"regulars/internal/trait"
)

// retrait decides everybody's traits again and counts what follows from them:
// the one path for the command, the nightly job, imports and the demo.
func retrait(ctx context.Context, d *db.DB, now time.Time) error {
	set, err := setting.Read(ctx, d)
	if err != nil {
		return err
	}
	return trait.Rebuild(ctx, d, set.Currency(), now)
}

// traits keeps the list of who holds what in step: everybody each night, and
// each minute who bought something since. Pages do not wait for it: they
// decide for themselves.
func (a *app) traits() {
	trait.Register(a.runner, a.db, a.settings, a.now)
	a.runner.Every("traits", 24*time.Hour, func(ctx context.Context) error { return retrait(ctx, a.db, a.now()) })
	a.eachMoved("traits.moved", func(ctx context.Context, tx *db.Tx, id customer.ID) error {
		if err := trait.Refresh(ctx, tx, id, a.settings.Now().Currency(), a.now()); err != nil {
			return err
		}
		return segment.Refresh(ctx, tx, id, a.now()) // a rule may ask for traits
	})
}

// eachMoved decides once a minute anew, each in a transaction of their own, for
// whoever bought or gave back something since.
func (a *app) eachMoved(name string, decide func(context.Context, *db.Tx, customer.ID) error) {
	var entry int64 // of the order history, read so far; 0 before the first look
	a.runner.Every(name, time.Minute, func(ctx context.Context) error {
		if entry == 0 { // everybody was decided at the start
			seen, err := order.Seen(ctx, a.db)
			entry = max(1, seen)
			return err
		}
		moved, last, err := trait.Moved(ctx, a.db, max(0, entry-lookBack))
		if err != nil {
			return err
		}
		for _, id := range moved {
			if err := a.db.InTx(ctx, func(tx *db.Tx) error { return decide(ctx, tx, id) }); err != nil {
				return err
			}
		}
		entry = max(entry, last)
		return nil
	})
}

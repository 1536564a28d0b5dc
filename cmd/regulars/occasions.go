package main

import (
	"context"
	"time"

	"regulars/internal/db"
	"regulars/internal/occasion"
	"regulars/internal/order"
	"regulars/internal/setting"
	"regulars/internal/trait"
)

// reneed learns how each kind of goods recurs and decides everybody's yearly
// needs again: the one path for the command, the nightly job, imports and the
// demo.
func reneed(ctx context.Context, d *db.DB, now time.Time) error {
	set, err := setting.Read(ctx, d)
	if err != nil {
		return err
	}
	return occasion.Rebuild(ctx, d, set.Zone(), now)
}

// occasions keeps yearly needs in step: everybody's each night, and each
// minute those of who bought or gave back something since.
func (a *app) occasions() {
	a.runner.Every("occasions.found", 24*time.Hour, func(ctx context.Context) error { return reneed(ctx, a.db, a.now()) })
	var entry int64 // of the order history, read so far; 0 before the first look
	a.runner.Every("occasions.moved", time.Minute, func(ctx context.Context) error {
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
			err := a.db.InTx(ctx, func(tx *db.Tx) error {
				return occasion.Refresh(ctx, tx, id, a.settings.Now().Zone(), a.now())
			})
			if err != nil {
				return err
			}
		}
		entry = max(entry, last)
		return nil
	})
}

package main

import (
	"context"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/occasion"
	"regulars/internal/setting"
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
	a.eachMoved("occasions.moved", func(ctx context.Context, tx *db.Tx, id customer.ID) error {
		return occasion.Refresh(ctx, tx, id, a.settings.Now().Zone(), a.now())
	})
}

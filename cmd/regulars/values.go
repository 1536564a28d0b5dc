package main

import (
	"context"
	"time"

	"regulars/internal/db"
	"regulars/internal/segment"
	"regulars/internal/setting"
	"regulars/internal/value"
)

// revalue decides everybody's tier and counts everybody's value again: the one
// path for the command, the nightly job, imports and the demo.
func revalue(ctx context.Context, d *db.DB, now time.Time) error {
	set, err := setting.Read(ctx, d)
	if err != nil {
		return err
	}
	if err := d.InTx(ctx, func(tx *db.Tx) error { return value.RebuildTiers(ctx, tx, set, now) }); err != nil {
		return err
	}
	return value.Rebuild(ctx, d, set, now)
}

// values keeps what customers are promised and worth in step. Pages and prices
// do not wait for it: they decide for themselves.
func (a *app) values() {
	a.runner.Every("tiers", time.Minute, func(ctx context.Context) error { return value.TurnTiers(ctx, a.db, a.settings.Now(), a.now()) })
	a.runner.Every("values", 24*time.Hour, func(ctx context.Context) error {
		if err := revalue(ctx, a.db, a.now()); err != nil {
			return err
		}
		return segment.Renew(ctx, a.db, segment.ByRebuild, a.now()) // a rule may ask for classes
	})
}

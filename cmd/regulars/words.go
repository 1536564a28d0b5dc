package main

import (
	"context"
	"time"

	"regulars/internal/db"
	"regulars/internal/order"
	"regulars/internal/search"
)

// soldFor is how long a sale counts for the order of what is found.
const soldFor = 90 * 24 * time.Hour

// resold tells the search what sold lately: the one path for the command, the
// nightly job, imports and the demo.
func resold(ctx context.Context, d *db.DB, now time.Time) error {
	units, err := order.Sold(ctx, d, now.Add(-soldFor))
	if err != nil {
		return err
	}
	return search.SetSold(ctx, d, units)
}

// research makes all that the search knows anew.
func research(ctx context.Context, d *db.DB, now time.Time) error {
	if err := resold(ctx, d, now); err != nil {
		return err
	}
	return search.Rebuild(ctx, d)
}

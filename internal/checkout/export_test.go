package checkout

import (
	"context"
	"time"

	"regulars/internal/db"
	"regulars/internal/order"
)

// End is what a sweep does with an order it found due a moment ago.
func (d *Desk) End(ctx context.Context, tx *db.Tx, id order.ID, now time.Time) (bool, error) {
	return d.end(ctx, tx, id, now)
}

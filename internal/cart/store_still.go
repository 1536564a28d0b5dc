package cart

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
)

// Waits reports whether the cart was left for so long that its shopper may be
// reminded of it on the pages: idle for the limit of a cart, or of one whose
// checkout had begun, and not put away since it was used last.
func (c *Cart) Waits(idle, checkoutIdle time.Duration, now time.Time) bool {
	if c == nil || c.State != StateOpen || c.StartedAt.IsZero() || !c.QuietAt.Before(c.ActiveAt.Time) {
		return false
	}
	if !c.CheckoutAt.IsZero() {
		idle = checkoutIdle
	}
	return now.Sub(c.ActiveAt.Time) >= idle
}

// Quiet puts the reminder of a cart away until the cart is used again. That is
// no use of the cart itself.
func Quiet(ctx context.Context, tx *db.Tx, id ID) error {
	if err := tx.Query(ctx).Exec("UPDATE carts SET quiet_at = active_at WHERE id = ? AND state = 'open'", int64(id)).Error; err != nil {
		return fmt.Errorf("put the reminder of cart %d away: %w", id, err)
	}
	return nil
}

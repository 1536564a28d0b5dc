package outreach

import (
	"context"
	"time"

	"regulars/internal/cart"
	"regulars/internal/db"
)

// ToldWhy keeps what stopped the shopper whose cart a restore link leads to.
// The link is not spent by it. Forged, spent and expired links are NotFound.
func ToldWhy(ctx context.Context, tx *db.Tx, token, reason string, now time.Time) error {
	l, err := findLink(ctx, tx, token, linkRestore)
	if err != nil {
		return err
	}
	if !l.UsedAt.IsZero() || !l.ExpiresAt.After(now) {
		return noLink()
	}
	c, err := source(ctx, tx, l.CartID)
	if err != nil {
		return err
	}
	id := c.ID
	if c.State == cart.Merged { // its story goes on in the other
		id = c.MergedInto
	}
	return cart.Tell(ctx, tx, id, reason, now)
}

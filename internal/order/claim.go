package order

import (
	"context"
	"fmt"

	"regulars/internal/customer"
	"regulars/internal/db"
)

// Claim puts the orders that a guest placed with an address under the account
// that has proved it, and returns how many came. It asks the account's row
// itself: an address that is not verified, or is not the account's, claims
// nothing, since anybody can type one. Whoever calls it also calls
// segment.Refresh.
func Claim(ctx context.Context, tx *db.Tx, email string, id customer.ID) (int, error) {
	key := customer.EmailKey(email)
	done := tx.Query(ctx).Exec(`UPDATE orders SET customer_id = ? WHERE customer_id IS NULL AND email <> '' AND lower(email) = ?
		AND EXISTS (SELECT 1 FROM customers c WHERE c.id = ? AND c.email_key = ? AND c.email_verified_at > 0 AND c.erased_at = 0 AND c.simulated = orders.simulated)`,
		int64(id), key, int64(id), key)
	if done.Error != nil {
		return 0, fmt.Errorf("claim the orders of customer %d: %w", id, done.Error)
	}
	if done.RowsAffected == 0 {
		return 0, nil
	}
	return int(done.RowsAffected), uncount(ctx, tx, "customer_id = ?", int64(id))
}

package roster

import (
	"context"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/staff"
)

// forgetAudit takes an account's address and name out of the record of what
// staff did, proved or not.
func forgetAudit(ctx context.Context, tx *db.Tx, id customer.ID, _ string, _ time.Time) error {
	k, err := customer.ByID(ctx, tx, id)
	if err != nil {
		return err
	}
	return staff.Forget(ctx, tx, int64(id), k.Email, k.Name)
}

// mergeLooks puts who looked at an account under the one that stays.
func mergeLooks(ctx context.Context, tx *db.Tx, from, into customer.ID, _ time.Time) error {
	return staff.MergeLooks(ctx, tx, int64(from), int64(into))
}

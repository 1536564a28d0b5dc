package outreach

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
)

// dropDeferred withholds for good what was put off of the mails whose keys a
// statement lists.
func dropDeferred(ctx context.Context, tx *db.Tx, keys string, arg any, reason string, now time.Time) error {
	err := tx.Query(ctx).Exec("UPDATE sends SET state = 'withheld', reason = ?, updated_at = ? WHERE state = 'deferred' AND key IN ("+keys+")", reason, db.At(now), arg).Error
	if err != nil {
		return fmt.Errorf("let mails go that waited: %w", err)
	}
	return nil
}

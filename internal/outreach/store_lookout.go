package outreach

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
)

// toldFinds reports whether an account was told of its searches since a moment,
// or may have been.
func toldFinds(ctx context.Context, q db.Q, id customer.ID, since time.Time) (bool, error) {
	var n int
	err := q.Query(ctx).Raw("SELECT count(*) FROM sends WHERE customer_id = ? AND template = ? AND state IN ('sent', 'claimed', 'failed') AND CASE WHEN sent_at > 0 THEN sent_at ELSE updated_at END > ?",
		int64(id), FindsMail, db.At(since)).Scan(&n).Error
	if err != nil {
		return false, fmt.Errorf("look when customer %d was told of their searches: %w", id, err)
	}
	return n > 0, nil
}

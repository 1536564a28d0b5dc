package pricing

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
)

// Merge puts the redemptions of one customer under another who is the same
// person (a customer.Merge). Where both had their place of a promotion that
// gives a person fewer, the one beyond the limit stays with its order alone: it
// stood when it was given, and is not taken back.
func Merge(ctx context.Context, tx *db.Tx, from, into customer.ID, _ time.Time) error {
	values := map[string]any{"from": int64(from), "into": int64(into)}
	for _, sql := range []string{
		`UPDATE redemptions SET customer_id = 0 WHERE customer_id = @from AND state = 'held' AND limit_person > 0 AND (SELECT count(*) FROM redemptions x
			WHERE x.promotion_id = redemptions.promotion_id AND x.state = 'held' AND (x.customer_id = @into OR x.customer_id = @from AND x.id < redemptions.id)) >= limit_person`,
		"UPDATE redemptions SET customer_id = @into WHERE customer_id = @from",
		"UPDATE code_bounds SET customer_id = @into WHERE customer_id = @from",
	} {
		if err := tx.Query(ctx).Exec(sql, values).Error; err != nil {
			return fmt.Errorf("put the redemptions of customer %d under %d: %w", from, into, err)
		}
	}
	return nil
}

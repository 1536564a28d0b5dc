package catalog

import (
	"context"
	"fmt"

	"regulars/internal/db"
)

// DropRelation takes back a relation, found by its two ends and its kind, and
// reports whether there was one.
func DropRelation(ctx context.Context, tx *db.Tx, from, to ProductID, kind string) (bool, error) {
	changing()
	r := tx.Query(ctx).Exec("DELETE FROM relations WHERE from_id = ? AND to_id = ? AND kind = ?", from, to, kind)
	if r.Error != nil {
		return false, fmt.Errorf("drop relation %d %s %d: %w", from, kind, to, r.Error)
	}
	return r.RowsAffected > 0, nil
}

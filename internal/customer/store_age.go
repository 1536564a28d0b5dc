package customer

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
)

// OldVisitors lists at most limit browsers not used since before. Without a
// yes to personal pages and without an account they are only carts' keys:
// guests asks for those alone.
func OldVisitors(ctx context.Context, q db.Q, before time.Time, guests bool, limit int) ([]int64, error) {
	sql := "SELECT id FROM visitors WHERE seen_at < ? AND simulated = FALSE"
	if guests {
		sql += " AND customer_id IS NULL AND personalize <> 'on'"
	}
	var ids []int64
	if err := q.Query(ctx).Raw(sql+" ORDER BY id LIMIT ?", db.At(before), limit).Scan(&ids).Error; err != nil {
		return nil, fmt.Errorf("look for old browsers: %w", err)
	}
	return ids, nil
}

// DropVisitors forgets browsers. Their carts and events have left them before.
func DropVisitors(ctx context.Context, tx *db.Tx, ids []int64) (int64, error) {
	done := tx.Query(ctx).Exec("DELETE FROM visitors WHERE id IN ?", append(ids, -1))
	if done.Error != nil {
		return 0, fmt.Errorf("forget old browsers: %w", done.Error)
	}
	return done.RowsAffected, nil
}

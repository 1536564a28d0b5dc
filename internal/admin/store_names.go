package admin

import (
	"context"
	"fmt"

	"regulars/internal/db"
)

// namesOf reads what codes are called.
func namesOf(ctx context.Context, q db.Q, query string, into any) error {
	if err := q.Query(ctx).Raw(query).Scan(into).Error; err != nil {
		return fmt.Errorf("read names: %w", err)
	}
	return nil
}

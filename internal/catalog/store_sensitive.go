package catalog

import (
	"context"
	"fmt"

	"regulars/internal/db"
)

// Sensitive lists the products that must teach nothing about anybody.
func Sensitive(ctx context.Context, q db.Q) ([]ProductID, error) {
	var ids []ProductID
	if err := q.Query(ctx).Raw("SELECT id FROM products WHERE sensitive = ? ORDER BY id", true).Scan(&ids).Error; err != nil {
		return nil, fmt.Errorf("list sensitive products: %w", err)
	}
	return ids, nil
}

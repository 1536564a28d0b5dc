package exchange

import (
	"context"
	"fmt"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/inventory"
)

// availableOf says how many units of each variant can be sold; -1 = not
// counted.
func availableOf(ctx context.Context, q db.Q, products []catalog.Product) (map[catalog.VariantID]int, error) {
	ids := make([]catalog.ProductID, len(products))
	for i, p := range products {
		ids[i] = p.ID
	}
	var variants []catalog.VariantID
	if err := q.Query(ctx).Raw("SELECT id FROM variants WHERE product_id IN ?", ids).Scan(&variants).Error; err != nil {
		return nil, fmt.Errorf("read variants: %w", err)
	}
	return inventory.Available(ctx, q, variants)
}

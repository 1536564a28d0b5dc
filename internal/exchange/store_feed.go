package exchange

import (
	"context"
	"fmt"

	"regulars/internal/catalog"
	"regulars/internal/db"
)

// suppliesOf says how the variants of products can be had.
func suppliesOf(ctx context.Context, q db.Q, products []catalog.Product) (map[catalog.VariantID]catalog.Supply, error) {
	ids := make([]catalog.ProductID, len(products))
	for i, p := range products {
		ids[i] = p.ID
	}
	var variants []catalog.VariantID
	if err := q.Query(ctx).Raw("SELECT id FROM variants WHERE product_id IN ?", ids).Scan(&variants).Error; err != nil {
		return nil, fmt.Errorf("read variants: %w", err)
	}
	return catalog.Supplies(ctx, q, variants)
}

// componentsOf reads the bundles among the variants of products, each part as
// the file writes it.
func componentsOf(ctx context.Context, q db.Q, products []catalog.Product) (map[catalog.VariantID][]string, error) {
	ids := make([]catalog.ProductID, len(products))
	for i, p := range products {
		ids[i] = p.ID
	}
	var rows []struct {
		Bundle catalog.VariantID
		SKU    string
		Qty    int
	}
	err := q.Query(ctx).Raw(`SELECT c.bundle_id AS bundle, v.sku, c.qty FROM components c JOIN variants b ON b.id = c.bundle_id
		JOIN variants v ON v.id = c.variant_id WHERE b.product_id IN ? ORDER BY c.bundle_id, c.position`, ids).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read components: %w", err)
	}
	all := map[catalog.VariantID][]string{}
	for _, r := range rows {
		cell := r.SKU
		if r.Qty > 1 {
			cell += fmt.Sprintf("*%d", r.Qty)
		}
		all[r.Bundle] = append(all[r.Bundle], cell)
	}
	return all, nil
}

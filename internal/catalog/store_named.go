package catalog

import (
	"context"
	"fmt"
	"strings"

	"regulars/internal/db"
)

// VariantsBySKU finds the variants of these SKUs, as written or in capitals, by
// their SKU and by its capitals.
func VariantsBySKU(ctx context.Context, q db.Q, skus []string) (map[string]Variant, error) {
	var asked []string
	for _, s := range skus {
		if skuShape.MatchString(s) {
			asked = append(asked, s, strings.ToUpper(s))
		}
	}
	if len(asked) == 0 {
		return nil, nil
	}
	var rows []Variant
	if err := q.Query(ctx).Where("sku IN ?", asked).Order("id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read variants by SKU: %w", err)
	}
	found := make(map[string]Variant, len(rows))
	for _, v := range rows {
		found[strings.ToUpper(v.SKU)] = v
	}
	for _, v := range rows { // of two that differ in capitals alone each is found as it is written
		found[v.SKU] = v
	}
	return found, nil
}

// VariantsOf lists the variants of products that can be sold, each product's
// in its own order.
func VariantsOf(ctx context.Context, q db.Q, ids []ProductID) (map[ProductID][]VariantID, error) {
	var rows []Variant
	if len(ids) > 0 {
		if err := q.Query(ctx).Where("product_id IN ? AND active = ?", ids, true).Order("product_id, position, id").Find(&rows).Error; err != nil {
			return nil, fmt.Errorf("read variants of %d products: %w", len(ids), err)
		}
	}
	by := map[ProductID][]VariantID{}
	for _, v := range rows {
		by[v.ProductID] = append(by[v.ProductID], v.ID)
	}
	return by, nil
}

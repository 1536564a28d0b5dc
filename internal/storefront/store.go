package storefront

import (
	"context"
	"fmt"

	"regulars/internal/db"
)

// publishedSlugs lists the addresses of everything that is sold, oldest first.
// Thousands of whole cards would be read for a list of names otherwise.
func publishedSlugs(ctx context.Context, q db.Q, most int) ([]string, error) {
	var slugs []string
	if err := q.Query(ctx).Raw("SELECT slug FROM products WHERE published = TRUE ORDER BY id LIMIT ?", most).Scan(&slugs).Error; err != nil {
		return nil, fmt.Errorf("list addresses of products: %w", err)
	}
	return slugs, nil
}

package storefront

import (
	"context"
	"fmt"

	"regulars/internal/db"
)

// publishedSlugs lists the addresses of everything that is sold, oldest first.
// Thousands of whole cards would be read for a list of names otherwise.
func publishedSlugs(ctx context.Context, q db.Q, most, from int) ([]string, error) {
	var slugs []string
	if err := q.Query(ctx).Raw("SELECT slug FROM products WHERE published = TRUE ORDER BY id LIMIT ? OFFSET ?", most, from).Scan(&slugs).Error; err != nil {
		return nil, fmt.Errorf("list addresses of products: %w", err)
	}
	return slugs, nil
}

// publishedCount is how many addresses publishedSlugs has.
func publishedCount(ctx context.Context, q db.Q) (n int, err error) {
	if err := q.Query(ctx).Raw("SELECT count(*) FROM products WHERE published = TRUE").Scan(&n).Error; err != nil {
		return 0, fmt.Errorf("count products: %w", err)
	}
	return n, nil
}

package catalog

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
)

// End says that a product is gone for good, which its address then answers
// while it is not published, or takes that back. Saying it again changes
// nothing.
func End(ctx context.Context, tx *db.Tx, id ProductID, on bool, now time.Time) error {
	changing()
	query, args := "DELETE FROM product_ends WHERE product_id = ?", []any{id}
	if on {
		query, args = "INSERT INTO product_ends (product_id, at) VALUES (?, ?) ON CONFLICT (product_id) DO NOTHING", []any{id, db.At(now)}
	}
	r := tx.Query(ctx).Exec(query, args...)
	if r.Error != nil {
		return fmt.Errorf("note the end of product %d: %w", id, r.Error)
	}
	if r.RowsAffected == 0 {
		return nil
	}
	return touch(ctx, tx, id, now)
}

// IsEnded says whether a product is gone for good.
func IsEnded(ctx context.Context, q db.Q, id ProductID) (bool, error) {
	var n int
	if err := q.Query(ctx).Raw("SELECT count(*) FROM product_ends WHERE product_id = ?", id).Scan(&n).Error; err != nil {
		return false, fmt.Errorf("look for the end of product %d: %w", id, err)
	}
	return n > 0, nil
}

// Ended is the product gone for good that has this slug or once had it.
func Ended(ctx context.Context, q db.Q, slug string) (ProductID, bool, error) {
	if !validSlug(slug) {
		return 0, false, nil
	}
	var ids []ProductID
	err := q.Query(ctx).Raw(`SELECT p.id FROM product_ends e JOIN products p ON p.id = e.product_id AND p.published = FALSE
		WHERE p.slug = ? OR p.id IN (SELECT o.target_id FROM old_slugs o WHERE o.kind = 'product' AND o.slug = ?)
		ORDER BY CASE WHEN p.slug = ? THEN 0 ELSE 1 END LIMIT 1`, slug, slug, slug).Scan(&ids).Error
	if err != nil {
		return 0, false, fmt.Errorf("look for ended product %s: %w", slug, err)
	}
	if len(ids) == 0 {
		return 0, false, nil
	}
	return ids[0], true, nil
}

// OldSlug is a former address that leads on.
type OldSlug struct {
	Slug string
	At   db.Time // when it was given up
}

// OldSlugs lists the former addresses of a product or category (kind), the
// latest first. Another product that took one of them answers there itself.
func OldSlugs(ctx context.Context, q db.Q, kind string, target int64) ([]OldSlug, error) {
	var list []OldSlug
	err := q.Query(ctx).Raw("SELECT slug, at FROM old_slugs WHERE kind = ? AND target_id = ? ORDER BY at DESC, slug LIMIT 20", kind, target).Scan(&list).Error
	if err != nil {
		return nil, fmt.Errorf("read former addresses: %w", err)
	}
	return list, nil
}

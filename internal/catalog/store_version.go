package catalog

import (
	"context"
	"fmt"
	"slices"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
)

// AsDraft reads a product whole, as Put takes it: all variants, prices in
// every currency, what is asked before any sale.
func AsDraft(ctx context.Context, q db.Q, code string) (Draft, error) {
	known, err := readStored(ctx, q, []plan{{draft: &Draft{Product: Product{Code: code}}}})
	if err != nil {
		return Draft{}, err
	}
	s, ok := known[code]
	if !ok {
		return Draft{}, fault.New(fault.NotFound, "error.not-found")
	}
	return s.draft(), nil
}

// Versions lists what a product was before its latest changes, the newest
// first, MostVersions at most.
func Versions(ctx context.Context, q db.Q, id ProductID) ([]Version, error) {
	var list []Version
	if err := q.Query(ctx).Where("product_id = ?", id).Order("number DESC").Limit(MostVersions).Find(&list).Error; err != nil {
		return nil, fmt.Errorf("read versions of product %d: %w", id, err)
	}
	return list, nil
}

// Restore writes a product as an earlier version had it, over the version that
// was seen. Whether it is published stays as it is, and so do units, unit
// costs and prices in currencies that came later; variants made since stop
// being sold. A category that is gone since is left out. What it was until now
// becomes a version itself.
func (v *Version) Restore(ctx context.Context, tx *db.Tx, seen int, at time.Time) (Change, error) {
	now, err := ByID(ctx, tx, v.ProductID)
	if err != nil {
		return "", err
	}
	if now.Version != seen {
		return "", fault.New(fault.Conflict, "catalog.product.changed", "code", now.Code)
	}
	d, err := v.Draft()
	if err != nil {
		return "", err
	}
	d.Product.Published, d.Product.PublishedAt, d.Code = now.Published, now.PublishedAt, now.Code
	if d.CategoryID != nil {
		tree, err := LoadTree(ctx, tx)
		if err != nil {
			return "", err
		}
		if _, ok := tree.ByID(*d.CategoryID); !ok {
			d.CategoryID = now.CategoryID
		}
	}
	_, change, _, err := Put(ctx, tx, d, at)
	return change, err
}

// keepNewest lets go of the versions of these products beyond MostVersions.
func keepNewest(ctx context.Context, tx *db.Tx, ids []ProductID) error {
	for chunk := range slices.Chunk(ids, putAtOnce) {
		err := tx.Query(ctx).Exec(`DELETE FROM product_versions WHERE product_id IN ? AND number <= (SELECT n.number FROM product_versions n
			WHERE n.product_id = product_versions.product_id ORDER BY n.number DESC LIMIT 1 OFFSET ?)`, chunk, MostVersions).Error
		if err != nil {
			return fmt.Errorf("let go of old versions: %w", err)
		}
	}
	return nil
}

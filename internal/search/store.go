package search

import (
	"context"
	"fmt"
	"slices"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/jobs"
)

// indexAtOnce products are read together, and are one transaction of Rebuild.
const indexAtOnce = 250

// Register lets the runner keep the index in step with the catalog.
func Register(r *jobs.Runner, d *db.DB) {
	jobs.Work(r, func(ctx context.Context, c catalog.Changed) error {
		return d.InTx(ctx, func(tx *db.Tx) error { return Index(ctx, tx, c.IDs()...) })
	})
}

// Index makes the documents of these products from what the catalog holds
// now and keeps those that changed under the next numbers. It is the one way from the truth to the copy:
// unpublished and unknown products leave the index.
func Index(ctx context.Context, tx *db.Tx, ids ...catalog.ProductID) error {
	tree, err := catalog.LoadTree(ctx, tx)
	if err != nil {
		return err
	}
	for start := 0; start < len(ids); start += indexAtOnce {
		chunk := ids[start:min(start+indexAtOnce, len(ids))]
		// Locked: of two jobs for one product the one that read last writes last.
		var locked []catalog.ProductID
		if err := db.ForUpdate(tx.Query(ctx)).Table("products").Where("id IN ?", chunk).Order("id").Pluck("id", &locked).Error; err != nil {
			return fmt.Errorf("lock products to index: %w", err)
		}
		documents, err := Documents(ctx, tx, tree, chunk)
		if err != nil {
			return err
		}
		if err := keep(ctx, tx, chunk, documents); err != nil {
			return err
		}
	}
	return nil
}

// Rebuild makes the whole index again while it goes on answering: product by
// product in short transactions, then what belongs to no product goes.
func Rebuild(ctx context.Context, d *db.DB) error {
	var last catalog.ProductID
	for {
		var ids []catalog.ProductID
		if err := d.Query(ctx).Raw("SELECT id FROM products WHERE id > ? ORDER BY id LIMIT ?", last, indexAtOnce).Scan(&ids).Error; err != nil {
			return fmt.Errorf("rebuild search: %w", err)
		}
		if len(ids) == 0 {
			break
		}
		last = ids[len(ids)-1]
		if err := d.InTx(ctx, func(tx *db.Tx) error { return Index(ctx, tx, ids...) }); err != nil {
			return fmt.Errorf("rebuild search: %w", err)
		}
	}
	var orphans []catalog.ProductID
	if err := d.Query(ctx).Raw("SELECT product_id FROM search_documents WHERE body <> '' AND product_id NOT IN (SELECT id FROM products)").Scan(&orphans).Error; err != nil {
		return fmt.Errorf("rebuild search: %w", err)
	}
	for chunk := range slices.Chunk(orphans, indexAtOnce) {
		if err := d.InTx(ctx, func(tx *db.Tx) error { return keep(ctx, tx, chunk, nil) }); err != nil {
			return fmt.Errorf("rebuild search: %w", err)
		}
	}
	return nil
}

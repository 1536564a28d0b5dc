package search

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"

	"regulars/internal/catalog"
	"regulars/internal/db"
)

// Prepare makes the documents of a shop that has products and no documents,
// as one has that comes from a release before there were any. It is for the
// start, before anybody asks.
func Prepare(ctx context.Context, d *db.DB, log *slog.Logger) error {
	var bare []int
	err := d.Query(ctx).Raw("SELECT 1 WHERE EXISTS (SELECT 1 FROM products WHERE published = TRUE) AND NOT EXISTS (SELECT 1 FROM search_documents)").Scan(&bare).Error
	if err != nil {
		return fmt.Errorf("look for documents of the search: %w", err)
	}
	if len(bare) == 0 {
		return nil
	}
	log.Info("making the documents of the search, once")
	return Rebuild(ctx, d)
}

// Drift is a product whose document is not what the catalog says.
type Drift struct {
	ID   catalog.ProductID
	Code string
}

// Drifted compares what is kept with documents made anew, and lists the
// products that differ.
// Products whose change is still on its way (a job waits) are left out.
func Drifted(ctx context.Context, q db.Q) ([]Drift, error) {
	tree, err := catalog.LoadTree(ctx, q)
	if err != nil {
		return nil, err
	}
	moving, err := onTheirWay(ctx, q)
	if err != nil {
		return nil, err
	}
	var drifted []Drift
	for last := catalog.ProductID(0); ; {
		var rows []struct {
			ID   catalog.ProductID
			Code string
			Hash *string
		}
		err := q.Query(ctx).Raw(`SELECT p.id, p.code, d.hash
			FROM products p LEFT JOIN search_documents d ON d.product_id = p.id WHERE p.id > ? ORDER BY p.id LIMIT ?`, last, indexAtOnce).Scan(&rows).Error
		if err != nil {
			return nil, fmt.Errorf("compare documents: %w", err)
		}
		if len(rows) == 0 {
			return drifted, nil
		}
		ids := make([]catalog.ProductID, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
		}
		last = ids[len(ids)-1]
		documents, err := Documents(ctx, q, tree, ids)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			_, hash, err := documents[r.ID].sealed()
			if err != nil {
				return nil, err
			}
			kept := ""
			if r.Hash != nil {
				kept = *r.Hash
			}
			if kept != hash && !moving[r.ID] {
				drifted = append(drifted, Drift{r.ID, r.Code})
			}
		}
	}
}

// onTheirWay are the products with a job that has not ended.
func onTheirWay(ctx context.Context, q db.Q) (map[catalog.ProductID]bool, error) {
	var jobs []struct {
		Product catalog.ProductID
		More    string
	}
	err := q.Query(ctx).Raw("SELECT CAST(coalesce(args ->> 'product', '0') AS BIGINT) AS product, coalesce(args ->> 'more', '[]') AS more FROM river_job WHERE kind = ? AND CAST(state AS TEXT) IN ('available','pending','retryable','running','scheduled')", catalog.Changed{}.Kind()).Scan(&jobs).Error
	if err != nil {
		return nil, fmt.Errorf("read changes on their way: %w", err)
	}
	moving := map[catalog.ProductID]bool{}
	for _, j := range jobs {
		var more []catalog.ProductID
		if err := json.Unmarshal([]byte(j.More), &more); err != nil {
			return nil, fmt.Errorf("read changes on their way: %w", err)
		}
		for _, id := range append(more, j.Product) {
			moving[id] = true
		}
	}
	return moving, nil
}

// Mend indexes again what drifted, and returns how many products that were.
func Mend(ctx context.Context, d *db.DB) (int, error) {
	drifted, err := Drifted(ctx, d)
	if err != nil {
		return 0, err
	}
	ids := make([]catalog.ProductID, len(drifted))
	for i, one := range drifted {
		ids[i] = one.ID
	}
	for chunk := range slices.Chunk(ids, indexAtOnce) {
		if err := d.InTx(ctx, func(tx *db.Tx) error { return Index(ctx, tx, chunk...) }); err != nil {
			return 0, fmt.Errorf("mend the search: %w", err)
		}
	}
	return len(drifted), nil
}

package search

import (
	"context"
	"fmt"
	"strings"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/i18n"
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

// Two documents a product, one a language.
func documentID(id catalog.ProductID, lang i18n.Lang) int64 {
	if lang == i18n.Chinese {
		return int64(id)*2 + 1
	}
	return int64(id) * 2
}

func productID(document int64) catalog.ProductID { return catalog.ProductID(document / 2) }

// Index makes the documents of these products from what the catalog holds
// now, keeps those that changed under the next numbers and writes the
// database's text index. It is the one way from the truth to the copy:
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
		for _, id := range chunk {
			for _, lang := range i18n.Langs {
				if d := documents[id]; d != nil {
					err = tx.IndexTerms(ctx, documentID(id, lang), string(lang), d.terms(lang))
				} else {
					err = tx.DropTerms(ctx, documentID(id, lang))
				}
				if err != nil {
					return err
				}
			}
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
	var documents []int64
	if err := d.Query(ctx).Raw("SELECT rowid FROM search_terms").Scan(&documents).Error; err != nil {
		return fmt.Errorf("rebuild search: %w", err)
	}
	var products []catalog.ProductID
	if err := d.Query(ctx).Raw("SELECT id FROM products").Scan(&products).Error; err != nil {
		return fmt.Errorf("rebuild search: %w", err)
	}
	known := make(map[catalog.ProductID]bool, len(products))
	for _, id := range products {
		known[id] = true
	}
	return d.InTx(ctx, func(tx *db.Tx) error {
		for _, document := range documents {
			if !known[productID(document)] {
				if err := tx.DropTerms(ctx, document); err != nil {
					return fmt.Errorf("rebuild search: %w", err)
				}
			}
		}
		return nil
	})
}

// Find returns products that hold every word of the query, best first; the
// caller shows those of them that the catalog lets be shown. A query without
// words finds nothing; one with NUL or broken UTF-8 is fault.Invalid.
func Find(ctx context.Context, d *db.DB, lang i18n.Lang, query string, limit int) ([]catalog.ProductID, error) {
	terms, err := queryTerms(query)
	if err != nil || len(terms) == 0 {
		return nil, err
	}
	documents, err := d.MatchTerms(ctx, string(lang), terms, limit)
	if err == nil && len(documents) == 0 {
		documents, err = d.MatchTerms(ctx, string(other(lang)), terms, limit)
	}
	if err != nil {
		return nil, err
	}
	ids := make([]catalog.ProductID, len(documents))
	for i, document := range documents {
		ids[i] = productID(document)
	}
	return ids, nil
}

// vocabulary is every word of the index with the number of documents that hold
// it: what can be found, and nothing else.
func vocabulary(ctx context.Context, d *db.DB) (map[string]int, error) {
	rows, err := d.Query(ctx).Raw("SELECT terms FROM search_terms").Rows()
	if err != nil {
		return nil, fmt.Errorf("read the words of the index: %w", err)
	}
	defer rows.Close()
	counts := map[string]int{}
	for rows.Next() {
		var terms string
		if err := rows.Scan(&terms); err != nil {
			return nil, fmt.Errorf("read the words of the index: %w", err)
		}
		for word := range strings.FieldsSeq(terms) {
			counts[word]++
		}
	}
	return counts, rows.Err()
}

// Suggest returns names of products that the words typed so far lead to.
func Suggest(ctx context.Context, d *db.DB, lang i18n.Lang, prefix string, limit int) ([]string, error) {
	ids, err := Find(ctx, d, lang, prefix, limit)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	var rows []struct {
		ID   catalog.ProductID
		Name i18n.Text
	}
	if err := d.Query(ctx).Raw("SELECT id, name FROM products WHERE published = TRUE AND id IN ?", ids).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("suggest products: %w", err)
	}
	byID := make(map[catalog.ProductID]string, len(rows))
	for _, r := range rows {
		byID[r.ID] = r.Name.In(lang)
	}
	names := make([]string, 0, len(ids))
	seen := map[string]bool{}
	for _, id := range ids {
		if name := byID[id]; name != "" && !seen[name] {
			names, seen[name] = append(names, name), true
		}
	}
	return names, nil
}

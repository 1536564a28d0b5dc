package search

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/money"
)

// Documents makes the documents of products from what the catalog says at this
// moment; those that are not published have none.
func Documents(ctx context.Context, q db.Q, tree *catalog.Tree, ids []catalog.ProductID) (map[catalog.ProductID]*Document, error) {
	var list []catalog.Product
	if err := q.Query(ctx).Where("published = TRUE AND id IN ?", ids).Find(&list).Error; err != nil {
		return nil, fmt.Errorf("read products to index: %w", err)
	}
	documents := make(map[catalog.ProductID]*Document, len(list))
	for _, p := range list {
		d := &Document{ID: p.ID, Code: p.Code, Brand: p.Brand, Name: p.Name, Line: p.Line, Synonyms: p.Synonyms, Position: p.Position,
			PublishedAt: p.PublishedAt.Milli(), RatingCount: p.RatingCount, RatingSum: p.RatingSum, Prices: map[money.Currency]money.Amount{}}
		if p.CategoryID != nil {
			for _, c := range tree.Path(*p.CategoryID) {
				d.Shelves = append(d.Shelves, Shelf{c.ID, c.Name})
			}
		}
		documents[p.ID] = d
	}
	var skus []struct {
		ProductID catalog.ProductID
		SKU       string
	}
	if err := q.Query(ctx).Raw("SELECT product_id, sku FROM variants WHERE active = TRUE AND product_id IN ? ORDER BY product_id, position", ids).Scan(&skus).Error; err != nil {
		return nil, fmt.Errorf("read SKUs to index: %w", err)
	}
	for _, s := range skus {
		if d := documents[s.ProductID]; d != nil {
			d.SKUs = append(d.SKUs, s.SKU)
		}
	}
	var facts []catalog.Fact
	if err := q.Query(ctx).Raw("SELECT * FROM product_facts WHERE product_id IN ? ORDER BY product_id, position, key, value_code", ids).Scan(&facts).Error; err != nil {
		return nil, fmt.Errorf("read facts to index: %w", err)
	}
	for _, f := range facts {
		if d := documents[f.ProductID]; d != nil {
			f.ProductID = 0 // the document says whose it is
			d.Facts = append(d.Facts, f)
		}
	}
	var options []catalog.Option
	if err := q.Query(ctx).Where("product_id IN ?", ids).Order("product_id, position").Find(&options).Error; err != nil {
		return nil, fmt.Errorf("read options to index: %w", err)
	}
	for _, o := range options {
		if d := documents[o.ProductID]; d != nil {
			for _, c := range o.Choices {
				d.Options = append(d.Options, c.Name)
			}
		}
	}
	sold, err := soldOf(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	for id, units := range sold {
		if d := documents[id]; d != nil {
			d.Sold = units
		}
	}
	prices, err := catalog.Cheapest(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	for _, p := range prices {
		if d := documents[p.ProductID]; d != nil {
			d.Prices[p.Currency] = p.Amount
		}
	}
	return documents, nil
}

// keep writes the documents that differ from those kept, each under a number
// of its own that is higher than any committed before.
func keep(ctx context.Context, tx *db.Tx, ids []catalog.ProductID, documents map[catalog.ProductID]*Document) error {
	var before []struct {
		ProductID catalog.ProductID
		Hash      string
	}
	// The row of the numbers is held until the commit, so that numbers become
	// visible in their order, and whoever writes documents does so alone.
	if err := tx.Query(ctx).Exec("UPDATE search_numbers SET last = last WHERE name = 'documents'").Error; err != nil {
		return fmt.Errorf("number documents: %w", err)
	}
	if err := tx.Query(ctx).Raw("SELECT product_id, hash FROM search_documents WHERE product_id IN ?", ids).Scan(&before).Error; err != nil {
		return fmt.Errorf("read kept documents: %w", err)
	}
	was := make(map[catalog.ProductID]string, len(before))
	for _, b := range before {
		was[b.ProductID] = b.Hash
	}
	var last int64
	if err := tx.Query(ctx).Raw("SELECT last FROM search_numbers WHERE name = 'documents'").Scan(&last).Error; err != nil {
		return fmt.Errorf("number documents: %w", err)
	}
	written.Announce()
	var rows [][]any
	var changed []catalog.ProductID
	seen := map[catalog.ProductID]bool{}
	for _, id := range ids {
		body, hash, err := documents[id].sealed()
		if err != nil {
			return err
		}
		known, isKept := was[id]
		if seen[id] || isKept && known == hash || !isKept && body == "" {
			continue
		}
		seen[id] = true
		last++
		rows = append(rows, []any{int64(id), last, hash, body})
		changed = append(changed, id)
	}
	if len(rows) == 0 {
		return nil
	}
	if err := tx.Query(ctx).Exec("DELETE FROM search_documents WHERE product_id IN ?", changed).Error; err != nil {
		return fmt.Errorf("keep documents: %w", err)
	}
	if _, err := tx.Insert(ctx, "search_documents", []string{"product_id", "seq", "hash", "body"}, rows, false); err != nil {
		return fmt.Errorf("keep documents: %w", err)
	}
	if err := tx.Query(ctx).Exec("UPDATE search_numbers SET last = ? WHERE name = 'documents'", last).Error; err != nil {
		return fmt.Errorf("number documents: %w", err)
	}
	return nil
}

// sealed is the document as it is kept, and what it is recognized by. A
// product that is not shown has none: "".
func (d *Document) sealed() (body, hash string, err error) {
	if d == nil {
		return "", "", nil
	}
	b, err := json.Marshal(d)
	if err != nil {
		return "", "", fmt.Errorf("write document of product %s: %w", d.Code, err)
	}
	sum := sha256.Sum256(b)
	return string(b), hex.EncodeToString(sum[:12]), nil
}

// Changes are documents newer than a number, in their order: what a copy that
// has come so far must take in next.
type Changes struct {
	Documents []*Document
	Gone      []catalog.ProductID
	Last      int64 // the number of the latest of them; the one asked for where there is none
}

// ChangesSince reads at most limit documents that are newer than after.
func ChangesSince(ctx context.Context, q db.Q, after int64, limit int) (*Changes, error) {
	rows, err := q.Query(ctx).Raw("SELECT product_id, seq, body FROM search_documents WHERE seq > ? ORDER BY seq LIMIT ?", after, limit).Rows()
	if err != nil {
		return nil, fmt.Errorf("read documents after %d: %w", after, err)
	}
	defer rows.Close()
	c := &Changes{Last: after}
	for rows.Next() {
		var id catalog.ProductID
		var body []byte
		if err := rows.Scan(&id, &c.Last, &body); err != nil {
			return nil, fmt.Errorf("read documents after %d: %w", after, err)
		}
		if len(body) == 0 {
			c.Gone = append(c.Gone, id)
			continue
		}
		d := &Document{}
		if err := json.Unmarshal(body, d); err != nil {
			return nil, fmt.Errorf("read document %d: %w", id, err)
		}
		c.Documents = append(c.Documents, d)
	}
	return c, rows.Err()
}

// LastNumber is the number of the latest document.
func LastNumber(ctx context.Context, q db.Q) (last int64, err error) {
	if err := q.Query(ctx).Raw("SELECT last FROM search_numbers WHERE name = 'documents'").Scan(&last).Error; err != nil {
		return 0, fmt.Errorf("read the last document's number: %w", err)
	}
	return last, nil
}

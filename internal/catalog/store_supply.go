package catalog

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
)

// supplyColumns are read into a stockRow, with the stock joined as s and the
// variant as v.
const supplyColumns = `s.tracked, s.on_hand, s.reserved, s.beyond, s.policy, s.ready_at, s.expected_at,
		EXISTS (SELECT 1 FROM components k WHERE k.bundle_id = v.id)`

// stockRow is the joined stock of a variant; no row means "not counted".
type stockRow struct {
	tracked                  sql.NullBool
	onHand, reserved, beyond sql.NullInt64
	policy                   sql.NullString
	readyAt, expectedAt      sql.NullInt64
	bundle                   bool // its own row says nothing; its components' do
}

func (s stockRow) supply() Supply { return s.per(1) }

// per is the supply of sets of qty units.
func (s stockRow) per(qty int) Supply {
	if !s.tracked.Bool {
		return Uncounted
	}
	there := s.onHand.Int64 - s.reserved.Int64
	out := Supply{Available: int(max(0, there+s.beyond.Int64)) / qty, Now: int(max(0, there)) / qty, Preorder: s.policy.String == Preorder}
	due := s.expectedAt.Int64
	if s.policy.String != Deny && s.readyAt.Int64 != 0 {
		due = s.readyAt.Int64 // what staff say goes before what a supplier says
	}
	if out.Preorder {
		out.Now = 0 // nothing of it is sent before its day
	}
	if due != 0 {
		out.Due = db.At(time.UnixMilli(due))
	}
	return out
}

// Supplies reads the supply of variants, in one query; one that is not counted
// is Uncounted.
func Supplies(ctx context.Context, q db.Q, ids []VariantID) (map[VariantID]Supply, error) {
	all, err := supplies(ctx, q, ids)
	for _, id := range ids {
		if _, counted := all[id]; !counted && err == nil {
			all[id] = Uncounted
		}
	}
	return all, err
}

// supplies is Supplies without those that are not counted.
func supplies(ctx context.Context, q db.Q, ids []VariantID) (map[VariantID]Supply, error) {
	all := make(map[VariantID]Supply, len(ids))
	if len(ids) == 0 {
		return all, nil
	}
	rows, err := q.Query(ctx).Raw(`SELECT s.variant_id, 1, s.on_hand, s.reserved, s.beyond, s.policy, s.ready_at, s.expected_at
		FROM stock s WHERE s.tracked = TRUE AND s.variant_id IN ?
		UNION ALL SELECT c.bundle_id, c.qty, s.on_hand, s.reserved, s.beyond, s.policy, s.ready_at, s.expected_at
		FROM components c JOIN stock s ON s.variant_id = c.variant_id AND s.tracked = TRUE WHERE c.bundle_id IN ?`, ids, ids).Rows()
	if err != nil {
		return nil, fmt.Errorf("read stock of %d variants: %w", len(ids), err)
	}
	defer rows.Close()
	for rows.Next() {
		var id VariantID
		var qty int
		s := stockRow{tracked: sql.NullBool{Bool: true, Valid: true}}
		if err := rows.Scan(&id, &qty, &s.onHand, &s.reserved, &s.beyond, &s.policy, &s.readyAt, &s.expectedAt); err != nil {
			return nil, fmt.Errorf("read stock of %d variants: %w", len(ids), err)
		}
		supply := s.per(qty)
		if other, more := all[id]; more {
			supply = supply.both(other)
		}
		all[id] = supply
	}
	return all, rows.Err()
}

// Components reads what is in bundles, in order; other variants are absent.
func Components(ctx context.Context, q db.Q, ids []VariantID) (map[VariantID][]Component, error) {
	all := map[VariantID][]Component{}
	if len(ids) == 0 {
		return all, nil
	}
	rows, err := q.Query(ctx).Raw(`SELECT c.bundle_id, c.variant_id, c.qty, c.position, v.product_id, v.sku, v.choices, v.accent, p.slug, p.name,
		coalesce(i.src, ''), i.alt FROM components c JOIN variants v ON v.id = c.variant_id JOIN products p ON p.id = v.product_id
		LEFT JOIN product_images i ON i.product_id = p.id AND i.position = 0
		WHERE c.bundle_id IN ? ORDER BY c.bundle_id, c.position, c.variant_id`, ids).Rows()
	if err != nil {
		return nil, fmt.Errorf("read components of %d variants: %w", len(ids), err)
	}
	defer rows.Close()
	choices := map[VariantID]map[string]string{}
	var products []ProductID
	for rows.Next() {
		var bundle VariantID
		var k Component
		var chosen, accent string
		if err := rows.Scan(&bundle, &k.Variant, &k.Qty, &k.Position, &k.Product, &k.SKU, &chosen, &accent, &k.Slug, &k.Name, &k.Image.Src, &k.Image.Alt); err != nil {
			return nil, fmt.Errorf("read components of %d variants: %w", len(ids), err)
		}
		k.Image.ProductID = k.Product
		k.Image = k.Image.WithAccent(accent)
		if chosen != "{}" {
			if choices[k.Variant], err = parseChoices(chosen); err != nil {
				return nil, fmt.Errorf("read choices of %s: %w", k.SKU, err)
			}
			products = append(products, k.Product)
		}
		all[bundle] = append(all[bundle], k)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read components of %d variants: %w", len(ids), err)
	}
	rows.Close() // before the next query: a transaction has one connection
	words := map[VariantID]Buyable{}
	for _, list := range all {
		for _, k := range list {
			words[k.Variant] = Buyable{ProductID: k.Product}
		}
	}
	if err := nameChoices(ctx, q, words, choices, products); err != nil {
		return nil, err
	}
	for _, list := range all {
		for i := range list {
			list[i].Choices = words[list[i].Variant].Choices
		}
	}
	return all, nil
}

func readInside(ctx context.Context, q db.Q) (map[ProductID][]ProductID, error) {
	var rows []struct{ Bundle, Product ProductID }
	err := q.Query(ctx).Raw(`SELECT DISTINCT b.product_id AS bundle, v.product_id AS product FROM components c
		JOIN variants b ON b.id = c.bundle_id JOIN variants v ON v.id = c.variant_id ORDER BY 1, 2`).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read what is inside bundles: %w", err)
	}
	all := make(map[ProductID][]ProductID)
	for _, r := range rows {
		all[r.Bundle] = append(all[r.Bundle], r.Product)
	}
	return all, nil
}

// SetComponents makes a variant a bundle of these, or with none of them an
// ordinary one again; it reports whether that changed anything. A bundle in a
// bundle, and a variant that is in one, is fault.Conflict. Its own stock is the
// caller's: see inventory.Bundle.
func SetComponents(ctx context.Context, tx *db.Tx, bundle VariantID, parts []Component, now time.Time) (changed bool, err error) {
	changing()
	ids := []VariantID{bundle}
	for _, k := range parts {
		if k.Qty < 1 || k.Variant == bundle || slices.Contains(ids, k.Variant) {
			return false, fault.New(fault.Invalid, "catalog.bundle.wrong")
		}
		ids = append(ids, k.Variant)
	}
	// Locked, so that of two bundles made of each other one is seen by the other.
	var locked []VariantID
	if err := db.ForUpdate(tx.Query(ctx)).Table("variants").Where("id IN ?", ids).Order("id").Pluck("id", &locked).Error; err != nil {
		return false, fmt.Errorf("bundle variant %d: %w", bundle, err)
	}
	var nested []int
	err = tx.Query(ctx).Raw("SELECT 1 FROM components WHERE bundle_id IN ? OR variant_id = ? LIMIT 1", append(ids[1:len(ids):len(ids)], 0), bundle).Scan(&nested).Error
	if err != nil {
		return false, fmt.Errorf("bundle variant %d: %w", bundle, err)
	}
	if len(nested) > 0 && len(parts) > 0 || len(locked) != len(ids) {
		return false, fault.New(fault.Conflict, "catalog.bundle.nested")
	}
	before, err := Components(ctx, tx, []VariantID{bundle})
	if err != nil {
		return false, err
	}
	same := slices.EqualFunc(before[bundle], parts, func(a, b Component) bool { return a.Variant == b.Variant && a.Qty == b.Qty })
	if same {
		return false, nil
	}
	if err := tx.Query(ctx).Exec("DELETE FROM components WHERE bundle_id = ?", bundle).Error; err != nil {
		return false, fmt.Errorf("bundle variant %d: %w", bundle, err)
	}
	rows := make([][]any, len(parts))
	for i, k := range parts {
		rows[i] = []any{int64(bundle), int64(k.Variant), k.Qty, i}
	}
	if _, err := tx.Insert(ctx, "components", []string{"bundle_id", "variant_id", "qty", "position"}, rows, false); err != nil {
		return false, fmt.Errorf("bundle variant %d: %w", bundle, err)
	}
	return true, touched(ctx, tx, bundle, now)
}

// touched gives a variant's product a new version: what is kept of its page
// is no longer true.
func touched(ctx context.Context, tx *db.Tx, v VariantID, now time.Time) error {
	err := tx.Query(ctx).Exec("UPDATE products SET version = version + 1, updated_at = ? WHERE id = (SELECT product_id FROM variants WHERE id = ?)", db.At(now), v).Error
	if err != nil {
		return fmt.Errorf("note change of variant %d: %w", v, err)
	}
	return nil
}

package inventory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
)

// Part is what one of a bundle holds of a variant.
type Part struct {
	Bundle, Variant catalog.VariantID
	Qty             int
}

// Bundle makes a variant a bundle of these components, or with none an
// ordinary variant again, and reports whether that changed anything. A bundle
// has no stock of its own: a variant of which units lie somewhere or are
// promised is fault.Conflict.
func Bundle(ctx context.Context, tx *db.Tx, v catalog.VariantID, parts []catalog.Component, now time.Time) (bool, error) {
	if len(parts) > 0 {
		var own []int
		err := tx.Query(ctx).Raw(`SELECT 1 FROM stock WHERE variant_id = ? AND (on_hand > 0 OR reserved > 0)
			UNION ALL SELECT 1 FROM stock_places WHERE variant_id = ? AND on_hand > 0`, v, v).Scan(&own).Error
		if err != nil {
			return false, fmt.Errorf("bundle variant %d: %w", v, err)
		}
		if len(own) > 0 {
			return false, fault.New(fault.Conflict, "inventory.bundle.stock")
		}
		err = tx.Query(ctx).Exec("UPDATE stock SET tracked = FALSE, counted_since = ?, policy = 'deny', beyond = 0, ready_at = 0 WHERE variant_id = ?", db.At(now), v).Error
		if err != nil {
			return false, fmt.Errorf("bundle variant %d: %w", v, err)
		}
	}
	return catalog.SetComponents(ctx, tx, v, parts, now)
}

// unpacked adds up the lines with bundles as their components, in id order,
// and says which parts each bundle has.
func unpacked(ctx context.Context, q db.Q, lines []Line) ([]Line, []Part, error) {
	if _, err := merge(lines); err != nil || len(lines) == 0 {
		return nil, nil, err
	}
	var parts []Part
	var ids []catalog.VariantID
	for _, l := range lines {
		if !l.Single {
			ids = append(ids, l.Variant)
		}
	}
	if len(ids) == 0 {
		all, err := merge(lines)
		return all, nil, err
	}
	err := q.Query(ctx).Raw("SELECT bundle_id AS bundle, variant_id AS variant, qty FROM components WHERE bundle_id IN ? ORDER BY bundle_id, variant_id", ids).Scan(&parts).Error
	if err != nil {
		return nil, nil, fmt.Errorf("read components: %w", err)
	}
	all, err := merge(unpack(lines, parts))
	return all, parts, err
}

// unpack puts the components of bundles in their place.
func unpack(lines []Line, parts []Part) []Line {
	all := make([]Line, 0, len(lines)+len(parts))
	for _, l := range lines {
		bundle := false
		for _, p := range parts {
			if p.Bundle == l.Variant {
				bundle = true
				all = append(all, Line{Variant: p.Variant, Qty: p.Qty * l.Qty})
			}
		}
		if !bundle {
			all = append(all, l)
		}
	}
	return all
}

func writeParts(ctx context.Context, tx *db.Tx, orderID int64, parts []Part) error {
	rows := make([][]any, len(parts))
	for i, p := range parts {
		rows[i] = []any{orderID, int64(p.Bundle), int64(p.Variant), p.Qty}
	}
	if _, err := tx.Insert(ctx, "hold_parts", partColumns, rows, false); err != nil {
		return fmt.Errorf("reserve for order %d: %w", orderID, err)
	}
	return nil
}

var partColumns = []string{"order_id", "bundle_id", "variant_id", "qty"}

// Parts reads what the bundles of an order were made of when it was placed.
func Parts(ctx context.Context, q db.Q, orderID int64) ([]Part, error) {
	var parts []Part
	err := q.Query(ctx).Raw("SELECT bundle_id AS bundle, variant_id AS variant, qty FROM hold_parts WHERE order_id = ? ORDER BY bundle_id, variant_id", orderID).Scan(&parts).Error
	if err != nil {
		return nil, fmt.Errorf("read parts of order %d: %w", orderID, err)
	}
	return parts, nil
}

// of says the same of the line that could not be had: a shopper who wants a
// bundle is told of the bundle, not of its spoon.
func (e *OutOfStockError) of(lines []Line, parts []Part) *OutOfStockError {
	if slices.ContainsFunc(lines, func(l Line) bool { return l.Variant == e.Variant }) {
		return e
	}
	sold := slices.Clone(lines)
	slices.SortFunc(sold, func(a, b Line) int { return cmp.Compare(a.Variant, b.Variant) })
	for _, l := range sold {
		for _, p := range parts {
			if p.Bundle == l.Variant && p.Variant == e.Variant {
				return &OutOfStockError{l.Variant, min(e.Left/p.Qty, max(0, l.Qty-1))}
			}
		}
	}
	return e
}

// Keeps reports whether an order that waits for its money holds units of a
// variant, or of what is in it.
func Keeps(ctx context.Context, q db.Q, orderID int64, v catalog.VariantID) (bool, error) {
	var found []int
	err := q.Query(ctx).Raw(`SELECT 1 FROM holds WHERE order_id = ? AND state = 'open'
		AND (variant_id = ? OR variant_id IN (SELECT variant_id FROM components WHERE bundle_id = ?)) LIMIT 1`, orderID, v, v).Scan(&found).Error
	if err != nil {
		return false, fmt.Errorf("read holds of order %d: %w", orderID, err)
	}
	return len(found) > 0, nil
}

package inventory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
)

// Told is what became of the goods of one order: held at At until Expires, and
// now in State (open, committed, shipped, released, expired), the last three
// since Ended.
type Told struct {
	Order              int64
	Lines              []Line
	At, Expires, Ended time.Time
	State              string
}

// TellMany writes the holds and shipments of many orders with few statements.
// Counting starts with what lies on the shelf now: fewer units than the orders
// took or still hold is *OutOfStockError, and the transaction is spoilt.
func TellMany(ctx context.Context, tx *db.Tx, all []Told, now time.Time) error {
	tracked, err := counted(ctx, tx)
	if err != nil {
		return err
	}
	main, err := firstSelling(ctx, tx)
	if err != nil {
		return err
	}
	inside, err := allParts(ctx, tx)
	if err != nil {
		return err
	}
	gone, held := map[catalog.VariantID]int{}, map[catalog.VariantID]int{}
	var holds, movements, bundles [][]any
	for _, t := range all {
		lines, err := merge(t.Lines)
		if err != nil {
			return err
		}
		for _, l := range lines {
			for _, p := range inside[l.Variant] {
				bundles = append(bundles, []any{t.Order, int64(p.Bundle), int64(p.Variant), p.Qty})
			}
		}
		if lines, err = merge(unpackBy(lines, inside)); err != nil {
			return err
		}
		for _, l := range lines {
			if !tracked[l.Variant] {
				continue
			}
			ended := t.Ended
			switch t.State {
			case "open", "committed":
				held[l.Variant] += l.Qty
				ended = time.Time{}
			case "shipped":
				gone[l.Variant] += l.Qty
				movements = append(movements, []any{int64(l.Variant), int64(main), -l.Qty, "shipped", strconv.FormatInt(t.Order, 10), "",
					fmt.Sprintf("shipped:%d:%d", t.Order, l.Variant), db.At(t.Ended).Milli()})
			case Released, Expired:
			default:
				return fmt.Errorf("tell stock of order %d: no such state as %q", t.Order, t.State)
			}
			holds = append(holds, []any{t.Order, int64(l.Variant), l.Qty, t.State, db.At(t.Expires).Milli(), db.At(t.At).Milli(), db.At(ended).Milli()})
		}
	}
	columns := []string{"order_id", "variant_id", "qty", "state", "expires_at", "created_at", "ended_at"}
	if _, err := tx.Insert(ctx, "holds", columns, holds, false); err != nil {
		return fmt.Errorf("tell stock: %w", err)
	}
	if _, err := tx.Insert(ctx, "hold_parts", partColumns, bundles, false); err != nil {
		return fmt.Errorf("tell stock: %w", err)
	}
	if _, err := tx.Insert(ctx, "stock_movements", movementColumns, movements, false); err != nil {
		return fmt.Errorf("tell stock: %w", err)
	}
	touched := slices.Concat(slices.Collect(maps.Keys(gone)), slices.Collect(maps.Keys(held)))
	slices.Sort(touched)
	for _, v := range slices.Compact(touched) {
		r := tx.Query(ctx).Exec(`UPDATE stock SET on_hand = on_hand - ?, reserved = reserved + ?, updated_at = ?
			WHERE variant_id = ? AND on_hand - ? >= reserved + ?`, gone[v], held[v], db.At(now), v, gone[v], held[v])
		if r.Error != nil {
			return fmt.Errorf("tell stock of variant %d: %w", v, r.Error)
		}
		if r.RowsAffected == 0 {
			left, err := Available(ctx, tx, []catalog.VariantID{v})
			if err != nil {
				return err
			}
			return fmt.Errorf("tell stock: %w", &OutOfStockError{v, left[v]})
		}
		r = tx.Query(ctx).Exec("UPDATE stock_places SET on_hand = on_hand - ? WHERE variant_id = ? AND location_id = ? AND on_hand >= ?", gone[v], v, int64(main), gone[v])
		if r.Error != nil {
			return fmt.Errorf("tell stock of variant %d: %w", v, r.Error)
		}
		if r.RowsAffected == 0 && gone[v] > 0 {
			return fmt.Errorf("tell stock of variant %d: it lies at several places", v)
		}
	}
	return nil
}

func firstSelling(ctx context.Context, q db.Q) (LocationID, error) {
	var ids []LocationID
	if err := q.Query(ctx).Raw("SELECT id FROM locations WHERE sells = TRUE ORDER BY position, id LIMIT 1").Scan(&ids).Error; err != nil {
		return 0, fmt.Errorf("read places: %w", err)
	}
	if len(ids) == 0 {
		return 0, fault.New(fault.Conflict, "inventory.place.none")
	}
	return ids[0], nil
}

// allParts reads what every bundle is made of.
func allParts(ctx context.Context, q db.Q) (map[catalog.VariantID][]Part, error) {
	var parts []Part
	err := q.Query(ctx).Raw("SELECT bundle_id AS bundle, variant_id AS variant, qty FROM components ORDER BY bundle_id, variant_id").Scan(&parts).Error
	if err != nil {
		return nil, fmt.Errorf("read components: %w", err)
	}
	by := map[catalog.VariantID][]Part{}
	for _, p := range parts {
		by[p.Bundle] = append(by[p.Bundle], p)
	}
	return by, nil
}

func unpackBy(lines []Line, inside map[catalog.VariantID][]Part) []Line {
	all := make([]Line, 0, len(lines))
	for _, l := range lines {
		all = append(all, unpack([]Line{l}, inside[l.Variant])...)
	}
	return all
}

// counted are the variants whose units are counted.
func counted(ctx context.Context, q db.Q) (map[catalog.VariantID]bool, error) {
	var ids []catalog.VariantID
	if err := q.Query(ctx).Raw("SELECT variant_id FROM stock WHERE tracked = TRUE").Scan(&ids).Error; err != nil {
		return nil, fmt.Errorf("read counted variants: %w", err)
	}
	all := make(map[catalog.VariantID]bool, len(ids))
	for _, id := range ids {
		all[id] = true
	}
	return all, nil
}

// ReceiveMany notes one delivery of many variants; each has a stock row
// already. key makes the same delivery, told twice, count once.
func ReceiveMany(ctx context.Context, tx *db.Tx, lines []Line, key string, now time.Time) error {
	lines, err := merge(lines)
	if err != nil {
		return err
	}
	main, err := firstSelling(ctx, tx)
	if err != nil {
		return err
	}
	movements := make([][]any, len(lines))
	for i, l := range lines {
		movements[i] = []any{int64(l.Variant), int64(main), l.Qty, "received", "", "", fmt.Sprintf("%s:%d", key, l.Variant), db.At(now).Milli()}
	}
	n, err := tx.Insert(ctx, "stock_movements", movementColumns, movements, true)
	if err != nil {
		return fmt.Errorf("receive delivery %s: %w", key, err)
	}
	if n == 0 {
		return nil // told before
	}
	if int(n) != len(lines) {
		return fmt.Errorf("receive delivery %s: it was told before with other variants", key)
	}
	for _, l := range lines {
		r := tx.Query(ctx).Exec("UPDATE stock SET on_hand = on_hand + ?, updated_at = ? WHERE variant_id = ?", l.Qty, db.At(now), l.Variant)
		if r.Error != nil {
			return fmt.Errorf("receive variant %d: %w", l.Variant, r.Error)
		}
		if r.RowsAffected == 0 {
			return fmt.Errorf("receive variant %d: it has no stock row", l.Variant)
		}
		if _, err := lay(ctx, tx, l.Variant, []movement{{qty: l.Qty}}, map[LocationID]Location{0: {ID: main}}); err != nil {
			return err
		}
	}
	return nil
}

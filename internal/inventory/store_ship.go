package inventory

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm/clause"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
)

// ShipLines takes exactly these units of an order off the shelf, of a bundle
// its components. from is the place they are taken from, 0 = places that sell,
// in their order. Variants that are not counted need nothing; more units than
// the order still holds, units that are not paid, and units that are not there
// or promised to an earlier order are fault.Conflict and spoil the transaction.
func ShipLines(ctx context.Context, tx *db.Tx, orderID int64, lines []Line, from LocationID, now time.Time) error {
	if _, err := merge(lines); err != nil {
		return err
	}
	parts, err := Parts(ctx, tx, orderID)
	if err != nil {
		return err
	}
	if lines, err = merge(unpack(lines, parts)); err != nil {
		return err
	}
	holds, err := lockHolds(ctx, tx, orderID)
	if err != nil {
		return err
	}
	return ship(ctx, tx, orderID, lines, holds, from, now)
}

func ship(ctx context.Context, tx *db.Tx, orderID int64, lines []Line, holds []hold, from LocationID, now time.Time) error {
	by := make(map[catalog.VariantID]hold, len(holds))
	for _, h := range holds {
		by[h.VariantID] = h
	}
	places, err := selling(ctx, tx, from)
	if err != nil {
		return err
	}
	var movements [][]any
	for _, l := range lines {
		h, counted := by[l.Variant]
		if !counted {
			continue
		}
		r := tx.Query(ctx).Exec(`UPDATE holds SET shipped = shipped + ?, state = CASE WHEN shipped + ? = qty THEN 'shipped' ELSE state END,
			ended_at = CASE WHEN shipped + ? = qty THEN CAST(? AS BIGINT) ELSE ended_at END WHERE id = ? AND state = 'committed' AND shipped = ? AND shipped + ? <= qty`,
			l.Qty, l.Qty, l.Qty, db.At(now), h.ID, h.Shipped, l.Qty)
		if r.Error != nil {
			return fmt.Errorf("ship order %d: %w", orderID, r.Error)
		}
		if r.RowsAffected != 1 {
			return fault.New(fault.Conflict, "inventory.unpaid", "order", orderID)
		}
		if err := there(ctx, tx, h, l, now); err != nil {
			return err
		}
		r = tx.Query(ctx).Exec(`UPDATE stock SET on_hand = on_hand - ?, reserved = reserved - ?, updated_at = ?
			WHERE variant_id = ? AND reserved >= ? AND on_hand >= ?`, l.Qty, l.Qty, db.At(now), l.Variant, l.Qty, l.Qty)
		if r.Error != nil {
			return fmt.Errorf("ship order %d: %w", orderID, r.Error)
		}
		if r.RowsAffected != 1 {
			return fmt.Errorf("ship order %d: %d units of variant %d are not reserved", orderID, l.Qty, l.Variant)
		}
		rows, err := pick(ctx, tx, orderID, h, l, places, now)
		if err != nil {
			return err
		}
		movements = append(movements, rows...)
	}
	if _, err := tx.Insert(ctx, "stock_movements", movementColumns, movements, false); err != nil {
		return fmt.Errorf("ship order %d: %w", orderID, err)
	}
	return nil
}

// there refuses to ship what has not come yet, what is sold ahead of its day,
// and what is promised to an earlier order: units are given out in the order
// in which they were sold. The stock's row stays locked.
func there(ctx context.Context, tx *db.Tx, h hold, l Line, now time.Time) error {
	var s struct {
		OnHand, Reserved int
		Policy           string
		ReadyAt          db.Time
	}
	err := db.ForUpdate(tx.Query(ctx)).Table("stock").Select("on_hand, reserved, policy, ready_at").Where("variant_id = ?", l.Variant).Take(&s).Error
	if err != nil {
		return fmt.Errorf("ship variant %d: %w", l.Variant, err)
	}
	if s.Policy == catalog.Preorder && s.ReadyAt.After(now) {
		return fault.New(fault.Conflict, "inventory.early", "date", s.ReadyAt.Time)
	}
	if s.Reserved <= s.OnHand {
		return nil
	}
	var ahead int
	err = tx.Query(ctx).Raw(`SELECT coalesce(sum(qty - shipped), 0) FROM holds WHERE variant_id = ? AND state IN ('open','committed')
		AND (created_at < ? OR created_at = ? AND id < ?)`, l.Variant, h.CreatedAt, h.CreatedAt, h.ID).Scan(&ahead).Error
	if err != nil {
		return fmt.Errorf("ship variant %d: %w", l.Variant, err)
	}
	if left := s.OnHand - ahead; left < l.Qty {
		return fault.New(fault.Conflict, "inventory.waiting", "count", max(0, left), "want", l.Qty)
	}
	return nil
}

// pick takes units from places in their order, and returns the movements.
func pick(ctx context.Context, tx *db.Tx, orderID int64, h hold, l Line, places []LocationID, now time.Time) ([][]any, error) {
	var lies []struct {
		LocationID LocationID
		OnHand     int
	}
	if err := tx.Query(ctx).Raw("SELECT location_id, on_hand FROM stock_places WHERE variant_id = ? AND on_hand > 0", l.Variant).Scan(&lies).Error; err != nil {
		return nil, fmt.Errorf("ship variant %d: %w", l.Variant, err)
	}
	key := fmt.Sprintf("shipped:%d:%d", orderID, l.Variant)
	if h.Shipped > 0 {
		key += fmt.Sprintf(":%d", h.Shipped)
	}
	var movements [][]any
	want := l.Qty
	for _, place := range places {
		for _, p := range lies {
			units := min(p.OnHand, want)
			if p.LocationID != place || units == 0 {
				continue
			}
			r := tx.Query(ctx).Exec("UPDATE stock_places SET on_hand = on_hand - ? WHERE variant_id = ? AND location_id = ? AND on_hand >= ?", units, l.Variant, int64(place), units)
			if r.Error != nil {
				return nil, fmt.Errorf("ship variant %d: %w", l.Variant, r.Error)
			}
			if r.RowsAffected != 1 {
				return nil, fmt.Errorf("ship variant %d: %d units are no longer at place %d", l.Variant, units, place)
			}
			if want < l.Qty {
				key = fmt.Sprintf("%s@%d", key, place)
			}
			movements = append(movements, []any{int64(l.Variant), int64(place), -units, "shipped", strconv.FormatInt(orderID, 10), "", key, db.At(now).Milli()})
			want -= units
		}
	}
	if want > 0 {
		return nil, fault.New(fault.Conflict, "inventory.place.short", "count", l.Qty-want, "want", l.Qty)
	}
	return movements, nil
}

// selling lists the places to ship from, in their order, and keeps them what
// they are until the transaction is over: from alone, if it sells, or all.
func selling(ctx context.Context, tx *db.Tx, from LocationID) ([]LocationID, error) {
	q := tx.Query(ctx).Clauses(clause.Locking{Strength: "SHARE"}).Table("locations").Where("sells = TRUE")
	if from != 0 {
		q = q.Where("id = ?", int64(from))
	}
	var ids []LocationID
	if err := q.Order("position, id").Pluck("id", &ids).Error; err != nil {
		return nil, fmt.Errorf("read places: %w", err)
	}
	if len(ids) == 0 {
		return nil, fault.New(fault.Conflict, "inventory.place.none")
	}
	return ids, nil
}

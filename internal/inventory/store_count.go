package inventory

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
)

// Count notes that onHand units lie on the shelf: the difference becomes a
// movement, "opening" for a variant that had none yet. key makes the same
// count, told twice, count once; a count that finds no difference leaves no
// movement and so no key. Fewer units than are promised to orders is
// fault.Conflict, and nothing has changed.
func Count(ctx context.Context, tx *db.Tx, v catalog.VariantID, onHand int, key string, now time.Time) error {
	if onHand < 0 {
		return fault.New(fault.Invalid, "inventory.qty.wrong")
	}
	if err := begin(ctx, tx, v, now); err != nil {
		return err
	}
	var have struct{ OnHand, Reserved int }
	// Locked: the difference must be to what is there when it is written.
	err := db.ForUpdate(tx.Query(ctx)).Table("stock").Select("on_hand, reserved").Where("variant_id = ?", v).Take(&have).Error
	if err != nil {
		return fmt.Errorf("count variant %d: %w", v, err)
	}
	if have.OnHand == onHand {
		return nil
	}
	var moved []int
	if err := tx.Query(ctx).Raw("SELECT 1 FROM stock_movements WHERE variant_id = ? LIMIT 1", v).Scan(&moved).Error; err != nil {
		return fmt.Errorf("count variant %d: %w", v, err)
	}
	reason := "counted"
	if len(moved) == 0 {
		reason = "opening"
	}
	return shift(ctx, tx, v, onHand-have.OnHand, reason, "", key, now)
}

// Receive notes that qty units came in. key makes the same delivery, told
// twice, count once.
func Receive(ctx context.Context, tx *db.Tx, v catalog.VariantID, qty int, key string, now time.Time) error {
	if qty <= 0 {
		return fault.New(fault.Invalid, "inventory.qty.wrong")
	}
	if err := begin(ctx, tx, v, now); err != nil {
		return err
	}
	return shift(ctx, tx, v, qty, "received", "", key, now)
}

// Return notes that units of an order came back: good ones can be sold again,
// lost ones are written off. What was not counted when it was sold is not
// counted now; more than the order took from the shelf is fault.Conflict. key
// makes the same return, told twice, count once.
func Return(ctx context.Context, tx *db.Tx, orderID int64, v catalog.VariantID, good, lost int, key string, now time.Time) error {
	qty := good + lost
	if good < 0 || lost < 0 || qty == 0 {
		return fault.New(fault.Invalid, "inventory.qty.wrong")
	}
	holds, err := lockHolds(ctx, tx, orderID)
	if err != nil {
		return err
	}
	sent := 0
	for _, h := range holds {
		if h.VariantID == v && h.State == "shipped" {
			sent += h.Qty
		} else if h.VariantID == v {
			sent += h.Shipped
		}
	}
	if sent == 0 {
		return nil
	}
	var back int
	err = tx.Query(ctx).Raw("SELECT coalesce(sum(qty), 0) FROM stock_movements WHERE variant_id = ? AND reason = 'returned' AND ref = ? AND key <> ?",
		v, fmt.Sprint(orderID), fmt.Sprintf("%s:%d", key, v)).Scan(&back).Error
	if err != nil {
		return fmt.Errorf("take variant %d back: %w", v, err)
	}
	if back+qty > sent {
		return fault.New(fault.Conflict, "inventory.returned", "most", sent-back)
	}
	if err := begin(ctx, tx, v, now); err != nil {
		return err
	}
	if err := shift(ctx, tx, v, qty, "returned", fmt.Sprint(orderID), key, now); err != nil || lost == 0 {
		return err
	}
	return shift(ctx, tx, v, -lost, "written-off", fmt.Sprint(orderID), key+":lost", now)
}

// WriteOff notes that qty units are lost or broken. Units promised to orders
// cannot be written off: fault.Conflict.
func WriteOff(ctx context.Context, tx *db.Tx, v catalog.VariantID, qty int, key string, now time.Time) error {
	if qty <= 0 {
		return fault.New(fault.Invalid, "inventory.qty.wrong")
	}
	return shift(ctx, tx, v, -qty, "written-off", "", key, now)
}

// Track turns counting of a variant on or off. Without counting it can always
// be sold.
func Track(ctx context.Context, tx *db.Tx, v catalog.VariantID, on bool, now time.Time) error {
	if err := begin(ctx, tx, v, now); err != nil {
		return err
	}
	err := tx.Query(ctx).Exec("UPDATE stock SET tracked = ?, counted_since = ?, updated_at = ? WHERE variant_id = ? AND tracked <> ?", on, db.At(now), db.At(now), v, on).Error
	if err != nil {
		return fmt.Errorf("track variant %d: %w", v, err)
	}
	return nil
}

// begin makes the stock row of a variant if there is none.
func begin(ctx context.Context, tx *db.Tx, v catalog.VariantID, now time.Time) error {
	err := tx.Query(ctx).Exec(`INSERT INTO stock (variant_id, tracked, on_hand, reserved, counted_since, updated_at) VALUES (?, TRUE, 0, 0, ?, ?)
		ON CONFLICT (variant_id) DO NOTHING`, v, db.At(now), db.At(now)).Error
	if err != nil {
		return fmt.Errorf("begin stock of variant %d: %w", v, err)
	}
	return nil
}

// shift changes on_hand and writes the movement that says why, once a key and
// variant: one delivery of many variants may go under one key.
func shift(ctx context.Context, tx *db.Tx, v catalog.VariantID, qty int, reason, ref, key string, now time.Time) error {
	key = fmt.Sprintf("%s:%d", key, v)
	n, err := tx.Insert(ctx, "stock_movements", movementColumns, [][]any{{int64(v), qty, reason, ref, key, db.At(now).Milli()}}, true)
	if err != nil {
		return fmt.Errorf("move stock of variant %d: %w", v, err)
	}
	if n == 0 {
		return nil // told before
	}
	r := tx.Query(ctx).Exec(`UPDATE stock SET on_hand = on_hand + ?, updated_at = ? WHERE variant_id = ? AND on_hand + ? >= reserved`, qty, db.At(now), v, qty)
	if r.Error != nil {
		return fmt.Errorf("move stock of variant %d: %w", v, r.Error)
	}
	if r.RowsAffected == 1 {
		return nil
	}
	if err := tx.Query(ctx).Exec("DELETE FROM stock_movements WHERE key = ?", key).Error; err != nil {
		return fmt.Errorf("undo movement of variant %d: %w", v, err)
	}
	return fault.New(fault.Conflict, "inventory.promised")
}

// Check looks for broken invariants of the stock: S1 and S2, and S4 as far as
// rows can show it (a hold open longer than a day past its end). Sound stock
// gives none.
func Check(ctx context.Context, q db.Q, now time.Time) ([]Wrong, error) {
	var wrong []Wrong
	for _, rule := range []struct {
		name, query string
		args        []any
	}{
		{"S1", `SELECT 'variant ' || variant_id || ': on hand ' || on_hand || ', reserved ' || reserved FROM stock
			WHERE on_hand < 0 OR reserved < 0 OR reserved > on_hand ORDER BY variant_id LIMIT 100`, nil},
		{"S2", `SELECT 'variant ' || s.variant_id || ': on hand ' || s.on_hand || ', movements say ' || coalesce(m.units, 0)
			FROM stock s LEFT JOIN (SELECT variant_id, sum(qty) AS units FROM stock_movements GROUP BY variant_id) m ON m.variant_id = s.variant_id
			WHERE s.on_hand <> coalesce(m.units, 0) ORDER BY s.variant_id LIMIT 100`, nil},
		{"S2", `SELECT 'variant ' || s.variant_id || ': reserved ' || s.reserved || ', holds say ' || coalesce(h.units, 0)
			FROM stock s LEFT JOIN (SELECT variant_id, sum(qty - shipped) AS units FROM holds WHERE state IN ('open','committed') GROUP BY variant_id) h ON h.variant_id = s.variant_id
			WHERE s.reserved <> coalesce(h.units, 0) ORDER BY s.variant_id LIMIT 100`, nil},
		{"S4", `SELECT 'order ' || order_id || ': hold of variant ' || variant_id || ' is open past its end' FROM holds
			WHERE state = 'open' AND expires_at < ? ORDER BY order_id LIMIT 100`, []any{db.At(now.Add(-24 * time.Hour))}},
	} {
		var found []string
		if err := q.Query(ctx).Raw(rule.query, rule.args...).Scan(&found).Error; err != nil {
			return nil, fmt.Errorf("check stock rule %s: %w", rule.name, err)
		}
		for _, detail := range found {
			wrong = append(wrong, Wrong{rule.name, detail})
		}
	}
	return wrong, nil
}

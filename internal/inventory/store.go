package inventory

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
)

// Available says how many units of each variant can still be sold; -1 = not
// counted, and so it is for a variant without stock.
func Available(ctx context.Context, q db.Q, ids []catalog.VariantID) (map[catalog.VariantID]int, error) {
	left := make(map[catalog.VariantID]int, len(ids))
	if len(ids) == 0 {
		return left, nil
	}
	var rows []struct {
		VariantID catalog.VariantID
		Units     int
	}
	err := q.Query(ctx).Raw("SELECT variant_id, on_hand - reserved AS units FROM stock WHERE tracked = TRUE AND variant_id IN ?", ids).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read stock of %d variants: %w", len(ids), err)
	}
	for _, id := range ids {
		left[id] = -1
	}
	for _, r := range rows {
		left[r.VariantID] = r.Units
	}
	return left, nil
}

// Reserve holds the lines for an order until expires. Either all are held or
// none: with *OutOfStockError nothing has changed, and the transaction may go
// on. Variants that are not counted hold nothing. An order reserves once; a
// second time is fault.Conflict and spoils the transaction.
func Reserve(ctx context.Context, tx *db.Tx, orderID int64, lines []Line, expires, now time.Time) error {
	wanted, err := merge(lines)
	if err != nil {
		return err
	}
	held, err := take(ctx, tx, wanted, now)
	if err != nil {
		return fmt.Errorf("reserve for order %d: %w", orderID, err)
	}
	rows := make([][]any, len(held))
	for i, l := range held {
		rows[i] = []any{orderID, int64(l.Variant), l.Qty, "open", db.At(expires).Milli(), db.At(now).Milli()}
	}
	n, err := tx.Insert(ctx, "holds", []string{"order_id", "variant_id", "qty", "state", "expires_at", "created_at"}, rows, true)
	if err != nil {
		return fmt.Errorf("reserve for order %d: %w", orderID, err)
	}
	if int(n) != len(held) {
		return fault.New(fault.Conflict, "inventory.held", "order", orderID)
	}
	return nil
}

// take adds lines to what is reserved, in order, and returns those that are
// counted. If one cannot be had it gives the earlier ones back.
func take(ctx context.Context, tx *db.Tx, lines []Line, now time.Time) ([]Line, error) {
	held := make([]Line, 0, len(lines))
	for _, l := range lines {
		took, err := takeOne(ctx, tx, l, now)
		if err != nil {
			for _, h := range held { // still locked by this transaction: nobody saw them gone
				if err := giveBack(ctx, tx, h, now); err != nil {
					return nil, err
				}
			}
			return nil, err
		}
		if took {
			held = append(held, l)
		}
	}
	return held, nil
}

func takeOne(ctx context.Context, tx *db.Tx, l Line, now time.Time) (counted bool, err error) {
	var left map[catalog.VariantID]int
	for range 3 {
		r := tx.Query(ctx).Exec(`UPDATE stock SET reserved = reserved + ?, updated_at = ?
			WHERE variant_id = ? AND tracked = TRUE AND on_hand - reserved >= ?`, l.Qty, db.At(now), l.Variant, l.Qty)
		if r.Error != nil {
			return false, fmt.Errorf("hold variant %d: %w", l.Variant, r.Error)
		}
		if r.RowsAffected == 1 {
			return true, nil
		}
		if left, err = Available(ctx, tx, []catalog.VariantID{l.Variant}); err != nil {
			return false, err
		}
		if left[l.Variant] < 0 {
			return false, nil
		}
		if left[l.Variant] < l.Qty {
			break
		} // else a hold ended between the two statements
	}
	return false, &OutOfStockError{l.Variant, min(left[l.Variant], l.Qty-1)}
}

func giveBack(ctx context.Context, tx *db.Tx, l Line, now time.Time) error {
	r := tx.Query(ctx).Exec("UPDATE stock SET reserved = reserved - ?, updated_at = ? WHERE variant_id = ? AND reserved >= ?", l.Qty, db.At(now), l.Variant, l.Qty)
	if r.Error != nil {
		return fmt.Errorf("give back variant %d: %w", l.Variant, r.Error)
	}
	if r.RowsAffected != 1 {
		return fmt.Errorf("give back variant %d: %d units are not reserved", l.Variant, l.Qty)
	}
	return nil
}

type hold struct {
	ID        int64
	VariantID catalog.VariantID
	Qty       int
	Shipped   int // of Qty
	State     string
}

// line is what the hold still keeps of the stock, or would.
func (h hold) line() Line { return Line{h.VariantID, h.Qty - h.Shipped} }

// lockHolds reads an order's holds in variant order and keeps others from
// ending them until this transaction is over.
func lockHolds(ctx context.Context, tx *db.Tx, orderID int64) ([]hold, error) {
	var holds []hold
	err := db.ForUpdate(tx.Query(ctx)).Table("holds").Where("order_id = ?", orderID).Order("variant_id").Find(&holds).Error
	if err != nil {
		return nil, fmt.Errorf("read holds of order %d: %w", orderID, err)
	}
	return holds, nil
}

// move changes the state of an order's holds that are in one of the states
// from, and returns them: only who gets them here may touch the stock for
// them, which is how a hold ends exactly once.
func move(ctx context.Context, tx *db.Tx, orderID int64, to string, ended time.Time, from ...string) ([]hold, error) {
	holds, err := lockHolds(ctx, tx, orderID)
	if err != nil {
		return nil, err
	}
	var moved []hold
	for _, h := range holds {
		for _, state := range from {
			if h.State == state {
				moved = append(moved, h)
			}
		}
	}
	if len(moved) == 0 {
		return nil, nil
	}
	r := tx.Query(ctx).Exec("UPDATE holds SET state = ?, ended_at = ? WHERE order_id = ? AND state IN ?", to, db.At(ended), orderID, from)
	if r.Error != nil {
		return nil, fmt.Errorf("move holds of order %d to %s: %w", orderID, to, r.Error)
	}
	if int(r.RowsAffected) != len(moved) {
		return nil, fault.New(fault.Conflict, "inventory.held", "order", orderID)
	}
	return moved, nil
}

// Commit makes an order's holds outlast their time, since it is paid. It
// reports whether the goods are the order's: true also when they were
// committed before or none of them is counted, false when the hold had ended;
// Retake may get them back then.
func Commit(ctx context.Context, tx *db.Tx, orderID int64, now time.Time) (bool, error) {
	if _, err := move(ctx, tx, orderID, "committed", time.Time{}, "open"); err != nil {
		return false, err
	}
	holds, err := lockHolds(ctx, tx, orderID)
	if err != nil {
		return false, err
	}
	for _, h := range holds {
		if h.State == Released || h.State == Expired {
			return false, nil
		}
	}
	return true, nil
}

// Release ends an order's holds and gives the units back, and reports whether
// this call did. why is Expired, which ends only holds that wait for payment,
// or Released, which also ends those of paid goods not shipped yet.
func Release(ctx context.Context, tx *db.Tx, orderID int64, why string, now time.Time) (bool, error) {
	from := []string{"open"}
	switch why {
	case Expired:
	case Released:
		from = append(from, "committed")
	default:
		return false, fmt.Errorf("release order %d: no such reason as %q", orderID, why)
	}
	ended, err := move(ctx, tx, orderID, why, now, from...)
	if err != nil {
		return false, err
	}
	for _, h := range ended {
		if err := giveBack(ctx, tx, h.line(), now); err != nil {
			return false, fmt.Errorf("release order %d: %w", orderID, err)
		}
	}
	return len(ended) > 0, nil
}

// Until is when an order's open holds end; false: it has none.
func Until(ctx context.Context, q db.Q, orderID int64) (time.Time, bool, error) {
	var ends []db.Time
	err := q.Query(ctx).Raw("SELECT expires_at FROM holds WHERE order_id = ? AND state = 'open' ORDER BY expires_at LIMIT 1", orderID).Scan(&ends).Error
	if err != nil {
		return time.Time{}, false, fmt.Errorf("read holds of order %d: %w", orderID, err)
	}
	if len(ends) == 0 {
		return time.Time{}, false, nil
	}
	return ends[0].Time, true, nil
}

// Extend moves the end of an order's open holds to until, and reports whether
// there were any.
func Extend(ctx context.Context, tx *db.Tx, orderID int64, until, now time.Time) (bool, error) {
	r := tx.Query(ctx).Exec("UPDATE holds SET expires_at = ? WHERE order_id = ? AND state = 'open'", db.At(until), orderID)
	if r.Error != nil {
		return false, fmt.Errorf("extend holds of order %d: %w", orderID, r.Error)
	}
	return r.RowsAffected > 0, nil
}

// Ship takes what is left of an order's committed units off the shelf.
// Shipping again changes nothing; units that are not paid are fault.Conflict.
func Ship(ctx context.Context, tx *db.Tx, orderID int64, now time.Time) error {
	holds, err := lockHolds(ctx, tx, orderID)
	if err != nil {
		return err
	}
	var left []Line
	for _, h := range holds {
		switch h.State {
		case "committed":
			left = append(left, h.line())
		case "shipped":
		default:
			return fault.New(fault.Conflict, "inventory.unpaid", "order", orderID)
		}
	}
	return ship(ctx, tx, orderID, left, holds, now)
}

// ShipLines takes exactly these units of an order off the shelf. Variants that
// are not counted need nothing; more units than the order still holds, and
// units that are not paid, are fault.Conflict and spoil the transaction.
func ShipLines(ctx context.Context, tx *db.Tx, orderID int64, lines []Line, now time.Time) error {
	lines, err := merge(lines)
	if err != nil {
		return err
	}
	holds, err := lockHolds(ctx, tx, orderID)
	if err != nil {
		return err
	}
	return ship(ctx, tx, orderID, lines, holds, now)
}

func ship(ctx context.Context, tx *db.Tx, orderID int64, lines []Line, holds []hold, now time.Time) error {
	by := make(map[catalog.VariantID]hold, len(holds))
	for _, h := range holds {
		by[h.VariantID] = h
	}
	ref := strconv.FormatInt(orderID, 10)
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
		r = tx.Query(ctx).Exec(`UPDATE stock SET on_hand = on_hand - ?, reserved = reserved - ?, updated_at = ?
			WHERE variant_id = ? AND reserved >= ? AND on_hand >= ?`, l.Qty, l.Qty, db.At(now), l.Variant, l.Qty, l.Qty)
		if r.Error != nil {
			return fmt.Errorf("ship order %d: %w", orderID, r.Error)
		}
		if r.RowsAffected != 1 {
			return fmt.Errorf("ship order %d: %d units of variant %d are not reserved", orderID, l.Qty, l.Variant)
		}
		key := fmt.Sprintf("shipped:%d:%d", orderID, l.Variant)
		if h.Shipped > 0 {
			key += fmt.Sprintf(":%d", h.Shipped)
		}
		movements = append(movements, []any{int64(l.Variant), -l.Qty, "shipped", ref, key, db.At(now).Milli()})
	}
	if _, err := tx.Insert(ctx, "stock_movements", movementColumns, movements, false); err != nil {
		return fmt.Errorf("ship order %d: %w", orderID, err)
	}
	return nil
}

var movementColumns = []string{"variant_id", "qty", "reason", "ref", "key", "at"}

// Retake holds again, as committed, what an order had lost: its payment came
// after its hold had ended. All or nothing: with *OutOfStockError nothing has
// changed and the transaction may go on to refund.
func Retake(ctx context.Context, tx *db.Tx, orderID int64, now time.Time) error {
	holds, err := lockHolds(ctx, tx, orderID)
	if err != nil {
		return err
	}
	for _, h := range holds {
		if h.State != Released && h.State != Expired {
			continue
		}
		// Taken even where the variant is no longer counted: the row keeps
		// reserved units in balance with holds.
		r := tx.Query(ctx).Exec(`UPDATE stock SET reserved = reserved + ?, updated_at = ? WHERE variant_id = ? AND on_hand - reserved >= ?`,
			h.Qty, db.At(now), h.VariantID, h.Qty)
		if r.Error != nil {
			return fmt.Errorf("retake for order %d: %w", orderID, r.Error)
		}
		if r.RowsAffected == 1 {
			continue
		}
		left, err := Available(ctx, tx, []catalog.VariantID{h.VariantID})
		if err != nil {
			return err
		}
		for _, earlier := range holds {
			if earlier.VariantID < h.VariantID && (earlier.State == Released || earlier.State == Expired) {
				if err := giveBack(ctx, tx, earlier.line(), now); err != nil {
					return err
				}
			}
		}
		return fmt.Errorf("retake for order %d: %w", orderID, &OutOfStockError{h.VariantID, max(0, left[h.VariantID])})
	}
	_, err = move(ctx, tx, orderID, "committed", time.Time{}, Released, Expired)
	return err
}

// Due lists orders with a hold whose time is over, the longest over first.
func Due(ctx context.Context, q db.Q, now time.Time, limit int) ([]int64, error) {
	var ids []int64
	err := q.Query(ctx).Raw(`SELECT order_id FROM holds WHERE state = 'open' AND expires_at <= ?
		GROUP BY order_id ORDER BY min(expires_at), order_id LIMIT ?`, db.At(now), limit).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("look for due holds: %w", err)
	}
	return ids, nil
}

// Levels lists stock for the staff in order of SKU, with the number of all.
func Levels(ctx context.Context, q db.Q, lq LevelQuery) ([]Level, int, error) {
	where, args := []string{"v.active = TRUE"}, []any{}
	if text := strings.TrimSpace(lq.Text); text != "" {
		like := "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_", "\x00", "").Replace(strings.ToLower(strings.ToValidUTF8(text, ""))) + "%"
		where, args = append(where, "(lower(v.sku) LIKE ? ESCAPE '!' OR lower(p.code) LIKE ? ESCAPE '!')"), append(args, like, like)
	}
	if lq.Low != nil {
		where, args = append(where, "s.tracked = TRUE AND s.on_hand - s.reserved <= ?"), append(args, *lq.Low)
	}
	if lq.PerPage <= 0 {
		lq.PerPage = 50
	}
	from := ` FROM variants v JOIN products p ON p.id = v.product_id LEFT JOIN stock s ON s.variant_id = v.id WHERE ` + strings.Join(where, " AND ")
	var total int
	if err := q.Query(ctx).Raw("SELECT count(*)"+from, args...).Scan(&total).Error; err != nil {
		return nil, 0, fmt.Errorf("count stock: %w", err)
	}
	rows, err := q.Query(ctx).Raw(`SELECT v.id, v.product_id, v.sku, p.slug, p.name, coalesce(s.tracked, FALSE), coalesce(s.on_hand, 0), coalesce(s.reserved, 0)`+
		from+" ORDER BY v.sku LIMIT ? OFFSET ?", append(args, lq.PerPage, (max(1, lq.Page)-1)*lq.PerPage)...).Rows()
	if err != nil {
		return nil, 0, fmt.Errorf("list stock: %w", err)
	}
	defer rows.Close()
	var list []Level
	for rows.Next() {
		var l Level
		if err := rows.Scan(&l.Variant, &l.Product, &l.SKU, &l.Slug, &l.Name, &l.Tracked, &l.OnHand, &l.Reserved); err != nil {
			return nil, 0, fmt.Errorf("list stock: %w", err)
		}
		list = append(list, l)
	}
	return list, total, rows.Err()
}

package inventory

import (
	"context"
	"errors"
	"fmt"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
)

// Available says how many units of each variant can still be sold, those that
// have yet to come included; -1 = not counted, and so it is for a variant
// without stock.
func Available(ctx context.Context, q db.Q, ids []catalog.VariantID) (map[catalog.VariantID]int, error) {
	all, err := catalog.Supplies(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	left := make(map[catalog.VariantID]int, len(all))
	for id, s := range all {
		left[id] = s.Available
	}
	return left, nil
}

// Promise says when goods that are held can be sent.
type Promise struct {
	Late bool      // some of them are not there yet
	Due  time.Time // when the last of these is expected; zero = nobody knows, or none is late
}

// Reserve holds the lines for an order until expires. Of a bundle it holds
// each component. Either all are held or none: with *OutOfStockError nothing
// has changed, and the transaction may go on. Variants that are not counted
// hold nothing. An order reserves once; a second time is fault.Conflict, at the
// latest with the commit, and spoils the transaction.
func Reserve(ctx context.Context, tx *db.Tx, orderID int64, lines []Line, expires, now time.Time) (Promise, error) {
	wanted, parts, err := unpacked(ctx, tx, lines)
	if err != nil {
		return Promise{}, err
	}
	held, err := take(ctx, tx, wanted, now)
	if short := (*OutOfStockError)(nil); errors.As(err, &short) {
		err = short.of(lines, parts)
	}
	if err != nil {
		return Promise{}, fmt.Errorf("reserve for order %d: %w", orderID, err)
	}
	rows := make([][]any, len(held))
	for i, h := range held {
		rows[i] = []any{orderID, int64(h.Variant), h.Qty, "open", db.At(expires).Milli(), db.At(now).Milli(), h.Late, h.Due.Milli()}
	}
	err = tx.InsertLater(ctx, "holds", []string{"order_id", "variant_id", "qty", "state", "expires_at", "created_at", "late", "due"}, rows, func(n int64) error {
		if int(n) != len(held) {
			return fault.New(fault.Conflict, "inventory.held", "order", orderID)
		}
		return nil
	})
	if err != nil {
		return Promise{}, fmt.Errorf("reserve for order %d: %w", orderID, err)
	}
	return promise(held), writeParts(ctx, tx, orderID, parts)
}

func promise(held []taken) (p Promise) {
	known := true
	for _, h := range held {
		if h.Late > 0 {
			p.Late, known = true, known && !h.Due.IsZero()
			if h.Due.After(p.Due) {
				p.Due = h.Due.Time
			}
		}
	}
	if !known {
		p.Due = time.Time{}
	}
	return p
}

// taken is a line that is held, with how much of it is not there yet.
type taken struct {
	Line
	Late int
	Due  db.Time
}

// take adds lines to what is reserved, in order, and returns those that are
// counted. If one cannot be had it gives the others back.
func take(ctx context.Context, tx *db.Tx, lines []Line, now time.Time) ([]taken, error) {
	got := make([]*taken, len(lines))
	for i, l := range lines {
		if err := asked(ctx, tx, l, now, &got[i]); err != nil {
			return nil, err
		}
	}
	if err := tx.Flush(ctx); err != nil { // all lines in one journey
		return nil, err
	}
	held := make([]taken, 0, len(lines))
	var failed error
	for i, l := range lines {
		if got[i] == nil && failed == nil {
			got[i], failed = takeAgain(ctx, tx, l, now)
		}
		if got[i] != nil {
			held = append(held, *got[i])
		}
	}
	if failed == nil {
		return held, nil
	}
	for _, h := range held { // still locked by this transaction: nobody saw them gone
		if err := giveBack(ctx, tx, h.Line, now); err != nil {
			return nil, err
		}
	}
	return nil, failed
}

// after is a stock row as a guarded update left it.
type after struct {
	OnHand, Reserved    int
	Policy              string
	ReadyAt, ExpectedAt db.Time
}

const afterColumns = " RETURNING on_hand, reserved, policy, ready_at, expected_at"

// of says how much of a line that was just taken is not there yet. A day that
// is over is no promise.
func (a after) of(l Line, now time.Time) taken {
	t := taken{Line: l, Late: min(l.Qty, max(0, a.Reserved-a.OnHand))}
	if a.Policy == catalog.Preorder {
		t.Late = l.Qty
	}
	due := a.ExpectedAt
	if !a.ReadyAt.IsZero() {
		due = a.ReadyAt
	}
	if t.Late > 0 && due.After(now) {
		t.Due = due
	}
	return t
}

// asked holds a line and puts the answer into got with the next statement: nil
// if it cannot be had, or is not counted.
func asked(ctx context.Context, tx *db.Tx, l Line, now time.Time, got **taken) error {
	return tx.LaterRow(ctx, fmt.Sprintf("hold variant %d", l.Variant), func(scan func(...any) error) error {
		var a after
		if err := scan(&a.OnHand, &a.Reserved, &a.Policy, &a.ReadyAt, &a.ExpectedAt); err != nil {
			return err
		}
		t := a.of(l, now)
		*got = &t
		return nil
	}, `UPDATE stock SET reserved = reserved + ?, updated_at = ?
		WHERE variant_id = ? AND tracked = TRUE AND on_hand + beyond - reserved >= ?`+afterColumns, l.Qty, db.At(now), int64(l.Variant), l.Qty)
}

// takeAgain finds out why a line was not held, and tries again where a hold
// ended between two statements.
func takeAgain(ctx context.Context, tx *db.Tx, l Line, now time.Time) (*taken, error) {
	left := 0
	for range 3 {
		var counted bool
		var err error
		if left, counted, err = sellable(ctx, tx, l.Variant); err != nil {
			return nil, err
		}
		if !counted { // what is counted is no bundle; what is not may have become one
			return nil, single(ctx, tx, l.Variant)
		}
		if left < l.Qty {
			break
		}
		var got *taken
		if err := asked(ctx, tx, l, now, &got); err != nil {
			return nil, err
		}
		if err := tx.Flush(ctx); err != nil || got != nil {
			return got, err
		}
	}
	return nil, &OutOfStockError{l.Variant, min(left, l.Qty-1)}
}

// sellable reads what the variant's own row still has to sell.
func sellable(ctx context.Context, q db.Q, v catalog.VariantID) (left int, counted bool, err error) {
	var rows []int
	if err := q.Query(ctx).Raw("SELECT on_hand + beyond - reserved FROM stock WHERE tracked = TRUE AND variant_id = ?", v).Scan(&rows).Error; err != nil {
		return 0, false, fmt.Errorf("read stock of variant %d: %w", v, err)
	}
	if len(rows) == 0 {
		return 0, false, nil
	}
	return max(0, rows[0]), true, nil
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
	Late      int
	CreatedAt db.Time
}

// line is what the hold still keeps of the stock, or would.
func (h hold) line() Line { return Line{Variant: h.VariantID, Qty: h.Qty - h.Shipped} }

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
		var rows []after
		err := tx.Query(ctx).Raw(`UPDATE stock SET reserved = reserved + ?, updated_at = ? WHERE variant_id = ? AND on_hand + beyond - reserved >= ?`+afterColumns,
			h.Qty, db.At(now), h.VariantID, h.Qty).Scan(&rows).Error
		if err != nil {
			return fmt.Errorf("retake for order %d: %w", orderID, err)
		}
		if len(rows) == 1 {
			if t := rows[0].of(h.line(), now); t.Late > 0 || h.Late > 0 {
				if err := tx.Query(ctx).Exec("UPDATE holds SET late = ?, due = ? WHERE id = ?", t.Late, t.Due, h.ID).Error; err != nil {
					return fmt.Errorf("retake for order %d: %w", orderID, err)
				}
			}
			continue
		}
		left, _, err := sellable(ctx, tx, h.VariantID)
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
		return fmt.Errorf("retake for order %d: %w", orderID, &OutOfStockError{h.VariantID, left})
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

package payment

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/credit"
	"regulars/internal/db"
	"regulars/internal/money"
	"regulars/internal/order"
)

// TableName is refunds.
func (Refund) TableName() string { return "refunds" }

// TableName is refund_lines.
func (RefundLine) TableName() string { return "refund_lines" }

// write keeps the refund unless its key is there already; false: it is.
func (r *Refund) write(ctx context.Context, tx *db.Tx) (bool, error) {
	row := *r
	row.Key = keyOf(r.OrderID, r.Key)
	done := db.IgnoreConflict(tx.Query(ctx)).Create(&row)
	r.ID = row.ID
	if done.Error != nil {
		return false, fmt.Errorf("write refund %s: %w", r.Key, done.Error)
	}
	if done.RowsAffected == 0 {
		return false, nil
	}
	rows := make([][]any, len(r.Lines))
	for i, l := range r.Lines {
		rows[i] = []any{r.ID, l.LineID, l.Qty, int64(l.Amount)}
	}
	if _, err := tx.Insert(ctx, "refund_lines", []string{"refund_id", "line_id", "qty", "amount"}, rows, false); err != nil {
		return false, fmt.Errorf("write refund %s: %w", r.Key, err)
	}
	return true, nil
}

// owe writes down which account got what of the refund was kept.
func (r *Refund) owe(ctx context.Context, tx *db.Tx, id credit.ID) error {
	err := tx.Query(ctx).Exec("UPDATE refunds SET credited = ?, credit_id = ? WHERE id = ?", int64(r.Credited), int64(id), r.ID).Error
	if err != nil {
		return fmt.Errorf("owe refund %s: %w", r.Key, err)
	}
	return nil
}

// GivenFor reads the refund of an order that was given under a key; nil if
// there is none.
func GivenFor(ctx context.Context, q db.Q, id order.ID, key string) (*Refund, error) {
	var found []Refund
	if err := q.Query(ctx).Where("key = ?", keyOf(id, key)).Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read refund %s: %w", key, err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return &found[0], nil
}

// keyOf names a request in the table of all orders.
func keyOf(id order.ID, key string) string { return fmt.Sprintf("%d:%s", id, key) }

// Given reports whether an order's request of that key was done.
func Given(ctx context.Context, q db.Q, id order.ID, key string) (bool, error) {
	var found []int64
	if err := q.Query(ctx).Raw("SELECT id FROM refunds WHERE key = ?", keyOf(id, key)).Scan(&found).Error; err != nil {
		return false, fmt.Errorf("read refund %s: %w", key, err)
	}
	return len(found) > 0, nil
}

// RefundByID reads a refund with its lines; nil if there is none.
func RefundByID(ctx context.Context, q db.Q, id int64) (*Refund, error) {
	var found []Refund
	if err := q.Query(ctx).Where("id = ?", id).Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read refund %d: %w", id, err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	if err := q.Query(ctx).Where("refund_id = ?", id).Order("line_id").Find(&found[0].Lines).Error; err != nil {
		return nil, fmt.Errorf("read refund %d: %w", id, err)
	}
	return &found[0], nil
}

// Back is money of an order that goes or went back, as its operation stands:
// one a refund and payment.
type Back struct {
	Op       int64
	OrderID  order.ID
	RefundID int64
	Provider string
	Amount   money.Amount
	State    string
	Words    string // why it was refused
	Kept     bool   // not sent, but owed as credit
	At       db.Time
}

// Refused reports whether the provider would not send it.
func (b Back) Refused() bool { return b.State == opRefused }

// Gone reports whether the provider has sent it.
func (b Back) Gone() bool { return b.State == opKnown }

// Backs lists what goes or went back of an order, in the order it was decided.
func Backs(ctx context.Context, q db.Q, id order.ID) ([]Back, error) {
	return backs(ctx, q, "p.order_id = ?", int64(id))
}

// BackOf reads one operation of a refund; nil if there is none of that id.
func BackOf(ctx context.Context, q db.Q, op int64) (*Back, error) {
	found, err := backs(ctx, q, "x.id = ?", op)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

func backs(ctx context.Context, q db.Q, where string, arg int64) ([]Back, error) {
	var all []Back
	err := q.Query(ctx).Raw(`SELECT x.id AS op, p.order_id, x.refund_id, p.provider, x.amount, x.state, x.words, x.created_at AS at,
		coalesce(r.credited, 0) > 0 AND p.provider NOT IN ('gift','credit') AS kept
		FROM payment_ops x JOIN payments p ON p.id = x.payment_id LEFT JOIN refunds r ON r.id = x.refund_id WHERE x.kind = 'refund' AND `+where+" ORDER BY x.id", arg).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read refunds: %w", err)
	}
	return all, nil
}

// tax is what of an operation's amount is tax: its share of the refund's.
func (op *Op) tax(ctx context.Context, q db.Q, o *order.Order) (money.Amount, error) {
	if op.RefundID == 0 {
		return o.TaxOf(op.Amount), nil
	}
	r, err := RefundByID(ctx, q, op.RefundID)
	if err != nil || r == nil {
		return 0, err
	}
	if r.Amount == op.Amount {
		return r.Tax, nil
	}
	return r.Tax * op.Amount / r.Amount, nil
}

// replan puts a refused refund of an order back to be asked for, under the
// next key; nil: it is none, or not refused.
func replan(ctx context.Context, tx *db.Tx, o *order.Order, id int64, now time.Time) (*Op, error) {
	done := tx.Query(ctx).Exec(`UPDATE payment_ops SET state = 'planned', tries = tries + 1, words = '', created_at = ?, updated_at = ?
		WHERE id = ? AND kind = 'refund' AND state = 'refused' AND payment_id IN (SELECT id FROM payments WHERE order_id = ?)`,
		db.At(now), db.At(now), id, int64(o.ID))
	if done.Error != nil {
		return nil, fmt.Errorf("ask for refund %d again: %w", id, done.Error)
	}
	if done.RowsAffected == 0 {
		return nil, nil
	}
	var op Op
	if err := tx.Query(ctx).Where("id = ?", id).Take(&op).Error; err != nil {
		return nil, fmt.Errorf("ask for refund %d again: %w", id, err)
	}
	return &op, nil
}

// countBack takes a promise back: its provider did not keep it.
func (p *Payment) countBack(ctx context.Context, tx *db.Tx, amount money.Amount, now time.Time) error {
	done := tx.Query(ctx).Exec(`UPDATE payments SET refunded = refunded - ?, state = 'succeeded', updated_at = ?
		WHERE id = ? AND state IN ('succeeded','refunded') AND refunded >= ?`, int64(amount), db.At(now), int64(p.ID), int64(amount))
	if done.Error != nil {
		return fmt.Errorf("count refund of payment %d back: %w", p.ID, done.Error)
	}
	if done.RowsAffected == 0 {
		return fmt.Errorf("count refund of payment %d back: so much was not promised", p.ID)
	}
	return nil
}

// promise counts money as sent back, never more than was captured; false: so
// much is not left.
func (p *Payment) promise(ctx context.Context, tx *db.Tx, amount money.Amount, now time.Time) (bool, error) {
	result := tx.Query(ctx).Exec(`UPDATE payments SET refunded = refunded + ?, updated_at = ?,
		state = CASE WHEN refunded + ? = captured THEN 'refunded' ELSE state END
		WHERE id = ? AND state = 'succeeded' AND refunded + ? <= captured`, int64(amount), db.At(now), int64(amount), int64(p.ID), int64(amount))
	if result.Error != nil {
		return false, fmt.Errorf("refund payment %d: %w", p.ID, result.Error)
	}
	if result.RowsAffected == 0 {
		return false, nil
	}
	p.Refunded += amount
	if p.Refunded == p.Captured {
		p.State = Refunded
	}
	return true, nil
}

// kept is what of a payment's refunds was never sent, but is owed as credit.
func (p *Payment) kept(ctx context.Context, q db.Q) (money.Amount, error) {
	var amount money.Amount
	err := q.Query(ctx).Raw("SELECT coalesce(sum(x.amount), 0) FROM payment_ops x JOIN refunds r ON r.id = x.refund_id WHERE x.payment_id = ? AND x.kind = 'refund' AND r.credited > 0", int64(p.ID)).Scan(&amount).Error
	if err != nil {
		return 0, fmt.Errorf("read what payment %d keeps: %w", p.ID, err)
	}
	return amount, nil
}

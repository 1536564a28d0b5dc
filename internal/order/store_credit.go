package order

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/money"
)

// CreditNote says that money of an invoiced order went back, and is its row:
// one an operation of a payment, counted like the invoices.
type CreditNote struct {
	ID       int64
	OpID     int64
	OrderID  ID
	Year     int
	Seq      int
	Amount   money.Amount
	Tax      money.Amount // inside Amount
	IssuedAt db.Time
}

// TableName is credit_notes.
func (CreditNote) TableName() string { return "credit_notes" }

// Number is what stands on the credit note.
func (n *CreditNote) Number() string { return fmt.Sprintf("C%d-%05d", n.Year, n.Seq) }

// CreditNotes reads the credit notes of an order in their order.
func CreditNotes(ctx context.Context, q db.Q, id ID) ([]CreditNote, error) {
	var all []CreditNote
	if err := q.Query(ctx).Where("order_id = ?", int64(id)).Order("id").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read credit notes of order %d: %w", id, err)
	}
	return all, nil
}

// Credit issues the credit note for money that is known to have gone back by
// operation op, once; an order without an invoice needs none. What the last
// note of an order states of tax is what the others left, so that a whole
// refund takes back the whole tax. The year's row stays locked until the
// transaction ends, as for invoices.
func (o *Order) Credit(ctx context.Context, tx *db.Tx, op int64, amount, tax money.Amount, at time.Time) error {
	bill, err := InvoiceOf(ctx, tx, o.ID)
	if err != nil || bill == nil || amount <= 0 {
		return err
	}
	earlier, err := CreditNotes(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	left, owed := o.Total-amount, o.Tax
	for _, n := range earlier {
		if n.OpID == op {
			return nil
		}
		left, owed = left-n.Amount, owed-n.Tax
	}
	if tax = min(tax, owed.Clamp0()); left <= 0 {
		tax = owed.Clamp0()
	}
	var seq int
	year := at.UTC().Year()
	err = tx.Query(ctx).Raw(`INSERT INTO credit_years (year, last) VALUES (?, 1)
		ON CONFLICT (year) DO UPDATE SET last = credit_years.last + 1 RETURNING last`, year).Scan(&seq).Error
	if err == nil {
		err = tx.Query(ctx).Exec("INSERT INTO credit_notes (op_id, order_id, year, seq, amount, tax, issued_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
			op, int64(o.ID), year, seq, int64(amount), int64(tax), db.At(at)).Error
	}
	return wrap("issue credit note of order "+o.Number, err)
}

// TaxOf is the share of the order's tax in an amount of it, rounded down.
func (o *Order) TaxOf(amount money.Amount) money.Amount {
	return share(o.Tax, int(amount), int(o.Total))
}

// Price is what a shopper paid for units of a line after the first ones: with
// its discounts, and with its tax where that came on top. All units together
// make exactly what the line cost.
func (l *Line) Price(o *Order, after, units int) (paid, tax money.Amount) {
	whole := l.Total
	if !o.TaxIncluded {
		whole += l.Tax
	}
	of := func(a money.Amount) money.Amount { return share(a, after+units, l.Qty) - share(a, after, l.Qty) }
	return of(whole), of(l.Tax)
}

func share(a money.Amount, part, whole int) money.Amount {
	if whole <= 0 {
		return 0
	}
	return money.Amount(int64(a) * int64(part) / int64(whole))
}

// TakeBack counts units of the order's lines, by their id, and delivery as
// refunded. More than was bought is fault.Conflict and spoils the transaction.
func (o *Order) TakeBack(ctx context.Context, tx *db.Tx, units []Units, delivery money.Amount) error {
	for _, u := range units {
		done := tx.Query(ctx).Exec(`UPDATE order_lines SET refunded_qty = refunded_qty + ? WHERE id = ? AND order_id = ? AND refunded_qty + ? <= qty - cancelled_qty`,
			u.Qty, u.Line, int64(o.ID), u.Qty)
		if done.Error != nil {
			return fmt.Errorf("refund units of order %s: %w", o.Number, done.Error)
		}
		if done.RowsAffected == 0 {
			return fault.New(fault.Conflict, "order.refund.units", "number", o.Number)
		}
	}
	if delivery == 0 {
		return nil
	}
	done := tx.Query(ctx).Exec("UPDATE orders SET delivery_refunded = delivery_refunded + ? WHERE id = ? AND delivery_refunded + ? <= delivery",
		int64(delivery), int64(o.ID), int64(delivery))
	if done.Error != nil {
		return fmt.Errorf("refund delivery of order %s: %w", o.Number, done.Error)
	}
	if done.RowsAffected == 0 {
		return fault.New(fault.Conflict, "order.refund.units", "number", o.Number)
	}
	o.DeliveryRefunded += delivery
	return nil
}

// Units are units of one line of an order, by the line's row.
type Units struct {
	Line int64
	Qty  int
}

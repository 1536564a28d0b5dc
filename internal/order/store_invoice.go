package order

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
)

// Invoice is the number an order was billed under, and its row.
type Invoice struct {
	OrderID  ID `gorm:"primaryKey;autoIncrement:false"`
	Year     int
	Seq      int
	IssuedAt db.Time
}

// TableName is invoices.
func (Invoice) TableName() string { return "invoices" }

// Number is what stands on the invoice: the year (UTC) and a count in it
// without gaps.
func (i *Invoice) Number() string { return fmt.Sprintf("%d-%05d", i.Year, i.Seq) }

// InvoiceOf reads an order's invoice; nil if none was issued: it is not paid,
// or it was paid elsewhere or before invoices were counted.
func InvoiceOf(ctx context.Context, q db.Q, id ID) (*Invoice, error) {
	var found []Invoice
	if err := q.Query(ctx).Where("order_id = ?", int64(id)).Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read invoice of order %d: %w", id, err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return &found[0], nil
}

// bill issues an order's invoice, once. The year's row stays locked until the
// transaction ends: a number is given back with everything else, or used.
func (o *Order) bill(ctx context.Context, tx *db.Tx, at time.Time) error {
	have, err := InvoiceOf(ctx, tx, o.ID)
	if err != nil || have != nil {
		return err
	}
	var seq int
	year := at.UTC().Year()
	err = tx.Query(ctx).Raw(`INSERT INTO invoice_years (year, last) VALUES (?, 1)
		ON CONFLICT (year) DO UPDATE SET last = invoice_years.last + 1 RETURNING last`, year).Scan(&seq).Error
	if err == nil {
		err = tx.Query(ctx).Exec("INSERT INTO invoices (order_id, year, seq, issued_at) VALUES (?, ?, ?, ?)", int64(o.ID), year, seq, db.At(at)).Error
	}
	return wrap("issue invoice of order "+o.Number, err)
}

package order

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/jobs"
)

// TableName is shipments.
func (Shipment) TableName() string { return "shipments" }

// TableName is shipment_lines.
func (ShipmentLine) TableName() string { return "shipment_lines" }

// Parcels reads the parcels of an order with their lines, in their order.
func Parcels(ctx context.Context, q db.Q, id ID) ([]Shipment, error) {
	var all []Shipment
	if err := q.Query(ctx).Where("order_id = ?", int64(id)).Order("position").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read parcels of order %d: %w", id, err)
	}
	if len(all) == 0 {
		return nil, nil
	}
	var lines []ShipmentLine
	err := q.Query(ctx).Where("shipment_id IN (SELECT id FROM shipments WHERE order_id = ?)", int64(id)).Order("line_id").Find(&lines).Error
	if err != nil {
		return nil, fmt.Errorf("read parcels of order %d: %w", id, err)
	}
	for _, l := range lines {
		for i := range all {
			if all[i].ID == l.ShipmentID {
				all[i].Lines = append(all[i].Lines, l)
			}
		}
	}
	return all, nil
}

// Ship writes a parcel of an order that the caller has locked, and reports
// whether everything has left the house with it. lines are the order's own;
// p.Lines name some of them, and may not take more than is left: that is
// fault.Conflict. From the first parcel on its shopper cannot change it.
func (o *Order) Ship(ctx context.Context, tx *db.Tx, p *Shipment, lines []Line, now time.Time) (whole bool, err error) {
	earlier, err := Parcels(ctx, tx, o.ID)
	if err != nil {
		return false, err
	}
	p.OrderID, p.Position, p.At = o.ID, len(earlier)+1, db.At(now)
	left := Left(lines, earlier)
	for _, l := range p.Lines {
		if _, own := left[l.LineID]; !own || l.Qty < 1 || l.Qty > left[l.LineID] {
			return false, fault.New(fault.Conflict, "order.parcel.left", "number", o.Number)
		}
		left[l.LineID] -= l.Qty
	}
	if len(p.Lines) == 0 {
		return false, fault.New(fault.Conflict, "order.parcel.empty", "number", o.Number)
	}
	if err := tx.Query(ctx).Create(p).Error; err != nil {
		return false, fmt.Errorf("write parcel of order %s: %w", o.Number, err)
	}
	rows := make([][]any, len(p.Lines))
	for i := range p.Lines {
		p.Lines[i].ShipmentID = p.ID
		rows[i] = []any{p.ID, p.Lines[i].LineID, p.Lines[i].Qty}
	}
	if _, err := tx.Insert(ctx, "shipment_lines", []string{"shipment_id", "line_id", "qty"}, rows, false); err != nil {
		return false, fmt.Errorf("write parcel of order %s: %w", o.Number, err)
	}
	if o.PackingAt.IsZero() {
		if err := tx.Query(ctx).Exec("UPDATE orders SET packing_at = ? WHERE id = ?", db.At(now), int64(o.ID)).Error; err != nil {
			return false, fmt.Errorf("write parcel of order %s: %w", o.Number, err)
		}
		o.PackingAt = db.At(now)
	}
	if !o.Simulated && !o.Imported {
		if err := jobs.Enqueue(ctx, tx, Sent{int64(o.ID), p.Position}); err != nil {
			return false, err
		}
	}
	whole = true
	for _, n := range left {
		whole = whole && n == 0
	}
	return whole, nil
}

// Postpone changes the day on which an order was promised to arrive; never =
// nobody knows it yet. It is for the transaction that places the order.
func (o *Order) Postpone(ctx context.Context, tx *db.Tx, by db.Time) error {
	if err := tx.Query(ctx).Exec("UPDATE orders SET delivery_by = ? WHERE id = ?", by, int64(o.ID)).Error; err != nil {
		return fmt.Errorf("postpone order %s: %w", o.Number, err)
	}
	o.DeliveryBy = by
	return nil
}

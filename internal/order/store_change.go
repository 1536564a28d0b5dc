package order

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
	"regulars/internal/jobs"
)

// Pack notes that staff began to pack an order. It returns false, having done
// nothing, if it cannot be packed now or is being packed already.
func (o *Order) Pack(ctx context.Context, tx *db.Tx, by string, now time.Time) (bool, error) {
	if !o.Packable() {
		return false, nil
	}
	result := tx.Query(ctx).Exec(`UPDATE orders SET packing_at = ? WHERE id = ? AND packing_at = 0 AND state = 'placed' AND delivery_state = 'unshipped'`,
		db.At(now), int64(o.ID))
	if result.Error != nil || result.RowsAffected == 0 {
		return false, wrap("begin to pack order "+o.Number, result.Error)
	}
	o.PackingAt = db.At(now)
	return true, Remark(ctx, tx, o, PackingBegan, by, now)
}

// Readdress changes where an order goes, within its country, since delivery
// and tax were counted for that. It returns false, having done nothing, once
// packing has begun. The history notes the change and not the addresses, and
// the shopper is told by mail; the same address again is no change.
func (o *Order) Readdress(ctx context.Context, tx *db.Tx, to Order, by string, now time.Time) (bool, error) {
	if !o.Changeable() {
		return false, nil
	}
	if [...]string{to.Name, to.Line1, to.Line2, to.City, to.Region, to.Postcode, to.Phone} == [...]string{o.Name, o.Line1, o.Line2, o.City, o.Region, o.Postcode, o.Phone} {
		return true, nil
	}
	result := tx.Query(ctx).Exec(`UPDATE orders SET name = ?, line1 = ?, line2 = ?, city = ?, region = ?, postcode = ?, phone = ?
		WHERE id = ? AND packing_at = 0 AND state = 'placed' AND delivery_state = 'unshipped'`,
		to.Name, to.Line1, to.Line2, to.City, to.Region, to.Postcode, to.Phone, int64(o.ID))
	if result.Error != nil || result.RowsAffected == 0 {
		return false, wrap("change the address of order "+o.Number, result.Error)
	}
	o.Name, o.Line1, o.Line2, o.City, o.Region, o.Postcode, o.Phone = to.Name, to.Line1, to.Line2, to.City, to.Region, to.Postcode, to.Phone
	if !o.Simulated && !o.Imported && o.Email != "" {
		if err := jobs.Enqueue(ctx, tx, Moved{Order: int64(o.ID), Axis: AddressAxis, At: now.UnixMilli()}); err != nil {
			return false, err
		}
	}
	return true, Remark(ctx, tx, o, "the address was changed", by, now)
}

func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

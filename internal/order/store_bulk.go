package order

import (
	"context"
	"fmt"

	"regulars/internal/db"
)

// CreateMany writes orders whose whole story is known, with few statements;
// lines[i] and past[i] belong to orders[i]. A story must begin with the order
// placed, take legal steps only and end in the states the order has: what
// Move would have refused is refused here. It fills in ids.
func CreateMany(ctx context.Context, tx *db.Tx, orders []Order, lines [][]Line, past [][]History) error {
	if len(lines) != len(orders) || len(past) != len(orders) {
		return fmt.Errorf("write orders: %d orders, %d sets of lines, %d stories", len(orders), len(lines), len(past))
	}
	ids, err := tx.NextIDs(ctx, "orders", len(orders))
	if err != nil {
		return fmt.Errorf("write orders: %w", err)
	}
	orderRows := make([][]any, len(orders))
	var lineRows, pastRows [][]any
	for i := range orders {
		o := &orders[i]
		o.ID = ID(ids[i])
		if err := o.follows(past[i]); err != nil {
			return fmt.Errorf("write order %s: %w", o.Number, err)
		}
		orderRows[i] = o.values()
		for p := range lines[i] {
			lines[i][p].OrderID, lines[i][p].Position = o.ID, p+1
			lineRows = append(lineRows, lines[i][p].values(o.ID))
		}
		for _, h := range past[i] {
			pastRows = append(pastRows, []any{ids[i], string(h.Axis), h.FromState, h.ToState, h.Actor, h.Note, h.At.Milli()})
		}
	}
	for _, part := range []struct {
		table   string
		columns []string
		rows    [][]any
	}{
		{"orders", orderColumns, orderRows},
		{"order_lines", lineColumns, lineRows},
		{"order_history", historyColumns, pastRows},
	} {
		if _, err := tx.Insert(ctx, part.table, part.columns, part.rows, false); err != nil {
			return fmt.Errorf("write orders: %w", err)
		}
	}
	return nil
}

// follows reports whether the order's states are where its story leads.
func (o *Order) follows(past []History) error {
	now := map[Axis]string{PaymentAxis: string(Pending), DeliveryAxis: string(Unshipped)}
	for i, h := range past {
		first := i == 0 && h.Axis == OrderAxis && h.FromState == "" && h.ToState == string(StatePlaced)
		if !first && (i == 0 || now[h.Axis] != h.FromState || !Legal(h.Axis, h.FromState, h.ToState)) {
			return fmt.Errorf("step %d, %s from %q to %q, is not legal", i, h.Axis, h.FromState, h.ToState)
		}
		now[h.Axis] = h.ToState
	}
	for axis, state := range now {
		if o.on(axis) != state {
			return fmt.Errorf("its story ends with %s %q, its row says %q", axis, state, o.on(axis))
		}
	}
	return nil
}

package exchange

import (
	"context"
	"fmt"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/order"
)

func ordersOf(ctx context.Context, q db.Q, batch []*record) (*keptOrders, error) {
	var numbers, externals []string
	for _, rec := range batch {
		numbers = append(numbers, rec.order.Number)
		if rec.order.ExternalID != nil {
			externals = append(externals, *rec.order.ExternalID)
		}
	}
	var found []order.Order
	if err := q.Query(ctx).Where("number IN ?", numbers).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("look for orders: %w", err)
	}
	if len(externals) > 0 {
		var more []order.Order
		if err := q.Query(ctx).Where("external_id IN ? AND number NOT IN ?", externals, numbers).Find(&more).Error; err != nil {
			return nil, fmt.Errorf("look for orders: %w", err)
		}
		found = append(found, more...)
	}
	all, err := wholeOrders(ctx, q, found)
	if err != nil {
		return nil, err
	}
	k := &keptOrders{map[string]*kept{}, map[string]*kept{}}
	for i := range all {
		o := &all[i]
		k.byNumber[o.order.Number] = o
		if o.order.ExternalID != nil {
			k.byExternal[*o.order.ExternalID] = o
		}
	}
	return k, nil
}

func wholeOrders(ctx context.Context, q db.Q, orders []order.Order) ([]kept, error) {
	ids := make([]order.ID, len(orders))
	var people []int64
	for i, o := range orders {
		ids[i] = o.ID
		if o.CustomerID != nil {
			people = append(people, int64(*o.CustomerID))
		}
	}
	lines, err := order.LinesOf(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	names := map[customer.ID]string{}
	if len(people) > 0 {
		var rows []struct {
			ID   customer.ID
			Name string
		}
		if err := q.Query(ctx).Raw("SELECT id, coalesce(external_id, email) AS name FROM customers WHERE id IN ?", people).Scan(&rows).Error; err != nil {
			return nil, fmt.Errorf("read customers of orders: %w", err)
		}
		for _, r := range rows {
			names[r.ID] = r.Name
		}
	}
	all := make([]kept, len(orders))
	for i, o := range orders {
		all[i] = kept{order: o, lines: lines[o.ID]}
		if o.CustomerID != nil {
			all[i].who = names[*o.CustomerID]
		}
	}
	return all, nil
}

// ordersAfter reads the next orders by id, for export.
func ordersAfter(ctx context.Context, q db.Q, after order.ID, limit int) ([]kept, error) {
	var found []order.Order
	if err := q.Query(ctx).Where("id > ?", int64(after)).Order("id").Limit(limit).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read orders: %w", err)
	}
	return wholeOrders(ctx, q, found)
}

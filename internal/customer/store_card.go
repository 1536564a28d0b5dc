package customer

import (
	"context"
	"fmt"

	"regulars/internal/db"
	"regulars/internal/fault"
)

// ByNumber returns the account of a number; that of one that was merged is the
// account that goes on, and one that was erased is NotFound.
func ByNumber(ctx context.Context, q db.Q, number string) (*Customer, error) {
	var c Customer
	if err := q.Query(ctx).Where("number = ? AND number <> ''", number).Take(&c).Error; err != nil {
		return nil, lost("read a customer by number", err)
	}
	switch {
	case c.MergedInto != 0:
		return ByID(ctx, q, c.MergedInto)
	case !c.ErasedAt.IsZero():
		return nil, fault.New(fault.NotFound, "customer.unknown")
	}
	return &c, nil
}

// Numbers returns the numbers of some accounts, for links to their cards.
func Numbers(ctx context.Context, q db.Q, ids []ID) (map[ID]string, error) {
	var rows []struct {
		ID     ID
		Number string
	}
	if len(ids) > 0 {
		if err := q.Query(ctx).Raw("SELECT id, number FROM customers WHERE id IN ?", ids).Scan(&rows).Error; err != nil {
			return nil, fmt.Errorf("read numbers of customers: %w", err)
		}
	}
	all := make(map[ID]string, len(rows))
	for _, r := range rows {
		all[r.ID] = r.Number
	}
	return all, nil
}

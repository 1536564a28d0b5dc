package customer

import (
	"context"
	"fmt"

	"regulars/internal/db"
)

// ByNumber returns the account of a number; one that was erased is NotFound.
func ByNumber(ctx context.Context, q db.Q, number string) (*Customer, error) {
	var c Customer
	if err := q.Query(ctx).Where("number = ? AND number <> '' AND erased_at = 0", number).Take(&c).Error; err != nil {
		return nil, lost("read a customer by number", err)
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

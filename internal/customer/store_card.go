package customer

import (
	"context"
	"fmt"

	"regulars/internal/db"
)

// ByNumber returns the account of a number; one that was erased is NotFound.
func ByNumber(ctx context.Context, q db.Q, number string) (*Customer, error) {
	var c Customer
	// The number of an account that was merged leads to the one that goes on.
	err := q.Query(ctx).Where("erased_at = 0 AND id IN (SELECT CASE WHEN n.merged_into <> 0 THEN n.merged_into ELSE n.id END FROM customers n WHERE n.number = ? AND n.number <> '')", number).Take(&c).Error
	if err != nil {
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

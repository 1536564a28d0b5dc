package exchange

import (
	"context"
	"fmt"

	"regulars/internal/customer"
	"regulars/internal/db"
)

func savepoint(ctx context.Context, tx *db.Tx, statement string) error {
	if err := tx.Query(ctx).Exec(statement).Error; err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// customersBy finds the account with that value in a column of ours.
func customersBy(ctx context.Context, q db.Q, column, value string) ([]customer.Customer, error) {
	var found []customer.Customer
	if value == "" {
		return nil, nil
	}
	if err := q.Query(ctx).Where(column+" = ?", value).Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("look for a customer: %w", err)
	}
	return found, nil
}

// customersAfter reads the next accounts by id, for export; erased ones are
// nobody's any more.
func customersAfter(ctx context.Context, q db.Q, after customer.ID, limit int) ([]customer.Customer, error) {
	var found []customer.Customer
	if err := q.Query(ctx).Where("id > ? AND erased_at = 0", int64(after)).Order("id").Limit(limit).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read customers: %w", err)
	}
	return found, nil
}

// customerExtras reads what people said of themselves and allowed. What the
// shop only inferred is not theirs to carry away.
func customerExtras(ctx context.Context, q db.Q, ids []customer.ID) (map[customer.ID]extras, error) {
	all := make(map[customer.ID]extras, len(ids))
	for _, id := range ids {
		all[id] = extras{map[string][]string{}, map[customer.Purpose]bool{}}
	}
	var tiles []customer.Interest
	if err := q.Query(ctx).Where("customer_id IN ? AND source = 'said'", ids).Find(&tiles).Error; err != nil {
		return nil, fmt.Errorf("read interests: %w", err)
	}
	for _, t := range tiles {
		all[t.CustomerID].tiles[t.Kind] = append(all[t.CustomerID].tiles[t.Kind], t.Value)
	}
	var consents []customer.Consent
	if err := q.Query(ctx).Where("customer_id IN ?", ids).Find(&consents).Error; err != nil {
		return nil, fmt.Errorf("read consents: %w", err)
	}
	for _, c := range consents {
		all[c.CustomerID].consents[c.Purpose] = c.Given
	}
	return all, nil
}

package payment

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
)

// Merge lets refunds name the store credit that goes on, where that of one
// customer is laid into another's who is the same person (a customer.Merge;
// before credit.Merge).
func Merge(ctx context.Context, tx *db.Tx, from, into customer.ID, _ time.Time) error {
	const pairs = "FROM credits a JOIN credits b ON b.currency = a.currency AND b.customer_id = @into WHERE a.customer_id = @from"
	err := tx.Query(ctx).Exec("UPDATE refunds SET credit_id = (SELECT b.id "+pairs+" AND a.id = refunds.credit_id) WHERE credit_id IN (SELECT a.id "+pairs+")",
		map[string]any{"from": int64(from), "into": int64(into)}).Error
	if err != nil {
		return fmt.Errorf("put the refunds of customer %d under %d: %w", from, into, err)
	}
	return nil
}

package ask

import (
	"context"
	"fmt"

	"regulars/internal/customer"
	"regulars/internal/db"
)

// OfPerson lists what somebody asked: the unanswered first, the longest waiting
// on top, then the answered, newest first. Of a guest (id 0) it is what was
// asked under the address without an account.
func OfPerson(ctx context.Context, q db.Q, id customer.ID, email string, limit int) ([]Listed, error) {
	where, args := "q.customer_id = ?", []any{int64(id)}
	if id == 0 {
		if email == "" {
			return nil, nil
		}
		where, args = "q.customer_id IS NULL AND q.email <> '' AND lower(q.email) = ?", []any{customer.EmailKey(email)}
	}
	var rows []Listed
	err := q.Query(ctx).Raw(`SELECT q.*, coalesce(p.slug, '') AS product_slug, p.name AS product_name
		FROM questions q LEFT JOIN products p ON p.id = q.product_id WHERE `+where+`
		ORDER BY CASE WHEN q.answered_at = 0 THEN 0 ELSE 1 END, CASE WHEN q.answered_at = 0 THEN q.created_at ELSE -q.created_at END, q.id
		LIMIT ?`, append(args, limit)...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read the questions of a person: %w", err)
	}
	return rows, nil
}

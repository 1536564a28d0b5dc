package customer

import (
	"context"
	"fmt"
	"iter"

	"regulars/internal/db"
)

// Told is what one account said of itself.
type Told struct {
	ID    ID
	Facts []string
}

const toldPage = 500

// AllTold streams what people said of themselves, by id, of those who allow
// both personal pages and the use of their purchases. What was inferred is not
// among it.
func AllTold(ctx context.Context, q db.Q) iter.Seq2[Told, error] {
	return func(yield func(Told, error) bool) {
		for after := ID(0); ; {
			people, said, err := toldAfter(ctx, q, after)
			if err != nil {
				yield(Told{}, fmt.Errorf("read what people said: %w", err))
				return
			}
			if len(people) == 0 {
				return
			}
			for i := range people {
				after = people[i].ID
				if !yield(Told{after, people[i].facts(said[after])}, nil) {
					return
				}
			}
		}
	}
}

func toldAfter(ctx context.Context, q db.Q, after ID) ([]Customer, map[ID][]Interest, error) {
	var people []Customer
	err := q.Query(ctx).Raw(`SELECT c.id, c.birth_date, c.occupation FROM customers c
		JOIN consents p ON p.customer_id = c.id AND p.purpose = 'personalize' AND p.given = TRUE
		JOIN consents h ON h.customer_id = c.id AND h.purpose = 'history' AND h.given = TRUE
		WHERE c.id > ? AND c.erased_at = 0 ORDER BY c.id LIMIT ?`, int64(after), toldPage).Scan(&people).Error
	if err != nil || len(people) == 0 {
		return nil, nil, err
	}
	ids := make([]int64, len(people))
	for i := range people {
		ids[i] = int64(people[i].ID)
	}
	var all []Interest
	if err := q.Query(ctx).Where("customer_id IN ? AND source = 'said'", ids).Order("customer_id, kind, value").Find(&all).Error; err != nil {
		return nil, nil, err
	}
	said := map[ID][]Interest{}
	for _, i := range all {
		said[i.CustomerID] = append(said[i.CustomerID], i)
	}
	return people, said, nil
}

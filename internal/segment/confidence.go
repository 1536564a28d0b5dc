package segment

import (
	"context"
	"time"

	"regulars/internal/db"
)

// Confidence is of how many people the rule can say yes or no: of the others a
// fact that it asks is not known, or may not be looked at. That is the rule
// itself and its opposite, since what is unknown is neither.
func (b *Book) Confidence(ctx context.Context, q db.Q, s Segment, now time.Time) (known int, err error) {
	yes, err := b.Count(ctx, q, s, now)
	if err != nil {
		return 0, err
	}
	when := s.Rule.When
	not := Group{Op: Any, Items: []Item{{Group: &Group{Op: None, Items: []Item{{Group: &when}}}}}}
	if len(s.Rule.Except.Items) > 0 {
		except := s.Rule.Except
		not.Items = append(not.Items, Item{Group: &except})
	}
	opposite := s
	opposite.Rule = Rule{When: not}
	no, err := b.Count(ctx, q, opposite, now)
	return yes + no, err
}

package campaign

import (
	"context"
	"fmt"

	"regulars/internal/db"
)

// Tell writes a campaign of a made-up past with the people it was for, as if it
// had run then: c says all of it, its token and salt too, so that the same past
// can be told again. Its mails are outreach's to tell, under Key.
func Tell(ctx context.Context, tx *db.Tx, c *Campaign, people []Person) error {
	if err := c.check(); err != nil {
		return fmt.Errorf("tell campaign %s: %w", c.Name, err)
	}
	if err := named(ctx, tx, c); err != nil {
		return fmt.Errorf("tell campaign %s: %w", c.Name, err)
	}
	c.Simulated, c.Listed, c.Version = true, true, 1
	if err := tx.Query(ctx).Create(c).Error; err != nil {
		return fmt.Errorf("tell campaign %s: %w", c.Name, err)
	}
	rows := make([][]any, len(people))
	for i, p := range people {
		rows[i] = []any{int64(c.ID), int64(*p.CustomerID), Key(c.ID, *p.CustomerID), string(p.Arm), p.AssignedAt, 0}
	}
	if _, err := tx.Insert(ctx, "campaign_people", []string{"campaign_id", "customer_id", "send_key", "arm", "assigned_at", "due_at"}, rows, false); err != nil {
		return fmt.Errorf("tell whom campaign %s was for: %w", c.Name, err)
	}
	return nil
}

package cart

import (
	"context"
	"fmt"
	"slices"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
)

// TableName is cart_frictions.
func (Friction) TableName() string { return "cart_frictions" }

var frictionColumns = []string{"cart_id", "kind", "at", "amount", "extra", "days", "detail", "key"}

func (f *Friction) values() []any {
	var key any
	if f.Key != nil {
		key = *f.Key
	}
	return []any{int64(f.CartID), f.Kind, f.At, int64(f.Amount), int64(f.Extra), f.Days, f.Detail, key}
}

// Meet writes what stood in the way of a cart. The same thing within a minute
// is one friction, and the same words about what a cart costs are said once:
// so a page that is reloaded fills nothing.
func Meet(ctx context.Context, tx *db.Tx, f Friction, now time.Time) error {
	f.At = db.At(now)
	if f.Key == nil {
		key := fmt.Sprintf("%s:%d:%s:%d", f.Kind, f.CartID, f.Detail, now.Unix()/60)
		if f.Kind == Shown {
			key = fmt.Sprintf("%s:%d:%s:%d:%d:%d", f.Kind, f.CartID, f.Detail, f.Amount, f.Extra, f.Days)
		}
		f.Key = &key
	}
	if _, err := tx.Insert(ctx, "cart_frictions", frictionColumns, [][]any{f.values()}, true); err != nil {
		return fmt.Errorf("note %s of cart %d: %w", f.Kind, f.CartID, err)
	}
	return nil
}

// MeetMany writes frictions with their own times, for histories that are made up.
func MeetMany(ctx context.Context, tx *db.Tx, all []Friction) error {
	rows := make([][]any, len(all))
	for i := range all {
		rows[i] = all[i].values()
	}
	if _, err := tx.Insert(ctx, "cart_frictions", frictionColumns, rows, false); err != nil {
		return fmt.Errorf("write frictions: %w", err)
	}
	return nil
}

// Tell keeps what stopped the shopper, in their own words for it: one of
// Reasons. Said again, the last word counts.
func Tell(ctx context.Context, tx *db.Tx, id ID, reason string, now time.Time) error {
	if !slices.Contains(Reasons, reason) {
		var form fault.Form
		form.Wrong("reason", "cart.reason.unknown")
		return form.Err()
	}
	err := tx.Query(ctx).Exec(`INSERT INTO cart_frictions (cart_id, kind, at, detail, key) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (key) DO UPDATE SET detail = excluded.detail, at = excluded.at`, int64(id), Told, db.At(now), reason, fmt.Sprintf("told:%d", id)).Error
	if err != nil {
		return fmt.Errorf("keep what stopped cart %d: %w", id, err)
	}
	return nil
}

// Frictions reads the trail of a cart, oldest first.
func Frictions(ctx context.Context, q db.Q, id ID) ([]Friction, error) {
	var all []Friction
	if err := q.Query(ctx).Where("cart_id = ?", int64(id)).Order("at, id").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read the trail of cart %d: %w", id, err)
	}
	return all, nil
}

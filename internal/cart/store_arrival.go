package cart

import (
	"context"
	"fmt"

	"regulars/internal/db"
)

var arrivalColumns = []string{"cart_id", "channel", "referrer", "source", "medium", "campaign", "landing", "entry", "browser", "version", "arm"}

func (a *Arrival) values() []any {
	return []any{int64(a.CartID), a.Channel, a.Referrer, a.Source, a.Medium, a.Campaign, a.Landing, a.Entry, a.Browser, a.Version, a.Arm}
}

// Arrive keeps what led to a cart; the first word of it stands.
func Arrive(ctx context.Context, tx *db.Tx, a Arrival) error {
	if _, err := tx.Insert(ctx, "cart_arrivals", arrivalColumns, [][]any{a.values()}, true); err != nil {
		return fmt.Errorf("keep what led to cart %d: %w", a.CartID, err)
	}
	return nil
}

// ArriveMany writes arrivals of histories that are made up.
func ArriveMany(ctx context.Context, tx *db.Tx, all []Arrival) error {
	rows := make([][]any, len(all))
	for i := range all {
		rows[i] = all[i].values()
	}
	if _, err := tx.Insert(ctx, "cart_arrivals", arrivalColumns, rows, false); err != nil {
		return fmt.Errorf("write arrivals: %w", err)
	}
	return nil
}

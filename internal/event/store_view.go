package event

import (
	"context"
	"fmt"
	"slices"

	"regulars/internal/db"
)

// ViewsAfter lists the looks entered into the log after an entry, in the order
// of entry, at most limit: looks of people who may be told apart, no bots.
func ViewsAfter(ctx context.Context, q db.Q, entry int64, limit int) ([]View, error) {
	rows, err := q.Query(ctx).Raw(`SELECT id, CASE WHEN visitor_id <> 0 THEN visitor_id ELSE -customer_id END, at, product_id FROM events
		WHERE id > ? AND kind = ? AND product_id <> 0 AND (visitor_id <> 0 OR customer_id <> 0) AND bot = ? ORDER BY id LIMIT ?`,
		entry, string(ItemSeen), false, limit).Rows()
	if err != nil {
		return nil, fmt.Errorf("read looks after entry %d: %w", entry, err)
	}
	defer rows.Close()
	var all []View
	for rows.Next() {
		var v View
		if err := rows.Scan(&v.ID, &v.Who, &v.At, &v.Product); err != nil {
			return nil, fmt.Errorf("read looks after entry %d: %w", entry, err)
		}
		all = append(all, v)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read looks after entry %d: %w", entry, err)
	}
	return all, nil
}

// ViewsOf lists the last looks of a person, the oldest first, also those that
// this process has yet to write. Without ids, which nobody without consent has
// here, it lists nothing.
func (l *Log) ViewsOf(ctx context.Context, q db.Q, visitorID, customerID int64, limit int) ([]View, error) {
	whose, id := "visitor_id = ? AND visitor_id <> 0 AND customer_id = 0", visitorID
	if customerID != 0 {
		whose, id = "customer_id = ? AND customer_id <> 0", customerID
	}
	if id == 0 {
		return nil, nil
	}
	waiting := l.Waiting(visitorID, customerID) // before the read: what is written in between is then there twice, not lost
	var all []View
	err := q.Query(ctx).Raw(`SELECT at, product_id AS product FROM (
			SELECT id, at, kind, product_id FROM events WHERE `+whose+` ORDER BY at DESC LIMIT 100) AS last
		WHERE kind = ? AND product_id <> 0 ORDER BY at DESC, id DESC LIMIT ?`, id, string(ItemSeen), limit).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read the last looks: %w", err)
	}
	slices.Reverse(all)
	for _, e := range waiting {
		if e.Kind == ItemSeen && e.ProductID != 0 {
			v := View{At: e.At.Milli(), Product: e.ProductID}
			if !slices.Contains(all, v) {
				all = append(all, v)
			}
		}
	}
	return all[max(0, len(all)-limit):], nil
}

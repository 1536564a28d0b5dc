package order

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"regulars/internal/db"
)

// Word is how a shop kept its promised days: of one way of delivery, or of the
// orders that were promised for one month.
type Word struct {
	Of        string // the code of the way, or the month as 2026-11
	Delivered int    // orders that arrived and had a promised day
	Kept      int    // of these, on that day or before
	LateDays  int    // by how many days the others came later, added up
	Overdue   int    // paid for, not there yet, and the day is over
}

// WordKept counts, for the orders placed since, how many arrived on or before
// the day they were promised for when they were placed. Days are the shop's; an
// order arrived when its delivery was first noted.
func WordKept(ctx context.Context, q db.Q, simulated bool, since, now time.Time, zone *time.Location) (months, ways []Word, err error) {
	rows, err := q.Query(ctx).Raw(`SELECT o.delivery_code, o.delivery_by, CASE WHEN o.delivery_state IN ('delivered','returned') THEN 1 ELSE 0 END, coalesce((SELECT min(h.at) FROM order_history h WHERE h.order_id = o.id AND h.axis = 'delivery' AND h.to_state = 'delivered'), 0)
		FROM orders o WHERE o.placed_at >= ? AND o.delivery_by > 0 AND o.simulated = ? AND o.state <> 'cancelled' AND (o.at_door = TRUE OR o.payment_state IN ('paid','partly-refunded','refunded'))
		AND (o.delivery_state IN ('delivered','returned') OR o.delivery_state IN ('unshipped','shipped') AND o.delivery_by < ? AND o.payment_state <> 'refunded')`, db.At(since), simulated, db.At(now)).Rows()
	if err != nil {
		return nil, nil, fmt.Errorf("count kept promises: %w", err)
	}
	defer rows.Close()
	by := [2]map[string]*Word{{}, {}}
	today := dayOf(now, zone)
	for rows.Next() {
		var way string
		var due, over, came int64
		if err := rows.Scan(&way, &due, &over, &came); err != nil {
			return nil, nil, fmt.Errorf("count kept promises: %w", err)
		}
		promised := dayOf(time.UnixMilli(due), zone)
		for i, key := range []string{promised.Format("2006-01"), way} {
			w := by[i][key]
			if w == nil {
				w = &Word{Of: key}
			}
			switch {
			case came > 0:
				w.Delivered++
				if late := int(dayOf(time.UnixMilli(came), zone).Sub(promised).Hours() / 24); late > 0 {
					w.LateDays += late
				} else {
					w.Kept++
				}
			case over == 0 && promised.Before(today):
				w.Overdue++
			default:
				continue // its day is not over, or it came back without having arrived
			}
			by[i][key] = w
		}
	}
	if err := rows.Err(); err != nil {
		return nil, nil, fmt.Errorf("count kept promises: %w", err)
	}
	for i, into := range []*[]Word{&months, &ways} {
		for _, w := range by[i] {
			*into = append(*into, *w)
		}
	}
	slices.SortFunc(months, func(a, b Word) int { return cmp.Compare(b.Of, a.Of) })
	slices.SortFunc(ways, func(a, b Word) int { return cmp.Or(cmp.Compare(b.Delivered, a.Delivered), cmp.Compare(a.Of, b.Of)) })
	return months, ways, nil
}

// dayOf is the calendar day of t in the shop, as a date without zone.
func dayOf(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

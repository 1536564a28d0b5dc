package analytics

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"regulars/internal/db"
	"regulars/internal/setting"
)

// rushHour is how far back before the first who came too late the sale of the
// last pieces is looked for.
const rushHour = time.Hour

// Missed is a product that was asked for on a day when it was gone: demand that
// was not served, and how fast the last of it went.
type Missed struct {
	ProductID int64
	Day       string
	Tried     int // put into the cart in vain
	Seen      int // its page opened while nothing of it could be had
	First     db.Time
	Orders    int // in the hour before the first who came too late
	Pieces    int
	Within    time.Duration // from the first to the last of these orders
}

// Asked is how often it was wanted and not to be had.
func (m Missed) Asked() int { return m.Tried + m.Seen }

// Gone lists what was asked for when it was gone on the days from..to, most
// asked first; product 0 is all. Single events are kept for some time only
// (keep.browsing), and earlier days say nothing.
func Gone(ctx context.Context, q db.Q, from, to string, simulated bool, product int64, limit int, v setting.Values) ([]Missed, error) {
	zone := v.Zone()
	first, err := time.ParseInLocation(time.DateOnly, from, zone)
	if err != nil {
		return nil, fmt.Errorf("read the day %s: %w", from, err)
	}
	last, err := time.ParseInLocation(time.DateOnly, to, zone)
	if err != nil {
		return nil, fmt.Errorf("read the day %s: %w", to, err)
	}
	query, args := "SELECT product_id, at, detail FROM events WHERE kind = 'stock.lost' AND at >= ? AND at < ? AND simulated = ? AND bot = FALSE AND product_id <> 0",
		[]any{db.At(first), db.At(nextDay(last, 1)), simulated}
	if product != 0 {
		query, args = query+" AND product_id = ?", append(args, product)
	}
	type key struct {
		product int64
		day     string
	}
	by := map[key]*Missed{}
	err = each(ctx, q, query+" ORDER BY at, id", args, func(rows *sql.Rows) error {
		var id, at int64
		var detail string
		if err := rows.Scan(&id, &at, &detail); err != nil {
			return err
		}
		k := key{id, time.UnixMilli(at).In(zone).Format(time.DateOnly)}
		m := by[k]
		if m == nil {
			m = &Missed{ProductID: id, Day: k.day, First: millis(at)}
			by[k] = m
		}
		if detail == "seen" {
			m.Seen++
		} else {
			m.Tried++
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what was gone: %w", err)
	}
	var all []Missed
	for _, m := range by {
		all = append(all, *m)
	}
	slices.SortFunc(all, func(a, b Missed) int {
		return cmp.Or(cmp.Compare(b.Asked(), a.Asked()), cmp.Compare(b.Day, a.Day), cmp.Compare(a.ProductID, b.ProductID))
	})
	all = all[:min(len(all), limit)]
	for i := range all {
		if err := all[i].rush(ctx, q, simulated); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// rush counts the orders by which the last pieces went.
func (m *Missed) rush(ctx context.Context, q db.Q, simulated bool) error {
	var began, ended sql.NullInt64
	err := q.Query(ctx).Raw(`SELECT count(DISTINCT o.id), coalesce(sum(l.qty - l.cancelled_qty), 0), min(o.placed_at), max(o.placed_at) FROM orders o JOIN order_lines l ON l.order_id = o.id
		WHERE l.product_id = ? AND o.placed_at >= ? AND o.placed_at <= ? AND o.simulated = ? AND o.imported = FALSE AND o.state <> 'cancelled'`,
		m.ProductID, db.At(m.First.Add(-rushHour)), m.First, simulated).Row().Scan(&m.Orders, &m.Pieces, &began, &ended)
	if err != nil {
		return fmt.Errorf("read how the last of product %d went: %w", m.ProductID, err)
	}
	m.Within = time.Duration(ended.Int64-began.Int64) * time.Millisecond
	return nil
}

package analytics

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/setting"
)

// RecountSales counts what was sold on the days from..to, "" as of Recount. It
// is the one counter, for the job and for "rebuild reports".
func RecountSales(ctx context.Context, d *db.DB, from, to string, v setting.Values, now time.Time) error {
	zone := v.Zone()
	first, err := dayOr(from, zone, func() (time.Time, error) { return firstSold(ctx, d, zone, now) })
	if err != nil {
		return err
	}
	last, err := dayOr(to, zone, func() (time.Time, error) { return now.In(zone), nil })
	if err != nil {
		return err
	}
	for day := first; !day.After(last); day = nextDay(day, chunk) {
		end := nextDay(day, chunk)
		if limit := nextDay(last, 1); end.After(limit) {
			end = limit
		}
		if err := recountSales(ctx, d, day, end, v, now); err != nil {
			return fmt.Errorf("recount sales of %s: %w", day.Format(time.DateOnly), err)
		}
	}
	return nil
}

// RefreshSales counts today again and every day of which an order was placed,
// paid, closed or given back in the last 72 hours. The nightly count of every
// day brings what else changed: categories, segments, costs.
func RefreshSales(ctx context.Context, d *db.DB, v setting.Values, now time.Time) error {
	var counted bool
	if err := d.Query(ctx).Raw("SELECT EXISTS (SELECT 1 FROM sold_days)").Scan(&counted).Error; err != nil {
		return fmt.Errorf("look for counted sales: %w", err)
	}
	if !counted { // the shop was upgraded, or sold nothing yet
		return RecountSales(ctx, d, "", "", v, now)
	}
	since, zone := db.At(now.Add(-restate)), v.Zone()
	var placed []int64
	err := d.Query(ctx).Raw(`SELECT placed_at FROM orders WHERE placed_at >= ? AND (placed_at >= ? OR paid_at >= ? OR closed_at >= ?)
		UNION SELECT o.placed_at FROM refunds r JOIN orders o ON o.id = r.order_id WHERE r.at >= ?`,
		db.At(now.Add(-max(restate, v.CartLost()))), since, since, since, since).Scan(&placed).Error
	if err != nil {
		return fmt.Errorf("find days whose sales changed: %w", err)
	}
	days := []string{now.In(zone).Format(time.DateOnly)}
	for _, at := range placed {
		days = append(days, time.UnixMilli(at).In(zone).Format(time.DateOnly))
	}
	slices.Sort(days)
	for _, day := range slices.Compact(days) {
		if err := RecountSales(ctx, d, day, day, v, now); err != nil {
			return err
		}
	}
	return nil
}

// firstSold is the first day with an order, or with a count.
func firstSold(ctx context.Context, q db.Q, zone *time.Location, now time.Time) (time.Time, error) {
	var at sql.NullInt64
	if err := q.Query(ctx).Raw("SELECT min(placed_at) FROM orders").Row().Scan(&at); err != nil {
		return now, fmt.Errorf("find the first order: %w", err)
	}
	first := now.In(zone)
	if at.Valid && at.Int64 < first.UnixMilli() {
		first = time.UnixMilli(at.Int64).In(zone)
	}
	var day sql.NullString
	if err := q.Query(ctx).Raw("SELECT min(day) FROM sold_days").Row().Scan(&day); err != nil {
		return now, fmt.Errorf("find the first day of sales: %w", err)
	}
	if counted, err := time.ParseInLocation(time.DateOnly, day.String, zone); day.Valid && err == nil && counted.Before(first) {
		first = counted
	}
	return first, nil
}

func recountSales(ctx context.Context, d *db.DB, from, to time.Time, v setting.Values, now time.Time) error {
	lines, err := sales(ctx, d, from, to, v.Currency())
	if err != nil {
		return err
	}
	off, err := takenOff(ctx, d, from, to)
	if err != nil {
		return err
	}
	segments, err := segmentsOf(ctx, d, lines)
	if err != nil {
		return err
	}
	sums := foldSales(lines, off, segments, v.Zone())
	rows := make([][]any, 0, len(sums))
	for _, b := range slices.SortedFunc(maps.Keys(sums), soldBucket.compare) {
		s := sums[b]
		rows = append(rows, []any{b.day, string(b.dim), b.key, b.simulated, s.Orders, s.Units, int64(s.Revenue), int64(s.Margin), int64(s.Costed), int64(s.Off), string(v.Currency()), db.At(now)})
	}
	return d.InTx(ctx, func(tx *db.Tx) error {
		if err := customer.Turn(ctx, tx, "recount-sales"); err != nil {
			return err
		}
		last := to.Add(-time.Hour).Format(time.DateOnly)
		if err := tx.Query(ctx).Exec("DELETE FROM sold_days WHERE dim IN ? AND simulated IN ? AND day >= ? AND day <= ?", dims, []bool{false, true}, from.Format(time.DateOnly), last).Error; err != nil {
			return err
		}
		_, err := tx.Insert(ctx, "sold_days", strings.Fields("day dim key simulated orders units revenue margin costed off currency counted_at"), rows, false)
		return err
	})
}

var dims = []Dim{Whole, ByProduct, ByCategory, BySegment, ByPromotion}

// takenOff is what promotions took off the lines of orders of a span.
func takenOff(ctx context.Context, q db.Q, from, to time.Time) (map[[2]int64][]taken, error) {
	all := map[[2]int64][]taken{}
	err := each(ctx, q, `SELECT l.order_id, l.position, l.promotion_id, l.amount FROM orders o JOIN line_discounts l ON l.order_id = o.id
		WHERE o.placed_at >= ? AND o.placed_at < ? ORDER BY l.order_id, l.position, l.promotion_id`, []any{db.At(from), db.At(to)}, func(rows *sql.Rows) error {
		var order, position int64
		var t taken
		if err := rows.Scan(&order, &position, &t.promotion, &t.amount); err != nil {
			return err
		}
		at := [2]int64{order, position}
		all[at] = append(all[at], t)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what promotions took off: %w", err)
	}
	return all, nil
}

// segmentsOf names the first segment with a home page of each account that
// bought these lines.
func segmentsOf(ctx context.Context, q db.Q, lines []sold) (map[int64]string, error) {
	var ids []int64
	for _, l := range lines {
		if l.who > 0 {
			ids = append(ids, l.who)
		}
	}
	slices.Sort(ids)
	of := map[int64]string{}
	for some := range slices.Chunk(slices.Compact(ids), 500) {
		err := each(ctx, q, `SELECT m.customer_id, m.segment FROM segment_members m JOIN segments s ON s.key = m.segment
			WHERE m.customer_id IN ? AND s.pageless = FALSE AND s.archived_at = 0 ORDER BY m.customer_id, s.position DESC, s.key DESC`, []any{some}, func(rows *sql.Rows) error {
			var who int64
			var key string
			if err := rows.Scan(&who, &key); err != nil {
				return err
			}
			of[who] = key // the first in order comes last
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read the segments of buyers: %w", err)
		}
	}
	return of, nil
}

// SoldDays reads the days from..to of one dimension, day by day.
func SoldDays(ctx context.Context, q db.Q, dim Dim, from, to string, simulated bool) ([]SoldDay, error) {
	var days []SoldDay
	err := q.Query(ctx).Raw(`SELECT day, key, orders, units, revenue, margin, costed, off FROM sold_days
		WHERE dim = ? AND simulated = ? AND day >= ? AND day <= ? ORDER BY day, key`, string(dim), simulated, from, to).Scan(&days).Error
	if err != nil {
		return nil, fmt.Errorf("read sales by %s: %w", dim, err)
	}
	return days, nil
}

// SalesAstray names the days whose sums along products, categories and
// segments are not those of the whole, and of the newest 31 those that hold
// other orders or units than the rows do. What changed since a day was counted
// waits for the next count.
func SalesAstray(ctx context.Context, q db.Q, v setting.Values) ([]string, error) {
	var wrong []string
	err := q.Query(ctx).Raw(`SELECT w.day FROM (SELECT day, simulated, sum(CASE WHEN dim = 'all' THEN revenue ELSE 0 END) AS whole, sum(CASE WHEN dim = 'all' THEN units ELSE 0 END) AS units,
			sum(CASE WHEN dim = 'product' THEN revenue ELSE 0 END) AS p, sum(CASE WHEN dim = 'category' THEN revenue ELSE 0 END) AS c, sum(CASE WHEN dim = 'segment' THEN revenue ELSE 0 END) AS s,
			sum(CASE WHEN dim = 'product' THEN units ELSE 0 END) AS pu FROM sold_days WHERE dim <> 'promotion' GROUP BY day, simulated) w
		WHERE w.whole <> w.p OR w.whole <> w.c OR w.whole <> w.s OR w.units <> w.pu ORDER BY w.day`).Scan(&wrong).Error
	if err != nil {
		return nil, fmt.Errorf("hold sales against each other: %w", err)
	}
	var days []struct {
		Day           string
		Orders, Units int
		CountedAt     db.Time
	}
	err = q.Query(ctx).Raw(`SELECT day, sum(orders) AS orders, sum(units) AS units, min(counted_at) AS counted_at FROM sold_days WHERE dim = 'all'
		GROUP BY day ORDER BY day DESC LIMIT ?`, astrayDays).Scan(&days).Error
	if err != nil {
		return nil, fmt.Errorf("read days of sales: %w", err)
	}
	for _, day := range days {
		from, err := time.ParseInLocation(time.DateOnly, day.Day, v.Zone())
		if err != nil {
			return nil, fmt.Errorf("read a day of sales: %w", err)
		}
		to := nextDay(from, 1)
		var since int64
		err = q.Query(ctx).Raw(`SELECT count(*) FROM orders o WHERE o.placed_at >= ? AND o.placed_at < ? AND (o.placed_at >= ? OR o.paid_at >= ? OR o.closed_at >= ?
			OR EXISTS (SELECT 1 FROM refunds r WHERE r.order_id = o.id AND r.at >= ?))`, db.At(from), db.At(to), day.CountedAt, day.CountedAt, day.CountedAt, day.CountedAt).Scan(&since).Error
		if err != nil {
			return nil, fmt.Errorf("look for what changed since: %w", err)
		}
		if since > 0 {
			continue
		}
		lines, err := sales(ctx, q, from, to, v.Currency())
		if err != nil {
			return nil, err
		}
		var is Sold
		for b, s := range foldSales(lines, nil, nil, v.Zone()) {
			if b.dim == Whole {
				is.add(s)
			}
		}
		if is.Orders != day.Orders || is.Units != day.Units {
			wrong = append(wrong, day.Day)
		}
	}
	return wrong, nil
}

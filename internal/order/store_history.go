package order

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
)

// kept is the condition of an order o that somebody paid and kept.
const kept = "o.customer_id IS NOT NULL AND o.state <> 'cancelled' AND o.payment_state IN ('paid', 'partly-refunded')"

// lets is the join that keeps the customers c whose purchases may be used.
const lets = `JOIN consents h ON h.customer_id = c.id AND h.purpose = 'history' AND h.given = TRUE
	JOIN consents f ON f.customer_id = c.id AND f.purpose = 'personalize' AND f.given = TRUE`

// Age counts what people bought before a moment and no longer need single
// orders for, so many people at a time, and drops the counts of those who do
// not let their purchases be used any more. The moment is brought back to the
// beginning of its month. It returns how many people it did.
func Age(ctx context.Context, tx *db.Tx, before time.Time, zone *time.Location, limit int, now time.Time) (int64, error) {
	through := MonthStart(Month(before, zone), zone)
	var off, ids []int64
	err := tx.Query(ctx).Raw(`SELECT p.customer_id FROM history_people p WHERE NOT EXISTS (SELECT 1 FROM customers c `+lets+` WHERE c.id = p.customer_id AND c.erased_at = 0)
		ORDER BY p.customer_id LIMIT ?`, limit).Scan(&off).Error
	if err != nil {
		return 0, fmt.Errorf("find who ended the use of their purchases: %w", err)
	}
	err = tx.Query(ctx).Raw(`SELECT c.id FROM customers c `+lets+` LEFT JOIN history_people p ON p.customer_id = c.id
		WHERE c.erased_at = 0 AND (p.through <> ? OR p.customer_id IS NULL AND EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.placed_at < ? AND `+kept+`))
		ORDER BY c.id LIMIT ?`, db.At(through), db.At(through), limit-len(off)).Scan(&ids).Error
	if err != nil {
		return 0, fmt.Errorf("find whose purchases are to be counted: %w", err)
	}
	if err := uncount(ctx, tx, "customer_id IN ?", append(off, ids...)); err != nil || len(ids) == 0 {
		return int64(len(off)), err
	}
	buys, err := bought(ctx, tx, "o.customer_id IN ? AND o.placed_at < ?", ids, db.At(through))
	if err != nil {
		return 0, err
	}
	people, goods := count(buys, zone)
	var rows, more [][]any
	for id, p := range people {
		rows = append(rows, []any{int64(id), db.At(through), p.Orders, db.At(now)})
	}
	for _, g := range goods {
		more = append(more, []any{int64(g.CustomerID), int64(g.ProductID), g.Times, g.Units, g.FirstMonth, g.LastMonth})
	}
	if _, err := tx.Insert(ctx, "history_people", []string{"customer_id", "through", "orders", "counted_at"}, rows, false); err != nil {
		return 0, fmt.Errorf("count old orders: %w", err)
	}
	if _, err := tx.Insert(ctx, "history_goods", []string{"customer_id", "product_id", "times", "units", "first_month", "last_month"}, more, false); err != nil {
		return 0, fmt.Errorf("count old purchases: %w", err)
	}
	return int64(len(off) + len(ids)), nil
}

// count makes the counts of what was bought, the oldest first.
func count(buys []buy, zone *time.Location) (people map[customer.ID]*LongAgo, goods map[goodsOf]*LongAgoGoods) {
	people, goods = map[customer.ID]*LongAgo{}, map[goodsOf]*LongAgoGoods{}
	orders, in := map[ID]bool{}, map[ID]map[catalog.ProductID]bool{}
	for _, b := range buys {
		p, month := people[b.CustomerID], Month(b.PlacedAt.Time, zone)
		if p == nil {
			p = &LongAgo{}
			people[b.CustomerID] = p
		}
		if !orders[b.OrderID] {
			orders[b.OrderID], in[b.OrderID] = true, map[catalog.ProductID]bool{}
			p.Orders++
		}
		g := goods[goodsOf{b.CustomerID, b.ProductID}]
		if g == nil {
			g = &LongAgoGoods{CustomerID: b.CustomerID, ProductID: b.ProductID, FirstMonth: month}
			goods[goodsOf{b.CustomerID, b.ProductID}] = g
		}
		if !in[b.OrderID][b.ProductID] {
			in[b.OrderID][b.ProductID] = true
			g.Times++
		}
		g.Units, g.LastMonth = g.Units+b.Qty, month
	}
	return people, goods
}

type goodsOf struct {
	customer customer.ID
	product  catalog.ProductID
}

// bought reads the lines of orders o that were kept, the oldest first.
func bought(ctx context.Context, q db.Q, where string, args ...any) (all []buy, err error) {
	err = q.Query(ctx).Raw(`SELECT o.customer_id, o.id AS order_id, l.product_id, l.variant_id, l.qty - l.cancelled_qty - l.returned_qty AS qty, o.placed_at
		FROM orders o JOIN order_lines l ON l.order_id = o.id AND l.qty > l.cancelled_qty + l.returned_qty
		WHERE `+kept+" AND "+where+" ORDER BY o.placed_at, o.id, l.position", args...).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read what people bought: %w", err)
	}
	return all, nil
}

// uncount drops counts; the single orders are used again until the next night.
func uncount(ctx context.Context, tx *db.Tx, where string, args ...any) error {
	for _, table := range []string{"history_goods", "history_people"} {
		if err := tx.Query(ctx).Exec("DELETE FROM "+table+" WHERE "+where, args...).Error; err != nil {
			return fmt.Errorf("drop the counts of old purchases: %w", err)
		}
	}
	return nil
}

// settled is an age at which no order is counted yet: well below the shortest
// term of keep.history.
const settled = 300 * 24 * time.Hour

// uncountOld drops the counts an order is in, which is about to change.
func uncountOld(ctx context.Context, tx *db.Tx, id ID) error {
	return uncount(ctx, tx, "customer_id IN (SELECT o.customer_id FROM orders o JOIN history_people p ON p.customer_id = o.customer_id AND o.placed_at < p.through WHERE o.id = ?)", int64(id))
}

// LetGo drops the counts of an account that does not let its purchases be used
// any more, in the transaction that says so.
func LetGo(ctx context.Context, tx *db.Tx, id customer.ID) error {
	return uncount(ctx, tx, "customer_id = ? AND NOT EXISTS (SELECT 1 FROM customers c "+lets+" WHERE c.id = ? AND c.erased_at = 0)", int64(id), int64(id))
}

// LongAgoOf reads what is left of an account's old purchases; nothing counted
// gives a value whose Through never came. The caller asked whether history may
// be used.
func LongAgoOf(ctx context.Context, q db.Q, id customer.ID) (*LongAgo, error) {
	l := &LongAgo{}
	err := q.Query(ctx).Where("customer_id = ?", int64(id)).Take(l).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return &LongAgo{CustomerID: id}, nil
	}
	if err == nil {
		err = q.Query(ctx).Raw(`SELECT g.*, p.name, p.slug, p.published_at > 0 AS published FROM history_goods g JOIN products p ON p.id = g.product_id
			WHERE g.customer_id = ? ORDER BY g.last_month DESC, g.times DESC, g.product_id`, int64(id)).Scan(&l.Goods).Error
	}
	if err != nil {
		return nil, fmt.Errorf("read what customer %d bought long ago: %w", id, err)
	}
	return l, nil
}

// Since lists an account's orders from a moment on, newest first, and counts
// those from before.
func Since(ctx context.Context, q db.Q, id customer.ID, from time.Time, limit int) (all []Order, before int, err error) {
	if err := q.Query(ctx).Where("customer_id = ? AND placed_at >= ?", int64(id), db.At(from)).Order("placed_at DESC, id DESC").Limit(limit).Find(&all).Error; err != nil {
		return nil, 0, fmt.Errorf("read orders of customer %d: %w", id, err)
	}
	if err := q.Query(ctx).Raw("SELECT count(*) FROM orders WHERE customer_id = ? AND placed_at < ?", int64(id), db.At(from)).Scan(&before).Error; err != nil {
		return nil, 0, fmt.Errorf("count old orders of customer %d: %w", id, err)
	}
	return all, before, nil
}

// OftenOf lists what an account bought on more than one day, by its single
// orders alone. The caller asked whether history may be used.
func OftenOf(ctx context.Context, q db.Q, id customer.ID, zone *time.Location) ([]Often, error) {
	buys, err := bought(ctx, q, "o.customer_id = ? AND o.replaces = 0 AND o.placed_at >= coalesce((SELECT through FROM history_people WHERE customer_id = ?), 0)", int64(id), int64(id))
	if err != nil {
		return nil, err
	}
	return usual(buys, zone), nil
}

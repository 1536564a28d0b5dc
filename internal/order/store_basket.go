package order

import (
	"context"
	"fmt"
	"hash/fnv"
	"iter"
	"slices"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
)

// Baskets reads what people bought and kept since a moment, in the order of
// time, without holding it in memory. Cancelled, unpaid and replacing orders are
// left out, and so is what was cancelled of a line, paid back, or returned for
// money; what was returned for the same goods again was kept. An order of which
// nothing was kept has a basket without products.
func Baskets(ctx context.Context, q db.Q, since time.Time) iter.Seq2[Basket, error] {
	return baskets(ctx, q, "o.placed_at >= ?", db.At(since))
}

// BasketsOf reads the baskets of the orders named, by the same rule.
func BasketsOf(ctx context.Context, q db.Q, ids []ID) iter.Seq2[Basket, error] {
	return baskets(ctx, q, "o.id IN ?", ids)
}

func baskets(ctx context.Context, q db.Q, which string, arg any) iter.Seq2[Basket, error] {
	return func(yield func(Basket, error) bool) {
		rows, err := q.Query(ctx).Raw(`SELECT o.id, coalesce(o.customer_id, 0), CASE WHEN o.customer_id IS NULL THEN o.email ELSE '' END, o.placed_at,
				l.product_id, l.qty - l.cancelled_qty, o.payment_state = 'refunded', l.refunded_qty, CASE WHEN l.returned_qty = 0 THEN 0 ELSE
				(SELECT coalesce(sum(b.good + b.lost), 0) FROM return_lines b JOIN returns r ON r.id = b.return_id
				WHERE b.line_id = l.id AND r.outcome IN ('refund', 'credit')) END
			FROM orders o JOIN order_lines l ON l.order_id = o.id
			WHERE `+which+` AND o.state <> 'cancelled' AND o.payment_state IN ('paid', 'partly-refunded', 'refunded') AND o.replaces = 0 AND l.qty > l.cancelled_qty
			ORDER BY o.placed_at, o.id, l.position`, arg).Rows()
		if err != nil {
			yield(Basket{}, fmt.Errorf("read baskets: %w", err))
			return
		}
		defer rows.Close()
		var now Basket
		for rows.Next() {
			var next Basket
			var item Item
			var email string
			var nothing bool
			var refunded, returned int
			if err := rows.Scan(&next.Order, &next.Customer, &email, &next.At, &item.Product, &item.Qty, &nothing, &refunded, &returned); err != nil {
				yield(Basket{}, fmt.Errorf("read baskets: %w", err))
				return
			}
			if next.Order != now.Order {
				if now.Order != 0 && !yield(now.whole(), nil) {
					return
				}
				now = next
				if now.Customer == 0 {
					now.Customer = guest(email)
				}
			}
			back := max(refunded, returned)
			if item.Qty = max(0, item.Qty-back); nothing {
				item.Qty = 0
			}
			now.add(item, back > 0)
		}
		if err := rows.Err(); err != nil {
			yield(Basket{}, fmt.Errorf("read baskets: %w", err))
			return
		}
		if now.Order != 0 {
			yield(now.whole(), nil)
		}
	}
}

// guest is a number below 0 for the address of a guest, 0 for none.
func guest(email string) int64 {
	if email == "" {
		return 0
	}
	h := fnv.New64a()
	h.Write([]byte(strings.ToLower(email)))
	return -1 - int64(h.Sum64()>>2)
}

// add joins variants of one product.
func (b *Basket) add(item Item, back bool) {
	if back && !slices.Contains(b.Back, item.Product) {
		b.Back = append(b.Back, item.Product)
	}
	for i := range b.Products {
		if b.Products[i].Product == item.Product {
			b.Products[i].Qty += item.Qty
			return
		}
	}
	b.Products = append(b.Products, item)
}

// whole tells what was kept from what came back.
func (b Basket) whole() Basket {
	b.Products = slices.DeleteFunc(b.Products, func(item Item) bool { return item.Qty <= 0 })
	b.Back = slices.DeleteFunc(b.Back, func(id catalog.ProductID) bool {
		return slices.ContainsFunc(b.Products, func(item Item) bool { return item.Product == id })
	})
	return b
}

// Seen is the number of the newest entry of the history: what happens to any
// order later gets a higher one.
func Seen(ctx context.Context, q db.Q) (int64, error) {
	var id int64
	if err := q.Query(ctx).Raw("SELECT coalesce(max(id), 0) FROM order_history").Scan(&id).Error; err != nil {
		return 0, fmt.Errorf("read the newest entry of the order history: %w", err)
	}
	return id, nil
}

// Entry is an entry of the order history and whose it is.
type Entry struct {
	ID    int64
	Order ID
}

// Told reads what the history tells after an entry of orders whose baskets may
// have changed, at most limit entries: money that came or went, an order
// cancelled, a remark. Every refund and every return that ends with money
// leaves such an entry.
func Told(ctx context.Context, q db.Q, entry int64, limit int) ([]Entry, error) {
	var rows []struct{ ID, OrderID int64 }
	err := q.Query(ctx).Raw(`SELECT id, order_id FROM order_history
		WHERE id > ? AND axis <> 'delivery' AND from_state <> '' ORDER BY id LIMIT ?`, entry, limit).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read the order history after entry %d: %w", entry, err)
	}
	all := make([]Entry, len(rows))
	for i, r := range rows {
		all[i] = Entry{r.ID, ID(r.OrderID)}
	}
	return all, nil
}

package outreach

import (
	"context"
	"fmt"
	"math"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
)

// paidOrders are those that were really bought, as purchases has them.
const paidOrders = "o.state <> 'cancelled' AND o.payment_state IN ('paid', 'partly-refunded', 'processing')"

// consumables lists what is used up, with how long a pack lasts as it was
// learned last. Nothing sensitive: no mail and no page speaks of it.
func consumables(ctx context.Context, q db.Q) ([]Consumable, error) {
	var rows []struct {
		ID                        catalog.ProductID
		RefillDays, Tenths, Found int
	}
	err := q.Query(ctx).Raw(`SELECT p.id, p.refill_days, coalesce(r.tenths, 0) AS tenths, coalesce(r.gaps, 0) AS found FROM products p LEFT JOIN refill_rates r ON r.product_id = p.id
		WHERE p.refill_days > 0 AND p.published = TRUE AND p.durable = FALSE AND p.sensitive = FALSE AND p.gift_card = FALSE ORDER BY p.id`).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list what is used up: %w", err)
	}
	all := make([]Consumable, len(rows))
	for i, r := range rows {
		all[i] = Consumable{r.ID, r.RefillDays, float64(r.Tenths) / 10, r.Found}
	}
	return all, nil
}

// eachBuyer visits the people who bought a product within two years, with their
// purchases, the oldest first, one person in memory at a time.
func eachBuyer(ctx context.Context, q db.Q, id catalog.ProductID, who string, now time.Time, visit func(customer.ID, []oneBuy)) error {
	rows, err := q.Query(ctx).Raw(`SELECT o.customer_id, o.id, l.variant_id, o.placed_at, l.qty - l.cancelled_qty - l.returned_qty FROM order_lines l JOIN orders o ON o.id = l.order_id
		WHERE l.product_id = ? AND o.customer_id IS NOT NULL AND o.placed_at > ? AND l.qty > l.cancelled_qty + l.returned_qty AND `+paidOrders+who+` ORDER BY o.customer_id, o.placed_at, o.id`,
		int64(id), db.At(now.AddDate(-refillPast, 0, 0))).Rows()
	if err != nil {
		return fmt.Errorf("read who bought product %d: %w", id, err)
	}
	defer rows.Close()
	var whose customer.ID
	var buys []oneBuy
	for rows.Next() {
		var c customer.ID
		var b oneBuy
		var at db.Time
		if err := rows.Scan(&c, &b.OrderID, &b.VariantID, &at, &b.Qty); err != nil {
			return fmt.Errorf("read who bought product %d: %w", id, err)
		}
		if b.At = at.Time; c != whose {
			if len(buys) > 0 {
				visit(whose, buys)
			}
			whose, buys = c, nil
		}
		buys = append(buys, b)
	}
	if len(buys) > 0 {
		visit(whose, buys)
	}
	return rows.Err()
}

// learnRefills counts anew how long packs last, keeps it and returns it.
func learnRefills(ctx context.Context, d *db.DB, now time.Time) ([]Consumable, error) {
	all, err := consumables(ctx, d)
	if err != nil {
		return nil, err
	}
	for i := range all {
		k, sum := &all[i], 0.0
		k.Gaps = 0
		err := eachBuyer(ctx, d, k.ProductID, "", now, func(_ customer.ID, buys []oneBuy) {
			s, n := gapsOf(buys, k.Written)
			sum, k.Gaps = sum+s, k.Gaps+n
		})
		if err != nil {
			return nil, err
		}
		// As it is kept and read again: a page says what the mail says.
		k.Days = math.Round(learned(k.Written, sum, k.Gaps)*10) / 10
	}
	err = d.InTx(ctx, func(tx *db.Tx) error {
		for _, k := range all {
			err := tx.Query(ctx).Exec(`INSERT INTO refill_rates (product_id, tenths, gaps, at) VALUES (?, ?, ?, ?) ON CONFLICT (product_id) DO UPDATE SET tenths = excluded.tenths, gaps = excluded.gaps, at = excluded.at`,
				int64(k.ProductID), int64(math.Round(k.Days*10)), k.Gaps, db.At(now)).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("keep how long packs last: %w", err)
	}
	return all, nil
}

// allowRefills are the consents without which nobody's purchases are looked at.
const allowRefills = ` AND o.customer_id IN (SELECT c.id FROM customers c WHERE c.erased_at = 0 AND c.simulated = FALSE AND
	(SELECT count(*) FROM consents n WHERE n.customer_id = c.id AND n.given = TRUE AND n.purpose IN ('personalize', 'history', 'mail.offers')) = 3)`

// runsOut lists who may be told that a product of theirs runs out.
func runsOut(ctx context.Context, q db.Q, k *Consumable, lead int, now time.Time) (people []customer.ID, err error) {
	err = eachBuyer(ctx, q, k.ProductID, allowRefills, now, func(id customer.ID, buys []oneBuy) {
		if r := k.refill(buys); r.near(now, lead) {
			people = append(people, id)
		}
	})
	return people, err
}

// orderedSince reports whether an account, or a guest with its address, ordered
// a product after a moment, paid yet or not.
func orderedSince(ctx context.Context, q db.Q, c *customer.Customer, id catalog.ProductID, after time.Time) (bool, error) {
	var n int
	err := q.Query(ctx).Raw(`SELECT count(*) FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE l.product_id = ? AND o.placed_at > ? AND o.state <> 'cancelled'
		AND (o.customer_id = ? OR o.customer_id IS NULL AND lower(o.email) = ?)`, int64(id), db.At(after), int64(c.ID), c.EmailKey).Scan(&n).Error
	if err != nil {
		return false, fmt.Errorf("look for a newer order of product %d: %w", id, err)
	}
	return n > 0, nil
}

// wentAlong notes that other purchases were named in a mail, so that none is
// named twice.
func wentAlong(ctx context.Context, tx *db.Tx, d *Desk, s *Send, keys []string, now time.Time) error {
	const along = "went-along"
	for _, key := range keys {
		row := Send{Key: key, Class: s.Class, Template: s.Template, CustomerID: s.CustomerID, Email: s.Email, Lang: s.Lang, Topic: s.Topic, State: Withheld, Reason: along, Simulated: s.Simulated}
		put, err := d.put(ctx, tx, &row, now)
		if err != nil || put {
			if err != nil {
				return err
			}
			continue
		}
		err = tx.Query(ctx).Exec("UPDATE sends SET state = 'withheld', reason = ?, updated_at = ? WHERE key = ? AND state = 'deferred'", along, db.At(now), key).Error
		if err != nil {
			return fmt.Errorf("note that %s went along: %w", key, err)
		}
	}
	return nil
}

package campaign

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/slot"
)

const (
	// creditBatch is how many orders are looked at together.
	creditBatch = 1000
	// creditAgain is how far behind the newest order the next sweep begins: what
	// came before an order is written a moment after it at times.
	creditAgain = 24 * time.Hour
	// creditWhole is how often all orders are looked at: an account may take
	// over an order of long ago, leave, or become one with another.
	creditWhole = 24 * time.Hour
)

// within is the condition that an order came so soon after a moment.
const within = " o.placed_at >= %[1]s AND o.placed_at < %[1]s + c.credit_days * 86400000 AND o.simulated = c.simulated AND c.started_at > 0"

// eligible are orders that may belong to a campaign.
const eligible = " o.id IN ? AND o.imported = FALSE AND o.replaces = 0"

// tokenOf is the token in what a click on a campaign's link leaves behind, else
// NULL; it stands in a column.
const tokenOf = "CASE WHEN %[1]s LIKE '" + string(slot.Campaign) + "//%%' THEN substr(%[1]s, length('" + string(slot.Campaign) + "//') + 1) WHEN %[1]s LIKE '" + string(slot.Campaign) + "/shown/%%' THEN substr(%[1]s, length('" + string(slot.Campaign) + "/shown/') + 1) END"

// whileOn is the condition that an order was placed while a campaign ran or in
// its days of credit.
const whileOn = " o.placed_at >= c.started_at AND o.placed_at < CASE WHEN c.ended_at > 0 THEN c.ended_at ELSE o.placed_at END + c.credit_days * 86400000 AND"

// asked are the statements that find the touches of some orders. Each begins at
// the orders: the tables are named in the order in which they are to be read,
// and events are found by the person, not by their kind.
var asked = []struct{ how, sql string }{
	{ByMail, "SELECT o.id, c.id, s.sent_at FROM orders o CROSS JOIN campaign_people p CROSS JOIN campaigns c CROSS JOIN sends s WHERE" + eligible +
		" AND p.customer_id = o.customer_id AND c.id = p.campaign_id AND s.key = p.send_key AND s.state = 'sent' AND" + fmt.Sprintf(within, "s.sent_at")},
	// A person who lets themselves be known followed a link and bought later.
	{ByLink, "SELECT o.id, c.id, e.at FROM orders o CROSS JOIN events e CROSS JOIN campaigns c WHERE" + eligible +
		fmt.Sprintf(" AND e.customer_id = o.customer_id AND e.customer_id <> 0 AND e.at <= o.placed_at AND e.at > o.placed_at - %d * CAST(86400000 AS BIGINT) AND e.kind || '' = 'slot.click' AND e.bot = FALSE AND c.token = ", mostCredit) + fmt.Sprintf(tokenOf, "e.detail") + " AND" + fmt.Sprintf(within, "e.at")},
	// The cart began with a visit that a link led to, or a line was added by one.
	{ByLink, "SELECT o.id, c.id, k.created_at FROM orders o CROSS JOIN carts k CROSS JOIN cart_arrivals a CROSS JOIN campaigns c WHERE" + eligible +
		" AND k.id = o.cart_id AND a.cart_id = k.id AND a.campaign <> '' AND c.token = a.campaign AND" + fmt.Sprintf(within, "k.created_at")},
	{ByLink, "SELECT DISTINCT o.id, c.id, o.placed_at FROM orders o CROSS JOIN order_lines l CROSS JOIN campaigns c WHERE" + eligible +
		" AND l.order_id = o.id AND l.origin <> '' AND c.token = " + fmt.Sprintf(tokenOf, "l.origin") + " AND" + whileOn + fmt.Sprintf(within, "o.placed_at")},
	{ByCode, "SELECT o.id, c.id, o.placed_at FROM orders o CROSS JOIN redemptions r CROSS JOIN promotion_codes k CROSS JOIN campaigns c WHERE" + eligible +
		" AND r.order_id = o.id AND r.state <> 'released' AND k.id = r.code_id AND k.promotion_id = r.promotion_id AND c.code <> '' AND c.code = k.code AND" + whileOn + fmt.Sprintf(within, "o.placed_at")},
	{ByCode, "SELECT o.id, c.id, o.placed_at FROM orders o CROSS JOIN redemptions r CROSS JOIN campaign_codes k CROSS JOIN campaigns c WHERE" + eligible +
		" AND r.order_id = o.id AND r.state <> 'released' AND k.code_id = r.code_id AND c.id = k.campaign_id AND c.batch <> '' AND c.batch_of = r.promotion_id AND o.placed_at >= k.at AND" + whileOn + fmt.Sprintf(within, "o.placed_at")},
}

// Credit says of every order which campaign it belongs to, from the mails that
// went out, the links that were followed and the codes that were used; it is
// the whole of what CreditNew does in parts.
func Credit(ctx context.Context, d *db.DB) error {
	_, err := credit(ctx, d, 0)
	return err
}

// CreditNew says it of the orders of the last day, and once a day of all.
func CreditNew(ctx context.Context, d *db.DB, now time.Time) error {
	var marks []struct{ PlacedTo, WholeAt int64 }
	if err := d.Query(ctx).Raw("SELECT placed_to, whole_at FROM campaign_credits WHERE id = 1").Scan(&marks).Error; err != nil {
		return fmt.Errorf("read how far campaigns were credited: %w", err)
	}
	from, whole := int64(0), now.UnixMilli()
	if len(marks) == 1 && whole-marks[0].WholeAt < creditWhole.Milliseconds() {
		from, whole = marks[0].PlacedTo-creditAgain.Milliseconds(), marks[0].WholeAt
	}
	to, err := credit(ctx, d, from)
	if err != nil {
		return err
	}
	if len(marks) == 1 {
		to = max(to, marks[0].PlacedTo)
	}
	err = d.InTx(ctx, func(tx *db.Tx) error {
		return tx.Query(ctx).Exec("INSERT INTO campaign_credits (id, placed_to, whole_at) VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET placed_to = excluded.placed_to, whole_at = excluded.whole_at", to, whole).Error
	})
	if err != nil {
		return fmt.Errorf("note how far campaigns were credited: %w", err)
	}
	return nil
}

// credit goes through the orders placed from a moment on, as far as a campaign
// that still names its people may have led to them, and says when the last of
// all was placed.
func credit(ctx context.Context, d *db.DB, from int64) (to int64, err error) {
	var first []int64
	if err := d.Query(ctx).Raw("SELECT coalesce(min(c.started_at), 0) FROM campaigns c WHERE c.started_at > 0 AND NOT EXISTS (SELECT 1 FROM campaign_sums z WHERE z.campaign_id = c.id)").Scan(&first).Error; err != nil {
		return 0, fmt.Errorf("find the first campaign: %w", err)
	}
	if first[0] == 0 {
		return 0, nil
	}
	at, last := max(from, first[0]), int64(0)
	for {
		var orders []struct{ ID, PlacedAt int64 }
		err := d.Query(ctx).Raw("SELECT id, placed_at FROM orders WHERE placed_at >= ? AND (placed_at > ? OR +id > ?) ORDER BY placed_at, id LIMIT ?", at, at, last, creditBatch).Scan(&orders).Error
		if err != nil {
			return 0, fmt.Errorf("read the orders that campaigns may have led to: %w", err)
		}
		ids := make([]int64, len(orders))
		for i, o := range orders {
			ids[i], at, last = o.ID, o.PlacedAt, o.ID
		}
		if len(ids) > 0 {
			if err := creditOrders(ctx, d, ids); err != nil {
				return 0, err
			}
		}
		if len(orders) < creditBatch {
			return at, nil
		}
	}
}

// creditOrders writes of some orders what is no longer as it was said.
func creditOrders(ctx context.Context, d *db.DB, ids []int64) error {
	touched, err := touchesOf(ctx, d, ids)
	if err != nil {
		return err
	}
	var have []struct {
		OrderID    int64
		CampaignID ID
		Touch      string
		TouchedAt  int64
		Gone       int64
	}
	err = d.Query(ctx).Raw(`SELECT b.order_id, b.campaign_id, b.touch, b.touched_at, CASE WHEN z.campaign_id IS NULL THEN 0 ELSE 1 END AS gone
		FROM campaign_orders b LEFT JOIN campaign_sums z ON z.campaign_id = b.campaign_id WHERE b.order_id IN ?`, ids).Scan(&have).Error
	if err != nil {
		return fmt.Errorf("read the orders of campaigns: %w", err)
	}
	belongs := last(touched)
	var stale []int64
	for _, h := range have {
		t, still := belongs[h.OrderID]
		switch {
		case h.Gone == 1 || still && t == (touch{h.OrderID, h.CampaignID, h.TouchedAt, h.Touch}):
			delete(belongs, h.OrderID) // orders of campaigns that let their people go stay where they are
		default:
			stale = append(stale, h.OrderID)
		}
	}
	if len(stale) == 0 && len(belongs) == 0 {
		return nil
	}
	rows := make([][]any, 0, len(belongs))
	for _, id := range slices.Sorted(maps.Keys(belongs)) {
		t := belongs[id]
		rows = append(rows, []any{t.order, int64(t.of), t.how, t.at})
	}
	return d.InTx(ctx, func(tx *db.Tx) error {
		if err := customer.Turn(ctx, tx, "campaign-credit"); err != nil {
			return err
		}
		if len(stale) > 0 {
			if err := tx.Query(ctx).Exec("DELETE FROM campaign_orders WHERE order_id IN ? AND campaign_id NOT IN (SELECT campaign_id FROM campaign_sums)", stale).Error; err != nil {
				return fmt.Errorf("say which campaign orders belong to: %w", err)
			}
		}
		_, err := tx.Insert(ctx, "campaign_orders", []string{"order_id", "campaign_id", "touch", "touched_at"}, rows, true)
		return err
	})
}

// touchesOf finds what of campaigns came before some orders.
func touchesOf(ctx context.Context, q db.Q, ids []int64) (all []touch, err error) {
	for _, ask := range asked {
		rows, err := q.Query(ctx).Raw(ask.sql, ids).Rows()
		if err != nil {
			return nil, fmt.Errorf("find what orders campaigns touched by %s: %w", ask.how, err)
		}
		err = scan(rows, func() error {
			t := touch{how: ask.how}
			err := rows.Scan(&t.order, &t.of, &t.at)
			all = append(all, t)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read an order of a campaign: %w", err)
		}
	}
	return all, nil
}

package inventory

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
)

// Policy is what happens when nothing of a variant is left.
type Policy struct {
	Kind   string    // catalog.Deny, Backorder or Preorder
	Beyond int       // units that may be promised beyond what is there
	Ready  time.Time // when these can be sent; zero = as incoming goods say. A preorder is not sent before.
}

// MostBeyond is the largest limit of a policy.
const MostBeyond = 100_000

// SetPolicy changes what happens when nothing of a counted variant is left.
// Units promised already stay promised: a limit below them is fault.Conflict
// with their number.
func SetPolicy(ctx context.Context, tx *db.Tx, v catalog.VariantID, p Policy, now time.Time) error {
	var form fault.Form
	switch p.Kind {
	case catalog.Deny:
		p = Policy{Kind: catalog.Deny}
	case catalog.Backorder, catalog.Preorder:
		if p.Beyond < 1 || p.Beyond > MostBeyond {
			form.Wrong("beyond", "inventory.policy.limit", "most", MostBeyond)
		}
		if p.Kind == catalog.Preorder && !p.Ready.After(now) {
			form.Wrong("ready", "inventory.policy.day")
		}
	default:
		form.Wrong("policy", "inventory.policy.unknown")
	}
	if err := form.Err(); err != nil {
		return err
	}
	r := tx.Query(ctx).Exec(`UPDATE stock SET policy = ?, beyond = ?, ready_at = ?, updated_at = ? WHERE variant_id = ? AND tracked = TRUE AND reserved <= on_hand + ?`,
		p.Kind, p.Beyond, db.At(p.Ready), db.At(now), v, p.Beyond)
	if r.Error != nil {
		return fmt.Errorf("set policy of variant %d: %w", v, r.Error)
	}
	if r.RowsAffected == 1 {
		return nil
	}
	var beyond []int
	if err := tx.Query(ctx).Raw("SELECT reserved - on_hand FROM stock WHERE variant_id = ? AND tracked = TRUE", v).Scan(&beyond).Error; err != nil {
		return fmt.Errorf("set policy of variant %d: %w", v, err)
	}
	if len(beyond) == 0 {
		return fault.New(fault.Conflict, "inventory.policy.uncounted")
	}
	return fault.New(fault.Conflict, "inventory.policy.promised", "count", beyond[0])
}

// OpenPreorders makes preorders whose day has come back-orders: from then on
// what is there is sent, and the rest as it arrives.
func OpenPreorders(ctx context.Context, tx *db.Tx, now time.Time) (int, error) {
	r := tx.Query(ctx).Exec("UPDATE stock SET policy = 'backorder', ready_at = 0, updated_at = ? WHERE policy = 'preorder' AND ready_at <= ?", db.At(now), db.At(now))
	if r.Error != nil {
		return 0, fmt.Errorf("open preorders: %w", r.Error)
	}
	return int(r.RowsAffected), nil
}

// SetReorder sets how many units left are few enough to order more; 0 = never.
func SetReorder(ctx context.Context, tx *db.Tx, v catalog.VariantID, at int, now time.Time) error {
	if at < 0 || at > 1_000_000 {
		return fault.New(fault.Invalid, "inventory.qty.wrong")
	}
	r := tx.Query(ctx).Exec("UPDATE stock SET reorder_at = ?, updated_at = ? WHERE variant_id = ? AND tracked = TRUE", at, db.At(now), v)
	if r.Error != nil {
		return fmt.Errorf("set reorder point of variant %d: %w", v, r.Error)
	}
	if r.RowsAffected == 0 {
		return fault.New(fault.Conflict, "inventory.policy.uncounted")
	}
	return nil
}

// Late is a promise of one variant that an order waits for, or can be sent.
type Late struct {
	Order   int64
	Variant catalog.VariantID
	Qty     int     // units the order still has to get
	Late    int     // of them, not there when it was placed
	Due     db.Time // when they were expected then; never = nobody knew
	There   bool    // its turn has come: they can be packed
}

// Queue lists the paid orders that have yet to get units of a variant, the
// first sold first, and says whose turn has come.
func Queue(ctx context.Context, q db.Q, v catalog.VariantID, now time.Time) ([]Late, error) {
	var s []struct {
		OnHand  int
		Policy  string
		ReadyAt db.Time
	}
	if err := q.Query(ctx).Raw("SELECT on_hand, policy, ready_at FROM stock WHERE variant_id = ?", v).Scan(&s).Error; err != nil {
		return nil, fmt.Errorf("read stock of variant %d: %w", v, err)
	}
	rows, err := q.Query(ctx).Raw(`SELECT order_id, qty - shipped, late, due, state FROM holds WHERE variant_id = ? AND state IN ('open','committed')
		ORDER BY created_at, id LIMIT 1000`, v).Rows()
	if err != nil {
		return nil, fmt.Errorf("read who waits for variant %d: %w", v, err)
	}
	defer rows.Close()
	left := 0
	if len(s) > 0 && !(s[0].Policy == catalog.Preorder && s[0].ReadyAt.After(now)) {
		left = s[0].OnHand
	}
	var all []Late
	for rows.Next() {
		l := Late{Variant: v}
		var state string
		if err := rows.Scan(&l.Order, &l.Qty, &l.Late, &l.Due, &state); err != nil {
			return nil, fmt.Errorf("read who waits for variant %d: %w", v, err)
		}
		l.There = left >= l.Qty
		left -= l.Qty
		if state == "committed" {
			all = append(all, l)
		}
	}
	return all, rows.Err()
}

// Waiting says what of an order was not there when it was placed and has not
// been sent, by variant (of bundles by component), and whether it is now.
func Waiting(ctx context.Context, q db.Q, orderID int64, now time.Time) (map[catalog.VariantID]Late, error) {
	var late []catalog.VariantID
	err := q.Query(ctx).Raw("SELECT variant_id FROM holds WHERE order_id = ? AND late > 0 AND state IN ('open','committed') ORDER BY variant_id", orderID).Scan(&late).Error
	if err != nil {
		return nil, fmt.Errorf("read what order %d waits for: %w", orderID, err)
	}
	all := map[catalog.VariantID]Late{}
	for _, v := range late {
		var rows []Late
		err := q.Query(ctx).Raw(`SELECT order_id AS "order", variant_id AS variant, qty - shipped AS qty, late, due FROM holds WHERE order_id = ? AND variant_id = ?`, orderID, v).Scan(&rows).Error
		if err != nil {
			return nil, fmt.Errorf("read what order %d waits for: %w", orderID, err)
		}
		queue, err := Queue(ctx, q, v, now)
		if err != nil {
			return nil, err
		}
		for _, l := range append(rows, queue...) { // the queue knows more, of paid orders
			if l.Order == orderID {
				all[v] = l
			}
		}
	}
	return all, nil
}

// Proposal says that more of a variant should be ordered.
type Proposal struct {
	Level
	Days  int // what is left lasts so long at the pace of Pace days; -1 = nothing is sold
	Units int // to order: what Pace days sell, beside what is left and on its way
	Sold  int // in the last Pace days
}

// Pace is over how many days the pace of selling is measured.
const Pace = 28

// Proposals lists counted variants of which few are left: at most their
// reorder point with what is on its way, or less than a week's sales. Nothing
// is ordered by it.
func Proposals(ctx context.Context, q db.Q, now time.Time) ([]Proposal, error) {
	rows, err := q.Query(ctx).Raw(`SELECT v.id, v.product_id, v.sku, p.slug, p.name, s.on_hand, s.reserved, s.expected_at, s.policy, s.beyond, s.ready_at, s.reorder_at,
		coalesce(i.units, 0), coalesce(h.units, 0)
		FROM stock s JOIN variants v ON v.id = s.variant_id AND v.active = TRUE JOIN products p ON p.id = v.product_id
		LEFT JOIN (SELECT variant_id, sum(qty - received) AS units FROM incoming WHERE closed_at = 0 GROUP BY variant_id) i ON i.variant_id = v.id
		LEFT JOIN (SELECT variant_id, sum(qty) AS units FROM holds WHERE created_at >= ? AND state IN ('committed','shipped') GROUP BY variant_id) h ON h.variant_id = v.id
		WHERE s.tracked = TRUE AND (s.reorder_at > 0 AND s.on_hand - s.reserved + coalesce(i.units, 0) <= s.reorder_at
			OR coalesce(h.units, 0) > 0 AND (s.on_hand - s.reserved + coalesce(i.units, 0)) * 4 < coalesce(h.units, 0))
		ORDER BY v.sku LIMIT 500`, db.At(now.AddDate(0, 0, -Pace))).Rows()
	if err != nil {
		return nil, fmt.Errorf("propose what to order: %w", err)
	}
	defer rows.Close()
	var all []Proposal
	for rows.Next() {
		p := Proposal{Level: Level{Tracked: true}}
		if err := rows.Scan(&p.Variant, &p.Product, &p.SKU, &p.Slug, &p.Name, &p.OnHand, &p.Reserved, &p.ExpectedAt, &p.Policy, &p.Beyond, &p.ReadyAt, &p.ReorderAt, &p.Incoming, &p.Sold); err != nil {
			return nil, fmt.Errorf("propose what to order: %w", err)
		}
		p.Days = Cover(p.Left(), p.Sold)
		p.Units = max(1, max(p.Sold, p.ReorderAt+1)-p.Left()-p.Incoming)
		all = append(all, p)
	}
	return all, rows.Err()
}

// Cover is how many days units last that sell at the pace of sold in Pace
// days; -1 = none are sold.
func Cover(left, sold int) int {
	if sold <= 0 {
		return -1
	}
	return max(0, left) * Pace / sold
}

package owner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/order"
)

func keyOf(email string) string { return customer.EmailKey(email) }

func ignoreGone(err error) error {
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// Tally counts how many people of a notice are in each state, by reason.
type Tally struct {
	State  Told
	Reason string
	Count  int
}

// Count says how far a notice is.
func Count(ctx context.Context, q db.Q, notice int64) ([]Tally, error) {
	var rows []Tally
	err := q.Query(ctx).Raw("SELECT state, reason, count(*) AS count FROM notice_people WHERE notice_id = ? GROUP BY state, reason ORDER BY count(*) DESC, state, reason", notice).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count who was told: %w", err)
	}
	return rows, nil
}

// Named is a person of a notice with what staff need to reach them.
type Named struct {
	Person
	Email, Name, Phone, Number, OrderNumber string
	Simulated                               bool
}

// People lists those of a notice in a state, "" for all, the newest decision
// first. after is the row to go on behind, 0 at first.
func People(ctx context.Context, q db.Q, notice int64, state Told, after int64, limit int) ([]Named, error) {
	var rows []Named
	err := q.Query(ctx).Raw(`SELECT p.*, coalesce(c.email, o.email, '') AS email, coalesce(c.name, o.name, '') AS name, CASE WHEN coalesce(c.phone, '') <> '' THEN c.phone ELSE coalesce(o.phone, '') END AS phone,
			coalesce(c.number, '') AS number, coalesce(o.number, '') AS order_number, coalesce(c.simulated, o.simulated, FALSE) AS simulated
		FROM notice_people p LEFT JOIN customers c ON c.id = p.customer_id LEFT JOIN orders o ON o.id = p.order_id
		WHERE p.notice_id = ? AND (? = '' OR p.state = ?) AND p.id > ? ORDER BY p.id LIMIT ?`, notice, string(state), string(state), after, limit).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read whom a notice is for: %w", err)
	}
	return rows, nil
}

// mine are the notices that somebody has yet to read: owed ones that started
// and still count for them.
const mine = `SELECT n.* FROM notices n JOIN notice_people p ON p.notice_id = n.id
	WHERE n.kind IN ('recall', 'fix') AND n.state <> 'draft' AND n.state <> 'stopped' AND p.read_at = 0 AND p.state <> 'gone' AND `

// Unread lists the notices that an account has yet to read, the newest first.
func Unread(ctx context.Context, q db.Q, id customer.ID) ([]Notice, error) {
	var rows []Notice
	if err := q.Query(ctx).Raw(mine+"p.customer_id = ? ORDER BY n.started_at DESC, n.id DESC LIMIT 20", int64(id)).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read the notices of customer %d: %w", id, err)
	}
	return rows, nil
}

// OfOrder lists those about goods of an order, which whoever sees the order has
// yet to read.
func OfOrder(ctx context.Context, q db.Q, o *order.Order) ([]Notice, error) {
	var owner int64
	if o.CustomerID != nil {
		owner = int64(*o.CustomerID)
	}
	var rows []Notice
	err := q.Query(ctx).Raw(mine+`(p.order_id = ? AND p.customer_id IS NULL OR p.customer_id = ?) AND EXISTS (SELECT 1 FROM order_lines l WHERE l.order_id = ? AND l.product_id = n.product_id
		AND (n.variant_id = 0 OR l.variant_id = n.variant_id)) ORDER BY n.started_at DESC, n.id DESC LIMIT 20`, int64(o.ID), owner, int64(o.ID)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read the notices about order %s: %w", o.Number, err)
	}
	return rows, nil
}

// Read notes that somebody has read a notice: an account, or, with id 0,
// whoever holds the key of that order.
func Read(ctx context.Context, tx *db.Tx, token string, id customer.ID, o order.ID, now time.Time) error {
	err := tx.Query(ctx).Exec(`UPDATE notice_people SET read_at = ? WHERE read_at = 0 AND notice_id = (SELECT id FROM notices WHERE token = ?)
		AND (customer_id = ? OR customer_id IS NULL AND order_id = ? AND order_id <> 0)`, db.At(now), token, int64(id), int64(o)).Error
	if err != nil {
		return fmt.Errorf("note that a notice was read: %w", err)
	}
	return nil
}

// Called notes that staff spoke with somebody whom no mail reached.
func Called(ctx context.Context, tx *db.Tx, notice, person int64, now time.Time) (bool, error) {
	done := tx.Query(ctx).Exec("UPDATE notice_people SET called_at = ? WHERE id = ? AND notice_id = ? AND called_at = 0", db.At(now), person, notice)
	if done.Error != nil {
		return false, fmt.Errorf("note a call: %w", done.Error)
	}
	return done.RowsAffected == 1, nil
}

// Successors says of products which one follows them and is sold.
func Successors(ctx context.Context, q db.Q, ids []catalog.ProductID) (map[catalog.ProductID]catalog.ProductID, error) {
	var rows []struct{ FromID, ToID catalog.ProductID }
	err := q.Query(ctx).Raw(`SELECT r.from_id, r.to_id FROM relations r JOIN products p ON p.id = r.to_id AND p.published = TRUE
		WHERE r.kind = 'replaced' AND r.from_id IN ? ORDER BY r.weight, r.id`, append(ids, -1)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read what follows products: %w", err)
	}
	out := map[catalog.ProductID]catalog.ProductID{}
	for _, r := range rows {
		out[r.FromID] = r.ToID
	}
	return out, nil
}

// Forget takes out what a person said they own, gave away, and was told, when
// their account is erased (a customer.Forget). That a notice went to somebody
// stays, to whom does not.
func Forget(ctx context.Context, tx *db.Tx, id customer.ID, _ string, _ time.Time) error {
	for _, sql := range []string{
		"DELETE FROM owned_elsewhere WHERE customer_id = @id",
		"DELETE FROM owned_away WHERE customer_id = @id",
		"DELETE FROM notice_people WHERE customer_id = @id",
	} {
		if err := tx.Query(ctx).Exec(sql, map[string]any{"id": int64(id)}).Error; err != nil {
			return fmt.Errorf("forget what customer %d owns: %w", id, err)
		}
	}
	return nil
}

// Merge puts what one customer owns under another who is the same person (a
// customer.Merge). Of two rows about one thing the survivor's stays, confirmed
// or told if either was.
func Merge(ctx context.Context, tx *db.Tx, from, into customer.ID, _ time.Time) error {
	values := map[string]any{"from": int64(from), "into": int64(into)}
	for _, sql := range []string{
		`UPDATE owned_elsewhere SET proved_at = f.proved_at, proved_by = f.proved_by FROM owned_elsewhere f WHERE owned_elsewhere.customer_id = @into AND owned_elsewhere.proved_at = 0
			AND f.customer_id = @from AND f.product_id = owned_elsewhere.product_id AND f.version = owned_elsewhere.version AND f.proved_at > 0`,
		"DELETE FROM owned_elsewhere WHERE customer_id = @from AND EXISTS (SELECT 1 FROM owned_elsewhere k WHERE k.customer_id = @into AND k.product_id = owned_elsewhere.product_id AND k.version = owned_elsewhere.version)",
		"UPDATE owned_elsewhere SET customer_id = @into WHERE customer_id = @from",
		"UPDATE owned_away SET customer_id = @into WHERE customer_id = @from",
		// Told once is told: the row that was decided stays.
		"DELETE FROM notice_people WHERE customer_id = @into AND state = 'waiting' AND EXISTS (SELECT 1 FROM notice_people f WHERE f.customer_id = @from AND f.notice_id = notice_people.notice_id AND f.state <> 'waiting')",
		"DELETE FROM notice_people WHERE customer_id = @from AND EXISTS (SELECT 1 FROM notice_people k WHERE k.customer_id = @into AND k.notice_id = notice_people.notice_id)",
		"UPDATE notice_people SET customer_id = @into WHERE customer_id = @from",
	} {
		if err := tx.Query(ctx).Exec(sql, values).Error; err != nil {
			return fmt.Errorf("put what customer %d owns under %d: %w", from, into, err)
		}
	}
	return nil
}

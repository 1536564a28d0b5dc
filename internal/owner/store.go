package owner

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
)

// lines are the units of orders that somebody paid for, by the rule of
// order.Baskets: kept is what was not cancelled, paid back or returned for
// money; coming is what of it lies in a return that is still open.
const lines = `SELECT t.*, CASE WHEN t.money = 'refunded' THEN 0 WHEN t.refunded_qty > t.back THEN t.qty - t.refunded_qty ELSE t.qty - t.back END AS kept FROM (
	SELECT l.id AS line_id, l.order_id, o.number, o.customer_id, lower(o.email) AS email, o.placed_at, o.simulated, o.payment_state AS money, l.product_id, l.variant_id,
		l.name, l.choices, l.position, l.refunded_qty, l.qty - l.cancelled_qty AS qty,
		CASE WHEN l.returned_qty = 0 THEN 0 ELSE (SELECT coalesce(sum(b.good + b.lost), 0) FROM return_lines b JOIN returns r ON r.id = b.return_id
			WHERE b.line_id = l.id AND r.outcome IN ('refund', 'credit')) END AS back,
		CASE WHEN l.returned_qty = 0 THEN 0 ELSE (SELECT coalesce(sum(b.qty), 0) FROM return_lines b JOIN returns r ON r.id = b.return_id
			WHERE b.line_id = l.id AND r.state IN ('asked', 'approved', 'received')) END AS coming,
		CASE WHEN EXISTS (SELECT 1 FROM owned_away a WHERE a.line_id = l.id) THEN 1 ELSE 0 END AS away
	FROM orders o JOIN order_lines l ON l.order_id = o.id
	WHERE o.state <> 'cancelled' AND o.payment_state IN ('paid', 'partly-refunded', 'refunded') AND o.replaces = 0 AND l.qty > l.cancelled_qty AND `

// Of lists what an account owns, the newest purchase first. months is the
// warranty of lasting goods that name none of their own.
func Of(ctx context.Context, q db.Q, id customer.ID, months int) ([]Owned, error) {
	return owned(ctx, q, id, months, "")
}

// OfProduct is the same of one product and of what it follows.
func OfProduct(ctx context.Context, q db.Q, id customer.ID, product catalog.ProductID, months int) ([]Owned, error) {
	return owned(ctx, q, id, months, fmt.Sprintf(" AND (l.product_id = %d OR l.product_id IN (SELECT from_id FROM relations WHERE kind = 'replaced' AND to_id = %d))", product, product))
}

func owned(ctx context.Context, q db.Q, id customer.ID, months int, which string) ([]Owned, error) {
	var bought, told []Owned
	err := q.Query(ctx).Raw(`SELECT x.line_id, x.order_id, x.number, x.product_id, x.variant_id, p.slug, p.published, x.name, x.choices, x.kept AS units, x.coming, x.placed_at AS since, x.away = 1 AS away,
			coalesce((SELECT max(h.at) FROM order_history h WHERE h.order_id = x.order_id AND h.axis = 'delivery' AND h.to_state = 'delivered'), 0) AS arrived,
			coalesce(w.months, CASE WHEN p.durable AND NOT p.digital THEN CAST(? AS BIGINT) ELSE 0 END) AS months
		FROM (`+lines+`o.customer_id = ?`+which+`) t) x JOIN products p ON p.id = x.product_id LEFT JOIN warranties w ON w.product_id = x.product_id
		WHERE x.kept > 0 ORDER BY x.placed_at DESC, x.order_id DESC, x.position`, months, int64(id)).Scan(&bought).Error
	if err == nil {
		err = q.Query(ctx).Raw(`SELECT l.token, l.product_id, p.slug, p.published, p.name, 1 AS units, l.since, l.version, l.proved_at > 0 AS proved
			FROM owned_elsewhere l JOIN products p ON p.id = l.product_id WHERE l.customer_id = ?`+which+` ORDER BY l.created_at DESC, l.id DESC`, int64(id)).Scan(&told).Error
	}
	if err != nil {
		return nil, fmt.Errorf("read what customer %d owns: %w", id, err)
	}
	return append(bought, told...), nil
}

// GiveAway notes that somebody gave a line of an order of theirs away, or, with
// away false, that they have it after all. Units on their way back count too.
func GiveAway(ctx context.Context, tx *db.Tx, id customer.ID, number, slug string, away bool, now time.Time) error {
	const which = "SELECT l.id FROM orders o JOIN order_lines l ON l.order_id = o.id JOIN products p ON p.id = l.product_id WHERE o.customer_id = ? AND o.number = ? AND p.slug = ?"
	var mine []int64
	if err := tx.Query(ctx).Raw(which, int64(id), number, slug).Scan(&mine).Error; err != nil {
		return fmt.Errorf("find what customer %d gave away: %w", id, err)
	}
	if len(mine) == 0 {
		return fault.New(fault.NotFound, "owner.unknown")
	}
	for _, line := range mine {
		sql, args := "DELETE FROM owned_away WHERE line_id = ?", []any{line}
		if away {
			sql, args = "INSERT INTO owned_away (line_id, customer_id, at) VALUES (?, ?, ?) ON CONFLICT (line_id) DO NOTHING", []any{line, int64(id), db.At(now)}
		}
		if err := tx.Query(ctx).Exec(sql, args...).Error; err != nil {
			return fmt.Errorf("note what customer %d gave away: %w", id, err)
		}
	}
	return nil
}

// MostElsewhere is how many things one person may say they have from elsewhere.
const MostElsewhere = 50

// Tell notes that somebody has a product, or an older version of it, from
// elsewhere. by is who confirmed it; "" nobody yet: it then gives no right.
func Tell(ctx context.Context, tx *db.Tx, id customer.ID, product catalog.ProductID, version, by string, since, now time.Time) error {
	version = strings.TrimSpace(version)
	if len([]rune(version)) > 40 {
		var form fault.Form
		form.Wrong("version", "owner.wrong.version")
		return form.Err()
	}
	var n int
	if err := tx.Query(ctx).Raw("SELECT count(*) FROM owned_elsewhere WHERE customer_id = ?", int64(id)).Scan(&n).Error; err != nil {
		return fmt.Errorf("count what customer %d has from elsewhere: %w", id, err)
	}
	if n >= MostElsewhere {
		return fault.New(fault.Conflict, "owner.wrong.many", "count", MostElsewhere)
	}
	proved := db.Time{}
	if by != "" {
		proved = db.At(now)
	}
	at := db.Time{}
	if !since.IsZero() {
		at = db.At(since)
	}
	err := tx.Query(ctx).Exec(`INSERT INTO owned_elsewhere (token, customer_id, product_id, version, since, proved_at, proved_by, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (customer_id, product_id, version) DO NOTHING`, newToken(), int64(id), int64(product), version, at, proved, by, db.At(now)).Error
	if err != nil {
		return fmt.Errorf("note what customer %d has from elsewhere: %w", id, err)
	}
	return nil
}

// Prove says that staff saw that it is so. It returns whose it is; false: it
// was confirmed before.
func Prove(ctx context.Context, tx *db.Tx, token, by string, now time.Time) (bool, error) {
	done := tx.Query(ctx).Exec("UPDATE owned_elsewhere SET proved_at = ?, proved_by = ? WHERE token = ? AND proved_at = 0", db.At(now), by, token)
	if done.Error != nil {
		return false, fmt.Errorf("confirm what somebody owns: %w", done.Error)
	}
	return done.RowsAffected == 1, nil
}

// Untell takes back what somebody said they have from elsewhere.
func Untell(ctx context.Context, tx *db.Tx, id customer.ID, token string) error {
	if err := tx.Query(ctx).Exec("DELETE FROM owned_elsewhere WHERE token = ? AND customer_id = ?", token, int64(id)).Error; err != nil {
		return fmt.Errorf("take back what customer %d has from elsewhere: %w", id, err)
	}
	return nil
}

// Claimed is a word of somebody's about what they own, for staff.
type Claimed struct {
	Token, Version, Email, Number string
	CustomerID                    customer.ID
	CreatedAt, ProvedAt           db.Time
}

// Elsewhere lists who says they have a product from elsewhere, those that wait
// for a look first.
func Elsewhere(ctx context.Context, q db.Q, product catalog.ProductID, limit int) ([]Claimed, error) {
	var rows []Claimed
	err := q.Query(ctx).Raw(`SELECT l.token, l.version, c.email, c.number, l.customer_id, l.created_at, l.proved_at FROM owned_elsewhere l JOIN customers c ON c.id = l.customer_id
		WHERE l.product_id = ? ORDER BY CASE WHEN l.proved_at = 0 THEN 0 ELSE 1 END, l.created_at DESC, l.id DESC LIMIT ?`, int64(product), limit).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read who has product %d from elsewhere: %w", product, err)
	}
	return rows, nil
}

// SetWarranty says how many months a product is guaranteed; below 0 it goes by
// the shop's setting again.
func SetWarranty(ctx context.Context, tx *db.Tx, product catalog.ProductID, months int, now time.Time) error {
	if months > 240 {
		var form fault.Form
		form.Wrong("months", "owner.wrong.months")
		return form.Err()
	}
	sql, args := "DELETE FROM warranties WHERE product_id = ?", []any{int64(product)}
	if months >= 0 {
		sql = "INSERT INTO warranties (product_id, months, updated_at) VALUES (?, ?, ?) ON CONFLICT (product_id) DO UPDATE SET months = excluded.months, updated_at = excluded.updated_at"
		args = append(args, months, db.At(now))
	}
	if err := tx.Query(ctx).Exec(sql, args...).Error; err != nil {
		return fmt.Errorf("set the warranty of product %d: %w", product, err)
	}
	return nil
}

// Warranty is the product's own months; false: it names none.
func Warranty(ctx context.Context, q db.Q, product catalog.ProductID) (int, bool, error) {
	var months []int
	if err := q.Query(ctx).Raw("SELECT months FROM warranties WHERE product_id = ?", int64(product)).Scan(&months).Error; err != nil {
		return 0, false, fmt.Errorf("read the warranty of product %d: %w", product, err)
	}
	if len(months) == 0 {
		return 0, false, nil
	}
	return months[0], true, nil
}

// SetUpgrade says that a variant is only for who owns from, or an older version
// of it; on false takes that back. A product is no upgrade of itself.
func SetUpgrade(ctx context.Context, tx *db.Tx, variant catalog.VariantID, from catalog.ProductID, version string, on bool) error {
	changes.Announce()
	version = strings.TrimSpace(version)
	if !on {
		if err := tx.Query(ctx).Exec("DELETE FROM upgrades WHERE variant_id = ? AND from_id = ? AND version = ?", int64(variant), int64(from), version).Error; err != nil {
			return fmt.Errorf("open variant %d to everybody: %w", variant, err)
		}
		return tellOf(ctx, tx, variant)
	}
	var self bool
	if err := tx.Query(ctx).Raw("SELECT EXISTS (SELECT 1 FROM variants WHERE id = ? AND product_id = ?)", int64(variant), int64(from)).Scan(&self).Error; err != nil {
		return fmt.Errorf("keep variant %d for owners: %w", variant, err)
	}
	if self && version == "" || len([]rune(version)) > 40 {
		var form fault.Form
		form.Wrong("version", "owner.wrong.self")
		return form.Err()
	}
	err := tx.Query(ctx).Exec("INSERT INTO upgrades (variant_id, from_id, version) VALUES (?, ?, ?) ON CONFLICT (variant_id, from_id, version) DO NOTHING", int64(variant), int64(from), version).Error
	if err != nil {
		return fmt.Errorf("keep variant %d for owners: %w", variant, err)
	}
	return tellOf(ctx, tx, variant)
}

// tellOf says that a product's price for everybody may be another: lists count
// only what anybody may buy.
func tellOf(ctx context.Context, tx *db.Tx, variant catalog.VariantID) error {
	var ids []catalog.ProductID
	if err := tx.Query(ctx).Raw("SELECT product_id FROM variants WHERE id = ?", int64(variant)).Scan(&ids).Error; err != nil {
		return fmt.Errorf("find the product of variant %d: %w", variant, err)
	}
	return catalog.Tell(ctx, tx, ids...)
}

// Rules lists every variant that is for owners alone.
func Rules(ctx context.Context, q db.Q) (map[catalog.VariantID][]Rule, error) {
	var rows []Rule
	err := q.Query(ctx).Raw(`SELECT u.variant_id, u.from_id, u.version, p.name AS "from", p.slug FROM upgrades u JOIN products p ON p.id = u.from_id ORDER BY u.variant_id, u.from_id, u.version`).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read which goods are for owners: %w", err)
	}
	all := map[catalog.VariantID][]Rule{}
	for _, r := range rows {
		all[r.VariantID] = append(all[r.VariantID], r)
	}
	return all, nil
}

// Rights says of those variants that are for owners alone whether somebody may
// buy them; others are not in the answer. id 0 is somebody without an account,
// of whom nobody knows what they own.
func Rights(ctx context.Context, q db.Q, id customer.ID, variants []catalog.VariantID) (map[catalog.VariantID]Right, error) {
	rules, err := Rules(ctx, q)
	if err != nil || len(rules) == 0 {
		return nil, err
	}
	out := map[catalog.VariantID]Right{}
	for _, v := range variants {
		if _, done := out[v]; done || rules[v] == nil {
			continue
		}
		r := Right{Rules: rules[v]}
		if id != 0 {
			for _, rule := range r.Rules {
				n, err := units(ctx, q, id, rule)
				if err != nil {
					return nil, err
				}
				r.Units += n
			}
			if r.Used, err = used(ctx, q, id, v); err != nil {
				return nil, err
			}
		}
		out[v] = r
	}
	return out, nil
}

// units counts what of a rule's goods somebody owns and did not give away or
// send back.
func units(ctx context.Context, q db.Q, id customer.ID, rule Rule) (n int, err error) {
	err = q.Query(ctx).Raw("SELECT count(*) FROM owned_elsewhere WHERE customer_id = ? AND product_id = ? AND version = ? AND proved_at > 0", int64(id), int64(rule.FromID), rule.Version).Scan(&n).Error
	if err == nil && rule.Version == "" {
		var bought int
		err = q.Query(ctx).Raw(`SELECT coalesce(sum(x.kept - x.coming), 0) FROM (`+lines+`o.customer_id = ? AND l.product_id = ?) t) x WHERE x.kept > x.coming AND x.away = 0`,
			int64(id), int64(rule.FromID)).Scan(&bought).Error
		n += bought
	}
	if err != nil {
		return 0, fmt.Errorf("count what customer %d may upgrade: %w", id, err)
	}
	return n, nil
}

// used counts the upgrades that somebody ordered: paid ones, and those that
// may still be.
func used(ctx context.Context, q db.Q, id customer.ID, v catalog.VariantID) (n int, err error) {
	err = q.Query(ctx).Raw(`SELECT coalesce(sum(l.qty - l.cancelled_qty - l.refunded_qty), 0) FROM orders o JOIN order_lines l ON l.order_id = o.id
		WHERE o.customer_id = ? AND l.variant_id = ? AND o.state <> 'cancelled' AND o.payment_state NOT IN ('refunded', 'void') AND l.qty - l.cancelled_qty > l.refunded_qty`, int64(id), int64(v)).Scan(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count the upgrades of customer %d: %w", id, err)
	}
	return n, nil
}

// Turn makes orders of one account for goods of owners wait for each other, so
// that two at once cannot both be the last one.
func Turn(ctx context.Context, tx *db.Tx, id customer.ID) error {
	return customer.Turn(ctx, tx, fmt.Sprint("upgrade:", int64(id)))
}

// Refusal is why somebody may not buy so many of a variant for owners; nil if
// they may. signed says whether anybody is signed in.
func (r Right) Refusal(qty int, signed bool) *fault.Fault {
	if len(r.Rules) == 0 || r.Left() >= qty {
		return nil
	}
	from := RuleText(r.Rules)
	switch {
	case !signed:
		return fault.New(fault.Conflict, "owner.right.sign-in", "from", from)
	case r.Units == 0:
		return fault.New(fault.Conflict, "owner.right.none", "from", from)
	case r.Left() == 0:
		return fault.New(fault.Conflict, "owner.right.used", "from", from, "count", r.Units)
	}
	return fault.New(fault.Conflict, "owner.right.most", "from", from, "count", r.Left())
}

func newToken() string {
	var b [12]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

package owner

import (
	"context"
	"fmt"
	"slices"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/order"
)

// Put writes a draft, a new one or again. What started stands.
func Put(ctx context.Context, tx *db.Tx, n *Notice, now time.Time) error {
	n.UpdatedAt = db.At(now)
	if n.ID == 0 {
		n.Token, n.State, n.CreatedAt = newToken(), Draft, db.At(now)
		if err := tx.Query(ctx).Create(n).Error; err != nil {
			return fmt.Errorf("write a notice: %w", err)
		}
		return nil
	}
	done := tx.Query(ctx).Exec(`UPDATE notices SET kind = ?, version = ?, to_id = ?, variant_id = ?, bought_from = ?, bought_until = ?, title = ?, body = ?, steps = ?, facts = ?, remedies = ?, updated_at = ?
		WHERE id = ? AND state = 'draft'`, string(n.Kind), n.Version, int64(n.ToID), int64(n.VariantID), n.BoughtFrom, n.BoughtUntil, n.Title, n.Body, n.Steps, n.Facts, n.Remedies, n.UpdatedAt, n.ID)
	if done.Error != nil {
		return fmt.Errorf("write notice %s: %w", n.Token, done.Error)
	}
	if done.RowsAffected == 0 {
		return fault.New(fault.Conflict, "owner.wrong.started")
	}
	return nil
}

// ByToken returns a notice, or fault.NotFound.
func ByToken(ctx context.Context, q db.Q, token string) (*Notice, error) {
	return oneNotice(ctx, q, "token = ?", token)
}

// ByID is the same by its row.
func ByID(ctx context.Context, q db.Q, id int64) (*Notice, error) {
	return oneNotice(ctx, q, "id = ?", id)
}

func oneNotice(ctx context.Context, q db.Q, where string, arg any) (*Notice, error) {
	var found []Notice
	if err := q.Query(ctx).Where(where, arg).Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read a notice: %w", err)
	}
	if len(found) == 0 {
		return nil, fault.New(fault.NotFound, "owner.unknown")
	}
	return &found[0], nil
}

// Notices lists those of a product, the newest first.
func Notices(ctx context.Context, q db.Q, product catalog.ProductID) ([]Notice, error) {
	var rows []Notice
	if err := q.Query(ctx).Where("product_id = ?", int64(product)).Order("created_at DESC, id DESC").Limit(100).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read the notices of product %d: %w", product, err)
	}
	return rows, nil
}

// people is one row for each person or guest who ever paid for what a notice is
// about: what they kept, whether they gave it away, and the reason that takes
// them away first, "" for none. which narrows it to one of them.
func (n *Notice) people(which string, args map[string]any) (string, map[string]any) {
	all := map[string]any{"product": int64(n.ProductID), "version": n.Version, "to": int64(n.ToID), "variant": int64(n.VariantID),
		"from": n.BoughtFrom, "until": n.BoughtUntil}
	for k, v := range args {
		all[k] = v
	}
	of, goods, said := "l.product_id", "", ""
	if which != "" { // found by the person's orders: a product may have more owners than a person has orders
		of = "+l.product_id"
	}
	goods = of + " = @product"
	if n.Version != "" { // no order of ours says which older version it was
		goods += " AND 1 = 0"
	}
	if n.VariantID != 0 {
		goods, said = goods+" AND l.variant_id = @variant", " AND 1 = 0"
	}
	if !n.BoughtFrom.IsZero() {
		goods += " AND o.placed_at >= @from"
	}
	if !n.BoughtUntil.IsZero() {
		goods += " AND o.placed_at < @until"
	}
	kept := "x.kept" // what is on its way back is with them still, and may be dangerous
	if !n.Kind.Owed() {
		kept = "x.kept - x.coming"
	}
	reason := `WHEN simulated = 1 THEN 'simulated' WHEN customer_id = 0 AND email = '' THEN 'no-address' WHEN contact = 'dead' THEN 'dead' ELSE ''`
	if n.Kind == Release {
		reason = `WHEN own <= 0 THEN 'gave-away' WHEN newer = 1 THEN 'newer' WHEN simulated = 1 THEN 'simulated' WHEN customer_id = 0 THEN 'guest' WHEN contact IN ('dead', 'bouncing') THEN 'dead'
			WHEN NOT EXISTS (SELECT 1 FROM consents s WHERE s.customer_id = z.customer_id AND s.purpose = 'mail.upgrades' AND s.given = TRUE) THEN 'no-consent'
			WHEN EXISTS (SELECT 1 FROM suppressions s WHERE s.email_key = z.email AND s.purpose IN ('mail.upgrades', '*')) THEN 'suppressed' ELSE ''`
	}
	// Whoever has, or has ordered, the newer one is offered nothing. Of one person
	// that is asked of their orders, not of everybody who has it.
	has, own := "0", ""
	if which != "" {
		own = " AND o.customer_id = @who"
	}
	if newer := `SELECT m.customer_id FROM (` + lines + of + ` = @to` + own + `) t) m WHERE m.customer_id IS NOT NULL AND m.kept > m.coming
		UNION SELECT o.customer_id FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE ` + of + ` = @to` + own + ` AND o.customer_id IS NOT NULL AND o.state <> 'cancelled' AND o.payment_state IN ('pending', 'processing')
		UNION SELECT e.customer_id FROM owned_elsewhere e WHERE e.product_id = @to AND e.version = ''` + elsewhere(which); n.ToID != 0 {
		has = "CASE WHEN y.customer_id IN (" + newer + ") THEN 1 ELSE 0 END"
	}
	return `SELECT z.*, CASE WHEN kept <= 0 THEN 'gave-back' ` + reason + ` END AS reason FROM (
		SELECT y.customer_id, max(y.email) AS email, max(y.order_id) AS order_id, max(y.simulated) AS simulated, max(y.contact) AS contact, sum(y.kept) AS kept, sum(CASE WHEN y.away = 1 THEN 0 ELSE y.kept END) AS own,
			` + has + ` AS newer
		FROM (SELECT coalesce(c.id, 0) AS customer_id, coalesce(c.email_key, b.email) AS email, coalesce(c.contact, '') AS contact, b.order_id, CASE WHEN coalesce(c.simulated, b.simulated) = TRUE THEN 1 ELSE 0 END AS simulated, b.kept, b.away,
				CASE WHEN c.id IS NOT NULL THEN '' WHEN b.email <> '' THEN b.email ELSE b.number END AS guest
			FROM (SELECT x.customer_id, x.email, x.number, x.order_id, x.simulated, ` + kept + ` AS kept, x.away FROM (` + lines + goods + which + `) t) x
				UNION ALL SELECT e.customer_id, '', '', 0, FALSE, 1, 0 FROM owned_elsewhere e WHERE e.product_id = @product AND e.version = @version` + said + elsewhere(which) + `) b
			LEFT JOIN customers c ON c.erased_at = 0 AND c.id = coalesce(b.customer_id, (SELECT k.id FROM customers k WHERE b.email <> '' AND k.email_key = b.email AND k.erased_at = 0))) y
		GROUP BY y.customer_id, y.guest) z`, all
}

// elsewhere is the narrowing of people for what no order says.
func elsewhere(which string) string {
	if which == "" {
		return ""
	}
	return " AND e.customer_id = @who"
}

// Steps counts who ever bought what a notice is about, whom each reason takes
// away, and, under "", who is left.
func Steps(ctx context.Context, q db.Q, n *Notice) (all int, steps []Step, err error) {
	sql, args := n.people("", nil)
	var rows []Step
	if err := q.Query(ctx).Raw("SELECT reason, count(*) AS count FROM ("+sql+") r GROUP BY reason", args).Scan(&rows).Error; err != nil {
		return 0, nil, fmt.Errorf("count the owners of product %d: %w", n.ProductID, err)
	}
	for _, reason := range append(slices.Clone(reasons), "") {
		for _, r := range rows {
			if r.Reason == reason {
				all += r.Count
				if r.Count > 0 || reason == "" {
					steps = append(steps, r)
				}
			}
		}
	}
	if len(steps) == 0 || steps[len(steps)-1].Reason != "" {
		steps = append(steps, Step{})
	}
	return all, steps, nil
}

// notOwners are the reasons that say that somebody does not own it, or has better:
// such people are not of those whom a notice is for.
const notOwners = "('gave-back', 'gave-away', 'newer')"

// Start freezes whom a notice is for, and lets it go out. Started again it says
// so, and changes nothing.
func Start(ctx context.Context, tx *db.Tx, token, by string, now time.Time) (int, error) {
	n, err := ByToken(ctx, tx, token)
	if err != nil {
		return 0, err
	}
	if err := n.Check(); err != nil {
		return 0, err
	}
	if err := n.quiet(ctx, tx); err != nil {
		return 0, err
	}
	done := tx.Query(ctx).Exec("UPDATE notices SET state = 'sending', started_at = ?, started_by = ?, updated_at = ? WHERE id = ? AND state = 'draft' AND updated_at = ?",
		db.At(now), by, db.At(now), n.ID, n.UpdatedAt)
	if done.Error != nil {
		return 0, fmt.Errorf("start notice %s: %w", token, done.Error)
	}
	if done.RowsAffected == 0 {
		return 0, fault.New(fault.Conflict, "owner.wrong.started")
	}
	sql, args := n.people("", map[string]any{"notice": n.ID, "now": db.At(now)})
	put := tx.Query(ctx).Exec(`INSERT INTO notice_people (notice_id, customer_id, order_id, due_at)
		SELECT CAST(@notice AS BIGINT), CASE WHEN customer_id = 0 THEN NULL ELSE customer_id END, order_id, CAST(@now AS BIGINT) FROM (`+sql+`) r WHERE reason NOT IN `+notOwners, args)
	if put.Error != nil {
		return 0, fmt.Errorf("note whom notice %s is for: %w", token, put.Error)
	}
	return int(put.RowsAffected), nil
}

// quiet refuses offers about goods of which no mail may speak.
func (n *Notice) quiet(ctx context.Context, q db.Q) error {
	if n.Kind != Release {
		return nil
	}
	sensitive, err := catalog.Sensitive(ctx, q)
	if err == nil && (slices.Contains(sensitive, n.ProductID) || slices.Contains(sensitive, n.ToID)) {
		return fault.New(fault.Conflict, "owner.wrong.sensitive")
	}
	return err
}

// Switch stops a notice that goes out, or lets one that was stopped go on.
func Switch(ctx context.Context, tx *db.Tx, token string, on bool, now time.Time) error {
	from, to := Sending, Stopped
	if on {
		from, to = Stopped, Sending
	}
	done := tx.Query(ctx).Exec("UPDATE notices SET state = ?, updated_at = ? WHERE token = ? AND state = ?", string(to), db.At(now), token, string(from))
	if done.Error != nil {
		return fmt.Errorf("switch notice %s: %w", token, done.Error)
	}
	if done.RowsAffected == 0 {
		return fault.New(fault.Conflict, "owner.wrong.state")
	}
	return nil
}

// Due lists people of running notices whose turn has come, in the order of
// their rows after the one given.
func Due(ctx context.Context, q db.Q, now time.Time, after int64, limit int) ([]Person, error) {
	var rows []Person
	err := q.Query(ctx).Raw(`SELECT p.* FROM notice_people p JOIN notices n ON n.id = p.notice_id AND n.state = 'sending'
		WHERE p.state = 'waiting' AND p.due_at <= ? AND p.id > ? ORDER BY p.id LIMIT ?`, db.At(now), after, limit).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read whom to tell: %w", err)
	}
	return rows, nil
}

// Still says why somebody need not be told any more, "" if they do: asked in
// the transaction that sends. Whoever sent it back, gave it away or bought the
// newer one meanwhile is left alone, and everybody once the notice is stopped.
func Still(ctx context.Context, q db.Q, n *Notice, p *Person) (string, error) {
	var state State
	if err := q.Query(ctx).Raw("SELECT state FROM notices WHERE id = ?", n.ID).Scan(&state).Error; err != nil {
		return "", fmt.Errorf("ask if notice %s goes out: %w", n.Token, err)
	}
	if state != Sending {
		return "stopped", nil
	}
	which, args := " AND lower(o.email) = @email", map[string]any{"who": int64(0)}
	if p.CustomerID != nil {
		which, args["who"] = " AND (o.customer_id = @who OR o.customer_id IS NULL AND o.email <> '' AND lower(o.email) = (SELECT email_key FROM customers WHERE id = @who))", int64(*p.CustomerID)
	} else {
		o, err := order.ByID(ctx, q, p.OrderID)
		if err != nil || o.Email == "" {
			return "", ignoreGone(err)
		}
		args["email"] = keyOf(o.Email)
	}
	sql, all := n.people(which, args)
	var found []string
	if err := q.Query(ctx).Raw("SELECT reason FROM ("+sql+") r", all).Scan(&found).Error; err != nil {
		return "", fmt.Errorf("ask if somebody owns product %d still: %w", n.ProductID, err)
	}
	if len(found) == 0 {
		return "gave-back", nil
	}
	if slices.Contains([]string{"gave-back", "gave-away", "newer"}, found[0]) {
		return found[0], nil
	}
	return "", nil
}

// Settle notes what became of telling somebody; of Waiting due says when to ask
// again. What was settled before stays.
func Settle(ctx context.Context, tx *db.Tx, id int64, state Told, reason string, due, now time.Time) error {
	err := tx.Query(ctx).Exec("UPDATE notice_people SET state = ?, reason = ?, due_at = ?, decided_at = ? WHERE id = ? AND state = 'waiting'",
		string(state), reason, db.At(due), db.At(now), id).Error
	if err != nil {
		return fmt.Errorf("note whether somebody was told: %w", err)
	}
	return nil
}

// Finish closes notices of which nobody waits any more.
func Finish(ctx context.Context, tx *db.Tx, now time.Time) error {
	err := tx.Query(ctx).Exec("UPDATE notices SET state = 'done', updated_at = ? WHERE state = 'sending' AND NOT EXISTS (SELECT 1 FROM notice_people p WHERE p.notice_id = notices.id AND p.state = 'waiting')", db.At(now)).Error
	if err != nil {
		return fmt.Errorf("close notices: %w", err)
	}
	return nil
}

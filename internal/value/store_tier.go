package value

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/money"
	"regulars/internal/setting"
)

// rulesRow is what the tiers asked for from an instant on.
type rulesRow struct {
	ID          int64
	Since       db.Time
	LoyalOrders int
	LoyalSpend  map[money.Currency]money.Amount `gorm:"serializer:json"`
	VeryOrders  int
	VerySpend   map[money.Currency]money.Amount `gorm:"serializer:json"`
}

func (rulesRow) TableName() string { return "tier_rules" }

func rulesIn(set setting.Values, since time.Time) Rules {
	return Rules{Since: since, Loyal: Rule{set.LoyaltyOrders("loyal"), set.LoyaltySpend("loyal")}, Very: Rule{set.LoyaltyOrders("very"), set.LoyaltySpend("very")}}
}

func (r Rule) same(o Rule) bool { return r.Orders == o.Orders && maps.Equal(r.Spend, o.Spend) }

// readRules reads what the tiers asked for, with what the settings ask for now
// if nobody has noted that yet.
func readRules(ctx context.Context, q db.Q, set setting.Values, now time.Time) (all []Rules, noted bool, err error) {
	var rows []rulesRow
	if err := q.Query(ctx).Order("id").Find(&rows).Error; err != nil {
		return nil, false, fmt.Errorf("read the rules of tiers: %w", err)
	}
	for _, r := range rows {
		all = append(all, Rules{r.Since.Time, Rule{r.LoyalOrders, r.LoyalSpend}, Rule{r.VeryOrders, r.VerySpend}})
	}
	asked := rulesIn(set, now)
	if n := len(all); n > 0 && all[n-1].Loyal.same(asked.Loyal) && all[n-1].Very.same(asked.Very) {
		return all, true, nil
	}
	return append(all, asked), false, nil
}

// NoteRules keeps what the settings ask for from now on, and reports whether
// that is news. Until it is noted, pages count the change as of this moment.
func NoteRules(ctx context.Context, tx *db.Tx, set setting.Values, now time.Time) (bool, error) {
	all, noted, err := readRules(ctx, tx, set, now)
	if err != nil || noted {
		return false, err
	}
	r := all[len(all)-1]
	row := rulesRow{Since: db.At(now), LoyalOrders: r.Loyal.Orders, LoyalSpend: r.Loyal.Spend, VeryOrders: r.Very.Orders, VerySpend: r.Very.Spend}
	if err := tx.Query(ctx).Create(&row).Error; err != nil {
		return false, fmt.Errorf("note the rules of tiers: %w", err)
	}
	return true, nil
}

// justOne narrows a query to one customer, or to none in particular for 0.
func justOne(column string, id customer.ID) (string, []any) {
	if id == 0 {
		return "", nil
	}
	return " AND " + column + " = ?", []any{int64(id)}
}

// boughtRow is a paid order as the database has it.
type boughtRow struct {
	OrderID                  int64
	CustomerID               customer.ID
	Number                   string
	Currency                 money.Currency
	PaidAt, ClosedAt         db.Time
	State, PaymentState      string
	Imported                 bool
	Goods, Tax, Total, Gifts money.Amount
	TaxIncluded              bool
}

func (r *boughtRow) purchase(backs []backRow) Purchase {
	p := Purchase{Number: r.Number, Paid: r.PaidAt.Time, Currency: r.Currency, Goods: (r.Goods - r.Gifts).Clamp0()}
	if r.State == "cancelled" {
		p.Gone = r.ClosedAt.Time
	}
	if r.Imported && r.PaymentState == "refunded" { // another shop's refund has no day here
		p.Gone = r.PaidAt.Time
	}
	for _, b := range backs {
		amount := b.Amount
		if !r.TaxIncluded && r.Total > 0 {
			amount = money.Amount(int64(amount) * int64(r.Total-r.Tax) / int64(r.Total))
		}
		p.Back = append(p.Back, Back{b.At.Time, amount})
	}
	return p
}

type backRow struct {
	OrderID int64
	Amount  money.Amount
	At      db.Time
}

// boughtBy reads the paid orders of one customer, or of all for 0, and what of
// them went back. An order that replaces goods is no purchase; whoever was
// erased is nobody.
func boughtBy(ctx context.Context, q db.Q, id customer.ID) ([]boughtRow, map[int64][]backRow, error) {
	only, args := justOne("o.customer_id", id)
	var rows []boughtRow
	err := q.Query(ctx).Raw(`SELECT o.id AS order_id, o.customer_id, o.number, o.currency, o.paid_at, o.closed_at, o.state, o.payment_state, o.imported,
		o.subtotal - o.discount AS goods, o.tax, o.total, o.tax_included,
		(SELECT coalesce(sum(l.total), 0) FROM order_lines l JOIN products p ON p.id = l.product_id AND p.gift_card = TRUE WHERE l.order_id = o.id) AS gifts
		FROM orders o JOIN customers c ON c.id = o.customer_id AND c.erased_at = 0 WHERE o.paid_at > 0 AND o.replaces = 0`+only+`
		ORDER BY o.customer_id, o.paid_at, o.id`, args...).Scan(&rows).Error
	if err != nil {
		return nil, nil, fmt.Errorf("read what customers paid for: %w", err)
	}
	var backs []backRow
	err = q.Query(ctx).Raw(`SELECT o.id AS order_id, x.amount, x.created_at AS at FROM orders o JOIN payments p ON p.order_id = o.id
		JOIN payment_ops x ON x.payment_id = p.id AND x.kind = 'refund' AND x.state <> 'refused' AND x.refund_id >= 0
		WHERE o.customer_id IS NOT NULL AND o.paid_at > 0`+only+`
		UNION ALL SELECT o.id, -r.delivery, r.at FROM orders o JOIN refunds r ON r.order_id = o.id AND r.delivery > 0
		WHERE o.customer_id IS NOT NULL AND o.paid_at > 0 AND NOT EXISTS (SELECT 1 FROM payment_ops y WHERE y.refund_id = r.id AND y.state = 'refused')`+only+`
		ORDER BY 1, 3, 2`, append(slices.Clone(args), args...)...).Scan(&backs).Error
	if err != nil {
		return nil, nil, fmt.Errorf("read what went back to customers: %w", err)
	}
	by := map[int64][]backRow{}
	for _, b := range backs {
		by[b.OrderID] = append(by[b.OrderID], b)
	}
	return rows, by, nil
}

// grantRow is a tier that staff gave.
type grantRow struct {
	ID         int64
	Key        string
	CustomerID customer.ID
	Tier       Tier
	Reason     string
	Actor      string
	Since      db.Time
	EndedAt    db.Time
}

func (grantRow) TableName() string { return "tier_grants" }

// facts reads what the tiers of one customer, or of all for 0, are decided from.
func facts(ctx context.Context, q db.Q, set setting.Values, id customer.ID, now time.Time) (map[customer.ID]*Facts, error) {
	rules, _, err := readRules(ctx, q, set, now)
	if err != nil {
		return nil, err
	}
	rows, backs, err := boughtBy(ctx, q, id)
	if err != nil {
		return nil, err
	}
	all := map[customer.ID]*Facts{}
	of := func(id customer.ID) *Facts {
		if all[id] == nil {
			all[id] = &Facts{Rules: rules, Zone: set.Zone()}
		}
		return all[id]
	}
	if id != 0 {
		of(id)
	}
	for i := range rows {
		f := of(rows[i].CustomerID)
		f.Purchases = append(f.Purchases, rows[i].purchase(backs[rows[i].OrderID]))
	}
	var grants []grantRow
	only, args := justOne("customer_id", id)
	if err := q.Query(ctx).Raw("SELECT * FROM tier_grants WHERE 1 = 1"+only+" ORDER BY id", args...).Scan(&grants).Error; err != nil {
		return nil, fmt.Errorf("read granted tiers: %w", err)
	}
	for _, g := range grants {
		f := of(g.CustomerID)
		f.Grants = append(f.Grants, Grant{g.Key, g.Tier, g.Reason, g.Actor, g.Since.Time, g.EndedAt.Time})
	}
	return all, nil
}

// FactsOf reads what the tier of one customer is decided from.
func FactsOf(ctx context.Context, q db.Q, set setting.Values, id customer.ID, now time.Time) (Facts, error) {
	all, err := facts(ctx, q, set, id, now)
	if err != nil {
		return Facts{}, err
	}
	return *all[id], nil
}

// TierOf decides the tier of whoever asks, from orders as they are now: a
// payment counts at the next page. Guests have none. It is no conclusion about
// a person but a promise to them, so it holds with personal pages off.
func TierOf(ctx context.Context, q db.Q, set setting.Values, p *customer.Person, now time.Time) (Tier, error) {
	if !p.SignedIn() {
		return "", nil
	}
	f, err := FactsOf(ctx, q, set, p.CustomerID(), now)
	if err != nil {
		return "", err
	}
	return f.At(f.latest(now)).Tier, nil
}

// Give grants a tier with a reason until an instant. Its key names the form:
// sent again it grants nothing more. It is fault.Invalid without a reason, or with
// an end that is past or more than two years away.
func Give(ctx context.Context, tx *db.Tx, set setting.Values, id customer.ID, g Grant, now time.Time) error {
	var form fault.Form
	if g.Tier != Loyal && g.Tier != VeryLoyal {
		form.Wrong("tier", "value.grant.tier")
	}
	if n := len([]rune(g.Reason)); n < 3 || n > 200 {
		form.Wrong("reason", "value.grant.reason")
	}
	if !g.Until.After(now) || g.Until.After(now.AddDate(2, 0, 0)) {
		form.Wrong("until", "value.grant.until")
	}
	if n := len(g.Key); n < 16 || n > 60 {
		form.Wrong("key", "checkout.key.missing")
	}
	if err := form.Err(); err != nil {
		return err
	}
	row := grantRow{Key: g.Key, CustomerID: id, Tier: g.Tier, Reason: g.Reason, Actor: g.Actor, Since: db.At(now), EndedAt: db.At(g.Until)}
	if err := db.IgnoreConflict(tx.Query(ctx)).Create(&row).Error; err != nil {
		return fmt.Errorf("grant a tier to customer %d: %w", id, err)
	}
	return RefreshTier(ctx, tx, set, id, now)
}

// EndGrant ends a grant now; false if it was over.
func EndGrant(ctx context.Context, tx *db.Tx, set setting.Values, id customer.ID, key string, now time.Time) (bool, error) {
	done := tx.Query(ctx).Exec("UPDATE tier_grants SET ended_at = ? WHERE key = ? AND customer_id = ? AND ended_at > ? AND since <= ?",
		db.At(now), key, int64(id), db.At(now), db.At(now))
	if done.Error != nil {
		return false, fmt.Errorf("end a grant of customer %d: %w", id, done.Error)
	}
	if done.RowsAffected == 0 {
		return false, nil
	}
	return true, RefreshTier(ctx, tx, set, id, now)
}

// tierRow is the copy of somebody's standing.
type tierRow struct {
	CustomerID customer.ID `gorm:"primaryKey"`
	Tier       Tier
	Earned     Tier
	Since      db.Time
	FallsTo    Tier
	FallsAt    db.Time
	DueAt      db.Time
}

func (tierRow) TableName() string { return "customer_tiers" }

// copyOf is the row of a standing; false where there is nothing to keep.
func copyOf(id customer.ID, f *Facts, now time.Time) (tierRow, Standing, bool) {
	now = f.latest(now)
	s := f.At(now)
	row := tierRow{CustomerID: id, Tier: s.Tier, Earned: s.Earned, Since: db.At(s.Since), FallsTo: s.FallsTo, FallsAt: db.At(s.FallsAt),
		DueAt: db.At(f.review(now.Add(time.Millisecond)))}
	if s.Since.IsZero() {
		row.Since = db.Time{}
	}
	if s.FallsAt.IsZero() {
		row.FallsAt = db.Time{}
	}
	if s.Grant != nil && s.Grant.Until.Before(row.DueAt.Time) {
		row.DueAt = db.At(s.Grant.Until)
	}
	return row, s, s.Tier != Occasional || s.Earned != Occasional
}

// RefreshTier writes the copy of one customer's tier anew.
func RefreshTier(ctx context.Context, tx *db.Tx, set setting.Values, id customer.ID, now time.Time) error {
	if err := customer.Lock(ctx, tx, id); err != nil { // what is read and what is written belong together
		return err
	}
	return copyTiers(ctx, tx, set, id, now)
}

// Moved decides the tier of somebody whose money moved, in the transaction that
// moves it: a payment raises it at once.
func Moved(ctx context.Context, tx *db.Tx, id customer.ID, now time.Time) error {
	set, err := setting.Read(ctx, tx)
	if err != nil {
		return err
	}
	return RefreshTier(ctx, tx, set, id, now)
}

// RebuildTiers writes everybody's anew, to the same rows that the single
// refreshes gave, and notes rules that nobody has noted.
func RebuildTiers(ctx context.Context, tx *db.Tx, set setting.Values, now time.Time) error {
	if _, err := NoteRules(ctx, tx, set, now); err != nil {
		return err
	}
	return copyTiers(ctx, tx, set, 0, now)
}

func copyTiers(ctx context.Context, tx *db.Tx, set setting.Values, id customer.ID, now time.Time) error {
	had, want, stand, err := tiers(ctx, tx, set, id, now)
	if err != nil {
		return err
	}
	var moves []Move
	var gone []int64
	var rows [][]any
	for _, who := range slices.Sorted(maps.Keys(had)) {
		w, ok := want[who]
		if !ok || w != had[who] {
			gone = append(gone, int64(who))
		}
		if !ok {
			moves = append(moves, tierMoves(had[who], tierRow{CustomerID: who, Tier: Occasional, Earned: Occasional}, stand[who], now)...)
		}
	}
	for _, who := range slices.Sorted(maps.Keys(want)) {
		if w := want[who]; w != had[who] {
			moves = append(moves, tierMoves(had[who], w, stand[who], now)...)
			rows = append(rows, []any{int64(who), string(w.Tier), string(w.Earned), w.Since, string(w.FallsTo), w.FallsAt, w.DueAt})
		}
	}
	for part := range slices.Chunk(gone, 500) {
		if err := tx.Query(ctx).Exec("DELETE FROM customer_tiers WHERE customer_id IN ?", part).Error; err != nil {
			return fmt.Errorf("write tiers: %w", err)
		}
	}
	if _, err := tx.Insert(ctx, "customer_tiers", []string{"customer_id", "tier", "earned", "since", "falls_to", "falls_at", "due_at"}, rows, true); err != nil {
		return fmt.Errorf("write tiers: %w", err)
	}
	return note(ctx, tx, moves)
}

// tiers reads the rows there are, and those there should be with what they come
// from.
func tiers(ctx context.Context, q db.Q, set setting.Values, id customer.ID, now time.Time) (had, want map[customer.ID]tierRow, stand map[customer.ID]*Standing, err error) {
	all, err := facts(ctx, q, set, id, now)
	if err != nil {
		return nil, nil, nil, err
	}
	var rows []tierRow
	only, args := justOne("customer_id", id)
	if err := q.Query(ctx).Raw("SELECT * FROM customer_tiers WHERE 1 = 1"+only, args...).Scan(&rows).Error; err != nil {
		return nil, nil, nil, fmt.Errorf("read tiers: %w", err)
	}
	had, want, stand = map[customer.ID]tierRow{}, map[customer.ID]tierRow{}, map[customer.ID]*Standing{}
	for _, r := range rows {
		had[r.CustomerID], stand[r.CustomerID] = r, &Standing{}
	}
	for who, f := range all {
		row, s, keep := copyOf(who, f, now)
		if stand[who] = &s; keep {
			want[who] = row
		}
	}
	return had, want, stand, nil
}

// TurnTiers refreshes whose tier time alone may have changed, and everybody when
// the thresholds did.
func TurnTiers(ctx context.Context, d *db.DB, set setting.Values, now time.Time) error {
	var changed bool
	err := d.InTx(ctx, func(tx *db.Tx) (err error) {
		if changed, err = NoteRules(ctx, tx, set, now); err == nil && changed {
			err = copyTiers(ctx, tx, set, 0, now)
		}
		return err
	})
	if err != nil || changed {
		return err
	}
	var due []customer.ID
	err = d.Query(ctx).Raw("SELECT customer_id FROM customer_tiers WHERE due_at <= ? LIMIT 201", db.At(now)).Scan(&due).Error
	if err != nil {
		return fmt.Errorf("read tiers that are due: %w", err)
	}
	if len(due) > 200 { // a month begins: everybody at once is cheaper than each
		return d.InTx(ctx, func(tx *db.Tx) error { return copyTiers(ctx, tx, set, 0, now) })
	}
	for part := range slices.Chunk(due, 100) {
		err := d.InTx(ctx, func(tx *db.Tx) error {
			for _, id := range part {
				if err := RefreshTier(ctx, tx, set, id, now); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// TierCounts counts the people of each tier above the lowest.
func TierCounts(ctx context.Context, q db.Q) (map[Tier]int, error) {
	var rows []struct {
		Tier Tier
		N    int
	}
	if err := q.Query(ctx).Raw("SELECT tier, count(*) AS n FROM customer_tiers GROUP BY tier").Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("count tiers: %w", err)
	}
	counts := map[Tier]int{}
	for _, r := range rows {
		counts[r.Tier] = r.N
	}
	return counts, nil
}

// WrongTiers names the customers, by number, whose kept tier is not what
// orders, rules and grants say.
func WrongTiers(ctx context.Context, q db.Q, set setting.Values, now time.Time) ([]string, error) {
	had, want, _, err := tiers(ctx, q, set, 0, now)
	if err != nil {
		return nil, err
	}
	var ids []string
	for who := range maps.Keys(had) {
		if _, ok := want[who]; !ok {
			ids = append(ids, fmt.Sprint("customer ", who))
		}
	}
	for who, w := range want {
		h := had[who]
		h.DueAt = w.DueAt
		if h != w {
			ids = append(ids, fmt.Sprint("customer ", who))
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// Forget takes out what is kept of somebody's loyalty and worth.
func Forget(ctx context.Context, tx *db.Tx, id customer.ID, _ string, _ time.Time) error {
	for _, table := range []string{"DELETE FROM customer_tiers WHERE customer_id = ?", "DELETE FROM customer_values WHERE customer_id = ?", "DELETE FROM tier_grants WHERE customer_id = ?", "DELETE FROM value_moves WHERE customer_id = ?"} {
		if err := tx.Query(ctx).Exec(table, int64(id)).Error; err != nil {
			return fmt.Errorf("forget what customer %d is worth: %w", id, err)
		}
	}
	return nil
}

// Merge puts the tiers that one customer was given under another who is the same
// person (a customer.Merge). Whoever calls it also calls Moved; what they are
// worth is counted at the next rebuild, and not shown before.
func Merge(ctx context.Context, tx *db.Tx, from, into customer.ID, now time.Time) error {
	values := map[string]any{"from": int64(from), "into": int64(into)}
	for _, sql := range []string{
		"UPDATE tier_grants SET customer_id = @into WHERE customer_id = @from",
		"DELETE FROM customer_tiers WHERE customer_id = @from",
		"DELETE FROM customer_values WHERE customer_id IN (@from, @into)",
		"UPDATE value_moves SET customer_id = @into WHERE customer_id = @from",
	} {
		if err := tx.Query(ctx).Exec(sql, values).Error; err != nil {
			return fmt.Errorf("put the loyalty of customer %d under %d: %w", from, into, err)
		}
	}
	var kept []Tier // two histories are one from here on
	if err := tx.Query(ctx).Raw("SELECT tier FROM customer_tiers WHERE customer_id = ?", int64(into)).Scan(&kept).Error; err != nil {
		return fmt.Errorf("read the tier of customer %d: %w", into, err)
	}
	return note(ctx, tx, []Move{{CustomerID: into, Kind: MoveTier, Became: string(append(kept, Occasional)[0]), Cause: ByMerge, Since: db.At(now), At: db.At(now)}})
}

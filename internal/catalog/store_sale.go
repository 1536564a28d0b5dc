package catalog

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/money"
)

// Sales lists all sales, live ones first, then the newest.
func Sales(ctx context.Context, q db.Q) ([]Sale, error) {
	var all []Sale
	if err := q.Query(ctx).Order("state, id DESC").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("list sales: %w", err)
	}
	return all, nil
}

// SaleByToken reads one sale; fault.NotFound if there is none.
func SaleByToken(ctx context.Context, q db.Q, token string) (*Sale, error) {
	var found []Sale
	if err := q.Query(ctx).Where("token = ?", token).Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read sale %s: %w", token, err)
	}
	if len(found) == 0 {
		return nil, fault.New(fault.NotFound, "catalog.sale.unknown")
	}
	return &found[0], nil
}

// PutSale stores a sale, new without an ID, else the change of a live one, and
// the prices with it. A change that started from an older state than the
// stored one (UpdatedAt) is fault.Conflict.
func PutSale(ctx context.Context, tx *db.Tx, s *Sale, day string, now time.Time) error {
	changing()
	if err := s.check(); err != nil {
		return err
	}
	s.Categories, s.Products, s.Variants = append([]CategoryID{}, s.Categories...), append([]ProductID{}, s.Products...), append([]VariantID{}, s.Variants...) // [] in the row, not null
	before := s.UpdatedAt
	s.UpdatedAt = db.At(now)
	if s.ID == 0 {
		var b [12]byte
		rand.Read(b[:])
		s.Token, s.State, s.CreatedAt = base64.RawURLEncoding.EncodeToString(b[:]), SaleLive, db.At(now)
		s.Running = s.On(day)
		if err := tx.Query(ctx).Create(s).Error; err != nil {
			return fmt.Errorf("store sale %s: %w", s.Name.En, err)
		}
	} else {
		if !s.UpdatedAt.After(before.Time) {
			s.UpdatedAt = db.At(before.Add(time.Millisecond))
		}
		s.Running = s.On(day)
		done := tx.Query(ctx).Model(&Sale{}).Select("Name", "Kind", "Value", "Currency", "Categories", "Products", "Variants", "StartsOn", "EndsOn", "Priority", "Running", "UpdatedAt").
			Where("id = ? AND state = 'live' AND updated_at = ?", int64(s.ID), before).Updates(s)
		if done.Error != nil {
			return fmt.Errorf("store sale %s: %w", s.Name.En, done.Error)
		}
		if done.RowsAffected == 0 {
			return fault.New(fault.Conflict, "catalog.sale.changed")
		}
	}
	return settleSales(ctx, tx, []Sale{*s}, now)
}

// StopSale ends a sale at once and for good; false if it was stopped before.
func StopSale(ctx context.Context, tx *db.Tx, id SaleID, now time.Time) (bool, error) {
	changing()
	done := tx.Query(ctx).Exec("UPDATE sales SET state = 'stopped', running = FALSE, stopped_at = ?, updated_at = ? WHERE id = ? AND state = 'live'", db.At(now), db.At(now), int64(id))
	if done.Error != nil {
		return false, fmt.Errorf("stop sale %d: %w", id, done.Error)
	}
	if done.RowsAffected == 0 {
		return false, nil
	}
	return true, settleSales(ctx, tx, []Sale{{ID: id, State: SaleStopped}}, now)
}

// settleSales brings the prices in step that these sales made or should make.
func settleSales(ctx context.Context, tx *db.Tx, sales []Sale, now time.Time) error {
	tree, err := LoadTree(ctx, tx)
	if err != nil {
		return err
	}
	where, args := "FALSE", []any(nil)
	for _, s := range sales {
		where, args = where+" OR pr.sale_id = ?", append(args, int64(s.ID))
		if s.Running {
			scope, more := s.where(tree)
			where, args = where+" OR "+scope, append(args, more...)
		}
	}
	products, err := settle(ctx, tx, now, "("+where+")", args...)
	if err != nil || len(products) == 0 {
		return err
	}
	return touchMany(ctx, tx, products, now)
}

// where is the scope of a sale as a condition on its prices.
func (s *Sale) where(tree *Tree) (string, []any) {
	if len(s.Categories)+len(s.Products)+len(s.Variants) == 0 {
		return "TRUE", nil
	}
	below := []CategoryID{-1}
	for _, id := range s.Categories {
		below = append(below, tree.Under(id)...)
	}
	return "(p.category_id IN ? OR p.id IN ? OR v.id IN ?)", []any{below, append([]ProductID{-1}, s.Products...), append([]VariantID{-1}, s.Variants...)}
}

// TurnSales moves sales whose first or last day has come, and the prices with
// them; the clock is asked once the database is ours. It is called each
// minute, and writes only where something is due.
func TurnSales(ctx context.Context, d *db.DB, zone *time.Location, clock func() time.Time) error {
	turning, err := salesDue(ctx, d, Day(clock(), zone))
	if err != nil {
		return err
	}
	var overdue int64
	if err := d.Query(ctx).Raw("SELECT count(*) FROM prices WHERE was_until > 0 AND was_until <= ?", db.At(clock())).Scan(&overdue).Error; err != nil {
		return fmt.Errorf("look for earlier prices that are over: %w", err)
	}
	if len(turning) == 0 && overdue == 0 {
		return nil
	}
	return d.InTx(ctx, func(tx *db.Tx) error { return turn(ctx, tx, zone, clock) })
}

func turn(ctx context.Context, tx *db.Tx, zone *time.Location, clock func() time.Time) error {
	changing()
	now := clock()
	turning, err := salesDue(ctx, tx, Day(now, zone))
	if err != nil {
		return err
	}
	for _, s := range turning {
		if err := tx.Query(ctx).Exec("UPDATE sales SET running = ? WHERE id = ? AND state = 'live'", s.Running, int64(s.ID)).Error; err != nil {
			return fmt.Errorf("turn sale %d: %w", s.ID, err)
		}
	}
	if err := settleSales(ctx, tx, turning, now); err != nil {
		return err
	}
	products, err := settle(ctx, tx, now, "pr.was_until > 0 AND pr.was_until <= ?", db.At(now))
	if err != nil || len(products) == 0 {
		return err
	}
	return touchMany(ctx, tx, products, now)
}

// salesDue are the sales that do not run as the day wants it, as it wants it.
func salesDue(ctx context.Context, q db.Q, day string) ([]Sale, error) {
	var all, due []Sale
	if err := q.Query(ctx).Where("state = 'live'").Order("id").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read sales: %w", err)
	}
	for _, s := range all {
		if on := s.On(day); on != s.Running {
			s.Running = on
			due = append(due, s)
		}
	}
	return due, nil
}

// Reprice makes every price what rules and log say it is, for rebuild and once
// an hour: a product that moved into a sale's category at the moment the sale
// began is seen by neither.
func Reprice(ctx context.Context, d *db.DB, zone *time.Location, clock func() time.Time) error {
	wrong, err := Mispriced(ctx, d, "", clock())
	if err != nil {
		return err
	}
	if len(wrong) == 0 {
		return TurnSales(ctx, d, zone, clock)
	}
	return d.InTx(ctx, func(tx *db.Tx) error {
		if err := turn(ctx, tx, zone, clock); err != nil {
			return err
		}
		products, err := settle(ctx, tx, clock(), "TRUE")
		if err != nil || len(products) == 0 {
			return err
		}
		return touchMany(ctx, tx, products, clock())
	})
}

func runningRules(ctx context.Context, q db.Q, day string) (*rules, error) {
	var all []Sale
	if err := q.Query(ctx).Where("state = 'live'").Order("id").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read sales: %w", err)
	}
	all = slices.DeleteFunc(all, func(s Sale) bool { return day == "" && !s.Running || day != "" && !s.On(day) })
	if len(all) == 0 {
		return &rules{}, nil
	}
	tree, err := LoadTree(ctx, q)
	if err != nil {
		return nil, err
	}
	return newRules(all, tree), nil
}

func readPriced(q *gorm.DB, where string, args ...any) ([]pricedRow, error) {
	var rows []pricedRow
	err := q.Raw(`SELECT pr.variant_id, v.product_id, coalesce(p.category_id, 0) AS category_id, v.sku, (p.sensitive OR p.gift_card) AS fixed, pr.currency, pr.amount, pr.was,
		pr.list_amount, pr.typed_was, pr.sale_id, pr.was_until FROM prices pr JOIN variants v ON v.id = pr.variant_id JOIN products p ON p.id = v.product_id
		WHERE `+where+` ORDER BY pr.variant_id, pr.currency`, args...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read prices: %w", err)
	}
	return rows, nil
}

// readPast reads what was asked of the rows that announce a reduction, and of
// those only: nothing else asks for it.
func readPast(ctx context.Context, q db.Q, rows []pricedRow, need func(*pricedRow) bool) (map[priceKey][]Asked, error) {
	past := map[priceKey][]Asked{}
	var ids []VariantID
	for i := range rows {
		if need(&rows[i]) && (len(ids) == 0 || ids[len(ids)-1] != rows[i].VariantID) {
			ids = append(ids, rows[i].VariantID)
		}
	}
	for chunk := range slices.Chunk(ids, 5000) {
		var log []struct {
			VariantID VariantID
			Currency  money.Currency
			Amount    money.Amount
			At        db.Time
			SaleID    SaleID
		}
		err := q.Query(ctx).Raw("SELECT variant_id, currency, amount, at, sale_id FROM price_log WHERE variant_id IN ? ORDER BY variant_id, currency, id", chunk).Scan(&log).Error
		if err != nil {
			return nil, fmt.Errorf("read former prices: %w", err)
		}
		for _, l := range log {
			key := priceKey{l.VariantID, l.Currency}
			past[key] = append(past[key], Asked{l.At, l.Amount, l.SaleID})
		}
	}
	return past, nil
}

func (r *rules) announces(p *pricedRow) bool {
	price, sale := r.best(p)
	return sale != 0 || p.TypedWas > price
}

// settle makes the chosen prices what the running sales and the log say, and
// notes each new one in the log. It returns the products that changed.
func settle(ctx context.Context, tx *db.Tx, now time.Time, where string, args ...any) ([]ProductID, error) {
	r, err := runningRules(ctx, tx, "")
	if err != nil {
		return nil, err
	}
	rows, err := readPriced(tx.Query(ctx), where, args...)
	if err != nil {
		return nil, err
	}
	past, err := readPast(ctx, tx, rows, r.announces)
	if err != nil {
		return nil, err
	}
	var log [][]any
	var changed []ProductID
	for _, have := range rows {
		want, moves := r.due(have, past[have.key()], now)
		if want == have {
			continue
		}
		done := tx.Query(ctx).Exec(`UPDATE prices SET amount = ?, was = ?, sale_id = ?, was_until = ?, since = ? WHERE variant_id = ? AND currency = ? AND amount = ? AND list_amount = ?`,
			int64(want.Amount), int64(want.Was), int64(want.SaleID), want.WasUntil, db.At(now), int64(want.VariantID), string(want.Currency), int64(have.Amount), int64(have.ListAmount))
		if done.Error != nil {
			return nil, fmt.Errorf("settle price of %s: %w", want.SKU, done.Error)
		}
		if done.RowsAffected == 0 {
			return nil, fault.New(fault.Conflict, "catalog.product.changed", "code", want.SKU)
		}
		if moves {
			log = append(log, []any{int64(want.VariantID), string(want.Currency), int64(want.Amount), db.At(now), int64(want.SaleID)})
		}
		if len(changed) == 0 || changed[len(changed)-1] != want.ProductID {
			changed = append(changed, want.ProductID)
		}
	}
	if _, err := tx.Insert(ctx, "price_log", []string{"variant_id", "currency", "amount", "at", "sale_id"}, log, false); err != nil {
		return nil, err
	}
	slices.Sort(changed)
	return slices.Compact(changed), nil
}

// settleProducts settles the prices of products just written.
func settleProducts(ctx context.Context, tx *db.Tx, ids []ProductID, now time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := settle(ctx, tx, now, "v.product_id IN ?", ids)
	return err
}

func touchMany(ctx context.Context, tx *db.Tx, ids []ProductID, now time.Time) error {
	for chunk := range slices.Chunk(ids, 5000) {
		if err := tx.Query(ctx).Exec("UPDATE products SET version = version + 1, updated_at = ? WHERE id IN ?", db.At(now), chunk).Error; err != nil {
			return fmt.Errorf("note changed prices: %w", err)
		}
	}
	return Tell(ctx, tx, ids...)
}

// Wrong is a price that is not what it should be; Earlier says that the price
// is right and only the earlier one beside it is not.
type Wrong struct {
	SKU      string
	Currency money.Currency
	Earlier  bool
}

// Mispriced recomputes every price from list prices, sales and log: by the
// sales in force on a day of the shop, or, with day "", by those that run.
func Mispriced(ctx context.Context, q db.Q, day string, now time.Time) ([]Wrong, error) {
	r, err := runningRules(ctx, q, day)
	if err != nil {
		return nil, err
	}
	rows, err := readPriced(q.Query(ctx), "TRUE")
	if err != nil {
		return nil, err
	}
	past, err := readPast(ctx, q, rows, r.announces)
	if err != nil {
		return nil, err
	}
	var wrong []Wrong
	for _, have := range rows {
		want, moves := r.due(have, past[have.key()], now)
		switch {
		case moves || want.SaleID != have.SaleID:
			wrong = append(wrong, Wrong{have.SKU, have.Currency, false})
		case want.Was != have.Was:
			wrong = append(wrong, Wrong{have.SKU, have.Currency, true})
		}
	}
	return wrong, nil
}

// PreviewSale lists what a sale would change if it ran now: the first most of
// them, and how many there are.
func PreviewSale(ctx context.Context, q db.Q, s Sale, most int) ([]Preview, int, error) {
	if err := s.check(); err != nil {
		return nil, 0, err
	}
	tree, err := LoadTree(ctx, q)
	if err != nil {
		return nil, 0, err
	}
	var all []Sale
	if err := q.Query(ctx).Where("state = 'live' AND running = ? AND id <> ?", true, int64(s.ID)).Find(&all).Error; err != nil {
		return nil, 0, fmt.Errorf("read sales: %w", err)
	}
	without, with := newRules(all, tree), newRules(append(all, s), tree)
	scope, args := s.where(tree)
	rows, err := readPriced(q.Query(ctx), scope+" AND p.published = TRUE AND v.active = TRUE", args...)
	if err != nil {
		return nil, 0, err
	}
	var list []Preview
	var ids []VariantID
	n := 0
	for i := range rows {
		before, _ := without.best(&rows[i])
		price, by := with.best(&rows[i])
		if by != s.ID || price == before {
			continue
		}
		if n++; n <= most {
			list, ids = append(list, Preview{SKU: rows[i].SKU, Price: price, Before: before, Currency: rows[i].Currency}), append(ids, rows[i].VariantID)
		}
	}
	if len(ids) == 0 {
		return nil, 0, nil
	}
	named, err := Buyables(ctx, q, ids, list[0].Currency)
	for i := range list {
		list[i].Name = named[ids[i]].Name
	}
	return list, n, err
}

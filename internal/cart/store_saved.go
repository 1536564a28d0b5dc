package cart

import (
	"context"
	"fmt"
	"slices"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/inventory"
	"regulars/internal/money"
)

// whose is the condition of somebody's saved lines; false for nobody.
func whose(p *customer.Person) (string, int64, bool) {
	switch {
	case p.SignedIn():
		return "customer_id = ?", int64(p.CustomerID()), true
	case p.VisitorID() != 0:
		return "visitor_id = ?", int64(p.VisitorID()), true
	}
	return "", 0, false
}

const keepSaved = `INSERT INTO saved_lines (token, customer_id, visitor_id, variant_id, qty, currency, seen_price, saved_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (%s, variant_id) WHERE %s IS NOT NULL
	DO UPDATE SET qty = CASE WHEN excluded.qty > saved_lines.qty THEN excluded.qty ELSE saved_lines.qty END, currency = excluded.currency, seen_price = excluded.seen_price, saved_at = excluded.saved_at`

// Save takes a line out of the cart and keeps it for later. To the cart it is
// gone: one whose lines are all saved is empty, not abandoned.
func Save(ctx context.Context, tx *db.Tx, id ID, lineToken string, p *customer.Person, now time.Time) error {
	c, err := touch(ctx, tx, id, now)
	if err != nil {
		return err
	}
	lines, err := Lines(ctx, tx, id)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(lines, func(l Line) bool { return l.Token == lineToken })
	where, who, ok := whose(p)
	if i < 0 || !ok {
		return fault.New(fault.NotFound, "cart.line.unknown")
	}
	var n int
	if err := tx.Query(ctx).Raw("SELECT count(*) FROM saved_lines WHERE "+where+" AND variant_id <> ?", who, int64(lines[i].VariantID)).Scan(&n).Error; err != nil {
		return fmt.Errorf("count saved lines: %w", err)
	}
	if n >= MostSaved {
		return fault.New(fault.Conflict, "cart.saved.long", "count", MostSaved)
	}
	l := lines[i]
	if err := tx.Query(ctx).Exec("DELETE FROM cart_lines WHERE id = ?", l.ID).Error; err != nil {
		return fmt.Errorf("save a line of cart %d: %w", id, err)
	}
	if err := putSaved(ctx, tx, p, l.VariantID, l.Qty, c.Currency, l.SeenPrice, now); err != nil {
		return err
	}
	return Step(ctx, tx, id, StepRemove, l.VariantID, l.Qty, "saved", now)
}

func putSaved(ctx context.Context, tx *db.Tx, p *customer.Person, v catalog.VariantID, qty int, currency money.Currency, seen money.Amount, now time.Time) error {
	var owner, visitor any
	column := "customer_id"
	if p.SignedIn() {
		owner = int64(p.CustomerID())
	} else {
		column, visitor = "visitor_id", int64(p.VisitorID())
	}
	err := tx.Query(ctx).Exec(fmt.Sprintf(keepSaved, column, column), newToken(), owner, visitor, int64(v), qty, string(currency), int64(seen), db.At(now)).Error
	if err != nil {
		return fmt.Errorf("keep a line for later: %w", err)
	}
	return nil
}

// MoveBack puts a saved line into the cart, as many of it as can be had now.
// What cannot be had at all stays saved: *inventory.OutOfStockError.
func MoveBack(ctx context.Context, tx *db.Tx, id ID, token string, p *customer.Person, now time.Time) error {
	s, err := takeSaved(ctx, tx, token, p)
	if err != nil {
		return err
	}
	c, err := ByID(ctx, tx, id)
	if err != nil {
		return err
	}
	b, err := buyable(ctx, tx, c, s.VariantID)
	if err != nil {
		return err
	}
	lines, err := Lines(ctx, tx, id)
	if err != nil {
		return err
	}
	have := 0
	for _, l := range lines {
		if l.VariantID == s.VariantID {
			have = l.Qty
		}
	}
	qty := min(s.Qty, most(b)-have)
	if b.Available >= 0 {
		if b.Available <= have {
			return &inventory.OutOfStockError{Variant: s.VariantID, Left: b.Available}
		}
		qty = min(qty, b.Available-have)
	}
	if qty < 1 {
		return nil // the cart holds all it may of it
	}
	return Add(ctx, tx, id, s.VariantID, qty, now)
}

// takeSaved takes a line out of what is saved; the row's own going decides
// which of two clicks does it.
func takeSaved(ctx context.Context, tx *db.Tx, token string, p *customer.Person) (*Saved, error) {
	where, who, ok := whose(p)
	var found []Saved
	if ok {
		if err := tx.Query(ctx).Where("token = ? AND "+where, token, who).Find(&found).Error; err != nil {
			return nil, fmt.Errorf("read a saved line: %w", err)
		}
	}
	if len(found) == 0 {
		return nil, fault.New(fault.NotFound, "cart.line.unknown")
	}
	done := tx.Query(ctx).Exec("DELETE FROM saved_lines WHERE id = ?", found[0].ID)
	if done.Error != nil {
		return nil, fmt.Errorf("take a saved line: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return nil, fault.New(fault.NotFound, "cart.line.unknown")
	}
	return &found[0], nil
}

// DropSaved takes a saved line away for good.
func DropSaved(ctx context.Context, tx *db.Tx, token string, p *customer.Person) error {
	_, err := takeSaved(ctx, tx, token, p)
	return err
}

// SavedItems lists what somebody saved, the last first, with each variant as
// it can be bought now and what changed since.
func SavedItems(ctx context.Context, q db.Q, p *customer.Person, currency money.Currency) ([]SavedItem, error) {
	where, who, ok := whose(p)
	if !ok {
		return nil, nil
	}
	var rows []Saved
	if err := q.Query(ctx).Where(where, who).Order("saved_at DESC, id DESC").Limit(MostSaved).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read saved lines: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	ids := make([]catalog.VariantID, len(rows))
	for i, r := range rows {
		ids[i] = r.VariantID
	}
	buyables, err := catalog.Buyables(ctx, q, ids, currency)
	if err != nil {
		return nil, fmt.Errorf("read saved lines: %w", err)
	}
	items := make([]SavedItem, len(rows))
	for i, r := range rows {
		b, known := buyables[r.VariantID]
		l := Line{Qty: 1, SeenPrice: r.SeenPrice}
		if r.Currency != currency {
			l.SeenPrice = 0 // a price in another currency says nothing here
		}
		items[i] = SavedItem{r, b, problem(l, b, known)}
	}
	return items, nil
}

// bringSaved gives what a browser saved to the account it turns out to be.
func bringSaved(ctx context.Context, tx *db.Tx, from customer.VisitorID, to customer.ID) error {
	var rows []Saved
	if err := tx.Query(ctx).Where("visitor_id = ?", int64(from)).Order("id").Find(&rows).Error; err != nil {
		return fmt.Errorf("read saved lines: %w", err)
	}
	return moveSaved(ctx, tx, rows, to)
}

func moveSaved(ctx context.Context, tx *db.Tx, rows []Saved, to customer.ID) error {
	for _, r := range rows {
		done := tx.Query(ctx).Exec("DELETE FROM saved_lines WHERE id = ?", r.ID)
		if done.Error != nil {
			return fmt.Errorf("move a saved line: %w", done.Error)
		}
		if done.RowsAffected == 0 {
			continue // into the cart, or away, while we read
		}
		err := tx.Query(ctx).Exec(fmt.Sprintf(keepSaved, "customer_id", "customer_id"), newToken(), int64(to), nil, int64(r.VariantID), r.Qty, string(r.Currency), int64(r.SeenPrice), r.SavedAt).Error
		if err != nil {
			return fmt.Errorf("move a saved line: %w", err)
		}
	}
	return nil
}

// uniteSaved does the same from one account to another.
func uniteSaved(ctx context.Context, tx *db.Tx, from, into customer.ID) error {
	var rows []Saved
	if err := tx.Query(ctx).Where("customer_id = ?", int64(from)).Order("id").Find(&rows).Error; err != nil {
		return fmt.Errorf("read saved lines: %w", err)
	}
	return moveSaved(ctx, tx, rows, into)
}

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
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/money"
)

// TableName is carts.
func (Cart) TableName() string { return "carts" }

// TableName is cart_lines.
func (Line) TableName() string { return "cart_lines" }

// TableName is cart_steps.
func (Trace) TableName() string { return "cart_steps" }

func one(ctx context.Context, q db.Q, where string, args ...any) (*Cart, error) {
	var found []Cart
	if err := q.Query(ctx).Where(where, args...).Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read cart: %w", err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return &found[0], nil
}

// Open returns the person's open cart, or nil if there is none.
func Open(ctx context.Context, q db.Q, p *customer.Person) (*Cart, error) {
	switch {
	case p == nil:
		return nil, nil
	case p.Customer != nil:
		return one(ctx, q, "customer_id = ? AND state = 'open'", int64(p.Customer.ID))
	case p.Visitor != nil:
		return one(ctx, q, "visitor_id = ? AND customer_id IS NULL AND state = 'open'", int64(p.Visitor.ID))
	}
	return nil, nil
}

// ByID reads a cart in any state; fault.NotFound if there is none.
func ByID(ctx context.Context, q db.Q, id ID) (*Cart, error) {
	c, err := one(ctx, q, "id = ?", int64(id))
	if err == nil && c == nil {
		err = fault.New(fault.NotFound, "cart.unknown")
	}
	return c, err
}

// Ensure returns the person's open cart and makes one if there is none. Two
// requests at once end with the same cart: the unique key decides.
func Ensure(ctx context.Context, tx *db.Tx, p *customer.Person, currency money.Currency, lang i18n.Lang, device string, now time.Time) (*Cart, error) {
	kind := kindOf(p)
	if c, err := Open(ctx, tx, p); err != nil || c != nil {
		if err == nil && c.Kind == shopper && kind != shopper {
			c.Kind = kind
			err = SetKind(ctx, tx, c.ID, kind)
		}
		return c, err
	}
	if p == nil || p.Visitor == nil && p.Customer == nil {
		return nil, fmt.Errorf("open a cart: nobody is asking")
	}
	c := Cart{Token: newToken(), State: StateOpen, Currency: currency, Lang: lang, Version: 1, CreatedAt: db.At(now), ActiveAt: db.At(now),
		Kind: kind, Device: device}
	if p.Visitor != nil {
		c.VisitorID, c.Simulated = &p.Visitor.ID, p.Visitor.Simulated
	}
	if p.Customer != nil {
		if err := oneAtATime(ctx, tx, p.Customer.ID); err != nil {
			return nil, err
		}
		c.CustomerID, c.Simulated = &p.Customer.ID, c.Simulated || p.Customer.Simulated
	}
	result := db.IgnoreConflict(tx.Query(ctx)).Create(&c)
	if result.Error != nil {
		return nil, fmt.Errorf("open a cart: %w", result.Error)
	}
	if result.RowsAffected == 1 {
		return &c, nil
	}
	first, err := Open(ctx, tx, p)
	if err == nil && first == nil {
		err = fault.New(fault.Conflict, "cart.closed")
	}
	return first, err
}

// activeNow sets when a cart was last used, given that moment twice. It never
// goes back, whatever the machine's clock does: the order comes after all of it.
const activeNow = "active_at = CASE WHEN active_at > ? THEN active_at ELSE ? END"

// touch takes the cart's row for this transaction and counts its version up.
// A cart that is closed cannot be touched: fault.Conflict.
func touch(ctx context.Context, tx *db.Tx, id ID, now time.Time) (*Cart, error) {
	result := tx.Query(ctx).Exec("UPDATE carts SET version = version + 1, "+activeNow+" WHERE id = ? AND state = 'open'", db.At(now), db.At(now), int64(id))
	if result.Error != nil {
		return nil, fmt.Errorf("change cart %d: %w", id, result.Error)
	}
	if result.RowsAffected == 0 {
		return nil, fault.New(fault.Conflict, "cart.closed")
	}
	return ByID(ctx, tx, id)
}

// Lock takes the cart's row for the rest of the transaction and reads it as
// it is then, in whatever state.
func Lock(ctx context.Context, tx *db.Tx, id ID) (*Cart, error) {
	var found []Cart
	if err := db.ForUpdate(tx.Query(ctx)).Where("id = ?", int64(id)).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("lock cart %d: %w", id, err)
	}
	if len(found) == 0 {
		return nil, fault.New(fault.NotFound, "cart.unknown")
	}
	return &found[0], nil
}

// Lines reads the lines of a cart, oldest first.
func Lines(ctx context.Context, q db.Q, id ID) ([]Line, error) {
	var lines []Line
	if err := q.Query(ctx).Where("cart_id = ?", int64(id)).Order("added_at, id").Find(&lines).Error; err != nil {
		return nil, fmt.Errorf("read lines of cart %d: %w", id, err)
	}
	return lines, nil
}

// Items reads a cart with each line as it can be bought now. A nil cart is an
// empty view.
func Items(ctx context.Context, q db.Q, c *Cart) (*View, error) {
	v := &View{Cart: c}
	if c == nil {
		return v, nil
	}
	lines, err := Lines(ctx, q, c.ID)
	if err != nil || len(lines) == 0 {
		return v, err
	}
	ids := make([]catalog.VariantID, len(lines))
	for i, l := range lines {
		ids[i] = l.VariantID
	}
	buyables, err := catalog.Buyables(ctx, q, ids, c.Currency)
	if err != nil {
		return nil, fmt.Errorf("read cart %d: %w", c.ID, err)
	}
	for _, l := range lines {
		b, known := buyables[l.VariantID]
		v.Items = append(v.Items, Item{Line: l, Buyable: b, Problem: problem(l, b, known)})
		v.Count += l.Qty
	}
	return v, nil
}

// Add puts qty more of a variant into the cart. Quantities of one variant add
// up, to the most one cart may hold of it. Nothing is held: it is only checked
// that so many could be had now (*inventory.OutOfStockError if not).
func Add(ctx context.Context, tx *db.Tx, id ID, variant catalog.VariantID, qty int, now time.Time) error {
	return AddFrom(ctx, tx, id, variant, qty, "", now)
}

// AddFrom is Add for what a place of the shop led to. The step says so each
// time; the line keeps whatever led to it first.
func AddFrom(ctx context.Context, tx *db.Tx, id ID, variant catalog.VariantID, qty int, origin string, now time.Time) error {
	if qty < 1 || qty > MostOf {
		return wrongQty()
	}
	c, err := touch(ctx, tx, id, now)
	if err != nil {
		return err
	}
	lines, err := Lines(ctx, tx, id)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(lines, func(l Line) bool { return l.VariantID == variant })
	have := 0
	if i >= 0 {
		have = lines[i].Qty
	} else if len(lines) >= MostLines {
		return fault.New(fault.Conflict, "cart.long", "count", MostLines)
	}
	b, err := buyable(ctx, tx, c, variant)
	if err != nil {
		return err
	}
	want := min(have+qty, most(b))
	if want <= have {
		return fault.New(fault.Conflict, "cart.most", "count", have, "name", b.Name)
	}
	if b.Available >= 0 && b.Available < want {
		return &inventory.OutOfStockError{Variant: variant, Left: b.Available}
	}
	return put(ctx, tx, c, b, have, want, origin, now)
}

func wrongQty() error {
	var form fault.Form
	form.Wrong("qty", "cart.qty", "most", MostOf)
	return form.Err()
}

func buyable(ctx context.Context, q db.Q, c *Cart, variant catalog.VariantID) (catalog.Buyable, error) {
	found, err := catalog.Buyables(ctx, q, []catalog.VariantID{variant}, c.Currency)
	if err != nil {
		return catalog.Buyable{}, fmt.Errorf("look at variant %d: %w", variant, err)
	}
	b, ok := found[variant]
	if !ok || !b.Published || !b.Active || !b.Priced {
		return b, fault.New(fault.Conflict, "cart.gone")
	}
	return b, nil
}

// put makes the line say want, and writes the step that led there.
func put(ctx context.Context, tx *db.Tx, c *Cart, b catalog.Buyable, have, want int, origin string, now time.Time) error {
	err := tx.Query(ctx).Exec(`INSERT INTO cart_lines (cart_id, token, variant_id, qty, seen_price, added_at, origin) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (cart_id, variant_id) DO UPDATE SET qty = excluded.qty`,
		int64(c.ID), newToken(), int64(b.VariantID), want, int64(b.Price.Amount), db.At(now), origin).Error
	if err != nil {
		return fmt.Errorf("put %s into cart %d: %w", b.SKU, c.ID, err)
	}
	if c.StartedAt.IsZero() {
		if err := tx.Query(ctx).Exec("UPDATE carts SET started_at = ? WHERE id = ? AND started_at = 0", db.At(now), int64(c.ID)).Error; err != nil {
			return fmt.Errorf("start cart %d: %w", c.ID, err)
		}
	}
	if want > have {
		return Step(ctx, tx, c.ID, StepAdd, b.VariantID, want-have, origin, now)
	}
	return Step(ctx, tx, c.ID, StepChange, b.VariantID, want, "", now)
}

// Set makes a line of the cart say qty; 0 takes it out. A line of another
// cart is fault.NotFound.
func Set(ctx context.Context, tx *db.Tx, id ID, lineToken string, qty int, now time.Time) error {
	if qty < 0 || qty > MostOf {
		return wrongQty()
	}
	c, err := touch(ctx, tx, id, now)
	if err != nil {
		return err
	}
	lines, err := Lines(ctx, tx, id)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(lines, func(l Line) bool { return l.Token == lineToken })
	if i < 0 {
		return fault.New(fault.NotFound, "cart.line.unknown")
	}
	line := lines[i]
	if qty == 0 {
		if err := tx.Query(ctx).Exec("DELETE FROM cart_lines WHERE id = ?", line.ID).Error; err != nil {
			return fmt.Errorf("take a line out of cart %d: %w", id, err)
		}
		return Step(ctx, tx, id, StepRemove, line.VariantID, line.Qty, "", now)
	}
	if qty == line.Qty {
		return nil
	}
	b, err := buyable(ctx, tx, c, line.VariantID)
	if err != nil {
		return err
	}
	if qty > most(b) {
		return fault.New(fault.Conflict, "cart.most", "count", most(b), "name", b.Name)
	}
	if b.Available >= 0 && b.Available < qty {
		return &inventory.OutOfStockError{Variant: line.VariantID, Left: b.Available}
	}
	return put(ctx, tx, c, b, qty, qty, "", now)
}

// Seen notes that the shopper has the cart before them, and the prices they
// see, so that the next visit can say what changed. A cart that was closed
// since it was read is fault.Conflict: closed carts never change.
func Seen(ctx context.Context, tx *db.Tx, v *View, now time.Time) error {
	if v.Cart == nil || len(v.Items) == 0 {
		return nil
	}
	c, err := Lock(ctx, tx, v.Cart.ID)
	if err != nil {
		return err
	}
	if c.State != StateOpen {
		return fault.New(fault.Conflict, "cart.closed")
	}
	for _, item := range v.Items {
		if item.Problem == Gone || item.Line.SeenPrice == item.Buyable.Price.Amount {
			continue
		}
		err := tx.Query(ctx).Exec("UPDATE cart_lines SET seen_price = ? WHERE id = ?", int64(item.Buyable.Price.Amount), item.Line.ID).Error
		if err != nil {
			return fmt.Errorf("note prices seen in cart %d: %w", v.Cart.ID, err)
		}
	}
	return Step(ctx, tx, v.Cart.ID, StepSeen, 0, v.Count, "", now)
}

// Step writes that a cart took a step.
func Step(ctx context.Context, tx *db.Tx, id ID, kind Kind, variant catalog.VariantID, qty int, detail string, now time.Time) error {
	return StepAll(ctx, tx, []Trace{{CartID: id, Kind: kind, VariantID: variant, Qty: qty, Detail: detail, At: db.At(now)}})
}

// StepAll writes steps in one statement.
func StepAll(ctx context.Context, tx *db.Tx, steps []Trace) error {
	rows := make([][]any, len(steps))
	for i, s := range steps {
		rows[i] = []any{int64(s.CartID), string(s.Kind), int64(s.VariantID), s.Qty, s.Detail, s.At}
	}
	return tx.InsertLater(ctx, "cart_steps", []string{"cart_id", "kind", "variant_id", "qty", "detail", "at"}, rows, nil)
}

// Steps reads what happened to a cart, oldest first.
func Steps(ctx context.Context, q db.Q, id ID) ([]Trace, error) {
	var steps []Trace
	if err := q.Query(ctx).Where("cart_id = ?", int64(id)).Order("at, id").Find(&steps).Error; err != nil {
		return nil, fmt.Errorf("read steps of cart %d: %w", id, err)
	}
	return steps, nil
}

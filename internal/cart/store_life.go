package cart

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/credit"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
)

// Begin notes that checkout of the cart has begun; only the first time counts
// as the step.
func Begin(ctx context.Context, tx *db.Tx, id ID, now time.Time) error {
	result := tx.Query(ctx).Exec("UPDATE carts SET checkout_at = ?, "+activeNow+" WHERE id = ? AND state = 'open' AND checkout_at = 0",
		db.At(now), db.At(now), db.At(now), int64(id))
	if result.Error != nil {
		return fmt.Errorf("begin checkout of cart %d: %w", id, result.Error)
	}
	if result.RowsAffected == 1 {
		return Step(ctx, tx, id, StepCheckout, 0, 0, "", now)
	}
	if err := tx.Query(ctx).Exec("UPDATE carts SET "+activeNow+" WHERE id = ? AND state = 'open'", db.At(now), db.At(now), int64(id)).Error; err != nil {
		return fmt.Errorf("begin checkout of cart %d: %w", id, err)
	}
	return nil
}

// NoteContact keeps the address a shopper typed at checkout, and whether they
// allow a mail about this cart. The step is written when the address is new.
func NoteContact(ctx context.Context, tx *db.Tx, id ID, email string, mailOK bool, now time.Time) error {
	c, err := Lock(ctx, tx, id)
	if err != nil {
		return err
	}
	if c.State != StateOpen {
		return fault.New(fault.Conflict, "cart.closed")
	}
	return c.noteContact(ctx, tx, email, mailOK, now)
}

func (c *Cart) noteContact(ctx context.Context, tx *db.Tx, email string, mailOK bool, now time.Time) error {
	if c.Email == email && c.MailOK == mailOK {
		return nil
	}
	err := tx.Query(ctx).Exec("UPDATE carts SET email = ?, mail_ok = ?, "+activeNow+" WHERE id = ?", email, mailOK, db.At(now), db.At(now), int64(c.ID)).Error
	if err != nil {
		return fmt.Errorf("keep contact of cart %d: %w", c.ID, err)
	}
	if c.Email == email {
		return nil
	}
	return Step(ctx, tx, c.ID, StepContact, 0, 0, "", now)
}

// Merge gives a guest's cart to the customer they turn out to be, and returns
// how many lines came with it. If the customer has an open cart too, the older
// one survives with the larger quantity of each line; the other becomes
// merged and its steps tell their story under the survivor.
func Merge(ctx context.Context, tx *db.Tx, from customer.VisitorID, to customer.ID, now time.Time) (int, error) {
	if err := oneAtATime(ctx, tx, to); err != nil {
		return 0, err
	}
	if err := bringSaved(ctx, tx, from, to); err != nil {
		return 0, err
	}
	guest, own, err := lockPair(ctx, tx, from, to)
	if err != nil || guest == nil {
		return 0, err
	}
	came, err := Lines(ctx, tx, guest.ID)
	if err != nil || len(came) == 0 {
		return 0, err
	}
	if own == nil {
		return len(came), guest.adopt(ctx, tx, to, now)
	}
	keep, other := own, guest
	if guest.ID < own.ID {
		keep, other = guest, own
	}
	if err := keep.absorb(ctx, tx, other, now); err != nil {
		return 0, err
	}
	if keep == guest {
		err = guest.adopt(ctx, tx, to, now)
	}
	return len(came), err
}

// oneAtATime lets one transaction at a time decide which cart of an account is
// its open one: the unique key alone would fail the later of two.
func oneAtATime(ctx context.Context, tx *db.Tx, id customer.ID) error {
	return customer.Lock(ctx, tx, id)
}

// lockPair finds the open carts of a guest and of a customer and locks them in
// the order of their ids, as everywhere. They are judged as the lock found
// them: meanwhile either may have become an order, or the guest's somebody's.
func lockPair(ctx context.Context, tx *db.Tx, from customer.VisitorID, to customer.ID) (guest, own *Cart, err error) {
	var found []Cart
	err = db.ForUpdate(tx.Query(ctx)).Where("state = 'open' AND (visitor_id = ? AND customer_id IS NULL OR customer_id = ?)", int64(from), int64(to)).
		Order("id").Find(&found).Error
	if err != nil {
		return nil, nil, fmt.Errorf("lock carts of customer %d: %w", to, err)
	}
	for i := range found {
		if found[i].CustomerID == nil {
			guest = &found[i]
		} else {
			own = &found[i]
		}
	}
	return guest, own, nil
}

func (c *Cart) adopt(ctx context.Context, tx *db.Tx, to customer.ID, now time.Time) error {
	result := tx.Query(ctx).Exec("UPDATE carts SET customer_id = ?, "+activeNow+", version = version + 1 WHERE id = ? AND state = 'open' AND customer_id IS NULL",
		int64(to), db.At(now), db.At(now), int64(c.ID))
	if result.Error != nil {
		return fmt.Errorf("give cart %d to customer %d: %w", c.ID, to, result.Error)
	}
	if result.RowsAffected == 0 {
		return fault.New(fault.Conflict, "cart.closed")
	}
	return nil
}

// absorb takes lines and steps of another cart of the same person over. The
// other's lines stay with it as they were: a closed cart never changes.
func (c *Cart) absorb(ctx context.Context, tx *db.Tx, other *Cart, now time.Time) error {
	result := tx.Query(ctx).Exec("UPDATE carts SET state = 'merged', merged_into = ?, closed_at = ?, version = version + 1 WHERE id = ? AND state = 'open'",
		int64(c.ID), db.At(now), int64(other.ID))
	if result.Error != nil {
		return fmt.Errorf("merge cart %d: %w", other.ID, result.Error)
	}
	if result.RowsAffected == 0 {
		return fault.New(fault.Conflict, "cart.closed")
	}
	lines, err := Lines(ctx, tx, other.ID)
	if err != nil {
		return err
	}
	if err := c.union(ctx, tx, lines, other.Currency == c.Currency); err != nil {
		return err
	}
	if err := credit.Follow(ctx, tx, int64(other.ID), int64(c.ID)); err != nil {
		return err
	}
	if err := tx.Query(ctx).Exec("UPDATE cart_steps SET cart_id = ? WHERE cart_id = ?", int64(c.ID), int64(other.ID)).Error; err != nil {
		return fmt.Errorf("merge cart %d: %w", other.ID, err)
	}
	if err := tx.Query(ctx).Exec("UPDATE cart_frictions SET cart_id = ? WHERE cart_id = ?", int64(c.ID), int64(other.ID)).Error; err != nil {
		return fmt.Errorf("merge cart %d: %w", other.ID, err)
	}
	earlier := func(a, b db.Time) db.Time {
		if a.IsZero() || !b.IsZero() && b.Before(a.Time) {
			return b
		}
		return a
	}
	email, mailOK := c.Email, c.MailOK
	if email == "" {
		email, mailOK = other.Email, other.MailOK
	}
	active := db.At(now)
	if other.ActiveAt.After(now) { // its steps come along
		active = other.ActiveAt
	}
	err = tx.Query(ctx).Exec("UPDATE carts SET started_at = ?, checkout_at = ?, "+activeNow+", email = ?, mail_ok = ?, version = version + 1 WHERE id = ?",
		earlier(c.StartedAt, other.StartedAt), earlier(c.CheckoutAt, other.CheckoutAt), active, active, email, mailOK, int64(c.ID)).Error
	if err != nil {
		return fmt.Errorf("merge cart %d: %w", other.ID, err)
	}
	return Step(ctx, tx, c.ID, StepMerged, 0, len(lines), fmt.Sprint(int64(other.ID)), now)
}

// union keeps the larger quantity of each variant. Prices seen in another
// currency say nothing here.
func (c *Cart) union(ctx context.Context, tx *db.Tx, lines []Line, pricesToo bool) error {
	have, err := Lines(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	own := make(map[catalog.VariantID]int, len(have))
	for _, l := range have {
		own[l.VariantID] = l.Qty
	}
	for _, l := range lines {
		if l.Qty <= own[l.VariantID] || own[l.VariantID] == 0 && len(own) >= MostLines {
			continue
		}
		if !pricesToo {
			l.SeenPrice = 0
		}
		err := tx.Query(ctx).Exec(`INSERT INTO cart_lines (cart_id, token, variant_id, qty, seen_price, added_at, origin) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (cart_id, variant_id) DO UPDATE SET qty = excluded.qty`,
			int64(c.ID), newToken(), int64(l.VariantID), l.Qty, int64(l.SeenPrice), l.AddedAt, l.Origin).Error
		if err != nil {
			return fmt.Errorf("fill cart %d: %w", c.ID, err)
		}
		own[l.VariantID] = l.Qty
	}
	return nil
}

// Restore puts the lines of an earlier cart into an open one, the larger
// quantity of each line winning, and returns how many lines the earlier cart
// had. Asked twice it changes nothing more.
func Restore(ctx context.Context, tx *db.Tx, from, into ID, now time.Time) (int, error) {
	lines, err := Lines(ctx, tx, from)
	if err != nil || len(lines) == 0 {
		return 0, err
	}
	source, err := ByID(ctx, tx, from)
	if err != nil {
		return 0, err
	}
	c, err := touch(ctx, tx, into, now)
	if err != nil {
		return 0, err
	}
	if from != into {
		if err := c.union(ctx, tx, lines, source.Currency == c.Currency); err != nil {
			return 0, err
		}
		if c.StartedAt.IsZero() {
			if err := tx.Query(ctx).Exec("UPDATE carts SET started_at = ? WHERE id = ?", db.At(now), int64(into)).Error; err != nil {
				return 0, fmt.Errorf("start cart %d: %w", into, err)
			}
		}
	}
	return len(lines), Step(ctx, tx, into, StepRestored, 0, len(lines), fmt.Sprint(int64(from)), now)
}

// CreateMany writes whole carts with their lines and steps as they are given,
// with few statements; it fills in ids and tokens. It is for histories that
// are made up or moved in, where every step has its own time.
func CreateMany(ctx context.Context, tx *db.Tx, carts []Cart, lines [][]Line, steps [][]Trace) error {
	if len(lines) != len(carts) || len(steps) != len(carts) {
		return fmt.Errorf("write carts: %d carts, %d sets of lines, %d of steps", len(carts), len(lines), len(steps))
	}
	ids, err := tx.NextIDs(ctx, "carts", len(carts))
	if err != nil {
		return fmt.Errorf("write carts: %w", err)
	}
	var cartRows, lineRows [][]any
	var all []Trace
	for i := range carts {
		c := &carts[i]
		c.ID = ID(ids[i])
		if c.Token == "" {
			c.Token = newToken()
		}
		cartRows = append(cartRows, c.values())
		for _, l := range lines[i] {
			lineRows = append(lineRows, []any{ids[i], newToken(), int64(l.VariantID), l.Qty, int64(l.SeenPrice), l.AddedAt, l.Origin})
		}
		for _, s := range steps[i] {
			s.CartID = c.ID
			all = append(all, s)
		}
	}
	if _, err := tx.Insert(ctx, "carts", cartColumns, cartRows, false); err != nil {
		return fmt.Errorf("write carts: %w", err)
	}
	if _, err := tx.Insert(ctx, "cart_lines", []string{"cart_id", "token", "variant_id", "qty", "seen_price", "added_at", "origin"}, lineRows, false); err != nil {
		return fmt.Errorf("write carts: %w", err)
	}
	return StepAll(ctx, tx, all)
}

var cartColumns = []string{"id", "token", "visitor_id", "customer_id", "state", "currency", "lang", "version", "email", "mail_ok", "created_at",
	"started_at", "active_at", "checkout_at", "closed_at", "merged_into", "kind", "device", "simulated"}

func (c *Cart) values() []any {
	var visitor, owner any
	if c.VisitorID != nil {
		visitor = int64(*c.VisitorID)
	}
	if c.CustomerID != nil {
		owner = int64(*c.CustomerID)
	}
	return []any{int64(c.ID), c.Token, visitor, owner, string(c.State), string(c.Currency), string(c.Lang), max(1, c.Version), c.Email, c.MailOK,
		c.CreatedAt, c.StartedAt, c.ActiveAt, c.CheckoutAt, c.ClosedAt, int64(c.MergedInto), c.Kind, c.Device, c.Simulated}
}

// Convert closes an open cart as the order of that number, with the steps
// that a placed order implies and the cart has not taken yet. The caller has
// locked the cart; a cart that is not open any more is fault.Conflict, at the
// latest with the commit.
func Convert(ctx context.Context, tx *db.Tx, c *Cart, email string, mailOK bool, delivery, pay, number string, now time.Time) error {
	at := db.At(now)
	begun := c.CheckoutAt
	var steps []Trace
	take := func(kind Kind, detail string) {
		steps = append(steps, Trace{CartID: c.ID, Kind: kind, Detail: detail, At: at})
	}
	if begun.IsZero() {
		begun = at
		take(StepCheckout, "")
	}
	if c.Email != email {
		take(StepContact, "")
	}
	if delivery != "" {
		take(StepDelivery, delivery)
	}
	take(StepPayment, pay)
	take(StepConverted, number)
	stillOpen := func(rows int64) error {
		if rows == 0 {
			return fault.New(fault.Conflict, "cart.closed")
		}
		return nil
	}
	err := tx.Later(ctx, fmt.Sprintf("convert cart %d", c.ID), stillOpen, `UPDATE carts
		SET state = 'converted', closed_at = ?, active_at = ?, checkout_at = ?, email = ?, mail_ok = ?, version = version + 1
		WHERE id = ? AND state = 'open'`, at, at, begun, email, mailOK, int64(c.ID))
	if err != nil {
		return err
	}
	c.State = Converted
	return StepAll(ctx, tx, steps)
}

// LastConverted returns the cart that most recently became an order of this
// person, if that was since the given moment; else nil.
func LastConverted(ctx context.Context, q db.Q, p *customer.Person, since time.Time) (*Cart, error) {
	where, id := "customer_id = ?", int64(p.CustomerID())
	if !p.SignedIn() {
		where, id = "visitor_id = ? AND customer_id IS NULL", int64(p.VisitorID())
	}
	var found []Cart
	err := q.Query(ctx).Where(where+" AND state = 'converted' AND closed_at >= ?", id, db.At(since)).Order("closed_at DESC, id DESC").Limit(1).Find(&found).Error
	if err != nil {
		return nil, fmt.Errorf("read the last order's cart: %w", err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return &found[0], nil
}

// SetCoupon keeps a coupon with the cart; "" takes it off.
func SetCoupon(ctx context.Context, tx *db.Tx, id ID, coupon string, now time.Time) error {
	if _, err := touch(ctx, tx, id, now); err != nil {
		return err
	}
	if err := tx.Query(ctx).Exec("UPDATE carts SET coupon = ? WHERE id = ?", coupon, int64(id)).Error; err != nil {
		return fmt.Errorf("keep the coupon of cart %d: %w", id, err)
	}
	return nil
}

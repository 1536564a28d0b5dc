package order

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/jobs"
	"regulars/internal/money"
)

// TableName is orders.
func (Order) TableName() string { return "orders" }

// TableName is order_lines.
func (Line) TableName() string { return "order_lines" }

// TableName is order_history.
func (History) TableName() string { return "order_history" }

var lineColumns = []string{"order_id", "position", "product_id", "variant_id", "sku", "name", "choices", "qty", "unit_price", "discount", "tax", "total", "cancelled_qty", "tax_class", "tax_rate", "words", "unit_cost", "origin"}

func (l *Line) values(id ID) []any {
	return []any{int64(id), l.Position, int64(l.ProductID), int64(l.VariantID), l.SKU, l.Name, l.Choices, l.Qty,
		int64(l.UnitPrice), int64(l.Discount), int64(l.Tax), int64(l.Total), l.CancelledQty, l.TaxClass, int64(l.TaxRate), l.Words, l.cost(), l.Origin}
}

func (l *Line) cost() any {
	if l.UnitCost == nil {
		return nil
	}
	return int64(*l.UnitCost)
}

// Create writes a placed order with its lines and fills in o.ID. If the place
// key or the cart was used already it writes nothing, fills o with that first
// order and returns false: whoever asks twice is answered with what they have.
// access makes the hash of the secret link from a number; it may be asked
// again, since a number that is taken is drawn anew.
func Create(ctx context.Context, tx *db.Tx, o *Order, lines []Line, access func(number string) string, now time.Time) (bool, error) {
	o.State, o.PaymentState, o.DeliveryState, o.PlacedAt = StatePlaced, Pending, Unshipped, db.At(now)
	for range 4 {
		if o.Number == "" {
			o.Number = NewNumber()
		}
		o.AccessHash = access(o.Number)
		result := db.IgnoreConflict(tx.Query(ctx)).Create(o)
		if result.Error != nil {
			return false, fmt.Errorf("create order %s: %w", o.Number, result.Error)
		}
		if result.RowsAffected == 1 {
			return true, o.fill(ctx, tx, lines)
		}
		first, err := placed(ctx, tx, o)
		if err == nil {
			*o = *first
			return false, nil
		}
		if !errors.Is(err, fault.NotFound) {
			return false, err
		}
		o.ID, o.Number = 0, "" // only the number was taken
	}
	return false, errors.New("create order: four numbers in a row were taken")
}

func (o *Order) fill(ctx context.Context, tx *db.Tx, lines []Line) error {
	rows := make([][]any, len(lines))
	for i := range lines {
		lines[i].OrderID, lines[i].Position = o.ID, i+1
		rows[i] = lines[i].values(o.ID)
	}
	if err := tx.InsertLater(ctx, "order_lines", lineColumns, rows, nil); err != nil {
		return fmt.Errorf("create order %s: %w", o.Number, err)
	}
	return note(ctx, tx, History{OrderID: o.ID, Axis: OrderAxis, ToState: string(StatePlaced), Actor: "shopper", At: o.PlacedAt})
}

// placed finds the order that holds o's place key, or else o's cart.
func placed(ctx context.Context, q db.Q, o *Order) (*Order, error) {
	first, err := ByPlaceKey(ctx, q, o.PlaceKey)
	if err == nil || !errors.Is(err, fault.NotFound) || o.CartID == nil {
		return first, err
	}
	return one(ctx, q, "cart_id = ?", int64(*o.CartID))
}

func one(ctx context.Context, q db.Q, where string, arg any) (*Order, error) {
	var found []Order
	if err := q.Query(ctx).Where(where, arg).Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read order: %w", err)
	}
	if len(found) == 0 {
		return nil, fault.New(fault.NotFound, "order.unknown")
	}
	return &found[0], nil
}

// ByID reads the order of that row.
func ByID(ctx context.Context, q db.Q, id ID) (*Order, error) {
	return one(ctx, q, "id = ?", int64(id))
}

// ByNumber reads the order of that number, however it was typed. It is for
// staff and for owners; guests come by ByAccess.
func ByNumber(ctx context.Context, q db.Q, number string) (*Order, error) {
	return one(ctx, q, "number = ?", CleanNumber(number))
}

// ByPlaceKey reads the order that a checkout form placed.
func ByPlaceKey(ctx context.Context, q db.Q, key string) (*Order, error) {
	return one(ctx, q, "place_key = ?", key)
}

// ByCart reads the order that a cart became.
func ByCart(ctx context.Context, q db.Q, id int64) (*Order, error) {
	return one(ctx, q, "cart_id = ?", id)
}

// ByAccess reads an order for whoever holds its secret link. A wrong key is
// fault.NotFound, the same as a number that does not exist.
func ByAccess(ctx context.Context, q db.Q, number, key string) (*Order, error) {
	o, err := ByNumber(ctx, q, number)
	if err != nil {
		return nil, err
	}
	if !sameHash(o.AccessHash, HashAccess(key)) {
		return nil, fault.New(fault.NotFound, "order.unknown")
	}
	return o, nil
}

// Lock reads an order and holds its row until the transaction ends. Whatever
// moves an order begins here, so that money, sweep and staff come one by one.
func Lock(ctx context.Context, tx *db.Tx, id ID) (*Order, error) {
	var found []Order
	if err := db.ForUpdate(tx.Query(ctx)).Where("id = ?", int64(id)).Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("lock order %d: %w", id, err)
	}
	if len(found) == 0 {
		return nil, fault.New(fault.NotFound, "order.unknown")
	}
	return &found[0], nil
}

// Lines reads the lines of an order in their order.
func Lines(ctx context.Context, q db.Q, id ID) ([]Line, error) {
	var lines []Line
	if err := q.Query(ctx).Where("order_id = ?", int64(id)).Order("position").Find(&lines).Error; err != nil {
		return nil, fmt.Errorf("read lines of order %d: %w", id, err)
	}
	return lines, nil
}

// Between lists orders of a currency that stand, placed in a time, the newest
// first.
func Between(ctx context.Context, q db.Q, currency money.Currency, since, until time.Time, most int) ([]Order, error) {
	var all []Order
	err := q.Query(ctx).Where("currency = ? AND state <> 'cancelled' AND placed_at > ? AND placed_at <= ?", string(currency), db.At(since), db.At(until)).
		Order("placed_at DESC, id DESC").Limit(most).Find(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read orders since %v: %w", since, err)
	}
	return all, nil
}

// LinesOf reads the lines of many orders at once.
func LinesOf(ctx context.Context, q db.Q, ids []ID) (map[ID][]Line, error) {
	var lines []Line
	if len(ids) > 0 {
		if err := q.Query(ctx).Where("order_id IN ?", ids).Order("order_id, position").Find(&lines).Error; err != nil {
			return nil, fmt.Errorf("read lines of %d orders: %w", len(ids), err)
		}
	}
	by := make(map[ID][]Line, len(ids))
	for _, l := range lines {
		by[l.OrderID] = append(by[l.OrderID], l)
	}
	return by, nil
}

// Past reads the history of an order, oldest first.
func Past(ctx context.Context, q db.Q, id ID) ([]History, error) {
	var all []History
	if err := q.Query(ctx).Where("order_id = ?", int64(id)).Order("id").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read history of order %d: %w", id, err)
	}
	return all, nil
}

// Move is the step for an order the caller has read (best: locked) in this
// transaction; o follows the row.
func (o *Order) Move(ctx context.Context, tx *db.Tx, axis Axis, to, by, words string, now time.Time) (bool, error) {
	return o.Walk(ctx, tx, []Step{{axis, to, by, words, now}})
}

// Step is one move of a Walk.
type Step struct {
	Axis  Axis
	To    string
	By    string
	Words string
	At    time.Time
}

// Walk takes several steps at once: all of them, or none and false if one is
// not legal when its turn comes or the row has moved meanwhile.
func (o *Order) Walk(ctx context.Context, tx *db.Tx, steps []Step) (bool, error) {
	next := *o
	past := make([][]any, 0, len(steps))
	var told []Moved
	for _, s := range steps {
		from := next.on(s.Axis)
		if !Legal(s.Axis, from, s.To) {
			return false, nil
		}
		next.step(s)
		if tells(s.Axis, from, s.To) && !o.Simulated && !o.Imported {
			told = append(told, Moved{Order: int64(o.ID), Axis: s.Axis, To: s.To, At: s.At.UnixMilli()})
		}
		past = append(past, []any{int64(o.ID), string(s.Axis), from, s.To, s.By, s.Words, db.At(s.At)})
	}
	result := tx.Query(ctx).Exec(`UPDATE orders SET state = ?, payment_state = ?, delivery_state = ?, paid_at = ?, closed_at = ?
		WHERE id = ? AND state = ? AND payment_state = ? AND delivery_state = ?`,
		string(next.State), string(next.PaymentState), string(next.DeliveryState), next.PaidAt, next.ClosedAt,
		int64(o.ID), string(o.State), string(o.PaymentState), string(o.DeliveryState))
	if result.Error != nil {
		return false, fmt.Errorf("move order %s: %w", o.Number, result.Error)
	}
	if result.RowsAffected == 0 {
		return false, nil
	}
	*o = next
	if steps[0].At.Sub(o.PlacedAt.Time) > settled {
		if err := uncountOld(ctx, tx, o.ID); err != nil {
			return false, err
		}
	}
	if _, err := tx.Insert(ctx, "order_history", historyColumns, past, false); err != nil {
		return false, fmt.Errorf("write history of order %s: %w", o.Number, err)
	}
	for _, s := range steps {
		if s.Axis == PaymentAxis && s.To == string(Paid) && !o.Simulated && !o.Imported && o.Replaces == 0 {
			if err := o.bill(ctx, tx, s.At); err != nil {
				return false, err
			}
		}
	}
	for _, job := range told {
		var when []jobs.Option
		if job.To == string(Failed) {
			when = append(when, jobs.At(time.UnixMilli(job.At).Add(TryAgain)))
		}
		if err := jobs.Enqueue(ctx, tx, job, when...); err != nil {
			return false, fmt.Errorf("tell of order %s: %w", o.Number, err)
		}
	}
	return true, nil
}

var historyColumns = []string{"order_id", "axis", "from_state", "to_state", "actor", "note", "at"}

func (o *Order) step(s Step) {
	switch s.Axis {
	case PaymentAxis:
		o.PaymentState = Payment(s.To)
		if o.PaymentState == Paid && o.PaidAt.IsZero() { // else it is money that could not go back
			o.PaidAt = db.At(s.At)
		}
	case DeliveryAxis:
		o.DeliveryState = Delivery(s.To)
	case OrderAxis:
		o.State, o.ClosedAt = State(s.To), db.At(s.At)
		if o.State == StatePlaced {
			o.ClosedAt = db.Time{}
		}
	}
}

func (o *Order) on(axis Axis) string {
	switch axis {
	case PaymentAxis:
		return string(o.PaymentState)
	case DeliveryAxis:
		return string(o.DeliveryState)
	}
	return string(o.State)
}

// Remark writes into the order's history without moving it.
func Remark(ctx context.Context, tx *db.Tx, o *Order, words, by string, now time.Time) error {
	return note(ctx, tx, History{OrderID: o.ID, Axis: OrderAxis, FromState: string(o.State), ToState: string(o.State), Actor: by, Note: words, At: db.At(now)})
}

// NoteRunes is the longest note of staff, in characters.
const NoteRunes = 1000

// AddNote keeps what staff write down about an order for each other. No page
// of a shopper shows it, and no state moves. The same words again by the same
// person are the same note, so that a second click writes nothing.
func AddNote(ctx context.Context, tx *db.Tx, id ID, words, by string, now time.Time) (bool, error) {
	words = strings.TrimSpace(words)
	if n := utf8.RuneCountInString(words); n == 0 || n > NoteRunes || strings.HasPrefix(words, Flag) {
		var form fault.Form
		form.Wrong("note", "order.note.wrong", "most", NoteRunes)
		return false, form.Err()
	}
	o, err := Lock(ctx, tx, id) // two clicks come one by one
	if err != nil {
		return false, err
	}
	done := tx.Query(ctx).Exec(`INSERT INTO order_history (order_id, axis, from_state, to_state, actor, note, at)
		SELECT o.id, 'order', o.state, o.state, ?, ?, ? FROM orders o
		WHERE o.id = ? AND NOT EXISTS (SELECT 1 FROM order_history h WHERE h.order_id = o.id AND h.actor = ? AND h.note = ?)`, by, words, db.At(now), int64(o.ID), by, words)
	if done.Error != nil {
		return false, fmt.Errorf("note about order %s: %w", o.Number, done.Error)
	}
	return done.RowsAffected > 0, nil
}

func note(ctx context.Context, tx *db.Tx, h History) error {
	return tx.Later(ctx, fmt.Sprintf("write history of order %d", h.OrderID), nil,
		"INSERT INTO order_history (order_id, axis, from_state, to_state, actor, note, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
		int64(h.OrderID), string(h.Axis), h.FromState, h.ToState, h.Actor, h.Note, h.At)
}

// OfCustomer lists a customer's orders, newest first.
func OfCustomer(ctx context.Context, q db.Q, id customer.ID, limit int) ([]Order, error) {
	var all []Order
	err := q.Query(ctx).Where("customer_id = ?", int64(id)).Order("placed_at DESC, id DESC").Limit(limit).Find(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read orders of customer %d: %w", id, err)
	}
	return all, nil
}

// Overdue lists orders that still wait for their money and hold no stock whose
// own end could bring them up: since before nobody placed or tried to pay
// them, or their provider has looked at the money since undecided. An imported
// order waits in its former shop. slow are ways to pay (by code) with longer
// patience, each with its own before; zero: nobody waits.
func Overdue(ctx context.Context, q db.Q, before, undecided time.Time, slow map[string]time.Time, limit int) ([]ID, error) {
	all, err := overdue(ctx, q, "NOT IN", slices.Sorted(maps.Keys(slow)), before, undecided, limit)
	for _, code := range slices.Sorted(maps.Keys(slow)) {
		if err == nil && !slow[code].IsZero() {
			var more []ID
			more, err = overdue(ctx, q, "IN", []string{code}, slow[code], undecided, limit)
			all = append(all, more...)
		}
	}
	return all, err
}

func overdue(ctx context.Context, q db.Q, in string, codes []string, before, undecided time.Time, limit int) ([]ID, error) {
	if len(codes) == 0 {
		codes = []string{"-"}
	}
	var ids []ID
	err := q.Query(ctx).Raw(`SELECT o.id FROM orders o
		WHERE o.state = 'placed' AND o.payment_state IN ('pending','processing','failed') AND o.placed_at <= ? AND o.imported = FALSE AND o.payment_code `+in+` ?
		AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.order_id = o.id AND h.state = 'open')
		AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.id 
			AND (o.payment_state = 'processing' AND p.updated_at > ? OR o.payment_state <> 'processing' AND p.updated_at > ?))
		ORDER BY o.placed_at LIMIT ?`, db.At(before), codes, db.At(undecided), db.At(before), limit).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("read orders that wait for money: %w", err)
	}
	return ids, nil
}

// ActorOf names who last brought the order to that state on the axis.
func ActorOf(ctx context.Context, q db.Q, id ID, axis Axis, state string) (string, error) {
	var actors []string
	err := q.Query(ctx).Raw("SELECT actor FROM order_history WHERE order_id = ? AND axis = ? AND to_state = ? AND from_state <> to_state ORDER BY id DESC LIMIT 1",
		int64(id), string(axis), state).Scan(&actors).Error
	if err != nil {
		return "", fmt.Errorf("read history of order %d: %w", id, err)
	}
	if len(actors) == 0 {
		return "", nil
	}
	return actors[0], nil
}

// Waiting counts a person's orders since then that wait for their money.
func Waiting(ctx context.Context, q db.Q, p *customer.Person, since time.Time) (n int, err error) {
	err = q.Query(ctx).Raw(`SELECT count(*) FROM orders o JOIN carts c ON c.id = o.cart_id
		WHERE (c.visitor_id = ? OR c.customer_id = ?) AND o.state = 'placed' AND o.payment_state IN ('pending','failed') AND o.placed_at > ?`,
		int64(p.VisitorID()), int64(p.CustomerID()), db.At(since)).Scan(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count orders that wait: %w", err)
	}
	return n, nil
}

package inventory

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm/clause"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
)

// Count notes that onHand units lie at the places that sell, all in all: the
// difference becomes a movement of the first of them, "opening" for a variant
// that had none yet. key makes the same count, told twice, count once; a count
// that finds no difference leaves no movement and so no key. Fewer units than
// are promised to orders is fault.Conflict, and nothing has changed.
func Count(ctx context.Context, tx *db.Tx, v catalog.VariantID, onHand int, key string, now time.Time) error {
	return count(ctx, tx, 0, v, onHand, key, now)
}

// CountAt is Count of what lies at one place.
func CountAt(ctx context.Context, tx *db.Tx, at LocationID, v catalog.VariantID, onHand int, key string, now time.Time) error {
	if at == 0 {
		return fault.New(fault.Invalid, "inventory.place.unknown")
	}
	return count(ctx, tx, at, v, onHand, key, now)
}

func count(ctx context.Context, tx *db.Tx, at LocationID, v catalog.VariantID, onHand int, key string, now time.Time) error {
	if onHand < 0 {
		return fault.New(fault.Invalid, "inventory.qty.wrong")
	}
	if err := begin(ctx, tx, v, now); err != nil {
		return err
	}
	// Locked: the difference must be to what is there when it is written.
	have := struct{ OnHand int }{}
	if err := db.ForUpdate(tx.Query(ctx)).Table("stock").Select("on_hand").Where("variant_id = ?", v).Take(&have).Error; err != nil {
		return fmt.Errorf("count variant %d: %w", v, err)
	}
	if at != 0 {
		have.OnHand = 0
		if err := tx.Query(ctx).Raw("SELECT on_hand FROM stock_places WHERE variant_id = ? AND location_id = ?", v, int64(at)).Scan(&have).Error; err != nil {
			return fmt.Errorf("count variant %d: %w", v, err)
		}
	}
	if have.OnHand == onHand {
		return nil
	}
	var moved []int
	if err := tx.Query(ctx).Raw("SELECT 1 FROM stock_movements WHERE variant_id = ? LIMIT 1", v).Scan(&moved).Error; err != nil {
		return fmt.Errorf("count variant %d: %w", v, err)
	}
	reason := "counted"
	if len(moved) == 0 {
		reason = "opening"
	}
	return shift(ctx, tx, v, movement{at: at, qty: onHand - have.OnHand, reason: reason, key: key}, now)
}

// ReceiveAt notes that qty units came in at a place; 0 = the first that sells.
// key makes the same delivery, told twice, count once.
func ReceiveAt(ctx context.Context, tx *db.Tx, at LocationID, v catalog.VariantID, qty int, key string, now time.Time) error {
	if qty <= 0 {
		return fault.New(fault.Invalid, "inventory.qty.wrong")
	}
	if err := begin(ctx, tx, v, now); err != nil {
		return err
	}
	return shift(ctx, tx, v, movement{at: at, qty: qty, reason: "received", key: key}, now)
}

// Return notes that units of an order came back, of a bundle its components:
// good ones can be sold again, lost ones are written off. What was not counted
// when it was sold is not counted now; more than the order took from the shelf
// is fault.Conflict. key makes the same return, told twice, count once.
func Return(ctx context.Context, tx *db.Tx, orderID int64, v catalog.VariantID, good, lost int, key string, now time.Time) error {
	if good < 0 || lost < 0 || good+lost == 0 {
		return fault.New(fault.Invalid, "inventory.qty.wrong")
	}
	parts, err := Parts(ctx, tx, orderID)
	if err != nil {
		return err
	}
	one, err := merge(unpack([]Line{{Variant: v, Qty: 1}}, parts))
	if err != nil {
		return err
	}
	holds, err := lockHolds(ctx, tx, orderID)
	if err != nil {
		return err
	}
	for _, l := range one {
		if err := takeBack(ctx, tx, orderID, holds, l.Variant, good*l.Qty, lost*l.Qty, key, now); err != nil {
			return err
		}
	}
	return nil
}

func takeBack(ctx context.Context, tx *db.Tx, orderID int64, holds []hold, v catalog.VariantID, good, lost int, key string, now time.Time) error {
	sent := 0
	for _, h := range holds {
		if h.VariantID == v && h.State == "shipped" {
			sent += h.Qty
		} else if h.VariantID == v {
			sent += h.Shipped
		}
	}
	if sent == 0 {
		return nil
	}
	var back int
	err := tx.Query(ctx).Raw("SELECT coalesce(sum(qty), 0) FROM stock_movements WHERE variant_id = ? AND reason = 'returned' AND ref = ? AND key <> ?",
		v, fmt.Sprint(orderID), fmt.Sprintf("%s:%d", key, v)).Scan(&back).Error
	if err != nil {
		return fmt.Errorf("take variant %d back: %w", v, err)
	}
	if back+good+lost > sent {
		return fault.New(fault.Conflict, "inventory.returned", "most", sent-back)
	}
	if err := begin(ctx, tx, v, now); err != nil {
		return err
	}
	if err := shift(ctx, tx, v, movement{qty: good + lost, reason: "returned", ref: fmt.Sprint(orderID), key: key}, now); err != nil || lost == 0 {
		return err
	}
	return shift(ctx, tx, v, movement{qty: -lost, reason: "written-off", ref: fmt.Sprint(orderID), key: key + ":lost"}, now)
}

// WriteOff notes that qty units at a place are lost or broken, and why; 0 = at
// the first place that sells. Units promised to orders cannot be written off:
// fault.Conflict.
func WriteOff(ctx context.Context, tx *db.Tx, at LocationID, v catalog.VariantID, qty int, why, key string, now time.Time) error {
	if qty <= 0 {
		return fault.New(fault.Invalid, "inventory.qty.wrong")
	}
	return shift(ctx, tx, v, movement{at: at, qty: -qty, reason: "written-off", note: why, key: key}, now)
}

// Move brings units from one place to another. Units promised to orders do not
// go where nothing is sold: fault.Conflict.
func Move(ctx context.Context, tx *db.Tx, v catalog.VariantID, from, to LocationID, qty int, key string, now time.Time) error {
	if qty <= 0 {
		return fault.New(fault.Invalid, "inventory.qty.wrong")
	}
	if from == to || from == 0 || to == 0 {
		return fault.New(fault.Invalid, "inventory.place.same")
	}
	_, err := apply(ctx, tx, v, []movement{
		{at: from, qty: -qty, reason: "moved", ref: key, key: fmt.Sprintf("%s:%d", key, v)},
		{at: to, qty: qty, reason: "moved", ref: key, key: fmt.Sprintf("%s:%d+", key, v)}}, now)
	return err
}

// Track turns counting of a variant on or off. Without counting it can always
// be sold. A bundle is counted by its components alone.
func Track(ctx context.Context, tx *db.Tx, v catalog.VariantID, on bool, now time.Time) error {
	if err := begin(ctx, tx, v, now); err != nil {
		return err
	}
	err := tx.Query(ctx).Exec("UPDATE stock SET tracked = ?, counted_since = ?, updated_at = ? WHERE variant_id = ? AND tracked <> ?", on, db.At(now), db.At(now), v, on).Error
	if err != nil {
		return fmt.Errorf("track variant %d: %w", v, err)
	}
	return nil
}

// begin makes the stock row of a variant if there is none. A bundle has none
// that counts: fault.Conflict.
func begin(ctx context.Context, tx *db.Tx, v catalog.VariantID, now time.Time) error {
	if err := single(ctx, tx, v); err != nil {
		return err
	}
	r := tx.Query(ctx).Exec(`INSERT INTO stock (variant_id, tracked, on_hand, reserved, counted_since, updated_at) VALUES (?, TRUE, 0, 0, ?, ?)
		ON CONFLICT (variant_id) DO NOTHING`, v, db.At(now), db.At(now))
	if r.Error != nil {
		return fmt.Errorf("begin stock of variant %d: %w", v, r.Error)
	}
	if r.RowsAffected == 0 {
		return nil
	}
	return expect(ctx, tx, v)
}

// single refuses a bundle.
func single(ctx context.Context, q db.Q, v catalog.VariantID) error {
	var bundle []int
	if err := q.Query(ctx).Raw("SELECT 1 FROM components WHERE bundle_id = ? LIMIT 1", v).Scan(&bundle).Error; err != nil {
		return fmt.Errorf("look into variant %d: %w", v, err)
	}
	if len(bundle) > 0 {
		return fault.New(fault.Conflict, "inventory.bundle")
	}
	return nil
}

// movement is a change of what lies at a place; at 0 is the first that sells.
type movement struct {
	at                     LocationID
	qty                    int
	reason, ref, note, key string
}

var movementColumns = []string{"variant_id", "location_id", "qty", "reason", "ref", "note", "key", "at"}

// shift is apply of one movement, once a key and variant: one delivery of many
// variants may go under one key.
func shift(ctx context.Context, tx *db.Tx, v catalog.VariantID, m movement, now time.Time) error {
	m.key = fmt.Sprintf("%s:%d", m.key, v)
	_, err := apply(ctx, tx, v, []movement{m}, now)
	return err
}

// apply writes movements of one variant that belong together, and with them
// what lies at their places and can be sold; it reports whether they are new,
// which their keys decide. What may not be (less than nothing at a place, less
// than is promised) is fault.Conflict, and nothing has changed.
func apply(ctx context.Context, tx *db.Tx, v catalog.VariantID, moves []movement, now time.Time) (told bool, err error) {
	places, err := placesOf(ctx, tx, moves)
	if err != nil {
		return false, err
	}
	rows, keys, net := make([][]any, len(moves)), make([]string, len(moves)), 0
	for i, m := range moves {
		if places[m.at].Sells {
			net += m.qty
		}
		keys[i] = m.key
		rows[i] = []any{int64(v), int64(places[m.at].ID), m.qty, m.reason, m.ref, m.note, m.key, db.At(now).Milli()}
	}
	n, err := tx.Insert(ctx, "stock_movements", movementColumns, rows, true)
	if err != nil {
		return false, fmt.Errorf("move stock of variant %d: %w", v, err)
	}
	if n == 0 {
		return false, nil // told before
	}
	if int(n) != len(moves) {
		return false, fmt.Errorf("move stock of variant %d: half of %v was told before", v, keys)
	}
	// The stock's row first: it is the lock for all places of its variant.
	r := tx.Query(ctx).Exec(`UPDATE stock SET on_hand = on_hand + ?, updated_at = ? WHERE variant_id = ? AND on_hand + ? >= 0 AND on_hand + ? + beyond >= reserved`,
		net, db.At(now), v, net, net)
	if r.Error != nil {
		return false, fmt.Errorf("move stock of variant %d: %w", v, r.Error)
	}
	refusal := error(fault.New(fault.Conflict, "inventory.promised"))
	if r.RowsAffected == 1 {
		if refusal, err = lay(ctx, tx, v, moves, places); err != nil {
			return false, err
		}
		if refusal == nil {
			return true, nil
		}
		if err := tx.Query(ctx).Exec("UPDATE stock SET on_hand = on_hand - ? WHERE variant_id = ?", net, v).Error; err != nil {
			return false, fmt.Errorf("undo movement of variant %d: %w", v, err)
		}
	}
	if err := tx.Query(ctx).Exec("DELETE FROM stock_movements WHERE key IN ?", keys).Error; err != nil {
		return false, fmt.Errorf("undo movement of variant %d: %w", v, err)
	}
	return false, refusal
}

// lay changes what lies at each place, those that lose units first. refusal
// says that one would have less than nothing; then none is changed.
func lay(ctx context.Context, tx *db.Tx, v catalog.VariantID, moves []movement, places map[LocationID]Location) (refusal, err error) {
	for _, m := range slices.SortedFunc(slices.Values(moves), func(a, b movement) int { return a.qty - b.qty }) {
		place := int64(places[m.at].ID)
		if m.qty > 0 {
			err := tx.Query(ctx).Exec(`INSERT INTO stock_places (variant_id, location_id, on_hand) VALUES (?, ?, ?)
				ON CONFLICT (variant_id, location_id) DO UPDATE SET on_hand = stock_places.on_hand + excluded.on_hand`, v, place, m.qty).Error
			if err != nil {
				return nil, fmt.Errorf("lay variant %d: %w", v, err)
			}
			continue
		}
		r := tx.Query(ctx).Exec("UPDATE stock_places SET on_hand = on_hand + ? WHERE variant_id = ? AND location_id = ? AND on_hand + ? >= 0", m.qty, v, place, m.qty)
		if r.Error != nil {
			return nil, fmt.Errorf("lay variant %d: %w", v, r.Error)
		}
		if r.RowsAffected == 0 { // moves has one that loses units at most, so nothing was changed before it
			return fault.New(fault.Conflict, "inventory.elsewhere"), nil
		}
	}
	return nil, nil
}

// placesOf reads the places of movements and keeps them what they are until
// the transaction is over: whether they sell decides what is written.
func placesOf(ctx context.Context, tx *db.Tx, moves []movement) (map[LocationID]Location, error) {
	var all []Location
	err := tx.Query(ctx).Clauses(clause.Locking{Strength: "SHARE"}).Order("sells DESC, position, id").Find(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read places: %w", err)
	}
	places := map[LocationID]Location{}
	for _, m := range moves {
		for _, p := range all {
			if p.ID == m.at || m.at == 0 && p.Sells {
				places[m.at] = p
				break
			}
		}
		if places[m.at].ID == 0 {
			return nil, fault.New(fault.Invalid, "inventory.place.unknown")
		}
	}
	return places, nil
}

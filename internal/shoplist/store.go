package shoplist

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"time"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
)

// Of lists what an account keeps by name, in the order in which it was made;
// deleted ones that can be put back are among them.
func Of(ctx context.Context, q db.Q, owner customer.ID) ([]Counted, error) {
	var all []Counted
	err := q.Query(ctx).Raw(`SELECT l.*, (SELECT count(*) FROM shop_list_lines i WHERE i.list_id = l.id) AS lines FROM shop_lists l WHERE l.customer_id = ? ORDER BY l.id`, int64(owner)).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read the lists of customer %d: %w", owner, err)
	}
	return all, nil
}

// With lists what an account may put a variant on; Lines is how many of it are
// there already.
func With(ctx context.Context, q db.Q, owner customer.ID, variant catalog.VariantID) ([]Counted, error) {
	var all []Counted
	err := q.Query(ctx).Raw(`SELECT l.*, coalesce(i.qty, 0) AS lines FROM shop_lists l LEFT JOIN shop_list_lines i ON i.list_id = l.id AND i.variant_id = ?
		WHERE l.customer_id = ? AND l.dropped_at = 0 ORDER BY l.id`, int64(variant), int64(owner)).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read the lists of customer %d: %w", owner, err)
	}
	return all, nil
}

// ByToken is a list of an account; fault.NotFound for one that is deleted or
// somebody else's.
func ByToken(ctx context.Context, q db.Q, owner customer.ID, token string) (*List, error) {
	var found []List
	if err := q.Query(ctx).Where("token = ? AND customer_id = ? AND dropped_at = 0", token, int64(owner)).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read a list: %w", err)
	}
	if len(found) == 0 {
		return nil, unknown()
	}
	return &found[0], nil
}

// Items are the goods of a list, what was added first before the rest.
func Items(ctx context.Context, q db.Q, list int64) ([]Item, error) {
	var all []Item
	if err := q.Query(ctx).Where("list_id = ?", list).Order("id").Limit(MostLines).Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read list %d: %w", list, err)
	}
	return all, nil
}

// turn makes the changes of one account's lists wait for each other, so that
// what is counted stays so.
func turn(ctx context.Context, tx *db.Tx, owner customer.ID) error {
	return customer.Turn(ctx, tx, fmt.Sprint("lists:", int64(owner)))
}

// room is fault.Conflict where an account keeps as many lists as it may.
func room(ctx context.Context, tx *db.Tx, owner customer.ID) error {
	var n int
	if err := tx.Query(ctx).Raw("SELECT count(*) FROM shop_lists WHERE customer_id = ? AND dropped_at = 0", int64(owner)).Scan(&n).Error; err != nil {
		return fmt.Errorf("count the lists of customer %d: %w", owner, err)
	}
	if n >= MostLists {
		var form fault.Form
		form.Wrong("name", "lists.many", "count", MostLists)
		return form.Err()
	}
	return nil
}

// Make begins a list.
func Make(ctx context.Context, tx *db.Tx, owner customer.ID, name string, now time.Time) (*List, error) {
	name, err := named(name)
	if err != nil {
		return nil, err
	}
	if err := turn(ctx, tx, owner); err != nil {
		return nil, err
	}
	if err := room(ctx, tx, owner); err != nil {
		return nil, err
	}
	var b [16]byte
	rand.Read(b[:])
	l := List{Token: base64.RawURLEncoding.EncodeToString(b[:]), CustomerID: owner, Name: name, CreatedAt: db.At(now), UpdatedAt: db.At(now)}
	if err := tx.Query(ctx).Create(&l).Error; err != nil {
		return nil, fmt.Errorf("make a list for customer %d: %w", owner, err)
	}
	return &l, nil
}

// change writes to a list of an account that stands.
func change(ctx context.Context, tx *db.Tx, owner customer.ID, token, set string, args ...any) error {
	done := tx.Query(ctx).Exec("UPDATE shop_lists SET "+set+" WHERE token = ? AND customer_id = ? AND dropped_at = 0", append(args, token, int64(owner))...)
	if done.Error != nil {
		return fmt.Errorf("change a list of customer %d: %w", owner, done.Error)
	}
	if done.RowsAffected == 0 {
		return unknown()
	}
	return nil
}

// Rename gives a list another name.
func Rename(ctx context.Context, tx *db.Tx, owner customer.ID, token, name string, now time.Time) error {
	name, err := named(name)
	if err != nil {
		return err
	}
	return change(ctx, tx, owner, token, "name = ?, updated_at = ?", name, db.At(now))
}

// Drop deletes a list; it can be put back for PutBackFor, and reminds of
// nothing meanwhile.
func Drop(ctx context.Context, tx *db.Tx, owner customer.ID, token string, now time.Time) error {
	return change(ctx, tx, owner, token, "dropped_at = ?, due_at = 0, look_at = 0, updated_at = ?", db.At(now), db.At(now))
}

// PutBack makes a deleted list stand again; its reminders begin anew.
func PutBack(ctx context.Context, tx *db.Tx, owner customer.ID, token string, now time.Time) error {
	if err := turn(ctx, tx, owner); err != nil {
		return err
	}
	var found []List
	if err := tx.Query(ctx).Where("token = ? AND customer_id = ?", token, int64(owner)).Find(&found).Error; err != nil {
		return fmt.Errorf("read a deleted list: %w", err)
	}
	if len(found) == 0 {
		return unknown()
	}
	l := found[0]
	if l.DroppedAt.IsZero() {
		return nil // pressed twice
	}
	if err := room(ctx, tx, owner); err != nil {
		return err
	}
	due := db.Time{}
	if l.Weeks > 0 {
		due = db.At(now.Add(l.every()))
	}
	err := tx.Query(ctx).Exec("UPDATE shop_lists SET dropped_at = 0, due_at = ?, look_at = ?, updated_at = ? WHERE id = ?", due, due, db.At(now), l.ID).Error
	if err != nil {
		return fmt.Errorf("put list %d back: %w", l.ID, err)
	}
	return nil
}

// Put adds goods to a list; what it has already keeps the larger number, and
// its note. left is how many do not fit in any more.
func Put(ctx context.Context, tx *db.Tx, owner customer.ID, token string, items []Item, now time.Time) (left int, err error) {
	if err := turn(ctx, tx, owner); err != nil {
		return 0, err
	}
	if err := change(ctx, tx, owner, token, "updated_at = ?", db.At(now)); err != nil {
		return 0, err
	}
	l, err := ByToken(ctx, tx, owner, token)
	if err != nil {
		return 0, err
	}
	have, err := Items(ctx, tx, l.ID)
	if err != nil {
		return 0, err
	}
	known := map[catalog.VariantID]bool{}
	for _, i := range have {
		known[i.VariantID] = true
	}
	for _, i := range items {
		if !known[i.VariantID] && len(known) >= MostLines {
			left++
			continue
		}
		known[i.VariantID] = true
		note, err := noted(i.Note)
		if err != nil {
			return 0, err
		}
		err = tx.Query(ctx).Exec(`INSERT INTO shop_list_lines (list_id, variant_id, qty, note, added_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (list_id, variant_id)
			DO UPDATE SET qty = CASE WHEN excluded.qty > shop_list_lines.qty THEN excluded.qty ELSE shop_list_lines.qty END, note = CASE WHEN excluded.note = '' THEN shop_list_lines.note ELSE excluded.note END`,
			l.ID, int64(i.VariantID), min(max(i.Qty, 1), cart.MostOf), note, db.At(now)).Error
		if err != nil {
			return 0, fmt.Errorf("put variant %d on list %d: %w", i.VariantID, l.ID, err)
		}
	}
	return left, nil
}

// Set says anew how many of something a list has, and its note; 0 takes it off.
func Set(ctx context.Context, tx *db.Tx, owner customer.ID, token string, variant catalog.VariantID, qty int, note string, now time.Time) error {
	note, err := noted(note)
	if err != nil {
		return err
	}
	if qty < 0 || qty > cart.MostOf {
		var form fault.Form
		form.Wrong("qty", "lists.qty", "most", cart.MostOf)
		return form.Err()
	}
	if err := change(ctx, tx, owner, token, "updated_at = ?", db.At(now)); err != nil {
		return err
	}
	const which = " WHERE variant_id = ? AND list_id = (SELECT id FROM shop_lists WHERE token = ?)"
	sql, args := "UPDATE shop_list_lines SET qty = ?, note = ?"+which, []any{qty, note, int64(variant), token}
	if qty == 0 {
		sql, args = "DELETE FROM shop_list_lines"+which, args[2:]
	}
	if err := tx.Query(ctx).Exec(sql, args...).Error; err != nil {
		return fmt.Errorf("set variant %d of a list: %w", variant, err)
	}
	return nil
}

// Age drops lists for good that were deleted before a moment.
func Age(ctx context.Context, tx *db.Tx, before time.Time) error {
	for _, sql := range []string{"DELETE FROM shop_list_lines WHERE list_id IN (SELECT id FROM shop_lists WHERE dropped_at > 0 AND dropped_at < ?)", "DELETE FROM shop_lists WHERE dropped_at > 0 AND dropped_at < ?"} {
		if err := tx.Query(ctx).Exec(sql, db.At(before)).Error; err != nil {
			return fmt.Errorf("drop deleted lists: %w", err)
		}
	}
	return nil
}

// Forget takes a person's lists away when their account is erased (a
// customer.Forget).
func Forget(ctx context.Context, tx *db.Tx, id customer.ID, _ string, _ time.Time) error {
	for _, sql := range []string{"DELETE FROM shop_list_lines WHERE list_id IN (SELECT id FROM shop_lists WHERE customer_id = ?)", "DELETE FROM shop_lists WHERE customer_id = ?"} {
		if err := tx.Query(ctx).Exec(sql, int64(id)).Error; err != nil {
			return fmt.Errorf("forget the lists of customer %d: %w", id, err)
		}
	}
	return nil
}

// Merge puts the lists of one customer under another who is the same person (a
// customer.Merge). All of them go along, also beyond MostLists.
func Merge(ctx context.Context, tx *db.Tx, from, into customer.ID, _ time.Time) error {
	if err := tx.Query(ctx).Exec("UPDATE shop_lists SET customer_id = ? WHERE customer_id = ?", int64(into), int64(from)).Error; err != nil {
		return fmt.Errorf("put the lists of customer %d under %d: %w", from, into, err)
	}
	return nil
}

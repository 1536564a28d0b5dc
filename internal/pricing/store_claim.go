package pricing

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
)

// personKey names a person by address without keeping the address.
func personKey(who Buyer) string {
	if who.Email == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("redemption " + customer.EmailKey(who.Email)))
	return hex.EncodeToString(sum[:])
}

// Claim takes a place in every promotion of a quote, in the transaction that
// places the order. A limit reached since the quote was made is fault.Conflict
// with words: the order must not stand at that price. The rows of promotions
// with a limit are taken in the order of their ids and stay taken until the
// commit, so a limit a person is decided there, too. One without any limit is
// not counted: its orders do not wait for each other.
func Claim(ctx context.Context, tx *db.Tx, order int64, q *Quote, who Buyer, day string, now time.Time) error {
	applied := slices.Clone(q.Applied)
	slices.SortFunc(applied, func(a, b Applied) int { return cmp.Compare(a.ID, b.ID) })
	for _, a := range applied {
		if err := claim(ctx, tx, order, a, who, day, now); err != nil {
			return err
		}
	}
	var rows, members [][]any
	for i, l := range q.Lines {
		for _, p := range l.Parts {
			if p.List != 0 {
				members = append(members, []any{order, i + 1, int64(p.List), p.Name, int64(p.Amount), l.Sensitive || l.GiftCard})
				continue
			}
			rows = append(rows, []any{order, i + 1, int64(p.Promotion), int64(p.Amount), l.Sensitive || l.GiftCard, l.Words})
		}
	}
	if _, err := tx.Insert(ctx, "line_members", []string{"order_id", "position", "list_id", "name", "amount", "sensitive"}, members, false); err != nil {
		return err
	}
	_, err := tx.Insert(ctx, "line_discounts", []string{"order_id", "position", "promotion_id", "amount", "sensitive", "words"}, rows, false)
	return err
}

func claim(ctx context.Context, tx *db.Tx, order int64, a Applied, who Buyer, day string, now time.Time) error {
	taken := fault.New(fault.Conflict, "pricing.taken", "name", a.Name)
	slot, ok, err := place(ctx, tx, order, a)
	if err != nil {
		return err
	}
	if !ok {
		return taken
	}
	if a.LimitPerson > 0 {
		d := Deals{Promotions: []Promotion{a.Promotion}}
		if err := d.count(ctx, tx, who); err != nil {
			return err
		}
		if d.Mine[a.ID] >= a.LimitPerson {
			return taken
		}
	}
	if ok, err := useCode(ctx, tx, a.CodeID); err != nil || !ok {
		if err == nil {
			err = taken
		}
		return err
	}
	_, err = tx.Insert(ctx, "redemptions", []string{"promotion_id", "code_id", "order_id", "customer_id", "person", "slot", "state", "amount", "day",
		"starts_on", "ends_on", "exclusive", "limit_person", "at", "name"}, [][]any{{int64(a.ID), a.CodeID, order, int64(who.Customer), personKey(who), slot, "held", int64(a.Amount), day,
		a.StartsOn, a.EndsOn, a.Exclusive, a.LimitPerson, db.At(now), a.Name}}, false)
	if err != nil {
		return fmt.Errorf("claim promotion %d: %w", a.ID, err)
	}
	return nil
}

// place counts an order into a promotion and returns its slot; false: there is
// no place left, or the promotion is another by now. Without a limit nothing is
// counted; the shared lock keeps staff from setting one meanwhile.
func place(ctx context.Context, tx *db.Tx, order int64, a Applied) (slot int64, ok bool, err error) {
	var found []int64
	if a.LimitAll == 0 && a.LimitPerson == 0 {
		err = db.ForShare(tx.Query(ctx).Table("promotions")).Select("id").
			Where("id = ? AND state = 'live' AND limit_all = 0 AND limit_person = 0", int64(a.ID)).Scan(&found).Error
	} else {
		err = tx.Query(ctx).Raw(`UPDATE promotions SET used = used + 1 WHERE id = ? AND state = 'live' AND limit_all + limit_person > 0
			AND (limit_all = 0 OR used < limit_all) RETURNING used`, int64(a.ID)).Scan(&found).Error
	}
	if err != nil {
		return 0, false, fmt.Errorf("claim promotion %d: %w", a.ID, err)
	}
	switch {
	case len(found) == 0:
		return 0, false, nil
	case a.LimitAll == 0:
		return order, true, nil // any number of its own will do
	}
	slot, err = freeSlot(ctx, tx, a.ID, found[0])
	return slot, true, err
}

// freeSlot is a place within the limit that no order holds: the one the counter
// says, or where orders have ended since, the first gap.
func freeSlot(ctx context.Context, tx *db.Tx, id PromotionID, counted int64) (slot int64, err error) {
	err = tx.Query(ctx).Raw(`SELECT CASE
		WHEN NOT EXISTS (SELECT 1 FROM redemptions WHERE promotion_id = ? AND slot = ?) THEN ?
		WHEN NOT EXISTS (SELECT 1 FROM redemptions WHERE promotion_id = ? AND slot = 1) THEN 1
		ELSE (SELECT min(r.slot) + 1 FROM redemptions r WHERE r.promotion_id = ? AND r.slot > 0
			AND NOT EXISTS (SELECT 1 FROM redemptions n WHERE n.promotion_id = r.promotion_id AND n.slot = r.slot + 1)) END`,
		int64(id), counted, counted, int64(id), int64(id)).Scan(&slot).Error
	if err != nil {
		return 0, fmt.Errorf("find a place in promotion %d: %w", id, err)
	}
	return slot, nil
}

// useCode counts a code that is good so often only; one that is good as often
// as its promotion is not counted.
func useCode(ctx context.Context, tx *db.Tx, id int64) (bool, error) {
	if id == 0 {
		return true, nil
	}
	done := tx.Query(ctx).Exec("UPDATE promotion_codes SET used = used + 1 WHERE id = ? AND limit_all > 0 AND used < limit_all", id)
	if done.Error != nil || done.RowsAffected == 1 {
		return done.RowsAffected == 1, wrapped("claim a code", done.Error)
	}
	var free []int64
	err := tx.Query(ctx).Raw("SELECT id FROM promotion_codes WHERE id = ? AND limit_all = 0", id).Scan(&free).Error
	return len(free) == 1, wrapped("claim a code", err)
}

func wrapped(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// Release gives the places of an order that ended to others.
func Release(ctx context.Context, tx *db.Tx, order int64) error {
	var rows []struct {
		ID, PromotionID, CodeID int64
		Slot                    int
	}
	err := tx.Query(ctx).Raw("SELECT id, promotion_id, code_id, slot FROM redemptions WHERE order_id = ? AND state <> 'released' ORDER BY promotion_id", order).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("read promotions of order %d: %w", order, err)
	}
	for _, r := range rows {
		done := tx.Query(ctx).Exec("UPDATE redemptions SET state = 'released', slot = 0 WHERE id = ? AND state <> 'released'", r.ID)
		if done.Error != nil {
			return fmt.Errorf("release promotion %d: %w", r.PromotionID, done.Error)
		}
		if done.RowsAffected == 0 || r.Slot == 0 { // an order paid late took no place
			continue
		}
		if err := uncount(ctx, tx, r.PromotionID); err != nil {
			return err
		}
		if err := tx.Query(ctx).Exec("UPDATE promotion_codes SET used = used - 1 WHERE id = ? AND limit_all > 0", r.CodeID).Error; err != nil {
			return fmt.Errorf("release a code: %w", err)
		}
	}
	return nil
}

// uncount takes an order out of the count of a promotion with a limit. One
// without is locked against getting a limit meanwhile, and asked again.
func uncount(ctx context.Context, tx *db.Tx, id int64) error {
	for range 2 {
		done := tx.Query(ctx).Exec("UPDATE promotions SET used = used - 1 WHERE id = ? AND limit_all + limit_person > 0", id)
		if done.Error != nil || done.RowsAffected == 1 {
			return wrapped(fmt.Sprintf("release promotion %d", id), done.Error)
		}
		var found []int64
		if err := db.ForShare(tx.Query(ctx).Table("promotions")).Select("id").Where("id = ?", id).Scan(&found).Error; err != nil {
			return fmt.Errorf("release promotion %d: %w", id, err)
		}
	}
	return nil
}

// Follow makes the redemptions say what their orders say, for orders that
// ended or came back on a way that did not tell them: money that arrives after
// the hold revives an order at the price it was placed at. Such an order is
// "late": it keeps its discount and takes no place within the limit.
func Follow(ctx context.Context, d *db.DB, now time.Time) error {
	since := db.At(now.AddDate(0, 0, -60))
	var ended []int64
	err := d.Query(ctx).Raw(`SELECT DISTINCT r.order_id FROM redemptions r JOIN orders o ON o.id = r.order_id
		WHERE r.at > ? AND r.state <> 'released' AND o.state = 'cancelled' ORDER BY r.order_id LIMIT 500`, since).Scan(&ended).Error
	if err != nil {
		return fmt.Errorf("look for promotions of ended orders: %w", err)
	}
	for _, id := range ended {
		err := d.InTx(ctx, func(tx *db.Tx) error {
			var cancelled int64
			if err := tx.Query(ctx).Raw("SELECT count(*) FROM orders WHERE id = ? AND state = 'cancelled'", id).Scan(&cancelled).Error; err != nil || cancelled == 0 {
				return err
			}
			return Release(ctx, tx, id)
		})
		if err != nil {
			return err
		}
	}
	return d.InTx(ctx, func(tx *db.Tx) error {
		err := tx.Query(ctx).Exec(`UPDATE redemptions SET state = 'late' WHERE state = 'released' AND at > ?
			AND EXISTS (SELECT 1 FROM orders o WHERE o.id = redemptions.order_id AND o.state <> 'cancelled')`, since).Error
		if err != nil {
			return fmt.Errorf("follow orders that came back: %w", err)
		}
		return nil
	})
}

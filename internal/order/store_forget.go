package order

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"regulars/internal/customer"
	"regulars/internal/db"
)

// owed are the orders that are paid for, or will be at the door, and were not
// sent yet.
const owed = "state = 'placed' AND delivery_state = 'unshipped' AND line1 <> '' AND (payment_state IN ('paid', 'partly-refunded', 'processing') OR at_door AND payment_state = 'pending')"

// Owed counts a customer's orders that are paid for and were not sent yet.
func Owed(ctx context.Context, q db.Q, id customer.ID) (int, error) {
	var n int
	if err := q.Query(ctx).Raw("SELECT count(*) FROM orders WHERE customer_id = ? AND "+owed, int64(id)).Scan(&n).Error; err != nil {
		return 0, fmt.Errorf("count what customer %d waits for: %w", id, err)
	}
	return n, nil
}

// Forget takes a person out of their orders when their account is erased (a
// customer.Forget): the account's own, and those a guest placed with the
// address, if it was proved. What the law of accounts asks for stays: number,
// lines, amounts, country, times. An order paid for and not sent yet has no
// address any more; its history says so to the staff, who refund it.
func Forget(ctx context.Context, tx *db.Tx, id customer.ID, email string, now time.Time) error {
	var stuck []Order
	err := tx.Query(ctx).Where("("+whose+") AND "+owed,
		int64(id), customer.EmailKey(email)).Order("id").Find(&stuck).Error
	if err != nil {
		return fmt.Errorf("forget the orders of customer %d: %w", id, err)
	}
	err = tx.Query(ctx).Exec(`UPDATE shipments SET tracking = '', url = '' WHERE order_id IN (SELECT id FROM orders WHERE `+whose+`)`, int64(id), customer.EmailKey(email)).Error
	if err != nil {
		return fmt.Errorf("forget the parcels of customer %d: %w", id, err)
	}
	err = tx.Query(ctx).Exec(`UPDATE returns SET name = '', email = '', words = '', answer = '' WHERE order_id IN (SELECT id FROM orders WHERE `+whose+`)`, int64(id), customer.EmailKey(email)).Error
	if err != nil {
		return fmt.Errorf("forget the returns of customer %d: %w", id, err)
	}
	if err := forgetNotes(ctx, tx, id, email); err != nil {
		return err
	}
	// A blank address also stops a confirmation that still waits.
	err = tx.Query(ctx).Exec(`UPDATE orders SET email = '', phone = '', name = '', line1 = '', line2 = '', city = '', region = '', postcode = '' WHERE `+whose,
		int64(id), customer.EmailKey(email)).Error
	if err != nil {
		return fmt.Errorf("forget the orders of customer %d: %w", id, err)
	}
	if err := uncount(ctx, tx, "customer_id = ?", int64(id)); err != nil {
		return err
	}
	for i := range stuck {
		if err := Remark(ctx, tx, &stuck[i], Flag+"the person erased their account before this was sent; there is no address, refund it", "shopper", now); err != nil {
			return err
		}
	}
	return nil
}

// Names are the words by which notes may name a person: parts of the name,
// address, phone number and street, as their orders and account have them.
func Names(ctx context.Context, q db.Q, id customer.ID, email string) ([]string, error) {
	var rows []struct{ Email, Name, Phone, Line1 string }
	err := q.Query(ctx).Raw("SELECT DISTINCT email, name, phone, line1 FROM orders WHERE "+whose+" UNION SELECT email, name, phone, '' FROM customers WHERE id = ?",
		int64(id), customer.EmailKey(email), int64(id)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read by what customer %d is named: %w", id, err)
	}
	words := map[string]bool{}
	for _, r := range rows {
		for _, w := range append(strings.Fields(r.Name), r.Email, r.Phone, r.Line1) {
			if w = strings.ToLower(strings.Trim(w, ".,;")); utf8.RuneCountInString(w) > 2 || utf8.RuneCountInString(w) == 2 && w[0] > utf8.RuneSelf {
				words[w] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(words)), nil
}

// Whose is the condition for the orders of an account and, by their address,
// of the guest that its person was; it takes the number and the address's key.
const Whose = whose

const whose = "(customer_id = ? OR customer_id IS NULL AND email <> '' AND lower(email) = ?)"

// forgetNotes blanks what was noted about these orders where a word of it
// names the person. Notes that name nobody stay.
func forgetNotes(ctx context.Context, tx *db.Tx, id customer.ID, email string) error {
	words, err := Names(ctx, tx, id, email)
	if err != nil {
		return err
	}
	for _, w := range words {
		for _, sql := range []string{
			"UPDATE order_history SET note = '' WHERE note <> '' AND lower(note) LIKE ? ESCAPE '\\' AND order_id IN (SELECT id FROM orders WHERE " + whose + ")",
			"UPDATE return_steps SET note = '' WHERE note <> '' AND lower(note) LIKE ? ESCAPE '\\' AND return_id IN (SELECT r.id FROM returns r WHERE r.order_id IN (SELECT id FROM orders WHERE " + whose + "))",
		} {
			if err := tx.Query(ctx).Exec(sql, Like(w), int64(id), customer.EmailKey(email)).Error; err != nil {
				return fmt.Errorf("forget the notes about customer %d: %w", id, err)
			}
		}
	}
	return nil
}

// Like is the pattern of texts that hold a word, with ESCAPE '\\'.
func Like(word string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(word) + "%"
}

// Merge puts the orders of one customer under another who is the same person (a
// customer.Merge). What stands in the orders stays as it was.
func Merge(ctx context.Context, tx *db.Tx, from, into customer.ID, _ time.Time) error {
	if err := tx.Query(ctx).Exec("UPDATE orders SET customer_id = ? WHERE customer_id = ?", int64(into), int64(from)).Error; err != nil {
		return fmt.Errorf("put the orders of customer %d under %d: %w", from, into, err)
	}
	return uncount(ctx, tx, "customer_id IN ?", []int64{int64(from), int64(into)}) // counted as one the next night
}

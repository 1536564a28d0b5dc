package customer

import (
	"context"
	"fmt"
	"strings"
	"time"

	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/fault"
)

// LockTwo reads two accounts and keeps others from changing either until the
// transaction ends.
func LockTwo(ctx context.Context, tx *db.Tx, a, b ID) (first, second *Customer, err error) {
	for _, id := range []ID{min(a, b), max(a, b)} {
		if err := Lock(ctx, tx, id); err != nil {
			return nil, nil, err
		}
	}
	if first, err = ByID(ctx, tx, a); err != nil {
		return nil, nil, err
	}
	second, err = ByID(ctx, tx, b)
	return first, second, err
}

// Absorb puts one account into another, with what the other nouns hold of it.
// Of the first nothing stays but its number, which leads to the survivor. It
// cannot be undone. An account that proved its address is not absorbed by one
// that did not, and simulated people not by real ones.
func Absorb(ctx context.Context, tx *db.Tx, from, into ID, now time.Time, nouns ...Merge) error {
	a, b, err := LockTwo(ctx, tx, from, into)
	switch {
	case err != nil:
		return err
	case from == into, a.Simulated != b.Simulated:
		return fault.New(fault.Invalid, "customer.merge.not")
	case a.Verified() && !b.Verified():
		return fault.New(fault.Conflict, "customer.merge.unproved", "email", b.Email)
	}
	for _, f := range nouns {
		if err := f(ctx, tx, from, into, now); err != nil {
			return fmt.Errorf("merge customer %d into %d: %w", from, into, err)
		}
	}
	if err := event.Merge(ctx, tx, int64(from), int64(into)); err != nil {
		return err
	}
	if err := uniteConsents(ctx, tx, from, into, now); err != nil {
		return err
	}
	fields, err := FieldsOf(ctx, tx, a, b)
	if err != nil {
		return err
	}
	if err := uniteNotes(ctx, tx, a, b, fields); err != nil {
		return err
	}
	values := map[string]any{"from": int64(from), "into": int64(into), "now": db.At(now)}
	for _, sql := range []string{
		"UPDATE visitors SET customer_id = @into WHERE customer_id = @from",
		// What was said beats what was inferred.
		`UPDATE interests SET source = 'said' WHERE customer_id = @into AND source <> 'said' AND EXISTS (SELECT 1 FROM interests x
			WHERE x.customer_id = @from AND x.kind = interests.kind AND x.value = interests.value AND x.source = 'said')`,
		"DELETE FROM interests WHERE customer_id = @from AND EXISTS (SELECT 1 FROM interests x WHERE x.customer_id = @into AND x.kind = interests.kind AND x.value = interests.value)",
		"UPDATE interests SET customer_id = @into WHERE customer_id = @from",
		"UPDATE important_dates SET customer_id = @into WHERE customer_id = @from",
		"UPDATE addresses SET customer_id = @into, first = FALSE WHERE customer_id = @from",
		"DELETE FROM person_tokens WHERE customer_id = @from", // links to the old account open nothing
		"UPDATE customers SET merged_into = @into WHERE merged_into = @from",
	} {
		if err := tx.Query(ctx).Exec(sql, values).Error; err != nil {
			return fmt.Errorf("merge customer %d into %d: %w", from, into, err)
		}
	}
	if err := tx.Query(ctx).Exec("DELETE FROM address_news WHERE email_key = ?", a.EmailKey).Error; err != nil {
		return fmt.Errorf("merge customer %d into %d: %w", from, into, err)
	}
	if err := endAndWrite(ctx, tx, a, b, fields, now); err != nil {
		return err
	}
	// Its chain is told in the survivor's; the database lets go of it only now.
	for _, sql := range []string{"DELETE FROM consent_log WHERE customer_id = @from", "DELETE FROM consent_heads WHERE customer_id = @from", "DELETE FROM consents WHERE customer_id = @from",
		"DELETE FROM consent_asks WHERE customer_id = @from OR email_key = @key"} {
		if err := tx.Query(ctx).Exec(sql, map[string]any{"from": int64(from), "key": a.EmailKey}).Error; err != nil {
			return fmt.Errorf("merge customer %d into %d: %w", from, into, err)
		}
	}
	return nil
}

// FieldsOf is Fields with the days on which each was said.
func FieldsOf(ctx context.Context, q db.Q, from, into *Customer) ([]Field, error) {
	said := [2]map[string]time.Time{{}, {}}
	for i, c := range []*Customer{from, into} {
		facts, err := Facts(ctx, q, c)
		if err != nil {
			return nil, err
		}
		for _, f := range facts {
			said[i][f.Key] = f.Since()
		}
	}
	return Fields(from, into, said[0], said[1]), nil
}

// endAndWrite writes the fields of the survivor and blanks the account that ends.
func endAndWrite(ctx context.Context, tx *db.Tx, a, b *Customer, fields []Field, now time.Time) error {
	nobody := fmt.Sprintf("merged:%d", a.ID)
	err := one(tx.Query(ctx).Exec(`UPDATE customers SET email = ?, email_key = ?, email_verified_at = 0, contact = 'dead', contact_reason = '', contact_at = 0, rest_until = 0,
		phone_contact = '', phone_judged = '', phone_at = 0, seen_at = 0, password_hash = '', epoch = epoch + 1, name = '', phone = '', currency = '', country = '', zone = '',
		birth_date = '', occupation = '', channel = '', updated_at = ?, erased_at = ?, erased_for = 'merged', merged_into = ? WHERE id = ? AND erased_at = 0`,
		nobody, nobody, db.At(now), db.At(now), int64(b.ID), int64(a.ID)), "end an account that was merged")
	if err == nil {
		err = dropLedger(ctx, tx, a.ID) // the survivor's has all of it
	}
	if err != nil {
		return err
	}
	set, args := []string{"updated_at = ?"}, []any{db.At(now)}
	for _, f := range fields {
		if f.FromWins {
			set, args = append(set, f.Name+" = ?"), append(args, f.From)
			if f.Name == "phone" {
				set, args = append(set, "phone_contact = ?", "phone_judged = ?", "phone_at = ?"), append(args, a.PhoneContact, a.PhoneJudged, a.PhoneAt)
			}
		}
	}
	if a.CreatedAt.Before(b.CreatedAt.Time) {
		set, args = append(set, "created_at = ?"), append(args, a.CreatedAt)
	}
	if a.SeenAt.After(b.SeenAt.Time) {
		set, args = append(set, "seen_at = ?"), append(args, a.SeenAt)
	}
	return one(tx.Query(ctx).Exec("UPDATE customers SET "+strings.Join(set, ", ")+" WHERE id = ?", append(args, int64(b.ID))...), "write who was merged")
}

// Survivor is the account that a number leads to: its own, or the one that it
// was merged into. One that was erased is NotFound.
func Survivor(ctx context.Context, q db.Q, id ID) (*Customer, error) {
	var goes []ID
	if err := q.Query(ctx).Raw("SELECT merged_into FROM customers WHERE id = ? AND merged_into <> 0", int64(id)).Scan(&goes).Error; err != nil {
		return nil, fmt.Errorf("follow customer %d: %w", id, err)
	}
	if len(goes) == 1 {
		id = goes[0]
	}
	return ByID(ctx, q, id)
}

// Saids is what the ledger makes of each purpose for an account: the last word,
// which may still wait for its link.
func Saids(ctx context.Context, q db.Q, id ID) (map[Purpose]State, error) { return states(ctx, q, id) }

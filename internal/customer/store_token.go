package customer

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
)

// What a link mailed to a person is good for.
const (
	PurposeVerify      = "verify"       // value: the address it proves
	PurposeReset       = "reset"        // value: empty
	PurposeChangeEmail = "change-email" // value: the new address
)

// Spent is what a link that was good until now stood for.
type Spent struct {
	CustomerID ID
	Value      string
}

// Issue makes a link of one use. Older links of the same purpose are void from
// now on: only the newest mail works.
func Issue(ctx context.Context, tx *db.Tx, id ID, purpose, value string, ttl time.Duration, now time.Time) (string, error) {
	if err := void(ctx, tx, id, purpose, now); err != nil {
		return "", err
	}
	token := newToken()
	err := tx.Query(ctx).Exec("INSERT INTO person_tokens (hash, purpose, customer_id, value, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
		tokenHash(token), purpose, int64(id), value, db.At(now), db.At(now.Add(ttl))).Error
	if err != nil {
		return "", fmt.Errorf("issue a %s link to customer %d: %w", purpose, id, err)
	}
	return token, nil
}

func void(ctx context.Context, tx *db.Tx, id ID, purpose string, now time.Time) error {
	err := tx.Query(ctx).Exec("UPDATE person_tokens SET used_at = ? WHERE customer_id = ? AND purpose = ? AND used_at = 0",
		db.At(now), int64(id), purpose).Error
	if err != nil {
		return fmt.Errorf("void %s links of customer %d: %w", purpose, id, err)
	}
	return nil
}

// PeekWho is Peek that says whose link it is; 0 if it does not work.
func PeekWho(ctx context.Context, q db.Q, token, purpose string, now time.Time) (ID, error) {
	var id ID
	err := q.Query(ctx).Raw("SELECT coalesce(max(customer_id), 0) FROM person_tokens WHERE hash = ? AND purpose = ? AND used_at = 0 AND expires_at > ?",
		tokenHash(token), purpose, db.At(now)).Scan(&id).Error
	if err != nil {
		return 0, fmt.Errorf("look at a %s link: %w", purpose, err)
	}
	return id, nil
}

// Peek reports whether a link would still work, without spending it: what the
// GET of its page shows.
func Peek(ctx context.Context, q db.Q, token, purpose string, now time.Time) (bool, error) {
	var n int
	err := q.Query(ctx).Raw("SELECT count(*) FROM person_tokens WHERE hash = ? AND purpose = ? AND used_at = 0 AND expires_at > ?",
		tokenHash(token), purpose, db.At(now)).Scan(&n).Error
	if err != nil {
		return false, fmt.Errorf("look at a %s link: %w", purpose, err)
	}
	return n > 0, nil
}

// Spend uses a link up. Forged, spent and expired links, and those of another
// purpose, are the same NotFound.
func Spend(ctx context.Context, tx *db.Tx, token, purpose string, now time.Time) (*Spent, error) {
	var rows []Spent
	err := tx.Query(ctx).Raw(`UPDATE person_tokens SET used_at = ? WHERE hash = ? AND purpose = ? AND used_at = 0 AND expires_at > ?
		RETURNING customer_id, value`, db.At(now), tokenHash(token), purpose, db.At(now)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("spend a %s link: %w", purpose, err)
	}
	if len(rows) == 0 {
		return nil, fault.New(fault.NotFound, "customer.link.spent")
	}
	return &rows[0], nil
}

// VerifyEmail spends a link that proves an address. A link to an address that
// the account no longer has is NotFound.
func VerifyEmail(ctx context.Context, tx *db.Tx, token string, now time.Time) (*Customer, error) {
	spent, err := Spend(ctx, tx, token, PurposeVerify, now)
	if err != nil {
		return nil, err
	}
	err = one(tx.Query(ctx).Exec(`UPDATE customers SET contact = 'verified', updated_at = ?,
		email_verified_at = CASE WHEN email_verified_at = 0 THEN ? ELSE email_verified_at END
		WHERE id = ? AND email_key = ? AND erased_at = 0`, db.At(now), db.At(now).Milli(), int64(spent.CustomerID), EmailKey(spent.Value)), "verify an address")
	if err != nil {
		return nil, err
	}
	// Its page named what waits, so one click is enough for both.
	if err := ConfirmWaiting(ctx, tx, spent.CustomerID, "the link that proves the address", now); err != nil {
		return nil, err
	}
	return proved(ctx, tx, spent.CustomerID, now)
}

// proved is the account after a link that was mailed to its address came back:
// what was heard of the address before does not count any more.
func proved(ctx context.Context, tx *db.Tx, id ID, now time.Time) (*Customer, error) {
	c, err := ByID(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if err := Works(ctx, tx, c.Email, FromPerson, now); err != nil {
		return nil, err
	}
	return ByID(ctx, tx, id)
}

// ResetPassword spends a link from "forgot password": new password, every
// session over. Whoever got the mail has proved the address too.
func ResetPassword(ctx context.Context, tx *db.Tx, token, hash string, now time.Time) (*Customer, error) {
	spent, err := Spend(ctx, tx, token, PurposeReset, now)
	if err != nil {
		return nil, err
	}
	if err := SetPassword(ctx, tx, spent.CustomerID, hash, now); err != nil {
		return nil, err
	}
	err = one(tx.Query(ctx).Exec(`UPDATE customers SET contact = 'verified',
		email_verified_at = CASE WHEN email_verified_at = 0 THEN ? ELSE email_verified_at END WHERE id = ?`,
		db.At(now).Milli(), int64(spent.CustomerID)), "verify an address")
	if err != nil {
		return nil, err
	}
	return proved(ctx, tx, spent.CustomerID, now)
}

// ChangeEmail spends a link that went to the new address. If that address has
// an account by now it is a Conflict, and the link stays good.
func ChangeEmail(ctx context.Context, tx *db.Tx, token string, now time.Time) (*Customer, error) {
	spent, err := Spend(ctx, tx, token, PurposeChangeEmail, now)
	if err != nil {
		return nil, err
	}
	if err := CheckEmail(spent.Value); err != nil {
		return nil, err
	}
	done := tx.Query(ctx).Exec(`UPDATE customers SET email = ?, email_key = ?, email_verified_at = ?, contact = 'verified', contact_reason = '', contact_at = 0, rest_until = 0, epoch = epoch + 1, updated_at = ?
		WHERE id = ? AND erased_at = 0 AND NOT EXISTS (SELECT 1 FROM customers other WHERE other.email_key = ? AND other.id <> customers.id)`,
		clean(spent.Value), EmailKey(spent.Value), db.At(now), db.At(now), int64(spent.CustomerID), EmailKey(spent.Value))
	if db.Duplicate(done.Error) || done.Error == nil && done.RowsAffected == 0 {
		return nil, fault.New(fault.Conflict, "customer.email.taken")
	}
	if done.Error != nil {
		return nil, fmt.Errorf("change the address of customer %d: %w", spent.CustomerID, done.Error)
	}
	// Links that went to the old address open nothing any more.
	for _, purpose := range []string{PurposeVerify, PurposeReset} {
		if err := void(ctx, tx, spent.CustomerID, purpose, now); err != nil {
			return nil, err
		}
	}
	return proved(ctx, tx, spent.CustomerID, now)
}

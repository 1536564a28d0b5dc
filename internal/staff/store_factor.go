package staff

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
)

// Factor is somebody's second factor. Its secret is sealed under the shop's;
// LastStep is the newest code that was taken, and no older one is.
type Factor struct {
	StaffID     ID `gorm:"primaryKey"`
	Sealed      []byte
	LastStep    int64
	ConfirmedAt db.Time // 0: begun, and not asked for yet
	CreatedAt   db.Time `gorm:"autoCreateTime:false"`
}

// TableName is staff_factors.
func (Factor) TableName() string { return "staff_factors" }

// FactorOf returns somebody's second factor, nil if there is none, begun or
// confirmed.
func FactorOf(ctx context.Context, q db.Q, id ID) (*Factor, error) {
	var rows []Factor
	if err := q.Query(ctx).Where("staff_id = ?", int64(id)).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read the second factor of staff %d: %w", id, err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return &rows[0], nil
}

// HasFactor reports whether somebody is asked for a second factor.
func HasFactor(ctx context.Context, q db.Q, id ID) (bool, error) {
	f, err := FactorOf(ctx, q, id)
	return f != nil && !f.ConfirmedAt.IsZero(), err
}

// Factors names everybody with a second factor.
func Factors(ctx context.Context, q db.Q) (map[ID]bool, error) {
	var ids []ID
	if err := q.Query(ctx).Raw("SELECT staff_id FROM staff_factors WHERE confirmed_at > 0").Scan(&ids).Error; err != nil {
		return nil, fmt.Errorf("list second factors: %w", err)
	}
	all := map[ID]bool{}
	for _, id := range ids {
		all[id] = true
	}
	return all, nil
}

// BeginFactor makes a secret that somebody puts into their app; nothing is
// asked for until ConfirmFactor. One that is confirmed stays: Conflict.
func BeginFactor(ctx context.Context, tx *db.Tx, shop []byte, id ID, now time.Time) error {
	secret := make([]byte, factorBytes)
	rand.Read(secret)
	sealed, err := seal(shop, id, secret)
	if err != nil {
		return fmt.Errorf("seal the second factor of staff %d: %w", id, err)
	}
	done := tx.Query(ctx).Exec(`INSERT INTO staff_factors (staff_id, sealed, last_step, confirmed_at, created_at) VALUES (?, ?, 0, 0, ?)
		ON CONFLICT (staff_id) DO UPDATE SET sealed = excluded.sealed, created_at = excluded.created_at WHERE staff_factors.confirmed_at = 0`, int64(id), sealed, db.At(now))
	if done.Error != nil {
		return fmt.Errorf("begin the second factor of staff %d: %w", id, done.Error)
	}
	if done.RowsAffected == 0 {
		return fault.New(fault.Conflict, "factor.stands")
	}
	return nil
}

// Secret is what a factor that is not confirmed shows to be typed into an app.
func (f *Factor) Secret(shop []byte) (string, error) {
	secret, err := unseal(shop, f.StaffID, f.Sealed)
	return plainBase32.EncodeToString(secret), err
}

// ConfirmFactor takes the first code of the app and returns the recovery
// codes, which can be read this once. A wrong code is Invalid at field code.
func ConfirmFactor(ctx context.Context, tx *db.Tx, shop []byte, id ID, code string, now time.Time) ([]string, error) {
	f, err := FactorOf(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if f == nil || !f.ConfirmedAt.IsZero() {
		return nil, fault.New(fault.Conflict, "factor.stands")
	}
	secret, err := unseal(shop, id, f.Sealed)
	if err != nil {
		return nil, err
	}
	step, right := stepOf(secret, typed(code), now)
	if !right {
		return nil, wrongCode("factor.wrong")
	}
	done := tx.Query(ctx).Exec("UPDATE staff_factors SET confirmed_at = ?, last_step = ? WHERE staff_id = ? AND confirmed_at = 0 AND sealed = ?", db.At(now), step, int64(id), f.Sealed)
	if done.Error != nil {
		return nil, fmt.Errorf("confirm the second factor of staff %d: %w", id, done.Error)
	}
	if done.RowsAffected == 0 {
		return nil, fault.New(fault.Conflict, "factor.stands")
	}
	return NewRecoveries(ctx, tx, shop, id, now)
}

func wrongCode(key string) error {
	var form fault.Form
	form.Wrong("code", key)
	return form.Err()
}

// NewRecoveries makes ten recovery codes and voids those from before.
func NewRecoveries(ctx context.Context, tx *db.Tx, shop []byte, id ID, now time.Time) ([]string, error) {
	if err := tx.Query(ctx).Exec("DELETE FROM staff_recoveries WHERE staff_id = ?", int64(id)).Error; err != nil {
		return nil, fmt.Errorf("void the recovery codes of staff %d: %w", id, err)
	}
	codes := make([]string, recoveries)
	for i := range codes {
		codes[i] = newRecovery()
		err := tx.Query(ctx).Exec("INSERT INTO staff_recoveries (staff_id, hash, created_at, used_at) VALUES (?, ?, ?, 0)",
			int64(id), recoveryHash(shop, id, typed(codes[i])), db.At(now)).Error
		if err != nil {
			return nil, fmt.Errorf("make recovery codes of staff %d: %w", id, err)
		}
	}
	return codes, nil
}

// RecoveriesLeft counts the recovery codes that still open.
func RecoveriesLeft(ctx context.Context, q db.Q, id ID) (int, error) {
	var n int
	if err := q.Query(ctx).Raw("SELECT count(*) FROM staff_recoveries WHERE staff_id = ? AND used_at = 0", int64(id)).Scan(&n).Error; err != nil {
		return 0, fmt.Errorf("count the recovery codes of staff %d: %w", id, err)
	}
	return n, nil
}

// PassFactor takes a code of the app or a recovery code, each once, and says
// which it was. A wrong or used one is Invalid at field code.
func PassFactor(ctx context.Context, tx *db.Tx, shop []byte, id ID, code string, now time.Time) (recovery bool, err error) {
	f, err := FactorOf(ctx, tx, id)
	if err != nil {
		return false, err
	}
	if f == nil || f.ConfirmedAt.IsZero() {
		return false, wrongCode("factor.wrong")
	}
	code = typed(code)
	secret, err := unseal(shop, id, f.Sealed)
	if err != nil && !errors.Is(err, ErrUnsealed) {
		return false, err
	}
	if err == nil && len(code) == factorDigits {
		if step, right := stepOf(secret, code, now); right {
			done := tx.Query(ctx).Exec("UPDATE staff_factors SET last_step = ? WHERE staff_id = ? AND last_step < ?", step, int64(id), step)
			if done.Error != nil {
				return false, fmt.Errorf("take a code of staff %d: %w", id, done.Error)
			}
			if done.RowsAffected == 0 {
				return false, wrongCode("factor.used")
			}
			return false, nil
		}
	}
	done := tx.Query(ctx).Exec("UPDATE staff_recoveries SET used_at = ? WHERE staff_id = ? AND hash = ? AND used_at = 0", db.At(now), int64(id), recoveryHash(shop, id, code))
	if done.Error != nil {
		return false, fmt.Errorf("take a recovery code of staff %d: %w", id, done.Error)
	}
	if done.RowsAffected == 0 {
		return false, wrongCode("factor.wrong")
	}
	return true, nil
}

// DropFactor takes somebody's second factor off, with its recovery codes.
func DropFactor(ctx context.Context, tx *db.Tx, id ID) error {
	for _, sql := range []string{"DELETE FROM staff_recoveries WHERE staff_id = ?", "DELETE FROM staff_factors WHERE staff_id = ?"} {
		if err := tx.Query(ctx).Exec(sql, int64(id)).Error; err != nil {
			return fmt.Errorf("take off the second factor of staff %d: %w", id, err)
		}
	}
	return nil
}

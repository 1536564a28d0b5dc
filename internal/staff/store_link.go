package staff

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
)

func linkHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Invite makes an account without a password: whoever reads the address's mail
// chooses it by a link (Link). What Add refuses is refused alike.
func Invite(ctx context.Context, tx *db.Tx, email, name string, role Role, now time.Time) (*Staff, error) {
	return add(ctx, tx, email, name, role, "", now)
}

// Link makes a link of one use by which somebody chooses a password. Older
// links to the same account are void from now on. One switched off gets none:
// Conflict.
func Link(ctx context.Context, tx *db.Tx, id ID, ttl time.Duration, now time.Time) (string, error) {
	q := tx.Query(ctx)
	if err := q.Exec("UPDATE staff_links SET used_at = ? WHERE staff_id = ? AND used_at = 0", db.At(now), int64(id)).Error; err != nil {
		return "", fmt.Errorf("void the links of staff %d: %w", id, err)
	}
	token := rand.Text()
	done := tx.Query(ctx).Exec(`INSERT INTO staff_links (hash, staff_id, created_at, expires_at) SELECT ?, id, ?, ? FROM staff WHERE id = ? AND active = TRUE`,
		linkHash(token), db.At(now).Milli(), db.At(now.Add(ttl)).Milli(), int64(id))
	if done.Error != nil {
		return "", fmt.Errorf("make a link for staff %d: %w", id, done.Error)
	}
	if done.RowsAffected == 0 {
		return "", fault.New(fault.Conflict, "staff.off")
	}
	return token, nil
}

const goodLink = `hash = ? AND used_at = 0 AND expires_at > ? AND EXISTS (SELECT 1 FROM staff WHERE staff.id = staff_links.staff_id AND staff.active = TRUE)`

// PeekLink returns whose link it is without spending it. Forged, spent and
// expired links are the same NotFound.
func PeekLink(ctx context.Context, q db.Q, token string, now time.Time) (*Staff, error) {
	var s Staff
	err := q.Query(ctx).Where("id = (SELECT staff_id FROM staff_links WHERE "+goodLink+")", linkHash(token), db.At(now)).Take(&s).Error
	if db.NotFound(err) {
		return nil, fault.New(fault.NotFound, "customer.link.spent")
	}
	if err != nil {
		return nil, fmt.Errorf("look at a link of staff: %w", err)
	}
	return &s, nil
}

// SpendLink uses a link up and sets the password; every session of the account
// ends.
func SpendLink(ctx context.Context, tx *db.Tx, token, hash string, now time.Time) (ID, error) {
	var ids []ID
	err := tx.Query(ctx).Raw("UPDATE staff_links SET used_at = ? WHERE "+goodLink+" RETURNING staff_id", db.At(now), linkHash(token), db.At(now)).Scan(&ids).Error
	if err != nil {
		return 0, fmt.Errorf("spend a link of staff: %w", err)
	}
	if len(ids) == 0 {
		return 0, fault.New(fault.NotFound, "customer.link.spent")
	}
	return ids[0], SetPassword(ctx, tx, ids[0], hash, now)
}

// SetRole gives somebody another role. The last owner who can sign in stays
// one: Conflict. It holds from the next request on.
func SetRole(ctx context.Context, tx *db.Tx, id ID, role Role, now time.Time) error {
	if !known(role) {
		return fault.New(fault.Invalid, "staff.role.unknown", "role", string(role), "roles", "")
	}
	if err := lockOwners(ctx, tx); err != nil {
		return err
	}
	done := tx.Query(ctx).Exec("UPDATE staff SET role = ?, updated_at = ? WHERE id = ? AND (? = 'owner' OR role <> 'owner' OR "+anotherOwner+")",
		string(role), db.At(now), int64(id), string(role))
	if done.Error != nil {
		return fmt.Errorf("change the role of staff %d: %w", id, done.Error)
	}
	if done.RowsAffected == 0 {
		return fault.New(fault.Conflict, "staff.last-owner")
	}
	return nil
}

// anotherOwner: somebody else may do everything, and has a password to do it with.
const anotherOwner = "EXISTS (SELECT 1 FROM staff other WHERE other.role = 'owner' AND other.active = TRUE AND other.password_hash <> '' AND other.id <> staff.id)"

// lockOwners makes two owners who take each other's place at once wait for one
// another: not both must succeed.
func lockOwners(ctx context.Context, tx *db.Tx) error {
	var owners []int64
	if err := db.ForUpdate(tx.Query(ctx).Model(&Staff{}).Where("role = ?", string(Owner)).Order("id")).Pluck("id", &owners).Error; err != nil {
		return fmt.Errorf("lock the owners: %w", err)
	}
	return nil
}

package staff

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"regulars/internal/db"
	"regulars/internal/fault"
)

func emailKey(email string) string {
	return strings.ToLower(norm.NFC.String(strings.TrimSpace(email)))
}

// Add makes an account. hash is a password already hashed. An address that has
// an account is a Conflict; an unknown role or an address that cannot be one
// is Invalid.
func Add(ctx context.Context, tx *db.Tx, email, name string, role Role, hash string, now time.Time) (*Staff, error) {
	if hash == "" {
		var form fault.Form
		form.Wrong("password", "staff.password.empty")
		return nil, form.Err()
	}
	return add(ctx, tx, email, name, role, hash, now)
}

func add(ctx context.Context, tx *db.Tx, email, name string, role Role, hash string, now time.Time) (*Staff, error) {
	var form fault.Form
	if _, ok := ParseRole(string(role)); !ok {
		names := make([]string, len(Roles))
		for i, r := range Roles {
			names[i] = string(r)
		}
		form.Wrong("role", "staff.role.unknown", "role", string(role), "roles", strings.Join(names, ", "))
	}
	key := emailKey(email)
	at := strings.LastIndexByte(key, '@')
	if at < 1 || at == len(key)-1 || len(key) > 254 || strings.ContainsFunc(key, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		form.Wrong("email", "staff.email.invalid")
	}
	if name = norm.NFC.String(strings.TrimSpace(name)); utf8.RuneCountInString(name) > 80 || strings.ContainsFunc(name, unicode.IsControl) {
		form.Wrong("name", "staff.name.invalid")
	}
	if err := form.Err(); err != nil {
		return nil, err
	}
	s := Staff{Email: norm.NFC.String(strings.TrimSpace(email)), EmailKey: key, Name: name, Role: role, PasswordHash: hash,
		Epoch: 1, Active: true, CreatedAt: db.At(now), UpdatedAt: db.At(now)}
	made := db.IgnoreConflict(tx.Query(ctx)).Create(&s)
	if made.Error != nil {
		return nil, fmt.Errorf("add staff %s: %w", key, made.Error)
	}
	if made.RowsAffected == 0 {
		return nil, fault.New(fault.Conflict, "staff.email.taken", "email", key)
	}
	return &s, nil
}

// SignIn returns the account of a right address and password. An address that
// is no staff's is NotFound before any work is done, so that the page can try
// it as a customer's: either way one password is verified. A wrong password is
// Invalid, too many tries are TooMany. from is the address of origin.
func SignIn(ctx context.Context, d *db.DB, door Door, email, password, from string, now time.Time) (*Staff, error) {
	s, err := ByEmail(ctx, d, email)
	if err != nil {
		return nil, err
	}
	if err := door.Admit(ctx, d, email, from, now); err != nil {
		return nil, err
	}
	hash := s.PasswordHash
	if !s.Active {
		hash = ""
	}
	ok, err := door.Verify(ctx, hash, password)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.New(fault.Invalid, "customer.signin.wrong")
	}
	return s, door.Forgive(ctx, d, email, from, now)
}

// ByID returns an account that may work; one switched off is NotFound.
func ByID(ctx context.Context, q db.Q, id ID) (*Staff, error) {
	var s Staff
	if err := q.Query(ctx).Where("id = ? AND active = TRUE", int64(id)).Take(&s).Error; err != nil {
		return nil, lost(fmt.Sprintf("staff %d", id), err)
	}
	return &s, nil
}

// ByEmail returns the account of an address, switched off or not.
func ByEmail(ctx context.Context, q db.Q, email string) (*Staff, error) {
	var s Staff
	if err := q.Query(ctx).Where("email_key = ?", emailKey(email)).Take(&s).Error; err != nil {
		return nil, lost("staff by address", err)
	}
	return &s, nil
}

func lost(what string, err error) error {
	if db.NotFound(err) {
		return fault.New(fault.NotFound, "staff.unknown")
	}
	return fmt.Errorf("read %s: %w", what, err)
}

// List returns every account, by address.
func List(ctx context.Context, q db.Q) ([]Staff, error) {
	var all []Staff
	if err := q.Query(ctx).Order("email_key").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("list staff: %w", err)
	}
	return all, nil
}

// SetPassword changes the password and ends every session of the account.
func SetPassword(ctx context.Context, tx *db.Tx, id ID, hash string, now time.Time) error {
	done := tx.Query(ctx).Exec("UPDATE staff SET password_hash = ?, epoch = epoch + 1, updated_at = ? WHERE id = ?", hash, db.At(now), int64(id))
	if done.Error != nil {
		return fmt.Errorf("change the password of staff %d: %w", id, done.Error)
	}
	if done.RowsAffected == 0 {
		return fault.New(fault.NotFound, "staff.unknown")
	}
	_, err := EndOthers(ctx, tx, id, "", now)
	return err
}

// SetActive switches an account on or off; off ends its sessions. The last
// owner who can sign in cannot be switched off: Conflict.
func SetActive(ctx context.Context, tx *db.Tx, id ID, active bool, now time.Time) error {
	if err := lockOwners(ctx, tx); err != nil {
		return err
	}
	const sql = "UPDATE staff SET active = ?, epoch = epoch + 1, updated_at = ? WHERE id = ? AND (? = TRUE OR role <> 'owner' OR " + anotherOwner + ")"
	done := tx.Query(ctx).Exec(sql, active, db.At(now), int64(id), active)
	if done.Error != nil {
		return fmt.Errorf("switch staff %d: %w", id, done.Error)
	}
	if done.RowsAffected == 0 {
		return fault.New(fault.Conflict, "staff.last-owner")
	}
	_, err := EndOthers(ctx, tx, id, "", now)
	return err
}

// Note writes a line of the audit in the transaction of the deed itself.
func Note(ctx context.Context, tx *db.Tx, id ID, action, subject, detail string, now time.Time) error {
	e := Entry{StaffID: id, Action: cut(action, 60), Subject: cut(subject, 200), Detail: cut(detail, 2000), At: db.At(now)}
	if err := tx.Query(ctx).Create(&e).Error; err != nil {
		return fmt.Errorf("note %s by staff %d: %w", action, id, err)
	}
	return nil
}

func cut(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most])
	}
	return s
}

// Noted is a line of the audit with who it was.
type Noted struct {
	Entry
	Email string
	Name  string
}

// Audit reads the record, newest first; before 0 starts at the end.
func Audit(ctx context.Context, q db.Q, before int64, limit int) ([]Noted, error) {
	var rows []Noted
	if before <= 0 {
		before = math.MaxInt64
	}
	err := q.Query(ctx).Raw(`SELECT audit.*, staff.email, staff.name FROM audit JOIN staff ON staff.id = audit.staff_id
		WHERE audit.id < ? ORDER BY audit.id DESC LIMIT ?`, before, limit).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read the audit: %w", err)
	}
	return rows, nil
}

// AuditOf reads what was done to one subject, oldest first.
func AuditOf(ctx context.Context, q db.Q, subject string, limit int) ([]Entry, error) {
	var rows []Entry
	if err := q.Query(ctx).Raw("SELECT * FROM audit WHERE subject = ? ORDER BY at, id LIMIT ?", subject, limit).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read what was done to %s: %w", subject, err)
	}
	return rows, nil
}

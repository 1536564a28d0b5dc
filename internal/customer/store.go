package customer

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

// newToken makes 128 random bits for a cookie, a link or a form.
func newToken() string {
	var b [16]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// tokenHash is what we keep of a token, so that a copy of the database opens
// nothing.
func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// NewVisitor notes a browser and returns the token for its cookie.
func NewVisitor(ctx context.Context, tx *db.Tx, lang i18n.Lang, now time.Time) (token string, v *Visitor, err error) {
	token = newToken()
	v = &Visitor{TokenHash: tokenHash(token), Lang: lang, CreatedAt: db.At(now), SeenAt: db.At(now)}
	if err := tx.Query(ctx).Create(v).Error; err != nil {
		return "", nil, fmt.Errorf("note a visitor: %w", err)
	}
	return token, v, nil
}

// VisitorByToken returns the browser that holds token, or NotFound.
func VisitorByToken(ctx context.Context, q db.Q, token string) (*Visitor, error) {
	var v Visitor
	if err := q.Query(ctx).Where("token_hash = ?", tokenHash(token)).Take(&v).Error; err != nil {
		return nil, lost("read a visitor", err)
	}
	return &v, nil
}

// SetVisitorPersonalize keeps a guest's choice.
func SetVisitorPersonalize(ctx context.Context, tx *db.Tx, id VisitorID, on bool, now time.Time) error {
	choice := "off"
	if on {
		choice = "on"
	}
	return one(tx.Query(ctx).Exec("UPDATE visitors SET personalize = ?, seen_at = ? WHERE id = ?", choice, db.At(now), int64(id)),
		"keep a visitor's choice")
}

// SeeVisitor notes that a browser came back, at most once a day: the answer
// "is it still used" needs no more, and a page view must not cost a write.
func SeeVisitor(ctx context.Context, tx *db.Tx, id VisitorID, now time.Time) error {
	err := tx.Query(ctx).Exec("UPDATE visitors SET seen_at = ? WHERE id = ? AND seen_at < ?",
		db.At(now), int64(id), db.At(now.Add(-24*time.Hour))).Error
	if err != nil {
		return fmt.Errorf("note that visitor %d came back: %w", id, err)
	}
	return nil
}

// Read puts together who is asking. A token nobody holds and an account that
// is gone read as a stranger, not as an error.
func Read(ctx context.Context, q db.Q, visitorToken string, id ID) (*Person, error) {
	p := &Person{consents: map[Purpose]bool{}}
	if visitorToken != "" {
		v, err := VisitorByToken(ctx, q, visitorToken)
		if err != nil && fault.Kind(err) != fault.NotFound {
			return nil, err
		}
		p.Visitor = v
	}
	if id == 0 {
		return p, nil
	}
	c, err := ByID(ctx, q, id)
	if fault.Kind(err) == fault.NotFound {
		return p, nil
	} else if err != nil {
		return nil, err
	}
	p.Customer = c
	if p.consents, err = Consents(ctx, q, id); err != nil {
		return nil, err
	}
	if p.Interests, err = Interests(ctx, q, id); err != nil {
		return nil, err
	}
	return p, nil
}

// SignUpForm is what a new account starts with. PasswordHash may be empty for
// people who shall not sign in (imported, simulated).
type SignUpForm struct {
	Email, Name, PasswordHash   string
	Lang                        i18n.Lang
	Currency, Country, Zone     string
	BirthDate, Occupation       string
	Personalize, History        bool
	MailCart, MailOffers        bool
	MailOccasions, MailUpgrades bool
	Source                      string  // where the consents were given; empty: "sign-up"
	Verified                    bool    // the address is known to be theirs
	VerifiedAt                  db.Time // since when; zero: now
	ExternalID                  string
	Imported, Simulated         bool
}

func (f *SignUpForm) given() []Purpose {
	var given []Purpose
	for i, on := range []bool{f.Personalize, f.History, f.MailCart, f.MailOffers, f.MailOccasions, f.MailUpgrades} {
		if on {
			given = append(given, Purposes[i])
		}
	}
	return given
}

// SignUp makes an account. An address that has one is a Conflict: the page
// answers it exactly like a fresh sign-up (same words, one mail) and the mail
// says that there is an account already, so that nobody learns from outside
// who shops here. The password must be hashed before, so that the time is the
// same too.
func SignUp(ctx context.Context, tx *db.Tx, f SignUpForm, now time.Time) (*Customer, error) {
	var form fault.Form
	if words := wrongEmail(f.Email); words != "" {
		form.Wrong("email", words)
	}
	checkLine(&form, "name", f.Name, nameRunes)
	checkLine(&form, "occupation", f.Occupation, occupationRunes)
	birth := checkBirthDate(&form, f.BirthDate, now)
	if err := form.Err(); err != nil {
		return nil, err
	}
	c := Customer{Number: NewNumber(), Email: clean(f.Email), EmailKey: EmailKey(f.Email), Contact: "unverified", PasswordHash: f.PasswordHash, Epoch: 1,
		Name: clean(f.Name), Lang: i18n.ParseLang(string(f.Lang)), Currency: f.Currency, Country: f.Country, Zone: f.Zone,
		BirthDate: birth, Occupation: clean(f.Occupation), Imported: f.Imported, Simulated: f.Simulated,
		CreatedAt: db.At(now), UpdatedAt: db.At(now)}
	if f.ExternalID != "" {
		c.ExternalID = &f.ExternalID
	}
	if f.Verified {
		c.Contact, c.EmailVerifiedAt = "verified", f.VerifiedAt
		if c.EmailVerifiedAt.IsZero() {
			c.EmailVerifiedAt = db.At(now)
		}
	}
	made := db.IgnoreConflict(tx.Query(ctx)).Create(&c)
	if made.Error != nil {
		return nil, fmt.Errorf("sign up: %w", made.Error)
	}
	if made.RowsAffected == 0 {
		return nil, fault.New(fault.Conflict, "customer.email.taken")
	}
	source := f.Source
	if source == "" {
		source = "sign-up"
	}
	for _, p := range f.given() {
		if err := SetConsent(ctx, tx, c.ID, p, true, source, now); err != nil {
			return nil, err
		}
	}
	if f.Verified {
		if err := ConfirmWaiting(ctx, tx, c.ID, evidenceProof, now); err != nil {
			return nil, err
		}
	}
	return &c, nil
}

// ByID returns an account; one that was erased is NotFound.
func ByID(ctx context.Context, q db.Q, id ID) (*Customer, error) {
	var c Customer
	if err := q.Query(ctx).Where("id = ? AND erased_at = 0", int64(id)).Take(&c).Error; err != nil {
		return nil, lost(fmt.Sprintf("read customer %d", id), err)
	}
	return &c, nil
}

// ByIDs returns these accounts; those that were erased are missing.
func ByIDs(ctx context.Context, q db.Q, ids []ID) (map[ID]*Customer, error) {
	all := make(map[ID]*Customer, len(ids))
	if len(ids) == 0 {
		return all, nil
	}
	var rows []*Customer
	if err := q.Query(ctx).Where("id IN ? AND erased_at = 0", ids).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read customers: %w", err)
	}
	for _, k := range rows {
		all[k.ID] = k
	}
	return all, nil
}

// Emails returns the addresses of these accounts; those that were erased have
// none.
func Emails(ctx context.Context, q db.Q, ids []ID) (map[ID]string, error) {
	numbers := []int64{0}
	for _, id := range ids {
		numbers = append(numbers, int64(id))
	}
	var rows []struct {
		ID    ID
		Email string
	}
	if err := q.Query(ctx).Raw("SELECT id, email FROM customers WHERE erased_at = 0 AND id IN ?", numbers).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read addresses: %w", err)
	}
	all := make(map[ID]string, len(rows))
	for _, r := range rows {
		all[r.ID] = r.Email
	}
	return all, nil
}

// ByEmail returns the account of an address, or NotFound.
func ByEmail(ctx context.Context, q db.Q, email string) (*Customer, error) {
	var c Customer
	if err := q.Query(ctx).Where("email_key = ? AND erased_at = 0", EmailKey(email)).Take(&c).Error; err != nil {
		return nil, lost("read a customer by address", err)
	}
	return &c, nil
}

// SignIn returns the account of a right address and password. Unknown address,
// wrong password and an account without one are the same Invalid, after the
// same work; too many failures are TooMany. The try counts per account; from
// adds the address of origin: use SignInFrom where it is known.
func SignIn(ctx context.Context, d *db.DB, h *Hasher, email, password string, now time.Time) (*Customer, error) {
	return SignInFrom(ctx, d, h, email, password, "", now)
}

// SignInFrom is SignIn for a request whose address of origin is known.
func SignInFrom(ctx context.Context, d *db.DB, h *Hasher, email, password, from string, now time.Time) (*Customer, error) {
	if err := h.Admit(ctx, d, email, from, now); err != nil {
		return nil, err
	}
	c, err := ByEmail(ctx, d, email)
	if err != nil && fault.Kind(err) != fault.NotFound {
		return nil, err
	}
	hash := ""
	if c != nil {
		hash = c.PasswordHash
	}
	ok, err := h.Verify(ctx, hash, password)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.New(fault.Invalid, "customer.signin.wrong")
	}
	if err := h.Forgive(ctx, d, email, from, now); err != nil {
		return nil, err
	}
	return c, seen(ctx, d, c, now)
}

// seen notes that somebody signed in, at most once a day: what asks for it
// counts in months.
func seen(ctx context.Context, d *db.DB, c *Customer, now time.Time) error {
	if now.Sub(c.SeenAt.Time) < 24*time.Hour {
		return nil
	}
	err := d.InTx(ctx, func(tx *db.Tx) error {
		return tx.Query(ctx).Exec("UPDATE customers SET seen_at = ? WHERE id = ? AND seen_at < ?", db.At(now), int64(c.ID), db.At(now)).Error
	})
	if err != nil {
		return fmt.Errorf("note that customer %d signed in: %w", c.ID, err)
	}
	return nil
}

// Join puts a browser under the account that signed in with it. What the
// browser did before is joined to the account only if the account allows
// personal pages, and only if the browser was no other account's before: a
// shared computer must not mix two people.
func Join(ctx context.Context, tx *db.Tx, visitor VisitorID, id ID, now time.Time) error {
	linked := tx.Query(ctx).Exec("UPDATE visitors SET customer_id = ?, seen_at = ? WHERE id = ? AND (customer_id IS NULL OR customer_id = ?)",
		int64(id), db.At(now), int64(visitor), int64(id))
	if linked.Error != nil {
		return fmt.Errorf("join visitor %d to customer %d: %w", visitor, id, linked.Error)
	}
	if linked.RowsAffected == 0 {
		return one(tx.Query(ctx).Exec("UPDATE visitors SET customer_id = ?, seen_at = ? WHERE id = ?", int64(id), db.At(now), int64(visitor)),
			"join a visitor to another customer")
	}
	consents, err := Consents(ctx, tx, id)
	if err != nil || !consents[Personalize] {
		return err
	}
	return event.Join(ctx, tx, int64(visitor), int64(id))
}

// SetContact notes what is known of the address: unverified, verified,
// bouncing (no marketing until it rests) or dead (no mail at all).
func SetContact(ctx context.Context, tx *db.Tx, id ID, state string, now time.Time) error {
	return one(tx.Query(ctx).Exec("UPDATE customers SET contact = ?, updated_at = ? WHERE id = ? AND erased_at = 0", state, db.At(now), int64(id)),
		"note the state of an address")
}

// SetPassword changes the password, ends every session and voids every link
// that could reset it.
func SetPassword(ctx context.Context, tx *db.Tx, id ID, hash string, now time.Time) error {
	err := one(tx.Query(ctx).Exec("UPDATE customers SET password_hash = ?, epoch = epoch + 1, updated_at = ? WHERE id = ? AND erased_at = 0",
		hash, db.At(now), int64(id)), "change a password")
	if err != nil {
		return err
	}
	return void(ctx, tx, id, "reset", now)
}

// SignOutEverywhere ends every session of the account.
func SignOutEverywhere(ctx context.Context, tx *db.Tx, id ID, now time.Time) error {
	return one(tx.Query(ctx).Exec("UPDATE customers SET epoch = epoch + 1, updated_at = ? WHERE id = ? AND erased_at = 0", db.At(now), int64(id)),
		"end sessions")
}

// Filter narrows the list of customers for staff.
type Filter struct {
	Text          string // part of the address or the name
	Segment       string
	Page, PerPage int // from 1; 50 a page
}

// List returns a page of customers, newest first, and how many there are.
func List(ctx context.Context, q db.Q, f Filter) ([]Customer, int, error) {
	where, args := "erased_at = 0", []any{}
	if text := strings.ToLower(clean(f.Text)); text != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
		where += ` AND (email_key LIKE ? ESCAPE '\' OR lower(name) LIKE ? ESCAPE '\')`
		args = append(args, like, like)
	}
	if f.Segment != "" {
		where += " AND id IN (SELECT customer_id FROM segment_members WHERE segment = ?)"
		args = append(args, f.Segment)
	}
	var total int64
	if err := q.Query(ctx).Model(&Customer{}).Where(where, args...).Count(&total).Error; err != nil {
		return nil, 0, fmt.Errorf("count customers: %w", err)
	}
	per := f.PerPage
	if per <= 0 {
		per = 50
	}
	var rows []Customer
	err := q.Query(ctx).Where(where, args...).Order("created_at DESC, id DESC").Limit(per).Offset((max(1, f.Page) - 1) * per).Find(&rows).Error
	if err != nil {
		return nil, 0, fmt.Errorf("list customers: %w", err)
	}
	return rows, int(total), nil
}

func lost(doing string, err error) error {
	if db.NotFound(err) {
		return fault.New(fault.NotFound, "customer.unknown")
	}
	return fmt.Errorf("%s: %w", doing, err)
}

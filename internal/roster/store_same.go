package roster

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
)

// Duplicate is a pair of accounts that may be one person, the older first.
type Duplicate struct {
	Token     string
	LowID     customer.ID
	HighID    customer.ID
	Score     int      // 1 to 100
	Signs     []string `gorm:"-"`
	Evidence  string
	FoundAt   db.Time
	RefusedAt db.Time
	RefusedBy string
}

// TableName is duplicates.
func (Duplicate) TableName() string { return "duplicates" }

// Find looks over everybody for pairs that may be one person, and writes the
// list anew. What staff said is no pair stays said.
func Find(ctx context.Context, d *db.DB, now time.Time) error {
	people, err := everybody(ctx, d)
	if err != nil {
		return err
	}
	pairs := pairsOf(people)
	return d.InTx(ctx, func(tx *db.Tx) error {
		if err := tx.Query(ctx).Exec("DELETE FROM duplicates WHERE refused_at = 0").Error; err != nil {
			return fmt.Errorf("write duplicates: %w", err)
		}
		rows := make([][]any, len(pairs))
		for i, p := range pairs {
			signs, err := json.Marshal(p.signs)
			if err != nil {
				return fmt.Errorf("write duplicates: %w", err)
			}
			var b [12]byte
			rand.Read(b[:])
			rows[i] = []any{int64(p.low), int64(p.high), base64.RawURLEncoding.EncodeToString(b[:]), p.score, string(signs), db.At(now).Milli()}
		}
		if _, err := tx.Insert(ctx, "duplicates", []string{"low_id", "high_id", "token", "score", "evidence", "found_at"}, rows, true); err != nil {
			return fmt.Errorf("write duplicates: %w", err)
		}
		return nil
	})
}

// everybody reads who there is, with where things were sent.
func everybody(ctx context.Context, q db.Q) (map[customer.ID]*known, error) {
	var accounts []customer.Customer
	if err := q.Query(ctx).Raw("SELECT id, email, email_key, name, phone, birth_date, simulated FROM customers WHERE erased_at = 0").Scan(&accounts).Error; err != nil {
		return nil, fmt.Errorf("read everybody: %w", err)
	}
	all := make(map[customer.ID]*known, len(accounts))
	for _, c := range accounts {
		all[c.ID] = &known{id: c.ID, email: c.EmailKey, name: nameKey(c.Name), phones: []string{phoneKey(c.Phone)}, born: c.BirthDate, simulated: c.Simulated}
	}
	var places []customer.Address
	err := q.Query(ctx).Raw(`SELECT customer_id, name, country, line1, city, postcode, phone FROM addresses
		UNION SELECT customer_id, name, country, line1, city, postcode, phone FROM orders WHERE customer_id IS NOT NULL AND (line1 <> '' OR phone <> '')`).Scan(&places).Error
	if err != nil {
		return nil, fmt.Errorf("read where everybody lives: %w", err)
	}
	for _, a := range places {
		if k := all[a.CustomerID]; k != nil {
			k.lives(a)
		}
	}
	return all, nil
}

// Duplicates lists the pairs that nobody has decided on, the surest first, and
// how many there are.
func Duplicates(ctx context.Context, q db.Q, page, per int) ([]Duplicate, int, error) {
	var total int
	if err := q.Query(ctx).Raw("SELECT count(*) FROM duplicates WHERE refused_at = 0").Scan(&total).Error; err != nil {
		return nil, 0, fmt.Errorf("count duplicates: %w", err)
	}
	var all []Duplicate
	err := q.Query(ctx).Where("refused_at = 0").Order("score DESC, low_id, high_id").Limit(per).Offset((max(1, page) - 1) * per).Find(&all).Error
	if err != nil {
		return nil, 0, fmt.Errorf("read duplicates: %w", err)
	}
	for i := range all {
		if err := json.Unmarshal([]byte(all[i].Evidence), &all[i].Signs); err != nil {
			return nil, 0, fmt.Errorf("read duplicates: %w", err)
		}
	}
	return all, total, nil
}

// DuplicateByToken returns a pair, decided on or not; NotFound if it is gone.
func DuplicateByToken(ctx context.Context, q db.Q, token string) (*Duplicate, error) {
	var found []Duplicate
	if err := q.Query(ctx).Where("token = ?", token).Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read a duplicate: %w", err)
	}
	if len(found) == 0 {
		return nil, fault.New(fault.NotFound, "error.not-found")
	}
	return &found[0], json.Unmarshal([]byte(found[0].Evidence), &found[0].Signs)
}

// Refuse remembers that a pair is two people; it is not shown again.
func Refuse(ctx context.Context, tx *db.Tx, token, by string, now time.Time) error {
	r := tx.Query(ctx).Exec("UPDATE duplicates SET refused_at = ?, refused_by = ? WHERE token = ? AND refused_at = 0", db.At(now), by, token)
	if r.Error != nil {
		return fmt.Errorf("refuse a duplicate: %w", r.Error)
	}
	if r.RowsAffected == 0 {
		return fault.New(fault.NotFound, "error.not-found")
	}
	return nil
}

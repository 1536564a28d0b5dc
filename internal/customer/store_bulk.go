package customer

import (
	"context"
	"fmt"

	"regulars/internal/db"
	"regulars/internal/fault"
)

// Newcomer is a whole account for CreateMany: who it is, what they allow and
// what they clicked about themselves, all at Customer.CreatedAt.
type Newcomer struct {
	Customer  Customer
	Given     []Purpose
	Refused   []Purpose // what they said no to
	Source    string    // where the consents were given
	Interests []Interest
}

// CreateMany makes accounts with few statements and fills in their ids. The
// addresses are checked and must be new: fault.Conflict spoils the transaction.
func CreateMany(ctx context.Context, tx *db.Tx, all []Newcomer) error {
	ids, err := tx.NextIDs(ctx, "customers", len(all))
	if err != nil {
		return fmt.Errorf("write customers: %w", err)
	}
	var people, consents, interests [][]any
	for i := range all {
		c := &all[i].Customer
		if err := CheckEmail(c.Email); err != nil {
			return fmt.Errorf("write customer %s: %w", c.Email, err)
		}
		c.ID, c.Number, c.EmailKey, c.Epoch, c.UpdatedAt = ID(ids[i]), NewNumber(), EmailKey(c.Email), 1, c.CreatedAt
		at := c.CreatedAt.Milli()
		people = append(people, []any{ids[i], c.Number, c.Email, c.EmailKey, c.EmailVerifiedAt.Milli(), c.Contact, c.PasswordHash, c.Epoch, clean(c.Name), c.Phone,
			string(c.Lang), c.Currency, c.Country, c.Zone, c.BirthDate, c.Occupation, c.Imported, c.Simulated, at, at})
		for _, p := range all[i].Given {
			consents = append(consents, []any{ids[i], string(p), true, all[i].Source, at})
		}
		for _, p := range all[i].Refused {
			consents = append(consents, []any{ids[i], string(p), false, all[i].Source, at})
		}
		for _, n := range all[i].Interests {
			interests = append(interests, []any{ids[i], n.Kind, n.Value, n.Source, at})
		}
	}
	consentColumns := []string{"customer_id", "purpose", "given", "source", "at"}
	for _, part := range []struct {
		table   string
		columns []string
		rows    [][]any
	}{
		{"customers", []string{"id", "number", "email", "email_key", "email_verified_at", "contact", "password_hash", "epoch", "name", "phone", "lang", "currency",
			"country", "zone", "birth_date", "occupation", "imported", "simulated", "created_at", "updated_at"}, people},
		{"consents", consentColumns, consents},
		{"consent_log", consentColumns, consents},
		{"interests", []string{"customer_id", "kind", "value", "source", "at"}, interests},
	} {
		n, err := tx.Insert(ctx, part.table, part.columns, part.rows, part.table == "customers")
		if err != nil {
			return fmt.Errorf("write customers: %w", err)
		}
		if int(n) != len(part.rows) {
			return fault.New(fault.Conflict, "customer.email.taken")
		}
	}
	return nil
}

// SeeMany notes browsers with few statements and fills in their ids. One
// without TokenHash gets one that nobody holds the token of.
func SeeMany(ctx context.Context, tx *db.Tx, all []Visitor) error {
	ids, err := tx.NextIDs(ctx, "visitors", len(all))
	if err != nil {
		return fmt.Errorf("note visitors: %w", err)
	}
	rows := make([][]any, len(all))
	for i := range all {
		v := &all[i]
		v.ID = VisitorID(ids[i])
		if v.TokenHash == "" {
			v.TokenHash = tokenHash(newToken())
		}
		var owner any
		if v.CustomerID != nil {
			owner = int64(*v.CustomerID)
		}
		rows[i] = []any{ids[i], v.TokenHash, owner, v.Personalize, string(v.Lang), v.Bot, v.Simulated, v.CreatedAt.Milli(), v.SeenAt.Milli()}
	}
	columns := []string{"id", "token_hash", "customer_id", "personalize", "lang", "bot", "simulated", "created_at", "seen_at"}
	if _, err := tx.Insert(ctx, "visitors", columns, rows, false); err != nil {
		return fmt.Errorf("note visitors: %w", err)
	}
	return nil
}

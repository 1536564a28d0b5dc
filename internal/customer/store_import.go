package customer

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
)

// Imported is a person whom the orders of a former shop name. Nothing is
// allowed or signed in because of it: there is no consent and no password.
type Imported struct {
	ExternalID, Email, Name, Country string
	Currency                         string
	Since                            db.Time
	Simulated                        bool
}

// Import writes people with few statements. One whose address or id elsewhere
// is an account's already is passed over: that account stands as it is.
func Import(ctx context.Context, tx *db.Tx, all []Imported, now time.Time) error {
	rows := make([][]any, len(all))
	for i, c := range all {
		rows[i] = []any{NewNumber(), c.Email, EmailKey(c.Email), c.Name, c.Currency, c.Country, c.ExternalID, true, c.Simulated, c.Since.Milli(), db.At(now).Milli()}
	}
	_, err := tx.Insert(ctx, "customers", []string{"number", "email", "email_key", "name", "currency", "country", "external_id", "imported", "simulated", "created_at", "updated_at"}, rows, true)
	if err != nil {
		return fmt.Errorf("import customers: %w", err)
	}
	return nil
}

// Lock lets one transaction at a time decide about a customer; it changes
// nothing.
func Lock(ctx context.Context, tx *db.Tx, id ID) error {
	if err := tx.Query(ctx).Exec("UPDATE customers SET epoch = epoch WHERE id = ?", int64(id)).Error; err != nil {
		return fmt.Errorf("lock customer %d: %w", id, err)
	}
	return nil
}

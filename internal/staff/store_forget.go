package staff

import (
	"context"
	"fmt"
	"strings"

	"regulars/internal/db"
)

// Forget takes an address and a name out of the audit when their account is
// erased: what was done to the account stays, under its number.
func Forget(ctx context.Context, tx *db.Tx, customer int64, words ...string) error {
	for _, w := range words {
		if err := forget(ctx, tx, customer, w); err != nil {
			return err
		}
	}
	return nil
}

func forget(ctx context.Context, tx *db.Tx, customer int64, email string) error {
	if len(email) < 3 {
		return nil
	}
	like := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(email)) + "%"
	nobody := fmt.Sprintf("customer %d", customer)
	var rows []Entry
	err := tx.Query(ctx).Raw(`SELECT id, subject, detail FROM audit WHERE lower(subject) LIKE ? ESCAPE '\' OR lower(detail) LIKE ? ESCAPE '\'`, like, like).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("forget customer %d in the audit: %w", customer, err)
	}
	for _, r := range rows {
		err := tx.Query(ctx).Exec("UPDATE audit SET subject = ?, detail = ? WHERE id = ?", without(r.Subject, email, nobody), without(r.Detail, email, nobody), r.ID).Error
		if err != nil {
			return fmt.Errorf("forget customer %d in the audit: %w", customer, err)
		}
	}
	return nil
}

// without puts nobody where the address stands, in whatever case.
func without(s, email, nobody string) string {
	low, key := strings.ToLower(s), strings.ToLower(email)
	if len(low) != len(s) { // letters that change their length: the line loses its words
		return nobody
	}
	var b strings.Builder
	for {
		i := strings.Index(low, key)
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i] + nobody)
		s, low = s[i+len(key):], low[i+len(key):]
	}
}

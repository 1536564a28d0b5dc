package ask

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"regulars/internal/db"
)

// KeepMany writes questions with their answers as they are given, with few
// statements; each gets a token. It is for questions that were asked and
// answered elsewhere or are made up.
func KeepMany(ctx context.Context, tx *db.Tx, all []Question) error {
	rows := make([][]any, len(all))
	for i := range all {
		q := &all[i]
		if q.Answer == "" && (q.Published || !q.AnsweredAt.IsZero()) {
			return fmt.Errorf("keep questions: %q has no answer", q.Body)
		}
		var b [16]byte
		rand.Read(b[:])
		q.Token = base64.RawURLEncoding.EncodeToString(b[:])
		var product, owner any
		if q.ProductID != nil {
			product = int64(*q.ProductID)
		}
		if q.CustomerID != nil {
			owner = int64(*q.CustomerID)
		}
		rows[i] = []any{q.Token, q.Kind, product, owner, int64(q.VisitorID), q.OrderNumber, q.Name, q.Email, string(q.Lang), Mask(q.Body),
			Mask(q.Answer), q.AnsweredAt.Milli(), q.AnsweredBy, q.Published, q.Simulated, q.CreatedAt.Milli(),
			numberOf(q.Token)}
	}
	columns := []string{"token", "kind", "product_id", "customer_id", "visitor_id", "order_number", "name", "email", "lang", "body", "answer",
		"answered_at", "answered_by", "published", "simulated", "created_at", "number"}
	if _, err := tx.Insert(ctx, "questions", columns, rows, false); err != nil {
		return fmt.Errorf("keep questions: %w", err)
	}
	return nil
}

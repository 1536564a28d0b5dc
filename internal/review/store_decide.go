package review

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"regulars/internal/ask"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/jobs"
)

// Decide shows a review or refuses it for one of Reasons, as staff saw it:
// another version meanwhile is fault.Conflict. A refusal is told to the author.
func Decide(ctx context.Context, tx *db.Tx, token string, version int, staffID int64, reason string, now time.Time) (*Review, error) {
	state := Published
	if reason != "" {
		if state = Refused; !slices.Contains(Reasons, reason) {
			var form fault.Form
			form.Wrong("reason", "review.reason.none")
			return nil, form.Err()
		}
	}
	done := tx.Query(ctx).Exec("UPDATE reviews SET state = ?, reason = ?, decided_at = ?, decided_by = ? WHERE token = ? AND version = ?",
		string(state), reason, db.At(now).Milli(), staffID, token, version)
	if done.Error != nil {
		return nil, fmt.Errorf("decide on review %s: %w", token, done.Error)
	}
	r, err := ByToken(ctx, tx, token)
	if err != nil {
		return nil, err
	}
	if done.RowsAffected == 0 {
		return nil, fault.New(fault.Conflict, "review.changed")
	}
	if err := Count(ctx, tx, r.ProductID); err != nil {
		return nil, err
	}
	if state == Refused && !r.Simulated {
		err = jobs.Enqueue(ctx, tx, RefusedMail{r.ID, r.Version})
	}
	return r, err
}

// Answer is what the shop says to a review; "" takes it back.
func Answer(ctx context.Context, tx *db.Tx, token string, staffID int64, words string, now time.Time) error {
	var form fault.Form
	text(&form, "answer", &words, answerRunes, true)
	if err := form.Err(); err != nil {
		return err
	}
	at := db.At(now)
	if words == "" {
		at, staffID = db.Time{}, 0
	}
	done := tx.Query(ctx).Exec("UPDATE reviews SET answer = ?, answered_at = ?, answered_by = ? WHERE token = ?", ask.Mask(words), at.Milli(), staffID, token)
	if done.Error != nil {
		return fmt.Errorf("answer review %s: %w", token, done.Error)
	}
	if done.RowsAffected == 0 {
		return fault.New(fault.NotFound, "review.unknown")
	}
	return nil
}

// Recheck brings the marks of buyers to what their orders say now: goods that
// came back or were paid back take the mark away, goods that arrived give it.
func Recheck(ctx context.Context, tx *db.Tx, now time.Time) error {
	values := map[string]any{"by": reachedBy(now).Milli()}
	still := strings.ReplaceAll(kept, "?", "@by")
	const lines = "EXISTS (SELECT 1 FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE l.product_id = reviews.product_id AND "
	for _, sql := range []string{
		`UPDATE reviews SET verified = FALSE, order_id = 0 WHERE verified = TRUE AND (customer_id IS NOT NULL OR email <> '')
			AND NOT ` + lines + `o.id = reviews.order_id AND ` + still + `)`,
		`UPDATE reviews SET verified = TRUE, order_id = (SELECT max(o.id) FROM order_lines l JOIN orders o ON o.id = l.order_id
			WHERE l.product_id = reviews.product_id AND o.customer_id = reviews.customer_id AND ` + still + `)
			WHERE verified = FALSE AND customer_id IS NOT NULL AND ` + lines + `o.customer_id = reviews.customer_id AND ` + still + `)`,
	} {
		if err := tx.Query(ctx).Exec(sql, values).Error; err != nil {
			return fmt.Errorf("look who bought what they reviewed: %w", err)
		}
	}
	return nil
}

// Forget takes a person out of their reviews when their account is erased (a
// customer.Forget; before the orders). What is shown stays as nobody's, unless
// its words name the person; the rest goes.
func Forget(ctx context.Context, tx *db.Tx, id customer.ID, email string, _ time.Time) error {
	values := map[string]any{"id": int64(id), "key": customer.EmailKey(email)}
	const whose = "(customer_id = @id OR customer_id IS NULL AND email <> '' AND email = @key)"
	const said = "lower(title || ' ' || body || ' ' || answer)"
	for _, sql := range []string{
		"DELETE FROM review_versions WHERE review_id IN (SELECT id FROM reviews WHERE " + whose + ")",
		"DELETE FROM reviews WHERE " + whose + ` AND (state <> 'published' OR length(name) > 1 AND ` + said + ` LIKE '%' || lower(name) || '%'
			OR @key <> '' AND ` + said + ` LIKE '%' || lower(CAST(@key AS TEXT)) || '%'
			OR EXISTS (SELECT 1 FROM customers c WHERE c.id = @id AND length(c.name) > 1 AND ` + said + ` LIKE '%' || lower(c.name) || '%'))`,
		"UPDATE reviews SET customer_id = NULL, email = '', order_id = 0, name = '' WHERE " + whose,
	} {
		if err := tx.Query(ctx).Exec(sql, values).Error; err != nil {
			return fmt.Errorf("forget the reviews of customer %d: %w", id, err)
		}
	}
	return Count(ctx, tx)
}

// Merge puts the reviews of one customer under another who is the same person
// (a customer.Merge). Of two about one product the later one stays.
func Merge(ctx context.Context, tx *db.Tx, from, into customer.ID, _ time.Time) error {
	values := map[string]any{"from": int64(from), "into": int64(into)}
	for _, sql := range []string{
		`DELETE FROM reviews WHERE customer_id IN (@from, @into) AND EXISTS (SELECT 1 FROM reviews o WHERE o.product_id = reviews.product_id AND o.customer_id IN (@from, @into)
			AND (o.written_at > reviews.written_at OR o.written_at = reviews.written_at AND o.id > reviews.id))`,
		"UPDATE reviews SET customer_id = @into WHERE customer_id = @from",
	} {
		if err := tx.Query(ctx).Exec(sql, values).Error; err != nil {
			return fmt.Errorf("put the reviews of customer %d under %d: %w", from, into, err)
		}
	}
	return Count(ctx, tx)
}

// KeepMany writes reviews as they are given, with few statements; each gets a
// token. It is for reviews that are made up, and counts them.
func KeepMany(ctx context.Context, tx *db.Tx, all []Review) error {
	rows := make([][]any, len(all))
	for i := range all {
		r := &all[i]
		var b [12]byte
		rand.Read(b[:])
		r.Token = base64.RawURLEncoding.EncodeToString(b[:])
		var owner any
		if r.CustomerID != nil {
			owner = int64(*r.CustomerID)
		}
		rows[i] = []any{r.Token, int64(r.ProductID), owner, r.Email, int64(r.OrderID), r.Verified, r.Name, string(r.Lang), r.Stars, r.Title, r.Body, string(r.Good), string(r.Less),
			string(r.State), r.Reason, r.DecidedAt, r.DecidedBy, r.Answer, r.AnsweredAt, r.AnsweredBy, r.Simulated, r.CreatedAt, r.WrittenAt}
	}
	columns := []string{"token", "product_id", "customer_id", "email", "order_id", "verified", "name", "lang", "stars", "title", "body", "good", "less",
		"state", "reason", "decided_at", "decided_by", "answer", "answered_at", "answered_by", "simulated", "created_at", "written_at"}
	if _, err := tx.Insert(ctx, "reviews", columns, rows, false); err != nil {
		return fmt.Errorf("keep reviews: %w", err)
	}
	return Count(ctx, tx)
}

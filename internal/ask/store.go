package ask

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

// Contact keeps a letter to the shop. An address to answer to is needed.
func Contact(ctx context.Context, tx *db.Tx, m Message, now time.Time) (*Question, error) {
	m.mustReach = true
	return keep(ctx, tx, "contact", nil, m, now)
}

// Ask keeps a question about a product. The address may stay empty: then the
// answer is to be read under the product.
func Ask(ctx context.Context, tx *db.Tx, product catalog.ProductID, m Message, now time.Time) (*Question, error) {
	return keep(ctx, tx, "product", &product, m, now)
}

func keep(ctx context.Context, tx *db.Tx, kind string, product *catalog.ProductID, m Message, now time.Time) (*Question, error) {
	return keepIn(ctx, tx, 0, kind, product, m, now)
}

func keepIn(ctx context.Context, tx *db.Tx, thread int64, kind string, product *catalog.ProductID, m Message, now time.Time) (*Question, error) {
	if c := m.Person; c.SignedIn() {
		if m.Email == "" {
			m.Email = c.Customer.Email
		}
		if m.Name == "" {
			m.Name = c.Customer.Name
		}
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	var b [16]byte
	rand.Read(b[:])
	q := Question{Token: base64.RawURLEncoding.EncodeToString(b[:]), Kind: kind, ProductID: product, VisitorID: m.Person.VisitorID(),
		OrderNumber: m.OrderNumber, Name: m.Name, Email: strings.TrimSpace(m.Email), Lang: i18n.ParseLang(string(m.Lang)), Body: Mask(m.Body),
		Simulated: m.Simulated, CreatedAt: db.At(now), FormKey: m.FormKey, CartID: m.CartID, ThreadID: thread, DueAt: db.At(Due(m.Shop, now))}
	q.Number = numberOf(q.Token)
	if m.Complaint {
		q.ComplaintAt = q.CreatedAt
	}
	if id := m.Person.CustomerID(); id != 0 {
		q.CustomerID = &id
	}
	kept := db.IgnoreConflict(tx.Query(ctx)).Create(&q)
	if kept.Error != nil {
		return nil, fmt.Errorf("keep a question: %w", kept.Error)
	}
	if kept.RowsAffected == 0 { // the same form again
		var first Question
		if err := tx.Query(ctx).Where("form_key = ?", m.FormKey).Take(&first).Error; err != nil {
			return nil, fmt.Errorf("read a question that was sent twice: %w", err)
		}
		return &first, nil
	}
	return &q, nil
}

// check cleans what was written and names what is wrong with it.
func (m *Message) check() error {
	var form fault.Form
	if m.mustReach || strings.TrimSpace(m.Email) != "" {
		for _, f := range fault.Fields(customer.CheckEmail(m.Email)) {
			form.Wrong(f.Name, f.Words, f.Args...)
		}
	}
	line(&form, "name", &m.Name, nameRunes)
	line(&form, "order", &m.OrderNumber, numberRunes)
	letter(&form, "body", &m.Body, bodyRunes, "ask.body.empty")
	return form.Err()
}

// line cleans a text of one line; letter one of many.
func line(form *fault.Form, input string, s *string, most int) {
	*s = norm.NFC.String(strings.TrimSpace(*s))
	if utf8.RuneCountInString(*s) > most {
		form.Wrong(input, "ask.text.long", "most", most)
	} else if !utf8.ValidString(*s) || strings.ContainsFunc(*s, unicode.IsControl) {
		form.Wrong(input, "ask.text.letters")
	}
}

func letter(form *fault.Form, input string, s *string, most int, empty string) {
	*s = norm.NFC.String(strings.TrimSpace(strings.ReplaceAll(*s, "\r\n", "\n")))
	switch {
	case *s == "":
		form.Wrong(input, empty)
	case utf8.RuneCountInString(*s) > most:
		form.Wrong(input, "ask.text.long", "most", most)
	case !utf8.ValidString(*s) || strings.ContainsFunc(*s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }):
		form.Wrong(input, "ask.text.letters")
	}
}

// Answer keeps the answer by a member of staff. The first answer stops the
// clock; a later one changes the words alone. Only a product question can be
// published. Unknown token: NotFound.
func Answer(ctx context.Context, tx *db.Tx, token string, staffID int64, answer string, publish bool, now time.Time) (*Question, error) {
	var form fault.Form
	letter(&form, "answer", &answer, answerRunes, "ask.answer.empty")
	if err := form.Err(); err != nil {
		return nil, err
	}
	done := tx.Query(ctx).Exec(`UPDATE questions SET answer = ?, answered_by = ?, published = (kind = 'product' AND ?),
		answered_at = CASE WHEN answered_at = 0 THEN ? ELSE answered_at END, owner_id = CASE WHEN owner_id = 0 THEN CAST(? AS BIGINT) ELSE owner_id END WHERE token = ?`,
		Mask(answer), staffID, publish, db.At(now).Milli(), staffID, token)
	if done.Error != nil {
		return nil, fmt.Errorf("answer question %s: %w", token, done.Error)
	}
	if done.RowsAffected == 0 {
		return nil, fault.New(fault.NotFound, "ask.unknown")
	}
	return ByToken(ctx, tx, token)
}

// Publish shows or hides an answered product question.
func Publish(ctx context.Context, tx *db.Tx, token string, publish bool) error {
	done := tx.Query(ctx).Exec("UPDATE questions SET published = ? WHERE token = ? AND kind = 'product' AND answered_at <> 0", publish, token)
	if done.Error != nil {
		return fmt.Errorf("publish question %s: %w", token, done.Error)
	}
	if done.RowsAffected == 0 {
		return fault.New(fault.NotFound, "ask.unknown")
	}
	return nil
}

// ByToken returns one question.
func ByToken(ctx context.Context, q db.Q, token string) (*Question, error) {
	var row Question
	if err := q.Query(ctx).Where("token = ?", token).Take(&row).Error; err != nil {
		if db.NotFound(err) {
			return nil, fault.New(fault.NotFound, "ask.unknown")
		}
		return nil, fmt.Errorf("read question %s: %w", token, err)
	}
	return &row, nil
}

// ByID returns one question.
func ByID(ctx context.Context, q db.Q, id int64) (*Question, error) {
	var row Question
	if err := q.Query(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		if db.NotFound(err) {
			return nil, fault.New(fault.NotFound, "ask.unknown")
		}
		return nil, fmt.Errorf("read question %d: %w", id, err)
	}
	return &row, nil
}

// OfProduct returns the published questions of a product that were asked in a
// language, the newest first.
func OfProduct(ctx context.Context, q db.Q, product catalog.ProductID, lang i18n.Lang, limit int) ([]Question, error) {
	var rows []Question
	err := q.Query(ctx).Where("product_id = ? AND kind = 'product' AND published = TRUE AND lang = ?", int64(product), string(lang)).
		Order("created_at DESC, id DESC").Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read the questions of product %d: %w", product, err)
	}
	return rows, nil
}

// Unanswered returns how many questions wait, and since when the oldest does
// (never, if none).
func Unanswered(ctx context.Context, q db.Q) (int, db.Time, error) {
	var row struct {
		N      int
		Oldest db.Time
	}
	err := q.Query(ctx).Raw("SELECT count(*) AS n, coalesce(min(created_at), 0) AS oldest FROM questions WHERE answered_at = 0").Scan(&row).Error
	if err != nil {
		return 0, db.Time{}, fmt.Errorf("count unanswered questions: %w", err)
	}
	return row.N, row.Oldest, nil
}

// Usual is the median time to an answer of the questions asked since then;
// false while fewer than five have one, since a promise needs a ground.
func Usual(ctx context.Context, q db.Q, since time.Time) (time.Duration, bool, error) {
	var waits []int64
	err := q.Query(ctx).Raw("SELECT answered_at - created_at FROM questions WHERE answered_at <> 0 AND created_at >= ? ORDER BY 1", db.At(since)).Scan(&waits).Error
	if err != nil {
		return 0, false, fmt.Errorf("read times to an answer: %w", err)
	}
	if len(waits) < 5 {
		return 0, false, nil
	}
	return time.Duration(waits[len(waits)/2]) * time.Millisecond, true, nil
}

// Forget takes a person out of their questions when their account is erased
// (a customer.Forget). A published question stays, as nobody's, unless its
// words name the person.
func Forget(ctx context.Context, tx *db.Tx, id customer.ID, email string, now time.Time) error {
	const whose = "(customer_id = @id OR email <> '' AND lower(email) = @key)"
	values := map[string]any{"id": int64(id), "key": customer.EmailKey(email)}
	for _, sql := range []string{
		"UPDATE questions SET published = FALSE WHERE " + whose + ` AND published = TRUE AND (
			email <> '' AND lower(body || ' ' || answer) LIKE '%' || lower(email) || '%' OR
			length(name) > 1 AND lower(body || ' ' || answer) LIKE '%' || lower(name) || '%')`,
		"UPDATE questions SET body = '', answer = '' WHERE published = FALSE AND " + whose,
		"UPDATE questions SET customer_id = NULL, visitor_id = 0, cart_id = 0, form_key = '', name = '', email = '', order_number = '' WHERE " + whose,
	} {
		if err := tx.Query(ctx).Exec(sql, values).Error; err != nil {
			return fmt.Errorf("forget the questions of customer %d: %w", id, err)
		}
	}
	return nil
}

// Merge puts the questions of one customer under another who is the same person
// (a customer.Merge).
func Merge(ctx context.Context, tx *db.Tx, from, into customer.ID, _ time.Time) error {
	if err := tx.Query(ctx).Exec("UPDATE questions SET customer_id = ? WHERE customer_id = ?", int64(into), int64(from)).Error; err != nil {
		return fmt.Errorf("put the questions of customer %d under %d: %w", from, into, err)
	}
	return nil
}

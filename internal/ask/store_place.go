package ask

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/i18n"
)

// The places where somebody can ask while they shop.
const (
	AtProduct  = "product"
	AtCart     = "cart"
	AtCheckout = "checkout"
)

// Asked is one row of the trail: that somebody asked, where, and what it was
// answered by. The words are kept only where a person has to read them.
type Asked struct {
	Place      string
	Lang       i18n.Lang
	ProductID  catalog.ProductID // 0 = about the order as a whole
	CartID     int64             // 0 = before any cart
	QuestionID int64             // the question staff got; 0 = answered at once
	Source     string            // Source.Key of what answered at once, or of what was not meant
	Simulated  bool
	At         db.Time
}

// TableName is the table of the row.
func (Asked) TableName() string { return "asks" }

// Note writes the trail.
func Note(ctx context.Context, tx *db.Tx, a Asked, now time.Time) error {
	a.At = db.At(now)
	if err := tx.Query(ctx).Create(&a).Error; err != nil {
		return fmt.Errorf("note that somebody asked: %w", err)
	}
	return nil
}

// Here keeps a question that was typed while shopping, about a product or, with
// 0, about the order. The address may stay empty: the page it was asked on
// shows the answer.
func Here(ctx context.Context, tx *db.Tx, product catalog.ProductID, m Message, now time.Time) (*Question, error) {
	if product != 0 {
		return keep(ctx, tx, "product", &product, m, now)
	}
	return keep(ctx, tx, "contact", nil, m, now)
}

// Trail is what was asked from a cart, oldest first, with how long the person
// waits or waited for staff.
type Trail struct {
	Asked
	Body       string
	Token      string
	AskedAt    db.Time
	AnsweredAt db.Time
}

// OfCart reads the trail of a cart.
func OfCart(ctx context.Context, q db.Q, cart int64) ([]Trail, error) {
	var rows []Trail
	err := q.Query(ctx).Raw(`SELECT a.place, a.lang, a.product_id, a.cart_id, a.question_id, a.source, a.simulated, a.at,
		coalesce(q.body, '') AS body, coalesce(q.token, '') AS token, coalesce(q.created_at, 0) AS asked_at, coalesce(q.answered_at, 0) AS answered_at
		FROM asks a LEFT JOIN questions q ON q.id = a.question_id WHERE a.cart_id = ? ORDER BY a.at, a.id`, cart).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read what was asked from cart %d: %w", cart, err)
	}
	return rows, nil
}

// Answered returns the published answers to questions about a product, in
// every language.
func Answered(ctx context.Context, q db.Q, product catalog.ProductID, limit int) ([]Question, error) {
	var rows []Question
	err := q.Query(ctx).Where("product_id = ? AND kind = 'product' AND published = TRUE AND answered_at > 0", int64(product)).
		Order("created_at DESC, id DESC").Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read answers about product %d: %w", product, err)
	}
	return rows, nil
}

// Nearby returns published answers about other goods of the same shelf: no
// answer, but where one may look.
func Nearby(ctx context.Context, q db.Q, product catalog.ProductID, lang i18n.Lang, limit int) ([]Listed, error) {
	var rows []Listed
	err := q.Query(ctx).Raw(`SELECT q.*, p.slug AS product_slug, p.name AS product_name FROM questions q JOIN products p ON p.id = q.product_id
		WHERE q.kind = 'product' AND q.published = TRUE AND q.answered_at > 0 AND q.lang = ? AND p.published = TRUE AND p.id <> ?
		AND p.category_id = (SELECT category_id FROM products WHERE id = ?) ORDER BY q.created_at DESC, q.id DESC LIMIT ?`,
		string(lang), int64(product), int64(product), limit).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read answers on the shelf of product %d: %w", product, err)
	}
	return rows, nil
}

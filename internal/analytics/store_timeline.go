package analytics

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// Left is a cart in a list: its facts, its name outside of the shop, and whose
// it is as far as that is known.
type Left struct {
	Fact
	Token, Email string
	CustomerID   int64
	Customer     string // the account's number, "" of a guest
}

// Carts lists the carts of a question, the newest first.
func Carts(ctx context.Context, q db.Q, ask Question, offset, limit int) ([]Left, error) {
	var joins []string
	where, args, err := ask.where(&joins)
	if err != nil {
		return nil, err
	}
	return carts(ctx, q, joins, where+" AND f.started = 1 ORDER BY f.started_at DESC, f.cart_id DESC LIMIT ? OFFSET ?", append(args, limit, offset))
}

// CartOf is one counted cart by its name, nil if there is none.
func CartOf(ctx context.Context, q db.Q, token string) (*Left, error) {
	all, err := carts(ctx, q, nil, "c.token = ?", []any{token})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}

func carts(ctx context.Context, q db.Q, joins []string, where string, args []any) ([]Left, error) {
	query := `SELECT f.*, c.token AS token, coalesce(k.email, c.email) AS email, coalesce(k.id, 0) AS customer_id, coalesce(k.number, '') AS customer
		FROM cart_facts f JOIN carts c ON c.id = f.cart_id LEFT JOIN customers k ON k.id = c.customer_id`
	for _, j := range joins {
		query += j
	}
	var all []Left
	if err := q.Query(ctx).Raw(query+" WHERE "+where, args...).Scan(&all).Error; err != nil {
		return nil, fmt.Errorf("list carts: %w", err)
	}
	return all, nil
}

// Moment is one line of a cart's story.
type Moment struct {
	At            db.Time
	Source        string // step, trail, question, answer, mail
	Kind          string // of that source; of a mail its state, and after a hyphen what it was about
	Detail        string // of a mail the reason's code
	Qty, Days     int
	Name          i18n.Text // of the product
	Amount, Extra money.Amount
	order         int
}

// Timeline is everything that happened to a cart: its steps, what it was shown
// and what stood in its way, questions with their answers, and messages that
// were sent or decided against, in the order of time.
func Timeline(ctx context.Context, q db.Q, f *Fact) ([]Moment, error) {
	var all []Moment
	for i, query := range []struct {
		sql  string
		args []any
	}{
		{`SELECT s.at, 'step' AS source, s.kind, s.detail, s.qty, 0 AS days, p.name, 0 AS amount, 0 AS extra FROM cart_steps s
			LEFT JOIN variants v ON v.id = s.variant_id LEFT JOIN products p ON p.id = v.product_id WHERE s.cart_id = ? ORDER BY s.at, s.id`, []any{f.CartID}},
		{`SELECT t.at, 'trail' AS source, t.kind, t.detail, 0 AS qty, t.days, NULL AS name, t.amount, t.extra FROM cart_frictions t WHERE t.cart_id = ? ORDER BY t.at, t.id`, []any{f.CartID}},
		{`SELECT m.updated_at AS at, 'mail' AS source, m.state || CASE WHEN m.state <> 'sent' THEN '' WHEN m.template = 'cart-saved' THEN '-asked' WHEN m.variant <> '' THEN '-' || m.variant ELSE '' END AS kind, m.reason AS detail, 0 AS qty, 0 AS days, NULL AS name, 0 AS amount, 0 AS extra FROM sends m WHERE m.cart_id = ? ORDER BY m.id`, []any{f.CartID}},
	} {
		var part []Moment
		if err := q.Query(ctx).Raw(query.sql, query.args...).Scan(&part).Error; err != nil {
			return nil, fmt.Errorf("tell the story of cart %d: %w", f.CartID, err)
		}
		for n := range part {
			part[n].order = i
		}
		all = append(all, part...)
	}
	asked, err := asked(ctx, q, f)
	if err != nil {
		return nil, err
	}
	all = append(all, asked...)
	slices.SortStableFunc(all, func(a, b Moment) int { return cmp.Or(a.At.Compare(b.At.Time), cmp.Compare(a.order, b.order)) })
	return all, nil
}

// asked are the questions of a cart by the rule of the facts.
func asked(ctx context.Context, q db.Q, f *Fact) ([]Moment, error) {
	var rows []struct{ CreatedAt, AnsweredAt db.Time }
	err := q.Query(ctx).Raw(`SELECT q.created_at, q.answered_at FROM questions q JOIN carts c ON c.id = ?
		WHERE (q.cart_id = c.id OR q.cart_id = 0 AND (q.visitor_id <> 0 AND q.visitor_id = c.visitor_id OR q.customer_id = c.customer_id)) AND q.created_at >= ?
		AND q.created_at <= CASE WHEN c.closed_at > c.active_at THEN c.closed_at ELSE c.active_at END + 3600000 ORDER BY q.created_at, q.id`,
		f.CartID, db.At(f.StartedAt.Add(-questionLead))).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read the questions of cart %d: %w", f.CartID, err)
	}
	var all []Moment
	for _, r := range rows {
		all = append(all, Moment{At: r.CreatedAt, Source: "question", order: 3})
		if !r.AnsweredAt.IsZero() {
			all = append(all, Moment{At: r.AnsweredAt, Source: "answer", Days: int(r.AnsweredAt.Sub(r.CreatedAt.Time).Minutes()), order: 4})
		}
	}
	return all, nil
}

package analytics

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"regulars/internal/db"
)

// Why is the main cause for which a cart was left, as the report would give it
// now, and the question from it that matters: the newest one that waits, or
// else the newest that was answered. Question 0: nothing was asked.
type Why struct {
	Cause, Rule, About string
	Question           int64
	Answered           bool
}

// WhyLeft decides by the function of the report why one open cart was left.
func WhyLeft(ctx context.Context, q db.Q, cart int64, now time.Time) (Why, error) {
	s := &story{id: cart}
	var out Why
	read := func(query string, take func(*sql.Rows) error, args ...any) error {
		return each(ctx, q, query, append(args, cart), take)
	}
	err := read("SELECT state, started_at, active_at, checkout_at, closed_at, coalesce(visitor_id, 0), coalesce(customer_id, 0) FROM carts WHERE id = ?", func(rows *sql.Rows) error {
		return rows.Scan(&s.state, &s.started, &s.active, &s.checkout, &s.closed, &s.visitor, &s.customer)
	})
	if err == nil {
		err = read("SELECT kind, at, detail FROM cart_steps WHERE cart_id = ? ORDER BY at, id", func(rows *sql.Rows) error {
			var m moment
			defer func() { s.moments = append(s.moments, m) }()
			return rows.Scan(&m.kind, &m.at, &m.detail)
		})
	}
	if err == nil {
		err = read("SELECT id, kind, at, amount, extra, days, detail FROM cart_frictions WHERE cart_id = ? ORDER BY at, id", func(rows *sql.Rows) error {
			var f met
			defer func() { s.frictions = append(s.frictions, f) }()
			return rows.Scan(&f.id, &f.kind, &f.at, &f.amount, &f.extra, &f.days, &f.about)
		})
	}
	if err == nil {
		// The report's rule (reader.questions): asked from the cart, or by its shopper while they had it.
		end := max(s.active, s.closed) + time.Hour.Milliseconds()
		// Each way of its own, so that none reads the questions of everybody.
		err = read(`SELECT q.id, q.created_at, q.answered_at FROM questions q WHERE q.id IN (
			SELECT a.id FROM questions a WHERE a.cart_id = 0 AND a.created_at >= ? AND a.created_at <= ? AND (a.visitor_id <> 0 AND a.visitor_id = ? OR a.customer_id = ?)
			UNION ALL SELECT b.id FROM questions b JOIN carts m ON m.id = b.cart_id WHERE b.cart_id > 0 AND b.cart_id = ? AND m.merged_into = 0
			UNION ALL SELECT e.id FROM carts m JOIN questions e ON e.cart_id > 0 AND e.cart_id = m.id WHERE m.merged_into > 0 AND m.merged_into = ?) ORDER BY q.created_at, q.id`, func(rows *sql.Rows) error {
			var id int64
			var one question
			if err := rows.Scan(&id, &one.at, &one.answered); err != nil {
				return err
			}
			s.questions = append(s.questions, one)
			if one.answered == 0 || out.Question == 0 || out.Answered {
				out.Question, out.Answered = id, one.answered > 0
			}
			return nil
		}, s.started-questionLead.Milliseconds(), end, s.visitor, s.customer, cart)
	}
	if err != nil {
		return Why{}, fmt.Errorf("see why cart %d was left: %w", cart, err)
	}
	w := s.cause(now.UnixMilli())
	out.Cause, out.Rule, out.About = w.cause, w.rule, w.about
	return out, nil
}

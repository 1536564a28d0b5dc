package person

import (
	"context"
	"fmt"
	"strings"

	"regulars/internal/db"
	"regulars/internal/i18n"
)

// Kinds of moments.
const (
	OrderMoment   = "order"    // Key: axis, To: the state, Ref: the number, Words: what was noted, Actor: by whom
	ReturnMoment  = "return"   // To: the state, Ref: its number
	MailMoment    = "mail"     // Key: the template, To: the state, Words: the reason's code
	AskMoment     = "question" // Key: contact or product, Words: what was asked, Ref: its token
	AnswerMoment  = "answer"   // Words: the answer
	ConsentMoment = "consent"  // Key: the purpose, To: yes or no, Ref: where it was said
	LookMoment    = "look"     // Name: the product
	SegmentMoment = "segment"  // Key: which, To: yes or no, Ref: the cause
	CartMoment    = "cart"     // Key: the step, Name: the product
	ReviewMoment  = "review"   // Key: stars, To: the state, Ref: its token, Words: what it says, Name: the product
	AwaitMoment   = "await"    // To: the state, Words: the reason's code, Name: the product
	PromiseMoment = "promise"  // Key: its kind, To: made, kept or dropped, Words: what, Actor: staff:<id>
)

// Moment is one entry of the line of time.
type Moment struct {
	At                        db.Time
	Kind, Key, To, Ref, Words string
	Actor                     string
	Name                      i18n.Text
}

// source is one log of the line, with the columns of Moment; {who} is the
// condition that picks the person.
type source struct {
	sql, customer, order, email string // the columns the condition is on; "" where a guest has none
	looks                       bool   // only with the person's leave
}

var logs = []source{
	{"SELECT h.at, 'order' AS kind, h.axis AS key, h.to_state AS \"to\", o.number AS ref, h.note AS words, h.actor AS actor, '{\"en\":\"\"}' AS name FROM order_history h JOIN orders o ON o.id = h.order_id WHERE {who}", "o.customer_id", "o.id", "", false},
	{"SELECT s.at, 'return', r.kind, s.to_state, r.number, s.note, s.actor, '{\"en\":\"\"}' FROM return_steps s JOIN returns r ON r.id = s.return_id JOIN orders o ON o.id = r.order_id WHERE {who}", "o.customer_id", "o.id", "", false},
	{"SELECT m.created_at, 'mail', m.template, m.state, '', m.reason, '', '{\"en\":\"\"}' FROM sends m WHERE {who}", "m.customer_id", "m.order_id", "", false},
	{"SELECT a.created_at, 'question', a.kind, '', a.token, a.body, '', '{\"en\":\"\"}' FROM questions a WHERE {who}", "a.customer_id", "", "a.email", false},
	{"SELECT a.answered_at, 'answer', a.kind, '', a.token, a.answer, 'staff:' || CAST(a.answered_by AS TEXT), '{\"en\":\"\"}' FROM questions a WHERE a.answered_at <> 0 AND {who}", "a.customer_id", "", "a.email", false},
	{"SELECT n.at, 'consent', n.purpose, CASE WHEN n.given = TRUE THEN 'yes' ELSE 'no' END, n.source, '', '', '{\"en\":\"\"}' FROM consent_log n WHERE {who}", "n.customer_id", "", "", false},
	{"SELECT e.at, 'look', e.kind, '', p.slug, '', '', p.name FROM events e JOIN products p ON p.id = e.product_id AND p.sensitive = FALSE WHERE e.kind = 'item.seen' AND e.customer_id <> 0 AND {who}", "e.customer_id", "", "", true},
	{"SELECT g.at, 'segment', g.segment, CASE WHEN g.entered = TRUE THEN 'yes' ELSE 'no' END, g.cause, '', '', '{\"en\":\"\"}' FROM segment_moves g WHERE {who}", "g.customer_id", "", "", true},
	{"SELECT t.at, 'cart', t.kind, CAST(t.qty AS TEXT), '', '', '', coalesce(p.name, '{\"en\":\"\"}') FROM cart_steps t JOIN carts k ON k.id = t.cart_id LEFT JOIN variants v ON v.id = t.variant_id LEFT JOIN products p ON p.id = v.product_id AND p.sensitive = FALSE WHERE t.kind NOT IN ('seen','change') AND {who}", "k.customer_id", "", "", false},
	{"SELECT r.written_at, 'review', CAST(r.stars AS TEXT), r.state, r.token, r.title || ' ' || r.body, '', p.name FROM reviews r JOIN products p ON p.id = r.product_id WHERE {who}", "r.customer_id", "r.order_id", "", false},
	{"SELECT CASE WHEN b.state = 'waiting' THEN b.asked_at ELSE b.ended_at END, 'await', '', b.state, '', b.reason, '', p.name FROM restock_asks b JOIN variants v ON v.id = b.variant_id JOIN products p ON p.id = v.product_id AND p.sensitive = FALSE WHERE {who}", "b.customer_id", "", "b.email", false},
	{"SELECT w.made_at, 'promise', w.kind, 'made', w.key, w.what, 'staff:' || CAST(w.made_by AS TEXT), '{\"en\":\"\"}' FROM promises w WHERE {who}", "w.customer_id", "w.order_id", "", false},
	{"SELECT w.ended_at, 'promise', w.kind, w.state, w.key, CASE WHEN w.words = '' THEN w.what ELSE w.what || ': ' || w.words END, 'staff:' || CAST(w.ended_by AS TEXT), '{\"en\":\"\"}' FROM promises w WHERE w.ended_at <> 0 AND {who}", "w.customer_id", "w.order_id", "", false},
}

// Timeline is everything that happened with somebody, the newest first, from
// one more than a page, so that the caller sees whether there is another. What
// they looked at and which segments they were put into is in it only with
// their leave (tracked); kinds restricts it, nil does not.
func (w Who) Timeline(ctx context.Context, q db.Q, tracked bool, kinds []string, from, most int) ([]Moment, error) {
	var parts []string
	var args []any
	for _, l := range logs {
		where, with := "", []any(nil)
		switch {
		case l.looks && !tracked:
		case !w.Guest():
			where, with = l.customer+" = ?", []any{int64(w.Customer)}
		case l.order != "":
			where, with = l.order+" IN ?", []any{w.Orders}
		case l.email != "" && w.Email != "":
			where, with = l.customer+" IS NULL AND "+l.email+" <> '' AND lower("+l.email+") = lower(?)", []any{w.Email}
		}
		if where != "" {
			parts, args = append(parts, strings.Replace(l.sql, "{who}", where, 1)), append(args, with...)
		}
	}
	where := ""
	if kinds != nil {
		where, args = " WHERE kind IN ?", append(args, kinds)
	}
	var all []Moment
	err := q.Query(ctx).Raw("SELECT * FROM ("+strings.Join(parts, " UNION ALL ")+") x"+where+" ORDER BY at DESC, kind, ref, key LIMIT ? OFFSET ?", append(args, most+1, from)...).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read what happened: %w", err)
	}
	return all, nil
}

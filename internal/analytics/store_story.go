package analytics

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/money"
)

// chosen picks the carts of a span of time, by the arguments of between.
const chosen = "(c.started_at >= ? AND c.started_at < ? OR c.started_at = 0 AND c.created_at >= ? AND c.created_at < ?)"

func between(from, to time.Time) []any { return []any{db.At(from), db.At(to), db.At(from), db.At(to)} }

// reader gathers the stories of the carts of a span, stream by stream.
type reader struct {
	ctx      context.Context
	q        db.Q
	span     []any
	currency money.Currency
	all      []*story
	by       map[int64]*story
}

// read gathers the carts that started in a span with everything that decides
// how they count.
func read(ctx context.Context, q db.Q, tree *catalog.Tree, from, to time.Time, currency money.Currency) ([]*story, error) {
	r := &reader{ctx, q, between(from, to), currency, nil, map[int64]*story{}}
	if err := r.carts(); err != nil || len(r.all) == 0 {
		return nil, err
	}
	for _, part := range []func() error{r.steps, func() error { return r.lines(tree) }, r.frictions, r.payments, r.mails, r.buyers, r.arrivals, func() error { return r.questions(from, to) }} {
		if err := part(); err != nil {
			return nil, err
		}
	}
	return r.all, nil
}

func (r *reader) each(query string, args []any, take func(*sql.Rows) error) error {
	return each(r.ctx, r.q, query, args, take)
}

func (r *reader) carts() error {
	return r.each(`SELECT c.id, c.state, c.kind, c.simulated, c.created_at, c.started_at, c.active_at, c.checkout_at, c.closed_at, c.currency,
		coalesce(c.visitor_id, 0), coalesce(c.customer_id, 0), c.lang, c.device, c.coupon, coalesce(k.country, ''),
		coalesce(o.state, ''), coalesce(o.paid_at, 0), coalesce(o.closed_at, 0), coalesce(o.country, ''), coalesce(o.payment_code, ''), coalesce(o.delivery_code, ''), coalesce(o.total, 0), coalesce(k.erased_at, 0),
		CASE WHEN coalesce(o.region, '') <> '' THEN o.country || '-' || o.region ELSE coalesce(
			(SELECT a.country || '-' || a.region FROM addresses a WHERE a.customer_id = c.customer_id AND a.region <> '' ORDER BY a.first DESC, a.id LIMIT 1), '') END,
		CASE WHEN EXISTS (SELECT 1 FROM consents n WHERE n.customer_id = c.customer_id AND n.purpose = 'history' AND n.given = FALSE) THEN 1 ELSE 0 END
		FROM carts c LEFT JOIN orders o ON o.cart_id = c.id LEFT JOIN customers k ON k.id = c.customer_id WHERE `+chosen+` ORDER BY c.id`, r.span,
		func(rows *sql.Rows) error {
			var s story
			var order, country string
			var paid, ended, erased int64
			err := rows.Scan(&s.id, &s.state, &s.kind, &s.simulated, &s.created, &s.started, &s.active, &s.checkout, &s.closed, &s.currency,
				&s.visitor, &s.customer, &s.lang, &s.device, &s.coupon, &country,
				&order, &paid, &ended, &s.country, &s.payment, &s.delivery, &s.orderTotal, &erased, &s.region, &s.noHistory)
			if err != nil {
				return err
			}
			s.country, s.gone = cmp.Or(s.country, country), erased > 0 || s.visitor == 0 && s.customer == 0
			s.inShopCurrency, s.orderFailed = s.currency == string(r.currency), order == "cancelled" && paid == 0
			s.changed = max(s.active, s.closed, paid, ended)
			r.all, r.by[s.id] = append(r.all, &s), &s
			return nil
		})
}

func (r *reader) steps() error {
	return r.each("SELECT s.cart_id, s.kind, s.at, s.detail FROM cart_steps s JOIN carts c ON c.id = s.cart_id WHERE "+chosen+" ORDER BY s.cart_id, s.at, s.id",
		r.span, func(rows *sql.Rows) error {
			var id int64
			var m moment
			if err := rows.Scan(&id, &m.kind, &m.at, &m.detail); err != nil {
				return err
			}
			if s := r.by[id]; s != nil {
				s.moments, s.changed = append(s.moments, m), max(s.changed, m.at)
			}
			return nil
		})
}

func (r *reader) lines(tree *catalog.Tree) error {
	codes := map[int64]string{}
	department := func(category int64) string {
		code, ok := codes[category]
		if !ok {
			root := tree.Department(catalog.CategoryID(category))
			code = cmp.Or(root.Code, root.Slug, NoDepartment)
			codes[category] = code
		}
		return code
	}
	return r.each(`SELECT l.cart_id, l.qty, l.seen_price, p.id, coalesce(p.category_id, 0), coalesce(pr.amount, 0) FROM cart_lines l
		JOIN carts c ON c.id = l.cart_id JOIN variants v ON v.id = l.variant_id JOIN products p ON p.id = v.product_id
		LEFT JOIN prices pr ON pr.variant_id = v.id AND pr.currency = ? WHERE `+chosen+` ORDER BY l.cart_id, l.id`,
		append([]any{string(r.currency)}, r.span...), func(rows *sql.Rows) error {
			var id, product, category int64
			var qty int
			var seen, price money.Amount
			if err := rows.Scan(&id, &qty, &seen, &product, &category, &price); err != nil {
				return err
			}
			s := r.by[id]
			if s == nil {
				return nil
			}
			// The price the shopper last saw; of a cart in another currency the
			// shop's own fixed price, since rates are not made up.
			if !s.inShopCurrency || seen == 0 {
				seen = price
			}
			s.lines++
			s.pieces += qty
			s.value += seen.Times(qty)
			code := department(category)
			if !slices.Contains(s.departments, code) {
				s.departments = append(s.departments, code)
			}
			if s.dearProduct == 0 || seen.Times(qty) > s.dearest {
				s.dearest, s.dearProduct, s.dearDepartment = seen.Times(qty), product, code
			}
			return nil
		})
}

func (r *reader) frictions() error {
	return r.each("SELECT f.cart_id, f.id, f.kind, f.at, f.amount, f.extra, f.days, f.detail FROM cart_frictions f JOIN carts c ON c.id = f.cart_id WHERE "+chosen+" ORDER BY f.cart_id, f.at, f.id",
		r.span, func(rows *sql.Rows) error {
			var id int64
			var f met
			if err := rows.Scan(&id, &f.id, &f.kind, &f.at, &f.amount, &f.extra, &f.days, &f.about); err != nil {
				return err
			}
			if s := r.by[id]; s != nil {
				s.frictions, s.changed = append(s.frictions, f), max(s.changed, f.at)
			}
			return nil
		})
}

func (r *reader) payments() error {
	return r.each(`SELECT o.cart_id, sum(p.captured), sum(p.refunded), max(p.updated_at) FROM payments p JOIN orders o ON o.id = p.order_id
		JOIN carts c ON c.id = o.cart_id WHERE `+chosen+` GROUP BY o.cart_id`, r.span, func(rows *sql.Rows) error {
		var id, at int64
		var captured, refunded money.Amount
		if err := rows.Scan(&id, &captured, &refunded, &at); err != nil {
			return err
		}
		if s := r.by[id]; s != nil {
			s.captured, s.refunded, s.changed = captured, refunded, max(s.changed, at)
		}
		return nil
	})
}

func (r *reader) mails() error {
	return r.each(`SELECT m.cart_id, min(m.sent_at), max(m.updated_at) FROM sends m JOIN carts c ON c.id = m.cart_id
		WHERE m.state = 'sent' AND m.sent_at > 0 AND m.class <> 'required' AND `+chosen+` GROUP BY m.cart_id`, r.span, func(rows *sql.Rows) error {
		var id, first, at int64
		if err := rows.Scan(&id, &first, &at); err != nil {
			return err
		}
		if s := r.by[id]; s != nil {
			s.mailed, s.changed = first, max(s.changed, at)
		}
		return nil
	})
}

// buyers reads when the accounts behind these carts paid first.
func (r *reader) buyers() error {
	first := map[int64]int64{}
	err := r.each(`SELECT customer_id, min(paid_at) FROM orders WHERE paid_at > 0 AND customer_id IN (
		SELECT c.customer_id FROM carts c WHERE c.customer_id IS NOT NULL AND `+chosen+`) GROUP BY customer_id`, r.span, func(rows *sql.Rows) error {
		var id, at int64
		if err := rows.Scan(&id, &at); err != nil {
			return err
		}
		first[id] = at
		return nil
	})
	for _, s := range r.all {
		s.firstPaid = first[s.customer]
	}
	return err
}

// questionLead is how long before a cart's first line a question belongs to it.
const questionLead = 30 * time.Minute

// questions gives each cart what was asked from it, and of questions that know
// no cart (a product's page, the contact form) what its shopper asked from half an hour before
// its start until an hour after its end, as long as a lost cart is remembered.
func (r *reader) questions(from, to time.Time) error {
	byVisitor, byCustomer := map[int64][]*story{}, map[int64][]*story{}
	for _, s := range r.all {
		if s.visitor != 0 {
			byVisitor[s.visitor] = append(byVisitor[s.visitor], s)
		}
		if s.customer != 0 {
			byCustomer[s.customer] = append(byCustomer[s.customer], s)
		}
	}
	const most = 31 * 24 * time.Hour
	return r.each(`SELECT coalesce(q.customer_id, 0), q.visitor_id, CASE WHEN m.merged_into > 0 THEN m.merged_into ELSE q.cart_id END, q.created_at, q.answered_at
		FROM questions q LEFT JOIN carts m ON m.id = q.cart_id AND q.cart_id > 0 WHERE q.created_at >= ? AND q.created_at < ? ORDER BY q.created_at, q.id`,
		[]any{db.At(from.Add(-questionLead)), db.At(to.Add(most))}, func(rows *sql.Rows) error {
			var customer, visitor, cart int64
			var q question
			if err := rows.Scan(&customer, &visitor, &cart, &q.at, &q.answered); err != nil {
				return err
			}
			if cart != 0 { // it was asked from there
				if s := r.by[cart]; s != nil {
					s.questions, s.changed = append(s.questions, q), max(s.changed, q.at, q.answered)
				}
				return nil
			}
			own := byCustomer[customer]
			for _, s := range byVisitor[visitor] {
				if !slices.Contains(own, s) {
					own = append(own[:len(own):len(own)], s)
				}
			}
			for _, s := range own {
				end := max(s.active, s.closed) + time.Hour.Milliseconds()
				if q.at >= s.started-questionLead.Milliseconds() && q.at <= min(end, s.started+(most-questionLead).Milliseconds()) {
					s.questions, s.changed = append(s.questions, q), max(s.changed, q.at, q.answered)
				}
			}
			return nil
		})
}

package trait

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/money"
)

// one is a purchase and who made it.
type one struct {
	Customer customer.ID
	Purchase
}

// purchases streams what people (one, or all for 0) who allow both personal
// pages and the use of their history paid for, person by person, the oldest
// first. What was cancelled or came back is not among it, and never sensitive
// products, or shelves that hold one. A sale changes no class: the price is the
// one without it.
func purchases(ctx context.Context, q db.Q, r *Rules, id customer.ID, currency money.Currency) iter.Seq2[one, error] {
	return func(yield func(one, error) bool) {
		only, args := justOne("o.customer_id", id)
		rows, err := q.Query(ctx).Raw(`SELECT o.customer_id, o.number, o.placed_at, l.product_id, p.name, p.category_id, p.tier, coalesce(CASE WHEN v.list_amount > v.amount THEN v.list_amount ELSE v.amount END, 0)
			FROM orders o
			JOIN consents h ON h.customer_id = o.customer_id AND h.purpose = 'history' AND h.given = TRUE
			JOIN consents c ON c.customer_id = o.customer_id AND c.purpose = 'personalize' AND c.given = TRUE
			JOIN order_lines l ON l.order_id = o.id AND l.qty > l.cancelled_qty + l.returned_qty
			JOIN products p ON p.id = l.product_id AND p.sensitive = FALSE AND p.category_id IS NOT NULL
			LEFT JOIN prices v ON v.variant_id = l.variant_id AND v.currency = ?
			WHERE o.state <> 'cancelled' AND o.payment_state IN ('paid', 'partly-refunded')`+only+`
			ORDER BY o.customer_id, o.placed_at, o.id, l.position`, append([]any{string(currency)}, args...)...).Rows()
		if err != nil {
			yield(one{}, fmt.Errorf("read purchases: %w", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var p one
			var at db.Time
			if err := rows.Scan(&p.Customer, &p.Order, &at, &p.Product, &p.Name, &p.Category, &p.Tier, &p.Price); err != nil {
				yield(one{}, fmt.Errorf("read purchases: %w", err))
				return
			}
			p.At = at.Time
			if r.sensitive[p.Category] {
				continue
			}
			if !yield(p, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(one{}, fmt.Errorf("read purchases: %w", err))
		}
	}
}

// justOne narrows a query to one customer, or to none in particular for 0.
func justOne(column string, id customer.ID) (string, []any) {
	if id == 0 {
		return "", nil
	}
	return " AND " + column + " = ?", []any{int64(id)}
}

// everybody reads what the people (one, or all) said who allow both, and then
// hands each over with their purchases.
func everybody(ctx context.Context, q db.Q, r *Rules, id customer.ID, currency money.Currency, now time.Time, visit func(customer.ID, Known)) error {
	var people []struct {
		ID         customer.ID
		Occupation string
	}
	only, args := justOne("c.id", id)
	err := q.Query(ctx).Raw(`SELECT c.id, c.occupation FROM customers c
		JOIN consents p ON p.customer_id = c.id AND p.purpose = 'personalize' AND p.given = TRUE
		JOIN consents h ON h.customer_id = c.id AND h.purpose = 'history' AND h.given = TRUE
		WHERE c.erased_at = 0`+only+` ORDER BY c.id`, args...).Scan(&people).Error
	if err != nil {
		return fmt.Errorf("read who may have traits: %w", err)
	}
	var interests []customer.Interest
	only, args = justOne("customer_id", id)
	err = q.Query(ctx).Raw("SELECT customer_id, kind, value, source, at FROM interests WHERE source = 'said'"+only+" ORDER BY customer_id, kind, value", args...).Scan(&interests).Error
	if err != nil {
		return fmt.Errorf("read interests: %w", err)
	}
	next, stop := iter.Pull2(purchases(ctx, q, r, id, currency))
	defer stop()
	p, err, more := next()
	for _, who := range people {
		known := Known{Occupation: who.Occupation, Now: now}
		for len(interests) > 0 && interests[0].CustomerID <= who.ID {
			if interests[0].CustomerID == who.ID {
				known.Interests = append(known.Interests, interests[0])
			}
			interests = interests[1:]
		}
		for ; more && err == nil && p.Customer <= who.ID; p, err, more = next() {
			if p.Customer == who.ID {
				known.Bought = append(known.Bought, p.Purchase)
			}
		}
		if err != nil {
			return err
		}
		visit(who.ID, known)
	}
	return nil
}

// row is what is kept of a held trait, for counting and for the export; pages
// decide anew.
type row struct {
	CustomerID  customer.ID
	Trait       string
	Evidence    string // JSON of a text
	OrderNumber string
	Since       db.Time
	ExpiresAt   db.Time
	Confidence  float64
	DeletedAt   db.Time
}

func rowOf(id customer.ID, h Held) (row, error) {
	words, err := h.Evidence.Value()
	if err != nil {
		return row{}, fmt.Errorf("write evidence: %w", err)
	}
	return row{CustomerID: id, Trait: h.Trait, Evidence: words.(string), OrderNumber: h.Order, Since: db.At(h.Since), ExpiresAt: db.At(h.Expires), Confidence: h.Confidence}, nil
}

// Refresh decides one customer again, after they bought something or changed
// what we know or may use.
func Refresh(ctx context.Context, tx *db.Tx, id customer.ID, currency money.Currency, now time.Time) error {
	r, err := Read(ctx, tx)
	if err != nil {
		return err
	}
	want := map[customer.ID][]Held{}
	err = everybody(ctx, tx, r, id, currency, now, func(who customer.ID, k Known) { want[who] = r.Decide(k) })
	if err != nil {
		return err
	}
	return keep(ctx, tx, id, want)
}

// Rebuild decides everybody again, to the same rows as the single decisions
// gave, and counts what people of each trait buy besides. It reads outside of
// its transaction, so that a long history stops nobody; what changed meanwhile
// is told to it by consents and by the traits' own rows.
func Rebuild(ctx context.Context, d *db.DB, currency money.Currency, now time.Time) error {
	r, err := Read(ctx, d)
	if err != nil || len(r.Traits) == 0 {
		return err
	}
	t, want := newTally(r), map[customer.ID][]Held{}
	err = everybody(ctx, d, r, 0, currency, now, func(who customer.ID, k Known) {
		held := r.Decide(k)
		if len(held) > 0 {
			want[who] = held
		}
		t.add(held, k.Bought)
	})
	if err != nil {
		return err
	}
	changing()
	return d.InTx(ctx, func(tx *db.Tx) error {
		for i := range r.Traits {
			if err := t.keep(ctx, tx, &r.Traits[i], now); err != nil {
				return err
			}
		}
		if err := keep(ctx, tx, 0, want); err != nil {
			return err
		}
		// Who withdrew a consent while we read has no traits.
		err := tx.Query(ctx).Exec(`DELETE FROM customer_traits WHERE deleted_at = 0 AND
			(SELECT count(*) FROM consents c WHERE c.customer_id = customer_traits.customer_id AND c.purpose IN ('personalize', 'history') AND c.given = TRUE) < 2`).Error
		if err != nil {
			return fmt.Errorf("drop traits of who withdrew: %w", err)
		}
		return nil
	})
}

// keep writes what was decided about one customer, or about all (0). What a
// person took out stays out.
func keep(ctx context.Context, tx *db.Tx, id customer.ID, decided map[customer.ID][]Held) error {
	type key struct {
		who   customer.ID
		trait string
	}
	want := map[key]row{}
	for who, held := range decided {
		for _, h := range held {
			w, err := rowOf(who, h)
			if err != nil {
				return err
			}
			want[key{who, h.Trait}] = w
		}
	}
	var had []row
	only, args := justOne("customer_id", id)
	err := tx.Query(ctx).Raw(`SELECT customer_id, trait, evidence, order_number, since, expires_at, confidence, deleted_at FROM customer_traits
		WHERE 1 = 1`+only, args...).Scan(&had).Error
	if err != nil {
		return fmt.Errorf("read who holds traits: %w", err)
	}
	gone := map[string][]int64{}
	for _, h := range had {
		k := key{h.CustomerID, h.Trait}
		w, ok := want[k]
		if !h.DeletedAt.IsZero() || ok && w == h {
			delete(want, k)
			continue
		}
		gone[h.Trait] = append(gone[h.Trait], int64(h.CustomerID))
	}
	for trait, ids := range gone {
		slices.Sort(ids)
		for chunk := range slices.Chunk(ids, 500) {
			if err := tx.Query(ctx).Exec("DELETE FROM customer_traits WHERE trait = ? AND deleted_at = 0 AND customer_id IN ?", trait, chunk).Error; err != nil {
				return fmt.Errorf("drop traits: %w", err)
			}
		}
	}
	rows := make([][]any, 0, len(want))
	for _, w := range want {
		rows = append(rows, []any{int64(w.CustomerID), w.Trait, w.Evidence, w.OrderNumber, w.Since.Milli(), w.ExpiresAt.Milli(), w.Confidence})
	}
	// In the order of customers, and passing over what somebody else just wrote.
	slices.SortFunc(rows, func(a, b []any) int {
		if a[0].(int64) != b[0].(int64) {
			return int(a[0].(int64) - b[0].(int64))
		}
		if a[1].(string) < b[1].(string) {
			return -1
		}
		return 1
	})
	_, err = tx.Insert(ctx, "customer_traits", []string{"customer_id", "trait", "evidence", "order_number", "since", "expires_at", "confidence"}, rows, true)
	return err
}

// keep writes the links of a trait as counted, unless its rule was changed
// since it was read: then another count is on its way.
func (t *tally) keep(ctx context.Context, tx *db.Tx, one *Trait, now time.Time) error {
	still := tx.Query(ctx).Exec("UPDATE traits SET counted_at = ? WHERE key = ? AND updated_at = ?", db.At(now), one.Key, one.UpdatedAt)
	if still.Error != nil {
		return fmt.Errorf("count trait %s: %w", one.Key, still.Error)
	}
	if still.RowsAffected == 0 {
		return nil
	}
	found := t.links(one)
	// What a merchant wrote or switched off stays, with fresh numbers.
	for _, old := range one.Links {
		if (old.Source == "author" || !old.Active) && !slices.ContainsFunc(found, func(l Link) bool { return l.CategoryID == old.CategoryID }) {
			l := t.measure(one.Key, old.CategoryID)
			l.Source, l.Active, l.Reason = old.Source, old.Active, old.Reason
			found = append(found, l)
		}
	}
	err := tx.Query(ctx).Exec("DELETE FROM trait_links WHERE trait = ? AND source = 'learned' AND active = TRUE", one.Key).Error
	if err != nil {
		return fmt.Errorf("drop links of %s: %w", one.Key, err)
	}
	for _, l := range found {
		err := tx.Query(ctx).Exec(`INSERT INTO trait_links (trait, category_id, source, active, reason, people, bought, expected, lift, low, high)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (trait, category_id) DO UPDATE SET
			people = excluded.people, bought = excluded.bought, expected = excluded.expected, lift = excluded.lift, low = excluded.low, high = excluded.high`,
			l.Trait, int64(l.CategoryID), l.Source, l.Active, l.Reason, l.People, l.Bought, l.Expected, l.Lift, l.Low, l.High).Error
		if err != nil {
			return fmt.Errorf("link %s to a shelf: %w", one.Key, err)
		}
	}
	return nil
}

// Moved names the customers who allow their history to be used and whose
// orders moved after an entry of the order history, and the last entry.
func Moved(ctx context.Context, q db.Q, entry int64) ([]customer.ID, int64, error) {
	var rows []struct {
		ID       int64
		Customer customer.ID
	}
	err := q.Query(ctx).Raw(`SELECT e.id, CASE WHEN h.given = TRUE THEN o.customer_id ELSE 0 END AS customer FROM order_history e JOIN orders o ON o.id = e.order_id
		LEFT JOIN consents h ON h.customer_id = o.customer_id AND h.purpose = 'history'
		WHERE e.id > ? ORDER BY e.id`, entry).Scan(&rows).Error
	if err != nil {
		return nil, entry, fmt.Errorf("read whose orders moved: %w", err)
	}
	var ids []customer.ID
	for _, r := range rows {
		if r.Customer != 0 {
			ids = append(ids, r.Customer)
		}
		entry = r.ID
	}
	slices.Sort(ids)
	return slices.Compact(ids), entry, nil
}

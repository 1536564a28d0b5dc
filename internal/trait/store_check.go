package trait

import (
	"context"
	"fmt"
	"slices"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/money"
)

// nightly is how long a kept row may lag behind what its owner, the rules and
// the prices say: the list is made anew each night.
const nightly = 25 * time.Hour

// Strayed names the kept rows ("customer 7: fine") that do not agree with what
// the rules decide: a trait kept of somebody who allows none or for whom nothing
// speaks, or decided and not kept. What may have changed since the last night
// is left alone.
func Strayed(ctx context.Context, q db.Q, currency money.Currency, now time.Time) ([]string, error) {
	r, err := Read(ctx, q)
	if err != nil || len(r.Traits) == 0 {
		return nil, err
	}
	lately := now.Add(-nightly)
	if slices.ContainsFunc(r.Traits, func(t Trait) bool { return t.UpdatedAt.After(lately) }) {
		return nil, nil
	}
	type pair struct {
		who   customer.ID
		trait string
	}
	decided := map[pair]int{} // at how many of the two moments
	for _, at := range []time.Time{now, lately} {
		err := everybody(ctx, q, r, 0, currency, at, func(who customer.ID, k Known) {
			for _, h := range r.Decide(k) {
				decided[pair{who, h.Trait}]++
			}
		})
		if err != nil {
			return nil, err
		}
	}
	var rows []row
	if err := q.Query(ctx).Raw("SELECT customer_id, trait, deleted_at FROM customer_traits").Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read who holds traits: %w", err)
	}
	kept := map[pair]bool{}
	var suspects []pair
	for _, k := range rows {
		p := pair{k.CustomerID, k.Trait}
		kept[p] = true
		if k.DeletedAt.IsZero() && decided[p] == 0 {
			suspects = append(suspects, p)
		}
	}
	for p, times := range decided {
		if times == 2 && !kept[p] {
			suspects = append(suspects, p)
		}
	}
	slices.SortFunc(suspects, func(a, b pair) int { return int(a.who - b.who) })
	var ids []string
	for _, p := range suspects {
		moved, err := movedSince(ctx, q, p.who, lately)
		if err != nil {
			return nil, err
		}
		if !moved {
			ids = append(ids, fmt.Sprintf("customer %d: %s", p.who, p.trait))
		}
	}
	return ids, nil
}

// movedSince tells whether something that decides about a person changed.
func movedSince(ctx context.Context, q db.Q, id customer.ID, since time.Time) (bool, error) {
	var n int64
	err := q.Query(ctx).Raw(`SELECT (SELECT count(*) FROM customers WHERE id = ? AND updated_at > ?)
		+ (SELECT count(*) FROM consents WHERE customer_id = ? AND at > ?)
		+ (SELECT count(*) FROM interests WHERE customer_id = ? AND at > ?)
		+ (SELECT count(*) FROM orders o JOIN order_history h ON h.order_id = o.id WHERE o.customer_id = ? AND h.at > ?)
		+ (SELECT count(*) FROM orders o JOIN returns b ON b.order_id = o.id JOIN return_steps s ON s.return_id = b.id WHERE o.customer_id = ? AND s.at > ?)
		+ (SELECT count(*) FROM orders o JOIN order_lines l ON l.order_id = o.id JOIN price_log g ON g.variant_id = l.variant_id WHERE o.customer_id = ? AND g.at > ?)
		+ (SELECT count(*) FROM orders o JOIN order_lines l ON l.order_id = o.id JOIN products p ON p.id = l.product_id WHERE o.customer_id = ? AND p.updated_at > ?)`,
		int64(id), db.At(since), int64(id), db.At(since), int64(id), db.At(since), int64(id), db.At(since), int64(id), db.At(since), int64(id), db.At(since), int64(id), db.At(since)).Scan(&n).Error
	if err != nil {
		return false, fmt.Errorf("read what changed about customer %d: %w", id, err)
	}
	return n > 0, nil
}

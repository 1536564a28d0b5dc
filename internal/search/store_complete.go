package search

import (
	"context"
	"fmt"
	"maps"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/i18n"
)

// changesAtOnce documents are read together into a picture of names.
const changesAtOnce = 5000

// renewed is the picture with what changed since; old may be nil.
func (s *Completer) renewed(ctx context.Context, d *db.DB, old *names, now time.Time) (*names, error) {
	n := &names{looked: now, products: map[catalog.ProductID]*named{}}
	if old != nil {
		n.last, n.ways, n.queries, n.asked = old.last, old.ways, old.queries, old.asked
	}
	last, err := LastNumber(ctx, d)
	if err != nil {
		return nil, err
	}
	if old != nil && last < old.last { // restored from a backup: what is held may never have been
		n.last, n.ways = 0, nil
	} else if old != nil {
		n.products = old.products
	}
	if last != n.last {
		n.products = maps.Clone(n.products)
		for n.last < last {
			c, err := ChangesSince(ctx, d, n.last, changesAtOnce)
			if err != nil {
				return nil, err
			}
			n.learn(c)
			if len(c.Documents)+len(c.Gone) == 0 {
				n.last = last // a number whose document is gone again
			}
		}
		n.order()
	}
	if old == nil || now.Sub(n.asked) >= queriesFor || now.Before(n.asked) {
		if n.queries, err = typedOften(ctx, d, now.Add(-queriesOf), s.Simulated); err != nil {
			return nil, err
		}
		n.asked = now
	}
	return n, nil
}

// typedOften are the words that at least LeastAsked different visitors looked for
// and that found something, those of most visitors first. Who let nobody
// remember them counts for none.
func typedOften(ctx context.Context, q db.Q, since time.Time, simulated bool) ([]query, error) {
	var rows []struct{ Words, Lang string }
	err := q.Query(ctx).Raw(`SELECT lower(trim(detail)) AS words, lang FROM events
		WHERE kind = ? AND at >= ? AND bot = FALSE AND (simulated = FALSE OR ?) AND detail <> '' AND (visitor_id <> 0 OR customer_id <> 0)
		GROUP BY lower(trim(detail)), lang
		HAVING count(DISTINCT CASE WHEN customer_id <> 0 THEN -customer_id ELSE visitor_id END) >= ?
		ORDER BY count(DISTINCT CASE WHEN customer_id <> 0 THEN -customer_id ELSE visitor_id END) DESC, words LIMIT ?`,
		string(event.SearchDone), db.At(since), simulated, LeastAsked, mostAsked).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read what people look for: %w", err)
	}
	out := make([]query, 0, len(rows))
	for _, r := range rows {
		out = append(out, query{text: r.Words, folded: folded(r.Words), lang: i18n.ParseLang(r.Lang)})
	}
	return out, nil
}

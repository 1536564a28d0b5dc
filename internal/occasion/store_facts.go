package occasion

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
)

// allowed is the consent that a history needs to be concluded from.
const allowed = `JOIN consents h ON h.customer_id = c.id AND h.purpose = 'history' AND h.given = TRUE
	JOIN consents p ON p.customer_id = c.id AND p.purpose = 'personalize' AND p.given = TRUE`

// buyers hands over everybody (or the one named, for id not 0) who allows both
// and bought something, in the order of accounts. What is sensitive, and what
// shares a shelf with it, is never among it.
func buyers(ctx context.Context, q db.Q, id customer.ID, zone *time.Location, visit func(customer.ID, *Buyer)) error {
	hidden, err := sensitive(ctx, q)
	if err != nil {
		return err
	}
	only, args := "", []any{}
	if id != 0 {
		only, args = " AND c.id = ?", []any{int64(id)}
	}
	rows, err := q.Query(ctx).Raw(`SELECT c.id, c.country, c.lang, o.number, o.placed_at, l.product_id, g.category_id,
			CASE WHEN g.gift = TRUE OR o.line1 <> '' AND EXISTS (SELECT 1 FROM addresses a WHERE a.customer_id = c.id AND a.first = TRUE AND a.line1 <> o.line1) THEN 1 ELSE 0 END,
			CASE WHEN o.payment_state = 'refunded' OR l.qty - l.cancelled_qty <= l.refunded_qty OR l.qty - l.cancelled_qty <= l.returned_qty THEN 1 ELSE 0 END
		FROM customers c `+allowed+`
		LEFT JOIN history_people a ON a.customer_id = c.id
		JOIN orders o ON o.customer_id = c.id AND o.placed_at >= coalesce(a.through, 0) AND o.state <> 'cancelled' AND o.payment_state IN ('paid', 'partly-refunded', 'refunded') AND o.replaces = 0
		JOIN order_lines l ON l.order_id = o.id AND l.qty > l.cancelled_qty
		JOIN products g ON g.id = l.product_id AND g.sensitive = FALSE AND g.category_id IS NOT NULL
		WHERE c.erased_at = 0`+only+` ORDER BY c.id, o.placed_at, o.id, l.position`, args...).Rows()
	if err != nil {
		return fmt.Errorf("read what people bought: %w", err)
	}
	defer rows.Close()
	var who customer.ID
	b := &Buyer{}
	for rows.Next() {
		var next customer.ID
		var country, lang string
		var e Event
		var at db.Time
		var gift, back int
		if err := rows.Scan(&next, &country, &lang, &e.Order, &at, &e.Product, &e.Kind, &gift, &back); err != nil {
			return fmt.Errorf("read what people bought: %w", err)
		}
		if next != who {
			if who != 0 {
				visit(who, b)
			}
			who, b = next, &Buyer{Country: country, Since: Today(at.Time, zone)}
			b.Lang = i18n.ParseLang(lang)
		}
		if e.Day, e.Gift, e.Back = Today(at.Time, zone), gift == 1, back == 1; !hidden[e.Kind] {
			b.Events = append(b.Events, e)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read what people bought: %w", err)
	}
	if who != 0 {
		visit(who, b)
	}
	return nil
}

// sensitive are the shelves that hold something sensitive.
func sensitive(ctx context.Context, q db.Q) (map[catalog.CategoryID]bool, error) {
	var ids []catalog.CategoryID
	err := q.Query(ctx).Raw("SELECT DISTINCT category_id FROM products WHERE sensitive = TRUE AND category_id IS NOT NULL").Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("read sensitive shelves: %w", err)
	}
	all := map[catalog.CategoryID]bool{}
	for _, id := range ids {
		all[id] = true
	}
	return all, nil
}

// mayConclude reports whether somebody's history may be concluded from.
func mayConclude(ctx context.Context, q db.Q, id customer.ID) (bool, error) {
	var n int
	if err := q.Query(ctx).Raw("SELECT count(*) FROM customers c "+allowed+" WHERE c.id = ? AND c.erased_at = 0", int64(id)).Scan(&n).Error; err != nil {
		return false, fmt.Errorf("read what customer %d allows: %w", id, err)
	}
	return n > 0, nil
}

// remindedKinds are the kinds of a person's dates before which one buys
// something; a card is sent on the others.
var remindedKinds = []string{"birthday", "gift", "other"}

// dates reads the days that people (or one) said matter to them, of the kinds
// before which one buys something.
func dates(ctx context.Context, q db.Q, id customer.ID) (map[customer.ID][]customer.Date, error) {
	find := q.Query(ctx).Where("kind IN ?", remindedKinds)
	if id != 0 {
		find = find.Where("customer_id = ?", int64(id))
	}
	var rows []customer.Date
	if err := find.Order("customer_id, month, day, id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read dates that matter: %w", err)
	}
	all := map[customer.ID][]customer.Date{}
	for _, d := range rows {
		all[d.CustomerID] = append(all[d.CustomerID], d)
	}
	return all, nil
}

// anchors are the days that somebody said matter.
func anchors(told []customer.Date) (all []Anchor) {
	for i := range told {
		all = append(all, dated(&told[i]))
	}
	return all
}

type kindRow struct {
	CategoryID catalog.CategoryID
	Season     string
	Rate       float64
	Gift       bool
	Pairs      int
	Again      int
	Chance     float64
	Recurs     float64
	LearnedAt  db.Time
}

// habits reads what was learned of kinds; of all for none named.
func habits(ctx context.Context, q db.Q, kinds []catalog.CategoryID) (Shop, error) {
	find := q.Query(ctx).Table("occasion_kinds")
	if kinds != nil {
		find = find.Where("category_id IN ?", kinds)
	}
	var rows []kindRow
	if err := find.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read the habits of kinds: %w", err)
	}
	s := Shop{}
	for _, r := range rows {
		h := &Habit{Rate: r.Rate, Gift: r.Gift, Pairs: r.Pairs, Again: r.Again, Chance: r.Chance, Recurs: r.Recurs}
		if err := json.Unmarshal([]byte(r.Season), &h.Season); err != nil {
			return nil, fmt.Errorf("read the season of kind %d: %w", r.CategoryID, err)
		}
		s[r.CategoryID] = h
	}
	return s, nil
}

// keepHabits puts what was learned in the place of what was known.
func keepHabits(ctx context.Context, tx *db.Tx, s Shop, now time.Time) error {
	if err := tx.Query(ctx).Exec("DELETE FROM occasion_kinds").Error; err != nil {
		return fmt.Errorf("drop the habits of kinds: %w", err)
	}
	var rows [][]any
	for k, h := range s {
		season, err := json.Marshal(h.Season)
		if err != nil {
			return fmt.Errorf("write the season of kind %d: %w", k, err)
		}
		rows = append(rows, []any{int64(k), string(season), h.Rate, h.Gift, h.Pairs, h.Again, h.Chance, h.Recurs, db.At(now).Milli()})
	}
	slices.SortFunc(rows, func(a, b []any) int { return int(a[0].(int64) - b[0].(int64)) })
	_, err := tx.Insert(ctx, "occasion_kinds", strings.Fields("category_id season rate gift pairs again chance recurs learned_at"), rows, false)
	return err
}

// Rebuild learns the shop's habits and decides everybody's needs again, to the
// same rows as the single decisions give with those habits. What people said of
// their needs stays.
func Rebuild(ctx context.Context, d *db.DB, zone *time.Location, now time.Time) error {
	today := Today(now, zone)
	l := NewLearner(today)
	for _, pass := range []func(*Buyer){l.Count, l.Weigh} {
		if err := buyers(ctx, d, 0, zone, func(_ customer.ID, b *Buyer) { pass(b) }); err != nil {
			return err
		}
	}
	s := l.Shop()
	if err := d.InTx(ctx, func(tx *db.Tx) error { return keepHabits(ctx, tx, s, now) }); err != nil {
		return err
	}
	told, err := dates(ctx, d, 0)
	if err != nil {
		return err
	}
	decided := map[customer.ID][]Found{}
	err = buyers(ctx, d, 0, zone, func(id customer.ID, b *Buyer) {
		b.Told = anchors(told[id])
		if found := s.Find(b, today); len(found) > 0 {
			decided[id] = found
		}
	})
	if err != nil {
		return err
	}
	ids, err := holders(ctx, d)
	if err != nil {
		return err
	}
	for id := range decided {
		ids = append(ids, id)
	}
	for id := range told {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for chunk := range slices.Chunk(slices.Compact(ids), 200) {
		err := d.InTx(ctx, func(tx *db.Tx) error {
			for _, id := range chunk {
				if err := keep(ctx, tx, id, decided[id], told[id], zone, now); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Refresh decides one person's needs again, after they bought something, told
// a date or changed what may be used.
func Refresh(ctx context.Context, tx *db.Tx, id customer.ID, zone *time.Location, now time.Time) error {
	var found []Found
	var b *Buyer
	if err := buyers(ctx, tx, id, zone, func(_ customer.ID, one *Buyer) { b = one }); err != nil {
		return err
	}
	told, err := dates(ctx, tx, id)
	if err != nil {
		return err
	}
	if b != nil {
		b.Told = anchors(told[id])
		kinds := []catalog.CategoryID{}
		for _, e := range b.Events {
			if !slices.Contains(kinds, e.Kind) {
				kinds = append(kinds, e.Kind)
			}
		}
		s, err := habits(ctx, tx, kinds)
		if err != nil {
			return err
		}
		found = s.Find(b, Today(now, zone))
	}
	return keep(ctx, tx, id, found, told[id], zone, now)
}

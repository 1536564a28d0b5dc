package person

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/value"
)

// Lasts are when somebody ordered last: within so many days, longer ago than a
// year, or never.
var Lasts = []string{"30", "90", "365", "older", "never"}

// Sorts are the orders of the list; "" is the newest account first.
var Sorts = []string{"", "name", "last", "net"}

// Filter chooses people of the list; empty fields choose all. IDs are those
// that a search found; nil: nobody searched.
type Filter struct {
	IDs       []customer.ID
	Segment   string
	Tier      value.Tier
	Class     value.Class
	Country   string
	Lang      i18n.Lang
	Consent   customer.Purpose // given
	Last      string
	Sort      string
	After     customer.ID // for Next
	Page, Per int         // from 1; 50 a page
}

// Narrow reports whether anything but a search chooses.
func (f Filter) Narrow() bool {
	return f.Segment != "" || f.Tier != "" || f.Class != "" || f.Country != "" || f.Lang != "" || f.Consent != "" || f.Last != ""
}

// Somebody is a line of the list.
type Somebody struct {
	customer.Customer `gorm:"embedded"`
	Tier              value.Tier
	Class             value.Class // "": none is kept
	Net               money.Amount
	LastAt            db.Time // of the last order; never: none
	Orders            int
}

func (f Filter) where(now time.Time) (string, []any) {
	where, args := []string{"c.erased_at = 0"}, []any{}
	add := func(sql string, with ...any) { where, args = append(where, sql), append(args, with...) }
	if f.IDs != nil {
		if len(f.IDs) == 0 {
			add("1 = 0")
		} else {
			add("c.id IN ?", f.IDs)
		}
	}
	if f.Segment != "" {
		add("c.id IN (SELECT customer_id FROM segment_members WHERE segment = ?)", f.Segment)
	}
	switch {
	case f.Tier == value.Occasional:
		add("NOT EXISTS (SELECT 1 FROM customer_tiers t WHERE t.customer_id = c.id AND t.tier <> ?)", string(f.Tier))
	case slices.Contains(value.Tiers, f.Tier):
		add("c.id IN (SELECT customer_id FROM customer_tiers WHERE tier = ?)", string(f.Tier))
	}
	if slices.Contains(value.Classes, f.Class) {
		add("c.id IN (SELECT customer_id FROM customer_values WHERE class = ?)", string(f.Class))
	}
	if f.Country != "" {
		add("c.country = ?", f.Country)
	}
	if f.Lang != "" {
		add("c.lang = ?", string(f.Lang))
	}
	if f.Consent != "" {
		add("EXISTS (SELECT 1 FROM consents s WHERE s.customer_id = c.id AND s.purpose = ? AND s.given = TRUE)", string(f.Consent))
	}
	const bought = "EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.state <> 'cancelled'"
	switch f.Last {
	case "30", "90", "365":
		days := map[string]int{"30": 30, "90": 90, "365": 365}[f.Last]
		add(bought+" AND o.placed_at >= ?)", db.At(now.AddDate(0, 0, -days)))
	case "older":
		add(bought + ")")
		add("NOT "+bought+" AND o.placed_at >= ?)", db.At(now.AddDate(0, 0, -365)))
	case "never":
		add("NOT " + bought + ")")
	}
	return strings.Join(where, " AND "), args
}

const lastOf = "coalesce((SELECT max(o.placed_at) FROM orders o WHERE o.customer_id = c.id AND o.state <> 'cancelled'), 0)"

// People reads a page of the list, and how many there are. worth says whether
// the reader may sort by what people spend.
func People(ctx context.Context, q db.Q, f Filter, worth bool, now time.Time) ([]Somebody, int, error) {
	where, args := f.where(now)
	var total int
	if err := q.Query(ctx).Raw("SELECT count(*) FROM customers c WHERE "+where, args...).Scan(&total).Error; err != nil {
		return nil, 0, fmt.Errorf("count customers: %w", err)
	}
	if f.Per <= 0 {
		f.Per = 50
	}
	from, by := "customers c", "c.created_at DESC, c.id DESC"
	switch {
	case f.Sort == "name":
		by = "lower(c.name), c.id"
	case f.Sort == "last":
		by = lastOf + " DESC, c.id DESC"
	case f.Sort == "net" && worth:
		from, by = "customers c LEFT JOIN customer_values v ON v.customer_id = c.id", "coalesce(v.net, 0) DESC, c.id DESC"
	}
	var ids []customer.ID
	err := q.Query(ctx).Raw("SELECT c.id FROM "+from+" WHERE "+where+" ORDER BY "+by+" LIMIT ? OFFSET ?", append(args, f.Per, f.Per*max(0, f.Page-1))...).Scan(&ids).Error
	if err != nil {
		return nil, 0, fmt.Errorf("list customers: %w", err)
	}
	rows, err := dressed(ctx, q, ids)
	return rows, total, err
}

// Next reads, for a file, the next people behind f.After by their id.
func Next(ctx context.Context, q db.Q, f Filter, now time.Time) ([]Somebody, error) {
	where, args := f.where(now)
	var ids []customer.ID
	err := q.Query(ctx).Raw("SELECT c.id FROM customers c WHERE "+where+" AND c.id > ? ORDER BY c.id LIMIT ?", append(args, int64(f.After), f.Per)...).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("list customers: %w", err)
	}
	return dressed(ctx, q, ids)
}

// dressed reads what the list says of some people, in their order.
func dressed(ctx context.Context, q db.Q, ids []customer.ID) (rows []Somebody, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	err = q.Query(ctx).Raw(`SELECT c.*, coalesce(t.tier, 'occasional') AS tier, coalesce(v.class, '') AS class, coalesce(v.net, 0) AS net, `+lastOf+` AS last_at,
		(SELECT count(*) FROM orders o WHERE o.customer_id = c.id AND o.state <> 'cancelled') AS orders
		FROM customers c LEFT JOIN customer_tiers t ON t.customer_id = c.id
		LEFT JOIN customer_values v ON v.customer_id = c.id AND v.customer_id NOT IN (SELECT customer_id FROM consents WHERE customer_id IN ? AND purpose IN ('personalize','history') AND given = FALSE)
		WHERE c.id IN ?`, ids, ids).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list customers: %w", err)
	}
	at := make(map[customer.ID]int, len(ids))
	for i, id := range ids {
		at[id] = i
	}
	slices.SortFunc(rows, func(a, b Somebody) int { return at[a.ID] - at[b.ID] })
	return rows, nil
}

// Countries lists the countries that people live in, those of most first.
func Countries(ctx context.Context, q db.Q) (all []string, err error) {
	err = q.Query(ctx).Raw("SELECT country FROM customers WHERE country <> '' AND erased_at = 0 GROUP BY country ORDER BY count(*) DESC, country LIMIT 30").Scan(&all).Error
	if err != nil {
		err = fmt.Errorf("list countries: %w", err)
	}
	return all, err
}

package analytics

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// More people than a household at one address or telephone who used the same
// promotion are worth a look.
const household = 3

// sharedDays is how far back uses are looked at.
const sharedDays = 365

// Shared is one address or telephone at which many people used a promotion that
// is meant for each once, or only with its code.
type Shared struct {
	Promotion int64
	Token     string // the promotion's, in addresses
	Name      i18n.Text
	By        string // address, phone
	Where     string // as the newest order has it
	Place     string // the part of it that points at nobody: town and country
	People    int
	Orders    []string // numbers, the newest first
	Amount    money.Amount
	Currency  money.Currency
	First     db.Time
	Last      db.Time
	Simulated bool
}

// SharedUses lists where more people than a household used one promotion within
// the last year, most people first; promotion "" is all. Orders that ended are
// left out, and people are told apart by their e-mail's hash.
func SharedUses(ctx context.Context, q db.Q, promotion string, now time.Time) ([]Shared, error) {
	query, args := `SELECT p.id, p.token, p.name, r.person, r.amount, o.number, o.currency, o.country, o.city, o.postcode, o.line1, o.line2, o.phone, o.placed_at, o.simulated
		FROM redemptions r JOIN promotions p ON p.id = r.promotion_id JOIN orders o ON o.id = r.order_id
		WHERE r.state IN ('held', 'late') AND r.person <> '' AND r.at >= ? AND (p.needs_code = TRUE OR p.limit_person > 0)`, []any{db.At(now.AddDate(0, 0, -sharedDays))}
	if promotion != "" {
		query, args = query+" AND p.token = ?", append(args, promotion)
	}
	type key struct {
		promotion int64
		by, where string
		simulated bool
	}
	by, people := map[key]*Shared{}, map[key]map[string]bool{}
	err := each(ctx, q, query+" ORDER BY o.placed_at DESC, o.id DESC", args, func(rows *sql.Rows) error {
		var s Shared
		var person, number, country, city, postcode, line1, line2, phone string
		var at int64
		if err := rows.Scan(&s.Promotion, &s.Token, &s.Name, &person, &s.Amount, &number, &s.Currency, &country, &city, &postcode, &line1, &line2, &phone, &at, &s.Simulated); err != nil {
			return err
		}
		for _, place := range []struct{ by, key, where, place string }{
			{"address", plainly(country + postcode + line1 + line2), strings.Join([]string{line1, postcode + " " + city, country}, ", "), city + ", " + country},
			{"phone", digits(phone), phone, country},
		} {
			if place.by == "address" && line1 == "" || place.by == "phone" && len(place.key) < 6 {
				continue
			}
			k := key{s.Promotion, place.by, place.key, s.Simulated}
			sum := by[k]
			if sum == nil {
				one := s
				one.By, one.Where, one.Place, one.Amount, one.Last = place.by, place.where, place.place, 0, millis(at)
				sum, people[k] = &one, map[string]bool{}
				by[k] = sum
			}
			people[k][person] = true
			sum.People, sum.First = len(people[k]), millis(at)
			sum.Orders = append(sum.Orders, number)
			if sum.Currency == s.Currency {
				sum.Amount += s.Amount
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look where promotions are used: %w", err)
	}
	var all []Shared
	for _, s := range by {
		if s.People > household {
			all = append(all, *s)
		}
	}
	slices.SortFunc(all, func(a, b Shared) int {
		return cmp.Or(cmp.Compare(b.People, a.People), b.Last.Compare(a.Last.Time), cmp.Compare(a.By, b.By), cmp.Compare(a.Where, b.Where), cmp.Compare(a.Promotion, b.Promotion))
	})
	return all, nil
}

// plainly is an address without what is written differently each time.
func plainly(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

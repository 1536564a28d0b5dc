package occasion

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/money"
)

// What a reminder shows: so many goods, each between half and twice of what
// the person usually pays for its kind.
const (
	MostGifts  = 4
	habitBelow = 2
	habitAbove = 2
)

// Gifts are goods that fit a need: of its kinds, the surest kind first and in
// turns, there to be sent now, within the person's habit of price, none of what
// was bought or shown the last time. Too few of them are filled up with gifts
// of the same department, and a date that was told without a kind gets gifts of
// the shop.
func Gifts(ctx context.Context, q db.Q, o *Occasion, currency money.Currency) ([]catalog.Card, error) {
	usual, err := habitOf(ctx, q, o, currency)
	if err != nil {
		return nil, err
	}
	not, err := lastTime(ctx, q, o)
	if err != nil {
		return nil, err
	}
	kinds := slices.Clone(o.Kinds)
	more, err := around(ctx, q, kinds)
	if err != nil {
		return nil, err
	}
	var all []catalog.Card
	for _, from := range [][]catalog.CategoryID{kinds, more} {
		if len(all) >= MostGifts || len(from) == 0 {
			continue
		}
		cards, err := onShelves(ctx, q, from, len(kinds) == 0 || len(all) > 0 || !slices.Equal(from, kinds), currency)
		if err != nil {
			return nil, err
		}
		all = append(all, inTurns(from, fitting(cards, usual, not, all), MostGifts-len(all))...)
	}
	return all, nil
}

// habitOf is the middle price of what the person bought of each kind for the
// need, and under 0 of everything they bought.
func habitOf(ctx context.Context, q db.Q, o *Occasion, currency money.Currency) (map[catalog.CategoryID]money.Amount, error) {
	var rows []struct {
		Number string
		Kind   catalog.CategoryID
		Price  money.Amount
	}
	err := q.Query(ctx).Raw(`SELECT o.number, coalesce(p.category_id, 0) AS kind, l.unit_price AS price FROM orders o JOIN order_lines l ON l.order_id = o.id
		JOIN products p ON p.id = l.product_id AND p.sensitive = FALSE
		WHERE o.customer_id = ? AND o.currency = ? AND o.state <> 'cancelled' AND o.payment_state IN ('paid', 'partly-refunded') ORDER BY l.unit_price, l.id`,
		int64(o.CustomerID), string(currency)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read what customer %d pays: %w", o.CustomerID, err)
	}
	by := map[catalog.CategoryID][]money.Amount{}
	for _, r := range rows {
		by[0] = append(by[0], r.Price)
		if slices.ContainsFunc(o.Evidence, func(p Proof) bool { return p.Order == r.Number && p.Kind == r.Kind }) {
			by[r.Kind] = append(by[r.Kind], r.Price)
		}
	}
	middle := map[catalog.CategoryID]money.Amount{}
	for k, prices := range by {
		middle[k] = prices[len(prices)/2]
	}
	return middle, nil
}

// lastTime is what was bought in the newest year of the evidence, and shown in
// the newest reminder.
func lastTime(ctx context.Context, q db.Q, o *Occasion) (map[catalog.ProductID]bool, error) {
	not := map[catalog.ProductID]bool{}
	for _, p := range o.Evidence {
		if p.Day[:4] == o.Evidence[len(o.Evidence)-1].Day[:4] {
			not[p.Product] = true
		}
	}
	var years []Year
	err := q.Query(ctx).Where("occasion_id = ?", o.ID).Order("year DESC").Limit(1).Find(&years).Error
	if err != nil {
		return nil, fmt.Errorf("read what was shown for occasion %d: %w", o.ID, err)
	}
	for _, y := range years {
		for _, p := range y.Products {
			not[p] = true
		}
	}
	return not, nil
}

// around are the other shelves of the kinds' departments; all shelves for none.
func around(ctx context.Context, q db.Q, kinds []catalog.CategoryID) (more []catalog.CategoryID, err error) {
	tree, err := catalog.LoadTree(ctx, q)
	if err != nil {
		return nil, err
	}
	hidden, err := sensitive(ctx, q)
	if err != nil {
		return nil, err
	}
	add := func(id catalog.CategoryID) {
		for _, k := range tree.Under(id) {
			if !slices.Contains(kinds, k) && !slices.Contains(more, k) && !hidden[k] {
				more = append(more, k)
			}
		}
	}
	for _, k := range kinds {
		add(tree.Department(k).ID)
	}
	if len(kinds) == 0 {
		for _, root := range tree.Roots() {
			add(root.ID)
		}
	}
	return more, nil
}

// onShelves reads goods of shelves, gifts first; only gifts where asked.
func onShelves(ctx context.Context, q db.Q, shelves []catalog.CategoryID, gifts bool, currency money.Currency) ([]catalog.Card, error) {
	var ids []catalog.ProductID
	err := q.Query(ctx).Raw(`SELECT id FROM products WHERE published = TRUE AND sensitive = FALSE AND gift_card = FALSE AND category_id IN ? AND (gift = TRUE OR ? = FALSE)
		ORDER BY CASE WHEN gift = TRUE THEN 0 ELSE 1 END, position, id LIMIT 120`, shelves, gifts).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("read goods that fit: %w", err)
	}
	return catalog.Cards(ctx, q, ids, currency)
}

func fitting(cards []catalog.Card, usual map[catalog.CategoryID]money.Amount, not map[catalog.ProductID]bool, have []catalog.Card) []catalog.Card {
	return slices.DeleteFunc(slices.Clone(cards), func(c catalog.Card) bool {
		price := cmp.Or(usual[c.CategoryID], usual[0])
		outside := price > 0 && (c.Price.Amount*habitBelow < price || c.Price.Amount > price*habitAbove)
		return outside || not[c.ID] || !c.InStock || c.Waits || !c.Priced ||
			slices.ContainsFunc(have, func(h catalog.Card) bool { return h.ID == c.ID })
	})
}

// inTurns takes one of each kind after the other.
func inTurns(kinds []catalog.CategoryID, cards []catalog.Card, most int) (out []catalog.Card) {
	for len(out) < most && len(cards) > 0 {
		took := false
		for _, k := range kinds {
			i := slices.IndexFunc(cards, func(c catalog.Card) bool { return c.CategoryID == k })
			if i >= 0 && len(out) < most {
				out, cards, took = append(out, cards[i]), slices.Delete(cards, i, i+1), true
			}
		}
		if !took {
			break
		}
	}
	return out
}

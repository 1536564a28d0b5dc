package campaign

import (
	"context"
	"fmt"
	"slices"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/money"
)

// Goods are what the mail shows to somebody: of the products named by hand
// those that can be bought, in their order, Shown at most. Picked to fit, what
// they bought is left out and shelves they bought from come first; of whoever
// does not let their past purchases be used nothing is asked. nil is nobody.
func (c *Campaign) Goods(ctx context.Context, q db.Q, who *customer.Customer, currency money.Currency) ([]catalog.Card, error) {
	codes := c.Codes()
	if len(codes) == 0 {
		return nil, nil
	}
	var named []struct {
		ID   catalog.ProductID
		Code string
	}
	if err := q.Query(ctx).Raw("SELECT id, code FROM products WHERE code IN ? AND published = TRUE AND sensitive = FALSE", codes).Scan(&named).Error; err != nil {
		return nil, fmt.Errorf("read the goods of campaign %s: %w", c.Name, err)
	}
	slices.SortFunc(named, func(a, b struct {
		ID   catalog.ProductID
		Code string
	}) int {
		return slices.Index(codes, a.Code) - slices.Index(codes, b.Code)
	})
	ids := make([]catalog.ProductID, len(named))
	for i, n := range named {
		ids[i] = n.ID
	}
	cards, err := catalog.Cards(ctx, q, ids, currency)
	if err != nil {
		return nil, err
	}
	cards = slices.DeleteFunc(cards, func(k catalog.Card) bool { return !k.InStock || k.Sensitive })
	if c.Pick == ToFit && who != nil {
		if cards, err = fit(ctx, q, cards, who.ID); err != nil {
			return nil, err
		}
	}
	return cards[:min(len(cards), Shown)], nil
}

func fit(ctx context.Context, q db.Q, cards []catalog.Card, who customer.ID) ([]catalog.Card, error) {
	said, err := customer.Consents(ctx, q, who)
	if err != nil || !said[customer.Personalize] || !said[customer.History] {
		return cards, err
	}
	var bought []struct {
		ProductID  catalog.ProductID
		CategoryID catalog.CategoryID
	}
	err = q.Query(ctx).Raw(`SELECT DISTINCT l.product_id, p.category_id FROM orders o JOIN order_lines l ON l.order_id = o.id JOIN products p ON p.id = l.product_id AND p.sensitive = FALSE
		WHERE o.customer_id = ? AND o.state <> 'cancelled'`, int64(who)).Scan(&bought).Error
	if err != nil {
		return nil, fmt.Errorf("read what somebody bought: %w", err)
	}
	has, shelf := map[catalog.ProductID]bool{}, map[catalog.CategoryID]bool{}
	for _, b := range bought {
		has[b.ProductID], shelf[b.CategoryID] = true, true
	}
	cards = slices.DeleteFunc(cards, func(k catalog.Card) bool { return has[k.ID] })
	slices.SortStableFunc(cards, func(a, b catalog.Card) int {
		switch {
		case shelf[a.CategoryID] == shelf[b.CategoryID]:
			return 0
		case shelf[a.CategoryID]:
			return -1
		}
		return 1
	})
	return cards, nil
}

package checkout

import (
	"context"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/owner"
)

// Unentitled says of the lines of a cart that are for owners alone why they may
// not be bought as they stand, by variant. A guest's cart has no rights: what
// somebody owns is known of an account alone.
func Unentitled(ctx context.Context, q db.Q, v *cart.View) (map[catalog.VariantID]*fault.Fault, error) {
	if v.Cart == nil || len(v.Items) == 0 {
		return nil, nil
	}
	variants := make([]catalog.VariantID, len(v.Items))
	for i, item := range v.Items {
		variants[i] = item.Line.VariantID
	}
	var id customer.ID
	if v.Cart.CustomerID != nil {
		id = *v.Cart.CustomerID
	}
	rights, err := owner.Rights(ctx, q, id, variants)
	if err != nil || len(rights) == 0 {
		return nil, err
	}
	no := map[catalog.VariantID]*fault.Fault{}
	for _, item := range v.Items {
		if f := rights[item.Line.VariantID].Refusal(item.Line.Qty, id != 0); f != nil {
			no[item.Line.VariantID] = f
		}
	}
	return no, nil
}

// entitled refuses what is for owners to who owns none of it, and more of it
// than they own. Orders of one account wait for each other there.
func entitled(ctx context.Context, tx *db.Tx, v *cart.View) error {
	variants := make([]catalog.VariantID, len(v.Items))
	for i, item := range v.Items {
		variants[i] = item.Line.VariantID
	}
	rules, err := owner.Rules(ctx, tx)
	if err != nil || len(rules) == 0 {
		return err
	}
	for _, id := range variants {
		if rules[id] != nil && v.Cart.CustomerID != nil {
			if err := owner.Turn(ctx, tx, *v.Cart.CustomerID); err != nil {
				return err
			}
			break
		}
	}
	no, err := Unentitled(ctx, tx, v)
	if err != nil {
		return err
	}
	for _, id := range variants {
		if no[id] != nil {
			return no[id]
		}
	}
	return nil
}

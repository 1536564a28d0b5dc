package demo

import (
	"context"
	"fmt"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/inventory"
)

// coming are goods on their way to the shop, and how many of them may be sold
// before they are there.
var coming = []struct {
	sku, supplier      string
	qty, days, beyond  int
	reorderAt, written int // written off first: broken on the shelf
}{
	{sku: "BB15-SAND", supplier: "Pipkin works", qty: 8, days: 9, beyond: 4, reorderAt: 3},
	{sku: "BB13", supplier: "Pipkin works", qty: 40, days: 16, reorderAt: 20, written: 2},
	{sku: "GF04-BOAT", supplier: "Fold & Ribbon", qty: 60, days: 5, reorderAt: 30},
}

// onTheWay gives the stock room something to do.
func (b *builder) onTheWay(ctx context.Context) error {
	return b.db.InTx(ctx, func(tx *db.Tx) error {
		for i, c := range coming {
			v, ok := b.variants[c.sku]
			if !ok {
				return fmt.Errorf("there is no %s", c.sku)
			}
			in := inventory.Incoming{Token: fmt.Sprintf("demo-coming-%d", i), VariantID: v, LocationID: 1, Qty: c.qty, ExpectedAt: db.At(b.now.AddDate(0, 0, c.days)), Supplier: c.supplier}
			if err := inventory.AddIncoming(ctx, tx, in, b.now); err != nil {
				return fmt.Errorf("expect %s: %w", c.sku, err)
			}
			if err := inventory.SetReorder(ctx, tx, v, c.reorderAt, b.now); err != nil {
				return fmt.Errorf("expect %s: %w", c.sku, err)
			}
			if c.written > 0 {
				if err := inventory.WriteOff(ctx, tx, 0, v, c.written, "Torn in the box", "demo:torn", b.now); err != nil {
					return fmt.Errorf("write off %s: %w", c.sku, err)
				}
			}
			if c.beyond > 0 {
				if err := inventory.SetPolicy(ctx, tx, v, inventory.Policy{Kind: catalog.Backorder, Beyond: c.beyond}, b.now); err != nil {
					return fmt.Errorf("sell %s ahead: %w", c.sku, err)
				}
			}
		}
		return nil
	})
}

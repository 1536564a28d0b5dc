package outreach

import (
	"context"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/order"
)

// supply says with the goods of an order what a bundle holds, and what of them
// has yet to come.
func (d *Desk) supply(ctx context.Context, o *order.Order, lines []order.Line, w *letter, now time.Time) error {
	parts, err := inventory.Parts(ctx, d.DB, int64(o.ID))
	if err != nil {
		return err
	}
	waiting := map[catalog.VariantID]inventory.Late{}
	if o.State == order.StatePlaced && o.DeliveryState == order.Unshipped {
		if waiting, err = inventory.Waiting(ctx, d.DB, int64(o.ID), now); err != nil {
			return err
		}
	}
	if len(parts) == 0 && len(waiting) == 0 {
		return nil
	}
	ids := make([]catalog.VariantID, len(parts))
	for i, p := range parts {
		ids[i] = p.Variant
	}
	named, err := catalog.Buyables(ctx, d.DB, ids, o.Currency)
	if err != nil {
		return err
	}
	for i, l := range lines {
		late, isLate := waiting[l.VariantID]
		var held []string
		for _, p := range parts {
			if p.Bundle == l.VariantID {
				held = append(held, parcelLine(o.Lang, named[p.Variant].Name, named[p.Variant].Choices, p.Qty*l.Qty))
				if k, ok := waiting[p.Variant]; ok && (!isLate || !k.There) {
					late, isLate = k, true
				}
			}
		}
		if len(held) > 0 {
			w.Goods[i] += i18n.T(o.Lang, "mail.goods.inside", "goods", strings.Join(held, i18n.T(o.Lang, "mail.goods.comma")))
		}
		if isLate && !late.There {
			w.Order.Waits = true
			w.Goods[i] += d.lateWords(o.Lang, late, now)
		}
	}
	return nil
}

func (d *Desk) lateWords(l i18n.Lang, late inventory.Late, now time.Time) string {
	if !late.Due.After(now) {
		return i18n.T(l, "mail.goods.late.unknown")
	}
	return i18n.T(l, "mail.goods.late", "date", i18n.Date(l, late.Due.In(d.Settings.Now().Zone())))
}

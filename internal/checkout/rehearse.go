package checkout

import (
	"context"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/pricing"
)

// Rehearsal is what a promotion would have done to orders of the past. Cost is
// what it takes off them together, delivery that would have been free with it.
type Rehearsal struct {
	Orders, Hits int
	Cost         money.Amount
	Currency     money.Currency
	Cut          bool // there were more orders than are looked at
}

// mostRehearsed orders are looked at, the newest first.
const mostRehearsed = 5000

// Rehearse prices the orders of a time again as if the promotion had been the
// only one and had needed no code: its days, its limit a person and the
// segment it is bound to are left out, since the past does not know them. It
// is pricing.Make over what was stored, and writes nothing.
func Rehearse(ctx context.Context, q db.Q, p pricing.Promotion, currency money.Currency, since, until time.Time) (*Rehearsal, error) {
	if p.Currency != "" {
		currency = p.Currency
	}
	r := &Rehearsal{Currency: currency}
	orders, err := order.Between(ctx, q, currency, since, until, mostRehearsed+1)
	if err != nil {
		return nil, err
	}
	if r.Cut = len(orders) > mostRehearsed; r.Cut {
		orders = orders[:mostRehearsed]
	}
	ids := make([]order.ID, len(orders))
	for i, o := range orders {
		ids[i] = o.ID
	}
	lines, err := order.LinesOf(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	known, err := goodsOf(ctx, q, lines, currency)
	if err != nil {
		return nil, err
	}
	p.State, p.NeedsCode, p.Used, p.LimitPerson, p.StartsOn, p.EndsOn, p.Segments, p.Tiers = pricing.Live, false, 0, 0, "", "", nil, nil
	deals, err := pricing.Only(ctx, q, p)
	if err != nil {
		return nil, err
	}
	for _, o := range orders {
		in := pricing.Input{Currency: currency, Deals: deals}
		if o.DeliveryCode != "" {
			in.Method = &pricing.Method{Code: o.DeliveryCode, Currency: currency, Price: o.Delivery}
		}
		for _, l := range lines[o.ID] {
			b := known[l.VariantID]
			b.VariantID, b.ProductID, b.SKU, b.Priced = l.VariantID, l.ProductID, l.SKU, true
			b.Price = money.Price{Amount: l.UnitPrice, Currency: currency}
			in.Lines = append(in.Lines, pricing.Wanted{Buyable: b, Qty: min(l.Qty, pricing.MostOf)})
		}
		r.Orders++
		quote, err := pricing.Make(in)
		if err != nil {
			return nil, err
		}
		if len(quote.Applied) == 0 || p.LimitAll > 0 && r.Hits == p.LimitAll {
			continue
		}
		r.Hits++
		for _, a := range quote.Applied {
			r.Cost += a.Amount
		}
	}
	return r, nil
}

// goodsOf reads what is known today of the goods on the lines: their shelf,
// and whether they may be reduced.
func goodsOf(ctx context.Context, q db.Q, lines map[order.ID][]order.Line, currency money.Currency) (map[catalog.VariantID]catalog.Buyable, error) {
	seen := map[catalog.VariantID]bool{}
	var ids []catalog.VariantID
	for _, of := range lines {
		for _, l := range of {
			if !seen[l.VariantID] {
				seen[l.VariantID], ids = true, append(ids, l.VariantID)
			}
		}
	}
	return catalog.Buyables(ctx, q, ids, currency)
}

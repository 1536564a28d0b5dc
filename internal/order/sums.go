package order

import (
	"cmp"
	"context"
	"slices"

	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/pricing"
)

// Sum is one row below the lines of an order. Kind is goods, less, delivery,
// tax or total; Name is the promotion's or the delivery's own, if it has one.
type Sum struct {
	Kind   string
	Name   i18n.Text
	Amount money.Amount // what takes away is below 0
}

// Sums are the amounts of an order as they were frozen, in the order of
// reading: goods, each promotion by its name, delivery, tax on top, total, and
// last the tax that is inside it.
func Sums(ctx context.Context, q db.Q, o *Order) ([]Sum, error) {
	taken, err := pricing.TakenOff(ctx, q, int64(o.ID))
	if err != nil {
		return nil, err
	}
	sums := []Sum{{Kind: "goods", Amount: o.Subtotal}}
	delivery, spared, rest := o.Delivery, []Sum{}, o.Discount
	for _, t := range taken {
		if t.Off > 0 {
			sums, rest = append(sums, Sum{"less", t.Name, -t.Off}), rest-t.Off
		}
		if free := t.Amount - t.Off; free > 0 {
			spared, delivery = append(spared, Sum{"less", t.Name, -free}), delivery+free
		}
	}
	if rest > 0 { // of another shop, or from before promotions had names
		sums = append(sums, Sum{Kind: "less", Amount: -rest})
	}
	if o.DeliveryCode != "" || o.Delivery > 0 {
		sums = append(sums, Sum{"delivery", o.DeliveryName, delivery})
	}
	sums = append(sums, spared...)
	tax, total := Sum{Kind: "tax", Amount: o.Tax}, Sum{Kind: "total", Amount: o.Total}
	switch {
	case o.Tax == 0:
		return append(sums, total), nil
	case o.TaxIncluded:
		return append(sums, total, tax), nil
	}
	return append(sums, tax, total), nil
}

// Taxed is what an order holds at one rate; Gross = Net + Tax.
type Taxed struct {
	Rate            money.Rate
	Net, Tax, Gross money.Amount
}

// ByRate sums up lines and delivery by their tax rate, the highest first; nil
// where rates were not kept.
func (o *Order) ByRate(lines []Line) []Taxed {
	by := map[money.Rate]Taxed{}
	add := func(rate money.Rate, amount, tax money.Amount) {
		t := by[rate]
		t.Rate, t.Tax = rate, t.Tax+tax
		if o.TaxIncluded {
			t.Gross, t.Net = t.Gross+amount, t.Net+amount-tax
		} else {
			t.Gross, t.Net = t.Gross+amount+tax, t.Net+amount
		}
		by[rate] = t
	}
	for _, l := range lines {
		if l.TaxRate < 0 {
			return nil
		}
		add(l.TaxRate, l.Total, l.Tax)
	}
	if o.Delivery > 0 {
		add(o.DeliveryRate, o.Delivery, o.DeliveryTax)
	}
	var all []Taxed
	for _, t := range by {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b Taxed) int { return cmp.Compare(b.Rate, a.Rate) })
	return all
}

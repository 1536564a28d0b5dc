package catalog

import (
	"encoding/json"
	"slices"
)

// cardBuilder folds the active variants of a product, in order, into its card.
type cardBuilder struct {
	Card
	accents []string
}

// add takes the next variant in. One without a price cannot be bought, so it
// only counts where no variant has one.
func (b *cardBuilder) add(o offer, available int) {
	if !o.priced {
		if b.SKU == "" {
			b.SKU = o.sku
		}
		if !b.Priced {
			b.Variants++
		}
		return
	}
	canBuy := available != 0
	switch {
	case !b.Priced:
		b.Priced, b.Variants, b.SKU = true, 0, o.sku
		b.Price.Amount, b.Was, b.Said = o.amount, o.was, o.said
		b.Left, b.InStock = available, canBuy
	default:
		b.From = b.From || o.amount != b.Price.Amount
		if o.amount < b.Price.Amount {
			b.Price.Amount, b.Was, b.Said = o.amount, o.was, o.said
		}
		if canBuy && !b.InStock {
			b.SKU, b.InStock = o.sku, true
		}
		if b.Left >= 0 && (available < 0 || available > b.Left) {
			b.Left = available
		}
	}
	b.Variants++
	if o.accent != "" && !slices.Contains(b.accents, o.accent) {
		b.accents = append(b.accents, o.accent)
		b.Colours = len(b.accents)
	}
}

func parseChoices(s string) (map[string]string, error) {
	choices := map[string]string{}
	return choices, json.Unmarshal([]byte(s), &choices)
}

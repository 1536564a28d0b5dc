package catalog

import (
	"encoding/json"
	"slices"

	"regulars/internal/money"
)

// cardBuilder folds the active variants of a product, in order, into its card.
type cardBuilder struct {
	Card
	accents []string
}

// add takes the next variant in. One without a price cannot be bought, so it
// only counts where no variant has one.
func (b *cardBuilder) add(sku, accent string, priced bool, amount, was money.Amount, available int) {
	if !priced {
		if b.SKU == "" {
			b.SKU = sku
		}
		if !b.Priced {
			b.Variants++
		}
		return
	}
	canBuy := available != 0
	switch {
	case !b.Priced:
		b.Priced, b.Variants, b.SKU = true, 0, sku
		b.Price.Amount, b.Was = amount, was
		b.Left, b.InStock = available, canBuy
	default:
		b.From = b.From || amount != b.Price.Amount
		if amount < b.Price.Amount {
			b.Price.Amount, b.Was = amount, was
		}
		if canBuy && !b.InStock {
			b.SKU, b.InStock = sku, true
		}
		if b.Left >= 0 && (available < 0 || available > b.Left) {
			b.Left = available
		}
	}
	b.Variants++
	if accent != "" && !slices.Contains(b.accents, accent) {
		b.accents = append(b.accents, accent)
		b.Colours = len(b.accents)
	}
}

func parseChoices(s string) (map[string]string, error) {
	choices := map[string]string{}
	return choices, json.Unmarshal([]byte(s), &choices)
}

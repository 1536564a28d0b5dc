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
func (b *cardBuilder) add(o offer, supply Supply) {
	if !o.priced {
		if b.SKU == "" {
			b.SKU = o.sku
		}
		if !b.Priced {
			b.Variants++
		}
		return
	}
	canBuy := supply.Available != 0
	waits := canBuy && supply.Waits(1)
	switch {
	case !b.Priced:
		b.Priced, b.Variants, b.SKU = true, 0, o.sku
		b.Price.Amount, b.Was, b.Said = o.amount, o.was, o.said
		b.Left, b.InStock, b.Waits, b.Preorder = supply.Now, canBuy, waits, waits && supply.Preorder
	default:
		b.From = b.From || o.amount != b.Price.Amount
		if o.amount < b.Price.Amount {
			b.Price.Amount, b.Was, b.Said = o.amount, o.was, o.said
		}
		if canBuy && (!b.InStock || b.Waits && !waits) { // what is there goes before what is not
			b.SKU, b.InStock, b.Waits, b.Preorder = o.sku, true, waits, waits && supply.Preorder
		}
		if b.Left >= 0 && (supply.Now < 0 || supply.Now > b.Left) {
			b.Left = supply.Now
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

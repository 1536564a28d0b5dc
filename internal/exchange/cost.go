package exchange

import (
	"strings"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/money"
	"regulars/internal/setting"
)

// cost reads what a unit costs the shop, in its own currency whatever the
// row's prices are in; nil where the cell is empty.
func (j *job) cost(r cells) (*money.Amount, error) {
	s := strings.ReplaceAll(r.key("cost"), " ", "")
	if s == "" {
		return nil, nil
	}
	if j.own == "" { // settled before the first product (ensureCurrency)
		values, err := setting.Read(j.ctx, j.d)
		if err != nil {
			return nil, err
		}
		j.own = values.Currency()
	}
	a, err := money.Parse(s, j.own)
	return &a, err
}

// costs brings the costs of a written product to what its rows say.
func (j *job) costs(tx *db.Tx, d catalog.Draft, g group, variants map[string]catalog.VariantID) (bool, error) {
	if !g.rows[0].has("cost") {
		return false, nil
	}
	ids := make([]catalog.VariantID, 0, len(variants))
	for _, id := range variants {
		ids = append(ids, id)
	}
	have, err := catalog.Costs(j.ctx, tx, ids)
	if err != nil {
		return false, err
	}
	change := map[catalog.VariantID]*money.Amount{}
	for _, r := range g.rows {
		sku := r.key("sku")
		if sku == "" {
			sku = d.Variants[0].SKU
		}
		cost, err := j.cost(r)
		if err != nil {
			return false, err
		}
		id := variants[sku]
		if old, known := have[id]; known != (cost != nil) || known && old != *cost {
			change[id] = cost
		}
	}
	return len(change) > 0, catalog.SetCosts(j.ctx, tx, change)
}

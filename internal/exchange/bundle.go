package exchange

import (
	"strconv"
	"strings"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/inventory"
)

// link is what a row says is inside a bundle. It is written after all
// products: what is inside may stand further down the file.
type link struct {
	line      int
	sku       string
	parts     string // "SKU*2 SKU"
	unchanged bool   // its product was, apart from this
}

// inside keeps what the rows of a written product say of components.
func (j *job) inside(d catalog.Draft, g group, unchanged bool) {
	for _, r := range g.rows {
		if !r.has("components") {
			continue
		}
		sku := r.key("sku")
		if sku == "" {
			sku = d.Variants[0].SKU
		}
		j.links = append(j.links, link{r.line, sku, r.key("components"), unchanged})
		unchanged = false // the product is counted once
	}
}

// linkAll makes bundles of what the file says. A dry run has taken the file's
// products back by now, so it only reads the cells.
func (j *job) linkAll() error {
	for start := 0; start < len(j.links); start += productBatch {
		part := j.links[start:min(start+productBatch, len(j.links))]
		moved := 0
		sum := *j.sum
		err := j.inTx(func(tx *db.Tx) error {
			*j.sum, moved = sum, 0
			for _, l := range part {
				changed, err := j.link(tx, l)
				if err != nil {
					return err
				}
				if changed && l.unchanged {
					moved++
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		j.sum.Updated += moved
		j.sum.Unchanged -= moved
	}
	return nil
}

func (j *job) link(tx *db.Tx, l link) (changed bool, err error) {
	skus := []string{l.sku}
	var units []int
	for _, cell := range strings.Fields(l.parts) {
		sku, count, many := strings.Cut(cell, "*")
		qty := 1
		if many {
			qty, _ = strconv.Atoi(count)
		}
		if sku == "" || qty < 1 || qty > 1000 {
			j.sum.wrong(l.line, "exchange.bundle.cell", "value", cut(cell, 40))
			return false, nil
		}
		skus, units = append(skus, sku), append(units, qty)
	}
	known, err := variantsBySKU(j.ctx, tx, skus)
	if err != nil {
		return false, err
	}
	var parts []catalog.Component
	for i, sku := range skus {
		v, ok := known[sku]
		if !ok {
			if !j.opt.DryRun {
				j.sum.wrong(l.line, "exchange.stock.unknown", "sku", sku)
			}
			return false, nil
		}
		if i > 0 {
			parts = append(parts, catalog.Component{Variant: v.Variant, Qty: units[i-1]})
		}
	}
	changed, err = inventory.Bundle(j.ctx, tx, known[l.sku].Variant, parts, j.opt.Now)
	if err != nil {
		return false, j.sum.refuse(l.line, err)
	}
	return changed, nil
}

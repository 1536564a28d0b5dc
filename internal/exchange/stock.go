package exchange

import (
	"fmt"
	"strings"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/inventory"
)

// count brings the stock of a written product to what its rows say.
func (j *job) count(tx *db.Tx, d catalog.Draft, g group, variants map[string]catalog.VariantID) (bool, error) {
	if !g.rows[0].has("stock") {
		return false, nil
	}
	moved := false
	for _, r := range g.rows {
		sku := r.key("sku")
		if sku == "" {
			sku = d.Variants[0].SKU
		}
		var onHand *int
		for _, v := range d.Variants {
			if v.SKU == sku {
				onHand = v.OnHand
			}
		}
		changed, err := j.setStock(tx, r.line, variants[sku], onHand)
		if err != nil {
			return false, err
		}
		moved = moved || changed
	}
	return moved, nil
}

// setStock counts a variant, or stops counting it where onHand is nil. A
// refusal (promised to orders) is the row's, not the import's.
func (j *job) setStock(tx *db.Tx, line int, v catalog.VariantID, onHand *int) (changed bool, err error) {
	have, err := levelOf(j.ctx, tx, v)
	if err != nil {
		return false, err
	}
	if onHand == nil {
		if have == nil || !have.Tracked {
			return false, nil
		}
		return true, inventory.Track(j.ctx, tx, v, false, j.opt.Now)
	}
	if have != nil && have.Tracked && have.OnHand == *onHand {
		return false, nil
	}
	if have == nil || have.OnHand != *onHand {
		key := fmt.Sprintf("import:%d", j.opt.Now.UnixMilli())
		if err := inventory.Count(j.ctx, tx, v, *onHand, key, j.opt.Now); err != nil {
			return false, j.sum.refuse(line, err)
		}
	}
	if have != nil && !have.Tracked {
		return true, inventory.Track(j.ctx, tx, v, true, j.opt.Now)
	}
	return true, nil
}

// stock reads a file of sku and on_hand; an empty on_hand stops counting.
func (j *job) stock() error {
	type counted struct {
		line   int
		sku    string
		onHand *int
	}
	var batch []counted
	seen := map[string]bool{}
	flush := func() error {
		skus := make([]string, len(batch))
		for i, c := range batch {
			skus[i] = c.sku
		}
		var updated, unchanged int
		sum := *j.sum
		err := j.inTx(func(tx *db.Tx) error {
			*j.sum, updated, unchanged = sum, 0, 0
			known, err := variantsBySKU(j.ctx, tx, skus)
			if err != nil {
				return err
			}
			for _, c := range batch {
				v, ok := known[c.sku]
				if !ok {
					j.sum.wrong(c.line, "exchange.stock.unknown", "sku", c.sku)
					continue
				}
				before := j.sum.ErrorsTotal
				changed, err := j.setStock(tx, c.line, v.Variant, c.onHand)
				switch {
				case err != nil:
					return err
				case changed:
					updated++
				case j.sum.ErrorsTotal == before:
					unchanged++
				}
			}
			return nil
		})
		batch = batch[:0]
		j.sum.Updated += updated
		j.sum.Unchanged += unchanged
		return err
	}
	err := j.each(func(r row) error {
		sku := r.key("sku")
		switch {
		case r.broken:
			return nil
		case sku == "":
			j.sum.wrong(r.line, "exchange.product.sku")
			return nil
		case seen[sku]:
			j.sum.wrong(r.line, "exchange.product.twice", "sku", sku)
			return nil
		}
		seen[sku] = true
		c := counted{line: r.line, sku: sku}
		if s := r.key("onhand"); s != "" {
			n, ok := parseInt([]byte(strings.ReplaceAll(s, " ", "")))
			if !ok || n < 0 {
				j.sum.wrong(r.line, "exchange.row.number", "column", "on_hand", "value", cut(s, 40))
				return nil
			}
			units := int(n)
			c.onHand = &units
		}
		if batch = append(batch, c); len(batch) >= 500 {
			return flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

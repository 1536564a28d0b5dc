package exchange

import (
	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/setting"
)

// undoHeader is what an undo puts back. Units on the shelf are not in it: goods
// were sold and counted since. Facts are in no file.
var undoHeader = func() []string {
	var names []string
	for _, name := range ProductHeader {
		if name != "stock" {
			names = append(names, name)
		}
	}
	return names
}()

// madeHeader takes products off the shop that an import made.
var madeHeader = []string{"code", "sku", "published"}

// before is the rows of the products that a batch may change, by code, where
// somebody wants to know them.
func (j *job) before(tx *db.Tx, have map[string]*stored, tree *catalog.Tree) (map[string][]map[string]string, error) {
	if j.opt.wrote == nil || len(have) == 0 {
		return nil, nil
	}
	values, err := setting.Read(j.ctx, tx)
	if err != nil {
		return nil, err
	}
	var products []catalog.Product
	for _, s := range have {
		products = append(products, s.Product)
	}
	rows := map[string][]map[string]string{}
	err = putProducts(j.ctx, tx, products, have, tree, j.opt.Currency, values.Currency(), func(m map[string]string) error {
		delete(m, "stock")
		rows[m["code"]] = append(rows[m["code"]], m)
		return nil
	})
	return rows, err
}

// written is what an undo needs of one product: the rows it had, each variant
// that came new switched off, or, for a product that is new, each of its
// variants.
func (j *job) written(d catalog.Draft, made bool, before []map[string]string) written {
	w := written{code: d.Code, made: made, before: before}
	known := map[string]bool{}
	for _, m := range before {
		known[m["sku"]] = true
	}
	for _, v := range d.Variants {
		if known[v.SKU] {
			continue
		}
		m := map[string]string{"code": d.Code, "sku": v.SKU, "published": "no"}
		if !made {
			(&stored{Draft: d}).variantCells(m, v, j.opt.Currency)
			m["active"] = "no"
			delete(m, "published")
		}
		w.before = append(w.before, m)
	}
	return w
}

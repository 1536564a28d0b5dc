package exchange

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
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

// shelf is a row of a stock file. place is a code; "" = all places that sell.
type shelf struct {
	line       int
	sku, place string
	counted    bool // the row says what lies there, onHand nil: nobody counts it
	onHand     *int
	coming     *int // units on their way; nil = the row says nothing of it
	expected   time.Time
	supplier   string
}

// stock reads a file of sku and on_hand; an empty on_hand stops counting. With
// a place in the column location the row is about that place alone, and an
// empty on_hand says nothing. incoming are the units on their way (0 = none
// any more), with expected, a day, and supplier.
func (j *job) stock() error {
	var batch []shelf
	seen := map[string]bool{}
	flush := func() error {
		var updated, unchanged int
		sum := *j.sum
		err := j.inTx(func(tx *db.Tx) error {
			*j.sum, updated, unchanged = sum, 0, 0
			skus := make([]string, len(batch))
			for i, c := range batch {
				skus[i] = c.sku
			}
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
				changed, err := j.setShelf(tx, c, v.Variant)
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
		c, ok := j.shelf(r)
		if !ok {
			return nil
		}
		if seen[c.sku+" "+c.place] {
			j.sum.wrong(r.line, "exchange.product.twice", "sku", c.sku)
			return nil
		}
		seen[c.sku+" "+c.place] = true
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

// shelf reads one row, and says what is wrong with it.
func (j *job) shelf(r row) (shelf, bool) {
	if r.broken {
		return shelf{}, false
	}
	c := shelf{line: r.line, sku: r.key("sku"), place: r.key("location"), supplier: cut(r.key("supplier"), 200)}
	if c.sku == "" {
		j.sum.wrong(r.line, "exchange.product.sku")
		return c, false
	}
	whole := true
	number := func(name, column string) *int {
		s := r.key(name)
		if s == "" {
			return nil
		}
		n, ok := parseInt([]byte(strings.ReplaceAll(s, " ", "")))
		if !ok || n < 0 || n > 1_000_000_000 {
			j.sum.wrong(r.line, "exchange.row.number", "column", column, "value", cut(s, 40))
			whole = false
			return nil
		}
		units := int(n)
		return &units
	}
	c.onHand, c.coming = number("onhand", "on_hand"), number("incoming", "incoming")
	c.counted = c.onHand != nil || c.place == ""
	if c.coming == nil && r.has("incoming") && whole {
		c.coming = new(int)
	}
	if s := r.key("expected"); s != "" && whole {
		if c.expected, whole = parseTime(s, time.UTC); !whole {
			j.sum.wrong(r.line, "exchange.stock.day", "value", cut(s, 40))
		}
	}
	return c, whole
}

// setShelf brings a variant to what a row says. A refusal is the row's.
func (j *job) setShelf(tx *db.Tx, c shelf, v catalog.VariantID) (changed bool, err error) {
	at := inventory.LocationID(0)
	if c.place != "" {
		l, err := inventory.LocationByCode(j.ctx, tx, c.place)
		if errors.Is(err, fault.Invalid) {
			j.sum.wrong(c.line, "exchange.stock.place", "value", cut(c.place, 40))
			return false, nil
		}
		if err != nil {
			return false, err
		}
		at = l.ID
	}
	before := j.sum.ErrorsTotal
	switch {
	case c.counted && at == 0:
		changed, err = j.setStock(tx, c.line, v, c.onHand)
	case c.counted:
		changed, err = j.setPlace(tx, c.line, v, at, *c.onHand)
	}
	if err != nil || c.coming == nil || j.sum.ErrorsTotal > before {
		return changed, err
	}
	came, err := inventory.SetIncoming(j.ctx, tx, inventory.Incoming{VariantID: v, LocationID: at, Qty: *c.coming, ExpectedAt: db.At(c.expected), Supplier: c.supplier}, j.opt.Now)
	if err != nil {
		return changed, j.sum.refuse(c.line, err)
	}
	return changed || came, nil
}

func (j *job) setPlace(tx *db.Tx, line int, v catalog.VariantID, at inventory.LocationID, onHand int) (bool, error) {
	lies, err := inventory.Lies(j.ctx, tx, v)
	if err != nil {
		return false, err
	}
	for _, l := range lies {
		if l.ID == at && l.OnHand == onHand {
			return false, nil
		}
	}
	if err := inventory.CountAt(j.ctx, tx, at, v, onHand, fmt.Sprintf("import:%d:%d", j.opt.Now.UnixMilli(), at), j.opt.Now); err != nil {
		return false, j.sum.refuse(line, err)
	}
	return true, nil
}

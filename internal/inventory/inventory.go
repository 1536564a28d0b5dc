// Package inventory counts the goods: how many lie at which place, how many of
// these are promised to orders, how many are on their way, and every movement
// that made it so. It alone writes the stock, and only by guarded updates, so
// that the last unit is sold once however many want it.
//
// Selling takes from one row a variant (stock), so that placing an order stays
// one update. What lies where (stock_places) is moved when goods come, go or
// are counted, always with that row locked.
package inventory

import (
	"cmp"
	"fmt"
	"slices"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

// Line asks for units of a variant.
type Line struct {
	Variant catalog.VariantID
	Qty     int
	Single  bool // the caller knows that it is no bundle, which saves Reserve a look
}

// OutOfStockError says that fewer units are left than were asked for. It is a
// fault.Conflict.
type OutOfStockError struct {
	Variant catalog.VariantID
	Left    int
}

func (e *OutOfStockError) Error() string {
	return fmt.Sprintf("variant %d has %d units left", e.Variant, e.Left)
}

// Unwrap makes the kind visible to errors.Is.
func (e *OutOfStockError) Unwrap() error { return fault.Conflict }

// Level is a variant's stock as the staff's list shows it.
type Level struct {
	Variant    catalog.VariantID
	Product    catalog.ProductID
	SKU        string
	Slug       string
	Name       i18n.Text
	Tracked    bool
	OnHand     int // at the places that sell
	Reserved   int
	Policy     string
	Beyond     int
	ReadyAt    db.Time
	ExpectedAt db.Time // of the next incoming delivery with a day
	ReorderAt  int
	Incoming   int
	Bundle     bool // counted by its components
}

// Available is what can still be sold; -1 = not counted.
func (l Level) Available() int {
	if !l.Tracked {
		return -1
	}
	return l.OnHand + l.Beyond - l.Reserved
}

// Left is what is there and not promised; below 0 so many units are promised
// beyond what is there.
func (l Level) Left() int { return l.OnHand - l.Reserved }

// LevelQuery asks for a page of levels.
type LevelQuery struct {
	Text    string // SKU or product code holds this
	Low     *int   // only counted variants with at most so many left
	Page    int    // from 1
	PerPage int    // 0 = 50
}

// Wrong is one broken invariant, for doctor and tests.
type Wrong struct {
	Rule   string // S1, S2 or S4
	Detail string
}

// What may end a hold, as its state says afterwards.
const (
	Released = "released" // the order was cancelled, or its goods given back
	Expired  = "expired"  // nobody paid in time
)

// merge adds up lines of the same variant and puts them in id order: two
// orders that want the same goods then meet at the first of them and cannot
// block each other.
func merge(lines []Line) ([]Line, error) {
	units := map[catalog.VariantID]int{}
	for _, l := range lines {
		if l.Qty <= 0 {
			return nil, fault.New(fault.Invalid, "inventory.qty.wrong")
		}
		units[l.Variant] += l.Qty
	}
	merged := make([]Line, 0, len(units))
	for v, qty := range units {
		merged = append(merged, Line{Variant: v, Qty: qty})
	}
	slices.SortFunc(merged, func(a, b Line) int { return cmp.Compare(a.Variant, b.Variant) })
	return merged, nil
}

package cart

import (
	"context"
	"errors"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/inventory"
)

// Wish is so many of a variant.
type Wish struct {
	Variant catalog.VariantID
	Qty     int
}

// Bring makes the cart hold at least what is wished for, each as far as it can
// be had now, and returns how many lines it holds of them and those that it
// could not bring in whole. Wished for twice, as by a second click, it is
// brought once.
func Bring(ctx context.Context, tx *db.Tx, id ID, wishes []Wish, now time.Time) (held int, short []Wish, err error) {
	have, err := quantities(ctx, tx, id)
	if err != nil {
		return 0, nil, err
	}
	for _, w := range wishes {
		more := min(w.Qty, MostOf) - have[w.Variant]
		if more < 1 {
			continue
		}
		err := Add(ctx, tx, id, w.Variant, more, now)
		var out *inventory.OutOfStockError
		if errors.As(err, &out) && out.Left > have[w.Variant] { // what is there of it
			err = Add(ctx, tx, id, w.Variant, out.Left-have[w.Variant], now)
		}
		if kind := fault.Kind(err); err != nil && kind != fault.Conflict && kind != fault.NotFound { // these: sold out, gone, or the cart is full
			return 0, nil, err
		}
	}
	if have, err = quantities(ctx, tx, id); err != nil {
		return 0, nil, err
	}
	for _, w := range wishes {
		if have[w.Variant] > 0 {
			held++
		}
		if have[w.Variant] < w.Qty {
			short = append(short, w)
		}
	}
	return held, short, nil
}

func quantities(ctx context.Context, q db.Q, id ID) (map[catalog.VariantID]int, error) {
	lines, err := Lines(ctx, q, id)
	have := make(map[catalog.VariantID]int, len(lines))
	for _, l := range lines {
		have[l.VariantID] = l.Qty
	}
	return have, err
}

package cart

import (
	"reflect"
	"testing"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
)

// TestSeveralThingsAreBroughtOnce: of each what can be had, no more than was
// wished for however often, and by name what is short.
func TestSeveralThingsAreBroughtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		plenty, few, none, capped := sell(t, d, "plenty", 50, 0), sell(t, d, "few", 2, 0), sell(t, d, "none", 0, 0), sell(t, d, "capped", 50, 3)
		wishes := []Wish{{plenty, 4}, {few, 3}, {none, 1}, {capped, 5}, {catalog.VariantID(99_999), 1}}
		short := []Wish{{few, 3}, {none, 1}, {capped, 5}, {99_999, 1}}
		p := guest(t, d)
		var id ID
		in(t, d, func(tx *db.Tx) error {
			c, err := Ensure(ctx, tx, p, "USD", i18n.English, "", now)
			if err != nil {
				return err
			}
			id = c.ID
			return Add(ctx, tx, id, plenty, 1, now)
		})
		for range 2 {
			in(t, d, func(tx *db.Tx) error {
				held, missed, err := Bring(ctx, tx, id, wishes, now)
				if held != 3 || !reflect.DeepEqual(missed, short) {
					t.Errorf("%d lines are held, short are %v", held, missed)
				}
				return err
			})
			have, err := quantities(ctx, d, id)
			if want := map[catalog.VariantID]int{plenty: 4, few: 2, capped: 3}; err != nil || !reflect.DeepEqual(have, want) {
				t.Errorf("the cart holds %v, %v", have, err)
			}
		}
	})
}

package checkout_test

import (
	"fmt"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/inventory"
)

// ahead makes the world's stock harder: one good is sold two units ahead, and
// the last one is a set of the scarcest and the commonest.
func (w *template) ahead(s *shop) {
	s.t.Helper()
	s.tx(func(tx *db.Tx) error {
		return inventory.SetPolicy(ctx, tx, w.goods[1], inventory.Policy{Kind: catalog.Backorder, Beyond: 2}, s.at)
	})
	set := s.sell("GOODSET", 1000, -1)
	s.bundle(set, w.goods[0], w.goods[3])
	w.goods = append(w.goods, set)
}

// deliver brings what was sold ahead.
func (w *world) deliver() {
	var lines []inventory.Line
	err := w.db.Query(ctx).Raw("SELECT variant_id AS variant, reserved - on_hand AS qty FROM stock WHERE reserved > on_hand").Scan(&lines).Error
	for i, l := range lines {
		if err == nil {
			err = w.db.InTx(ctx, func(tx *db.Tx) error {
				return inventory.ReceiveAt(ctx, tx, 0, l.Variant, l.Qty, fmt.Sprint("calm:", i), w.at)
			})
		}
	}
	if err != nil {
		w.wrong("what was sold ahead cannot be delivered: %v", err)
	}
}

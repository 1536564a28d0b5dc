package doctor_test

import (
	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/money"
	"regulars/internal/payment"
)

// stockroom adds a second place, goods on their way and a set of two bulbs and
// a shade, of which one is sold and paid.
func (s *shop) stockroom() {
	s.t.Helper()
	s.tx(func(tx *db.Tx) error {
		if err := inventory.PutLocation(ctx, tx, inventory.Location{Code: "back", Name: i18n.Text{En: "Store room", Zh: "库房"}, Position: 1}, s.now); err != nil {
			return err
		}
		back, err := inventory.LocationByCode(ctx, tx, "back")
		if err != nil {
			return err
		}
		variant := func(sku string) catalog.VariantID {
			_, _, ids, err := catalog.Put(ctx, tx, catalog.Draft{Product: catalog.Product{Code: sku, Name: i18n.Text{En: sku}, Published: true},
				Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: sku, Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: 900}, "EUR": {Amount: 800}}}}}, s.now)
			s.must(err)
			return ids[sku]
		}
		bulb, shade := variant("BULB"), variant("SHADE")
		s.set = variant("SET")
		s.must(inventory.Count(ctx, tx, bulb, 9, "opening", s.now))
		s.must(inventory.Count(ctx, tx, shade, 3, "opening", s.now))
		s.must(inventory.Move(ctx, tx, bulb, 1, back.ID, 2, "moved", s.now))
		s.must(inventory.AddIncoming(ctx, tx, inventory.Incoming{Token: "inc1", VariantID: shade, LocationID: 1, Qty: 5, ExpectedAt: db.At(s.now.AddDate(0, 0, 9))}, s.now))
		s.must(inventory.ReceiveIncoming(ctx, tx, shade, "inc1", 2, "came", s.now))
		_, err = inventory.Bundle(ctx, tx, s.set, []catalog.Component{{Variant: bulb, Qty: 2}, {Variant: shade, Qty: 1}}, s.now)
		return err
	})
	id := s.orderOf(func(tx *db.Tx, c *cart.Cart) error { return cart.Add(ctx, tx, c.ID, s.set, 1, s.now) })
	s.settle(id, payment.OutcomePaid)
}

// stockBreaks are the breaks of stock: places, bundles, incoming goods.
var stockBreaks = []struct{ code, sql string }{
	{"S6", "UPDATE hold_parts SET qty = qty + 1 WHERE qty = 2"},
	{"S6", "DELETE FROM hold_parts"},
	{"S6", "UPDATE hold_parts SET order_id = (SELECT max(id) FROM orders)"},
	{"S6", "INSERT INTO components (bundle_id, variant_id, qty) SELECT min(variant_id), max(variant_id), 1 FROM components"},
	{"S6", "INSERT INTO stock (variant_id, tracked, counted_since, updated_at) SELECT DISTINCT bundle_id, TRUE, 9000000000000, 1 FROM components"},
	{"S9", "UPDATE stock_places SET on_hand = on_hand + 1"},
	{"S9", "UPDATE stock_movements SET location_id = 1 WHERE qty = 2 AND reason = 'moved'; UPDATE stock SET on_hand = on_hand + 2 WHERE variant_id IN (SELECT variant_id FROM stock_movements WHERE reason = 'moved')"},
	{"S10", "UPDATE incoming SET received = qty + 1, closed_at = 1; UPDATE stock SET expected_at = 0"},
	{"S10", "UPDATE incoming SET received = received - 1"},
	{"S10", "UPDATE stock SET expected_at = 77"},
	{"S11", "UPDATE stock_movements SET reason = 'counted' WHERE reason = 'moved' AND qty > 0"},
}

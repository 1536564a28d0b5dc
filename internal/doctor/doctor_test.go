package doctor_test

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/doctor"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/payment"
	"regulars/internal/pricing"
	"regulars/internal/segment"
	"regulars/internal/setting"
	"regulars/internal/value"
	"regulars/templates"
)

var (
	ctx  = context.Background()
	noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
)

type shop struct {
	t    *testing.T
	d    *db.DB
	desk *checkout.Desk
	now  time.Time
	lamp catalog.VariantID
	set  catalog.VariantID // a bundle
}

func (s *shop) tx(fn func(tx *db.Tx) error) {
	s.t.Helper()
	if err := s.d.InTx(ctx, fn); err != nil {
		s.t.Fatal(err)
	}
}

// lively is a small sound shop in which everything has happened once: orders
// that wait, are paid, processing, declined, shipped, cancelled and refunded,
// run out, simulated and imported.
func lively(t *testing.T, d *db.DB) *shop {
	t.Helper()
	s := &shop{t: t, d: d, now: noon}
	live := &setting.Live{}
	s.tx(func(tx *db.Tx) error {
		if err := setting.Set(ctx, tx, "tax.percent", "20", s.now); err != nil {
			return err
		}
		if err := pricing.PutMethod(ctx, tx, pricing.Method{Code: "standard", Currency: "USD", Name: i18n.Text{En: "Standard"}, Price: 420, DaysMin: 2, DaysMax: 5, Active: true}); err != nil {
			return err
		}
		_, _, ids, err := catalog.Put(ctx, tx, catalog.Draft{Product: catalog.Product{Code: "lamp", Name: i18n.Text{En: "Lamp"}, Published: true},
			Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: "LAMP", Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: 4000}, "EUR": {Amount: 3900}}}}}, s.now)
		if err != nil {
			return err
		}
		s.lamp = ids["LAMP"]
		return inventory.Count(ctx, tx, s.lamp, 50, "opening", s.now)
	})
	if err := live.Refresh(ctx, d); err != nil {
		t.Fatal(err)
	}
	s.desk = &checkout.Desk{DB: d, Now: func() time.Time { return s.now }, Settings: live, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Secret: []byte("a secret of this test")}
	s.now = s.now.Add(time.Minute)

	s.reduce()
	s.promote()
	s.stockroom()
	expired := s.order(1)
	s.now = s.now.Add(time.Hour)
	if _, err := s.desk.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	s.settle(expired, payment.OutcomePaid) // late, and taken again
	s.order(2)                             // waits for its money
	s.settle(s.order(1), payment.OutcomePaid)
	s.settle(s.order(1), payment.OutcomeLater)
	s.settle(s.order(3), payment.OutcomeDeclined)
	shipped := s.order(2)
	s.settle(shipped, payment.OutcomePaid)
	s.must(s.desk.Ship(ctx, shipped, "staff:1"))
	s.must(s.desk.Deliver(ctx, shipped, "staff:1"))
	given := s.order(2)
	s.settle(given, payment.OutcomePaid)
	s.must(s.desk.Cancel(ctx, given, "staff:1", "changed their mind"))
	s.refund(shipped)
	s.tender()
	s.sendBack()
	s.tx(func(tx *db.Tx) error {
		p, err := catalog.ByCode(ctx, tx, "lamp")
		if err != nil {
			return err
		}
		external := "old:1"
		if err := order.CreateImported(ctx, tx, []order.Order{{ExternalID: &external, Currency: "GBP", Subtotal: 900, Total: 900, TaxIncluded: true, PlacedAt: db.At(noon.AddDate(-9, 0, 0))}},
			[][]order.Line{{{ProductID: p.ID, VariantID: s.lamp, SKU: "LAMP", Name: p.Name, Qty: 3, UnitPrice: 300, Total: 900, CancelledQty: 1}}}); err != nil {
			return err
		}
		ann, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: "ann@mail.test", Name: "Ann"}, s.now)
		if err != nil {
			return err
		}
		if err := value.Give(ctx, tx, live.Now(), ann.ID, value.Grant{Key: checkout.NewKey(), Tier: value.Loyal, Reason: "a lost parcel", Actor: "staff:1", Until: s.now.AddDate(0, 6, 0)}, s.now.Add(-time.Hour)); err != nil {
			return err
		}
		for p, given := range map[customer.Purpose]bool{customer.History: false, customer.MailOffers: true} { // the yes waits for its link
			if err := customer.SetConsent(ctx, tx, ann.ID, p, given, "preferences", s.now); err != nil {
				return err
			}
		}
		_, err = customer.SignUp(ctx, tx, customer.SignUpForm{Email: "crowd-1@demo.example", Simulated: true}, s.now)
		return err
	})
	return s
}

// sendBack sends goods back in every way there is.
func (s *shop) sendBack() {
	s.t.Helper()
	id := s.order(5)
	s.settle(id, payment.OutcomePaid)
	s.must(s.desk.Ship(ctx, id, "staff:1"))
	s.must(s.desk.Deliver(ctx, id, "staff:1"))
	ask := func(qty int) string {
		r, err := s.desk.AskReturn(ctx, id, checkout.ReturnForm{Key: checkout.NewKey(), Units: map[int]int{1: qty}, Reason: "mind"})
		s.must(err)
		return r.Number
	}
	refused, refunded, replaced, credited, waits := ask(1), ask(1), ask(1), ask(1), ask(1)
	s.tx(func(tx *db.Tx) error {
		if err := s.desk.DecideReturnIn(ctx, tx, refused, false, "It was opened.", "staff:1", s.now); err != nil {
			return err
		}
		for number, came := range map[string]checkout.Came{refunded: {Lost: 1}, replaced: {Good: 1}, credited: {Good: 1}} {
			if err := s.desk.DecideReturnIn(ctx, tx, number, true, "", "staff:1", s.now); err != nil {
				return err
			}
			if err := s.desk.ReceiveReturnIn(ctx, tx, number, map[int]checkout.Came{1: came}, "staff:1", s.now); err != nil {
				return err
			}
		}
		if err := s.desk.ResolveReturnIn(ctx, tx, refunded, checkout.Resolution{Outcome: order.EndRefund, Amount: 700}, "staff:1", s.now); err != nil {
			return err
		}
		if err := s.desk.ResolveReturnIn(ctx, tx, replaced, checkout.Resolution{Outcome: order.EndReplacement}, "staff:1", s.now); err != nil {
			return err
		}
		if err := s.desk.ResolveReturnIn(ctx, tx, credited, checkout.Resolution{Outcome: order.EndCredit, Amount: 1200}, "staff:1", s.now); err != nil {
			return err
		}
		return s.desk.DecideReturnIn(ctx, tx, waits, true, "", "staff:1", s.now)
	})
	early := s.order(1)
	s.settle(early, payment.OutcomePaid)
	_, err := s.desk.WithdrawContract(ctx, early, checkout.WithdrawForm{Key: checkout.NewKey(), Name: "Li Na", Email: "li@mail.example"})
	s.must(err)
}

// refund sends back one unit and the delivery of an order, and then a coin.
func (s *shop) refund(id order.ID) {
	s.t.Helper()
	s.tx(func(tx *db.Tx) error {
		o, err := order.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		lines, err := order.Lines(ctx, tx, id)
		if err != nil {
			return err
		}
		r, err := payment.Part{Units: map[int]int{1: 1}, Delivery: true}.Of(o, lines, o.Total)
		if err != nil {
			return err
		}
		r.Key, r.Reason, r.Actor = "refund-1", "one came broken", "staff:1"
		if _, err := payment.Give(ctx, tx, o, r, s.now); err != nil {
			return err
		}
		_, err = payment.Give(ctx, tx, o, payment.Refund{Key: "refund-2", Amount: 100, Tax: o.TaxOf(100), Actor: "staff:1", Reason: "for the trouble"}, s.now)
		return err
	})
}

// reduce puts a rug on sale, ten days after it came.
func (s *shop) reduce() {
	s.t.Helper()
	s.tx(func(tx *db.Tx) error {
		_, _, ids, err := catalog.Put(ctx, tx, catalog.Draft{Product: catalog.Product{Code: "rug", Name: i18n.Text{En: "Rug"}, Published: true},
			Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: "RUG", Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: 1000}}}}}, s.now.AddDate(0, 0, -10))
		if err != nil {
			return err
		}
		sale := catalog.Sale{Name: i18n.Text{En: "Rug week"}, Kind: catalog.SalePercent, Value: 2000, Currency: "USD", Variants: []catalog.VariantID{ids["RUG"]}, EndsOn: "2026-12-31"}
		return catalog.PutSale(ctx, tx, &sale, "2026-11-22", s.now)
	})
}

// promote takes a tenth off the lamp, and gives away a code for more.
func (s *shop) promote() {
	s.t.Helper()
	s.tx(func(tx *db.Tx) error {
		tenth := pricing.Promotion{Name: i18n.Text{En: "A tenth off"}, Kind: pricing.Percent, Value: 1000, StartsOn: "2026-01-01", EndsOn: "2026-12-31", LimitPerson: 100}
		if err := pricing.Put(ctx, tx, &tenth, s.now); err != nil {
			return err
		}
		group := pricing.PriceList{Name: i18n.Text{En: "Neighbours' price"}, Currency: "USD", Segment: segment.Default, Percent: 500}
		if err := pricing.PutList(ctx, tx, &group, s.now); err != nil {
			return err
		}
		if err := segment.Put(ctx, tx, segment.Segment{Key: segment.Default, Name: group.Name, Title: group.Name, Why: group.Name}); err != nil {
			return err
		}
		code := pricing.Promotion{Name: i18n.Text{En: "A coin off"}, Kind: pricing.Amount, Value: 100, Currency: "USD", NeedsCode: true, LimitAll: 50}
		if err := pricing.Put(ctx, tx, &code, s.now); err != nil {
			return err
		}
		return pricing.AddCode(ctx, tx, code.ID, "coin", s.now)
	})
}

func (s *shop) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) order(qty int) order.ID {
	s.t.Helper()
	return s.orderOf(func(tx *db.Tx, c *cart.Cart) error { return cart.Add(ctx, tx, c.ID, s.lamp, qty, s.now) })
}

func (s *shop) orderOf(fill func(*db.Tx, *cart.Cart) error) order.ID {
	s.t.Helper()
	var p *customer.Person
	var c *cart.Cart
	s.tx(func(tx *db.Tx) error {
		_, v, err := customer.NewVisitor(ctx, tx, i18n.English, s.now)
		if err != nil {
			return err
		}
		p = customer.NewPerson(v, nil, nil, nil)
		if c, err = cart.Ensure(ctx, tx, p, "USD", i18n.English, "desktop", s.now); err != nil {
			return err
		}
		return fill(tx, c)
	})
	done, err := s.desk.Place(ctx, p, i18n.English, c.ID, checkout.Form{Key: checkout.NewKey(), Email: "li@mail.example", Name: "Li Na", Country: "DE",
		Line1: "Bank Street 1", City: "Berlin", Postcode: "10115", Delivery: "standard", Payment: "test", Coupon: "COIN"}, checkout.NotShown)
	if err != nil {
		s.t.Fatal(err)
	}
	return done.Order.ID
}

func (s *shop) settle(id order.ID, outcome payment.Outcome) {
	s.t.Helper()
	p, err := payment.Latest(ctx, s.d, id)
	if err != nil || p == nil {
		s.t.Fatalf("payment of order %d: %v", id, err)
	}
	if _, err := payment.Settle(ctx, s.d, payment.TestCode, payment.EventID(p.Token, outcome), p.Token, outcome, s.now); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) check() *doctor.Report {
	s.t.Helper()
	r, err := doctor.Check(ctx, s.d, doctor.Options{Now: s.now, Templates: templates.Files})
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

func TestASoundShopHasNothingBroken(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if r := lively(t, d).check(); !r.OK || len(r.Broken) != 0 || r.Checked != len(r.Codes) || r.Checked < 26 {
			t.Errorf("%+v", r)
		}
	})
}

const send = `INSERT INTO sends (key, class, template, cart_id, order_id, email, lang, message_id, state, due_at, sent_at, created_at, updated_at) `

// decided says that everybody's segments were decided and all logs followed.
const decided = "INSERT INTO segment_tails (source, entry) VALUES ('profiles', 9000000000000), ('consents', 9000000000000); INSERT INTO segment_turns (customer_id) SELECT id FROM customers; "

// copied is decided for a shop whose facts were copied by a rebuild.
const copied = "INSERT INTO segment_tails (source, entry) VALUES ('profiles', 9000000000000), ('consents', 9000000000000), ('orders', 9000000000000), ('refunds', 9000000000000), ('carts', 9000000000000), ('questions', 9000000000000), ('answers', 9000000000000); "

// breaks lists, by invariant, what breaks it and nothing else.
var breaks = []struct{ code, sql string }{
	{"M1", "UPDATE prices SET currency = 'XXX' WHERE currency = 'EUR'"},
	{"M2", "UPDATE orders SET subtotal = subtotal + 1 WHERE imported = TRUE"},
	{"M2", "DELETE FROM order_lines WHERE order_id = (SELECT id FROM orders WHERE imported = TRUE)"},
	{"M3", "UPDATE orders SET discount = 100, total = total - 100 WHERE imported = TRUE"},
	{"M4", "UPDATE order_lines SET cancelled_qty = qty + 1 WHERE cancelled_qty > 0"},
	{"M5", "UPDATE orders SET tax = 0 WHERE id = (SELECT min(id) FROM orders WHERE tax > 0)"},
	{"M5", "UPDATE order_lines SET tax_rate = 19000 WHERE tax_rate = 20000"},
	{"M5", "UPDATE orders SET delivery_tax = delivery_tax + 1, tax = tax + 1 WHERE delivery_rate = 20000"},
	{"M5", "UPDATE order_lines SET tax = tax + 1 WHERE tax_rate >= 0; UPDATE orders SET tax = (SELECT sum(l.tax) FROM order_lines l WHERE l.order_id = orders.id) + delivery_tax WHERE delivery_rate >= 0"},
	{"M6", "UPDATE price_log SET amount = amount + 1 WHERE variant_id IN (SELECT variant_id FROM order_lines)"},
	{"M6", "UPDATE price_log SET at = 9000000000000 WHERE variant_id IN (SELECT variant_id FROM order_lines)"},
	{"C1", "UPDATE prices SET amount = amount + 1 WHERE sale_id = 0"},
	{"C1", "UPDATE prices SET amount = list_amount, sale_id = 0, was = 0 WHERE sale_id > 0"},
	{"C1", "UPDATE sales SET running = FALSE, state = 'stopped'"},
	{"C1", "UPDATE sales SET ends_on = '2026-11-21'"},
	{"C1", "UPDATE products SET sensitive = TRUE WHERE code = 'rug'"},
	{"G1", decided + "INSERT INTO segments (key, position, name, title, why) VALUES ('empty', 1, '{}', '{}', '{}'); INSERT INTO segment_members (customer_id, segment, reason, since) SELECT id, 'empty', '{}', 1 FROM customers"},
	{"G1", decided + `INSERT INTO segments (key, position, name, title, why, purpose, rule) VALUES ('all', 1, '{}', '{}', '{}', 'service', '{"when":{"op":"all","items":[{"field":"language","op":"in","values":["en","zh"]}]}}')`},
	{"G2", copied + "UPDATE person_facts SET country = 'XX'"},
	{"G2", copied + "DELETE FROM person_facts"},
	{"G2", copied + "INSERT INTO person_bought (customer_id, order_id, product_id, at) SELECT id, 999999, 1, 1 FROM customers"},
	{"G2", copied + "INSERT INTO person_spent (customer_id, currency, order_count, net) SELECT id, 'JPY', 1, 1 FROM customers"},
	{"C2", "UPDATE prices SET was = was + 100 WHERE sale_id > 0"},
	{"C2", "UPDATE prices SET was = 0 WHERE sale_id > 0"},
	{"E8", "INSERT INTO mail_texts (template, lang, version, subject, body, original, at) VALUES ('order-paid', 'en', 1, 'Paid', '{nothing}', FALSE, 1)"},
	{"E8", "INSERT INTO mail_texts (template, lang, version, subject, body, original, at) VALUES ('order-paid', 'zh', 2, '', '', TRUE, 1)"},
	{"C2", "INSERT INTO price_log (variant_id, currency, amount, at) SELECT p.variant_id, 'USD', 900, l.at - 1 FROM prices p JOIN price_log l ON l.variant_id = p.variant_id AND l.sale_id > 0 WHERE p.sale_id > 0; UPDATE price_log SET id = id + 1000 WHERE sale_id > 0"},
	{"M7", "UPDATE payments SET amount = amount + 1 WHERE id = (SELECT min(id) FROM payments WHERE state = 'succeeded')"},
	{"M7", "INSERT INTO payment_ops (payment_id, kind, key, amount, state, created_at, updated_at) SELECT min(id), 'refund', 'k', 5, 'sent', 9000000000000, 1 FROM payments WHERE state = 'refunded'"},
	{"M8", "UPDATE payments SET captured = captured - 1 WHERE id = (SELECT min(id) FROM payments WHERE state = 'succeeded')"},
	{"M9", "UPDATE payments SET provider_ref = 'ch_1'"},
	{"M13", "UPDATE payments SET currency = 'EUR'"},
	{"M12", "UPDATE credits SET balance = balance + 1 WHERE customer_id IS NOT NULL"},
	{"M12", "UPDATE credit_entries SET amount = amount - 1, balance = balance - 1 WHERE kind = 'issued' AND order_id = 0; UPDATE credits SET balance = balance - 1 WHERE customer_id IS NOT NULL"},
	{"M12", "UPDATE credit_entries SET key = 'spent:nobody' WHERE kind = 'spent' AND id = (SELECT min(id) FROM credit_entries WHERE kind = 'spent')"},
	{"M12", "UPDATE credits SET issued_at = 0 WHERE order_id > 0"},
	{"M13", "INSERT INTO payments (order_id, provider, token, attempt, amount, currency, state, created_at, updated_at) SELECT id, 'test', 'asked', 99, 0, currency, 'void', 1, 1 FROM orders WHERE payment_code = 'gift'"},
	{"P4", "UPDATE credits SET order_id = (SELECT id FROM orders WHERE payment_code = 'gift'), position = 9 WHERE order_id > 0"},
	{"S2", "UPDATE stock SET on_hand = on_hand + 1"},
	{"S2", "UPDATE stock SET reserved = reserved + 1"},
	{"S3", "INSERT INTO stock_movements (variant_id, qty, reason, key, at) SELECT id, 1, 'counted', 'x', 1 FROM variants WHERE sku = 'LAMP' UNION ALL SELECT id, -1, 'received', 'y', 1 FROM variants WHERE sku = 'LAMP'"},
	{"S4", "UPDATE holds SET expires_at = 1 WHERE state = 'open'"},
	{"S4", "UPDATE holds SET ended_at = 0 WHERE state = 'shipped'"},
	{"S5", "INSERT INTO holds (order_id, variant_id, qty, state, expires_at, created_at, ended_at) SELECT 999999, id, 1, 'released', 1, 1, 1 FROM variants"},
	{"S8", "UPDATE shipment_lines SET qty = qty + 1"},
	{"S8", "UPDATE shipment_lines SET qty = qty - 1 WHERE qty > 1"},
	{"S8", "UPDATE shipments SET order_id = (SELECT min(id) FROM orders) WHERE id = (SELECT min(id) FROM shipments)"},
	{"S8", "UPDATE orders SET packing_at = 0 WHERE delivery_state = 'delivered' AND imported = FALSE"},
	{"O1", "UPDATE carts SET state = 'void' WHERE state = 'converted'"},
	{"O3", "DELETE FROM order_history WHERE axis = 'payment'"},
	{"O3", "UPDATE order_history SET to_state = 'failed' WHERE axis = 'payment' AND to_state = 'paid'"},
	{"O3", "UPDATE order_history SET from_state = 'delivered' WHERE axis = 'delivery'"},
	{"O4", "INSERT INTO cart_steps (cart_id, kind, at) SELECT id, 'add', closed_at + 1 FROM carts WHERE state = 'converted'"},
	{"O5", "UPDATE orders SET access_hash = 'plain' WHERE imported = TRUE"},
	{"O6", "UPDATE products SET published_at = 0"},
	{"R1", "UPDATE order_lines SET returned_qty = returned_qty - 1 WHERE returned_qty > 0"},
	{"R1", "UPDATE order_lines SET returned_qty = 1 WHERE id = (SELECT min(id) FROM order_lines)"},
	{"R1", "UPDATE return_lines SET qty = qty + 9 WHERE return_id = (SELECT id FROM returns WHERE state = 'approved'); UPDATE order_lines SET returned_qty = returned_qty + 9 WHERE returned_qty > 0"},
	{"R1", "UPDATE returns SET order_id = (SELECT min(id) FROM orders) WHERE state = 'approved'"},
	{"R2", "UPDATE returns SET state = 'asked' WHERE state = 'approved'"},
	{"R2", "DELETE FROM return_steps WHERE to_state = 'received'"},
	{"R2", "UPDATE return_steps SET from_state = 'received' WHERE to_state = 'refused'"},
	{"R2", "UPDATE returns SET closed_at = 0 WHERE state = 'closed'"},
	{"R2", "UPDATE returns SET amount = amount + 1 WHERE outcome = 'refund'"},
	{"R2", "UPDATE returns SET outcome = 'cancelled' WHERE outcome = 'replacement'"},
	{"R4", "UPDATE refunds SET credited = credited + 1 WHERE credited > 0"},
	{"R4", "UPDATE refunds SET credit_id = 1 WHERE credited = 0"},
	{"R4", "UPDATE payment_ops SET ref = 're_1' WHERE refund_id = (SELECT id FROM refunds WHERE credited > 0)"},
	{"R4", "UPDATE credit_entries SET order_id = 0 WHERE credit_id = (SELECT credit_id FROM refunds WHERE credited > 0)"},
	{"R4", "UPDATE credit_entries SET key = 'grant:return:R-1' WHERE key = 'grant:thanks'"},
	{"R4", "UPDATE returns SET kind = 'withdrawal' WHERE outcome = 'credit'"},
	{"R3", "UPDATE stock_movements SET key = 'x' || key WHERE reason = 'returned'"},
	{"R3", "UPDATE return_lines SET lost = 0, good = 1 WHERE lost = 1"},
	{"N2", "DELETE FROM credit_notes WHERE seq = 1"},
	{"N2", "UPDATE credit_years SET last = last + 1"},
	{"N2", "UPDATE credit_notes SET amount = amount - 1 WHERE seq = 1"},
	{"N2", "UPDATE credit_notes SET order_id = (SELECT id FROM orders WHERE imported = TRUE) WHERE seq = 1"},
	{"M14", "UPDATE order_lines SET refunded_qty = refunded_qty + 1 WHERE refunded_qty = 0"},
	{"M14", "UPDATE refunds SET amount = amount + 1 WHERE key NOT LIKE '%:return:%'"},
	{"M14", "UPDATE orders SET delivery_refunded = delivery_refunded - 1 WHERE delivery_refunded > 0"},
	{"N1", "DELETE FROM invoices WHERE seq = 2"},
	{"N1", "UPDATE invoice_years SET last = last + 1"},
	{"N1", "UPDATE invoices SET seq = seq + 100 WHERE seq = 1"},
	{"P1", "UPDATE promotions SET used = used + 1 WHERE needs_code = TRUE"},
	{"P1", "UPDATE promotion_codes SET limit_all = 1"},
	{"P1", "UPDATE redemptions SET limit_person = 1 WHERE limit_person > 0"},
	{"P2", "UPDATE order_history SET at = at - 86400000 WHERE axis = 'order';UPDATE redemptions SET state = 'late', slot = 0 WHERE state = 'released'"},
	{"P2", "DELETE FROM line_discounts WHERE order_id = (SELECT min(order_id) FROM line_discounts)"},
	{"P2", "UPDATE line_members SET amount = amount + 1"},
	{"P2", "DELETE FROM line_members WHERE order_id = (SELECT min(order_id) FROM line_members)"},
	{"P4", "UPDATE line_members SET sensitive = TRUE"},
	{"P2", "DELETE FROM redemptions WHERE state = 'released'"},
	{"P3", "UPDATE redemptions SET ends_on = '2026-11-21' WHERE ends_on <> ''"},
	{"P3", "UPDATE redemptions SET exclusive = TRUE"},
	{"P4", "UPDATE line_discounts SET sensitive = TRUE"},
	{"W1", "DELETE FROM payment_events WHERE kind = 'paid'"},
	{"W1", "INSERT INTO payment_inbox (provider, event_id, kind, object, at) VALUES ('stripe', 'evt_1', 'charge.refunded', 'pi_1', 1)"},
	{"W3", "UPDATE payment_events SET provider = 'stripe'; UPDATE payments SET provider = 'stripe', provider_ref = token"},
	{"W4", "INSERT INTO payment_ops (payment_id, kind, key, state, created_at, updated_at) SELECT min(id), 'expire', 'k', 'sent', 1, 1 FROM payments"},
	{"W4", "UPDATE payments SET updated_at = 1 WHERE state = 'processing'"},
	{"E1", send + "SELECT token || place_key, 'required', 'receipt', 0, o.id, 'li@mail.example', 'en', token || place_key, 'sent', 1, 1, 1, 1 FROM orders o, (SELECT token FROM carts ORDER BY id LIMIT 2) c WHERE o.imported = FALSE"},
	{"E2", send + "SELECT 'f', 'marketing', 'followup', cart_id, 0, 'li@mail.example', 'en', 'm', 'sent', 1, placed_at + 3600000, 1, 1 FROM orders WHERE cart_id = (SELECT min(cart_id) FROM orders)"},
	{"E4", "INSERT INTO questions (token, kind, email, body, created_at, complaint_at, closed_at) VALUES ('c', 'contact', 'Bo@mail.example', 'It broke', 1, 1000, 900001);" + send + "VALUES ('f', 'marketing', 'followup', 0, 0, 'bo@mail.example', 'en', 'm', 'sent', 1, 900000, 1, 1)"},
	{"E2", "INSERT INTO suppressions (email_key, purpose, reason, at) VALUES ('bo@mail.example', '*', 'unsubscribed', 1000);" + send + "VALUES ('f', 'marketing', 'followup', 0, 0, 'bo@mail.example', 'en', 'm', 'sent', 1, 900000, 1, 1)"},
	{"E3", "DELETE FROM river_job WHERE kind = 'order.placed'"},
	{"X6", "UPDATE customers SET simulated = TRUE WHERE email = 'ann@mail.test'"},
}

func TestEachInvariantIsSeenBrokenAndNoOther(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := lively(t, d)
		seen := map[string]bool{}
		for _, b := range slices.Concat(breaks, stockBreaks, proofBreaks, registerBreaks, personBreaks, shelfBreaks, listBreaks, occasionBreaks, campaignBreaks,
			cardBreaks, ownerBreaks, historyBreaks, staffBreaks) {
			seen[b.code] = true
			undone := s.d.InTx(ctx, func(tx *db.Tx) error {
				if b.code == "G2" {
					if err := segment.Rebuild(ctx, tx, s.now); err != nil {
						return err
					}
				}
				for statement := range strings.SplitSeq(b.sql, ";") {
					r := tx.Query(ctx).Exec(statement)
					if r.Error != nil || r.RowsAffected == 0 {
						t.Errorf("%s: %s: %d rows, %v", b.code, statement, r.RowsAffected, r.Error)
						return io.EOF
					}
				}
				report, err := doctor.Check(ctx, tx, doctor.Options{Now: s.now, Templates: templates.Files})
				if err != nil {
					t.Errorf("%s: %v", b.code, err)
					return io.EOF
				}
				if report.OK || len(report.Broken) != 1 || report.Broken[0].Code != b.code || report.Broken[0].Count == 0 || len(report.Broken[0].IDs) == 0 {
					t.Errorf("%s: %s\n%+v", b.code, b.sql, report.Broken)
				}
				return io.EOF // undone: the next one starts from a sound shop
			})
			if undone != io.EOF {
				t.Fatalf("%s: %v", b.code, undone)
			}
		}
		for _, code := range s.check().Codes {
			if !seen[code] && code != "S1" {
				t.Errorf("nothing breaks %s", code)
			}
		}
	})
}

// What the schema itself refuses needs no doctor, but must stay refused.
func TestTheSchemaRefusesWhatItCan(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := lively(t, d)
		for code, sql := range map[string]string{
			"S1 promised": "UPDATE stock SET reserved = on_hand + 1", "S1 negative": "UPDATE stock SET on_hand = -1", "M4": "UPDATE orders SET total = -1",
			"M12": "UPDATE credits SET balance = -1", "M12 prefix": "UPDATE credit_entries SET balance = -1", "M12 plain": "UPDATE credits SET code_hash = 'AAAAA-AAAAA-AAAAA-AAAAA' WHERE kind = 'card'",
			"M7": "UPDATE payments SET captured = amount + 1", "M7 refund": "UPDATE payments SET refunded = captured + 1",
			"O1": "UPDATE orders SET cart_id = (SELECT min(cart_id) FROM orders)", "O5": "UPDATE orders SET number = 'SAME'",
			"E1": send + "VALUES ('k', 'required', 't', 0, 0, 'a', 'en', 'm1', 'sent', 1, 1, 1, 1), ('k', 'required', 't', 0, 0, 'a', 'en', 'm2', 'sent', 1, 1, 1, 1)",
		} {
			err := s.d.InTx(ctx, func(tx *db.Tx) error { return tx.Query(ctx).Exec(sql).Error })
			if err == nil {
				t.Errorf("%s: %s was accepted", code, sql)
			}
		}
		if r := s.check(); !r.OK {
			t.Errorf("%+v", r.Broken)
		}
	})
}

func TestManyOffendersAreCountedButNotAllListed(t *testing.T) {
	s := lively(t, dbtest.SQLite(t))
	s.tx(func(tx *db.Tx) error {
		people := make([][]any, 50)
		for i := range people {
			address := strings.Repeat("x", i+1) + "@mail.test"
			people[i] = []any{address, address, true, 1, 1}
		}
		_, err := tx.Insert(ctx, "customers", []string{"email", "email_key", "simulated", "created_at", "updated_at"}, people, false)
		return err
	})
	r := s.check()
	if len(r.Broken) != 1 || r.Broken[0].Count != 50 || len(r.Broken[0].IDs) != doctor.Shown {
		t.Errorf("%+v", r.Broken)
	}
}

package doctor

import (
	"time"

	"regulars/internal/db"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/outreach"
	"regulars/internal/payment"
)

// Expiry sweeps run each minute; an invariant of time forgives this much.
const slack = 5 * time.Minute

// A mail on its way to the server cannot be called back: what is said in this
// time before it left does not count against it.
const onItsWay = time.Minute

// twice is what orders were paid beyond their total and the provider refused
// to send back: it stands before staff.
const twice = `(SELECT p.order_id, sum(x.amount) AS owed FROM payment_ops x JOIN payments p ON p.id = x.payment_id
	WHERE x.kind = 'refund' AND x.state = 'refused' AND x.refund_id < 0 GROUP BY p.order_id)`

// rules lists every invariant that the schema can hold, by the codes of the
// design. The statements run alike on both databases: no floats, no functions
// of one dialect.
func rules(now time.Time) []rule {
	at := func(d time.Duration) db.Time { return db.At(now.Add(d)) }
	return append(returnRules(), []rule{
		{"M1", "every amount stands beside a currency the shop can count in", `
			SELECT number AS id FROM orders WHERE currency NOT IN ?
			UNION SELECT v.sku FROM prices p JOIN variants v ON v.id = p.variant_id WHERE p.currency NOT IN ?
			UNION SELECT token FROM payments WHERE currency NOT IN ?
			UNION SELECT token FROM carts WHERE currency NOT IN ?
			UNION SELECT code FROM delivery_methods WHERE currency NOT IN ?`, fiveTimes(money.Currencies())},
		{"M2", "an order's total is the sum of its lines, discount and delivery", `
			SELECT o.number AS id FROM orders o LEFT JOIN (
				SELECT order_id, sum(unit_price * qty) AS goods, sum(CASE WHEN total <> unit_price * qty - discount THEN 1 ELSE 0 END) AS wrong
				FROM order_lines GROUP BY order_id) l ON l.order_id = o.id
			WHERE l.order_id IS NULL OR l.wrong > 0 OR o.subtotal <> l.goods
				OR o.total <> o.subtotal - o.discount + o.delivery + CASE WHEN o.tax_included THEN 0 ELSE o.tax END`, nil},
		{"M3", "the discounts of the lines make the order's, and none exceeds its line", `
			SELECT o.number AS id FROM orders o JOIN (
				SELECT order_id, sum(discount) AS discount, sum(CASE WHEN discount > unit_price * qty THEN 1 ELSE 0 END) AS wrong
				FROM order_lines GROUP BY order_id) l ON l.order_id = o.id
			WHERE l.discount <> o.discount OR l.wrong > 0`, nil},
		{"M4", "nothing is negative: no amount, no line after its cancellations", `
			SELECT number AS id FROM orders WHERE subtotal < 0 OR discount < 0 OR delivery < 0 OR tax < 0 OR total < 0
			UNION SELECT o.number FROM order_lines l JOIN orders o ON o.id = l.order_id
				WHERE l.qty <= 0 OR l.unit_price < 0 OR l.discount < 0 OR l.tax < 0 OR l.total < 0 OR l.cancelled_qty < 0 OR l.cancelled_qty > l.qty
			UNION SELECT token FROM payments WHERE amount < 0 OR captured < 0 OR refunded < 0`, nil},
		{"M5", "tax is rounded once a line at the rate kept with it, and the lines and the delivery make the order's", `
			SELECT o.number AS id FROM orders o JOIN (
				SELECT order_id, sum(tax) AS tax, sum(CASE WHEN tax > total THEN 1 ELSE 0 END) AS wrong FROM order_lines GROUP BY order_id) l ON l.order_id = o.id
			WHERE o.tax < l.tax OR o.tax > l.tax + o.delivery OR o.tax_included AND l.wrong > 0
				OR o.delivery_rate >= 0 AND (o.tax <> l.tax + o.delivery_tax OR o.delivery_tax <> ` + taxOf("o.delivery", "o.delivery_rate") + `)
			UNION SELECT o.number FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE l.tax_rate >= 0 AND l.tax <> ` + taxOf("l.total", "l.tax_rate"), nil},
		// A transaction that changes a price and one that places an order may overlap for as long as either may take.
		{"M6", "a line's price is the price in force when the order was placed", `
			SELECT DISTINCT o.number AS id FROM orders o JOIN order_lines l ON l.order_id = o.id
			WHERE o.imported = FALSE AND o.replaces = 0 AND NOT EXISTS (
				SELECT 1 FROM price_log p WHERE p.variant_id = l.variant_id AND p.currency = o.currency AND p.amount = l.unit_price AND p.at <= o.placed_at
				AND NOT EXISTS (SELECT 1 FROM price_log n WHERE n.variant_id = p.variant_id AND n.currency = p.currency AND n.at > p.at AND n.at <= o.placed_at - 5000))`, nil},
		{"M7", "no payment captures more than was asked, returns more than it captured, or takes more than the order's total", `
			SELECT o.number AS id FROM orders o JOIN (
				SELECT order_id, sum(captured - refunded) AS net, max(amount) AS most,
					sum(CASE WHEN captured > amount OR refunded > captured THEN 1 ELSE 0 END) AS wrong FROM payments GROUP BY order_id) p ON p.order_id = o.id
			LEFT JOIN ` + twice + ` x ON x.order_id = o.id
			WHERE p.net - coalesce(x.owed, 0) > o.total OR p.most > o.total OR p.wrong > 0
			UNION SELECT o.number FROM payments p JOIN orders o ON o.id = p.order_id JOIN (
				SELECT payment_id, sum(CASE WHEN state <> 'refused' THEN amount ELSE 0 END) AS back FROM payment_ops WHERE kind = 'refund' GROUP BY payment_id) b ON b.payment_id = p.id
			WHERE p.provider <> 'stripe' AND b.back <> p.refunded`, nil},
		{"M8", "an order's payment state follows from what was captured and refunded", `
			SELECT o.number AS id FROM orders o LEFT JOIN (
				SELECT order_id, sum(captured) AS captured, sum(refunded) AS refunded,
					sum(CASE WHEN provider IN ('gift','credit') THEN captured - refunded ELSE 0 END) AS credit FROM payments GROUP BY order_id) p ON p.order_id = o.id
			LEFT JOIN ` + twice + ` x ON x.order_id = o.id
			WHERE o.imported = FALSE AND NOT CASE o.payment_state
				WHEN 'paid' THEN coalesce(p.captured, 0) - coalesce(p.refunded, 0) - coalesce(x.owed, 0) = o.total
				WHEN 'partly-refunded' THEN coalesce(p.refunded, 0) > 0 AND coalesce(p.captured, 0) > coalesce(p.refunded, 0)
				WHEN 'refunded' THEN coalesce(p.captured, 0) = coalesce(p.refunded, 0) AND (coalesce(p.captured, 0) > 0 OR o.total = 0)
				ELSE coalesce(p.captured, 0) - coalesce(p.refunded, 0) = CASE o.payment_state WHEN 'void' THEN 0 ELSE coalesce(p.credit, 0) END END`, nil},
		{"M9", "no two payments share a charge of the provider", `
			SELECT provider || ' ' || provider_ref AS id FROM payments WHERE provider_ref <> '' GROUP BY provider, provider_ref HAVING count(*) > 1`, nil},
		{"M12", "gift cards and store credit hold what their ledger says, never less than nothing, and orders took from them what it says", `
			SELECT c.token AS id FROM credits c LEFT JOIN (SELECT credit_id, sum(amount) AS amount FROM credit_entries GROUP BY credit_id) e ON e.credit_id = c.id
				WHERE c.balance <> coalesce(e.amount, 0) OR c.balance < 0
			UNION SELECT c.token FROM (SELECT credit_id, balance, sum(amount) OVER (PARTITION BY credit_id ORDER BY id) AS so_far FROM credit_entries) e
				JOIN credits c ON c.id = e.credit_id WHERE e.so_far <> e.balance OR e.so_far < 0
			UNION SELECT p.token FROM payments p
				LEFT JOIN (SELECT substr(key, 7) AS token, -amount AS amount FROM credit_entries WHERE kind = 'spent') s ON s.token = p.token
				LEFT JOIN (SELECT substr(key, 10, 24) AS token, sum(amount) AS amount FROM credit_entries WHERE kind = 'returned' GROUP BY substr(key, 10, 24)) r ON r.token = p.token
				WHERE p.provider IN ('gift','credit') AND (p.captured <> coalesce(s.amount, 0) OR p.refunded <> coalesce(r.amount, 0))
			UNION SELECT e.key FROM credit_entries e WHERE e.kind = 'spent' AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.token = substr(e.key, 7))
			UNION SELECT c.token FROM credits c JOIN orders o ON o.id = c.order_id WHERE c.issued_at > 0 AND o.paid_at = 0
				OR c.issued_at = 0 AND o.payment_state IN ('paid','partly-refunded')
			UNION SELECT c.token FROM credits c LEFT JOIN (SELECT credit_id, sum(amount) AS amount FROM credit_entries WHERE kind = 'issued' GROUP BY credit_id) e ON e.credit_id = c.id
				WHERE c.kind = 'card' AND c.issued_at > 0 AND c.value <> coalesce(e.amount, 0)`, nil},
		{"M13", "an order, its cart and its payments are in one currency, and a free order asked no provider", `
			SELECT DISTINCT o.number AS id FROM orders o JOIN payments p ON p.order_id = o.id WHERE p.currency <> o.currency OR o.total = 0
			UNION SELECT o.number FROM orders o JOIN carts c ON c.id = o.cart_id WHERE c.currency <> o.currency
			UNION SELECT o.number FROM orders o JOIN payments p ON p.order_id = o.id GROUP BY o.number, o.total
				HAVING sum(CASE WHEN p.provider IN ('gift','credit') THEN p.captured - p.refunded ELSE 0 END) = o.total
				AND sum(CASE WHEN p.provider IN ('gift','credit') THEN 0 ELSE 1 END) > 0`, nil},

		{"S1", "neither stock nor what is promised of it is negative, and no more is promised than there is and its policy allows beyond", `
			SELECT v.sku AS id FROM stock s JOIN variants v ON v.id = s.variant_id
			WHERE s.on_hand < 0 OR s.reserved < 0 OR s.beyond < 0 OR s.policy = 'deny' AND s.beyond > 0 OR s.tracked AND s.reserved > s.on_hand + s.beyond`, nil},
		{"S2", "stock is the sum of its movements at the places that sell, and what is promised the sum of its holds", `
			SELECT v.sku AS id FROM stock s JOIN variants v ON v.id = s.variant_id
			LEFT JOIN (SELECT m.variant_id, sum(m.qty) AS units FROM stock_movements m JOIN locations l ON l.id = m.location_id AND l.sells
				GROUP BY m.variant_id) m ON m.variant_id = s.variant_id
			LEFT JOIN (SELECT variant_id, sum(qty - shipped) AS units FROM holds WHERE state IN ('open','committed') GROUP BY variant_id) h ON h.variant_id = s.variant_id
			WHERE s.on_hand <> coalesce(m.units, 0) OR s.reserved <> coalesce(h.units, 0)`, nil},
		{"S3", "goods move the way their reason says, and what was shipped is what holds say was shipped", `
			SELECT v.sku AS id FROM variants v
			LEFT JOIN (SELECT variant_id, sum(CASE WHEN reason = 'shipped' THEN -qty ELSE 0 END) AS units,
				sum(CASE WHEN reason IN ('received','returned') AND qty < 0 OR reason IN ('shipped','written-off') AND qty > 0 THEN 1 ELSE 0 END) AS wrong
				FROM stock_movements GROUP BY variant_id) m ON m.variant_id = v.id
			LEFT JOIN (SELECT variant_id, sum(CASE WHEN state = 'shipped' THEN qty ELSE shipped END) AS units FROM holds GROUP BY variant_id) h ON h.variant_id = v.id
			WHERE coalesce(m.wrong, 0) > 0 OR coalesce(m.units, 0) <> coalesce(h.units, 0)`, nil},
		{"S4", "a hold ends once and in time", `
			SELECT DISTINCT coalesce(o.number, 'hold ' || CAST(h.id AS TEXT)) AS id FROM holds h LEFT JOIN orders o ON o.id = h.order_id
			WHERE h.state = 'open' AND h.expires_at < ? OR h.state IN ('open','committed') AND h.ended_at <> 0
				OR h.state IN ('shipped','released','expired') AND h.ended_at = 0`, []any{at(-slack)}},
		{"S5", "ended orders hold nothing, paid ones hold or have shipped what they bought", `
			SELECT DISTINCT coalesce(o.number, 'hold ' || CAST(h.id AS TEXT)) AS id FROM holds h LEFT JOIN orders o ON o.id = h.order_id
			WHERE o.id IS NULL
				OR o.state = 'cancelled' AND h.state IN ('open','committed')
				OR o.delivery_state IN ('shipped','delivered') AND h.state IN ('open','committed')
				OR o.state <> 'cancelled' AND o.payment_state = 'paid' AND h.state IN ('open','released','expired')`, nil},

		{"S8", "the parcels of an order hold its own lines, never more than was ordered, and all of it once it is sent", `
			SELECT o.number AS id FROM order_lines l JOIN orders o ON o.id = l.order_id
				JOIN shipment_lines p ON p.line_id = l.id GROUP BY o.number, l.id, l.qty, l.cancelled_qty HAVING sum(p.qty) > l.qty - l.cancelled_qty
			UNION SELECT o.number FROM shipment_lines p JOIN shipments s ON s.id = p.shipment_id JOIN order_lines l ON l.id = p.line_id
				JOIN orders o ON o.id = s.order_id WHERE l.order_id <> s.order_id
			UNION SELECT o.number FROM orders o JOIN (SELECT l.order_id, sum(l.qty - l.cancelled_qty) AS units FROM order_lines l GROUP BY l.order_id) b ON b.order_id = o.id
				JOIN (SELECT s.order_id, sum(p.qty) AS units FROM shipments s JOIN shipment_lines p ON p.shipment_id = s.id GROUP BY s.order_id) g ON g.order_id = o.id
				WHERE (o.delivery_state = 'unshipped') <> (g.units < b.units) OR o.packing_at = 0`, nil},

		{"O1", "a cart became at most one order, and is closed then", `
			SELECT c.token AS id FROM orders o JOIN carts c ON c.id = o.cart_id GROUP BY c.token, c.state HAVING count(*) > 1 OR c.state <> 'converted'
			UNION SELECT c.token FROM carts c LEFT JOIN orders o ON o.cart_id = c.id WHERE c.state = 'converted' AND o.id IS NULL`, nil},
		{"O3", "an order's history is a legal path and ends where the order stands", `
			SELECT DISTINCT x.number AS id FROM (
				SELECT o.number, h.axis, h.from_state, h.to_state, lead(h.id) OVER (PARTITION BY h.order_id, h.axis ORDER BY h.id) AS later,
					coalesce(lag(h.to_state) OVER (PARTITION BY h.order_id, h.axis ORDER BY h.id),
						CASE h.axis WHEN 'order' THEN '' WHEN 'payment' THEN 'pending' ELSE 'unshipped' END) AS earlier,
					CASE h.axis WHEN 'order' THEN o.state WHEN 'payment' THEN o.payment_state ELSE o.delivery_state END AS stands
				FROM order_history h JOIN orders o ON o.id = h.order_id WHERE o.imported = FALSE) x
			WHERE x.from_state <> x.earlier OR x.later IS NULL AND x.to_state <> x.stands
				OR x.from_state <> x.to_state AND x.axis || ':' || x.from_state || ':' || x.to_state NOT IN ?
			UNION SELECT o.number FROM orders o WHERE o.imported = FALSE AND (
				NOT EXISTS (SELECT 1 FROM order_history h WHERE h.order_id = o.id AND h.axis = 'order')
				OR o.payment_state <> 'pending' AND NOT EXISTS (SELECT 1 FROM order_history h WHERE h.order_id = o.id AND h.axis = 'payment')
				OR o.delivery_state <> 'unshipped' AND NOT EXISTS (SELECT 1 FROM order_history h WHERE h.order_id = o.id AND h.axis = 'delivery'))`,
			[]any{legalSteps()}},
		{"O4", "a cart that became an order does not change any more", `
			SELECT c.token AS id FROM carts c WHERE c.state = 'converted' AND (
				EXISTS (SELECT 1 FROM cart_steps s WHERE s.cart_id = c.id AND s.at > c.closed_at AND s.kind NOT IN ('failed','payment'))
				OR EXISTS (SELECT 1 FROM cart_lines l WHERE l.cart_id = c.id AND l.added_at > c.closed_at))`, nil},
		{"O5", "order numbers are unique, and the key of an order's link is kept as its hash", `
			SELECT number AS id FROM orders GROUP BY number HAVING count(*) > 1 OR number = '' OR max(length(access_hash)) <> 64 OR min(length(access_hash)) <> 64`, nil},
		{"O6", "a line names a variant of a product that was published when the order was placed", `
			SELECT DISTINCT o.number AS id FROM orders o JOIN order_lines l ON l.order_id = o.id
			JOIN variants v ON v.id = l.variant_id JOIN products p ON p.id = l.product_id
			WHERE o.imported = FALSE AND (v.product_id <> l.product_id OR p.published_at = 0 OR p.published_at > o.placed_at)`, nil},

		{"N1", "the invoices of a year are counted without a gap, and each is of an order that was paid", `
			SELECT CAST(i.year AS TEXT) AS id FROM invoices i LEFT JOIN invoice_years y ON y.year = i.year
				GROUP BY i.year, y.last HAVING count(*) <> max(i.seq) OR min(i.seq) <> 1 OR y.last IS NULL OR y.last <> max(i.seq)
			UNION SELECT o.number FROM invoices i JOIN orders o ON o.id = i.order_id WHERE o.paid_at = 0`, nil},
		{"N2", "the credit notes of a year are counted without a gap, and are what went back of invoiced orders", `
			SELECT 'C' || CAST(n.year AS TEXT) AS id FROM credit_notes n LEFT JOIN credit_years y ON y.year = n.year
				GROUP BY n.year, y.last HAVING count(*) <> max(n.seq) OR min(n.seq) <> 1 OR y.last IS NULL OR y.last <> max(n.seq)
			UNION SELECT o.number FROM orders o JOIN invoices i ON i.order_id = o.id
				LEFT JOIN (SELECT order_id, sum(amount) AS amount, sum(tax) AS tax FROM credit_notes GROUP BY order_id) n ON n.order_id = o.id
				LEFT JOIN (SELECT p.order_id, sum(x.amount) AS amount FROM payment_ops x JOIN payments p ON p.id = x.payment_id
					WHERE x.kind = 'refund' AND x.state = 'known' AND x.refund_id >= 0 GROUP BY p.order_id) b ON b.order_id = o.id
				WHERE coalesce(n.amount, 0) <> coalesce(b.amount, 0) OR coalesce(n.amount, 0) > o.total OR coalesce(n.tax, 0) > o.tax
			UNION SELECT o.number FROM credit_notes n JOIN orders o ON o.id = n.order_id WHERE NOT EXISTS (SELECT 1 FROM invoices i WHERE i.order_id = n.order_id)`, nil},
		{"M14", "a refund of lines counts each unit once, and what was promised back is what its operations say", `
			SELECT o.number AS id FROM order_lines l JOIN orders o ON o.id = l.order_id
				LEFT JOIN (SELECT line_id, sum(qty) AS units FROM refund_lines GROUP BY line_id) r ON r.line_id = l.id
				WHERE l.refunded_qty <> coalesce(r.units, 0) OR l.refunded_qty > 0 AND l.refunded_qty > l.qty - l.cancelled_qty
			UNION SELECT o.number FROM refunds r JOIN orders o ON o.id = r.order_id
				LEFT JOIN (SELECT refund_id, sum(amount) AS amount FROM payment_ops WHERE kind = 'refund' GROUP BY refund_id) x ON x.refund_id = r.id
				WHERE coalesce(x.amount, 0) <> r.amount
			UNION SELECT o.number FROM orders o LEFT JOIN (SELECT order_id, sum(delivery) AS delivery FROM refunds GROUP BY order_id) r ON r.order_id = o.id
				WHERE o.delivery_refunded <> coalesce(r.delivery, 0) OR o.delivery_refunded > o.delivery`, nil},
		{"P1", "a promotion and its codes are counted right, and no limit is exceeded, in all or by a person", `
			SELECT p.token AS id FROM promotions p LEFT JOIN (
				SELECT promotion_id, count(*) AS held FROM redemptions WHERE state = 'held' GROUP BY promotion_id) r ON r.promotion_id = p.id
			WHERE p.limit_all + p.limit_person > 0 AND p.used <> coalesce(r.held, 0) OR p.limit_all > 0 AND coalesce(r.held, 0) > p.limit_all
			UNION SELECT c.code FROM promotion_codes c LEFT JOIN (
				SELECT code_id, count(*) AS held FROM redemptions WHERE state = 'held' AND code_id <> 0 GROUP BY code_id) r ON r.code_id = c.id
			WHERE c.limit_all > 0 AND (c.used <> coalesce(r.held, 0) OR coalesce(r.held, 0) > c.limit_all)
			UNION SELECT p.token FROM redemptions r JOIN promotions p ON p.id = r.promotion_id WHERE r.state = 'held' AND r.person <> ''
				GROUP BY p.token, r.person HAVING min(r.limit_person) > 0 AND count(*) > max(r.limit_person)`, nil},
		{"P2", "a redemption stands exactly as long as its order, and each discount of a line belongs to one", `
			SELECT o.number AS id FROM redemptions r JOIN orders o ON o.id = r.order_id
			WHERE (o.state = 'cancelled') <> (r.state = 'released') AND NOT EXISTS (
				SELECT 1 FROM order_history h WHERE h.order_id = o.id AND h.axis = 'order' AND h.at > ?)
			UNION SELECT o.number FROM line_discounts d JOIN orders o ON o.id = d.order_id
			WHERE NOT EXISTS (SELECT 1 FROM redemptions r WHERE r.order_id = d.order_id AND r.promotion_id = d.promotion_id)
			UNION SELECT o.number FROM orders o JOIN order_lines l ON l.order_id = o.id LEFT JOIN (
				SELECT order_id, position, sum(amount) AS amount FROM (SELECT order_id, position, amount FROM line_discounts UNION ALL SELECT order_id, position, amount FROM line_members) x
				GROUP BY order_id, position) d ON d.order_id = l.order_id AND d.position = l.position
			WHERE o.imported = FALSE AND l.discount <> coalesce(d.amount, 0)`, []any{at(-slack)}},
		{"P3", "a promotion was in its days when the order was placed, and an exclusive one stands alone", `
			SELECT o.number AS id FROM redemptions r JOIN orders o ON o.id = r.order_id
			WHERE r.starts_on <> '' AND r.day < r.starts_on OR r.ends_on <> '' AND r.day > r.ends_on OR r.at <> o.placed_at
				OR r.exclusive AND EXISTS (SELECT 1 FROM redemptions x WHERE x.order_id = r.order_id AND x.promotion_id <> r.promotion_id)`, nil},
		{"P4", "medicines and other sensitive goods were never reduced, and gift cards never bought gift cards", `
			SELECT DISTINCT o.number AS id FROM line_discounts d JOIN orders o ON o.id = d.order_id WHERE d.sensitive = TRUE
			UNION SELECT o.number FROM line_members d JOIN orders o ON o.id = d.order_id WHERE d.sensitive = TRUE
			UNION SELECT o.number FROM orders o JOIN (SELECT order_id, sum(value) AS value FROM credits WHERE order_id > 0 GROUP BY order_id) c ON c.order_id = o.id
				JOIN (SELECT order_id, sum(captured - refunded) AS net FROM payments WHERE provider IN ('gift','credit') GROUP BY order_id) p ON p.order_id = o.id
				WHERE p.net > o.total - c.value`, nil},

		{"W1", "news of a payment had its effect, and no effect came without news", `
			SELECT p.token AS id FROM payments p WHERE
				(p.state IN ('succeeded','refunded')) <> EXISTS (SELECT 1 FROM payment_events e WHERE e.payment_id = p.id AND e.kind = 'paid')
			UNION SELECT p.token FROM payments p JOIN payment_events e ON e.payment_id = p.id WHERE e.provider <> p.provider
			UNION SELECT event_id FROM payment_inbox WHERE done_at = 0 AND at < ?`, []any{at(-payment.Patience)}},
		{"W3", "a provider was asked under a saved key only, and what went back is what was asked to go back", `
			SELECT p.token AS id FROM payments p WHERE p.provider = 'stripe' AND (
				p.provider_ref <> '' AND NOT EXISTS (SELECT 1 FROM payment_ops x WHERE x.payment_id = p.id AND x.kind = 'start')
				OR p.refunded <> (SELECT coalesce(sum(x.amount), 0) FROM payment_ops x WHERE x.payment_id = p.id AND x.kind = 'refund' AND x.state <> 'refused'))`, nil},
		{"W4", "no payment stays undecided longer than it may", `
			SELECT token AS id FROM payments WHERE state = 'processing' AND updated_at < ?
			UNION SELECT key FROM payment_ops WHERE state IN ('planned','sent') AND (created_at < ? OR kind <> 'expire' AND created_at < ?)`,
			[]any{at(-payment.Patience - 15*time.Minute), at(-payment.BankDecides - 2*time.Hour), at(-payment.GiveUp - 15*time.Minute)}},
		{"E1", "nobody is written to twice about the same thing", `
			SELECT o.number || ' ' || s.template AS id FROM sends s JOIN orders o ON o.id = s.order_id WHERE s.template NOT IN ? GROUP BY o.number, s.template HAVING count(*) > 1
			UNION SELECT key FROM sends GROUP BY key HAVING count(*) > 1`, []any{outreach.Repeated}},
		{"E2", "no offer left after the person said stop, or had ordered", `
			SELECT s.message_id AS id FROM sends s WHERE s.state = 'sent' AND s.class IN ('relationship','marketing') AND (
				EXISTS (SELECT 1 FROM orders o WHERE s.cart_id <> 0 AND o.cart_id = s.cart_id AND o.placed_at < s.sent_at - ?)
				OR EXISTS (SELECT 1 FROM consents c WHERE c.customer_id = s.customer_id AND c.purpose = 'mail.cart' AND s.cart_id <> 0 AND c.given = FALSE AND c.at < s.sent_at - ?)
				OR EXISTS (SELECT 1 FROM suppressions x WHERE x.email_key = s.email AND x.at < s.sent_at - ? AND (x.purpose = '*' OR x.purpose = 'mail.cart' AND s.cart_id <> 0)
					AND NOT EXISTS (SELECT 1 FROM consents c WHERE c.customer_id = s.customer_id AND c.given = TRUE AND c.at > x.at)))`,
			[]any{onItsWay.Milliseconds(), onItsWay.Milliseconds(), onItsWay.Milliseconds()}},
		{"E4", "no offer was decided on while a complaint of its reader was open", `
			SELECT s.message_id AS id FROM sends s JOIN questions q ON q.complaint_at > 0 AND (q.customer_id = s.customer_id OR q.email <> '' AND lower(q.email) = s.email)
			WHERE s.state = 'sent' AND s.class IN ('relationship','marketing') AND s.sent_at > q.complaint_at + ? AND (q.closed_at = 0 OR s.sent_at < q.closed_at)`,
			[]any{onItsWay.Milliseconds()}},
		{"E3", "every order has its confirmation, sent or about to be", `
			SELECT o.number AS id FROM orders o WHERE o.imported = FALSE AND o.simulated = FALSE AND o.email <> ''
			AND o.id NOT IN (SELECT s.order_id FROM sends s WHERE s.template = ?)
			AND o.id NOT IN (SELECT coalesce(CAST(j.args ->> 'order' AS BIGINT), 0) FROM river_job j
				WHERE j.kind = ? AND CAST(j.state AS TEXT) IN ('available','pending','retryable','running','scheduled'))`,
			[]any{outreach.OrderConfirmation, order.Placed{}.Kind()}},
		{"X6", "simulated people are marked everywhere and have reserved addresses only", `
			SELECT email AS id FROM customers WHERE simulated = TRUE AND erased_at = 0 AND NOT (email LIKE '%.example' OR email LIKE '%@example.com' OR email LIKE '%@example.org' OR email LIKE '%@example.net')
			UNION SELECT o.number FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.simulated = TRUE AND o.simulated = FALSE
			UNION SELECT k.token FROM carts k JOIN customers c ON c.id = k.customer_id WHERE c.simulated = TRUE AND k.simulated = FALSE
			UNION SELECT o.number FROM orders o JOIN carts k ON k.id = o.cart_id WHERE k.simulated <> o.simulated`, nil},
	}...)
}

// taxOf is the tax of an amount at a rate in thousandths of a percent, rounded
// half up, in whole numbers.
func taxOf(amount, rate string) string {
	inside := "100000 + " + rate
	return "CASE WHEN o.tax_included THEN (" + amount + " * " + rate + " + (" + inside + ") / 2) / (" + inside + ") ELSE (" + amount + " * " + rate + " + 50000) / 100000 END"
}

func fiveTimes(all []money.Currency) []any {
	codes := make([]string, len(all))
	for i, c := range all {
		codes[i] = string(c)
	}
	return []any{codes, codes, codes, codes, codes}
}

// legalSteps writes the steps that package order allows as axis:from:to.
func legalSteps() []string {
	states := map[order.Axis][]string{
		order.OrderAxis: {string(order.StatePlaced), string(order.Cancelled), string(order.Completed)},
		order.PaymentAxis: {string(order.Pending), string(order.Processing), string(order.Paid), string(order.Failed), string(order.Refunded),
			string(order.PartlyRefunded), string(order.Void)},
		order.DeliveryAxis: {string(order.Unshipped), string(order.Shipped), string(order.Delivered), string(order.Returned)},
	}
	legal := []string{"order::placed"}
	for axis, all := range states {
		for _, from := range all {
			for _, to := range all {
				if order.Legal(axis, from, to) {
					legal = append(legal, string(axis)+":"+from+":"+to)
				}
			}
		}
	}
	return legal
}

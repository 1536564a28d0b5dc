package analytics

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/money"
	"regulars/internal/setting"
	"regulars/internal/slot"
)

// RecountSlots counts what the places of the shop brought on the days
// from..to, "" as of Recount. It is the one counter, for the job and for
// "rebuild reports". Impressions and clicks of days whose events are gone are
// left as they were counted.
func RecountSlots(ctx context.Context, d *db.DB, from, to string, v setting.Values, now time.Time) error {
	zone := v.Zone()
	first, err := dayOr(from, zone, func() (time.Time, error) { return firstPlaced(ctx, d, zone, now) })
	if err != nil {
		return err
	}
	last, err := dayOr(to, zone, func() (time.Time, error) { return now.In(zone), nil })
	if err != nil {
		return err
	}
	for day := first; !day.After(last); day = nextDay(day, chunk) {
		end := nextDay(day, chunk)
		if limit := nextDay(last, 1); end.After(limit) {
			end = limit
		}
		if err := recountSlots(ctx, d, day, end, v, now); err != nil {
			return fmt.Errorf("recount places of %s: %w", day.Format(time.DateOnly), err)
		}
	}
	return nil
}

// RefreshSlots counts today and yesterday again.
func RefreshSlots(ctx context.Context, d *db.DB, v setting.Values, now time.Time) error {
	return RecountSlots(ctx, d, now.In(v.Zone()).AddDate(0, 0, -1).Format(time.DateOnly), "", v, now)
}

// RebuildSlots counts every day and every test from the rows themselves, and
// lets single impressions and clicks go that are older than SlotDays.
func RebuildSlots(ctx context.Context, d *db.DB, v setting.Values, now time.Time) error {
	if err := RecountSlots(ctx, d, "", "", v, now); err != nil {
		return err
	}
	if err := Retest(ctx, d, v, now); err != nil {
		return err
	}
	return d.InTx(ctx, func(tx *db.Tx) error { return event.DropSlots(ctx, tx, kept(v, now)) })
}

// kept is the first moment whose impressions and clicks are all still there.
func kept(v setting.Values, now time.Time) time.Time {
	return nextDay(now.In(v.Zone()), -SlotDays)
}

// firstPlaced is the first day with anything to count, or with a count.
func firstPlaced(ctx context.Context, q db.Q, zone *time.Location, now time.Time) (time.Time, error) {
	first := now
	for _, query := range []string{"SELECT min(at) FROM events WHERE kind IN ('slot.shown', 'slot.click')",
		"SELECT min(at) FROM cart_steps WHERE kind = 'add' AND detail <> ''",
		"SELECT min(o.placed_at) FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE l.origin <> ''"} {
		var at sql.NullInt64
		if err := q.Query(ctx).Raw(query).Row().Scan(&at); err != nil {
			return now, fmt.Errorf("find the first place: %w", err)
		}
		if at.Valid && at.Int64 < first.UnixMilli() {
			first = time.UnixMilli(at.Int64)
		}
	}
	var day sql.NullString
	if err := q.Query(ctx).Raw("SELECT min(day) FROM slot_days").Row().Scan(&day); err != nil {
		return now, fmt.Errorf("find the first place: %w", err)
	}
	if at, err := time.ParseInLocation(time.DateOnly, day.String, zone); day.Valid && err == nil && at.Before(first) {
		first = at
	}
	return first.In(zone), nil
}

func recountSlots(ctx context.Context, d *db.DB, from, to time.Time, v setting.Values, now time.Time) error {
	zone := v.Zone()
	sums := map[slotBucket]Placed{}
	if err := countedBefore(ctx, d, sums, from, to, kept(v, now)); err != nil {
		return err
	}
	if begin := later(from, kept(v, now)); begin.Before(to) {
		all, err := looks(ctx, d, begin.Add(-visitLasts), to)
		if err != nil {
			return err
		}
		foldLooks(sums, all, begin, zone)
	}
	err := each(ctx, d, `SELECT s.at, s.detail, c.simulated FROM cart_steps s JOIN carts c ON c.id = s.cart_id
		WHERE s.kind = 'add' AND s.detail <> '' AND s.at >= ? AND s.at < ? AND c.kind = 'shopper' AND c.state <> 'void'`,
		[]any{db.At(from), db.At(to)}, func(rows *sql.Rows) error {
			var at int64
			var detail string
			var simulated bool
			if err := rows.Scan(&at, &detail, &simulated); err != nil {
				return err
			}
			if m, ok := slot.Parse(detail); ok {
				b := slotBucket{time.UnixMilli(at).In(zone).Format(time.DateOnly), m.Slot, "", m.Arm, simulated}
				sum := sums[b]
				sum.Adds++
				sums[b] = sum
			}
			return nil
		})
	if err != nil {
		return err
	}
	lines, err := sales(ctx, d, from, to, v.Currency())
	if err != nil {
		return err
	}
	foldSold(sums, lines, zone)
	var rows [][]any
	for _, b := range slices.SortedFunc(maps.Keys(sums), slotBucket.compare) {
		p := sums[b]
		rows = append(rows, []any{b.day, string(b.slot), b.page, string(b.arm), b.simulated, p.Shown, p.Clicks, p.Adds, p.Orders, p.Units,
			int64(p.Revenue), int64(p.Margin), int64(p.Costed), string(v.Currency()), db.At(now)})
	}
	return d.InTx(ctx, func(tx *db.Tx) error {
		if err := customer.Turn(ctx, tx, "recount-slots"); err != nil {
			return err
		}
		last := to.Add(-time.Hour).Format(time.DateOnly)
		if err := tx.Query(ctx).Exec("DELETE FROM slot_days WHERE day >= ? AND day <= ?", from.Format(time.DateOnly), last).Error; err != nil {
			return err
		}
		_, err := tx.Insert(ctx, "slot_days", strings.Fields("day slot page arm simulated shown clicks adds orders units revenue margin costed currency counted_at"), rows, false)
		return err
	})
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (b slotBucket) compare(c slotBucket) int {
	if b.simulated != c.simulated {
		if b.simulated {
			return 1
		}
		return -1
	}
	return cmp.Or(cmp.Compare(b.day, c.day), cmp.Compare(b.slot, c.slot), cmp.Compare(b.page, c.page), cmp.Compare(b.arm, c.arm))
}

// countedBefore takes over the impressions and clicks of days before cut.
func countedBefore(ctx context.Context, q db.Q, into map[slotBucket]Placed, from, to, cut time.Time) error {
	if !from.Before(cut) {
		return nil
	}
	last := cut
	if to.Before(cut) {
		last = to
	}
	return each(ctx, q, "SELECT day, slot, page, arm, simulated, shown, clicks FROM slot_days WHERE day >= ? AND day < ?",
		[]any{from.Format(time.DateOnly), last.Format(time.DateOnly)}, func(rows *sql.Rows) error {
			var b slotBucket
			var p Placed
			if err := rows.Scan(&b.day, &b.slot, &b.page, &b.arm, &b.simulated, &p.Shown, &p.Clicks); err != nil {
				return err
			}
			if p != (Placed{}) {
				into[b] = p
			}
			return nil
		})
}

// looks streams impressions and clicks in the order of time; those of programs
// are left out. A browser that somebody signed in with is that person.
func looks(ctx context.Context, q db.Q, from, to time.Time) ([]look, error) {
	var all []look
	err := each(ctx, q, `SELECT e.at, e.kind, CASE WHEN e.customer_id <> 0 THEN e.customer_id ELSE coalesce(v.customer_id, -e.visitor_id) END, e.detail, e.simulated
		FROM events e LEFT JOIN visitors v ON v.id = e.visitor_id AND e.visitor_id <> 0
		WHERE e.at >= ? AND e.at < ? AND e.kind IN ('slot.shown', 'slot.click') AND e.bot = FALSE ORDER BY e.at, e.id`,
		[]any{db.At(from), db.At(to)}, func(rows *sql.Rows) error {
			var l look
			var kind, detail string
			if err := rows.Scan(&l.at, &kind, &l.who, &detail, &l.simulated); err != nil {
				return err
			}
			m, _, ok := slot.ParseSeen(detail)
			if l.mark, l.click = m, kind == string(event.SlotClick); ok {
				all = append(all, l)
			}
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("read what places showed: %w", err)
	}
	return all, nil
}

// sales reads the lines of paid orders placed in a span, each net of its tax
// and of what was given back, in the shop's currency.
func sales(ctx context.Context, q db.Q, from, to time.Time, currency money.Currency) ([]sold, error) {
	var all []sold
	var basket []bill
	done := func() {
		all = append(all, settle(basket, currency)...)
		basket = basket[:0]
	}
	err := each(ctx, q, `SELECT o.id, o.placed_at, CASE WHEN o.customer_id IS NOT NULL THEN o.customer_id ELSE coalesce(w.customer_id, -c.visitor_id, 0) END,
		o.simulated, o.currency, o.tax_included, o.delivery_refunded, coalesce(b.back, 0),
		l.qty, l.cancelled_qty, l.refunded_qty, l.total, l.tax, l.unit_cost, l.origin, l.position, p.id, coalesce(p.category_id, 0), p.gift_card, coalesce(own.amount, 0), coalesce(here.amount, 0)
		FROM orders o JOIN order_lines l ON l.order_id = o.id JOIN products p ON p.id = l.product_id
		LEFT JOIN carts c ON c.id = o.cart_id LEFT JOIN visitors w ON w.id = c.visitor_id
		LEFT JOIN (SELECT order_id, sum(refunded) AS back FROM payments WHERE refunded > 0 GROUP BY order_id) b ON b.order_id = o.id
		LEFT JOIN prices own ON own.variant_id = l.variant_id AND own.currency = o.currency
		LEFT JOIN prices here ON here.variant_id = l.variant_id AND here.currency = ?
		WHERE o.placed_at >= ? AND o.placed_at < ? AND o.imported = FALSE AND o.replaces = 0 AND o.state <> 'cancelled'
		AND o.payment_state IN ('paid', 'partly-refunded', 'refunded') ORDER BY o.id, l.position`,
		[]any{string(currency), db.At(from), db.At(to)}, func(rows *sql.Rows) error {
			var b bill
			var origin string
			err := rows.Scan(&b.order, &b.at, &b.who, &b.simulated, &b.currency, &b.taxIncluded, &b.delivery, &b.back,
				&b.qty, &b.cancelled, &b.refunded, &b.total, &b.tax, &b.cost, &origin, &b.position, &b.product, &b.category, &b.card, &b.own, &b.sells)
			if err != nil {
				return err
			}
			b.mark, _ = slot.Parse(origin)
			if len(basket) > 0 && basket[0].order != b.order {
				done()
			}
			basket = append(basket, b)
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("read what was bought: %w", err)
	}
	done()
	return all, nil
}

// bill is a line of an order as its rows tell it.
type bill struct {
	sold
	currency                 string
	taxIncluded, card        bool
	delivery, back           money.Amount // of the whole order: delivery and everything given back
	qty, cancelled, refunded int
	total, tax               money.Amount
	cost                     sql.NullInt64
	own, sells               money.Amount // its price in the order's currency and in the shop's
}

// settle says what the lines of one order are worth to the shop. Money given
// back that belongs to no unit is taken off all of them.
func settle(lines []bill, currency money.Currency) []sold {
	var kept, units money.Amount
	for _, b := range lines {
		gross := b.gross()
		kept += gross.Part(int64(b.left()), int64(b.qty))
		units += gross.Part(int64(b.refunded), int64(b.qty))
	}
	rest := kept
	if len(lines) > 0 {
		rest = (kept - (lines[0].back - lines[0].delivery - units).Clamp0()).Clamp0()
	}
	var out []sold
	for _, b := range lines {
		b.units = b.left()
		net := b.total
		if b.taxIncluded {
			net -= b.tax
		}
		net = net.Part(int64(b.left()), int64(b.qty))
		if kept > 0 {
			net = net.Part(int64(rest), int64(kept))
		}
		known := true
		if b.currency != string(currency) {
			b.rate = [2]money.Amount{0, 1}
			if known = b.own > 0 && b.sells > 0; known {
				b.rate = [2]money.Amount{b.sells, b.own}
				net = net.Part(int64(b.sells), int64(b.own))
			}
		}
		if known && !b.card { // a gift card is money for later
			b.revenue = net
			if b.cost.Valid {
				b.costed, b.margin = net, net-money.Amount(b.cost.Int64).Times(b.units)
			}
		}
		out = append(out, b.sold)
	}
	return out
}

func (b bill) left() int { return max(0, b.qty-b.cancelled-b.refunded) }

func (b bill) gross() money.Amount {
	if b.taxIncluded {
		return b.total
	}
	return b.total + b.tax
}

// Retest sums up both sides of every test anew: the people who were in it, by
// the side they were first on, and what they bought since, net of what was
// given back.
func Retest(ctx context.Context, d *db.DB, v setting.Values, now time.Time) error {
	from := kept(v, now)
	rules, err := slot.Read(ctx, d)
	if err != nil {
		return err
	}
	all, err := looks(ctx, d, from, now.Add(time.Second))
	if err != nil {
		return err
	}
	tests := enrol(all, rules, from)
	lines, err := sales(ctx, d, from.AddDate(0, 0, -SlotDays), now.Add(time.Second), v.Currency())
	if err != nil {
		return err
	}
	bought := map[int64][]sold{}
	var revenue, costed [2]money.Amount
	for _, l := range lines {
		bought[l.who] = append(bought[l.who], l)
		at := 0
		if l.simulated {
			at = 1
		}
		revenue[at], costed[at] = revenue[at]+l.revenue, costed[at]+l.costed
	}
	var rows [][]any
	for _, at := range slices.SortedFunc(maps.Keys(tests), func(a, b trial) int { return cmp.Or(cmp.Compare(a.slot, b.slot), cmp.Compare(a.page, b.page)) }) {
		began := max(from.UnixMilli(), rules.Of(at.slot).Since.Milli())
		for i, simulated := range []bool{false, true} {
			measure := "margin"
			if costed[i]*5 < revenue[i]*4 || costed[i] == 0 {
				measure = "revenue"
			}
			for _, h := range weigh(at, tests[at], simulated, bought, began, measure == "revenue") {
				rows = append(rows, []any{string(at.slot), at.page, string(h.arm), simulated, measure, h.outcome.N, h.outcome.Buyers, h.clicks.Buyers,
					h.yield, h.outcome.Sum, h.outcome.Sq, h.outcome.BeforeSum, h.outcome.BeforeSq, h.outcome.Cross, h.clicks.Sum, h.clicks.Sq, began, db.At(now)})
			}
		}
	}
	return d.InTx(ctx, func(tx *db.Tx) error {
		if err := customer.Turn(ctx, tx, "recount-slots"); err != nil {
			return err
		}
		if err := tx.Query(ctx).Exec("DELETE FROM slot_tests").Error; err != nil {
			return err
		}
		_, err := tx.Insert(ctx, "slot_tests", []string{"slot", "page", "arm", "simulated", "measure", "people", "buyers", "clickers", "yield_sum", "capped_sum", "capped_sq",
			"before_sum", "before_sq", "both_sum", "clicks_sum", "clicks_sq", "since", "counted_at"}, rows, false)
		return err
	})
}

package analytics

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/setting"
	"regulars/internal/slot"
)

// Slots reports what every place brought in the last SlotDays days, either of
// real shoppers or of simulated ones, never both in one figure.
func Slots(ctx context.Context, q db.Q, simulated bool, v setting.Values, now time.Time) (*SlotReport, error) {
	from, to := slotWindow(v, now)
	r := &SlotReport{From: from.Format(time.DateOnly), To: to.Format(time.DateOnly), Simulated: simulated, Currency: v.Currency()}
	days, counted, err := slotDays(ctx, q, r.From, r.To, simulated)
	if err != nil {
		return nil, err
	}
	r.CountedAt = counted
	sums := map[trial]map[slot.Arm]Placed{}
	for _, d := range days {
		at := trial{d.Slot, d.Page}
		if sums[at] == nil {
			sums[at] = map[slot.Arm]Placed{}
		}
		sum := sums[at][d.Arm]
		sum.add(d.Placed)
		sums[at][d.Arm] = sum
	}
	rules, err := slot.Read(ctx, q)
	if err != nil {
		return nil, err
	}
	tests, err := slotTests(ctx, q, rules, simulated, now)
	if err != nil {
		return nil, err
	}
	for _, s := range slot.Slots {
		f := SlotFigures{Slot: s, Arms: sums[trial{s.Key, ""}], Test: tests[trial{s.Key, ""}]}
		if f.Test.Verdict == "" {
			f.Test = judged(rules.Of(s.Key), half{}, half{}, false, from, now)
		}
		for _, p := range f.Arms {
			f.Total.add(p)
		}
		if s.Key == slot.Home {
			f.home(sums, tests)
		}
		r.Slots = append(r.Slots, f)
	}
	return r, nil
}

// home adds what its sections are credited with to the home page, and the pages
// of single segments.
func (f *SlotFigures) home(sums map[trial]map[slot.Arm]Placed, tests map[trial]Tested) {
	for at, arms := range sums {
		switch {
		case at.slot.OnHome() && at.page == "":
			for _, p := range arms {
				p.Shown, p.Clicks = 0, 0
				f.Total.add(p)
			}
		case at.slot == slot.Home && at.page != "" && arms[slot.Shown].Shown+arms[slot.Without].Shown > 0:
			f.Audiences = append(f.Audiences, Audience{at.page, arms, tests[at]})
		}
	}
	slices.SortFunc(f.Audiences, func(a, b Audience) int {
		return cmp.Or(cmp.Compare(b.Arms[slot.Shown].Shown, a.Arms[slot.Shown].Shown), cmp.Compare(a.Segment, b.Segment))
	})
}

// SlotFile lists the single days of a report, for a file.
func SlotFile(ctx context.Context, q db.Q, simulated bool, v setting.Values, now time.Time) ([]SlotDay, error) {
	from, to := slotWindow(v, now)
	days, _, err := slotDays(ctx, q, from.Format(time.DateOnly), to.Format(time.DateOnly), simulated)
	return days, err
}

func slotDays(ctx context.Context, q db.Q, from, to string, simulated bool) (days []SlotDay, counted db.Time, err error) {
	err = each(ctx, q, `SELECT day, slot, page, arm, shown, clicks, adds, orders, units, revenue, margin, costed, counted_at FROM slot_days
		WHERE day >= ? AND day <= ? AND simulated = ? ORDER BY day, slot, page, arm`, []any{from, to, simulated}, func(rows *sql.Rows) error {
		var d SlotDay
		var at int64
		if err := rows.Scan(&d.Day, &d.Slot, &d.Page, &d.Arm, &d.Shown, &d.Clicks, &d.Adds, &d.Orders, &d.Units, &d.Revenue, &d.Margin, &d.Costed, &at); err != nil {
			return err
		}
		if at > counted.Milli() {
			counted = db.At(time.UnixMilli(at))
		}
		days = append(days, d)
		return nil
	})
	if err != nil {
		err = fmt.Errorf("read places of %s to %s: %w", from, to, err)
	}
	return days, counted, err
}

// slotTests reads the two sides of each test and judges them.
func slotTests(ctx context.Context, q db.Q, rules *slot.Rules, simulated bool, now time.Time) (map[trial]Tested, error) {
	halves, since, revenue := map[trial]map[slot.Arm]half{}, map[trial]time.Time{}, map[trial]bool{}
	err := each(ctx, q, `SELECT slot, page, arm, measure, people, buyers, clickers, yield_sum, capped_sum, capped_sq, before_sum, before_sq, both_sum, clicks_sum, clicks_sq, since
		FROM slot_tests WHERE simulated = ?`, []any{simulated}, func(rows *sql.Rows) error {
		var h half
		var measure string
		var began int64
		o, c := &h.outcome, &h.clicks
		if err := rows.Scan(&h.slot, &h.page, &h.arm, &measure, &o.N, &o.Buyers, &c.Buyers, &h.yield, &o.Sum, &o.Sq, &o.BeforeSum, &o.BeforeSq, &o.Cross, &c.Sum, &c.Sq, &began); err != nil {
			return err
		}
		c.N = o.N
		if halves[h.trial] == nil {
			halves[h.trial] = map[slot.Arm]half{}
		}
		halves[h.trial][h.arm], since[h.trial], revenue[h.trial] = h, time.UnixMilli(began), measure == "revenue"
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the tests of places: %w", err)
	}
	out := map[trial]Tested{}
	for at, sides := range halves {
		out[at] = judged(rules.Of(at.slot), sides[slot.Shown], sides[slot.Without], revenue[at], since[at], now)
	}
	return out, nil
}

// SlotPages tells a place of product pages apart by the page, over the last
// SlotDays days: the most shown first, so many of them at most.
func SlotPages(ctx context.Context, q db.Q, key slot.Key, simulated bool, most int, v setting.Values, now time.Time) ([]SlotPage, error) {
	from, _ := slotWindow(v, now)
	pages := map[string]*SlotPage{}
	at := func(m slot.Mark) *SlotPage {
		if m.Slot != key || m.Page == "" {
			return nil
		}
		if pages[m.Page] == nil {
			pages[m.Page] = &SlotPage{Page: m.Page, Arms: map[slot.Arm]Placed{}, Worth: map[slot.Arm]money.Amount{}}
		}
		return pages[m.Page]
	}
	all, err := looks(ctx, q, from, now.Add(time.Second))
	if err != nil {
		return nil, err
	}
	for _, l := range all {
		p := at(l.mark)
		if p == nil || l.simulated != simulated {
			continue
		}
		sum := p.Arms[l.mark.Arm]
		if l.click {
			sum.Clicks++
		} else {
			sum.Shown++
		}
		p.Arms[l.mark.Arm] = sum
	}
	err = each(ctx, q, `SELECT s.detail, coalesce(pr.amount, 0) FROM cart_steps s JOIN carts c ON c.id = s.cart_id
		LEFT JOIN prices pr ON pr.variant_id = s.variant_id AND pr.currency = ?
		WHERE s.kind = 'add' AND s.detail <> '' AND s.at >= ? AND c.kind = 'shopper' AND c.state <> 'void' AND c.simulated = ?`,
		[]any{string(v.Currency()), db.At(from), simulated}, func(rows *sql.Rows) error {
			var detail string
			var price money.Amount
			if err := rows.Scan(&detail, &price); err != nil {
				return err
			}
			m, _ := slot.Parse(detail)
			if p := at(m); p != nil {
				sum := p.Arms[m.Arm]
				sum.Adds++
				p.Arms[m.Arm] = sum
				p.Worth[m.Arm] += price
			}
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("read what %s led to: %w", key, err)
	}
	var out []SlotPage
	for _, p := range pages {
		out = append(out, *p)
	}
	shown := func(p SlotPage) (n int) {
		for _, arm := range p.Arms {
			n += arm.Shown
		}
		return n
	}
	slices.SortFunc(out, func(a, b SlotPage) int { return cmp.Or(cmp.Compare(shown(b), shown(a)), cmp.Compare(a.Page, b.Page)) })
	out = out[:min(len(out), most)]
	return out, named(ctx, q, out)
}

// SlotGoods tells what stood in a place of one product's page apart by product:
// how often it was shown there and clicked.
func SlotGoods(ctx context.Context, q db.Q, key slot.Key, page string, simulated bool, v setting.Values, now time.Time) ([]SlotPage, error) {
	from, _ := slotWindow(v, now)
	goods := map[catalog.ProductID]*SlotPage{}
	count := func(id catalog.ProductID, arm slot.Arm, p Placed) {
		if goods[id] == nil {
			goods[id] = &SlotPage{Product: id, Arms: map[slot.Arm]Placed{}}
		}
		sum := goods[id].Arms[arm]
		sum.add(p)
		goods[id].Arms[arm] = sum
	}
	err := each(ctx, q, "SELECT kind, product_id, detail FROM events WHERE at >= ? AND kind IN ('slot.shown', 'slot.click') AND bot = FALSE AND simulated = ? AND detail LIKE ?",
		[]any{db.At(from), simulated, string(key) + "/%"}, func(rows *sql.Rows) error {
			var kind, detail string
			var product int64
			if err := rows.Scan(&kind, &product, &detail); err != nil {
				return err
			}
			m, products, ok := slot.ParseSeen(detail)
			if !ok || m.Page != page || m.Slot != key {
				return nil
			}
			if kind == string(event.SlotClick) {
				count(catalog.ProductID(product), m.Arm, Placed{Clicks: 1})
				return nil
			}
			for _, id := range products {
				count(catalog.ProductID(id), m.Arm, Placed{Shown: 1})
			}
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("read the goods of %s: %w", key, err)
	}
	ids := make([]catalog.ProductID, 0, len(goods))
	for id := range goods {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	var out []SlotPage
	for _, id := range ids {
		out = append(out, *goods[id])
	}
	return out, named(ctx, q, out)
}

// named fills in codes and names of the products that are still there; one
// that is gone keeps its code as its name.
func named(ctx context.Context, q db.Q, pages []SlotPage) error {
	ids, codes := make([]int64, len(pages)), make([]string, len(pages))
	for i, p := range pages {
		ids[i], codes[i] = int64(p.Product), p.Page
		pages[i].Name = i18n.Text{En: p.Page, Zh: p.Page}
	}
	if len(pages) == 0 {
		return nil
	}
	return each(ctx, q, "SELECT id, code, name FROM products WHERE id IN ? OR code IN ?", []any{ids, codes}, func(rows *sql.Rows) error {
		var id catalog.ProductID
		var code string
		var name i18n.Text
		if err := rows.Scan(&id, &code, &name); err != nil {
			return err
		}
		for i := range pages {
			if pages[i].Product == id || pages[i].Product == 0 && pages[i].Page == code {
				pages[i].Page, pages[i].Name = code, name
			}
		}
		return nil
	})
}

package analytics

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/setting"
)

// restate is how far back the minute job looks for carts that changed: late
// events and refunds within it correct earlier days.
const restate = 72 * time.Hour

// chunk is how many days are held in memory at once.
const chunk = 31

// Recount counts the days from..to ("2026-11-22", both included; "" = from
// the first cart, up to today) and replaces their rows. It is the one counter:
// the minute job and "rebuild reports" both call it.
func Recount(ctx context.Context, d *db.DB, from, to string, v setting.Values, now time.Time) error {
	zone := v.Zone()
	first, err := dayOr(from, zone, func() (time.Time, error) { return firstDay(ctx, d, zone, now) })
	if err != nil {
		return err
	}
	last, err := dayOr(to, zone, func() (time.Time, error) { return now.In(zone), nil })
	if err != nil {
		return err
	}
	if from == "" && to == "" {
		// Days outside of what can be counted now hold nothing any more.
		if err := d.InTx(ctx, func(tx *db.Tx) error {
			for _, table := range []string{"cart_days", "cart_facts"} {
				if err := tx.Query(ctx).Exec("DELETE FROM "+table+" WHERE day < ? OR day > ?", first.Format(time.DateOnly), last.Format(time.DateOnly)).Error; err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return fmt.Errorf("recount carts: %w", err)
		}
	}
	tree, err := catalog.LoadTree(ctx, d)
	if err != nil {
		return fmt.Errorf("recount carts: %w", err)
	}
	for day := first; !day.After(last); day = nextDay(day, chunk) {
		end := nextDay(day, chunk)
		if limit := nextDay(last, 1); end.After(limit) {
			end = limit
		}
		if err := recount(ctx, d, tree, day, end, v, now); err != nil {
			return fmt.Errorf("recount carts of %s: %w", day.Format(time.DateOnly), err)
		}
	}
	return nil
}

// Rebuild recounts every report from the rows themselves.
func Rebuild(ctx context.Context, d *db.DB, v setting.Values, now time.Time) error {
	if err := Recount(ctx, d, "", "", v, now); err != nil {
		return err
	}
	if err := RebuildSlots(ctx, d, v, now); err != nil {
		return err
	}
	if err := RecountSales(ctx, d, "", "", v, now); err != nil {
		return err
	}
	return RetestFollowUp(ctx, d, v, now)
}

// Refresh recounts today and every day whose carts changed in the last 72
// hours. It is the minute job.
func Refresh(ctx context.Context, d *db.DB, v setting.Values, now time.Time) error {
	older, err := older(ctx, d)
	if err != nil {
		return err
	}
	if older { // the shop was upgraded: its figures are made anew under today's definition
		return Recount(ctx, d, "", "", v, now)
	}
	zone := v.Zone()
	since := db.At(now.Add(-restate - max(v.CartIdle(), v.CheckoutIdle())))
	// Orders are paid or given up within cart.lost; an older history is not
	// looked through each minute.
	placed := db.At(now.Add(-max(restate, v.CartLost())))
	var starts []int64
	err = d.Query(ctx).Raw(`SELECT CASE WHEN started_at > 0 THEN started_at ELSE created_at END FROM carts
		WHERE active_at >= ? OR closed_at >= ?
		OR id IN (SELECT cart_id FROM orders WHERE placed_at >= ? AND cart_id IS NOT NULL AND (closed_at >= ? OR paid_at >= ?))
		OR id IN (SELECT cart_id FROM cart_frictions WHERE at >= ?)
		OR started_at >= ? AND visitor_id IN (SELECT visitor_id FROM questions WHERE answered_at >= ?)
		OR started_at >= ? AND customer_id IN (SELECT customer_id FROM questions WHERE answered_at >= ?)
		OR id IN (SELECT o.cart_id FROM refunds r JOIN orders o ON o.id = r.order_id WHERE r.at >= ?)`,
		since, since, placed, since, since, since, placed, since, placed, since, since).Scan(&starts).Error
	if err != nil {
		return fmt.Errorf("find carts that changed: %w", err)
	}
	days := []string{now.In(zone).Format(time.DateOnly)}
	for _, at := range starts {
		days = append(days, time.UnixMilli(at).In(zone).Format(time.DateOnly))
	}
	slices.Sort(days)
	days = slices.Compact(days)
	for i := 0; i < len(days); {
		// Neighbouring days are counted together.
		j := i + 1
		for j < len(days) && after(days[j-1]) == days[j] {
			j++
		}
		if err := Recount(ctx, d, days[i], days[j-1], v, now); err != nil {
			return err
		}
		i = j
	}
	return nil
}

// older reports whether any day was counted under an earlier definition.
func older(ctx context.Context, q db.Q) (bool, error) {
	var days int64
	if err := q.Query(ctx).Raw("SELECT count(*) FROM (SELECT day FROM cart_days WHERE definition < ? LIMIT 1) AS d", int64(DefinitionVersion)*1e18).Scan(&days).Error; err != nil {
		return false, fmt.Errorf("look for older figures: %w", err)
	}
	return days > 0, nil
}

func after(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return t.AddDate(0, 0, 1).Format(time.DateOnly)
}

func nextDay(t time.Time, n int) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day()+n, 0, 0, 0, 0, t.Location())
}

func dayOr(day string, zone *time.Location, otherwise func() (time.Time, error)) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateOnly, day, zone)
	if day == "" {
		t, err = otherwise()
		return nextDay(t, 0), err
	}
	if err != nil {
		return t, fault.New(fault.Invalid, "analytics.day", "day", day)
	}
	return nextDay(t, 0), nil
}

func firstDay(ctx context.Context, q db.Q, zone *time.Location, now time.Time) (time.Time, error) {
	var first sql.NullInt64
	err := q.Query(ctx).Raw("SELECT min(CASE WHEN started_at > 0 THEN started_at ELSE created_at END) FROM carts").Row().Scan(&first)
	if err != nil {
		return now, fmt.Errorf("find the first cart: %w", err)
	}
	if !first.Valid {
		return now.In(zone), nil
	}
	return time.UnixMilli(first.Int64).In(zone), nil
}

func recount(ctx context.Context, d *db.DB, tree *catalog.Tree, from, to time.Time, v setting.Values, now time.Time) error {
	stories, err := read(ctx, d, tree, from, to, v.Currency())
	if err != nil {
		return err
	}
	definition := definitionOf(v)
	facts := make([]*Fact, len(stories))
	for i, s := range stories {
		facts[i] = s.fact(definition, v.Zone(), v.Currency(), now.UnixMilli())
	}
	if err := inherit(ctx, d, stories, facts); err != nil {
		return err
	}
	sums := map[bucket]Figures{}
	fold(sums, stories, facts)
	var rows [][]any
	for _, b := range sorted(sums) {
		f := sums[b]
		rows = append(rows, []any{b.day, b.department, b.simulated, definition.code(), f.Started, f.Checkout, f.Abandoned, f.Converted,
			f.Recovered, f.ByLink, int64(f.AbandonedValue), f.Excluded, string(v.Currency()), db.At(now)})
	}
	var strays []string
	err = d.InTx(ctx, func(tx *db.Tx) error {
		if err := customer.Turn(ctx, tx, "recount"); err != nil {
			return err
		}
		last := to.Add(-time.Hour).Format(time.DateOnly)
		if strays, err = keep(ctx, tx, facts, from.Format(time.DateOnly), last, between(from, to)); err != nil {
			return err
		}
		if err := tx.Query(ctx).Exec("DELETE FROM cart_days WHERE day >= ? AND day <= ?", from.Format(time.DateOnly), last).Error; err != nil {
			return err
		}
		_, err = tx.Insert(ctx, "cart_days", []string{"day", "department", "simulated", "definition", "started", "checkout", "abandoned", "converted",
			"recovered", "by_link", "abandoned_value", "excluded", "currency", "counted_at"}, rows, false)
		return err
	})
	if err != nil {
		return err
	}
	for _, day := range strays { // their carts are in other days now
		start, err := time.ParseInLocation(time.DateOnly, day, v.Zone())
		if err != nil {
			return err
		}
		if err := recount(ctx, d, tree, start, nextDay(start, 1), v, now); err != nil {
			return err
		}
	}
	return nil
}

func each(ctx context.Context, q db.Q, query string, args []any, take func(*sql.Rows) error) error {
	rows, err := q.Query(ctx).Raw(query, args...).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := take(rows); err != nil {
			return err
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

type dayRow struct {
	Day, Department                                                      string
	Definition                                                           int64
	Started, Checkout, Abandoned, Converted, Recovered, ByLink, Excluded int
	AbandonedValue                                                       money.Amount
	CountedAt                                                            db.Time
	Currency                                                             string
}

func (r dayRow) figures() Figures {
	return Figures{r.Started, r.Checkout, r.Abandoned, r.Converted, r.Recovered, r.ByLink, r.AbandonedValue, r.Excluded}
}

// Abandonment reports the carts started on the days from..to, both included,
// either of real shoppers or of simulated ones, never both in one figure.
func Abandonment(ctx context.Context, q db.Q, from, to string, simulated bool, v setting.Values, now time.Time) (*Report, error) {
	zone := v.Zone()
	for _, day := range []string{from, to} {
		if _, err := time.ParseInLocation(time.DateOnly, day, zone); err != nil {
			return nil, fault.New(fault.Invalid, "analytics.day", "day", day)
		}
	}
	if to < from {
		return nil, fault.New(fault.Invalid, "analytics.days", "from", from, "to", to)
	}
	var rows []dayRow
	err := q.Query(ctx).Raw(`SELECT day, department, definition, started, checkout, abandoned, converted, recovered, by_link, abandoned_value, excluded, currency, counted_at
		FROM cart_days WHERE day >= ? AND day <= ? AND simulated = ? ORDER BY day DESC, department`, from, to, simulated).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read the abandonment of %s to %s: %w", from, to, err)
	}
	tree, err := catalog.LoadTree(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("read departments: %w", err)
	}
	r := &Report{From: from, To: to, Simulated: simulated, Currency: v.Currency(), Definition: definitionOf(v)}
	young := now.Add(-Window).In(zone).Format(time.DateOnly)
	sums := map[string]Figures{}
	for _, row := range rows {
		r.Mixed = r.Mixed || row.Definition != r.Definition.code() || row.Currency != string(r.Currency)
		if row.CountedAt.After(r.CountedAt.Time) {
			r.CountedAt = row.CountedAt
		}
		if row.Department == "" {
			r.Totals.add(row.figures())
			r.Days = append(r.Days, Day{row.Day, row.Day >= young, row.figures()})
			continue
		}
		sum := sums[row.Department]
		sum.add(row.figures())
		sums[row.Department] = sum
	}
	for _, root := range tree.Roots() {
		code := cmp.Or(root.Code, root.Slug)
		if f, ok := sums[code]; ok {
			r.Departments = append(r.Departments, Department{code, root.Name, f})
			delete(sums, code)
		}
	}
	for _, b := range sorted(gone(sums)) {
		name := i18n.Text{En: b.department, Zh: b.department}
		if b.department == NoDepartment {
			name = i18n.Text{En: i18n.T(i18n.English, "analytics.no-department"), Zh: i18n.T(i18n.Chinese, "analytics.no-department")}
		}
		r.Departments = append(r.Departments, Department{b.department, name, sums[b.department]})
	}
	return r, nil
}

// gone are departments that have rows but no category any more.
func gone(sums map[string]Figures) map[bucket]Figures {
	m := make(map[bucket]Figures, len(sums))
	for code, f := range sums {
		m[bucket{department: code}] = f
	}
	return m
}

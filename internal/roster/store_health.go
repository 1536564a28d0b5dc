package roster

import (
	"context"
	"fmt"
	"strings"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/segment"
	"regulars/internal/setting"
)

// Health counts every measure over the people, or over the simulated ones.
func Health(ctx context.Context, q db.Q, simulated bool) ([]Share, error) {
	parts := make([]string, len(Measures))
	for i, m := range Measures {
		of := m.of
		if of == "" {
			of = "1 = 1"
		}
		parts[i] = fmt.Sprintf("SELECT '%s' AS measure, %d AS place, coalesce(sum(CASE WHEN %s THEN 1 ELSE 0 END), 0) AS have, count(*) AS people FROM customers c WHERE c.erased_at = 0 AND c.simulated = @simulated AND %s", m.Name, i, m.have, of)
	}
	var all []Share
	if err := q.Query(ctx).Raw("SELECT measure, have, people FROM ("+strings.Join(parts, " UNION ALL ")+") x ORDER BY place", map[string]any{"simulated": simulated}).Scan(&all).Error; err != nil {
		return nil, fmt.Errorf("count how complete the file is: %w", err)
	}
	return all, nil
}

// Rows lists the people of a measure who have it, or lack it, and how many.
func Rows(ctx context.Context, q db.Q, name string, have, simulated bool, page, per int) ([]Person, int, error) {
	m, ok := measureOf(name)
	if !ok {
		return nil, 0, fault.New(fault.NotFound, "error.not-found")
	}
	where := "c.erased_at = 0 AND c.simulated = @simulated"
	if m.of != "" {
		where += " AND " + m.of
	}
	if have {
		where += " AND " + m.have
	} else {
		where += " AND NOT (" + m.have + ")"
	}
	values := map[string]any{"simulated": simulated, "limit": per, "offset": (max(1, page) - 1) * per}
	var total int
	if err := q.Query(ctx).Raw("SELECT count(*) FROM customers c WHERE "+where, values).Scan(&total).Error; err != nil {
		return nil, 0, fmt.Errorf("count people of %s: %w", name, err)
	}
	var all []Person
	err := q.Query(ctx).Raw("SELECT c.id, c.number, c.email, c.name, c.simulated FROM customers c WHERE "+where+" ORDER BY c.id LIMIT @limit OFFSET @offset", values).Scan(&all).Error
	if err != nil {
		return nil, 0, fmt.Errorf("list people of %s: %w", name, err)
	}
	return all, total, nil
}

// Count keeps how complete the file is in the running month, and of how many
// people each segment's rule can be decided.
func Count(ctx context.Context, d *db.DB, set setting.Values, now time.Time) error {
	all, err := Health(ctx, d, false)
	if err != nil {
		return err
	}
	book, err := segment.Read(ctx, d)
	if err != nil {
		return err
	}
	var people int
	if err := d.Query(ctx).Raw("SELECT count(*) FROM customers WHERE erased_at = 0").Scan(&people).Error; err != nil {
		return fmt.Errorf("count how complete the file is: %w", err)
	}
	for _, s := range book.Segments {
		if s.Key == segment.Default || !s.ArchivedAt.IsZero() {
			continue
		}
		known, err := book.Confidence(ctx, d, s, now)
		if err != nil {
			continue // a rule that names what is gone; its own page says so
		}
		all = append(all, Share{segmentMeasure(s.Key), known, people})
	}
	month := now.In(set.Zone()).Format("2006-01")
	return d.InTx(ctx, func(tx *db.Tx) error {
		for _, s := range all {
			err := tx.Query(ctx).Exec(`INSERT INTO register_months (month, measure, have, people, counted_at) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (month, measure) DO UPDATE SET have = excluded.have, people = excluded.people, counted_at = excluded.counted_at`,
				month, s.Measure, s.Have, s.People, db.At(now)).Error
			if err != nil {
				return fmt.Errorf("keep how complete the file is: %w", err)
			}
		}
		return nil
	})
}

// Trend is what was counted in the last months, the newest first.
func Trend(ctx context.Context, q db.Q, months int) ([]Month, error) {
	var rows []struct {
		Month, Measure string
		Have, People   int
	}
	err := q.Query(ctx).Raw(`SELECT month, measure, have, people FROM register_months WHERE month IN (
		SELECT month FROM (SELECT DISTINCT month FROM register_months ORDER BY month DESC LIMIT ?) x) ORDER BY month DESC, measure`, months).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read how complete the file was: %w", err)
	}
	var all []Month
	for _, r := range rows {
		if len(all) == 0 || all[len(all)-1].Month != r.Month {
			all = append(all, Month{r.Month, map[string]Share{}})
		}
		all[len(all)-1].Shares[r.Measure] = Share{r.Measure, r.Have, r.People}
	}
	return all, nil
}

// Confidence is of how many people each segment's rule could be decided when it
// was last counted, by key.
func Confidence(ctx context.Context, q db.Q) (map[string]Share, error) {
	var rows []Share
	err := q.Query(ctx).Raw(`SELECT measure, have, people FROM register_months r WHERE measure LIKE 'segment:%'
		AND month = (SELECT max(x.month) FROM register_months x WHERE x.measure = r.measure)`).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read how sure segments are: %w", err)
	}
	all := make(map[string]Share, len(rows))
	for _, r := range rows {
		all[strings.TrimPrefix(r.Measure, "segment:")] = r
	}
	return all, nil
}
